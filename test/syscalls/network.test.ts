/**
 * The sys_network_* calls, sys_hosts_lookup and sys_host_name, each in both forms.
 */
import { describe, expect, it } from 'vitest';
import type { Sys } from '../../src/syscalls/program.ts';
import type { RouteRequest } from '../../src/syscalls/values.ts';
import { Domain, SocketType } from '../../src/syscalls/values.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { createHosts, errnoFrom, errnoOf, forms, run } from './hosts.ts';

const ip = (text: string): Ip.Ip4 => Ip.parse(text)!;

/** `ip address`, in a line each. */
const addresses = (sys: Sys): string[] =>
  sys.sys_network_list_addresses().map((one) => `${one.interface} ${Ip.format(one.ip)}/${one.prefixLength}`);

/** `ip route`, main table alone. */
const routes = (sys: Sys): string[] =>
  sys
    .sys_network_list_routes()
    .filter(({ type }) => type !== 'local' && type !== 'broadcast')
    .map((route) => {
      const type = route.type === 'unicast' ? '' : `${route.type} `;
      const via = route.gateway === 0 ? '' : ` via ${Ip.format(route.gateway)}`;
      const at = route.interface === null ? '' : ` dev ${route.interface}`;
      const metric = route.metric === 0 ? '' : ` metric ${route.metric}`;
      return `${type}${Ip.format(route.destination)}/${route.prefixLength}${via}${at}${metric} ${route.origin}`;
    });

const record = (sys: Sys, name: string): string => {
  const one = sys.sys_network_list_interfaces_v2().find((each) => each.name === name)!;
  const show = (value: Ip.Ip4 | null): string => (value === null ? '-' : Ip.format(value));
  const { address, netmask, gateway, isDefault, metric } = one;
  return `${show(address)} ${show(netmask)} ${show(gateway)} ${isDefault ? 'default' : '-'} ${metric}`;
};

/** Addresses that no interface but lo can have. */
const IMPOSSIBLE = ['0.0.0.0', '0.1.2.3', '127.0.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', 'h2', '192.0.2'];

describe.each(forms)('the network calls, %s', (form) => {
  const scene = (one: (sys: Sys) => void): void => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      one(sys);
    });
  };

  /** For calls that name an interface: the errors of the name come before all others. */
  it.each<[string, (sys: Sys, name: string) => void]>([
    ['set_ipv4', (sys, name) => sys.sys_network_set_ipv4(name, '192.0.2.1')],
    ['set_netmask', (sys, name) => sys.sys_network_set_netmask('255.255.255.0', name)],
    [
      'configure_ipv4',
      (sys, name) => sys.sys_network_configure_ipv4({ name, address: '192.0.2.1', netmask: '255.255.255.0' }),
    ],
    ['clear_ipv4', (sys, name) => sys.sys_network_clear_ipv4(name)],
    ['get_interface', (sys, name) => sys.sys_network_get_interface(name)],
    ['set_interface', (sys, name) => sys.sys_network_set_interface(name, { up: true })],
    ['add_address', (sys, name) => sys.sys_network_add_address(name, '192.0.2.9', 24)],
    ['delete_address', (sys, name) => sys.sys_network_delete_address(name, '192.0.2.9')],
  ])('%s refuses a name that is empty, too long or unknown', (_, call) => {
    scene((sys) => {
      expect(errnoOf(() => call(sys, ''))).toBe('EINVAL');
      expect(errnoOf(() => call(sys, 'e'.repeat(257)))).toBe('EINVAL');
      expect(errnoOf(() => call(sys, 'e'.repeat(256)))).toBe('ENODEV');
      expect(errnoOf(() => call(sys, 'eth9'))).toBe('ENODEV');
    });
  });

  it('set_ipv4 replaces the first address, with the host mask', () => {
    scene((sys) => {
      expect(addresses(sys)).toEqual(['lo 127.0.0.1/8', 'eth0 192.0.2.1/24']);
      sys.sys_network_add_address('eth0', '203.0.113.1', 28);
      sys.sys_network_set_ipv4('eth0', '198.51.100.1');
      expect(addresses(sys)).toEqual(['lo 127.0.0.1/8', 'eth0 198.51.100.1/24', 'eth0 203.0.113.1/28']);
      expect(routes(sys)).toEqual(['203.0.113.0/28 dev eth0 kernel', '198.51.100.0/24 dev eth0 kernel']);
      expect(errnoOf(() => sys.sys_network_set_ipv4('eth0', '203.0.113.1'))).toBe('EEXIST');
      for (const bad of IMPOSSIBLE) expect(errnoOf(() => sys.sys_network_set_ipv4('eth0', bad))).toBe('EINVAL');
      sys.sys_network_set_ipv4('lo', '127.0.0.2');
      // The kernel does not judge: the subnet's own network and broadcast addresses.
      sys.sys_network_set_ipv4('eth0', '198.51.100.0');
      sys.sys_network_set_ipv4('eth0', '198.51.100.255');
      expect(addresses(sys)).toEqual(['lo 127.0.0.2/8', 'eth0 198.51.100.255/24', 'eth0 203.0.113.1/28']);
    });
  });

  it('set_netmask without a name is for all interfaces that have no mask of their own, before and after', () => {
    scene((sys) => {
      sys.sys_network_set_netmask('255.255.255.252', 'eth1');
      sys.sys_network_set_netmask('255.255.0.0');
      expect(addresses(sys)).toEqual(['lo 127.0.0.1/8', 'eth0 192.0.2.1/16']);
      sys.sys_network_set_ipv4('eth1', '198.51.100.1');
      expect(addresses(sys)).toEqual(['lo 127.0.0.1/8', 'eth0 192.0.2.1/16', 'eth1 198.51.100.1/30']);
      sys.sys_network_set_netmask('255.255.255.128', 'eth0');
      sys.sys_network_set_netmask('255.0.0.0');
      expect(addresses(sys)).toEqual(['lo 127.0.0.1/8', 'eth0 192.0.2.1/25', 'eth1 198.51.100.1/30']);
      sys.sys_network_clear_ipv4('eth0');
      sys.sys_network_set_ipv4('eth0', '192.0.2.1');
      expect(addresses(sys)).toEqual(['lo 127.0.0.1/8', 'eth0 192.0.2.1/8', 'eth1 198.51.100.1/30']);
      for (const bad of ['255.0.255.0', '0.0.0.255', '255.255.255.253', 'none']) {
        expect(errnoOf(() => sys.sys_network_set_netmask(bad))).toBe('EINVAL');
        expect(errnoOf(() => sys.sys_network_set_netmask(bad, 'eth0'))).toBe('EINVAL');
      }
    });
  });

  it('set_gateway is the one default route with metric 0', () => {
    scene((sys) => {
      sys.sys_network_add_route({ destination: '0.0.0.0', prefixLength: 0, gateway: '192.0.2.200', metric: 5 });
      sys.sys_network_set_gateway('192.0.2.254');
      sys.sys_network_set_gateway('192.0.2.253');
      sys.sys_network_set_gateway('192.0.2.253');
      const expected = [
        '192.0.2.0/24 dev eth0 kernel',
        '0.0.0.0/0 via 192.0.2.253 dev eth0 static',
        '0.0.0.0/0 via 192.0.2.200 dev eth0 metric 5 static',
      ];
      expect(routes(sys)).toEqual(expected);
      expect(errnoOf(() => sys.sys_network_set_gateway('198.51.100.1'))).toBe('ENETUNREACH');
      expect(errnoOf(() => sys.sys_network_set_gateway('192.0.2.1'))).toBe('EINVAL');
      for (const bad of IMPOSSIBLE) expect(errnoOf(() => sys.sys_network_set_gateway(bad))).toBe('EINVAL');
      expect(routes(sys)).toEqual(expected);
      expect(record(sys, 'eth0')).toBe('192.0.2.1 255.255.255.0 192.0.2.253 default 0');
    });
  });

  it('set_dns keeps the server for the resolver', () => {
    scene((sys) => {
      expect(sys.sys_network_get_dns()).toBe(null);
      sys.sys_network_set_dns('192.0.2.53');
      expect(sys.sys_network_get_dns()).toBe(ip('192.0.2.53'));
      sys.sys_network_set_dns('127.0.0.1');
      for (const bad of IMPOSSIBLE.filter((one) => one !== '127.0.0.1')) {
        expect(errnoOf(() => sys.sys_network_set_dns(bad))).toBe('EINVAL');
      }
      expect(sys.sys_network_get_dns()).toBe(Ip.LOOPBACK);
    });
  });

  it('configure_ipv4 sets address, mask and route in one step, or nothing', () => {
    scene((sys) => {
      const good = { name: 'eth0', address: '198.51.100.1', netmask: '255.255.255.128' };
      const before = [addresses(sys), routes(sys)];
      for (const [change, errno] of [
        [{ address: '127.0.0.1' }, 'EINVAL'],
        [{ address: '224.0.0.1' }, 'EINVAL'],
        [{ netmask: '255.0.255.0' }, 'EINVAL'],
        [{ gateway: '0.0.0.0' }, 'EINVAL'],
        [{ gateway: '127.0.0.1' }, 'EINVAL'],
        [{ gateway: '198.51.100.1' }, 'EINVAL'],
        [{ gateway: '198.51.100.129' }, 'ENETUNREACH'],
        [{ gateway: '192.0.2.254' }, 'ENETUNREACH'],
        [{ makeDefault: true }, 'EINVAL'],
      ] as const) {
        expect(errnoOf(() => sys.sys_network_configure_ipv4({ ...good, ...change }))).toBe(errno);
      }
      expect([addresses(sys), routes(sys)]).toEqual(before);

      sys.sys_network_configure_ipv4({ ...good, gateway: '198.51.100.126', makeDefault: true, metric: 7 });
      expect(routes(sys)).toEqual([
        '198.51.100.0/25 dev eth0 kernel',
        '0.0.0.0/0 via 198.51.100.126 dev eth0 metric 7 static',
      ]);
      expect(record(sys, 'eth0')).toBe('198.51.100.1 255.255.255.128 198.51.100.126 default 7');
      sys.sys_network_set_netmask('255.0.0.0');
      expect(addresses(sys)).toContain('eth0 198.51.100.1/25');

      // In place of the default route of that metric.
      sys.sys_network_configure_ipv4({ ...good, gateway: '198.51.100.125', makeDefault: true, metric: 7 });
      expect(routes(sys)[1]).toBe('0.0.0.0/0 via 198.51.100.125 dev eth0 metric 7 static');
      // Not the default: only noted.
      const other = { name: 'eth1', address: '203.0.113.1', netmask: '255.255.255.0' };
      sys.sys_network_configure_ipv4({ ...other, gateway: '203.0.113.254' });
      expect(record(sys, 'eth1')).toBe('203.0.113.1 255.255.255.0 203.0.113.254 - 0');
      sys.sys_network_configure_ipv4(other);
      expect(record(sys, 'eth1')).toBe('203.0.113.1 255.255.255.0 - - 0');
      sys.sys_network_add_address('eth1', '203.0.113.2', 24);
      expect(errnoOf(() => sys.sys_network_configure_ipv4({ ...other, address: '203.0.113.2' }))).toBe('EEXIST');
      sys.sys_network_set_interface('eth1', { up: false });
      const down = { ...other, gateway: '203.0.113.254', makeDefault: true };
      expect(errnoOf(() => sys.sys_network_configure_ipv4(down))).toBe('ENETDOWN');
    });
  });

  it('clear_ipv4 takes addresses, routes and the gateway away', () => {
    scene((sys) => {
      sys.sys_network_set_gateway('192.0.2.254');
      sys.sys_network_add_address('eth0', '203.0.113.1', 24);
      sys.sys_network_clear_ipv4('eth0');
      expect(addresses(sys)).toEqual(['lo 127.0.0.1/8']);
      expect(routes(sys)).toEqual([]);
      expect(record(sys, 'eth0')).toBe('- - - - 0');
      sys.sys_network_clear_ipv4('eth0');
    });
  });

  it('lists interfaces in both ways', () => {
    scene((sys) => {
      expect(sys.sys_network_list_interfaces()).toEqual(['lo', 'eth0', 'eth1']);
      expect(sys.sys_network_list_interfaces_v2()).toEqual([
        {
          name: 'lo',
          address: Ip.LOOPBACK,
          netmask: ip('255.0.0.0'),
          gateway: null,
          mac: 0,
          isDefault: false,
          metric: 0,
        },
        {
          name: 'eth0',
          address: ip('192.0.2.1'),
          netmask: ip('255.255.255.0'),
          gateway: null,
          mac: 0x0200_0000_0001,
          isDefault: false,
          metric: 0,
        },
        {
          name: 'eth1',
          address: null,
          netmask: null,
          gateway: null,
          mac: 0x0200_0000_0101,
          isDefault: false,
          metric: 0,
        },
      ]);
    });
  });

  it('sets interfaces up and down and their MTU', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      expect(sys.sys_network_get_interface('eth0')).toEqual({
        name: 'eth0',
        index: 1,
        mac: 0x0200_0000_0001,
        mtu: 1_500,
        up: true,
        carrier: true,
      });
      expect(sys.sys_network_get_interface('eth1').carrier).toBe(false);
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
      sys.sys_socket_bind(socket, { ip: '192.0.2.1', port: 7 });
      sys.sys_network_set_interface('eth0', { up: false, mtu: 1_400 });
      expect(sys.sys_network_get_interface('eth0')).toMatchObject({ up: false, mtu: 1_400 });
      expect(routes(sys)).toEqual([]);
      expect(addresses(sys)).toContain('eth0 192.0.2.1/24');
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', { ip: '192.0.2.2', port: 7 }))).toBe('ENETUNREACH');
      sys.sys_network_set_interface('eth0', { up: true });
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', { ip: '192.0.2.2', port: 7 }))).toBe('ok');
      for (const mtu of [67, 65_537]) {
        expect(errnoOf(() => sys.sys_network_set_interface('eth0', { mtu }))).toBe('EINVAL');
      }
    });
  });

  it('adds and deletes further addresses', () => {
    scene((sys) => {
      const add = (name: string, address: string, length: number): string =>
        errnoOf(() => sys.sys_network_add_address(name, address, length));
      expect(add('eth0', '192.0.2.9', 24)).toBe('ok');
      expect(add('eth0', '192.0.2.9', 24)).toBe('EEXIST');
      expect(add('eth0', '192.0.2.10', 33)).toBe('EINVAL');
      expect(add('eth0', '192.0.2.10', -1)).toBe('EINVAL');
      for (const bad of IMPOSSIBLE) expect(add('eth0', bad, 24)).toBe('EINVAL');
      expect(add('lo', '127.0.0.9', 32)).toBe('ok');
      // As the first one its mask counts as set by name.
      expect(add('eth1', '203.0.113.1', 29)).toBe('ok');
      sys.sys_network_set_netmask('255.255.0.0');
      expect(addresses(sys)).toEqual([
        'lo 127.0.0.1/8',
        'lo 127.0.0.9/32',
        'eth0 192.0.2.1/16',
        'eth0 192.0.2.9/24',
        'eth1 203.0.113.1/29',
      ]);
      sys.sys_network_delete_address('eth0', '192.0.2.1');
      expect(addresses(sys)).toContain('eth0 192.0.2.9/24');
      expect(errnoOf(() => sys.sys_network_delete_address('eth0', '192.0.2.1'))).toBe('EADDRNOTAVAIL');
      expect(errnoOf(() => sys.sys_network_delete_address('eth0', 'h1'))).toBe('EINVAL');
    });
  });

  it('adds and deletes routes', () => {
    scene((sys) => {
      const net = { destination: '198.51.100.0', prefixLength: 24 };
      const add = (change: Partial<RouteRequest>): string =>
        errnoOf(() => sys.sys_network_add_route({ ...net, ...change }));
      expect(add({ gateway: '192.0.2.254' })).toBe('ok');
      expect(add({ gateway: '192.0.2.253' })).toBe('EEXIST');
      expect(add({ gateway: '192.0.2.253', metric: 10 })).toBe('ok');
      expect(add({ destination: '198.51.100.1', gateway: '192.0.2.253' })).toBe('EINVAL');
      expect(add({ prefixLength: 33, gateway: '192.0.2.253' })).toBe('EINVAL');
      expect(add({ destination: 'h2', gateway: '192.0.2.253' })).toBe('EINVAL');
      expect(add({ gateway: '203.0.113.1' })).toBe('ENETUNREACH');
      expect(add({ gateway: '192.0.2.1' })).toBe('EINVAL');
      expect(add({ type: 'local', interface: 'eth0' })).toBe('EINVAL');
      expect(add({})).toBe('ENODEV');
      expect(add({ interface: 'eth9' })).toBe('ENODEV');
      sys.sys_network_set_interface('eth1', { up: false });
      expect(add({ interface: 'eth1' })).toBe('ENETDOWN');
      expect(add({ destination: '203.0.113.0', interface: 'eth0' })).toBe('ok');
      expect(add({ destination: '203.0.113.128', prefixLength: 25, type: 'blackhole' })).toBe('ok');
      expect(routes(sys)).toEqual([
        'blackhole 203.0.113.128/25 static',
        '192.0.2.0/24 dev eth0 kernel',
        '198.51.100.0/24 via 192.0.2.254 dev eth0 static',
        '203.0.113.0/24 dev eth0 static',
        '198.51.100.0/24 via 192.0.2.253 dev eth0 metric 10 static',
      ]);
      const remove = (change: Partial<RouteRequest>): string =>
        errnoOf(() => sys.sys_network_delete_route({ ...net, ...change }));
      expect(remove({ gateway: '192.0.2.250' })).toBe('ESRCH');
      expect(remove({ metric: 10 })).toBe('ok');
      expect(remove({})).toBe('ok');
      expect(remove({})).toBe('ESRCH');
      expect(remove({ interface: 'eth9' })).toBe('ENODEV');
      expect(remove({ prefixLength: 33 })).toBe('EINVAL');
      expect(remove({ destination: '203.0.113.0', interface: 'eth0' })).toBe('ok');
    });
  });

  it('lists own addresses and broadcasts among the routes, longest prefix first', () => {
    scene((sys) => {
      const all = sys.sys_network_list_routes();
      expect(all[0]).toMatchObject({ prefixLength: 32 });
      expect(all).toContainEqual({
        destination: ip('192.0.2.1'),
        prefixLength: 32,
        type: 'local',
        gateway: 0,
        interface: 'eth0',
        metric: 0,
        source: ip('192.0.2.1'),
        origin: 'kernel',
      });
      expect(all.filter(({ type }) => type === 'broadcast').map((one) => Ip.format(one.destination))).toContain(
        '192.0.2.255',
      );
    });
  });

  it('sets, lists and forgets neighbours', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const add = (name: string, address: string, mac: string): string =>
        errnoOf(() => sys.sys_network_add_neighbor(name, address, mac));
      expect(add('eth0', '192.0.2.9', '02:00:00:00:00:09')).toBe('ok');
      sys.sys_network_add_neighbor('eth0', '192.0.2.8', '02:00:00:00:00:08', 'stale');
      expect(add('eth9', '192.0.2.9', '02:00:00:00:00:09')).toBe('ENODEV');
      expect(add('eth0', '224.0.0.1', '02:00:00:00:00:09')).toBe('EINVAL');
      expect(add('eth0', 'h2', '02:00:00:00:00:09')).toBe('EINVAL');
      expect(add('eth0', '192.0.2.9', 'ff:ff:ff:ff:ff:ff')).toBe('EINVAL');
      expect(add('eth0', '192.0.2.9', 'nonsense')).toBe('EINVAL');
      expect(add('lo', '127.0.0.9', '02:00:00:00:00:09')).toBe('EINVAL');
      sys.sys_network_set_interface('eth1', { up: false });
      expect(add('eth1', '203.0.113.9', '02:00:00:00:00:09')).toBe('ENETDOWN');
      // One that ARP found.
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
      yield* sys.sys_socket_sendto(socket, 'x', { ip: '192.0.2.2', port: 7 });
      yield* sys.sys_sleep(1_000_000);
      expect(sys.sys_network_list_neighbors()).toEqual([
        { ip: ip('192.0.2.9'), interface: 'eth0', mac: 0x0200_0000_0009, state: 'permanent' },
        { ip: ip('192.0.2.8'), interface: 'eth0', mac: 0x0200_0000_0008, state: 'stale' },
        { ip: ip('192.0.2.2'), interface: 'eth0', mac: 0x0200_0000_0002, state: 'reachable' },
      ]);
      sys.sys_network_delete_neighbor('eth0', '192.0.2.9');
      expect(errnoOf(() => sys.sys_network_delete_neighbor('eth0', '192.0.2.9'))).toBe('ENOENT');
      expect(errnoOf(() => sys.sys_network_delete_neighbor('eth9', '192.0.2.9'))).toBe('ENODEV');
      expect(errnoOf(() => sys.sys_network_delete_neighbor('eth0', 'h2'))).toBe('EINVAL');
    });
  });

  it('finds nodes in the hosts table, the address on a shared subnet first', () => {
    const table = new Map([
      ['r1', [ip('198.51.100.254'), ip('192.0.2.254')]],
      ['far', [ip('203.0.113.1'), ip('198.51.100.1')]],
    ]);
    const hosts = createHosts(form, { hosts: table });
    run(hosts, hosts.h1, function* (sys) {
      expect(sys.sys_hosts_lookup('r1')).toEqual([ip('192.0.2.254'), ip('198.51.100.254')]);
      expect(sys.sys_hosts_lookup('far')).toEqual([ip('203.0.113.1'), ip('198.51.100.1')]);
      expect(errnoOf(() => sys.sys_hosts_lookup('h9'))).toBe('ENOENT');
      expect(errnoOf(() => sys.sys_hosts_lookup(''))).toBe('EINVAL');
      expect(errnoOf(() => sys.sys_hosts_lookup('h'.repeat(257)))).toBe('EINVAL');
      expect(sys.sys_host_name()).toBe('h1');
    });
  });
});
