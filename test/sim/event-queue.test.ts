import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/sim/event-queue.ts';
import { NO_TIMER } from '../../src/sim/world.ts';
import type { TimerId } from '../../src/sim/world.ts';

const OWNER = { name: 'h1' };

function note(fired: number[], argument: number): void {
  fired.push(argument);
}

function drain(queue: EventQueue): void {
  while (queue.nextTime !== Infinity) queue.fireNext();
}

describe('the event queue', () => {
  it('fires in order of time', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    for (const time of [50, 10, 40, 20, 30]) queue.push(time, note, fired, time, OWNER);
    drain(queue);
    expect(fired).toEqual([10, 20, 30, 40, 50]);
  });

  it('fires what is due at the same time in the order in which it was scheduled', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    for (let i = 0; i < 100; i++) queue.push(7, note, fired, i, OWNER);
    drain(queue);
    expect(fired).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('gives an alarm the place among equals that was reserved for it, even if it is armed last', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const alarm = queue.createAlarm(note, fired, 2, OWNER);
    queue.push(7, note, fired, 1, OWNER);
    const sequence = queue.reserveSequence();
    queue.push(7, note, fired, 3, OWNER);
    queue.arm(alarm, 7, sequence);
    drain(queue);
    expect(fired).toEqual([1, 2, 3]);
  });

  it('lets an alarm be armed again, moved and disarmed', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const alarm = queue.createAlarm(note, fired, 1, OWNER);
    queue.arm(alarm, 5, queue.reserveSequence());
    queue.arm(alarm, 3, queue.reserveSequence());
    expect(queue.pending).toBe(1);
    expect(queue.nextTime).toBe(3);
    queue.fireNext();
    queue.arm(alarm, 9, queue.reserveSequence());
    queue.disarm(alarm);
    queue.disarm(alarm);
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
      queue.push(5, second, null, 1, OWNER);
      queue.push(5, second, null, 2, OWNER);
    };
    const second = (_: null, argument: number): void => void fired.push(`second ${argument}`);
    queue.push(5, first, null, 1, OWNER);
    queue.push(5, first, null, 2, OWNER);
    drain(queue);
    expect(fired).toEqual(['first 1', 'first 2', 'second 1', 'second 2', 'second 1', 'second 2']);
  });

  it('does not fire what was cancelled', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const timers = [1, 2, 3, 4, 5].map((time) => queue.push(time, note, fired, time, OWNER));
    expect(queue.cancel(timers[2]!)).toBe(true);
    expect(queue.cancel(timers[0]!)).toBe(true);
    drain(queue);
    expect(fired).toEqual([2, 4, 5]);
  });

  it('ignores a timer that has fired, was cancelled or never was, even when its place is used again', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const spent = queue.push(1, note, fired, 1, OWNER);
    drain(queue);
    const cancelled = queue.push(2, note, fired, 2, OWNER);
    queue.cancel(cancelled);
    queue.push(3, note, fired, 3, OWNER);
    queue.push(4, note, fired, 4, OWNER);
    for (const stale of [spent, cancelled, NO_TIMER, -1, 123_456_789]) expect(queue.cancel(stale)).toBe(false);
    drain(queue);
    expect(fired).toEqual([1, 3, 4]);
  });

  it('lets an event cancel another one, but not itself any more', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const timers: TimerId[] = [];
    const cancelAll = (): void => {
      fired.push(0);
      for (const timer of timers) queue.cancel(timer);
    };
    timers.push(queue.push(1, cancelAll, null, 0, OWNER));
    for (const time of [2, 3, 4]) timers.push(queue.push(time, note, fired, time, OWNER));
    queue.push(5, note, fired, 5, OWNER);
    drain(queue);
    expect(fired).toEqual([0, 5]);
  });

  it('goes on after an event that throws', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const fail = (): void => {
      throw new Error('no');
    };
    queue.push(1, fail, null, 0, OWNER);
    queue.push(2, note, fired, 2, OWNER);
    expect(() => queue.fireNext()).toThrow('no');
    expect(queue.pending).toBe(1);
    drain(queue);
    expect(fired).toEqual([2]);
  });

  it('forgets the states of events that are over', () => {
    const queue = new EventQueue();
    queue.push(1, () => undefined, { secret: 'fired' }, 0, OWNER);
    const timer = queue.push(2, () => undefined, { secret: 'cancelled' }, 0, OWNER);
    expect(JSON.stringify(queue).match(/secret/g)).toHaveLength(2);
    queue.cancel(timer);
    drain(queue);
    expect(JSON.stringify(queue)).not.toContain('secret');
  });

  it('lists what is pending in order, for people', () => {
    const queue = new EventQueue();
    const ask = (): void => undefined;
    const giveUp = (): void => undefined;
    queue.push(20, giveUp, null, 3, { name: 'r1' });
    queue.push(10, ask, null, 0xc0000202, OWNER);
    queue.push(20, ask, null, 4, OWNER);
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
    for (let i = 0; i < count; i++) queue.push((i * 7_919) % count, note, fired, (i * 7_919) % count, OWNER);
    expect(queue.pending).toBe(count);
    drain(queue);
    expect(fired).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it('keeps the order when many are cancelled in between', () => {
    const queue = new EventQueue();
    const fired: number[] = [];
    const count = 20_000;
    const timers: TimerId[] = [];
    for (let i = 0; i < count; i++)
      timers.push(queue.push((i * 7_919) % count, note, fired, (i * 7_919) % count, OWNER));
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
        const timers: { timer: TimerId; label: number }[] = [];
        let pushes: number[] = [];
        const reserved: { sequence: number; order: number }[] = [];
        let now = 0;
        let order = 0;
        let label = 0;
        const push = (delay: number): void => {
          const time = now + delay;
          timers.push({ timer: queue.push(time, work, fired, ++label, OWNER), label });
          model.push({ time, order: ++order, label });
        };
        const work = (_: number[], what: number): void => {
          fired.push(what);
          model = model.filter((event) => event.label !== what);
          for (const delay of pushes) push(delay);
        };
        const alarm = queue.createAlarm(work, fired, -1, OWNER);
        for (const step of actions) {
          if (step.kind === 'push') push(step.delay);
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
