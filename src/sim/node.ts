/**
 * A node: what the simulator gives a device to live in. It has ports, a stream of chance of its own, counters, and is
 * the device's World; the device attaches a state and the functions that frames and carrier changes are handed to.
 */
import type { DropReason } from './drop-reason.ts';
import type { Alarm, Fire, Owner, Timer } from './event-queue.ts';
import type { Frame } from './frame.ts';
import type { Direction } from './link.ts';
import { NO_PORT } from './observer.ts';
import { RandomStream } from './random.ts';
import type { Simulator } from './simulator.ts';
import type { Nanos } from './time.ts';
import type { World } from './world.ts';

/** What a device does with a frame that came; it owns the frame from now on. */
export type Receive<S> = (state: S, port: number, frame: Frame) => void;
/** Tells a device that the link at a port came up or went down. */
export type CarrierChanged<S> = (state: S, port: number, up: boolean) => void;
/**
 * Takes a frame out of the lab, or says why it cannot. The frame has ended when this returns, so whoever wants its
 * bytes copies them.
 */
export type Leave = (frame: Frame) => DropReason | null;

export class Port {
  readonly node: Node;
  readonly index: number;
  /** What is sent here goes this way; null when there is no link. */
  direction: Direction | null = null;
  /** What is sent here comes back here; the link for that is made with the first frame. */
  isLoopback = false;
  /** What is sent here leaves the lab this way. */
  leave: Leave | null = null;
  /** How frames from outside come in at this port; made with the first one. */
  entrance: Direction | null = null;
  // Frames given to the NIC, whatever became of them, and frames that came; bytes without FCS.
  framesOut = 0;
  bytesOut = 0;
  framesIn = 0;
  bytesIn = 0;

  constructor(node: Node, index: number) {
    this.node = node;
    this.index = index;
  }

  /** The frame's last bit has come. */
  receive(frame: Frame): void {
    this.framesIn++;
    this.bytesIn += frame.length;
    const { node } = this;
    const { simulator } = node;
    if (simulator.observer !== null) simulator.observer.received(node, this.index, frame);
    node.receive(node.device, this.index, simulator.poison ? simulator.pool.move(frame) : frame);
  }
}

const NO_DROPS: ReadonlyMap<DropReason, number> = new Map();

/** What a node without a device does. */
function dropStopped(node: Node, _port: number, frame: Frame): void {
  node.drop('device-stopped', frame);
}

function ignoreCarrier(): void {
  // Most devices need not know.
}

export class Node implements World, Owner {
  readonly name: string;
  /** Its place among the simulator's nodes. */
  readonly index: number;
  readonly simulator: Simulator;
  readonly ports: readonly Port[];
  // Most nodes of a large lab drop nothing and draw nothing, so both are made with the first.
  private dropped: Map<DropReason, number> | null = null;
  private stream: RandomStream | null = null;

  // The device, with the functions that take it; Port calls them.
  device: unknown = this;
  receive = dropStopped as Receive<unknown>;
  carrierChanged: CarrierChanged<unknown> = ignoreCarrier;

  /** Nodes are made by `Simulator.createNode`. */
  constructor(simulator: Simulator, name: string, ports: number) {
    this.simulator = simulator;
    this.index = simulator.nodes.length;
    this.name = name;
    const list = new Array<Port>(ports);
    for (let index = 0; index < ports; index++) list[index] = new Port(this, index);
    this.ports = list;
  }

  /** Frames that ended in this node or on their way out of it, by reason. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.dropped ?? NO_DROPS;
  }

  /** Puts a device into the node: its state, and what is called with it. Without one, frames that come are dropped. */
  attach<S>(device: S, receive: Receive<S>, carrierChanged?: CarrierChanged<S>): void {
    this.device = device;
    this.receive = receive as Receive<unknown>;
    if (carrierChanged !== undefined) this.carrierChanged = carrierChanged as CarrierChanged<unknown>;
  }

  get now(): Nanos {
    return this.simulator.now;
  }

  newFrame(length: number): Frame {
    return this.simulator.pool.make(length);
  }

  newPart(original: Frame, length: number): Frame {
    return this.simulator.pool.makePart(original, length);
  }

  copy(frame: Frame): Frame | null {
    return this.copyAt(NO_PORT, frame);
  }

  transmit(port: number, frame: Frame): void {
    const exit = this.ports[port];
    if (exit === undefined) throw new Error(`${this.name} has no port ${port}`);
    exit.framesOut++;
    exit.bytesOut += frame.length;
    const { simulator } = this;
    if (simulator.observer !== null) simulator.observer.sent(this, port, frame);
    const sent = simulator.poison ? simulator.pool.move(frame) : frame;
    if (exit.direction !== null) exit.direction.send(sent);
    else if (exit.leave !== null) {
      const refused = exit.leave(sent);
      if (refused === null) simulator.pool.consume(sent);
      else this.dropAt(port, refused, sent);
    } else if (exit.isLoopback) simulator.wireLoopback(exit).send(sent);
    else this.dropAt(port, 'not-connected', sent);
  }

  consume(frame: Frame): void {
    this.simulator.pool.consume(frame);
  }

  drop(reason: DropReason, frame: Frame): void {
    this.dropAt(NO_PORT, reason, frame);
  }

  hasCarrier(port: number): boolean {
    const exit = this.ports[port];
    if (exit === undefined) return false;
    return exit.direction === null ? exit.isLoopback || exit.leave !== null : exit.direction.carrier;
  }

  watchDepartures(): void {
    for (const port of this.ports) port.direction?.watchDepartures();
  }

  after<S, A extends number>(delay: Nanos, fire: Fire<S, A>, state: S, argument: A): Timer {
    return this.simulator.after(delay, fire, state, argument, this);
  }

  arm(alarm: Alarm, delay: Nanos): void {
    this.simulator.arm(alarm, delay);
  }

  cancel(alarm: Alarm): void {
    this.simulator.cancel(alarm);
  }

  get isLastNow(): boolean {
    return this.simulator.events.isLastNow;
  }

  random(): number {
    this.stream ??= new RandomStream(this.simulator.seed, `node ${this.name}`);
    return this.stream.next();
  }

  /** A copy for a port to send, or, counted as dropped there, none because the lab is full. */
  copyAt(port: number, frame: Frame): Frame | null {
    const { pool } = this.simulator;
    if (!pool.isFull) return pool.copy(frame);
    this.countDrop(port, 'no-memory', frame);
    pool.refuseCopy();
    return null;
  }

  /** Ends a frame at a port, or in the device at `NO_PORT`. */
  dropAt(port: number, reason: DropReason, frame: Frame): void {
    this.countDrop(port, reason, frame);
    this.simulator.pool.drop(frame);
  }

  private countDrop(port: number, reason: DropReason, frame: Frame): void {
    this.dropped ??= new Map();
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
    const { observer } = this.simulator;
    if (observer !== null) observer.dropped(this, port, reason, frame);
  }
}
