/** A packet's way in words: its hops, its disposition, and why. */
import { DROP_REASONS } from '../sim/drop-reason.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import type { Node } from '../sim/node.ts';
import { NO_PORT } from '../sim/observer.ts';
import type { Nanos } from '../sim/time.ts';
import type { StackError } from '../stack/endpoint.ts';
import * as Routes from '../stack/routes.ts';
import type { Stack } from '../stack/stack.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { ArpDeath, ArpWatch } from './arp-watch.ts';
import { dispositionOf } from './disposition.ts';
import type { Disposition } from './disposition.ts';
import { nextHops } from './follower.ts';
import type { Decision, End, NodeKind, Packet, Scene, Step } from './follower.ts';
import { describeRouting, milliseconds, ownersOf, segmentOf } from './words.ts';
import type { Owner } from './words.ts';

/** One packet's way. */
export interface Journey {
  readonly kind: 'probe' | 'reply' | 'error';
  /** In tcpdump's words; what was not sent has none. */
  readonly packet: string | null;
  readonly hops: readonly Hop[];
  readonly disposition: Disposition;
  /** Why it was dropped, where it was. */
  readonly reason: DropReason | null;
  /** Where it ended: `h2`, or, on a link, the NIC it was sent from, `r1.eth1`. */
  readonly at: string;
  readonly began: Nanos;
  readonly ended: Nanos;
  /** Why, in a sentence. */
  readonly explanation: string;
}

/** A packet at one device. */
export interface Hop {
  readonly node: string;
  readonly kind: NodeKind;
  readonly time: Nanos;
  /** The port it came in by, `eth0`; null where it was made. */
  readonly entrance: string | null;
  /** The ports it left by: several where it was flooded, none where it ended. */
  readonly exits: readonly string[];
  /** Of the datagram as it came in. */
  readonly ttl: number;
  readonly decisions: readonly Decision[];
}

/** What becomes of a flooded packet's copies at those whom it is not for. */
const BYSTANDING: readonly DropReason[] = ['not-for-us', 'same-segment', 'nowhere-to-flood'];

/** Where the packet ended: where it was taken, else where it was first lost; null while it is on its way. */
export function endOf({ taken, drops }: Packet): End | null {
  if (taken !== null) return taken;
  return drops.find(({ reason }) => !BYSTANDING.includes(reason!)) ?? drops[drops.length - 1] ?? null;
}

/** Whether the host can send to the address at all. */
export function leadsSomewhere(stack: Stack, destination: Ip4): boolean {
  const type = Routes.lookUp(stack, destination)?.type;
  return type === 'unicast' || type === 'local';
}

/** What a journey is told from, beside the packet's steps. */
export interface Aftermath {
  readonly scene: Scene;
  readonly arp: ArpWatch;
  readonly now: Nanos;
  /** False: the packet was given up because there is no end to what happens. */
  readonly isAtRest: boolean;
}

export function journeyOf(aftermath: Aftermath, packet: Packet): Journey {
  const { scene, now } = aftermath;
  const end = endOf(packet);
  const last = end?.step ?? packet.steps[packet.steps.length - 1]!;
  const steps = stepsTo(last);
  const disposition = judge(aftermath, packet, end);
  const shown = disposition === 'loop' ? untilTwice(steps) : steps;
  return {
    kind: packet.kind,
    packet: packet.text,
    hops: shown.map((step) => hopOf(scene, step)),
    disposition,
    reason: end?.reason ?? null,
    at: end === null || end.port === NO_PORT ? last.node.name : nicName(scene, last.node, end.port),
    began: steps[0]!.time,
    ended: end?.time ?? now,
    explanation: explain(aftermath, packet, disposition, end, shown),
  };
}

function stepsTo(last: Step): Step[] {
  const steps: Step[] = [];
  for (let step: Step | null = last; step !== null; step = step.before) steps.push(step);
  return steps.reverse();
}

/** The way until it comes to a place by the same port again. */
function untilTwice(steps: readonly Step[]): Step[] {
  const isSame = (a: Step, b: Step): boolean => a.node === b.node && a.entrance === b.entrance;
  const again = steps.findIndex((step, i) => steps.findIndex((one) => isSame(one, step)) < i);
  return steps.slice(0, again === -1 ? steps.length : again + 1);
}

function hopOf(scene: Scene, step: Step): Hop {
  const { node, entrance, time, exits, timeToLive, decisions } = step;
  return {
    node: node.name,
    kind: scene.kindOf(node),
    time,
    entrance: entrance === NO_PORT ? null : scene.portName(node, entrance),
    exits: [...exits].map((port) => scene.portName(node, port)),
    ttl: timeToLive,
    decisions,
  };
}

function nicName(scene: Scene, node: Node, port: number): string {
  return `${node.name}.${scene.portName(node, port)}`;
}

function judge({ scene, arp }: Aftermath, packet: Packet, end: End | null): Disposition {
  if (end?.reason === null) return 'delivered';
  // On its round it dies of its age, or, among switches, of nothing at all.
  const isAged = end === null || end.reason === 'ttl-expired' || BYSTANDING.includes(end.reason);
  if (packet.circle !== null && isAged) return 'loop';
  if (end === null) return arp.circle === null ? 'undecided' : 'loop';
  if (end.reason !== 'neighbor-unreachable') return dispositionOf(end.reason);
  const { asked, here, elsewhere } = askedFor(scene, end.step.node, packet.destination);
  if (here !== null) return arp.circle === null ? 'neighbor-unreachable' : 'loop';
  // The destination itself was asked for on this link, and is somewhere else.
  return asked === packet.destination && elsewhere !== null ? 'wrong-subnet' : 'neighbor-unreachable';
}

/** Whom the host asks for on the way to a destination, and who has that address: on the link, or elsewhere. */
function askedFor(
  scene: Scene,
  node: Node,
  destination: Ip4,
): { readonly asked: Ip4; readonly attempts: number; readonly here: Owner | null; readonly elsewhere: Owner | null } {
  const stack = scene.stacks.get(node)!;
  const hops = nextHops(stack, destination);
  const hop = hops.find(({ neighbor }) => neighbor?.state === 'failed') ?? hops[0];
  if (hop === undefined) return { asked: destination, attempts: 0, here: null, elsewhere: null };
  const heard = segmentOf(node.ports[hop.at.port]!, (other) => scene.stacks.has(other));
  const owners = ownersOf(scene.stacks, hop.ip);
  const isHere = (owner: Owner): boolean => heard.has(owner.node.ports[owner.interface.port]!);
  return {
    asked: hop.ip,
    attempts: hop.neighbor?.attempts ?? 0,
    here: owners.find(isHere) ?? null,
    elsewhere: owners.find((owner) => !isHere(owner)) ?? null,
  };
}

// Why.

/** Reasons that the routing table gives. */
const ROUTING: readonly DropReason[] = ['no-route', 'unreachable', 'prohibited', 'blackhole'];

function explain(
  { scene, arp, isAtRest }: Aftermath,
  packet: Packet,
  disposition: Disposition,
  end: End | null,
  steps: readonly Step[],
): string {
  const last = steps[steps.length - 1]!.node.name;
  if (disposition === 'loop' && packet.circle !== null) {
    const round = steps.map(({ node }) => node.name).join(' → ');
    const until = end?.reason === 'ttl-expired' ? `, until the TTL runs out at ${end.step.node.name}` : '';
    return `it goes round in a circle, ${round}${until}`;
  }
  const storm = arp.circle === null ? '' : `; ARP goes round in a circle by ${arp.circle.name}, a broadcast storm`;
  if (end === null) {
    const endless = isAtRest ? '' : ', and there is no end to what happens meanwhile';
    return `it is still on its way, last seen at ${last}${endless}${storm}`;
  }
  const { reason, step, port, time, detail } = end;
  if (reason === null) return `${last} has it after ${milliseconds(time - steps[0]!.time)}`;
  const { node } = step;
  const where = port === NO_PORT ? `${node.name} drops it` : `it dies on the link behind ${nicName(scene, node, port)}`;
  const told = `${where}${disposition === reason ? '' : `, ${reason}`}: ${DROP_REASONS[reason]}`;
  const { destination } = packet;
  if (reason === 'neighbor-unreachable') return `${told}; ${explainSilence(scene, arp, destination, node)}${storm}`;
  if (ROUTING.includes(reason)) return `${told}; route ${describeRouting(scene.stacks.get(node)!, destination)}`;
  return detail === '' ? told : `${told}; ${detail}`;
}

/** Why nobody answers who was asked for. */
function explainSilence(scene: Scene, arp: ArpWatch, destination: Ip4, node: Node): string {
  const { asked, attempts, here, elsewhere } = askedFor(scene, node, destination);
  const times = attempts === 0 ? '' : attempts === 1 ? ' once' : ` ${attempts} times`;
  const question = `it asked${times} who has ${Ip.format(asked)}`;
  if (here !== null) {
    const death = arp.deaths.get(asked);
    const but = death === undefined ? '' : `, but ${describeArpDeath(scene, death)}`;
    return `${question}, which ${here.name} has, on this link${but}`;
  }
  const route = describeRouting(scene.stacks.get(node)!, destination);
  if (elsewhere === null) return `${question}, which nobody in the lab has; route ${route}`;
  return `${question}, as its route is ${route}, but ${elsewhere.name} has that address, on another link`;
}

function describeArpDeath(scene: Scene, { isQuestion, node, port, reason }: ArpDeath): string {
  const where = port === NO_PORT ? `at ${node.name}` : `on the link behind ${nicName(scene, node, port)}`;
  return `the ${isQuestion ? 'question' : 'answer'} died ${where}: ${reason} (${DROP_REASONS[reason]})`;
}

// What was never sent.

/** The host refuses to send: its only hop is where it should have begun. */
export function refusedJourney(
  scene: Scene,
  node: Node,
  destination: Ip4,
  error: StackError | null,
  now: Nanos,
): Journey {
  const type = Routes.lookUp(scene.stacks.get(node)!, destination)?.type ?? null;
  const reason = type !== null && leads(type) ? reasonOfError(error) : reasonOfRoute(type);
  return unsent(scene, 'probe', node, destination, reason, now);
}

/** The answer to a packet that was taken where there is no way back; null where there is one. */
export function missingReply(scene: Scene, { taken, source }: Packet): Journey | null {
  if (taken === null) return null;
  const { node } = taken.step;
  const type = Routes.lookUp(scene.stacks.get(node)!, source)?.type ?? null;
  if (type !== null && leads(type)) return null;
  return unsent(scene, 'reply', node, source, reasonOfRoute(type), taken.time);
}

function unsent(
  scene: Scene,
  kind: Journey['kind'],
  node: Node,
  destination: Ip4,
  reason: DropReason,
  time: Nanos,
): Journey {
  const disposition = dispositionOf(reason);
  const told = `${disposition === reason ? '' : `${reason}, `}${DROP_REASONS[reason]}`;
  const route = describeRouting(scene.stacks.get(node)!, destination);
  const decisions: Decision[] = [
    { kind: 'route', text: route },
    { kind: 'dropped', text: `${reason} (${DROP_REASONS[reason]})` },
  ];
  return {
    kind,
    packet: null,
    hops: [{ node: node.name, kind: scene.kindOf(node), time, entrance: null, exits: [], ttl: 0, decisions }],
    disposition,
    reason,
    at: node.name,
    began: time,
    ended: time,
    explanation: `${node.name} sends nothing to ${Ip.format(destination)}: ${told}; route ${route}`,
  };
}

function leads(type: Routes.RouteType): boolean {
  return type === 'unicast' || type === 'local' || type === 'broadcast';
}

/** The reason that the stack would drop a datagram for that it has to pass on. */
function reasonOfRoute(type: Routes.RouteType | null): DropReason {
  switch (type) {
    case 'unreachable':
      return 'unreachable';
    case 'prohibit':
      return 'prohibited';
    case 'blackhole':
      return 'blackhole';
    case null:
    case 'unicast':
    case 'local':
    case 'broadcast':
      return 'no-route';
  }
}

function reasonOfError(error: StackError | null): DropReason {
  if (error === 'EMSGSIZE') return 'would-fragment';
  return error === 'EAGAIN' ? 'queue-full' : 'martian-source';
}
