/**
 * What a call answers: a value, or the errno that says why there is none.
 */
import { ERRNO } from './errno.ts';
import type { Errno } from './errno.ts';

/** As an iterator it is at its end: a program's `yield*` takes the value from it as it is. */
export class Ok<T> implements Iterator<never, T>, IteratorReturnResult<T> {
  readonly ok = true;
  readonly value: T;

  constructor(value: T) {
    this.value = value;
  }

  get done(): true {
    return true;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): this {
    return this;
  }
}

export interface Failure {
  readonly ok: false;
  readonly errno: Errno;
}

export type Result<T> = Ok<T> | Failure;

/** Success without a value. */
export const DONE = new Ok(undefined);

export function ok<T>(value: T): Ok<T> {
  return new Ok(value);
}

/** One failure an errno, made once: programs that poll fail often. */
const FAILURES = Object.fromEntries(
  (Object.keys(ERRNO) as Errno[]).map((errno) => [errno, { ok: false, errno }]),
) as Record<Errno, Failure>;

export function fail(errno: Errno): Failure {
  return FAILURES[errno];
}
