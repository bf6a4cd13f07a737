import { describe, expect, it } from 'vitest';
import { addressee, allocate, mayBindTo, routeFor } from '../../src/stack/datagram.ts';
import type { Endpoint, PathMtuDiscovery } from '../../src/stack/endpoint.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import { FAR, ME, OTHER, PEER, host, ip } from './network.ts';
import type { HostOptions } from './network.ts';

function made(length: number, changes: Partial<Endpoint> = {}, to = PEER.ip, options: HostOptions = {}) {
  const me = host(options);
  const endpoint = Object.assign(
    Udp.open(me.stack, () => undefined),
    changes,
  );
  const route = routeFor(endpoint, to);
  if (typeof route === 'string') return route;
  const frame = allocate(endpoint, route, to, length);
  return typeof frame === 'string' ? frame : frame.bytes.slice(0, frame.length);
}

function headerOf(bytes: ReturnType<typeof made>): Ipv4.Header {
  if (typeof bytes === 'string') throw new Error(bytes);
  return Ipv4.parse(bytes, 14);
}

describe('the header of a datagram made here', () => {
  it('has what the socket’s options say, else the host’s defaults', () => {
    expect(headerOf(made(8))).toMatchObject({
      timeToLive: 64,
      typeOfService: 0,
      protocol: 17,
      source: ME.ip,
      totalLength: 28,
    });
    expect(headerOf(made(8, { timeToLive: 5, typeOfService: 0xb8 }))).toMatchObject({
      timeToLive: 5,
      typeOfService: 0xb8,
    });
    expect(headerOf(made(8, {}, PEER.ip, { sysctl: { ip_default_ttl: 200 } })).timeToLive).toBe(200);
    expect(headerOf(made(8, { timeToLive: 5 }, ip('224.0.0.5'))).timeToLive).toBe(5);
  });

  it.each<[PathMtuDiscovery, number, boolean | 'EMSGSIZE']>([
    ['want', 1_480, true],
    ['want', 1_481, false],
    ['dont', 1_480, false],
    ['dont', 1_481, false],
    ['do', 1_480, true],
    ['do', 1_481, 'EMSGSIZE'],
    ['probe', 1_480, true],
    ['probe', 1_481, 'EMSGSIZE'],
  ])('with discovery “%s” and %i octets: DF %s', (pathMtuDiscovery, length, wanted) => {
    const bytes = made(length, { pathMtuDiscovery });
    expect(typeof bytes === 'string' ? bytes : Ipv4.dontFragment(bytes, 14)).toBe(wanted);
  });

  it('has an identification where it may be fragmented (RFC 6864 §4)', () => {
    expect(headerOf(made(8, { pathMtuDiscovery: 'dont' })).identification).not.toBe(0);
    expect(headerOf(made(8)).identification).toBe(0);
  });

  it('has the socket’s IP options, with this host entered in them', () => {
    const bytes = made(8, { options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) });
    expect(headerOf(bytes).headerLength).toBe(28);
    expect(Array.from((bytes as Uint8Array).subarray(34, 42))).toEqual([7, 7, 8, 192, 0, 2, 1, 0]);
    expect(Ipv4.check(bytes as Uint8Array, 14, bytes.length)).toBeNull();
    expect(made(65_500, { options: new Uint8Array(40) })).toBe('EMSGSIZE');
  });
});

describe('the way of a datagram made here', () => {
  it('is refused to broadcasts without permission', () => {
    for (const to of [Ip.BROADCAST, ip('192.0.2.255')]) {
      expect(made(8, {}, to)).toBe('EACCES');
      expect(headerOf(made(8, { broadcast: true }, to)).destination).toBe(to);
    }
  });

  it('needs a route, also for what goes to everybody', () => {
    for (const to of [FAR, Ip.BROADCAST, ip('224.0.0.5')]) {
      expect(made(8, { broadcast: true }, to, { defaultRoute: false })).toBe('ENETUNREACH');
    }
    expect(typeof made(8, {}, OTHER.ip, { defaultRoute: false })).toBe('object');
  });

  it('waits for room in the send buffer', () => {
    expect(made(8, { sendLimit: 0 })).toBe('EAGAIN');
  });
});

describe('addresses of sockets', () => {
  it('may be own ones, 127/8, groups, broadcasts, or any', () => {
    const { stack } = host();
    for (const one of ['0.0.0.0', '192.0.2.1', '127.1.2.3', '224.0.0.9', '255.255.255.255', '192.0.2.255']) {
      expect([one, mayBindTo(stack, ip(one))]).toEqual([one, true]);
    }
    for (const one of ['192.0.2.2', '203.0.113.7', '192.0.2.127']) expect(mayBindTo(stack, ip(one))).toBe(false);
  });

  it('of 0.0.0.0 as destination mean the own one, else 127.0.0.1', () => {
    const endpoint = Udp.open(host().stack, () => undefined);
    expect(addressee(endpoint, Ip.ANY)).toBe(Ip.LOOPBACK);
    endpoint.local = ME.ip;
    expect(addressee(endpoint, Ip.ANY)).toBe(ME.ip);
    expect(addressee(endpoint, PEER.ip)).toBe(PEER.ip);
  });
});
