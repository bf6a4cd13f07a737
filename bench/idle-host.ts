/**
 * What an idle host weighs: heap and array buffers after a collection, of a host with one interface, its address and
 * its default route, and of both directions of its link. The links' other ends are ports of one bare node, which was
 * there before, so that nothing but the hosts and their links is counted.
 */
import type { Kernel } from '../src/kernel/kernel.ts';
import * as Host from '../src/devices/host.ts';
import type { Node } from '../src/sim/node.ts';
import { Simulator } from '../src/sim/simulator.ts';
import { addAddress } from '../src/stack/interface.ts';
import { addRoute } from '../src/stack/routes.ts';
import * as Ip from '../src/wire/ip4.ts';
import * as Mac from '../src/wire/mac.ts';

/** Bytes a host. */
export function measureIdleHost(hosts: number): number {
  // The first host pays for what all have in common.
  const kernels: Kernel[] = [];
  const warm = new Simulator({ seed: 1 });
  kernels.push(connectHost(warm, warm.createNode('peer', 1), 0));

  const simulator = new Simulator({ seed: 1 });
  const peer = simulator.createNode('peer', hosts);
  const before = bytesInUse();
  for (let host = 0; host < hosts; host++) kernels.push(connectHost(simulator, peer, host));
  const after = bytesInUse();
  if (kernels.length !== hosts + 1 || simulator.nodes.length !== hosts + 1) throw new Error('a host is missing');
  return (after - before) / hosts;
}

function connectHost(simulator: Simulator, peer: Node, host: number): Kernel {
  const node = simulator.createNode(`h${host}`, Host.portCount(1));
  const mac = Mac.fromNumber(0x0200_0000_0000 + host);
  const kernel = Host.create(node, { nics: [{ name: 'eth0', mac, mtu: 1500 }] });
  simulator.connect(node, 0, peer, host);
  const subnet = 0x0a00_0000 + host * 4;
  addAddress(kernel.stack, kernel.stack.interfaces[1]!, Ip.fromNumber(subnet + 2), 30);
  const failure = addRoute(kernel.stack, { destination: Ip.ANY, prefixLength: 0, gateway: Ip.fromNumber(subnet + 1) });
  if (failure !== null) throw new Error(`${kernel.name}: ${failure}`);
  return kernel;
}

function bytesInUse(): number {
  if (gc === undefined) throw new Error('memory is measured after a collection: run node with --expose-gc');
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
