import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/sim/time.ts';
import {
  AnyOf,
  fallAsleep,
  leaveQueues,
  NEVER,
  Scheduler,
  Sleeper,
  Until,
  wake,
  WaitQueue,
} from '../../src/kernel/wait-queue.ts';
import { fakeWorld } from '../fake-world.ts';

class Dozer extends Sleeper {
  override readonly resume: () => void;

  constructor(scheduler: Scheduler, wakes: () => void) {
    super(scheduler);
    this.resume = wakes;
  }
}

describe('a wait queue', () => {
  it('wakes all who sleep on it, in order, at the same instant but not inside the caller', () => {
    const world = fakeWorld();
    const scheduler = new Scheduler(world, world);
    const queue = new WaitQueue();
    const log: string[] = [];
    for (const name of ['a', 'b', 'c']) fallAsleep(new Dozer(scheduler, () => log.push(`${name} ${world.now}`)), queue);
    world.advance(5);
    wake(queue);
    wake(queue);
    expect(log).toEqual([]);
    world.advance(0);
    expect(log).toEqual(['a 5', 'b 5', 'c 5']);
    expect(world.pendingEvents()).toEqual([]);
  });

  it('lets go of whoever leaves it, and of nobody else', () => {
    const world = fakeWorld();
    const scheduler = new Scheduler(world, world);
    const queue = new WaitQueue();
    const log: string[] = [];
    const all = ['a', 'b', 'c', 'd'].map((name) => new Dozer(scheduler, () => log.push(name)));
    for (const one of all) fallAsleep(one, queue);
    for (const at of [2, 0, 2]) leaveQueues(all[at]!);
    expect(queue.length).toBe(2);
    wake(queue);
    world.advance(0);
    expect(log).toEqual(['b', 'd']);
    expect(queue.length).toBe(0);
  });

  it('runs whoever is woken meanwhile behind those who were ready before', () => {
    const world = fakeWorld();
    const scheduler = new Scheduler(world, world);
    const [first, second] = [new WaitQueue(), new WaitQueue()];
    const log: string[] = [];
    fallAsleep(
      new Dozer(scheduler, () => {
        log.push('a');
        wake(second);
      }),
      first,
    );
    fallAsleep(new Dozer(scheduler, () => log.push('b')), first);
    fallAsleep(new Dozer(scheduler, () => log.push('c')), second);
    wake(first);
    world.advance(0);
    expect(log).toEqual(['a', 'b', 'c']);
  });
});

describe('a queue and a deadline', () => {
  it('wake by whichever comes first', () => {
    const world = fakeWorld();
    const scheduler = new Scheduler(world, world);
    const queue = new WaitQueue();
    const log: string[] = [];
    const one = new Dozer(scheduler, () => log.push(`${world.now}`));
    fallAsleep(one, new Until(queue, 3 * SECOND));
    world.advance(SECOND);
    wake(queue);
    world.advance(0);
    fallAsleep(one, new Until(queue, 3 * SECOND));
    world.advance(5 * SECOND);
    wake(queue);
    fallAsleep(one, new Until(null, 7 * SECOND));
    world.advance(5 * SECOND);
    expect(log).toEqual([1, 3, 7].map((seconds) => `${seconds * SECOND}`));
    expect(queue.length).toBe(0);
  });

  it('run at once who wakes by a deadline of his own, but behind what is due at that instant', () => {
    const world = fakeWorld();
    const [first, second] = [new Scheduler(world, world), new Scheduler(world, world)];
    const log: string[] = [];
    fallAsleep(new Dozer(first, () => log.push('a')), new Until(null, SECOND));
    fallAsleep(new Dozer(second, () => log.push('b')), new Until(null, SECOND));
    world.after(SECOND, () => log.push('event'), null, 0);
    world.advance(2 * SECOND);
    expect(log).toEqual(['event', 'a', 'b']);
  });
});

describe('several queues and a deadline', () => {
  it('wake once, and leave nothing behind in the other queues', () => {
    const world = fakeWorld();
    const scheduler = new Scheduler(world, world);
    const queues = [new WaitQueue(), new WaitQueue(), new WaitQueue()];
    let wakes = 0;
    const one = new Dozer(scheduler, () => wakes++);
    fallAsleep(one, new AnyOf(queues, 3 * SECOND));
    wake(queues[1]!);
    for (const queue of queues) wake(queue);
    world.advance(10 * SECOND);
    expect(wakes).toBe(1);
    expect(queues.map((queue) => queue.length)).toEqual([0, 0, 0]);
    expect(one).toMatchObject({ asleep: null, isPending: false });
  });

  it('wake at the deadline, also where it has passed', () => {
    const world = fakeWorld();
    const scheduler = new Scheduler(world, world);
    const log: number[] = [];
    world.advance(SECOND);
    fallAsleep(new Dozer(scheduler, () => log.push(world.now)), new AnyOf([new WaitQueue()], 3 * SECOND));
    fallAsleep(new Dozer(scheduler, () => log.push(world.now)), new AnyOf([], 0));
    world.advance(10 * SECOND);
    expect(log).toEqual([SECOND, 3 * SECOND]);
  });

  it('never wake without a deadline', () => {
    const world = fakeWorld();
    const one = new Dozer(new Scheduler(world, world), () => expect.unreachable());
    fallAsleep(one, new AnyOf([], NEVER));
    expect(world.pendingEvents()).toEqual([]);
    leaveQueues(one);
    expect(one.asleep).toBe(null);
  });
});
