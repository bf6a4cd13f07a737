/**
 * Opens a second handle for the same thing, as dup(2): the two share everything, modes and timeouts included.
 *
 * EBADF   the handle is not open
 * EMFILE  the process has as many handles as it may
 */
import { fileAt, openHandle } from '../kernel/handle.ts';
import type { Process } from '../kernel/process.ts';
import type { Result } from '../kernel/result.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_handle_duplicate(process: Process, handle: number): Result<number> {
  const file = fileAt(process, handle);
  return file.ok ? openHandle(process, file.value) : file;
}

export const numbered: NumberedCall = sys_handle_duplicate;
