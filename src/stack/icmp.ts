/**
 * ICMP messages that come in: queries are answered, errors are passed to the sockets they are about.
 * RFC 792; RFC 1122 §3.2.2; RFC 1191 (path MTU); RFC 1812 §4.3.3. Errors are made in stack/icmp-error.ts.
 * Not here: router discovery (RFC 1256) and address masks (RFC 950), which Linux does not answer either.
 */
import type { Frame } from '../sim/frame.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Arp from './arp.ts';
import type { StackError } from './endpoint.ts';
import { isLocal, isOnLink } from './interface.ts';
import type { Interface } from './interface.ts';
import * as Ipv4Answer from './ipv4-answer.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as Multipath from './multipath.ts';
import * as Neighbors from './neighbors.ts';
import { learnGateway, learnMtu, redirected } from './path-mtu.ts';
import * as RateLimit from './rate-limit.ts';
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
  const way = Ipv4Answer.wayBack(stack, request);
  if (way === null) return;
  if (!way.out.loopback && !RateLimit.allowIcmp(stack, way.destination, type, 0)) return;
  const { bytes } = request;
  const from = IP + Ipv4.headerLength(bytes, IP);
  const length = type === Icmp.Type.TimestampReply ? Icmp.TIMESTAMP_LENGTH : request.length - from;
  if (way.headerLength + length > Ipv4.MAX_LENGTH) return;

  const source = Ipv4Options.recordedAddress(stack, at, request);
  const tos = Ipv4.typeOfService(bytes, IP);
  const frame = Ipv4Answer.create(stack, way, source, tos, false, Ipv4.Protocol.Icmp, length);
  const message = IP + way.headerLength;
  copyBytes(bytes, from, frame.bytes, message, length);
  if (type === Icmp.Type.TimestampReply) {
    const time = Ipv4Options.timestamp(stack);
    const rest = Icmp.restOfQuery(Icmp.identifier(bytes, from), Icmp.sequence(bytes, from));
    Icmp.writeHeader(frame.bytes, message, type, 0, rest);
    Icmp.setTimestamps(frame.bytes, message, Icmp.originateTimestamp(bytes, from), time, time);
    Icmp.updateChecksum(frame.bytes, message, message + length);
  } else {
    Icmp.setType(frame.bytes, message, type);
  }
  Ipv4Answer.send(stack, way, frame);
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
    if (code > Icmp.UnreachableCode.PrecedenceCutoff) return false;
    // RFC 1122 §3.2.2: no error is ever due about a broadcast.
    const isBogus = Routes.lookUp(stack, destination)?.type === 'broadcast';
    if (isBogus && stack.settings.icmp_ignore_bogus_error_responses === 0) return false;
  }
  // As Linux: who sent the fragments cannot tell why they did not arrive.
  if (type === Icmp.Type.TimeExceeded && code === Icmp.TimeExceededCode.Reassembly) return false;
  if (!isAboutOurs(stack, bytes, quoted, frame.length)) return false;
  if (isFragmentationNeeded(type, code) && stack.settings.ip_no_pmtu_disc === 0) {
    learnMtu(stack, destination, nextMtu(bytes, message, quoted));
  }
  const error = errorOf(type, code);
  Raw.receiveError(stack, bytes, quoted, error);
  if (Ipv4.protocol(bytes, quoted) === Ipv4.Protocol.Udp) Udp.receiveError(stack, bytes, quoted, frame.length, error);
  return true;
}

function isFragmentationNeeded(type: number, code: number): boolean {
  return type === Icmp.Type.DestinationUnreachable && code === Icmp.UnreachableCode.FragmentationNeeded;
}

/**
 * Whether this host may have sent the quoted datagram: an open socket would have, or it is an echo reply. As on Linux,
 * errors and redirects about anything else are not believed, for anybody could have sent them (RFC 5927 §4).
 */
function isAboutOurs(stack: Stack, bytes: Uint8Array, quoted: number, end: number): boolean {
  if (!isLocal(stack, Ipv4.source(bytes, quoted))) return false;
  if (Raw.hasSender(stack, bytes, quoted)) return true;
  switch (Ipv4.protocol(bytes, quoted)) {
    case Ipv4.Protocol.Udp:
      return Udp.senderOf(stack, bytes, quoted, end) !== null;
    case Ipv4.Protocol.Icmp:
      return Icmp.type(bytes, quoted + Ipv4.headerLength(bytes, quoted)) === Icmp.Type.EchoReply;
    default:
      return false;
  }
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
 * host (RFC 1812 §5.2.7.2: a router does not take redirects). As Linux, a gateway that is no neighbour yet is asked
 * for, and used when it is named again.
 */
function receiveRedirect(stack: Stack, at: Interface, frame: Frame, message: number): boolean {
  const { bytes } = frame;
  const quoted = Icmp.quoted(message);
  if (!isQuoteWhole(bytes, quoted, frame.length) || !isAboutOurs(stack, bytes, quoted, frame.length)) return false;
  const isRouter = at.settings.forwarding !== 0;
  const isAccepted = isRouter ? both(stack, at, 'accept_redirects') : either(stack, at, 'accept_redirects');
  if (!isAccepted || Icmp.code(bytes, message) > Icmp.RedirectCode.HostTypeOfService) return false;

  const destination = Ipv4.destination(bytes, quoted);
  const route = Multipath.lookUp(stack, Ipv4.source(bytes, quoted), destination);
  if (route?.type !== 'unicast' || route.interface !== at || route.gateway === Ip.ANY) return false;
  const current = redirected(stack, destination, route) ?? route.gateway;
  const gateway = Icmp.gateway(bytes, message);
  if (current !== Ipv4.source(bytes, IP) || gateway === current) return false;
  if (!isPossibleGateway(stack, at, gateway)) return false;

  const neighbor = Neighbors.lookUpOrCreate(stack, at, gateway);
  if (neighbor === null) return false;
  if (Arp.resolve(stack, neighbor)) learnGateway(stack, destination, gateway, route);
  return true;
}

function isPossibleGateway(stack: Stack, at: Interface, gateway: Ip4): boolean {
  if (Ip.isMulticast(gateway) || gateway === Ip.BROADCAST || Ip.isThisNetwork(gateway)) return false;
  const route = Routes.lookUp(stack, gateway);
  if (route?.type !== 'unicast' || route.interface !== at || route.gateway !== Ip.ANY) return false;
  if (either(stack, at, 'shared_media')) return true;
  if (!isOnLink(at, gateway)) return false;
  return !either(stack, at, 'secure_redirects') || Routes.has(stack, (one) => Routes.leadsVia(one, gateway));
}
