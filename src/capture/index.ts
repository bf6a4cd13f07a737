/**
 * pcap and pcapng, written and read, with or without a lab.
 * @module wirelab/capture
 */
export { MemorySink } from './sink.ts';
export type { ByteSink } from './sink.ts';
export { CaptureError, CaptureRecord, Direction, LINKTYPE_ETHERNET, NO_PACKET_ID, SNAP_LENGTH } from './record.ts';
export type {
  CaptureInterface,
  CaptureReader,
  InterfaceDescription,
  InterfaceStatistics,
  Timestamp,
} from './record.ts';
export { PcapReader, PcapWriter } from './pcap.ts';
export type { PcapOptions } from './pcap.ts';
export { PcapngReader } from './pcapng-reader.ts';
export { PcapngWriter } from './pcapng-writer.ts';
export type { PcapngOptions, StatisticsBlock } from './pcapng-writer.ts';
export { openReader, readCapture } from './read-capture.ts';
export type { CapturedFrame } from './read-capture.ts';
export { FilterError, parseFilter } from './filter.ts';
export type { Filter, Resolve } from './filter.ts';
