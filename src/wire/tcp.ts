/**
 * Transmission Control Protocol: the header. RFC 9293 §3.1; RFC 3168 §6.1 for ECE and CWR.
 * Not here: connections. The stack so far answers segments with a reset.
 */
import type { Format, Malformed } from './format.ts';
import { readU16, readU32, readU8, writeU16, writeU32, writeU8 } from './bytes.ts';
import * as Checksum from './checksum.ts';
import type { Ip4 } from './ip4.ts';
import { Protocol } from './ipv4.ts';

/** Bytes in a header without options. */
export const MIN_HEADER_LENGTH = 20;

/** The control bits, RFC 9293 §3.1. */
export const Flag = { Fin: 0x01, Syn: 0x02, Rst: 0x04, Psh: 0x08, Ack: 0x10, Urg: 0x20, Ece: 0x40, Cwr: 0x80 } as const;

// Byte offsets, RFC 9293 figure 1.
const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE_NUMBER = 4;
const ACKNOWLEDGMENT_NUMBER = 8;
const DATA_OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT_POINTER = 18;

export interface Header {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequenceNumber: number;
  readonly acknowledgmentNumber: number;
  /** Bytes, options included: a multiple of 4 from 20 to 60. */
  readonly headerLength: number;
  readonly flags: number;
  readonly window: number;
  readonly checksum: number;
  readonly urgentPointer: number;
}

/** The segment ends at `end`: it has no length of its own. */
export function check(bytes: Uint8Array, at: number, end: number, source: Ip4, destination: Ip4): Malformed | null {
  const malformed = checkHeader(bytes, at, end);
  if (malformed !== null) return malformed;
  if (sumWithPseudoHeader(bytes, at, end, source, destination) !== 0) return 'bad-checksum';
  return null;
}

/** The part of `check` that needs no addresses. */
export function checkHeader(bytes: Uint8Array, at: number, end: number): Malformed | null {
  if (end - at < MIN_HEADER_LENGTH) return 'truncated';
  const header = headerLength(bytes, at);
  if (header < MIN_HEADER_LENGTH || header > end - at) return 'bad-header-length';
  return null;
}

export function sourcePort(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + SOURCE_PORT);
}

export function destinationPort(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + DESTINATION_PORT);
}

export function sequenceNumber(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + SEQUENCE_NUMBER);
}

export function acknowledgmentNumber(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at + ACKNOWLEDGMENT_NUMBER);
}

/** The data offset in bytes, options included. */
export function headerLength(bytes: Uint8Array, at: number): number {
  return (readU8(bytes, at + DATA_OFFSET) >>> 4) << 2;
}

export function flags(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + FLAGS);
}

export function window(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + WINDOW);
}

export function checksum(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + CHECKSUM);
}

export function urgentPointer(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + URGENT_POINTER);
}

export function parse(bytes: Uint8Array, at: number): Header {
  return {
    sourcePort: sourcePort(bytes, at),
    destinationPort: destinationPort(bytes, at),
    sequenceNumber: sequenceNumber(bytes, at),
    acknowledgmentNumber: acknowledgmentNumber(bytes, at),
    headerLength: headerLength(bytes, at),
    flags: flags(bytes, at),
    window: window(bytes, at),
    checksum: checksum(bytes, at),
    urgentPointer: urgentPointer(bytes, at),
  };
}

/** A header without options; the urgent pointer is 0, and so is the checksum until `updateChecksum`. */
export function writeHeader(
  bytes: Uint8Array,
  at: number,
  sourcePort: number,
  destinationPort: number,
  sequenceNumber: number,
  acknowledgmentNumber: number,
  flags: number,
  window: number,
): void {
  writeU16(bytes, at + SOURCE_PORT, sourcePort);
  writeU16(bytes, at + DESTINATION_PORT, destinationPort);
  writeU32(bytes, at + SEQUENCE_NUMBER, sequenceNumber);
  writeU32(bytes, at + ACKNOWLEDGMENT_NUMBER, acknowledgmentNumber);
  writeU8(bytes, at + DATA_OFFSET, (MIN_HEADER_LENGTH >>> 2) << 4);
  writeU8(bytes, at + FLAGS, flags);
  writeU16(bytes, at + WINDOW, window);
  writeU16(bytes, at + CHECKSUM, 0);
  writeU16(bytes, at + URGENT_POINTER, 0);
}

export function updateChecksum(bytes: Uint8Array, at: number, end: number, source: Ip4, destination: Ip4): void {
  writeU16(bytes, at + CHECKSUM, 0);
  writeU16(bytes, at + CHECKSUM, sumWithPseudoHeader(bytes, at, end, source, destination));
}

function sumWithPseudoHeader(bytes: Uint8Array, at: number, end: number, source: Ip4, destination: Ip4): number {
  const pseudoHeader = Checksum.pseudoHeader(source, destination, Protocol.Tcp, end - at);
  return Checksum.finish(Checksum.sum(bytes, at, end, pseudoHeader));
}

export const format: Format = {
  name: 'TCP',
  check: checkHeader,
  summarize(bytes, at, end) {
    if (end - at < MIN_HEADER_LENGTH) return '[|tcp]';
    return `${sourcePort(bytes, at)} > ${destinationPort(bytes, at)}: tcp ${end - at - headerLength(bytes, at)}`;
  },
};
