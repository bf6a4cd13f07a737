/**
 * The routing table: which way a datagram takes. RFC 1812 §5.2.4.3: the longest prefix wins, then the least metric;
 * among equals the host's own addresses come first, as Linux asks its table 'local' before 'main'.
 * One table with typed routes, so that one look-up says: for us, a broadcast, onwards, or refused.
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { StackError } from './endpoint.ts';
import type { Interface, InterfaceAddress } from './interface.ts';
import type { Neighbor } from './neighbors.ts';
import type { Stack } from './stack.ts';

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'unreachable' | 'prohibit' | 'blackhole';

export interface Route {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly type: RouteType;
  /** 0: the destination itself is on the link. */
  readonly gateway: Ip4;
  /** Null for routes that lead nowhere. */
  readonly interface: Interface | null;
  readonly metric: number;
  /** What datagrams get as source address; 0: the interface's choice. */
  readonly source: Ip4;
  /** Who made it: an address or interface, or somebody's call. */
  readonly origin: 'kernel' | 'static';
  /** The address it follows from, for origin 'kernel'. */
  readonly address: InterfaceAddress | null;
  /** The gateway's neighbour entry, kept here so that a forwarded datagram need not look it up. */
  neighbor: Neighbor | null;
}

/** Routes in one host at most: somewhat more than the whole Internet's table of 2026. */
export const MAX_ROUTES = 2_000_000;

export interface RouteTable {
  /** In the order in which they are asked. */
  readonly routes: Route[];
  /** The same, as numbers: destinations and masks. */
  destinations: Uint32Array;
  masks: Uint32Array;
}

export function createTable(): RouteTable {
  return { routes: [], destinations: new Uint32Array(8), masks: new Uint32Array(8) };
}

/** The route a datagram to `destination` takes, or null. */
export function lookUp(stack: Stack, destination: Ip4): Route | null {
  const { routes, destinations, masks } = stack.routes;
  for (let i = 0; i < routes.length; i++) {
    if ((destination & masks[i]!) >>> 0 === destinations[i]!) return routes[i]!;
  }
  return null;
}

/** The same for a socket that may use one interface only; own addresses are found all the same. */
export function lookUpBound(stack: Stack, destination: Ip4, bound: Interface): Route | null {
  const { routes, destinations, masks } = stack.routes;
  for (let i = 0; i < routes.length; i++) {
    if ((destination & masks[i]!) >>> 0 !== destinations[i]!) continue;
    const route = routes[i]!;
    if (route.interface === bound || route.type === 'local') return route;
  }
  return null;
}

/** The route that takes everything to an interface's own link; it stands in no table. */
export function onLink(at: Interface): Route {
  return {
    destination: Ip.ANY,
    prefixLength: 0,
    type: 'unicast',
    gateway: Ip.ANY,
    interface: at,
    metric: 0,
    source: Ip.ANY,
    origin: 'kernel',
    address: null,
    neighbor: null,
  };
}

export interface RouteRequest {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly type?: RouteType;
  readonly gateway?: Ip4;
  readonly interface?: Interface;
  readonly metric?: number;
}

/**
 * Adds a static route.
 *
 * EINVAL       the destination has bits behind its prefix, the type is the kernel's own, or the gateway cannot be one
 * ENODEV       neither gateway nor interface for a route that leads somewhere
 * ENETDOWN     the interface is down
 * ENETUNREACH  the gateway is on no connected subnet
 * EEXIST       there is one with the same destination and metric
 * ENOBUFS      the table is full
 */
export function addRoute(stack: Stack, request: RouteRequest): StackError | null {
  const { destination, prefixLength, type = 'unicast', gateway = Ip.ANY, metric = 0 } = request;
  if (prefixLength > 32 || Ip.network(destination, prefixLength) !== destination) return 'EINVAL';
  if (type === 'local' || type === 'broadcast') return 'EINVAL';
  let at = request.interface ?? null;
  if (type === 'unicast') {
    if (at === null && gateway === Ip.ANY) return 'ENODEV';
    if (at !== null && !at.up) return 'ENETDOWN';
    if (gateway !== Ip.ANY) {
      if (Ip.isMulticast(gateway) || Ip.isLoopback(gateway) || gateway === Ip.BROADCAST) return 'EINVAL';
      const way = at === null ? lookUp(stack, gateway) : lookUpBound(stack, gateway, at);
      if (way?.type === 'local' || way?.type === 'broadcast') return 'EINVAL';
      if (way === null || way.type !== 'unicast' || way.gateway !== Ip.ANY || way.interface === null)
        return 'ENETUNREACH';
      at = way.interface;
    }
  } else {
    at = null;
  }
  const same = stack.routes.routes.some(
    (route) =>
      route.destination === destination &&
      route.prefixLength === prefixLength &&
      route.metric === metric &&
      !isOwn(route.type),
  );
  if (same) return 'EEXIST';
  if (stack.routes.routes.length >= MAX_ROUTES) return 'ENOBUFS';
  insert(stack, {
    destination,
    prefixLength,
    type,
    gateway: type === 'unicast' ? gateway : Ip.ANY,
    interface: at,
    metric,
    source: Ip.ANY,
    origin: 'static',
    address: null,
  });
  return null;
}

/** Deletes the first route that has what the request names; what it leaves out may be anything. ESRCH: none has. */
export function deleteRoute(stack: Stack, request: RouteRequest): StackError | null {
  const route = stack.routes.routes.find(
    (one) =>
      one.destination === request.destination &&
      one.prefixLength === request.prefixLength &&
      !isOwn(one.type) &&
      (request.type === undefined || one.type === request.type) &&
      (request.gateway === undefined || one.gateway === request.gateway) &&
      (request.interface === undefined || one.interface === request.interface) &&
      (request.metric === undefined || one.metric === request.metric),
  );
  if (route === undefined) return 'ESRCH';
  removeWhere(stack, (one) => one === route);
  return null;
}

/** All of them, in the order in which they are asked. */
export function listRoutes(stack: Stack): readonly Route[] {
  return stack.routes.routes;
}

export function has(stack: Stack, wanted: (route: Route) => boolean): boolean {
  return stack.routes.routes.some(wanted);
}

/** Puts a route in its place, behind its equals. */
export function insert(stack: Stack, route: Omit<Route, 'neighbor'>): void {
  const { routes } = stack.routes;
  let low = 0;
  let high = routes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comesBefore(route, routes[middle]!)) high = middle;
    else low = middle + 1;
  }
  routes.splice(low, 0, { ...route, neighbor: null });
  renumber(stack.routes, low);
}

export function removeWhere(stack: Stack, doomed: (route: Route) => boolean): void {
  const { routes } = stack.routes;
  let kept = 0;
  for (const route of routes) if (!doomed(route)) routes[kept++] = route;
  routes.length = kept;
  renumber(stack.routes, 0);
}

/** What belongs to Linux's table 'local', which people do not edit. */
function isOwn(type: RouteType): boolean {
  return type === 'local' || type === 'broadcast';
}

function comesBefore(a: Omit<Route, 'neighbor'>, b: Route): boolean {
  if (a.prefixLength !== b.prefixLength) return a.prefixLength > b.prefixLength;
  if (isOwn(a.type) !== isOwn(b.type)) return isOwn(a.type);
  return a.metric < b.metric;
}

function renumber(table: RouteTable, from: number): void {
  const { routes } = table;
  if (table.destinations.length < routes.length) {
    const room = Math.max(routes.length, table.destinations.length * 2);
    const destinations = new Uint32Array(room);
    const masks = new Uint32Array(room);
    destinations.set(table.destinations);
    masks.set(table.masks);
    table.destinations = destinations;
    table.masks = masks;
  }
  for (let i = from; i < routes.length; i++) {
    const route = routes[i]!;
    table.destinations[i] = route.destination;
    table.masks[i] = Ip.maskOf(route.prefixLength);
  }
}
