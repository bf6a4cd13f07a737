/**
 * What can befall a packet: for each disposition a network that shows it, and the same network without the one mistake,
 * in which the same packet arrives.
 */
import { describe, expect, it } from 'vitest';
import { openLab } from '../../src/lab/lab.ts';
import type { LabOptions } from '../../src/lab/lab.ts';
import { DROP_REASONS } from '../../src/sim/drop-reason.ts';
import type { DropReason } from '../../src/sim/drop-reason.ts';
import { SECOND } from '../../src/sim/time.ts';
import { dispositionOf, DISPOSITIONS } from '../../src/trace/disposition.ts';
import type { Disposition } from '../../src/trace/disposition.ts';
import { summarizeTrace } from '../../src/trace/format.ts';
import type { Trace, TraceOptions } from '../../src/trace/trace.ts';

// Two halves of one network, and two routers between them.
const SOUND = `
hosts:
  h1: { interfaces: { eth0: 198.51.100.1/25 }, gateway: 198.51.100.126 }
  h2: { interfaces: { eth0: 198.51.100.129/25 }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 198.51.100.126/25, eth1: 203.0.113.1/30 }, routes: [{ to: 198.51.100.128/25, via: 203.0.113.2 }] }
  r2: { interfaces: { eth0: 203.0.113.2/30, eth1: 198.51.100.254/25 }, routes: [{ to: 198.51.100.0/25, via: 203.0.113.1 }] }
links:
  - h1.eth0 -- r1.eth0
  - { from: r1.eth1, to: r2.eth0, queue: 1000, bandwidth: 1Mbit/s }
  - h2.eth0 -- r2.eth1
programs:
  - { on: h2, run: udp-echo 7, background: true }
`;
const LINE = 'queue: 1000, bandwidth: 1Mbit/s';

/** The routers need not ask for each other. */
const NEIGHBORS_SET: readonly (readonly [string, string])[] = [
  [
    '203.0.113.1/30 }',
    '{ ip: 203.0.113.1/30, mac: 02:00:00:00:00:01 } }, neighbors: [{ ip: 203.0.113.2, mac: 02:00:00:00:00:02, dev: eth1 }]',
  ],
  ['eth0: 203.0.113.2/30', 'eth0: { ip: 203.0.113.2/30, mac: 02:00:00:00:00:02 }'],
];

interface Mistake {
  readonly disposition: Disposition;
  /** What it is about, where one disposition has several cases. */
  readonly of?: string;
  /** What is there in place of what in the sound network. */
  readonly edits: readonly (readonly [string, string])[];
  /** These are there in the sound network too. */
  readonly also?: readonly (readonly [string, string])[];
  /** What is sent; in the sound network `instead`, if it is the packet that is wrong. */
  readonly options?: TraceOptions;
  readonly instead?: TraceOptions;
  readonly at: string;
  readonly says: string;
}

const MISTAKES: readonly Mistake[] = [
  {
    disposition: 'no-route',
    edits: [['routes: [{ to: 198.51.100.128/25, via: 203.0.113.2 }]', 'routes: []']],
    at: 'r1',
    says: 'route none for 198.51.100.129; there is 203.0.113.0/30 dev eth1, 198.51.100.0/25 dev eth0',
  },
  {
    disposition: 'no-route',
    of: 'a host without a gateway',
    edits: [[', gateway: 198.51.100.126', '']],
    at: 'h1',
    says: 'h1 sends nothing to 198.51.100.129',
  },
  ...(['blackhole', 'unreachable', 'prohibit'] as const).map((type): Mistake => ({
    disposition: 'null-routed',
    of: type,
    edits: [['{ to: 198.51.100.128/25, via: 203.0.113.2 }', `{ to: 198.51.100.128/25, type: ${type} }`]],
    at: 'r1',
    says: `route ${type} 198.51.100.128/25`,
  })),
  {
    disposition: 'null-routed',
    of: 'the host itself',
    edits: [[', gateway: 198.51.100.126', ', routes: [{ to: 198.51.100.128/25, type: prohibit }]']],
    at: 'h1',
    says: 'prohibited, a prohibit route matched',
  },
  {
    disposition: 'neighbor-unreachable',
    edits: [['198.51.100.129/25', '198.51.100.130/25']],
    at: 'r2',
    says: 'it asked 3 times who has 198.51.100.129, which nobody in the lab has; route 198.51.100.128/25 dev eth1',
  },
  {
    disposition: 'neighbor-unreachable',
    of: 'a gateway on another link',
    edits: [
      ['gateway: 198.51.100.126', 'routes: [{ to: 203.0.113.0/24, dev: eth0 }, { to: default, via: 203.0.113.1 }]'],
      ['eth1: 203.0.113.1/30 }', 'eth1: 203.0.113.1/30 }, sysctl: { net.ipv4.conf.all.arp_ignore: 1 }'],
    ],
    at: 'h1',
    says: 'as its route is default via 203.0.113.1 dev eth0, but r1.eth1 has that address, on another link',
  },
  {
    disposition: 'wrong-subnet',
    edits: [['198.51.100.1/25', '198.51.100.1/24']],
    at: 'h1',
    says: 'as its route is 198.51.100.0/24 dev eth0, but h2.eth0 has that address, on another link',
  },
  {
    disposition: 'ttl-expired',
    edits: [],
    options: { ttl: 2 },
    instead: { ttl: 3 },
    at: 'r2',
    says: 'the TTL ran out',
  },
  {
    disposition: 'loop',
    edits: [
      ['eth1: 198.51.100.254/25 }, routes: [', 'eth1: }, routes: [{ to: 198.51.100.128/25, via: 203.0.113.1 }, '],
    ],
    at: 'r2',
    says: 'it goes round in a circle, h1 → r1 → r2 → r1 → r2, until the TTL runs out at r2',
  },
  {
    disposition: 'loop',
    of: 'switches',
    edits: [
      [
        '  - { from: a.2',
        `  - { from: a.3, to: b.3, bandwidth: 1Mbit/s }\n  - { from: a.4, to: b.4, bandwidth: 1Mbit/s }\n  - { from: a.2`,
      ],
    ],
    also: [
      ['routers:', 'switches: { a: , b: }\nrouters:'],
      ['h2.eth0 -- r2.eth1', 'h2.eth0 -- a.1\n  - r2.eth1 -- b.1\n  - { from: a.2, to: b.2, bandwidth: 1Mbit/s }'],
      ['programs:', 'programs:\n  - { on: r2, run: ping -c 1 198.51.100.130, background: true }'],
    ],
    at: 'r2',
    says: 'a broadcast storm',
  },
  {
    disposition: 'would-fragment',
    edits: [[LINE, `${LINE}, mtu: 1400`]],
    options: { size: 1_472, df: true },
    at: 'r1',
    says: '1500 octets for eth1, whose MTU is 1400',
  },
  {
    disposition: 'would-fragment',
    of: 'the host itself',
    edits: [],
    options: { size: 1_473, df: true },
    instead: { size: 1_472, df: true },
    at: 'h1',
    says: 'h1 sends nothing',
  },
  {
    disposition: 'exceeds-mtu',
    edits: [['eth1: 203.0.113.1/30', 'eth1: { ip: 203.0.113.1/30, mtu: 1500 }']],
    also: [[LINE, `${LINE}, mtu: 1400`]],
    options: { size: 1_472, df: false },
    at: 'r1.eth1',
    says: '1500 octets on a link for 1400',
  },
  {
    disposition: 'queue-full',
    edits: [['queue: 1000', 'queue: 2']],
    also: [['programs:', 'programs:\n  - { on: h1, run: source --rate 200/s --size 1000 h2 9, background: true }']],
    at: 'r1.eth1',
    says: 'its limit is 2 packets',
  },
  ...(['loss: 0%', 'drop-every: 0', 'partitioned: false'] as const).map((none): Mistake => {
    const some = {
      'loss: 0%': 'loss: 100%',
      'drop-every: 0': 'drop-every: 1',
      'partitioned: false': 'partitioned: true',
    };
    return {
      disposition: 'lost',
      of: some[none],
      edits: [[none, some[none]]],
      also: [[LINE, `${LINE}, ${none}`], ...NEIGHBORS_SET],
      at: 'r1.eth1',
      says: 'it dies on the link behind r1.eth1',
    };
  }),
  {
    disposition: 'neighbor-unreachable',
    of: 'a link that loses the question',
    edits: [[LINE, `${LINE}, loss: 100%`]],
    at: 'r1',
    says: 'which r2.eth0 has, on this link, but the question died on the link behind r1.eth1: lost',
  },
  {
    disposition: 'bad-checksum',
    edits: [[LINE, `${LINE}, corrupt: 100%`]],
    also: NEIGHBORS_SET,
    at: 'h2',
    says: 'a checksum that does not match',
  },
  {
    disposition: 'link-down',
    edits: [[LINE, `${LINE}, up: false`]],
    at: 'r1',
    says: 'r1 drops it: the link has no carrier',
  },
  {
    disposition: 'no-socket',
    edits: [['udp-echo 7', 'udp-echo 8']],
    options: { udp: 7 },
    at: 'h2',
    says: 'h2 drops it: no socket has this port; UDP port 7',
  },
  {
    disposition: 'denied',
    of: 'reverse path',
    edits: [[', routes: [{ to: 198.51.100.0/25, via: 203.0.113.1 }]', '']],
    also: [['eth1: 198.51.100.254/25 }', 'eth1: 198.51.100.254/25 }, sysctl: { net.ipv4.conf.all.rp_filter: 1 }']],
    at: 'r2',
    says: 'reverse-path: the source would not be reached by the interface',
  },
  {
    disposition: 'denied',
    of: 'a router that does not forward',
    edits: [['eth1: 203.0.113.1/30 }', 'eth1: 203.0.113.1/30 }, sysctl: { net.ipv4.ip_forward: 0 }']],
    at: 'r1',
    says: 'not-a-router',
  },
  {
    disposition: 'not-for-us',
    edits: [
      [', gateway: 198', ', neighbors: [{ ip: 198.51.100.126, mac: 02:00:00:00:00:99, dev: eth0 }], gateway: 198'],
    ],
    at: 'r1',
    says: 'the frame is addressed to another station',
  },
  {
    disposition: 'undecided',
    edits: [[LINE, `${LINE}, held: true`]],
    also: NEIGHBORS_SET,
    at: 'r1',
    says: 'it is still on its way, last seen at r1',
  },
];

function edited(text: string, edits: Mistake['edits'] = []): string {
  return edits.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`there is no "${from}" to replace`);
    return all.replace(from, to);
  }, text);
}

function traceIn(text: string, options?: TraceOptions, to = '198.51.100.129', opening: LabOptions = {}): Trace {
  const lab = openLab(text, opening);
  // What runs beside it has filled what it fills.
  lab.runUntil(2 * SECOND);
  return lab.trace('h1', to, options);
}

describe('the disposition', () => {
  for (const { disposition, of, edits, also, options, instead, at, says } of MISTAKES) {
    const name = of === undefined ? disposition : `${disposition}, ${of}`;
    it(`${name}: shown where it is, and not where it is not`, () => {
      const { there } = traceIn(edited(SOUND, [...(also ?? []), ...edits]), options);
      expect(there).toMatchObject({ disposition, at });
      expect(there.explanation).toContain(says);
      const sound = traceIn(edited(SOUND, also), instead ?? options);
      expect(sound.there.disposition).toBe('delivered');
      expect(sound.reached).toBe(true);
    });
  }
});

/** Whether ping gets an answer in the same network, at the same time. */
function ping(text: string, poison: boolean): boolean {
  const lab = openLab(text, { poison });
  lab.runUntil(2 * SECOND);
  const job = lab.start('h1', 'ping -c 1 -W 9 198.51.100.129');
  // A broadcast storm has no end.
  lab.runFor(12 * SECOND);
  return job.exitStatus === 0;
}

it.each(MISTAKES.filter(({ options }) => options === undefined))(
  'what a trace says is what ping finds: $disposition, $of',
  ({ edits, also }) => {
    for (const text of [edited(SOUND, also), edited(SOUND, [...(also ?? []), ...edits])]) {
      const poisoned = ping(text, true);
      expect(traceIn(text).reached).toBe(poisoned);
      expect(ping(text, false)).toBe(poisoned);
    }
  },
);

it.each(MISTAKES)(
  'the story is the same where frames that were given away are spoilt: $disposition, $of',
  (mistake) => {
    const text = edited(SOUND, [...(mistake.also ?? []), ...mistake.edits]);
    expect(traceIn(text, mistake.options, undefined, { poison: true })).toEqual(traceIn(text, mistake.options));
  },
);

describe('the way back', () => {
  const back = (edits: Mistake['edits'], options?: TraceOptions): Trace['back'] =>
    traceIn(edited(SOUND, edits), options).back;

  it('is told where a router does not have one', () => {
    const trace = traceIn(edited(SOUND, [[', routes: [{ to: 198.51.100.0/25, via: 203.0.113.1 }]', '']]));
    expect(trace).toMatchObject({ reached: false, there: { disposition: 'delivered', at: 'h2' } });
    expect(trace.back).toMatchObject({ kind: 'reply', disposition: 'no-route', at: 'r2' });
    expect(summarizeTrace(trace)).toContain('the reply does not: no-route: r2 drops it');
  });

  it.each([{}, { udp: 7 }])('is told where the host itself has none, for %o', (options) => {
    const missing = back([[', gateway: 198.51.100.254', '']], options);
    expect(missing).toMatchObject({ kind: 'reply', packet: null, disposition: 'no-route', at: 'h2' });
    expect(missing?.explanation).toContain('h2 sends nothing to 198.51.100.1');
  });

  it('is told where the other end takes us to be on its link', () => {
    expect(back([['198.51.100.129/25', '198.51.100.129/24']])).toMatchObject({ disposition: 'wrong-subnet', at: 'h2' });
  });

  it('is that of the ICMP error, where there is one, and nothing where none came', () => {
    expect(back([['udp-echo 7', 'udp-echo 8']], { udp: 7 })).toMatchObject({ kind: 'error', disposition: 'delivered' });
    expect(back([['{ to: 198.51.100.128/25, via: 203.0.113.2 }', '{ to: 198.51.100.128/25, type: blackhole }']])).toBe(
      null,
    );
    expect(back([['udp-echo 7', 'sink 7']], { udp: 7 })).toBe(null);
  });

  it('is followed while the answer waits for a neighbour longer than a program is waited for', () => {
    // The router answers ARP for nobody, but the entry of h2 in its table is set by hand.
    const edits: Mistake['edits'] = [
      [
        'eth1: 198.51.100.254/25 }',
        'eth1: 198.51.100.254/25 }, neighbors: [{ ip: 198.51.100.129, mac: 02:00:00:00:00:09, dev: eth1 }]',
      ],
      ['198.51.100.129/25 }', '{ ip: 198.51.100.129/25, mac: 02:00:00:00:00:09 } }'],
      ['gateway: 198.51.100.254', 'gateway: 198.51.100.253'],
    ];
    expect(back(edits, { udp: 7 })).toMatchObject({ disposition: 'neighbor-unreachable', at: 'h2' });
  });
});

it('shows every disposition that is not one reason alone', () => {
  const shown = new Set<string>(['delivered', ...MISTAKES.map(({ disposition }) => disposition)]);
  const reasons = Object.keys(DROP_REASONS);
  const own = Object.keys(DISPOSITIONS).filter((word) => !reasons.includes(word));
  const shared = reasons.map((reason) => dispositionOf(reason as DropReason)).filter((word, i) => word !== reasons[i]);
  expect([...own, ...shared].filter((word) => !shown.has(word))).toEqual([]);
});
