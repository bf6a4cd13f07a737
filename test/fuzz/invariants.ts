/**
 * What must hold of a lab at every moment between two events, and what when its dust has settled. Each function gives
 * what is wrong, in words.
 */
import type { Switch } from '../../src/devices/switch.ts';
import { MAX_LEARNED } from '../../src/devices/switch.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { walk } from '../../src/stack/neighbors.ts';
import type { Stack } from '../../src/stack/stack.ts';
import { DEFAULT_BUFFER } from '../../src/stack/endpoint.ts';
import type { Endpoint } from '../../src/stack/endpoint.ts';
import { listEndpoints } from '../../src/stack/udp.ts';

/** The bounds that the stack gives itself; path-mtu.ts and rate-limit.ts keep theirs to themselves. */
const MAX_EXCEPTIONS = 2_048;
const MAX_PEERS = 4_096;
/** The longest frame with its bookkeeping: what a receive buffer or reassembly may hold beyond its limit. */
const ONE_MORE = 65_600 + 576;

/** Those of the topology and a few that are slow to give up. */
const MAX_PROCESSES = 20;
/** Timers of those, of neighbours in use, and of the reassembly of what the bad line has lost pieces of. */
const MAX_PENDING = 200;

/** Conservation, no silent drop, and every table within its bounds. */
export function findBroken(lab: Lab): string[] {
  const broken: string[] = [];
  const { simulator } = lab;
  const { counts, waiting } = simulator.pool;
  const kernels = [...lab.network.kernels.values()];
  const held = kernels.reduce((sum, { stack }) => sum + framesIn(stack), 0);
  const onLinks = simulator.framesOnLinks;
  if (onLinks + held !== waiting) {
    const sides = `${counts.made} made + ${counts.copied} copied + ${counts.injected} injected - ${counts.consumed} consumed - ${counts.dropped} dropped`;
    broken.push(`${sides} = ${waiting}, but ${onLinks} frames are on links and ${held} in devices`);
  }
  let explained = 0;
  for (const node of simulator.nodes) for (const count of node.drops.values()) explained += count;
  if (explained !== counts.dropped) broken.push(`${counts.dropped} frames dropped, ${explained} of them with a reason`);
  for (const kernel of kernels) checkTables(kernel, broken);
  for (const node of simulator.nodes) {
    const learned = (node.device as Partial<Switch> | null)?.learned?.size ?? 0;
    if (learned > MAX_LEARNED) broken.push(`${node.name} has learnt ${learned} addresses`);
  }
  return broken;
}

/** Nothing is on its way, and nothing waits but what sockets hold for programs that do not read. */
export function findUnsettled(lab: Lab): string[] {
  const unsettled: string[] = [];
  const { simulator } = lab;
  let unread = 0;
  for (const { stack } of lab.network.kernels.values()) {
    for (const endpoint of endpointsOf(stack)) {
      unread += endpoint.received.length;
      if (endpoint.send.used !== 0) unsettled.push(`${stack.name} has ${endpoint.send.used} bytes unsent`);
    }
  }
  if (simulator.pool.waiting !== unread) {
    unsettled.push(`${simulator.pool.waiting} frames wait, ${unread} of them to be read`);
  }
  for (const { name, processes } of lab.network.kernels.values()) {
    const count = processes?.size ?? 0;
    if (count > MAX_PROCESSES) unsettled.push(`${name} has ${count} processes`);
  }
  const { pending } = simulator.events;
  if (pending > MAX_PENDING) unsettled.push(`${pending} events are pending`);
  return unsettled;
}

/** Frames that a host holds. */
function framesIn(stack: Stack): number {
  let frames = stack.proxyQueue;
  for (const at of stack.interfaces) for (const { queue } of walk(at)) frames += queue.length;
  for (const head of stack.reassembly.datagrams?.values() ?? []) {
    for (let one: typeof head | null = head; one !== null; one = one.next) frames += one.pieces.length;
  }
  for (const { received } of endpointsOf(stack)) frames += received.length;
  return frames;
}

function endpointsOf(stack: Stack): Endpoint[] {
  return [...listEndpoints(stack), ...stack.raw];
}

function checkTables({ name, stack }: Kernel, broken: string[]): void {
  const bound = (what: string, value: number, most: number): void => {
    if (!(value >= 0 && value <= most)) broken.push(`${name}: ${what}: ${value}, at most ${most} allowed`);
  };
  const neighbors = stack.interfaces.reduce((sum, one) => sum + one.neighbors.size, 0);
  if (neighbors !== stack.neighborCount)
    broken.push(`${name}: ${neighbors} neighbours, counted ${stack.neighborCount}`);
  bound('neighbours', neighbors, 1_024);
  bound('learnt path MTUs and gateways', stack.exceptions?.size ?? 0, MAX_EXCEPTIONS);
  bound('rate-limited peers', stack.limits?.peers.size ?? 0, MAX_PEERS);
  bound('proxy ARP answers', stack.proxyQueue, 64);
  let size = 0;
  for (const head of stack.reassembly.datagrams?.values() ?? []) {
    for (let one: typeof head | null = head; one !== null; one = one.next) size += one.size;
  }
  if (size !== stack.reassembly.size)
    broken.push(`${name}: ${size} bytes of fragments, counted ${stack.reassembly.size}`);
  bound('bytes of fragments', size, 4_194_304 + ONE_MORE);
  for (const endpoint of endpointsOf(stack)) {
    const used = [...endpoint.received].reduce((sum, frame) => sum + frame.length + 576, 0);
    if (used !== endpoint.receiveUsed) broken.push(`${name}: ${used} bytes to read, counted ${endpoint.receiveUsed}`);
    bound('bytes to read', used, DEFAULT_BUFFER + ONE_MORE);
    bound('bytes unsent', endpoint.send.used, DEFAULT_BUFFER + ONE_MORE);
  }
}
