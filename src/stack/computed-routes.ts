/**
 * Routes that were computed for all routers of a network at once, such as shortest paths. The routers share the list of
 * prefixes; each has only a number for every prefix, which of its few routes leads there. So a router among thousands
 * takes two bytes for a prefix. They stand beside the table's own entries until it is changed; then it gets them as
 * entries like any others (`settle`).
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

export interface ComputedRoutes {
  readonly prefixes: Prefixes;
  /** By place: the number of the set that leads there; 0 for none. */
  readonly choices: Uint16Array;
  readonly sets: NumberedSets;
  readonly hops: readonly ComputedHop[];
  readonly metric: number;
  /** By set and by hop, made when somebody first goes there. */
  readonly routes: (Route | null)[];
  readonly paths: (Route | null)[];
}

/** Next hops over which flows are spread, by their places in `hops`. */
export interface NumberedSets {
  /** Sets, number 0 included, which is the empty one's. */
  readonly count: number;
  hopsOf(number: number): readonly number[];
}

export interface ComputedHop {
  readonly at: Interface;
  readonly gateway: Ip4;
}

export function createComputed(
  prefixes: Prefixes,
  choices: Uint16Array,
  sets: NumberedSets,
  hops: readonly ComputedHop[],
  metric: number,
): ComputedRoutes {
  const routes = new Array<Route | null>(sets.count).fill(null);
  const paths = new Array<Route | null>(hops.length).fill(null);
  return { prefixes, choices, sets, hops, metric, routes, paths };
}

export function has({ hops }: ComputedRoutes, wanted: (route: Route) => boolean): boolean {
  return hops.some(({ at, gateway }) => wanted(pathOf(gateway, at, 0, 'shortest-path')));
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
  return place === Table.NONE ? own : routeAt(computed, place);
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
  computed.choices.forEach((choice, place) => {
    if (choice !== 0) entries.push(entryAt(computed, place));
  });
  return entries.sort(Table.compareEntries);
}

/** Has the table take over what was computed. */
export function settle(table: RouteTable): void {
  const { computed } = table;
  if (computed === null) return;
  table.computed = null;
  const { destinations, prefixLengths } = computed.prefixes;
  for (let place = 0; place < destinations.length; place++) {
    if (computed.choices[place] === 0) continue;
    Table.insert(table, Ip.fromNumber(destinations[place]!), prefixLengths[place]!, routeAt(computed, place));
  }
}

/** The place of the computed prefix whose route is asked before the table's own; NONE where that one is first. */
function placeFor(table: RouteTable, computed: ComputedRoutes, own: Route | null, address: Ip4): number {
  const { prefixes, choices } = computed;
  let found = Trie.lookUp(prefixes.trie, address);
  while (found !== 0 && choices[found - 1] === 0) found = prefixes.covers[found - 1]!;
  const place = found - 1;
  if (found === 0) return Table.NONE;
  if (own === null) return place;
  const at = Table.find(table, address, null);
  const isFirst = Table.compareWith(table, at, prefixes.prefixLengths[place]!, routeAt(computed, place)) > 0;
  return isFirst ? place : Table.NONE;
}

function routeAt(computed: ComputedRoutes, place: number): Route {
  const { routes, choices, sets } = computed;
  const choice = choices[place]!;
  return (routes[choice] ??= joinPaths(sets.hopsOf(choice).map((hop) => pathAt(computed, hop))));
}

function pathAt({ paths, hops, metric }: ComputedRoutes, hop: number): Route {
  const { at, gateway } = hops[hop]!;
  return (paths[hop] ??= pathOf(gateway, at, metric, 'shortest-path'));
}

function entryAt(computed: ComputedRoutes, place: number): RouteEntry {
  const { destinations, prefixLengths } = computed.prefixes;
  const destination = Ip.fromNumber(destinations[place]!);
  return { destination, prefixLength: prefixLengths[place]!, route: routeAt(computed, place) };
}
