/**
 * A repeater: what comes in at one port goes out at all others. IEEE 802.3-2018 §27.
 * Unlike a real one its ports are full duplex, so nothing collides: what a hub teaches is that everybody hears all.
 */
import type { Frame } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import type { World } from '../sim/world.ts';
import { flood } from './flood.ts';

export interface Hub {
  readonly world: World;
  readonly ports: number;
}

/** Puts a hub into the node. */
export function create(node: Node, { ports }: { readonly ports: number }): Hub {
  const hub = { world: node, ports };
  node.attach(hub, receive);
  return hub;
}

export function receive(hub: Hub, entrance: number, frame: Frame): void {
  flood(hub.world, hub.ports, entrance, frame);
}
