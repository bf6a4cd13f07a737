/** Ethernet frames for the tests of devices, and what a device did with them. */
import type { FakeWorld } from '../fake-world.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Mac from '../../src/wire/mac.ts';
import type { Frame } from '../../src/sim/frame.ts';

/** The MAC of station n, as the lab numbers them. */
export function station(n: number): Mac.Mac {
  return Mac.fromNumber(0x0200_0000_0000 + n);
}

/** A frame of an experimental EtherType (IEEE 802-2014 §9.2.3) with one byte of data. */
export function frameOf(world: FakeWorld, destination: Mac.Mac, source: Mac.Mac, label = 0): Frame {
  const bytes = new Uint8Array(Ethernet.HEADER_LENGTH + 1);
  Ethernet.write(bytes, 0, destination, source, 0x88b5);
  bytes[Ethernet.HEADER_LENGTH] = label;
  return world.frame(bytes);
}

/** The ports that frames were sent at since the last time; the frames are given back. */
export function portsOf(world: FakeWorld): number[] {
  return world.takeSent().map(({ port, frame }) => {
    world.pool.consume(frame);
    return port;
  });
}
