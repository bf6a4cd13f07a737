/**
 * ICMP messages that come in: queries are answered, errors are passed to the sockets they are about.
 * RFC 792; RFC 1122 §3.2.2; RFC 1191 (path MTU); RFC 1812 §4.3.3. Errors are made in stack/icmp-error.ts.
 * Not here: router discovery (RFC 1256) and address masks (RFC 950), which Linux does not answer either.
 */
import type { Frame } from '../sim/frame.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import type { StackError } from './endpoint.ts';
import { isLocal, isOnLink, selectAddress } from './interface.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as Ipv4Output from './ipv4-output.ts';
import { learnGateway, learnMtu, redirected } from './path-mtu.ts';
import * as Raw from './raw.ts';
import * as Routes from './routes.ts';
import type { Stack } from './stack.ts';
import { both, either } from './sysctl.ts';
import * as Udp from './udp.ts';

/** RFC 1191 §7.1: the plateaus to try when a router does not tell its MTU. */
const PLATEAUS = [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68] as const;

/** `taken`: a raw socket has got a copy. */
export function receive(stack: Stack, at: Interface, frame: Frame, taken: boolean): void {
  const { bytes } = frame;
  const message = IP + Ipv4.headerLength(bytes, IP);
  const malformed = Icmp.check(bytes, message, frame.length);
  if (malformed !== null) return stack.world.drop(malformed, frame);

  const type = Icmp.type(bytes, message);
  if (!isLocal(stack, Ipv4.destination(bytes, IP)) && !isAllowedToAll(stack, type)) {
    return stack.world.drop('icmp-broadcast', frame);
  }
  switch (type) {
    case Icmp.Type.Echo:
      if (stack.settings.icmp_echo_ignore_all !== 0) break;
      reply(stack, at, frame, Icmp.Type.EchoReply);
      return stack.world.consume(frame);
    case Icmp.Type.Timestamp:
      reply(stack, at, frame, Icmp.Type.TimestampReply);
      return stack.world.consume(frame);
    case Icmp.Type.DestinationUnreachable:
    case Icmp.Type.TimeExceeded:
    case Icmp.Type.ParameterProblem:
      if (receiveError(stack, frame, message)) return stack.world.consume(frame);
      break;
    case Icmp.Type.Redirect:
      if (receiveRedirect(stack, at, frame, message)) return stack.world.consume(frame);
      break;
  }
  if (taken) stack.world.consume(frame);
  else stack.world.drop('icmp-unhandled', frame);
}

/** RFC 1122 §3.2.2.6, §3.2.2.8: queries to a broadcast or multicast address may be left unanswered. */
function isAllowedToAll(stack: Stack, type: number): boolean {
  if (type === Icmp.Type.Echo || type === Icmp.Type.Timestamp) return stack.settings.icmp_echo_ignore_broadcasts === 0;
  return type === Icmp.Type.AddressMaskRequest || type === Icmp.Type.AddressMaskReply;
}

/** RFC 1122 §3.2.2.6: source and destination change places, data and options come back, all else is new. */
function reply(stack: Stack, at: Interface, request: Frame, type: number): void {
  const asker = Ipv4.source(request.bytes, IP);
  const asked = Ipv4.destination(request.bytes, IP);
  const source = isLocal(stack, asked) ? asked : selectAddress(stack, at, asker);
  const options = Ipv4Options.reversed(request);
  const destination = Ipv4Options.firstStop(request) ?? asker;
  const route = Routes.lookUp(stack, destination);
  if (route === null || (route.type !== 'unicast' && route.type !== 'local')) return;

  const from = IP + Ipv4.headerLength(request.bytes, IP);
  const header = Ipv4.MIN_HEADER_LENGTH + (options?.length ?? 0);
  const length = header + request.length - from;
  if (length > Ipv4.MAX_LENGTH) return;
  const frame = stack.world.newFrame(IP + length);
  const message = IP + header;
  copyBytes(request.bytes, from, frame.bytes, message, request.length - from);
  Icmp.setType(frame.bytes, message, type);
  if (type === Icmp.Type.TimestampReply) {
    const time = Ipv4Options.timestamp(stack);
    const originate = Icmp.originateTimestamp(frame.bytes, message);
    Icmp.setTimestamps(frame.bytes, message, originate, time, time);
    Icmp.updateChecksum(frame.bytes, message, IP + length);
  }
  Ipv4.writeHeader(
    frame.bytes,
    IP,
    header,
    Ipv4.typeOfService(request.bytes, IP),
    length,
    Ipv4Output.nextIdentification(stack),
    0,
    stack.settings.ip_default_ttl,
    Ipv4.Protocol.Icmp,
    source,
    destination,
  );
  if (options !== null) {
    copyBytes(options, 0, frame.bytes, IP + Ipv4.MIN_HEADER_LENGTH, options.length);
    Ipv4Options.stampOwn(stack, frame, source);
  }
  Ipv4.updateChecksum(frame.bytes, IP);
  const out = Ipv4Output.exitOf(stack, route);
  Ethernet.write(frame.bytes, 0, out.mac, out.mac, Ethernet.Type.Ipv4);
  Ipv4Output.transmit(stack, route, frame, out.mtu);
}

/** An error about a datagram of ours; false when it is about nothing that we know. */
function receiveError(stack: Stack, frame: Frame, message: number): boolean {
  const { bytes } = frame;
  const quoted = Icmp.quoted(message);
  if (!isQuoteWhole(bytes, quoted, frame.length)) return false;
  const type = Icmp.type(bytes, message);
  const code = Icmp.code(bytes, message);
  const destination = Ipv4.destination(bytes, quoted);
  if (type === Icmp.Type.DestinationUnreachable) {
    // RFC 1122 §3.2.2: no error is ever due about a broadcast.
    const isBogus = Routes.lookUp(stack, destination)?.type === 'broadcast';
    if (isBogus && stack.settings.icmp_ignore_bogus_error_responses !== 0) return false;
    if (code === Icmp.UnreachableCode.FragmentationNeeded && stack.settings.ip_no_pmtu_disc === 0) {
      learnMtu(stack, destination, nextMtu(bytes, message, quoted));
    }
  }
  const error = errorOf(type, code);
  if (Ipv4.protocol(bytes, quoted) === Ipv4.Protocol.Udp) {
    return Udp.receiveError(stack, bytes, quoted, frame.length, error);
  }
  return Raw.receiveError(stack, bytes, quoted, error);
}

/** The quoted header, and the 8 octets behind it that name the ports. */
function isQuoteWhole(bytes: Uint8Array, quoted: number, end: number): boolean {
  if (end - quoted < Ipv4.MIN_HEADER_LENGTH) return false;
  const header = Ipv4.headerLength(bytes, quoted);
  return header >= Ipv4.MIN_HEADER_LENGTH && quoted + header + 8 <= end;
}

/** RFC 1191 §4, and §5 for routers that say 0. */
function nextMtu(bytes: Uint8Array, message: number, quoted: number): number {
  const told = Icmp.nextHopMtu(bytes, message);
  const length = Ipv4.totalLength(bytes, quoted);
  if (told > 0) return told;
  return PLATEAUS.find((plateau) => plateau < length) ?? 68;
}

/** RFC 1122 §4.1.3.3: what a program is told, as Linux's icmp_err_convert. */
function errorOf(type: number, code: number): StackError {
  if (type === Icmp.Type.TimeExceeded) return 'EHOSTUNREACH';
  if (type === Icmp.Type.ParameterProblem) return 'EPROTO';
  switch (code) {
    case Icmp.UnreachableCode.Net:
    case Icmp.UnreachableCode.NetUnknown:
    case Icmp.UnreachableCode.NetProhibited:
    case Icmp.UnreachableCode.NetTypeOfService:
      return 'ENETUNREACH';
    case Icmp.UnreachableCode.Protocol:
      return 'ENOPROTOOPT';
    case Icmp.UnreachableCode.Port:
      return 'ECONNREFUSED';
    case Icmp.UnreachableCode.FragmentationNeeded:
      return 'EMSGSIZE';
    default:
      return 'EHOSTUNREACH';
  }
}

/**
 * RFC 1122 §3.2.2.2: believed only from the router that is used now, for a gateway on the same link, and only by a
 * host (RFC 1812 §5.2.7.2: a router does not take redirects).
 */
function receiveRedirect(stack: Stack, at: Interface, frame: Frame, message: number): boolean {
  const { bytes } = frame;
  const quoted = Icmp.quoted(message);
  if (!isQuoteWhole(bytes, quoted, frame.length)) return false;
  const isRouter = at.settings.forwarding !== 0;
  const isAccepted = isRouter ? both(stack, at, 'accept_redirects') : either(stack, at, 'accept_redirects');
  if (!isAccepted) return false;
  const gateway = Icmp.gateway(bytes, message);
  const destination = Ipv4.destination(bytes, quoted);
  if (!isPossibleGateway(stack, at, gateway)) return false;
  if (currentGateway(stack, at, destination) !== Ipv4.source(bytes, IP)) return false;
  learnGateway(stack, destination, gateway, at);
  return true;
}

function isPossibleGateway(stack: Stack, at: Interface, gateway: Ip4): boolean {
  if (Ip.isMulticast(gateway) || gateway === Ip.BROADCAST || Ip.isThisNetwork(gateway)) return false;
  const route = Routes.lookUp(stack, gateway);
  if (route?.type !== 'unicast' || route.interface !== at || route.gateway !== Ip.ANY) return false;
  if (!either(stack, at, 'shared_media')) return isOnLink(at, gateway);
  return true;
}

function currentGateway(stack: Stack, at: Interface, destination: Ip4): Ip4 | null {
  const better = redirected(stack, destination);
  if (better !== null) return better.gateway;
  const route = Routes.lookUp(stack, destination);
  return route?.type === 'unicast' && route.interface === at && route.gateway !== Ip.ANY ? route.gateway : null;
}
