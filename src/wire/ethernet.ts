/**
 * Ethernet II frames: the packet format. IEEE 802.3-2018 §3.1.1, §3.2.6; EtherTypes by IANA.
 * Frames whose type field is a length carry LLC (IEEE 802.2) and are recognised. Not here: padding, FCS, 802.1Q tags
 * (wire/vlan.ts).
 */
import type { Format, Malformed } from './format.ts';
import { readU16, readU48, readU8, writeU16, writeU48 } from './bytes.ts';
import * as Mac from './mac.ts';

export const HEADER_LENGTH = 14;

/** EtherTypes; a value up to MAX_LENGTH_FIELD is a length instead. */
export const Type = {
  Ipv4: 0x0800,
  Arp: 0x0806,
  Vlan: 0x8100,
  Ipv6: 0x86dd,
  ServiceVlan: 0x88a8,
} as const;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [Type.Ipv4]: 'IPv4',
  [Type.Arp]: 'ARP',
  [Type.Vlan]: '802.1Q',
  [Type.Ipv6]: 'IPv6',
  [Type.ServiceVlan]: '802.1Q-QinQ',
};

/** IEEE 802.3-2018 §3.2.6: up to here the type field is the length of the data, from 0x0600 on it is a type. */
export const MAX_LENGTH_FIELD = 1500;

// Byte offsets, IEEE 802.3-2018 figure 3-1.
const DESTINATION = 0;
const SOURCE = 6;
const TYPE = 12;

export interface Header {
  readonly destination: Mac.Mac;
  readonly source: Mac.Mac;
  readonly type: number;
}

export function check(_bytes: Uint8Array, at: number, end: number): Malformed | null {
  return end - at < HEADER_LENGTH ? 'truncated' : null;
}

export function destination(bytes: Uint8Array, at: number): Mac.Mac {
  return readU48(bytes, at + DESTINATION) as Mac.Mac;
}

export function source(bytes: Uint8Array, at: number): Mac.Mac {
  return readU48(bytes, at + SOURCE) as Mac.Mac;
}

export function type(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + TYPE);
}

/** The group bit of the destination: a broadcast or multicast, without making the address a number. */
export function isGroup(bytes: Uint8Array, at: number): boolean {
  return (readU8(bytes, at + DESTINATION) & 1) === 1;
}

export function parse(bytes: Uint8Array, at: number): Header {
  return { destination: destination(bytes, at), source: source(bytes, at), type: type(bytes, at) };
}

export function setDestination(bytes: Uint8Array, at: number, mac: Mac.Mac): void {
  writeU48(bytes, at + DESTINATION, mac);
}

export function setSource(bytes: Uint8Array, at: number, mac: Mac.Mac): void {
  writeU48(bytes, at + SOURCE, mac);
}

export function write(bytes: Uint8Array, at: number, destination: Mac.Mac, source: Mac.Mac, type: number): void {
  writeU48(bytes, at + DESTINATION, destination);
  writeU48(bytes, at + SOURCE, source);
  writeU16(bytes, at + TYPE, type);
}

export const format: Format = {
  name: 'Ethernet',
  check,
  summarize(bytes, at, end) {
    if (check(bytes, at, end)) return ' [|ether]';
    const kind = type(bytes, at);
    if (kind <= MAX_LENGTH_FIELD) return `${formatAddresses(bytes, at)}, 802.3, length ${kind}`;
    return `${formatAddresses(bytes, at)}, ethertype ${formatType(kind)}, length ${end - at}`;
  },
};

export function formatAddresses(bytes: Uint8Array, at: number): string {
  return `${Mac.format(source(bytes, at))} > ${Mac.format(destination(bytes, at))}`;
}

/** An EtherType as tcpdump writes it. */
export function formatType(type: number): string {
  return `${TYPE_NAMES[type] ?? 'Unknown'} (0x${type.toString(16).padStart(4, '0')})`;
}
