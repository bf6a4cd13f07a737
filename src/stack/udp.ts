/**
 * UDP: which socket a datagram is for, and how one is sent. RFC 768; RFC 1122 §4.1; the choice of the socket is
 * Linux's compute_score (net/ipv4/udp.c): the more it has fixed that fits, the better.
 */
import type { Frame } from '../sim/frame.ts';
import { copyBytes, readU16 } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Udp from '../wire/udp.ts';
import * as Datagram from './datagram.ts';
import { createEndpoint, deliver } from './endpoint.ts';
import type { Endpoint, StackError } from './endpoint.ts';
import * as Flow from './flow.ts';
import * as IcmpError from './icmp-error.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Output from './ipv4-output.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';

/** Linux's net.ipv4.ip_local_port_range: the ports given to sockets that ask for any. */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;

/** Sockets by local port: a hash table that grows, its buckets chained through `Endpoint.next`. */
export interface EndpointTable {
  buckets: (Endpoint | null)[];
  count: number;
}

/** What a table without sockets has: the first one makes it grow. */
const NO_ENDPOINTS: (Endpoint | null)[] = [null];

export function createTable(): EndpointTable {
  return { buckets: NO_ENDPOINTS, count: 0 };
}

/** All sockets that have a port, in the order of the table. */
export function listEndpoints(stack: Stack): Endpoint[] {
  const all: Endpoint[] = [];
  for (const head of stack.udp.buckets) for (let one = head; one !== null; one = one.next) all.push(one);
  return all;
}

/** A socket without a port; it gets one by bind, connect or its first send. */
export function open(stack: Stack, changed: (endpoint: Endpoint) => void): Endpoint {
  return createEndpoint(stack, Ipv4.Protocol.Udp, false, changed);
}

/**
 * Gives the socket its local address and port; port 0 asks for a free one.
 *
 * EINVAL         it has a port already
 * EADDRNOTAVAIL  no interface has the address, and it is no broadcast or group address either
 * EADDRINUSE     the port is taken on that address, or on all of them; or no port is free
 */
export function bind(endpoint: Endpoint, ip: Ip4, port: number): StackError | null {
  const { stack } = endpoint;
  if (endpoint.localPort !== 0) return 'EINVAL';
  if (!Datagram.mayBindTo(stack, ip)) return 'EADDRNOTAVAIL';
  const chosen = port === 0 ? freePort(endpoint, ip) : port;
  if (chosen === null || (port !== 0 && isTaken(endpoint, ip, port))) return 'EADDRINUSE';
  endpoint.local = ip;
  endpoint.boundAddress = ip !== Ip.ANY;
  endpoint.boundPort = port !== 0;
  endpoint.localPort = chosen;
  insert(stack.udp, endpoint);
  return null;
}

/** Fixes the peer. ENETUNREACH and others: no way there; EACCES: a broadcast address without permission. */
export function connect(endpoint: Endpoint, ip: Ip4, port: number): StackError | null {
  const failure = Datagram.connect(endpoint, ip);
  if (failure !== null) return failure;
  endpoint.remotePort = port;
  if (endpoint.localPort === 0) return bindEphemeral(endpoint);
  return null;
}

/** Forgets the peer, and the address and port that connecting chose. */
export function disconnect(endpoint: Endpoint): void {
  Datagram.disconnect(endpoint);
  if (!endpoint.boundPort && endpoint.localPort !== 0) {
    remove(endpoint.stack.udp, endpoint);
    endpoint.localPort = 0;
  }
}

export function close(endpoint: Endpoint): void {
  if (endpoint.localPort !== 0) remove(endpoint.stack.udp, endpoint);
  endpoint.localPort = 0;
  Datagram.drain(endpoint);
}

/**
 * Sends `length` bytes of `data`.
 *
 * EINVAL        port 0
 * EMSGSIZE      longer than a datagram can be, or than the path carries and the socket forbids fragments
 * EAGAIN        no room in the send buffer; `changed` tells when there is
 * EACCES        a broadcast address without permission, or a prohibit route
 * ENETUNREACH   no route; EHOSTUNREACH: an unreachable route
 * EADDRINUSE    the socket has no port, and none is free
 */
export function send(
  endpoint: Endpoint,
  data: Uint8Array,
  at: number,
  length: number,
  ip: Ip4,
  port: number,
): StackError | null {
  if (port === 0) return 'EINVAL';
  if (length > Udp.MAX_DATA_LENGTH) return 'EMSGSIZE';
  if (endpoint.localPort === 0) {
    const failure = bindEphemeral(endpoint);
    if (failure !== null) return failure;
  }
  const { flow } = endpoint;
  if (flow !== null && Flow.fits(flow, endpoint, ip, port, length)) return Flow.send(flow, endpoint, data, at, length);
  const destination = Datagram.addressee(endpoint, ip);
  const route = Datagram.routeFor(endpoint, destination);
  if (typeof route === 'string') return route;
  const frame = Datagram.allocate(endpoint, route, destination, Udp.HEADER_LENGTH + length);
  if (typeof frame === 'string') return frame;

  const header = IP + Ipv4.headerLength(frame.bytes, IP);
  const source = Ipv4.source(frame.bytes, IP);
  copyBytes(data, at, frame.bytes, header + Udp.HEADER_LENGTH, length);
  Udp.writeHeader(frame.bytes, header, endpoint.localPort, port, Udp.HEADER_LENGTH + length);
  Udp.updateChecksum(frame.bytes, header, source, Ipv4.destination(frame.bytes, IP));
  if (endpoint.lastDestination === destination) endpoint.flow = flowOf(endpoint, route, destination, port, frame);
  endpoint.lastDestination = destination;
  Datagram.transmit(endpoint, route, destination, frame);
  return null;
}

/** The flow that a datagram, ready to be sent, is of; null where each has to find its way for itself. */
function flowOf(endpoint: Endpoint, route: Route, destination: Ip4, port: number, frame: Frame): Flow.Flow | null {
  const { stack } = endpoint;
  const at = route.interface;
  if (route.type !== 'unicast' || at === null || at.loopback) return null;
  if (endpoint.options !== null || destination === Ip.BROADCAST || Ip.isMulticast(destination)) return null;
  // What is known of single destinations ends with time.
  if ((stack.exceptions?.size ?? 0) > 0) return null;
  const mtu = Datagram.mtuFor(endpoint, route, destination);
  const neighbor = Ipv4Output.neighborFor(stack, route, at, destination);
  if (neighbor === null || frame.length - IP > mtu) return null;
  return Flow.remember(endpoint, destination, port, neighbor, mtu, frame.bytes);
}

/** Where the data of a received datagram starts in its frame. */
export function payloadAt(frame: Frame): number {
  return IP + Ipv4.headerLength(frame.bytes, IP) + Udp.HEADER_LENGTH;
}

export function payloadLength(frame: Frame): number {
  return Udp.length(frame.bytes, payloadAt(frame) - Udp.HEADER_LENGTH) - Udp.HEADER_LENGTH;
}

// The way in.

/** `toMany`: by broadcast or multicast. */
export function receive(stack: Stack, at: Interface, frame: Frame, toMany: boolean): void {
  const { bytes } = frame;
  const header = IP + Ipv4.headerLength(bytes, IP);
  const source = Ipv4.source(bytes, IP);
  const destination = Ipv4.destination(bytes, IP);
  const malformed = Udp.check(bytes, header, frame.length, source, destination);
  if (malformed !== null) return stack.world.drop(malformed, frame);
  const sourcePort = Udp.sourcePort(bytes, header);
  const port = Udp.destinationPort(bytes, header);
  if (toMany) return receiveForAll(stack, at, frame, source, sourcePort, destination, port);

  const endpoint = lookUp(stack, at, source, sourcePort, destination, port);
  if (endpoint !== null) return deliver(endpoint, frame);
  // RFC 1122 §4.1.3.1.
  IcmpError.send(stack, at, frame, Icmp.Type.DestinationUnreachable, Icmp.UnreachableCode.Port, 0);
  stack.world.drop('no-socket', frame);
}

/** The socket that a datagram to one of our addresses is for: of those that take it, the one that fixes the most. */
export function lookUp(
  stack: Stack,
  at: Interface,
  source: Ip4,
  sourcePort: number,
  destination: Ip4,
  port: number,
): Endpoint | null {
  let best: Endpoint | null = null;
  let bestScore = -1;
  for (let one = bucketOf(stack.udp, port); one !== null; one = one.next) {
    const score = scoreOf(one, at, source, sourcePort, destination, port);
    if (score > bestScore) {
      best = one;
      bestScore = score;
    }
  }
  return best;
}

/** -1: the socket does not take it. */
function scoreOf(
  endpoint: Endpoint,
  at: Interface,
  source: Ip4,
  sourcePort: number,
  destination: Ip4,
  port: number,
): number {
  if (endpoint.localPort !== port) return -1;
  let score = 0;
  if (endpoint.local !== Ip.ANY) {
    if (endpoint.local !== destination) return -1;
    score += 4;
  }
  if (endpoint.connected) {
    if (endpoint.remote !== source) return -1;
    score += 4;
    if (endpoint.remotePort !== 0) {
      if (endpoint.remotePort !== sourcePort) return -1;
      score += 4;
    }
  }
  if (endpoint.bound !== null) {
    if (endpoint.bound !== at) return -1;
    score += 4;
  }
  return score;
}

/** Broadcast and multicast: every socket that takes it gets one, and nobody complains when there is none. */
function receiveForAll(
  stack: Stack,
  at: Interface,
  frame: Frame,
  source: Ip4,
  sourcePort: number,
  destination: Ip4,
  port: number,
): void {
  let last: Endpoint | null = null;
  for (let one = bucketOf(stack.udp, port); one !== null; one = one.next) {
    if (scoreOf(one, at, source, sourcePort, destination, port) < 0) continue;
    if (last !== null) {
      const copy = stack.world.copy(frame);
      if (copy !== null) deliver(last, copy);
    }
    last = one;
  }
  if (last === null) stack.world.drop('no-socket', frame);
  else deliver(last, frame);
}

/** An ICMP error about a datagram that a socket here sent. */
export function receiveError(stack: Stack, bytes: Uint8Array, quoted: number, end: number, error: StackError): void {
  const sender = senderOf(stack, bytes, quoted, end);
  if (sender !== null) Datagram.tell(sender, error);
}

/** The socket that sent the datagram that an ICMP message quotes, or null. */
export function senderOf(stack: Stack, bytes: Uint8Array, quoted: number, end: number): Endpoint | null {
  const header = quoted + Ipv4.headerLength(bytes, quoted);
  if (header + Udp.HEADER_LENGTH > end) return null;
  const local = Ipv4.source(bytes, quoted);
  const remote = Ipv4.destination(bytes, quoted);
  const localPort = readU16(bytes, header);
  const remotePort = readU16(bytes, header + 2);
  for (let one = bucketOf(stack.udp, localPort); one !== null; one = one.next) {
    if (one.localPort !== localPort || (one.local !== Ip.ANY && one.local !== local)) continue;
    if (one.connected && (one.remote !== remote || (one.remotePort !== 0 && one.remotePort !== remotePort))) continue;
    return one;
  }
  return null;
}

// The table.

function bucketOf(table: EndpointTable, port: number): Endpoint | null {
  return table.buckets[port & (table.buckets.length - 1)] ?? null;
}

function insert(table: EndpointTable, endpoint: Endpoint): void {
  if (table.buckets === NO_ENDPOINTS) table.buckets = [null, null, null, null];
  else if (table.count >= table.buckets.length * 2 && table.buckets.length < 65_536) grow(table);
  push(table, endpoint);
  table.count++;
}

function push(table: EndpointTable, endpoint: Endpoint): void {
  const bucket = endpoint.localPort & (table.buckets.length - 1);
  endpoint.next = table.buckets[bucket] ?? null;
  table.buckets[bucket] = endpoint;
}

function grow(table: EndpointTable): void {
  const old = table.buckets;
  table.buckets = new Array<Endpoint | null>(old.length * 4).fill(null);
  for (const head of old) {
    for (let one = head; one !== null;) {
      const { next } = one;
      push(table, one);
      one = next;
    }
  }
}

function remove(table: EndpointTable, endpoint: Endpoint): void {
  const bucket = endpoint.localPort & (table.buckets.length - 1);
  let before: Endpoint | null = null;
  for (let one = table.buckets[bucket] ?? null; one !== null; before = one, one = one.next) {
    if (one !== endpoint) continue;
    if (before === null) table.buckets[bucket] = one.next;
    else before.next = one.next;
    one.next = null;
    table.count--;
    return;
  }
}

/** Taken: by a socket on the same address, or one of the two takes every address, on interfaces that may be the same. */
function isTaken(endpoint: Endpoint, ip: Ip4, port: number): boolean {
  for (let one = bucketOf(endpoint.stack.udp, port); one !== null; one = one.next) {
    if (one.localPort !== port) continue;
    const sameAddress = one.local === ip || one.local === Ip.ANY || ip === Ip.ANY;
    const sameInterface = one.bound === endpoint.bound || one.bound === null || endpoint.bound === null;
    if (sameAddress && sameInterface) return true;
  }
  return false;
}

function bindEphemeral(endpoint: Endpoint): StackError | null {
  const port = freePort(endpoint, endpoint.local);
  if (port === null) return 'EADDRINUSE';
  endpoint.localPort = port;
  endpoint.boundPort = false;
  insert(endpoint.stack.udp, endpoint);
  return null;
}

/** RFC 6056 §3.3.1: a random port of the range, and from there the next free one. */
function freePort(endpoint: Endpoint, ip: Ip4): number | null {
  const size = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
  const start = Math.floor(endpoint.stack.world.random() * size);
  for (let i = 0; i < size; i++) {
    const port = FIRST_EPHEMERAL + ((start + i) % size);
    if (!isTaken(endpoint, ip, port)) return port;
  }
  return null;
}
