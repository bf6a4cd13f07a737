/**
 * Routes that were computed for all routers of a network at once, such as shortest paths. They share the list of prefixes
 * and one table of bits that says which next hops lead to which prefix; so a router among thousands takes a few kilobytes
 * for thousands of prefixes. A route is made when a datagram first takes it. All of them stand beside the table's own
 * entries until those are changed; then it gets them as entries like any others (`settle`).
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Interface } from './interface.ts';
import * as Trie from './prefix-trie.ts';
import type { PrefixTrie } from './prefix-trie.ts';
import * as Table from './route-table.ts';
import type { RouteEntry, RouteTable } from './route-table.ts';
import { joinPaths, pathOf } from './routes.ts';
import type { Route } from './routes.ts';

/** Different prefixes, of at least one bit; a prefix's place is where it stands in both lists. */
export interface Prefixes {
  readonly destinations: Uint32Array;
  readonly prefixLengths: Uint8Array;
  /** Finds the place plus 1 of the longest one. */
  readonly trie: PrefixTrie;
  /** For each the place plus 1 of the next shorter one that it lies in; 0 where there is none. */
  readonly covers: Uint32Array;
}

/** Which next hops of all routers are on shortest paths. */
export interface FirstHops {
  /** Of all routers together. */
  readonly hops: number;
  /** Word b * hops + h, bit n: hop h leads to the prefix in place 32 * b + n. */
  readonly bits: Int32Array;
}

export interface ComputedRoutes {
  readonly prefixes: Prefixes;
  readonly firstHops: FirstHops;
  /** The router's own, and the number that the first of them has there. */
  readonly hops: readonly ComputedHop[];
  readonly firstHop: number;
  readonly metric: number;
  /** Null until somebody asks. */
  made: MadeRoutes | null;
}

export interface ComputedHop {
  readonly at: Interface;
  readonly gateway: Ip4;
}

interface MadeRoutes {
  /** By the place of a prefix: where its route is in `routes`, or UNKNOWN. */
  readonly choices: Uint32Array;
  /** [0] is for prefixes to which no hop leads. */
  readonly routes: (Route | null)[];
  /** By the hops that lead there. */
  readonly numbers: Map<string, number>;
  /** By hop. */
  readonly paths: (Route | null)[];
}

const UNKNOWN = 0xffff_ffff;

export function createFirstHops({ destinations }: Prefixes, hops: number): FirstHops {
  return { hops, bits: new Int32Array(Math.ceil(destinations.length / 32) * hops) };
}

export function createComputed(
  prefixes: Prefixes,
  firstHops: FirstHops,
  hops: readonly ComputedHop[],
  firstHop: number,
  metric: number,
): ComputedRoutes {
  return { prefixes, firstHops, hops, firstHop, metric, made: null };
}

/** Whether some route by one of the hops, or by nothing but several of them, is wanted. */
export function has({ hops, metric }: ComputedRoutes, wanted: (route: Route) => boolean): boolean {
  return hops.some(({ at, gateway }) => wanted(pathOf(gateway, at, metric, 'shortest-path')));
}

export function createPrefixes(destinations: Uint32Array, prefixLengths: Uint8Array): Prefixes {
  const trie = Trie.createTrie(destinations.length);
  const covers = new Uint32Array(destinations.length);
  // The shorter ones first, so that each finds the one that it lies in.
  const order = Uint32Array.from(destinations.keys()).sort((a, b) => prefixLengths[a]! - prefixLengths[b]!);
  for (const place of order) {
    covers[place] = Trie.lookUp(trie, destinations[place]!);
    Trie.set(trie, destinations[place]!, prefixLengths[place]!, place + 1);
  }
  return { destinations, prefixLengths, trie, covers };
}

/** The route that is asked first, of the table's own and the computed ones. */
export function lookUp(table: RouteTable, computed: ComputedRoutes, address: Ip4): Route | null {
  const own = Table.lookUp(table, address);
  const place = placeFor(table, computed, own, address);
  return place === Table.NONE ? own : routeTo(computed, place);
}

export function lookUpEntry(table: RouteTable, computed: ComputedRoutes, address: Ip4): RouteEntry | null {
  const place = placeFor(table, computed, Table.lookUp(table, address), address);
  if (place !== Table.NONE) return entryAt(computed, place);
  const at = Table.find(table, address, null);
  return at === Table.NONE ? null : Table.entryAt(table, at);
}

/** Both, in the order in which they are asked. */
export function list(table: RouteTable, computed: ComputedRoutes): RouteEntry[] {
  const entries = Table.list(table);
  for (let place = 0; place < computed.prefixes.destinations.length; place++) {
    if (routeTo(computed, place) !== null) entries.push(entryAt(computed, place));
  }
  return entries.sort(Table.compareEntries);
}

/** Has the table take over what was computed. */
export function settle(table: RouteTable): void {
  const { computed } = table;
  if (computed === null) return;
  table.computed = null;
  const { destinations, prefixLengths } = computed.prefixes;
  for (let place = 0; place < destinations.length; place++) {
    const route = routeTo(computed, place);
    if (route !== null) Table.insert(table, Ip.fromNumber(destinations[place]!), prefixLengths[place]!, route);
  }
}

/** The place of the computed prefix whose route is asked before the table's own; NONE where that one is first. */
function placeFor(table: RouteTable, computed: ComputedRoutes, own: Route | null, address: Ip4): number {
  const { prefixes } = computed;
  let found = Trie.lookUp(prefixes.trie, address);
  while (found !== 0 && routeTo(computed, found - 1) === null) found = prefixes.covers[found - 1]!;
  const place = found - 1;
  if (found === 0) return Table.NONE;
  if (own === null) return place;
  const at = Table.find(table, address, null);
  const isFirst = Table.compareWith(table, at, prefixes.prefixLengths[place]!, routeTo(computed, place)!) > 0;
  return isFirst ? place : Table.NONE;
}

/** The route to the prefix in this place, or null; made now if nobody has asked before. */
function routeTo(computed: ComputedRoutes, place: number): Route | null {
  const made = (computed.made ??= createMade(computed));
  let choice = made.choices[place]!;
  if (choice === UNKNOWN) made.choices[place] = choice = choose(computed, made, place);
  return made.routes[choice]!;
}

function createMade({ prefixes, hops }: ComputedRoutes): MadeRoutes {
  return {
    choices: new Uint32Array(prefixes.destinations.length).fill(UNKNOWN),
    routes: [null],
    numbers: new Map([['', 0]]),
    paths: new Array<Route | null>(hops.length).fill(null),
  };
}

function choose(computed: ComputedRoutes, made: MadeRoutes, place: number): number {
  const { firstHops, firstHop, hops } = computed;
  const words = (place >>> 5) * firstHops.hops + firstHop;
  const leading: number[] = [];
  for (let hop = 0; hop < hops.length; hop++) {
    if (((firstHops.bits[words + hop]! >>> (place & 31)) & 1) === 1) leading.push(hop);
  }
  const name = leading.join();
  let number = made.numbers.get(name);
  if (number === undefined) {
    number = made.routes.push(joinPaths(leading.map((hop) => pathBy(computed, made, hop)))) - 1;
    made.numbers.set(name, number);
  }
  return number;
}

function pathBy({ hops, metric }: ComputedRoutes, { paths }: MadeRoutes, hop: number): Route {
  const { at, gateway } = hops[hop]!;
  return (paths[hop] ??= pathOf(gateway, at, metric, 'shortest-path'));
}

function entryAt(computed: ComputedRoutes, place: number): RouteEntry {
  const { destinations, prefixLengths } = computed.prefixes;
  const destination = Ip.fromNumber(destinations[place]!);
  return { destination, prefixLength: prefixLengths[place]!, route: routeTo(computed, place)! };
}
