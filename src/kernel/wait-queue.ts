/**
 * Sleeping: a call that may wait is a generator, which yields what it waits for and looks again when it wakes.
 * Whoever is woken runs later at the same instant, in the order of waking, never inside the caller: what wakes a
 * process is often in the middle of receiving a frame.
 */
import { NO_TIMER } from '../sim/world.ts';
import type { TimerId, World } from '../sim/world.ts';
import type { Nanos } from '../sim/time.ts';
import type { Failure, Result } from './result.ts';

/** A deadline that never comes. */
export const NEVER: Nanos = Infinity;

/** Those who sleep until something changes. Waking is for all of them: each looks again for itself. */
export class WaitQueue {
  readonly sleepers: Sleeper[] = [];
}

/** Several queues at once, and a time at which to wake in any case: poll, timeouts, sleep. */
export class AnyOf {
  readonly queues: readonly WaitQueue[];
  readonly deadline: Nanos;

  constructor(queues: readonly WaitQueue[], deadline: Nanos) {
    this.queues = queues;
    this.deadline = deadline;
  }
}

/** What a generator yields: what it waits for. */
export type Wait = WaitQueue | AnyOf;

/** A call that may sleep before it answers. */
export type Sleeping<T> = Generator<Wait, Result<T>, void>;

/** The answer of a call that need not sleep after all. */
export function* answer(failure: Failure): Sleeping<never> {
  return failure;
}

/** Somebody who can sleep; a process is one. */
export interface Sleeper {
  readonly scheduler: Scheduler;
  /** What it waits for; null when it is awake. */
  asleep: Wait | null;
  timer: TimerId;
  /** Goes on after having been woken. */
  readonly resume: (sleeper: Sleeper) => void;
}

/** The woken of one host, first come, first served. Each is in it at most once, so it needs no limit of its own. */
export interface Scheduler {
  readonly world: World;
  ready: Sleeper[];
  /** The batch that ran last, empty: the two lists take turns. */
  spare: Sleeper[];
  /** The event that runs them is on its way, or at work. */
  scheduled: boolean;
}

export function createScheduler(world: World): Scheduler {
  return { world, ready: [], spare: [], scheduled: false };
}

/** Puts a sleeper to bed. What it waits for may have happened already: it has looked before it yielded. */
export function fallAsleep(sleeper: Sleeper, wait: Wait): void {
  sleeper.asleep = wait;
  if (wait instanceof WaitQueue) {
    wait.sleepers.push(sleeper);
    return;
  }
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
  } else if (wait !== null) {
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
  scheduler.ready.push(sleeper);
  if (scheduler.scheduled) return;
  scheduler.scheduled = true;
  scheduler.world.after(0, runReady, scheduler, 0);
}

function runReady(scheduler: Scheduler): void {
  // Who is woken meanwhile runs at this instant too.
  while (scheduler.ready.length > 0) {
    const batch = scheduler.ready;
    scheduler.ready = scheduler.spare;
    for (let i = 0; i < batch.length; i++) {
      const sleeper = batch[i]!;
      sleeper.resume(sleeper);
    }
    batch.length = 0;
    scheduler.spare = batch;
  }
  scheduler.scheduled = false;
}
