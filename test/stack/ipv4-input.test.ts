import { describe, expect, it } from 'vitest';
import type { DropReason } from '../../src/sim/drop-reason.ts';
import { takeReceived } from '../../src/stack/endpoint.ts';
import * as Raw from '../../src/stack/raw.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { FAR, ME, ME_TOO, OTHER, PEER, datagram, echo, hear, host, ip, must, text, udp } from './network.ts';
import type { Fields, HostOptions } from './network.ts';

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
