/** What programs write, in lines: each process has two streams, and a line may come in several pieces. */
import type { OutputStream } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import type { Nanos } from '../sim/time.ts';
import * as Utf8 from '../wire/utf8.ts';

/** A line that a program has written, without its newline, and when. */
export interface OutputLine {
  readonly time: Nanos;
  readonly node: string;
  readonly program: string;
  /** The process's id, which is one of its node's. */
  readonly process: number;
  readonly stream: OutputStream;
  readonly text: string;
}

/** Bytes of the longest line; a longer one is shown in pieces. */
const MAX_LINE = 16_384;
const NEWLINE = 0x0a;

export class OutputLines {
  private readonly take: (process: Process, line: OutputLine) => void;
  /** The bytes of the line that each stream is in the middle of. */
  private readonly unfinished = new Map<Process, Record<OutputStream, number[]>>();

  constructor(take: (process: Process, line: OutputLine) => void) {
    this.take = take;
  }

  write(process: Process, stream: OutputStream, bytes: Uint8Array): void {
    let streams = this.unfinished.get(process);
    if (streams === undefined) {
      streams = { output: [], error: [] };
      this.unfinished.set(process, streams);
    }
    const line = streams[stream];
    for (const byte of bytes) {
      if (byte === NEWLINE || line.length === MAX_LINE) this.finish(process, stream, line);
      if (byte !== NEWLINE) line.push(byte);
    }
  }

  /** The process has ended: what it left without a newline is a line too. */
  end(process: Process): void {
    const streams = this.unfinished.get(process);
    if (streams === undefined) return;
    this.unfinished.delete(process);
    if (streams.output.length > 0) this.finish(process, 'output', streams.output);
    if (streams.error.length > 0) this.finish(process, 'error', streams.error);
  }

  private finish(process: Process, stream: OutputStream, line: number[]): void {
    const text = decode(Uint8Array.from(line));
    line.length = 0;
    const { kernel, name, id } = process;
    this.take(process, { time: kernel.world.now, node: kernel.name, program: name, process: id, stream, text });
  }
}

/** UTF-8 where it is, else one character for each byte: a line must never be lost. */
function decode(bytes: Uint8Array): string {
  const text = Utf8.decode(bytes, 0, bytes.length);
  if (text !== null) return text;
  let latin = '';
  for (const byte of bytes) latin += String.fromCharCode(byte);
  return latin;
}
