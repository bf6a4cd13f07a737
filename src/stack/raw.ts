/**
 * Raw sockets: a program sees every datagram of a protocol, with its IP header, and sends what it likes. raw(7).
 * RFC 1122 §3.2.2 wants ICMP messages passed up; ping and traceroute live on it.
 */
import type { Frame } from '../sim/frame.ts';
import { copyBytes, readU8 } from '../wire/bytes.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Datagram from './datagram.ts';
import { createEndpoint, deliver as deliverTo } from './endpoint.ts';
import type { Endpoint, StackError } from './endpoint.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Output from './ipv4-output.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';

export function open(stack: Stack, protocol: number, changed: (endpoint: Endpoint) => void): Endpoint {
  const endpoint = createEndpoint(stack, protocol, true, changed);
  stack.raw.push(endpoint);
  return endpoint;
}

/** EADDRNOTAVAIL: no interface has the address. */
export function bind(endpoint: Endpoint, ip: Ip4): StackError | null {
  if (!Datagram.mayBindTo(endpoint.stack, ip)) return 'EADDRNOTAVAIL';
  endpoint.local = ip;
  endpoint.boundAddress = ip !== Ip.ANY;
  return null;
}

/** Fixes the peer; errors as for UDP. */
export function connect(endpoint: Endpoint, ip: Ip4): StackError | null {
  return Datagram.connect(endpoint, ip);
}

export function disconnect(endpoint: Endpoint): void {
  Datagram.disconnect(endpoint);
}

export function close(endpoint: Endpoint): void {
  const place = endpoint.stack.raw.indexOf(endpoint);
  if (place !== -1) endpoint.stack.raw.splice(place, 1);
  Datagram.drain(endpoint);
}

/** Sends what stands behind the IP header, or, with `headerIncluded`, the header too; errors as for UDP's send. */
export function send(endpoint: Endpoint, data: Uint8Array, at: number, length: number, ip: Ip4): StackError | null {
  const destination = Datagram.addressee(endpoint, ip);
  const route = Datagram.routeFor(endpoint, destination);
  if (typeof route === 'string') return route;
  if (endpoint.headerIncluded) {
    const refused = checkHeader(endpoint, route, data, at, length);
    if (refused !== null) return refused;
  }
  const behind = endpoint.headerIncluded ? length - Ipv4.MIN_HEADER_LENGTH : length;
  const frame = Datagram.allocate(endpoint, route, destination, behind);
  if (typeof frame === 'string') return frame;
  if (endpoint.headerIncluded) takeHeader(endpoint, frame, data, at, length);
  else {
    copyBytes(data, at, frame.bytes, IP + Ipv4.headerLength(frame.bytes, IP), length);
  }
  Datagram.transmit(endpoint, route, destination, frame);
  return null;
}

/** Linux's raw_send_hdrinc: the header must fit, and such a datagram is not fragmented. */
function checkHeader(
  endpoint: Endpoint,
  route: Route,
  data: Uint8Array,
  at: number,
  length: number,
): StackError | null {
  if (length < Ipv4.MIN_HEADER_LENGTH) return 'EINVAL';
  const out = Ipv4Output.exitOf(endpoint.stack, route);
  if (length > out.mtu) return 'EMSGSIZE';
  const header = Ipv4.headerLength(data, at);
  if (header < Ipv4.MIN_HEADER_LENGTH || header > length) return 'EINVAL';
  // RFC 1122 §3.2.1.3 (g): 127/8 must not appear outside a host.
  const isLoopback = Ip.isLoopback(Ipv4.source(data, at)) || Ip.isLoopback(Ipv4.destination(data, at));
  return isLoopback && !out.loopback ? 'EINVAL' : null;
}

/** raw(7), IP_HDRINCL: total length and checksum are always filled in, source and identification where they are 0. */
function takeHeader(endpoint: Endpoint, frame: Frame, data: Uint8Array, at: number, length: number): void {
  const { bytes } = frame;
  const source = Ipv4.source(bytes, IP);
  copyBytes(data, at, bytes, IP, length);
  Ipv4.setTotalLength(bytes, IP, length);
  if (Ipv4.source(bytes, IP) === Ip.ANY) Ipv4.setSource(bytes, IP, source);
  if (Ipv4.identification(bytes, IP) === 0) {
    Ipv4.setIdentification(bytes, IP, Ipv4Output.nextIdentification(endpoint.stack));
  }
  Ipv4.updateChecksum(bytes, IP);
}

// The way in.

/** Gives every raw socket that wants it a copy; true if one did. The frame stays the caller's. */
export function deliver(stack: Stack, at: Interface, frame: Frame): boolean {
  if (stack.raw.length === 0) return false;
  const { bytes } = frame;
  const protocol = Ipv4.protocol(bytes, IP);
  const source = Ipv4.source(bytes, IP);
  const destination = Ipv4.destination(bytes, IP);
  let taken = false;
  for (const one of stack.raw) {
    if (one.protocol !== protocol) continue;
    if (one.connected && one.remote !== source) continue;
    if (one.local !== Ip.ANY && one.local !== destination) continue;
    if (one.bound !== null && one.bound !== at) continue;
    if (protocol === Ipv4.Protocol.Icmp && isFiltered(one, frame)) continue;
    const copy = stack.world.copy(frame);
    if (copy === null) continue;
    deliverTo(one, copy);
    taken = true;
  }
  return taken;
}

/** ICMP_FILTER: bit n set keeps type n away; types above 31 always pass, as in Linux. */
function isFiltered(endpoint: Endpoint, frame: Frame): boolean {
  const message = IP + Ipv4.headerLength(frame.bytes, IP);
  if (message >= frame.length) return true;
  const type = readU8(frame.bytes, message);
  return type < 32 && (endpoint.icmpFilter & (1 << type)) !== 0;
}

/** An ICMP error about a datagram that raw sockets here may have sent. */
export function receiveError(stack: Stack, bytes: Uint8Array, quoted: number, error: StackError): void {
  for (const one of stack.raw) if (maySend(one, bytes, quoted)) Datagram.tell(one, error);
}

/** Whether some raw socket may have sent the datagram that an ICMP message quotes. */
export function hasSender(stack: Stack, bytes: Uint8Array, quoted: number): boolean {
  for (const one of stack.raw) if (maySend(one, bytes, quoted)) return true;
  return false;
}

function maySend(endpoint: Endpoint, bytes: Uint8Array, quoted: number): boolean {
  if (endpoint.protocol !== Ipv4.protocol(bytes, quoted)) return false;
  if (endpoint.local !== Ip.ANY && endpoint.local !== Ipv4.source(bytes, quoted)) return false;
  return !endpoint.connected || endpoint.remote === Ipv4.destination(bytes, quoted);
}
