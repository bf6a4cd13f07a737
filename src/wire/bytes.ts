/**
 * Reading and writing numbers in network byte order: the one file with raw indices.
 * Every caller has checked that the bytes are there; `at` is a byte offset.
 */

export function readU8(bytes: Uint8Array, at: number): number {
  return bytes[at]!;
}

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

export function readU48(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2);
}

export function writeU8(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at, Math.floor(value / 0x1_0000_0000));
  writeU32(bytes, at + 2, value >>> 0);
}

/** Copies `length` bytes; the two may be the same array. */
export function copyBytes(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, length: number): void {
  if (from === to) to.copyWithin(toAt, fromAt, fromAt + length);
  else if (length === from.length) to.set(from, toAt);
  else to.set(from.subarray(fromAt, fromAt + length), toAt);
}

/** Whether `length` bytes from `at` are all zero. */
export function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i] !== 0) return false;
  return true;
}
