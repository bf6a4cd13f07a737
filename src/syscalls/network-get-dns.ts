/**
 * The DNS server that the host's resolver asks; none is null, in memory 0.0.0.0.
 *
 * EFAULT  the address is outside the process's memory
 */
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { writeU32 } from '../wire/bytes.ts';
import { ANY } from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_get_dns(process: Process): Result<Ip4 | null> {
  return ok(process.kernel.dns);
}

/** a0: where the 4 address bytes go. */
export const numbered: NumberedCall = (process, pointer) => {
  if (!isInside(process, pointer, 4)) return fail('EFAULT');
  writeU32(memoryOf(process), pointer, process.kernel.dns ?? ANY);
  return ok(0);
};
