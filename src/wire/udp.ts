/**
 * User Datagram Protocol: the packet format. RFC 768; RFC 1122 §4.1.3.4 for checksums.
 */
import type { Format, Malformed } from './format.ts';
import { readU16, writeU16 } from './bytes.ts';
import * as Checksum from './checksum.ts';
import type { Ip4 } from './ip4.ts';
import { Protocol } from './ipv4.ts';

export const HEADER_LENGTH = 8;
/** Bytes of data in the longest datagram: 65,535 less the IP and UDP headers. */
export const MAX_DATA_LENGTH = 65_507;

// Byte offsets, RFC 768 "Format".
const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;

export interface Header {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bytes, this header included. */
  readonly length: number;
  readonly checksum: number;
}

/** Bytes between the datagram's own length and `end` are padding and ignored. */
export function check(bytes: Uint8Array, at: number, end: number, source: Ip4, destination: Ip4): Malformed | null {
  const malformed = checkHeader(bytes, at, end);
  if (malformed !== null) return malformed;
  // RFC 768: an all zero checksum means that the sender made none.
  if (checksum(bytes, at) !== 0 && sumWithPseudoHeader(bytes, at, source, destination) !== 0) return 'bad-checksum';
  return null;
}

/** The part of `check` that needs no addresses. */
export function checkHeader(bytes: Uint8Array, at: number, end: number): Malformed | null {
  if (end - at < HEADER_LENGTH) return 'truncated';
  if (length(bytes, at) < HEADER_LENGTH || length(bytes, at) > end - at) return 'bad-length';
  return null;
}

export function sourcePort(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + SOURCE_PORT);
}

export function destinationPort(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + DESTINATION_PORT);
}

/** Bytes, this header included. */
export function length(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + LENGTH);
}

export function checksum(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + CHECKSUM);
}

export function parse(bytes: Uint8Array, at: number): Header {
  return {
    sourcePort: sourcePort(bytes, at),
    destinationPort: destinationPort(bytes, at),
    length: length(bytes, at),
    checksum: checksum(bytes, at),
  };
}

/** `length` counts the header too. The checksum is 0, "none", until `updateChecksum`. */
export function writeHeader(
  bytes: Uint8Array,
  at: number,
  sourcePort: number,
  destinationPort: number,
  length: number,
): void {
  writeU16(bytes, at + SOURCE_PORT, sourcePort);
  writeU16(bytes, at + DESTINATION_PORT, destinationPort);
  writeU16(bytes, at + LENGTH, length);
  writeU16(bytes, at + CHECKSUM, 0);
}

/** Once the data is in place. RFC 768: a checksum that comes out as zero is sent as all ones. */
export function updateChecksum(bytes: Uint8Array, at: number, source: Ip4, destination: Ip4): void {
  writeU16(bytes, at + CHECKSUM, 0);
  const computed = sumWithPseudoHeader(bytes, at, source, destination);
  writeU16(bytes, at + CHECKSUM, computed === 0 ? 0xffff : computed);
}

function sumWithPseudoHeader(bytes: Uint8Array, at: number, source: Ip4, destination: Ip4): number {
  const size = length(bytes, at);
  const pseudoHeader = Checksum.pseudoHeader(source, destination, Protocol.Udp, size);
  return Checksum.finish(Checksum.sum(bytes, at, at + size, pseudoHeader));
}

export const format: Format = {
  name: 'UDP',
  check: checkHeader,
  summarize: (bytes, at, end) => describe(bytes, at, end, end - at, false),
};

/**
 * tcpdump's words for a datagram that the header below says has `room` bytes, of which those up to `end` are there.
 * The ports belong to the addresses, so they are not here.
 */
export function describe(bytes: Uint8Array, at: number, end: number, room: number, isFragment: boolean): string {
  const malformed = describeMalformed(bytes, at, end, room);
  if (malformed !== null) return malformed;
  const data = length(bytes, at) - HEADER_LENGTH;
  if (data > room - HEADER_LENGTH && !isFragment) return `UDP, bad length ${data} > ${room - HEADER_LENGTH}`;
  return `UDP, length ${data}`;
}

/** What keeps tcpdump from looking at the data, or null. */
export function describeMalformed(bytes: Uint8Array, at: number, end: number, room: number): string | null {
  if (end - at < LENGTH) return ' [|udp]';
  if (room < HEADER_LENGTH) return `truncated-udp ${room}`;
  if (end - at < HEADER_LENGTH) return ' [|udp]';
  if (length(bytes, at) < HEADER_LENGTH) return `truncated-udplength ${length(bytes, at)}`;
  return null;
}
