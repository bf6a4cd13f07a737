/**
 * Lets others connect to a Local stream or seqpacket socket, as listen(2). `backlog` and one connections may wait to be
 * accepted, 4,097 at most; a negative backlog asks for so many.
 *
 * EBADF       the handle is not open
 * ENOTSOCK    it is no socket
 * EOPNOTSUPP  a datagram or raw socket
 * EINVAL      the socket has no name, or is connected
 */
import { socketAt } from '../kernel/handle.ts';
import { listenLocal } from '../kernel/local-socket.ts';
import type { Process } from '../kernel/process.ts';
import { fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_socket_listen(process: Process, handle: number, backlog: number): Result<undefined> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  return socket.value.kind === 'inet' ? fail('EOPNOTSUPP') : listenLocal(socket.value, backlog);
}

export const numbered: NumberedCall = (process, handle, backlog) => zero(sys_socket_listen(process, handle, backlog));
