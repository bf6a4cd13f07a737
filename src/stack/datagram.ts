/**
 * What UDP and raw sockets have in common on the way out: which route, which source address, may it be sent, how long
 * may it be; and then the IP header. RFC 1122 §3.3, §4.1; ip(7), udp(7), raw(7).
 */
import { charge } from '../sim/frame.ts';
import type { Frame } from '../sim/frame.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import { fail, makeSendRoom, takeReceived } from './endpoint.ts';
import type { Endpoint, StackError } from './endpoint.ts';
import { isLocal } from './interface.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as Ipv4Output from './ipv4-output.ts';
import { isTooSmall, pathMtu } from './path-mtu.ts';
import * as Routes from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';

/** Own addresses, and those that many share: a socket may listen on a broadcast or group address. */
export function mayBindTo(stack: Stack, ip: Ip4): boolean {
  if (ip === Ip.ANY || ip === Ip.BROADCAST || Ip.isMulticast(ip)) return true;
  const type = Routes.lookUp(stack, ip)?.type;
  return type === 'local' || type === 'broadcast';
}

/** Whom 0.0.0.0 means, as on Linux: this host. */
export function addressee(endpoint: Endpoint, ip: Ip4): Ip4 {
  if (ip !== Ip.ANY) return ip;
  return isLocal(endpoint.stack, endpoint.local) ? endpoint.local : Ip.LOOPBACK;
}

/** Fixes the peer's address, and the own one where it is not bound. */
export function connect(endpoint: Endpoint, ip: Ip4): StackError | null {
  const { stack } = endpoint;
  const destination = addressee(endpoint, ip);
  const route = routeFor(endpoint, destination);
  if (typeof route === 'string') return route;
  endpoint.remote = destination;
  endpoint.connected = true;
  if (!endpoint.boundAddress) endpoint.local = Ipv4Output.sourceFor(stack, route, destination);
  return null;
}

export function disconnect(endpoint: Endpoint): void {
  endpoint.connected = false;
  endpoint.remote = Ip.ANY;
  endpoint.remotePort = 0;
  if (!endpoint.boundAddress) endpoint.local = Ip.ANY;
}

/** Drops what nobody will read any more. */
export function drain(endpoint: Endpoint): void {
  for (let frame = takeReceived(endpoint); frame !== undefined; frame = takeReceived(endpoint)) {
    endpoint.stack.world.drop('no-socket', frame);
  }
}

/**
 * Tells a connected socket what became of a datagram that it sent; another would not know which one. Unlike Linux it
 * hears of soft errors too, without an option (RFC 1122 §4.1.3.3). A path MTU that was learnt is no news to who lets the
 * host fragment (ip(7), IP_MTU_DISCOVER).
 */
export function tell(endpoint: Endpoint, error: StackError): void {
  const isNews = error !== 'EMSGSIZE' || endpoint.pathMtuDiscovery === 'do' || endpoint.pathMtuDiscovery === 'probe';
  if (endpoint.connected && isNews) fail(endpoint, error);
}

/** The way to a destination, or why there is none for this socket. */
export function routeFor(endpoint: Endpoint, destination: Ip4): Route | StackError {
  const { stack } = endpoint;
  const route = Ipv4Output.routeFrom(stack, endpoint.local, destination, endpoint.bound);
  if (route === null) return 'ENETUNREACH';
  switch (route.type) {
    // As Linux's fib_props.
    case 'unreachable':
      return 'EHOSTUNREACH';
    case 'prohibit':
      return 'EACCES';
    case 'blackhole':
      return 'EINVAL';
    case 'broadcast':
      return endpoint.broadcast ? route : 'EACCES';
    case 'local':
      return route;
    case 'unicast':
      // RFC 1122 §3.2.1.3 (g): 127/8 must not appear outside a host, not as a source either.
      if (Ip.isLoopback(endpoint.local)) return 'EINVAL';
      return destination === Ip.BROADCAST && !endpoint.broadcast ? 'EACCES' : route;
  }
}

/** A frame with its IP header written, for `length` octets behind it that the caller fills; or why not. */
export function allocate(endpoint: Endpoint, route: Route, destination: Ip4, length: number): Frame | StackError {
  const { stack, options } = endpoint;
  const header = Ipv4.MIN_HEADER_LENGTH + (options?.length ?? 0);
  const total = header + length;
  if (total > Ipv4.MAX_LENGTH) return 'EMSGSIZE';
  const out = Ipv4Output.exitOf(stack, route);
  const isLong = total > mtuFor(endpoint, route, destination);
  const mode =
    stack.settings.ip_no_pmtu_disc !== 0 && endpoint.pathMtuDiscovery === 'want' ? 'dont' : endpoint.pathMtuDiscovery;
  if (isLong && (mode === 'do' || mode === 'probe')) return 'EMSGSIZE';
  if (!makeSendRoom(endpoint)) return 'EAGAIN';

  const dontFragment = mode !== 'dont' && !isLong && !(mode === 'want' && isTooSmall(stack, destination));
  const source =
    endpoint.local !== Ip.ANY && isLocal(stack, endpoint.local)
      ? endpoint.local
      : Ipv4Output.sourceFor(stack, route, destination);
  const isGroup = Ip.isMulticast(destination);
  const frame = stack.world.newFrame(IP + total);
  charge(frame, endpoint.send);
  Ethernet.write(frame.bytes, 0, out.mac, out.mac, Ethernet.Type.Ipv4);
  Ipv4.writeHeader(
    frame.bytes,
    IP,
    header,
    endpoint.typeOfService,
    total,
    // RFC 6864 §4.1: what is never fragmented needs no identification.
    dontFragment ? 0 : Ipv4Output.nextIdentification(stack),
    dontFragment ? Ipv4.Flag.DontFragment : 0,
    // RFC 1112 §6.1: multicast stays on the link unless asked otherwise.
    endpoint.timeToLive !== 0 ? endpoint.timeToLive : isGroup ? 1 : stack.settings.ip_default_ttl,
    endpoint.protocol,
    source,
    destination,
  );
  if (options !== null) {
    copyBytes(options, 0, frame.bytes, IP + Ipv4.MIN_HEADER_LENGTH, options.length);
    Ipv4Options.stampOwn(stack, frame, source);
  }
  Ipv4.updateChecksum(frame.bytes, IP);
  return frame;
}

/** Sends a datagram that `allocate` made. */
export function transmit(endpoint: Endpoint, route: Route, destination: Ip4, frame: Frame): void {
  Ipv4Output.transmit(endpoint.stack, route, frame, mtuFor(endpoint, route, destination));
}

/** Octets that may go in one piece: the path's MTU where the socket heeds it, never more than the interface's. */
export function mtuFor(endpoint: Endpoint, route: Route, destination: Ip4): number {
  const { stack } = endpoint;
  const { mtu } = Ipv4Output.exitOf(stack, route);
  if (endpoint.pathMtuDiscovery === 'probe') return mtu;
  return Math.min(mtu, pathMtu(stack, destination) ?? mtu);
}
