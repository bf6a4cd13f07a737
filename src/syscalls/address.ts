/**
 * Socket addresses: as programs write them, as the kernel keeps them, and in memory.
 * In memory an Inet address has 8 bytes, `02 00 a b c d portHi portLo`; a Local one is its path's bytes.
 */
import type { Socket } from '../kernel/handle.ts';
import { MAX_NAME_LENGTH } from '../kernel/local-socket.ts';
import { isInside, memoryOf, readU32LittleEndian, writeU32LittleEndian } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail, ok } from '../kernel/result.ts';
import type { Failure, Result } from '../kernel/result.ts';
import { copyBytes, readU16, readU32, readU8, writeU16, writeU32, writeU8 } from '../wire/bytes.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Utf8 from '../wire/utf8.ts';
import type { Address, End, InetEnd } from './values.ts';

export const INET_LENGTH = 8;
const INET_FAMILY = 2;

// Byte offsets.
const FAMILY = 0;
const IP = 2;
const PORT = 6;

/** The address as a number, or null for text that is none and numbers out of range. */
export function ip4Of(address: Ip4 | string): Ip4 | null {
  if (typeof address === 'string') return Ip.parse(address);
  return address >>> 0 === address ? address : null;
}

/** EINVAL: no address, a port out of range, or a name that is empty or too long. */
export function endOf(address: Address): Result<End> {
  if (typeof address === 'string') return nameOf(address);
  const ip = ip4Of(address.ip);
  const isPort = Number.isInteger(address.port) && address.port >= 0 && address.port <= 0xffff;
  return ip === null || !isPort ? fail('EINVAL') : ok({ ip, port: address.port });
}

/** A path ends at its first NUL; an abstract name, which starts with one, may hold more. */
function nameOf(text: string): Result<string> {
  const name = text.startsWith('\0') ? text : (text.split('\0', 1)[0] ?? '');
  const { length } = Utf8.encode(name);
  return length < 1 || length > MAX_NAME_LENGTH ? fail('EINVAL') : ok(name);
}

/** EINVAL: empty, too long, or not UTF-8. EFAULT: outside the memory. */
export function readAddress(process: Process, pointer: number, length: number): Result<End> {
  if (length < 1 || length > MAX_NAME_LENGTH) return fail('EINVAL');
  if (!isInside(process, pointer, length)) return fail('EFAULT');
  const memory = memoryOf(process);
  if (length === INET_LENGTH && readU8(memory, pointer + FAMILY) === INET_FAMILY) {
    return ok({ ip: readU32(memory, pointer + IP) as Ip4, port: readU16(memory, pointer + PORT) });
  }
  const text = Utf8.decode(memory, pointer, pointer + length);
  return text === null ? fail('EINVAL') : nameOf(text);
}

/** What an Inet socket takes; else as `wrongFamily`. */
export function inetEnd(end: End): Result<InetEnd> {
  return typeof end === 'string' ? wrongFamily(end) : ok(end);
}

/** What Linux says of a name for an Inet socket. EINVAL: shorter than an Inet address. EAFNOSUPPORT: another family. */
export function wrongFamily(name: string): Failure {
  return fail(Utf8.encode(name).length < INET_LENGTH ? 'EINVAL' : 'EAFNOSUPPORT');
}

/** What a Local socket takes. EINVAL: another family, as Linux says it. */
export function localName(end: End): Result<string> {
  return typeof end === 'string' ? ok(end) : fail('EINVAL');
}

/**
 * Whether an address of the socket's family can be written. `roomPointer` leads to a u32 that holds the room; 0 means
 * the 8 bytes of an Inet address.
 *
 * EINVAL  a Local address, and nothing says how much room there is
 * EFAULT  outside the memory
 */
export function checkAddressRoom(
  process: Process,
  socket: Socket,
  pointer: number,
  roomPointer: number,
): Result<undefined> {
  if (roomPointer === 0) {
    if (socket.kind === 'local') return fail('EINVAL');
    return isInside(process, pointer, INET_LENGTH) ? DONE : fail('EFAULT');
  }
  if (!isInside(process, roomPointer, 4)) return fail('EFAULT');
  const room = Math.min(readU32LittleEndian(process, roomPointer), MAX_NAME_LENGTH);
  return isInside(process, pointer, room) ? DONE : fail('EFAULT');
}

/** Writes an address where there is room for it, cut if need be, and its whole length behind `roomPointer`. */
export function writeAddress(process: Process, pointer: number, roomPointer: number, end: End): void {
  const bytes = bytesOf(end);
  const room = roomPointer === 0 ? INET_LENGTH : readU32LittleEndian(process, roomPointer);
  copyBytes(bytes, 0, memoryOf(process), pointer, Math.min(room, bytes.length));
  if (roomPointer !== 0) writeU32LittleEndian(process, roomPointer, bytes.length);
}

/** An address as it stands in memory. */
export function bytesOf(end: End): Uint8Array {
  if (typeof end === 'string') return Utf8.encode(end);
  const bytes = new Uint8Array(INET_LENGTH);
  writeInet(bytes, 0, INET_LENGTH, end.ip, end.port);
  return bytes;
}

/** An Inet address, cut where there is less room than it takes. */
export function writeInet(bytes: Uint8Array, at: number, room: number, ip: Ip4, port: number): void {
  if (room < INET_LENGTH) return copyBytes(bytesOf({ ip, port }), 0, bytes, at, room);
  writeU8(bytes, at + FAMILY, INET_FAMILY);
  writeU8(bytes, at + FAMILY + 1, 0);
  writeU32(bytes, at + IP, ip);
  writeU16(bytes, at + PORT, port);
}

/** A socket's own address. */
export function localEnd(socket: Socket): End {
  if (socket.kind === 'local') return socket.name;
  return { ip: socket.endpoint.local, port: socket.endpoint.localPort };
}

/** Its peer's, or null where it has none. */
export function remoteEnd(socket: Socket): End | null {
  if (socket.kind === 'local') return socket.peer === null ? null : socket.peer.name;
  const { connected, remote, remotePort } = socket.endpoint;
  return connected ? { ip: remote, port: remotePort } : null;
}
