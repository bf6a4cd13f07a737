import { describe, expect, it } from 'vitest';
import { takeReceived } from '../../src/stack/endpoint.ts';
import {
  addAddress,
  interfaceByName,
  isOwnAddress,
  isLocal,
  removeAddress,
  selectAddress,
  setFirstAddress,
  setMask,
  setMtu,
  setUp,
} from '../../src/stack/interface.ts';
import { addRoute, listRoutes } from '../../src/stack/routes.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import type { Ip4 } from '../../src/wire/ip4.ts';
import {
  FAR,
  GATEWAY,
  ME,
  ME_TOO,
  OTHER,
  PEER,
  ascii,
  echo,
  hear,
  host,
  ip,
  lines,
  must,
  text,
  udp,
} from './network.ts';
import type { Host } from './network.ts';

it('knows its addresses, few or many, up or down', () => {
  const me = host();
  const added: Ip4[] = [];
  for (let last = 10; last < 30; last++) {
    added.push(ip(`198.51.100.${last}`));
    must(addAddress(me.stack, me.eth1, added.at(-1)!, 28));
    // The broadcast address of one subnet is another's address.
    if (last === 20) must(addAddress(me.stack, me.eth0, ip('198.51.100.31'), 24));
    const others = ['198.51.100.9', '198.51.100.15', '198.51.100.30', '127.0.0.2', '192.0.2.0'].map(ip);
    expect(added.every((one) => isOwnAddress(me.stack, one))).toBe(true);
    expect(isOwnAddress(me.stack, ip('198.51.100.31'))).toBe(last >= 20);
    expect(others.filter((one) => isOwnAddress(me.stack, one))).toEqual(last >= 15 ? [ip('198.51.100.15')] : []);
  }
  setUp(me.stack, me.eth1, false);
  expect(added.every((one) => isOwnAddress(me.stack, one))).toBe(true);
  must(removeAddress(me.stack, me.eth1, added[0]!));
  expect(isOwnAddress(me.stack, added[0]!)).toBe(false);
});

/** The routes as people know them from ip(8). */
function routes({ stack }: Host): string[] {
  return listRoutes(stack).map(({ destination, prefixLength, route }) => {
    const type = route.type === 'unicast' ? '' : `${route.type} `;
    const via = route.gateway === Ip.ANY ? '' : ` via ${Ip.format(route.gateway)}`;
    return `${type}${Ip.format(destination)}/${prefixLength}${via} dev ${route.interface?.name ?? '-'}`;
  });
}

const LO_ROUTES = ['local 127.0.0.1/32 dev lo', 'broadcast 127.255.255.255/32 dev lo', 'local 127.0.0.0/8 dev lo'];

function send(me: Host, to: Ip.Ip4): string | null {
  const endpoint = Udp.open(me.stack, () => undefined);
  return Udp.send(endpoint, ascii('x'), 0, 1, to, 9);
}

describe('an address', () => {
  it('brings a route to itself, to its subnet and to the subnet’s broadcast', () => {
    const me = host({ defaultRoute: false });
    expect(routes(me).filter((one) => one.includes('eth0'))).toEqual([
      'local 192.0.2.1/32 dev eth0',
      'broadcast 192.0.2.255/32 dev eth0',
      '192.0.2.0/24 dev eth0',
    ]);
    expect(routes(me)).toEqual(expect.arrayContaining(LO_ROUTES));
  });

  it('of a /31 has a neighbour and no broadcast (RFC 3021)', () => {
    const me = host({ defaultRoute: false });
    must(setFirstAddress(me.stack, me.eth0, ip('192.0.2.0'), 31));
    expect(routes(me).filter((one) => one.includes('eth0'))).toEqual([
      'local 192.0.2.0/32 dev eth0',
      '192.0.2.0/31 dev eth0',
    ]);
    must(send(me, ip('192.0.2.1')));
    expect(lines(me)).toEqual(['eth0 ARP, Request who-has 192.0.2.1 tell 192.0.2.0, length 28']);
  });

  it('of a /32 reaches nobody until there is a route to its gateway', () => {
    const me = host({ defaultRoute: false });
    must(setMask(me.stack, me.eth0, 32));
    const all = { destination: Ip.ANY, prefixLength: 0, gateway: GATEWAY.ip };
    expect(addRoute(me.stack, all)).toBe('ENETUNREACH');
    must(addRoute(me.stack, { destination: GATEWAY.ip, prefixLength: 32, interface: me.eth0 }));
    must(addRoute(me.stack, all));
    must(send(me, FAR));
    expect(lines(me)).toEqual([
      expect.stringMatching(/^eth0 IP 192\.0\.2\.1\.\d+ > 203\.0\.113\.7\.9: UDP, length 1$/),
    ]);
  });

  it('is added once on each interface, and can be taken away', () => {
    const me = host();
    expect(addAddress(me.stack, me.eth0, ME.ip, 24)).toBe('EEXIST');
    must(addAddress(me.stack, me.eth1, ME.ip, 24));
    must(removeAddress(me.stack, me.eth1, ME.ip));
    expect(isLocal(me.stack, ME.ip)).toBe(true);
    expect(removeAddress(me.stack, me.eth1, ME.ip)).toBe('EADDRNOTAVAIL');
  });

  it('takes the interface’s other routes along when it is the last', () => {
    const me = host();
    must(addAddress(me.stack, me.eth0, ip('192.0.2.10'), 24));
    must(removeAddress(me.stack, me.eth0, ME.ip));
    expect(isLocal(me.stack, ME.ip)).toBe(false);
    expect(routes(me)).toContain('0.0.0.0/0 via 192.0.2.254 dev eth0');
    must(removeAddress(me.stack, me.eth0, ip('192.0.2.10')));
    expect(routes(me).filter((one) => one.includes('eth0'))).toEqual([]);
  });

  it('can be replaced where it stands', () => {
    const me = host();
    must(addAddress(me.stack, me.eth0, ip('192.0.2.10'), 24));
    expect(setFirstAddress(me.stack, me.eth0, ip('192.0.2.10'), 24)).toBe('EEXIST');
    must(setFirstAddress(me.stack, me.eth0, ip('203.0.113.1'), 24));
    expect(me.eth0.addresses.map((one) => Ip.format(one.ip))).toEqual(['203.0.113.1', '192.0.2.10']);
    expect(setMask(me.stack, me.lo, 16)).toBeNull();
    must(removeAddress(me.stack, me.eth1, ME_TOO.ip));
    expect(setMask(me.stack, me.eth1, 16)).toBe('EADDRNOTAVAIL');
  });

  it('is announced to nobody when it is set', () => {
    expect(lines(host())).toEqual([]);
  });

  it('is chosen as source by the destination’s subnet, then the first, then another interface’s', () => {
    const me = host();
    must(addAddress(me.stack, me.eth0, ip('203.0.113.1'), 24));
    expect(selectAddress(me.stack, me.eth0, FAR)).toBe(ip('203.0.113.1'));
    expect(selectAddress(me.stack, me.eth0, OTHER.ip)).toBe(ME.ip);
    must(removeAddress(me.stack, me.eth1, ME_TOO.ip));
    expect(selectAddress(me.stack, me.eth1, OTHER.ip)).toBe(ME.ip);
  });
});

describe('an interface', () => {
  it('is found by name', () => {
    const me = host();
    expect(interfaceByName(me.stack, 'eth1')).toBe(me.eth1);
    expect(interfaceByName(me.stack, 'eth2')).toBeUndefined();
  });

  it('that is set down loses its routes, static ones for good, but its addresses stay this host’s', () => {
    const me = host();
    const before = routes(me);
    setUp(me.stack, me.eth0, false);
    expect(routes(me).filter((one) => one.includes('eth0'))).toEqual(['local 192.0.2.1/32 dev eth0']);
    expect(send(me, PEER.ip)).toBe('ENETUNREACH');
    expect(send(me, FAR)).toBe('ENETUNREACH');
    expect(send(me, ME.ip)).toBeNull();
    expect(hear(me, echo({ source: OTHER.ip, destinationMac: ME_TOO.mac }), 1)).toEqual([
      'eth1 IP 192.0.2.1 > 198.51.100.2: ICMP echo reply, id 1, seq 1, length 16',
    ]);
    setUp(me.stack, me.eth0, true);
    expect(routes(me).sort()).toEqual(before.filter((one) => !one.includes('via')).sort());
  });

  it('that is down takes nothing in, and its sockets stay bound', () => {
    const me = host();
    const endpoint = Udp.open(me.stack, () => undefined);
    must(Udp.bind(endpoint, ME.ip, 7));
    setUp(me.stack, me.eth0, false);
    hear(me, udp('lost', 1, 7));
    expect(me.world.dropped).toEqual(['interface-down']);
    setUp(me.stack, me.eth0, true);
    hear(me, udp('there', 1, 7));
    expect(text(me, takeReceived(endpoint))).toBe('there');
  });

  it('gives ENETUNREACH to a socket that may use no other while it is down', () => {
    const me = host();
    const endpoint = Udp.open(me.stack, () => undefined);
    endpoint.bound = me.eth0;
    setUp(me.stack, me.eth0, false);
    expect(Udp.send(endpoint, ascii('x'), 0, 1, OTHER.ip, 9)).toBe('ENETUNREACH');
  });

  it('carries from 68 to 65,536 octets', () => {
    const me = host();
    for (const mtu of [67, 65_537, 1_000.5]) expect(setMtu(me.stack, me.eth0, mtu)).toBe('EINVAL');
    for (const mtu of [68, 65_536]) expect(setMtu(me.stack, me.eth0, mtu)).toBeNull();
  });
});
