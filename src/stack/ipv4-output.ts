/**
 * A finished datagram goes out: by which route, from which address, in how many pieces, to which neighbour.
 * RFC 1122 §3.3.1 (routing), §3.3.3 (fragmentation); RFC 791 §3.2 (the procedure); RFC 1112 §6.4 (multicast).
 */
import { charge } from '../sim/frame.ts';
import type { Frame } from '../sim/frame.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Mac from '../wire/mac.ts';
import * as Arp from './arp.ts';
import { onLinkRoute, selectAddress } from './interface.ts';
import type { Interface } from './interface.ts';
import { deliver, IP } from './ipv4-input.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as Multipath from './multipath.ts';
import * as Neighbors from './neighbors.ts';
import type { Neighbor } from './neighbors.ts';
import { redirected } from './path-mtu.ts';
import * as Routes from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';

/**
 * The route for a datagram made here, or null. A socket bound to an interface may reach anything on that link even
 * without a route, as on Linux; a group or limited broadcast address goes where the source address lives.
 */
export function routeFrom(stack: Stack, source: Ip4, destination: Ip4, bound: Interface | null): Route | null {
  const isGroup = destination === Ip.BROADCAST || Ip.isMulticast(destination);
  if (bound !== null) {
    if (!bound.up) return null;
    if (isGroup) return onLinkRoute(bound);
    return Routes.lookUpBound(stack, destination, bound) ?? onLinkRoute(bound);
  }
  if (isGroup && source !== Ip.ANY && !Ip.isLoopback(source)) {
    const home = stack.interfaces.find((at) => at.up && at.addresses.some((one) => one.ip === source));
    if (home !== undefined) return onLinkRoute(home);
  }
  return Multipath.lookUp(stack, source, destination);
}

/** RFC 1122 §3.3.4.3: the source address for a destination, unless the program chose one. */
export function sourceFor(stack: Stack, route: Route, destination: Ip4): Ip4 {
  if (route.type === 'local') return destination;
  if (route.source !== Ip.ANY) return route.source;
  if (route.interface === null) return Ip.ANY;
  return selectAddress(stack, route.interface, route.gateway === Ip.ANY ? destination : route.gateway);
}

/** The interface that datagrams by this route leave by; own addresses are reached over lo. */
export function exitOf(stack: Stack, route: Route): Interface {
  return route.type === 'local' ? stack.interfaces[0]! : route.interface!;
}

/** The next identification for a datagram that may be fragmented (RFC 6864 §4.3). */
export function nextIdentification(stack: Stack): number {
  stack.identification = (stack.identification + 1) & 0xffff;
  return stack.identification;
}

/** Sends a datagram by a route that leads somewhere, in pieces of at most `mtu` octets. Gives the frame away. */
export function transmit(stack: Stack, route: Route, frame: Frame, mtu: number): void {
  if (frame.length - IP > mtu) fragment(stack, route, frame, mtu);
  else transmitPiece(stack, route, frame);
}

function transmitPiece(stack: Stack, route: Route, frame: Frame): void {
  const at = exitOf(stack, route);
  if (!at.up) return stack.world.drop('interface-down', frame);
  if (at.loopback) {
    Ethernet.write(frame.bytes, 0, Mac.ZERO, Mac.ZERO, Ethernet.Type.Ipv4);
    return stack.world.transmit(at.port, frame);
  }
  const destination = Ipv4.destination(frame.bytes, IP);
  if (route.type === 'broadcast' || destination === Ip.BROADCAST) {
    Ethernet.write(frame.bytes, 0, Mac.BROADCAST, at.mac, Ethernet.Type.Ipv4);
    loopBack(stack, at, frame);
    return stack.world.transmit(at.port, frame);
  }
  if (Ip.isMulticast(destination)) {
    // RFC 1112 §6.1: a TTL of 0 keeps it in this host.
    if (Ipv4.timeToLive(frame.bytes, IP) === 0) return stack.world.drop('ttl-expired', frame);
    Ethernet.write(frame.bytes, 0, Mac.fromMulticast(destination), at.mac, Ethernet.Type.Ipv4);
    if (at.groups.has(destination)) loopBack(stack, at, frame);
    return stack.world.transmit(at.port, frame);
  }
  const neighbor = neighborFor(stack, route, at, destination);
  if (neighbor === null) return stack.world.drop('neighbor-table-full', frame);
  Arp.sendTo(stack, neighbor, frame);
}

/** The neighbour a datagram goes to first: the destination, the route's gateway, or one that a redirect named. */
export function neighborFor(stack: Stack, route: Route, at: Interface, destination: Ip4): Neighbor | null {
  const better = redirected(stack, destination, route);
  if (better !== null) return Neighbors.lookUpOrCreate(stack, at, better);
  if (route.gateway === Ip.ANY) return Neighbors.lookUpOrCreate(stack, at, destination);
  if (route.neighbor === null || route.neighbor.removed) {
    route.neighbor = Neighbors.lookUpOrCreate(stack, at, route.gateway);
  }
  return route.neighbor;
}

/** What a host broadcasts it hears itself too (RFC 1122 §3.3.6 leaves it open; Linux does). */
function loopBack(stack: Stack, at: Interface, frame: Frame): void {
  const own = stack.world.copy(frame);
  if (own === null) return;
  stack.world.after(0, receiveOwn, { stack, at, frame: own }, 0);
}

function receiveOwn({ stack, at, frame }: { stack: Stack; at: Interface; frame: Frame }): void {
  deliver(stack, at, frame, true);
}

/** RFC 791 §3.2. Each piece keeps the packet's id and counts against the same send buffer. */
function fragment(stack: Stack, route: Route, frame: Frame, mtu: number): void {
  const { bytes } = frame;
  const header = Ipv4.headerLength(bytes, IP);
  const most = (mtu - header) & ~7;
  const firstOffset = Ipv4.fragmentOffset(bytes, IP);
  const isLastOfAll = !Ipv4.moreFragments(bytes, IP);
  const flags = Ipv4.flagsAndFragmentOffset(bytes, IP) & Ipv4.Flag.DontFragment;
  const end = frame.length;
  if (most <= 0) return stack.world.drop('exceeds-mtu', frame);
  for (let from = IP + header; from < end; from += most) {
    const length = Math.min(most, end - from);
    const piece = stack.world.newPart(frame, IP + header + length);
    copyBytes(bytes, 0, piece.bytes, 0, IP + header);
    copyBytes(bytes, from, piece.bytes, IP + header, length);
    // RFC 791 §3.1: options without the copied flag stay in the first fragment.
    if (from > IP + header && header > Ipv4.MIN_HEADER_LENGTH) Ipv4Options.blankUncopied(piece);
    const more = from + length < end || !isLastOfAll;
    const offset = firstOffset + from - IP - header;
    Ipv4.setTotalLength(piece.bytes, IP, header + length);
    Ipv4.setFlagsAndFragmentOffset(piece.bytes, IP, flags | (more ? Ipv4.Flag.MoreFragments : 0) | (offset >>> 3));
    Ipv4.updateChecksum(piece.bytes, IP);
    if (frame.charge !== null) charge(piece, frame.charge);
    transmitPiece(stack, route, piece);
  }
  stack.world.consume(frame);
}
