/**
 * A host: a network stack and a kernel behind a few NICs. RFC 1122; a router (devices/router.ts) is one that forwards.
 * The node's ports are the NICs in their order, and behind them lo.
 */
import type { Node } from '../sim/node.ts';
import { createKernel } from '../kernel/kernel.ts';
import type { Kernel, KernelSettings } from '../kernel/kernel.ts';
import { createStack, receive, receiveCarrier } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import type { Mac } from '../wire/mac.ts';

export interface NicDescription {
  readonly name: string;
  readonly mac: Mac;
  /** Octets of the longest datagram. */
  readonly mtu: number;
}

export interface HostSettings extends KernelSettings {
  /** In the order of the node's ports. */
  readonly nics: readonly NicDescription[];
  readonly report?: Stack['report'];
}

/** How many ports the node of a host with so many NICs has: lo takes one too. */
export function portCount(nics: number): number {
  return nics + 1;
}

/** Puts a host into the node: from now on what comes in at its ports is the host's. */
export function create(node: Node, settings: HostSettings): Kernel {
  const { nics, report } = settings;
  const loopback = nics.length;
  node.simulator.connectLoopback(node, loopback);
  const interfaces = nics.map(({ name, mac, mtu }, port) => ({ name, port, mac, mtu }));
  const stack = createStack(node, node.name, loopback, interfaces, report);
  node.attach(stack, receive, receiveCarrier);
  return createKernel(stack, settings, node.simulator.countCall);
}
