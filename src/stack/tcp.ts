/**
 * TCP, until it comes: every port is closed. RFC 9293 §3.5.2, group 1: a segment for a connection that does not exist
 * is answered with a reset, unless it is one. Not here: connections.
 */
import type { Frame } from '../sim/frame.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Tcp from '../wire/tcp.ts';
import { isLocal } from './interface.ts';
import type { Interface } from './interface.ts';
import * as Ipv4Answer from './ipv4-answer.ts';
import { IP } from './ipv4-input.ts';
import type { Stack } from './stack.ts';

export function receive(stack: Stack, _at: Interface, frame: Frame): void {
  const { bytes } = frame;
  const segment = IP + Ipv4.headerLength(bytes, IP);
  const source = Ipv4.source(bytes, IP);
  const destination = Ipv4.destination(bytes, IP);
  const malformed = Tcp.check(bytes, segment, frame.length, source, destination);
  if (malformed !== null) return stack.world.drop(malformed, frame);
  // RFC 9293 §3.10.7.1; RFC 1122 §4.2.3.10: nothing is answered that came to more than one host.
  const isForOne = isLocal(stack, destination) && !Ethernet.isGroup(bytes, 0);
  if (isForOne && (Tcp.flags(bytes, segment) & Tcp.Flag.Rst) === 0) reset(stack, frame, segment);
  stack.world.drop('no-socket', frame);
}

/** RFC 9293 §3.5.2: the reset takes its sequence number from what was acknowledged, else acknowledges what came. */
function reset(stack: Stack, frame: Frame, segment: number): void {
  const way = Ipv4Answer.wayBack(stack, frame);
  if (way === null) return;
  const { bytes } = frame;
  const source = Ipv4.destination(bytes, IP);
  const flags = Tcp.flags(bytes, segment);
  const acknowledged = (flags & Tcp.Flag.Ack) !== 0;
  const data = frame.length - segment - Tcp.headerLength(bytes, segment);
  // SYN and FIN take a sequence number each.
  const length = data + ((flags & Tcp.Flag.Syn) !== 0 ? 1 : 0) + ((flags & Tcp.Flag.Fin) !== 0 ? 1 : 0);
  const tos = Ipv4.typeOfService(bytes, IP);
  const answer = Ipv4Answer.create(stack, way, source, tos, true, Ipv4.Protocol.Tcp, Tcp.MIN_HEADER_LENGTH);
  const at = IP + way.headerLength;
  Tcp.writeHeader(
    answer.bytes,
    at,
    Tcp.destinationPort(bytes, segment),
    Tcp.sourcePort(bytes, segment),
    acknowledged ? Tcp.acknowledgmentNumber(bytes, segment) : 0,
    acknowledged ? 0 : (Tcp.sequenceNumber(bytes, segment) + length) >>> 0,
    acknowledged ? Tcp.Flag.Rst : Tcp.Flag.Rst | Tcp.Flag.Ack,
    0,
  );
  // The pseudo-header has the end of the way, not its first stop (RFC 9293 §3.1).
  Tcp.updateChecksum(answer.bytes, at, answer.length, source, Ipv4.source(bytes, IP));
  Ipv4Answer.send(stack, way, answer);
}
