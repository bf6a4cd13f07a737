/**
 * Ties an Inet socket to one interface, as SO_BINDTODEVICE of socket(7): it sends there and takes datagrams from there
 * only, whatever the routes say.
 *
 * EBADF       the handle is not open
 * ENOTSOCK    it is no socket
 * EFAULT      the name is outside the process's memory
 * EINVAL      the name is empty, longer than 256 bytes, or not UTF-8
 * EOPNOTSUPP  a Local socket
 * ENODEV      no interface has the name
 */
import { socketAt } from '../kernel/handle.ts';
import { read_user_string } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { interfaceNamed } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_socket_bind_interface(process: Process, handle: number, name: string): Result<undefined> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  if (socket.value.kind === 'local') return fail('EOPNOTSUPP');
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  socket.value.endpoint.bound = at.value;
  return DONE;
}

export const numbered: NumberedCall = (process, handle, namePointer, nameLength) => {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  const name = read_user_string(process, namePointer, nameLength);
  return name.ok ? zero(sys_socket_bind_interface(process, handle, name.value)) : name;
};
