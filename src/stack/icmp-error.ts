/**
 * Telling the sender of a datagram what became of it, and above all when not to.
 * RFC 792; RFC 1122 §3.2.2; RFC 1812 §4.3.2, §4.3.3; the choices they leave open are Linux's net/ipv4/icmp.c.
 */
import type { Frame } from '../sim/frame.ts';
import { copyBytes, readU8 } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import { selectAddress } from './interface.ts';
import type { Interface } from './interface.ts';
import * as Ipv4Answer from './ipv4-answer.ts';
import type { WayBack } from './ipv4-answer.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Output from './ipv4-output.ts';
import * as RateLimit from './rate-limit.ts';
import * as Routes from './routes.ts';
import type { Stack } from './stack.ts';

/** RFC 1812 §4.3.2.3: as much of the datagram as fits into an error of so many octets. */
const MAX_ERROR_LENGTH = 576;
/** RFC 1812 §4.3.2.5: errors have precedence 6, internetwork control; the rest of the octet is the datagram's. */
const INTERNETWORK_CONTROL = 0xc0;
const TYPE_OF_SERVICE_BITS = 0x1e;
/** The highest ICMP type that Linux knows; a message beyond it might be an error. */
const MAX_KNOWN_TYPE = 18;

/**
 * Sends an ICMP error about the datagram in `frame`, which stays the caller's; `at` is where it came in, null for one
 * made here; `rest` is the message's second word; options are repeated if they stand before `optionsEnd`.
 */
export function send(
  stack: Stack,
  at: Interface | null,
  frame: Frame,
  type: number,
  code: number,
  rest: number,
  optionsEnd?: number,
): void {
  if (!mayBeAnswered(stack, frame)) return;
  const way = Ipv4Answer.wayBack(stack, frame, optionsEnd);
  if (way === null) return;
  const room = Math.min(way.mtu, MAX_ERROR_LENGTH) - way.headerLength - Icmp.HEADER_LENGTH;
  // RFC 792: the header and 8 octets are the least that makes sense.
  if (room < Ipv4.MIN_HEADER_LENGTH + 8) return;
  if (!way.out.loopback && !RateLimit.allowIcmp(stack, way.destination, type, code)) return;

  const { bytes } = frame;
  const quoted = Math.min(frame.length - IP, room);
  const length = Icmp.HEADER_LENGTH + quoted;
  const tos = (Ipv4.typeOfService(bytes, IP) & TYPE_OF_SERVICE_BITS) | INTERNETWORK_CONTROL;
  const error = Ipv4Answer.create(stack, way, sourceOf(stack, at, frame, way), tos, false, Ipv4.Protocol.Icmp, length);
  error.about = frame.id;
  const message = IP + way.headerLength;
  Icmp.writeHeader(error.bytes, message, type, code, rest);
  copyBytes(bytes, IP, error.bytes, message + Icmp.HEADER_LENGTH, quoted);
  Icmp.updateChecksum(error.bytes, message, message + length);
  Ipv4Answer.send(stack, way, error);
}

/** The neighbour that the datagram was meant for does not answer. */
export function sendHostUnreachable(stack: Stack, frame: Frame): void {
  send(stack, null, frame, Icmp.Type.DestinationUnreachable, Icmp.UnreachableCode.Host, 0);
}

/** RFC 1122 §3.2.2, RFC 1812 §4.3.2.7: about what no error may be sent. */
function mayBeAnswered(stack: Stack, frame: Frame): boolean {
  const { bytes } = frame;
  if (Ethernet.isGroup(bytes, 0)) return false;
  const source = Ipv4.source(bytes, IP);
  const destination = Ipv4.destination(bytes, IP);
  if (isGroup(stack, destination)) return false;
  if (isGroup(stack, source)) return false;
  if (Ipv4.fragmentOffset(bytes, IP) > 0) return false;
  return Ipv4.protocol(bytes, IP) !== Ipv4.Protocol.Icmp || isQuery(frame);
}

function isGroup(stack: Stack, ip: Ip.Ip4): boolean {
  return ip === Ip.BROADCAST || Ip.isMulticast(ip) || Routes.lookUp(stack, ip)?.type === 'broadcast';
}

/** An ICMP message that is surely no error itself. */
function isQuery(frame: Frame): boolean {
  const message = IP + Ipv4.headerLength(frame.bytes, IP);
  if (message >= frame.length) return false;
  const type = readU8(frame.bytes, message);
  return type <= MAX_KNOWN_TYPE && !Icmp.isError(type);
}

/**
 * RFC 1812 §4.3.2.4: the address that was asked, if it is ours; else that of the interface the error leaves by, or, if
 * so set, of the one the datagram came in by.
 */
function sourceOf(stack: Stack, at: Interface | null, frame: Frame, way: WayBack): Ip.Ip4 {
  const asked = Ipv4.destination(frame.bytes, IP);
  if (Routes.lookUp(stack, asked)?.type === 'local') return asked;
  if (at !== null && stack.settings.icmp_errors_use_inbound_ifaddr !== 0) {
    return selectAddress(stack, at, way.destination);
  }
  return Ipv4Output.sourceFor(stack, way.route, way.destination);
}
