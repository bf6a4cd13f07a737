/**
 * Ends a connected socket's reading, writing, or both, as shutdown(2). On a Local stream or seqpacket the peer comes to
 * its end, or gets EPIPE; on others it concerns this socket alone. A listener that is shut down for reading takes no
 * more connections.
 *
 * EBADF     the handle is not open
 * ENOTSOCK  it is no socket
 * EINVAL    `how` is none of 0 (read), 1 (write) and 2 (both)
 * ENOTCONN  the socket is neither connected nor listening. Unlike Linux, also where it is a Local one
 */
import { socketAt } from '../kernel/handle.ts';
import { shutDownInet } from '../kernel/inet-socket.ts';
import { shutDownLocal } from '../kernel/local-socket.ts';
import type { Process } from '../kernel/process.ts';
import { fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';
import { Shutdown } from './values.ts';

export function sys_socket_shutdown(process: Process, handle: number, how: number): Result<undefined> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (how !== Shutdown.Read && how !== Shutdown.Write && how !== Shutdown.Both) return fail('EINVAL');
  const read = how !== Shutdown.Write;
  const write = how !== Shutdown.Read;
  return socket.value.kind === 'inet'
    ? shutDownInet(socket.value, read, write)
    : shutDownLocal(socket.value, read, write);
}

export const numbered: NumberedCall = (process, handle, how) => zero(sys_socket_shutdown(process, handle, how));
