/**
 * Sends a datagram, or bytes on a stream, as sendto(2): to the address, or without one to the connected peer. Sleeps
 * while the send buffer is full. A stream may take less than it was given when it may not wait; the answer is how much.
 *
 * EBADF          the handle is not open
 * ENOTSOCK       it is no socket
 * EFAULT         data or address are outside the process's memory
 * EINVAL         no address of this family, or port 0
 * EAFNOSUPPORT   a Local name for an Inet socket
 * EDESTADDRREQ   no address, and a datagram or raw socket without a peer
 * EMSGSIZE       too large for one datagram or message, or with path MTU discovery for the path
 * ENETUNREACH    no route; EHOSTUNREACH: an unreachable route, or nobody answers; EACCES: a broadcast address without
 *                permission, or a prohibit route; ENETDOWN, ENOBUFS: the interface cannot take it
 * ECONNREFUSED   nobody has the name; or, as the others just named, what became of an earlier datagram
 * EPROTOTYPE     who has the name is of another type
 * EPERM          who has the name is connected to another
 * EISCONN        an address, on a connected stream; EOPNOTSUPP on one that is not
 * ENOTCONN       a stream or seqpacket that is not connected
 * EPIPE          shut down for writing, or nobody reads any more
 * ECONNRESET     the peer closed before it had read everything
 * EAGAIN         no room, and the call may not wait, or not longer
 */
import { socketAt } from '../kernel/handle.ts';
import { writeDeadline } from '../kernel/open-file.ts';
import type { Socket } from '../kernel/handle.ts';
import { sendInet } from '../kernel/inet-socket.ts';
import { sendLocal } from '../kernel/local-socket.ts';
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail } from '../kernel/result.ts';
import type { Answer } from './call.ts';
import * as Utf8 from '../wire/utf8.ts';
import { endOf, INET_LENGTH, localName, readAddress, wrongFamily } from './address.ts';
import type { NumberedCall } from './numbered.ts';
import type { Address, End } from './values.ts';

export function sys_socket_sendto(
  process: Process,
  handle: number,
  data: Uint8Array | string,
  to?: Address,
): Answer<number> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  const bytes = typeof data === 'string' ? Utf8.encode(data) : data;
  if (to === undefined) return sendFrom(process, socket.value, bytes, 0, bytes.length, null);
  const end = endOf(to);
  return end.ok ? sendFrom(process, socket.value, bytes, 0, bytes.length, end.value) : end;
}

/** a3: the destination's address, or 0; a4: its length, 0 for the 8 bytes of an Inet one. */
export const numbered: NumberedCall = (process, handle, buffer, length, addressPointer, addressLength) => {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (!isInside(process, buffer, length)) return fail('EFAULT');
  if (addressPointer === 0) return sendFrom(process, socket.value, memoryOf(process), buffer, length, null);
  const end = readAddress(process, addressPointer, addressLength === 0 ? INET_LENGTH : addressLength);
  return end.ok ? sendFrom(process, socket.value, memoryOf(process), buffer, length, end.value) : end;
};

/** Sends `length` bytes from `at`, from memory that was checked. */
export function sendFrom(
  process: Process,
  socket: Socket,
  bytes: Uint8Array,
  at: number,
  length: number,
  to: End | null,
): Answer<number> {
  if (socket.kind === 'inet') {
    if (to === null) return sendInet(process, socket, bytes, at, length, null, 0);
    if (typeof to !== 'string') return sendInet(process, socket, bytes, at, length, to.ip, to.port);
    return wrongFamily(to);
  }
  const deadline = writeDeadline(process, socket);
  const data = bytes.subarray(at, at + length);
  // As Linux: a seqpacket does not even look at the address.
  if (to === null || socket.type === 'seqpacket') return sendLocal(process.kernel, socket, data, null, deadline);
  if (socket.type === 'stream') return fail(socket.state === 'connected' ? 'EISCONN' : 'EOPNOTSUPP');
  const name = localName(to);
  return name.ok ? sendLocal(process.kernel, socket, data, name.value, deadline) : name;
}
