/**
 * What a source writes into each datagram so that a sink can tell what became of it, 20 bytes at the start:
 *
 *     0  magic           4   tells it from what others send
 *     4  sequence        4   from 0
 *     8  count           4   how many the source means to send; 0: it does not know
 *    12  sent            8   nanoseconds of the lab's clock, which all hosts share
 */
import type { Nanos } from '../sim/time.ts';
import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from '../wire/bytes.ts';

export const LENGTH = 20;
/** 'WLTS'. */
const MAGIC = 0x574c_5453;

// Byte offsets.
const SEQUENCE = 4;
const COUNT = 8;
const SENT = 12;

export interface Mark {
  readonly sequence: number;
  readonly count: number;
  readonly sent: Nanos;
}

/** Null for a datagram that is no source's, or too short. */
export function parse(bytes: Uint8Array): Mark | null {
  if (bytes.length < LENGTH || readU32(bytes, 0) !== MAGIC) return null;
  // Virtual time has 53 bits.
  const sent = (readU16(bytes, SENT) & 0x1f) * 0x1_0000_0000_0000 + readU48(bytes, SENT + 2);
  return { sequence: readU32(bytes, SEQUENCE), count: readU32(bytes, COUNT), sent };
}

/** The bytes are at least LENGTH. */
export function write(bytes: Uint8Array, { sequence, count, sent }: Mark): void {
  writeU32(bytes, 0, MAGIC);
  writeU32(bytes, SEQUENCE, sequence);
  writeU32(bytes, COUNT, count);
  writeU16(bytes, SENT, Math.floor(sent / 0x1_0000_0000_0000));
  writeU48(bytes, SENT + 2, sent % 0x1_0000_0000_0000);
}
