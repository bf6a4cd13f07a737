/**
 * Why a packet arrives, or why it does not: sends a real one in a running network and tells hop by hop what each device
 * decided, down to the entry of the table that matched, and then the same of the answer or the error that comes back.
 * What is told is taken from what happens (follower.ts), so it cannot differ from it.
 */
import { fanOut } from '../capture/observers.ts';
import type { Node } from '../sim/node.ts';
import type { Simulator } from '../sim/simulator.ts';
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { takeReceived } from '../stack/endpoint.ts';
import type { Endpoint, StackError } from '../stack/endpoint.ts';
import * as Raw from '../stack/raw.ts';
import type { Stack } from '../stack/stack.ts';
import * as Udp from '../stack/udp.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import { Follower } from './follower.ts';
import type { End, Probe, Scene } from './follower.ts';
import { endOf, journeyOf, leadsSomewhere, missingReply, refusedJourney } from './journey.ts';
import type { Journey } from './journey.ts';

/** The packet that is sent, and how long its answer may take. */
export interface TraceOptions {
  /** Sends a UDP datagram to this port; an ICMP echo request unless given. */
  readonly udp?: number;
  /** Octets of data behind the ICMP or UDP header, as `ping -s`; 56 unless told, as ping's. */
  readonly size?: number;
  /** The host's own unless told. */
  readonly ttl?: number;
  /**
   * Do not fragment: true sets it and heeds no path MTU that was learnt before; false never sets it. Unless told it is
   * as for programs: set, but for what is longer than the path is known to carry.
   */
  readonly df?: boolean;
  /** How long to wait for a UDP program's answer, from when it has the datagram; one second unless told. */
  readonly wait?: Nanos;
}

/** The story of a packet and of what came back. Times are nanoseconds. */
export interface Trace {
  readonly from: string;
  /** As it was asked for: a name or an address. */
  readonly to: string;
  readonly destination: string;
  /** `ICMP echo request` or `UDP to port 7`. */
  readonly probe: string;
  readonly there: Journey;
  /** The reply or the ICMP error, or what would keep one from coming; null where nothing came. */
  readonly back: Journey | null;
  /** It was taken where it was sent to, and the reply came back; a UDP program may do without one, if it could come. */
  readonly reached: boolean;
}

export interface TraceRequest extends TraceOptions {
  readonly from: Node;
  readonly to: string;
  readonly destination: Ip4;
}

/** ping's. */
const DEFAULT_SIZE = 56;
/** ARP gives up after 3 seconds, at every hop anew; reassembly after 30. */
const MAX_TIME: Nanos = 60 * SECOND;
/** In a broadcast storm there is no end to them. */
const MAX_EVENTS = 1_000_000;
/** What an echo request of a trace bears; the sequence number tells one trace from the next. */
const IDENTIFIER = 0x7472;

/** Sends the packet and runs the network until it and its answer have ended. */
export function trace(simulator: Simulator, scene: Scene, request: TraceRequest): Trace {
  const stack = scene.stacks.get(request.from)!;
  const socket = openSocket(stack, request);
  const data = new Uint8Array(request.size ?? DEFAULT_SIZE);
  const probe = probeOf(socket, request, simulator.pool.counts.made & 0xffff);
  const follower = new Follower(scene, request.from, probe);
  const watching = simulator.observer;
  let refused: StackError | null;
  let isAtRest = true;
  simulator.observer = watching === null ? follower : fanOut([watching, follower]);
  try {
    refused = send(socket, probe, data, request);
    if (refused === null) {
      follower.settle();
      follower.findWaiting(request.from);
      isAtRest = follow(simulator, follower, request);
    }
  } finally {
    simulator.observer = watching;
    close(socket);
  }

  const { now } = simulator;
  const { question, answer, arp } = follower;
  const aftermath = { scene, arp, now, isAtRest };
  const there =
    question === null
      ? refusedJourney(scene, request.from, request.destination, refused, now)
      : journeyOf(aftermath, question);
  const back =
    question === null ? null : answer === null ? missingReply(scene, question) : journeyOf(aftermath, answer);
  const isAnswered = back?.kind === 'reply' && back.disposition === 'delivered';
  const mayBeSilent = request.udp !== undefined && back === null;
  return {
    from: request.from.name,
    to: request.to,
    destination: Ip.format(request.destination),
    probe: request.udp === undefined ? 'ICMP echo request' : `UDP to port ${request.udp}`,
    there,
    back,
    reached: there.disposition === 'delivered' && (isAnswered || mayBeSilent),
  };
}

// Sending.

function openSocket(stack: Stack, { udp, ttl, df }: TraceRequest): Endpoint {
  const socket = udp === undefined ? Raw.open(stack, Ipv4.Protocol.Icmp, ignore) : Udp.open(stack, ignore);
  if (udp !== undefined) Udp.bind(socket, Ip.ANY, 0);
  socket.broadcast = true;
  if (ttl !== undefined) socket.timeToLive = ttl;
  if (df !== undefined) socket.pathMtuDiscovery = df ? 'probe' : 'dont';
  return socket;
}

function ignore(): void {
  // Nobody reads from the socket: the follower sees what comes.
}

function probeOf(socket: Endpoint, { udp }: TraceRequest, sequence: number): Probe {
  if (udp !== undefined) return { protocol: 'udp', sourcePort: socket.localPort, destinationPort: udp };
  return { protocol: 'icmp', identifier: IDENTIFIER, sequence };
}

function send(socket: Endpoint, probe: Probe, data: Uint8Array, { destination }: TraceRequest): StackError | null {
  if (probe.protocol === 'udp') return Udp.send(socket, data, 0, data.length, destination, probe.destinationPort);
  const message = new Uint8Array(Icmp.HEADER_LENGTH + data.length);
  Icmp.writeHeader(message, 0, Icmp.Type.Echo, 0, Icmp.restOfQuery(probe.identifier, probe.sequence));
  message.set(data, Icmp.HEADER_LENGTH);
  Icmp.updateChecksum(message, 0, message.length);
  return Raw.send(socket, message, 0, message.length, destination);
}

/** What has come is read, so that nothing counts as dropped. */
function close(socket: Endpoint): void {
  for (let frame = takeReceived(socket); frame !== undefined; frame = takeReceived(socket)) {
    socket.stack.world.consume(frame);
  }
  if (socket.raw) Raw.close(socket);
  else Udp.close(socket);
}

// Following.

/** Runs the network until the packet has ended and what it brings about has, too; false when that has no end. */
function follow(simulator: Simulator, follower: Follower, { wait = SECOND }: TraceRequest): boolean {
  const latest = simulator.now + MAX_TIME;
  for (let events = 0; events < MAX_EVENTS; events++) {
    const question = follower.question!;
    let deadline = latest;
    if (follower.isOver(question)) {
      const end = endOf(question);
      if (follower.answer === null && end !== null) follower.findWaiting(end.step.node);
      if (follower.answer === null) {
        if (question.taken === null || !mayAnswer(follower, question.taken)) return true;
        deadline = Math.min(latest, question.taken.time + wait);
      } else if (follower.isOver(follower.answer)) return true;
    }
    const next = simulator.nextEventTime();
    if (next === null || next > deadline) return true;
    simulator.step();
    follower.settle();
  }
  return false;
}

/** A kernel answers at once or not at all; a program may take its time, if there is a way back. */
function mayAnswer({ probe, scene, question }: Follower, { step }: End): boolean {
  return probe.protocol === 'udp' && leadsSomewhere(scene.stacks.get(step.node)!, question!.source);
}
