/**
 * The simulator: virtual time, the events to come, and the nodes and links they happen to.
 * It goes as fast as it can; an edge that wants to go by the wall asks `nextEventTime` and calls `runUntil`.
 * Time ends at 2^53 ns, after 104 days; what is due later never comes.
 */
import type { DropReason } from './drop-reason.ts';
import { EventQueue, Timer } from './event-queue.ts';
import type { Alarm, Fire, Owner, PendingEvent } from './event-queue.ts';
import { FramePool, MAX_FRAME_LENGTH } from './frame.ts';
import type { FramePoolOptions } from './frame.ts';
import { Direction, Link } from './link.ts';
import { DEFAULT_LINK, isComplete, LOOPBACK_LINK } from './link-settings.ts';
import type { LinkSettings } from './link-settings.ts';
import { Node } from './node.ts';
import type { Leave, Port } from './node.ts';
import type { Observer } from './observer.ts';
import { formatSeconds } from './time.ts';
import type { Nanos } from './time.ts';

/** With `poison`, frames that were given away are spoilt (see FramePool); the run must be the same, and is slower. */
export interface SimulatorOptions extends FramePoolOptions {
  /** All chance comes from it. */
  readonly seed: number;
}

export interface LinkOptions {
  /** The link's luck hangs on it; 'h1.0-r1.1' when not given. */
  readonly name?: string;
  /** Both directions. */
  readonly settings?: Partial<LinkSettings>;
  /** The direction from the first port to the second, on top of `settings`. */
  readonly forward?: Partial<LinkSettings>;
  /** The other one. */
  readonly backward?: Partial<LinkSettings>;
}

/** Events and calls at one instant; a run that needs more will not come to an end. */
export const MAX_AT_ONE_INSTANT = 1_000_000;
/**
 * Events that a run does in one go. An engine makes a function fast when it is called again and again; in one that goes
 * on for the whole run it takes far longer until all that is called there is fast.
 */
export const SOME_EVENTS = 4_096;
/** So many of the last ones are looked at, to say whose they are. */
const TALLIED = 1_000;

/** Frames from outside that may wait to come in between two turns of the edge. */
const ENTRANCE_QUEUE = 65_536;

const LAB: Owner = { name: 'lab' };

/** Virtual time stands still. For the person who runs the lab: it names who keeps it so. */
export class StuckError extends Error {
  override readonly name = 'StuckError';
  /** The devices, links and programs, most active first. */
  readonly culprits: readonly string[];

  constructor(time: Nanos, culprits: readonly string[]) {
    super(`a million events at ${formatSeconds(time)} s, and time does not go on: ${culprits.join(', ')}`);
    this.culprits = culprits;
  }
}

export class Simulator {
  readonly seed: number;
  readonly poison: boolean;
  readonly pool: FramePool;
  readonly events = new EventQueue();
  readonly nodes: Node[] = [];
  readonly links: Link[] = [];
  /** Sees every frame sent, received and dropped; null when nobody looks. */
  observer: Observer | null = null;

  private time: Nanos = 0;
  private atThisInstant = 0;
  private readonly tally = new Map<string, number>();
  private isPausing = false;

  constructor(options: SimulatorOptions) {
    this.seed = options.seed;
    this.poison = options.poison ?? false;
    this.pool = new FramePool(options);
  }

  get now(): Nanos {
    return this.time;
  }

  createNode(name: string, ports: number): Node {
    const node = new Node(this, name, ports);
    this.nodes.push(node);
    return node;
  }

  /** Puts a link between two free ports. */
  connect(a: Node, aPort: number, b: Node, bPort: number, options: LinkOptions = {}): Link {
    const from = freePort(a, aPort);
    const to = freePort(b, bPort);
    const { name = `${a.name}.${aPort}-${b.name}.${bPort}`, settings, forward, backward } = options;
    const there = new Direction(this, name, ' >', from, to, complete(settings, forward));
    const back = new Direction(this, name, ' <', to, from, complete(settings, backward));
    from.direction = there;
    to.direction = back;
    return this.addLink(new Link(name, [there, back]));
  }

  /** Frames sent at the port come back at the same port. */
  connectLoopback(node: Node, port: number): void {
    freePort(node, port).isLoopback = true;
  }

  /** The link of such a port: most hosts never speak to themselves, so it is made when one does. */
  wireLoopback(ends: Port): Direction {
    const name = `${ends.node.name}.${ends.index} loopback`;
    ends.direction = new Direction(this, name, '', ends, ends, LOOPBACK_LINK);
    this.addLink(new Link(name, [ends.direction]));
    return ends.direction;
  }

  /**
   * Frames sent at the port leave the lab by the function given; those from outside come by `inject`, and are dropped
   * as 'exceeds-mtu' when they are longer than `mtu` allows.
   */
  connectOutside(node: Node, port: number, leave: Leave, mtu = Infinity): void {
    const end = freePort(node, port);
    end.leave = leave;
    end.entrance = this.createEntrance(end, mtu);
  }

  /**
   * Brings a frame from outside in at a port, whatever is connected there, as soon as the run goes on. The bytes are
   * copied. A frame that is longer than any can be is cut and dropped as 'exceeds-mtu'.
   */
  inject(node: Node, port: number, bytes: Uint8Array): void {
    const end = portOf(node, port);
    if (bytes.length > MAX_FRAME_LENGTH) {
      this.refuse(node, port, 'exceeds-mtu', bytes);
      return;
    }
    end.entrance ??= this.createEntrance(end, Infinity);
    end.entrance.send(this.pool.inject(bytes));
  }

  /** Counts a frame from outside that an edge does not let in: it ends at the port for the reason given. */
  refuse(node: Node, port: number, reason: DropReason, bytes: Uint8Array): void {
    node.dropAt(port, reason, this.pool.inject(bytes.subarray(0, MAX_FRAME_LENGTH)));
  }

  /** Frames in queues, on wires and held back by links; with those that wait in devices, `pool.waiting`. */
  get framesOnLinks(): number {
    let frames = 0;
    for (const link of this.links) for (const direction of link.directions) frames += direction.framesInside;
    for (const node of this.nodes) for (const port of node.ports) frames += port.entrance?.framesInside ?? 0;
    return frames;
  }

  /** Whether there are any: this does not count them. */
  get hasFramesOnLinks(): boolean {
    for (const link of this.links) for (const direction of link.directions) if (direction.hasFrames) return true;
    for (const node of this.nodes) for (const port of node.ports) if (port.entrance?.hasFrames === true) return true;
    return false;
  }

  /** Calls fire(state, argument) after a delay, which is a whole number of nanoseconds, unless cancelled. */
  after<S, A extends number>(delay: Nanos, fire: Fire<S, A>, state: S, argument: A, owner: Owner = LAB): Timer {
    const timer = Timer.of(fire, state, argument, owner);
    this.arm(timer, delay);
    return timer;
  }

  /** Has an alarm that is not pending fire after a delay, which is a whole number of nanoseconds. */
  arm(alarm: Alarm, delay: Nanos): void {
    if (!(delay >= 0) || Math.floor(delay) !== delay) {
      throw new Error(`${alarm.owner.name}: ${alarm.what} after ${delay} ns`);
    }
    this.events.push(this.time + delay, alarm);
  }

  cancel(alarm: Alarm): void {
    this.events.cancel(alarm);
  }

  /** When the next event is due; null when nothing is to come. */
  nextEventTime(): Nanos | null {
    const { nextTime } = this.events;
    return nextTime <= Number.MAX_SAFE_INTEGER ? nextTime : null;
  }

  /** What is to come, in order, for people. */
  pendingEvents(): PendingEvent[] {
    return this.events.list();
  }

  /** Does the next event; false when there is none. */
  step(): boolean {
    const next = this.nextEventTime();
    if (next === null) return false;
    this.fire(next);
    return true;
  }

  /**
   * Does what is due until then, that instant included, and leaves the clock there; Infinity runs until nothing is to
   * come and leaves the clock at the last event. False when it was paused before.
   */
  runUntil(until: Nanos): boolean {
    const last = Math.min(until, Number.MAX_SAFE_INTEGER);
    for (let done = SOME_EVENTS; done === SOME_EVENTS;) {
      done = this.runEvents(SOME_EVENTS, last);
      if (this.isPausing) return false;
    }
    if (until !== Infinity && last > this.time) this.time = last;
    return true;
  }

  /**
   * Does what is due until then, that instant included, but at most so many events, and leaves the clock at the last of
   * them. Gives how many it did: fewer when nothing else is due by then, or it was paused.
   */
  runEvents(most: number, until: Nanos): number {
    const { events } = this;
    const last = Math.min(until, Number.MAX_SAFE_INTEGER);
    let done = 0;
    this.isPausing = false;
    for (let next = events.nextTime; next <= last && done < most; next = events.nextTime) {
      this.fire(next);
      done++;
      if (this.isPausing) break;
    }
    return done;
  }

  runFor(duration: Nanos): boolean {
    return this.runUntil(this.time + duration);
  }

  /** Asks the run to return after the current event. */
  pause(): void {
    this.isPausing = true;
  }

  /** Counts something that may go on for ever without time passing, such as a program's calls; see StuckError. */
  readonly countCall = (who: string): void => {
    if (++this.atThisInstant > MAX_AT_ONE_INSTANT - TALLIED) this.countAgainst(who);
  };

  private fire(time: Nanos): void {
    if (time > this.time) {
      this.time = time;
      this.atThisInstant = 0;
    } else if (++this.atThisInstant > MAX_AT_ONE_INSTANT - TALLIED) this.countAgainst(this.events.nextOwner.name);
    this.events.fireNext();
  }

  private countAgainst(who: string): void {
    if (this.atThisInstant === MAX_AT_ONE_INSTANT - TALLIED + 1) this.tally.clear();
    this.tally.set(who, (this.tally.get(who) ?? 0) + 1);
    if (this.atThisInstant <= MAX_AT_ONE_INSTANT) return;
    const culprits = [...this.tally].sort((a, b) => b[1] - a[1]).map(([name]) => name);
    throw new StuckError(this.time, culprits);
  }

  private createEntrance(end: Port, mtu: number): Direction {
    return new Direction(this, `${end.node.name}.${end.index} entrance`, '', end, end, {
      ...LOOPBACK_LINK,
      delay: 1,
      bandwidth: 1_000_000_000_000,
      queue: { packets: ENTRANCE_QUEUE },
      mtu,
    });
  }

  private addLink(link: Link): Link {
    this.links.push(link);
    return link;
  }
}

/** What is left out is the default; directions that are given in full share what they are given. */
function complete(both: Partial<LinkSettings> = DEFAULT_LINK, own: Partial<LinkSettings> = both): LinkSettings {
  return isComplete(own) ? own : { ...DEFAULT_LINK, ...both, ...own };
}

function portOf(node: Node, port: number): Port {
  const found = node.ports[port];
  if (found === undefined) throw new RangeError(`${node.name} has no port ${port}`);
  return found;
}

function freePort(node: Node, port: number): Port {
  const found = portOf(node, port);
  if (found.direction !== null || found.leave !== null || found.isLoopback)
    throw new Error(`${node.name}: port ${port} is connected already`);
  return found;
}
