/**
 * The names of the host's interfaces, lo first; in memory joined by newlines, and cut where the buffer ends.
 *
 * EFAULT  the buffer is outside the process's memory
 */
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Utf8 from '../wire/utf8.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_list_interfaces(process: Process): Result<readonly string[]> {
  return ok(process.kernel.stack.interfaces.map((at) => at.name));
}

export const numbered: NumberedCall = (process, buffer, room) => {
  if (!isInside(process, buffer, room)) return fail('EFAULT');
  const bytes = Utf8.encode(process.kernel.stack.interfaces.map((at) => at.name).join('\n'));
  const length = Math.min(room, bytes.length);
  copyBytes(bytes, 0, memoryOf(process), buffer, length);
  return ok(length);
};
