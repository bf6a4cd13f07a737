/**
 * Reads, as read(2): from a socket what sys_socket_recvfrom receives, without the sender; standard input is at its end
 * from the start. No bytes at the end of a stream.
 *
 * EBADF   the handle is not open, or is not for reading
 * EFAULT  the buffer is outside the process's memory
 * EINVAL  a size that is none
 * and what sys_socket_recvfrom says
 */
import { fileAt } from '../kernel/handle.ts';
import { isInside } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import { slept } from './call.ts';
import type { NumberedCall } from './numbered.ts';
import { receiveInto, sys_socket_recvfrom } from './socket-recvfrom.ts';

export function* sys_stream_read(process: Process, handle: number, size: number): Sleeping<Uint8Array> {
  const file = fileAt(process, handle);
  if (!file.ok) return file;
  if (!Number.isInteger(size) || size < 0) return fail('EINVAL');
  if (file.value.kind === 'standard') return file.value.stream === 'input' ? ok(new Uint8Array(0)) : fail('EBADF');
  const received = yield* slept(sys_socket_recvfrom(process, handle, size));
  return received.ok ? ok(received.value.data) : received;
}

export const numbered: NumberedCall = (process, handle, buffer, size) => {
  const file = fileAt(process, handle);
  if (!file.ok) return file;
  if (!isInside(process, buffer, size)) return fail('EFAULT');
  if (file.value.kind === 'standard') return file.value.stream === 'input' ? ok(0) : fail('EBADF');
  return receiveInto(process, file.value, buffer, size, 0, 0);
};
