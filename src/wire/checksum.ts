/**
 * The Internet checksum: the one's complement of the one's complement sum of 16-bit words.
 * RFC 1071 (computing it), RFC 1624 (changing it with a field).
 */
import type { Ip4 } from './ip4.ts';
import { readU16, readU8 } from './bytes.ts';

/**
 * Adds the words from `at` to `end` to `initial`, carries not yet folded in; an odd last byte counts as the high half
 * of a word, so only the last piece of a sum may have odd length. At most 65,535 bytes over all pieces.
 */
export function sum(bytes: Uint8Array, at: number, end: number, initial = 0): number {
  // 32-bit additions that may wrap into the sign bit and are read back unsigned stay integers in the engine; four
  // words a turn are a third faster than one (bench/checksum.ts).
  let total = initial;
  let i = at;
  for (const last = end - 7; i < last; i += 8) {
    total = (total + readU16(bytes, i) + readU16(bytes, i + 2) + readU16(bytes, i + 4) + readU16(bytes, i + 6)) | 0;
  }
  for (const last = end - 1; i < last; i += 2) total = (total + readU16(bytes, i)) | 0;
  if (i < end) total = (total + (readU8(bytes, i) << 8)) | 0;
  return total >>> 0;
}

/** What the pseudo-header of UDP and TCP adds to a sum (RFC 768, RFC 9293 §3.1). */
export function pseudoHeader(source: Ip4, destination: Ip4, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}

/** Folds the carries in and complements: the checksum field. Over bytes that contain a right checksum it gives 0. */
export function finish(total: number): number {
  let folded = (total & 0xffff) + (total >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** The checksum after one of the words it covers has changed: RFC 1624 §3, equation 3, the one right about 0xffff. */
export function update16(checksum: number, oldWord: number, newWord: number): number {
  return finish((~checksum & 0xffff) + (~oldWord & 0xffff) + newWord);
}

/** The same for two words, such as an address. */
export function update32(checksum: number, oldValue: number, newValue: number): number {
  return finish(
    (~checksum & 0xffff) + (~oldValue & 0xffff) + (~oldValue >>> 16) + (newValue & 0xffff) + (newValue >>> 16),
  );
}
