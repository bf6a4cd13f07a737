/**
 * How fast capture files are written and read: frames of 106 octets, as the chains send, to disk through the command's
 * sink, and from disk by the piece as a large file is read. No lab is involved.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { PcapWriter } from '../src/capture/pcap.ts';
import { PcapngWriter } from '../src/capture/pcapng-writer.ts';
import { openReader } from '../src/capture/read-capture.ts';
import { CaptureRecord, Direction } from '../src/capture/record.ts';
import type { CaptureReader } from '../src/capture/record.ts';
import type { ByteSink } from '../src/capture/sink.ts';
import { inScratchFile } from './scratch-file.ts';
import { secondsOf } from './seconds.ts';

type Format = 'pcap' | 'pcapng';

const LENGTH = 106;
/** Frames that the records show by turns, so that they do not all lie in one line of the cache. */
const FRAMES = Uint8Array.from({ length: 64 * 128 }, (_, i) => (i * 31) & 255);
/** Bytes read at once. */
const PIECE = 1 << 20;

/** Million frames a second. */
export function measureWriting(format: Format, frames: number): number {
  return inScratchFile(`written.${format}`, (sink) => frames / secondsOf(() => write(sink, format, frames)) / 1e6);
}

/** Million frames a second. */
export function measureReading(format: Format, frames: number): number {
  return inScratchFile(`read.${format}`, (sink, path) => {
    write(sink, format, frames);
    let found = 0;
    const seconds = secondsOf(() => (found = count(path)));
    if (found !== frames * LENGTH) throw new Error(`${found} octets in frames, not ${frames * LENGTH}`);
    return frames / seconds / 1e6;
  });
}

function write(sink: ByteSink, format: Format, frames: number): void {
  const writer = format === 'pcapng' ? new PcapngWriter(sink) : new PcapWriter(sink);
  const record = new CaptureRecord();
  record.bytes = FRAMES;
  record.length = record.originalLength = LENGTH;
  if (writer.format === 'pcapng') record.interfaceId = writer.addInterface({ name: 'h1.eth0' });
  for (let frame = 0; frame < frames; frame++) {
    record.at = (frame & 63) * 128;
    record.nanoseconds = frame * 100;
    record.direction = (frame & 1) === 0 ? Direction.Inbound : Direction.Outbound;
    record.packetId = frame >>> 1;
    writer.write(record);
  }
  writer.flush();
}

/** The octets of all frames in the file. */
function count(path: string): number {
  const file = openSync(path, 'r');
  const piece = new Uint8Array(PIECE);
  let reader: CaptureReader | null = null;
  let octets = 0;
  for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
    const bytes = piece.subarray(0, length);
    reader ??= openReader(bytes);
    reader.push(bytes);
    for (let record = reader.next(); record !== null; record = reader.next()) octets += record.length;
  }
  closeSync(file);
  reader?.end();
  if (reader?.next() != null) throw new Error('a record came after the last');
  return octets;
}
