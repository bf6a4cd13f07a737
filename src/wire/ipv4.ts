/**
 * The Internet Protocol, version 4: the header.
 * RFC 791 §3.1; RFC 2474 for the type of service octet, RFC 6864 for the identification. Options: wire/ipv4-options.ts.
 */
import type { Format, Malformed } from './format.ts';
import { readU16, readU32, readU8, writeU16, writeU32, writeU8 } from './bytes.ts';
import * as Checksum from './checksum.ts';
import * as Ip4 from './ip4.ts';

/** Bytes in a header without options, and in one with as many as fit. */
export const MIN_HEADER_LENGTH = 20;
export const MAX_HEADER_LENGTH = 60;
/** Bytes in the longest datagram, header included: what the total length field can say. */
export const MAX_LENGTH = 65_535;

/** Protocol numbers, assigned by IANA. */
export const Protocol = { Icmp: 1, Igmp: 2, Tcp: 6, Udp: 17 } as const;

/** The upper bits of the word that ends in the fragment offset. */
export const Flag = { DontFragment: 0x4000, MoreFragments: 0x2000 } as const;

// Byte offsets, RFC 791 figure 4.
const VERSION_AND_HEADER_LENGTH = 0;
const TYPE_OF_SERVICE = 1;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FLAGS_AND_FRAGMENT_OFFSET = 6;
const TIME_TO_LIVE = 8;
const PROTOCOL = 9;
const HEADER_CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;

/** The fragment offset counts units of eight bytes in the lower 13 bits. */
const FRAGMENT_OFFSET_MASK = 0x1fff;
const FRAGMENT_UNIT = 8;

export interface Header {
  /** Bytes, options included: a multiple of 4 from 20 to 60. */
  readonly headerLength: number;
  readonly typeOfService: number;
  /** Bytes, header included. */
  readonly totalLength: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  readonly timeToLive: number;
  readonly protocol: number;
  readonly source: Ip4.Ip4;
  readonly destination: Ip4.Ip4;
}

/** In the order of Linux's ip_rcv. After null the datagram lies within `end`, which may be later: padding. */
export function check(bytes: Uint8Array, at: number, end: number): Malformed | null {
  if (end - at < MIN_HEADER_LENGTH) return 'truncated';
  if (version(bytes, at) !== 4) return 'bad-version';
  const header = headerLength(bytes, at);
  if (header < MIN_HEADER_LENGTH || header > end - at) return 'bad-header-length';
  if (Checksum.finish(Checksum.sum(bytes, at, at + header)) !== 0) return 'bad-checksum';
  const length = totalLength(bytes, at);
  if (length < header || length > end - at) return 'bad-length';
  return null;
}

export function version(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + VERSION_AND_HEADER_LENGTH) >>> 4;
}

export function headerLength(bytes: Uint8Array, at: number): number {
  return (readU8(bytes, at + VERSION_AND_HEADER_LENGTH) & 15) << 2;
}

export function typeOfService(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + TYPE_OF_SERVICE);
}

/** Bytes, header included. */
export function totalLength(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + TOTAL_LENGTH);
}

export function identification(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + IDENTIFICATION);
}

/** The word as it stands: `Flag`s, and below them the offset in units of eight bytes. */
export function flagsAndFragmentOffset(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + FLAGS_AND_FRAGMENT_OFFSET);
}

export function dontFragment(bytes: Uint8Array, at: number): boolean {
  return (flagsAndFragmentOffset(bytes, at) & Flag.DontFragment) !== 0;
}

export function moreFragments(bytes: Uint8Array, at: number): boolean {
  return (flagsAndFragmentOffset(bytes, at) & Flag.MoreFragments) !== 0;
}

/** Where this piece's data goes in the whole, in bytes. */
export function fragmentOffset(bytes: Uint8Array, at: number): number {
  return (flagsAndFragmentOffset(bytes, at) & FRAGMENT_OFFSET_MASK) * FRAGMENT_UNIT;
}

/** Whether it is one piece of several: the first, the last or one between. */
export function isFragment(bytes: Uint8Array, at: number): boolean {
  return (flagsAndFragmentOffset(bytes, at) & (Flag.MoreFragments | FRAGMENT_OFFSET_MASK)) !== 0;
}

export function timeToLive(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + TIME_TO_LIVE);
}

export function protocol(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + PROTOCOL);
}

export function headerChecksum(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + HEADER_CHECKSUM);
}

export function source(bytes: Uint8Array, at: number): Ip4.Ip4 {
  return readU32(bytes, at + SOURCE) as Ip4.Ip4;
}

export function destination(bytes: Uint8Array, at: number): Ip4.Ip4 {
  return readU32(bytes, at + DESTINATION) as Ip4.Ip4;
}

export function parse(bytes: Uint8Array, at: number): Header {
  return {
    headerLength: headerLength(bytes, at),
    typeOfService: typeOfService(bytes, at),
    totalLength: totalLength(bytes, at),
    identification: identification(bytes, at),
    dontFragment: dontFragment(bytes, at),
    moreFragments: moreFragments(bytes, at),
    fragmentOffset: fragmentOffset(bytes, at),
    timeToLive: timeToLive(bytes, at),
    protocol: protocol(bytes, at),
    source: source(bytes, at),
    destination: destination(bytes, at),
  };
}

// The setters keep a right header checksum right, and a wrong one wrong (RFC 1624).

export function setTypeOfService(bytes: Uint8Array, at: number, value: number): void {
  setWord(bytes, at, VERSION_AND_HEADER_LENGTH, (readU8(bytes, at) << 8) | value);
}

export function setTotalLength(bytes: Uint8Array, at: number, value: number): void {
  setWord(bytes, at, TOTAL_LENGTH, value);
}

export function setIdentification(bytes: Uint8Array, at: number, value: number): void {
  setWord(bytes, at, IDENTIFICATION, value);
}

/** `Flag`s, and below them the offset in units of eight bytes. */
export function setFlagsAndFragmentOffset(bytes: Uint8Array, at: number, value: number): void {
  setWord(bytes, at, FLAGS_AND_FRAGMENT_OFFSET, value);
}

export function setTimeToLive(bytes: Uint8Array, at: number, value: number): void {
  setWord(bytes, at, TIME_TO_LIVE, (value << 8) | protocol(bytes, at));
}

/** One hop less; the TTL must not be 0. */
export function decrementTimeToLive(bytes: Uint8Array, at: number): void {
  setWord(bytes, at, TIME_TO_LIVE, readU16(bytes, at + TIME_TO_LIVE) - 0x0100);
}

export function setSource(bytes: Uint8Array, at: number, value: Ip4.Ip4): void {
  setAddress(bytes, at, SOURCE, value);
}

export function setDestination(bytes: Uint8Array, at: number, value: Ip4.Ip4): void {
  setAddress(bytes, at, DESTINATION, value);
}

function setWord(bytes: Uint8Array, at: number, offset: number, value: number): void {
  const updated = Checksum.update16(headerChecksum(bytes, at), readU16(bytes, at + offset), value);
  writeU16(bytes, at + offset, value);
  writeU16(bytes, at + HEADER_CHECKSUM, updated);
}

function setAddress(bytes: Uint8Array, at: number, offset: number, value: Ip4.Ip4): void {
  const updated = Checksum.update32(headerChecksum(bytes, at), readU32(bytes, at + offset), value);
  writeU32(bytes, at + offset, value);
  writeU16(bytes, at + HEADER_CHECKSUM, updated);
}

/** The header without its options, which the caller writes before it calls `updateChecksum`. */
export function write(bytes: Uint8Array, at: number, header: Header): void {
  writeHeader(
    bytes,
    at,
    header.headerLength,
    header.typeOfService,
    header.totalLength,
    header.identification,
    (header.dontFragment ? Flag.DontFragment : 0) |
      (header.moreFragments ? Flag.MoreFragments : 0) |
      (header.fragmentOffset / FRAGMENT_UNIT),
    header.timeToLive,
    header.protocol,
    header.source,
    header.destination,
  );
}

/** `write` for the packet path, with the fields in the header's order. The checksum is 0 until `updateChecksum`. */
export function writeHeader(
  bytes: Uint8Array,
  at: number,
  headerLength: number,
  typeOfService: number,
  totalLength: number,
  identification: number,
  flagsAndFragmentOffset: number,
  timeToLive: number,
  protocol: number,
  source: Ip4.Ip4,
  destination: Ip4.Ip4,
): void {
  writeU8(bytes, at + VERSION_AND_HEADER_LENGTH, 0x40 | (headerLength >>> 2));
  writeU8(bytes, at + TYPE_OF_SERVICE, typeOfService);
  writeU16(bytes, at + TOTAL_LENGTH, totalLength);
  writeU16(bytes, at + IDENTIFICATION, identification);
  writeU16(bytes, at + FLAGS_AND_FRAGMENT_OFFSET, flagsAndFragmentOffset);
  writeU8(bytes, at + TIME_TO_LIVE, timeToLive);
  writeU8(bytes, at + PROTOCOL, protocol);
  writeU16(bytes, at + HEADER_CHECKSUM, 0);
  writeU32(bytes, at + SOURCE, source);
  writeU32(bytes, at + DESTINATION, destination);
}

/** Computes the header checksum anew, over the options too. */
export function updateChecksum(bytes: Uint8Array, at: number): void {
  writeU16(bytes, at + HEADER_CHECKSUM, 0);
  writeU16(bytes, at + HEADER_CHECKSUM, Checksum.finish(Checksum.sum(bytes, at, at + headerLength(bytes, at))));
}

export const format: Format = {
  name: 'IPv4',
  check,
  summarize(bytes, at, end) {
    if (end - at < MIN_HEADER_LENGTH) return ' [|ip]';
    const addresses = `${Ip4.format(source(bytes, at))} > ${Ip4.format(destination(bytes, at))}`;
    return `${addresses}: ip-proto-${protocol(bytes, at)} ${totalLength(bytes, at) - headerLength(bytes, at)}`;
  },
};
