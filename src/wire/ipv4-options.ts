/**
 * The options of an IPv4 header. RFC 791 §3.1 "Options"; RFC 2113 for router alert; RFC 1122 §3.2.1.8 and
 * RFC 1812 §4.2.2.11, §5.2.4 for what a host and a router check. Not here: security and stream identifier, which
 * are walked over.
 *
 * Functions take `at`, where the IP header starts, or `option`, where an option starts; both are byte offsets.
 */
import { copyBytes, readU16, readU32, readU8, writeU16, writeU32, writeU8 } from './bytes.ts';
import type { Ip4 } from './ip4.ts';
import * as Ipv4 from './ipv4.ts';

/** The whole type octet: copied flag, class and number. */
export const Type = {
  EndOfList: 0,
  NoOperation: 1,
  RecordRoute: 7,
  Timestamp: 68,
  Security: 130,
  LooseSourceRoute: 131,
  StreamIdentifier: 136,
  StrictSourceRoute: 137,
  RouterAlert: 148,
} as const;

/** The flag values of the timestamp option. */
export const TimestampFlag = { TimeOnly: 0, TimeAndAddress: 1, Prespecified: 3 } as const;

/** Bytes that fit into the longest header. */
export const MAX_LENGTH = Ipv4.MAX_HEADER_LENGTH - Ipv4.MIN_HEADER_LENGTH;
const ROUTER_ALERT_LENGTH = 4;

/** Bytes before the first slot of a route, and of a timestamp option; pointers count from 1, so they start one later. */
const ROUTE_HEADER = 3;
const TIMESTAMP_HEADER = 4;
const SLOT = 4;

// Byte offsets in an option.
const TYPE = 0;
const LENGTH = 1;
const POINTER = 2;
const OVERFLOW_AND_FLAG = 3;
const ALERT_VALUE = 2;

/** The overflow counter has four bits. */
const MAX_OVERFLOW = 15;

export interface NoOperation {
  readonly kind: 'no-operation';
}

export interface Route {
  readonly kind: 'record-route' | 'loose-source-route' | 'strict-source-route';
  /** The first unused slot, counted from 1 at the option's first octet: 4 is the first of all. */
  readonly pointer: number;
  /** All slots, used or not. */
  readonly addresses: readonly Ip4[];
}

export interface Timestamps {
  readonly kind: 'timestamp';
  /** The first unused slot, counted from 1 at the option's first octet: 5 is the first of all. */
  readonly pointer: number;
  /** Hosts that found no room. */
  readonly overflow: number;
  /** One of `TimestampFlag`. */
  readonly flag: number;
  /** All slots, used or not; the address is null where the option holds times only. */
  readonly entries: readonly TimestampEntry[];
}

export interface TimestampEntry {
  readonly address: Ip4 | null;
  /** Milliseconds since midnight UT, or with the high bit set anything else (RFC 791). */
  readonly time: number;
}

export interface RouterAlert {
  readonly kind: 'router-alert';
  /** 0 asks every router to look (RFC 2113 §2.1). */
  readonly value: number;
}

export interface OtherOption {
  readonly kind: 'other';
  readonly type: number;
  readonly data: Uint8Array;
}

export type Option = NoOperation | Route | Timestamps | RouterAlert | OtherOption;

/** -1, or which octet of the header a parameter problem should point to. The header itself has been checked. */
export function check(bytes: Uint8Array, at: number): number {
  const wrong = checkList(bytes, at + Ipv4.MIN_HEADER_LENGTH, at + Ipv4.headerLength(bytes, at));
  return wrong === -1 ? -1 : wrong - at;
}

/**
 * -1, or the offset of the octet that is wrong in options without a header, such as a socket is given. The rules and
 * the octets are those of Linux's ip_options_compile, which follow RFC 1122 §3.2.1.8 and RFC 1812 §5.2.4.1 (a second
 * source route is an error). A full record route is no error, a full overflow counter is.
 */
export function checkList(bytes: Uint8Array, at: number, end: number): number {
  let hasSourceRoute = false;
  let hasRecordRoute = false;
  let hasTimestamp = false;
  let option = at;
  while (option < end) {
    const kind = type(bytes, option);
    if (kind === Type.EndOfList) return -1;
    if (kind === Type.NoOperation) {
      option++;
      continue;
    }
    if (end - option < 2) return option;
    const size = readU8(bytes, option + LENGTH);
    if (size < 2 || size > end - option) return option;
    let wrong = -1;
    if (kind === Type.RecordRoute) {
      wrong = hasRecordRoute ? TYPE : checkRecordRoute(bytes, option, size);
      hasRecordRoute = true;
    } else if (kind === Type.Timestamp) {
      wrong = hasTimestamp ? TYPE : checkTimestamp(bytes, option, size);
      hasTimestamp = true;
    } else if (kind === Type.LooseSourceRoute || kind === Type.StrictSourceRoute) {
      wrong = checkSourceRoute(bytes, option, size, hasSourceRoute);
      hasSourceRoute = true;
    } else if (kind === Type.RouterAlert && size < ROUTER_ALERT_LENGTH) {
      wrong = LENGTH;
    }
    if (wrong !== -1) return option + wrong;
    option += size;
  }
  return -1;
}

function checkRecordRoute(bytes: Uint8Array, option: number, size: number): number {
  if (size < ROUTE_HEADER) return LENGTH;
  const next = pointer(bytes, option);
  if (next <= ROUTE_HEADER) return POINTER;
  return next <= size && next + SLOT - 1 > size ? POINTER : -1;
}

function checkSourceRoute(bytes: Uint8Array, option: number, size: number, second: boolean): number {
  if (size < ROUTE_HEADER) return LENGTH;
  if (pointer(bytes, option) <= ROUTE_HEADER) return POINTER;
  return second ? TYPE : -1;
}

function checkTimestamp(bytes: Uint8Array, option: number, size: number): number {
  if (size < TIMESTAMP_HEADER) return LENGTH;
  const next = pointer(bytes, option);
  if (next <= TIMESTAMP_HEADER) return POINTER;
  if (next <= size) return next + timestampEntryLength(bytes, option) - 1 > size ? POINTER : -1;
  // RFC 791: when the counter itself overflows, the datagram is in error. Nobody has to count prespecified hosts.
  if (timestampFlag(bytes, option) === TimestampFlag.Prespecified) return -1;
  return overflow(bytes, option) === MAX_OVERFLOW ? OVERFLOW_AND_FLAG : -1;
}

/** The first option, or -1. Walk a checked header: for (let o = first(…); o !== -1; o = next(…, o)). */
export function first(bytes: Uint8Array, at: number): number {
  return begins(bytes, at, at + Ipv4.MIN_HEADER_LENGTH);
}

/** The option after this one, or -1 at the end of the list. */
export function next(bytes: Uint8Array, at: number, option: number): number {
  return begins(bytes, at, option + length(bytes, option));
}

function begins(bytes: Uint8Array, at: number, option: number): number {
  const end = at + Ipv4.headerLength(bytes, at);
  return option < end && type(bytes, option) !== Type.EndOfList ? option : -1;
}

/** Where the first option of this type starts in `bytes`, or -1. The options have been checked. */
export function find(bytes: Uint8Array, at: number, wanted: number): number {
  let option = first(bytes, at);
  while (option !== -1 && type(bytes, option) !== wanted) option = next(bytes, at, option);
  return option;
}

export function type(bytes: Uint8Array, option: number): number {
  return readU8(bytes, option + TYPE);
}

/** Bytes, type and length octets included. */
export function length(bytes: Uint8Array, option: number): number {
  return type(bytes, option) <= Type.NoOperation ? 1 : readU8(bytes, option + LENGTH);
}

/** RFC 791: the copied flag says that every fragment carries the option, not only the first. */
export function isCopied(type: number): boolean {
  return type >= 128;
}

/** Routes and timestamps: the first unused slot, counted from 1 at the option's first octet. */
export function pointer(bytes: Uint8Array, option: number): number {
  return readU8(bytes, option + POINTER);
}

/** Routes and timestamps: no slot is left. */
export function isFull(bytes: Uint8Array, option: number): boolean {
  return pointer(bytes, option) > length(bytes, option);
}

/** The address in the slot that the pointer shows: a source route's next hop, a prespecified timestamp's host. */
export function pointedAddress(bytes: Uint8Array, option: number): Ip4 {
  return readU32(bytes, slot(bytes, option)) as Ip4;
}

/** Enters an address in a route's next slot, which must be there. The header checksum is the caller's to update. */
export function recordAddress(bytes: Uint8Array, option: number, address: Ip4): void {
  writeU32(bytes, slot(bytes, option), address);
  writeU8(bytes, option + POINTER, pointer(bytes, option) + SLOT);
}

/** One of `TimestampFlag`. */
export function timestampFlag(bytes: Uint8Array, option: number): number {
  return readU8(bytes, option + OVERFLOW_AND_FLAG) & 15;
}

/** How many hosts found no room for their timestamp. */
export function overflow(bytes: Uint8Array, option: number): number {
  return readU8(bytes, option + OVERFLOW_AND_FLAG) >>> 4;
}

/** Counts one more host without room; there were fewer than 15. */
export function incrementOverflow(bytes: Uint8Array, option: number): void {
  writeU8(bytes, option + OVERFLOW_AND_FLAG, readU8(bytes, option + OVERFLOW_AND_FLAG) + 0x10);
}

/**
 * Enters a timestamp (milliseconds since midnight UT), with the address where the flag asks for it; a prespecified
 * address is left as it is. There must be room. The header checksum is the caller's to update.
 */
export function recordTimestamp(bytes: Uint8Array, option: number, address: Ip4, time: number): void {
  const entry = slot(bytes, option);
  const size = timestampEntryLength(bytes, option);
  if (timestampFlag(bytes, option) === TimestampFlag.TimeAndAddress) writeU32(bytes, entry, address);
  writeU32(bytes, entry + size - SLOT, time);
  writeU8(bytes, option + POINTER, pointer(bytes, option) + size);
}

/**
 * Where the datagram is going in the end: the last address of a source route that is not used up, else the header's
 * destination. It is what the pseudo-header of UDP and TCP has (RFC 9293 §3.1). The options have been checked.
 */
export function finalDestination(bytes: Uint8Array, at: number): Ip4 {
  for (let option = first(bytes, at); option !== -1; option = next(bytes, at, option)) {
    const kind = type(bytes, option);
    if (kind !== Type.LooseSourceRoute && kind !== Type.StrictSourceRoute) continue;
    if (isFull(bytes, option)) break;
    return readU32(bytes, option + length(bytes, option) - SLOT) as Ip4;
  }
  return Ipv4.destination(bytes, at);
}

/** The options between `at` and `end`, which have been checked; what follows the end of the list is left out. */
export function parse(bytes: Uint8Array, at: number, end: number): Option[] {
  const options: Option[] = [];
  for (let option = at; option < end && type(bytes, option) !== Type.EndOfList; option += length(bytes, option)) {
    options.push(parseOption(bytes, option));
  }
  return options;
}

function parseOption(bytes: Uint8Array, option: number): Option {
  const kind = type(bytes, option);
  switch (kind) {
    case Type.NoOperation:
      return { kind: 'no-operation' };
    case Type.RecordRoute:
      return parseRoute(bytes, option, 'record-route');
    case Type.LooseSourceRoute:
      return parseRoute(bytes, option, 'loose-source-route');
    case Type.StrictSourceRoute:
      return parseRoute(bytes, option, 'strict-source-route');
    case Type.Timestamp:
      return parseTimestamps(bytes, option);
    case Type.RouterAlert:
      return { kind: 'router-alert', value: readU16(bytes, option + ALERT_VALUE) };
    default:
      return { kind: 'other', type: kind, data: bytes.slice(option + 2, option + length(bytes, option)) };
  }
}

function parseRoute(bytes: Uint8Array, option: number, kind: Route['kind']): Route {
  const addresses: Ip4[] = [];
  const end = option + length(bytes, option);
  for (let i = option + ROUTE_HEADER; i + SLOT <= end; i += SLOT) addresses.push(readU32(bytes, i) as Ip4);
  return { kind, pointer: pointer(bytes, option), addresses };
}

function parseTimestamps(bytes: Uint8Array, option: number): Timestamps {
  const entries: TimestampEntry[] = [];
  const size = timestampEntryLength(bytes, option);
  const end = option + length(bytes, option);
  for (let i = option + TIMESTAMP_HEADER; i + size <= end; i += size) {
    const address = size === SLOT ? null : (readU32(bytes, i) as Ip4);
    entries.push({ address, time: readU32(bytes, i + size - SLOT) });
  }
  return {
    kind: 'timestamp',
    pointer: pointer(bytes, option),
    overflow: overflow(bytes, option),
    flag: timestampFlag(bytes, option),
    entries,
  };
}

/** Writes options and fills the last word up with zeros, the end of the list. Answers with the bytes written. */
export function write(bytes: Uint8Array, at: number, options: readonly Option[]): number {
  let end = at;
  for (const option of options) end = writeOption(bytes, end, option);
  while ((end - at) % 4 !== 0) writeU8(bytes, end++, Type.EndOfList);
  return end - at;
}

function writeOption(bytes: Uint8Array, at: number, option: Option): number {
  switch (option.kind) {
    case 'no-operation':
      writeU8(bytes, at, Type.NoOperation);
      return at + 1;
    case 'record-route':
      return writeRoute(bytes, at, Type.RecordRoute, option);
    case 'loose-source-route':
      return writeRoute(bytes, at, Type.LooseSourceRoute, option);
    case 'strict-source-route':
      return writeRoute(bytes, at, Type.StrictSourceRoute, option);
    case 'timestamp':
      return writeTimestamps(bytes, at, option);
    case 'router-alert':
      writeU8(bytes, at + TYPE, Type.RouterAlert);
      writeU8(bytes, at + LENGTH, ROUTER_ALERT_LENGTH);
      writeU16(bytes, at + ALERT_VALUE, option.value);
      return at + ROUTER_ALERT_LENGTH;
    case 'other':
      writeU8(bytes, at + TYPE, option.type);
      writeU8(bytes, at + LENGTH, 2 + option.data.length);
      copyBytes(option.data, 0, bytes, at + 2, option.data.length);
      return at + 2 + option.data.length;
  }
}

function writeRoute(bytes: Uint8Array, at: number, type: number, route: Route): number {
  let end = at + ROUTE_HEADER;
  for (const address of route.addresses) {
    writeU32(bytes, end, address);
    end += SLOT;
  }
  writeU8(bytes, at + TYPE, type);
  writeU8(bytes, at + LENGTH, end - at);
  writeU8(bytes, at + POINTER, route.pointer);
  return end;
}

function writeTimestamps(bytes: Uint8Array, at: number, timestamps: Timestamps): number {
  let end = at + TIMESTAMP_HEADER;
  for (const { address, time } of timestamps.entries) {
    if (address !== null) {
      writeU32(bytes, end, address);
      end += SLOT;
    }
    writeU32(bytes, end, time);
    end += SLOT;
  }
  writeU8(bytes, at + TYPE, Type.Timestamp);
  writeU8(bytes, at + LENGTH, end - at);
  writeU8(bytes, at + POINTER, timestamps.pointer);
  writeU8(bytes, at + OVERFLOW_AND_FLAG, (timestamps.overflow << 4) | timestamps.flag);
  return end;
}

/** Changes the address entered last, in a route or beside a timestamp. The header checksum is the caller's. */
export function amendLast(bytes: Uint8Array, option: number, address: Ip4): void {
  const size = type(bytes, option) === Type.Timestamp ? timestampEntryLength(bytes, option) : SLOT;
  writeU32(bytes, slot(bytes, option) - size, address);
}

function slot(bytes: Uint8Array, option: number): number {
  return option + pointer(bytes, option) - 1;
}

function timestampEntryLength(bytes: Uint8Array, option: number): number {
  const flag = timestampFlag(bytes, option);
  return flag === TimestampFlag.TimeAndAddress || flag === TimestampFlag.Prespecified ? 2 * SLOT : SLOT;
}
