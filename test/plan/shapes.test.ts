import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlanError } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import * as Shape from '../../src/plan/shapes.ts';

/** Neighbours of each node, with as many entries as links. */
function neighborsIn({ nodes, links }: Plan): Map<string, string[]> {
  const neighbors = new Map(nodes.map(({ name }) => [name, [] as string[]]));
  for (const { from, to } of links) {
    neighbors.get(from)!.push(to);
    neighbors.get(to)!.push(from);
  }
  return neighbors;
}

/** How many links each router has to routers, in the order of the plan. */
function degreesIn(plan: Plan): number[] {
  const routers = new Set(plan.nodes.filter(({ kind }) => kind === 'router').map(({ name }) => name));
  const neighbors = neighborsIn(plan);
  return [...routers].map((name) => neighbors.get(name)!.filter((other) => routers.has(other)).length);
}

function isConnected(plan: Plan): boolean {
  const neighbors = neighborsIn(plan);
  const reached = new Set<string>();
  const waiting = plan.nodes.slice(0, 1).map(({ name }) => name);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    waiting.push(...neighbors.get(name)!);
  }
  return reached.size === plan.nodes.length;
}

/** No link twice, none from a node to itself. */
function isSimple({ links }: Plan): boolean {
  const pairs = links.map(({ from, to }) => [from, to].sort().join(' '));
  return new Set(pairs).size === links.length && links.every(({ from, to }) => from !== to);
}

function countOf({ nodes }: Plan, kind: string): number {
  return nodes.filter((node) => node.kind === kind).length;
}

const size = fc.integer({ min: 3, max: 12 });

describe('each shape', () => {
  const few = fc.integer({ min: 1, max: 4 });
  const plans = fc
    .tuple(size, few, few, fc.integer({ min: 0, max: 3 }))
    .map(([routers, a, b, hostsPerRouter]) => [
      Shape.line({ routers, hostsPerRouter }),
      Shape.ring({ routers, hostsPerRouter }),
      Shape.star({ routers, hostsPerRouter }),
      Shape.fullMesh({ routers, hostsPerRouter }),
      Shape.random({ routers, hostsPerRouter, seed: a }),
      Shape.tree({ depth: a, fanOut: b, hostsPerRouter }),
      Shape.grid({ rows: a, columns: b, hostsPerRouter }),
      Shape.leafSpine({ leaves: a, spines: b, hostsPerRouter }),
      Shape.fatTree({ ports: 2 * b, hostsPerRouter }),
    ]);

  it('is connected, without a link twice, and has unique names', () => {
    fc.assert(
      fc.property(plans, (all) => {
        for (const plan of all) {
          expect(isConnected(plan), plan.name).toBe(true);
          expect(isSimple(plan), plan.name).toBe(true);
          expect(new Set(plan.nodes.map(({ name }) => name)).size).toBe(plan.nodes.length);
        }
      }),
      { numRuns: 40 },
    );
  });
});

it('a line has two ends, a ring none', () => {
  expect(degreesIn(Shape.line({ routers: 5 }))).toEqual([1, 2, 2, 2, 1]);
  expect(degreesIn(Shape.line({ routers: 1 }))).toEqual([0]);
  expect(degreesIn(Shape.ring({ routers: 5 }))).toEqual([2, 2, 2, 2, 2]);
});

it('a star has all links at its middle, and its hosts elsewhere', () => {
  const plan = Shape.star({ routers: 5, hostsPerRouter: 1 });
  expect(degreesIn(plan)).toEqual([4, 1, 1, 1, 1]);
  expect(countOf(plan, 'host')).toBe(4);
  expect(neighborsIn(plan).get('r1')).toEqual(['r2', 'r3', 'r4', 'r5']);
});

it('a tree of depth d and fan-out f has (f^(d+1) - 1) / (f - 1) routers and f^d leaves', () => {
  const plan = Shape.tree({ depth: 3, fanOut: 3, hostsPerRouter: 2 });
  expect(countOf(plan, 'router')).toBe((3 ** 4 - 1) / 2);
  expect(degreesIn(plan).filter((degree) => degree === 1)).toHaveLength(3 ** 3);
  expect([countOf(plan, 'switch'), countOf(plan, 'host')]).toEqual([3 ** 3, 2 * 3 ** 3]);
});

it('a full mesh has n (n - 1) / 2 links', () => {
  fc.assert(
    fc.property(size, (routers) => {
      const plan = Shape.fullMesh({ routers });
      expect(plan.links).toHaveLength((routers * (routers - 1)) / 2);
      expect(degreesIn(plan)).toEqual(Array(routers).fill(routers - 1));
    }),
  );
});

it('a grid has 2, 3 or 4 links at a router', () => {
  expect(degreesIn(Shape.grid({ rows: 3, columns: 4 }))).toEqual([2, 3, 3, 2, 3, 4, 4, 3, 2, 3, 3, 2]);
});

it('leaves are linked to spines only', () => {
  const plan = Shape.leafSpine({ leaves: 4, spines: 2 });
  expect(degreesIn(plan)).toEqual([4, 4, 2, 2, 2, 2]);
  expect(plan.links.every(({ from, to }) => from.startsWith('spine') && to.startsWith('leaf'))).toBe(true);
});

it('a fat tree of k ports has 5 k²/4 routers, uses every port, and joins each pod to each router of the core once', () => {
  for (const ports of [2, 4, 6]) {
    const plan = Shape.fatTree({ ports, hostsPerRouter: ports / 2 });
    expect(countOf(plan, 'router')).toBe((5 * ports * ports) / 4);
    expect(countOf(plan, 'host')).toBe((ports * ports * ports) / 4);
    const degree = (name: string): number => (name.startsWith('edge') ? ports / 2 : ports);
    const routers = plan.nodes.filter(({ kind }) => kind === 'router');
    expect(degreesIn(plan)).toEqual(routers.map(({ name }) => degree(name)));
    const pod = (aggregation: string): number => Math.ceil(Number(aggregation.slice(3)) / (ports / 2));
    for (const { name } of routers.filter((router) => router.name.startsWith('core'))) {
      const pods = neighborsIn(plan).get(name)!.map(pod);
      expect(pods.sort((a, b) => a - b)).toEqual(Array.from({ length: ports }, (_, index) => index + 1));
    }
  }
});

describe('a random network', () => {
  it('has the links that were asked for, from a tree to a full mesh', () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat({ max: 1_000 }), (routers, more, seed) => {
        const [least, most] = [routers - 1, (routers * (routers - 1)) / 2];
        const links = least + (more % (most - least + 1));
        const plan = Shape.random({ routers, links, seed });
        expect(plan.links).toHaveLength(links);
        expect(isSimple(plan) && isConnected(plan)).toBe(true);
      }),
    );
  });

  it('is the same from the same seed, and another from another', () => {
    const linksFrom = (seed: number): string => JSON.stringify(Shape.random({ routers: 20, seed }).links);
    expect(linksFrom(3)).toBe(linksFrom(3));
    expect(new Set([1, 2, 3, 4].map(linksFrom)).size).toBe(4);
  });

  it('cannot be connected by too few links, nor have more than there are pairs', () => {
    const asked = (links: number) => () => Shape.random({ routers: 4, links });
    expect(asked(2)).toThrow('4 routers can be connected by 3 to 6 links, not 2');
    expect(asked(7)).toThrow(PlanError);
  });
});

it('a larger network of a shape keeps the links of the smaller one', () => {
  const pairs = (plan: Plan): string[] => plan.links.map(({ from, to }) => `${from} ${to}`);
  for (const grown of [Shape.line, Shape.star, Shape.fullMesh]) {
    const [smaller, larger] = [4, 7].map((routers) => pairs(grown({ routers, hostsPerRouter: 1 })));
    expect(larger).toEqual(expect.arrayContaining(smaller!));
  }
});

it('hosts are behind a switch where there are several, else behind the router itself', () => {
  expect(Shape.line({ routers: 1, hostsPerRouter: 1 }).links).toEqual([{ from: 'h1', to: 'r1' }]);
  expect(Shape.line({ routers: 1, hostsPerRouter: 2 }).links).toEqual([
    { from: 's1', to: 'r1' },
    { from: 'h1', to: 's1' },
    { from: 'h2', to: 's1' },
  ]);
});

it('settings are those of the links between routers', () => {
  const { links } = Shape.line({ routers: 2, hostsPerRouter: 1, link: { delay: 5_000_000 } });
  expect(links.map(({ delay }) => delay)).toEqual([undefined, undefined, 5_000_000]);
});

it('sizes that have no meaning are refused in words', () => {
  expect(() => Shape.ring({ routers: 2 })).toThrow('routers: 2 is not a whole number from 3 to 100000');
  expect(() => Shape.line({ routers: 1.5 })).toThrow(PlanError);
  expect(() => Shape.fatTree({ ports: 3 })).toThrow('a fat tree has an even number of ports, not 3');
  expect(() => Shape.fullMesh({ routers: 5_000 })).toThrow('a plan has at most 500000 links');
  expect(() => Shape.tree({ depth: 50, fanOut: 2 })).toThrow('a plan has at most 100000 nodes');
  expect(() => Shape.tree({ depth: 100_000, fanOut: 1 })).toThrow('a plan has at most 100000 nodes');
  expect(() => Shape.line({ routers: 1_000, hostsPerRouter: 1_000 })).toThrow('a plan has at most 100000 nodes');
});
