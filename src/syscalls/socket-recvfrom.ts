/**
 * Receives a datagram, or what a stream has, as recvfrom(2); sleeps until there is something. A datagram longer than the
 * buffer is cut and its rest is lost. A raw socket's datagram starts with the IP header. At the end of a stream, and on
 * a socket that was shut down, it is empty.
 *
 * EBADF         the handle is not open
 * ENOTSOCK      it is no socket
 * EFAULT        buffer or address are outside the process's memory
 * EINVAL        a size that is none; a Local sender's address, and nothing says how much room there is for it; a stream
 *               that is not connected
 * ENOTCONN      a seqpacket that is not connected
 * ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EMSGSIZE, EPROTO, ENOPROTOOPT, EACCES  what became of an earlier datagram
 * ECONNRESET    the peer closed before it had read everything
 * EAGAIN        nothing came, and the call may not wait, or not longer
 */
import { socketAt } from '../kernel/handle.ts';
import { readDeadline } from '../kernel/open-file.ts';
import type { Socket } from '../kernel/handle.ts';
import { dataAt, dataLength, receiveInet, sourceOf, sourcePortOf } from '../kernel/inet-socket.ts';
import type { InetSocket } from '../kernel/inet-socket.ts';
import { receiveLocal } from '../kernel/local-socket.ts';
import { isInside, memoryOf, readU32LittleEndian, writeU32LittleEndian } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import type { Frame } from '../sim/frame.ts';
import { copyBytes } from '../wire/bytes.ts';
import { ANY } from '../wire/ip4.ts';
import { checkAddressRoom, INET_LENGTH, writeAddress, writeInet } from './address.ts';
import type { NumberedCall } from './numbered.ts';
import type { Datagram } from './values.ts';

export function* sys_socket_recvfrom(process: Process, handle: number, size: number): Sleeping<Datagram> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (!Number.isInteger(size) || size < 0) return fail('EINVAL');
  if (socket.value.kind === 'local') {
    return yield* receiveLocal(process.kernel, socket.value, size, readDeadline(process, socket.value));
  }
  const received = yield* receiveInet(process, socket.value);
  if (!received.ok) return received;
  const frame = received.value;
  if (frame === null) return ok({ data: new Uint8Array(0), from: { ip: ANY, port: 0 } });
  const at = dataAt(socket.value, frame);
  const length = Math.min(size, dataLength(socket.value, frame));
  const datagram = {
    data: frame.bytes.slice(at, at + length),
    from: { ip: sourceOf(frame), port: sourcePortOf(socket.value, frame) },
  };
  process.kernel.world.consume(frame);
  return ok(datagram);
}

/** a3: where the sender's address goes, or 0; a4: a u32 with the room there, or 0. */
export const numbered: NumberedCall = (process, handle, buffer, size, addressPointer, roomPointer) => {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (!isInside(process, buffer, size)) return fail('EFAULT');
  if (addressPointer !== 0) {
    const room = checkAddressRoom(process, socket.value, addressPointer, roomPointer);
    if (!room.ok) return room;
  }
  return receiveInto(process, socket.value, buffer, size, addressPointer, roomPointer);
};

/** Receives into memory that was checked. */
export function* receiveInto(
  process: Process,
  socket: Socket,
  buffer: number,
  size: number,
  addressPointer: number,
  roomPointer: number,
): Sleeping<number> {
  if (socket.kind === 'local') {
    const received = yield* receiveLocal(process.kernel, socket, size, readDeadline(process, socket));
    if (!received.ok) return received;
    const { data, from } = received.value;
    copyBytes(data, 0, memoryOf(process), buffer, data.length);
    if (addressPointer !== 0) writeAddress(process, addressPointer, roomPointer, from);
    return ok(data.length);
  }
  const received = yield* receiveInet(process, socket);
  if (!received.ok) return received;
  if (received.value === null) return ok(0);
  return ok(copyOut(process, socket, received.value, buffer, size, addressPointer, roomPointer));
}

/** Straight from the frame into the memory. */
function copyOut(
  process: Process,
  socket: InetSocket,
  frame: Frame,
  buffer: number,
  size: number,
  addressPointer: number,
  roomPointer: number,
): number {
  const length = Math.min(size, dataLength(socket, frame));
  copyBytes(frame.bytes, dataAt(socket, frame), memoryOf(process), buffer, length);
  if (addressPointer !== 0) {
    const room = roomPointer === 0 ? INET_LENGTH : readU32LittleEndian(process, roomPointer);
    writeInet(memoryOf(process), addressPointer, room, sourceOf(frame), sourcePortOf(socket, frame));
    if (roomPointer !== 0) writeU32LittleEndian(process, roomPointer, INET_LENGTH);
  }
  process.kernel.world.consume(frame);
  return length;
}
