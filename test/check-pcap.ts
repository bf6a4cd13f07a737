/**
 * Tests' judge of capture files: tshark, as `oracles/check-pcap.sh` asks it, with all checksums checked; and tshark's
 * own reading of fields.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('oracles/check-pcap.sh', import.meta.url));

/** Why no file can be judged here, or null. */
export function whyNot(): string | null {
  for (const tool of ['tshark', 'bash', 'python3']) {
    if (spawnSync(tool, ['--version']).error) return `${tool} is not installed`;
  }
  return null;
}

export interface Verdict {
  /** 0 clean, 1 some frames are complained of, 2 the file could not be read whole. */
  readonly status: number | null;
  /** One line for each frame complained of, its complaints behind it, and a summary; or why it cannot be read. */
  readonly text: string;
}

/** Judges a file on disk; `options` are the script's. */
export function checkFile(path: string, options: readonly string[] = []): Verdict {
  const { status, stdout, stderr } = spawnSync('bash', [SCRIPT, ...options, path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { status, text: stdout + stderr };
}

/** Judges the bytes of a file. */
export function check(file: Uint8Array, options: readonly string[] = []): Verdict {
  return withFile(file, (path) => checkFile(path, options));
}

/** What tshark reads in these fields, one row for each frame; a field that occurs several times is joined by '|'. */
export function fields(file: Uint8Array, names: readonly string[], options: readonly string[] = []): string[][] {
  const shown = names.flatMap((name) => ['-e', name]);
  const output = tshark(file, ['-n', ...options, '-T', 'fields', '-E', 'aggregator=|', ...shown]);
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
}

/** tshark's standard output on a file; it must find nothing to complain of. */
export function tshark(file: Uint8Array, options: readonly string[]): string {
  return withFile(file, (path) => {
    const { status, stdout, stderr } = spawnSync('tshark', ['-r', path, ...options], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const complaints = stderr.replace(/^Running as user .*\n/m, '').trim();
    if (status !== 0 || complaints !== '') throw new Error(`tshark: exit ${status}, ${complaints}`);
    return stdout;
  });
}

/** capinfos' report on a file. */
export function capinfos(file: Uint8Array): string {
  return withFile(file, (path) => spawnSync('capinfos', [path], { encoding: 'utf8' }).stdout);
}

function withFile<T>(file: Uint8Array, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'wirelab-'));
  try {
    const path = join(folder, 'judged');
    writeFileSync(path, file);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
