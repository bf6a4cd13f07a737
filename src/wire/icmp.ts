/**
 * Internet Control Message Protocol: the messages.
 * RFC 792; next-hop MTU RFC 1191 §4; address mask RFC 950; router discovery RFC 1256; the codes of RFC 1122 §3.2.2.1
 * and RFC 1812 §5.2.7.1.
 */
import type { Format, Malformed } from './format.ts';
import { readU16, readU32, readU8, writeU16, writeU32, writeU8 } from './bytes.ts';
import * as Checksum from './checksum.ts';
import * as Ip4 from './ip4.ts';
import * as Ipv4 from './ipv4.ts';

/** Bytes before a message's data, or before the datagram that an error quotes. */
export const HEADER_LENGTH = 8;
/** Bytes in a timestamp message. */
export const TIMESTAMP_LENGTH = 20;
/** Bytes in an address mask message. */
export const ADDRESS_MASK_LENGTH = 12;

export const Type = {
  EchoReply: 0,
  DestinationUnreachable: 3,
  SourceQuench: 4,
  Redirect: 5,
  Echo: 8,
  RouterAdvertisement: 9,
  RouterSolicitation: 10,
  TimeExceeded: 11,
  ParameterProblem: 12,
  Timestamp: 13,
  TimestampReply: 14,
  InformationRequest: 15,
  InformationReply: 16,
  AddressMaskRequest: 17,
  AddressMaskReply: 18,
} as const;

/** Codes of DestinationUnreachable: 0 to 5 RFC 792, 6 to 12 RFC 1122 §3.2.2.1, 13 to 15 RFC 1812 §5.2.7.1. */
export const UnreachableCode = {
  Net: 0,
  Host: 1,
  Protocol: 2,
  Port: 3,
  FragmentationNeeded: 4,
  SourceRouteFailed: 5,
  NetUnknown: 6,
  HostUnknown: 7,
  SourceHostIsolated: 8,
  NetProhibited: 9,
  HostProhibited: 10,
  NetTypeOfService: 11,
  HostTypeOfService: 12,
  CommunicationProhibited: 13,
  HostPrecedenceViolation: 14,
  PrecedenceCutoff: 15,
} as const;

export const RedirectCode = { Net: 0, Host: 1, NetTypeOfService: 2, HostTypeOfService: 3 } as const;

export const TimeExceededCode = { InTransit: 0, Reassembly: 1 } as const;

/** RFC 1122 §3.2.2.5 adds the missing option to RFC 792's pointer. */
export const ParameterProblemCode = { Pointer: 0, RequiredOptionMissing: 1 } as const;

// Byte offsets, RFC 792. What stands in the second word depends on the type.
const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST_OF_HEADER = 4;
const IDENTIFIER = 4;
const SEQUENCE = 6;
const NEXT_HOP_MTU = 6;
const GATEWAY = 4;
const POINTER = 4;
const ORIGINATE = 8;
const RECEIVE = 12;
const TRANSMIT = 16;
const ADDRESS_MASK = 8;

export interface Header {
  readonly type: number;
  readonly code: number;
  readonly checksum: number;
  /** The second word, for the type to explain. */
  readonly restOfHeader: number;
}

/** Whether the message, which ends at `end`, is whole and its checksum right. */
export function check(bytes: Uint8Array, at: number, end: number): Malformed | null {
  const malformed = checkHeader(bytes, at, end);
  if (malformed !== null) return malformed;
  return Checksum.finish(Checksum.sum(bytes, at, end)) !== 0 ? 'bad-checksum' : null;
}

/** `check` without the checksum, for messages that were cut short. */
export function checkHeader(bytes: Uint8Array, at: number, end: number): Malformed | null {
  if (end - at < HEADER_LENGTH) return 'truncated';
  const kind = type(bytes, at);
  if ((kind === Type.Timestamp || kind === Type.TimestampReply) && end - at < TIMESTAMP_LENGTH) return 'truncated';
  if ((kind === Type.AddressMaskRequest || kind === Type.AddressMaskReply) && end - at < ADDRESS_MASK_LENGTH) {
    return 'truncated';
  }
  return null;
}

export function type(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + TYPE);
}

export function code(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + CODE);
}

export function checksum(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + CHECKSUM);
}

/** Echo, timestamp, information and address mask messages. */
export function identifier(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + IDENTIFIER);
}

/** Echo, timestamp, information and address mask messages. */
export function sequence(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + SEQUENCE);
}

/** Redirect: the router to use instead. */
export function gateway(bytes: Uint8Array, at: number): Ip4.Ip4 {
  return readU32(bytes, at + GATEWAY) as Ip4.Ip4;
}

/** Fragmentation needed: RFC 1191 §4; 0 from routers that are older. */
export function nextHopMtu(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + NEXT_HOP_MTU);
}

/** Parameter problem: which octet of the quoted datagram is wrong. */
export function pointer(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + POINTER);
}

/** Timestamp messages: milliseconds since midnight UT, like the two below. */
export function originateTimestamp(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + ORIGINATE);
}

export function receiveTimestamp(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + RECEIVE);
}

export function transmitTimestamp(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + TRANSMIT);
}

export function addressMask(bytes: Uint8Array, at: number): Ip4.Ip4 {
  return readU32(bytes, at + ADDRESS_MASK) as Ip4.Ip4;
}

/** Where an error's quoted datagram starts: its IP header and at least 8 bytes of what follows (RFC 792). */
export function quoted(at: number): number {
  return at + HEADER_LENGTH;
}

/** The messages about a datagram, which quote it and must never be answered with an error (RFC 1122 §3.2.2). */
export function isError(type: number): boolean {
  return (
    type === Type.DestinationUnreachable ||
    type === Type.SourceQuench ||
    type === Type.Redirect ||
    type === Type.TimeExceeded ||
    type === Type.ParameterProblem
  );
}

export function parse(bytes: Uint8Array, at: number): Header {
  return {
    type: type(bytes, at),
    code: code(bytes, at),
    checksum: checksum(bytes, at),
    restOfHeader: readU32(bytes, at + REST_OF_HEADER),
  };
}

/** The header; its second word is one of the next four functions' or 0. The checksum is 0 until `updateChecksum`. */
export function writeHeader(bytes: Uint8Array, at: number, type: number, code: number, restOfHeader: number): void {
  writeU8(bytes, at + TYPE, type);
  writeU8(bytes, at + CODE, code);
  writeU16(bytes, at + CHECKSUM, 0);
  writeU32(bytes, at + REST_OF_HEADER, restOfHeader);
}

/** The second word of echo, timestamp, information and address mask messages. */
export function restOfQuery(identifier: number, sequence: number): number {
  return ((identifier << 16) | sequence) >>> 0;
}

/** The second word of fragmentation needed. */
export function restOfFragmentationNeeded(nextHopMtu: number): number {
  return nextHopMtu & 0xffff;
}

/** The second word of a redirect. */
export function restOfRedirect(gateway: Ip4.Ip4): number {
  return gateway;
}

/** The second word of a parameter problem. */
export function restOfParameterProblem(pointer: number): number {
  return (pointer << 24) >>> 0;
}

export function setTimestamps(
  bytes: Uint8Array,
  at: number,
  originate: number,
  receive: number,
  transmit: number,
): void {
  writeU32(bytes, at + ORIGINATE, originate);
  writeU32(bytes, at + RECEIVE, receive);
  writeU32(bytes, at + TRANSMIT, transmit);
}

export function setAddressMask(bytes: Uint8Array, at: number, mask: Ip4.Ip4): void {
  writeU32(bytes, at + ADDRESS_MASK, mask);
}

/** Makes a request its reply where it stands, and keeps the checksum right. */
export function setType(bytes: Uint8Array, at: number, value: number): void {
  const updated = Checksum.update16(checksum(bytes, at), readU16(bytes, at + TYPE), (value << 8) | code(bytes, at));
  writeU8(bytes, at + TYPE, value);
  writeU16(bytes, at + CHECKSUM, updated);
}

/** Once the whole message, which ends at `end`, is in place. */
export function updateChecksum(bytes: Uint8Array, at: number, end: number): void {
  writeU16(bytes, at + CHECKSUM, 0);
  writeU16(bytes, at + CHECKSUM, Checksum.finish(Checksum.sum(bytes, at, end)));
}

export const format: Format = {
  name: 'ICMP',
  check,
  summarize: (bytes, at, end) => describe(bytes, at, end, end - at),
};

/** tcpdump's words for a message of `length` bytes of which those up to `end` are there. */
export function describe(bytes: Uint8Array, at: number, end: number, length: number): string {
  const words = end - at < CHECKSUM ? null : describeMessage(bytes, at, end);
  return words === null ? ' [|icmp]' : `ICMP ${words}, length ${length}`;
}

function describeMessage(bytes: Uint8Array, at: number, end: number): string | null {
  const room = end - at;
  switch (type(bytes, at)) {
    case Type.Echo:
    case Type.EchoReply: {
      if (room < HEADER_LENGTH) return null;
      const kind = type(bytes, at) === Type.Echo ? 'request' : 'reply';
      return `echo ${kind}, id ${identifier(bytes, at)}, seq ${sequence(bytes, at)}`;
    }
    case Type.DestinationUnreachable:
      return describeUnreachable(bytes, at, end);
    case Type.SourceQuench:
      return 'source quench';
    case Type.Redirect: {
      if (room < HEADER_LENGTH + Ipv4.MIN_HEADER_LENGTH) return null;
      const destination = Ip4.format(Ipv4.destination(bytes, quoted(at)));
      const prefix = REDIRECT_WORDS[code(bytes, at)] ?? [`redirect-#${code(bytes, at)}`, ''];
      return `${prefix[0]} ${destination} to ${prefix[1]}${Ip4.format(gateway(bytes, at))}`;
    }
    case Type.RouterAdvertisement:
      return describeAdvertisement(bytes, at, end);
    case Type.RouterSolicitation:
      return 'router solicitation';
    case Type.TimeExceeded:
      if (room < HEADER_LENGTH + Ipv4.MIN_HEADER_LENGTH) return null;
      if (code(bytes, at) === TimeExceededCode.InTransit) return 'time exceeded in-transit';
      if (code(bytes, at) === TimeExceededCode.Reassembly) return 'ip reassembly time exceeded';
      return `time exceeded-#${code(bytes, at)}`;
    case Type.ParameterProblem:
      if (code(bytes, at) !== ParameterProblemCode.Pointer) return `parameter problem - code ${code(bytes, at)}`;
      return room <= POINTER ? null : `parameter problem - octet ${pointer(bytes, at)}`;
    case Type.Timestamp:
      if (room < HEADER_LENGTH) return null;
      return `time stamp query id ${identifier(bytes, at)} seq ${sequence(bytes, at)}`;
    case Type.TimestampReply:
      if (room < TIMESTAMP_LENGTH) return null;
      return (
        `time stamp reply id ${identifier(bytes, at)} seq ${sequence(bytes, at)}: ` +
        `org ${timeOfDay(originateTimestamp(bytes, at))}, ` +
        `recv ${timeOfDay(receiveTimestamp(bytes, at))}, ` +
        `xmit ${timeOfDay(transmitTimestamp(bytes, at))}`
      );
    case Type.InformationRequest:
      return 'information request';
    case Type.InformationReply:
      return 'information reply';
    case Type.AddressMaskRequest:
      return 'address mask request';
    case Type.AddressMaskReply:
      if (room < ADDRESS_MASK_LENGTH) return null;
      return `address mask is 0x${addressMask(bytes, at).toString(16).padStart(8, '0')}`;
    default:
      return `type-#${type(bytes, at)}`;
  }
}

/** What stands before and after the quoted destination. */
const UNREACHABLE_WORDS: Readonly<Record<number, readonly [string, string]>> = {
  [UnreachableCode.Net]: ['net ', ' unreachable'],
  [UnreachableCode.Host]: ['host ', ' unreachable'],
  [UnreachableCode.SourceRouteFailed]: ['', ' unreachable - source route failed'],
  [UnreachableCode.NetUnknown]: ['net ', ' unreachable - unknown'],
  [UnreachableCode.HostUnknown]: ['host ', ' unreachable - unknown'],
  [UnreachableCode.SourceHostIsolated]: ['', ' unreachable - source host isolated'],
  [UnreachableCode.NetProhibited]: ['net ', ' unreachable - admin prohibited'],
  [UnreachableCode.HostProhibited]: ['host ', ' unreachable - admin prohibited'],
  [UnreachableCode.NetTypeOfService]: ['net ', ' unreachable - tos prohibited'],
  [UnreachableCode.HostTypeOfService]: ['host ', ' unreachable - tos prohibited'],
  [UnreachableCode.CommunicationProhibited]: ['host ', ' unreachable - admin prohibited filter'],
  [UnreachableCode.HostPrecedenceViolation]: ['host ', ' unreachable - host precedence violation'],
  [UnreachableCode.PrecedenceCutoff]: ['host ', ' unreachable - precedence cutoff'],
};

const REDIRECT_WORDS: Readonly<Record<number, readonly [string, string]>> = {
  [RedirectCode.Net]: ['redirect', 'net '],
  [RedirectCode.Host]: ['redirect', 'host '],
  [RedirectCode.NetTypeOfService]: ['redirect-tos', 'net '],
  [RedirectCode.HostTypeOfService]: ['redirect-tos', 'host '],
};

function describeUnreachable(bytes: Uint8Array, at: number, end: number): string | null {
  const datagram = quoted(at);
  if (end - datagram < Ipv4.MIN_HEADER_LENGTH) return null;
  const destination = Ip4.format(Ipv4.destination(bytes, datagram));
  const protocol = Ipv4.protocol(bytes, datagram);
  const why = code(bytes, at);
  if (why === UnreachableCode.Protocol) return `${destination} protocol ${protocol} unreachable`;
  if (why === UnreachableCode.Port) {
    const ports = datagram + Ipv4.headerLength(bytes, datagram);
    if (end - ports < 4) return null;
    const port = readU16(bytes, ports + 2);
    if (protocol === Ipv4.Protocol.Tcp) return `${destination} tcp port ${port} unreachable`;
    if (protocol === Ipv4.Protocol.Udp) return `${destination} udp port ${port} unreachable`;
    return `${destination} protocol ${protocol} port ${port} unreachable`;
  }
  if (why === UnreachableCode.FragmentationNeeded) {
    const mtu = nextHopMtu(bytes, at);
    return `${destination} unreachable - need to frag${mtu === 0 ? '' : ` (mtu ${mtu})`}`;
  }
  const [before, after] = UNREACHABLE_WORDS[why] ?? ['', ` unreachable - #${why}`];
  return `${before}${destination}${after}`;
}

/** RFC 1256 §3.1: how many addresses, words for each, lifetime in seconds, then address and preference of each. */
function describeAdvertisement(bytes: Uint8Array, at: number, end: number): string | null {
  if (end - at < HEADER_LENGTH) return null;
  const count = readU8(bytes, at + REST_OF_HEADER);
  const words = readU8(bytes, at + REST_OF_HEADER + 1);
  let text = `router advertisement lifetime ${duration(readU16(bytes, at + REST_OF_HEADER + 2))} ${count}:`;
  if (words !== 2) return `${text} [size ${words}]`;
  for (let entry = at + HEADER_LENGTH, i = 0; i < count; i++, entry += 8) {
    if (end - entry < 8) return null;
    text += ` {${Ip4.format(Ip4.fromNumber(readU32(bytes, entry)))} ${readU32(bytes, entry + 4)}}`;
  }
  return text;
}

function duration(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (seconds < 60) return String(seconds);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

function timeOfDay(milliseconds: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const seconds = Math.floor(milliseconds / 1000);
  return (
    `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}` +
    `.${String(milliseconds % 1000).padStart(3, '0')}`
  );
}
