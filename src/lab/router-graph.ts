/**
 * The routers of a topology as a graph in arrays: a number for each router, an edge from each router to every other one
 * on its subnets, and for each prefix the routers that are on it.
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { Interface } from '../stack/interface.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { DEFAULT_COST, nameOf } from './subnets.ts';
import type { Member, Subnet } from './subnets.ts';
import type { Topology } from './topology.ts';

export interface RouterGraph {
  readonly routers: readonly Kernel[];
  /** Where each router's edges begin; one more for the end. */
  readonly edgeStart: Int32Array;
  /** The router at the other end, by edge. */
  readonly edgeTo: Int32Array;
  /** What it costs to leave by it. */
  readonly edgeCost: Int32Array;
  readonly hops: readonly Hop[];
  /** All edges cost the same. */
  readonly isEven: boolean;
  /** By the place of a prefix. */
  readonly destinations: Uint32Array;
  readonly prefixLengths: Uint8Array;
  /** Where the routers on it begin in the two lists behind; one more for the end. */
  readonly attachedStart: Int32Array;
  readonly attached: Int32Array;
  /** What the last link to the prefix costs that router. */
  readonly attachedCost: Int32Array;
}

/** How a router sends to the one at the other end of an edge. */
export interface Hop {
  readonly at: Interface;
  readonly gateway: Ip4;
}

interface Edge extends Hop {
  readonly to: number;
  readonly cost: number;
}

interface Prefix {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly attached: { readonly router: number; readonly cost: number }[];
}

export function buildRouterGraph(
  { nodes }: Topology,
  kernels: ReadonlyMap<string, Kernel>,
  subnets: readonly Subnet[],
): RouterGraph {
  const routers = nodes.flatMap(({ kind, name }) => (kind === 'router' ? [kernels.get(name)!] : []));
  const numbers = new Map(routers.map((kernel, router) => [kernel, router]));
  const edges = routers.map((): Edge[] => []);
  const prefixes = new Map<number, Prefix>();
  const attach = (destination: Ip4, prefixLength: number, router: number, cost: number): void => {
    // 0.0.0.0/0 as somebody's subnet is nobody's default route.
    if (prefixLength === 0) return;
    const name = nameOf(destination, prefixLength);
    let prefix = prefixes.get(name);
    if (prefix === undefined) prefixes.set(name, (prefix = { destination, prefixLength, attached: [] }));
    prefix.attached.push({ router, cost });
  };
  for (const { destination, prefixLength, members } of subnets) {
    const attached = members.filter(isRouter);
    for (const { kernel, at, cost } of attached) {
      const router = numbers.get(kernel)!;
      attach(destination, prefixLength, router, cost);
      for (const other of attached) {
        if (other.kernel === kernel) continue;
        const to = numbers.get(other.kernel)!;
        // Two subnets on one link are one way to go.
        const isKnown = at.addresses.length > 1 && edges[router]!.some((one) => one.to === to && one.at === at);
        if (!isKnown) edges[router]!.push({ to, cost, at, gateway: other.ip });
      }
    }
  }
  // What a router has on lo is a prefix that it alone is on, RFC 2328 §12.4.1.1.
  routers.forEach(({ stack }, router) => {
    for (const { ip, prefixLength } of stack.interfaces[0]!.addresses) {
      if (!Ip.isLoopback(ip)) attach(Ip.network(ip, prefixLength), prefixLength, router, DEFAULT_COST);
    }
  });
  return flatten(routers, edges, [...prefixes.values()]);
}

export function isRouter({ station }: Member): boolean {
  return station.kind === 'router';
}

function flatten(
  routers: readonly Kernel[],
  edgesOf: readonly (readonly Edge[])[],
  prefixes: readonly Prefix[],
): RouterGraph {
  const edges = edgesOf.flat();
  const attached = prefixes.flatMap((prefix) => prefix.attached);
  return {
    routers,
    edgeStart: startsOf(edgesOf.map(({ length }) => length)),
    edgeTo: Int32Array.from(edges, ({ to }) => to),
    edgeCost: Int32Array.from(edges, ({ cost }) => cost),
    hops: edges,
    isEven: edges.every(({ cost }) => cost === edges[0]!.cost),
    destinations: Uint32Array.from(prefixes, ({ destination }) => destination),
    prefixLengths: Uint8Array.from(prefixes, ({ prefixLength }) => prefixLength),
    attachedStart: startsOf(prefixes.map((prefix) => prefix.attached.length)),
    attached: Int32Array.from(attached, ({ router }) => router),
    attachedCost: Int32Array.from(attached, ({ cost }) => cost),
  };
}

function startsOf(sizes: readonly number[]): Int32Array {
  const starts = new Int32Array(sizes.length + 1);
  sizes.forEach((size, i) => (starts[i + 1] = starts[i]! + size));
  return starts;
}
