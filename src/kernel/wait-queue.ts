/**
 * Sleeping: a call that may wait yields what it waits for and looks again when it wakes.
 * Whoever is woken runs later at the same instant, in the order of waking, never inside the caller: what wakes a
 * process is often in the middle of receiving a frame.
 */
import { Alarm } from '../sim/event-queue.ts';
import type { Owner } from '../sim/event-queue.ts';
import type { World } from '../sim/world.ts';
import type { Nanos } from '../sim/time.ts';
import type { Result } from './result.ts';

/** A deadline that never comes. */
export const NEVER: Nanos = Infinity;

/** What a generator yields: what it waits for. It is also the step of an iterator that yields it. */
export abstract class Wait implements IteratorYieldResult<Wait> {
  get done(): false {
    return false;
  }

  get value(): this {
    return this;
  }
}

/** Those who sleep until something changes. Waking is for all of them: each looks again for itself. */
export class WaitQueue extends Wait {
  /** Nearly always it is alone. */
  first: Sleeper | null = null;
  /** Those behind it; null until there is one. */
  private others: Sleeper[] | null = null;

  /** How many sleep here. */
  get length(): number {
    return (this.first === null ? 0 : 1) + (this.others?.length ?? 0);
  }

  add(sleeper: Sleeper): void {
    if (this.first === null) this.first = sleeper;
    else (this.others ??= []).push(sleeper);
  }

  /** Nothing happens where it does not sleep here. */
  remove(sleeper: Sleeper): void {
    if (this.first === sleeper) {
      this.first = this.others?.shift() ?? null;
      return;
    }
    const at = this.others?.indexOf(sleeper) ?? -1;
    if (at >= 0) this.others?.splice(at, 1);
  }
}

/** One queue, or none, and a time at which to wake in any case: timeouts, sleep. */
export class Until extends Wait {
  readonly queue: WaitQueue | null;
  readonly deadline: Nanos;

  constructor(queue: WaitQueue | null, deadline: Nanos) {
    super();
    this.queue = queue;
    this.deadline = deadline;
  }
}

/** Several queues at once, and a time at which to wake in any case: poll. */
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

/** Somebody who can sleep; a process is one. As an alarm it goes off when what it waits for has a deadline. */
export abstract class Sleeper extends Alarm {
  readonly scheduler: Scheduler;
  /** What it waits for; null when it is awake. */
  asleep: Wait | null = null;
  /** Who goes on after it, among the woken. */
  nextReady: Sleeper | null = null;

  constructor(scheduler: Scheduler) {
    super();
    this.scheduler = scheduler;
  }

  /** Goes on after having been woken. */
  abstract resume(): void;

  override get owner(): Owner {
    return this.scheduler.owner;
  }

  override get what(): string {
    return 'timeOut';
  }

  override fire(): void {
    leaveQueues(this);
    this.scheduler.runLast(this);
  }
}

/**
 * The woken of one host, first come, first served: a list chained through `Sleeper.nextReady`. Each is in it at most
 * once, so it needs no limit of its own. As an alarm it runs them.
 */
export class Scheduler extends Alarm {
  readonly owner: Owner;
  readonly world: World;
  private firstReady: Sleeper | null = null;
  private lastReady: Sleeper | null = null;
  /** It is armed, or at work. */
  private isScheduled = false;

  /** `owner` is the host, for people. */
  constructor(world: World, owner: Owner) {
    super();
    this.world = world;
    this.owner = owner;
  }

  override get what(): string {
    return 'runReady';
  }

  /** Lets an awake sleeper run at this instant, after those who were ready before. */
  makeReady(sleeper: Sleeper): void {
    if (this.lastReady === null) this.firstReady = sleeper;
    else this.lastReady.nextReady = sleeper;
    this.lastReady = sleeper;
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.world.arm(this, 0);
  }

  /** The same, for an event that does nothing else any more: without another event where that would be the next. */
  runLast(sleeper: Sleeper): void {
    if (this.isScheduled || !this.world.isLastNow) return this.makeReady(sleeper);
    this.isScheduled = true;
    sleeper.resume();
    this.fire();
  }

  override fire(): void {
    // Who is woken meanwhile runs at this instant too.
    for (let sleeper = this.firstReady; sleeper !== null; sleeper = this.firstReady) {
      this.firstReady = sleeper.nextReady;
      if (sleeper.nextReady === null) this.lastReady = null;
      sleeper.nextReady = null;
      sleeper.resume();
    }
    this.isScheduled = false;
  }
}

/** Puts a sleeper to bed. What it waits for may have happened already: it has looked before it yielded. */
export function fallAsleep(sleeper: Sleeper, wait: Wait): void {
  sleeper.asleep = wait;
  if (wait instanceof WaitQueue) {
    wait.add(sleeper);
  } else if (wait instanceof Until) {
    if (wait.queue !== null) wait.queue.add(sleeper);
    armFor(sleeper, wait.deadline);
  } else if (wait instanceof AnyOf) {
    for (const queue of wait.queues) queue.add(sleeper);
    armFor(sleeper, wait.deadline);
  }
}

function armFor(sleeper: Sleeper, deadline: Nanos): void {
  if (deadline === NEVER) return;
  const { world } = sleeper.scheduler;
  world.arm(sleeper, deadline > world.now ? deadline - world.now : 0);
}

/** Wakes all who sleep on the queue. */
export function wake(queue: WaitQueue): void {
  for (let sleeper = queue.first; sleeper !== null; sleeper = queue.first) {
    leaveQueues(sleeper);
    sleeper.scheduler.makeReady(sleeper);
  }
}

/** Takes a sleeper out of every queue it waits in. */
export function leaveQueues(sleeper: Sleeper): void {
  const wait = sleeper.asleep;
  sleeper.asleep = null;
  if (wait instanceof WaitQueue) {
    wait.remove(sleeper);
  } else if (wait instanceof Until) {
    if (wait.queue !== null) wait.queue.remove(sleeper);
  } else if (wait instanceof AnyOf) {
    for (const queue of wait.queues) queue.remove(sleeper);
  }
  if (sleeper.isPending) sleeper.scheduler.world.cancel(sleeper);
}
