/**
 * Connects a socket, as connect(2). A datagram or raw socket gets a peer: it sends there unless told otherwise, takes
 * datagrams from there alone, and hears of errors. A Local stream or seqpacket socket joins a listener's backlog and
 * sleeps while that is full. Without an address (null; pointer and length 0) a datagram socket has no peer any more, as
 * with AF_UNSPEC; an Inet one also by an address of family 0.
 *
 * EBADF          the handle is not open
 * ENOTSOCK       it is no socket
 * EFAULT         the address is outside the process's memory
 * EINVAL         no address of this family; the socket listens; nothing to dissolve on a stream
 * EAFNOSUPPORT   a Local name for an Inet socket
 * ENETUNREACH    no route to the peer
 * EACCES         a broadcast address, without permission
 * EADDRINUSE, EADDRNOTAVAIL, EAGAIN  no local address or port for it
 * ECONNREFUSED   nobody listens under the name
 * EPROTOTYPE     who has the name is of another type
 * EPERM          the datagram socket of that name is connected to another
 * EISCONN        connected already
 * EAGAIN         the backlog is full, and the call may not wait, or not longer
 */
import { socketAt } from '../kernel/handle.ts';
import { writeDeadline } from '../kernel/open-file.ts';
import type { Socket } from '../kernel/handle.ts';
import { connectInet, disconnectInet } from '../kernel/inet-socket.ts';
import { connectLocal, disconnectLocal } from '../kernel/local-socket.ts';
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import { readU16 } from '../wire/bytes.ts';
import { endOf, INET_LENGTH, inetEnd, localName, readAddress } from './address.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';
import type { Address } from './values.ts';

export function* sys_socket_connect(process: Process, handle: number, address: Address | null): Sleeping<undefined> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (address === null) return disconnect(socket.value);
  const end = endOf(address);
  if (!end.ok) return end;
  if (socket.value.kind === 'inet') {
    const inet = inetEnd(end.value);
    return inet.ok ? connectInet(socket.value, inet.value.ip, inet.value.port) : inet;
  }
  const name = localName(end.value);
  if (!name.ok) return name;
  return yield* connectLocal(process.kernel, socket.value, name.value, writeDeadline(process, socket.value));
}

function disconnect(socket: Socket): Result<undefined> {
  if (socket.kind === 'local') return disconnectLocal(socket);
  disconnectInet(socket);
  return DONE;
}

export const numbered: NumberedCall = function* (process, handle, pointer, length) {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (pointer === 0 && length === 0) return zero(disconnect(socket.value));
  if (socket.value.kind === 'inet' && isUnspecified(process, pointer, length)) return zero(disconnect(socket.value));
  const address = readAddress(process, pointer, length);
  return address.ok ? zero(yield* sys_socket_connect(process, handle, address.value)) : address;
};

/** Family 0, AF_UNSPEC. */
function isUnspecified(process: Process, pointer: number, length: number): boolean {
  return length === INET_LENGTH && isInside(process, pointer, length) && readU16(memoryOf(process), pointer) === 0;
}
