import { describe, expect, it } from 'vitest';
import { charge, FRAME_OVERHEAD, Frame, FramePool, MAX_FRAME_LENGTH, release } from '../../src/sim/frame.ts';
import type { SendCharge } from '../../src/sim/frame.ts';

describe('the frame pool', () => {
  it('numbers packets, and copies and parts keep the number', () => {
    const pool = new FramePool();
    const first = pool.make(60);
    const second = pool.inject(new Uint8Array([1, 2, 3]));
    expect([first.id, second.id]).toEqual([1, 2]);
    second.corrupted = true;
    second.record = 7;
    const copy = pool.copy(second);
    const part = pool.makePart(second, 100);
    expect(copy).toMatchObject({ id: 2, length: 3, corrupted: true, record: 7 });
    expect([...copy.bytes.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect(part).toMatchObject({ id: 2, length: 100, corrupted: true, record: 7 });
  });

  it('uses frames that ended again, as good as new', () => {
    const pool = new FramePool();
    const frame = pool.make(60);
    frame.corrupted = true;
    frame.record = 3;
    pool.drop(frame);
    const again = pool.make(61);
    expect(again).toBe(frame);
    expect(again).toMatchObject({ length: 61, id: 2, corrupted: false, record: 0, charge: null });
  });

  it('has room for the longest frame on lo, and says when one cannot be', () => {
    const pool = new FramePool();
    for (const length of [0, 256, 257, 2_048, 2_049, 16_384, 16_385, 14 + 65_536]) {
      expect(pool.make(length).bytes.length).toBeGreaterThanOrEqual(length);
    }
    expect(() => pool.make(MAX_FRAME_LENGTH + 1)).toThrow(`${MAX_FRAME_LENGTH}`);
    expect(pool.counts.made).toBe(8);
  });

  it('counts what is on its way, in frames and in bytes of memory', () => {
    const pool = new FramePool();
    const a = pool.make(100);
    const b = pool.copy(a);
    const c = pool.inject(new Uint8Array(1_500));
    expect([pool.waiting, pool.bytesWaiting]).toEqual([3, 256 + 256 + 2_048]);
    pool.consume(a);
    pool.drop(b);
    expect([pool.waiting, pool.bytesWaiting]).toEqual([1, 2_048]);
    pool.drop(c);
    expect(pool.counts).toEqual({ made: 1, copied: 1, injected: 1, consumed: 1, dropped: 2 });
    expect([pool.waiting, pool.bytesWaiting]).toEqual([0, 0]);
  });

  it('is full at its limit of frames, or of bytes', () => {
    const few = new FramePool({ maxFrames: 2 });
    const first = few.make(60);
    expect(few.isFull).toBe(false);
    few.make(60);
    expect(few.isFull).toBe(true);
    few.consume(first);
    expect(few.isFull).toBe(false);

    const small = new FramePool({ maxFrameBytes: 100_000 });
    small.make(65_000);
    expect(small.isFull).toBe(false);
    small.make(65_000);
    expect(small.isFull).toBe(true);
  });

  it('does not keep frames that it did not make', () => {
    const pool = new FramePool();
    const stranger = new Frame(new Uint8Array(256));
    pool.drop(stranger);
    expect(pool.make(60)).not.toBe(stranger);
  });

  it('spoils what was given away when poisoning, and shows what nobody has written', () => {
    const pool = new FramePool({ poison: true });
    const frame = pool.make(4);
    expect([...frame.bytes.subarray(0, 4)]).toEqual([0xdd, 0xdd, 0xdd, 0xdd]);
    frame.bytes.set([1, 2, 3, 4]);
    frame.record = 5;
    const moved = pool.move(frame);
    expect(moved).toMatchObject({ id: 1, length: 4, record: 5 });
    expect([...moved.bytes.subarray(0, 4)]).toEqual([1, 2, 3, 4]);
    expect(frame.length).toBe(0);
    expect(frame.bytes.every((byte) => byte === 0xdd)).toBe(true);
    pool.consume(moved);
    expect(moved.bytes.every((byte) => byte === 0xdd)).toBe(true);
    expect([pool.waiting, pool.bytesWaiting]).toEqual([0, 0]);
    expect(pool.make(4)).not.toBe(moved);
  });
});

describe('a send charge', () => {
  it('counts frames with their bookkeeping until they are released, moved or ended, once', () => {
    const woken: number[] = [];
    const account: SendCharge = { used: 0, waiting: false, released: ({ used }) => void woken.push(used) };
    const pool = new FramePool({ poison: true });
    const frames = [100, 200, 300].map((length) => pool.make(length));
    for (const frame of frames) charge(frame, account);
    expect(account.used).toBe(600 + 3 * FRAME_OVERHEAD);
    const moved = pool.move(frames[0]!);
    expect(account.used).toBe(600 + 3 * FRAME_OVERHEAD);
    release(moved);
    release(moved);
    expect(account.used).toBe(500 + 2 * FRAME_OVERHEAD);
    expect(woken).toEqual([]);
    account.waiting = true;
    pool.drop(frames[1]!);
    pool.consume(frames[2]!);
    expect(woken).toEqual([300 + FRAME_OVERHEAD, 0]);
  });

  it('is not copied with the frame', () => {
    const account: SendCharge = { used: 0, waiting: false, released: () => undefined };
    const pool = new FramePool();
    const frame = pool.make(100);
    charge(frame, account);
    expect(pool.copy(frame).charge).toBeNull();
  });
});
