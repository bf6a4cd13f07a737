import { describe, expect, it } from 'vitest';
import { takeReceived } from '../../src/stack/endpoint.ts';
import { addAddress, setFirstAddress } from '../../src/stack/interface.ts';
import { addRoute } from '../../src/stack/routes.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { FAR, ME, ME_TOO, OTHER, PEER, ascii, frames, host, ip, lines, must, text } from './network.ts';
import type { Host } from './network.ts';
import type { Endpoint } from '../../src/stack/endpoint.ts';

function open(me: Host, changes: Partial<Endpoint> = {}): Endpoint {
  return Object.assign(
    Udp.open(me.stack, () => undefined),
    { broadcast: true, ...changes },
  );
}

function send(me: Host, endpoint: Endpoint, to: Ip.Ip4, data = 'x', port = 9): Uint8Array[] {
  must(Udp.send(endpoint, ascii(data), 0, data.length, to, port));
  return frames(me);
}

const sources = (sent: readonly Uint8Array[]) => sent.map((one) => Ip.format(Ipv4.source(one, 14)));

describe('a datagram that goes out', () => {
  it('to an own address or to 127/8 goes over lo, and never on a link', () => {
    const me = host();
    const server = open(me);
    must(Udp.bind(server, Ip.ANY, 9));
    for (const to of [ME.ip, ME_TOO.ip, Ip.LOOPBACK, ip('127.7.7.7')]) {
      expect(send(me, open(me), to, Ip.format(to))).toEqual([]);
      const received = takeReceived(server)!;
      expect(Ip.format(Ipv4.source(received.bytes, 14))).toBe(Ip.format(to));
      expect(text(me, received)).toBe(Ip.format(to));
    }
  });

  it('from 127/8 does not leave the host (RFC 1122 §3.2.1.3 (g))', () => {
    const me = host();
    const endpoint = open(me);
    must(Udp.bind(endpoint, Ip.LOOPBACK, 7));
    for (const to of [PEER.ip, FAR, Ip.BROADCAST, ip('224.0.0.5')]) {
      expect(Udp.send(endpoint, ascii('x'), 0, 1, to, 9)).toBe('EINVAL');
    }
    expect(lines(me)).toEqual([]);
  });

  it('has the source address of the way it takes', () => {
    const me = host();
    must(addAddress(me.stack, me.eth0, ip('203.0.113.1'), 24));
    expect(sources(send(me, open(me), PEER.ip))).toEqual(['192.0.2.1']);
    expect(sources(send(me, open(me), OTHER.ip))).toEqual(['198.51.100.1']);
    expect(sources(send(me, open(me), ip('10.1.1.1')))).toEqual(['192.0.2.1']);
  });

  it('to a group has the mapped MAC and TTL 1 (RFC 1112 §6.1, §6.4)', () => {
    const me = host();
    const [group] = send(me, open(me), ip('239.255.1.2'));
    expect(Mac.format(Ethernet.destination(group!, 0))).toBe('01:00:5e:7f:01:02');
    expect(Ipv4.timeToLive(group!, 14)).toBe(1);
  });

  it('to a group or to everybody leaves by the interface whose address it has', () => {
    const me = host();
    const endpoint = open(me);
    must(Udp.bind(endpoint, ME_TOO.ip, 7));
    must(Udp.send(endpoint, ascii('x'), 0, 1, ip('224.0.0.5'), 9));
    must(Udp.send(endpoint, ascii('x'), 0, 1, Ip.BROADCAST, 9));
    expect(lines(me)).toEqual([
      'eth1 IP 198.51.100.1.7 > 224.0.0.5.9: UDP, length 1',
      'eth1 IP 198.51.100.1.7 > 255.255.255.255.9: UDP, length 1',
    ]);
  });

  it('to all hosts, or broadcast, is heard by its own sockets too', () => {
    for (const to of [Ip.ALL_HOSTS, Ip.BROADCAST, ip('192.0.2.255')]) {
      const me = host();
      const server = open(me);
      must(Udp.bind(server, Ip.ANY, 9));
      const [sent] = send(me, server, to, 'hello');
      expect(Ethernet.isGroup(sent!, 0)).toBe(true);
      expect(text(me, takeReceived(server))).toBe('hello');
      expect(me.world.pool.waiting).toBe(0);
    }
  });

  it('to a group that nobody here has joined is not heard here', () => {
    const me = host();
    const server = open(me);
    must(Udp.bind(server, Ip.ANY, 9));
    send(me, server, ip('224.0.0.5'));
    expect(takeReceived(server)).toBeUndefined();
  });

  it('is sent even if there is no room for the copy that would be heard here', () => {
    const me = host();
    me.world.isFull = true;
    expect(send(me, open(me), Ip.BROADCAST).length).toBe(1);
  });

  it('by a socket that is bound to an interface reaches its link without a route', () => {
    const me = host({ defaultRoute: false });
    expect(Udp.send(open(me), ascii('x'), 0, 1, FAR, 9)).toBe('ENETUNREACH');
    must(Udp.send(open(me, { bound: me.eth1 }), ascii('x'), 0, 1, FAR, 9));
    expect(lines(me)).toEqual(['eth1 ARP, Request who-has 203.0.113.7 tell 198.51.100.1, length 28']);
  });

  it('meets the errors of the routes that lead nowhere', () => {
    const me = host();
    for (const [prefix, type] of [
      ['10.1.0.0', 'unreachable'],
      ['10.2.0.0', 'prohibit'],
      ['10.3.0.0', 'blackhole'],
    ] as const) {
      must(addRoute(me.stack, { destination: ip(prefix), prefixLength: 16, type }));
    }
    const failures = ['10.1.0.1', '10.2.0.1', '10.3.0.1'].map((to) => Udp.send(open(me), ascii('x'), 0, 1, ip(to), 9));
    expect(failures).toEqual(['EHOSTUNREACH', 'EACCES', 'EINVAL']);
  });

  it('longer than the MTU goes in pieces, each of the same packet, without DF', () => {
    const me = host();
    const sent = send(me, open(me), PEER.ip, 'x'.repeat(3_000));
    expect(
      sent.map((one) => [Ipv4.totalLength(one, 14), Ipv4.fragmentOffset(one, 14), Ipv4.dontFragment(one, 14)]),
    ).toEqual([
      [1_500, 0, false],
      [1_500, 1_480, false],
      [68, 2_960, false],
    ]);
    expect(new Set(sent.map((one) => Ipv4.identification(one, 14))).size).toBe(1);
  });

  it('as long as can be goes over lo in one piece', () => {
    const me = host();
    const server = open(me);
    must(Udp.bind(server, Ip.ANY, 9));
    send(me, open(me), ME.ip, 'x'.repeat(65_507));
    expect(takeReceived(server)?.length).toBe(14 + 65_535);
  });

  it('on a /31 reaches the other end, whatever its number', () => {
    const me = host({ defaultRoute: false });
    must(setFirstAddress(me.stack, me.eth0, ip('192.0.2.254'), 31));
    must(
      Udp.send(
        Udp.open(me.stack, () => undefined),
        ascii('x'),
        0,
        1,
        ip('192.0.2.255'),
        9,
      ),
    );
    expect(lines(me)).toEqual(['eth0 ARP, Request who-has 192.0.2.255 tell 192.0.2.254, length 28']);
  });
});
