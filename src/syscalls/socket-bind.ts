/**
 * Gives a socket its local address, as bind(2). Port 0 asks for a free ephemeral port. A raw socket has no port.
 *
 * EBADF          the handle is not open
 * ENOTSOCK       it is no socket
 * EFAULT         the address is outside the process's memory
 * EINVAL         no address of this family, or the socket is bound already
 * EAFNOSUPPORT   a Local name for an Inet socket
 * EADDRNOTAVAIL  no interface of this host has the address
 * EADDRINUSE     the port or the name is taken
 */
import { socketAt } from '../kernel/handle.ts';
import { bindInet } from '../kernel/inet-socket.ts';
import { bindLocal } from '../kernel/local-socket.ts';
import type { Process } from '../kernel/process.ts';
import type { Result } from '../kernel/result.ts';
import { endOf, inetEnd, localName, readAddress } from './address.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';
import type { Address } from './values.ts';

export function sys_socket_bind(process: Process, handle: number, address: Address): Result<undefined> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  const end = endOf(address);
  if (!end.ok) return end;
  if (socket.value.kind === 'inet') {
    const inet = inetEnd(end.value);
    return inet.ok ? bindInet(socket.value, inet.value.ip, inet.value.port) : inet;
  }
  const name = localName(end.value);
  return name.ok ? bindLocal(process.kernel, socket.value, name.value) : name;
}

export const numbered: NumberedCall = (process, handle, pointer, length) => {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  const address = readAddress(process, pointer, length);
  return address.ok ? zero(sys_socket_bind(process, handle, address.value)) : address;
};
