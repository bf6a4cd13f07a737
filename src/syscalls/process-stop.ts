/**
 * Ends a process of this host wherever it sleeps, as SIGTERM does; its exit status is 143. What it has open is closed.
 * One that has ended already stays as it is. A process that stops itself does not return.
 *
 * ESRCH  no such process
 */
import { stopProcess } from '../kernel/process.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import { NEVER, Until } from '../kernel/wait-queue.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function* sys_process_stop(process: Process, id: number): Sleeping<undefined> {
  const other = process.kernel.processes?.get(id);
  if (other === undefined) return fail('ESRCH');
  stopProcess(other);
  // Now that it stopped itself it only has to wait, and never goes on.
  if (other === process) yield new Until(null, NEVER);
  return DONE;
}

export const numbered: NumberedCall = function* (process, id) {
  return zero(yield* sys_process_stop(process, id));
};
