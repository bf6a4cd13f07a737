/**
 * Sleeps for a time in nanoseconds, as nanosleep(2). 0 lets those run who are ready at this instant.
 *
 * EINVAL  no time
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { NEVER } from '../kernel/wait-queue.ts';
import type { Nanos } from '../sim/time.ts';
import { Attempts, slept } from './call.ts';
import type { Answer } from './call.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_sleep(process: Process, time: Nanos): Answer<undefined> {
  if (!(time >= 0)) return fail('EINVAL');
  const deadline = process.kernel.world.now + Math.ceil(time);
  // Virtual time ends at 2^53 ns.
  return new Sleep(deadline > Number.MAX_SAFE_INTEGER ? NEVER : deadline);
}

/** There is nothing to look at again: whoever is woken has slept. */
class Sleep extends Attempts<undefined> {
  private hasSlept = false;

  constructor(deadline: Nanos) {
    super(null, deadline);
  }

  override get name(): string {
    return 'sys_sleep';
  }

  override attempt(): Result<undefined> | null {
    if (this.hasSlept) return DONE;
    this.hasSlept = true;
    return null;
  }
}

export const numbered: NumberedCall = function* (process, time) {
  return zero(yield* slept(sys_sleep(process, time)));
};
