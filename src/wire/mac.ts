/**
 * 48-bit Ethernet addresses as numbers; text only where people read and write.
 * IEEE 802-2014 §8.2; the mapping of IPv4 multicast is RFC 1112 §6.4.
 */
import type { Ip4 } from './ip4.ts';

/** An Ethernet address: an integer below 2^48. Compares with ===. */
export type Mac = number & { readonly __brand: 'Mac' };

/** ff:ff:ff:ff:ff:ff, everybody on the link. */
export const BROADCAST = 0xffff_ffff_ffff as Mac;
/** What lo has, and what stands in an ARP request's target. */
export const ZERO = 0 as Mac;

/** The number as an address; it must be an integer below 2^48. */
export function fromNumber(value: number): Mac {
  return value as Mac;
}

/** The group bit, IEEE 802-2014 §8.2.2: multicast and broadcast. */
export function isGroup(mac: Mac): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1;
}

/** RFC 1112 §6.4: 01:00:5e and the low 23 bits of the group address. */
export function fromMulticast(ip: Ip4): Mac {
  return (0x0100_5e00_0000 + (ip & 0x007f_ffff)) as Mac;
}

/** '02:00:00:00:00:01', with colons or hyphens, or null. */
export function parse(text: string): Mac | null {
  if (!/^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}$/.test(text)) return null;
  return parseInt(text.replace(/[:-]/g, ''), 16) as Mac;
}

/** Six bytes in lower case: `02:00:00:00:00:01`. */
export function format(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/(..)(?!$)/g, '$1:');
}
