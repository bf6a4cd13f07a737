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

/** RFC 9293 §3.2; window scale and timestamps RFC 7323, selective acknowledgment RFC 2018. */
export const OptionKind = {
  EndOfList: 0,
  NoOperation: 1,
  MaximumSegmentSize: 2,
  WindowScale: 3,
  SackPermitted: 4,
  Sack: 5,
  Timestamps: 8,
} as const;

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
  summarize: (bytes, at, end) => describe(bytes, at, end, end - at),
};

/**
 * tcpdump's words (with -S: absolute sequence numbers) for a segment that the header below says has `room` bytes, of
 * which those up to `end` are there. The ports belong to the addresses, so they are not here.
 */
export function describe(bytes: Uint8Array, at: number, end: number, room: number): string {
  if (end - at < MIN_HEADER_LENGTH) return ' [|tcp]';
  const header = headerLength(bytes, at);
  // As tcpdump: a header shorter than it can be leaves the rest unread.
  if (header < MIN_HEADER_LENGTH) {
    return ` tcp ${room - header} [bad hdr length ${header} - too short, < ${MIN_HEADER_LENGTH}]`;
  }
  let text = `Flags [${describeFlags(flags(bytes, at))}]`;
  if (header > room) return `${text} [bad hdr length ${header} - too long, > ${room}]`;
  const data = room - header;
  if (data > 0 || has(bytes, at, Flag.Syn | Flag.Fin | Flag.Rst)) {
    text += `, seq ${sequenceNumber(bytes, at)}`;
    if (data > 0) text += `:${(sequenceNumber(bytes, at) + data) >>> 0}`;
  }
  if (has(bytes, at, Flag.Ack)) text += `, ack ${acknowledgmentNumber(bytes, at)}`;
  text += `, win ${window(bytes, at)}`;
  if (has(bytes, at, Flag.Urg)) text += `, urg ${urgentPointer(bytes, at)}`;
  if (header > MIN_HEADER_LENGTH) {
    const options = describeOptions(bytes, at + MIN_HEADER_LENGTH, at + header, end);
    if (!options.whole) return `${text}, options [${options.text}`;
    text += `, options [${options.text}]`;
  }
  return `${text}, length ${data}`;
}

function has(bytes: Uint8Array, at: number, wanted: number): boolean {
  return (flags(bytes, at) & wanted) !== 0;
}

/** In tcpdump's order. */
const FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [Flag.Fin, 'F'],
  [Flag.Syn, 'S'],
  [Flag.Rst, 'R'],
  [Flag.Psh, 'P'],
  [Flag.Ack, '.'],
  [Flag.Urg, 'U'],
  [Flag.Ece, 'E'],
  [Flag.Cwr, 'W'],
];

function describeFlags(set: number): string {
  let letters = '';
  for (const [flag, letter] of FLAG_LETTERS) if (set & flag) letters += letter;
  return letters || 'none';
}

function describeOptions(bytes: Uint8Array, at: number, end: number, there: number): { text: string; whole: boolean } {
  const parts: string[] = [];
  const failed = (why: string): { text: string; whole: boolean } => ({ text: [...parts, why].join(','), whole: false });
  for (let option = at; option < end;) {
    if (option >= there) return failed(' [|tcp]');
    const kind = readU8(bytes, option);
    if (kind === OptionKind.EndOfList) {
      parts.push('eol');
      break;
    }
    if (kind === OptionKind.NoOperation) {
      parts.push('nop');
      option++;
      continue;
    }
    if (option + 1 >= there) return failed(' [|tcp]');
    const size = readU8(bytes, option + 1);
    if (size < 2 || size > end - option) return failed('[bad opt]');
    if (size > there - option) return failed(' [|tcp]');
    parts.push(describeOption(bytes, option, kind, size));
    option += size;
  }
  return { text: parts.join(','), whole: true };
}

function describeOption(bytes: Uint8Array, option: number, kind: number, size: number): string {
  const data = option + 2;
  if (kind === OptionKind.MaximumSegmentSize && size === 4) return `mss ${readU16(bytes, data)}`;
  if (kind === OptionKind.WindowScale && size === 3) return `wscale ${readU8(bytes, data)}`;
  if (kind === OptionKind.SackPermitted && size === 2) return 'sackOK';
  if (kind === OptionKind.Timestamps && size === 10) {
    return `TS val ${readU32(bytes, data)} ecr ${readU32(bytes, data + 4)}`;
  }
  if (kind === OptionKind.Sack && size > 2 && (size - 2) % 8 === 0) {
    let text = `sack ${(size - 2) / 8} `;
    for (let block = data; block < option + size; block += 8) {
      text += `{${readU32(bytes, block)}:${readU32(bytes, block + 4)}}`;
    }
    return text;
  }
  let text = `unknown-${kind}`;
  for (let i = data; i < option + size; i++) {
    text += `${i === data ? ' 0x' : ''}${readU8(bytes, i).toString(16).padStart(2, '0')}`;
  }
  return text;
}
