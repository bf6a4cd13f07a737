import { describe, expect, it } from 'vitest';
import { setUp } from '../../src/stack/interface.ts';
import { addNeighbor, deleteNeighbor, listNeighbors, lookUp, lookUpOrCreate } from '../../src/stack/neighbors.ts';
import { receiveCarrier } from '../../src/stack/stack.ts';
import * as Udp from '../../src/stack/udp.ts';
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
    expect(lookUp(me.eth0, ip('192.0.2.11'))).toBeUndefined();
    expect(me.stack.neighborCount).toBe(2);
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
