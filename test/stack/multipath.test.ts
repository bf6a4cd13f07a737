import { describe, expect, it } from 'vitest';
import { removeAddress, setUp } from '../../src/stack/interface.ts';
import * as Multipath from '../../src/stack/multipath.ts';
import { addRoute, deleteRoute, listRoutes, lookUp, lookUpBound } from '../../src/stack/routes.ts';
import type { RouteRequest } from '../../src/stack/routes.ts';
import { receive, receiveCarrier } from '../../src/stack/stack.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import type { Ip4 } from '../../src/wire/ip4.ts';
import {
  FAR,
  GATEWAY,
  ME,
  ME_TOO,
  OTHER,
  PEER,
  error,
  fragments,
  frames,
  hear,
  host,
  ip,
  must,
  udp,
} from './network.ts';
import type { Host, HostOptions } from './network.ts';

const TEN = { destination: ip('10.0.0.0'), prefixLength: 8 };
const BOTH: RouteRequest = { ...TEN, nextHops: [{ gateway: GATEWAY.ip }, { gateway: OTHER.ip }] };

/** 10/8 is behind a gateway on either side. */
function between(options: HostOptions = {}): Host {
  const me = host({ forward: true, ...options });
  must(addRoute(me.stack, BOTH));
  return me;
}

function to(last: number): Ip4 {
  return Ip.fromNumber(0x0a00_0000 + last);
}

/** The ports by which datagrams that come in at eth0 go out again, as a string of their numbers. */
function exits(me: Host, datagrams: readonly Uint8Array[]): string {
  for (const bytes of datagrams) receive(me.stack, 0, me.world.frame(bytes));
  me.world.advance(0);
  const ports = me.world.takeSent().map(({ port, frame }) => {
    me.world.consume(frame);
    return String(port);
  });
  return ports.join('');
}

function flows(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => udp('x', 7, 9, { source: PEER.ip, destination: to(i) }));
}

describe('a route with several next hops', () => {
  it('spreads flows evenly, and keeps each on its path', () => {
    const me = between({ sysctl: { 'conf.all.send_redirects': 0, 'conf.eth0.send_redirects': 0 } });
    const first = exits(me, flows(1_000));
    const byEth1 = first.replaceAll('0', '').length;
    expect(first).toHaveLength(1_000);
    expect(Math.abs(byEth1 - 500)).toBeLessThan(80);
    expect(exits(me, flows(1_000))).toBe(first);
  });

  it('has the two directions of a flow take one path', () => {
    const me = between();
    for (let i = 0; i < 100; i++) {
      const there = Multipath.lookUp(me.stack, PEER.ip, to(i));
      must(addRoute(me.stack, { ...BOTH, destination: PEER.ip, prefixLength: 32, metric: i }));
      expect(Multipath.lookUp(me.stack, to(i), PEER.ip)?.gateway).toBe(there?.gateway);
      must(deleteRoute(me.stack, { destination: PEER.ip, prefixLength: 32 }));
    }
  });

  it('divides by addresses alone unless fib_multipath_hash_policy is 1, and then keeps fragments together', () => {
    const quiet = { 'conf.all.send_redirects': 0, 'conf.eth0.send_redirects': 0 };
    const ports = Array.from({ length: 64 }, (_, i) => udp('x', 1_000 + i, 9, { destination: to(1) }));
    expect(exits(between({ sysctl: quiet }), ports)).toMatch(/^(0+|1+)$/);
    const me = between({ sysctl: { ...quiet, fib_multipath_hash_policy: 1 } });
    expect(exits(me, ports)).toMatch(/^(?=.*0)(?=.*1)[01]{64}$/);
    const pieces = Array.from({ length: 8 }, (_, i) => udp('x'.repeat(64), 2_000 + i, 9, { destination: to(1) }));
    expect(
      exits(
        me,
        pieces.flatMap((one) => fragments(one, 24, { destination: to(1) })),
      ),
    ).toMatch(/^(0+|1+)$/);
  });

  it('sends an ICMP error the way of the flow that it is about', () => {
    const quiet = { 'conf.all.send_redirects': 0, 'conf.eth0.send_redirects': 0 };
    const me = between({ sysctl: quiet });
    for (let i = 0; i < 50; i++) {
      const flow = udp('x', 7, 9, { source: to(i), destination: FAR });
      const unreachable = error(Icmp.Type.DestinationUnreachable, 1, 0, flow, { source: PEER.ip, destination: to(i) });
      const answer = udp('x', 9, 7, { source: FAR, destination: to(i) });
      expect(exits(me, [unreachable])).toBe(exits(me, [answer]));
    }
  });

  it('leaves out what is set down or has no address, until it is back; carrier does not matter', () => {
    const me = between();
    const chosen = (): string[] => [...new Set(flows(50).map((_, i) => nameOf(me, to(i))))].sort();
    receiveCarrier(me.stack, 1, false);
    expect(chosen()).toEqual(['eth0', 'eth1']);
    setUp(me.stack, me.eth1, false);
    expect(chosen()).toEqual(['eth0']);
    setUp(me.stack, me.eth1, true);
    expect(chosen()).toEqual(['eth0', 'eth1']);
    must(removeAddress(me.stack, me.eth0, ME.ip));
    expect(chosen()).toEqual(['eth1']);
    setUp(me.stack, me.eth1, false);
    expect(lookUp(me.stack, to(1))).toBeNull();
  });

  it('shows a bound socket the next hop by its interface, and none where there is none', () => {
    const me = between();
    expect(lookUpBound(me.stack, to(1), me.eth0)?.gateway).toBe(GATEWAY.ip);
    expect(lookUpBound(me.stack, to(1), me.eth1)?.gateway).toBe(OTHER.ip);
    expect(lookUpBound(me.stack, to(1), me.lo)).toBeNull();
  });

  it('is a way back by each of its interfaces, for reverse-path checks', () => {
    const me = between({ sysctl: { 'conf.all.rp_filter': 1 } });
    for (const port of [0, 1]) {
      const mine = port === 0 ? ME : ME_TOO;
      const bytes = udp('x', 7, 9, { source: to(1), destination: mine.ip, destinationMac: mine.mac });
      hear(me, bytes, port);
    }
    expect(me.world.dropped).toEqual(['no-socket', 'no-socket']);
  });

  it('chooses for what is sent from here too', () => {
    const me = between();
    const gateways = new Set(flows(50).map((_, i) => Multipath.lookUp(me.stack, Ip.ANY, to(i))?.gateway));
    expect(gateways).toEqual(new Set([GATEWAY.ip, OTHER.ip]));
    expect(frames(me)).toEqual([]);
  });

  it('is listed as one, found by its first gateway, and one for its destination and metric', () => {
    const me = between();
    expect(addRoute(me.stack, { ...TEN, gateway: PEER.ip })).toBe('EEXIST');
    const listed = listRoutes(me.stack).filter(({ prefixLength }) => prefixLength === 8)[1];
    expect(listed?.route.paths?.map(({ gateway }) => gateway)).toEqual([GATEWAY.ip, OTHER.ip]);
    expect(deleteRoute(me.stack, { ...TEN, gateway: OTHER.ip })).toBe('ESRCH');
    must(deleteRoute(me.stack, { ...TEN, gateway: GATEWAY.ip }));
  });

  it('is a plain one with a single next hop', () => {
    const me = host();
    must(addRoute(me.stack, { ...TEN, nextHops: [{ gateway: OTHER.ip }] }));
    expect(lookUp(me.stack, to(1))).toMatchObject({ gateway: OTHER.ip, paths: null });
  });

  it.each<[string, Partial<RouteRequest>, string]>([
    ['no next hop', { nextHops: [] }, 'EINVAL'],
    ['a gateway beside them', { ...BOTH, gateway: PEER.ip }, 'EINVAL'],
    ['a type that leads nowhere', { ...BOTH, type: 'blackhole' }, 'EINVAL'],
    ['one that is on no subnet', { nextHops: [{ gateway: GATEWAY.ip }, { gateway: FAR }] }, 'ENETUNREACH'],
    ['one that is nothing', { nextHops: [{ gateway: GATEWAY.ip }, {}] }, 'ENODEV'],
  ])('is refused with %s', (_, request, failure) => {
    expect(addRoute(host().stack, { ...TEN, ...request })).toBe(failure);
  });
});

function nameOf({ stack }: Host, destination: Ip4): string {
  return Multipath.lookUp(stack, PEER.ip, destination)?.interface?.name ?? '-';
}
