/**
 * What a call answers: a value, or the errno that says why there is none.
 */
import { ERRNO } from './errno.ts';
import type { Errno } from './errno.ts';

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Failure {
  readonly ok: false;
  readonly errno: Errno;
}

export type Result<T> = Ok<T> | Failure;

/** Success without a value. */
export const DONE: Ok<undefined> = { ok: true, value: undefined };

export function ok<T>(value: T): Ok<T> {
  return { ok: true, value };
}

/** One failure an errno, made once: programs that poll fail often. */
const FAILURES = Object.fromEntries(
  (Object.keys(ERRNO) as Errno[]).map((errno) => [errno, { ok: false, errno }]),
) as Record<Errno, Failure>;

export function fail(errno: Errno): Failure {
  return FAILURES[errno];
}
