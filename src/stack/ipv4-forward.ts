/**
 * Passing a datagram on. RFC 1812 §5.2, §5.3; the order of the checks is Linux's net/ipv4/ip_forward.c.
 * Unlike RFC 3927 §2.7 and like Linux: link-local addresses are passed on.
 */
import type { Frame } from '../sim/frame.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as IcmpError from './icmp-error.ts';
import { isOnLink } from './interface.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as Ipv4Output from './ipv4-output.ts';
import * as Multipath from './multipath.ts';
import { pathMtu } from './path-mtu.ts';
import * as RateLimit from './rate-limit.ts';
import * as Routes from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';
import { either } from './sysctl.ts';

export function forward(stack: Stack, at: Interface, frame: Frame, route: Route): void {
  const { bytes } = frame;
  // RFC 1122 §3.3.1.1: a host passes nothing on.
  if (at.settings.forwarding === 0) return stack.world.drop('not-a-router', frame);
  const hasOptions = Ipv4.headerLength(bytes, IP) > Ipv4.MIN_HEADER_LENGTH;
  const stamped = hasOptions ? Ipv4Options.arrive(stack, at, frame) : 0;
  if (stamped === Ipv4Options.DROPPED) return;
  if (hasOptions && !Ipv4Options.mayPass(stack, at, frame)) return;
  // RFC 1812 §5.3.4: nothing that the link broadcast.
  if (Ethernet.isGroup(bytes, 0)) return stack.world.drop('link-broadcast', frame);
  const way = route.paths === null ? route : Multipath.chooseFor(stack, route.paths, frame);
  passOn(stack, at, frame, way, hasOptions, stamped, false);
}

/**
 * A datagram that had this host as a stop of its source route, and has a next one. Unlike RFC 1812 §5.2.7.1 and like
 * Linux: no error says that there is no way to that one.
 */
export function forwardSourceRouted(stack: Stack, at: Interface, frame: Frame, stamped: number): void {
  const next = Ipv4Options.nextStop(frame);
  const isOneHost = next !== Ip.BROADCAST && !Ip.isMulticast(next);
  const route = isOneHost ? Multipath.lookUp(stack, Ipv4.source(frame.bytes, IP), next) : null;
  if (at.settings.forwarding === 0 || route === null || route.type !== 'unicast') {
    return stack.world.drop('source-route', frame);
  }
  passOn(stack, at, frame, route, true, stamped, true);
}

/** `isStop`: this host is a stop of its source route. */
function passOn(
  stack: Stack,
  at: Interface,
  frame: Frame,
  route: Route,
  hasOptions: boolean,
  stamped: number,
  isStop: boolean,
): void {
  const { bytes } = frame;
  const out = route.interface!;
  // RFC 1812 §5.3.1.
  if (Ipv4.timeToLive(bytes, IP) <= 1) {
    IcmpError.send(stack, at, frame, Icmp.Type.TimeExceeded, Icmp.TimeExceededCode.InTransit, 0);
    return stack.world.drop('ttl-expired', frame);
  }
  // RFC 791: a strict route goes from stop to stop with nobody between.
  if (isStop && route.gateway !== Ip.ANY && Ipv4Options.isStrictlyRouted(frame)) {
    IcmpError.send(stack, at, frame, Icmp.Type.DestinationUnreachable, Icmp.UnreachableCode.SourceRouteFailed, 0);
    return stack.world.drop('source-route', frame);
  }
  const mtu = forwardMtu(stack, frame, out);
  // RFC 1812 §5.2.7.1, RFC 1191 §4: the MTU of the next hop goes into the message.
  if (frame.length - IP > mtu && Ipv4.dontFragment(bytes, IP)) {
    const rest = Icmp.restOfFragmentationNeeded(mtu);
    IcmpError.send(stack, at, frame, Icmp.Type.DestinationUnreachable, Icmp.UnreachableCode.FragmentationNeeded, rest);
    return stack.world.drop('would-fragment', frame);
  }

  Ipv4.decrementTimeToLive(bytes, IP);
  if (out === at && shouldRedirect(stack, at, frame, route)) sendRedirect(stack, at, frame, route);
  if (hasOptions) Ipv4Options.stampTransit(stack, route, frame, stamped, isStop);
  Ipv4Output.transmit(stack, route, frame, mtu);
}

/** Linux's ip_forward_use_pmtu: what was learnt may be forged, so it counts only if asked for. */
function forwardMtu(stack: Stack, frame: Frame, out: Interface): number {
  if (stack.settings.ip_forward_use_pmtu === 0) return out.mtu;
  return Math.min(out.mtu, pathMtu(stack, Ipv4.destination(frame.bytes, IP)) ?? out.mtu);
}

/**
 * RFC 1812 §5.2.7.2: the datagram leaves by the interface it came in by, its sender is on that link and could have
 * used the next hop itself; and it is not source-routed.
 */
function shouldRedirect(stack: Stack, at: Interface, frame: Frame, route: Route): boolean {
  if (!either(stack, at, 'send_redirects') || Ipv4Options.isSourceRouted(frame)) return false;
  const source = Ipv4.source(frame.bytes, IP);
  const back = Routes.lookUp(stack, source);
  if (back === null || back.type !== 'unicast' || back.interface !== at || back.gateway !== Ip.ANY) {
    return false;
  }
  if (either(stack, at, 'shared_media')) return true;
  return isOnLink(at, source) && (route.gateway === Ip.ANY || isOnLink(at, route.gateway));
}

function sendRedirect(stack: Stack, at: Interface, frame: Frame, route: Route): void {
  if (!RateLimit.allowRedirect(stack, Ipv4.source(frame.bytes, IP))) return;
  const rest = Icmp.restOfRedirect(nextHop(frame, route));
  IcmpError.send(stack, at, frame, Icmp.Type.Redirect, Icmp.RedirectCode.Host, rest);
}

function nextHop(frame: Frame, route: Route): Ip4 {
  return route.gateway === Ip.ANY ? Ipv4.destination(frame.bytes, IP) : route.gateway;
}
