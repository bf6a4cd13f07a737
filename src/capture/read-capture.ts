/** Reads a capture file, pcap or pcapng, whichever its first bytes say. */
import { PcapReader, isPcap } from './pcap.ts';
import { PcapngReader } from './pcapng-reader.ts';
import { CaptureError } from './record.ts';
import type { CaptureInterface, CaptureReader, Direction, Timestamp } from './record.ts';

/** A record that is the reader's to keep. */
export interface CapturedFrame extends Timestamp {
  readonly interface: CaptureInterface;
  /** What was captured of the frame. */
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly direction: Direction;
  /** NO_PACKET_ID (-1) when the file does not tell. */
  readonly packetId: number;
  readonly comments: readonly string[];
}

/** The reader for a file that starts with these bytes, four at least; nothing has been pushed to it yet. */
export function openReader(start: Uint8Array): CaptureReader {
  if (start.length < 4) throw new CaptureError(0, `${start.length} bytes are no capture file`);
  return isPcap(start) ? new PcapReader() : new PcapngReader();
}

/** The records of a file, given whole or in pieces, one by one. Throws a CaptureError where the file makes no sense. */
export function* readCapture(file: Uint8Array | Iterable<Uint8Array>): Generator<CapturedFrame, void, void> {
  let reader: CaptureReader | null = null;
  let start = new Uint8Array(0);
  for (const piece of file instanceof Uint8Array ? [file] : file) {
    if (reader !== null) {
      reader.push(piece);
    } else {
      start = concatenate(start, piece);
      if (start.length < 4) continue;
      reader = openReader(start);
      reader.push(start);
    }
    yield* framesOf(reader);
  }
  reader ??= openReader(start);
  reader.end();
  yield* framesOf(reader);
}

function* framesOf(reader: CaptureReader): Generator<CapturedFrame, void, void> {
  for (let record = reader.next(); record !== null; record = reader.next()) {
    yield {
      interface: reader.interfaces[record.interfaceId]!,
      seconds: record.seconds,
      nanoseconds: record.nanoseconds,
      bytes: record.bytes.slice(record.at, record.at + record.length),
      originalLength: record.originalLength,
      direction: record.direction,
      packetId: record.packetId,
      comments: record.comments,
    };
  }
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
