/**
 * Writes pcapng: draft-ietf-opsawg-pcapng, one section, little-endian, timestamps in nanoseconds.
 * Nothing in the file tells a version, a path or the wall time, so that the same capture gives the same bytes.
 */
import { copyBytes, readU8, writeU32, writeU48 } from '../wire/bytes.ts';
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
/** Names go into blocks of about this size. */
const NAME_BLOCK = 0x8000;

const NO_TEXTS: readonly Uint8Array[] = [];

interface NameEntry {
  readonly ip: Ip4;
  readonly name: Uint8Array;
}

export interface PcapngOptions {
  /** Bytes kept of each frame. */
  readonly snapLength?: number;
  /** Said in the section header. */
  readonly application?: string;
  readonly hardware?: string;
  readonly os?: string;
}

export interface StatisticsBlock {
  readonly start: Timestamp;
  readonly end: Timestamp;
  /** Frames that passed the interface. */
  readonly received: number;
  /** Frames that were lost at it. */
  readonly dropped: number;
}

export class PcapngWriter {
  readonly format = 'pcapng';
  private readonly stage: Stage;
  private readonly snapLength: number;
  private interfaces = 0;

  constructor(sink: ByteSink, options: PcapngOptions = {}) {
    const { snapLength = SNAP_LENGTH, application = 'wirelab', hardware = '', os = '' } = options;
    this.stage = new Stage(sink);
    this.snapLength = Math.min(snapLength, SNAP_LENGTH);

    const texts = [encode(hardware), encode(os), encode(application)] as const;
    const { view } = this.stage;
    let at = this.begin(BlockType.SectionHeader, 16 + textLengths(texts) + OPTION_HEADER);
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

    const { bytes, view } = this.stage;
    let at = this.begin(BlockType.InterfaceDescription, 8 + length);
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

  write(record: CaptureRecord): void {
    const { stage } = this;
    const { view } = stage;
    const { comments, direction, packetId } = record;
    const length = Math.min(record.length, this.snapLength);
    const data = padded(length);
    let options = 0;
    if (direction !== Direction.Unknown) options += OPTION_HEADER + 4;
    if (packetId !== NO_PACKET_ID) options += OPTION_HEADER + 8;
    const texts = comments.length === 0 ? NO_TEXTS : comments.map(encode);
    options += textLengths(texts);
    if (options > 0) options += OPTION_HEADER;

    let at = this.begin(BlockType.EnhancedPacket, 20 + data + options);
    view.setUint32(at, record.interfaceId, true);
    this.timestamp(at + 4, record);
    view.setUint32(at + 12, length, true);
    view.setUint32(at + 16, record.originalLength, true);
    at += 20;
    if (data !== length) view.setUint32(at + data - 4, 0, true);
    copyBytes(record.bytes, record.at, stage.bytes, at, length);
    at += data;
    if (options === 0) return;

    if (direction !== Direction.Unknown) {
      at = this.option(at, PacketOption.Flags, 4);
      view.setUint32(at - 4, direction, true);
    }
    if (packetId !== NO_PACKET_ID) {
      at = this.option(at, PacketOption.PacketId, 8);
      this.u64(at - 8, packetId);
    }
    for (let i = 0; i < texts.length; i++) at = this.text(at, Option.Comment, texts[i]!);
    this.endOptions(at);
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

  private writeNames(names: readonly NameEntry[], length: number): void {
    const { bytes, view } = this.stage;
    let at = this.begin(BlockType.NameResolution, length + OPTION_HEADER);
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
  private timestamp(at: number, { seconds, nanoseconds }: Timestamp): void {
    // seconds × 10^9 + nanoseconds does not fit a number: the seconds are multiplied in two parts of 16 bits.
    const upperSeconds = Math.floor(seconds / 0x1_0000);
    const upper = upperSeconds * 1_000_000_000;
    const carry = Math.floor(upper / 0x1_0000);
    const lower =
      (upper - carry * 0x1_0000) * 0x1_0000 + (seconds - upperSeconds * 0x1_0000) * 1_000_000_000 + nanoseconds;
    const { view } = this.stage;
    view.setUint32(at, carry + Math.floor(lower / 0x1_0000_0000), true);
    view.setUint32(at + 4, lower >>> 0, true);
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
