/**
 * What looks odd and is meant: configurations that work, in which the lint must find nothing. Where it would find
 * something in one that is almost the same, that stands beside it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/check/lint.ts';
import { importGraphml } from '../../src/import/graphml.ts';
import { openLab } from '../../src/lab/lab.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { withHosts } from '../../src/plan/hosts.ts';
import * as Shape from '../../src/plan/shapes.ts';
import { topologyText } from '../../src/plan/topology-text.ts';

interface Meant {
  readonly what: string;
  readonly text: string;
  /** Who reaches whom, to show that it works. */
  readonly reach: readonly (readonly [from: string, to: string])[];
  /** In place of what in the text, and which rules find it then. */
  readonly unless?: readonly [right: string, wrong: string, ...rules: string[]];
}

const MEANT: readonly Meant[] = [
  {
    what: 'a line between routers of 31 bits (RFC 3021)',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { lo: 10.0.0.1/32, eth0: 192.0.2.254/24, eth1: 203.0.113.0/31 }, routes: [{ to: 198.51.100.0/24, via: 203.0.113.1 }, { to: 10.0.0.2, via: 203.0.113.1 }] }
  r2: { interfaces: { lo: 10.0.0.2/32, eth0: 203.0.113.1/31, eth1: 198.51.100.254/24 }, routes: [{ to: 192.0.2.0/24, via: 203.0.113.0 }, { to: 10.0.0.1, via: 203.0.113.0 }] }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- r2.eth0, r2.eth1 -- h2.eth0]
`,
    reach: [['h1', 'h2'], ['r1', '10.0.0.2']], // prettier-ignore
    unless: ['203.0.113.1/31', '203.0.113.1/30', 'mask-mismatch'],
  },
  {
    what: 'links that have no subnet and borrow their address from lo',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { lo: 10.0.0.1/32, eth0: 192.0.2.254/24, eth1: 10.0.0.1/32, eth2: 10.0.0.1/32 }, routes: [{ to: 10.0.0.2, dev: eth1 }, { to: 10.0.0.3, dev: eth2 }, { to: 198.51.100.0/24, via: 10.0.0.2 }] }
  r2: { interfaces: { lo: 10.0.0.2/32, eth0: 10.0.0.2/32, eth1: 198.51.100.254/24 }, routes: [{ to: 10.0.0.1, dev: eth0 }, { to: 192.0.2.0/24, via: 10.0.0.1 }] }
  r3: { interfaces: { lo: 10.0.0.3/32, eth0: 10.0.0.3/32 }, routes: [{ to: 10.0.0.1, dev: eth0 }, { to: default, via: 10.0.0.1 }] }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- r2.eth0, r2.eth1 -- h2.eth0, r1.eth2 -- r3.eth0]
`,
    reach: [['h1', 'h2'], ['r3', '192.0.2.1']], // prettier-ignore
    unless: ['eth0: 10.0.0.3/32', 'eth0: 10.0.0.1/32', 'duplicate-address', 'gateway-not-router'],
  },
  {
    what: "a cloud's network: hosts of 32 bits, and one address for their gateway on every link",
    text: `
hosts:
  h1: { interfaces: { eth0: 10.0.0.5/32 }, routes: [{ to: 169.254.1.1, dev: eth0 }, { to: default, via: 169.254.1.1 }] }
  h2: { interfaces: { eth0: 10.0.0.6/32 }, routes: [{ to: 169.254.1.1, dev: eth0 }, { to: default, via: 169.254.1.1 }] }
routers:
  r1: { interfaces: { eth0: 169.254.1.1/32, eth1: 169.254.1.1/32 }, routes: [{ to: 10.0.0.5, dev: eth0 }, { to: 10.0.0.6, dev: eth1 }] }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- h2.eth0]
`,
    reach: [['h1', 'h2']],
    unless: ['routes: [{ to: 169.254.1.1, dev: eth0 }, { to: default, via: 169.254.1.1 }] }\nrouters', 'routes: [{ to: default, via: 169.254.1.1 }] }\nrouters', 'gateway-off-link'],
  }, // prettier-ignore
  {
    what: 'a host with two interfaces in one subnet',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24, eth1: 192.0.2.3/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
switches: { s1: }
links: [h1.eth0 -- s1, h1.eth1 -- s1, h2.eth0 -- s1]
`,
    reach: [['h2', '192.0.2.1'], ['h2', '192.0.2.3']], // prettier-ignore
    unless: ['192.0.2.3/24', '192.0.2.1/24', 'duplicate-address'],
  },
  {
    what: 'two subnets on one wire, and a host that is in both',
    text: `
hosts:
  h1: { interfaces: { eth0: [192.0.2.1/24, 192.0.2.11/24, 198.51.100.1/24] }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.2/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: [192.0.2.254/24, 198.51.100.254/24] } }
switches: { s1: }
links: [h1.eth0 -- s1, h2.eth0 -- s1, r1.eth0 -- s1]
`,
    reach: [['h1', 'h2'], ['h2', '192.0.2.11']], // prettier-ignore
    unless: ['198.51.100.1/24]', '198.51.100.1/25]', 'mask-mismatch'],
  },
  {
    what: 'one address at several places: name servers that have it on lo',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254, dns: 203.0.113.53 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254, dns: 203.0.113.53 }
  a1: { interfaces: { lo: 203.0.113.53/32, eth0: 192.0.2.53/24 }, gateway: 192.0.2.254 }
  a2: { interfaces: { lo: 203.0.113.53/32, eth0: 198.51.100.53/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 10.0.0.1/30 }, routes: [{ to: 198.51.100.0/24, via: 10.0.0.2 }, { to: 203.0.113.53, via: 192.0.2.53 }] }
  r2: { interfaces: { eth0: 198.51.100.254/24, eth1: 10.0.0.2/30 }, routes: [{ to: 192.0.2.0/24, via: 10.0.0.1 }, { to: 203.0.113.53, via: 198.51.100.53 }] }
switches: { s1: , s2: }
links: [h1.eth0 -- s1, a1.eth0 -- s1, r1.eth0 -- s1, h2.eth0 -- s2, a2.eth0 -- s2, r2.eth0 -- s2, r1.eth1 -- r2.eth1]
programs:
  - { on: a1, run: dns-server, background: true }
  - { on: a2, run: dns-server, background: true }
`,
    reach: [['h1', '203.0.113.53'], ['h2', '203.0.113.53']], // prettier-ignore
    unless: ['  - { on: a2, run: dns-server, background: true }\n', '', 'dns-not-served'],
  },
  {
    what: 'a host that asks itself for names',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, dns: 127.0.0.1 }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links: [h1.eth0 -- h2.eth0]
programs: [{ on: h1, run: dns-server, background: true }]
`,
    reach: [['h1', 'h2']],
    unless: ['on: h1, run: dns-server', 'on: h2, run: dns-server', 'dns-not-served'],
  },
  {
    what: 'hosts whose wide masks a router with proxy ARP makes good (RFC 1027)',
    text: `
hosts:
  h1: { interfaces: { eth0: 10.0.1.1/16 } }
  h2: { interfaces: { eth0: 10.0.2.1/16 } }
routers:
  r1: { interfaces: { eth0: 10.0.1.254/24, eth1: 10.0.2.254/24 }, sysctl: { net.ipv4.conf.all.proxy_arp: 1 } }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- h2.eth0]
`,
    reach: [['h1', 'h2']],
    unless: ['proxy_arp: 1', 'proxy_arp: 0', 'overlapping-subnets', 'mask-mismatch', 'overlapping-subnets', 'mask-mismatch', 'overlapping-subnets'],
  }, // prettier-ignore
  {
    what: 'routes that end what is not wanted',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
  h3: { interfaces: { eth0: 203.0.113.1/24 }, gateway: 203.0.113.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 198.51.100.254/24, eth2: 203.0.113.254/24 }, routes: [{ to: 203.0.113.1, type: prohibit }, { to: 10.0.0.0/8, type: blackhole }, { to: 172.16.0.0/12, type: unreachable }] }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- h2.eth0, r1.eth2 -- h3.eth0]
`,
    reach: [['h1', 'h2']],
  },
  {
    what: 'a network for management, of which the file says that it is kept apart',
    text: `
hosts:
  server: { interfaces: { eth0: 192.0.2.1/24, eth1: 10.0.0.1/24 }, gateway: 192.0.2.254 }
  admin: { interfaces: { eth0: 10.0.0.2/24 } }
  client: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 198.51.100.254/24 } }
links: [server.eth0 -- r1.eth0, r1.eth1 -- client.eth0, server.eth1 -- admin.eth0]
expect: [{ not-reach: client -> admin }]
`,
    reach: [['client', 'server'], ['admin', 'server']], // prettier-ignore
    unless: ['expect: [{ not-reach: client -> admin }]\n', '', 'missing-route', 'missing-route'],
  },
  {
    what: 'a spare way by a higher metric, a spare cable between switches, and a router that stands by',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 10.0.0.1/30, eth2: 10.0.1.1/30 }, routes: [{ to: 198.51.100.0/24, via: 10.0.0.2 }, { to: 198.51.100.0/24, via: 10.0.1.2, metric: 200 }] }
  r2: { interfaces: { eth0: 198.51.100.254/24, eth1: 10.0.0.2/30, eth2: 10.0.1.2/30 }, routes: [{ to: 192.0.2.0/24, via: 10.0.0.1 }, { to: 192.0.2.0/24, via: 10.0.1.1, metric: 200 }] }
  r3: { interfaces: { eth0: { ip: 192.0.2.254/24, up: false } } }
switches: { s1: , s2: }
links: [h1.eth0 -- s1, s1 -- s2, { from: s1, to: s2, up: false }, r1.eth0 -- s2, r3.eth0 -- s2, r1.eth1 -- r2.eth1, r1.eth2 -- r2.eth2, r2.eth0 -- h2.eth0]
`,
    reach: [['h1', 'h2']],
    unless: ['{ from: s1, to: s2, up: false }', '{ from: s1, to: s2 }', 'switch-loop'],
  },
  {
    what: 'servers that answer for the balancer before them, whose address they have on lo',
    text: `
hosts:
  client: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
  balancer: { interfaces: { eth0: [192.0.2.1/24, 192.0.2.100/24] }, gateway: 192.0.2.254 }
  server: { interfaces: { lo: 192.0.2.100/32, eth0: 192.0.2.2/24 }, gateway: 192.0.2.254, sysctl: { net.ipv4.conf.all.arp_ignore: 1 } }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 198.51.100.254/24 } }
switches: { s1: }
links: [balancer.eth0 -- s1, server.eth0 -- s1, r1.eth0 -- s1, r1.eth1 -- client.eth0]
`,
    reach: [['client', '192.0.2.100'], ['client', '192.0.2.2']], // prettier-ignore
    unless: ['lo: 192.0.2.100/32, eth0: 192.0.2.2/24', 'eth0: [192.0.2.2/24, 192.0.2.100/24]', 'duplicate-address'],
  },
  {
    what: 'long frames on one link and short ones on the other',
    text: `
hosts:
  h1: { interfaces: { eth0: { ip: 192.0.2.1/24, mtu: 9000 } }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: { ip: 192.0.2.254/24, mtu: 9000 }, eth1: 198.51.100.254/24 } }
switches: { s1: }
links: [{ from: h1.eth0, to: s1, mtu: 9000 }, { from: r1.eth0, to: s1, mtu: 9000 }, r1.eth1 -- h2.eth0]
`,
    reach: [['h1', 'h2']],
    unless: ['{ from: r1.eth0, to: s1, mtu: 9000 }', '{ from: r1.eth0, to: s1, mtu: 1500 }', 'mtu-mismatch'],
  },
  {
    what: 'a next hop by the interface that the route names',
    text: `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/25 }, gateway: 192.0.2.126 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  # wirelab-allow overlapping-subnets: so that there are two ways to ask
  r1: { interfaces: { eth0: 192.0.2.126/25, eth1: 203.0.113.1/24, eth2: 203.0.113.129/25 }, routes: [{ to: 198.51.100.0/24, via: 203.0.113.254, dev: eth1 }] }
  r2: { interfaces: { eth0: 198.51.100.254/24, eth1: 203.0.113.254/24 }, routes: [{ to: 192.0.2.0/25, via: 203.0.113.1 }] }
  r3: { interfaces: { eth0: } }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- r2.eth1, r1.eth2 -- r3.eth0, r2.eth0 -- h2.eth0]
`,
    reach: [['h1', 'h2']],
    unless: [', dev: eth1', '', 'gateway-missing'],
  }, // prettier-ignore
];

function rulesIn(text: string): string[] {
  return lint(text).findings.map(({ rule }) => rule);
}

describe.each(MEANT)('$what', ({ text, reach, unless }) => {
  it('works, and nothing is found in it', () => {
    const lab = openLab(text, { backgroundOnly: true });
    for (const [from, to] of reach) expect(lab.trace(from, to).reached, `${from} -> ${to}`).toBe(true);
    expect(rulesIn(text)).toEqual([]);
  });

  it.skipIf(unless === undefined)('is told from what is almost the same and not meant', () => {
    const [right = '', wrong = '', ...rules] = unless ?? [];
    expect(text).toContain(right);
    expect(rulesIn(text.replace(right, wrong))).toEqual(rules);
  });
});

const SHAPES: Readonly<Record<string, (size: number) => Plan>> = {
  line: (size) => Shape.line({ routers: size }),
  ring: (size) => Shape.ring({ routers: size + 2 }),
  star: (size) => Shape.star({ routers: size + 1 }),
  tree: (size) => Shape.tree({ depth: Math.min(size, 3), fanOut: 3 }),
  'full mesh': (size) => Shape.fullMesh({ routers: Math.min(size + 1, 12) }),
  grid: (size) => Shape.grid({ rows: size, columns: 3 }),
  'leaf-spine': (size) => Shape.leafSpine({ leaves: size + 1, spines: 3 }),
  'fat tree': (size) => Shape.fatTree({ ports: size > 4 ? 6 : 4 }),
  random: (size) => Shape.random({ routers: size + 2, seed: size }),
};

describe.each(Object.entries(SHAPES))('what is made of a %s', (_, plan) => {
  it.each([1, 2, 3, 7, 20])('of size %i is without findings', (size) => {
    expect(rulesIn(topologyText(plan(size)))).toEqual([]);
    expect(rulesIn(topologyText(plan(size), { linkPrefixLength: 31, routers: null }))).toEqual([]);
  });
});

const ZOO = '../shared/topology-zoo';
const FILES = existsSync(ZOO) ? readdirSync(ZOO).filter((name) => name.endsWith('.graphml')) : [];

describe(`an imported network${FILES.length === 0 ? ` (skipped: ${ZOO} is absent)` : ''}`, () => {
  it.skipIf(FILES.length === 0).each(FILES.length === 0 ? [''] : FILES)('%s is without findings', (file) => {
    const { plan } = importGraphml(readFileSync(`${ZOO}/${file}`, 'utf8'), { file });
    const routers = plan.nodes.map(({ name }) => name);
    const isConnected = (text: string): boolean => !rulesIn(text).some((rule) => rule !== 'unreachable-island');
    expect(isConnected(topologyText(plan))).toBe(true);
    expect(isConnected(topologyText(withHosts(plan, 1, routers)))).toBe(true);
  });
});
