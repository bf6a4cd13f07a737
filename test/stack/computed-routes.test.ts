import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createComputed, createFirstHops, createPrefixes } from '../../src/stack/computed-routes.ts';
import type { ComputedRoutes } from '../../src/stack/computed-routes.ts';
import { setUp } from '../../src/stack/interface.ts';
import * as Routes from '../../src/stack/routes.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { GATEWAY, OTHER, PEER, host, ip, must } from './network.ts';
import type { Host } from './network.ts';

type Choice = readonly [prefix: string, choice: number];

/** Another router's hop comes before this one's. */
const HOPS = 3;
const FIRST_HOP = 1;

/** 1 leads by the gateway on eth0, 2 by the one on eth1, 3 by both. */
function computed(me: Host, choices: readonly Choice[]): ComputedRoutes {
  const prefixes = choices.map(([prefix]) => prefix.split('/') as [string, string]);
  const list = createPrefixes(
    Uint32Array.from(prefixes, ([address]) => ip(address)),
    Uint8Array.from(prefixes, ([, length]) => Number(length)),
  );
  const firstHops = createFirstHops(list, HOPS);
  choices.forEach(([, choice], place) => {
    for (const hop of [0, 1]) {
      if ((choice & (1 << hop)) !== 0) firstHops.bits[(place >>> 5) * HOPS + FIRST_HOP + hop]! |= 1 << (place & 31);
    }
  });
  const hops = [
    { at: me.eth0, gateway: GATEWAY.ip },
    { at: me.eth1, gateway: OTHER.ip },
  ];
  return createComputed(list, firstHops, hops, FIRST_HOP, 20);
}

function with10(choices: readonly Choice[]): Host {
  const me = host({ defaultRoute: false });
  Routes.setComputed(me.stack, computed(me, choices));
  return me;
}

function gatewayTo(me: Host, address: string): string {
  const route = Routes.lookUp(me.stack, ip(address));
  return route === null ? 'none' : Ip.format(route.gateway);
}

function lines(me: Host): string[] {
  return Routes.listRoutes(me.stack).map(({ destination, prefixLength, route }) => {
    const hops = route.paths ?? [route];
    const gateways = hops.map((hop) => Ip.format(hop.gateway)).join(' ');
    return `${Ip.format(destination)}/${prefixLength} ${route.type} ${route.origin} ${route.metric} ${gateways}`;
  });
}

const CHOICES: readonly Choice[] = [
  ['10.0.0.0/8', 1],
  ['10.1.0.0/16', 0],
  ['10.1.1.0/24', 2],
  ['10.2.0.0/16', 3],
  ['192.0.2.0/24', 2],
];

describe('computed routes', () => {
  it('are found by the longest prefix that has one', () => {
    const me = with10(CHOICES);
    expect(gatewayTo(me, '10.1.1.9')).toBe('198.51.100.2');
    expect(gatewayTo(me, '10.1.2.9')).toBe('192.0.2.254');
    expect(gatewayTo(me, '11.0.0.1')).toBe('none');
    expect(Routes.lookUp(me.stack, ip('10.2.0.1'))?.paths).toHaveLength(2);
  });

  it('stand behind own subnets and routes of a lower metric, and before those of a higher one', () => {
    const me = with10(CHOICES);
    expect(gatewayTo(me, '192.0.2.7')).toBe('0.0.0.0');
    for (const [metric, gateway] of [
      [21, '198.51.100.2'],
      [19, '192.0.2.2'],
    ] as const) {
      const other = host({ defaultRoute: false });
      must(Routes.addRoute(other.stack, { destination: ip('10.1.1.0'), prefixLength: 24, gateway: PEER.ip, metric }));
      Routes.setComputed(other.stack, computed(other, CHOICES));
      expect(gatewayTo(other, '10.1.1.1')).toBe(gateway);
      expect(Ip.format(Routes.lookUpEntry(other.stack, ip('10.1.1.1'))!.route.gateway)).toBe(gateway);
    }
  });

  it('are listed among the others', () => {
    expect(lines(with10(CHOICES)).filter((line) => line.includes('shortest-path'))).toEqual([
      '10.1.1.0/24 unicast shortest-path 20 198.51.100.2',
      '192.0.2.0/24 unicast shortest-path 20 198.51.100.2',
      '10.2.0.0/16 unicast shortest-path 20 192.0.2.254 198.51.100.2',
      '10.0.0.0/8 unicast shortest-path 20 192.0.2.254',
    ]);
  });

  it('are deleted, refused twice, and lost with their interface like any others', () => {
    const me = with10(CHOICES);
    expect(
      Routes.addRoute(me.stack, { destination: ip('10.0.0.0'), prefixLength: 8, gateway: PEER.ip, metric: 20 }),
    ).toBe('EEXIST');
    must(Routes.deleteRoute(me.stack, { destination: ip('10.0.0.0'), prefixLength: 8 }));
    expect(gatewayTo(me, '10.3.0.1')).toBe('none');
    setUp(me.stack, me.eth1, false);
    expect(gatewayTo(me, '10.1.1.1')).toBe('none');
    expect(lines(me).filter((line) => line.includes('shortest-path'))).toEqual([
      '10.2.0.0/16 unicast shortest-path 20 192.0.2.254 198.51.100.2',
    ]);
    expect(Routes.has(me.stack, (route) => Routes.leadsBy(route, me.eth0))).toBe(true);
  });

  it('lead the same way when the table has taken them over', () => {
    const somePrefix = fc
      .tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 32 }))
      .map(
        ([a, b, length]) =>
          `${Ip.format(Ip.network(Ip.fromNumber(0x0a00_0000 + a * 0x55_0000 + b * 0x55), length))}/${length}`,
      );
    const someChoice = fc.tuple(somePrefix, fc.nat(3));
    const someRoute = fc.record({ prefix: somePrefix, metric: fc.constantFrom(0, 20, 30) });
    fc.assert(
      fc.property(
        fc.uniqueArray(someChoice, { selector: ([prefix]) => prefix, maxLength: 40, size: 'max' }),
        fc.array(someRoute, { maxLength: 20, size: 'max' }),
        fc.boolean(),
        (choices, routes, hasDefault) => {
          const me = host({ defaultRoute: hasDefault });
          for (const { prefix, metric } of routes) {
            const [address = '', length] = prefix.split('/');
            Routes.addRoute(me.stack, {
              destination: ip(address),
              prefixLength: Number(length),
              gateway: PEER.ip,
              metric,
            });
          }
          Routes.setComputed(me.stack, computed(me, choices));
          const asked = Array.from({ length: 16 }, (_, i) =>
            Ip.fromNumber(0x0a00_0000 + (i >> 2) * 0x55_0000 + (i & 3) * 0x55),
          );
          const answers = (): unknown[] => asked.map((address) => say(Routes.lookUp(me.stack, address)));
          const before = answers();
          expect(asked.map((address) => say(Routes.lookUpEntry(me.stack, address)?.route ?? null))).toEqual(before);
          const listed = lines(me);
          // A socket bound to an interface looks at the entries.
          Routes.lookUpBound(me.stack, asked[0]!, me.eth0);
          expect(me.stack.routes.computed).toBeNull();
          expect(answers()).toEqual(before);
          expect(lines(me)).toEqual(listed);
        },
      ),
    );
  });
});

function say(route: Routes.Route | null): unknown {
  return route === null ? null : [route.type, route.gateway, route.metric, route.paths?.length ?? 1];
}
