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
import { readDeadline, until } from '../kernel/open-file.ts';
import type { Socket } from '../kernel/handle.ts';
import { dataAt, dataLength, sourceOf, sourcePortOf, tryReceive } from '../kernel/inet-socket.ts';
import type { InetSocket } from '../kernel/inet-socket.ts';
import { receiveLocal } from '../kernel/local-socket.ts';
import { isInside, memoryOf, readU32LittleEndian, writeU32LittleEndian } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import { Frame } from '../sim/frame.ts';
import type { Nanos } from '../sim/time.ts';
import { copyBytes } from '../wire/bytes.ts';
import { ANY } from '../wire/ip4.ts';
import { checkAddressRoom, INET_LENGTH, writeAddress, writeInet } from './address.ts';
import { Attempts } from './call.ts';
import type { Answer } from './call.ts';
import type { NumberedCall } from './numbered.ts';
import type { Datagram } from './values.ts';

export function sys_socket_recvfrom(process: Process, handle: number, size: number): Answer<Datagram> {
  const found = socketAt(process, handle);
  if (!found.ok) return found;
  const socket = found.value;
  if (!Number.isInteger(size) || size < 0) return fail('EINVAL');
  const deadline = readDeadline(process, socket);
  if (socket.kind === 'local') return receiveLocal(process.kernel, socket, size, deadline);
  return new Reception(process, socket, size, deadline);
}

class Reception extends Attempts<Datagram> {
  private readonly process: Process;
  private readonly socket: InetSocket;
  private readonly size: number;

  constructor(process: Process, socket: InetSocket, size: number, deadline: Nanos) {
    super(socket.readable, deadline);
    this.process = process;
    this.socket = socket;
    this.size = size;
  }

  override get name(): string {
    return 'sys_socket_recvfrom';
  }

  override attempt(): Result<Datagram> | null {
    return receive(this.process, this.socket, this.size, this.deadline);
  }
}

/** Null: there is nothing yet. */
function receive(process: Process, socket: InetSocket, size: number, deadline: Nanos): Result<Datagram> | null {
  const received = tryReceive(process, socket, deadline);
  if (received === 'end') return ok({ data: new Uint8Array(0), from: { ip: ANY, port: 0 } });
  if (!(received instanceof Frame)) return received;
  const at = dataAt(socket, received);
  const length = Math.min(size, dataLength(socket, received));
  const datagram = {
    data: received.bytes.slice(at, at + length),
    from: { ip: sourceOf(received), port: sourcePortOf(socket, received) },
  };
  process.kernel.world.consume(received);
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
  const deadline = readDeadline(process, socket);
  if (socket.kind === 'local') {
    const received = yield* receiveLocal(process.kernel, socket, size, deadline);
    if (!received.ok) return received;
    const { data, from } = received.value;
    copyBytes(data, 0, memoryOf(process), buffer, data.length);
    if (addressPointer !== 0) writeAddress(process, addressPointer, roomPointer, from);
    return ok(data.length);
  }
  for (;;) {
    const received = tryReceive(process, socket, deadline);
    if (received instanceof Frame) {
      return ok(copyOut(process, socket, received, buffer, size, addressPointer, roomPointer));
    }
    if (received === 'end') return ok(0);
    if (received !== null) return received;
    yield until(socket.readable, deadline);
  }
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
