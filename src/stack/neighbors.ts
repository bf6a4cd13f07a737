/**
 * The neighbour table: who on the link has which Ethernet address, and how sure we are.
 * The states are Linux's, after RFC 4861 §7.3.2; what moves an entry from one to the next stands in stack/arp.ts.
 */
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import { MILLISECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import type { Timer } from '../sim/event-queue.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import * as Arp from './arp.ts';
import type { StackError } from './endpoint.ts';
import type { Interface } from './interface.ts';
import type { Stack } from './stack.ts';

/** What is known of a neighbour, as `ip neigh` calls it. */
export type NeighborState =
  /** Asked for, no answer yet; datagrams wait. */
  | 'incomplete'
  /** Confirmed not long ago. */
  | 'reachable'
  /** Confirmed longer ago, or heard of without having asked. Good to use, which starts a check. */
  | 'stale'
  /** In use while stale; if nothing confirms it, probing starts. */
  | 'delay'
  /** Asked by unicast whether it is still there. */
  | 'probe'
  /** Did not answer. */
  | 'failed'
  /** Set by hand. */
  | 'permanent';

export interface Neighbor {
  readonly ip: Ip4;
  readonly interface: Interface;
  /** The address as a signed word, by which the table finds it. */
  readonly word: number;
  /** How many entries its interface's table had had before. */
  readonly order: number;
  mac: Mac.Mac;
  state: NeighborState;
  /** When an answer to our own question last came. */
  confirmed: Nanos;
  /** When the address last changed or was heard. */
  updated: Nanos;
  /** When a datagram last went there. */
  used: Nanos;
  /** Requests sent since the question was last opened. */
  attempts: number;
  timer: Timer | null;
  /** Datagrams that wait for the answer, oldest first; at most `neigh.default.unres_qlen`. */
  readonly queue: Frame[];
  /** No longer in the table: whoever still holds it asks the table again. */
  removed: boolean;
}

/** One interface's neighbours, by address: open addressing, linear probing. */
export interface NeighborTable {
  /** A power of two of them, of which at most half are in use. */
  slots: (Neighbor | null)[];
  size: number;
  /** Entries made in all its time. */
  made: number;
}

/** What all empty tables share; it is never written to. */
const NOBODY: (Neighbor | null)[] = [null];
/** Most links have two ends. */
const FIRST_SLOTS = 2;

export function createTable(): NeighborTable {
  return { slots: NOBODY, size: 0, made: 0 };
}

export function lookUp({ neighbors }: Interface, ip: Ip4): Neighbor | null {
  return neighbors.slots[slotOf(neighbors.slots, ip | 0)]!;
}

/** The entry for the address, made now if there is none; null when the table is full of entries in use. */
export function lookUpOrCreate(stack: Stack, at: Interface, ip: Ip4): Neighbor | null {
  const known = lookUp(at, ip);
  return known ?? create(stack, at, ip);
}

function create(stack: Stack, at: Interface, ip: Ip4): Neighbor | null {
  if (stack.neighborCount >= stack.settings['neigh.default.gc_thresh3'] && !evict(stack)) return null;
  const neighbor: Neighbor = {
    ip,
    interface: at,
    word: ip | 0,
    order: at.neighbors.made++,
    mac: Mac.ZERO,
    state: 'incomplete',
    confirmed: 0,
    updated: stack.world.now,
    used: stack.world.now,
    attempts: 0,
    timer: null,
    queue: [],
    removed: false,
  };
  add(at.neighbors, neighbor);
  stack.neighborCount++;
  return neighbor;
}

/** Takes the entry out of the table; what waited for it is dropped. */
export function remove(stack: Stack, neighbor: Neighbor, reason: DropReason): void {
  if (neighbor.removed) return;
  neighbor.removed = true;
  takeOut(neighbor.interface.neighbors, neighbor);
  stack.neighborCount--;
  stopTimer(stack, neighbor);
  for (let frame = neighbor.queue.shift(); frame !== undefined; frame = neighbor.queue.shift()) {
    stack.world.drop(reason, frame);
  }
}

/** Forgets everybody on an interface that went down or lost its carrier, but not what was set by hand. */
export function flush(stack: Stack, at: Interface): void {
  const reason = at.up ? 'link-down' : 'interface-down';
  for (const neighbor of walk(at)) {
    if (at.up && neighbor.state === 'permanent') continue;
    remove(stack, neighbor, reason);
  }
}

export function stopTimer(stack: Stack, neighbor: Neighbor): void {
  if (neighbor.timer !== null) stack.world.cancel(neighbor.timer);
  neighbor.timer = null;
}

/** The state as of now: reachable entries turn stale by the clock alone. */
export function currentState(stack: Stack, neighbor: Neighbor): NeighborState {
  const believed = stack.settings['neigh.default.base_reachable_time_ms'] * MILLISECOND;
  if (neighbor.state === 'reachable' && stack.world.now - neighbor.confirmed >= believed) neighbor.state = 'stale';
  return neighbor.state;
}

/** Sets an entry by hand. EINVAL: lo has no neighbours, or a group address; ENOBUFS: the table is full. */
export function addNeighbor(
  stack: Stack,
  at: Interface,
  ip: Ip4,
  mac: Mac.Mac,
  state: 'permanent' | 'stale' | 'reachable' = 'permanent',
): StackError | null {
  if (at.loopback || Mac.isGroup(mac)) return 'EINVAL';
  if (!at.up) return 'ENETDOWN';
  const neighbor = lookUpOrCreate(stack, at, ip);
  if (neighbor === null) return 'ENOBUFS';
  stopTimer(stack, neighbor);
  neighbor.mac = mac;
  neighbor.state = state;
  neighbor.updated = stack.world.now;
  neighbor.confirmed = stack.world.now;
  Arp.sendWaiting(stack, neighbor);
  return null;
}

/** ENOENT: there is none. */
export function deleteNeighbor(stack: Stack, at: Interface, ip: Ip4): StackError | null {
  const neighbor = lookUp(at, ip);
  if (neighbor === null) return 'ENOENT';
  remove(stack, neighbor, 'neighbor-unreachable');
  return null;
}

/** All entries with their state as of now, interface by interface, in the order in which they were made. */
export function listNeighbors(stack: Stack): Neighbor[] {
  const all = stack.interfaces.flatMap(walk);
  for (const neighbor of all) currentState(stack, neighbor);
  return all;
}

/** An interface's entries, in the order in which they were made. */
export function walk({ neighbors }: Interface): Neighbor[] {
  const all: Neighbor[] = [];
  for (const neighbor of neighbors.slots) if (neighbor !== null) all.push(neighbor);
  return all.sort((a, b) => a.order - b.order);
}

/** Whether a datagram waits here for a neighbour's address. */
export function hasWaiting(stack: Stack): boolean {
  if (stack.neighborCount === 0) return false;
  return stack.interfaces.some(({ neighbors }) => neighbors.slots.some((one) => one !== null && one.queue.length > 0));
}

/** Makes room: the entry that was used the longest ago, and that nothing waits for, goes. */
function evict(stack: Stack): boolean {
  let oldest: Neighbor | null = null;
  for (const at of stack.interfaces) {
    for (const neighbor of at.neighbors.slots) {
      if (neighbor === null || neighbor.state === 'permanent' || neighbor.queue.length > 0) continue;
      if (oldest === null || isOlder(neighbor, oldest)) oldest = neighbor;
    }
  }
  if (oldest === null) return false;
  remove(stack, oldest, 'neighbor-table-full');
  return true;
}

/** Of those used at one instant, the one that is listed first. */
function isOlder(a: Neighbor, b: Neighbor): boolean {
  if (a.used !== b.used) return a.used < b.used;
  return a.interface === b.interface && a.order < b.order;
}

// The table's inside.

/** Where the neighbour with this address is, or would be. */
function slotOf(slots: readonly (Neighbor | null)[], word: number): number {
  const last = slots.length - 1;
  let slot = homeOf(word) & last;
  for (let one = slots[slot]!; one !== null && one.word !== word; one = slots[slot]!) slot = (slot + 1) & last;
  return slot;
}

/** Multiplicative hashing; the high bits of the product depend on all of the address. */
function homeOf(word: number): number {
  const hash = Math.imul(word, 0x9e37_79b1);
  return hash ^ (hash >>> 15);
}

function add(table: NeighborTable, neighbor: Neighbor): void {
  if (2 * (table.size + 1) > table.slots.length) {
    const { slots } = table;
    table.slots = new Array<Neighbor | null>(Math.max(FIRST_SLOTS, 2 * slots.length)).fill(null);
    for (const one of slots) if (one !== null) table.slots[slotOf(table.slots, one.word)] = one;
  }
  table.slots[slotOf(table.slots, neighbor.word)] = neighbor;
  table.size++;
}

function takeOut(table: NeighborTable, neighbor: Neighbor): void {
  const { slots } = table;
  const last = slots.length - 1;
  let hole = slotOf(slots, neighbor.word);
  // Knuth, TAOCP 3, 6.4, algorithm R: what would no longer be found moves up.
  for (let slot = (hole + 1) & last, one = slots[slot]!; one !== null; slot = (slot + 1) & last, one = slots[slot]!) {
    if (((slot - homeOf(one.word)) & last) < ((slot - hole) & last)) continue;
    slots[hole] = one;
    hole = slot;
  }
  slots[hole] = null;
  table.size--;
}
