/**
 * What a capture file holds, whatever its format: interfaces, and records of frames that passed them.
 * One record object serves a whole file: writers read it, readers fill it anew, nothing is allocated per frame.
 */
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';

/** https://www.tcpdump.org/linktypes.html: IEEE 802.3 Ethernet. */
export const LINKTYPE_ETHERNET = 1;

/** The most bytes of a frame that a record holds unless told otherwise: tcpdump's default, MAXIMUM_SNAPLEN. */
export const SNAP_LENGTH = 262_144;

/** Which way a frame went past an interface: the low two bits of epb_flags. */
export const Direction = { Unknown: 0, Inbound: 1, Outbound: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

const NO_BYTES = new Uint8Array(0);
export const NO_COMMENTS: readonly string[] = [];

/** An id that no packet has. */
export const NO_PACKET_ID = -1;

/** Since 1970-01-01 00:00:00 UTC; in two parts, as nanoseconds since then do not fit a number. */
export interface Timestamp {
  /** Whole seconds. */
  seconds: number;
  /** The rest, below 1,000,000,000. */
  nanoseconds: number;
}

export class CaptureRecord implements Timestamp {
  /** Index of the interface, in the order in which they were declared. */
  interfaceId = 0;
  seconds = 0;
  nanoseconds = 0;
  /** The frame lies in here; the array may be longer, and may be overwritten when the next record is read. */
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  /** Captured bytes. */
  length = 0;
  /** Bytes of the frame as it was; more than `length` when the capture cut it. */
  originalLength = 0;
  direction: Direction = Direction.Unknown;
  /** The same for all records of one packet; NO_PACKET_ID when the file does not tell. Exact below 2^53. */
  packetId = NO_PACKET_ID;
  comments: readonly string[] = NO_COMMENTS;
}

/** An interface that is recorded. */
export interface InterfaceDescription {
  /** `h1.eth0`; empty when a file does not tell. */
  readonly name: string;
  readonly description?: string;
  readonly linkType?: number;
  readonly mac?: Mac;
  readonly ip?: Ip4;
  readonly mask?: Ip4;
  /** Bits per second. */
  readonly speed?: number;
  /** The capture filter, as it was typed. */
  readonly filter?: string;
}

/** An interface as a file declares it. */
export interface CaptureInterface extends InterfaceDescription {
  readonly linkType: number;
  /** 0 for no limit. */
  readonly snapLength: number;
  /** Given at the end of a file that counts. */
  statistics: InterfaceStatistics | null;
}

/** What an interface has counted, from the capture's start; null where a file does not tell. */
export interface InterfaceStatistics {
  /** Frames that passed it. */
  readonly received: number | null;
  /** Frames that were lost at it. */
  readonly dropped: number | null;
}

/** A file is not what it claims to be. Files come from anywhere, so this is an answer and not a mistake of ours. */
export class CaptureError extends Error {
  /** Where in the file. */
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(`capture file, offset ${offset}: ${message}`);
    this.name = 'CaptureError';
    this.offset = offset;
  }
}

/** Reads a file piece by piece: `push` what there is, take records with `next` until null, and say `end`. */
export interface CaptureReader {
  readonly format: 'pcap' | 'pcapng';
  /** All that have been declared so far; `record.interfaceId` is an index into it. */
  readonly interfaces: readonly CaptureInterface[];
  /** Names that the file gives to IPv4 addresses. */
  readonly names: ReadonlyMap<Ip4, string>;
  /** The bytes must stay as they are until `next` has answered null. */
  push(bytes: Uint8Array): void;
  /** No more bytes will come: from now on a record that is cut off is an error. */
  end(): void;
  /** The next record, valid until the following call, or null when more bytes are needed or all have been read. */
  next(): CaptureRecord | null;
}
