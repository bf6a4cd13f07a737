/**
 * What the command prints. Written at once and in order, so that a run that prints faster than a terminal reads does
 * not gather its lines in memory; a reader that has gone away (`| head`) ends the command quietly.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import pc from 'picocolors';
import type { ByteSink } from '../capture/sink.ts';
import { LabError } from '../lab/lab-error.ts';

const STANDARD_OUTPUT = 1;
const STANDARD_ERROR = 2;

/** Characters gathered before a write. */
const CHUNK = 65_536;
/** Milliseconds to wait for a reader that is slower than we are. */
const PATIENCE = 5;

/** The other end of a pipe was closed. */
export class ReaderGone extends Error {}

/** Lines for standard output. */
export class LineWriter {
  private pending = '';
  private reader: 'there' | 'gone' | 'told' = 'there';

  /** Never throws: it may be a program inside the lab that writes, and the fault is not its own. */
  line(text: string): void {
    this.pending += `${text}\n`;
    if (this.pending.length >= CHUNK) this.write();
  }

  /** Throws ReaderGone, once: what comes after it is for nobody. */
  flush(): void {
    this.write();
    if (this.reader !== 'gone') return;
    this.reader = 'told';
    throw new ReaderGone();
  }

  private write(): void {
    const bytes = Buffer.from(this.reader === 'there' ? this.pending : '', 'utf8');
    this.pending = '';
    try {
      writeAll(STANDARD_OUTPUT, bytes);
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw error;
      this.reader = 'gone';
    }
  }
}

/** A line for standard error; where nobody reads that, nobody is told. */
export function printError(text: string): void {
  const line = `${process.stderr.isTTY ? pc.yellow(text) : text}\n`;
  try {
    writeAll(STANDARD_ERROR, Buffer.from(line, 'utf8'));
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  }
}

/** A capture file, emptied with the first bytes and its folder made where it is missing; or standard output, for '-'. */
export class FileSink implements ByteSink {
  private readonly path: string;
  private file: number | 'not-open' | 'closed' = 'not-open';

  constructor(path: string) {
    this.path = path;
  }

  /** Empties the file now; a LabError says why it cannot be written. */
  open(): void {
    if (this.file !== 'not-open') return;
    if (this.path === '-') {
      this.file = STANDARD_OUTPUT;
      return;
    }
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      this.file = openSync(this.path, 'w');
    } catch (error) {
      throw new LabError(`${this.path}: cannot be written: ${reasonOf(error)}`);
    }
  }

  write(bytes: Uint8Array): void {
    this.open();
    if (typeof this.file !== 'number') return;
    try {
      writeAll(this.file, bytes);
    } catch (error) {
      if (error instanceof ReaderGone) throw error;
      throw new LabError(`${this.path}: cannot be written: ${reasonOf(error)}`);
    }
  }

  close(): void {
    if (typeof this.file === 'number' && this.file !== STANDARD_OUTPUT) closeSync(this.file);
    this.file = 'closed';
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file and no folder',
  EEXIST: 'a part of its path is a file and no folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'no space left on the device',
};

/** What the system says is wrong with a file, in words. */
export function reasonOf(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

function writeAll(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw new ReaderGone();
      if (code !== 'EAGAIN') throw error;
      // The pipe is full, and writes to it do not block.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE);
    }
  }
}
