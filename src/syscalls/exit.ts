/**
 * Ends the calling process with the lower eight bits of `status`, as _exit(2). Does not return.
 */
import type { Process } from '../kernel/process.ts';
import { NEVER, Until } from '../kernel/wait-queue.ts';
import type { Sleeping } from '../kernel/wait-queue.ts';
import type { NumberedCall } from './numbered.ts';

export function* sys_exit(process: Process, status: number): Sleeping<never> {
  process.exiting = status;
  // The kernel takes the process from here.
  for (;;) yield new Until(null, NEVER);
}

export const numbered: NumberedCall = sys_exit;
