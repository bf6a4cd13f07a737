import { describe, expect, it } from 'vitest';
import { addRoute } from '../../src/stack/routes.ts';
import { addAddress } from '../../src/stack/interface.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { FAR, ME_TOO, OTHER, answers, datagram, echo, error, hear, host, icmp, ip, must, tcp, udp } from './network.ts';
import type { Fields } from './network.ts';

const NOWHERE = ip('10.9.9.9');
const closed = (fields: Fields = {}) => udp('x', 40_000, 9, fields);
const router = (options = {}) => host({ forward: true, defaultRoute: false, ...options });

describe('an ICMP error', () => {
  it('quotes as much as 576 octets hold', () => {
    const [sent] = answers(host(), udp('x'.repeat(1_000), 40_000, 9));
    expect(sent!.length - 14).toBe(576);
    const [short] = answers(host(), closed());
    expect(short!.slice(42)).toEqual(closed().slice(14));
  });

  it('has precedence internetwork control, and the rest of the type of service', () => {
    const [sent] = answers(host(), closed({ typeOfService: 0xbb }));
    expect(Ipv4.typeOfService(sent!, 14)).toBe(0xda);
  });

  it('comes from the address that was asked, where that is its own', () => {
    expect(hear(host(), closed({ destination: ME_TOO.ip }))).toEqual([
      'eth0 IP 198.51.100.1 > 192.0.2.2: ICMP 198.51.100.1 udp port 9 unreachable, length 37',
    ]);
  });

  it('comes from the address of the way it leaves by, or of the way the datagram came, if so set', () => {
    const expired = closed({ source: OTHER.ip, destination: OTHER.ip, timeToLive: 1 });
    expect(hear(router(), expired)).toEqual([
      'eth1 IP 198.51.100.1 > 198.51.100.2: ICMP time exceeded in-transit, length 37',
    ]);
    const inbound = router({ sysctl: { icmp_errors_use_inbound_ifaddr: 1 } });
    expect(hear(inbound, expired)).toEqual([
      'eth1 IP 192.0.2.1 > 198.51.100.2: ICMP time exceeded in-transit, length 37',
    ]);
  });

  it('takes the address of the sender’s subnet where the interface has several', () => {
    const me = router();
    must(addAddress(me.stack, me.eth0, ip('203.0.113.1'), 24));
    expect(hear(me, closed({ source: FAR, destination: NOWHERE }))).toEqual([
      'eth0 ARP, Request who-has 203.0.113.7 tell 203.0.113.1, length 28',
    ]);
  });

  it.each<[string, Uint8Array]>([
    ['an ICMP error', error(Icmp.Type.TimeExceeded, 0, 0, closed(), { destination: NOWHERE })],
    ['a redirect', error(Icmp.Type.Redirect, 0, 0, closed(), { destination: NOWHERE })],
    ['an ICMP type that it does not know', icmp(99, 0, 0, new Uint8Array(8), { destination: NOWHERE })],
    ['an ICMP message that is cut off', datagram(1, new Uint8Array(), { destination: NOWHERE })],
    ['a later fragment', closed({ destination: NOWHERE, fragmentOffset: 8 })],
    ['a link-layer broadcast', closed({ destinationMac: Mac.BROADCAST })],
    ['a link-layer multicast', closed({ destinationMac: Mac.fromMulticast(Ip.ALL_HOSTS) })],
    ['a subnet broadcast', closed({ destination: ip('192.0.2.255') })],
    ['the limited broadcast', closed({ destination: Ip.BROADCAST })],
    ['a multicast', closed({ destination: Ip.ALL_HOSTS })],
    ['a datagram from nobody', closed({ source: Ip.ANY })],
    ['a datagram from 127/8', closed({ source: ip('127.0.0.1') })],
    ['a datagram from a group', closed({ source: ip('224.0.0.9') })],
    ['a datagram from a broadcast address', closed({ source: ip('192.0.2.255') })],
    ['a datagram from where no route leads', closed({ source: ip('172.16.0.1') })],
    ['a TCP reset', tcp(4, '', 1, 1)],
  ])('is never sent about %s', (_, frame) => {
    const me = router();
    expect(hear(me, frame)).toEqual([]);
    expect(me.world.pool.waiting).toBe(0);
  });

  it.each([
    ['an echo request', echo({ destination: NOWHERE })],
    ['an echo reply', icmp(0, 0, 0, new Uint8Array(8), { destination: NOWHERE })],
    ['a first fragment', closed({ destination: NOWHERE, flags: Ipv4.Flag.MoreFragments })],
  ])('is sent about %s', (_, frame) => {
    expect(hear(router(), frame)).toEqual([expect.stringContaining('ICMP net 10.9.9.9 unreachable')]);
  });

  it.each([
    ['unreachable', 'host 10.9.9.9 unreachable'],
    ['prohibit', 'host 10.9.9.9 unreachable - admin prohibited filter'],
    ['blackhole', null],
  ] as const)('says of a route of type %s: %s', (type, words) => {
    const me = router();
    must(addRoute(me.stack, { destination: ip('10.0.0.0'), prefixLength: 8, type }));
    const sent = hear(me, closed({ destination: NOWHERE }));
    expect(sent).toEqual(words === null ? [] : [`eth0 IP 192.0.2.1 > 192.0.2.2: ICMP ${words}, length 37`]);
  });

  it('is not sent by a host about what is not for it', () => {
    const me = host({ defaultRoute: false });
    expect(hear(me, closed({ destination: NOWHERE }))).toEqual([]);
    expect(hear(me, closed({ destination: OTHER.ip }))).toEqual([]);
    expect(me.world.dropped).toEqual(['not-a-router', 'not-a-router']);
  });

  it('names the packet it is about', () => {
    const me = host();
    let about = 0;
    const transmit = me.world.transmit.bind(me.world);
    me.world.transmit = (port, frame) => {
      about = frame.about;
      transmit(port, frame);
    };
    hear(me, closed());
    expect(about).toBe(1);
  });
});
