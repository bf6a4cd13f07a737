/**
 * The routing table: which way a datagram takes. RFC 1812 §5.2.4.3: the longest prefix wins, then the least metric;
 * among equals the host's own addresses come first, as Linux asks its table 'local' before 'main'.
 * One table with typed routes, so that one look-up says: for us, a broadcast, onwards, or refused.
 * How it is searched stands in route-table.ts.
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Computed from './computed-routes.ts';
import type { ComputedRoutes } from './computed-routes.ts';
import type { StackError } from './endpoint.ts';
import type { Interface, InterfaceAddress } from './interface.ts';
import type { Neighbor } from './neighbors.ts';
import * as Table from './route-table.ts';
import type { RouteEntry } from './route-table.ts';
import type { Stack } from './stack.ts';

export { createTable } from './route-table.ts';
export type { RouteEntry, RouteTable } from './route-table.ts';

/** What a route does, as ip-route(8) calls it. */
export type RouteType = 'unicast' | 'local' | 'broadcast' | 'unreachable' | 'prohibit' | 'blackhole';

/** Who made it: an address or interface; somebody's call; or who computed the shortest paths of the whole network. */
export type RouteOrigin = 'kernel' | 'static' | 'shortest-path';

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
  readonly origin: RouteOrigin;
  /** The address it follows from, for origin 'kernel'. */
  readonly address: InterfaceAddress | null;
  /** Its next hops, where it has several: multipath.ts chooses. Its own gateway and interface are the first one's. */
  readonly paths: readonly Route[] | null;
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
  const table = stack.routes;
  const { computed } = table;
  return computed === null ? Table.lookUp(table, destination) : Computed.lookUp(table, computed, destination);
}

/** The same for a socket that may use one interface only; own addresses are found all the same. */
export function lookUpBound(stack: Stack, destination: Ip4, bound: Interface): Route | null {
  Computed.settle(stack.routes);
  const at = Table.find(stack.routes, destination, bound);
  if (at === Table.NONE) return null;
  const route = Table.routeAt(stack.routes, at);
  return route.paths?.find((path) => path.interface === bound) ?? route;
}

/** The line of the table that `lookUp` takes, or null. */
export function lookUpEntry(stack: Stack, destination: Ip4): RouteEntry | null {
  const table = stack.routes;
  if (table.computed !== null) return Computed.lookUpEntry(table, table.computed, destination);
  const at = Table.find(table, destination, null);
  return at === Table.NONE ? null : Table.entryAt(table, at);
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
    paths: null,
    neighbor: null,
    number: 0,
    entries: 0,
  };
}

/** Whether datagrams may leave by the interface; of a route with several next hops, whether by one of them. */
export function leadsBy({ interface: own, paths }: Route, at: Interface): boolean {
  return own === at || (paths !== null && paths.some((path) => path.interface === at));
}

/** Whether the gateway is the route's, or one of its next hops. */
export function leadsVia({ gateway: own, paths }: Route, gateway: Ip4): boolean {
  return own === gateway || (paths !== null && paths.some((path) => path.gateway === gateway));
}

/** Whether the route is gone with the interface, which has just been set down or lost its last address. */
export function isLostWith({ interface: own, paths }: Route, at: Interface): boolean {
  if (paths === null) return own === at;
  return paths.some((path) => path.interface === at) && !paths.some(isAlive);
}

/** Whether a next hop can be used, as Linux's RTNH_F_DEAD says; carrier does not matter. */
export function isAlive({ interface: at }: Route): boolean {
  return at !== null && at.up && at.addresses.length > 0;
}

export interface RouteRequest {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly type?: RouteType;
  readonly gateway?: Ip4;
  readonly interface?: Interface;
  /** In place of gateway and interface: flows are spread over them. */
  readonly nextHops?: readonly NextHop[];
  readonly metric?: number;
}

export interface NextHop {
  readonly gateway?: Ip4;
  readonly interface?: Interface;
}

/**
 * Adds a static route.
 *
 * EINVAL       the destination has bits behind its prefix, the type is the kernel's own, the gateway cannot be one, or
 *              there are next hops beside a gateway or interface, or none of them
 * ENODEV       neither gateway nor interface for a route that leads somewhere
 * ENETDOWN     the interface is down
 * ENETUNREACH  the gateway is on no connected subnet
 * EEXIST       there is one with the same destination and metric
 * ENOBUFS      the table is full
 */
export function addRoute(stack: Stack, request: RouteRequest): StackError | null {
  const { destination, prefixLength, type = 'unicast', metric = 0, nextHops = [request] } = request;
  if (prefixLength > 32 || Ip.network(destination, prefixLength) !== destination) return 'EINVAL';
  if (type === 'local' || type === 'broadcast') return 'EINVAL';
  if (request.nextHops !== undefined) {
    const isOne = request.gateway === undefined && request.interface === undefined;
    if (!isOne || type !== 'unicast' || nextHops.length === 0) return 'EINVAL';
  }
  const paths: Route[] = [];
  for (const { gateway = Ip.ANY, interface: by = null } of type === 'unicast' ? nextHops : []) {
    const at = exitTo(stack, gateway, by);
    if (typeof at === 'string') return at;
    paths.push(pathOf(gateway, at, metric, 'static'));
  }
  const table = stack.routes;
  Computed.settle(table);
  for (let one = Table.first(table, destination, prefixLength); one !== Table.NONE; one = Table.following(table, one)) {
    const route = Table.routeAt(table, one);
    if (route.metric === metric && !Table.isOwn(route.type)) return 'EEXIST';
  }
  if (table.count >= MAX_ROUTES) return 'ENOBUFS';
  insert(stack, destination, prefixLength, type === 'unicast' ? joinPaths(paths) : nowhere(type, metric));
  return null;
}

/** The interface by which a gateway is reached, or the one that was named for what is on its link. */
function exitTo(stack: Stack, gateway: Ip4, by: Interface | null): Interface | StackError {
  if (by !== null && !by.up) return 'ENETDOWN';
  if (gateway === Ip.ANY) return by ?? 'ENODEV';
  if (Ip.isMulticast(gateway) || Ip.isLoopback(gateway) || gateway === Ip.BROADCAST) return 'EINVAL';
  const way = by === null ? lookUp(stack, gateway) : lookUpBound(stack, gateway, by);
  if (way?.type === 'local' || way?.type === 'broadcast') return 'EINVAL';
  if (way === null || way.type !== 'unicast' || way.gateway !== Ip.ANY || way.interface === null) return 'ENETUNREACH';
  return way.interface;
}

/** A way to go that is nobody's yet: the only one of a route, or one of several. */
export function pathOf(gateway: Ip4, at: Interface, metric: number, origin: RouteOrigin): Route {
  const fields = { type: 'unicast', gateway, interface: at, metric, source: Ip.ANY, origin, address: null } as const;
  return { ...fields, paths: null, neighbor: null, number: 0, entries: 0 };
}

/** A route over all these, of which there is at least one. */
export function joinPaths(paths: readonly Route[]): Route {
  const [first] = paths as readonly [Route];
  return paths.length === 1 ? first : { ...first, paths };
}

function nowhere(type: RouteType, metric: number): RouteFields {
  const fields = { type, gateway: Ip.ANY, interface: null, metric, source: Ip.ANY, origin: 'static' } as const;
  return { ...fields, address: null, paths: null };
}

/** Deletes the first route that has what the request names; what it leaves out may be anything. ESRCH: none has. */
export function deleteRoute(stack: Stack, request: RouteRequest): StackError | null {
  const table = stack.routes;
  const { destination, prefixLength } = request;
  Computed.settle(table);
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
  const { computed } = stack.routes;
  return computed === null ? Table.list(stack.routes) : Computed.list(stack.routes, computed);
}

/** Those of exactly this prefix, in the order in which they are asked. */
export function routesTo({ routes: table }: Stack, destination: Ip4, prefixLength: number): Route[] {
  const routes: Route[] = [];
  // None of those that are computed is a default route.
  if (prefixLength > 0) Computed.settle(table);
  for (let at = Table.first(table, destination, prefixLength); at !== Table.NONE; at = Table.following(table, at)) {
    routes.push(Table.routeAt(table, at));
  }
  return routes;
}

/** Whether there is a route to this host for the address alone, as every own address has. */
export function hasLocal({ routes: table }: Stack, ip: Ip4): boolean {
  for (let at = Table.first(table, ip, 32); at !== Table.NONE; at = Table.following(table, at)) {
    if (Table.routeAt(table, at).type === 'local') return true;
  }
  return false;
}

/** Whether some line of the table says that. */
export function has(stack: Stack, wanted: (route: Route) => boolean): boolean {
  const { computed } = stack.routes;
  return Table.has(stack.routes, wanted) || (computed !== null && Computed.has(computed, wanted));
}

/** Adds a route behind its equals, without asking whether it should be. */
export function insert(stack: Stack, destination: Ip4, prefixLength: number, fields: RouteFields): void {
  stack.generation++;
  Computed.settle(stack.routes);
  Table.insert(stack.routes, destination, prefixLength, fields);
}

export function removeWhere(stack: Stack, doomed: (route: Route) => boolean): void {
  stack.generation++;
  if (!has(stack, doomed)) return;
  Computed.settle(stack.routes);
  Table.removeWhere(stack.routes, doomed);
}

/** Gives the host the routes that were computed for its whole network, in place of any it was given before. */
export function setComputed(stack: Stack, computed: ComputedRoutes): void {
  stack.routes.computed = computed;
  stack.generation++;
}
