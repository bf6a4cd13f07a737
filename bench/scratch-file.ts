/** A file that a benchmark writes, in the project's `out` folder and so on the project's disk, gone afterwards. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FileSink } from '../src/cli/output.ts';

/** Calls `work` with the sink that the command uses, and with the path. */
export function inScratchFile<T>(name: string, work: (sink: FileSink, path: string) => T): T {
  mkdirSync('out', { recursive: true });
  const folder = mkdtempSync(join('out', 'bench-'));
  const path = join(folder, name);
  const sink = new FileSink(path);
  try {
    sink.open();
    return work(sink, path);
  } finally {
    sink.close();
    rmSync(folder, { recursive: true });
  }
}
