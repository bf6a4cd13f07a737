/**
 * Sleeps for a time in nanoseconds, as nanosleep(2). 0 lets those run who are ready at this instant.
 *
 * EINVAL  no time
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail, ok } from '../kernel/result.ts';
import { AnyOf, NEVER } from '../kernel/wait-queue.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import type { Nanos } from '../sim/time.ts';
import type { NumberedCall } from './numbered.ts';

export function* sys_sleep(process: Process, time: Nanos): Sleeping<undefined> {
  if (!(time >= 0)) return fail('EINVAL');
  const deadline = process.kernel.world.now + Math.ceil(time);
  // Virtual time ends at 2^53 ns.
  yield new AnyOf([], deadline > Number.MAX_SAFE_INTEGER ? NEVER : deadline);
  return DONE;
}

export const numbered: NumberedCall = function* (process, time) {
  const slept = yield* sys_sleep(process, time);
  return slept.ok ? ok(0) : slept;
};
