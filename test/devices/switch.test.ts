import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { find, NONE, walk } from '../../src/devices/filtering-database.ts';
import * as Switch from '../../src/devices/switch.ts';
import { Simulator } from '../../src/sim/simulator.ts';
import { SECOND } from '../../src/sim/time.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Mac from '../../src/wire/mac.ts';
import { fakeWorld } from '../fake-world.ts';
import type { FakeWorld } from '../fake-world.ts';
import { frameOf, portsOf, station } from './frames.ts';

const [A, B, C] = [station(1), station(2), station(3)];

function bridgeOf(ports = 4, ageing?: number): { world: FakeWorld; bridge: Switch.Switch } {
  const world = fakeWorld();
  return { world, bridge: Switch.createState(world, ageing === undefined ? { ports } : { ports, ageing }) };
}

/** Sends one frame through and tells where it went. */
function pass(
  { world, bridge }: { world: FakeWorld; bridge: Switch.Switch },
  port: number,
  destination: Mac.Mac,
  source: Mac.Mac,
): number[] {
  Switch.receive(bridge, port, frameOf(world, destination, source));
  return portsOf(world);
}

describe('learning and forwarding', () => {
  it('floods what is for a station it has not heard, out of every port but the entrance', () => {
    const network = bridgeOf();
    expect(pass(network, 1, B, A)).toEqual([0, 2, 3]);
  });

  it('sends what is for a station it has heard out of that port alone', () => {
    const network = bridgeOf();
    pass(network, 0, B, A);
    expect(pass(network, 2, A, B)).toEqual([0]);
    expect(pass(network, 0, B, A)).toEqual([2]);
  });

  it('floods broadcasts and multicasts, whoever was heard', () => {
    const network = bridgeOf();
    pass(network, 0, B, A);
    expect(pass(network, 2, Mac.BROADCAST, B)).toEqual([0, 1, 3]);
    expect(pass(network, 2, Mac.fromNumber(0x0100_5e00_0001), B)).toEqual([0, 1, 3]);
  });

  it('forwards the very bytes it was given, to every port', () => {
    const { world, bridge } = bridgeOf(3);
    const frame = frameOf(world, Mac.BROADCAST, A, 0x5a);
    const bytes = frame.bytes.slice(0, frame.length);
    Switch.receive(bridge, 0, frame);
    const sent = world.takeSent();
    expect(sent.map(({ frame: { bytes: out, length } }) => out.slice(0, length))).toEqual([bytes, bytes]);
    expect(new Set(sent.map((one) => one.frame.id)).size).toBe(1);
  });

  it('follows a station that moves to another port with its first frame from there', () => {
    const network = bridgeOf();
    pass(network, 0, B, A);
    pass(network, 3, B, A);
    expect(pass(network, 2, A, B)).toEqual([3]);
  });

  it('drops what is for a station on the side it comes from', () => {
    const network = bridgeOf();
    pass(network, 0, Mac.BROADCAST, A);
    expect(pass(network, 0, A, B)).toEqual([]);
    expect(network.world.dropped).toEqual(['same-segment']);
  });

  it('learns from frames that it does not forward', () => {
    const network = bridgeOf();
    pass(network, 0, Mac.BROADCAST, A);
    pass(network, 0, A, B);
    expect(pass(network, 1, B, C)).toEqual([0]);
  });
});

describe('ageing', () => {
  it('floods again to a station that was silent for 300 s, not before', () => {
    const network = bridgeOf();
    pass(network, 0, Mac.BROADCAST, A);
    network.world.advance(300 * SECOND - 1);
    expect(pass(network, 1, A, B)).toEqual([0]);
    network.world.advance(1);
    expect(pass(network, 1, A, B)).toEqual([0, 2, 3]);
  });

  it('counts from the last frame heard, and by the time that was set', () => {
    const network = bridgeOf(4, 10 * SECOND);
    pass(network, 0, Mac.BROADCAST, A);
    network.world.advance(6 * SECOND);
    pass(network, 0, Mac.BROADCAST, A);
    network.world.advance(6 * SECOND);
    expect(pass(network, 1, A, B)).toEqual([0]);
  });

  it('forgets those behind a port whose link goes down', () => {
    const simulator = new Simulator({ seed: 1 });
    const node = simulator.createNode('s1', 2);
    const bridge = Switch.create(node, { ports: 2 });
    const [left, right] = [simulator.createNode('h1', 1), simulator.createNode('h2', 1)];
    const link = simulator.connect(node, 0, left, 0);
    simulator.connect(node, 1, right, 0);
    for (const [one, mac] of [
      [left, A],
      [right, B],
    ] as const) {
      const frame = one.newFrame(Ethernet.HEADER_LENGTH);
      Ethernet.write(frame.bytes, 0, Mac.BROADCAST, mac, 0x88b5);
      one.transmit(0, frame);
    }
    simulator.runUntil(SECOND);
    expect(walk(bridge.learned).map(({ station }) => station)).toEqual([A, B]);
    link.setCarrier(false);
    expect(walk(bridge.learned).map(({ station }) => station)).toEqual([B]);
    link.setCarrier(true);
    expect(walk(bridge.learned).map(({ station }) => station)).toEqual([B]);
  });
});

describe('what it does not pass on', () => {
  it('keeps the reserved addresses of IEEE 802.1D table 7-10 to itself, and only those', () => {
    const network = bridgeOf();
    for (const last of [0x00, 0x01, 0x0e, 0x0f]) {
      expect(pass(network, 0, Mac.fromNumber(0x0180_c200_0000 + last), A)).toEqual([]);
    }
    expect(network.world.dropped).toEqual(Array(4).fill('reserved-address'));
    expect(pass(network, 0, Mac.fromNumber(0x0180_c200_0010), A)).toEqual([1, 2, 3]);
  });

  it('drops a frame whose source is a group address, and learns nothing from it', () => {
    const network = bridgeOf();
    expect(pass(network, 0, B, Mac.fromNumber(0x0100_5e00_0001))).toEqual([]);
    expect(network.world.dropped).toEqual(['group-source']);
    expect(network.bridge.learned.size).toBe(0);
  });

  it('drops a frame cut short at any length of its header', () => {
    const { world, bridge } = bridgeOf();
    for (let length = 0; length < Ethernet.HEADER_LENGTH; length++) {
      Switch.receive(bridge, 0, world.frame(new Uint8Array(length)));
    }
    expect(world.takeSent()).toEqual([]);
    expect(world.dropped).toEqual(Array(Ethernet.HEADER_LENGTH).fill('truncated'));
  });

  it('floods only to ports with carrier, and counts what can go nowhere', () => {
    const network = bridgeOf(3);
    network.world.setCarrier(1, false);
    expect(pass(network, 0, B, A)).toEqual([2]);
    network.world.setCarrier(2, false);
    expect(pass(network, 0, B, A)).toEqual([]);
    expect(network.world.dropped).toEqual(['nowhere-to-flood']);
  });

  it('floods to one port less for each copy that there is no room for, and loses nothing else', () => {
    const network = bridgeOf(4);
    network.world.isFull = true;
    expect(pass(network, 0, B, A)).toEqual([3]);
  });
});

describe('a full table', () => {
  it('learns nobody new and floods to them, until somebody in it is too old', () => {
    const network = bridgeOf(2);
    for (let n = 1; n <= Switch.MAX_LEARNED; n++) pass(network, 0, Mac.BROADCAST, station(n));
    const late = station(0x1_0000);
    pass(network, 1, Mac.BROADCAST, late);
    expect(network.bridge.learned.size).toBe(Switch.MAX_LEARNED);
    expect(find(network.bridge.learned, late)).toBe(NONE);
    // Whom it knows it still follows.
    pass(network, 1, Mac.BROADCAST, A);
    expect(Switch.lookUp(network.bridge, A)).toBe(1);

    network.world.advance(Switch.AGEING);
    pass(network, 1, Mac.BROADCAST, late);
    expect(Switch.lookUp(network.bridge, late)).toBe(1);
    expect(network.bridge.learned.size).toBe(1);
  });
});

it('never sends a frame back out of its entrance, and every frame goes somewhere or is counted', () => {
  const someMac = fc.oneof(
    fc.integer({ min: 1, max: 4 }).map(station),
    fc.constantFrom(Mac.BROADCAST, Mac.fromNumber(0x0180_c200_0000), Mac.ZERO),
  );
  const arrival = fc.record({
    port: fc.integer({ min: 0, max: 3 }),
    destination: someMac,
    source: someMac,
    wait: fc.integer({ min: 0, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 40 }), fc.subarray([0, 1, 2, 3]), (arrivals, unplugged) => {
      const { world, bridge } = bridgeOf();
      for (const port of unplugged) world.setCarrier(port, false);
      for (const { port, destination, source, wait } of arrivals) {
        world.advance(wait * SECOND);
        const before = world.dropped.length;
        Switch.receive(bridge, port, frameOf(world, destination, source));
        const ports = portsOf(world);
        expect(ports).not.toContain(port);
        expect(new Set(ports).size).toBe(ports.length);
        expect(ports.length > 0).toBe(world.dropped.length === before);
      }
      expect(world.pool.waiting).toBe(0);
    }),
  );
});
