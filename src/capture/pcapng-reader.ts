/**
 * Reads pcapng: draft-ietf-opsawg-pcapng, all sections of a file in either byte order; packets of all three kinds,
 * interfaces, names and statistics. Other blocks and options are skipped.
 */
import { readU32, readU48, readU8 } from '../wire/bytes.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import * as Utf8 from '../wire/utf8.ts';
import { Input } from './input.ts';
import {
  BLOCK_HEADER,
  BLOCK_TRAILER,
  BYTE_ORDER_MAGIC,
  BlockType,
  DEFAULT_RESOLUTION,
  InterfaceOption,
  MAJOR_VERSION,
  NameRecord,
  OPTION_HEADER,
  Option,
  POWER_OF_TWO,
  PacketOption,
  StatisticsOption,
  padded,
} from './pcapng.ts';
import { CaptureError, CaptureRecord, Direction, NO_COMMENTS, NO_PACKET_ID } from './record.ts';
import type { CaptureInterface, CaptureReader } from './record.ts';

/** The longest block that is believed, as in Wireshark and libpcap. */
const MAX_BLOCK = 16 * 1024 * 1024;

/** Bytes of a body before its data or options. */
const SECTION_HEADER = 16;
const INTERFACE_HEADER = 8;
const PACKET_HEADER = 20;
const STATISTICS_HEADER = 12;

/** How an interface counts time. */
interface Clock {
  /** Units in a second. */
  readonly unit: bigint;
  /** The same from 10^4 to 10^9, where numbers do, else 0. */
  readonly fastUnit: number;
  /** Seconds to add. */
  readonly offset: number;
}

export class PcapngReader implements CaptureReader {
  readonly format = 'pcapng';
  readonly interfaces: CaptureInterface[] = [];
  readonly names = new Map<Ip4, string>();
  private readonly clocks: Clock[] = [];
  private readonly input = new Input();
  private readonly record = new CaptureRecord();
  private littleEndian = true;
  private section: 'none' | 'known' | 'unknown-version' = 'none';
  /** Interface ids begin anew in each section; this is the index of the first. */
  private firstInterface = 0;

  push(bytes: Uint8Array): void {
    this.input.push(bytes);
  }

  end(): void {
    this.input.ended = true;
  }

  next(): CaptureRecord | null {
    const { input } = this;
    while (input.left > 0) {
      if (!input.has(BLOCK_HEADER + BLOCK_TRAILER, 'a block')) return null;
      const { at } = input;
      const type = input.view.getUint32(at, this.littleEndian);
      // The type of a section header reads the same in both byte orders.
      if (type === BlockType.SectionHeader) this.readByteOrder();
      else if (this.section === 'none') throw this.error(at, 'a pcapng file starts with a section header');

      const total = input.view.getUint32(at + 4, this.littleEndian);
      if (total < BLOCK_HEADER + BLOCK_TRAILER || total % 4 !== 0 || total > MAX_BLOCK) {
        throw this.error(at + 4, `a block of ${total} bytes: not 12 to ${MAX_BLOCK}, or no multiple of 4`);
      }
      if (!input.has(total, 'a block')) return null;
      const end = at + total - BLOCK_TRAILER;
      const behind = input.view.getUint32(end, this.littleEndian);
      if (behind !== total) throw this.error(end, `a block's length is ${total} in front and ${behind} behind`);

      const isRecord = this.readBlock(type, at + BLOCK_HEADER, end);
      input.at = at + total;
      if (isRecord) return this.record;
    }
    return null;
  }

  /** Whether the block was a packet, now in `record`. */
  private readBlock(type: number, at: number, end: number): boolean {
    if (type === BlockType.SectionHeader) this.readSectionHeader(at, end);
    // §3.4: a section of another version is skipped.
    if (this.section === 'unknown-version') return false;
    switch (type) {
      case BlockType.EnhancedPacket:
        this.readPacket(at, end, false);
        return true;
      case BlockType.Packet:
        this.readPacket(at, end, true);
        return true;
      case BlockType.SimplePacket:
        this.readSimplePacket(at, end);
        return true;
      case BlockType.InterfaceDescription:
        this.readInterface(at, end);
        return false;
      case BlockType.InterfaceStatistics:
        this.readStatistics(at, end);
        return false;
      case BlockType.NameResolution:
        this.readNames(at, end);
        return false;
      default:
        return false;
    }
  }

  /** §4.1. */
  private readByteOrder(): void {
    const { view, at } = this.input;
    const magic = view.getUint32(at + BLOCK_HEADER, true);
    this.littleEndian = magic === BYTE_ORDER_MAGIC;
    if (view.getUint32(at + BLOCK_HEADER, this.littleEndian) !== BYTE_ORDER_MAGIC) {
      throw this.error(at + BLOCK_HEADER, `no byte-order magic, but 0x${magic.toString(16)}`);
    }
  }

  private readSectionHeader(at: number, end: number): void {
    this.need(at, end, SECTION_HEADER, 'a section header');
    const { view } = this.input;
    const major = view.getUint16(at + 4, this.littleEndian);
    const minor = view.getUint16(at + 6, this.littleEndian);
    // §4.1: minor version 2 was written by some and means the same as 0.
    this.section = major === MAJOR_VERSION && (minor === 0 || minor === 2) ? 'known' : 'unknown-version';
    this.firstInterface = this.interfaces.length;
  }

  /** §4.2. */
  private readInterface(at: number, end: number): void {
    this.need(at, end, INTERFACE_HEADER, 'an interface description');
    const { bytes, view } = this.input;
    const little = this.littleEndian;
    const found: { -readonly [K in keyof CaptureInterface]: CaptureInterface[K] } = {
      name: '',
      linkType: view.getUint16(at, little),
      snapLength: view.getUint32(at + 4, little),
      statistics: null,
    };
    let resolution = DEFAULT_RESOLUTION;
    let offset = 0;
    for (let option = at + INTERFACE_HEADER; this.isOption(option, end); option = this.nextOption(option)) {
      const length = view.getUint16(option + 2, little);
      const value = option + OPTION_HEADER;
      switch (view.getUint16(option, little)) {
        case InterfaceOption.Name:
          found.name = readText(bytes, value, length);
          break;
        case InterfaceOption.Description:
          found.description = readText(bytes, value, length);
          break;
        case InterfaceOption.Ip4Address:
          this.exactly(8, option, 'if_IPv4addr');
          if (found.ip !== undefined) break; // An interface with several addresses stands under its first.
          found.ip = readU32(bytes, value) as Ip4;
          found.mask = readU32(bytes, value + 4) as Ip4;
          break;
        case InterfaceOption.MacAddress:
          this.exactly(6, option, 'if_MACaddr');
          found.mac = readU48(bytes, value) as Mac;
          break;
        case InterfaceOption.Speed:
          this.exactly(8, option, 'if_speed');
          found.speed = this.u64(value);
          break;
        case InterfaceOption.TimestampResolution:
          this.exactly(1, option, 'if_tsresol');
          resolution = view.getUint8(value);
          break;
        case InterfaceOption.TimestampOffset:
          this.exactly(8, option, 'if_tsoffset');
          offset = Number(view.getBigInt64(value, little));
          break;
        case InterfaceOption.Filter:
          // The first octet says in what language; 0 is libpcap's.
          if (length > 1 && view.getUint8(value) === 0) found.filter = readText(bytes, value + 1, length - 1);
          break;
      }
    }
    this.interfaces.push(found);
    this.clocks.push(clockOf(resolution, offset));
  }

  /** §4.3, and the obsolete kind of Appendix A, which has room for 65,536 interfaces and a drop count instead. */
  private readPacket(at: number, end: number, obsolete: boolean): void {
    this.need(at, end, PACKET_HEADER, 'a packet block');
    const { record, input } = this;
    const { view } = input;
    const little = this.littleEndian;
    const clock = this.useInterface(obsolete ? view.getUint16(at, little) : view.getUint32(at, little), at);
    this.readTime(at + 4, clock);
    this.readData(at + PACKET_HEADER, end, view.getUint32(at + 12, little), view.getUint32(at + 16, little));

    record.direction = Direction.Unknown;
    record.packetId = NO_PACKET_ID;
    let comments: string[] | null = null;
    const options = at + PACKET_HEADER + padded(record.length);
    for (let option = options; this.isOption(option, end); option = this.nextOption(option)) {
      switch (view.getUint16(option, little)) {
        case PacketOption.Flags: {
          this.exactly(4, option, 'epb_flags');
          const direction = view.getUint32(option + OPTION_HEADER, little) & 3;
          // 3 means nothing.
          record.direction = direction === 3 ? Direction.Unknown : (direction as Direction);
          break;
        }
        case PacketOption.PacketId:
          if (obsolete) break;
          this.exactly(8, option, 'epb_packetid');
          record.packetId = this.u64(option + OPTION_HEADER);
          break;
        case Option.Comment:
          comments ??= [];
          comments.push(readText(input.bytes, option + OPTION_HEADER, view.getUint16(option + 2, little)));
          break;
      }
    }
    record.comments = comments ?? NO_COMMENTS;
  }

  /** §4.4: on the section's first interface, and without a time; it reads as 0. */
  private readSimplePacket(at: number, end: number): void {
    this.need(at, end, 4, 'a simple packet block');
    const { record } = this;
    this.useInterface(0, at);
    record.seconds = 0;
    record.nanoseconds = 0;
    const originalLength = this.input.view.getUint32(at, this.littleEndian);
    const { snapLength } = this.interfaces[record.interfaceId]!;
    const length = snapLength === 0 ? originalLength : Math.min(originalLength, snapLength);
    this.readData(at + 4, end, length, originalLength);
    record.direction = Direction.Unknown;
    record.packetId = NO_PACKET_ID;
    record.comments = NO_COMMENTS;
  }

  /** §4.5: the first name of each IPv4 address. */
  private readNames(at: number, end: number): void {
    const { bytes, view } = this.input;
    for (;;) {
      this.need(at, end, 4, 'a name record');
      const type = view.getUint16(at, this.littleEndian);
      const length = view.getUint16(at + 2, this.littleEndian);
      if (type === NameRecord.End) return;
      this.need(at + 4, end, padded(length), 'a name record');
      if (type === NameRecord.Ip4) {
        if (length < 5) throw this.error(at, `a name record of ${length} bytes has no room for a name`);
        const name = at + 8;
        let nameEnd = name;
        while (nameEnd < at + 4 + length && readU8(bytes, nameEnd) !== 0) nameEnd++;
        this.names.set(readU32(bytes, at + 4) as Ip4, readText(bytes, name, nameEnd - name));
      }
      at += 4 + padded(length);
    }
  }

  /** §4.6. */
  private readStatistics(at: number, end: number): void {
    this.need(at, end, STATISTICS_HEADER, 'interface statistics');
    const { view } = this.input;
    const little = this.littleEndian;
    const id = this.interfaceAt(view.getUint32(at, little), at);
    let received: number | null = null;
    let dropped: number | null = null;
    for (let option = at + STATISTICS_HEADER; this.isOption(option, end); option = this.nextOption(option)) {
      switch (view.getUint16(option, little)) {
        case StatisticsOption.Received:
          this.exactly(8, option, 'isb_ifrecv');
          received = this.u64(option + OPTION_HEADER);
          break;
        case StatisticsOption.Dropped:
          this.exactly(8, option, 'isb_ifdrop');
          dropped = this.u64(option + OPTION_HEADER);
          break;
      }
    }
    this.interfaces[id]!.statistics = { received, dropped };
  }

  /** The index of the section's interface `id`. */
  private interfaceAt(id: number, at: number): number {
    const index = this.firstInterface + id;
    if (index < this.interfaces.length) return index;
    const declared = this.interfaces.length - this.firstInterface;
    throw this.error(at, `interface ${id}, but the section has declared ${declared} so far`);
  }

  private useInterface(id: number, at: number): Clock {
    const index = this.interfaceAt(id, at);
    this.record.interfaceId = index;
    return this.clocks[index]!;
  }

  private readData(at: number, end: number, length: number, originalLength: number): void {
    if (length > end - at || padded(length) > end - at) {
      throw this.error(at, `a packet claims ${length} captured bytes, and its block has ${end - at}`);
    }
    const { record } = this;
    record.bytes = this.input.bytes;
    record.at = at;
    record.length = length;
    record.originalLength = originalLength;
  }

  private readTime(at: number, clock: Clock): void {
    const { view } = this.input;
    const { record } = this;
    const upper = view.getUint32(at, this.littleEndian);
    const lower = view.getUint32(at + 4, this.littleEndian);
    const unit = clock.fastUnit;
    if (unit === 0) {
      const ticks = (BigInt(upper) << 32n) | BigInt(lower);
      record.seconds = Number(ticks / clock.unit) + clock.offset;
      record.nanoseconds = Number(((ticks % clock.unit) * 1_000_000_000n) / clock.unit);
      return;
    }
    // 64 bits do not fit a number. The quotient comes out right, or one off; the rest is below 2^31 and so is known
    // from the lower 32 bits alone, and tells.
    let seconds = Math.floor((upper * 0x1_0000_0000 + lower) / unit);
    let rest = (lower - Math.imul(seconds, unit)) | 0;
    if (rest < 0) {
      seconds--;
      rest += unit;
    } else if (rest >= unit) {
      seconds++;
      rest -= unit;
    }
    record.seconds = seconds + clock.offset;
    record.nanoseconds = rest * (1_000_000_000 / unit);
  }

  /** §3.5: options end with one that says so, or where the block does. One that is there lies inside the block. */
  private isOption(at: number, end: number): boolean {
    if (at === end) return false;
    this.need(at, end, OPTION_HEADER, 'an option');
    if (this.input.view.getUint16(at, this.littleEndian) === Option.EndOfOptions) return false;
    this.need(at, end, this.nextOption(at) - at, 'an option');
    return true;
  }

  private nextOption(at: number): number {
    return at + OPTION_HEADER + padded(this.input.view.getUint16(at + 2, this.littleEndian));
  }

  private exactly(length: number, option: number, name: string): void {
    const actual = this.input.view.getUint16(option + 2, this.littleEndian);
    if (actual !== length) throw this.error(option, `${name} has ${actual} bytes instead of ${length}`);
  }

  private need(at: number, end: number, length: number, what: string): void {
    if (end - at < length) throw this.error(at, `${what} needs ${length} bytes, and its block has ${end - at} left`);
  }

  /** Exact below 2^53. */
  private u64(at: number): number {
    const { view } = this.input;
    const little = this.littleEndian;
    return view.getUint32(little ? at + 4 : at, little) * 0x1_0000_0000 + view.getUint32(little ? at : at + 4, little);
  }

  private error(at: number, message: string): CaptureError {
    return new CaptureError(this.input.offset + at - this.input.at, message);
  }
}

function clockOf(resolution: number, offset: number): Clock {
  const exponent = resolution & ~POWER_OF_TWO;
  if ((resolution & POWER_OF_TWO) !== 0) return { unit: 1n << BigInt(exponent), fastUnit: 0, offset };
  let unit = 1n;
  for (let i = 0; i < exponent; i++) unit *= 10n;
  return { unit, fastUnit: exponent >= 4 && exponent <= 9 ? Number(unit) : 0, offset };
}

/** Text of a file that may not be the UTF-8 it should be: then what is not ASCII becomes U+FFFD. */
function readText(bytes: Uint8Array, at: number, length: number): string {
  const text = Utf8.decode(bytes, at, at + length);
  if (text !== null) return text;
  let ascii = '';
  for (let i = at; i < at + length; i++)
    ascii += readU8(bytes, i) < 0x80 ? String.fromCharCode(readU8(bytes, i)) : '\ufffd';
  return ascii;
}
