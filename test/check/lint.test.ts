/** Each rule has a topology that shows it and one, almost the same, in which nothing is found. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/check/lint.ts';
import type { Finding } from '../../src/check/lint/finding.ts';
import { RULES } from '../../src/check/lint/rules.ts';
import type { RuleName } from '../../src/check/lint/rules.ts';
import { TopologyError } from '../../src/lab/topology-error.ts';

interface Case {
  readonly rule: RuleName;
  /** What it is an example of, where the rule has several. */
  readonly when?: string;
  readonly text: string;
  /** Almost the same, in which nothing is found. */
  readonly silent: string;
  /** What stands in the text where it is found. */
  readonly at: string;
  /** What the finding says about what is wrong. */
  readonly says: string;
  /** The drop or answer that the packet met; null where none is sent. */
  readonly met: RegExp | null;
}

const LINK = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links:
  - h1.eth0 -- h2.eth0
`;

const SWITCH = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
  h3: { interfaces: { eth0: 192.0.2.3/24 } }
switches: { s1: , s2: }
links:
  - h1.eth0 -- s1
  - h2.eth0 -- s1
  - s1 -- s2
  - h3.eth0 -- s2
`;

const ROUTER = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 198.51.100.254/24 } }
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- h2.eth0
`;

const ROUTERS = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1:
    interfaces: { eth0: 192.0.2.254/24, eth1: 203.0.113.1/30 }
    routes: [{ to: 198.51.100.0/24, via: 203.0.113.2 }]
  r2:
    interfaces: { eth0: 203.0.113.2/30, eth1: 198.51.100.254/24 }
    routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }]
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- r2.eth0
  - r2.eth1 -- h2.eth0
`;

const LINE = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 203.0.113.1/30 }, gateway: 203.0.113.2 }
  r2:
    interfaces: { eth0: 203.0.113.2/30, eth1: 203.0.113.5/30 }
    routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }, { to: 198.51.100.0/24, via: 203.0.113.6 }]
  r3: { interfaces: { eth0: 203.0.113.6/30, eth1: 198.51.100.254/24 }, gateway: 203.0.113.5 }
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- r2.eth0
  - r2.eth1 -- r3.eth0
  - r3.eth1 -- h2.eth0
`;

const HALVES = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.126 }
  h2: { interfaces: { eth0: 198.51.100.129/25 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.126/24, eth1: 198.51.100.254/25 } }
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- h2.eth0
`;

const TRIANGLE = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1:
    interfaces: { eth0: 192.0.2.254/24, eth1: 203.0.113.1/30, eth2: 203.0.113.5/30 }
    routes: [{ to: 198.51.100.0/24, via: 203.0.113.2 }]
  r2:
    interfaces: { eth0: 198.51.100.254/24, eth1: 203.0.113.2/30, eth2: 203.0.113.9/30 }
    routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }]
  r3:
    interfaces: { eth0: 203.0.113.6/30, eth1: 203.0.113.10/30 }
    routes: [{ to: 192.0.2.0/24, via: 203.0.113.5 }, { to: 198.51.100.0/24, via: 203.0.113.9 }]
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- r2.eth1
  - r1.eth2 -- r3.eth0
  - r2.eth2 -- r3.eth1
  - r2.eth0 -- h2.eth0
`;

// Two equal ways between r1 and r4.
const SQUARE = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1:
    interfaces: { eth0: 192.0.2.254/24, eth1: 203.0.113.1/30, eth2: 203.0.113.5/30 }
    routes: [{ to: 198.51.100.0/24, via: [203.0.113.6, 203.0.113.2] }]
  r2:
    interfaces: { eth1: 203.0.113.2/30, eth2: 203.0.113.9/30 }
    routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }, { to: 198.51.100.0/24, via: 203.0.113.10 }]
  r3:
    interfaces: { eth1: 203.0.113.6/30, eth2: 203.0.113.13/30 }
    routes: [{ to: 192.0.2.0/24, via: 203.0.113.5 }, { to: 198.51.100.0/24, via: 203.0.113.14 }] # r3
  r4:
    interfaces: { eth0: 198.51.100.254/24, eth1: 203.0.113.10/30, eth2: 203.0.113.14/30 }
    routes: [{ to: 192.0.2.0/24, via: [203.0.113.9, 203.0.113.13] }]
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- r2.eth1
  - r1.eth2 -- r3.eth1
  - r2.eth2 -- r4.eth1
  - r3.eth2 -- r4.eth2
  - r4.eth0 -- h2.eth0
`;

// Each router knows the others' addresses on lo.
const LOOPBACK = LINE.replace('eth0: 192.0.2.254/24', 'lo: 10.0.0.1/32, eth0: 192.0.2.254/24')
  .replace('eth0: 203.0.113.2/30', 'lo: 10.0.0.2/32, eth0: 203.0.113.2/30')
  .replace('eth0: 203.0.113.6/30', 'lo: 10.0.0.3/32, eth0: 203.0.113.6/30')
  .replace(
    'via: 203.0.113.6 }]',
    'via: 203.0.113.6 }, { to: 10.0.0.1/32, via: 203.0.113.1 }, { to: 10.0.0.3/32, via: 203.0.113.6 }]',
  );

const DNS = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, dns: 192.0.2.2 }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links:
  - h1.eth0 -- h2.eth0
programs:
  - { on: h2, run: dns-server, background: true }
`;

/** A text in which nothing is found, with one thing in it changed for the worse. */
function broken(silent: string, right: string, wrong: string): Pick<Case, 'text' | 'silent'> {
  return { text: silent.replaceAll(right, wrong), silent };
}

const CASES: readonly Case[] = [
  {
    rule: 'duplicate-address',
    at: '192.0.2.1/24',
    ...broken(SWITCH, '192.0.2.3', '192.0.2.1'),
    says: 'h3.eth0 has 192.0.2.1, which h1.eth0 has already.',
    met: /^(h1 takes it; h3.eth0|h3 takes it; h1.eth0) sees nothing$/,
  },
  {
    rule: 'duplicate-address',
    at: '192.0.2.1/32',
    when: 'on two links of one network',
    ...broken(ROUTER, 'eth0: 198.51.100.1/24', 'eth0: [198.51.100.1/24, 192.0.2.1/32]'),
    says: 'h2.eth0 has 192.0.2.1, which h1.eth0 has already.',
    met: /^h1 takes it; h2.eth0 sees nothing$/,
  },
  {
    rule: 'duplicate-mac',
    at: 'eth0',
    ...broken(
      SWITCH.replace(
        'h1: { interfaces: { eth0: 192.0.2.1/24 }',
        'h1: { interfaces: { eth0: { ip: 192.0.2.1/24, mac: 02:00:00:00:00:01 } }',
      ),
      'h2: { interfaces: { eth0: 192.0.2.2/24 } }',
      'h2: { interfaces: { eth0: { ip: 192.0.2.2/24, mac: 02:00:00:00:00:01 } } }',
    ),
    says: 'h2.eth0 has the MAC address 02:00:00:00:00:01, which h1.eth0 on the same link has already.',
    met: /^neighbor-unreachable: /,
  },
  {
    rule: 'network-address',
    at: '192.0.2.0/24',
    ...broken(LINK, '192.0.2.2/24', '192.0.2.0/24'),
    says: 'h2.eth0 has 192.0.2.0, which is the network address of 192.0.2.0/24.',
    met: null,
  },
  {
    rule: 'broadcast-address',
    at: '192.0.2.255',
    ...broken(LINK, '192.0.2.2/24', '192.0.2.255/24'),
    says: 'h2.eth0 has 192.0.2.255, which is the broadcast address of 192.0.2.0/24.',
    met: /./,
  },
  {
    rule: 'mask-mismatch',
    at: '192.0.2.3/31',
    ...broken(SWITCH, '192.0.2.3/24', '192.0.2.3/31'),
    says: 'h3.eth0 has 192.0.2.3/31, but on the same link h1.eth0 and h2.eth0 have a prefix of 24 bits.',
    met: /^no-route: /,
  },
  {
    rule: 'overlapping-subnets',
    at: '192.0.2.129/25',
    ...broken(HALVES, '198.51.100.', '192.0.2.'),
    says: 'h2.eth0 has 192.0.2.128/25 on its link, which overlaps 192.0.2.0/24 at h1.eth0 on another one.',
    met: /^wrong-subnet: /,
  },
  {
    rule: 'gateway-off-link',
    at: '198.51.100.254',
    ...broken(ROUTER, 'gateway: 192.0.2.254', 'gateway: 198.51.100.254'),
    says: "h1's gateway leads to 198.51.100.254, which is on no subnet of h1: it has 192.0.2.0/24.",
    met: /^no-route: /,
  },
  {
    rule: 'gateway-missing',
    at: '192.0.2.253',
    ...broken(ROUTER, 'gateway: 192.0.2.254', 'gateway: 192.0.2.253'),
    says: "h1's gateway leads to 192.0.2.253, which nobody on the link of h1.eth0 has.",
    met: /^neighbor-unreachable: /,
  },
  {
    rule: 'gateway-missing',
    at: '{ to: 192.0.2.0/24',
    when: 'in a route',
    ...broken(
      ROUTERS.replaceAll('203.0.113.1', '203.0.113.9')
        .replaceAll('203.0.113.2/30', '203.0.113.10/29')
        .replaceAll('203.0.113.9/30', '203.0.113.9/29')
        .replaceAll('via: 203.0.113.2', 'via: 203.0.113.10'),
      'to: 192.0.2.0/24, via: 203.0.113.9',
      'to: 192.0.2.0/24, via: 203.0.113.11',
    ),
    says: "r2's route to 192.0.2.0/24 leads to 203.0.113.11, which nobody on the link of r2.eth0 has.",
    met: /^neighbor-unreachable: /,
  },
  {
    rule: 'gateway-not-router',
    at: '192.0.2.254',
    ...broken(ROUTER, 'r1: {', 'r1: { sysctl: { net.ipv4.ip_forward: 0 },'),
    says: "h1's gateway leads to 192.0.2.254, which is r1.eth0, and r1 does not forward.",
    met: /^denied: /,
  },
  {
    rule: 'missing-route',
    at: 'r2:',
    ...broken(
      LINE,
      'routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }, { to: 198.51.100.0/24, via: 203.0.113.6 }]',
      'routes: []',
    ),
    says: 'r2 has no route to 198.51.100.0/24 and 192.0.2.0/24.',
    met: /^no-route: /,
  },
  {
    rule: 'missing-return-route',
    at: 'r2:',
    ...broken(ROUTERS, 'routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }]', 'routes: []'),
    says: 'r2 has no route to 192.0.2.0/24, from where packets come to h2.',
    met: /^h2 has it after .*; the reply does not: no-route: /,
  },
  {
    rule: 'missing-route',
    at: 'h1:',
    when: 'of hosts on one link that have no subnet in common',
    ...broken(LINK, '192.0.2.2/24', '192.0.3.2/24'),
    says: 'h1 has no route to 192.0.3.0/24, and no gateway.',
    met: /^no-route: /,
  },
  {
    rule: 'missing-return-route',
    at: 'r3:',
    when: 'at one of several next hops, whichever of them a flow takes',
    ...broken(SQUARE, ', { to: 198.51.100.0/24, via: 203.0.113.14 }] # r3', '] # r3'),
    says: 'r3 has no route to 198.51.100.0/24, from where packets come to h1.',
    met: null,
  },
  {
    rule: 'routing-loop',
    at: '{ to: 198.51.100.0/25',
    when: 'of three routers, for a part of what is routed',
    ...broken(
      TRIANGLE.replace('198.51.100.0/24, via: 203.0.113.9 ', '198.51.100.0/24, via: 203.0.113.5 '),
      '{ to: 192.0.2.0/24, via: 203.0.113.1 }]',
      '{ to: 192.0.2.0/24, via: 203.0.113.1 }, { to: 198.51.100.0/25, via: 203.0.113.10 }]',
    ),
    says: 'What is for 198.51.100.0/24 goes round: r1 > r2 > r3 > r1.',
    met: /^loop: /,
  },
  {
    rule: 'routing-loop',
    at: '{ to: 10.0.0.3/32, via: 203.0.113.1 }',
    when: 'for an address of a router on lo',
    ...broken(LOOPBACK, '{ to: 10.0.0.3/32, via: 203.0.113.6 }', '{ to: 10.0.0.3/32, via: 203.0.113.1 }'),
    says: 'What is for 10.0.0.3 goes round: r2 > r1 > r2.',
    met: /^loop: /,
  },
  {
    rule: 'latent-loop',
    at: '203.0.113.2',
    when: 'of two default routes',
    ...broken(
      ROUTERS.replace('routes: [{ to: 198.51.100.0/24, via: 203.0.113.2 }]', 'gateway: 203.0.113.2'),
      'routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }]',
      'gateway: 203.0.113.1',
    ),
    says: 'What is for an address that nobody has, such as 203.0.113.254, goes round: r1 > r2 > r1.',
    met: /^loop: it goes round in a circle, h1 → r1 → r2 → r1/,
  },
  {
    rule: 'latent-loop',
    at: '{ to: 198.51.0.0/16',
    when: 'of a route for more than is there',
    ...broken(
      ROUTERS.replace('to: 198.51.100.0/24', 'to: 198.51.0.0/16').replace(
        '{ to: 192.0.2.0/24, via: 203.0.113.1 }',
        '{ to: default, via: 203.0.113.1 }, { to: 198.51.0.0/16, type: unreachable }',
      ),
      ', { to: 198.51.0.0/16, type: unreachable }',
      '',
    ),
    says: 'What is for an address of 198.51.0.0/16 that nobody has, such as 198.51.0.1, goes round: r1 > r2 > r1.',
    met: /^loop: /,
  },
  {
    rule: 'asymmetric-path',
    at: 'r1:',
    when: 'that meets a reverse-path filter',
    ...broken(
      TRIANGLE.replace(
        'eth2: 203.0.113.5/30 }',
        'eth2: 203.0.113.5/30 }\n    sysctl: { net.ipv4.conf.all.rp_filter: 1 }',
      ),
      'to: 192.0.2.0/24, via: 203.0.113.1 ',
      'to: 192.0.2.0/24, via: 203.0.113.10 ',
    ),
    says: 'h1 to h2 goes h1 > r1 > r2 > h2, but back it goes h2 > r2 > r3 > r1 > h1.',
    met: /^h2 has it after .*; the reply does not: denied: r1 drops it, reverse-path/,
  },
  {
    rule: 'routing-loop',
    at: '{ to: 198.51.100.0/24, via: 203.0.113.1 }',
    ...broken(LINE, '{ to: 198.51.100.0/24, via: 203.0.113.6 }', '{ to: 198.51.100.0/24, via: 203.0.113.1 }'),
    says: 'What is for 198.51.100.0/24 goes round: r1 > r2 > r1.',
    met: /^loop: /,
  },
  {
    rule: 'asymmetric-path',
    at: 'r1:',
    ...broken(TRIANGLE, 'to: 192.0.2.0/24, via: 203.0.113.1 ', 'to: 192.0.2.0/24, via: 203.0.113.10 '),
    says: 'h1 to h2 goes h1 > r1 > r2 > h2, but back it goes h2 > r2 > r3 > r1 > h1.',
    met: /^there h1 > r1 > r2 > h2, back h2 > r2 > r3 > r1 > h1$/,
  },
  {
    rule: 'unreachable-island',
    at: 'h3:',
    ...broken(SWITCH, '  - s1 -- s2\n', ''),
    says: 'No link leads from h3 to h1 and what hangs together with it.',
    met: /^neighbor-unreachable: |^wrong-subnet: /,
  },
  {
    rule: 'dns-unreachable',
    at: '192.0.2.3',
    ...broken(DNS, 'dns: 192.0.2.2', 'dns: 192.0.2.3'),
    says: 'h1 asks 192.0.2.3 for names, which nobody has.',
    met: /^neighbor-unreachable: /,
  },
  {
    rule: 'dns-not-served',
    at: '192.0.2.2',
    ...broken(DNS, 'run: dns-server', 'run: udp-echo 53'),
    says: 'h1 asks 192.0.2.2 (h2.eth0) for names, where no dns-server runs.',
    met: /^no-socket: /,
  },
  {
    rule: 'mtu-mismatch',
    at: 'eth0',
    ...broken(SWITCH, '- h3.eth0 -- s2', '- { from: h3.eth0, to: s2, mtu: 1400 }'),
    says: 'Interfaces on one link differ in their MTU: 1500 at h1.eth0 and h2.eth0, 1400 at h3.eth0.',
    met: /^exceeds-mtu: /,
  },
  {
    rule: 'mtu-mismatch',
    at: '{ from: s1',
    when: 'between switches',
    ...broken(SWITCH, '- s1 -- s2', '- { from: s1, to: s2, mtu: 1400 }'),
    says: 'The link carries 1400 octets, but the interfaces that send into it have an MTU of 1500 at h1.eth0, h2.eth0 and h3.eth0.',
    met: /^exceeds-mtu: /,
  },
  {
    rule: 'switch-loop',
    at: 's2 -- s1',
    ...broken(SWITCH, '  - s1 -- s2\n', '  - s1 -- s2\n  - s2 -- s1\n'),
    says: 's2.port2 -- s1.port4 closes a circle of switches and hubs, which run no spanning tree.',
    met: /^\d+ frames in \d+ µs, and no end$/,
  },
  {
    rule: 'unlinked-interface',
    at: 'eth1:',
    ...broken(LINK, 'eth0: 192.0.2.2/24', 'eth0: 192.0.2.2/24, eth1: 198.51.100.1/24'),
    says: 'h2.eth1 has the address 198.51.100.1, but no link.',
    met: null,
  },
  {
    rule: 'kernel-refusal',
    at: '192.0.2.2/24, 192|192.0.2.2/24\\]',
    ...broken(LINK, 'eth0: 192.0.2.2/24', 'eth0: [192.0.2.2/24, 192.0.2.2/24]'),
    says: 'The kernel of h2 refuses this: eth0: address: EEXIST (File exists).',
    met: null,
  },
  {
    rule: 'bad-allowance',
    at: '# wirelab',
    ...broken(LINK, '  - h1.eth0', '  # wirelab-allow duplicate-adress: a misspelling\n  - h1.eth0'),
    says: 'There is no rule "duplicate-adress".',
    met: null,
  },
  {
    rule: 'unused-allowance',
    at: '# wirelab',
    ...broken(LINK, '  - h1.eth0', '  # wirelab-allow duplicate-address: there is none\n  - h1.eth0'),
    says: 'Nothing here is found by duplicate-address.',
    met: null,
  },
];
function find(text: string): readonly Finding[] {
  return lint(text, { file: 'lab.yaml' }).findings;
}

it('has an example of each rule', () => {
  const shown = new Set(CASES.map(({ rule }) => rule));
  expect(Object.keys(RULES).filter((rule) => !shown.has(rule as RuleName))).toEqual([]);
});

describe.each(CASES.map((one) => ({ ...one, title: `${one.rule} ${one.when ?? ''}`.trim() })))(
  '$title',
  ({ rule, text, silent, says, at, met }) => {
    const findings = find(text);

    it('is all that is found, and says where and what', () => {
      expect(findings.map((one) => one.rule)).toEqual(findings.map(() => rule));
      expect(findings[0]?.message).toBe(says);
      const { line, column } = findings[0]!.position;
      expect(text.split('\n')[line - 1]!.slice(column - 1)).toMatch(new RegExp(`^${at}`));
    });

    it('proves itself where a packet can', () => {
      const proof = findings[0]?.proof ?? null;
      if (met === null) expect(proof).toBeNull();
      else expect(proof?.met).toMatch(met);
    });

    it('is not found in what is almost the same', () => {
      expect(find(silent)).toEqual([]);
    });
  },
);

describe('a file', () => {
  const LOOP = broken(SWITCH, '  - s1 -- s2\n', '  - s1 -- s2\n  - s2 -- s1\n').text;

  it('allows a finding in the line of the comment or in the one below it', () => {
    const behind = LOOP.replace('- s2 -- s1', '- s2 -- s1 # wirelab-allow switch-loop: on purpose');
    const above = LOOP.replace('  - s2 -- s1', '  # wirelab-allow switch-loop: on purpose\n\n  # more\n  - s2 -- s1');
    expect(lint(behind)).toMatchObject({ findings: [], allowed: 1 });
    expect(lint(above)).toMatchObject({ findings: [], allowed: 1 });
  });

  it('allows several rules in one comment, and none in another line', () => {
    const both = '# wirelab-allow switch-loop, mtu-mismatch: on purpose';
    const found = find(LOOP.replace('- s2 -- s1', `- s2 -- s1 ${both}`));
    expect(found.map(({ rule }) => rule)).toEqual(['unused-allowance']);
    const elsewhere = find(LOOP.replace('- s1 -- s2', '- s1 -- s2 # wirelab-allow switch-loop: on purpose'));
    expect(elsewhere.map(({ rule }) => rule)).toEqual(['unused-allowance', 'switch-loop']);
  });

  it('has to give a reason', () => {
    const found = find(LOOP.replace('- s2 -- s1', '- s2 -- s1 # wirelab-allow switch-loop'));
    expect(found.map(({ rule }) => rule)).toEqual(['switch-loop', 'bad-allowance']);
  });

  it('allows by comments only, not by what looks like one', () => {
    const found = find(`name: "no # wirelab-allow nonsense: here"\n${LINK}`);
    expect(found).toEqual([]);
  });

  it('is refused by the loader where it has no meaning', () => {
    expect(() => lint('hosts: { h1: { gatewy: 192.0.2.1 } }')).toThrow(TopologyError);
    expect(() => lint(`${LINK}programs: [{ on: h1, run: nothing }]`)).toThrow(TopologyError);
  });

  it('may lead outside, where others may be', () => {
    const bridged = ROUTER.replace('  - r1.eth1 -- h2.eth0\n', '')
      .replace(/  h2:.*\n/, '')
      .concat('bridges: ["r1.eth1=udp:127.0.0.1:47001,127.0.0.1:47002"]\n')
      .replace('gateway: 192.0.2.254 }', 'gateway: 192.0.2.254, dns: 198.51.100.53 }');
    expect(find(bridged)).toEqual([]);
  });
});

it('finds each missing route once, however many hosts suffer', () => {
  const hosts = Array.from(
    { length: 40 },
    (_, i) => `  a${i}: { interfaces: { eth0: 192.0.2.${i + 10}/24 }, gateway: 192.0.2.254 }`,
  );
  const links = Array.from({ length: 40 }, (_, i) => `  - a${i}.eth0 -- s1`);
  const text = ROUTERS.replace('routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }]', '')
    .replace('routers:', `${hosts.join('\n')}\nswitches: { s1: }\nrouters:`)
    .replace('h1.eth0 -- r1.eth0', `h1.eth0 -- s1\n  - r1.eth0 -- s1\n${links.join('\n')}`);
  expect(find(text).map(({ rule, path }) => `${rule} ${path}`)).toEqual(['missing-return-route routers.r2']);
});

it('names those to which the same holds', () => {
  const text = ROUTER.replace(', gateway: 192.0.2.254', '')
    .replace('  h2:', '  h3: { interfaces: { eth0: 192.0.2.3/24 } }\n  h2:')
    .replace('routers:', 'switches: { s1: }\nrouters:')
    .replace('h1.eth0 -- r1.eth0', 'h1.eth0 -- s1\n  - h3.eth0 -- s1\n  - r1.eth0 -- s1');
  expect(find(text).map(({ message }) => message)).toEqual([
    'h1 has no route to 198.51.100.0/24, from where packets come to h1, and the same holds of h3.',
  ]);
});

it('names the first ones of many, and the larger part as the one that others are missed in', () => {
  const hosts = Array.from({ length: 20 }, (_, i) => `h${i + 1}`);
  const text = `hosts:
${hosts.map((name, i) => `  ${name}: { interfaces: { eth0: 192.0.2.${i + 1}/24 } }`).join('\n')}
switches: { s1: , s2: }
links:
${hosts.map((name, i) => `  - ${name}.eth0 -- ${i < 8 ? 's1' : 's2'}`).join('\n')}
`;
  expect(find(text).map(({ message }) => message)).toEqual([
    'No link leads from h1, h2, h3, h4, h5 and 3 more to h9 and what hangs together with it.',
  ]);
});

it('finds the same, proofs included, each time', () => {
  for (const { text } of CASES) expect(find(text)).toEqual(find(text));
});

describe.each(readdirSync('topologies').filter((name) => name.endsWith('.yaml')))('topologies/%s', (name) => {
  it('is without findings, or says why not', () => {
    expect(find(readFileSync(`topologies/${name}`, 'utf8'))).toEqual([]);
  });
});

it('has a line in the documentation for each rule, with its severity', () => {
  const text = readFileSync('docs/linting.md', 'utf8');
  for (const [name, { severity, summary }] of Object.entries(RULES))
    expect(text).toMatch(new RegExp(`\\| \`${name}\` +\\| ${severity} +\\| ${summary.replaceAll('.', '\\.')} *\\|`));
});
