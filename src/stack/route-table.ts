/**
 * The inside of a routing table: prefixes and the routes they have, in the order in which they are asked.
 * What routes have in common is kept once, as Linux's fib_info, so that the Internet's whole table leads by a few
 * records that stay in the cache. A handful of entries is a sorted list that is searched from its beginning; more of
 * them have a hash table by prefix, and a trie that finds the longest one.
 * Not here: which routes may be added; see routes.ts.
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { ComputedRoutes } from './computed-routes.ts';
import type { Interface } from './interface.ts';
import * as Trie from './prefix-trie.ts';
import type { PrefixTrie } from './prefix-trie.ts';
import * as Routes from './routes.ts';
import type { Route, RouteFields, RouteType } from './routes.ts';

/** Entries up to which searching them one by one is as fast as anything. */
const FEW = 16;

// An entry is four words.
const WORDS = 4;
const DESTINATION = 0;
const MASK = 1;
/** The number of its route; NONE where an entry was removed. */
const ROUTE = 2;
/** With an index: the entry of the same prefix that is asked after this one, or NONE. */
const NEXT = 3;

export const NONE = -1;

export interface RouteTable {
  /** By their numbers; null where one is free. With an index [0] is the default route, else nothing. */
  readonly routes: (Route | null)[];
  /** Without an index in the order in which they are asked, with one in the order in which they were added. */
  entries: Int32Array;
  /** Words of `entries` in use. */
  end: number;
  /** Entries that have not been removed. */
  count: number;
  index: Index | null;
  /** Beside the entries; see computed-routes.ts. Whoever changes the entries has them settle first. */
  computed: ComputedRoutes | null;
}

interface Index {
  /** Where the first entry of each prefix is: open addressing, linear probing; NONE where nothing is. */
  heads: Int32Array;
  prefixes: number;
  /** Bit n - 1: there has been a prefix of n bits. */
  lengths: number;
  readonly trie: PrefixTrie;
  /** The numbers of the routes, by `keyOf`. */
  readonly byKey: Map<Ip4, number[]>;
  /** Numbers to be given out again. */
  readonly free: number[];
}

/** A line of the table: a prefix and one of its routes. */
export interface RouteEntry {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly route: Route;
}

export function createTable(): RouteTable {
  // Room for the routes of a host with one interface and a gateway, which is what most are.
  return {
    routes: [null, null, null, null, null, null, null],
    entries: new Int32Array(WORDS * 8),
    end: 0,
    count: 0,
    index: null,
    computed: null,
  };
}

/** The route that is asked first among those of the longest prefix that the address lies in, or null. */
export function lookUp(table: RouteTable, address: Ip4): Route | null {
  const { index, routes } = table;
  if (index !== null) return routes[Trie.lookUp(index.trie, address)]!;
  const { entries, end } = table;
  for (let at = 0; at < end; at += WORDS) {
    if ((address & entries[at + MASK]!) === entries[at + DESTINATION]!) return routes[entries[at + ROUTE]!]!;
  }
  return null;
}

/** The place of the entry that a look-up takes; of one that leads by the interface or to this host, where one is named. */
export function find(table: RouteTable, address: Ip4, by: Interface | null): number {
  const { index, entries, end } = table;
  if (index === null) {
    for (let at = 0; at < end; at += WORDS) {
      if ((address & entries[at + MASK]!) === entries[at + DESTINATION]! && leadsBy(routeAt(table, at), by)) return at;
    }
    return NONE;
  }
  for (let prefixLength = 32; prefixLength >= 0; prefixLength--) {
    if (!hasLength(index, prefixLength)) continue;
    const prefix = Ip.network(address, prefixLength);
    for (let at = first(table, prefix, prefixLength); at !== NONE; at = following(table, at)) {
      if (leadsBy(routeAt(table, at), by)) return at;
    }
  }
  return NONE;
}

function leadsBy(route: Route, by: Interface | null): boolean {
  return by === null || route.type === 'local' || Routes.leadsBy(route, by);
}

/** The place of the prefix's first entry in the order in which they are asked, or NONE. */
export function first(table: RouteTable, destination: Ip4, prefixLength: number): number {
  const mask = Ip.maskOf(prefixLength) | 0;
  if (table.index === null) return search(table, destination | 0, mask, 0);
  const { heads } = table.index;
  return heads[slotOf(table, heads, destination | 0, mask)]!;
}

/** The place of the next entry of the same prefix, or NONE. */
export function following(table: RouteTable, at: number): number {
  const { entries, index } = table;
  if (index !== null) return entries[at + NEXT]!;
  return search(table, entries[at + DESTINATION]!, entries[at + MASK]!, at + WORDS);
}

function search({ entries, end }: RouteTable, destination: number, mask: number, from: number): number {
  for (let at = from; at < end; at += WORDS) {
    if (entries[at + DESTINATION]! === destination && entries[at + MASK]! === mask) return at;
  }
  return NONE;
}

export function routeAt({ routes, entries }: RouteTable, at: number): Route {
  return routes[entries[at + ROUTE]!]!;
}

export function entryAt(table: RouteTable, at: number): RouteEntry {
  const destination = Ip.fromNumber(table.entries[at + DESTINATION]!);
  return { destination, prefixLength: prefixLengthOf(table.entries[at + MASK]!), route: routeAt(table, at) };
}

/** All entries, in the order in which they are asked. */
export function list(table: RouteTable): RouteEntry[] {
  const places: number[] = [];
  for (let at = 0; at < table.end; at += WORDS) if (table.entries[at + ROUTE]! !== NONE) places.push(at);
  if (table.index !== null) places.sort((a, b) => comparePlaces(table, a, b));
  return places.map((at) => entryAt(table, at));
}

export function has({ routes }: RouteTable, wanted: (route: Route) => boolean): boolean {
  return routes.some((route) => route !== null && wanted(route));
}

// Adding.

/** Puts an entry in its place, behind its equals. */
export function insert(table: RouteTable, destination: Ip4, prefixLength: number, fields: RouteFields): void {
  const { index } = table;
  const isOutgrown = index === null ? table.count >= FEW : Trie.isOutgrown(index.trie, index.prefixes);
  if (isOutgrown) build(table);
  makeRoom(table);
  const number = share(table, fields);
  table.routes[number]!.entries++;
  table.count++;
  place(table, destination | 0, Ip.maskOf(prefixLength) | 0, number);
}

/** The number of the route with these fields, made now if there is none. */
function share(table: RouteTable, fields: RouteFields): number {
  const { routes, index } = table;
  if (index === null) {
    const known = routes.findIndex((route) => route !== null && isSame(route, fields));
    if (known !== -1) return known;
    const free = routes.indexOf(null, 1);
    return create(table, free === -1 ? routes.length : free, fields);
  }
  const numbers = numbersBy(index, keyOf(fields));
  for (const number of numbers) if (isSame(routes[number]!, fields)) return number;
  const number = create(table, index.free.pop() ?? routes.length, fields);
  numbers.push(number);
  return number;
}

function create({ routes }: RouteTable, number: number, fields: RouteFields): number {
  const { type, gateway, interface: at, metric, source, origin, address, paths } = fields;
  routes[number] = {
    type,
    gateway,
    interface: at,
    metric,
    source,
    origin,
    address,
    paths,
    neighbor: null,
    number,
    entries: 0,
  };
  return number;
}

function isSame(a: RouteFields, b: RouteFields): boolean {
  return (
    a.gateway === b.gateway &&
    a.interface === b.interface &&
    a.type === b.type &&
    a.metric === b.metric &&
    a.source === b.source &&
    a.origin === b.origin &&
    a.address === b.address &&
    arePathsSame(a.paths, b.paths)
  );
}

function arePathsSame(a: readonly Route[] | null, b: readonly Route[] | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.length === b.length && a.every((path, i) => path.gateway === b[i]!.gateway && path.interface === b[i]!.interface)
  );
}

/** Room for one entry more: in place of what was removed where that is a quarter, else in twice the memory. */
function makeRoom(table: RouteTable): void {
  const { entries, end, count, index } = table;
  if (index !== null && 2 * index.prefixes >= index.heads.length) growHeads(table, index);
  if (end < entries.length) return;
  if (WORDS * count <= (3 / 4) * end) return build(table);
  table.entries = new Int32Array(2 * entries.length);
  table.entries.set(entries);
}

function place(table: RouteTable, destination: number, mask: number, number: number): void {
  const { entries, index, routes, end } = table;
  let at = end;
  if (index === null) {
    const route = routes[number]!;
    while (at > 0 && compare(mask, route, entries[at - WORDS + MASK]!, routeAt(table, at - WORDS)) < 0) at -= WORDS;
    entries.copyWithin(at + WORDS, at, end);
  }
  entries[at + DESTINATION] = destination;
  entries[at + MASK] = mask;
  entries[at + ROUTE] = number;
  entries[at + NEXT] = NONE;
  table.end += WORDS;
  if (index !== null) link(table, index, at);
}

// Removing.

export function remove(table: RouteTable, at: number): void {
  const { entries, index } = table;
  const number = entries[at + ROUTE]!;
  if (index === null) {
    entries.copyWithin(at, at + WORDS, table.end);
    table.end -= WORDS;
  } else {
    unlink(table, index, at);
    entries[at + ROUTE] = NONE;
  }
  table.count--;
  release(table, number);
}

export function removeWhere(table: RouteTable, doomed: (route: Route) => boolean): void {
  if (!has(table, doomed)) return;
  // From the end, since a list closes up behind what it loses.
  for (let at = table.end - WORDS; at >= 0; at -= WORDS) {
    if (table.entries[at + ROUTE]! !== NONE && doomed(routeAt(table, at))) remove(table, at);
  }
}

/** An entry of the route is gone; so is the route with its last one. */
function release({ routes, index }: RouteTable, number: number): void {
  const route = routes[number]!;
  route.entries--;
  if (route.entries > 0) return;
  routes[number] = null;
  if (index === null) return;
  const numbers = index.byKey.get(keyOf(route))!;
  numbers.splice(numbers.indexOf(number), 1);
  if (numbers.length === 0) index.byKey.delete(keyOf(route));
  index.free.push(number);
}

// The order.

/** What belongs to Linux's table 'local', which people do not edit. */
export function isOwn(type: RouteType): boolean {
  return type === 'local' || type === 'broadcast';
}

/** Negative where one entry is asked before another; 0 where that is for the one that was added first. */
function compare(mask: number, route: Route, otherMask: number, other: Route): number {
  if (mask !== otherMask) return (otherMask >>> 0) - (mask >>> 0);
  const isFirst = isOwn(route.type);
  if (isFirst !== isOwn(other.type)) return isFirst ? -1 : 1;
  return route.metric - other.metric;
}

/** The same of an entry and one that is not in the table. */
export function compareWith(table: RouteTable, at: number, prefixLength: number, route: Route): number {
  return compare(table.entries[at + MASK]!, routeAt(table, at), Ip.maskOf(prefixLength) | 0, route);
}

export function compareEntries(a: RouteEntry, b: RouteEntry): number {
  return compare(Ip.maskOf(a.prefixLength) | 0, a.route, Ip.maskOf(b.prefixLength) | 0, b.route);
}

function comparePlaces(table: RouteTable, at: number, other: number): number {
  const { entries } = table;
  return compare(entries[at + MASK]!, routeAt(table, at), entries[other + MASK]!, routeAt(table, other));
}

// The index.

/** Makes the index, or makes it anew in the size that fits the table, and closes up the entries. */
function build(table: RouteTable): void {
  const { entries, end, count, routes } = table;
  const index: Index = {
    heads: new Int32Array(headSlots(count)).fill(NONE),
    prefixes: 0,
    lengths: 0,
    trie: Trie.createTrie(count),
    byKey: new Map(),
    free: [],
  };
  routes[0] = null;
  for (let number = 1; number < routes.length; number++) {
    const route = routes[number]!;
    if (route === null) index.free.push(number);
    else numbersBy(index, keyOf(route)).push(number);
  }
  table.index = index;
  // An index that has lost all its entries is made anew with room for the next ones.
  table.entries = new Int32Array(2 * WORDS * Math.max(count, FEW));
  table.end = 0;
  for (let at = 0; at < end; at += WORDS) {
    const number = entries[at + ROUTE]!;
    if (number !== NONE) place(table, entries[at + DESTINATION]!, entries[at + MASK]!, number);
  }
}

/** What routes that may be the same have in common: of those without a gateway a router has one for each address. */
function keyOf({ gateway, source }: RouteFields): Ip4 {
  return gateway === Ip.ANY ? source : gateway;
}

function numbersBy({ byKey }: Index, key: Ip4): number[] {
  const known = byKey.get(key);
  if (known !== undefined) return known;
  const numbers: number[] = [];
  byKey.set(key, numbers);
  return numbers;
}

/** Puts an entry among those of its prefix. */
function link(table: RouteTable, index: Index, at: number): void {
  const { entries } = table;
  const slot = slotOf(table, index.heads, entries[at + DESTINATION]!, entries[at + MASK]!);
  const head = index.heads[slot]!;
  let before = NONE;
  let next = head;
  while (next !== NONE && comparePlaces(table, next, at) <= 0) {
    before = next;
    next = entries[next + NEXT]!;
  }
  entries[at + NEXT] = next;
  if (before !== NONE) {
    entries[before + NEXT] = at;
    return;
  }
  index.heads[slot] = at;
  if (head === NONE) {
    index.prefixes++;
    index.lengths |= lengthBit(prefixLengthOf(entries[at + MASK]!));
  }
  show(table, index, at);
}

function unlink(table: RouteTable, index: Index, at: number): void {
  const { entries } = table;
  const destination = entries[at + DESTINATION]!;
  const mask = entries[at + MASK]!;
  const slot = slotOf(table, index.heads, destination, mask);
  const head = index.heads[slot]!;
  const next = entries[at + NEXT]!;
  if (head !== at) {
    let before = head;
    while (entries[before + NEXT]! !== at) before = entries[before + NEXT]!;
    entries[before + NEXT] = next;
  } else if (next !== NONE) {
    index.heads[slot] = next;
    show(table, index, next);
  } else {
    clearSlot(table, index.heads, slot);
    index.prefixes--;
    hide(table, index, destination, prefixLengthOf(mask));
  }
}

/** Look-ups find this entry for its prefix. */
function show({ entries, routes }: RouteTable, { trie }: Index, at: number): void {
  const prefixLength = prefixLengthOf(entries[at + MASK]!);
  const number = entries[at + ROUTE]!;
  if (prefixLength === 0) routes[0] = routes[number]!;
  else Trie.set(trie, entries[at + DESTINATION]!, prefixLength, number);
}

/** Look-ups find what is next shorter in place of the prefix. */
function hide(table: RouteTable, index: Index, destination: number, prefixLength: number): void {
  if (prefixLength === 0) {
    table.routes[0] = null;
    return;
  }
  for (let shorter = prefixLength - 1; shorter > 0; shorter--) {
    if (!hasLength(index, shorter)) continue;
    const cover = first(table, Ip.network(Ip.fromNumber(destination), shorter), shorter);
    if (cover === NONE) continue;
    return Trie.remove(index.trie, destination, prefixLength, shorter, table.entries[cover + ROUTE]!);
  }
  Trie.remove(index.trie, destination, prefixLength, 0, 0);
}

function hasLength(index: Index, prefixLength: number): boolean {
  return prefixLength === 0 || (index.lengths & lengthBit(prefixLength)) !== 0;
}

/** No bit for 0: its one prefix is always asked for. */
function lengthBit(prefixLength: number): number {
  return prefixLength === 0 ? 0 : 1 << (prefixLength - 1);
}

function prefixLengthOf(mask: number): number {
  return Math.clz32(~mask);
}

// The hash table by prefix.

/** A power of two, at most half of which is in use. */
function headSlots(prefixes: number): number {
  let slots = 4 * FEW;
  while (slots < 2 * prefixes) slots *= 2;
  return slots;
}

/** Where the prefix is, or would be. */
function slotOf({ entries }: RouteTable, heads: Int32Array, destination: number, mask: number): number {
  const last = heads.length - 1;
  let slot = homeOf(destination, mask) & last;
  for (let at = heads[slot]!; at !== NONE; at = heads[slot]!) {
    if (entries[at + DESTINATION]! === destination && entries[at + MASK]! === mask) return slot;
    slot = (slot + 1) & last;
  }
  return slot;
}

/** Every bit of the prefix and its length has a part in the low bits: the finish of MurmurHash3. */
function homeOf(destination: number, mask: number): number {
  let hash = destination ^ Math.imul(mask, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Empties a slot, and moves up those behind it that would no longer be found (Knuth, TAOCP 3, 6.4, algorithm R). */
function clearSlot({ entries }: RouteTable, heads: Int32Array, slot: number): void {
  const last = heads.length - 1;
  let hole = slot;
  for (let one = (hole + 1) & last; heads[one]! !== NONE; one = (one + 1) & last) {
    const at = heads[one]!;
    const home = homeOf(entries[at + DESTINATION]!, entries[at + MASK]!) & last;
    if (((one - home) & last) < ((one - hole) & last)) continue;
    heads[hole] = at;
    hole = one;
  }
  heads[hole] = NONE;
}

function growHeads(table: RouteTable, index: Index): void {
  const old = index.heads;
  index.heads = new Int32Array(2 * old.length).fill(NONE);
  for (const at of old) {
    if (at === NONE) continue;
    index.heads[slotOf(table, index.heads, table.entries[at + DESTINATION]!, table.entries[at + MASK]!)] = at;
  }
}
