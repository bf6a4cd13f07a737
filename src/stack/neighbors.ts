/**
 * The neighbour table: who on the link has which Ethernet address, and how sure we are.
 * The states are Linux's, after RFC 4861 §7.3.2; what moves an entry from one to the next stands in stack/arp.ts.
 */
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import { MILLISECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { NO_TIMER } from '../sim/world.ts';
import type { TimerId } from '../sim/world.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import * as Arp from './arp.ts';
import type { StackError } from './endpoint.ts';
import type { Interface } from './interface.ts';
import type { Stack } from './stack.ts';

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
  timer: TimerId;
  /** Datagrams that wait for the answer, oldest first; at most `neigh.default.unres_qlen`. */
  readonly queue: Frame[];
  /** No longer in the table: whoever still holds it asks the table again. */
  removed: boolean;
}

export function lookUp(at: Interface, ip: Ip4): Neighbor | undefined {
  return at.neighbors.get(ip);
}

/** The entry for the address, made now if there is none; null when the table is full of entries in use. */
export function lookUpOrCreate(stack: Stack, at: Interface, ip: Ip4): Neighbor | null {
  const known = at.neighbors.get(ip);
  if (known !== undefined) return known;
  if (stack.neighborCount >= stack.settings['neigh.default.gc_thresh3'] && !evict(stack)) return null;
  const neighbor: Neighbor = {
    ip,
    interface: at,
    mac: Mac.ZERO,
    state: 'incomplete',
    confirmed: 0,
    updated: stack.world.now,
    used: stack.world.now,
    attempts: 0,
    timer: NO_TIMER,
    queue: [],
    removed: false,
  };
  at.neighbors.set(ip, neighbor);
  stack.neighborCount++;
  return neighbor;
}

/** Takes the entry out of the table; what waited for it is dropped. */
export function remove(stack: Stack, neighbor: Neighbor, reason: DropReason): void {
  if (neighbor.removed) return;
  neighbor.removed = true;
  neighbor.interface.neighbors.delete(neighbor.ip);
  stack.neighborCount--;
  stopTimer(stack, neighbor);
  for (let frame = neighbor.queue.shift(); frame !== undefined; frame = neighbor.queue.shift()) {
    stack.world.drop(reason, frame);
  }
}

/** Forgets everybody on an interface that went down or lost its carrier, but not what was set by hand. */
export function flush(stack: Stack, at: Interface): void {
  const reason = at.up ? 'link-down' : 'interface-down';
  for (const neighbor of [...at.neighbors.values()]) {
    if (at.up && neighbor.state === 'permanent') continue;
    remove(stack, neighbor, reason);
  }
}

export function stopTimer(stack: Stack, neighbor: Neighbor): void {
  if (neighbor.timer !== NO_TIMER) stack.world.cancel(neighbor.timer);
  neighbor.timer = NO_TIMER;
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
  if (neighbor === undefined) return 'ENOENT';
  remove(stack, neighbor, 'neighbor-unreachable');
  return null;
}

/** All entries with their state as of now, interface by interface, in the order in which they were made. */
export function listNeighbors(stack: Stack): Neighbor[] {
  const all = stack.interfaces.flatMap((at) => [...at.neighbors.values()]);
  for (const neighbor of all) currentState(stack, neighbor);
  return all;
}

/** Makes room: the entry that was used the longest ago, and that nothing waits for, goes. */
function evict(stack: Stack): boolean {
  let oldest: Neighbor | null = null;
  for (const at of stack.interfaces) {
    for (const neighbor of at.neighbors.values()) {
      if (neighbor.state === 'permanent' || neighbor.queue.length > 0) continue;
      if (oldest === null || neighbor.used < oldest.used) oldest = neighbor;
    }
  }
  if (oldest === null) return false;
  remove(stack, oldest, 'neighbor-table-full');
  return true;
}
