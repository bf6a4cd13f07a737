/**
 * Logical link control: what follows when an Ethernet frame's type field is a length. IEEE 802.2-1998 §3, §5.
 * Only recognised: no host here speaks a protocol that rides on it, but switches and captures meet it.
 */
import type { Format, Malformed } from './format.ts';
import { readU16, readU8 } from './bytes.ts';

/** Bytes before the data when the control field is one byte long, the shortest. */
export const MIN_HEADER_LENGTH = 3;

/** Service access points by tcpdump's names. */
const ACCESS_POINTS: Readonly<Record<number, string>> = {
  0x00: 'Null',
  0x02: 'Global',
  0x06: 'IP',
  0x42: 'STP',
  0x98: 'ARP',
  0xaa: 'SNAP',
  0xe0: 'IPX',
  0xf0: 'NetBeui',
  0xfe: 'ISO NLS',
};

// Byte offsets, IEEE 802.2-1998 figure 3-1.
const DESTINATION_ACCESS_POINT = 0;
const SOURCE_ACCESS_POINT = 1;
const CONTROL = 2;

export function check(bytes: Uint8Array, at: number, end: number): Malformed | null {
  if (end - at < MIN_HEADER_LENGTH || end - at < headerLength(bytes, at)) return 'truncated';
  return null;
}

export function destinationAccessPoint(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + DESTINATION_ACCESS_POINT);
}

export function sourceAccessPoint(bytes: Uint8Array, at: number): number {
  return readU8(bytes, at + SOURCE_ACCESS_POINT);
}

/** Unnumbered formats have one byte, information and supervisory ones two (IEEE 802.2-1998 §5.2). */
export function control(bytes: Uint8Array, at: number): number {
  return isUnnumbered(bytes, at) ? readU8(bytes, at + CONTROL) : readU16(bytes, at + CONTROL);
}

export function headerLength(bytes: Uint8Array, at: number): number {
  return isUnnumbered(bytes, at) ? MIN_HEADER_LENGTH : MIN_HEADER_LENGTH + 1;
}

function isUnnumbered(bytes: Uint8Array, at: number): boolean {
  return (readU8(bytes, at + CONTROL) & 3) === 3;
}

export const format: Format = {
  name: 'LLC',
  check,
  summarize(bytes, at, end) {
    if (check(bytes, at, end)) return ' [|llc]';
    const destination = destinationAccessPoint(bytes, at);
    const source = sourceAccessPoint(bytes, at);
    // The low bit is no part of the address: a group, or a response (IEEE 802.2-1998 §3.3.1).
    return (
      `LLC, dsap ${accessPoint(destination)} ${destination & 1 ? 'Group' : 'Individual'}, ` +
      `ssap ${accessPoint(source)} ${source & 1 ? 'Response' : 'Command'}, ` +
      `ctrl 0x${hex(control(bytes, at), isUnnumbered(bytes, at) ? 2 : 4)}`
    );
  },
};

function accessPoint(value: number): string {
  const address = value & 0xfe;
  return `${ACCESS_POINTS[address] ?? 'Unknown'} (0x${hex(address, 2)})`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
