/**
 * Where a capture's bytes go, and the buffer in which records gather on the way: a writer never holds more than that
 * buffer, however long the capture.
 */

export interface ByteSink {
  /** Takes the bytes now: the array is overwritten afterwards, so whoever wants to keep them makes a copy. */
  write(bytes: Uint8Array): void;
}

/** Bytes that gather before the sink is called. */
export const STAGE_SIZE = 1 << 20;

export class Stage {
  readonly bytes = new Uint8Array(STAGE_SIZE);
  readonly view = new DataView(this.bytes.buffer);
  private used = 0;
  private readonly sink: ByteSink;

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** Where the next `length` bytes go, at most STAGE_SIZE; the caller writes every one of them. */
  reserve(length: number): number {
    if (this.used + length > STAGE_SIZE) {
      if (length > STAGE_SIZE) throw new RangeError(`a block of ${length} bytes: the longest is ${STAGE_SIZE}`);
      this.flush();
    }
    const at = this.used;
    this.used = at + length;
    return at;
  }

  flush(): void {
    if (this.used === 0) return;
    const written = this.bytes.subarray(0, this.used);
    this.used = 0;
    this.sink.write(written);
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
