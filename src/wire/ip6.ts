/**
 * IPv6 addresses as 16 bytes and as text (RFC 5952), by ip-address: what DNS has to carry. The lab speaks no IPv6.
 */
import { Address6 } from 'ip-address';
import { isZero, readU16, readU32 } from './bytes.ts';
import * as Ip4 from './ip4.ts';

/** Bytes in an address. */
export const LENGTH = 16;

/** The address's 16 bytes, or null; a zone or a prefix length does not belong to it. */
export function parse(text: string): Uint8Array | null {
  if (/[%/]/.test(text) || !Address6.isValid(text)) return null;
  return Uint8Array.from(new Address6(text).toUnsignedByteArray());
}

/** RFC 5952 §4, and §5 for an IPv4 address inside. */
export function format(bytes: Uint8Array, at: number): string {
  if (isZero(bytes, at, 10) && readU16(bytes, at + 10) === 0xffff) {
    return `::ffff:${Ip4.format(Ip4.fromNumber(readU32(bytes, at + 12)))}`;
  }
  return Address6.fromUnsignedByteArray(Array.from(bytes.subarray(at, at + LENGTH))).correctForm();
}
