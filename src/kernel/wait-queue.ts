/**
 * Sleeping: a call that may wait is a generator, which yields what it waits for and looks again when it wakes.
 * Whoever is woken runs later at the same instant, in the order of waking, never inside the caller: what wakes a
 * process is often in the middle of receiving a frame.
 */
import { NO_TIMER } from '../sim/world.ts';
import type { TimerId, World } from '../sim/world.ts';
import type { Nanos } from '../sim/time.ts';
import type { Result } from './result.ts';

/** A deadline that never comes. */
export const NEVER: Nanos = Infinity;

/** What a generator yields: what it waits for. */
export abstract class Wait {
  /** The step of an iterator that yields it. */
  readonly step: IteratorYieldResult<Wait> = { done: false, value: this };
}

/** Those who sleep until something changes. Waking is for all of them: each looks again for itself. */
export class WaitQueue extends Wait {
  readonly sleepers: Sleeper[] = [];
}

/** Several queues at once, and a time at which to wake in any case: poll, timeouts, sleep. */
export class AnyOf extends Wait {
  readonly queues: readonly WaitQueue[];
  readonly deadline: Nanos;

  constructor(queues: readonly WaitQueue[], deadline: Nanos) {
    super();
    this.queues = queues;
    this.deadline = deadline;
  }
}

/** A call that has to sleep before it answers. */
export type Sleeping<T> = Generator<Wait, Result<T>, void>;

/** The same for calls that are made with every datagram: an object is half as dear to make and to wake as a generator. */
export abstract class Attempts<T> {
  /** The answer, or what to wait for before this is called again. */
  abstract attempt(): Result<T> | Wait;
}

/** What a call gives that sleeps only where it has to: most find what they want at once. */
export type Answer<T> = Result<T> | Sleeping<T> | Attempts<T>;

/** For generators that make such a call: `yield* slept(call)`. */
export function* slept<T>(answer: Answer<T>): Sleeping<T> {
  if ('ok' in answer) return answer;
  if (!(answer instanceof Attempts)) return yield* answer;
  for (;;) {
    const attempt = answer.attempt();
    if (!(attempt instanceof Wait)) return attempt;
    yield attempt;
  }
}

/** Somebody who can sleep; a process is one. */
export interface Sleeper {
  readonly scheduler: Scheduler;
  /** What it waits for; null when it is awake. */
  asleep: Wait | null;
  timer: TimerId;
  /** Who goes on after it, among the woken. */
  nextReady: Sleeper | null;
  /** Goes on after having been woken. */
  readonly resume: (sleeper: Sleeper) => void;
}

/**
 * The woken of one host, first come, first served: a list chained through `Sleeper.nextReady`. Each is in it at most
 * once, so it needs no limit of its own.
 */
export interface Scheduler {
  readonly world: World;
  firstReady: Sleeper | null;
  lastReady: Sleeper | null;
  /** The event that runs them is on its way, or at work. */
  scheduled: boolean;
}

export function createScheduler(world: World): Scheduler {
  return { world, firstReady: null, lastReady: null, scheduled: false };
}

/** Puts a sleeper to bed. What it waits for may have happened already: it has looked before it yielded. */
export function fallAsleep(sleeper: Sleeper, wait: Wait): void {
  sleeper.asleep = wait;
  if (wait instanceof WaitQueue) {
    wait.sleepers.push(sleeper);
    return;
  }
  if (!(wait instanceof AnyOf)) return;
  for (const queue of wait.queues) queue.sleepers.push(sleeper);
  if (wait.deadline === NEVER) return;
  const { world } = sleeper.scheduler;
  sleeper.timer = world.after(Math.max(0, wait.deadline - world.now), timeOut, sleeper, 0);
}

/** Wakes all who sleep on the queue. */
export function wake(queue: WaitQueue): void {
  while (queue.sleepers.length > 0) wakeUp(queue.sleepers[0]!);
}

function timeOut(sleeper: Sleeper): void {
  sleeper.timer = NO_TIMER;
  wakeUp(sleeper);
}

function wakeUp(sleeper: Sleeper): void {
  leaveQueues(sleeper);
  makeReady(sleeper);
}

/** Takes a sleeper out of every queue it waits in. */
export function leaveQueues(sleeper: Sleeper): void {
  const wait = sleeper.asleep;
  sleeper.asleep = null;
  if (wait instanceof WaitQueue) {
    leave(wait, sleeper);
  } else if (wait instanceof AnyOf) {
    for (const queue of wait.queues) leave(queue, sleeper);
  }
  if (sleeper.timer === NO_TIMER) return;
  sleeper.scheduler.world.cancel(sleeper.timer);
  sleeper.timer = NO_TIMER;
}

function leave(queue: WaitQueue, sleeper: Sleeper): void {
  const { sleepers } = queue;
  // Nearly always it is alone.
  if (sleepers.length === 1 && sleepers[0] === sleeper) sleepers.pop();
  else {
    const at = sleepers.indexOf(sleeper);
    if (at >= 0) sleepers.splice(at, 1);
  }
}

/** Lets an awake sleeper run at this instant, after those who were ready before. */
export function makeReady(sleeper: Sleeper): void {
  const { scheduler } = sleeper;
  if (scheduler.lastReady === null) scheduler.firstReady = sleeper;
  else scheduler.lastReady.nextReady = sleeper;
  scheduler.lastReady = sleeper;
  if (scheduler.scheduled) return;
  scheduler.scheduled = true;
  scheduler.world.after(0, runReady, scheduler, 0);
}

function runReady(scheduler: Scheduler): void {
  // Who is woken meanwhile runs at this instant too.
  for (let sleeper = scheduler.firstReady; sleeper !== null; sleeper = scheduler.firstReady) {
    scheduler.firstReady = sleeper.nextReady;
    if (sleeper.nextReady === null) scheduler.lastReady = null;
    sleeper.nextReady = null;
    sleeper.resume(sleeper);
  }
  scheduler.scheduled = false;
}
