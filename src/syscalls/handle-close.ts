/**
 * Closes a handle, as close(2). With the last handle of a socket its name or port is free again, and what waits to be
 * read is lost.
 *
 * EBADF  the handle is not open
 */
import { closeHandle } from '../kernel/handle.ts';
import type { Process } from '../kernel/process.ts';
import type { Result } from '../kernel/result.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_handle_close(process: Process, handle: number): Result<undefined> {
  return closeHandle(process, handle);
}

export const numbered: NumberedCall = (process, handle) => zero(closeHandle(process, handle));
