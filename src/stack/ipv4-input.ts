/**
 * A datagram comes in: is it sound, may its addresses be, is it for us, whom does it go to.
 * RFC 791; RFC 1122 §3.2.1; RFC 1812 §4.2.2, §5.2, §5.3.7; the order of the checks is Linux's ip_input.c and route.c.
 */
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as IcmpFormat from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Icmp from './icmp.ts';
import * as IcmpError from './icmp-error.ts';
import { isOwnAddress } from './interface.ts';
import type { Interface } from './interface.ts';
import * as Ipv4Forward from './ipv4-forward.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as RateLimit from './rate-limit.ts';
import * as Raw from './raw.ts';
import * as Reassembly from './reassembly.ts';
import * as Routes from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';
import { both, either } from './sysctl.ts';
import * as Tcp from './tcp.ts';
import * as Udp from './udp.ts';

/** Where the IP header starts in every frame the stack handles. */
export const IP = Ethernet.HEADER_LENGTH;

export function receive(stack: Stack, at: Interface, frame: Frame): void {
  const { bytes } = frame;
  const malformed = Ipv4.check(bytes, IP, frame.length);
  if (malformed !== null) return stack.world.drop(malformed, frame);
  // What is behind the datagram is the link's padding.
  frame.length = IP + Ipv4.totalLength(bytes, IP);

  const source = Ipv4.source(bytes, IP);
  const destination = Ipv4.destination(bytes, IP);
  // Most datagrams are of the same flow as the one before, and nothing that its way followed from has changed.
  if (source === at.lastSource && destination === at.lastDestination && stack.generation === at.lastGeneration) {
    return takeBy(stack, at, frame, at.lastRoute!);
  }
  // What comes by lo was checked when it was sent.
  if (!at.loopback) {
    const martian = judgeAddresses(stack, at, source, destination);
    if (martian !== null) {
      // Linux calls a source that fails the reverse-path check a martian too.
      if (martian !== 'martian-destination' && either(stack, at, 'log_martians')) {
        stack.report(stack, { what: 'martian-source', interface: at, source, destination });
      }
      return stack.world.drop(martian, frame);
    }
  }

  if (destination === Ip.BROADCAST || (source === Ip.ANY && destination === Ip.ANY)) {
    return acceptBroadcast(stack, at, frame);
  }
  if (Ip.isMulticast(destination)) return acceptMulticast(stack, at, frame);

  const route = Routes.lookUp(stack, destination);
  if (route === null) return refuse(stack, at, frame, 'no-route', IcmpFormat.UnreachableCode.Net);
  at.lastSource = source;
  at.lastDestination = destination;
  at.lastGeneration = stack.generation;
  at.lastRoute = route;
  takeBy(stack, at, frame, route);
}

/** The route to a datagram's destination says what becomes of it. */
function takeBy(stack: Stack, at: Interface, frame: Frame, route: Route): void {
  switch (route.type) {
    case 'local':
      return acceptUnicast(stack, at, frame);
    case 'broadcast':
      // RFC 2644: a directed broadcast ends at the router it reaches, unless told otherwise.
      if (route.interface !== at && both(stack, at, 'bc_forwarding'))
        return Ipv4Forward.forward(stack, at, frame, route);
      return acceptBroadcast(stack, at, frame);
    case 'unicast':
      return Ipv4Forward.forward(stack, at, frame, route);
    case 'unreachable':
      return refuse(stack, at, frame, 'unreachable', IcmpFormat.UnreachableCode.Host);
    case 'prohibit':
      return refuse(stack, at, frame, 'prohibited', IcmpFormat.UnreachableCode.CommunicationProhibited);
    case 'blackhole':
      return stack.world.drop('blackhole', frame);
  }
}

/** RFC 1122 §3.2.1.3, RFC 1812 §5.3.7: addresses that cannot come from, or go over, a link. Linux's ip_route_input. */
export function judgeAddresses(stack: Stack, at: Interface, source: Ip4, destination: Ip4): DropReason | null {
  if (Ip.isMulticast(source) || source === Ip.BROADCAST) return 'martian-source';
  if (Ip.isThisNetwork(source)) return isForUnnumbered(source, destination) ? null : 'martian-source';
  if (Ip.isThisNetwork(destination)) return 'martian-destination';
  if (Ip.isLoopback(source) || Ip.isLoopback(destination)) {
    if (!either(stack, at, 'route_localnet')) {
      return Ip.isLoopback(destination) ? 'martian-destination' : 'martian-source';
    }
  }
  if (isOwnAddress(stack, source) && !either(stack, at, 'accept_local')) return 'martian-source';
  // `larger`, written out: every datagram asks.
  const filter = Math.max(stack.allInterfaces.rp_filter, at.settings.rp_filter);
  return filter > 0 && !isReversePath(stack, at, source, filter) ? 'reverse-path' : null;
}

/** RFC 1122 §3.2.1.3 (a), (b): who does not know its address yet may speak to all on the link. */
function isForUnnumbered(source: Ip4, destination: Ip4): boolean {
  if (destination === Ip.BROADCAST || Ip.isLocalMulticast(destination)) return true;
  return source === Ip.ANY && destination === Ip.ANY;
}

/** RFC 3704 §2.2 (strict, 1) and §2.4 (loose, 2). */
function isReversePath(stack: Stack, at: Interface, source: Ip4, filter: number): boolean {
  const way = Routes.lookUp(stack, source);
  if (way === null) return false;
  if (way.type === 'local') return true;
  return way.type === 'unicast' && (filter === 2 || Routes.leadsBy(way, at));
}

/** A router says why it cannot pass the datagram on; a host keeps quiet (RFC 1122 §3.2.1.3, §3.3.1.1). */
function refuse(stack: Stack, at: Interface, frame: Frame, reason: DropReason, code: number): void {
  if (at.settings.forwarding === 0) return stack.world.drop(at.loopback ? reason : 'not-a-router', frame);
  if (hasOptions(frame)) {
    if (Ipv4Options.arrive(stack, at, frame) === Ipv4Options.DROPPED) return;
    if (Ipv4Options.isSourceRouted(frame)) return stack.world.drop('source-route', frame);
  }
  if (RateLimit.allowRouteError(stack, Ipv4.source(frame.bytes, IP))) {
    IcmpError.send(stack, at, frame, IcmpFormat.Type.DestinationUnreachable, code, 0);
  }
  stack.world.drop(reason, frame);
}

function acceptUnicast(stack: Stack, at: Interface, frame: Frame): void {
  // RFC 1122 §3.3.6: who broadcasts on the link should not address one host.
  if (Ethernet.isGroup(frame.bytes, 0) && either(stack, at, 'drop_unicast_in_l2_multicast')) {
    return stack.world.drop('link-broadcast', frame);
  }
  if (hasOptions(frame)) {
    const stamped = Ipv4Options.arrive(stack, at, frame);
    if (stamped === Ipv4Options.DROPPED) return;
    const next = Ipv4Options.takeStop(stack, at, frame);
    if (next === 'dropped') return;
    if (next === 'onwards') return Ipv4Forward.forwardSourceRouted(stack, at, frame, stamped);
  }
  deliver(stack, at, frame, false);
}

function acceptBroadcast(stack: Stack, at: Interface, frame: Frame): void {
  if (hasOptions(frame)) {
    if (Ipv4Options.arrive(stack, at, frame) === Ipv4Options.DROPPED) return;
    // Linux's ip_options_rcv_srr: a stop is one host.
    if (Ipv4Options.isSourceRouted(frame)) return stack.world.drop('source-route', frame);
  }
  deliver(stack, at, frame, true);
}

function acceptMulticast(stack: Stack, at: Interface, frame: Frame): void {
  if (!at.groups.has(Ipv4.destination(frame.bytes, IP))) {
    return stack.world.drop(at.settings.forwarding === 0 ? 'not-a-member' : 'multicast-routing', frame);
  }
  acceptBroadcast(stack, at, frame);
}

function hasOptions(frame: Frame): boolean {
  return Ipv4.headerLength(frame.bytes, IP) > Ipv4.MIN_HEADER_LENGTH;
}

/**
 * The datagram is for this host, alone or among many: put it together if it is in pieces, and give it to its protocol.
 */
export function deliver(stack: Stack, at: Interface, frame: Frame, toMany: boolean): void {
  const whole = Ipv4.isFragment(frame.bytes, IP) ? Reassembly.receive(stack, at, frame) : frame;
  if (whole === null) return;
  const protocol = Ipv4.protocol(whole.bytes, IP);
  const taken = Raw.deliver(stack, at, whole);
  switch (protocol) {
    case Ipv4.Protocol.Icmp:
      return Icmp.receive(stack, at, whole, taken);
    case Ipv4.Protocol.Udp:
      return Udp.receive(stack, at, whole, toMany);
    case Ipv4.Protocol.Tcp:
      return Tcp.receive(stack, at, whole);
    case Ipv4.Protocol.Igmp:
      // Linux takes part in IGMP; a host that is in no group but all-hosts has nothing to say (RFC 2236 §6).
      return taken ? stack.world.consume(whole) : stack.world.drop('no-protocol', whole);
    default:
      if (taken) return stack.world.consume(whole);
      // RFC 1122 §3.2.2.1.
      IcmpError.send(stack, at, whole, IcmpFormat.Type.DestinationUnreachable, IcmpFormat.UnreachableCode.Protocol, 0);
      return stack.world.drop('no-protocol', whole);
  }
}
