/**
 * Who answers whom, of many pairs at once: each sender has an echo request under way to many others at a time. An
 * eighth of the work of a ping for each pair, and it says no more than who has answered.
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { Lab } from '../lab/lab.ts';
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { takeReceived } from '../stack/endpoint.ts';
import type { Endpoint } from '../stack/endpoint.ts';
import { IP } from '../stack/ipv4-input.ts';
import * as Raw from '../stack/raw.ts';
import * as Icmp from '../wire/icmp.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';

export interface Pair {
  readonly from: string;
  readonly to: Ip4;
}

/** Requests of one host at a time: fewer than may wait for a neighbour's address (Linux's unres_qlen is about 100). */
const AT_ONCE = 32;
/** How long they wait for their answers, as a ping does. */
const PATIENCE: Nanos = 5 * SECOND;
/** In a broadcast storm there is no end to them. */
const MAX_EVENTS = 1_000_000;
/** What the requests bear; the sequence number tells them apart. */
const IDENTIFIER = 0x7077;
/** ping's. */
const DATA_LENGTH = 56;

/** For each pair, in their order, whether an answer came. Runs the lab from its present on. */
export function pingPairs(lab: Lab, pairs: readonly Pair[]): boolean[] {
  lab.runUntil(lab.now);
  const answered = pairs.map(() => false);
  const bySender = new Map<string, number[]>();
  pairs.forEach(({ from }, place) => {
    const places = bySender.get(from);
    if (places === undefined) bySender.set(from, [place]);
    else places.push(place);
  });
  for (const [from, places] of bySender) {
    const kernel = lab.kernel(from);
    for (let first = 0; first < places.length; first += AT_ONCE) {
      pingSome(lab, kernel, pairs, places.slice(first, first + AT_ONCE), answered);
    }
  }
  return answered;
}

function pingSome(
  lab: Lab,
  { stack }: Kernel,
  pairs: readonly Pair[],
  places: readonly number[],
  answered: boolean[],
): void {
  const socket = Raw.open(stack, Ipv4.Protocol.Icmp, ignore);
  let waiting = 0;
  places.forEach((place, sequence) => {
    if (send(socket, pairs[place]!.to, sequence)) waiting++;
  });
  const deadline = lab.now + PATIENCE;
  for (let events = 0; waiting > 0 && events < MAX_EVENTS; events++) {
    const next = lab.nextEventTime();
    if (next === null || next > deadline) break;
    lab.step();
    for (let frame = takeReceived(socket); frame !== undefined; frame = takeReceived(socket)) {
      const place = places[answeredBy(frame.bytes)];
      stack.world.consume(frame);
      if (place === undefined || answered[place] === true) continue;
      answered[place] = true;
      waiting--;
    }
  }
  Raw.close(socket);
}

function ignore(): void {
  // Nobody sleeps on the socket: it is looked at after each event.
}

/** False where the host refuses to send. */
function send(socket: Endpoint, to: Ip4, sequence: number): boolean {
  const message = new Uint8Array(Icmp.HEADER_LENGTH + DATA_LENGTH);
  Icmp.writeHeader(message, 0, Icmp.Type.Echo, 0, Icmp.restOfQuery(IDENTIFIER, sequence));
  Icmp.updateChecksum(message, 0, message.length);
  return Raw.send(socket, message, 0, message.length, to) === null;
}

/** The sequence number of a reply to one of ours, or -1: the socket has every ICMP message that comes to the host. */
function answeredBy(bytes: Uint8Array): number {
  const at = IP + Ipv4.headerLength(bytes, IP);
  const isOurs = Icmp.type(bytes, at) === Icmp.Type.EchoReply && Icmp.identifier(bytes, at) === IDENTIFIER;
  return isOurs ? Icmp.sequence(bytes, at) : -1;
}
