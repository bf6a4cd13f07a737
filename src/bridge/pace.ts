/**
 * Runs a lab by the real clock: a nanosecond of virtual time for each that passes. Frames from outside come in at the
 * present, and each event happens as soon as its time has come. A lab that cannot keep up is late, and skips nothing.
 */
import type { Lab } from '../lab/lab.ts';
import type { Nanos } from '../sim/time.ts';
import { formatSeconds, MILLISECOND } from '../sim/time.ts';
import type { Outside } from './outside.ts';

export interface PaceOptions {
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Says something to the person who runs the lab. */
  readonly say: (text: string) => void;
  /** Called whenever the lab has been brought to the present, to write out what has gathered. */
  readonly caughtUp?: () => void;
}

/**
 * 'done': there are foreground programs, and all have ended, with no frame on its way; 'until': the lab's last moment
 * has come; 'stopped': by the signal.
 */
export type PacedEnd = 'done' | 'until' | 'stopped';

/** Virtual time between two looks at the real one. */
const SLICE: Nanos = 1 * MILLISECOND;
/** Real time after which what came from outside is looked at, however late the lab is. */
const LONGEST_TURN: Nanos = 20 * MILLISECOND;
/** Timers of the platform come late by so much; for shorter waits we poll. */
const TIMER_RESOLUTION: Nanos = 2 * MILLISECOND;
const LONGEST_TIMER: Nanos = 60_000 * MILLISECOND;
/** A lab that is so late is said to be late. */
const LATE: Nanos = 100 * MILLISECOND;

export function runPaced(lab: Lab, outside: Outside, options: PaceOptions): Promise<PacedEnd> {
  return new Pacer(lab, outside, options).run();
}

class Pacer {
  private readonly lab: Lab;
  private readonly outside: Outside;
  private readonly options: PaceOptions;
  private readonly until: Nanos;
  private readonly hasProgramsToAwait: boolean;
  /** Virtual time less real time. */
  private readonly offset: Nanos;
  private timer: NodeJS.Timeout | null = null;
  private immediate: NodeJS.Immediate | null = null;
  private isLate = false;
  private settle: { resolve(end: PacedEnd): void; reject(error: unknown): void } | null = null;

  constructor(lab: Lab, outside: Outside, options: PaceOptions) {
    this.lab = lab;
    this.outside = outside;
    this.options = options;
    this.until = lab.until ?? Infinity;
    this.hasProgramsToAwait = lab.jobs.some(({ background }) => !background);
    this.offset = lab.now - clock();
  }

  run(): Promise<PacedEnd> {
    const { signal } = this.options;
    return new Promise<PacedEnd>((resolve, reject) => {
      this.settle = { resolve, reject };
      this.outside.arrived = () => this.arrived();
      signal.addEventListener('abort', this.wake);
      this.wake();
    }).finally(() => {
      this.settle = null;
      this.sleep();
      this.outside.arrived = () => undefined;
      signal.removeEventListener('abort', this.wake);
    });
  }

  /** What is due happens before what just came in; that happens in the turn that follows. */
  private arrived(): void {
    this.attempt(() => this.catchUp());
    this.wake();
  }

  private readonly wake = (): void => {
    if (this.settle === null || this.immediate !== null) return;
    this.sleep();
    this.immediate = setImmediate(this.turn);
  };

  private sleep(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.immediate !== null) clearImmediate(this.immediate);
    this.timer = null;
    this.immediate = null;
  }

  private readonly turn = (): void => {
    this.immediate = null;
    this.timer = null;
    this.attempt(() => {
      this.catchUp();
      this.options.caughtUp?.();
      const end = this.findEnd();
      if (end === null) this.schedule();
      else this.settle?.resolve(end);
    });
  };

  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.settle?.reject(error);
    }
  }

  /** Brings the lab to the present, or, when it has much to do, some way towards it. */
  private catchUp(): void {
    const { lab, until } = this;
    const began = clock();
    const present = Math.min(began + this.offset, until);
    while (lab.now < present) {
      const next = lab.nextEventTime() ?? Infinity;
      lab.runUntil(next > present ? present : Math.min(Math.max(lab.now, next) + SLICE, present));
      if (clock() - began > LONGEST_TURN) break;
    }
    const late = clock() + this.offset - lab.now;
    if (!this.isLate && late > LATE && lab.now < until) {
      this.isLate = true;
      this.options.say(
        `at ${formatSeconds(lab.now)} s the lab is ${Math.round(late / MILLISECOND)} ms behind the clock: ` +
          'it has more to do than this machine can',
      );
    }
  }

  private findEnd(): PacedEnd | null {
    if (this.options.signal.aborted) return 'stopped';
    if (this.hasProgramsToAwait && this.lab.isDone) return 'done';
    return this.lab.now >= this.until ? 'until' : null;
  }

  private schedule(): void {
    const due = Math.min(this.lab.nextEventTime() ?? Infinity, this.until);
    const wait = due - this.offset - clock();
    if (wait <= TIMER_RESOLUTION) this.wake();
    else {
      this.sleep();
      this.timer = setTimeout(this.turn, Math.floor(Math.min(wait, LONGEST_TIMER) / MILLISECOND) - 1);
    }
  }
}

/** The real time in whole nanoseconds, from some moment on. */
function clock(): Nanos {
  return Math.floor(performance.now() * MILLISECOND);
}
