/**
 * Putting fragments together: bounded in time and memory. RFC 791 §3.2; RFC 1122 §3.3.2; RFC 815 for the idea of
 * keeping pieces sorted; overlaps end the datagram (RFC 5722's reasons, and as Linux does for IPv4 since 4.19).
 */
import type { DropReason } from '../sim/drop-reason.ts';
import { FRAME_OVERHEAD } from '../sim/frame.ts';
import type { Frame } from '../sim/frame.ts';
import { SECOND } from '../sim/time.ts';
import type { TimerId } from '../sim/world.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as IcmpError from './icmp-error.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import type { Stack } from './stack.ts';

/** RFC 791 §3.2: these four tell which datagram a fragment belongs to. */
interface Datagram {
  readonly source: Ip4;
  readonly destination: Ip4;
  readonly protocol: number;
  readonly identification: number;
  readonly at: Interface;
  /** By fragment offset; never overlapping. */
  readonly pieces: Frame[];
  /** Octets of data that are here, and that there are in all; Infinity until the last fragment has come. */
  held: number;
  total: number;
  /** Memory that it takes. */
  size: number;
  timer: TimerId;
}

export interface ReassemblyTable {
  /** In the order in which their first fragment came. */
  readonly datagrams: Datagram[];
  /** Bytes with bookkeeping, at most `ipfrag_high_thresh`. */
  size: number;
}

export function createTable(): ReassemblyTable {
  return { datagrams: [], size: 0 };
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

  const datagram = find(stack, frame) ?? start(stack, at, frame);
  if (datagram === null) return refuse(stack, frame, 'reassembly-full');
  // A piece that ends elsewhere than the last one said, or lies behind it, spoils the datagram.
  const contradicts = more ? end > datagram.total : end < endOfPieces(datagram) || end > datagram.total;
  const place = placeFor(datagram, offset);
  const before = datagram.pieces[place - 1];
  const after = datagram.pieces[place];
  if (isSame(before, offset, end) || isSame(after, offset, end)) return refuse(stack, frame, 'reassembly-overlap');
  if (length === 0) return refuse(stack, frame, 'bad-length');
  const overlaps = (before !== undefined && endOf(before) > offset) || (after !== undefined && offsetOf(after) < end);
  if (contradicts || overlaps) {
    drop(stack, datagram, 'reassembly-overlap');
    return refuse(stack, frame, 'reassembly-overlap');
  }

  if (!more) datagram.total = end;
  datagram.pieces.splice(place, 0, frame);
  datagram.held += length;
  datagram.size += frame.length + FRAME_OVERHEAD;
  stack.reassembly.size += frame.length + FRAME_OVERHEAD;
  if (datagram.held === datagram.total) return join(stack, datagram);
  makeRoom(stack, datagram);
  return null;
}

function refuse(stack: Stack, frame: Frame, reason: DropReason): null {
  stack.world.drop(reason, frame);
  return null;
}

function find(stack: Stack, frame: Frame): Datagram | null {
  const { bytes } = frame;
  const source = Ipv4.source(bytes, IP);
  const destination = Ipv4.destination(bytes, IP);
  const protocol = Ipv4.protocol(bytes, IP);
  const identification = Ipv4.identification(bytes, IP);
  for (const one of stack.reassembly.datagrams) {
    if (
      one.identification === identification &&
      one.source === source &&
      one.destination === destination &&
      one.protocol === protocol
    ) {
      return one;
    }
  }
  return null;
}

function start(stack: Stack, at: Interface, frame: Frame): Datagram | null {
  if (stack.settings.ipfrag_high_thresh === 0) return null;
  const datagram: Datagram = {
    source: Ipv4.source(frame.bytes, IP),
    destination: Ipv4.destination(frame.bytes, IP),
    protocol: Ipv4.protocol(frame.bytes, IP),
    identification: Ipv4.identification(frame.bytes, IP),
    at,
    pieces: [],
    held: 0,
    total: Infinity,
    size: 0,
    timer: 0,
  };
  // RFC 1122 §3.3.2: a fixed time, counted from the fragment that came first.
  const patience = stack.settings.ipfrag_time * SECOND;
  datagram.timer = stack.world.after(patience, expire, { stack, datagram }, datagram.identification);
  stack.reassembly.datagrams.push(datagram);
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

/** The pieces become one frame, with the first one's header and packet id. */
function join(stack: Stack, datagram: Datagram): Frame {
  const first = datagram.pieces[0]!;
  const header = Ipv4.headerLength(first.bytes, IP);
  const whole = stack.world.newPart(first, IP + header + datagram.total);
  copyBytes(first.bytes, 0, whole.bytes, 0, IP + header);
  for (const piece of datagram.pieces) {
    const from = IP + Ipv4.headerLength(piece.bytes, IP);
    copyBytes(piece.bytes, from, whole.bytes, IP + header + offsetOf(piece), piece.length - from);
    whole.corrupted ||= piece.corrupted;
  }
  const flags = Ipv4.flagsAndFragmentOffset(first.bytes, IP) & Ipv4.Flag.DontFragment;
  Ipv4.setTotalLength(whole.bytes, IP, header + datagram.total);
  Ipv4.setFlagsAndFragmentOffset(whole.bytes, IP, flags);
  forget(stack, datagram);
  for (const piece of datagram.pieces) stack.world.consume(piece);
  return whole;
}

function drop(stack: Stack, datagram: Datagram, reason: DropReason): void {
  forget(stack, datagram);
  for (const piece of datagram.pieces) stack.world.drop(reason, piece);
}

function forget(stack: Stack, datagram: Datagram): void {
  stack.world.cancel(datagram.timer);
  const { datagrams } = stack.reassembly;
  datagrams.splice(datagrams.indexOf(datagram), 1);
  stack.reassembly.size -= datagram.size;
}

/** The oldest datagrams go while there is too much; the newest stays as long as it fits alone. */
function makeRoom(stack: Stack, newest: Datagram): void {
  const { reassembly, settings } = stack;
  while (reassembly.size > settings.ipfrag_high_thresh) {
    const oldest = reassembly.datagrams[0]!;
    drop(stack, oldest, 'reassembly-full');
    if (oldest === newest) return;
  }
}

/** How many pieces lie before this offset: most often all of them. */
function placeFor(datagram: Datagram, offset: number): number {
  let place = datagram.pieces.length;
  while (place > 0 && offsetOf(datagram.pieces[place - 1]!) >= offset) place--;
  return place;
}

function isSame(piece: Frame | undefined, offset: number, end: number): boolean {
  return piece !== undefined && offsetOf(piece) <= offset && endOf(piece) >= end;
}

function offsetOf(piece: Frame): number {
  return Ipv4.fragmentOffset(piece.bytes, IP);
}

function endOf(piece: Frame): number {
  return offsetOf(piece) + piece.length - IP - Ipv4.headerLength(piece.bytes, IP);
}

function endOfPieces(datagram: Datagram): number {
  const last = datagram.pieces[datagram.pieces.length - 1];
  return last === undefined ? 0 : endOf(last);
}
