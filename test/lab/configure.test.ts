import { describe, expect, it } from 'vitest';
import { openLab } from '../../src/lab/lab.ts';
import type { Lab } from '../../src/lab/lab.ts';
import * as Ip from '../../src/wire/ip4.ts';

function open(hosts: string): Lab {
  return openLab(`hosts:\n${hosts}\nprograms: [{ on: h1, run: ping -c 1 127.0.0.1 }]`, { file: 'lab.yaml' });
}

/** What the kernel of h1 refused, and that the run goes on all the same. */
function refused(hosts: string): string[] {
  const lab = open(hosts);
  expect(lab.run().jobs[0]?.exitStatus).toBe(0);
  return lab.warnings.map(({ text }) => text);
}

describe('what a kernel refuses is a warning with its place, and the lab runs without it', () => {
  it.each([
    [
      'a gateway on no subnet of the host',
      `  h1:
    interfaces: { eth0: 192.0.2.1/24 }
    gateway: 203.0.113.1`,
      'lab.yaml:4:14: hosts.h1.gateway: gateway 203.0.113.1: the kernel refuses it: ENETUNREACH (Network is unreachable); the gateway is on no subnet of this host: give it an address there, or a route to the gateway first',
    ],
    [
      'a route by way of such a gateway',
      `  h1:
    interfaces: { eth0: 192.0.2.1/24 }
    routes:
      - { to: 198.51.100.0/24, via: 203.0.113.1 }`,
      'lab.yaml:5:9: hosts.h1.routes[0]: route to 198.51.100.0/24 via 203.0.113.1: the kernel refuses it: ENETUNREACH (Network is unreachable); the gateway is on no subnet of this host: give it an address there, or a route to the gateway first',
    ],
    [
      'the same route twice',
      `  h1:
    interfaces: { eth0: 192.0.2.1/24 }
    routes:
      - { to: 198.51.100.0/24, via: 192.0.2.2 }
      - { to: 198.51.100.0/24, via: 192.0.2.3 }`,
      'lab.yaml:6:9: hosts.h1.routes[1]: route to 198.51.100.0/24 via 192.0.2.3: the kernel refuses it: EEXIST (File exists); it is there already',
    ],
    [
      'an address that no host can have',
      `  h1:
    interfaces: { eth0: 224.0.0.9/24 }`,
      'lab.yaml:3:25: hosts.h1.interfaces.eth0: eth0: address: the kernel refuses it: EINVAL (Invalid argument); no host can have such an address, mask or gateway',
    ],
    [
      'a setting that cannot be so',
      `  h1:
    interfaces: { eth0: 192.0.2.1/24 }
    sysctl: { net.ipv4.ip_default_ttl: 300 }`,
      'lab.yaml:4:15: hosts.h1.sysctl["net.ipv4.ip_default_ttl"]: net.ipv4.ip_default_ttl cannot be 300; it keeps its value',
    ],
    [
      'a route over an interface that is down',
      `  h1:
    interfaces: { eth0: { ip: 192.0.2.1/24, up: false } }
    routes: [{ to: 198.51.100.0/24, dev: eth0 }]`,
      'lab.yaml:4:14: hosts.h1.routes[0]: route to 198.51.100.0/24: the kernel refuses it: ENETDOWN (Network is down); the interface is down',
    ],
  ])('%s', (_what, hosts, warning) => {
    expect(refused(hosts)).toEqual([warning]);
  });
});

it('a setting that there is not is an error, which says what may have been meant', () => {
  const text = `hosts:
  h1:
    interfaces: { eth0: 192.0.2.1/24 }
    sysctl: { net.ipv4.ip_froward: 1, net.ipv4.conf.eth7.rp_filter: 1 }`;
  expect(() => openLab(text, { file: 'lab.yaml' })).toThrow(
    'lab.yaml:4:15: hosts.h1.sysctl["net.ipv4.ip_froward"]: h1 has no such setting; did you mean "net.ipv4.ip_forward"?\n' +
      'lab.yaml:4:39: hosts.h1.sysctl["net.ipv4.conf.eth7.rp_filter"]: h1 has no such setting; did you mean "net.ipv4.conf.eth0.rp_filter"?',
  );
});

describe('a host is as its file says', () => {
  it('has its addresses, the first one first, with their masks or the default one', () => {
    const lab = open(`  h1:
    netmask: 255.255.255.128
    interfaces:
      eth0: { ip: [192.0.2.1, 192.0.2.2/30, 198.51.100.1] }
      lo: { ip: 203.0.113.9/32, mtu: 1400 }`);
    expect(lab.warnings).toEqual([]);
    const { interfaces } = lab.kernel('h1').stack;
    expect(
      interfaces.map(({ name, mtu, addresses }) => [
        name,
        mtu,
        ...addresses.map(({ ip, prefixLength }) => `${Ip.format(ip)}/${prefixLength}`),
      ]),
    ).toEqual([
      ['lo', 1400, '127.0.0.1/8', '203.0.113.9/32'],
      ['eth0', 1500, '192.0.2.1/25', '192.0.2.2/30', '198.51.100.1/25'],
    ]);
  });

  it('has its routes, neighbours, settings and DNS server', () => {
    const lab = open(`  h1:
    interfaces: { eth0: 192.0.2.1/24, eth1: { ip: 198.51.100.1/24, up: false } }
    gateway: 192.0.2.254
    dns: 192.0.2.53
    routes: [{ to: 203.0.113.0/24, type: blackhole }]
    neighbors: [{ ip: 192.0.2.254, mac: '02:00:00:00:00:fe', dev: eth0 }]
    sysctl: { net.ipv4.ip_default_ttl: 7 }`);
    expect(lab.warnings).toEqual([]);
    const lines = lab.run('h1', 'netcfg').lines.map(({ text }) => text);
    expect(lines).toContain('default via 192.0.2.254 dev eth0');
    expect(lines).toContain('blackhole 203.0.113.0/24');
    expect(lines).toContain('192.0.2.254 dev eth0 lladdr 02:00:00:00:00:fe PERMANENT');
    expect(lines.some((line) => line.includes('198.51.100.0/24'))).toBe(false);
    expect(lab.kernel('h1').stack.settings.ip_default_ttl).toBe(7);
    expect(Ip.format(lab.kernel('h1').dns!)).toBe('192.0.2.53');
  });

  it('forwards only where it is a router, or is set to', () => {
    const lab = openLab(`hosts: { h1: {}, h2: { sysctl: { net.ipv4.ip_forward: 1 } } }
routers: { r1: {}, r2: { sysctl: { net.ipv4.ip_forward: 0 } } }`);
    expect(['h1', 'h2', 'r1', 'r2'].map((name) => lab.kernel(name).stack.settings.ip_forward)).toEqual([0, 1, 1, 0]);
  });

  it('sends nothing for being configured', () => {
    const lab = openLab(`hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.2 }, h2: {} }
links: [h1.eth0 -- h2.eth0]`);
    lab.run();
    expect(lab.frameCounts().made).toBe(0);
  });
});
