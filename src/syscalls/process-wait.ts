/**
 * Waits until a process that the caller started has ended, as waitpid(2), and gives its exit status. Each can be waited
 * for once.
 *
 * ECHILD  the caller has no such child
 */
import { disown } from '../kernel/process.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import type { NumberedCall } from './numbered.ts';

export function* sys_process_wait(process: Process, id: number): Sleeping<number> {
  const child = process.kernel.processes?.get(id);
  if (child === undefined || child.parent !== process) return fail('ECHILD');
  while (child.exitStatus === null) yield child.exited;
  disown(child);
  return ok(child.exitStatus);
}

export const numbered: NumberedCall = sys_process_wait;
