import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setUp } from '../../src/stack/interface.ts';
import { addRoute, deleteRoute, listRoutes, lookUp, lookUpBound } from '../../src/stack/routes.ts';
import type { RouteRequest } from '../../src/stack/routes.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { FAR, GATEWAY, ME, OTHER, PEER, host, ip, must } from './network.ts';

const TEN = { destination: ip('10.0.0.0'), prefixLength: 8 };

describe('the routing table', () => {
  it('takes the longest prefix, then the least metric', () => {
    const me = host();
    must(addRoute(me.stack, { ...TEN, gateway: GATEWAY.ip, metric: 5 }));
    must(addRoute(me.stack, { ...TEN, gateway: OTHER.ip, metric: 1 }));
    must(addRoute(me.stack, { destination: ip('10.1.0.0'), prefixLength: 16, gateway: PEER.ip, metric: 9 }));
    expect(lookUp(me.stack, ip('10.2.3.4'))?.gateway).toBe(OTHER.ip);
    expect(lookUp(me.stack, ip('10.1.3.4'))?.gateway).toBe(PEER.ip);
    expect(lookUp(me.stack, ip('11.1.3.4'))?.gateway).toBe(GATEWAY.ip);
    setUp(me.stack, me.eth1, false);
    expect(lookUp(me.stack, ip('10.2.3.4'))?.gateway).toBe(GATEWAY.ip);
  });

  it('asks for own addresses first, as Linux’s table “local”', () => {
    const me = host();
    must(addRoute(me.stack, { destination: ME.ip, prefixLength: 32, type: 'blackhole' }));
    expect(lookUp(me.stack, ME.ip)?.type).toBe('local');
    expect(lookUp(me.stack, ip('127.9.9.9'))?.type).toBe('local');
    expect(lookUp(me.stack, ip('192.0.2.255'))?.type).toBe('broadcast');
  });

  it('shows a socket that is bound to an interface that one’s routes and the own addresses', () => {
    const me = host();
    must(addRoute(me.stack, { ...TEN, gateway: GATEWAY.ip }));
    expect(lookUpBound(me.stack, ip('10.1.1.1'), me.eth1)).toBeNull();
    expect(lookUpBound(me.stack, ip('10.1.1.1'), me.eth0)?.gateway).toBe(GATEWAY.ip);
    expect(lookUpBound(me.stack, ME.ip, me.eth1)?.type).toBe('local');
  });

  it.each<[string, Partial<RouteRequest>, string]>([
    ['bits behind the prefix', { destination: ip('10.0.0.1') }, 'EINVAL'],
    ['too long a prefix', { prefixLength: 33 }, 'EINVAL'],
    ['a type that is the host’s own', { type: 'local' }, 'EINVAL'],
    ['a gateway on no subnet', { gateway: ip('172.16.0.1') }, 'ENETUNREACH'],
    ['a gateway behind a gateway', { gateway: FAR }, 'ENETUNREACH'],
    ['itself as gateway', { gateway: ME.ip }, 'EINVAL'],
    ['a broadcast as gateway', { gateway: ip('192.0.2.255') }, 'EINVAL'],
    ['a group as gateway', { gateway: ip('224.0.0.2') }, 'EINVAL'],
    ['no way at all', {}, 'ENODEV'],
  ])('refuses %s', (_, request, failure) => {
    expect(addRoute(host().stack, { ...TEN, ...request })).toBe(failure);
  });

  it('refuses an interface that is down, and one on which the gateway is not', () => {
    const me = host();
    expect(addRoute(me.stack, { ...TEN, gateway: GATEWAY.ip, interface: me.eth1 })).toBe('ENETUNREACH');
    setUp(me.stack, me.eth1, false);
    expect(addRoute(me.stack, { ...TEN, interface: me.eth1 })).toBe('ENETDOWN');
  });

  it('has one route for a destination and metric', () => {
    const me = host();
    must(addRoute(me.stack, { ...TEN, gateway: GATEWAY.ip }));
    expect(addRoute(me.stack, { ...TEN, gateway: PEER.ip })).toBe('EEXIST');
    expect(addRoute(me.stack, { ...TEN, type: 'unreachable' })).toBe('EEXIST');
    must(addRoute(me.stack, { ...TEN, type: 'unreachable', metric: 1 }));
  });

  it('deletes what fits the request, the least metric first, and never own addresses', () => {
    const me = host();
    must(addRoute(me.stack, { ...TEN, gateway: GATEWAY.ip, metric: 2 }));
    must(addRoute(me.stack, { ...TEN, gateway: PEER.ip, metric: 1 }));
    expect(deleteRoute(me.stack, { ...TEN, gateway: OTHER.ip })).toBe('ESRCH');
    must(deleteRoute(me.stack, TEN));
    expect(lookUp(me.stack, ip('10.1.1.1'))?.gateway).toBe(GATEWAY.ip);
    must(deleteRoute(me.stack, { ...TEN, gateway: GATEWAY.ip, interface: me.eth0, metric: 2, type: 'unicast' }));
    expect(deleteRoute(me.stack, TEN)).toBe('ESRCH');
    expect(deleteRoute(me.stack, { destination: ME.ip, prefixLength: 32 })).toBe('ESRCH');
  });

  it('finds what a plain search through all routes finds', () => {
    const request = fc.record({
      address: fc.nat(0xff).map((last) => (0x0a00_0000 + last * 0x10_1111) >>> 0),
      prefixLength: fc.nat(32),
      metric: fc.nat(2),
      deleted: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 40 }),
        fc.array(fc.nat(0xff), { maxLength: 20 }),
        (requests, asked) => {
          const me = host({ defaultRoute: false });
          for (const { address, prefixLength, metric, deleted } of requests) {
            const destination = Ip.network(Ip.fromNumber(address), prefixLength);
            if (deleted) deleteRoute(me.stack, { destination, prefixLength });
            else addRoute(me.stack, { destination, prefixLength, metric, interface: me.eth1 });
          }
          for (const last of asked) {
            const to = Ip.fromNumber(0x0a00_0000 + last * 0x10_1111);
            const fitting = listRoutes(me.stack).filter((one) => Ip.sameSubnet(to, one.destination, one.prefixLength));
            const longest = Math.max(...fitting.map((one) => one.prefixLength));
            const best = fitting.filter((one) => one.prefixLength === longest);
            const least = Math.min(...best.map(({ route }) => route.metric));
            expect(lookUp(me.stack, to)).toBe(best.find(({ route }) => route.metric === least)?.route ?? null);
          }
        },
      ),
    );
  });
});
