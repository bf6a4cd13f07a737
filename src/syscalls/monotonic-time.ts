/**
 * Virtual time since the lab's start, in nanoseconds, as clock_gettime(2) of CLOCK_MONOTONIC. It stands still while a
 * program does not wait. Cannot fail.
 */
import type { Process } from '../kernel/process.ts';
import { ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { Nanos } from '../sim/time.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_monotonic_time(process: Process): Result<Nanos> {
  return ok(process.kernel.world.now);
}

export const numbered: NumberedCall = sys_monotonic_time;
