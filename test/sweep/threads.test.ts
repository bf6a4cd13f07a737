import { describe, expect, it } from 'vitest';
import { runInBatches, runOnThreads } from '../../src/sweep/run.ts';
import type { Scenario } from '../../src/sweep/scenario.ts';
import type { ScenarioResult } from '../../src/sweep/study.ts';
import { planSweep } from '../../src/sweep/sweep.ts';
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
  const resultOf = ({ id, seed }: Scenario): ScenarioResult => ({
    scenario: id,
    seed,
    failed: [],
    error: null,
    cutOff: [],
    notAsked: [],
    partitioned: [],
    broken: [],
  });

  it.each([1, 2, 7, 64])(
    'for %i runners are all scenarios once, at most 64 in one, and few at the end',
    async (runners) => {
      const { scenarios } = plan(1, 1_000);
      const sizes: number[] = [];
      const run = (batch: readonly Scenario[]) => {
        sizes.push(batch.length);
        return Promise.resolve(batch.map(resultOf));
      };
      const results = await runInBatches(scenarios, runners, run, () => undefined);
      expect(results).toEqual(scenarios.map(resultOf));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
      expect(sizes.at(-1)).toBe(1);
    },
  );

  it('come back in their order, whichever ends first', async () => {
    const { scenarios } = plan(1, 8);
    const waiting: (() => void)[] = [];
    const run = async (batch: readonly Scenario[]) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return batch.map(resultOf);
    };
    const results = runInBatches(scenarios, 8, run, () => undefined);
    for (const resolve of waiting.reverse()) resolve();
    expect((await results).map(({ scenario }) => scenario)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
