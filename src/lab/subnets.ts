/**
 * Who can speak to whom without a router: the stations that share a link, straight or through switches and hubs, and a
 * subnet on it. As the lab starts: what is down then is not there.
 */
import { DEFAULT_PREFIX_LENGTH } from '../kernel/kernel.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Interface } from '../stack/interface.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { InterfaceAddress, Link, Node, Port, Station, Topology } from './topology.ts';

/** A subnet on one link; the same prefix on another link is another one. */
export interface Subnet {
  readonly destination: Ip4;
  readonly prefixLength: number;
  /** In the topology's order. */
  readonly members: readonly Member[];
}

export interface Member {
  readonly station: Station;
  readonly kernel: Kernel;
  readonly at: Interface;
  readonly ip: Ip4;
  /** Of the link to the interface, for datagrams that leave by it. */
  readonly cost: number;
}

/** What a link costs that does not say, as what leads out of the lab does. */
export const DEFAULT_COST = 1;

/** All subnets of hosts and routers that are configured, lo's own left out. */
export function findSubnets(topology: Topology, kernels: ReadonlyMap<string, Kernel>): Subnet[] {
  const wires = new Wires(topology);
  const subnets: Subnet[] = [];
  /** By wire, and by the name of the prefix. */
  const found = new Map<number, Map<number, Member[]>>();
  for (const station of topology.nodes) {
    const kernel = kernels.get(station.name);
    if (kernel === undefined || (station.kind !== 'host' && station.kind !== 'router')) continue;
    station.interfaces.forEach((_, port) => {
      const at = kernel.stack.byPort[port];
      const cost = wires.costAt(station, port);
      if (at === undefined || !at.up || cost === null) return;
      const wire = wires.wireAt(station, port);
      let onWire = found.get(wire);
      if (onWire === undefined) found.set(wire, (onWire = new Map<number, Member[]>()));
      for (const { ip, prefixLength } of at.addresses) {
        const destination = Ip.network(ip, prefixLength);
        const name = nameOf(destination, prefixLength);
        let members = onWire.get(name);
        if (members === undefined) {
          onWire.set(name, (members = []));
          subnets.push({ destination, prefixLength, members });
        }
        members.push({ station, kernel, at, ip, cost });
      }
    });
  }
  return subnets;
}

/** Bits in the mask of an address: its own, else what its host gives those without one. */
export function prefixLengthOf({ netmask }: Station, { prefixLength }: InterfaceAddress): number {
  return prefixLength ?? netmask?.value ?? DEFAULT_PREFIX_LENGTH;
}

/** A prefix as one number. */
export function nameOf(destination: Ip4, prefixLength: number): number {
  return destination * 64 + prefixLength;
}

/** Which ports are joined by links, switches and hubs: a disjoint-set forest over all of them. */
class Wires {
  /** Where each node's ports begin; those of a switch or hub are one. */
  private readonly first = new Map<string, number>();
  private readonly parents: Int32Array;
  /** By port: what its link costs, or 0 where it has none with carrier. */
  private readonly costs: Float64Array;

  constructor({ nodes, links, bridges }: Topology) {
    let ports = 0;
    for (const node of nodes) {
      this.first.set(node.name, ports);
      ports += isStation(node) ? node.interfaces.length : 1;
    }
    this.parents = Int32Array.from({ length: ports }, (_, port) => port);
    this.costs = new Float64Array(ports);
    const kinds = new Map(nodes.map((node) => [node.name, node]));
    const place = (port: Port): number => this.placeOf(kinds.get(port.node)!, port.port);
    for (const link of links) if (link.up) this.join(place(link.from), place(link.to), link);
    for (const { port } of bridges) this.costs[place(port)] = DEFAULT_COST;
  }

  /** The number of the wire that a port is on. */
  wireAt(node: Node, port: number): number {
    return this.rootOf(this.placeOf(node, port));
  }

  costAt(node: Node, port: number): number | null {
    const cost = this.costs[this.placeOf(node, port)]!;
    return cost === 0 ? null : cost;
  }

  private join(a: number, b: number, { cost }: Link): void {
    this.costs[a] = cost;
    this.costs[b] = cost;
    this.parents[this.rootOf(a)] = this.rootOf(b);
  }

  private placeOf(node: Node, port: number): number {
    return this.first.get(node.name)! + (isStation(node) ? port : 0);
  }

  private rootOf(place: number): number {
    let root = place;
    while (this.parents[root]! !== root) {
      // Halves the way for whoever asks next.
      this.parents[root] = this.parents[this.parents[root]!]!;
      root = this.parents[root]!;
    }
    return root;
  }
}

function isStation(node: Node): node is Station {
  return node.kind === 'host' || node.kind === 'router';
}
