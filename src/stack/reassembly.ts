/**
 * Putting fragments together: bounded in time and memory. RFC 791 §3.2; RFC 1122 §3.3.2; RFC 815 for the idea of
 * keeping pieces sorted; overlaps end the datagram (RFC 5722's reasons, and as Linux does for IPv4 since 4.19).
 */
import type { DropReason } from '../sim/drop-reason.ts';
import { FRAME_OVERHEAD } from '../sim/frame.ts';
import type { Frame } from '../sim/frame.ts';
import { SECOND } from '../sim/time.ts';
import type { Timer } from '../sim/event-queue.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as IcmpError from './icmp-error.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import type { Stack } from './stack.ts';

/** The low two bits of the type of service octet, and two of its codepoints as bits of a set. RFC 3168 §5. */
const ECN_FIELD = 3;
const NOT_CAPABLE = 1 << 0;
const CONGESTION_EXPERIENCED = 1 << 3;

/** RFC 791 §3.2: the first four tell which datagram a fragment belongs to. */
interface Datagram {
  readonly source: Ip4;
  readonly destination: Ip4;
  readonly protocol: number;
  readonly identification: number;
  readonly at: Interface;
  /** By fragment offset; never overlapping, never none. */
  readonly pieces: Frame[];
  /** Octets of data that are here. */
  held: number;
  /** Where the data ends as far as is known, and whether the last fragment has said so. */
  end: number;
  isEndKnown: boolean;
  /** Which ECN codepoints its pieces have: bit n for codepoint n. */
  codepoints: number;
  /** Memory that it takes. */
  size: number;
  timer: Timer | null;
  /** The next one of the same source and identification. */
  next: Datagram | null;
}

export interface ReassemblyTable {
  /** By `keyOf`: a chain has at most one datagram for each own address and protocol. Null until the first fragment. */
  datagrams: Map<number, Datagram> | null;
  /** Bytes with bookkeeping; at most one fragment more than `ipfrag_high_thresh`. */
  size: number;
}

export function createTable(): ReassemblyTable {
  return { datagrams: null, size: 0 };
}

/** Takes a fragment. Gives back the whole datagram if this was the last missing piece, else null. */
export function receive(stack: Stack, at: Interface, frame: Frame): Frame | null {
  const { bytes } = frame;
  const header = Ipv4.headerLength(bytes, IP);
  const offset = Ipv4.fragmentOffset(bytes, IP);
  const more = Ipv4.moreFragments(bytes, IP);
  let length = frame.length - IP - header;
  // RFC 791 §3.2: all but the last carry whole units of eight octets; as Linux, what is beyond is cut off.
  if (more && (length & 7) !== 0) {
    length &= ~7;
    frame.length = IP + header + length;
  }
  const end = offset + length;
  if (header + end > Ipv4.MAX_LENGTH) return refuse(stack, frame, 'reassembly-too-long');
  // As Linux since 4.17: what is there already is not given up for what comes.
  if (stack.reassembly.size >= stack.settings.ipfrag_high_thresh) return refuse(stack, frame, 'reassembly-full');

  const datagram = find(stack, frame) ?? start(stack, at, frame);
  // One last fragment ends the datagram and nothing lies behind it; an empty fragment says nothing that can be true.
  const contradicts = more
    ? datagram.isEndKnown && end > datagram.end
    : end < datagram.end || (datagram.isEndKnown && end !== datagram.end);
  if (contradicts || length === 0)
    return spoil(stack, datagram, frame, length === 0 ? 'bad-length' : 'reassembly-overlap');
  const place = placeFor(datagram, offset);
  if (isHeld(datagram, place, offset, end)) return refuse(stack, frame, 'duplicate-fragment');
  if (overlaps(datagram, place, offset, end)) return spoil(stack, datagram, frame, 'reassembly-overlap');

  if (!more) datagram.isEndKnown = true;
  datagram.end = Math.max(datagram.end, end);
  datagram.pieces.splice(place, 0, frame);
  datagram.held += length;
  datagram.codepoints |= 1 << (Ipv4.typeOfService(bytes, IP) & ECN_FIELD);
  datagram.size += frame.length + FRAME_OVERHEAD;
  stack.reassembly.size += frame.length + FRAME_OVERHEAD;
  return datagram.isEndKnown && datagram.held === datagram.end ? join(stack, datagram) : null;
}

function refuse(stack: Stack, frame: Frame, reason: DropReason): null {
  stack.world.drop(reason, frame);
  return null;
}

/** The fragment cannot be right together with those that are there, so that none of them can be trusted. */
function spoil(stack: Stack, datagram: Datagram, frame: Frame, reason: DropReason): null {
  drop(stack, datagram, reason);
  return refuse(stack, frame, reason);
}

function find(stack: Stack, frame: Frame): Datagram | null {
  const { bytes } = frame;
  const destination = Ipv4.destination(bytes, IP);
  const protocol = Ipv4.protocol(bytes, IP);
  const key = keyOf(Ipv4.source(bytes, IP), Ipv4.identification(bytes, IP));
  let one = stack.reassembly.datagrams?.get(key) ?? null;
  while (one !== null && (one.destination !== destination || one.protocol !== protocol)) one = one.next;
  return one;
}

/** 48 bits, which a number holds. */
function keyOf(source: Ip4, identification: number): number {
  return source * 0x1_0000 + identification;
}

function start(stack: Stack, at: Interface, frame: Frame): Datagram {
  const { bytes } = frame;
  const { reassembly } = stack;
  reassembly.datagrams ??= new Map();
  const { datagrams } = reassembly;
  const source = Ipv4.source(bytes, IP);
  const identification = Ipv4.identification(bytes, IP);
  const key = keyOf(source, identification);
  const datagram: Datagram = {
    source,
    destination: Ipv4.destination(bytes, IP),
    protocol: Ipv4.protocol(bytes, IP),
    identification,
    at,
    pieces: [],
    held: 0,
    end: 0,
    isEndKnown: false,
    codepoints: 0,
    size: 0,
    timer: null,
    next: datagrams.get(key) ?? null,
  };
  // RFC 1122 §3.3.2: a fixed time, counted from the fragment that came first.
  const patience = stack.settings.ipfrag_time * SECOND;
  datagram.timer = stack.world.after(patience, expire, { stack, datagram }, identification);
  datagrams.set(key, datagram);
  return datagram;
}

function expire({ stack, datagram }: { stack: Stack; datagram: Datagram }): void {
  // RFC 792: time exceeded in reassembly, but only if fragment zero is here to be quoted.
  const first = datagram.pieces[0];
  if (first !== undefined && offsetOf(first) === 0) {
    const { TimeExceeded } = Icmp.Type;
    IcmpError.send(stack, datagram.at, first, TimeExceeded, Icmp.TimeExceededCode.Reassembly, 0);
  }
  drop(stack, datagram, 'reassembly-timeout');
}

/** The pieces become one frame, with the first one's header and packet id. Null where they do not make a datagram. */
function join(stack: Stack, datagram: Datagram): Frame | null {
  const { pieces, codepoints, end } = datagram;
  const first = pieces[0]!;
  const header = Ipv4.headerLength(first.bytes, IP);
  const isCapable = (codepoints & NOT_CAPABLE) === 0;
  // RFC 3168 §5.3: pieces that disagree about whether the transport takes part in ECN. Linux drops them.
  if (!isCapable && codepoints !== NOT_CAPABLE) return dropWhole(stack, datagram, 'reassembly-ecn');
  // A later piece may have had a shorter header.
  if (header + end > Ipv4.MAX_LENGTH) return dropWhole(stack, datagram, 'reassembly-too-long');

  const whole = stack.world.newPart(first, IP + header + end);
  const { bytes } = whole;
  copyBytes(first.bytes, 0, bytes, 0, IP + header);
  for (const piece of pieces) {
    const from = IP + Ipv4.headerLength(piece.bytes, IP);
    copyBytes(piece.bytes, from, bytes, IP + header + offsetOf(piece), piece.length - from);
    whole.corrupted ||= piece.corrupted;
  }
  const flags = Ipv4.flagsAndFragmentOffset(bytes, IP) & Ipv4.Flag.DontFragment;
  Ipv4.setTotalLength(bytes, IP, header + end);
  Ipv4.setFlagsAndFragmentOffset(bytes, IP, flags);
  // RFC 3168 §5.3: congestion that one piece met, the datagram met.
  if ((codepoints & CONGESTION_EXPERIENCED) !== 0) {
    Ipv4.setTypeOfService(bytes, IP, Ipv4.typeOfService(bytes, IP) | ECN_FIELD);
  }
  forget(stack, datagram);
  for (const piece of pieces) stack.world.consume(piece);
  return whole;
}

function dropWhole(stack: Stack, datagram: Datagram, reason: DropReason): null {
  drop(stack, datagram, reason);
  return null;
}

function drop(stack: Stack, datagram: Datagram, reason: DropReason): void {
  forget(stack, datagram);
  for (const piece of datagram.pieces) stack.world.drop(reason, piece);
}

function forget(stack: Stack, datagram: Datagram): void {
  if (datagram.timer !== null) stack.world.cancel(datagram.timer);
  stack.reassembly.size -= datagram.size;
  const datagrams = stack.reassembly.datagrams!;
  const key = keyOf(datagram.source, datagram.identification);
  let before = datagrams.get(key)!;
  if (before === datagram) {
    if (datagram.next === null) datagrams.delete(key);
    else datagrams.set(key, datagram.next);
    return;
  }
  while (before.next !== datagram) before = before.next!;
  before.next = datagram.next;
}

/** How many pieces begin before this offset: most often all of them. */
function placeFor(datagram: Datagram, offset: number): number {
  let place = datagram.pieces.length;
  while (place > 0 && offsetOf(datagram.pieces[place - 1]!) >= offset) place--;
  return place;
}

/** Whether every octet from `offset` to `end` is here already, in one piece or in several. */
function isHeld({ pieces }: Datagram, place: number, offset: number, end: number): boolean {
  const before = pieces[place - 1];
  let reached = before === undefined ? offset : Math.max(offset, endOf(before));
  for (let i = place; i < pieces.length && reached < end && offsetOf(pieces[i]!) <= reached; i++) {
    reached = Math.max(reached, endOf(pieces[i]!));
  }
  return reached >= end;
}

function overlaps({ pieces }: Datagram, place: number, offset: number, end: number): boolean {
  const before = pieces[place - 1];
  const after = pieces[place];
  return (before !== undefined && endOf(before) > offset) || (after !== undefined && offsetOf(after) < end);
}

function offsetOf(piece: Frame): number {
  return Ipv4.fragmentOffset(piece.bytes, IP);
}

function endOf(piece: Frame): number {
  return offsetOf(piece) + piece.length - IP - Ipv4.headerLength(piece.bytes, IP);
}
