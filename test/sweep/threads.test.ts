import { describe, expect, it } from 'vitest';
import { runOnThreads } from '../../src/sweep/run.ts';
import { batchesOf, planSweep, runBatches } from '../../src/sweep/sweep.ts';
import type { Sweep } from '../../src/sweep/sweep.ts';
import { topologyText } from '../open-lab.ts';

const DYING = new URL('dying-thread.mjs', import.meta.url);

function plan(seed: number, seeds: number): Sweep {
  return planSweep({
    text: topologyText('ring'),
    file: 'ring.yaml',
    expect: 'file',
    routes: 'recompute',
    fail: [],
    seeds,
    seed,
    sample: null,
    shard: { index: 1, of: 1 },
  });
}

describe('threads', () => {
  it.each([1, 3])(
    '%i of them lose no result when one dies: the scenario that kills it is an error',
    async (workers) => {
      // Its threads die of seed 13.
      const sweep = plan(1, 40);
      const told: number[] = [];
      const results = await runOnThreads(sweep, [], { workers, entry: DYING, progress: (done) => told.push(done) });
      expect(results.map(({ scenario }) => scenario)).toEqual(sweep.scenarios.map(({ id }) => id));
      expect(results.filter(({ error }) => error !== null)).toMatchObject([
        { scenario: 12, seed: 13, error: 'the thread that ran it has died: exit code 7' },
      ]);
      expect(told.at(-1)).toBe(40);
    },
  );

  it('go on behind what is there already', async () => {
    const sweep = plan(20, 5);
    const before = await runOnThreads({ ...sweep, scenarios: sweep.scenarios.slice(0, 2) }, [], {
      workers: 1,
      entry: DYING,
    });
    const told: number[] = [];
    const results = await runOnThreads(sweep, before, {
      workers: 2,
      entry: DYING,
      progress: (done) => told.push(done),
    });
    expect(results.map(({ seed }) => seed)).toEqual([20, 21, 22, 23, 24]);
    expect(told).toEqual([3, 4, 5]);
  });

  it('end when they are told to, whatever they do', async () => {
    const interruption = new AbortController();
    const { signal } = interruption;
    const run = runOnThreads(plan(1, 40), [], {
      workers: 2,
      entry: DYING,
      signal,
      progress: () => interruption.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
  });
});

describe('batches', () => {
  it('are all scenarios in order, several for each runner, and at most 64 in one', () => {
    const { scenarios } = plan(1, 1_000);
    for (const runners of [1, 2, 7, 64]) {
      const batches = batchesOf(scenarios, runners);
      expect(batches.flat()).toEqual(scenarios);
      expect(batches.length).toBeGreaterThanOrEqual(Math.min(1_000, runners * 4));
      expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(64);
    }
    expect(batchesOf([], 2)).toEqual([]);
  });

  it('come back in their order, whichever ends first', async () => {
    const { scenarios } = plan(1, 8);
    const waiting: (() => void)[] = [];
    const run = runBatches(
      batchesOf(scenarios, 1),
      8,
      async (batch) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return batch.map(({ id, seed }) => ({ scenario: id, seed, failed: [], error: null, cutOff: [], notAsked: [], partitioned: [], broken: [] })); // prettier-ignore
      },
      () => undefined,
    );
    for (const resolve of waiting.reverse()) resolve();
    expect((await run).map(({ scenario }) => scenario)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
