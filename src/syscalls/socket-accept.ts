/**
 * Takes the oldest connection that waits at a listener, as accept(2), and opens a handle for it; sleeps until there is
 * one. Who it is from, sys_socket_get_peer_address says.
 *
 * EBADF       the handle is not open
 * ENOTSOCK    it is no socket
 * EMFILE      the process has as many handles as it may; the connection goes on waiting
 * EOPNOTSUPP  a datagram or raw socket
 * EINVAL      the socket does not listen, or was shut down
 * EAGAIN      none waits, and the call may not wait, or not longer
 */
import { hasFreeHandles, openHandle, socketAt } from '../kernel/handle.ts';
import { readDeadline } from '../kernel/open-file.ts';
import { acceptLocal } from '../kernel/local-socket.ts';
import type { Process } from '../kernel/process.ts';
import { fail } from '../kernel/result.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import type { NumberedCall } from './numbered.ts';

export function* sys_socket_accept(process: Process, handle: number): Sleeping<number> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (!hasFreeHandles(process, 1)) return fail('EMFILE');
  if (socket.value.kind === 'inet') return fail('EOPNOTSUPP');
  const accepted = yield* acceptLocal(process.kernel, socket.value, readDeadline(process, socket.value));
  return accepted.ok ? openHandle(process, accepted.value) : accepted;
}

export const numbered: NumberedCall = sys_socket_accept;
