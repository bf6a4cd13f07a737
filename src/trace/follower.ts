/**
 * Follows one packet and what answers it: an observer that takes down where they come, what each device finds in its
 * tables at that instant by the look-ups that the device itself will make, and where they end.
 * A packet is known by its frames' id, which copies and fragments keep; an ICMP error by the id it is about; another
 * answer by its addresses and ports.
 */
import * as Switch from '../devices/switch.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import { DROP_REASONS } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import type { Node, Port } from '../sim/node.ts';
import { NO_PORT } from '../sim/observer.ts';
import type { Observer } from '../sim/observer.ts';
import type { Nanos } from '../sim/time.ts';
import type { Endpoint } from '../stack/endpoint.ts';
import { isOwnAddress } from '../stack/interface.ts';
import type { Interface } from '../stack/interface.ts';
import { IP } from '../stack/ipv4-input.ts';
import * as Neighbors from '../stack/neighbors.ts';
import type { Neighbor } from '../stack/neighbors.ts';
import { redirected } from '../stack/path-mtu.ts';
import * as Routes from '../stack/routes.ts';
import type { Stack } from '../stack/stack.ts';
import { listEndpoints } from '../stack/udp.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Mac from '../wire/mac.ts';
import { summarizeFrame } from '../wire/registry.ts';
import * as Udp from '../wire/udp.ts';
import { ArpWatch } from './arp-watch.ts';
import { describeRouting, milliseconds } from './words.ts';

/** What kind of device decides. */
export type NodeKind = 'host' | 'router' | 'switch' | 'hub';

/** The network as a trace sees it. */
export interface Scene {
  readonly stacks: ReadonlyMap<Node, Stack>;
  kindOf(node: Node): NodeKind;
  /** `eth0`, `port1` */
  portName(node: Node, port: number): string;
  /** The program on the node that has the socket: `udp-echo`; null where no process has. */
  programWith(node: Node, socket: Endpoint): string | null;
}

/** Something that a device found or decided, in words. */
export interface Decision {
  readonly kind:
    'route' | 'path' | 'neighbor' | 'arp' | 'forward' | 'flood' | 'fragment' | 'redirect' | 'taken' | 'dropped';
  readonly text: string;
}

/** A packet at one device. */
export interface Step {
  readonly node: Node;
  /** The port it came in by; NO_PORT where it was made. */
  readonly entrance: number;
  readonly time: Nanos;
  /** The step at the device that sent it here. */
  readonly before: Step | null;
  readonly after: Step[];
  /** Of the datagram as it came in. */
  readonly timeToLive: number;
  readonly decisions: Decision[];
  readonly exits: Set<number>;
  /** Frames of it that came here, and that left: fragments count each, and copies out of other ports. */
  came: number;
  sent: number;
}

export interface End {
  readonly step: Step;
  /** Null: it was taken. */
  readonly reason: DropReason | null;
  /** Where the link begins that it died on; NO_PORT for the device itself. */
  readonly port: number;
  readonly time: Nanos;
  /** What made it end there, with its numbers; empty where the reason says all. */
  readonly detail: string;
}

export interface NextHop {
  readonly ip: Ip4;
  readonly at: Interface;
  /** Null where nobody has asked for it. */
  readonly neighbor: Neighbor | null;
}

/** What is followed. */
export interface Packet {
  readonly kind: 'probe' | 'reply' | 'error';
  /** Of its frames. */
  readonly id: number;
  /** In tcpdump's words, as it was first seen. */
  readonly text: string;
  readonly source: Ip4;
  readonly destination: Ip4;
  readonly steps: Step[];
  /** Where each device last had it. */
  readonly latest: Map<Node, Step>;
  /** Who last sent it out of a port. */
  readonly senders: Map<Port, Step>;
  readonly drops: End[];
  taken: End | null;
  /** The device that it came to for the second time by the same port. */
  circle: Step | null;
  /** Frames on links. */
  flying: number;
  /** Where it waits for a neighbour's address. */
  readonly waiting: Set<Step>;
  /** Some of its fragments wait at a host for the others. */
  isIncomplete: boolean;
}

/** What the probe looks like, so that it and its answer are known among all other packets. */
export type Probe =
  | { readonly protocol: 'icmp'; readonly identifier: number; readonly sequence: number }
  | { readonly protocol: 'udp'; readonly sourcePort: number; readonly destinationPort: number };

/** Steps that are kept of one packet: in a storm its copies are without number. */
const MAX_STEPS = 4_096;

export class Follower implements Observer {
  question: Packet | null = null;
  answer: Packet | null = null;
  readonly arp = new ArpWatch();
  readonly scene: Scene;
  readonly probe: Probe;
  private readonly origin: Node;
  /** The step at which something came in during this event, and whether it left again or ended. */
  private arrived: { readonly packet: Packet; readonly step: Step; isOver: boolean } | null = null;

  constructor(scene: Scene, origin: Node, probe: Probe) {
    this.scene = scene;
    this.origin = origin;
    this.probe = probe;
  }

  // What the simulator calls.

  sent(node: Node, port: number, frame: Frame): void {
    const packet = this.packetOf(node, frame);
    if (packet === null) return;
    const step = packet.latest.get(node) ?? this.begin(packet, node, frame);
    const exit = node.ports[port]!;
    if (step.sent === 0) this.describeDeparture(step, port, frame);
    else if (step.sent === step.came && step.exits.has(port)) this.describeFragments(step, port, frame);
    step.sent++;
    step.exits.add(port);
    packet.senders.set(exit, step);
    packet.flying++;
    this.leave(packet, step);
  }

  received(node: Node, port: number, frame: Frame): void {
    const packet = this.packetOf(node, frame);
    if (packet === null) return this.arp.received(node, port, frame);
    packet.flying = Math.max(0, packet.flying - 1);
    const before = packet.senders.get(this.peerOf(node, port)) ?? null;
    let step = before?.after.find((one) => one.node === node && one.entrance === port);
    if (step !== undefined) step.came++;
    else {
      if (packet.steps.length >= MAX_STEPS) return;
      step = createStep(node, port, before, frame);
      before?.after.push(step);
      packet.steps.push(step);
      if (hasBeenAt(before, node, port)) packet.circle ??= step;
      this.describeArrival(step, frame);
    }
    packet.latest.set(node, step);
    this.arrived = { packet, step, isOver: false };
  }

  dropped(node: Node, port: number, reason: DropReason, frame: Frame): void {
    const packet = this.packetOf(node, frame);
    if (packet === null) return this.arp.dropped(node, port, reason, frame);
    const step = packet.latest.get(node) ?? this.begin(packet, node, frame);
    if (port !== NO_PORT) packet.flying = Math.max(0, packet.flying - 1);
    if (packet.drops.length < MAX_STEPS) {
      const detail = this.describeDeath(step, port, reason, frame);
      packet.drops.push({ step, reason, port, time: node.now, detail });
    }
    this.leave(packet, step);
  }

  // What the trace calls.

  /** To be called when an event is over: what has come in and is nowhere else now was taken, or waits. */
  settle(): void {
    const { arrived } = this;
    this.arrived = null;
    if (arrived === null || arrived.isOver) return;
    const { packet, step } = arrived;
    const stack = this.scene.stacks.get(step.node);
    if (stack === undefined) return;
    packet.isIncomplete = isIncomplete(stack, packet.id);
    if (packet.isIncomplete) return;
    if (isQueued(stack, packet.id)) {
      packet.waiting.add(step);
      return;
    }
    if (packet.taken !== null) return;
    packet.taken = { step, reason: null, port: NO_PORT, time: step.node.now, detail: '' };
    step.decisions.push({ kind: 'taken', text: this.describeTaking(step, packet) });
  }

  /** Whether the packet has been taken, or all of it has ended. */
  isOver(packet: Packet): boolean {
    if (packet.taken !== null || packet.steps.length >= MAX_STEPS) return true;
    if (packet.flying > 0 || packet.waiting.size > 0) return false;
    // The other fragments wait in vain for one that has ended.
    return !packet.isIncomplete || packet.drops.length > 0;
  }

  /** Looks for the probe or its answer where it waits for a neighbour, not having been sent. */
  findWaiting(node: Node): void {
    const stack = this.scene.stacks.get(node);
    if (stack === undefined) return;
    for (const at of stack.interfaces) {
      for (const { queue } of Neighbors.walk(at)) {
        for (const frame of queue) {
          const packet = this.packetOf(node, frame);
          if (packet !== null && !packet.latest.has(node)) packet.waiting.add(this.begin(packet, node, frame));
        }
      }
    }
  }

  // Which packet a frame belongs to.

  private packetOf(node: Node, frame: Frame): Packet | null {
    const { question, answer } = this;
    if (question === null) {
      if (node !== this.origin || !this.isProbe(frame)) return null;
      return (this.question = createPacket('probe', frame));
    }
    if (frame.id === question.id) return question;
    if (answer !== null) return frame.id === answer.id ? answer : null;
    if (frame.about === question.id) {
      if (isRedirect(frame)) {
        this.noteRedirect(question, node, frame);
        return null;
      }
      return (this.answer = createPacket('error', frame));
    }
    return this.isReply(question, frame) ? (this.answer = createPacket('reply', frame)) : null;
  }

  private isProbe(frame: Frame): boolean {
    const header = headerOf(frame);
    if (header === null) return false;
    const { bytes } = frame;
    const { probe } = this;
    if (probe.protocol === 'icmp') return isEcho(frame, header, Icmp.Type.Echo, probe.identifier, probe.sequence);
    if (Ipv4.protocol(bytes, IP) !== Ipv4.Protocol.Udp || header + Udp.HEADER_LENGTH > frame.length) return false;
    return (
      Udp.sourcePort(bytes, header) === probe.sourcePort && Udp.destinationPort(bytes, header) === probe.destinationPort
    );
  }

  private isReply({ source }: Packet, frame: Frame): boolean {
    const header = headerOf(frame);
    if (header === null) return false;
    const { bytes } = frame;
    const { probe } = this;
    if (Ipv4.destination(bytes, IP) !== source) return false;
    if (probe.protocol === 'icmp') return isEcho(frame, header, Icmp.Type.EchoReply, probe.identifier, probe.sequence);
    if (Ipv4.protocol(bytes, IP) !== Ipv4.Protocol.Udp || header + Udp.HEADER_LENGTH > frame.length) return false;
    return (
      Udp.sourcePort(bytes, header) === probe.destinationPort && Udp.destinationPort(bytes, header) === probe.sourcePort
    );
  }

  private noteRedirect(question: Packet, node: Node, frame: Frame): void {
    const stack = this.scene.stacks.get(node);
    if (stack === undefined || !isOwnAddress(stack, Ipv4.source(frame.bytes, IP))) return;
    const better = Ip.format(Icmp.gateway(frame.bytes, headerOf(frame) ?? IP));
    const text = `tells ${Ip.format(question.source)} that ${better} is a shorter way`;
    const decisions = question.latest.get(node)?.decisions;
    if (decisions?.some((one) => one.text === text) === false) decisions.push({ kind: 'redirect', text });
  }

  // Where it is.

  /** The packet is first seen at the device that makes it. */
  private begin(packet: Packet, node: Node, frame: Frame): Step {
    const step = createStep(node, NO_PORT, null, frame);
    packet.steps.push(step);
    packet.latest.set(node, step);
    this.describeArrival(step, frame);
    return step;
  }

  /** A frame of the packet has left the device, or has ended there. */
  private leave(packet: Packet, step: Step): void {
    const { arrived } = this;
    if (arrived?.step === step) arrived.isOver = true;
    else packet.waiting.delete(step);
  }

  /** The port at the other end of the link. */
  private peerOf(node: Node, port: number): Port {
    const own = node.ports[port]!;
    return own.direction?.to ?? own;
  }

  // In words.

  private describeArrival({ node, entrance, decisions }: Step, frame: Frame): void {
    const { bytes } = frame;
    if (frame.length < IP) return;
    switch (this.scene.kindOf(node)) {
      case 'hub':
        decisions.push({ kind: 'flood', text: 'a hub repeats at all other ports' });
        return;
      case 'switch': {
        const station = Ethernet.destination(bytes, 0);
        // The check: what attaches a device to a switch's node is devices/switch.ts.
        const exit = Mac.isGroup(station) ? undefined : Switch.lookUp(node.device as Switch.Switch, station);
        decisions.push(
          exit === undefined
            ? { kind: 'flood', text: `${Mac.format(station)} was not learnt: out of all other ports` }
            : { kind: 'forward', text: `${Mac.format(station)} was learnt at ${this.scene.portName(node, exit)}` },
        );
        return;
      }
      case 'host':
      case 'router': {
        const stack = this.scene.stacks.get(node)!;
        const at = stack.byPort[entrance];
        const isForIt = at === undefined || Ethernet.isGroup(bytes, 0) || Ethernet.destination(bytes, 0) === at.mac;
        const destination = headerOf(frame) === null ? Ip.ANY : Ipv4.destination(bytes, IP);
        if (!isForIt || destination === Ip.ANY) return;
        decisions.push({ kind: 'route', text: describeRouting(stack, destination) });
      }
    }
  }

  /** Whom a host or router gives it to, and how it knew that one. */
  private describeDeparture({ node, time, decisions }: Step, port: number, frame: Frame): void {
    const stack = this.scene.stacks.get(node);
    const at = stack?.byPort[port];
    const { bytes } = frame;
    if (stack === undefined || at === undefined || at.loopback || Ethernet.isGroup(bytes, 0)) return;
    const station = Ethernet.destination(bytes, 0);
    const hops = nextHops(stack, Ipv4.destination(bytes, IP));
    const hop = hops.find((one) => one.at === at && one.neighbor?.mac === station);
    if (hop === undefined) return;
    const ip = Ip.format(hop.ip);
    if (hops.length > 1)
      decisions.push({ kind: 'path', text: `one of ${hops.length}, by its flow: via ${ip} dev ${at.name}` });
    const waited = node.now - time;
    const mac = Mac.format(station);
    if (waited > 0) {
      decisions.push({ kind: 'arp', text: `who-has ${ip}: is-at ${mac}, after ${milliseconds(waited)}` });
      return;
    }
    const known = hop.neighbor?.state === 'permanent' ? 'set by hand' : 'known already';
    decisions.push({ kind: 'neighbor', text: `${ip} is-at ${mac}, ${known}` });
  }

  /** More of them leave than have come. */
  private describeFragments({ node, came, decisions }: Step, port: number, frame: Frame): void {
    const at = this.scene.stacks.get(node)?.byPort[port];
    if (at === undefined || came > 1 || !Ipv4.isFragment(frame.bytes, IP)) return;
    decisions.push({ kind: 'fragment', text: `longer than the MTU of ${at.name}, ${at.mtu}: in fragments` });
  }

  private describeTaking({ node }: Step, { id, kind }: Packet): string {
    const stack = this.scene.stacks.get(node)!;
    const socket = listEndpoints(stack).find(({ received }) => [...received].some((frame) => frame.id === id));
    if (socket === undefined) {
      if (kind === 'probe' && this.probe.protocol === 'icmp') return 'the kernel takes it and answers';
      return node === this.origin ? 'taken by who asked' : 'taken';
    }
    if (node === this.origin && kind !== 'probe') return 'taken by who asked';
    const program = this.scene.programWith(node, socket);
    const address = socket.local === Ip.ANY ? '*' : Ip.format(socket.local);
    return `socket ${address}:${socket.localPort} takes it${program === null ? '' : `: ${program}`}`;
  }

  /** The numbers behind a reason, as they are at this instant. */
  private describeDeath({ node, decisions }: Step, port: number, reason: DropReason, frame: Frame): string {
    const detail = this.detailOf(node, port, reason, frame);
    const told = `${reason} (${DROP_REASONS[reason]})`;
    if (!decisions.some(({ kind }) => kind === 'dropped')) {
      decisions.push({ kind: 'dropped', text: detail === '' ? told : `${told}: ${detail}` });
    }
    return detail;
  }

  private detailOf(node: Node, port: number, reason: DropReason, frame: Frame): string {
    const link = port === NO_PORT ? null : node.ports[port]!.direction;
    const octets = frame.length - IP;
    if (reason === 'exceeds-mtu' && link !== null) return `${octets} octets on a link for ${link.current.mtu}`;
    if (reason === 'queue-full' && link !== null) {
      const { queue } = link.current;
      return 'packets' in queue ? `its limit is ${queue.packets} packets` : `its limit is ${queue.bytes} bytes`;
    }
    if (reason === 'would-fragment') {
      const stack = this.scene.stacks.get(node)!;
      const out = Routes.lookUp(stack, Ipv4.destination(frame.bytes, IP))?.interface ?? null;
      if (out !== null) return `${octets} octets for ${out.name}, whose MTU is ${out.mtu}`;
    }
    const { probe } = this;
    return reason === 'no-socket' && probe.protocol === 'udp' ? `UDP port ${probe.destinationPort}` : '';
  }
}

/** The neighbours that the stack may give a datagram to: one, unless its route has several next hops. */
export function nextHops(stack: Stack, destination: Ip4): NextHop[] {
  const route = Routes.lookUp(stack, destination);
  if (route === null) return [];
  return (route.paths ?? [route]).flatMap((path) => {
    if (path.interface === null) return [];
    // As stack/ipv4-output.ts, neighborFor: a redirect goes before the gateway.
    const ip = redirected(stack, destination, path) ?? (path.gateway === Ip.ANY ? destination : path.gateway);
    return [{ ip, at: path.interface, neighbor: Neighbors.lookUp(path.interface, ip) }];
  });
}

function createPacket(kind: Packet['kind'], frame: Frame): Packet {
  return {
    kind,
    id: frame.id,
    text: summarizeFrame(frame.bytes, frame.length),
    source: Ipv4.source(frame.bytes, IP),
    destination: Ipv4.destination(frame.bytes, IP),
    steps: [],
    latest: new Map(),
    senders: new Map(),
    drops: [],
    taken: null,
    circle: null,
    flying: 0,
    waiting: new Set(),
    isIncomplete: false,
  };
}

function createStep(node: Node, entrance: number, before: Step | null, frame: Frame): Step {
  return {
    node,
    entrance,
    time: node.now,
    before,
    after: [],
    timeToLive: frame.length < IP + Ipv4.MIN_HEADER_LENGTH ? 0 : Ipv4.timeToLive(frame.bytes, IP),
    decisions: [],
    exits: new Set(),
    came: 1,
    sent: 0,
  };
}

function hasBeenAt(last: Step | null, node: Node, entrance: number): boolean {
  for (let step = last; step !== null; step = step.before) {
    if (step.node === node && step.entrance === entrance) return true;
  }
  return false;
}

/** Where what is behind the IP header starts; null for what is no IPv4 or only the rest of a datagram. */
function headerOf({ bytes, length }: Frame): number | null {
  if (length < IP + Ipv4.MIN_HEADER_LENGTH || Ethernet.type(bytes, 0) !== Ethernet.Type.Ipv4) return null;
  if (Ipv4.fragmentOffset(bytes, IP) > 0) return null;
  return IP + Ipv4.headerLength(bytes, IP);
}

function isEcho({ bytes, length }: Frame, header: number, type: number, identifier: number, sequence: number): boolean {
  if (Ipv4.protocol(bytes, IP) !== Ipv4.Protocol.Icmp || header + Icmp.HEADER_LENGTH > length) return false;
  if (Icmp.type(bytes, header) !== type) return false;
  return Icmp.identifier(bytes, header) === identifier && Icmp.sequence(bytes, header) === sequence;
}

function isRedirect(frame: Frame): boolean {
  const header = headerOf(frame);
  return header !== null && Icmp.type(frame.bytes, header) === Icmp.Type.Redirect;
}

/** Whether a frame of the packet waits for a neighbour's address. */
function isQueued(stack: Stack, id: number): boolean {
  for (const at of stack.interfaces) {
    for (const { queue } of Neighbors.walk(at)) if (queue.some((frame) => frame.id === id)) return true;
  }
  return false;
}

/** Whether fragments of the packet wait for the others. */
function isIncomplete({ reassembly }: Stack, id: number): boolean {
  for (const first of reassembly.datagrams?.values() ?? []) {
    for (let one: typeof first | null = first; one !== null; one = one.next) {
      if (one.pieces.some((frame) => frame.id === id)) return true;
    }
  }
  return false;
}
