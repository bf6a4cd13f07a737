/** What each scenario shows: labs in which something has failed, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { failuresOf } from '../../src/sweep/failure.ts';
import { prepare, runScenario } from '../../src/sweep/study.ts';
import type { ScenarioResult, Study } from '../../src/sweep/study.ts';
import { topologyText } from '../open-lab.ts';

function sweep(text: string, fail: string, options: Partial<Study> = {}, seed = 1): ScenarioResult {
  const prepared = prepare({ text, file: 'lab.yaml', expect: 'file', routes: 'recompute', ...options });
  const failure = fail === '' ? { links: [], nodes: [] } : failuresOf(prepared.topology, fail).at(0);
  return runScenario(prepared, { id: 0, seed, ...failure });
}

/** Two ways from h1 to h2, the shorter one over r2; r9 hangs on r1 alone. */
const SQUARE = `
routing: shortest-paths
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 198.51.100.1/24 } }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 10.0.0.1/30, eth2: 10.0.0.5/30, eth3: 10.0.0.17/30 } }
  r2: { interfaces: { eth0: 10.0.0.2/30, eth1: 10.0.0.9/30 } }
  r3: { interfaces: { eth0: 10.0.0.10/30, eth1: 10.0.0.14/30, eth2: 198.51.100.254/24 } }
  r4: { interfaces: { eth0: 10.0.0.6/30, eth1: 10.0.0.13/30 } }
  r9: { interfaces: { eth0: 10.0.0.18/30 } }
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- r2.eth0
  - r2.eth1 -- r3.eth0
  - { from: r1.eth2, to: r4.eth0, cost: 5 }
  - r4.eth1 -- r3.eth1
  - r3.eth2 -- h2.eth0
  - r1.eth3 -- r9.eth0
`;
const EXPECT = `
expect:
  - reach: h1 -> h2
  - path: h1 -> r1 -> r2 -> r3 -> h2
  - reach: h1 -> r9
  - not-reach: h2 -> 203.0.113.1
`;

describe('a failed link', () => {
  it('with nothing failed, all holds', () => {
    expect(sweep(SQUARE + EXPECT, '')).toEqual({
      scenario: 0,
      seed: 1,
      failed: [],
      error: null,
      cutOff: [],
      notAsked: [],
      partitioned: [],
      broken: [],
    });
  });

  it('is gone round where routes are computed anew, and what names the old way fails', () => {
    const { broken, partitioned, cutOff } = sweep(SQUARE + EXPECT, 'r1--r2');
    expect(broken).toEqual([{ question: 1, because: null, found: 'it goes h1 -> r1 -> r4 -> r3 -> h2' }]);
    expect([partitioned, cutOff]).toEqual([[], []]);
  });

  it('is still used where routes are kept', () => {
    const { broken } = sweep(SQUARE + EXPECT, 'r1--r2', { routes: 'keep' });
    expect(broken.map(({ question, because }) => [question, because])).toEqual([
      [0, 'link-down'],
      [1, 'link-down'],
    ]);
    expect(broken[0]!.found).toBe('link-down: r1 drops it: the link has no carrier');
  });

  it('that was the only one leaves no way, which is no fault of routes', () => {
    for (const routes of ['recompute', 'keep'] as const) {
      const { broken, partitioned, cutOff } = sweep(SQUARE + EXPECT, 'r1--r9', { routes });
      expect({ broken, partitioned, cutOff }).toEqual({ broken: [], partitioned: [2], cutOff: [['r9']] });
    }
  });

  it('stays down, whatever the file has happen to it', () => {
    const events = 'events: [{ at: 1s, link: r1 -- r9, do: up }]\n';
    const late = 'expect: [{ reach: h1 -> r9, at: 2s }]\n';
    expect(sweep(SQUARE + events + late, 'r1--r9').partitioned).toEqual([0]);
    expect(sweep(SQUARE + events + late, '').partitioned).toEqual([]);
  });

  it('is no matter for static routes, which are what they are', () => {
    const text = topologyText('ring');
    for (const routes of ['recompute', 'keep'] as const) {
      expect(sweep(text, 'r2--r3', { routes }).broken).toEqual([
        {
          question: 0,
          because: 'link-down',
          found: 'it ends on h1 -> r1 -> r2: link-down: r2 drops it: the link has no carrier',
        },
      ]);
    }
  });
});

describe('a failed node', () => {
  it('is not asked, nor is anybody asked for it', () => {
    const { notAsked, partitioned, broken } = sweep(SQUARE + EXPECT, 'r9');
    expect({ notAsked, partitioned, broken }).toEqual({ notAsked: [2], partitioned: [], broken: [] });
    expect(sweep(SQUARE + EXPECT, 'h1').notAsked).toEqual([0, 1, 2]);
  });

  it('takes its links with it', () => {
    const { broken, cutOff } = sweep(SQUARE + EXPECT, 'r2');
    expect(broken.map(({ question }) => question)).toEqual([1]);
    expect(cutOff).toEqual([]);
    expect(sweep(SQUARE + EXPECT, 'r1')).toMatchObject({
      partitioned: [0, 1, 2],
      notAsked: [],
      cutOff: [['h1'], ['r9']],
    });
  });

  it('is known by an interface or an address, too', () => {
    const expectations = 'expect: [{ reach: h1 -> r9.eth0 }, { reach: h1 -> 10.0.0.18 }, { route: r1 -> r9 }]\n';
    expect(sweep(SQUARE + expectations, 'r9').notAsked).toEqual([0, 1, 2]);
  });

  it('runs no programs, and its links do not come back', () => {
    const text = `${SQUARE}programs: [{ on: r9, run: ping -c 1 h1, at: 1s }]
events: [{ at: 1s, interface: r9.eth0, do: up }, { at: 1s, link: r1 -- r9, do: up }]
expect: [{ neighbor: r1 -> r9, at: 3s }, { reach: h1 -> h2, at: 3s }]\n`;
    expect(sweep(text, '').broken).toEqual([]);
    expect(sweep(text, 'r9')).toMatchObject({ notAsked: [0], broken: [], error: null });
  });

  it('that was the DNS server leaves no way to the name', () => {
    const text = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, dns: 192.0.2.53 }
  ns: { interfaces: { eth0: 192.0.2.53/24 }, zones: { a.test: { www: { A: 192.0.2.1 } } } }
switches: { s1: }
links: [h1.eth0 -- s1, ns.eth0 -- s1]
programs: [{ on: ns, run: dns-server, background: true }]
expect: [{ resolve: h1 -> www.a.test }]\n`;
    expect(sweep(text, '').broken).toEqual([]);
    expect(sweep(text, 'ns')).toMatchObject({ partitioned: [0], notAsked: [], cutOff: [] });
    expect(sweep(text, 's1')).toMatchObject({ partitioned: [0], cutOff: [['ns']] });
  });
});

describe('all pairs', () => {
  const pairs = { expect: 'all-pairs' } as const;

  it('are those that a way leads from one to the other, in each direction', () => {
    const { questions } = prepare({ text: SQUARE, file: 'lab.yaml', expect: 'all-pairs', routes: 'recompute' });
    expect(questions).toHaveLength(7 * 6);
    expect(questions.slice(0, 2).map(({ name }) => name)).toEqual(['reach h1 -> h2', 'reach h1 -> r1']);
  });

  it('reach each other around a failed link, at addresses on links that work', () => {
    expect(sweep(SQUARE, 'r1--r2', pairs)).toMatchObject({ broken: [], partitioned: [] });
    // r2 is asked at eth1's address, as eth0 has no link.
    expect(sweep(SQUARE, 'r1--r2', { ...pairs, routes: 'keep' }).broken.length).toBeGreaterThan(0);
  });

  it('that are cut off are told apart from those that fail', () => {
    const { broken, partitioned, cutOff } = sweep(SQUARE, 'r1--r9', pairs);
    expect([broken, partitioned.length, cutOff]).toEqual([[], 12, [['r9']]]);
  });

  it('give the answer of a trace where a ping does not come back', () => {
    const text = SQUARE.replace('routing: shortest-paths', 'routing: static');
    const { broken } = sweep(text, '', pairs);
    const { questions } = prepare({ text, file: 'lab.yaml', expect: 'all-pairs', routes: 'recompute' });
    const told = broken.find(({ question }) => questions[question]!.name === 'reach h1 -> h2');
    expect(told).toMatchObject({ because: 'no-route', found: expect.stringContaining('no route') as string });
  });

  it('hosts pass nothing on: who is behind one is not connected', () => {
    const text = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24, eth1: 198.51.100.2/24 } }
  h3: { interfaces: { eth0: 198.51.100.3/24 } }
links: [h1.eth0 -- h2.eth0, h2.eth1 -- h3.eth0]\n`;
    const names = (yaml: string) =>
      prepare({ text: yaml, file: 'lab.yaml', expect: 'all-pairs', routes: 'recompute' }).questions.map(
        ({ from, to }) => `${from}-${to}`,
      );
    expect(names(text)).toEqual(['h1-h2', 'h2-h1', 'h2-h3', 'h3-h2']);
    const forwarding = text.replace('198.51.100.2/24 }', '198.51.100.2/24 }, sysctl: { net.ipv4.ip_forward: 1 }');
    expect(names(forwarding)).toHaveLength(6);
  });
});

describe('what cannot be swept', () => {
  const ask =
    (text: string, options: Partial<Study> = {}) =>
    () =>
      prepare({ text, file: 'lab.yaml', expect: 'file', routes: 'recompute', ...options });

  it('expects nothing, or has a port that leads outside', () => {
    expect(ask(SQUARE)).toThrow('lab.yaml: nothing is expected; say what must hold, such as expect: [{ reach: h1 -> h2 }], or sweep with --expect all-pairs'); // prettier-ignore
    expect(ask('hosts: { h1: , h2: }\nlinks: [h1.eth0 -- h2.eth0]\n', { expect: 'all-pairs' })).toThrow('no two hosts');
    const bridged = `${SQUARE}bridges: [{ port: r9.eth1, to: "udp:127.0.0.1:47001,127.0.0.1:47002" }]\n${EXPECT}`;
    expect(ask(bridged)).toThrow('a port leads outside');
  });
});

it('an error in a run is its result, and the other runs are not lost', () => {
  // A node without an address can be named in a file, and asked for in no run.
  const text = `
hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: { interfaces: { eth0: } } }
links: [h1.eth0 -- h2.eth0]
expect: [{ reach: h1 -> h2 }]\n`;
  expect(sweep(text, '')).toMatchObject({ error: expect.stringContaining('h2 has no address') as string, broken: [] });
});

it('luck is the seed, and the seed alone', () => {
  const text = topologyText('lossy-link');
  const found = (seed: number) => sweep(text, '', {}, seed).broken.map((one) => one.found);
  expect(found(10)).toEqual(found(10));
  expect(new Set([1, 2, 10, 18].map((seed) => JSON.stringify(found(seed)))).size).toBeGreaterThan(1);
});
