/**
 * What a host and a router do with IP options: record route, timestamp, source routes; the rest is passed over.
 * RFC 791 §3.1; RFC 1122 §3.2.1.8; RFC 1812 §4.2.2.11, §5.2.4.1, §5.3.13; as Linux's net/ipv4/ip_options.c.
 * Not here: the security and stream identifier options, which nobody acts on.
 */
import type { Frame } from '../sim/frame.ts';
import { MILLISECOND } from '../sim/time.ts';
import { copyBytes, readU32, writeU32, writeU8 } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Icmp from '../wire/icmp.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Options from '../wire/ipv4-options.ts';
import * as IcmpError from './icmp-error.ts';
import { isLocal, selectAddress } from './interface.ts';
import type { Interface } from './interface.ts';
import { IP, judgeAddresses } from './ipv4-input.ts';
import { sourceFor } from './ipv4-output.ts';
import * as Routes from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';
import { both } from './sysctl.ts';

/** Octets before the first slot, RFC 791 §3.1; pointers count from 1, so they start one later. */
const ROUTE_HEADER = 3;
const TIMESTAMP_HEADER = 4;

/** What `arrive` gives for a datagram that it dropped. */
export const DROPPED = -1;

/** What `arrive` has entered this host's address in. */
const Stamped = { Route: 1, Timestamp: 2 } as const;

/** What answers without options have. */
const NONE = new Uint8Array(0);

/**
 * For every datagram with options that comes in, whomever it is for: checks them, records route and time, refuses
 * source routes where the host does. Gives what was stamped (`Stamped`) or `DROPPED`. The address entered is where the
 * datagram came in; `stampTransit` puts in its place where it leaves.
 */
export function arrive(stack: Stack, at: Interface, frame: Frame): number {
  const { bytes } = frame;
  const wrong = Options.check(bytes, IP);
  const end = wrong === -1 ? IP + Ipv4.headerLength(bytes, IP) : IP + wrong;
  // As Linux: what stands before a malformed option is acted on, and shows in what the error quotes.
  const stamped = stamp(stack, frame, recordedAddress(stack, at, frame), true, end);
  if (wrong !== -1) {
    sendParameterProblem(stack, at, frame, wrong);
    stack.world.drop('bad-option', frame);
    return DROPPED;
  }
  clearAfterEnd(frame);
  if (sourceRoute(frame) !== -1 && !both(stack, at, 'accept_source_route')) {
    stack.world.drop('source-route', frame);
    return DROPPED;
  }
  return stamped;
}

/**
 * A datagram has reached the address it names: is it for us, or is there a next stop in its source route? RFC 791: it
 * is at its destination when the pointer is beyond the route; own addresses on the way are passed at once.
 */
export function takeStop(stack: Stack, at: Interface, frame: Frame): 'here' | 'onwards' | 'dropped' {
  const { bytes } = frame;
  const route = sourceRoute(frame);
  if (route === -1) return 'here';
  while (!Options.isFull(bytes, route)) {
    if (!hasWholeSlot(bytes, route)) {
      // Linux points at the pointer.
      sendParameterProblem(stack, at, frame, route + 2 - IP);
      stack.world.drop('bad-option', frame);
      return 'dropped';
    }
    const next = Options.pointedAddress(bytes, route);
    const martian = judgeAddresses(stack, at, Ipv4.source(bytes, IP), next);
    if (martian !== null || Ethernet.isGroup(bytes, 0)) {
      stack.world.drop(martian ?? 'link-broadcast', frame);
      return 'dropped';
    }
    if (!isLocal(stack, next)) return 'onwards';
    Options.recordAddress(bytes, route, next);
    Ipv4.setDestination(bytes, IP, next);
  }
  return 'here';
}

/** For a datagram that is only passing: a loose source route lets it pass, a strict one has missed its stop. */
export function mayPass(stack: Stack, at: Interface, frame: Frame): boolean {
  if (find(frame, Options.Type.StrictSourceRoute) === -1) return true;
  // Linux points at the destination address: it is not the stop that the route promised.
  sendParameterProblem(stack, at, frame, 16);
  stack.world.drop('source-route', frame);
  return false;
}

/** The next stop of a source route that has one. */
export function nextStop(frame: Frame): Ip4 {
  return Options.pointedAddress(frame.bytes, sourceRoute(frame));
}

export function isSourceRouted(frame: Frame): boolean {
  return Ipv4.headerLength(frame.bytes, IP) > Ipv4.MIN_HEADER_LENGTH && sourceRoute(frame) !== -1;
}

/** Whether the next hop must be the next stop itself. */
export function isStrictlyRouted(frame: Frame): boolean {
  const route = find(frame, Options.Type.StrictSourceRoute);
  return route !== -1 && !Options.isFull(frame.bytes, route);
}

/**
 * The datagram leaves by `route`. A record route stamped on arrival gets the address of the interface that it leaves
 * by (RFC 791); so does a timestamp, as on Linux, if this host was a stop of the source route, whose next stop becomes
 * the destination.
 */
export function stampTransit(stack: Stack, route: Route, frame: Frame, stamped: number, isStop: boolean): void {
  const { bytes } = frame;
  if (isStop) {
    const stops = sourceRoute(frame);
    const next = Options.pointedAddress(bytes, stops);
    Options.recordAddress(bytes, stops, sourceFor(stack, route, next));
    Ipv4.setDestination(bytes, IP, next);
  }
  const own = sourceFor(stack, route, Ipv4.destination(bytes, IP));
  if ((stamped & Stamped.Route) !== 0) {
    Options.amendLast(bytes, find(frame, Options.Type.RecordRoute), own);
  }
  if (isStop && (stamped & Stamped.Timestamp) !== 0) {
    Options.amendLast(bytes, find(frame, Options.Type.Timestamp), own);
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
 * (RFC 1122 §3.2.1.8, §3.2.2.6); the other options are not repeated, nor what is not sound before `end`. Null where, as on
 * Linux, nothing can be answered: an option that was recorded in has a piece of a slot left.
 */
export function answering(frame: Frame, end?: number): Uint8Array | null {
  const { bytes } = frame;
  if (Ipv4.headerLength(bytes, IP) <= Ipv4.MIN_HEADER_LENGTH) return NONE;
  const answer = new Uint8Array(Options.MAX_LENGTH);
  let length = 0;
  for (const type of [Options.Type.RecordRoute, Options.Type.Timestamp]) {
    const option = find(frame, type, end);
    if (option === -1) continue;
    if (!Options.isFull(bytes, option) && !hasWholeSlot(bytes, option)) return null;
    const size = Options.length(bytes, option);
    copyBytes(bytes, option, answer, length, size);
    length += size;
  }
  const route = sourceRoute(frame, end);
  if (route !== -1) length += reverseRoute(bytes, route, answer, length);
  // Padded to whole words with end-of-list, which is 0.
  return answer.subarray(0, (length + 3) & ~3);
}

/** The first stop of a reversed source route, which the answer is addressed to; null where there is no route. */
export function firstStop(frame: Frame, end?: number): Ip4 | null {
  const { bytes } = frame;
  const route = sourceRoute(frame, end);
  if (route === -1) return null;
  return stopsBack(bytes, route) > 0 ? stop(bytes, route, passedStops(bytes, route) - 1) : null;
}

/** Enters this host's address and time in the options of a datagram it is about to send. */
export function stampOwn(stack: Stack, frame: Frame, own: Ip4): void {
  stamp(stack, frame, own, false);
  Ipv4.updateChecksum(frame.bytes, IP);
}

/** Linux's inet_current_timestamp: milliseconds since midnight UT, RFC 791. The lab starts at midnight. */
export function timestamp(stack: Stack): number {
  return Math.floor(stack.world.now / MILLISECOND) % 86_400_000;
}

/** RFC 1122 §3.2.2.5: the pointer names the octet of the header where the trouble is. */
function sendParameterProblem(stack: Stack, at: Interface, frame: Frame, pointer: number): void {
  const end = Math.max(IP + pointer, IP + Ipv4.MIN_HEADER_LENGTH);
  IcmpError.send(stack, at, frame, Icmp.Type.ParameterProblem, 0, Icmp.restOfParameterProblem(pointer), end);
}

/**
 * Where the option of this type starts, or -1. It must lie before `end`, the header's end unless told, and have a
 * pointer that can be followed: not every datagram's options have been checked, and checked ones change.
 */
function find(frame: Frame, wanted: number, end = IP + Ipv4.headerLength(frame.bytes, IP)): number {
  const { bytes } = frame;
  const before = wanted === Options.Type.Timestamp ? TIMESTAMP_HEADER : ROUTE_HEADER;
  for (let option = Options.first(bytes, IP); option !== -1 && option + 1 < end;) {
    const length = Options.length(bytes, option);
    if (length === 0 || option + length > end) return -1;
    if (Options.type(bytes, option) === wanted) {
      return length >= before && Options.pointer(bytes, option) > before ? option : -1;
    }
    option = Options.next(bytes, IP, option);
  }
  return -1;
}

/** There is one at most: a second source route makes the options malformed (RFC 1812 §5.2.4.1). */
function sourceRoute(frame: Frame, end?: number): number {
  const loose = find(frame, Options.Type.LooseSourceRoute, end);
  return loose !== -1 ? loose : find(frame, Options.Type.StrictSourceRoute, end);
}

/** Whether the slot that a route's or timestamp's pointer shows lies inside the option. */
function hasWholeSlot(bytes: Uint8Array, option: number): boolean {
  const needsTwo =
    Options.type(bytes, option) === Options.Type.Timestamp &&
    Options.timestampFlag(bytes, option) === Options.TimestampFlag.TimeAndAddress;
  return Options.pointer(bytes, option) + (needsTwo ? 7 : 3) <= Options.length(bytes, option);
}

/** RFC 791: nothing follows the end of the list. Linux clears what does, so that nobody behind it takes it up. */
function clearAfterEnd(frame: Frame): void {
  const { bytes } = frame;
  const end = IP + Ipv4.headerLength(bytes, IP);
  let option = IP + Ipv4.MIN_HEADER_LENGTH;
  while (option < end && Options.type(bytes, option) !== Options.Type.EndOfList)
    option += Options.length(bytes, option);
  while (option < end) writeU8(bytes, option++, Options.Type.EndOfList);
}

/** Linux's fib_compute_spec_dst: the address that was asked, or the one that would answer the sender. */
export function recordedAddress(stack: Stack, at: Interface, frame: Frame): Ip4 {
  const destination = Ipv4.destination(frame.bytes, IP);
  if (isLocal(stack, destination)) return destination;
  const source = Ipv4.source(frame.bytes, IP);
  const back = Routes.lookUp(stack, source);
  return back?.type === 'unicast' ? sourceFor(stack, back, source) : selectAddress(stack, at, source);
}

/**
 * Record route and timestamp; gives what now holds an address of ours as its last entry. The header checksum is left
 * as it came: who sends the datagram on computes it, and what an error quotes shows it, as Linux's does.
 */
function stamp(stack: Stack, frame: Frame, own: Ip4, arriving: boolean, end?: number): number {
  const { bytes } = frame;
  let stamped = 0;
  const record = find(frame, Options.Type.RecordRoute, end);
  if (record !== -1 && !Options.isFull(bytes, record)) {
    Options.recordAddress(bytes, record, own);
    stamped |= Stamped.Route;
  }
  const times = find(frame, Options.Type.Timestamp, end);
  if (times === -1) return stamped;
  if (!Options.isFull(bytes, times)) {
    if (stampTime(stack, frame, times, own)) stamped |= Stamped.Timestamp;
  } else if (arriving && Options.timestampFlag(bytes, times) !== Options.TimestampFlag.Prespecified) {
    Options.incrementOverflow(bytes, times);
  }
  return stamped;
}

/** True if it entered an address of ours beside the time. */
function stampTime(stack: Stack, frame: Frame, option: number, own: Ip4): boolean {
  const { bytes } = frame;
  const flag = Options.timestampFlag(bytes, option);
  switch (flag) {
    case Options.TimestampFlag.Prespecified:
      // RFC 791: only the host that the next slot names enters its time.
      if (!isLocal(stack, Options.pointedAddress(bytes, option))) return false;
      break;
    case Options.TimestampFlag.TimeOnly:
    case Options.TimestampFlag.TimeAndAddress:
      break;
    default:
      // A layout that nobody has defined.
      return false;
  }
  Options.recordTimestamp(bytes, option, own, timestamp(stack));
  return flag === Options.TimestampFlag.TimeAndAddress;
}

/**
 * RFC 1122 §3.2.1.8(c): the stops passed so far, backwards; the last of them becomes the destination, the original
 * sender the last stop. Gives the option's length; 0 where there is nothing to go back along.
 */
function reverseRoute(bytes: Uint8Array, option: number, answer: Uint8Array, to: number): number {
  const stops = stopsBack(bytes, option);
  if (stops === 0) return 0;
  const last = passedStops(bytes, option) - 1;
  writeU8(answer, to, Options.type(bytes, option));
  writeU8(answer, to + 1, 3 + 4 * stops);
  writeU8(answer, to + 2, 4);
  for (let i = 0; i < stops - 1; i++) writeU32(answer, to + 3 + 4 * i, stop(bytes, option, last - 1 - i));
  writeU32(answer, to + 3 + 4 * (stops - 1), Ipv4.source(bytes, IP));
  return 3 + 4 * stops;
}

/** Stops of the way back, the original sender included. RFC 1812 §5.3.13.4: one that begins with the sender is mended. */
function stopsBack(bytes: Uint8Array, option: number): number {
  const passed = passedStops(bytes, option);
  return passed > 0 && stop(bytes, option, 0) === Ipv4.source(bytes, IP) ? passed - 1 : passed;
}

/** How many addresses a route has recorded: its pointer counts octets from 1 and starts at 4. */
function passedStops(bytes: Uint8Array, option: number): number {
  return (Math.min(Options.pointer(bytes, option), Options.length(bytes, option) + 1) >>> 2) - 1;
}

function stop(bytes: Uint8Array, option: number, index: number): Ip4 {
  return readU32(bytes, option + 3 + 4 * index) as Ip4;
}
