/**
 * Writes, as write(2): to a socket as sys_socket_sendto without an address; standard output and error go to whoever
 * runs the host.
 *
 * EBADF   the handle is not open, or is not for writing
 * EFAULT  the buffer is outside the process's memory
 * and what sys_socket_sendto says
 */
import { fileAt } from '../kernel/handle.ts';
import type { Open } from '../kernel/handle.ts';
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Answer } from './call.ts';
import * as Utf8 from '../wire/utf8.ts';
import type { NumberedCall } from './numbered.ts';
import { sendFrom } from './socket-sendto.ts';

export function sys_stream_write(process: Process, handle: number, data: Uint8Array | string): Answer<number> {
  const file = fileAt(process, handle);
  if (!file.ok) return file;
  const bytes = typeof data === 'string' ? Utf8.encode(data) : data;
  return writeTo(process, file.value, bytes, 0, bytes.length);
}

export const numbered: NumberedCall = (process, handle, buffer, length) => {
  const file = fileAt(process, handle);
  if (!file.ok) return file;
  if (!isInside(process, buffer, length)) return fail('EFAULT');
  return writeTo(process, file.value, memoryOf(process), buffer, length);
};

function writeTo(process: Process, file: Open, bytes: Uint8Array, at: number, length: number): Answer<number> {
  if (file.kind !== 'standard') return sendFrom(process, file, bytes, at, length, null);
  if (file.stream === 'input') return fail('EBADF');
  process.kernel.output(process, file.stream, bytes.slice(at, at + length));
  return ok(length);
}
