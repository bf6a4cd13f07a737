/**
 * What a host and a router do with IP options: record route, timestamp, source routes; the rest is passed over.
 * RFC 791 §3.1; RFC 1122 §3.2.1.8; RFC 1812 §4.2.2.11, §5.2.4.1, §5.3.13; as Linux's net/ipv4/ip_options.c.
 * Not here: the security and stream identifier options, which nobody acts on.
 */
import type { Frame } from '../sim/frame.ts';
import { MILLISECOND } from '../sim/time.ts';
import { copyBytes, readU32, writeU8 } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Options from '../wire/ipv4-options.ts';
import * as IcmpError from './icmp-error.ts';
import { isLocal, selectAddress } from './interface.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import type { Stack } from './stack.ts';
import { both } from './sysctl.ts';

/** The longest option area, RFC 791 §3.1: a header of 60 octets less the 20 fixed ones. */
export const MAX_OPTIONS = 40;

/** What `receiveTransit` has entered this host's address in. */
const Stamped = { Route: 1, Timestamp: 2 } as const;

/** For a datagram that has reached the address it names: is it for us, or is there a next stop in its source route? */
export function receive(stack: Stack, at: Interface, frame: Frame): 'here' | 'onwards' | 'dropped' {
  if (rejectMalformed(stack, at, frame)) return 'dropped';
  const { bytes } = frame;
  const route = sourceRoute(frame);
  if (route !== -1) {
    if (!both(stack, at, 'accept_source_route')) {
      stack.world.drop('source-route', frame);
      return 'dropped';
    }
    // RFC 791: the destination is reached when the pointer is beyond the route; own addresses on the way are passed.
    while (!Options.isFull(bytes, route)) {
      const next = Options.pointedAddress(bytes, route);
      if (!isLocal(stack, next)) return 'onwards';
      const here = Ipv4.destination(bytes, IP);
      Options.recordAddress(bytes, route, here);
      Ipv4.setDestination(bytes, IP, next);
    }
  }
  stamp(stack, frame, recordedAddress(stack, at, frame));
  return 'here';
}

/**
 * For a datagram that is only passing: a source route may be refused, a strict one has missed its stop. Gives what was
 * stamped (`Stamped`), with the address that the datagram came in by until `stampTransit` knows where it leaves; -1:
 * it was dropped.
 */
export function receiveTransit(stack: Stack, at: Interface, frame: Frame): number {
  if (rejectMalformed(stack, at, frame)) return -1;
  const stamped = stamp(stack, frame, recordedAddress(stack, at, frame));
  if (sourceRoute(frame) === -1) return stamped;
  if (!both(stack, at, 'accept_source_route')) {
    stack.world.drop('source-route', frame);
    return -1;
  }
  if (Options.find(frame.bytes, IP, Options.Type.StrictSourceRoute) !== -1) {
    // Linux points at the destination address: it is not the stop that the route promised.
    IcmpError.send(stack, at, frame, Icmp.Type.ParameterProblem, 0, Icmp.restOfParameterProblem(16));
    stack.world.drop('source-route', frame);
    return -1;
  }
  return stamped;
}

/** The next stop of a source route that has one. */
export function nextStop(frame: Frame): Ip4 {
  return Options.pointedAddress(frame.bytes, sourceRoute(frame));
}

export function isSourceRouted(frame: Frame): boolean {
  const { bytes } = frame;
  if (Ipv4.headerLength(bytes, IP) <= Ipv4.MIN_HEADER_LENGTH || Options.check(bytes, IP) !== -1) return false;
  return sourceRoute(frame) !== -1;
}

/** Whether the next hop must be the next stop itself. */
export function isStrictlyRouted(frame: Frame): boolean {
  const route = Options.find(frame.bytes, IP, Options.Type.StrictSourceRoute);
  return route !== -1 && !Options.isFull(frame.bytes, route);
}

/**
 * What was stamped on arrival gets the address of the interface that the datagram leaves by (RFC 791), and a source
 * route that has a next stop names it as the destination.
 */
export function stampTransit(stack: Stack, out: Interface, frame: Frame, stamped: number): void {
  const { bytes } = frame;
  const route = sourceRoute(frame);
  if (route !== -1 && !Options.isFull(bytes, route) && isLocal(stack, Ipv4.destination(bytes, IP))) {
    const next = Options.pointedAddress(bytes, route);
    Options.recordAddress(bytes, route, selectAddress(stack, out, next));
    Ipv4.setDestination(bytes, IP, next);
  }
  const own = selectAddress(stack, out, Ipv4.destination(bytes, IP));
  if ((stamped & Stamped.Route) !== 0) {
    Options.amendLast(bytes, Options.find(bytes, IP, Options.Type.RecordRoute), own);
  }
  if ((stamped & Stamped.Timestamp) !== 0) {
    Options.amendLast(bytes, Options.find(bytes, IP, Options.Type.Timestamp), own);
  }
  Ipv4.updateChecksum(bytes, IP);
}

/** RFC 791 §3.1: without the copied flag an option is in the first fragment only; later ones have no-operations. */
export function blankUncopied(piece: Frame): void {
  const { bytes } = piece;
  for (let option = Options.first(bytes, IP); option !== -1;) {
    const next = Options.next(bytes, IP, option);
    if (!Options.isCopied(Options.type(bytes, option))) {
      const length = Options.length(bytes, option);
      for (let i = 0; i < length; i++) writeU8(bytes, option + i, Options.Type.NoOperation);
    }
    option = next;
  }
}

/**
 * The options of the answer to a datagram: routes and timestamps go on being recorded, a source route is gone back
 * (RFC 1122 §3.2.1.8, §3.2.2.6); the other options are not repeated. Null when there are none.
 */
export function reversed(frame: Frame): Uint8Array | null {
  const { bytes } = frame;
  if (Ipv4.headerLength(bytes, IP) <= Ipv4.MIN_HEADER_LENGTH) return null;
  // An error about malformed options cannot repeat them.
  if (Options.check(bytes, IP) !== -1) return null;
  const answer = new Uint8Array(MAX_OPTIONS);
  let length = 0;
  for (let option = Options.first(bytes, IP); option !== -1; option = Options.next(bytes, IP, option)) {
    const type = Options.type(bytes, option);
    const size = Options.length(bytes, option);
    if (type === Options.Type.RecordRoute || type === Options.Type.Timestamp) {
      copyBytes(bytes, option, answer, length, size);
    } else if (type === Options.Type.LooseSourceRoute || type === Options.Type.StrictSourceRoute) {
      length += reverseRoute(bytes, option, answer, length);
      continue;
    } else {
      continue;
    }
    length += size;
  }
  if (length === 0) return null;
  // Padded to whole words with end-of-list, which is 0.
  return answer.slice(0, (length + 3) & ~3);
}

/** The first stop of a reversed source route, which the answer is addressed to; null where there is no route. */
export function firstStop(frame: Frame): Ip4 | null {
  const route = isSourceRouted(frame) ? sourceRoute(frame) : -1;
  if (route === -1) return null;
  const passed = passedStops(frame.bytes, route);
  return passed > 0 ? (readU32(frame.bytes, route + 3 + 4 * (passed - 1)) as Ip4) : null;
}

/** Enters this host's address and time in the options of a datagram it is about to send. */
export function stampOwn(stack: Stack, frame: Frame, own: Ip4): void {
  stamp(stack, frame, own);
  Ipv4.updateChecksum(frame.bytes, IP);
}

/** Linux's inet_current_timestamp: milliseconds since midnight UT, RFC 791. The lab starts at midnight. */
export function timestamp(stack: Stack): number {
  return Math.floor(stack.world.now / MILLISECOND) % 86_400_000;
}

function rejectMalformed(stack: Stack, at: Interface, frame: Frame): boolean {
  const wrong = Options.check(frame.bytes, IP);
  if (wrong === -1) return false;
  // RFC 1122 §3.2.2.5: the pointer names the octet where the trouble is.
  IcmpError.send(stack, at, frame, Icmp.Type.ParameterProblem, 0, Icmp.restOfParameterProblem(wrong));
  stack.world.drop('bad-option', frame);
  return true;
}

function sourceRoute(frame: Frame): number {
  const loose = Options.find(frame.bytes, IP, Options.Type.LooseSourceRoute);
  return loose !== -1 ? loose : Options.find(frame.bytes, IP, Options.Type.StrictSourceRoute);
}

/** Linux's fib_compute_spec_dst: the address that was asked, or for a broadcast the one that would answer. */
function recordedAddress(stack: Stack, at: Interface, frame: Frame): Ip4 {
  const destination = Ipv4.destination(frame.bytes, IP);
  if (isLocal(stack, destination)) return destination;
  return selectAddress(stack, at, Ipv4.source(frame.bytes, IP));
}

/**
 * Record route and timestamp; gives what now holds an address of ours as its last entry. The header checksum is left
 * as it came: who sends the datagram on computes it, and what an error quotes shows it, as Linux's does.
 */
function stamp(stack: Stack, frame: Frame, own: Ip4): number {
  const { bytes } = frame;
  let stamped = 0;
  const record = Options.find(bytes, IP, Options.Type.RecordRoute);
  if (record !== -1 && !Options.isFull(bytes, record)) {
    Options.recordAddress(bytes, record, own);
    stamped |= Stamped.Route;
  }
  const times = Options.find(bytes, IP, Options.Type.Timestamp);
  if (times !== -1 && stampTime(stack, frame, times, own)) stamped |= Stamped.Timestamp;
  return stamped;
}

/** True if it entered an address of ours beside the time. */
function stampTime(stack: Stack, frame: Frame, option: number, own: Ip4): boolean {
  const { bytes } = frame;
  const flag = Options.timestampFlag(bytes, option);
  if (Options.isFull(bytes, option)) {
    if (flag !== Options.TimestampFlag.Prespecified && Options.overflow(bytes, option) < 15) {
      Options.incrementOverflow(bytes, option);
    }
    return false;
  }
  // RFC 791: only the host that the next slot names enters its time.
  const isPrespecified = flag === Options.TimestampFlag.Prespecified;
  if (isPrespecified && !isLocal(stack, Options.pointedAddress(bytes, option))) return false;
  Options.recordTimestamp(bytes, option, own, timestamp(stack));
  return flag === Options.TimestampFlag.TimeAndAddress;
}

/**
 * RFC 1122 §3.2.1.8(c): the stops passed so far, backwards; the last of them becomes the destination, the original
 * sender the last stop.
 */
function reverseRoute(bytes: Uint8Array, option: number, answer: Uint8Array, to: number): number {
  writeU8(answer, to, Options.type(bytes, option));
  const passed = passedStops(bytes, option);
  const first = option + 3;
  for (let i = 0; i < passed - 1; i++) copyBytes(bytes, first + 4 * (passed - 2 - i), answer, to + 3 + 4 * i, 4);
  if (passed > 0) copyBytes(bytes, IP + 12, answer, to + 3 + 4 * (passed - 1), 4);
  writeU8(answer, to + 1, 3 + 4 * passed);
  writeU8(answer, to + 2, 4);
  return 3 + 4 * passed;
}

/** How many addresses a route has recorded: its pointer counts octets from 1 and starts at 4. */
function passedStops(bytes: Uint8Array, option: number): number {
  return (Math.min(Options.pointer(bytes, option), Options.length(bytes, option) + 1) >>> 2) - 1;
}
