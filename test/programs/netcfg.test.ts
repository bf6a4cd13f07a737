import { describe, expect, it } from 'vitest';
import { openLab, run, TWO_HOSTS, TWO_ROUTERS } from './labs.ts';
import type { Lab } from '../../src/lab/lab.ts';

const WITH_MAC = TWO_HOSTS.replace('eth0: 192.0.2.1/24', 'eth0: { ip: 192.0.2.1/24, mac: 02:00:00:00:00:01 }').replace(
  'eth0: 192.0.2.2/24',
  'eth0: { ip: 192.0.2.2/24, mac: 02:00:00:00:00:02 }',
);

function show(lab: Lab, node: string, what = ''): readonly string[] {
  return run(lab, node, `netcfg ${what}`).output;
}

/** Runs a change that is to succeed without a word. */
function change(lab: Lab, node: string, words: string): void {
  expect(run(lab, node, `netcfg ${words}`), words).toEqual({ status: 0, output: [], error: [] });
}

describe('netcfg shows', () => {
  it('interfaces as ip addr does', () => {
    expect(show(openLab(WITH_MAC), 'h1', 'addr')).toEqual([
      '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN',
      '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
      '    inet 127.0.0.1/8 scope host lo',
      '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP',
      '    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff',
      '    inet 192.0.2.1/24 scope global eth0',
    ]);
  });

  it('routes as ip route does', () => {
    const lab = openLab(TWO_ROUTERS);
    expect(show(lab, 'h1', 'route')).toEqual([
      'default via 192.0.2.254 dev eth0',
      '192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1',
    ]);
    expect(show(lab, 'r1', 'route')).toEqual([
      '192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.254',
      '198.51.100.0/24 via 203.0.113.2 dev eth1',
      '203.0.113.0/24 dev eth1 proto kernel scope link src 203.0.113.1',
    ]);
  });

  it('neighbours as ip neigh does', () => {
    const lab = openLab(WITH_MAC);
    expect(show(lab, 'h1', 'neigh')).toEqual([]);
    run(lab, 'h1', 'ping -c 1 h2');
    run(lab, 'h1', 'ping -c 1 192.0.2.9');
    expect(show(lab, 'h1', 'neigh')).toEqual([
      '192.0.2.2 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE',
      '192.0.2.9 dev eth0 FAILED',
    ]);
  });

  it('sockets as ss does', () => {
    const lab = openLab(TWO_HOSTS);
    lab.start('h1', 'udp-echo 7', { background: true });
    lab.start('h1', 'ping h2', { background: true });
    const lines = show(lab, 'h1', 'sockets');
    expect(lines).toEqual([
      'Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process',
      'udp   UNCONN      0      0          0.0.0.0:7         0.0.0.0:* users:(("udp-echo",pid=2,fd=3))',
      expect.stringMatching(
        /^raw {3}UNCONN +0 +\d+ +0\.0\.0\.0:icmp +0\.0\.0\.0:\* users:\(\("ping",pid=3,fd=\d+\)\)$/,
      ),
    ]);
  });

  it('all of it, what is empty left out', () => {
    const lab = openLab(TWO_HOSTS);
    change(lab, 'h1', 'dns 192.0.2.53');
    const lines = show(lab, 'h1');
    expect(lines.filter((line) => line === '')).toHaveLength(2);
    expect(lines.at(-1)).toBe('nameserver 192.0.2.53');
  });
});

describe('netcfg changes', () => {
  it('an interface’s address, and the routes with it', () => {
    const lab = openLab(TWO_HOSTS);
    change(lab, 'h1', 'set eth0 198.51.100.1/25');
    expect(show(lab, 'h1', 'addr').at(-1)).toBe('    inet 198.51.100.1/25 scope global eth0');
    expect(show(lab, 'h1', 'route')).toEqual(['198.51.100.0/25 dev eth0 proto kernel scope link src 198.51.100.1']);
    change(lab, 'h1', 'addr add 192.0.2.1/24 dev eth0');
    expect(run(lab, 'h1', 'ping -c 1 192.0.2.2').status).toBe(0);
    change(lab, 'h1', 'addr del 192.0.2.1/24 dev eth0');
    expect(run(lab, 'h1', 'ping -c 1 192.0.2.2').status).toBe(2);
  });

  it('whether an interface is up, and its MTU', () => {
    const lab = openLab(WITH_MAC);
    change(lab, 'h1', 'mtu eth0 1400');
    change(lab, 'h1', 'down eth0');
    expect(show(lab, 'h1', 'addr')).toContain('2: eth0: <BROADCAST,MULTICAST> mtu 1400 state DOWN');
    expect(show(lab, 'h2', 'addr')).toContain('2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP');
    change(lab, 'h1', 'up eth0');
    expect(run(lab, 'h1', 'ping -c 1 h2').status).toBe(0);
  });

  it('routes, added and deleted', () => {
    const lab = openLab(TWO_HOSTS);
    change(lab, 'h1', 'gateway 192.0.2.2');
    change(lab, 'h1', 'route add 10.0.0.0/8 via 192.0.2.3 dev eth0 metric 7');
    change(lab, 'h1', 'route add 10.1.2.3 via 192.0.2.4');
    change(lab, 'h1', 'route add 172.16.0.0/12 dev eth0');
    change(lab, 'h1', 'route add blackhole 203.0.113.0/24');
    change(lab, 'h1', 'route add unreachable 203.0.114.0/24 metric 5');
    expect(show(lab, 'h1', 'route')).toEqual([
      'default via 192.0.2.2 dev eth0',
      '10.0.0.0/8 via 192.0.2.3 dev eth0 metric 7',
      '10.1.2.3 via 192.0.2.4 dev eth0',
      '172.16.0.0/12 dev eth0 scope link',
      '192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1',
      'blackhole 203.0.113.0/24',
      'unreachable 203.0.114.0/24 metric 5',
    ]);
    change(lab, 'h1', 'route del default');
    change(lab, 'h1', 'route del blackhole 203.0.113.0/24');
    expect(show(lab, 'h1', 'route')).toHaveLength(5);
  });

  it('routes with several next hops, as ip route does', () => {
    const lab = openLab(`
      hosts:
        h1:
          interfaces: { eth0: 192.0.2.1/24, eth1: 198.51.100.1/24 }
          routes:
            - { to: 203.0.113.0/24, via: [192.0.2.2, 198.51.100.2], metric: 20 }
            - { to: 203.0.114.0/24, via: [192.0.2.2] }
        h2: { interfaces: { eth0: 192.0.2.2/24, eth1: 198.51.100.2/24 } }
      links: [h1.eth0 -- h2.eth0, h1.eth1 -- h2.eth1]
    `);
    expect(show(lab, 'h1', 'route').slice(2)).toEqual([
      '203.0.113.0/24 metric 20',
      '\tnexthop via 192.0.2.2 dev eth0 weight 1',
      '\tnexthop via 198.51.100.2 dev eth1 weight 1',
      '203.0.114.0/24 via 192.0.2.2 dev eth0',
    ]);
  });

  it('neighbours', () => {
    const lab = openLab(TWO_HOSTS);
    change(lab, 'h1', 'neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth0');
    expect(show(lab, 'h1', 'neigh')).toEqual(['192.0.2.9 dev eth0 lladdr 02:00:00:00:00:09 PERMANENT']);
    change(lab, 'h1', 'neigh del 192.0.2.9 dev eth0');
    expect(show(lab, 'h1', 'neigh')).toEqual([]);
  });

  it.each([
    ['set eth9 192.0.2.1/24', 'netcfg: sys_network_configure_ipv4: No such device'],
    ['route add 10.0.0.1/8 dev eth0', 'netcfg: sys_network_add_route: Invalid argument'],
    ['route add 10.0.0.0/8 via 203.0.113.1', 'netcfg: sys_network_add_route: Network is unreachable'],
    ['route del 10.0.0.0/8', 'netcfg: sys_network_delete_route: No such process'],
    ['gateway 203.0.113.1', 'netcfg: sys_network_set_gateway: Network is unreachable'],
  ])('%s: tells what the kernel says', (words, line) => {
    expect(run(openLab(TWO_HOSTS), 'h1', `netcfg ${words}`)).toEqual({ status: 1, output: [], error: [line] });
  });

  it.each([
    ['set eth0', 'netcfg: ADDRESS/LENGTH is missing'],
    ['set eth0 192.0.2.1/33', 'netcfg: a prefix length is a whole number from 0 to 32; not "33"'],
    ['set eth0 192.0.2.300/24', 'netcfg: "192.0.2.300" is no address'],
    ['set eth0 192.0.2.1/24/8', 'netcfg: "192.0.2.1/24/8" is no prefix'],
    ['up eth0 now', 'netcfg: one word too many: "now"'],
    ['route add 10.0.0.0/8 through x', 'netcfg: no word "through" here; there are via, dev, metric'],
    ['route add 10.0.0.0/8 via', 'netcfg: the value of via is missing'],
    ['route put 10.0.0.0/8', 'netcfg: add or del, not "put"'],
    ['neigh add 192.0.2.9 dev eth0', 'netcfg: lladdr MAC is missing, or its MAC is none; write 02:00:00:00:00:01'],
    ['neigh del 192.0.2.9', 'netcfg: dev DEV is missing'],
    ['addr add 192.0.2.9', 'netcfg: dev DEV is missing'],
    ['toString', 'netcfg: no word "toString"'],
  ])('%s: is wrong usage', (words, line) => {
    const { status, error } = run(openLab(TWO_HOSTS), 'h1', `netcfg ${words}`);
    expect([status, error[0]]).toEqual([2, line]);
  });
});
