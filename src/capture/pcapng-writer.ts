/**
 * Writes pcapng: draft-ietf-opsawg-pcapng, one section, little-endian, timestamps in nanoseconds.
 * Nothing in the file tells a version, a path or the wall time, so that the same capture gives the same bytes.
 */
import { readU8, writeU32, writeU48 } from '../wire/bytes.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Utf8 from '../wire/utf8.ts';
import {
  BLOCK_HEADER,
  BLOCK_TRAILER,
  BYTE_ORDER_MAGIC,
  BlockType,
  InterfaceOption,
  MAJOR_VERSION,
  NANOSECOND_RESOLUTION,
  NameRecord,
  OPTION_HEADER,
  Option,
  PacketOption,
  SectionOption,
  StatisticsOption,
  padded,
} from './pcapng.ts';
import { Direction, LINKTYPE_ETHERNET, NO_PACKET_ID, SNAP_LENGTH } from './record.ts';
import type { CaptureRecord, InterfaceDescription, Timestamp } from './record.ts';
import { Stage } from './sink.ts';
import type { ByteSink } from './sink.ts';

/** The most a 16-bit option length can say, less what padding would add. */
const MAX_OPTION = 0xfffc;
/** RFC 1035 §2.3.4. */
const MAX_NAME = 255;
/** Comments whose bytes are kept: the same few come again and again. */
const MAX_KEPT = 256;
/** Names go into blocks of about this size. */
const NAME_BLOCK = 0x8000;

/** §4.3: a packet block before its data. */
const CAPTURED_LENGTH = BLOCK_HEADER + 12;
const ORIGINAL_LENGTH = BLOCK_HEADER + 16;
const PACKET_DATA = BLOCK_HEADER + 20;

/** The options that most packets have: their headers as they read little-endian, and how long they are with them. */
const FLAGS = PacketOption.Flags | (4 << 16);
const FLAGS_LENGTH = OPTION_HEADER + 4;
const PACKET_ID = PacketOption.PacketId | (8 << 16);
const PACKET_ID_LENGTH = OPTION_HEADER + 8;

interface NameEntry {
  readonly ip: Ip4;
  readonly name: Uint8Array;
}

/** What stands in the head of a pcapng file. */
export interface PcapngOptions {
  /** Bytes kept of each frame. */
  readonly snapLength?: number;
  /** Said in the section header. */
  readonly application?: string;
  readonly hardware?: string;
  readonly os?: string;
}

/** What an interface has counted. */
export interface StatisticsBlock {
  readonly start: Timestamp;
  readonly end: Timestamp;
  /** Frames that passed the interface. */
  readonly received: number;
  /** Frames that were lost at it. */
  readonly dropped: number;
}

/** Writes a pcapng file into a sink as records come: interfaces, names, packets with comments and ids, statistics. */
export class PcapngWriter {
  readonly format = 'pcapng';
  private readonly stage: Stage;
  private readonly snapLength: number;
  private interfaces = 0;
  // The time of the last record, and how the file says it: many frames pass at one instant.
  private seconds = 0;
  private nanoseconds = 0;
  private upperTime = 0;
  private lowerTime = 0;
  private readonly kept = new Map<string, Uint8Array>();

  constructor(sink: ByteSink, options: PcapngOptions = {}) {
    const { snapLength = SNAP_LENGTH, application = 'wirelab', hardware = '', os = '' } = options;
    this.stage = new Stage(sink);
    this.snapLength = Math.min(snapLength, SNAP_LENGTH);

    const texts = [encode(hardware), encode(os), encode(application)] as const;
    let at = this.begin(BlockType.SectionHeader, 16 + textLengths(texts) + OPTION_HEADER);
    const { view } = this.stage;
    view.setUint32(at, BYTE_ORDER_MAGIC, true);
    view.setUint16(at + 4, MAJOR_VERSION, true);
    view.setUint16(at + 6, 0, true);
    view.setBigInt64(at + 8, -1n, true); // The section's length is not known yet.
    at = this.text(at + 16, SectionOption.Hardware, texts[0]);
    at = this.text(at, SectionOption.Os, texts[1]);
    at = this.text(at, SectionOption.UserApplication, texts[2]);
    this.endOptions(at);
  }

  /** Declares an interface, at any time before its first record, and gives its id. */
  addInterface(description: InterfaceDescription): number {
    const { linkType = LINKTYPE_ETHERNET, mac, ip, mask, speed, filter } = description;
    const name = encode(description.name);
    const text = encode(description.description ?? '');
    // The first octet says that the filter is in libpcap's language.
    const filterText = encode(filter === undefined ? '' : `\0${filter}`);
    const length =
      textLengths([name, text, filterText]) +
      (ip === undefined ? 0 : OPTION_HEADER + 8) +
      (mac === undefined ? 0 : OPTION_HEADER + 8) +
      (speed === undefined ? 0 : OPTION_HEADER + 8) +
      (OPTION_HEADER + 4) +
      OPTION_HEADER;

    let at = this.begin(BlockType.InterfaceDescription, 8 + length);
    const { bytes, view } = this.stage;
    view.setUint16(at, linkType, true);
    view.setUint16(at + 2, 0, true);
    view.setUint32(at + 4, this.snapLength, true);
    at = this.text(at + 8, InterfaceOption.Name, name);
    at = this.text(at, InterfaceOption.Description, text);
    // Addresses are octets, whatever the section's byte order.
    if (ip !== undefined) {
      at = this.option(at, InterfaceOption.Ip4Address, 8);
      writeU32(bytes, at - 8, ip);
      writeU32(bytes, at - 4, mask ?? 0xffff_ffff);
    }
    if (mac !== undefined) {
      at = this.option(at, InterfaceOption.MacAddress, 6);
      writeU48(bytes, at - 8, mac);
    }
    if (speed !== undefined) {
      at = this.option(at, InterfaceOption.Speed, 8);
      this.u64(at - 8, speed);
    }
    at = this.option(at, InterfaceOption.TimestampResolution, 1);
    view.setUint32(at - 4, NANOSECOND_RESOLUTION, true);
    at = this.text(at, InterfaceOption.Filter, filterText);
    this.endOptions(at);
    return this.interfaces++;
  }

  /** Names for addresses, for all records of the file; readers that stream want them early. */
  addNames(names: Iterable<readonly [Ip4, string]>): void {
    let block: NameEntry[] = [];
    let length = 0;
    for (const [ip, text] of names) {
      const name = Utf8.encode(text.slice(0, MAX_NAME));
      block.push({ ip, name });
      length += OPTION_HEADER + padded(4 + name.length + 1);
      if (length < NAME_BLOCK) continue;
      this.writeNames(block, length);
      block = [];
      length = 0;
    }
    if (length > 0) this.writeNames(block, length);
  }

  /** Bytes of the file so far: where the next block begins. */
  get offset(): number {
    return this.stage.offset;
  }

  /** Writes a record; its interface must have been added. */
  write(record: CaptureRecord): void {
    const { stage } = this;
    const { comments, direction, packetId } = record;
    const length = Math.min(record.length, this.snapLength);
    const texts = comments.length === 0 ? null : comments.map((text) => this.encoded(text));
    let options = texts === null ? 0 : textLengths(texts);
    if (direction !== Direction.Unknown) options += FLAGS_LENGTH;
    if (packetId !== NO_PACKET_ID) options += PACKET_ID_LENGTH;
    if (options > 0) options += OPTION_HEADER;
    const total = PACKET_DATA + padded(length) + options + BLOCK_TRAILER;

    const start = stage.reserve(total);
    const { view } = stage;
    view.setUint32(start, BlockType.EnhancedPacket, true);
    view.setUint32(start + 4, total, true);
    view.setUint32(start + BLOCK_HEADER, record.interfaceId, true);
    this.timestamp(start + BLOCK_HEADER + 4, record);
    view.setUint32(start + CAPTURED_LENGTH, length, true);
    view.setUint32(start + ORIGINAL_LENGTH, record.originalLength, true);
    let at = start + PACKET_DATA;
    stage.put(at, record.bytes, record.at, length);
    for (at += length; (at & 3) !== 0; at++) view.setUint8(at, 0);

    if (direction !== Direction.Unknown) {
      view.setUint32(at, FLAGS, true);
      view.setUint32(at + OPTION_HEADER, direction, true);
      at += FLAGS_LENGTH;
    }
    if (packetId !== NO_PACKET_ID) {
      view.setUint32(at, PACKET_ID, true);
      this.u64(at + OPTION_HEADER, packetId);
      at += PACKET_ID_LENGTH;
    }
    if (texts !== null) for (const text of texts) at = this.text(at, Option.Comment, text);
    if (options > 0) this.endOptions(at);
    view.setUint32(start + total - BLOCK_TRAILER, total, true);
  }

  /**
   * What is written from now on is kept back, however much it is, and can be commented on, until this is called again
   * or all is released.
   */
  hold(): void {
    this.stage.hold();
  }

  /** Lets what was held go to the sink. */
  release(): void {
    this.stage.release();
  }

  /** Puts a comment, before those it has, on the record that begins at a file offset; gives by how much that grew. */
  comment(offset: number, text: string): number {
    const { stage } = this;
    const comment = this.encoded(text);
    let start = stage.find(offset);
    const total = stage.view.getUint32(start + 4, true);
    const end = start + total - BLOCK_TRAILER;
    let at = start + PACKET_DATA + padded(stage.view.getUint32(start + CAPTURED_LENGTH, true));
    const hasOptions = at < end;
    if (hasOptions && stage.view.getUint32(at, true) === FLAGS) at += FLAGS_LENGTH;
    if (hasOptions && stage.view.getUint32(at, true) === PACKET_ID) at += PACKET_ID_LENGTH;

    const grown = textLengths([comment]) + (hasOptions ? 0 : OPTION_HEADER);
    at = stage.insert(offset + at - start, grown);
    at = this.text(at, Option.Comment, comment);
    if (!hasOptions) this.endOptions(at);
    start = stage.find(offset);
    stage.view.setUint32(start + 4, total + grown, true);
    stage.view.setUint32(start + total + grown - BLOCK_TRAILER, total + grown, true);
    return grown;
  }

  /** What an interface has counted; at the end of the capture. */
  addStatistics(interfaceId: number, { start, end, received, dropped }: StatisticsBlock): void {
    let at = this.begin(BlockType.InterfaceStatistics, 12 + 4 * (OPTION_HEADER + 8) + OPTION_HEADER);
    this.stage.view.setUint32(at, interfaceId, true);
    this.timestamp(at + 4, end);
    at = this.option(at + 12, StatisticsOption.StartTime, 8);
    this.timestamp(at - 8, start);
    at = this.option(at, StatisticsOption.EndTime, 8);
    this.timestamp(at - 8, end);
    at = this.option(at, StatisticsOption.Received, 8);
    this.u64(at - 8, received);
    at = this.option(at, StatisticsOption.Dropped, 8);
    this.u64(at - 8, dropped);
    this.endOptions(at);
  }

  /** Hands everything written so far to the sink. */
  flush(): void {
    this.stage.flush();
  }

  private encoded(text: string): Uint8Array {
    let bytes = this.kept.get(text);
    if (bytes === undefined) {
      bytes = encode(text);
      if (this.kept.size === MAX_KEPT) this.kept.clear();
      this.kept.set(text, bytes);
    }
    return bytes;
  }

  private writeNames(names: readonly NameEntry[], length: number): void {
    let at = this.begin(BlockType.NameResolution, length + OPTION_HEADER);
    const { bytes, view } = this.stage;
    for (const { ip, name } of names) {
      // A zero ends the name.
      const end = this.option(at, NameRecord.Ip4, 4 + name.length + 1);
      writeU32(bytes, at + OPTION_HEADER, ip);
      bytes.set(name, at + OPTION_HEADER + 4);
      at = end;
    }
    view.setUint32(at, NameRecord.End, true);
  }

  /** A block with a body of `length` bytes, all of which the caller writes, from the offset that it gives. */
  private begin(type: number, length: number): number {
    const total = BLOCK_HEADER + length + BLOCK_TRAILER;
    const at = this.stage.reserve(total);
    const { view } = this.stage;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, total, true);
    view.setUint32(at + BLOCK_HEADER + length, total, true);
    return at + BLOCK_HEADER;
  }

  /** The header of an option or a name record, and zeros where its value is padded; gives the offset after it, padding included. */
  private option(at: number, code: number, length: number): number {
    const { view } = this.stage;
    view.setUint16(at, code, true);
    view.setUint16(at + 2, length, true);
    const end = at + OPTION_HEADER + padded(length);
    view.setUint32(end - 4, 0, true);
    return end;
  }

  /** Nothing for an empty text. */
  private text(at: number, code: number, text: Uint8Array): number {
    if (text.length === 0) return at;
    const end = this.option(at, code, text.length);
    this.stage.bytes.set(text, at + OPTION_HEADER);
    return end;
  }

  private endOptions(at: number): void {
    this.stage.view.setUint32(at, Option.EndOfOptions, true);
  }

  /** §4.3: the upper half comes first, in either byte order. */
  private timestamp(at: number, time: Timestamp): void {
    if (time.nanoseconds !== this.nanoseconds || time.seconds !== this.seconds) this.setTime(time);
    const { view } = this.stage;
    view.setUint32(at, this.upperTime, true);
    view.setUint32(at + 4, this.lowerTime, true);
  }

  private setTime({ seconds, nanoseconds }: Timestamp): void {
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
    // seconds × 10^9 + nanoseconds does not fit a number: the seconds are multiplied in two parts of 16 bits.
    const upperSeconds = Math.floor(seconds / 0x1_0000);
    const upper = upperSeconds * 1_000_000_000;
    const carry = Math.floor(upper / 0x1_0000);
    const lower =
      (upper - carry * 0x1_0000) * 0x1_0000 + (seconds - upperSeconds * 0x1_0000) * 1_000_000_000 + nanoseconds;
    this.upperTime = carry + Math.floor(lower / 0x1_0000_0000);
    this.lowerTime = lower >>> 0;
  }

  private u64(at: number, value: number): void {
    const { view } = this.stage;
    view.setUint32(at, value >>> 0, true);
    view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }
}

/** A text as an option's value: UTF-8, cut between two characters when it is longer than a value may be. */
function encode(text: string): Uint8Array {
  const bytes = Utf8.encode(text);
  let length = Math.min(bytes.length, MAX_OPTION);
  while (length < bytes.length && (readU8(bytes, length) & 0xc0) === 0x80) length--;
  return bytes.subarray(0, length);
}

/** Bytes that options with these texts take. */
function textLengths(texts: readonly Uint8Array[]): number {
  let length = 0;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    if (text.length > 0) length += OPTION_HEADER + padded(text.length);
  }
  return length;
}
