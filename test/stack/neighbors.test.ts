import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setUp } from '../../src/stack/interface.ts';
import {
  addNeighbor,
  deleteNeighbor,
  listNeighbors,
  lookUp,
  lookUpOrCreate,
  remove,
} from '../../src/stack/neighbors.ts';
import type { Neighbor } from '../../src/stack/neighbors.ts';
import { receiveCarrier } from '../../src/stack/stack.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import type { Ip4 } from '../../src/wire/ip4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { GATEWAY, PEER, ascii, host, ip, lines, must, pass } from './network.ts';
import { SECOND } from '../../src/sim/time.ts';

describe('the neighbour table', () => {
  it('takes entries by hand, in place of what it knows', () => {
    const me = host({ knowsNeighbors: false });
    must(addNeighbor(me.stack, me.eth0, PEER.ip, PEER.mac));
    must(addNeighbor(me.stack, me.eth0, PEER.ip, GATEWAY.mac, 'stale'));
    expect(listNeighbors(me.stack)).toMatchObject([{ ip: PEER.ip, mac: GATEWAY.mac, state: 'stale' }]);
    expect(deleteNeighbor(me.stack, me.eth0, PEER.ip)).toBeNull();
    expect(deleteNeighbor(me.stack, me.eth0, PEER.ip)).toBe('ENOENT');
    expect(me.stack.neighborCount).toBe(0);
  });

  it('refuses group addresses, lo, and interfaces that are down', () => {
    const me = host();
    expect(addNeighbor(me.stack, me.eth0, PEER.ip, Mac.BROADCAST)).toBe('EINVAL');
    expect(addNeighbor(me.stack, me.lo, PEER.ip, PEER.mac)).toBe('EINVAL');
    setUp(me.stack, me.eth0, false);
    expect(addNeighbor(me.stack, me.eth0, PEER.ip, PEER.mac)).toBe('ENETDOWN');
  });

  it('sends what waited when the entry is set by hand', () => {
    const me = host({ knowsNeighbors: false });
    must(
      Udp.send(
        Udp.open(me.stack, () => undefined),
        ascii('x'),
        0,
        1,
        PEER.ip,
        9,
      ),
    );
    lines(me);
    must(addNeighbor(me.stack, me.eth0, PEER.ip, PEER.mac));
    expect(lines(me)).toEqual([expect.stringMatching(/^eth0 IP 192\.0\.2\.1\.\d+ > 192\.0\.2\.2\.9: UDP, length 1$/)]);
    expect(pass(me, 10 * SECOND)).toEqual([]);
    expect(me.world.pool.waiting).toBe(0);
  });

  it('makes room by forgetting whom it has not sent to for the longest time', () => {
    const me = host({ knowsNeighbors: false, sysctl: { 'neigh.default.gc_thresh3': 2 } });
    for (const last of [11, 12]) {
      must(addNeighbor(me.stack, me.eth0, ip(`192.0.2.${last}`), PEER.mac, 'stale'));
      me.world.advance(1);
    }
    expect(lookUpOrCreate(me.stack, me.eth0, ip('192.0.2.13'))).not.toBeNull();
    expect(lookUp(me.eth0, ip('192.0.2.11'))).toBeNull();
    expect(me.stack.neighborCount).toBe(2);
  });

  it('forgets the one that is listed first of those last sent to at one instant', () => {
    const me = host({ knowsNeighbors: false, sysctl: { 'neigh.default.gc_thresh3': 4 } });
    for (const last of [14, 11, 13]) must(addNeighbor(me.stack, me.eth1, ip(`198.51.100.${last}`), PEER.mac, 'stale'));
    must(addNeighbor(me.stack, me.eth0, ip('192.0.2.12'), PEER.mac, 'stale'));
    const left = (): string[] => listNeighbors(me.stack).map((one) => Ip.format(one.ip).replace(/^.*\./, ''));
    expect(left()).toEqual(['12', '14', '11', '13']);
    for (const last of [15, 16, 17]) {
      must(addNeighbor(me.stack, me.eth0, ip(`192.0.2.${last}`), PEER.mac, 'permanent'));
    }
    expect(left()).toEqual(['15', '16', '17', '13']);
  });

  it('finds and lists what a map does, whoever comes and goes', () => {
    const address = fc
      .oneof(
        fc.nat(40),
        fc.nat(40).map((n) => n * 0x1_0000),
      )
      .map((n) => Ip.fromNumber(0xc000_0200 + n));
    const action = fc.record({ ip: address, goes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200, size: 'max' }), (actions) => {
        const { stack, eth0 } = host({ knowsNeighbors: false });
        const plain = new Map<Ip4, Neighbor>();
        for (const one of actions) {
          expect(lookUp(eth0, one.ip)).toBe(plain.get(one.ip) ?? null);
          const neighbor = lookUpOrCreate(stack, eth0, one.ip)!;
          if (one.goes) remove(stack, neighbor, 'neighbor-unreachable');
          if (one.goes) plain.delete(one.ip);
          else plain.set(one.ip, neighbor);
        }
        expect(listNeighbors(stack)).toEqual([...plain.values()]);
        expect([stack.neighborCount, eth0.neighbors.size]).toEqual([plain.size, plain.size]);
      }),
    );
  });

  it('is full when nobody in it can be forgotten', () => {
    const me = host({ knowsNeighbors: false, sysctl: { 'neigh.default.gc_thresh3': 1 } });
    must(addNeighbor(me.stack, me.eth0, PEER.ip, PEER.mac));
    expect(addNeighbor(me.stack, me.eth0, GATEWAY.ip, GATEWAY.mac)).toBe('ENOBUFS');
    must(
      Udp.send(
        Udp.open(me.stack, () => undefined),
        ascii('x'),
        0,
        1,
        ip('192.0.2.9'),
        9,
      ),
    );
    expect(me.world.dropped).toEqual(['neighbor-table-full']);
  });

  it('loses all but the permanent ones with the carrier, and everything when the interface goes down', () => {
    const me = host();
    must(addNeighbor(me.stack, me.eth0, ip('192.0.2.9'), PEER.mac, 'stale'));
    receiveCarrier(me.stack, 0, false);
    expect(listNeighbors(me.stack).map(({ state }) => state)).toEqual(['permanent', 'permanent', 'permanent']);
    setUp(me.stack, me.eth0, false);
    expect(listNeighbors(me.stack).map(({ interface: at }) => at.name)).toEqual(['eth1']);
  });

  it('drops what waits when carrier is lost', () => {
    const me = host({ knowsNeighbors: false });
    must(
      Udp.send(
        Udp.open(me.stack, () => undefined),
        ascii('x'),
        0,
        1,
        PEER.ip,
        9,
      ),
    );
    lines(me);
    receiveCarrier(me.stack, 0, false);
    expect(me.world.dropped).toEqual(['link-down']);
    expect(me.world.pendingEvents()).toEqual([]);
  });
});
