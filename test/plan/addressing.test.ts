import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignAddresses } from '../../src/plan/addressing.ts';
import type { AddressPools } from '../../src/plan/addressing.ts';
import type { Plan, PlannedLink, PlannedNode } from '../../src/plan/plan.ts';
import * as Shape from '../../src/plan/shapes.ts';
import * as Ip from '../../src/wire/ip4.ts';

/** Each address by who has it: `r1 r2#0` is r1's towards r2, `r1` its own. */
function addressesIn(plan: Plan, pools: AddressPools = {}): Map<string, string> {
  const { links, routers } = assignAddresses(plan, pools);
  const given = new Map<string, string>();
  const seen = new Map<string, number>();
  plan.links.forEach(({ from, to }, index) => {
    const pair = [from, to].sort().join(' ');
    const number = seen.get(pair) ?? 0;
    seen.set(pair, number + 1);
    const { from: a, to: b } = links[index]!;
    if (a !== null) given.set(`${from} ${to}#${number}`, `${Ip.format(a.ip)}/${a.prefixLength}`);
    if (b !== null) given.set(`${to} ${from}#${number}`, `${Ip.format(b.ip)}/${b.prefixLength}`);
  });
  for (const [name, ip] of routers) given.set(name, Ip.format(ip));
  return given;
}

function planOf(links: readonly PlannedLink[], more: readonly PlannedNode[] = []): Plan {
  const names = new Set([...links.flatMap(({ from, to }) => [from, to]), ...more.map(({ name }) => name)]);
  const kindOf = (name: string) => (name.startsWith('h') ? 'host' : name.startsWith('s') ? 'switch' : 'router');
  return { name: 'plan', about: [], nodes: [...names].map((name) => ({ name, kind: kindOf(name) })), links };
}

describe('the place of the numbered', () => {
  it('can be read from their names', () => {
    expect([...addressesIn(Shape.line({ routers: 3, hostsPerRouter: 1 }))]).toEqual([
      ['h1 r1#0', '172.16.1.1/24'],
      ['r1 h1#0', '172.16.1.254/24'],
      ['h2 r2#0', '172.16.2.2/24'],
      ['r2 h2#0', '172.16.2.254/24'],
      ['h3 r3#0', '172.16.3.3/24'],
      ['r3 h3#0', '172.16.3.254/24'],
      ['r1 r2#0', '10.1.2.1/30'],
      ['r2 r1#0', '10.1.2.2/30'],
      ['r2 r3#0', '10.2.3.1/30'],
      ['r3 r2#0', '10.2.3.2/30'],
      ['r1', '192.168.0.1'],
      ['r2', '192.168.0.2'],
      ['r3', '192.168.0.3'],
    ]);
  });

  it('is the next one where two links are between the same routers', () => {
    const given = addressesIn(planOf([{ from: 'r1', to: 'r2' }, { from: 'r2', to: 'r1' }])); // prettier-ignore
    expect(given.get('r1 r2#0')).toBe('10.1.2.1/30');
    expect(given.get('r1 r2#1')).toBe('10.1.2.5/30');
    expect(given.get('r2 r1#1')).toBe('10.1.2.6/30');
  });

  it('is that of a LAN, whether its router is linked to one host or to a switch', () => {
    const one = addressesIn(planOf([{ from: 'h1', to: 'r7' }]));
    const two = addressesIn(
      planOf([
        { from: 's1', to: 'r7' },
        { from: 'h1', to: 's1' },
        { from: 'h2', to: 's1' },
      ]),
    );
    expect(one.get('h1 r7#0')).toBe('172.16.7.1/24');
    expect(two.get('h1 s1#0')).toBe('172.16.7.1/24');
    expect(two.get('r7 s1#0')).toBe('172.16.7.254/24');
  });
});

// Whatever the plan: a graph of any names.
const name = fc.oneof(
  fc.nat({ max: 300 }).map((number) => `r${number}`),
  fc.nat({ max: 30 }).map((number) => `leaf${number}`),
  fc.constantFrom('Amsterdam', 'Berlin', 'Bern', 'r-1', 'R1'),
  fc.nat({ max: 40 }).map((number) => `h${number}`),
  fc.nat({ max: 5 }).map((number) => `s${number}`),
);
const anyPlan = fc
  .array(fc.tuple(name, name), { minLength: 1, maxLength: 60 })
  .map((pairs) => planOf(pairs.filter(([from, to]) => from !== to).map(([from, to]) => ({ from, to }))));

describe('in any plan', () => {
  it('every station has an address on each link, no two the same, and one subnet is on one segment only', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const { links, routers } = assignAddresses(plan);
        const stations = new Set(plan.nodes.filter(({ kind }) => kind !== 'switch').map((node) => node.name));
        const all: number[] = [...routers.values()];
        const subnets: { first: number; last: number }[] = [];
        plan.links.forEach(({ from, to }, index) => {
          const { from: a, to: b } = links[index]!;
          expect([a !== null, b !== null]).toEqual([stations.has(from), stations.has(to)]);
          if (a !== null && b !== null) expect(Ip.sameSubnet(a.ip, b.ip, a.prefixLength)).toBe(true);
          for (const address of [a, b]) {
            if (address === null) continue;
            const { ip, prefixLength } = address;
            all.push(ip);
            expect(ip).not.toBe(Ip.network(ip, prefixLength));
            expect(ip).not.toBe(Ip.subnetBroadcast(ip, prefixLength));
          }
          if (a !== null && b !== null) {
            const first = Ip.network(a.ip, a.prefixLength);
            subnets.push({ first, last: first + 2 ** (32 - a.prefixLength) - 1 });
          }
        });
        expect(new Set(all).size).toBe(all.length);
        subnets.sort((a, b) => a.first - b.first);
        for (let i = 1; i < subnets.length; i++) expect(subnets[i]!.first).toBeGreaterThan(subnets[i - 1]!.last);
      }),
    );
  });

  it('what is added at the end moves nobody', () => {
    // A link between switches that both have stations makes one LAN of two, and no address can stay.
    const isJoin = ({ from, to }: PlannedLink): boolean => from.startsWith('s') && to.startsWith('s');
    fc.assert(
      fc.property(anyPlan, fc.nat(), (plan, cut) => {
        const links = plan.links.filter((link) => !isJoin(link));
        const before = addressesIn(planOf(links.slice(0, cut % (links.length + 1))));
        const after = addressesIn(planOf(links));
        for (const [who, address] of before) {
          // Another router on a LAN takes one of the places that its hosts are spread over.
          if (!who.includes('s')) expect(after.get(who), who).toBe(address);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('it does not matter which end of a link is named first', () => {
    const turned = (plan: Plan): Plan => ({
      ...plan,
      links: plan.links.map(({ from, to }) => ({ from: to, to: from })),
    });
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const isTwice = plan.links.length !== new Set(plan.links.map(({ from, to }) => [from, to].sort().join())).size;
        fc.pre(!isTwice);
        const [one, other] = [addressesIn(plan), addressesIn(turned(plan))];
        expect(Object.fromEntries(other)).toEqual(Object.fromEntries(one));
      }),
    );
  });
});

it('a router put into the middle of a ring moves only who was linked across it', () => {
  const ring = (names: readonly string[]): Plan =>
    planOf([
      ...names.map((router) => ({ from: `h${router}`, to: router })),
      ...names.map((router, index) => ({ from: router, to: names[(index + 1) % names.length]! })),
    ]);
  const cities = ['Amsterdam', 'Berlin', 'Cairo', 'Delhi', 'Edmonton'];
  const before = addressesIn(ring(cities));
  const after = addressesIn(ring(['Amsterdam', 'Berlin', 'Zagreb', 'Cairo', 'Delhi', 'Edmonton']));
  const moved = [...before].filter(([who, address]) => after.get(who) !== address).map(([who]) => who);
  expect(moved).toEqual(['Berlin Cairo#0', 'Cairo Berlin#0']);
});

describe('pools', () => {
  const line = Shape.line({ routers: 2, hostsPerRouter: 1 });

  it('can be others, and links /31 (RFC 3021)', () => {
    const pools = { links: '100.64.0.0/10', linkPrefixLength: 31, lans: '10.0.0.0/8', routers: null };
    const given = addressesIn(line, pools);
    expect(given.get('h1 r1#0')).toBe('10.0.1.1/24');
    expect(given.get('r1 r2#0')).toBe('100.64.64.128/31');
    expect(given.get('r2 r1#0')).toBe('100.64.64.129/31');
    expect(given.has('r1')).toBe(false);
  });

  it('are used to their last subnet, and then it is said', () => {
    const links = [1, 2, 3, 4].map((number) => ({ from: 'r1', to: `r${number + 1}` }));
    const pools = { links: '192.0.2.0/28', routers: null };
    expect(new Set(addressesIn(planOf(links), pools).values()).size).toBe(8);
    const more = planOf([...links, { from: 'r8', to: 'r9' }]);
    expect(() => addressesIn(more, pools)).toThrow('the pool 192.0.2.0/28 for links is used up; give a larger one');
  });

  it('a LAN with more stations than a /24 takes has a larger one', () => {
    const hosts = Array.from({ length: 300 }, (_, index) => ({ from: `h${index + 1}`, to: 's1' }));
    const given = addressesIn(planOf([{ from: 'r1', to: 's1' }, ...hosts]));
    expect(given.get('r1 s1#0')).toBe('172.16.1.254/23');
    expect(new Set(given.values()).size).toBe(302);
  });

  it.each([
    [{ links: '10.0.0.0' }, '10.0.0.0: write the pool for links as a prefix, such as 10.0.0.0/8'],
    [{ links: '10.0.0.1/8' }, '10.0.0.1/8: not the start of a prefix; write 10.0.0.0/8'],
    [{ lans: '192.0.2.0/25' }, '192.0.2.0/25: the pool for LANs gives out subnets of /24 and holds none'],
    [{ lans: '10.0.0.0/16' }, 'the pools 10.0.0.0/8 for links and 10.0.0.0/16 for LANs overlap'],
    [{ linkPrefixLength: 29 }, "a link's prefix has 30 or 31 bits, not 29"],
  ])('%j is refused', (pools, message) => {
    expect(() => assignAddresses(line, pools)).toThrow(message);
  });
});

it('ten thousand links of one family are given out without looking at each place again and again', () => {
  const links = Array.from({ length: 10_000 }, (_, index) => ({ from: 'a', to: `x${(index % 2) + 1}` }));
  expect(new Set(addressesIn(planOf(links)).values()).size).toBe(20_003);
});
