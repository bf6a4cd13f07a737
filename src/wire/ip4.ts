/**
 * 32-bit IPv4 addresses and masks as unsigned numbers; text only where people read and write, by ip-address.
 * Special ranges: RFC 1122 §3.2.1.3, RFC 6890; multicast RFC 5771; /31 links RFC 3021.
 */
import { Address4 } from 'ip-address';

/** An IPv4 address: an integer below 2^32. Compares with ===. */
export type Ip4 = number & { readonly __brand: 'Ip4' };

/** 0.0.0.0: no address, or any. */
export const ANY = 0 as Ip4;
/** 255.255.255.255, the broadcast on this link only. */
export const BROADCAST = 0xffff_ffff as Ip4;
/** 127.0.0.1. */
export const LOOPBACK = 0x7f00_0001 as Ip4;
/** 224.0.0.1, all hosts on this link. RFC 1112 §4. */
export const ALL_HOSTS = 0xe000_0001 as Ip4;

/** The number as an address; it must be an integer below 2^32. */
export function fromNumber(value: number): Ip4 {
  return (value >>> 0) as Ip4;
}

/** Dotted decimal, four parts, or null. */
export function parse(text: string): Ip4 | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text) || !Address4.isValid(text)) return null;
  return Number(new Address4(text).bigInt()) as Ip4;
}

/** Dotted decimal: `192.0.2.1`. */
export function format(ip: Ip4): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

/** The mask with `length` one bits. */
export function maskOf(length: number): Ip4 {
  return (length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0) as Ip4;
}

/** How many one bits a mask starts with, or null when they have holes. */
export function prefixLength(mask: Ip4): number | null {
  const length = Math.clz32(~mask >>> 0);
  return maskOf(length) === mask ? length : null;
}

/** The address of the subnet that `ip` lies in; `length` is its prefix length, 0 to 32. */
export function network(ip: Ip4, length: number): Ip4 {
  return ((ip & maskOf(length)) >>> 0) as Ip4;
}

/** Whether `ip` lies in the subnet of `length` bits that `other` lies in. */
export function sameSubnet(ip: Ip4, other: Ip4, length: number): boolean {
  return length === 0 || (ip ^ other) >>> (32 - length) === 0;
}

/** The subnet's broadcast address; /31 and /32 have none (RFC 3021 §2.2), null. */
export function subnetBroadcast(ip: Ip4, length: number): Ip4 | null {
  return length >= 31 ? null : (((ip | ~maskOf(length)) >>> 0) as Ip4);
}

/** 224.0.0.0/4. */
export function isMulticast(ip: Ip4): boolean {
  return ip >>> 28 === 14;
}

/** 224.0.0.0/24: stays on the link, whatever its TTL. RFC 5771 §4. */
export function isLocalMulticast(ip: Ip4): boolean {
  return ip >>> 8 === 0xe0_0000;
}

/** 127.0.0.0/8. */
export function isLoopback(ip: Ip4): boolean {
  return ip >>> 24 === 127;
}

/** 0.0.0.0/8, "this network". */
export function isThisNetwork(ip: Ip4): boolean {
  return ip >>> 24 === 0;
}

/** 240.0.0.0/4, reserved, without the limited broadcast. */
export function isClassE(ip: Ip4): boolean {
  return ip >>> 28 === 15 && ip !== BROADCAST;
}

/** 169.254.0.0/16, RFC 3927: never passed on by a router. */
export function isLinkLocal(ip: Ip4): boolean {
  return ip >>> 16 === 0xa9fe;
}
