/** How long `wirelab run` takes on a file of two hosts: the whole process, from its start to its end. */
import { spawnSync } from 'node:child_process';
import { secondsOf } from './seconds.ts';

/** The built command, as package.json's `bin` has it. */
const COMMAND = 'dist/cli/main.js';
const FILE = 'topologies/two-hosts.yaml';

/** Milliseconds. */
export function measureStart(): number {
  const seconds = secondsOf(() => {
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, 'run', FILE], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${COMMAND} run ${FILE} ended with ${status}: ${stderr}`);
  });
  return seconds * 1e3;
}
