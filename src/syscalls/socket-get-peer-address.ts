/**
 * The address of the peer that the socket is connected to, as getpeername(2); '' for a Local one without a name.
 *
 * EBADF     the handle is not open
 * ENOTSOCK  it is no socket
 * EFAULT    the address or the length are outside the process's memory
 * EINVAL    a Local address, and nothing says how much room there is for it
 * ENOTCONN  it is not connected
 */
import { socketAt } from '../kernel/handle.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { checkAddressRoom, remoteEnd, writeAddress } from './address.ts';
import type { NumberedCall } from './numbered.ts';
import type { End } from './values.ts';

export function sys_socket_get_peer_address(process: Process, handle: number): Result<End> {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  const end = remoteEnd(socket.value);
  return end === null ? fail('ENOTCONN') : ok(end);
}

/** a2: a u32 with the room, which receives the length; or 0. */
export const numbered: NumberedCall = (process, handle, pointer, roomPointer) => {
  const socket = socketAt(process, handle);
  if (!socket.ok) return socket;
  const room = checkAddressRoom(process, socket.value, pointer, roomPointer);
  if (!room.ok) return room;
  const end = remoteEnd(socket.value);
  if (end === null) return fail('ENOTCONN');
  writeAddress(process, pointer, roomPointer, end);
  return ok(0);
};
