import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DropReason } from '../../src/sim/drop-reason.ts';
import { takeReceived } from '../../src/stack/endpoint.ts';
import { addAddress, removeAddress, setMask, setMtu, setUp } from '../../src/stack/interface.ts';
import { learnGateway } from '../../src/stack/path-mtu.ts';
import * as Raw from '../../src/stack/raw.ts';
import { addRoute, deleteRoute, lookUp } from '../../src/stack/routes.ts';
import { setSysctl } from '../../src/stack/sysctl.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { FAR, ME, ME_TOO, OTHER, PEER, datagram, echo, hear, host, ip, must, text, udp } from './network.ts';
import type { Fields, Host, HostOptions } from './network.ts';

const REPLY = 'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo reply, id 1, seq 1, length 16';

/** What becomes of a frame: why it was dropped, or what was sent. */
function fate(frame: Uint8Array, options: HostOptions = {}, port = 0): string {
  const me = host(options);
  const sent = hear(me, frame, port);
  expect(me.world.pool.waiting).toBe(0);
  return me.world.dropped[0] ?? sent[0] ?? 'consumed';
}

/** A frame with octets changed, the header's checksum made right again. */
function changed(frame: Uint8Array, ...changes: [number, number][]): Uint8Array {
  const bytes = frame.slice();
  for (const [place, value] of changes) bytes[place] = value;
  Ipv4.updateChecksum(bytes, 14);
  return bytes;
}

describe('a frame', () => {
  it('for another station is left alone', () => {
    expect(fate(echo({ destinationMac: PEER.mac }))).toBe('not-for-us');
    expect(fate(echo({ destinationMac: ME_TOO.mac }))).toBe('not-for-us');
  });

  it('cut off, of another type, or IEEE 802.3’s is dropped', () => {
    expect(fate(new Uint8Array(13))).toBe('truncated');
    for (const [high, low] of [
      [0x86, 0xdd],
      [0x88, 0xb5],
      [0x00, 0x2e],
    ] as const) {
      const bytes = echo();
      bytes.set([high, low], 12);
      expect(fate(bytes)).toBe('unknown-ethertype');
    }
  });

  it('with a priority tag is taken, of a VLAN it is not', () => {
    const tagged = (identifier: number) =>
      Uint8Array.from([...echo().slice(0, 12), 0x81, 0, 0xe0, identifier, ...echo().slice(12)]);
    expect(fate(tagged(0))).toBe(REPLY);
    expect(fate(tagged(5))).toBe('unknown-vlan');
    expect(fate(tagged(0).slice(0, 16))).toBe('truncated');
  });

  it('may be padded', () => {
    const padded = new Uint8Array(200).fill(0xff);
    padded.set(echo());
    expect(fate(padded)).toBe(REPLY);
  });
});

describe('a datagram', () => {
  it.each<[string, Uint8Array, DropReason]>([
    ['cut in its header', echo().slice(0, 30), 'truncated'],
    ['of version 5', changed(echo(), [14, 0x55]), 'bad-version'],
    ['of version 6', changed(echo(), [14, 0x65]), 'bad-version'],
    ['with a header of 16 octets', changed(echo(), [14, 0x44]), 'bad-header-length'],
    ['with a header beyond its end', changed(echo(), [14, 0x4f]).slice(0, 60), 'bad-header-length'],
    ['longer than the frame', changed(echo(), [17, 200]), 'bad-length'],
    ['shorter than its header', changed(echo(), [17, 19]), 'bad-length'],
  ])('%s is dropped as %s', (_, frame, reason) => {
    expect(fate(frame)).toBe(reason);
  });

  it('with a wrong header checksum is dropped in silence (RFC 1122 §3.2.1.2)', () => {
    const wrong = echo();
    wrong[24]! ^= 1;
    expect(fate(wrong)).toBe('bad-checksum');
  });

  it.each<[string, Fields, string]>([
    ['from a group', { source: ip('224.0.0.5') }, 'martian-source'],
    ['from everybody', { source: Ip.BROADCAST }, 'martian-source'],
    ['from 127/8', { source: ip('127.0.0.1') }, 'martian-source'],
    ['from nobody', { source: Ip.ANY }, 'martian-source'],
    ['from 0/8', { source: ip('0.1.2.3') }, 'martian-source'],
    ['from itself', { source: ME.ip }, 'martian-source'],
    ['from its other address', { source: ME_TOO.ip }, 'martian-source'],
    ['to 127/8', { destination: ip('127.0.0.1') }, 'martian-destination'],
    ['to nobody', { destination: Ip.ANY }, 'martian-destination'],
    ['to 0/8', { destination: ip('0.1.2.3') }, 'martian-destination'],
    [
      'to a group that it has not joined',
      { destination: ip('224.0.0.5'), destinationMac: Mac.fromMulticast(ip('224.0.0.5')) },
      'not-a-member',
    ],
    ['to another host', { destination: OTHER.ip }, 'not-a-router'],
    [
      'from class E',
      { source: ip('240.0.0.1') },
      'eth0 IP 192.0.2.1 > 240.0.0.1: ICMP echo reply, id 1, seq 1, length 16',
    ],
    [
      'to its other address',
      { destination: ME_TOO.ip },
      'eth0 IP 198.51.100.1 > 192.0.2.2: ICMP echo reply, id 1, seq 1, length 16',
    ],
    ['in a link-layer broadcast', { destinationMac: Mac.BROADCAST }, REPLY],
  ])('%s: %s', (_, fields, wanted) => {
    expect(fate(echo(fields))).toBe(wanted);
  });

  it.each<[string, Record<string, number>, Fields, string]>([
    // The reply goes to itself, which did not ask.
    ['accept_local', { 'conf.eth0.accept_local': 1 }, { source: ME_TOO.ip }, 'icmp-unhandled'],
    [
      'drop_unicast_in_l2_multicast',
      { 'conf.all.drop_unicast_in_l2_multicast': 1 },
      { destinationMac: Mac.BROADCAST },
      'link-broadcast',
    ],
    ['strict rp_filter', { 'conf.all.rp_filter': 1 }, { source: OTHER.ip }, 'reverse-path'],
    ['loose rp_filter', { 'conf.all.rp_filter': 2 }, { source: OTHER.ip }, 'consumed'],
    ['strict rp_filter, right way', { 'conf.eth0.rp_filter': 1 }, { source: FAR }, 'consumed'],
  ])('obeys %s', (_, sysctl, fields, wanted) => {
    const outcome = fate(echo(fields), { sysctl });
    expect(outcome.startsWith('eth') ? 'consumed' : outcome).toBe(wanted);
  });

  it('from where no route leads is dropped by loose rp_filter', () => {
    expect(fate(echo({ source: FAR }), { sysctl: { 'conf.all.rp_filter': 2 }, defaultRoute: false })).toBe(
      'reverse-path',
    );
  });

  it('whose source cannot be is reported with log_martians', () => {
    const me = host({ sysctl: { 'conf.all.log_martians': 1 } });
    hear(me, echo({ source: ip('127.0.0.1') }));
    expect(me.reports).toEqual([
      { what: 'martian-source', interface: me.eth0, source: ip('127.0.0.1'), destination: ME.ip },
    ]);
  });

  it.each<[string, Fields]>([
    ['the subnet’s broadcast', { destination: ip('192.0.2.255'), destinationMac: Mac.BROADCAST }],
    ['another own subnet’s broadcast', { destination: ip('198.51.100.255'), destinationMac: Mac.BROADCAST }],
    ['the limited broadcast', { destination: Ip.BROADCAST, destinationMac: Mac.BROADCAST }],
    ['all hosts', { destination: Ip.ALL_HOSTS, destinationMac: Mac.fromMulticast(Ip.ALL_HOSTS) }],
    ['a broadcast in a frame of its own', { destination: ip('192.0.2.255') }],
    [
      'a broadcast, from who has no address yet',
      { source: Ip.ANY, destination: Ip.BROADCAST, destinationMac: Mac.BROADCAST },
    ],
  ])('to %s reaches the sockets', (_, fields) => {
    const me = host();
    const endpoint = Udp.open(me.stack, () => undefined);
    must(Udp.bind(endpoint, Ip.ANY, 67));
    expect(hear(me, udp('discover', 68, 67, fields))).toEqual([]);
    expect(text(me, takeReceived(endpoint))).toBe('discover');
  });

  it('of a protocol that nobody takes is answered; IGMP is not', () => {
    expect(hear(host(), datagram(253, new Uint8Array(8)))).toEqual([
      'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP 192.0.2.1 protocol 253 unreachable, length 36',
    ]);
    // RFC 2236 §3: a general query. Who is in no group but all-hosts has nothing to report.
    const query = Uint8Array.of(0x11, 100, 0xee, 0x9b, 0, 0, 0, 0);
    expect(
      fate(
        datagram(2, query, {
          destination: Ip.ALL_HOSTS,
          destinationMac: Mac.fromMulticast(Ip.ALL_HOSTS),
          timeToLive: 1,
        }),
      ),
    ).toBe('no-protocol');
  });

  it('of a protocol that a raw socket takes is not answered', () => {
    const me = host();
    const raw = Raw.open(me.stack, 253, () => undefined);
    expect(hear(me, datagram(253, new Uint8Array(8)))).toEqual([]);
    expect(takeReceived(raw)?.length).toBe(14 + 20 + 8);
  });
});

/** What may happen between two datagrams of a flow. */
const CHANGES = {
  'a route to there': ({ stack }) => addRoute(stack, { destination: FAR, prefixLength: 32, gateway: OTHER.ip }),
  'the route as before': ({ stack }) => deleteRoute(stack, { destination: FAR, prefixLength: 32 }),
  'a blackhole': ({ stack }) => addRoute(stack, { destination: OTHER.ip, prefixLength: 32, type: 'blackhole' }),
  'no default route': ({ stack }) => deleteRoute(stack, { destination: Ip.ANY, prefixLength: 0 }),
  'the source is on the other side': ({ stack, eth1 }) =>
    addRoute(stack, { destination: PEER.ip, prefixLength: 32, interface: eth1 }),
  'the destination is here': ({ stack, eth1 }) => addAddress(stack, eth1, FAR, 32),
  'the source is here': ({ stack, eth1 }) => addAddress(stack, eth1, PEER.ip, 32),
  'the own address is gone': ({ stack, eth0 }) => removeAddress(stack, eth0, ME.ip),
  'the other mask': ({ stack, eth1 }) => setMask(stack, eth1, 30),
  'the other interface goes down': ({ stack, eth1 }) => setUp(stack, eth1, false),
  'the other interface comes up': ({ stack, eth1 }) => setUp(stack, eth1, true),
  'a short MTU': ({ stack, eth1 }) => setMtu(stack, eth1, 68),
  'strict reverse path': ({ stack }) => setSysctl(stack, 'conf.all.rp_filter', 1),
  'no reverse path': ({ stack }) => setSysctl(stack, 'conf.all.rp_filter', 0),
  'no router': ({ stack }) => setSysctl(stack, 'ip_forward', 0),
  'a router': ({ stack }) => setSysctl(stack, 'ip_forward', 1),
  'own addresses may come': ({ stack }) => setSysctl(stack, 'conf.all.accept_local', 1),
  'a redirect': ({ stack }) => {
    const route = lookUp(stack, FAR);
    if (route?.type === 'unicast') learnGateway(stack, FAR, PEER.ip, route);
    return null;
  },
} as const satisfies Record<string, (me: Host) => unknown>;
const ALL = Object.keys(CHANGES) as (keyof typeof CHANGES)[];

type Step = keyof typeof CHANGES | { readonly source: Ip.Ip4; readonly destination: Ip.Ip4; readonly port: number };

/** What a router sends and drops; `forget` makes each datagram be judged for itself. */
function conversation(steps: readonly Step[], forget: boolean): unknown[] {
  const me = host({ forward: true });
  return steps.map((step) => {
    if (typeof step === 'string') {
      CHANGES[step](me);
      return null;
    }
    const { source, destination, port } = step;
    if (forget) me.eth0.lastGeneration = me.eth1.lastGeneration = -1;
    const to = port === 0 ? {} : { destinationMac: ME_TOO.mac };
    return [hear(me, udp('x'.repeat(80), 40_000, 9, { source, destination, ...to }), port), me.world.dropped.splice(0)];
  });
}

describe('a datagram of the same flow as the one before', () => {
  const addresses = fc.constantFrom(PEER.ip, PEER.ip, OTHER.ip, FAR, ME.ip, ME_TOO.ip, Ip.BROADCAST, ip('127.0.0.1'));
  const datagrams = fc.record({ source: addresses, destination: addresses, port: fc.constantFrom(0, 0, 1) });

  it('fares as if it were the first, whatever changes in between', () => {
    const step: fc.Arbitrary<Step> = fc.oneof({ weight: 3, arbitrary: datagrams }, fc.constantFrom(...ALL));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        expect(conversation(steps, false)).toEqual(conversation(steps, true));
      }),
      { numRuns: 500 },
    );
  });

  it.each(ALL)('heeds this at once: %s', (change) => {
    for (const destination of [FAR, OTHER.ip, ME.ip]) {
      const one = { source: PEER.ip, destination, port: 0 };
      const steps = [one, one, change, one, one];
      expect(conversation(steps, false)).toEqual(conversation(steps, true));
    }
  });
});
