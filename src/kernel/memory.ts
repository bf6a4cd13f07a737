/**
 * A process's memory, as the numbered calls see it: addresses are offsets into it, words are little-endian and have
 * the size of the process's ABI. Every pointer is checked before anything is done: outside the memory it is EFAULT.
 * `read_user_string` and `read_user_ipv4` are called as in the original.
 */
import { copyBytes, readU32, readU8, writeU8 } from '../wire/bytes.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Utf8 from '../wire/utf8.ts';
import type { Process } from './process.ts';
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';

/** Bytes in the longest string that a call takes. */
export const MAX_STRING = 256;

/** The process's memory, made now if it is used for the first time. */
export function memoryOf(process: Process): Uint8Array {
  return (process.memory ??= new Uint8Array(process.memorySize));
}

/** Whether `length` bytes from `pointer` are all the process's. Anything but natural numbers is not. */
export function isInside(process: Process, pointer: number, length: number): boolean {
  return (
    Number.isInteger(pointer) &&
    Number.isInteger(length) &&
    pointer >= 0 &&
    length >= 0 &&
    pointer + length <= process.memorySize
  );
}

/** Whether `count` records of `size` bytes each are. */
export function areInside(process: Process, pointer: number, count: number, size: number): boolean {
  return Number.isInteger(count) && isInside(process, pointer, count * size);
}

/** EFAULT: outside the memory. EINVAL: empty, longer than 256 bytes, or not UTF-8. */
export function read_user_string(process: Process, pointer: number, length: number): Result<string> {
  if (length < 1 || length > MAX_STRING) return fail('EINVAL');
  if (!isInside(process, pointer, length)) return fail('EFAULT');
  const text = Utf8.decode(memoryOf(process), pointer, pointer + length);
  return text === null ? fail('EINVAL') : ok(text);
}

/** Four bytes, most significant first. EFAULT: outside the memory. */
export function read_user_ipv4(process: Process, pointer: number): Result<Ip4> {
  if (!isInside(process, pointer, 4)) return fail('EFAULT');
  return ok(readU32(memoryOf(process), pointer) as Ip4);
}

/** The word at an address that was checked. What does not fit a number exactly is far outside every memory anyway. */
export function readWord(process: Process, pointer: number): number {
  const low = readU32LittleEndian(process, pointer);
  return process.wordSize === 4 ? low : low + readU32LittleEndian(process, pointer + 4) * 0x1_0000_0000;
}

/** Writes a natural number below 2^53, or below 2^32 where words have four bytes. */
export function writeWord(process: Process, pointer: number, value: number): void {
  writeU32LittleEndian(process, pointer, value);
  if (process.wordSize === 8) writeU32LittleEndian(process, pointer + 4, Math.floor(value / 0x1_0000_0000));
}

export function readU16LittleEndian(process: Process, pointer: number): number {
  const memory = memoryOf(process);
  return readU8(memory, pointer) | (readU8(memory, pointer + 1) << 8);
}

export function readU32LittleEndian(process: Process, pointer: number): number {
  return (readU16LittleEndian(process, pointer) | (readU16LittleEndian(process, pointer + 2) << 16)) >>> 0;
}

/** A signed 64-bit number; rounded where it has more than 53 bits. */
export function readI64LittleEndian(process: Process, pointer: number): number {
  return readU32LittleEndian(process, pointer) + (readU32LittleEndian(process, pointer + 4) | 0) * 0x1_0000_0000;
}

export function readU64LittleEndian(process: Process, pointer: number): number {
  return readU32LittleEndian(process, pointer) + readU32LittleEndian(process, pointer + 4) * 0x1_0000_0000;
}

export function writeU16LittleEndian(process: Process, pointer: number, value: number): void {
  const memory = memoryOf(process);
  writeU8(memory, pointer, value);
  writeU8(memory, pointer + 1, value >>> 8);
}

export function writeU32LittleEndian(process: Process, pointer: number, value: number): void {
  writeU16LittleEndian(process, pointer, value & 0xffff);
  writeU16LittleEndian(process, pointer + 2, (value >>> 16) & 0xffff);
}

/** Text in a field of fixed size, filled up with NULs; what does not fit is cut. */
export function writeText(process: Process, pointer: number, size: number, text: string): void {
  const memory = memoryOf(process);
  const bytes = Utf8.encode(text);
  memory.fill(0, pointer, pointer + size);
  copyBytes(bytes, 0, memory, pointer, Math.min(size, bytes.length));
}

/** The text of such a field, up to its first NUL; null when it is not UTF-8. */
export function readText(process: Process, pointer: number, size: number): string | null {
  const memory = memoryOf(process);
  let end = pointer;
  while (end < pointer + size && readU8(memory, end) !== 0) end++;
  return Utf8.decode(memory, pointer, end);
}
