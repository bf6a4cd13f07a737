import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/sim/time.ts';
import { takeError } from '../../src/stack/endpoint.ts';
import { addRoute } from '../../src/stack/routes.ts';
import { addNeighbor } from '../../src/stack/neighbors.ts';
import * as Udp from '../../src/stack/udp.ts';
import { readU32 } from '../../src/wire/bytes.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import {
  FAR,
  GATEWAY,
  ME,
  ME_TOO,
  PEER,
  ascii,
  answers,
  datagram,
  echo,
  error,
  hear,
  host,
  icmp,
  icmpPayload,
  ip,
  lines,
  mac,
  must,
  pass,
  udp,
} from './network.ts';
import type { Fields, Host } from './network.ts';

const { DestinationUnreachable, Redirect, TimeExceeded } = Icmp.Type;
const REPLY = 'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo reply, id 1, seq 1, length 16';

describe('ICMP queries', () => {
  it('answers an echo request from the address that was asked', () => {
    const me = host();
    expect(hear(me, echo())).toEqual([REPLY]);
    expect(hear(me, echo({ destination: ME_TOO.ip }))).toEqual([REPLY.replace('192.0.2.1', '198.51.100.1')]);
  });

  it('answers whatever TTL, with its own', () => {
    const me = host({ sysctl: { ip_default_ttl: 99 } });
    for (const timeToLive of [0, 1, 255]) {
      const [reply] = answers(me, echo({ timeToLive }));
      expect(Ipv4.timeToLive(reply!, 14)).toBe(99);
    }
  });

  it.each([
    ['subnet', ip('192.0.2.255'), Mac.BROADCAST],
    ['limited', Ip.BROADCAST, Mac.BROADCAST],
    ['multicast', Ip.ALL_HOSTS, Mac.fromMulticast(Ip.ALL_HOSTS)],
  ])('answers a %s broadcast from its own address, if it is told to answer such', (_, destination, destinationMac) => {
    const request = echo({ destination, destinationMac });
    expect(hear(host(), request)).toEqual([]);
    expect(hear(host({ sysctl: { icmp_echo_ignore_broadcasts: 0 } }), request)).toEqual([REPLY]);
  });

  it('does not answer who has no address', () => {
    const me = host({ sysctl: { icmp_echo_ignore_broadcasts: 0 } });
    expect(hear(me, echo({ source: Ip.ANY, destination: Ip.BROADCAST, destinationMac: Mac.BROADCAST }))).toEqual([]);
    expect(me.world.pool.waiting).toBe(0);
  });

  it('is silent with icmp_echo_ignore_all', () => {
    const me = host({ sysctl: { icmp_echo_ignore_all: 1 } });
    expect(hear(me, echo())).toEqual([]);
    expect(me.world.dropped).toEqual(['icmp-unhandled']);
  });

  it('fills in when a timestamp request came and was answered, in milliseconds since midnight', () => {
    const me = host();
    me.world.advance(1_234 * SECOND);
    const request = icmp(
      Icmp.Type.Timestamp,
      3,
      Icmp.restOfQuery(1, 2),
      Uint8Array.of(0, 0, 0, 9, 1, 1, 1, 1, 2, 2, 2, 2, 5),
    );
    const [reply] = answers(me, request);
    expect(reply!.length).toBe(14 + 20 + 20);
    expect([Icmp.type(reply!, 34), Icmp.code(reply!, 34), Icmp.identifier(reply!, 34)]).toEqual([14, 0, 1]);
    expect([42, 46, 50].map((at) => readU32(reply!, at))).toEqual([9, 1_234_000, 1_234_000]);
    expect(Icmp.check(reply!, 34, reply!.length)).toBeNull();
  });

  it.each([9, 10, 15, 16, 17, 18, 40, 42, 200])('says nothing to type %i', (type) => {
    expect(hear(host(), icmp(type, 0, 0, new Uint8Array(20)))).toEqual([]);
  });

  it('drops a message cut short, or whose checksum is wrong', () => {
    const me = host();
    const wrong = echo();
    wrong[40]! ^= 1;
    expect([...hear(me, wrong), ...hear(me, datagram(1, Uint8Array.of(8, 0, 0xf7, 0xff)))]).toEqual([]);
    expect(me.world.dropped).toEqual(['bad-checksum', 'truncated']);
  });

  it('limits replies too if icmp_ratemask says so', () => {
    const me = host({ sysctl: { icmp_ratemask: 1 } });
    for (let i = 0; i < 6; i++) expect(hear(me, echo())).toEqual([REPLY]);
    expect(hear(me, echo())).toEqual([]);
  });
});

/** A UDP datagram that a socket of the host on port 7 would have sent, as a router quotes it. */
function quoted(fields: Fields = {}): Uint8Array {
  return udp('x'.repeat(1_400), 7, 40_000, { source: ME.ip, destination: FAR, ...fields });
}

describe('ICMP errors that come in', () => {
  const connected = (me: Host) => {
    const endpoint = Udp.open(me.stack, () => undefined);
    must(Udp.bind(endpoint, Ip.ANY, 7));
    must(Udp.connect(endpoint, FAR, 40_000));
    return endpoint;
  };

  it.each([
    [DestinationUnreachable, 0, 'ENETUNREACH'],
    [DestinationUnreachable, 1, 'EHOSTUNREACH'],
    [DestinationUnreachable, 2, 'ENOPROTOOPT'],
    [DestinationUnreachable, 3, 'ECONNREFUSED'],
    [DestinationUnreachable, 13, 'EHOSTUNREACH'],
    [DestinationUnreachable, 16, null],
    [TimeExceeded, 0, 'EHOSTUNREACH'],
    [TimeExceeded, 1, null],
    [Icmp.Type.ParameterProblem, 0, 'EPROTO'],
    [Icmp.Type.SourceQuench, 0, null],
  ])('type %i code %i becomes %s for the socket it is about', (type, code, wanted) => {
    const me = host();
    const endpoint = connected(me);
    expect(hear(me, error(type, code, 0, quoted()))).toEqual([]);
    expect(takeError(endpoint)).toBe(wanted);
    expect(takeError(endpoint)).toBeNull();
  });

  it('tells no socket about what another one sent', () => {
    const me = host();
    const endpoint = connected(me);
    for (const about of [
      quoted({ destination: PEER.ip }),
      quoted({ source: PEER.ip }),
      udp('x', 8, 40_000, { source: ME.ip, destination: FAR }),
    ]) {
      hear(me, error(DestinationUnreachable, 3, 0, about));
    }
    expect(takeError(endpoint)).toBeNull();
    expect(me.world.dropped).toEqual(Array<string>(3).fill('icmp-unhandled'));
  });

  it('needs the quoted header whole, and eight octets behind it', () => {
    const me = host();
    const endpoint = connected(me);
    for (const length of [0, 8, 19, 27]) hear(me, error(DestinationUnreachable, 3, 0, quoted().slice(0, 14 + length)));
    expect(takeError(endpoint)).toBeNull();
    hear(me, error(DestinationUnreachable, 3, 0, quoted().slice(0, 14 + 28)));
    expect(takeError(endpoint)).toBe('ECONNREFUSED');
  });
});

describe('redirects', () => {
  const BETTER = { ip: ip('192.0.2.253'), mac: mac('02:00:00:00:00:fd') };
  const aboutReply = datagram(1, icmpPayload(Icmp.Type.EchoReply, 0, 1, ascii('12345678')), {
    source: ME.ip,
    destination: FAR,
  });
  const redirect = (gateway: Ip.Ip4, from: Ip.Ip4 = GATEWAY.ip, about = aboutReply) =>
    error(Redirect, Icmp.RedirectCode.Host, Icmp.restOfRedirect(gateway), about, { source: from });
  const nextHop = (me: Host) => Mac.format(Ethernet.destination(answers(me, echo({ source: FAR }))[0]!, 0));
  const knowing = (sysctl: Readonly<Record<string, number>> = {}, forward = false) => {
    const me = host({ sysctl, forward });
    must(addNeighbor(me.stack, me.eth0, BETTER.ip, BETTER.mac));
    return me;
  };

  it('is believed from the gateway in use, for five minutes', () => {
    const me = knowing();
    expect(nextHop(me)).toBe('02:00:00:00:00:fe');
    hear(me, redirect(BETTER.ip));
    expect(nextHop(me)).toBe('02:00:00:00:00:fd');
    pass(me, 5 * MINUTE);
    expect(nextHop(me)).toBe('02:00:00:00:00:fe');
  });

  it('asks for a gateway that is no neighbour yet, and goes on as before', () => {
    const me = host();
    expect(hear(me, redirect(BETTER.ip))).toEqual(['eth0 ARP, Request who-has 192.0.2.253 tell 192.0.2.1, length 28']);
    expect(nextHop(me)).toBe('02:00:00:00:00:fe');
  });

  it('is not believed from anybody else, nor about what was not sent from here, nor by another route', () => {
    const me = knowing();
    hear(me, redirect(BETTER.ip, PEER.ip));
    hear(me, redirect(BETTER.ip, GATEWAY.ip, udp('x', 7, 9, { source: ME.ip, destination: FAR })));
    expect(nextHop(me)).toBe('02:00:00:00:00:fe');
    hear(me, redirect(BETTER.ip));
    must(addRoute(me.stack, { destination: FAR, prefixLength: 32, gateway: PEER.ip }));
    expect(nextHop(me)).toBe('02:00:00:00:00:02');
  });

  it.each([
    ['off the link', FAR],
    ['its own address', ME.ip],
    ['a broadcast', ip('192.0.2.255')],
    ['a group', ip('224.0.0.2')],
    ['zero', Ip.ANY],
    ['the gateway in use', GATEWAY.ip],
  ])('is not believed about a gateway that is %s', (_, gateway) => {
    const me = knowing();
    hear(me, redirect(gateway));
    expect(nextHop(me)).toBe('02:00:00:00:00:fe');
    expect(me.stack.exceptions?.size ?? 0).toBe(0);
  });

  it('is not heeded by routers, nor where accept_redirects is off', () => {
    const router = knowing({}, true);
    hear(router, redirect(BETTER.ip));
    expect(router.stack.exceptions?.size ?? 0).toBe(0);
    const me = knowing({ 'conf.all.accept_redirects': 0, 'conf.eth0.accept_redirects': 0 });
    hear(me, redirect(BETTER.ip));
    expect(me.stack.exceptions?.size ?? 0).toBe(0);
  });

  it('must name a gateway of some route where the link is not shared', () => {
    const unshared = { 'conf.all.shared_media': 0, 'conf.eth0.shared_media': 0 };
    const me = knowing(unshared);
    hear(me, redirect(BETTER.ip));
    expect(me.stack.exceptions?.size ?? 0).toBe(0);
    must(addRoute(me.stack, { destination: ip('10.0.0.0'), prefixLength: 8, gateway: BETTER.ip }));
    hear(me, redirect(BETTER.ip));
    expect(me.stack.exceptions?.size ?? 0).toBe(1);
    expect(lines(me)).toEqual([]);
  });
});
