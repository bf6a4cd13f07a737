/**
 * The part of a file that has come and is not read yet. A piece is read where it lies; only a record that is cut by
 * the end of a piece is put together in a buffer of our own, which never gets much larger than what came.
 */
import { CaptureError } from './record.ts';

export class Input {
  bytes: Uint8Array = new Uint8Array(0);
  view = viewOf(this.bytes);
  /** The next byte to read, an index into `bytes`. */
  at = 0;
  /** No more will come. */
  ended = false;
  private end = 0;
  /** File offset of `bytes[0]`. */
  private base = 0;
  private buffer = this.bytes;

  /** Bytes not read yet. */
  get left(): number {
    return this.end - this.at;
  }

  /** File offset of the next byte. */
  get offset(): number {
    return this.base + this.at;
  }

  push(piece: Uint8Array): void {
    if (this.left === 0) {
      this.use(piece, piece.length);
      return;
    }
    this.moveToBuffer(this.left + piece.length);
    this.buffer.set(piece, this.end);
    this.end += piece.length;
  }

  /**
   * Whether `length` bytes are there. If not, the piece they begin in is its owner's again; and if none will come,
   * `what` is cut off.
   */
  has(length: number, what: string): boolean {
    if (this.left >= length) return true;
    if (this.ended) throw new CaptureError(this.offset, `${what} of ${length} bytes is cut off after ${this.left}`);
    if (this.left > 0) this.moveToBuffer(this.left);
    return false;
  }

  /** What is left goes into our own buffer, where there is room for `room` bytes with it. */
  private moveToBuffer(room: number): void {
    const there = this.bytes === this.buffer;
    if (there && this.at + room <= this.buffer.length) return;
    const rest = this.bytes.subarray(this.at, this.end);
    // Twice the room, so that a record that comes byte by byte is not moved for each of them.
    const fits = room <= (there ? this.buffer.length >>> 1 : this.buffer.length);
    if (!fits) this.buffer = new Uint8Array(room * 2);
    this.buffer.set(rest);
    this.use(this.buffer, rest.length);
  }

  private use(bytes: Uint8Array, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    this.base += this.at;
    this.at = 0;
    this.end = end;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
