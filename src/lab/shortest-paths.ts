/**
 * Routes by the shortest paths: each router of a topology learns the way to every subnet, as OSPF would have it once
 * it has settled (RFC 2328 §16.1), paths of equal cost kept; each host that names no gateway gets the nearest router.
 * The cost of a path is the sum of its links' costs. Routes that the file gives come first, by their metric.
 * Not here: changes. What is down when the lab starts is not there, and what fails later is not gone round.
 */
import type { Kernel } from '../kernel/kernel.ts';
import { createComputed, createFirstHops, createPrefixes } from '../stack/computed-routes.ts';
import { addRoute, routesTo, setComputed } from '../stack/routes.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { buildRouterGraph, isRouter } from './router-graph.ts';
import { searchByCost } from './search-by-cost.ts';
import { searchByHops } from './search-by-hops.ts';
import { findSubnets } from './subnets.ts';
import type { Member, Subnet } from './subnets.ts';
import type { Topology } from './topology.ts';

/** The metric of these routes: what routing daemons give OSPF's. */
export const METRIC = 20;

/** Gives all routers and hosts their routes; they have been configured. */
export function installShortestPaths(topology: Topology, kernels: ReadonlyMap<string, Kernel>): void {
  const subnets = findSubnets(topology, kernels);
  const graph = buildRouterGraph(topology, kernels, subnets);
  const { routers, edgeStart, hops } = graph;
  const prefixes = createPrefixes(graph.destinations, graph.prefixLengths);
  const firstHops = createFirstHops(prefixes, hops.length);
  if (graph.isEven) searchByHops(graph, firstHops.bits);
  else searchByCost(graph, firstHops.bits);
  routers.forEach(({ stack }, router) => {
    const first = edgeStart[router]!;
    const own = hops.slice(first, edgeStart[router + 1]);
    setComputed(stack, createComputed(prefixes, firstHops, own, first, METRIC));
  });
  giveGateways(subnets);
}

/** RFC 1122 §3.3.1: a host sends what is not on its links to a router on one of them. Of equals the first in the file. */
function giveGateways(subnets: readonly Subnet[]): void {
  const nearest = new Map<Kernel, { readonly cost: number; readonly gateway: Ip4 }>();
  for (const { members } of subnets) {
    const router = members
      .filter(isRouter)
      .reduce<Member | null>((a, b) => (a === null || b.cost < a.cost ? b : a), null);
    if (router === null) continue;
    for (const { station, kernel } of members) {
      if (station.kind !== 'host') continue;
      const known = nearest.get(kernel);
      if (known === undefined || router.cost < known.cost)
        nearest.set(kernel, { cost: router.cost, gateway: router.ip });
    }
  }
  for (const [{ stack }, { gateway }] of nearest) {
    if (routesTo(stack, Ip.ANY, 0).length === 0) addRoute(stack, { destination: Ip.ANY, prefixLength: 0, gateway });
  }
}
