import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { openLab } from '../../src/lab/lab.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { SECOND } from '../../src/sim/time.ts';
import { listRoutes } from '../../src/stack/routes.ts';
import * as Ip from '../../src/wire/ip4.ts';

/** A router's routes by shortest paths, as `DESTINATION via GATEWAY…`, in the order of addresses. */
function routesOf(lab: Lab, name: string): string[] {
  return listRoutes(lab.kernel(name).stack)
    .filter(({ route }) => route.origin === 'shortest-path')
    .sort((a, b) => a.destination - b.destination)
    .map(({ destination, prefixLength, route }) => {
      const gateways = (route.paths ?? [route]).map(({ gateway }) => Ip.format(gateway));
      return `${Ip.format(destination)}/${prefixLength} via ${gateways.join(' ')}`;
    });
}

function run(lab: Lab, host: string, command: string): string[] {
  return lab.run(host, command).lines.map(({ text }) => text);
}

/** r1 and r4 with two ways between them, a subnet with a host at either end. */
function diamond(more = '', links = ''): Lab {
  return openLab(`
routing: shortest-paths
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 198.51.100.1/24 } }
routers:
  r1:
    interfaces: { eth0: 192.0.2.254/24, eth1: 10.0.0.1/30, eth2: 10.0.1.1/30 }
    ${more}
  r2: { interfaces: { eth0: 10.0.0.2/30, eth1: 10.0.2.1/30 } }
  r3: { interfaces: { eth0: 10.0.1.2/30, eth1: 10.0.3.1/30 } }
  r4: { interfaces: { eth0: 198.51.100.254/24, eth1: 10.0.2.2/30, eth2: 10.0.3.2/30, lo: 203.0.113.4/32 } }
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- r2.eth0
  - r1.eth2 -- r3.eth0
  - r2.eth1 -- r4.eth1
  - { from: r3.eth1, to: r4.eth2${links} }
  - r4.eth0 -- h2.eth0
`);
}

describe('routing: shortest-paths', () => {
  it('gives routers a route to every subnet that they are not on, and keeps paths of equal cost', () => {
    const lab = diamond();
    expect(lab.warnings).toEqual([]);
    expect(routesOf(lab, 'r1')).toEqual([
      '10.0.2.0/30 via 10.0.0.2',
      '10.0.3.0/30 via 10.0.1.2',
      '198.51.100.0/24 via 10.0.0.2 10.0.1.2',
      '203.0.113.4/32 via 10.0.0.2 10.0.1.2',
    ]);
    expect(routesOf(lab, 'r2')).toEqual([
      '10.0.1.0/30 via 10.0.0.1',
      '10.0.3.0/30 via 10.0.2.2',
      '192.0.2.0/24 via 10.0.0.1',
      '198.51.100.0/24 via 10.0.2.2',
      '203.0.113.4/32 via 10.0.2.2',
    ]);
    expect(run(lab, 'h1', 'ping -c 1 h2')[1]).toMatch(/^64 bytes from 198\.51\.100\.1: icmp_seq=1 ttl=61 /);
    expect(run(lab, 'r1', 'netcfg route')).toContain('198.51.100.0/24 proto ospf metric 20');
  });

  it('gives hosts without a default route the nearest router', () => {
    const lab = diamond();
    expect(run(lab, 'h1', 'netcfg route')[0]).toBe('default via 192.0.2.254 dev eth0');
    const two = openLab(`
routing: shortest-paths
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 }, gateway: 192.0.2.9 }
  h3: { interfaces: { eth0: 192.0.2.3/24 }, routes: [{ to: default, type: unreachable }] }
routers:
  r1: { interfaces: { eth0: 192.0.2.251/24 } }
  r2: { interfaces: { eth0: 192.0.2.252/24 } }
  r3: { interfaces: { eth0: 192.0.2.253/24 } }
switches: { s1: }
links:
  - h1.eth0 -- s1
  - h2.eth0 -- s1
  - h3.eth0 -- s1
  - { from: r1.eth0, to: s1, cost: 3 }
  - { from: r2.eth0, to: s1, cost: 2 }
  - { from: r3.eth0, to: s1, cost: 2 }
`);
    const first = (host: string): string | undefined => run(two, host, 'netcfg route')[0];
    expect(first('h1')).toBe('default via 192.0.2.252 dev eth0');
    expect(first('h2')).toBe('default via 192.0.2.9 dev eth0');
    expect(first('h3')).toBe('unreachable default');
  });

  it('takes the least sum of costs', () => {
    expect(routesOf(diamond('', ', cost: 2'), 'r1').slice(-2)).toEqual([
      '198.51.100.0/24 via 10.0.0.2',
      '203.0.113.4/32 via 10.0.0.2',
    ]);
  });

  it('leaves out what is down at the start', () => {
    expect(routesOf(diamond('', ', up: false'), 'r1')).toEqual([
      '10.0.2.0/30 via 10.0.0.2',
      '198.51.100.0/24 via 10.0.0.2',
      '203.0.113.4/32 via 10.0.0.2',
    ]);
  });

  it('does not go round what fails later', () => {
    const lab = diamond();
    lab.simulator.runUntil(1 * SECOND);
    for (const link of lab.network.links) if (link.name === 'r2.eth1--r4.eth1') link.setCarrier(false);
    expect(routesOf(lab, 'r2')).toContain('198.51.100.0/24 via 10.0.2.2');
  });

  it('has the file’s own routes come first, unless their metric is higher', () => {
    const lab = diamond(
      'routes: [{ to: 198.51.100.0/24, via: 10.0.1.2 }, { to: 10.0.3.0/30, via: 10.0.0.2, metric: 21 }]',
    );
    const routes = run(lab, 'r1', 'netcfg route').filter((line) => /^(198\.51\.100|10\.0\.3)\./.test(line));
    expect(routes).toEqual([
      '10.0.3.0/30 via 10.0.1.2 dev eth2 proto ospf metric 20',
      '10.0.3.0/30 via 10.0.0.2 dev eth1 metric 21',
      '198.51.100.0/24 via 10.0.1.2 dev eth2',
      '198.51.100.0/24 proto ospf metric 20',
    ]);
    const trace = run(lab, 'h1', 'traceroute -n -q 1 h2').map((line) => line.trim().split(/\s+/)[1]);
    expect(trace[2]).toBe('10.0.1.2');
  });

  it('goes by a switch with many routers as by one link, and by parallel links as by as many', () => {
    const lab = openLab(`
routing: shortest-paths
routers:
  r1: { interfaces: { eth0: 192.0.2.1/24, lo: 203.0.113.1/32 } }
  r2: { interfaces: { eth0: 192.0.2.2/24, eth1: 10.0.0.1/30, eth2: 10.0.0.5/30 } }
  r3: { interfaces: { eth0: 192.0.2.3/24 } }
  r4: { interfaces: { eth0: 10.0.0.2/30, eth1: 10.0.0.6/30, lo: 203.0.113.4/32 } }
switches: { s1:, s2: }
links: [r1.eth0 -- s1, r2.eth0 -- s2, r3.eth0 -- s2, s1 -- s2, r2.eth1 -- r4.eth0, r2.eth2 -- r4.eth1]
`);
    expect(routesOf(lab, 'r1')).toEqual([
      '10.0.0.0/30 via 192.0.2.2',
      '10.0.0.4/30 via 192.0.2.2',
      '203.0.113.4/32 via 192.0.2.2',
    ]);
    expect(routesOf(lab, 'r4')).toEqual(['192.0.2.0/24 via 10.0.0.1 10.0.0.5', '203.0.113.1/32 via 10.0.0.1 10.0.0.5']);
  });

  it('takes two subnets on one link as one way, and an address in two places as the nearer one', () => {
    const lab = openLab(`
routing: shortest-paths
routers:
  r1: { interfaces: { eth0: [10.0.0.1/30, 10.0.0.5/30] } }
  r2: { interfaces: { eth0: [10.0.0.2/30, 10.0.0.6/30], eth1: 10.0.1.1/30, lo: 203.0.113.1/32 } }
  r3: { interfaces: { eth0: 10.0.1.2/30, lo: 203.0.113.1/32 } }
links: [r1.eth0 -- r2.eth0, r2.eth1 -- r3.eth0]
`);
    expect(routesOf(lab, 'r1')).toEqual(['10.0.1.0/30 via 10.0.0.2', '203.0.113.1/32 via 10.0.0.2']);
    expect(routesOf(lab, 'r3')).toEqual(['10.0.0.0/30 via 10.0.1.1', '10.0.0.4/30 via 10.0.1.1']);
  });

  it('leaves islands alone', () => {
    const lab = openLab(`
routing: shortest-paths
hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } } }
routers:
  r1: { interfaces: { eth0: 10.0.0.1/30, eth1: 10.9.0.1/30 } }
  r2: { interfaces: { eth0: 10.0.0.2/30 } }
  r3: { interfaces: { eth0: 10.0.1.1/30 } }
  r4: { interfaces: { eth0: 10.0.1.2/30 } }
links: [r1.eth0 -- r2.eth0, r3.eth0 -- r4.eth0]
`);
    for (const name of ['r1', 'r2', 'r3', 'r4']) expect(routesOf(lab, name)).toEqual([]);
    expect(run(lab, 'h1', 'netcfg route')).toHaveLength(1);
  });
});

interface Edge {
  readonly a: number;
  readonly b: number;
  readonly cost: number;
}

/** Routers r0… joined by links, each a /30 of its own; the one named first has the lower address. */
function describeGraph(routers: number, edges: readonly Edge[]): string {
  const nics = Array.from({ length: routers }, (): string[] => []);
  const links = edges.map(({ a, b, cost }, i) => {
    const subnet = 0x0a00_0000 + 4 * i;
    const end = (router: number, place: number): string => {
      nics[router]!.push(`eth${nics[router]!.length}: ${Ip.format(Ip.fromNumber(subnet + place))}/30`);
      return `r${router}.eth${nics[router]!.length - 1}`;
    };
    return `  - { from: ${end(a, 1)}, to: ${end(b, 2)}, cost: ${cost} }`;
  });
  const stations = nics.map((list, i) => `  r${i}: { interfaces: { ${list.join(', ')} } }`);
  return ['routing: shortest-paths', 'routers:', ...stations, 'links:', ...links].join('\n');
}

function drawGraph(seed: number, routers: number, links: number, costs: number): Edge[] {
  const random = new RandomStream(seed, 'graph');
  const draw = (limit: number): number => Math.floor(random.next() * limit);
  return Array.from({ length: links }, (_, i) => {
    const a = i < routers - 1 ? i + 1 : draw(routers);
    const b = i < routers - 1 ? draw(i + 1) : draw(routers);
    return { a, b: b === a ? (a + 1) % routers : b, cost: 1 + draw(costs) };
  });
}

describe('the shortest paths of random graphs', () => {
  it.each([
    [1, 12, 20, 1],
    [2, 12, 24, 1],
    [3, 12, 20, 4],
    [4, 15, 40, 3],
    [5, 10, 30, 2],
    [6, 10, 9, 9],
  ])('are those that Floyd and Warshall find (graph %i)', (seed, routers, links, costs) => {
    const edges = drawGraph(seed, routers, links, costs);
    const lab = openLab(describeGraph(routers, edges));
    const distance = Array.from({ length: routers }, (_, i) =>
      Array.from({ length: routers }, (__, j) => (i === j ? 0 : Infinity)),
    );
    for (const { a, b, cost } of edges) {
      distance[a]![b] = Math.min(distance[a]![b]!, cost);
      distance[b]![a] = Math.min(distance[b]![a]!, cost);
    }
    for (let k = 0; k < routers; k++)
      for (let i = 0; i < routers; i++)
        for (let j = 0; j < routers; j++)
          distance[i]![j] = Math.min(distance[i]![j]!, distance[i]![k]! + distance[k]![j]!);

    for (let source = 0; source < routers; source++) {
      const expected = edges.flatMap(({ a, b, cost }, i) => {
        if (a === source || b === source) return [];
        // A router's cost to a subnet is that to a router on it and out of its interface there.
        const toSubnet = (router: number): number => Math.min(distance[router]![a]!, distance[router]![b]!) + cost;
        const hops = edges.flatMap((edge, j) => {
          if (edge.a !== source && edge.b !== source) return [];
          const [next, place] = edge.a === source ? [edge.b, 2] : [edge.a, 1];
          if (edge.cost + toSubnet(next) !== toSubnet(source)) return [];
          return [0x0a00_0000 + 4 * j + place];
        });
        const sorted = hops.sort((one, other) => one - other).map((hop) => Ip.format(Ip.fromNumber(hop)));
        return [`${Ip.format(Ip.fromNumber(0x0a00_0000 + 4 * i))}/30 via ${sorted.join(' ')}`];
      });
      const found = routesOf(lab, `r${source}`).map((line) => {
        const [subnet = '', gateways = ''] = line.split(' via ');
        return `${subnet} via ${gateways.split(' ').sort(byAddress).join(' ')}`;
      });
      expect([source, found]).toEqual([source, expected]);
    }
  });

  it('let all pairs of 30 routers reach each other', () => {
    const lab = openLab(describeGraph(30, drawGraph(7, 30, 45, 3)));
    const jobs: string[] = [];
    for (let from = 0; from < 30; from++) {
      for (let to = 0; to < 30; to++) {
        if (from === to) continue;
        jobs.push(`r${from} to r${to}`);
        lab.start(`r${from}`, `ping -c 1 r${to}`);
      }
    }
    const { jobs: ended } = lab.run();
    expect(ended.map(({ exitStatus }, i) => [jobs[i], exitStatus])).toEqual(jobs.map((job) => [job, 0]));
  });
});

function byAddress(a: string, b: string): number {
  return (Ip.parse(a) ?? 0) - (Ip.parse(b) ?? 0);
}
