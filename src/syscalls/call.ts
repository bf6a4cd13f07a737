/**
 * What a program gets from a call that may sleep: something to `yield*`. It gives the value, or throws SystemCallError
 * where the call fails.
 */
import { describe, ERRNO } from '../kernel/errno.ts';
import type { Errno } from '../kernel/errno.ts';
import { Ok, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { Until } from '../kernel/wait-queue.ts';
import type { Sleeping, Wait } from '../kernel/wait-queue.ts';

/**
 * A call that may sleep, as a program sees it: `yield*` gives its value. It is made at once, and where it need not
 * sleep it is done; the rest happens under `yield*`.
 */
export type Call<T> = Iterable<Wait, T, void>;

/** A call failed, and the program did not ask for the answer in another way. */
export class SystemCallError extends Error {
  readonly errno: Errno;
  /** The call's name, such as 'sys_socket_bind'. */
  readonly call: string;

  constructor(call: string, errno: Errno) {
    super(`${call}: ${describe(errno)}`);
    this.name = 'SystemCallError';
    this.call = call;
    this.errno = errno;
  }

  /** What strerror(3) says of it, such as 'Network is unreachable'. */
  get words(): string {
    return ERRNO[this.errno].words;
  }
}

/** What a call gives that sleeps only where it has to: most find what they want at once. */
export type Answer<T> = Result<T> | Sleeping<T> | Attempts<T>;

/**
 * A call that is attempted again when what it waits for has come. It is one object, for calls that are made with every
 * datagram: the call to its program, what it waits for to the kernel, and its own iterator in between.
 */
export abstract class Attempts<T> extends Until implements Call<T>, Iterator<Wait, T, void> {
  /** The answer; null: not yet, so sleep, and call this again. */
  abstract attempt(): Result<T> | null;
  abstract readonly name: string;

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Wait, T> {
    const answer = this.attempt();
    if (answer === null) return this;
    if (answer instanceof Ok) return answer;
    throw new SystemCallError(this.name, answer.errno);
  }
}

/** For generators that make such a call: `yield* slept(call)`. */
export function* slept<T>(answer: Answer<T>): Sleeping<T> {
  if ('ok' in answer) return answer;
  if (!(answer instanceof Attempts)) return yield* answer;
  for (;;) {
    const attempt = answer.attempt();
    if (attempt !== null) return attempt;
    yield answer;
  }
}

/** The value of a call that never sleeps. */
export function valueOf<T>(name: string, result: Result<T>): T {
  if (!result.ok) throw new SystemCallError(name, result.errno);
  return result.value;
}

/** A call that may sleep, for a program. What had its answer at once, or can be attempted, is a call as it is. */
export function callOf<T>(name: string, answer: Answer<T>): Call<T> {
  if (answer instanceof Ok || answer instanceof Attempts) return answer;
  return 'ok' in answer ? new Refused(name, answer.errno) : new Asleep(name, answer);
}

/** A call that failed at once, and says so under `yield*`. */
class Refused implements Call<never>, Iterator<Wait, never, void> {
  private readonly name: string;
  private readonly errno: Errno;

  constructor(name: string, errno: Errno) {
    this.name = name;
    this.errno = errno;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): never {
    throw new SystemCallError(this.name, this.errno);
  }
}

/** A call that sleeps: its own iterator, which throws where the call fails. */
class Asleep<T> implements Call<T>, Iterator<Wait, T, void> {
  private readonly name: string;
  private readonly sleeping: Sleeping<T>;

  constructor(name: string, sleeping: Sleeping<T>) {
    this.name = name;
    this.sleeping = sleeping;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Wait, T> {
    return this.stepOf(this.sleeping.next());
  }

  /** The process is stopped: what the call was about to do is given up. */
  return(value: T): IteratorResult<Wait, T> {
    return this.stepOf(this.sleeping.return(ok(value)));
  }

  private stepOf(step: IteratorResult<Wait, Result<T>>): IteratorResult<Wait, T> {
    return step.done === true ? { done: true, value: valueOf(this.name, step.value) } : step;
  }
}
