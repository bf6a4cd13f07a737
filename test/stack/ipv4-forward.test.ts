import { describe, expect, it } from 'vitest';
import { setMtu, setUp } from '../../src/stack/interface.ts';
import { addRoute } from '../../src/stack/routes.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { FAR, ME_TOO, OTHER, PEER, answers, arpReply, echo, hear, host, ip, lines, must, udp } from './network.ts';
import type { Fields, HostOptions } from './network.ts';

const router = (options: HostOptions = {}) => host({ forward: true, ...options });
const onwards = (fields: Fields = {}) => udp('x', 40_000, 9, { destination: OTHER.ip, ...fields });
const PASSED = 'eth1 IP 192.0.2.2.40000 > 198.51.100.2.9: UDP, length 1';

describe('a router', () => {
  it('lowers the TTL, keeps everything else and addresses the next station', () => {
    const [sent] = answers(router(), onwards({ typeOfService: 0xbb, identification: 0x1234 }));
    const wanted = onwards({ typeOfService: 0xbb, identification: 0x1234, timeToLive: 63 });
    expect(sent!.slice(14)).toEqual(wanted.slice(14));
    expect(Ethernet.parse(sent!, 0)).toEqual({ destination: OTHER.mac, source: ME_TOO.mac, type: 0x0800 });
  });

  it('keeps the checksum right whatever it was (RFC 1624)', () => {
    const me = router();
    for (let identification = 0; identification < 0x1_0000; identification += 0x101) {
      const [sent] = answers(me, onwards({ identification }));
      expect(Ipv4.check(sent!, 14, sent!.length)).toBeNull();
    }
  });

  it('sends to the route’s gateway', () => {
    const me = router();
    must(addRoute(me.stack, { destination: ip('10.0.0.0'), prefixLength: 8, gateway: OTHER.ip }));
    const [sent] = answers(me, onwards({ destination: ip('10.1.1.1') }));
    expect(Ethernet.destination(sent!, 0)).toBe(OTHER.mac);
  });

  it('keeps what it forwards while it asks for the next station', () => {
    const me = router({ knowsNeighbors: false });
    expect(hear(me, onwards())).toEqual(['eth1 ARP, Request who-has 198.51.100.2 tell 198.51.100.1, length 28']);
    expect(hear(me, arpReply(OTHER, { targetIp: ME_TOO.ip, targetMac: ME_TOO.mac, to: ME_TOO.mac }), 1)).toEqual([
      PASSED,
    ]);
  });

  it.each([0, 1])('says that TTL %i has expired', (timeToLive) => {
    expect(hear(router(), onwards({ timeToLive }))).toEqual([
      'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP time exceeded in-transit, length 37',
    ]);
  });

  it('says which of its troubles comes first: no route, then TTL, then the MTU', () => {
    const long = (fields: Fields) =>
      udp('x'.repeat(1_000), 1, 2, { flags: Ipv4.Flag.DontFragment, timeToLive: 1, ...fields });
    const me = () => router({ mtu: 600, defaultRoute: false });
    expect(hear(me(), long({ destination: FAR }))).toEqual([expect.stringContaining('net 203.0.113.7 unreachable')]);
    expect(hear(me(), long({ destination: OTHER.ip }))).toEqual([expect.stringContaining('time exceeded')]);
    expect(hear(me(), long({ destination: OTHER.ip, timeToLive: 2 }))).toEqual([
      expect.stringContaining('198.51.100.2 unreachable - need to frag (mtu 600)'),
    ]);
  });

  it('fragments what is too long, in units of eight octets', () => {
    const me = router({ mtu: 603 });
    const sent = answers(me, udp('x'.repeat(1_200), 1, 2, { destination: OTHER.ip, identification: 9 }));
    expect(
      sent.map((one) => [Ipv4.totalLength(one, 14), Ipv4.fragmentOffset(one, 14), Ipv4.moreFragments(one, 14)]),
    ).toEqual([
      [596, 0, true],
      [596, 576, true],
      [76, 1_152, false],
    ]);
    for (const one of sent) expect([Ipv4.identification(one, 14), Ipv4.check(one, 14, one.length)]).toEqual([9, null]);
    expect(me.world.pool.waiting).toBe(0);
  });

  it('fragments fragments, and the last of more stays one of more', () => {
    const me = router({ mtu: 68 });
    const sent = answers(
      me,
      udp('x'.repeat(80), 1, 2, { destination: OTHER.ip, flags: Ipv4.Flag.MoreFragments, fragmentOffset: 800 }),
    );
    expect(sent.map((one) => [Ipv4.fragmentOffset(one, 14), Ipv4.moreFragments(one, 14)])).toEqual([
      [800, true],
      [848, true],
    ]);
  });

  it('passes on what just fits, DF or not', () => {
    const me = router();
    must(setMtu(me.stack, me.eth1, 128));
    const fits = udp('x'.repeat(100), 1, 2, { destination: OTHER.ip, flags: Ipv4.Flag.DontFragment });
    expect(hear(me, fits)).toEqual(['eth1 IP 192.0.2.2.1 > 198.51.100.2.2: UDP, length 100']);
  });

  it.each<[string, Fields, string]>([
    ['a link-layer broadcast', { destinationMac: Mac.BROADCAST }, 'link-broadcast'],
    ['a link-layer multicast', { destinationMac: Mac.fromMulticast(Ip.ALL_HOSTS) }, 'link-broadcast'],
    [
      'a multicast',
      { destination: ip('239.1.1.1'), destinationMac: Mac.fromMulticast(ip('239.1.1.1')) },
      'multicast-routing',
    ],
    ['a subnet’s broadcast', { destination: ip('198.51.100.255') }, 'no-socket'],
    ['the limited broadcast', { destination: Ip.BROADCAST, destinationMac: Mac.BROADCAST }, 'no-socket'],
  ])('does not pass on %s', (_, fields, reason) => {
    const me = router();
    expect(hear(me, onwards(fields))).toEqual([]);
    expect(me.world.dropped).toEqual([reason]);
  });

  it('passes on a subnet’s broadcast if told to (RFC 2644)', () => {
    const me = router({ sysctl: { 'conf.all.bc_forwarding': 1, 'conf.eth0.bc_forwarding': 1 } });
    const [sent] = answers(me, onwards({ destination: ip('198.51.100.255') }));
    expect(Ethernet.destination(sent!, 0)).toBe(Mac.BROADCAST);
  });

  it('passes link-local addresses on, as Linux does', () => {
    expect(hear(router(), onwards({ source: ip('169.254.1.1') }))).toEqual([
      PASSED.replace('192.0.2.2', '169.254.1.1'),
    ]);
  });

  it('is one by the interface that the datagram came in by', () => {
    const me = router({ sysctl: { 'conf.eth0.forwarding': 0 } });
    expect(hear(me, onwards())).toEqual([]);
    expect(me.world.dropped).toEqual(['not-a-router']);
    expect(hear(me, echo({ source: OTHER.ip, destination: PEER.ip, destinationMac: ME_TOO.mac }), 1)).toEqual([
      'eth0 IP 198.51.100.2 > 192.0.2.2: ICMP echo request, id 1, seq 1, length 16',
    ]);
  });

  it('has no route by an interface that is down', () => {
    const me = router({ defaultRoute: false });
    setUp(me.stack, me.eth1, false);
    expect(hear(me, onwards())).toEqual([expect.stringContaining('net 198.51.100.2 unreachable')]);
  });
});

describe('a redirect', () => {
  const back = (fields: Fields = {}) => udp('x', 1, 2, { destination: FAR, ...fields });
  const passed = 'eth0 IP 192.0.2.2.1 > 203.0.113.7.2: UDP, length 1';

  it('names the gateway, and the datagram is passed on', () => {
    expect(hear(router(), back())).toEqual([
      'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP redirect 203.0.113.7 to host 192.0.2.254, length 37',
      passed,
    ]);
  });

  it('names the destination itself where that is on the link', () => {
    const me = router();
    expect(hear(me, back({ destination: ip('192.0.2.3') }))).toEqual([
      'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP redirect 192.0.2.3 to host 192.0.2.3, length 37',
      'eth0 ARP, Request who-has 192.0.2.3 tell 192.0.2.1, length 28',
    ]);
  });

  it('is not sent to who is not on the link, nor if it is switched off', () => {
    expect(hear(router(), back({ source: ip('172.16.0.1') }))).toEqual([passed.replace('192.0.2.2', '172.16.0.1')]);
    const silent = router({ sysctl: { 'conf.all.send_redirects': 0, 'conf.eth0.send_redirects': 0 } });
    expect(hear(silent, back())).toEqual([passed]);
  });

  it('needs one subnet for sender and gateway where the link is not shared', () => {
    const unshared = { 'conf.all.shared_media': 0, 'conf.eth0.shared_media': 0 };
    expect(hear(router({ sysctl: unshared }), back()).length).toBe(2);
    const me = router({ sysctl: unshared, defaultRoute: false });
    must(addRoute(me.stack, { destination: ip('203.0.113.9'), prefixLength: 32, interface: me.eth0 }));
    must(addRoute(me.stack, { destination: FAR, prefixLength: 32, gateway: ip('203.0.113.9') }));
    expect(hear(me, back()).filter((line) => line.includes('redirect'))).toEqual([]);
    expect(lines(me)).toEqual([]);
  });
});
