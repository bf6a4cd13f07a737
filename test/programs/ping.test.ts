/**
 * Lines as iputils 20221126 printed them in network namespaces of the same shape, times aside.
 */
import { describe, expect, it } from 'vitest';
import * as Statistics from '../../src/programs/ping-statistics.ts';
import { MICROSECOND, SECOND } from '../../src/programs/duration.ts';
import { formatPercent } from '../../src/programs/text.ts';
import type { Sys } from '../../src/syscalls/program.ts';
import { Domain, Protocol, SocketType } from '../../src/syscalls/values.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import { openLab, outcomeOf, run, TWO_HOSTS, TWO_ROUTERS } from './labs.ts';

/** h1's default gateway is r1, which knows that r2, on h1's own link, is the better way to h2. */
const REDIRECT = `
name: redirect
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.253 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1:
    interfaces: { eth0: 192.0.2.253/24 }
    routes: [ { to: 198.51.100.0/24, via: 192.0.2.254 } ]
  r2: { interfaces: { eth0: 192.0.2.254/24, eth1: 198.51.100.254/24 } }
switches: { s1: }
links:
  - h1.eth0 -- s1
  - r1.eth0 -- s1
  - r2.eth0 -- s1
  - r2.eth1 -- h2.eth0
`;

describe('ping', () => {
  it('prints what came back, then the statistics', () => {
    expect(run(openLab(TWO_HOSTS), 'h1', 'ping -c 2 h2')).toEqual({
      status: 0,
      error: [],
      output: [
        'PING h2 (192.0.2.2) 56(84) bytes of data.',
        // The first one waits for ARP.
        '64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=0.403 ms',
        '64 bytes from 192.0.2.2: icmp_seq=2 ttl=64 time=0.201 ms',
        '',
        '--- h2 ping statistics ---',
        '2 packets transmitted, 2 received, 0% packet loss, time 1000ms',
        'rtt min/avg/max/mdev = 0.201/0.302/0.403/0.101 ms',
      ],
    });
  });

  it('prints no times when the data has no room for one', () => {
    const { status, output } = run(openLab(TWO_ROUTERS), 'h1', 'ping -c 1 -n -s 8 198.51.100.1');
    expect(status).toBe(0);
    expect(output).toEqual([
      'PING 198.51.100.1 (198.51.100.1) 8(36) bytes of data.',
      '16 bytes from 198.51.100.1: icmp_seq=1 ttl=62',
      '',
      '--- 198.51.100.1 ping statistics ---',
      '1 packets transmitted, 1 received, 0% packet loss, time 0ms',
      '',
    ]);
  });

  it('prints the summary alone with -q', () => {
    const { output } = run(openLab(TWO_HOSTS), 'h1', 'ping -c 3 -q -i 0.2 h2');
    expect(output).toEqual([
      'PING h2 (192.0.2.2) 56(84) bytes of data.',
      '',
      '--- h2 ping statistics ---',
      '3 packets transmitted, 3 received, 0% packet loss, time 400ms',
      'rtt min/avg/max/mdev = 0.201/0.268/0.403/0.095 ms',
    ]);
  });

  it('shows the recorded route once, and says when it is the same again', () => {
    const { output } = run(openLab(TWO_ROUTERS), 'h1', 'ping -c 2 -R 198.51.100.1');
    expect(output.slice(0, 11)).toEqual([
      'PING 198.51.100.1 (198.51.100.1) 56(124) bytes of data.',
      expect.stringMatching(/^64 bytes from 198\.51\.100\.1: icmp_seq=1 ttl=62 time=\S+ ms$/),
      'RR: \t192.0.2.1',
      '\t203.0.113.1',
      '\t198.51.100.254',
      '\t198.51.100.1',
      '\t198.51.100.1',
      '\t203.0.113.2',
      '\t192.0.2.254',
      '\t192.0.2.1',
      '',
    ]);
    expect(output[11]).toMatch(/icmp_seq=2 ttl=62 time=\S+ ms\t\(same route\)$/);
  });

  it('shows timestamps as differences, and how many hops found no room', () => {
    const lab = openLab(TWO_ROUTERS);
    run(lab, 'h1', 'ping -c 1 h2');
    lab.runUntil(5 * SECOND);
    const times = run(lab, 'h1', 'ping -c 1 -T tsonly h2').output;
    expect(times.slice(2, 11)).toEqual([
      'TS: \t5000 absolute',
      ...['\t0', '\t10', '\t0', '\t0', '\t0', '\t10', '\t0'],
      '',
    ]);
    const hops = run(lab, 'h1', 'ping -c 1 -T tsandaddr h2').output;
    expect(hops.slice(2, 8)).toEqual([
      'TS: \t192.0.2.1\t5020 absolute',
      '\t192.0.2.254\t0',
      '\t203.0.113.2\t10',
      expect.stringMatching(/^\t198\.51\.100\.1\t[01]$/),
      'Unrecorded hops: 3',
      '',
    ]);
  });

  it('says who answered with an error, and counts it', () => {
    const { status, output } = run(openLab(TWO_ROUTERS), 'h1', 'ping -c 2 -i 0.2 -t 1 198.51.100.1');
    expect(status).toBe(1);
    expect(output.slice(1)).toEqual([
      'From 192.0.2.254 icmp_seq=1 Time to live exceeded',
      'From 192.0.2.254 icmp_seq=2 Time to live exceeded',
      '',
      '--- 198.51.100.1 ping statistics ---',
      '2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 200ms',
      '',
    ]);
  });

  it('hears from its own host that nobody answers ARP, and how many requests were on their way', () => {
    const { status, output } = run(openLab(TWO_HOSTS), 'h1', 'ping -c 3 -i 0.5 192.0.2.9');
    expect(status).toBe(1);
    expect(output.slice(1)).toEqual([
      'From 192.0.2.1 icmp_seq=1 Destination Host Unreachable',
      'From 192.0.2.1 icmp_seq=2 Destination Host Unreachable',
      'From 192.0.2.1 icmp_seq=3 Destination Host Unreachable',
      '',
      '--- 192.0.2.9 ping statistics ---',
      '3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 1000ms',
      'pipe 3',
    ]);
  });

  it('learns the path MTU from the router, and then from its own kernel', () => {
    const lab = openLab(TWO_ROUTERS.replace('delay: 10ms', 'delay: 10ms, mtu: 1400'));
    const { status, output, error } = run(lab, 'h1', 'ping -c 3 -i 0.2 -M do -s 1472 198.51.100.1');
    expect(status).toBe(1);
    expect(error).toEqual([
      'ping: local error: message too long, mtu=1400',
      'ping: local error: message too long, mtu=1400',
    ]);
    expect(output).toEqual([
      'PING 198.51.100.1 (198.51.100.1) 1472(1500) bytes of data.',
      'From 192.0.2.254 icmp_seq=1 Frag needed and DF set (mtu = 1400)',
      '',
      '--- 198.51.100.1 ping statistics ---',
      '3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 400ms',
      '',
    ]);
  });

  it('prints a redirect, which is no error', () => {
    const { status, output } = run(openLab(REDIRECT), 'h1', 'ping -c 1 198.51.100.1');
    expect(status).toBe(0);
    expect(output).toContain('From 192.0.2.253: icmp_seq=1 Redirect Host(New nexthop: 192.0.2.254)');
    expect(output).toContain('1 packets transmitted, 1 received, 0% packet loss, time 0ms');
  });

  it('marks what comes twice', () => {
    const lab = openLab(TWO_HOSTS.replace('h1.eth0 -- h2.eth0', '{ from: h1.eth0, to: h2.eth0, duplicate: 100% }'));
    const { output } = run(lab, 'h1', 'ping -c 2 192.0.2.2');
    expect(output.filter((line) => line.endsWith(' ms (DUP!)')).length).toBeGreaterThan(0);
    expect(output.find((line) => line.startsWith('2 packets'))).toMatch(
      /^2 packets transmitted, 2 received, \+\d duplicates, 0% packet loss, time 1000ms$/,
    );
  });

  it('does not try where there is no way, and asks before it broadcasts', () => {
    const lab = openLab(TWO_HOSTS);
    expect(run(lab, 'h1', 'ping -c 1 203.0.113.9')).toEqual({
      status: 2,
      output: [],
      error: ['ping: connect: Network is unreachable'],
    });
    expect(run(lab, 'h1', 'ping -c 1 192.0.2.255')).toEqual({
      status: 2,
      output: [],
      error: ['ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules'],
    });
    expect(run(lab, 'h1', 'ping -c 1 -b -W 1 192.0.2.255').error).toEqual(['WARNING: pinging broadcast address']);
  });

  it('goes on when a send fails later', () => {
    const lab = openLab(`${TWO_HOSTS}
events: [ { at: 1500ms, interface: h1.eth0, do: down } ]
`);
    const { error, output } = run(lab, 'h1', 'ping -c 4 192.0.2.2');
    expect(error).toEqual(['ping: sendmsg: Network is unreachable', 'ping: sendmsg: Network is unreachable']);
    expect(output.at(-2)).toBe('4 packets transmitted, 2 received, 50% packet loss, time 3000ms');
  });

  it('waits ten seconds, or -W, for the first answer, and no longer than the interval when some have come', () => {
    const silent = TWO_HOSTS.replace('h1.eth0 -- h2.eth0', '{ from: h1.eth0, to: h2.eth0, backward: { loss: 100% } }');
    const lab = openLab(silent);
    run(lab, 'h1', 'netcfg neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0');
    run(lab, 'h1', 'ping -c 1 192.0.2.2');
    expect(lab.now).toBe(10 * SECOND);
    run(lab, 'h1', 'ping -c 1 -W 0.5 192.0.2.2');
    expect(lab.now).toBe(10.5 * SECOND);
  });

  it('goes on to the deadline with -w, and fails when fewer than COUNT came', () => {
    const lab = openLab(
      TWO_HOSTS.replace('h1.eth0 -- h2.eth0', '{ from: h1.eth0, to: h2.eth0, backward: { loss: 100% } }'),
    );
    run(lab, 'h1', 'netcfg neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0');
    const { status, output } = run(lab, 'h1', 'ping -c 1 -i 0.2 -w 1 192.0.2.2');
    expect(status).toBe(1);
    expect(output.at(-2)).toBe('5 packets transmitted, 0 received, 100% packet loss, time 800ms');
  });

  it('still prints its statistics when it is stopped', () => {
    const lab = openLab(TWO_HOSTS);
    const job = lab.start('h1', 'ping h2', { background: true });
    lab.runUntil(2.5 * SECOND);
    lab.close();
    expect(outcomeOf(job).output.at(-2)).toBe('3 packets transmitted, 3 received, 0% packet loss, time 2000ms');
  });

  it('sends the time and then bytes that count up, with the TTL and type of service asked for', () => {
    const lab = openLab(TWO_HOSTS);
    lab.runUntil(2 * SECOND + 345_678_900);
    let request: Uint8Array = new Uint8Array();
    lab.start('h2', function* (sys: Sys) {
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp);
      request = (yield* sys.sys_socket_recvfrom(socket, 1500)).data;
    });
    expect(run(lab, 'h1', 'ping -c 1 -Q 0x10 -t 9 -s 20 h2').status).toBe(0);
    expect([Ipv4.typeOfService(request, 0), Ipv4.timeToLive(request, 0), Ipv4.dontFragment(request, 0)]).toEqual([
      0x10,
      9,
      true,
    ]);
    const data = Array.from(request.subarray(28));
    // struct timeval of x86-64: 2 s, 345,678 us.
    expect(data.slice(0, 16)).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0x4e, 0x46, 5, 0, 0, 0, 0, 0]);
    expect(data.slice(16)).toEqual([16, 17, 18, 19]);
  });
});

describe('the statistics', () => {
  it('rounds as iputils does: whole microseconds, the deviation cut', () => {
    const statistics = Statistics.create(true);
    // ping's own line for 0.423 and 0.074 ms: rtt min/avg/max/mdev = 0.074/0.248/0.423/0.174 ms
    for (const [i, micros] of [423, 74].entries()) {
      Statistics.countRequest(statistics, i * SECOND);
      Statistics.countReply(statistics, i + 1, micros * MICROSECOND, false);
    }
    expect(Statistics.report(statistics, 'x').at(-1)).toBe('rtt min/avg/max/mdev = 0.074/0.248/0.423/0.174 ms');
  });

  it('stays exact for long times', () => {
    const statistics = Statistics.create(true);
    for (let i = 1; i <= 1_000; i++) {
      Statistics.countRequest(statistics, i);
      Statistics.countReply(statistics, i, (100_000_000 + (i % 2)) * MICROSECOND, false);
    }
    expect(Statistics.report(statistics, 'x').at(-1)).toBe(
      'rtt min/avg/max/mdev = 100000.000/100000.000/100000.001/0.000 ms',
    );
  });

  it('prints shares with six digits', () => {
    expect(formatPercent(1, 3)).toBe('33.3333');
    expect(formatPercent(2, 3)).toBe('66.6667');
    expect(formatPercent(1, 1)).toBe('100');
    expect(formatPercent(0, 7)).toBe('0');
  });
});
