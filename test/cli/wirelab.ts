/** The command `wirelab` for tests: built once into a file, run as a process of its own. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly error: string;
}

export class Wirelab {
  /** For files of the test; gone with `remove`. */
  readonly folder = mkdtempSync(join(tmpdir(), 'wirelab-'));
  /** The command's file, for node. */
  readonly main = join(this.folder, 'main.mjs');

  static async build(): Promise<Wirelab> {
    const wirelab = new Wirelab();
    await promisify(execFile)(process.execPath, ['build-command.js', wirelab.main]);
    return wirelab;
  }

  /** Runs the command to its end. */
  run(...words: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.main, ...words], {
      maxBuffer: 1 << 28,
      timeout: 30_000,
    });
    return { status, out: stdout.toString('utf8'), bytes: stdout, error: stderr.toString('utf8') };
  }

  /** Runs a line of the shell in which `wirelab` is the command. */
  shell(line: string): Outcome {
    const script = `wirelab() { "${process.execPath}" "${this.main}" "$@"; }\n${line}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { maxBuffer: 1 << 28, timeout: 30_000 });
    return { status, out: stdout.toString('utf8'), bytes: stdout, error: stderr.toString('utf8') };
  }

  /** Starts the command; its standard output is to be read. */
  start(...words: string[]): ChildProcess {
    return spawn(process.execPath, [this.main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** The same, where standard input is a pipe that one can write to. */
  converse(...words: string[]): ChildProcess {
    return spawn(process.execPath, [this.main, ...words], { stdio: 'pipe' });
  }

  /** Writes a file into the folder and gives its path. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
