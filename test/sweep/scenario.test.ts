import { describe, expect, it } from 'vitest';
import { readTopology } from '../../src/lab/topology.ts';
import { listScenarios } from '../../src/sweep/scenario.ts';
import type { ScenarioRequest } from '../../src/sweep/scenario.ts';
import { topologyText } from '../open-lab.ts';

const ring = readTopology(topologyText('ring'), { file: 'ring.yaml' });
const list = (request: Partial<ScenarioRequest>) =>
  listScenarios(ring, { fail: [], seeds: 1, seed: 1, sample: null, ...request });

describe('scenarios', () => {
  it('begin with nothing failed, go through each set in turn, and count on', () => {
    const found = list({ fail: ['links=1', 'r1'] });
    expect(found).toHaveLength(1 + 6 + 1);
    expect(found[0]).toEqual({ id: 0, seed: 1, links: [], nodes: [] });
    expect(found[7]).toEqual({ id: 7, seed: 1, links: [], nodes: [2] });
    expect(found.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('have each failure with each seed, from the first on', () => {
    const found = list({ fail: ['r1', 'r2'], seeds: 3, seed: 40 });
    expect(found.map(({ seed, nodes }) => `${nodes.join()}:${seed}`)).toEqual([
      ...[':40', ':41', ':42', '2:40', '2:41', '2:42', '3:40', '3:41', '3:42'],
    ]);
  });

  it('of a sample are as many as asked for, in order, and the same from the same seed', () => {
    const sample = (seed: number) => list({ fail: ['links=3'], sample: 7, seed }).map(({ links }) => links.join());
    expect(sample(1)).toHaveLength(8);
    expect(new Set(sample(1)).size).toBe(8);
    expect(sample(1)).toEqual(sample(1));
    expect(sample(2)).not.toEqual(sample(1));
    const whole = list({ fail: ['links=3'] }).map(({ links }) => links.join());
    expect(whole.filter((one) => sample(1).includes(one))).toEqual(sample(1));
    expect(list({ fail: ['links=3'], sample: 20 })).toEqual(list({ fail: ['links=3'] }));
  });

  it('all have the same chance of being in a sample', () => {
    const hits = new Map<string, number>();
    for (let seed = 0; seed < 3_000; seed++) {
      for (const { links } of list({ fail: ['links=1'], sample: 2, seed }).slice(1)) {
        hits.set(links.join(), (hits.get(links.join()) ?? 0) + 1);
      }
    }
    // 1,000 expected of each; four standard deviations of a binomial are 103.
    for (let link = 0; link < 6; link++) expect(Math.abs(hits.get(String(link))! - 1_000)).toBeLessThan(104);
  });

  it('are refused where they are too many, with what to do', () => {
    const links = Array.from({ length: 300 }, (_, i) => `h1.eth${i} -- h2.eth${i}`);
    const many = readTopology(`hosts: { h1: , h2: }\nlinks: [${links.join(', ')}]\n`);
    const ask = (request: Partial<ScenarioRequest>) => () =>
      listScenarios(many, { fail: ['links=3'], seeds: 1, seed: 1, sample: null, ...request });
    expect(ask({})).toThrow(
      '4455100 failures are too many; at most 100000 scenarios are run: --sample 99999 runs so many of them, chosen by',
    );
    expect(ask({ seeds: 10 })).toThrow('4455100 failures with 10 seeds each are too many');
    expect(ask({ sample: 99_999 })()).toHaveLength(100_000);
    expect(ask({ fail: ['links=16'] })).toThrow('too many');
    expect(ask({ seed: Number.MAX_SAFE_INTEGER, seeds: 2, sample: 1 })).toThrow('has not so many behind');
  });
});
