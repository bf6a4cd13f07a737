/**
 * What the command prints. Written at once and in order, so that a run that prints faster than a terminal reads does
 * not gather its lines in memory; a reader that has gone away (`| head`) ends the command quietly.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ByteSink } from '../capture/sink.ts';

/** Bytes gathered before a write. */
const CHUNK = 65_536;
/** Milliseconds to wait for a reader that is slower than we are. */
const PATIENCE = 5;

/** The other end of a pipe was closed. */
export class ReaderGone extends Error {}

export class LineWriter {
  private readonly file: number;
  private pending = '';

  constructor(file: number) {
    this.file = file;
  }

  line(text: string): void {
    this.pending += `${text}\n`;
    if (this.pending.length >= CHUNK) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.pending, 'utf8');
    this.pending = '';
    writeAll(this.file, bytes);
  }
}

/** A capture file, or standard output for '-'. */
export class FileSink implements ByteSink {
  private readonly file: number;

  constructor(path: string) {
    if (path === '-') {
      this.file = 1;
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    this.file = openSync(path, 'w');
  }

  write(bytes: Uint8Array): void {
    writeAll(this.file, bytes);
  }

  close(): void {
    if (this.file !== 1) closeSync(this.file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(file, bytes, at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EPIPE') throw new ReaderGone();
      if (code !== 'EAGAIN') throw error;
      // The pipe is full, and writes to it do not block.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE);
    }
  }
}
