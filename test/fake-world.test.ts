import { describe, expect, it } from 'vitest';
import { charge, FRAME_OVERHEAD } from '../src/sim/frame.ts';
import type { SendCharge } from '../src/sim/frame.ts';
import { fakeWorld } from './fake-world.ts';

describe('the fake world', () => {
  it('moves its clock by hand and fires what is due, in order', () => {
    const world = fakeWorld();
    const fired: [number, number][] = [];
    const again = (_: null, count: number): void => {
      fired.push([world.now, count]);
      if (count > 0) world.after(10, again, null, count - 1);
    };
    world.after(5, again, null, 2);
    world.cancel(world.after(6, again, null, 9));
    world.advance(15);
    expect([world.now, ...fired]).toEqual([15, [5, 2], [15, 1]]);
    expect(world.pendingEvents()).toEqual([{ time: 25, owner: 'fake', what: 'again', argument: 0 }]);
  });

  it('keeps what is sent, consumed and dropped', () => {
    const world = fakeWorld();
    world.advance(3);
    const frame = world.newFrame(60);
    world.transmit(2, frame);
    expect(world.takeSent()).toEqual([{ port: 2, frame, time: 3 }]);
    expect(world.takeSent()).toEqual([]);
    world.drop('no-route', world.frame(new Uint8Array(20)));
    world.consume(world.newFrame(60));
    expect([world.dropped, world.consumed]).toEqual([['no-route'], 1]);
    expect(world.pool.waiting).toBe(1);
  });

  it('has carrier at every port but those that the test says', () => {
    const world = fakeWorld();
    world.setCarrier(1, false);
    expect([world.hasCarrier(0), world.hasCarrier(1)]).toEqual([true, false]);
    world.setCarrier(1, true);
    expect(world.hasCarrier(1)).toBe(true);
  });

  it('can be full, so that copies fail', () => {
    const world = fakeWorld();
    const frame = world.newFrame(60);
    expect(world.copy(frame)?.id).toBe(frame.id);
    world.isFull = true;
    expect(world.copy(frame)).toBeNull();
  });

  it('gives charges back at once, or when the test lets a busy NIC go on', () => {
    const world = fakeWorld();
    const account: SendCharge = { used: 0, waiting: false, released: () => undefined };
    const send = (): void => {
      const frame = world.newFrame(60);
      charge(frame, account);
      world.transmit(0, frame);
    };
    send();
    expect(account.used).toBe(0);
    world.nicIsBusy = true;
    send();
    send();
    expect(account.used).toBe(2 * (60 + FRAME_OVERHEAD));
    world.depart();
    expect(account.used).toBe(60 + FRAME_OVERHEAD);
  });
});
