/**
 * Domain Name System messages. RFC 1035 §4; AAAA RFC 3596, SRV RFC 2782, DNAME RFC 6672, EDNS RFC 6891, AD and CD
 * RFC 4035 §3; unknown types are carried as bytes (RFC 3597).
 * Not here: zones, caching and the resolver's rules; DNSSEC's records are bytes.
 *
 * A name is text without the final dot, '.' for the root; dots and backslashes in a label are escaped with a
 * backslash, and bytes that do not print are \DDD (RFC 1035 §5.1).
 */
import type { Format, Malformed } from './format.ts';
import { copyBytes, readU16, readU32, readU8, writeU16, writeU32, writeU8 } from './bytes.ts';
import * as Ip4 from './ip4.ts';
import * as Ip6 from './ip6.ts';

export const HEADER_LENGTH = 12;
export const PORT = 53;
/** Bytes that everybody takes over UDP: RFC 1035 §4.2.1. */
export const MAX_UDP_LENGTH = 512;
/** Bytes in the longest message. */
export const MAX_LENGTH = 65_535;
/** RFC 1035 §2.3.4. */
const MAX_LABEL_LENGTH = 63;
const MAX_NAME_LENGTH = 255;
/** A name of 255 bytes has 127 labels; one that jumps more often has pointers that lead to pointers. */
const MAX_POINTERS = 127;
/** A character-string's length is one byte. */
const MAX_STRING_LENGTH = 255;

export const Type = {
  A: 1,
  Ns: 2,
  Cname: 5,
  Soa: 6,
  Ptr: 12,
  Mx: 15,
  Txt: 16,
  Aaaa: 28,
  Srv: 33,
  Dname: 39,
  Opt: 41,
  Axfr: 252,
  Any: 255,
} as const;

export const Class = { Internet: 1, Chaos: 3, Hesiod: 4, None: 254, Any: 255 } as const;

export const Opcode = { Query: 0, InverseQuery: 1, Status: 2, Notify: 4, Update: 5 } as const;

/** RFC 1035 §4.1.1 and, for the one that needs EDNS, RFC 6891 §9. */
export const ResponseCode = {
  NoError: 0,
  FormatError: 1,
  ServerFailure: 2,
  NameError: 3,
  NotImplemented: 4,
  Refused: 5,
  BadVersion: 16,
} as const;

// Byte offsets, RFC 1035 §4.1.1.
const ID = 0;
const FLAGS = 2;
const QUESTION_COUNT = 4;
const ANSWER_COUNT = 6;
const AUTHORITY_COUNT = 8;
const ADDITIONAL_COUNT = 10;

/** The bits of the second word; the opcode and the response code stand between them. */
const Flag = {
  Response: 0x8000,
  AuthoritativeAnswer: 0x0400,
  Truncated: 0x0200,
  RecursionDesired: 0x0100,
  RecursionAvailable: 0x0080,
  AuthenticData: 0x0020,
  CheckingDisabled: 0x0010,
} as const;

/** Bytes of a record between its name and its data: type, class, TTL, length. */
const RECORD_HEADER_LENGTH = 10;
/** Bytes of a question behind its name. */
const QUESTION_TAIL_LENGTH = 4;
/** RFC 6891 §6.1.3: the bit in an OPT record's TTL that asks for DNSSEC records. */
const DNSSEC_OK = 0x8000;

export interface Message {
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly authoritativeAnswer: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** With EDNS all twelve bits, else the header's four. */
  readonly responseCode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | null;
}

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface ResourceRecord {
  readonly name: string;
  readonly class: number;
  /** Seconds. */
  readonly timeToLive: number;
  readonly data: RecordData;
}

export type RecordData =
  | { readonly type: typeof Type.A; readonly address: Ip4.Ip4 }
  | { readonly type: typeof Type.Aaaa; readonly address: Uint8Array }
  | { readonly type: typeof Type.Ns | typeof Type.Cname | typeof Type.Ptr | typeof Type.Dname; readonly name: string }
  | { readonly type: typeof Type.Mx; readonly preference: number; readonly exchange: string }
  | { readonly type: typeof Type.Txt; readonly texts: readonly Uint8Array[] }
  | StartOfAuthority
  | Service
  | OtherData;

export interface StartOfAuthority {
  readonly type: typeof Type.Soa;
  readonly primaryServer: string;
  /** A mail address with a dot for the @. */
  readonly responsibleMailbox: string;
  readonly serial: number;
  /** Seconds, like the three below. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long a negative answer may be kept (RFC 2308 §4). */
  readonly minimum: number;
}

export interface Service {
  readonly type: typeof Type.Srv;
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** Data of a type that is not known here; `other` tells it from the types above. */
export interface OtherData {
  readonly type: 'other';
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** RFC 6891 §6.1. */
export interface Edns {
  /** Bytes that the sender takes in a UDP datagram. */
  readonly udpPayloadSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
}

/** A question for a name server that is to do the whole work. */
export function query(id: number, name: string, type: number): Message {
  return {
    id,
    isResponse: false,
    opcode: Opcode.Query,
    authoritativeAnswer: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    responseCode: ResponseCode.NoError,
    questions: [{ name, type, class: Class.Internet }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: null,
  };
}

/** An empty response to a message: its id, opcode, questions and what RFC 1035 §4.1.1 says to copy. */
export function response(message: Message, responseCode: number): Message {
  return {
    ...query(message.id, '.', Type.A),
    isResponse: true,
    opcode: message.opcode,
    recursionDesired: message.recursionDesired,
    checkingDisabled: message.checkingDisabled,
    responseCode,
    questions: message.questions,
  };
}

/** The number of a record's type. */
export function typeOf(data: RecordData): number {
  return data.type === 'other' ? data.number : data.type;
}

/** Whether text can be written as a name: labels of 1 to 63 bytes, 255 in all. */
export function isName(text: string): boolean {
  return labelsOf(text) !== null;
}

/** Whether two names are the same: RFC 4343 §3, ASCII letters in either case. */
export function sameName(a: string, b: string): boolean {
  return lowerCase(a) === lowerCase(b);
}

/** The name with its ASCII letters in lower case, as a key for tables. */
export function lowerCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function check(bytes: Uint8Array, at: number, end: number): Malformed | null {
  const message = parse(bytes, at, end);
  return typeof message === 'string' ? message : null;
}

/** The whole message, or what is wrong with it. Bytes behind the last record are left alone. */
export function parse(bytes: Uint8Array, at: number, end: number): Message | Malformed {
  if (end - at < HEADER_LENGTH) return 'truncated';
  const reader: Reader = { bytes, message: at, at: at + HEADER_LENGTH, end, edns: null, malformed: null };
  const questions: Question[] = [];
  for (let left = readU16(bytes, at + QUESTION_COUNT); left > 0 && !reader.malformed; left--) {
    questions.push(readQuestion(reader));
  }
  const answers = readSection(reader, readU16(bytes, at + ANSWER_COUNT));
  const authorities = readSection(reader, readU16(bytes, at + AUTHORITY_COUNT));
  const additionals = readSection(reader, readU16(bytes, at + ADDITIONAL_COUNT));
  if (reader.malformed) return reader.malformed;
  const flags = readU16(bytes, at + FLAGS);
  return {
    id: readU16(bytes, at + ID),
    isResponse: (flags & Flag.Response) !== 0,
    opcode: (flags >>> 11) & 15,
    authoritativeAnswer: (flags & Flag.AuthoritativeAnswer) !== 0,
    truncated: (flags & Flag.Truncated) !== 0,
    recursionDesired: (flags & Flag.RecursionDesired) !== 0,
    recursionAvailable: (flags & Flag.RecursionAvailable) !== 0,
    authenticData: (flags & Flag.AuthenticData) !== 0,
    checkingDisabled: (flags & Flag.CheckingDisabled) !== 0,
    responseCode: ((reader.edns?.upperResponseCode ?? 0) << 4) | (flags & 15),
    questions,
    answers,
    authorities,
    additionals,
    edns: reader.edns?.edns ?? null,
  };
}

/** Where reading has come to; the first thing found wrong ends it. */
interface Reader {
  readonly bytes: Uint8Array;
  /** Where the message starts: compression pointers count from here. */
  readonly message: number;
  at: number;
  readonly end: number;
  edns: { readonly edns: Edns; readonly upperResponseCode: number } | null;
  malformed: Malformed | null;
}

function readQuestion(reader: Reader): Question {
  const name = takeName(reader, reader.end);
  if (reader.end - reader.at < QUESTION_TAIL_LENGTH) reader.malformed ??= 'truncated';
  if (reader.malformed) return { name, type: 0, class: 0 };
  const at = reader.at;
  reader.at += QUESTION_TAIL_LENGTH;
  return { name, type: readU16(reader.bytes, at), class: readU16(reader.bytes, at + 2) };
}

function readSection(reader: Reader, count: number): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  for (let left = count; left > 0 && !reader.malformed; left--) {
    const record = readRecord(reader);
    if (record) records.push(record);
  }
  return records;
}

/** The record, or null for the OPT record, which goes to the reader, and when something is wrong. */
function readRecord(reader: Reader): ResourceRecord | null {
  const { bytes } = reader;
  const name = takeName(reader, reader.end);
  if (reader.end - reader.at < RECORD_HEADER_LENGTH) reader.malformed ??= 'truncated';
  if (reader.malformed) return null;
  const type = readU16(bytes, reader.at);
  const recordClass = readU16(bytes, reader.at + 2);
  const timeToLive = readU32(bytes, reader.at + 4);
  const length = readU16(bytes, reader.at + 8);
  reader.at += RECORD_HEADER_LENGTH;
  const end = reader.at + length;
  if (end > reader.end) {
    reader.malformed = 'truncated';
    return null;
  }
  if (type === Type.Opt) {
    readEdns(reader, end, name, recordClass, timeToLive);
    return null;
  }
  const data = readData(reader, type, end);
  // Data that needs more or fewer bytes than its length says is no record.
  if (reader.at !== end) reader.malformed ??= 'bad-length';
  // RFC 2181 §8: a TTL with the high bit set counts as zero.
  return data && { name, class: recordClass, timeToLive: timeToLive > 0x7fff_ffff ? 0 : timeToLive, data };
}

function readData(reader: Reader, type: number, end: number): RecordData | null {
  const { bytes } = reader;
  const at = reader.at;
  switch (type) {
    case Type.A:
      if (!take(reader, 4, end)) return null;
      return { type, address: Ip4.fromNumber(readU32(bytes, at)) };
    case Type.Aaaa:
      if (!take(reader, Ip6.LENGTH, end)) return null;
      return { type, address: bytes.slice(at, at + Ip6.LENGTH) };
    case Type.Ns:
    case Type.Cname:
    case Type.Ptr:
    case Type.Dname:
      return { type, name: takeName(reader, end) };
    case Type.Mx:
      if (!take(reader, 2, end)) return null;
      return { type, preference: readU16(bytes, at), exchange: takeName(reader, end) };
    case Type.Txt:
      return { type, texts: readTexts(reader, end) };
    case Type.Soa:
      return readStartOfAuthority(reader, end);
    case Type.Srv: {
      if (!take(reader, 6, end)) return null;
      const target = takeName(reader, end);
      const [priority, weight, port] = [readU16(bytes, at), readU16(bytes, at + 2), readU16(bytes, at + 4)];
      return { type, priority, weight, port, target };
    }
    default:
      reader.at = end;
      return { type: 'other', number: type, bytes: bytes.slice(at, end) };
  }
}

function readTexts(reader: Reader, end: number): Uint8Array[] {
  const texts: Uint8Array[] = [];
  while (reader.at < end) {
    const at = reader.at + 1;
    if (!take(reader, 1 + readU8(reader.bytes, reader.at), end)) break;
    texts.push(reader.bytes.slice(at, reader.at));
  }
  return texts;
}

function readStartOfAuthority(reader: Reader, end: number): StartOfAuthority | null {
  const primaryServer = takeName(reader, end);
  const responsibleMailbox = takeName(reader, end);
  const at = reader.at;
  if (!take(reader, 20, end)) return null;
  const { bytes } = reader;
  return {
    type: Type.Soa,
    primaryServer,
    responsibleMailbox,
    serial: readU32(bytes, at),
    refresh: readU32(bytes, at + 4),
    retry: readU32(bytes, at + 8),
    expire: readU32(bytes, at + 12),
    minimum: readU32(bytes, at + 16),
  };
}

/** RFC 6891 §6.1.1: the root's name, and at most one in a message. */
function readEdns(reader: Reader, end: number, name: string, udpPayloadSize: number, flags: number): void {
  if (name !== '.' || reader.edns) {
    reader.malformed = 'bad-option';
    return;
  }
  const options: { code: number; data: Uint8Array }[] = [];
  while (reader.at < end) {
    const at = reader.at;
    if (!take(reader, 4, end) || !take(reader, readU16(reader.bytes, at + 2), end)) return;
    options.push({ code: readU16(reader.bytes, at), data: reader.bytes.slice(at + 4, reader.at) });
  }
  reader.edns = {
    edns: { udpPayloadSize, version: (flags >>> 16) & 255, dnssecOk: (flags & DNSSEC_OK) !== 0, options },
    upperResponseCode: flags >>> 24,
  };
}

/** Goes on by `length` bytes; false when they are not there before `end`. */
function take(reader: Reader, length: number, end: number): boolean {
  if (end - reader.at < length) reader.malformed ??= 'bad-length';
  if (reader.malformed) return false;
  reader.at += length;
  return true;
}

function takeName(reader: Reader, end: number): string {
  if (reader.malformed) return '';
  const name = readName(reader.bytes, reader.message, reader.at, end);
  if (typeof name === 'string') {
    reader.malformed = name;
    return '';
  }
  reader.at = name.next;
  return name.text;
}

/**
 * The name at `at` and where it ends, or what is wrong with it. RFC 1035 §4.1.4: a pointer names a prior occurrence,
 * so each must lead further back than where its labels began; so nothing can loop.
 */
function readName(
  bytes: Uint8Array,
  message: number,
  at: number,
  end: number,
): { readonly text: string; readonly next: number } | Malformed {
  let text = '';
  let length = 1;
  let pointers = 0;
  let next = -1;
  let began = at;
  for (;;) {
    if (at >= end) return 'truncated';
    const size = readU8(bytes, at);
    if (size === 0) return { text: text === '' ? '.' : text, next: next === -1 ? at + 1 : next };
    if (size >= 0xc0) {
      if (end - at < 2) return 'truncated';
      const target = message + (readU16(bytes, at) & 0x3fff);
      if (target >= began || ++pointers > MAX_POINTERS) return 'bad-name';
      if (next === -1) next = at + 2;
      at = began = target;
      continue;
    }
    // RFC 6891 §5: the two other kinds of label are not in use.
    if (size > MAX_LABEL_LENGTH) return 'bad-name';
    if (end - at <= size) return 'truncated';
    length += 1 + size;
    if (length > MAX_NAME_LENGTH) return 'bad-name';
    if (text !== '') text += '.';
    for (let i = at + 1; i <= at + size; i++) text += presentByte(readU8(bytes, i));
    at += 1 + size;
  }
}

function presentByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '.' || character === '\\') return `\\${character}`;
  if (byte < 0x21 || byte > 0x7e) return `\\${String(byte).padStart(3, '0')}`;
  return character;
}

/** The labels' bytes, or null when the text is no name. */
function labelsOf(text: string): readonly Uint8Array[] | null {
  if (text === '.') return [];
  const labels: Uint8Array[] = [];
  const label = new Uint8Array(MAX_LABEL_LENGTH);
  let size = 0;
  let length = 1;
  // The final dot may be there; putting it there makes every label end with one.
  for (const [part] of (/(?:^|[^\\])(?:\\\\)*\.$/.test(text) ? text : `${text}.`).matchAll(/\\\d{3}|\\[^]|[^]/g)) {
    if (part === '.') {
      length += 1 + size;
      if (size === 0 || length > MAX_NAME_LENGTH) return null;
      labels.push(label.slice(0, size));
      size = 0;
      continue;
    }
    const byte = part.length === 4 ? Number(part.slice(1)) : part.charCodeAt(part.length - 1);
    if (byte > 255 || size === MAX_LABEL_LENGTH) return null;
    writeU8(label, size++, byte);
  }
  return size === 0 ? labels : null;
}

/**
 * The message's bytes, names compressed. What does not fit into `limit` bytes is left out from the end; when an answer
 * or an authority is missing, the message says so by TC (RFC 2181 §9). Names must be names (`isName`) and texts have at
 * most 255 bytes, else it throws.
 */
export function encode(message: Message, limit = MAX_LENGTH): Uint8Array {
  const writer: Writer = { bytes: new Uint8Array(MAX_UDP_LENGTH), at: HEADER_LENGTH, names: new Map() };
  const reserved = message.edns ? ednsLength(message.edns) : 0;
  for (const question of message.questions) writeQuestion(writer, question);
  const room = limit - reserved;
  const answers = writeSection(writer, message.answers, room);
  const whole = answers === message.answers.length;
  const authorities = whole ? writeSection(writer, message.authorities, room) : 0;
  const complete = whole && authorities === message.authorities.length;
  const additionals = complete ? writeSection(writer, message.additionals, room) : 0;
  if (message.edns) writeEdns(writer, message.edns, message.responseCode);

  const { bytes } = writer;
  writeU16(bytes, ID, message.id);
  writeU16(bytes, FLAGS, flagsOf(message) | (complete ? 0 : Flag.Truncated));
  writeU16(bytes, QUESTION_COUNT, message.questions.length);
  writeU16(bytes, ANSWER_COUNT, answers);
  writeU16(bytes, AUTHORITY_COUNT, authorities);
  writeU16(bytes, ADDITIONAL_COUNT, additionals + (message.edns ? 1 : 0));
  return bytes.slice(0, writer.at);
}

function flagsOf(message: Message): number {
  return (
    (message.isResponse ? Flag.Response : 0) |
    (message.opcode << 11) |
    (message.authoritativeAnswer ? Flag.AuthoritativeAnswer : 0) |
    (message.truncated ? Flag.Truncated : 0) |
    (message.recursionDesired ? Flag.RecursionDesired : 0) |
    (message.recursionAvailable ? Flag.RecursionAvailable : 0) |
    (message.authenticData ? Flag.AuthenticData : 0) |
    (message.checkingDisabled ? Flag.CheckingDisabled : 0) |
    (message.responseCode & 15)
  );
}

interface Writer {
  bytes: Uint8Array;
  at: number;
  /** Where the endings of names were written: what a later name may point to. */
  readonly names: Map<string, number>;
}

/** Makes sure that `length` more bytes fit, goes on behind them, and answers where they start. */
function reserve(writer: Writer, length: number): number {
  const at = writer.at;
  writer.at += length;
  if (writer.at > writer.bytes.length) {
    const larger = new Uint8Array(2 * writer.at);
    copyBytes(writer.bytes, 0, larger, 0, at);
    writer.bytes = larger;
  }
  return at;
}

function putU16(writer: Writer, value: number): void {
  const at = reserve(writer, 2);
  writeU16(writer.bytes, at, value);
}

function putU32(writer: Writer, value: number): void {
  const at = reserve(writer, 4);
  writeU32(writer.bytes, at, value);
}

function putBytes(writer: Writer, bytes: Uint8Array): void {
  const at = reserve(writer, bytes.length);
  copyBytes(bytes, 0, writer.bytes, at, bytes.length);
}

/** A character-string or a label: a length byte, then the bytes. */
function putCounted(writer: Writer, bytes: Uint8Array): void {
  if (bytes.length > MAX_STRING_LENGTH) throw new RangeError(`a character-string of ${bytes.length} bytes`);
  const at = reserve(writer, 1);
  writeU8(writer.bytes, at, bytes.length);
  putBytes(writer, bytes);
}

/** RFC 1035 §4.1.4. Endings are compared with their case, so that each name comes back as it was given. */
function putName(writer: Writer, name: string, compress: boolean): void {
  const labels = labelsOf(name);
  if (labels === null) throw new RangeError(`not a domain name: ${name}`);
  for (const [i, label] of labels.entries()) {
    const ending = labels.slice(i).join('.');
    const known = writer.names.get(ending);
    if (known !== undefined && compress) return putU16(writer, 0xc000 | known);
    // A pointer has 14 bits.
    if (known === undefined && writer.at < 0x4000) writer.names.set(ending, writer.at);
    putCounted(writer, label);
  }
  writeU8(writer.bytes, reserve(writer, 1), 0);
}

function writeQuestion(writer: Writer, question: Question): void {
  putName(writer, question.name, true);
  putU16(writer, question.type);
  putU16(writer, question.class);
}

/** How many of the records fit before `limit`; the first that does not, and all behind it, are not written. */
function writeSection(writer: Writer, records: readonly ResourceRecord[], limit: number): number {
  let written = 0;
  for (const record of records) {
    const before = writer.at;
    writeRecord(writer, record);
    if (writer.at > limit) {
      forgetFrom(writer, before);
      break;
    }
    written++;
  }
  return written;
}

function forgetFrom(writer: Writer, at: number): void {
  writer.at = at;
  for (const [ending, where] of writer.names) if (where >= at) writer.names.delete(ending);
}

function writeRecord(writer: Writer, record: ResourceRecord): void {
  putName(writer, record.name, true);
  putU16(writer, typeOf(record.data));
  putU16(writer, record.class);
  putU32(writer, record.timeToLive);
  const length = reserve(writer, 2);
  writeData(writer, record.data);
  writeU16(writer.bytes, length, writer.at - length - 2);
}

function writeData(writer: Writer, data: RecordData): void {
  switch (data.type) {
    case Type.A:
      return putU32(writer, data.address);
    case Type.Aaaa:
      return putBytes(writer, data.address);
    case Type.Ns:
    case Type.Cname:
    case Type.Ptr:
      return putName(writer, data.name, true);
    case Type.Dname:
      // RFC 3597 §4: only the types of RFC 1035 may have compressed names in their data.
      return putName(writer, data.name, false);
    case Type.Mx:
      putU16(writer, data.preference);
      return putName(writer, data.exchange, true);
    case Type.Txt:
      for (const text of data.texts) putCounted(writer, text);
      return;
    case Type.Soa:
      putName(writer, data.primaryServer, true);
      putName(writer, data.responsibleMailbox, true);
      putU32(writer, data.serial);
      putU32(writer, data.refresh);
      putU32(writer, data.retry);
      putU32(writer, data.expire);
      return putU32(writer, data.minimum);
    case Type.Srv:
      putU16(writer, data.priority);
      putU16(writer, data.weight);
      putU16(writer, data.port);
      return putName(writer, data.target, false);
    case 'other':
      return putBytes(writer, data.bytes);
  }
}

function ednsLength(edns: Edns): number {
  // The root's name is one byte.
  return edns.options.reduce((total, option) => total + 4 + option.data.length, 1 + RECORD_HEADER_LENGTH);
}

function writeEdns(writer: Writer, edns: Edns, responseCode: number): void {
  putName(writer, '.', false);
  putU16(writer, Type.Opt);
  putU16(writer, edns.udpPayloadSize);
  putU16(writer, ((responseCode >>> 4) << 8) | edns.version);
  putU16(writer, edns.dnssecOk ? DNSSEC_OK : 0);
  putU16(writer, ednsLength(edns) - 1 - RECORD_HEADER_LENGTH);
  for (const { code, data } of edns.options) {
    putU16(writer, code);
    putU16(writer, data.length);
    putBytes(writer, data);
  }
}

export const format: Format = {
  name: 'DNS',
  check,
  summarize: (bytes, at, end) => describe(bytes, at, end, end - at),
};

/** tcpdump's words for the opcodes and the response codes, by number. */
const OPCODE_WORDS: readonly string[] =
  ',inv_q,stat,op3,notify,update,op6,op7,op8,updateA,updateD,updateDA,updateM,updateMA,zoneInit,zoneRef'.split(',');
const RESPONSE_WORDS: readonly string[] =
  ',FormErr,ServFail,NXDomain,NotImp,Refused,YXDomain,YXRRSet,NXRRSet,NotAuth,NotZone,Resp11,Resp12,Resp13,Resp14,NoChange'.split(
    ',',
  );
const CLASS_WORDS: Readonly<Record<number, string>> = {
  [Class.Chaos]: 'CHAOS',
  [Class.Hesiod]: 'HS',
  [Class.Any]: 'ANY',
};

/** Names of types as people write them; any other is shown as its number. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  11: 'WKS',
  12: 'PTR',
  13: 'HINFO',
  15: 'MX',
  16: 'TXT',
  17: 'RP',
  24: 'SIG',
  25: 'KEY',
  28: 'AAAA',
  29: 'LOC',
  33: 'SRV',
  35: 'NAPTR',
  39: 'DNAME',
  41: 'OPT',
  43: 'DS',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  99: 'SPF',
  250: 'TSIG',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
};

/** 'A', 'AAAA', …, or 'Type65'. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `Type${type}`;
}

/** The type of that name, or of 'TYPE65' (RFC 3597 §5), or null. */
export function typeOfName(name: string): number | null {
  const upper = name.toUpperCase();
  for (const [type, known] of Object.entries(TYPE_NAMES)) if (known === upper) return Number(type);
  const number = /^TYPE(\d{1,5})$/.exec(upper);
  return number && Number(number[1]) < 0x1_0000 ? Number(number[1]) : null;
}

/** tcpdump's words for a message of `length` bytes of which those up to `end` are there. */
export function describe(bytes: Uint8Array, at: number, end: number, length: number): string {
  if (length < HEADER_LENGTH) return `domain [length ${length} < ${HEADER_LENGTH}] (invalid)`;
  if (end - at < HEADER_LENGTH) return ' [|domain]';
  const line: Line = { bytes, message: at, at: at + HEADER_LENGTH, end, text: '' };
  const isResponse = (readU16(bytes, at + FLAGS) & Flag.Response) !== 0;
  const whole = isResponse ? describeResponse(line) : describeQuery(line);
  return `${line.text}${whole ? ` (${length})` : ' [|domain]'}`;
}

/** A line in the making, and where reading has come to. */
interface Line {
  readonly bytes: Uint8Array;
  readonly message: number;
  at: number;
  readonly end: number;
  text: string;
}

/** False, like the functions below, when the message ended or made no sense on the way. */
function describeQuery(line: Line): boolean {
  const { bytes, message } = line;
  const flags = readU16(bytes, message + FLAGS);
  const opcode = (flags >>> 11) & 15;
  const questions = readU16(bytes, message + QUESTION_COUNT);
  const answers = readU16(bytes, message + ANSWER_COUNT);
  const authorities = readU16(bytes, message + AUTHORITY_COUNT);
  const additionals = readU16(bytes, message + ADDITIONAL_COUNT);
  line.text = `${readU16(bytes, message + ID)}${spaced(OPCODE_WORDS[opcode])}`;
  if (flags & Flag.RecursionDesired) line.text += '+';
  if (flags & Flag.CheckingDisabled) line.text += '%';
  // Bits that a query has no use for.
  if (flags & 0x06cf) line.text += ` [b2&3=0x${flags.toString(16)}]`;
  // An inverse query has one answer and no question.
  if (opcode === Opcode.InverseQuery) {
    if (questions) line.text += ` [${questions}q]`;
    if (answers !== 1) line.text += ` [${answers}a]`;
  } else {
    if (answers) line.text += ` [${answers}a]`;
    if (questions !== 1) line.text += ` [${questions}q]`;
  }
  if (authorities) line.text += ` [${authorities}n]`;
  if (additionals) line.text += ` [${additionals}au]`;
  for (let i = 0; i < questions; i++) if (!describeQuestion(line)) return false;
  return true;
}

function describeQuestion(line: Line): boolean {
  const name = readName(line.bytes, line.message, line.at, line.end);
  if (typeof name === 'string' || line.end - name.next < QUESTION_TAIL_LENGTH) return false;
  const type = typeName(readU16(line.bytes, name.next));
  line.text += ` ${type}${classWords(readU16(line.bytes, name.next + 2))}? ${dotted(name.text)}`;
  line.at = name.next + QUESTION_TAIL_LENGTH;
  return true;
}

function describeResponse(line: Line): boolean {
  const { bytes, message } = line;
  const flags = readU16(bytes, message + FLAGS);
  const questions = readU16(bytes, message + QUESTION_COUNT);
  const answers = readU16(bytes, message + ANSWER_COUNT);
  line.text = `${readU16(bytes, message + ID)}${spaced(OPCODE_WORDS[(flags >>> 11) & 15])}`;
  line.text += spaced(RESPONSE_WORDS[flags & 15]);
  if (flags & Flag.AuthoritativeAnswer) line.text += '*';
  if (!(flags & Flag.RecursionAvailable)) line.text += '-';
  if (flags & Flag.Truncated) line.text += '|';
  if (flags & Flag.AuthenticData) line.text += '$';
  if (questions !== 1) line.text += ` [${questions}q]`;
  for (let i = 0; i < questions; i++) {
    if (i > 0) line.text += ',';
    const next = skipName(bytes, line.at, line.end);
    if (next === -1) return false;
    line.at = Math.min(line.end, next + QUESTION_TAIL_LENGTH);
  }
  line.text += ` ${answers}/${readU16(bytes, message + AUTHORITY_COUNT)}/${readU16(bytes, message + ADDITIONAL_COUNT)}`;
  for (let i = 0; i < answers; i++) {
    if (i > 0) {
      if (line.at === line.end) return false;
      line.text += ',';
    }
    if (!describeRecord(line)) return false;
  }
  return true;
}

function describeRecord(line: Line): boolean {
  const { bytes } = line;
  const at = skipName(bytes, line.at, line.end);
  // As tcpdump: a record of which not even the fixed part is there is passed over.
  if (at === -1 || line.end - at < RECORD_HEADER_LENGTH) {
    line.at = line.end;
    return true;
  }
  const type = readU16(bytes, at);
  const recordClass = readU16(bytes, at + 2);
  const data = at + RECORD_HEADER_LENGTH;
  const end = data + readU16(bytes, at + 8);
  // An OPT record's class is no class.
  line.text += `${type === Type.Opt ? '' : classWords(recordClass)} ${typeName(type)}`;
  if (end > line.end) return false;
  const words = describeData(line, type, recordClass, data, end);
  if (words === null) return false;
  line.text += words;
  line.at = end;
  return true;
}

/** Where a name ends, without going where a pointer leads; -1 when the bytes end first. */
function skipName(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const size = readU8(bytes, at);
    if (size === 0) return at + 1;
    if (size >= 0xc0) return end - at < 2 ? -1 : at + 2;
    if (size > MAX_LABEL_LENGTH) return -1;
    at += 1 + size;
  }
  return -1;
}

function describeData(line: Line, type: number, recordClass: number, at: number, end: number): string | null {
  const { bytes, message } = line;
  switch (type) {
    case Type.A:
      return end - at < 4 ? null : ` ${Ip4.format(Ip4.fromNumber(readU32(bytes, at)))}`;
    case Type.Aaaa:
      return end - at < Ip6.LENGTH ? null : ` ${Ip6.format(bytes, at)}`;
    case Type.Ns:
    case Type.Cname:
    case Type.Ptr:
    case Type.Dname: {
      const name = readName(bytes, message, at, line.end);
      return typeof name === 'string' ? null : ` ${dotted(name.text)}`;
    }
    case Type.Mx: {
      if (end - at < 2) return null;
      const name = readName(bytes, message, at + 2, line.end);
      return typeof name === 'string' ? null : ` ${dotted(name.text)} ${readU16(bytes, at)}`;
    }
    case Type.Srv: {
      if (end - at < 6) return null;
      const name = readName(bytes, message, at + 6, line.end);
      if (typeof name === 'string') return null;
      return ` ${dotted(name.text)}:${readU16(bytes, at + 4)} ${readU16(bytes, at)} ${readU16(bytes, at + 2)}`;
    }
    case Type.Txt: {
      let text = '';
      for (let i = at; i < end; i += 1 + readU8(bytes, i)) {
        const last = i + readU8(bytes, i);
        if (last >= end) return null;
        text += ' "';
        for (let k = i + 1; k <= last; k++) text += printable(readU8(bytes, k));
        text += '"';
      }
      return text;
    }
    case Type.Opt:
      return ` UDPsize=${recordClass}`;
    default:
      return '';
  }
}

function spaced(word: string | undefined): string {
  return word ? ` ${word}` : '';
}

function dotted(name: string): string {
  return name === '.' ? '.' : `${name}.`;
}

function classWords(recordClass: number): string {
  return recordClass === Class.Internet ? '' : ` ${CLASS_WORDS[recordClass] ?? `(Class ${recordClass})`}`;
}

/** As cat -v and tcpdump show a byte: ^A for control characters, M- for the high bit. */
function printable(byte: number): string {
  const low = byte & 0x7f;
  const shown = low < 0x20 || low === 0x7f ? `^${String.fromCharCode(low ^ 0x40)}` : String.fromCharCode(low);
  return byte < 0x80 ? shown : `M-${shown}`;
}
