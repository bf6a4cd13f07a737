import { describe, expect, it } from 'vitest';
import { MILLISECOND, MINUTE, SECOND } from '../../src/sim/time.ts';
import { FAR, PEER, hear, host, ip, pass, udp } from './network.ts';
import type { Host } from './network.ts';
import type { Ip4 } from '../../src/wire/ip4.ts';

const closed = (source: Ip4 = PEER.ip) => udp('x', 40_000, 9, { source });

function count(me: Host, times: number, frame: Uint8Array): number {
  let sent = 0;
  for (let i = 0; i < times; i++) sent += hear(me, frame).filter((line) => line.includes('ICMP')).length;
  return sent;
}

describe('the rate of ICMP errors', () => {
  it('is six at once for one peer, then one a second', () => {
    const me = host();
    expect(count(me, 20, closed())).toBe(6);
    pass(me, SECOND - 1);
    expect(count(me, 5, closed())).toBe(0);
    pass(me, 1);
    expect(count(me, 5, closed())).toBe(1);
    pass(me, 3 * SECOND);
    expect(count(me, 5, closed())).toBe(3);
    pass(me, MINUTE);
    expect(count(me, 20, closed())).toBe(6);
  });

  it('is counted for each peer, but no more than 50 at once for all', () => {
    const me = host();
    let sent = 0;
    for (let last = 1; last <= 100; last++) sent += count(me, 1, closed(ip(`203.0.113.${last}`)));
    expect(sent).toBe(50);
    pass(me, 20 * MILLISECOND);
    expect(count(me, 1, closed(ip('203.0.113.200')))).toBe(1);
  });

  it('is not spent by errors that the peer’s own limit holds back', () => {
    const me = host();
    count(me, 1_000, closed());
    expect(count(me, 1, closed(FAR))).toBe(1);
  });

  it('does not touch fragmentation needed, nor what goes over lo', () => {
    const me = host({ forward: true, mtu: 600 });
    const tooLong = udp('x'.repeat(1_000), 1, 2, { destination: ip('198.51.100.2'), flags: 0x4000 });
    expect(count(me, 100, tooLong)).toBe(100);
  });

  it('can be set, and switched off', () => {
    expect(count(host({ sysctl: { icmp_ratelimit: 0 } }), 40, closed())).toBe(40);
    expect(count(host({ sysctl: { icmp_ratemask: 0 } }), 100, closed())).toBe(100);
    expect(count(host({ sysctl: { icmp_msgs_burst: 3 } }), 10, closed())).toBe(3);
  });

  it('is lower for what a router has no route for: it costs twice, as on Linux', () => {
    const me = host({ forward: true, defaultRoute: false });
    const lost = udp('x', 1, 2, { destination: ip('10.9.9.9') });
    expect(count(me, 20, lost)).toBe(2);
    pass(me, 2 * SECOND);
    expect(count(me, 20, lost)).toBe(1);
  });
});

describe('the rate of redirects', () => {
  const detour = udp('x', 1, 2, { destination: FAR });

  it('falls with each one that is not heeded, and ends after nine', () => {
    const me = host({ forward: true });
    expect(count(me, 3, detour)).toBe(1);
    let pause = 40 * MILLISECOND;
    for (let sent = 1; sent < 9; sent++) {
      pass(me, pause);
      expect(count(me, 1, detour)).toBe(0);
      pass(me, 1);
      expect(count(me, 1, detour)).toBe(1);
      pause *= 2;
    }
    pass(me, 20 * SECOND);
    expect(count(me, 1, detour)).toBe(0);
  });

  it('starts over after a silence of 20 seconds', () => {
    const me = host({ forward: true });
    count(me, 1, detour);
    pass(me, 20_481 * MILLISECOND);
    expect(count(me, 1, detour)).toBe(1);
    pass(me, 41 * MILLISECOND);
    expect(count(me, 1, detour)).toBe(1);
  });

  it('remembers a bounded number of peers', () => {
    const me = host({ sysctl: { icmp_msgs_per_sec: 1_000_000, icmp_msgs_burst: 1_000_000 } });
    for (let i = 0; i < 5_000; i++) count(me, 1, closed(ip(`203.${i >> 8}.113.${i & 255}`)));
    expect(me.stack.limits?.peers.size ?? 0).toBe(4_096);
  });
});
