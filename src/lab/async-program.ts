/**
 * Programs for people who prefer async and await. Virtual time stands still while such a program computes, and goes on
 * only when it waits in a call; so what it does is as repeatable as a generator, whatever the machine's pace.
 * The calls of one program are made one after the other; to wait for several things at once there is sys_poll.
 */
import type { Process, Start } from '../kernel/process.ts';
import { WaitQueue, wake } from '../kernel/wait-queue.ts';
import type { Wait } from '../kernel/wait-queue.ts';
import { makeSys } from '../syscalls/program.ts';
import type { Call, Program, Sys } from '../syscalls/program.ts';

/** The calls as an async program sees them: those that may sleep give a promise. */
export type AsyncSys = {
  readonly [Name in keyof Sys]: Sys[Name] extends (...args: infer Args) => Call<infer T>
    ? (...args: Args) => Promise<T>
    : Sys[Name];
};

export type AsyncProgram = (sys: AsyncSys, argv: readonly string[]) => Promise<number | void>;

/** What lets the lab wait for its async programs. */
export class Gate {
  /** Programs that have the control: the lab's time stands still. */
  private outside = 0;
  private release: (() => void) | null = null;
  /** Asks the simulator to return after the current event. */
  private readonly pause: () => void;

  constructor(pause: () => void) {
    this.pause = pause;
  }

  /** Resolves when every async program waits in a call or has ended. */
  async closed(): Promise<void> {
    while (this.outside > 0) await new Promise<void>((resolve) => (this.release = resolve));
  }

  get isOpen(): boolean {
    return this.outside > 0;
  }

  leave(): void {
    this.outside++;
    this.pause();
  }

  comeBack(): void {
    this.outside--;
    if (this.outside === 0) this.release?.();
  }
}

/** A call that the program has made and that the process is to carry out. */
interface Request {
  readonly call: Call<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The body of a process that runs an async program. */
export function startOfAsync(program: AsyncProgram, gate: Gate): Start {
  return (process) => run(process, program, gate);
}

function* run(process: Process, program: AsyncProgram, gate: Gate): Generator<Wait, number | void, void> {
  const requests: Request[] = [];
  const called = new WaitQueue();
  const outcome: { done: boolean; status: number | void; error: unknown; failed: boolean } = {
    done: false,
    status: undefined,
    error: undefined,
    failed: false,
  };
  // Whoever makes a call or ends hands the control back to the lab.
  let isOutside = false;
  const leave = (): void => {
    isOutside = true;
    gate.leave();
  };
  const comeBack = (): void => {
    if (!isOutside) return;
    isOutside = false;
    wake(called);
    gate.comeBack();
  };
  const sys = asyncSys(makeSys(process), (request) => {
    requests.push(request);
    comeBack();
  });

  try {
    leave();
    program(sys, process.argv).then(
      (status) => {
        outcome.done = true;
        outcome.status = status;
        comeBack();
      },
      (error: unknown) => {
        outcome.done = true;
        outcome.failed = true;
        outcome.error = error;
        comeBack();
      },
    );
    for (;;) {
      const request = requests.shift();
      if (request !== undefined) {
        try {
          const value = yield* request.call;
          leave();
          request.resolve(value);
        } catch (error) {
          leave();
          request.reject(error);
        }
      } else if (outcome.done) {
        if (outcome.failed) throw outcome.error;
        return outcome.status;
      }
      // The control is outside: until the program calls again or ends.
      while (requests.length === 0 && !outcome.done) yield called;
    }
  } finally {
    comeBack();
  }
}

function asyncSys(sys: Sys, submit: (request: Request) => void): AsyncSys {
  const wrapped: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(sys) as [string, (...args: unknown[]) => unknown][]) {
    wrapped[name] = isGeneratorFunction(call)
      ? (...args: unknown[]) =>
          new Promise((resolve, reject) => {
            submit({ call: call(...args) as Call<unknown>, resolve, reject });
          })
      : call;
  }
  return wrapped as unknown as AsyncSys;
}

const GeneratorFunction: unknown = Object.getPrototypeOf(function* () {});
const AsyncFunction: unknown = Object.getPrototypeOf(async function () {});

function isGeneratorFunction(candidate: unknown): boolean {
  return Object.getPrototypeOf(candidate) === GeneratorFunction;
}

/** Whether a function was written with `async`. */
export function isAsyncFunction(candidate: Program | AsyncProgram): candidate is AsyncProgram {
  return Object.getPrototypeOf(candidate) === AsyncFunction;
}
