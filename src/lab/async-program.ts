/**
 * Programs for people who prefer async and await. Virtual time stands still while such a program computes, and goes on
 * only when it waits in a call; so what it does is as repeatable as a generator, whatever the machine's pace.
 * The calls of one program are made one after the other; to wait for several things at once there is sys_poll.
 * Unlike a generator, a program that is stopped is not told: the promise of the call it waits in stays pending.
 */
import type { Process, Start } from '../kernel/process.ts';
import { WaitQueue, wake } from '../kernel/wait-queue.ts';
import type { Wait } from '../kernel/wait-queue.ts';
import { makeSys } from '../syscalls/program.ts';
import { CALLS } from '../syscalls/table.ts';
import type { Call, Program, Sys } from '../syscalls/program.ts';

/** The calls as an async program sees them: those that may sleep give a promise. */
export type AsyncSys = {
  readonly [Name in keyof Sys]: Sys[Name] extends (...args: infer Args) => Call<infer T>
    ? (...args: Args) => Promise<T>
    : Sys[Name];
};

/** A program that awaits its calls; what it resolves to is the exit status, 0 where it is nothing. */
export type AsyncProgram = (sys: AsyncSys, argv: readonly string[]) => Promise<number | void>;

type SleepingName = {
  [Name in keyof Sys]: Sys[Name] extends (...args: never) => Call<unknown> ? Name : never;
}[keyof Sys];

/** The calls that may sleep. */
const SLEEPING: Readonly<Record<SleepingName, true>> = {
  sys_exit: true,
  sys_poll: true,
  sys_process_stop: true,
  sys_process_wait: true,
  sys_sleep: true,
  sys_socket_accept: true,
  sys_socket_connect: true,
  sys_socket_recvfrom: true,
  sys_socket_sendto: true,
  sys_stream_read: true,
  sys_stream_write: true,
};

/** What lets the lab wait for its async programs: open while one of them computes. */
export class Gate {
  /** Those that compute; the lab's time stands still. */
  private readonly outside = new Set<Process>();
  private release: (() => void) | null = null;
  /** Asks the simulator to return after the current event. */
  private readonly pause: () => void;

  constructor(pause: () => void) {
    this.pause = pause;
  }

  /** Resolves when every async program waits in a call or has ended. */
  async closed(): Promise<void> {
    while (this.isOpen) await new Promise<void>((resolve) => (this.release = resolve));
  }

  get isOpen(): boolean {
    return this.outside.size > 0;
  }

  /** One that computes, as messages name it; null when none does. */
  get holder(): string | null {
    for (const { kernel, argv } of this.outside) return `${kernel.name}: ${argv.join(' ')}`;
    return null;
  }

  leave(process: Process): void {
    this.outside.add(process);
    this.pause();
  }

  /** False when the process was not outside. */
  comeBack(process: Process): boolean {
    if (!this.outside.delete(process)) return false;
    if (!this.isOpen) this.release?.();
    return true;
  }
}

type Outcome = { readonly ok: true; readonly status: number | void } | { readonly ok: false; readonly error: unknown };

/** A call that the program has made and that the process is to carry out. */
interface Request {
  readonly call: () => Call<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The body of a process that runs an async program. */
export function startOfAsync(program: AsyncProgram, gate: Gate): Start {
  return (process) => run(process, program, gate);
}

function* run(process: Process, program: AsyncProgram, gate: Gate): Generator<Wait, number | void, void> {
  const requests: Request[] = [];
  /** Wakes when the program has made a call, or has ended. */
  const heard = new WaitQueue();
  let outcome = null as Outcome | null;
  const comeBack = (): void => {
    if (gate.comeBack(process)) wake(heard);
  };
  const end = (its: Outcome): void => {
    outcome = its;
    comeBack();
  };
  const sys = asyncSys(makeSys(process), (request) => {
    requests.push(request);
    comeBack();
  });

  try {
    gate.leave(process);
    program(sys, process.argv).then(
      (status) => end({ ok: true, status }),
      (error: unknown) => end({ ok: false, error }),
    );
    for (;;) {
      while (requests.length === 0 && outcome === null) yield heard;
      const request = requests.shift();
      if (request === undefined) return statusOf(outcome);
      // A call that was made without waiting for the one before: the program need not call again.
      gate.comeBack(process);
      yield* carryOut(request, process, gate);
    }
  } finally {
    comeBack();
  }
}

/** Makes the call that the program asked for; with the answer the program goes on, and time stands still. */
function* carryOut({ call, resolve, reject }: Request, process: Process, gate: Gate): Generator<Wait, void, void> {
  let value: unknown;
  try {
    value = yield* call();
  } catch (error) {
    gate.leave(process);
    reject(error);
    return;
  }
  gate.leave(process);
  resolve(value);
}

function statusOf(outcome: Outcome | null): number | void {
  if (outcome === null) throw new Error('an async program has neither called nor ended');
  if (!outcome.ok) throw outcome.error;
  return outcome.status;
}

function asyncSys(sys: Sys, submit: (request: Request) => void): AsyncSys {
  const calls = sys as unknown as Record<string, (...args: unknown[]) => unknown>;
  const wrapped: Record<string, unknown> = {};
  for (const { name } of Object.values(CALLS)) {
    wrapped[name] = Object.hasOwn(SLEEPING, name)
      ? (...args: unknown[]) =>
          new Promise((resolve, reject) => {
            submit({ call: () => calls[name]!(...args) as Call<unknown>, resolve, reject });
          })
      : (...args: unknown[]) => calls[name]!(...args);
  }
  return wrapped as unknown as AsyncSys;
}

/** Whether a function was written with `async`. */
export function isAsyncFunction(candidate: Program | AsyncProgram): candidate is AsyncProgram {
  return kindOf(candidate) === 'AsyncFunction';
}

/** By name, since a function may come from another realm: a frame of a page, a vm context. */
function kindOf(candidate: unknown): string {
  return Object.prototype.toString.call(candidate).slice('[object '.length, -1);
}
