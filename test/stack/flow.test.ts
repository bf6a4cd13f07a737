import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint, PathMtuDiscovery } from '../../src/stack/endpoint.ts';
import { addAddress, removeAddress, setMtu, setUp } from '../../src/stack/interface.ts';
import { addNeighbor, deleteNeighbor } from '../../src/stack/neighbors.ts';
import { learnGateway, learnMtu } from '../../src/stack/path-mtu.ts';
import { addRoute, deleteRoute, lookUp } from '../../src/stack/routes.ts';
import { setSysctl } from '../../src/stack/sysctl.ts';
import * as Udp from '../../src/stack/udp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { FAR, GATEWAY, ME, ME_TOO, OTHER, PEER, frames, host, ip, mac, must } from './network.ts';
import type { Host } from './network.ts';

/** One thing that may happen between two datagrams. */
type Step =
  { readonly send: Ip.Ip4; readonly port: number; readonly length: number } | { readonly change: keyof typeof CHANGES };

const CHANGES = {
  'another gateway': ({ stack }) =>
    addRoute(stack, { destination: ip('203.0.113.0'), prefixLength: 24, gateway: PEER.ip }),
  'the gateway as before': ({ stack }) => deleteRoute(stack, { destination: ip('203.0.113.0'), prefixLength: 24 }),
  'a route by the other interface': ({ stack }) =>
    addRoute(stack, { destination: FAR, prefixLength: 32, gateway: OTHER.ip }),
  'no default route': ({ stack }) => deleteRoute(stack, { destination: Ip.ANY, prefixLength: 0 }),
  'a blackhole': ({ stack }) => addRoute(stack, { destination: PEER.ip, prefixLength: 32, type: 'blackhole' }),
  'the far host is here': ({ stack, eth1 }) => addAddress(stack, eth1, FAR, 32),
  'another own address': ({ stack, eth0 }) => addAddress(stack, eth0, ip('192.0.2.9'), 24),
  'the own address is gone': ({ stack, eth0 }) => removeAddress(stack, eth0, ME.ip),
  'the interface goes down': ({ stack, eth0 }) => setUp(stack, eth0, false),
  'the interface comes up': ({ stack, eth0 }) => setUp(stack, eth0, true),
  'a short MTU': ({ stack, eth0 }) => setMtu(stack, eth0, 100),
  'the path is narrow': ({ stack }) => learnMtu(stack, FAR, 600),
  'a redirect': ({ stack }) => {
    const route = lookUp(stack, FAR);
    if (route?.type === 'unicast') learnGateway(stack, FAR, PEER.ip, route);
  },
  'the peer has another card': ({ stack, eth0 }) => addNeighbor(stack, eth0, PEER.ip, mac('02:00:00:00:00:77')),
  'the gateway is forgotten': ({ stack, eth0 }) => deleteNeighbor(stack, eth0, GATEWAY.ip),
  'another default TTL': ({ stack }) => setSysctl(stack, 'ip_default_ttl', 9),
  'no path MTU discovery': ({ stack }) => setSysctl(stack, 'ip_no_pmtu_disc', 1),
  'a TTL': (_, socket) => (socket.timeToLive = 3),
  'a type of service': (_, socket) => (socket.typeOfService = 0x10),
  'never DF': (_, socket) => (socket.pathMtuDiscovery = 'dont' satisfies PathMtuDiscovery),
  'always DF': (_, socket) => (socket.pathMtuDiscovery = 'do' satisfies PathMtuDiscovery),
  'an option': (_, socket) => (socket.options = Uint8Array.of(1, 1, 1, 0)),
  'no option': (_, socket) => (socket.options = null),
  'bound to the other interface': ({ eth1 }, socket) => (socket.bound = eth1),
  'bound to none': (_, socket) => (socket.bound = null),
  'connected to the peer': (_, socket) => Udp.connect(socket, PEER.ip, 9),
  disconnected: (_, socket) => Udp.disconnect(socket),
} as const satisfies Record<string, (me: Host, socket: Endpoint) => unknown>;

/** What goes out, and what the socket hears, of a conversation; `forget` makes each datagram find its way anew. */
function run(steps: readonly Step[], forget: boolean): unknown[] {
  const me = host();
  const socket = Udp.open(me.stack, () => undefined);
  must(Udp.bind(socket, Ip.ANY, 5_000));
  const data = new Uint8Array(2_000).map((_, i) => i);
  return steps.map((step) => {
    if ('change' in step) {
      CHANGES[step.change](me, socket);
      return frames(me);
    }
    if (forget) socket.flow = null;
    const refused = Udp.send(socket, data, 3, step.length, step.send, step.port);
    return [refused, frames(me), me.world.dropped.splice(0)];
  });
}

const sends: fc.Arbitrary<Step> = fc.record({
  send: fc.constantFrom(FAR, FAR, PEER.ip, OTHER.ip, ME_TOO.ip, Ip.BROADCAST),
  port: fc.constantFrom(9, 9, 10),
  length: fc.constantFrom(0, 1, 64, 65, 72, 73, 1_000, 1_472, 1_473),
});
const changes: fc.Arbitrary<Step> = fc.record({
  change: fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[])),
});

describe('a flow', () => {
  it('sends the same bytes as a datagram that finds its way anew, whatever changes in between', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: sends }, changes), { maxLength: 40 }), (steps) => {
        expect(run(steps, false)).toEqual(run(steps, true));
      }),
      { numRuns: 500 },
    );
  });

  it.each(Object.keys(CHANGES) as (keyof typeof CHANGES)[])('heeds this at once: %s', (change) => {
    for (const send of [FAR, PEER.ip]) {
      const steps = [{ send, port: 9, length: 80 }, { send, port: 9, length: 80 }, { change }];
      const conversation = [...steps, { send, port: 9, length: 80 }, { send, port: 9, length: 80 }];
      expect(run(conversation, false)).toEqual(run(conversation, true));
    }
  });

  it('is made by the second datagram to one place, and not by changing ones', () => {
    const me = host();
    const socket = Udp.open(me.stack, () => undefined);
    const send = (to: Ip.Ip4) => must(Udp.send(socket, new Uint8Array(8), 0, 8, to, 9));
    for (const to of [FAR, PEER.ip, FAR]) send(to);
    expect(socket.flow).toBeNull();
    send(FAR);
    expect(socket.flow?.destination).toBe(FAR);
  });
});
