/**
 * The pcapng file format, its numbers: draft-ietf-opsawg-pcapng, whose sections are named below. A file is a chain of
 * blocks, each with its type in front and its length at both ends, padded to 32 bits.
 */

/** §10.1, Standardized Block Type Codes. */
export const BlockType = {
  SectionHeader: 0x0a0d0d0a,
  InterfaceDescription: 1,
  /** Obsolete, Appendix A. */
  Packet: 2,
  SimplePacket: 3,
  NameResolution: 4,
  InterfaceStatistics: 5,
  EnhancedPacket: 6,
} as const;

/** §4.1: in the section's own byte order, which it tells. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const MAJOR_VERSION = 1;

/** §3.1: type and length in front, the length once more behind. */
export const BLOCK_HEADER = 8;
export const BLOCK_TRAILER = 4;

/** §3.5: an option's code and the length of its value. */
export const OPTION_HEADER = 4;

/** Option codes: §3.5 for all blocks, then each block's own. */
export const Option = {
  EndOfOptions: 0,
  Comment: 1,
} as const;

/** §4.1. */
export const SectionOption = { Hardware: 2, Os: 3, UserApplication: 4 } as const;

/** §4.2. */
export const InterfaceOption = {
  Name: 2,
  Description: 3,
  Ip4Address: 4,
  MacAddress: 6,
  Speed: 8,
  TimestampResolution: 9,
  Filter: 11,
  TimestampOffset: 14,
} as const;

/** §4.3; the obsolete Packet Block shares the first. */
export const PacketOption = { Flags: 2, PacketId: 5 } as const;

/** §4.5. */
export const NameRecord = { End: 0, Ip4: 1 } as const;

/** §4.6. */
export const StatisticsOption = { StartTime: 2, EndTime: 3, Received: 4, Dropped: 5 } as const;

/** §4.2: a power of ten unless the upper bit says a power of two. */
export const POWER_OF_TWO = 0x80;
/** §4.2: microseconds, where an interface says nothing. */
export const DEFAULT_RESOLUTION = 6;
/** What we write. */
export const NANOSECOND_RESOLUTION = 9;

/** Bytes that options and packet data are padded to. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
