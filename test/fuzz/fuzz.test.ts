/** A short form of `npm run fuzz`, and whether it would notice. */
import { describe, expect, it } from 'vitest';
import { removeWhere } from '../../src/stack/routes.ts';
import { run } from './campaign.ts';
import { findBroken, findUnsettled } from './invariants.ts';
import { reduce } from './reduce.ts';
import { readSeeds } from './seeds.ts';
import { makeBatch, openSiege, play } from './siege.ts';
import type { Action } from './siege.ts';

/** The same frames wherever it runs. */
const { groups: seeds } = readSeeds(false);

describe('a lab under fire', () => {
  it('survives, loses count of no frame, and answers; with poisoned frames too, and then does the same', () => {
    let injected = 0;
    const settings = { seed: 1, frames: 8_000, batch: 2_000, life: 4_000, seeds, twin: true };
    const failure = run(settings, (progress) => {
      injected = progress.injected;
      return [];
    });
    expect(failure?.problems).toBeUndefined();
    expect(injected).toBe(8_000);
  });

  it('meets frames that get far: answered, forwarded, put together, consumed', () => {
    const siege = openSiege({ seed: 2, seeds });
    const actions = makeBatch(siege.lab, seeds, 'far', 2, 2_000);
    expect(play(siege, actions)).toEqual([]);
    const { made, consumed } = siege.lab.frameCounts();
    expect(made).toBeGreaterThan(400);
    expect(consumed).toBeGreaterThan(600);
    expect(siege.changed).toBeGreaterThan(20);
    const reasons = [...siege.lab.drops().keys()];
    expect(reasons).toEqual(
      expect.arrayContaining(['bad-checksum', 'bad-option', 'no-socket', 'ttl-expired', 'source-route', 'no-route']),
    );
    expect(reasons.length).toBeGreaterThan(30);
  });

  it('is the same for the same seed, and another one for another', () => {
    const { lab } = openSiege({ seed: 1, seeds });
    const batch = (name: string, seed: number): Action[] => makeBatch(lab, seeds, name, seed, 100);
    expect(batch('lab 0 batch 0', 1)).toEqual(batch('lab 0 batch 0', 1));
    expect(batch('lab 0 batch 0', 1)).not.toEqual(batch('lab 0 batch 1', 1));
    expect(batch('lab 0 batch 0', 1)).not.toEqual(batch('lab 0 batch 0', 2));
  });
});

describe('what is looked for is noticed', () => {
  it('a frame that is kept, dropped in silence, or never comes to rest', () => {
    const { lab } = openSiege({ seed: 1, seeds });
    expect(findBroken(lab)).toEqual([]);
    const { pool } = lab.simulator;
    const frame = pool.make(60);
    expect(findBroken(lab)).toEqual([expect.stringContaining('0 frames are on links and 0 in devices')]);
    expect(findUnsettled(lab)).toEqual(['1 frames wait, 0 of them to be read']);
    pool.drop(frame);
    expect(findBroken(lab)).toEqual(['1 frames dropped, 0 of them with a reason']);
  });

  it('a table that counts wrong', () => {
    const { lab } = openSiege({ seed: 1, seeds });
    lab.kernel('h1').stack.neighborCount++;
    expect(findBroken(lab)).toEqual(['h1: 0 neighbours, counted 1']);
  });

  it('an exception, a host that no longer answers, a program that has ended', () => {
    const throws = openSiege({ seed: 1, seeds });
    throws.lab.node('h1').receive = () => {
      throw new TypeError('no such thing');
    };
    expect(play(throws, [])).toEqual([expect.stringContaining('TypeError: no such thing')]);

    const silent = openSiege({ seed: 1, seeds });
    const { stack } = silent.lab.kernel('h4');
    removeWhere(stack, () => true);
    expect(play(silent, [])).toContain('h1 does not reach h4: status 1');
  });
});

describe('a failing batch', () => {
  it('is cut down to the actions that are needed', () => {
    const actions: Action[] = Array.from({ length: 500 }, (_, link) => ({ do: 'carrier', link, up: true }));
    const kept = reduce(actions, (some) =>
      [17, 18, 400].every((wanted) => some.some((one) => one.do === 'carrier' && one.link === wanted)),
    );
    expect(kept.map((one) => (one.do === 'carrier' ? one.link : -1))).toEqual([17, 18, 400]);
  });
});
