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
import { createEndpoint, deliver as deliverTo, fail } from './endpoint.ts';
import type { Endpoint, StackError } from './endpoint.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Output from './ipv4-output.ts';
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
  const destination = ip === Ip.ANY ? Ip.LOOPBACK : ip;
  const route = Datagram.routeFor(endpoint, destination);
  if (typeof route === 'string') return route;
  if (endpoint.headerIncluded && length < Ipv4.MIN_HEADER_LENGTH) return 'EINVAL';
  const behind = endpoint.headerIncluded ? length - Ipv4.MIN_HEADER_LENGTH : length;
  const frame = Datagram.allocate(endpoint, route, destination, behind);
  if (typeof frame === 'string') return frame;
  if (endpoint.headerIncluded) {
    const failure = takeHeader(endpoint, frame, data, at, length);
    if (failure !== null) {
      endpoint.stack.world.consume(frame);
      return failure;
    }
  } else {
    copyBytes(data, at, frame.bytes, IP + Ipv4.headerLength(frame.bytes, IP), length);
  }
  Datagram.transmit(endpoint, route, destination, frame);
  return null;
}

/** raw(7), IP_HDRINCL: total length and checksum are always filled in, source and identification where they are 0. */
function takeHeader(endpoint: Endpoint, frame: Frame, data: Uint8Array, at: number, length: number): StackError | null {
  const { bytes } = frame;
  const source = Ipv4.source(bytes, IP);
  const header = (readU8(data, at) & 15) << 2;
  if (header < Ipv4.MIN_HEADER_LENGTH || header > length) return 'EINVAL';
  copyBytes(data, at, bytes, IP, length);
  frame.length = IP + length;
  Ipv4.setTotalLength(bytes, IP, length);
  if (Ipv4.source(bytes, IP) === Ip.ANY) Ipv4.setSource(bytes, IP, source);
  if (Ipv4.identification(bytes, IP) === 0) {
    Ipv4.setIdentification(bytes, IP, Ipv4Output.nextIdentification(endpoint.stack));
  }
  Ipv4.updateChecksum(bytes, IP);
  return null;
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

/** An ICMP error about a datagram that a connected raw socket sent; false when none did. */
export function receiveError(stack: Stack, bytes: Uint8Array, quoted: number, error: StackError): boolean {
  const protocol = Ipv4.protocol(bytes, quoted);
  const local = Ipv4.source(bytes, quoted);
  const remote = Ipv4.destination(bytes, quoted);
  let found = false;
  for (const one of stack.raw) {
    if (one.protocol !== protocol || (one.local !== Ip.ANY && one.local !== local)) continue;
    if (one.connected && one.remote !== remote) continue;
    found = true;
    const isNews = error !== 'EMSGSIZE' || one.pathMtuDiscovery === 'do' || one.pathMtuDiscovery === 'probe';
    if (one.connected && isNews) fail(one, error);
  }
  return found;
}
