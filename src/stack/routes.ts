/**
 * The routing table: which way a datagram takes. RFC 1812 §5.2.4.3: the longest prefix wins, then the least metric;
 * among equals the host's own addresses come first, as Linux asks its table 'local' before 'main'.
 * One table with typed routes, so that one look-up says: for us, a broadcast, onwards, or refused.
 * How it is searched stands in route-table.ts.
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { StackError } from './endpoint.ts';
import type { Interface, InterfaceAddress } from './interface.ts';
import type { Neighbor } from './neighbors.ts';
import * as Table from './route-table.ts';
import type { RouteEntry } from './route-table.ts';
import type { Stack } from './stack.ts';

export { createTable } from './route-table.ts';
export type { RouteEntry, RouteTable } from './route-table.ts';

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'unreachable' | 'prohibit' | 'blackhole';

/** What a line of the table says beside its prefix. */
export interface RouteFields {
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
}

/** A way to go. All lines of a table that say the same share one. */
export interface Route extends RouteFields {
  /** The gateway's neighbour entry, kept here so that a forwarded datagram need not look it up. */
  neighbor: Neighbor | null;
  /** Its place in the table, and how many lines share it: 0 for one that stands in no table. */
  readonly number: number;
  entries: number;
}

/** Routes in one host at most: somewhat more than the whole Internet's table of 2026. */
export const MAX_ROUTES = 2_000_000;

/** The route a datagram to `destination` takes, or null. */
export function lookUp(stack: Stack, destination: Ip4): Route | null {
  return Table.lookUp(stack.routes, destination);
}

/** The same for a socket that may use one interface only; own addresses are found all the same. */
export function lookUpBound(stack: Stack, destination: Ip4, bound: Interface): Route | null {
  const at = Table.find(stack.routes, destination, bound);
  return at === Table.NONE ? null : Table.routeAt(stack.routes, at);
}

/** The line of the table that `lookUp` takes, or null. */
export function lookUpEntry(stack: Stack, destination: Ip4): RouteEntry | null {
  const at = Table.find(stack.routes, destination, null);
  return at === Table.NONE ? null : Table.entryAt(stack.routes, at);
}

/** The route that takes everything to an interface's own link; it stands in no table. */
export function onLink(at: Interface): Route {
  return {
    type: 'unicast',
    gateway: Ip.ANY,
    interface: at,
    metric: 0,
    source: Ip.ANY,
    origin: 'kernel',
    address: null,
    neighbor: null,
    number: 0,
    entries: 0,
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
  const table = stack.routes;
  for (let one = Table.first(table, destination, prefixLength); one !== Table.NONE; one = Table.following(table, one)) {
    const route = Table.routeAt(table, one);
    if (route.metric === metric && !Table.isOwn(route.type)) return 'EEXIST';
  }
  if (table.count >= MAX_ROUTES) return 'ENOBUFS';
  insert(stack, destination, prefixLength, {
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
  const table = stack.routes;
  const { destination, prefixLength } = request;
  for (let at = Table.first(table, destination, prefixLength); at !== Table.NONE; at = Table.following(table, at)) {
    if (!fits(Table.routeAt(table, at), request)) continue;
    stack.generation++;
    Table.remove(table, at);
    return null;
  }
  return 'ESRCH';
}

function fits(route: Route, request: RouteRequest): boolean {
  return (
    !Table.isOwn(route.type) &&
    (request.type === undefined || route.type === request.type) &&
    (request.gateway === undefined || route.gateway === request.gateway) &&
    (request.interface === undefined || route.interface === request.interface) &&
    (request.metric === undefined || route.metric === request.metric)
  );
}

/** All of them, in the order in which they are asked. */
export function listRoutes(stack: Stack): RouteEntry[] {
  return Table.list(stack.routes);
}

/** Those of exactly this prefix, in the order in which they are asked. */
export function routesTo({ routes: table }: Stack, destination: Ip4, prefixLength: number): Route[] {
  const routes: Route[] = [];
  for (let at = Table.first(table, destination, prefixLength); at !== Table.NONE; at = Table.following(table, at)) {
    routes.push(Table.routeAt(table, at));
  }
  return routes;
}

/** Whether some line of the table says that. */
export function has(stack: Stack, wanted: (route: Route) => boolean): boolean {
  return Table.has(stack.routes, wanted);
}

/** Adds a route behind its equals, without asking whether it should be. */
export function insert(stack: Stack, destination: Ip4, prefixLength: number, fields: RouteFields): void {
  stack.generation++;
  Table.insert(stack.routes, destination, prefixLength, fields);
}

export function removeWhere(stack: Stack, doomed: (route: Route) => boolean): void {
  stack.generation++;
  Table.removeWhere(stack.routes, doomed);
}
