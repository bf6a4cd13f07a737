import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as Hub from '../../src/devices/hub.ts';
import * as Mac from '../../src/wire/mac.ts';
import { fakeWorld } from '../fake-world.ts';
import { frameOf, portsOf, station } from './frames.ts';

it('repeats every frame out of all ports but the entrance, whomever it is for', () => {
  const world = fakeWorld();
  const hub = { world, ports: 4 };
  for (const destination of [Mac.BROADCAST, station(1), station(2), Mac.fromNumber(0x0180_c200_0000)]) {
    Hub.receive(hub, 2, frameOf(world, destination, station(1)));
    expect(portsOf(world)).toEqual([0, 1, 3]);
  }
});

it('repeats what is no frame at all: it looks at no byte', () => {
  const world = fakeWorld();
  Hub.receive({ world, ports: 2 }, 0, world.frame(new Uint8Array(3)));
  expect(portsOf(world)).toEqual([1]);
});

it('never sends a frame back out of its entrance, and every frame goes somewhere or is counted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.subarray([0, 1, 2, 3]), (entrance, unplugged) => {
      const world = fakeWorld();
      for (const port of unplugged) world.setCarrier(port, false);
      Hub.receive({ world, ports: 4 }, entrance, frameOf(world, station(1), station(2)));
      const ports = portsOf(world);
      expect(ports).toEqual([0, 1, 2, 3].filter((port) => port !== entrance && !unplugged.includes(port)));
      expect(world.dropped).toEqual(ports.length > 0 ? [] : ['nowhere-to-flood']);
      expect(world.pool.waiting).toBe(0);
    }),
  );
});
