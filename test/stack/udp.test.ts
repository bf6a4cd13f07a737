import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeError, takeReceived } from '../../src/stack/endpoint.ts';
import type { Endpoint } from '../../src/stack/endpoint.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import * as UdpFormat from '../../src/wire/udp.ts';
import { FAR, ME, ME_TOO, OTHER, PEER, ascii, frames, hear, host, ip, lines, must, text, udp } from './network.ts';
import type { Host } from './network.ts';

function open(me: Host, address?: Ip.Ip4, port = 7): Endpoint {
  const endpoint = Udp.open(me.stack, () => undefined);
  if (address !== undefined) must(Udp.bind(endpoint, address, port));
  return endpoint;
}

function connected(me: Host, to = PEER.ip, port = 40_000, address: Ip.Ip4 = Ip.ANY): Endpoint {
  const endpoint = open(me, address);
  must(Udp.connect(endpoint, to, port));
  return endpoint;
}

function send(endpoint: Endpoint, data: string, to = PEER.ip, port = 9): string | null {
  return Udp.send(endpoint, ascii(data), 0, data.length, to, port);
}

const read = (me: Host, endpoint: Endpoint) => text(me, takeReceived(endpoint));

describe('a UDP socket', () => {
  it('is given what comes for its port, with the sender’s address in it', () => {
    const me = host();
    const endpoint = open(me, Ip.ANY);
    expect(hear(me, udp('hello', 40_000, 7))).toEqual([]);
    const frame = takeReceived(endpoint)!;
    expect(Ipv4.source(frame.bytes, 14)).toBe(PEER.ip);
    expect([Udp.payloadAt(frame), Udp.payloadLength(frame)]).toEqual([42, 5]);
    expect(text(me, frame)).toBe('hello');
  });

  it('is given no more than the UDP length says', () => {
    const me = host();
    const endpoint = open(me, Ip.ANY);
    const frame = udp('hello', 40_000, 7);
    frame[39] = 8 + 2;
    UdpFormat.updateChecksum(frame, 34, PEER.ip, ME.ip);
    hear(me, frame);
    expect(Udp.payloadLength(takeReceived(endpoint)!)).toBe(2);
  });

  it('takes a datagram without a checksum, and none with a wrong one', () => {
    const me = host();
    const endpoint = open(me, Ip.ANY);
    const none = udp('none', 1, 7);
    none.fill(0, 40, 42);
    const wrong = udp('wrong', 1, 7);
    wrong[41]! ^= 1;
    hear(me, none);
    hear(me, wrong);
    expect([read(me, endpoint), read(me, endpoint)]).toEqual(['none', undefined]);
    expect(me.world.dropped).toEqual(['bad-checksum']);
  });

  it('hears nothing of lengths that do not fit', () => {
    const me = host();
    open(me, Ip.ANY);
    for (const length of [0, 7, 14]) {
      const frame = udp('hello', 1, 7);
      frame[39] = length;
      expect(hear(me, frame)).toEqual([]);
    }
    expect(me.world.dropped).toEqual(['bad-length', 'bad-length', 'bad-length']);
  });

  it('that fixes the most that fits is the one', () => {
    const me = host();
    const any = open(me, Ip.ANY);
    hear(me, udp('any', 40_000, 7));
    expect(read(me, any)).toBe('any');
    must(Udp.connect(any, OTHER.ip, 9));
    // `any` is now connected to somebody else.
    expect(hear(me, udp('nobody', 40_000, 7))).toEqual([expect.stringContaining('udp port 7 unreachable')]);
    Udp.close(any);

    const mine = open(me, ME.ip);
    const theirs = open(me, ME_TOO.ip);
    hear(me, udp('mine', 40_000, 7));
    hear(me, udp('theirs', 40_000, 7, { destination: ME_TOO.ip }));
    expect([read(me, mine), read(me, theirs)]).toEqual(['mine', 'theirs']);
  });

  it('that is connected hears its peer only', () => {
    const me = host();
    const endpoint = connected(me);
    hear(me, udp('peer', 40_000, 7));
    hear(me, udp('port', 40_001, 7));
    hear(me, udp('address', 40_000, 7, { source: FAR }));
    expect([read(me, endpoint), read(me, endpoint)]).toEqual(['peer', undefined]);
    Udp.disconnect(endpoint);
    hear(me, udp('anybody', 40_001, 7));
    expect(read(me, endpoint)).toBe('anybody');
  });

  it('that is bound to an interface hears that one only', () => {
    const me = host();
    const endpoint = Udp.open(me.stack, () => undefined);
    endpoint.bound = me.eth1;
    must(Udp.bind(endpoint, Ip.ANY, 7));
    hear(me, udp('eth0', 1, 7));
    hear(me, udp('eth1', 1, 7, { source: OTHER.ip, destinationMac: ME_TOO.mac }), 1);
    expect([read(me, endpoint), read(me, endpoint)]).toEqual(['eth1', undefined]);
  });

  it('gets a copy each of what is for all', () => {
    const me = host();
    const first = Udp.open(me.stack, () => undefined);
    const second = Udp.open(me.stack, () => undefined);
    must(Udp.bind(first, ip('192.0.2.255'), 7));
    must(Udp.bind(second, Ip.BROADCAST, 7));
    const third = Udp.open(me.stack, () => undefined);
    third.bound = me.eth1;
    const all = { destination: ip('192.0.2.255'), destinationMac: Mac.BROADCAST };
    hear(me, udp('subnet', 1, 7, all));
    expect([read(me, first), read(me, second)]).toEqual(['subnet', undefined]);
    hear(me, udp('nobody', 1, 8, all));
    expect(me.world.dropped).toEqual(['no-socket']);
  });

  it('keeps as much as its receive buffer holds, and drops the rest', () => {
    const me = host();
    const endpoint = open(me, Ip.ANY);
    endpoint.receiveLimit = 2_304;
    for (let i = 0; i < 6; i++) hear(me, udp('x'.repeat(100), 1, 7));
    expect(me.world.dropped).toEqual(['receive-buffer-full', 'receive-buffer-full']);
    expect(endpoint.received.length).toBe(4);
    Udp.close(endpoint);
    expect(me.world.pool.waiting).toBe(0);
    expect(endpoint.receiveUsed).toBe(0);
  });

  it('hears of a closed port, over a link or over lo, if it is connected', () => {
    const me = host();
    const local = connected(me, ME_TOO.ip, 9);
    must(Udp.send(local, ascii('x'), 0, 1, ME_TOO.ip, 9));
    expect(lines(me)).toEqual([]);
    expect(takeError(local)).toBe('ECONNREFUSED');
    const unconnected = open(me, Ip.ANY, 8);
    must(send(unconnected, 'x', ME_TOO.ip));
    lines(me);
    expect(takeError(unconnected)).toBeNull();
  });
});

describe('binding', () => {
  it.each([
    ['the same address', ME.ip, ME.ip, 'EADDRINUSE'],
    ['every address and one', Ip.ANY, ME.ip, 'EADDRINUSE'],
    ['one and every address', ME.ip, Ip.ANY, 'EADDRINUSE'],
    ['two addresses', ME.ip, ME_TOO.ip, null],
    ['an address that is not here', ME.ip, PEER.ip, 'EADDRNOTAVAIL'],
    ['127/8', ME.ip, ip('127.0.0.9'), null],
    ['a group', ME.ip, ip('224.0.0.1'), null],
  ])('%s: the second gets %s', (_, first, second, wanted) => {
    const me = host();
    open(me, first);
    expect(
      Udp.bind(
        Udp.open(me.stack, () => undefined),
        second,
        7,
      ),
    ).toBe(wanted);
  });

  it('happens once, and a port is free again when its socket is closed', () => {
    const me = host();
    const endpoint = open(me, Ip.ANY);
    expect(Udp.bind(endpoint, Ip.ANY, 8)).toBe('EINVAL');
    Udp.close(endpoint);
    expect(open(me, Ip.ANY).localPort).toBe(7);
  });

  it('lets sockets on different interfaces have the same port', () => {
    const me = host();
    const [first, second, third] = [me.eth0, me.eth1, null].map((bound) => Object.assign(open(me), { bound }));
    expect([first, second, third].map((one) => Udp.bind(one!, Ip.ANY, 7))).toEqual([null, null, 'EADDRINUSE']);
  });

  it('to port 0 gives ports from 32768 to 60999, no two alike, the same in each run', () => {
    const ports = () => {
      const me = host();
      return Array.from({ length: 500 }, () => open(me, Ip.ANY, 0).localPort);
    };
    const all = ports();
    expect(new Set(all).size).toBe(500);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(32_768);
    expect(Math.max(...all)).toBeLessThanOrEqual(60_999);
    expect(ports()).toEqual(all);
  });

  it('fails when all ephemeral ports are taken', () => {
    const me = host();
    for (let port = 32_768; port <= 60_999; port++) open(me, Ip.ANY, port);
    expect(Udp.bind(open(me), Ip.ANY, 0)).toBe('EADDRINUSE');
    expect(send(open(me), 'x')).toBe('EADDRINUSE');
  });

  it('to a port that connecting chose ends with the connection', () => {
    const me = host();
    const endpoint = open(me);
    must(Udp.connect(endpoint, PEER.ip, 9));
    expect([endpoint.local, endpoint.localPort > 0]).toEqual([ME.ip, true]);
    Udp.disconnect(endpoint);
    expect([endpoint.local, endpoint.localPort]).toEqual([Ip.ANY, 0]);
    const fixed = connected(me);
    Udp.disconnect(fixed);
    expect([fixed.local, fixed.localPort]).toEqual([Ip.ANY, 7]);
  });

  it('keeps every socket in the table findable, however many come and go', () => {
    const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.boolean()), { maxLength: 400 });
    fc.assert(
      fc.property(changes, (steps) => {
        const me = host();
        const bound = new Map<number, Endpoint>();
        for (const [port, opens] of steps) {
          const known = bound.get(port);
          if (opens && known === undefined) bound.set(port, open(me, Ip.ANY, port));
          else if (!opens && known !== undefined) {
            Udp.close(known);
            bound.delete(port);
          }
        }
        expect(new Set(Udp.listEndpoints(me.stack))).toEqual(new Set(bound.values()));
        for (const [port, one] of bound) {
          expect(Udp.lookUp(me.stack, me.eth0, PEER.ip, 1, ME.ip, port)).toBe(one);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('sending', () => {
  it('gives the socket a port, and the datagram a checksum', () => {
    const me = host();
    const endpoint = open(me);
    must(send(endpoint, 'hello'));
    const [sent] = frames(me);
    expect(UdpFormat.sourcePort(sent!, 34)).toBe(endpoint.localPort);
    expect(UdpFormat.check(sent!, 34, sent!.length, ME.ip, PEER.ip)).toBeNull();
    expect(UdpFormat.checksum(sent!, 34)).not.toBe(0);
  });

  it('refuses port 0, too much data, and broadcasts without permission', () => {
    const me = host();
    const endpoint = open(me);
    expect(send(endpoint, 'x', PEER.ip, 0)).toBe('EINVAL');
    expect(send(endpoint, 'x'.repeat(65_508))).toBe('EMSGSIZE');
    expect(send(endpoint, 'x', Ip.BROADCAST)).toBe('EACCES');
    expect(send(endpoint, 'x', ip('192.0.2.255'))).toBe('EACCES');
    expect(Udp.connect(endpoint, Ip.BROADCAST, 9)).toBe('EACCES');
    endpoint.broadcast = true;
    must(send(endpoint, 'x', Ip.BROADCAST));
    must(send(endpoint, 'x'.repeat(65_507)));
  });

  it('counts against the send buffer until the frame has left, and then tells who waits', () => {
    const me = host();
    me.world.nicIsBusy = true;
    let told = 0;
    const endpoint = Udp.open(me.stack, () => told++);
    endpoint.sendLimit = 2_000;
    endpoint.send.waiting = true;
    let sent = 0;
    while (send(endpoint, 'x'.repeat(100)) === null) sent++;
    expect(sent).toBe(3);
    expect(send(endpoint, 'x')).toBe('EAGAIN');
    me.world.depart();
    expect(told).toBe(1);
    must(send(endpoint, 'x'));
    me.world.depart(10);
    expect(endpoint.send.used).toBe(0);
  });

  it('has 0.0.0.0 mean this host', () => {
    const me = host();
    const server = open(me, Ip.ANY, 9);
    must(send(open(me), 'hello', Ip.ANY));
    lines(me);
    expect(read(me, server)).toBe('hello');
    const bound = open(me, ME.ip, 8);
    must(send(bound, 'again', Ip.ANY));
    lines(me);
    expect(Ip.format(Ipv4.destination(takeReceived(server)!.bytes, 14))).toBe('192.0.2.1');
  });
});
