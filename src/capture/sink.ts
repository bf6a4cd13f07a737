/**
 * Where a capture's bytes go, and the buffer in which records gather on the way: a writer never holds more than that
 * buffer, however long the capture.
 */
import { copyBytes } from '../wire/bytes.ts';

/** Where a capture goes: a file, a pipe, memory. */
export interface ByteSink {
  /** Takes the bytes now: the array is overwritten afterwards, so whoever wants to keep them makes a copy. */
  write(bytes: Uint8Array): void;
}

/** Bytes that gather before the sink is called; more only while they are held. */
export const STAGE_SIZE = 1 << 20;

/** Bytes behind a frame that are copied along with it. */
const COPIED_ALONG = 256;

export class Stage {
  bytes = new Uint8Array(STAGE_SIZE + COPIED_ALONG);
  view = new DataView(this.bytes.buffer);
  private used = 0;
  /** Where those bytes begin that may still change; -1 when none may. */
  private heldFrom = -1;
  /** File offset of `bytes[0]`. */
  private base = 0;
  private readonly sink: ByteSink;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** File offset of the next block. */
  get offset(): number {
    return this.base + this.used;
  }

  /** Where the next `length` bytes go, at most STAGE_SIZE; the caller writes every one of them. */
  reserve(length: number): number {
    if (this.used + length > this.bytes.length - COPIED_ALONG) this.makeRoom(length);
    const at = this.used;
    this.used = at + length;
    return at;
  }

  /** Writes bytes that were reserved. What lies behind them may be overwritten, so it is written later. */
  put(at: number, from: Uint8Array, fromAt: number, length: number): void {
    // To make a view of a part costs more than to copy the little that lies behind it.
    if (fromAt === 0 && from.length - length <= COPIED_ALONG) this.bytes.set(from, at);
    else copyBytes(from, fromAt, this.bytes, at, length);
  }

  /** What comes now may still change: it stays here, however much, until this is called again or all is released. */
  hold(): void {
    this.heldFrom = this.used;
  }

  release(): void {
    this.heldFrom = -1;
  }

  /** Where the byte at a file offset is, one that is held. */
  find(offset: number): number {
    return offset - this.base;
  }

  /** Makes a gap of `length` bytes, which the caller writes, before the byte at a file offset, one that is held. */
  insert(offset: number, length: number): number {
    const end = this.reserve(length);
    const at = this.find(offset);
    this.bytes.copyWithin(at + length, at, end);
    return at;
  }

  /** Hands on everything that is not held. */
  flush(): void {
    const length = this.heldFrom < 0 ? this.used : this.heldFrom;
    if (length === 0) return;
    try {
      this.sink.write(this.bytes.subarray(0, length));
    } finally {
      // Also when the sink fails, whose error goes to the caller: he may still want to end the capture.
      this.bytes.copyWithin(0, length, this.used);
      this.used -= length;
      this.base += length;
      if (this.heldFrom > 0) this.heldFrom = 0;
    }
  }

  private makeRoom(length: number): void {
    if (length > STAGE_SIZE) throw new RangeError(`a block of ${length} bytes: the longest is ${STAGE_SIZE}`);
    this.flush();
    if (this.used + length <= this.bytes.length - COPIED_ALONG) return;
    const held = this.bytes;
    this.bytes = new Uint8Array(2 * held.length);
    this.bytes.set(held);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Keeps everything in memory: for short captures, and for tests. */
export class MemorySink implements ByteSink {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  write(bytes: Uint8Array): void {
    this.chunks.push(bytes.slice());
    this.length += bytes.length;
  }

  /** All that was written so far, in one array. */
  toBytes(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}
