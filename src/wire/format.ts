/**
 * What every packet format offers, and the reasons its check can give. A format file knows bytes and fields; how a
 * host behaves stands in the file of the same name in stack/.
 */

/** Why bytes are not what they claim to be; each is also a DropReason (sim/drop-reason.ts). */
export type Malformed =
  | 'truncated'
  | 'unsupported'
  | 'bad-version'
  | 'bad-header-length'
  | 'bad-length'
  | 'bad-checksum'
  | 'bad-option'
  | 'bad-name';

export interface Format {
  /** As Wireshark calls it. */
  readonly name: string;
  /** Null when every accessor reads inside the bytes, which end at `end`. Never throws. */
  check(bytes: Uint8Array, at: number, end: number): Malformed | null;
  /** One line in tcpdump's words, for any bytes at all. */
  summarize(bytes: Uint8Array, at: number, end: number): string;
}
