/**
 * The pcap file format: draft-ietf-opsawg-pcap. Written little-endian, version 2.4; read in both byte orders, with
 * microseconds or nanoseconds.
 * Not here: the variants of the 1990s (versions before 2.3 with their swapped lengths, and the "modified" format).
 */
import type { Ip4 } from '../wire/ip4.ts';
import { Input } from './input.ts';
import { CaptureError, CaptureRecord, LINKTYPE_ETHERNET, SNAP_LENGTH } from './record.ts';
import type { CaptureInterface, CaptureReader } from './record.ts';
import { Stage } from './sink.ts';
import type { ByteSink } from './sink.ts';

/** The first four bytes, as a number in the file's byte order. */
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;

const MAJOR_VERSION = 2;
const MINOR_VERSION = 4;

/** Bytes before the first record, and before each record's frame. */
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** The most that a record read from a file may hold, whatever its header claims. */
const MAX_LENGTH = SNAP_LENGTH;

/** What stands in the head of a pcap file. */
export interface PcapOptions {
  readonly resolution?: 'nanosecond' | 'microsecond';
  /** Bytes kept of each frame. */
  readonly snapLength?: number;
  readonly linkType?: number;
}

/**
 * Writes a pcap file into a sink as records come. It has one link type, and no interfaces or
 * comments.
 */
export class PcapWriter {
  readonly format = 'pcap';
  private readonly stage: Stage;
  private readonly snapLength: number;
  /** Nanoseconds in a unit of the file's fractions. */
  private readonly unit: number;

  constructor(sink: ByteSink, options: PcapOptions = {}) {
    const { resolution = 'nanosecond', snapLength = SNAP_LENGTH, linkType = LINKTYPE_ETHERNET } = options;
    this.stage = new Stage(sink);
    this.snapLength = Math.min(snapLength, SNAP_LENGTH);
    this.unit = resolution === 'nanosecond' ? 1 : 1_000;

    const at = this.stage.reserve(FILE_HEADER);
    const { view } = this.stage;
    view.setUint32(at, resolution === 'nanosecond' ? NANOSECONDS : MICROSECONDS, true);
    view.setUint16(at + 4, MAJOR_VERSION, true);
    view.setUint16(at + 6, MINOR_VERSION, true);
    view.setUint32(at + 8, 0, true); // Reserved: once the time zone.
    view.setUint32(at + 12, 0, true); // Reserved: once the accuracy.
    view.setUint32(at + 16, this.snapLength, true);
    view.setUint32(at + 20, linkType, true);
  }

  /** Direction, packet id and comments have no place in this format. */
  write(record: CaptureRecord): void {
    const length = Math.min(record.length, this.snapLength);
    const { stage } = this;
    const at = stage.reserve(RECORD_HEADER + length);
    const { view } = stage;
    view.setUint32(at, record.seconds, true);
    view.setUint32(at + 4, this.unit === 1 ? record.nanoseconds : Math.floor(record.nanoseconds / this.unit), true);
    view.setUint32(at + 8, length, true);
    view.setUint32(at + 12, record.originalLength, true);
    stage.put(at + RECORD_HEADER, record.bytes, record.at, length);
  }

  /** Hands everything written so far to the sink. */
  flush(): void {
    this.stage.flush();
  }
}

export class PcapReader implements CaptureReader {
  readonly format = 'pcap';
  readonly interfaces: CaptureInterface[] = [];
  readonly names: ReadonlyMap<Ip4, string> = new Map();
  private readonly input = new Input();
  private readonly record = new CaptureRecord();
  private littleEndian = true;
  /** Nanoseconds in a unit of the file's fractions. */
  private unit = 1;

  push(bytes: Uint8Array): void {
    this.input.push(bytes);
  }

  end(): void {
    this.input.ended = true;
  }

  next(): CaptureRecord | null {
    const { input, record } = this;
    if (this.interfaces.length === 0) {
      if (!input.has(FILE_HEADER, 'a file header')) return null;
      this.readFileHeader();
    }
    if (input.left === 0 || !input.has(RECORD_HEADER, 'a record header')) return null;
    const { view, at } = input;
    const little = this.littleEndian;
    const length = view.getUint32(at + 8, little);
    if (length > MAX_LENGTH) {
      throw new CaptureError(
        input.offset,
        `a record claims ${length} captured bytes; at most ${MAX_LENGTH} make sense`,
      );
    }
    if (!input.has(RECORD_HEADER + length, 'a record')) return null;

    record.seconds = view.getUint32(at, little);
    record.nanoseconds = view.getUint32(at + 4, little) * this.unit;
    if (record.nanoseconds >= 1_000_000_000) carryNanoseconds(record);
    record.bytes = input.bytes;
    record.at = at + RECORD_HEADER;
    record.length = length;
    record.originalLength = view.getUint32(at + 12, little);
    input.at = at + RECORD_HEADER + length;
    return record;
  }

  private readFileHeader(): void {
    const { input } = this;
    const { view, at } = input;
    const magic = view.getUint32(at, true);
    this.littleEndian = magic === MICROSECONDS || magic === NANOSECONDS;
    const little = this.littleEndian;
    const resolution = view.getUint32(at, little);
    if (resolution !== MICROSECONDS && resolution !== NANOSECONDS) {
      throw new CaptureError(input.offset, `not a pcap file: it starts with 0x${hexU32(view.getUint32(at, false))}`);
    }
    this.unit = resolution === NANOSECONDS ? 1 : 1_000;
    const major = view.getUint16(at + 4, little);
    const minor = view.getUint16(at + 6, little);
    if (major !== MAJOR_VERSION || minor !== MINOR_VERSION) {
      throw new CaptureError(input.offset + 4, `pcap version ${major}.${minor}; only 2.4 is known`);
    }
    // The upper 16 bits say whether frames end with an FCS, and how long it is.
    const linkType = view.getUint32(at + 20, little) & 0xffff;
    this.interfaces.push({ name: '', linkType, snapLength: view.getUint32(at + 16, little), statistics: null });
    input.at = at + FILE_HEADER;
  }
}

/** Whether a file that starts with these four bytes is for PcapReader. */
export function isPcap(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getUint32(0, true);
  const big = view.getUint32(0, false);
  return little === MICROSECONDS || little === NANOSECONDS || big === MICROSECONDS || big === NANOSECONDS;
}

/** Some writers let the fraction run over. */
function carryNanoseconds(record: CaptureRecord): void {
  const carry = Math.floor(record.nanoseconds / 1_000_000_000);
  record.seconds += carry;
  record.nanoseconds -= carry * 1_000_000_000;
}

function hexU32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
