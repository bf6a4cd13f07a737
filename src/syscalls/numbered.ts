/**
 * What a call looks like under its number: arguments are machine words, and the answer is a natural number. Pointers
 * are checked here, at the kernel's edge, before anything is done.
 */
import type { Process } from '../kernel/process.ts';
import { ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { Answer } from './call.ts';

export type NumberedCall = (
  process: Process,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  a4: number,
  a5: number,
) => Answer<number>;

const ZERO = ok(0);

/** The answer of calls that have nothing to say but that they were done. */
export function zero(result: Result<unknown>): Result<number> {
  return result.ok ? ZERO : result;
}
