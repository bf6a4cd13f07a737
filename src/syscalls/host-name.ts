/**
 * The host's name, as gethostname(2); in memory without a NUL behind it.
 *
 * EFAULT        the buffer is outside the process's memory
 * ENAMETOOLONG  the buffer is too short
 */
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Utf8 from '../wire/utf8.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_host_name(process: Process): Result<string> {
  return ok(process.kernel.name);
}

/** a0, a1: the buffer; answers with the name's length. */
export const numbered: NumberedCall = (process, buffer, room) => {
  if (!isInside(process, buffer, room)) return fail('EFAULT');
  const bytes = Utf8.encode(process.kernel.name);
  if (bytes.length > room) return fail('ENAMETOOLONG');
  copyBytes(bytes, 0, memoryOf(process), buffer, bytes.length);
  return ok(bytes.length);
};
