/** The parts of the command for sweeps: sweep and merge. With zoo files, one run is the same bytes as any other. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describe as describeProgress } from '../../src/cli/progress.ts';
import { Wirelab } from './wirelab.ts';

const ZOO = '../shared/topology-zoo';
const RING = 'topologies/ring.yaml';

let wirelab: Wirelab;
beforeAll(async () => {
  wirelab = await Wirelab.build();
});
afterAll(() => wirelab.remove());

const path = (name: string): string => join(wirelab.folder, name);

describe.skipIf(!existsSync(ZOO))(`a zoo file (skipped without ${ZOO})`, () => {
  it.each(['Abilene', 'Nsfcnet', 'Heanet'])(
    '%s gives the same bytes from one worker, two workers, and shards merged',
    (name) => {
      const file = path(`${name}.yaml`);
      expect(wirelab.run('import', join(ZOO, `${name}.graphml`), '-o', file).status).toBe(0);
      const sweep = (...words: string[]) =>
        wirelab.run('sweep', file, '--fail', 'links=1', '--expect', 'all-pairs', ...words);
      const one = sweep('--workers', '1', '--format', 'json');
      expect(one.out).toContain('"format":"wirelab sweep 1"');
      expect(sweep('--workers', '2', '--format', 'json')).toMatchObject({ status: one.status, out: one.out });

      const shards = ['1/2', '2/2'].map((shard) => {
        const output = path(`${name}-${shard.replace('/', '-')}.json`);
        sweep('--shard', shard, '--workers', '2', '-o', output);
        return output;
      });
      expect(wirelab.run('merge', ...shards.reverse(), '--format', 'json')).toMatchObject({
        status: one.status,
        out: one.out,
        error: '',
      });
    },
    60_000,
  );
});

describe('wirelab sweep', () => {
  it('says on standard error what it runs, and exits with 1 where something breaks', () => {
    const { status, out, error } = wirelab.run('sweep', RING, '--fail', 'r1--r2');
    expect([status, error]).toEqual([1, `${RING}: 2 scenarios, each with 3 expectations\n`]);
    expect(out).toContain('without link r1.eth1 -- r2.eth0:\n  FAILED   path h1 -> r1 -> r2 -> r3 -> h2');
  });

  it('warns of what kernels refuse of the file, once', () => {
    const file = wirelab.file(
      'refused.yaml',
      `hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 198.51.100.1 }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links: [h1.eth0 -- h2.eth0]
`,
    );
    const { status, error } = wirelab.run('sweep', file, '--seeds', '3', '--expect', 'all-pairs');
    expect([status, error]).toEqual([
      0,
      expect.stringMatching(
        /^warning: .*refused\.yaml:2:\d+: hosts\.h1\.gateway: .*\n.*: 3 scenarios, each with 2 pairs\n$/,
      ),
    ]);
  });

  it('exits with 0 where all holds, or where what fails has no way and that is allowed', () => {
    const two = 'topologies/two-hosts.yaml';
    expect(wirelab.run('sweep', two, '--seeds', '3', '--expect', 'all-pairs').status).toBe(0);
    const cut = ['sweep', two, '--fail', 'links=1', '--expect', 'all-pairs'];
    expect(wirelab.run(...cut).status).toBe(1);
    expect(wirelab.run(...cut, '--allow-partition').status).toBe(0);
    expect(wirelab.run('sweep', RING, '--fail', 'links=1', '--allow-partition').status).toBe(1);
  });

  it('writes with -o what merge prints as the same report', () => {
    const output = path('whole.json');
    const { out } = wirelab.run('sweep', RING, '--fail', 'nodes=1', '-o', output);
    expect(wirelab.run('merge', output)).toMatchObject({ status: 1, out, error: '' });
    const json = wirelab.run('sweep', RING, '--fail', 'nodes=1', '--format', 'json').out;
    expect(readFileSync(output, 'utf8')).toBe(json);
  });

  it('tells its progress where it is asked to, on standard error', () => {
    const { error, out } = wirelab.run('sweep', RING, '--fail', 'links=1', '--progress', '--workers', '2');
    expect(error).toMatch(/^.*: 7 scenarios, each with 3 expectations\n(.*left\n)?7\/7 scenarios, 100%, [\d.]+\/s\n$/);
    expect(out).not.toContain('100%');
  });

  it.each([
    [['sweep', 'no-such.yaml', '--seeds', '2'], 'no-such.yaml: cannot be read: no such file'],
    [['sweep', RING], 'say what to go through'],
    [['sweep', RING, '--fail', 'links=9'], 'ring.yaml has 6 links'],
    [['sweep', RING, '--seeds', '2', '--shard', '3/2'], '--shard 3/2: write which of how many, 1/4 to 4/4'],
    [['sweep', RING, '--seeds', '2', '--shard', '1/2'], 'write them with -o FILE or --format json'],
    [['sweep', RING, '--fail', 'links=3', '--seeds', '9999'], 'too many'],
    [['merge', 'package.json'], 'package.json: is no result of wirelab sweep'],
    [['merge', 'no-such.json'], 'no-such.json: cannot be read: no such file'],
  ])('%j exits with 2: %s', (words, message) => {
    const { status, out, error } = wirelab.run(...words);
    expect([status, out]).toEqual([2, '']);
    expect(error).toContain(message);
  });

  it('says what to install for a queue where it is not installed', () => {
    // A folder of its own, from which no package is found.
    expect(wirelab.shell(`cd "${wirelab.folder}" && wirelab worker --queue redis://127.0.0.1:1`)).toMatchObject({
      status: 2,
      error: 'bullmq is not installed, which queues need: npm install bullmq ioredis\n',
    });
  });

  it('ends by Ctrl-C, with nothing on standard output', async () => {
    const long = path('long.yaml');
    expect(wirelab.run('new', 'grid', '--rows', '8', '--columns', '8', '-o', long).status).toBe(0);
    const child = wirelab.start('sweep', long, '--fail', 'links=2', '--expect', 'all-pairs', '--workers', '2', '--progress'); // prettier-ignore
    let out = '';
    child.stdout!.on('data', (bytes: Buffer) => (out += bytes.toString()));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // Its threads are at work.
    await new Promise<void>((resolve) =>
      child.stderr!.on('data', (bytes: Buffer) => bytes.toString().includes(' left') && resolve()),
    );
    child.kill('SIGINT');
    expect([await ended, out]).toEqual([130, '']);
  });
});

describe('progress', () => {
  it('is what is done, how fast, and how long the rest takes', () => {
    expect(describeProgress(120, 3_916, 'scenarios', 1.5)).toBe('120/3916 scenarios, 3%, 80/s, 48 s left');
    expect(describeProgress(1, 100_000, 'scenarios', 2)).toBe('1/100000 scenarios, 0%, 0.5/s, 55 h 33 min left');
    expect(describeProgress(10, 1_000, 'scenarios', 1)).toBe('10/1000 scenarios, 1%, 10/s, 1 min 39 s left');
    expect(describeProgress(7, 7, 'scenarios', 0.1)).toBe('7/7 scenarios, 100%, 70/s');
    expect(describeProgress(0, 7, 'scenarios', 0)).toBe('0/7 scenarios, 0%');
  });
});
