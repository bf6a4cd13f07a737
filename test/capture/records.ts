/** What the capture tests share: bytes from hex, files from records and records from files. */
import { CaptureRecord, readCapture } from '../../src/capture/index.ts';
import type { CapturedFrame } from '../../src/capture/index.ts';

/** Bytes from hex digits; spaces, line ends and everything behind `//` are for the reader. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\/\/.*$/gm, '').replace(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

export function record(fields: Partial<CaptureRecord>): CaptureRecord {
  const made = Object.assign(new CaptureRecord(), fields);
  if (fields.bytes !== undefined) {
    made.length = fields.length ?? fields.bytes.length - made.at;
    made.originalLength = fields.originalLength ?? made.length;
  }
  return made;
}

export function readAll(file: Uint8Array | Iterable<Uint8Array>): CapturedFrame[] {
  return [...readCapture(file)];
}

/** The file in pieces of so many bytes, each in an array that is overwritten when the next one is asked for. */
export function* pieces(file: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < file.length; at += size) {
    const piece = file.slice(at, at + size);
    yield piece;
    piece.fill(0xdd);
  }
}

/** tcpdump: ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28 */
export const ARP_REQUEST = hex(`
  ffffffffffff 020000000001 0806
  0001 0800 06 04 0001
  020000000001 c0000201
  000000000000 c0000202
`);

/** tcpdump: IP 192.0.2.1.40000 > 192.0.2.2.7: UDP, length 5 */
export const UDP_DATAGRAM = hex(`
  020000000002 020000000001 0800
  4500 0021 0000 4000 40 11 b6c8 c0000201 c0000202
  9c40 0007 000d 9bb6 68656c6c6f
`);
