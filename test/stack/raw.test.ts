import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/sim/time.ts';
import { takeError, takeReceived } from '../../src/stack/endpoint.ts';
import type { Endpoint } from '../../src/stack/endpoint.ts';
import * as Raw from '../../src/stack/raw.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import {
  FAR,
  ME,
  ME_TOO,
  OTHER,
  PEER,
  datagram,
  echo,
  error,
  fragments,
  frames,
  hear,
  host,
  icmp,
  icmpPayload,
  ip,
  lines,
  must,
} from './network.ts';
import type { Fields, Host } from './network.ts';

const ICMP = Ipv4.Protocol.Icmp;
const REPLY = 'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo reply, id 1, seq 1, length 16';
const reply = (fields: Fields = {}) => icmp(Icmp.Type.EchoReply, 0, 1, new Uint8Array(8), fields);

function open(me: Host, changes: Partial<Endpoint> = {}, protocol: number = ICMP): Endpoint {
  return Object.assign(
    Raw.open(me.stack, protocol, () => undefined),
    changes,
  );
}

function send(endpoint: Endpoint, data: Uint8Array, to = PEER.ip): string | null {
  return Raw.send(endpoint, data, 0, data.length, to);
}

describe('a raw socket', () => {
  it('is given whole datagrams of its protocol, header and all, beside what the host does with them', () => {
    const me = host();
    const endpoint = open(me);
    const other = open(me, {}, 253);
    expect(hear(me, echo())).toEqual([REPLY]);
    const frame = takeReceived(endpoint)!;
    expect(frame.bytes.slice(0, frame.length)).toEqual(echo());
    expect(takeReceived(other)).toBeUndefined();
  });

  it('is given fragments put together', () => {
    const me = host();
    const endpoint = open(me);
    for (const piece of fragments(reply(), 8)) hear(me, piece);
    const { bytes, length } = takeReceived(endpoint)!;
    expect([length, Ipv4.isFragment(bytes, 14)]).toEqual([14 + 20 + 16, false]);
    expect(me.world.dropped).toEqual([]);
  });

  it('hears its peer, its address and its interface only', () => {
    const me = host();
    const peer = open(me);
    must(Raw.connect(peer, PEER.ip));
    const address = open(me);
    must(Raw.bind(address, ME_TOO.ip));
    const bound = open(me, { bound: me.eth1 });
    hear(me, reply());
    hear(me, reply({ source: FAR, destination: ME_TOO.ip }));
    expect([peer, address, bound].map((one) => one.received.length)).toEqual([1, 1, 0]);
    Raw.disconnect(peer);
    hear(me, reply({ source: FAR }));
    expect(peer.received.length).toBe(2);
    for (const one of [peer, address, bound]) Raw.close(one);
    expect(me.world.pool.waiting).toBe(0);
    expect(Raw.bind(open(me), PEER.ip)).toBe('EADDRNOTAVAIL');
  });

  it('does not hear the ICMP types that it filters', () => {
    const me = host();
    const endpoint = open(me, { icmpFilter: ~(1 << Icmp.Type.EchoReply) });
    hear(me, echo());
    hear(me, reply());
    hear(me, datagram(ICMP, new Uint8Array()));
    expect(endpoint.received.length).toBe(1);
  });

  it('sends what stands behind the header', () => {
    const me = host();
    must(send(open(me), icmpPayload(Icmp.Type.Echo, 0, 1, new Uint8Array(8))));
    expect(lines(me)).toEqual(['eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 0, seq 1, length 16']);
  });

  it('sends a header that its program wrote, and fills in what was left at 0', () => {
    const me = host();
    const header = datagram(ICMP, icmpPayload(Icmp.Type.Echo, 0, 1, new Uint8Array(8)), {
      source: Ip.ANY,
      destination: PEER.ip,
      identification: 0,
      timeToLive: 3,
    }).slice(14);
    header.fill(0xff, 2, 4);
    must(send(open(me, { headerIncluded: true }), header));
    const [sent] = frames(me);
    expect(Ipv4.check(sent!, 14, sent!.length)).toBeNull();
    expect([Ipv4.source(sent!, 14), Ipv4.timeToLive(sent!, 14), Ipv4.totalLength(sent!, 14)]).toEqual([ME.ip, 3, 36]);
    expect(Ipv4.identification(sent!, 14)).not.toBe(0);
  });

  it('may write malformed options, which do the host no harm', () => {
    const me = host({ knowsNeighbors: false });
    const endpoint = open(me, { headerIncluded: true });
    for (const options of [
      [7, 0, 0, 0],
      [131, 7, 0, 1, 2, 3, 4, 0],
      [68, 3, 1, 9],
      [7, 40, 4, 0],
    ]) {
      for (const to of [PEER.ip, ME.ip]) {
        const frame = datagram(253, new Uint8Array(60), { source: ME.ip, destination: to, options });
        must(send(endpoint, frame.slice(14), to));
        frames(me);
      }
    }
    me.world.advance(10 * SECOND);
    frames(me);
    // It has heard of each, and that is all there is.
    expect(me.world.pool.waiting).toBe(endpoint.received.length);
  });

  it('is refused a header that cannot be', () => {
    const me = host();
    const endpoint = open(me, { headerIncluded: true });
    const whole = datagram(253, new Uint8Array(8), { source: ME.ip, destination: PEER.ip }).slice(14);
    expect(send(endpoint, whole.slice(0, 19))).toBe('EINVAL');
    for (const first of [0x44, 0x4f])
      expect(send(endpoint, Uint8Array.from([first, ...whole.slice(1)]))).toBe('EINVAL');
    expect(send(endpoint, new Uint8Array(1_501).fill(0x45))).toBe('EMSGSIZE');
    const loopback = datagram(253, new Uint8Array(8), { source: Ip.LOOPBACK, destination: PEER.ip }).slice(14);
    expect(send(endpoint, loopback)).toBe('EINVAL');
    expect(
      send(endpoint, datagram(253, new Uint8Array(8), { source: ME.ip, destination: Ip.LOOPBACK }).slice(14)),
    ).toBe('EINVAL');
    expect(me.world.pool.waiting).toBe(0);
  });

  it('with a TTL of 0 keeps a multicast in the host', () => {
    const me = host();
    const group = ip('224.0.0.5');
    const frame = datagram(253, new Uint8Array(8), { source: ME.ip, destination: group, timeToLive: 0 });
    must(send(open(me, { headerIncluded: true }), frame.slice(14), group));
    expect(lines(me)).toEqual([]);
    expect(me.world.dropped).toEqual(['ttl-expired']);
  });

  it('hears of errors about what it sent, if it is connected', () => {
    const me = host();
    const endpoint = open(me);
    const about = icmp(Icmp.Type.Echo, 0, 1, new Uint8Array(8), { source: ME_TOO.ip, destination: OTHER.ip });
    const unreachable = error(Icmp.Type.DestinationUnreachable, Icmp.UnreachableCode.Host, 0, about);
    hear(me, unreachable);
    expect(takeError(endpoint)).toBeNull();
    must(Raw.connect(endpoint, OTHER.ip));
    hear(me, unreachable);
    expect(takeError(endpoint)).toBe('EHOSTUNREACH');
    must(Raw.connect(endpoint, PEER.ip));
    hear(me, unreachable);
    expect(takeError(endpoint)).toBeNull();
  });
});
