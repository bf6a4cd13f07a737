/**
 * The socket's own address, as getsockname(2): 0.0.0.0 and port 0 where it has none, '' for a Local one.
 *
 * EBADF     the handle is not open
 * ENOTSOCK  it is no socket
 * EFAULT    the address or the length are outside the process's memory
 * EINVAL    a Local address, and nothing says how much room there is for it
 */
import { socketAt } from '../kernel/handle.ts';
import type { Process } from '../kernel/process.ts';
import { ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { checkAddressRoom, localEnd, writeAddress } from './address.ts';
import type { NumberedCall } from './numbered.ts';
import type { End } from './values.ts';

export function sys_socket_get_local_address(process: Process, handle: number): Result<End> {
  const socket = socketAt(process, handle);
  return socket.ok ? ok(localEnd(socket.value)) : socket;
}

/** a2: a u32 with the room, which receives the length; or 0. */
export const numbered: NumberedCall = (process, handle, pointer, roomPointer) => {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  const room = checkAddressRoom(process, socket.value, pointer, roomPointer);
  if (!room.ok) return room;
  writeAddress(process, pointer, roomPointer, localEnd(socket.value));
  return ok(0);
};
