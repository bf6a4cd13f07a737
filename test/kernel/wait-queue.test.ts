import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/sim/time.ts';
import { NO_TIMER } from '../../src/sim/world.ts';
import {
  AnyOf,
  createScheduler,
  fallAsleep,
  leaveQueues,
  NEVER,
  wake,
  WaitQueue,
} from '../../src/kernel/wait-queue.ts';
import type { Scheduler, Sleeper } from '../../src/kernel/wait-queue.ts';
import { fakeWorld } from '../fake-world.ts';

const sleeper = (scheduler: Scheduler, wakes: () => void): Sleeper => ({
  scheduler,
  asleep: null,
  timer: NO_TIMER,
  nextReady: null,
  resume: wakes,
});

describe('a wait queue', () => {
  it('wakes all who sleep on it, in order, at the same instant but not inside the caller', () => {
    const world = fakeWorld();
    const scheduler = createScheduler(world);
    const queue = new WaitQueue();
    const log: string[] = [];
    for (const name of ['a', 'b', 'c'])
      fallAsleep(
        sleeper(scheduler, () => log.push(`${name} ${world.now}`)),
        queue,
      );
    world.advance(5);
    wake(queue);
    wake(queue);
    expect(log).toEqual([]);
    world.advance(0);
    expect(log).toEqual(['a 5', 'b 5', 'c 5']);
    expect(world.pendingEvents()).toEqual([]);
  });

  it('runs whoever is woken meanwhile behind those who were ready before', () => {
    const world = fakeWorld();
    const scheduler = createScheduler(world);
    const [first, second] = [new WaitQueue(), new WaitQueue()];
    const log: string[] = [];
    fallAsleep(
      sleeper(scheduler, () => {
        log.push('a');
        wake(second);
      }),
      first,
    );
    fallAsleep(
      sleeper(scheduler, () => log.push('b')),
      first,
    );
    fallAsleep(
      sleeper(scheduler, () => log.push('c')),
      second,
    );
    wake(first);
    world.advance(0);
    expect(log).toEqual(['a', 'b', 'c']);
  });
});

describe('several queues and a deadline', () => {
  it('wake once, and leave nothing behind in the other queues', () => {
    const world = fakeWorld();
    const scheduler = createScheduler(world);
    const queues = [new WaitQueue(), new WaitQueue(), new WaitQueue()];
    let wakes = 0;
    const one = sleeper(scheduler, () => wakes++);
    fallAsleep(one, new AnyOf(queues, 3 * SECOND));
    wake(queues[1]!);
    for (const queue of queues) wake(queue);
    world.advance(10 * SECOND);
    expect(wakes).toBe(1);
    expect(queues.map((queue) => queue.sleepers.length)).toEqual([0, 0, 0]);
    expect(one).toMatchObject({ asleep: null, timer: NO_TIMER });
  });

  it('wake at the deadline, also where it has passed', () => {
    const world = fakeWorld();
    const scheduler = createScheduler(world);
    const log: number[] = [];
    world.advance(SECOND);
    fallAsleep(
      sleeper(scheduler, () => log.push(world.now)),
      new AnyOf([new WaitQueue()], 3 * SECOND),
    );
    fallAsleep(
      sleeper(scheduler, () => log.push(world.now)),
      new AnyOf([], 0),
    );
    world.advance(10 * SECOND);
    expect(log).toEqual([SECOND, 3 * SECOND]);
  });

  it('never wake without a deadline', () => {
    const world = fakeWorld();
    const one = sleeper(createScheduler(world), () => expect.unreachable());
    fallAsleep(one, new AnyOf([], NEVER));
    expect(world.pendingEvents()).toEqual([]);
    leaveQueues(one);
    expect(one.asleep).toBe(null);
  });
});
