import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/sim/time.ts';
import { takeError } from '../../src/stack/endpoint.ts';
import { pathMtu } from '../../src/stack/path-mtu.ts';
import { setMtu } from '../../src/stack/interface.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import {
  FAR,
  ME,
  OTHER,
  PEER,
  answers,
  ascii,
  datagram,
  echo,
  error,
  frames,
  hear,
  host,
  icmpPayload,
  must,
  pass,
  udp,
} from './network.ts';
import type { Host } from './network.ts';

/** The host's datagram of `length` octets that a router would not pass on. */
const sentBefore = (length: number, destination = FAR) =>
  udp('x'.repeat(length - 28), 7, 40_000, { source: ME.ip, destination });
const tooBig = (mtu: number, about = sentBefore(1_500)) =>
  error(Icmp.Type.DestinationUnreachable, Icmp.UnreachableCode.FragmentationNeeded, mtu, about);

function open(me: Host) {
  const endpoint = Udp.open(me.stack, () => undefined);
  must(Udp.bind(endpoint, Ip.ANY, 7));
  return endpoint;
}

/** Length, DF and MF of each datagram. */
function shapes(sent: readonly Uint8Array[]): string[] {
  return sent.map((one) => {
    const flags = `${Ipv4.dontFragment(one, 14) ? ' DF' : ''}${Ipv4.moreFragments(one, 14) ? ' MF' : ''}`;
    return `${Ipv4.totalLength(one, 14)}${flags}`;
  });
}

function send(me: Host, endpoint: ReturnType<typeof open>, length: number, to = FAR): string[] {
  must(Udp.send(endpoint, ascii('y'.repeat(length - 28)), 0, length - 28, to, 40_000));
  return shapes(frames(me));
}

describe('the path MTU', () => {
  it('is learnt from a router, heeded for ten minutes, and then tried again', () => {
    const me = host();
    const endpoint = open(me);
    expect(send(me, endpoint, 1_400)).toEqual(['1400 DF']);
    hear(me, tooBig(1_000));
    expect(pathMtu(me.stack, FAR)).toBe(1_000);
    expect(send(me, endpoint, 1_400)).toEqual(['996 MF', '424']);
    expect(send(me, endpoint, 1_000)).toEqual(['1000 DF']);
    expect(send(me, endpoint, 1_400, PEER.ip)).toEqual(['1400 DF']);
    pass(me, 10 * MINUTE - 1);
    expect(pathMtu(me.stack, FAR)).toBe(1_000);
    pass(me, 1);
    expect(send(me, endpoint, 1_400)).toEqual(['1400 DF']);
  });

  it('only falls, and hearing it again keeps it', () => {
    const me = host();
    open(me);
    hear(me, tooBig(1_000));
    hear(me, tooBig(1_200));
    expect(pathMtu(me.stack, FAR)).toBe(1_000);
    pass(me, 5 * MINUTE);
    hear(me, tooBig(1_000));
    pass(me, 6 * MINUTE);
    expect(pathMtu(me.stack, FAR)).toBe(1_000);
  });

  it('is guessed from the plateaus where the router does not tell it (RFC 1191 §7.1)', () => {
    const me = host();
    open(me);
    hear(me, tooBig(0));
    expect(pathMtu(me.stack, FAR)).toBe(1_492);
    hear(me, tooBig(0, sentBefore(1_492)));
    expect(pathMtu(me.stack, FAR)).toBe(1_006);
  });

  it('is not believed below route.min_pmtu; then nothing forbids routers to fragment', () => {
    const me = host();
    const endpoint = open(me);
    hear(me, tooBig(68));
    expect(pathMtu(me.stack, FAR)).toBe(552);
    expect(send(me, endpoint, 500)).toEqual(['500']);
  });

  it('is not learnt about what nobody here sent, nor where it says nothing new', () => {
    const me = host();
    hear(me, tooBig(1_000));
    open(me);
    hear(me, tooBig(1_500));
    hear(me, tooBig(1_000, sentBefore(1_500, OTHER.ip).slice(0, 40)));
    hear(me, tooBig(1_000, udp('x', 7, 9, { source: PEER.ip, destination: FAR })));
    expect(me.stack.exceptions?.size ?? 0).toBe(0);
  });

  it('is not learnt with ip_no_pmtu_disc', () => {
    const me = host({ sysctl: { ip_no_pmtu_disc: 1 } });
    const endpoint = open(me);
    hear(me, tooBig(1_000));
    expect(pathMtu(me.stack, FAR)).toBeNull();
    expect(send(me, endpoint, 1_400)).toEqual(['1400']);
  });

  it('makes a socket that forbids fragments hear EMSGSIZE, and one that does not nothing', () => {
    const me = host();
    const endpoint = open(me);
    must(Udp.connect(endpoint, FAR, 40_000));
    hear(me, tooBig(1_000));
    expect(takeError(endpoint)).toBeNull();
    endpoint.pathMtuDiscovery = 'do';
    hear(me, tooBig(900));
    expect(takeError(endpoint)).toBe('EMSGSIZE');
    expect(Udp.send(endpoint, ascii('y'.repeat(873)), 0, 873, FAR, 40_000)).toBe('EMSGSIZE');
    expect(send(me, endpoint, 900)).toEqual(['900 DF']);
    endpoint.pathMtuDiscovery = 'probe';
    expect(send(me, endpoint, 1_500)).toEqual(['1500 DF']);
  });

  it('is heeded by echo replies, for which it can be learnt too', () => {
    const me = host();
    const reply = datagram(1, icmpPayload(Icmp.Type.EchoReply, 0, 1, new Uint8Array(900)), {
      source: ME.ip,
      destination: FAR,
    });
    hear(me, tooBig(600, reply));
    expect(shapes(answers(me, echo({ source: FAR }, new Uint8Array(900))))).toEqual(['596 MF', '352']);
  });

  it('is heeded by a router that forwards only if ip_forward_use_pmtu says so', () => {
    for (const [use, expected] of [
      [0, ['1400']],
      [1, ['996 MF', '424']],
    ] as const) {
      const me = host({ forward: true, sysctl: { ip_forward_use_pmtu: use } });
      open(me);
      hear(me, tooBig(1_000, sentBefore(1_500, OTHER.ip)));
      expect(shapes(answers(me, udp('z'.repeat(1_372), 1, 2, { destination: OTHER.ip })))).toEqual(expected);
    }
  });

  it('never exceeds the interface’s', () => {
    const me = host();
    const endpoint = open(me);
    hear(me, tooBig(1_000));
    must(setMtu(me.stack, me.eth0, 700));
    expect(send(me, endpoint, 900)).toEqual(['700 MF', '220']);
  });

  it('is remembered for a bounded number of destinations', () => {
    const me = host();
    open(me);
    for (let i = 0; i < 2_100; i++) {
      hear(me, tooBig(1_000, sentBefore(100, Ip.fromNumber(0x0a00_0000 + i))));
    }
    expect(me.stack.exceptions?.size ?? 0).toBe(2_048);
    expect(pathMtu(me.stack, Ip.fromNumber(0x0a00_0000))).toBeNull();
    expect(pathMtu(me.stack, Ip.fromNumber(0x0a00_0000 + 2_099))).toBe(1_000);
    pass(me, SECOND);
  });
});
