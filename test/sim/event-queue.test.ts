import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue, Timer } from '../../src/sim/event-queue.ts';
import type { Fire, Owner } from '../../src/sim/event-queue.ts';

const OWNER = { name: 'h1' };

function note(fired: number[], argument: number): void {
  fired.push(argument);
}

/** Schedules a timer. */
function push<S>(
  queue: EventQueue,
  time: number,
  call: Fire<S, number>,
  state: S,
  argument: number,
  owner: Owner = OWNER,
): Timer {
  const timer = Timer.of(call, state, argument, owner);
  queue.push(time, timer);
  return timer;
}

function drain(queue: EventQueue): void {
  while (queue.nextTime !== Infinity) queue.fireNext();
}

describe('the event queue', () => {
  it('fires in order of time', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    for (const time of [50, 10, 40, 20, 30]) push(queue, time, note, fired, time);
    drain(queue);
    expect(fired).toEqual([10, 20, 30, 40, 50]);
  });

  it('fires what is due at the same time in the order in which it was scheduled', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    for (let i = 0; i < 100; i++) push(queue, 7, note, fired, i);
    drain(queue);
    expect(fired).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('gives an alarm the place among equals that was reserved for it, even if it is armed last', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const alarm = Timer.of(note, fired, 2, OWNER);
    push(queue, 7, note, fired, 1);
    const sequence = queue.reserveSequence();
    push(queue, 7, note, fired, 3);
    queue.arm(alarm, 7, sequence);
    drain(queue);
    expect(fired).toEqual([1, 2, 3]);
  });

  it('lets an alarm be armed again, moved and disarmed', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const alarm = Timer.of(note, fired, 1, OWNER);
    queue.arm(alarm, 5, queue.reserveSequence());
    queue.arm(alarm, 3, queue.reserveSequence());
    expect(queue.pending).toBe(1);
    expect(queue.nextTime).toBe(3);
    queue.fireNext();
    queue.arm(alarm, 9, queue.reserveSequence());
    queue.cancel(alarm);
    queue.cancel(alarm);
    expect(queue.pending).toBe(0);
    queue.arm(alarm, 11, queue.reserveSequence());
    drain(queue);
    expect(fired).toEqual([1, 1]);
  });

  it('lets an event schedule others at its own time, which come after those that were there', () => {
    const queue = new EventQueue();
    const fired: string[] = [];
    const first = (_: null, argument: number): void => {
      fired.push(`first ${argument}`);
      push(queue, 5, second, null, 1);
      push(queue, 5, second, null, 2);
    };
    const second = (_: null, argument: number): void => void fired.push(`second ${argument}`);
    push(queue, 5, first, null, 1);
    push(queue, 5, first, null, 2);
    drain(queue);
    expect(fired).toEqual(['first 1', 'first 2', 'second 1', 'second 2', 'second 1', 'second 2']);
  });

  it('says whether anything else is due at the time of the event at work', () => {
    const queue = new EventQueue();
    const last: boolean[] = [];
    const look = (): void => void last.push(queue.isLastNow);
    const lookTwice = (): void => {
      look();
      const timer = push(queue, 7, look, null, 0);
      look();
      queue.cancel(timer);
      look();
    };
    push(queue, 5, look, null, 0);
    push(queue, 5, look, null, 0);
    push(queue, 6, look, null, 0);
    push(queue, 7, lookTwice, null, 0);
    push(queue, 8, look, null, 0);
    drain(queue);
    expect(last).toEqual([false, true, true, true, false, true, true]);
  });

  it('does not fire what was cancelled', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const timers = [1, 2, 3, 4, 5].map((time) => push(queue, time, note, fired, time));
    expect(queue.cancel(timers[2]!)).toBe(true);
    expect(queue.cancel(timers[0]!)).toBe(true);
    drain(queue);
    expect(fired).toEqual([2, 4, 5]);
  });

  it('ignores a timer that has fired, was cancelled or never was, even when its place is used again', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const spent = push(queue, 1, note, fired, 1);
    drain(queue);
    const cancelled = push(queue, 2, note, fired, 2);
    queue.cancel(cancelled);
    push(queue, 3, note, fired, 3);
    push(queue, 4, note, fired, 4);
    for (const stale of [spent, cancelled, Timer.of(note, fired, 5, OWNER)]) expect(queue.cancel(stale)).toBe(false);
    drain(queue);
    expect(fired).toEqual([1, 3, 4]);
  });

  it('lets an event cancel another one, but not itself any more', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const timers: Timer[] = [];
    const cancelAll = (): void => {
      fired.push(0);
      for (const timer of timers) queue.cancel(timer);
    };
    timers.push(push(queue, 1, cancelAll, null, 0));
    for (const time of [2, 3, 4]) timers.push(push(queue, time, note, fired, time));
    push(queue, 5, note, fired, 5);
    drain(queue);
    expect(fired).toEqual([0, 5]);
  });

  it('goes on after an event that throws', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const fail = (): void => {
      throw new Error('no');
    };
    push(queue, 1, fail, null, 0);
    push(queue, 2, note, fired, 2);
    expect(() => queue.fireNext()).toThrow('no');
    expect(queue.pending).toBe(1);
    drain(queue);
    expect(fired).toEqual([2]);
  });

  it('forgets the states of events that are over', () => {
    const queue = new EventQueue();
    push(queue, 1, () => undefined, { secret: 'fired' }, 0);
    const timer = push(queue, 2, () => undefined, { secret: 'cancelled' }, 0);
    expect(JSON.stringify(queue).match(/secret/g)).toHaveLength(2);
    queue.cancel(timer);
    drain(queue);
    expect(JSON.stringify(queue)).not.toContain('secret');
  });

  it('lists what is pending in order, for people', () => {
    const queue = new EventQueue();
    const ask = (): void => undefined;
    const giveUp = (): void => undefined;
    push(queue, 20, giveUp, null, 3, { name: 'r1' });
    push(queue, 10, ask, null, 0xc0000202);
    push(queue, 20, ask, null, 4);
    expect(queue.list()).toEqual([
      { time: 10, owner: 'h1', what: 'ask', argument: 0xc0000202 },
      { time: 20, owner: 'r1', what: 'giveUp', argument: 3 },
      { time: 20, owner: 'h1', what: 'ask', argument: 4 },
    ]);
  });

  it('holds as many as it is given and keeps their order', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const count = 20_000;
    for (let i = 0; i < count; i++) push(queue, (i * 7_919) % count, note, fired, (i * 7_919) % count);
    expect(queue.pending).toBe(count);
    drain(queue);
    expect(fired).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it('keeps the order when many are cancelled in between', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const count = 20_000;
    const timers: Timer[] = [];
    for (let i = 0; i < count; i++) timers.push(push(queue, (i * 7_919) % count, note, fired, (i * 7_919) % count));
    // The first half scheduled goes, from the last to the first: holes all over the heap.
    for (let i = count / 2 - 1; i >= 0; i--) queue.cancel(timers[i]!);
    drain(queue);
    const left = Array.from({ length: count / 2 }, (_, i) => ((i + count / 2) * 7_919) % count);
    expect(fired).toEqual(left.sort((a, b) => a - b));
  });

  it('does what a sorted list would do, whatever is scheduled, cancelled and fired in between', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), delay: fc.nat(5) }),
      fc.record({ kind: fc.constant('reserve' as const) }),
      fc.record({ kind: fc.constant('arm' as const), delay: fc.nat(5) }),
      fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(50) }),
      fc.record({ kind: fc.constant('fire' as const), then: fc.array(fc.nat(5), { maxLength: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const queue = new EventQueue();
        let model: { time: number; order: number; label: number }[] = [];
        const fired: number[] = [];
        const timers: { timer: Timer; label: number }[] = [];
        let pushes: number[] = [];
        const reserved: { sequence: number; order: number }[] = [];
        let now = 0;
        let order = 0;
        let label = 0;
        const schedule = (delay: number): void => {
          const time = now + delay;
          timers.push({ timer: push(queue, time, work, fired, ++label), label });
          model.push({ time, order: ++order, label });
        };
        const work = (_: number[], what: number): void => {
          fired.push(what);
          model = model.filter((event) => event.label !== what);
          for (const delay of pushes) schedule(delay);
        };
        const alarm = Timer.of(work, fired, -1, OWNER);
        for (const step of actions) {
          if (step.kind === 'push') schedule(step.delay);
          else if (step.kind === 'reserve') reserved.push({ sequence: queue.reserveSequence(), order: ++order });
          else if (step.kind === 'arm') {
            const place = reserved.shift() ?? { sequence: queue.reserveSequence(), order: ++order };
            const time = now + step.delay;
            queue.arm(alarm, time, place.sequence);
            model = [...model.filter((event) => event.label !== -1), { time, order: place.order, label: -1 }];
          } else if (step.kind === 'cancel') {
            const victim = timers[step.which];
            if (victim === undefined) continue;
            expect(queue.cancel(victim.timer)).toBe(model.some((event) => event.label === victim.label));
            model = model.filter((event) => event.label !== victim.label);
          } else if (model.length > 0) {
            const next = model.reduce((a, b) => (b.time < a.time || (b.time === a.time && b.order < a.order) ? b : a));
            expect(queue.nextTime).toBe(next.time);
            pushes = step.then;
            now = next.time;
            queue.fireNext();
            expect(fired[fired.length - 1]).toBe(next.label);
          }
          expect(queue.pending).toBe(model.length);
          expect(queue.list().map(({ argument }) => argument)).toEqual(
            [...model].sort((a, b) => a.time - b.time || a.order - b.order).map((event) => event.label),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
