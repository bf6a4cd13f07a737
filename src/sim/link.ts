/**
 * Links between ports. A link is full duplex: two directions that know nothing of each other but the carrier.
 *
 *      hand-over            start         end                  arrival
 *   ───────┬──────────────────┬────────────┬──────────────────────┬───▶ time
 *          │ waits for the    │ its bits   │ the last bit is on   │
 *          │ frames before it │ go out     │ its way: delay       │
 *
 * All of a frame's times are known when it is handed over, so a hop is one event. The frames of a direction lie in a
 * ring, in order of arrival, and only the first one's arrival is in the simulator's queue; it is armed with the
 * sequence number reserved at hand-over, so ties are settled as if every frame had an event of its own.
 *
 * The queue in front of the wire is the ring's tail: the frames whose start has not come. What has left it is accounted
 * when somebody looks. It is bounded by its limit; the frames on the wire by `FramePool.isFull`.
 *
 * IEEE 802.3-2022: a frame takes at least 64 octets with its FCS (§4A.4.2, minFrameSize), behind 8 of preamble and
 * delimiter, before 12 of gap.
 */
import type { DropReason } from './drop-reason.ts';
import { Alarm, Timer } from './event-queue.ts';
import type { Owner } from './event-queue.ts';
import { Frame, release } from './frame.ts';
import { findProblem, MAX_QUEUE_PACKETS } from './link-settings.ts';
import type { BitsPerSecond, LinkSettings } from './link-settings.ts';
import type { Port } from './node.ts';
import { RandomStream } from './random.ts';
import type { Simulator } from './simulator.ts';
import { SECOND } from './time.ts';
import type { Nanos } from './time.ts';

/** minFrameSize without the FCS. */
const MIN_LENGTH = 60;
/** FCS, preamble, start-of-frame delimiter and gap. */
const AROUND = 4 + 7 + 1 + 12;
const ETHERNET_HEADER = 14;
/** IEEE 802.1Q: the tag makes a frame longer, not its datagram. */
const VLAN_TAG = 4;
const VLAN_ETHERTYPE = 0x8100;

/** Of a ring, from the first frame on: most links of a large lab carry few at a time, and many none. */
const INITIAL_ROOM = 8;
/** Of each frame in a ring, beside one another: one array, since on a link that was idle each is far from the cache. */
const TIMES = 3;
const START = 0;
const ARRIVAL = 1;
/** What was drawn at hand-over. */
const SEQUENCE = 2;
const NO_FRAMES: Frame[] = [];
const NO_TIMES = new Float64Array(0);
/** Longer than any frame; unlike Infinity, engines keep a small integer in the record itself. */
const NO_LIMIT = 0x7fff_ffff;
const NO_DROPS: ReadonlyMap<DropReason, number> = new Map();
const NO_BYTES = new Uint8Array(0);
/** What an empty place in a ring holds. */
const NO_FRAME = new Frame(NO_BYTES);

/** A frame that was held back and comes by an event of its own. */
interface Late {
  readonly frame: Frame;
  readonly timer: Timer;
}

/**
 * One of the two directions of a link: its settings, what waits in it, and what it has counted. It is an alarm of its
 * own, for the arrival of the first frame in its ring.
 */
export class Direction extends Alarm implements Owner {
  /** The link's name, and what stands behind it in this direction's. */
  private readonly link: string;
  private readonly sense: string;
  readonly from: Port;
  readonly to: Port;
  carrier = true;
  private readonly simulator: Simulator;
  // Made with the first frame that is dropped, and the first luck that is drawn.
  private dropped: Map<DropReason, number> | null = null;
  private stream: RandomStream | null = null;

  private settings: LinkSettings;
  // What every hop asks of the settings.
  private delay = 0;
  private bandwidth = 0;
  private maxLength = 0;
  private maxWaiting = 0;
  private maxWaitingBytes = 0;
  /** The time on the wire of a frame of this length: most are as long as the one before, and a division is dear. */
  private timedLength = -1;
  private timeOnWire: Nanos = 0;
  /** Some setting beyond delay, bandwidth, queue and MTU is on: the one check that the others cost when they are off. */
  private isImpaired = false;

  // The ring: `count` frames from `head` on, of which the last `waiting` have not started. Its room is a power of two.
  private frames = NO_FRAMES;
  private times = NO_TIMES;
  private mask = -1;
  private head = 0;
  private count = 0;
  private waiting = 0;
  private waitingBytes = 0;
  /** When the last bit of what was handed over so far has gone out. */
  private busyUntil: Nanos = 0;
  /** No frame of the ring arrives before the one handed over before it. */
  private lastArrival: Nanos = 0;
  /** Made when somebody first waits for a frame to leave. */
  private departure: Timer | null = null;

  /** What waits until `held` is false again; counts as waiting in the queue. */
  private held: Frame[] = [];
  private heldBytes = 0;
  private late: Map<number, Late> | null = null;
  private lateKey = 0;
  private sinceNth = 0;

  /** Directions are made by `Simulator.connect` and its relatives. */
  constructor(
    simulator: Simulator,
    link: string,
    sense: '' | ' >' | ' <',
    from: Port,
    to: Port,
    settings: LinkSettings,
  ) {
    super();
    this.simulator = simulator;
    this.link = link;
    this.sense = sense;
    this.from = from;
    this.to = to;
    this.settings = settings;
    this.apply(settings);
  }

  /** The link's name, and which direction of it this is. */
  get name(): string {
    return this.link + this.sense;
  }

  override get owner(): Owner {
    return this;
  }

  override get what(): string {
    return 'arrive';
  }

  /** Frames that this direction lost or refused, by reason. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.dropped ?? NO_DROPS;
  }

  /** How the direction is set now. */
  get current(): LinkSettings {
    return this.settings;
  }

  /** Changes what is given and leaves the rest; an error says what is wrong, and then nothing has changed. */
  set(changes: Partial<LinkSettings>): void {
    this.apply({ ...this.settings, ...changes });
  }

  private apply(settings: LinkSettings): void {
    const problem = findProblem(settings);
    if (problem !== null) throw new RangeError(`${this.name}: ${problem}`);
    const { queue } = settings;
    if (settings.bandwidth !== this.bandwidth && this.count > 0) this.retime(settings.bandwidth);
    this.settings = settings;
    this.delay = settings.delay;
    this.bandwidth = settings.bandwidth;
    this.timedLength = -1;
    this.maxLength = settings.mtu === Infinity ? NO_LIMIT : ETHERNET_HEADER + settings.mtu;
    this.maxWaiting = 'packets' in queue ? queue.packets : MAX_QUEUE_PACKETS;
    this.maxWaitingBytes = 'bytes' in queue ? queue.bytes : Infinity;
    this.isImpaired =
      settings.held ||
      settings.partitioned ||
      settings.dropEveryNth > 0 ||
      settings.loss > 0 ||
      settings.duplication > 0 ||
      settings.corruption > 0 ||
      settings.jitter > 0 ||
      settings.reorder > 0;
    if (!settings.held && this.held.length > 0) this.releaseHeld();
  }

  /** Takes a frame at the sending side. */
  send(frame: Frame): void {
    if (!this.carrier) this.drop('link-down', frame);
    else if (frame.length > this.maxLength && isTooLong(frame, this.maxLength)) this.drop('exceeds-mtu', frame);
    else if (this.simulator.pool.isFull) this.drop('no-memory', frame);
    else if (this.isImpaired) this.sendImpaired(frame);
    else this.enqueue(frame, 0);
  }

  /** Packets and bytes that wait for their first bit to go out, held ones included. */
  get queue(): { packets: number; bytes: number } {
    this.settle(this.simulator.now);
    return { packets: this.waiting + this.held.length, bytes: this.waitingBytes + this.heldBytes };
  }

  /** Frames that are in the queue, on the wire or held back. */
  get framesInside(): number {
    let inside = this.held.length + (this.late?.size ?? 0);
    for (let i = 0; i < this.count; i++) if (this.frames[(this.head + i) & this.mask]!.bytes !== NO_BYTES) inside++;
    return inside;
  }

  /** Whether there are any: this stops at the first. */
  get hasFrames(): boolean {
    if (this.held.length > 0 || (this.late !== null && this.late.size > 0)) return true;
    for (let i = 0; i < this.count; i++) if (this.frames[(this.head + i) & this.mask]!.bytes !== NO_BYTES) return true;
    return false;
  }

  /** See World. */
  watchDepartures(): void {
    this.settle(this.simulator.now);
    for (let i = this.count - this.waiting; i < this.count; i++) {
      const place = (this.head + i) & this.mask;
      const { charge } = this.frames[place]!;
      if (charge === null || !charge.waiting) continue;
      const { events } = this.simulator;
      this.departure ??= Timer.of(depart, this, 0, this);
      events.arm(this.departure, this.times[place * TIMES + START]!, events.reserveSequence());
      return;
    }
  }

  /** Whatever is inside dies as 'link-down' when the carrier goes. Link tells the devices. */
  setCarrier(up: boolean): void {
    this.carrier = up;
    if (up) return;
    const { events, now } = this.simulator;
    this.settle(now);
    this.waiting = 0;
    this.waitingBytes = 0;
    this.busyUntil = now;
    this.lastArrival = now;
    events.cancel(this);
    if (this.departure !== null) events.cancel(this.departure);
    while (this.count > 0) this.end('link-down', this.takeFirst());
    const { late, held } = this;
    this.late = null;
    for (const { frame, timer } of late?.values() ?? []) {
      events.cancel(timer);
      this.drop('link-down', frame);
    }
    this.held = [];
    this.heldBytes = 0;
    for (const frame of held) this.drop('link-down', frame);
  }

  /** The first frame of the ring has arrived. */
  override fire(): void {
    this.settle(this.simulator.now);
    const frame = this.takeFirst();
    // Before the receiver does anything, so that the queue puts this event where the fired one was.
    if (this.count > 0) {
      this.simulator.events.arm(
        this,
        this.times[this.head * TIMES + ARRIVAL]!,
        this.times[this.head * TIMES + SEQUENCE]!,
      );
    }
    if (frame.bytes !== NO_BYTES) this.to.receive(frame);
  }

  /** The time has come of a frame that was held back. */
  arriveLate(key: number): void {
    const late = this.late?.get(key);
    if (late === undefined) throw new Error(`${this.name}: frame ${key} arrives late but was not held back`);
    this.late?.delete(key);
    this.to.receive(late.frame);
  }

  private enqueue(frame: Frame, jitter: Nanos): void {
    const { now } = this.simulator;
    if (this.waiting > 0) this.settle(now);
    if (this.busyUntil > now && !this.hasRoom(frame.length)) return this.drop('queue-full', frame);
    const start = this.occupyWire(frame.length);
    const travel = this.delay + jitter;
    this.append(frame, start, this.busyUntil + (travel > 1 ? travel : 1));
  }

  private hasRoom(length: number): boolean {
    return (
      this.waiting + this.held.length < this.maxWaiting &&
      this.waitingBytes + this.heldBytes + length <= this.maxWaitingBytes
    );
  }

  /** Claims the wire for a frame, behind those before it, and says when it starts. */
  private occupyWire(length: number): Nanos {
    const { now } = this.simulator;
    const start = this.busyUntil > now ? this.busyUntil : now;
    if (length !== this.timedLength) {
      this.timedLength = length;
      this.timeOnWire = serialization(length, this.bandwidth);
    }
    this.busyUntil = start + this.timeOnWire;
    return start;
  }

  /** Puts a frame at the end of the ring. Its charge is given back at once if it need not wait. */
  private append(frame: Frame, start: Nanos, ownArrival: Nanos): void {
    const { events, now } = this.simulator;
    const arrival = ownArrival > this.lastArrival ? ownArrival : this.lastArrival;
    const sequence = events.reserveSequence();
    if (this.count > this.mask) this.growRing();
    const place = (this.head + this.count) & this.mask;
    this.frames[place] = frame;
    this.times[place * TIMES + START] = start;
    this.times[place * TIMES + ARRIVAL] = arrival;
    this.times[place * TIMES + SEQUENCE] = sequence;
    this.lastArrival = arrival;
    if (this.count++ === 0) events.arm(this, arrival, sequence);
    if (start > now) {
      this.waiting++;
      this.waitingBytes += frame.length;
      if (frame.charge !== null && frame.charge.waiting) this.watchDepartures();
    } else if (frame.charge !== null) release(frame);
  }

  /** Accounts for the frames whose start has come. */
  private settle(now: Nanos): void {
    while (this.waiting > 0) {
      const place = (this.head + this.count - this.waiting) & this.mask;
      if (this.times[place * TIMES + START]! > now) return;
      const frame = this.frames[place]!;
      this.waiting--;
      this.waitingBytes -= frame.length;
      if (frame.charge !== null) release(frame);
    }
  }

  /** Another bandwidth: what has not started takes another time to go out, and is sooner or later at the other end. */
  private retime(bandwidth: BitsPerSecond): void {
    const { events, now } = this.simulator;
    this.settle(now);
    const first = this.count - this.waiting;
    for (let i = first; i < this.count; i++) {
      const place = (this.head + i) & this.mask;
      const { length } = this.frames[place]!;
      const start = i === first ? this.times[place * TIMES + START]! : this.busyUntil;
      const travel =
        this.times[place * TIMES + ARRIVAL]! -
        this.times[place * TIMES + START]! -
        serialization(length, this.bandwidth);
      const before = i === 0 ? now : this.times[((place - 1) & this.mask) * TIMES + ARRIVAL]!;
      this.busyUntil = start + serialization(length, bandwidth);
      this.times[place * TIMES + START] = start;
      this.lastArrival = Math.max(this.busyUntil + travel, before);
      this.times[place * TIMES + ARRIVAL] = this.lastArrival;
    }
    if (first === 0)
      events.arm(this, this.times[this.head * TIMES + ARRIVAL]!, this.times[this.head * TIMES + SEQUENCE]!);
    this.watchDepartures();
  }

  private takeFirst(): Frame {
    const frame = this.frames[this.head]!;
    this.frames[this.head] = NO_FRAME;
    this.head = (this.head + 1) & this.mask;
    this.count--;
    return frame;
  }

  private growRing(): void {
    const room = Math.max(INITIAL_ROOM, (this.mask + 1) * 2);
    const frames = new Array<Frame>(room).fill(NO_FRAME);
    const times = new Float64Array(room * TIMES);
    for (let i = 0; i < this.count; i++) {
      const place = (this.head + i) & this.mask;
      frames[i] = this.frames[place]!;
      for (let t = 0; t < TIMES; t++) times[i * TIMES + t] = this.times[place * TIMES + t]!;
    }
    this.frames = frames;
    this.times = times;
    this.mask = room - 1;
    this.head = 0;
  }

  private sendImpaired(frame: Frame): void {
    if (this.settings.held) return this.hold(frame);
    const isDoubled = this.happens(this.settings.duplication);
    const copy = isDoubled ? this.from.node.copyAt(this.from.index, frame) : null;
    this.cross(frame);
    if (copy !== null) this.cross(copy);
  }

  private hold(frame: Frame): void {
    this.settle(this.simulator.now);
    if (!this.hasRoom(frame.length)) return this.drop('queue-full', frame);
    this.held.push(frame);
    this.heldBytes += frame.length;
  }

  private releaseHeld(): void {
    const { held } = this;
    this.held = [];
    this.heldBytes = 0;
    for (const frame of held) this.send(frame);
  }

  /** The faults a single frame meets, in this order; only those that are set draw from the stream. */
  private cross(frame: Frame): void {
    const { settings, simulator } = this;
    this.settle(simulator.now);
    if (this.busyUntil > simulator.now && !this.hasRoom(frame.length)) return this.drop('queue-full', frame);
    if (settings.partitioned) return this.lose('partitioned', frame);
    if (this.isNth()) return this.lose('lost-nth', frame);
    if (this.happens(settings.loss)) return this.lose('lost', frame);
    if (this.happens(settings.corruption)) this.flipBit(frame);
    if (this.happens(settings.reorder)) return this.holdBack(frame);
    this.enqueue(frame, this.drawJitter());
  }

  private happens(probability: number): boolean {
    return probability > 0 && this.draw() < probability;
  }

  private isNth(): boolean {
    const { dropEveryNth } = this.settings;
    if (dropEveryNth === 0 || ++this.sinceNth < dropEveryNth) return false;
    this.sinceNth = 0;
    return true;
  }

  /** Uniform in -jitter to +jitter. */
  private drawJitter(): Nanos {
    const { jitter } = this.settings;
    return jitter === 0 ? 0 : Math.floor(this.draw() * (2 * jitter + 1)) - jitter;
  }

  /** Uniform in [0, 1). */
  private draw(): number {
    this.stream ??= new RandomStream(this.simulator.seed, `link ${this.name}`);
    return this.stream.next();
  }

  /** The Ethernet header stays: that it reaches the wrong host is what the FCS prevents. */
  private flipBit(frame: Frame): void {
    const bits = (frame.length - ETHERNET_HEADER) * 8;
    if (bits <= 0) return;
    const bit = Math.floor(this.draw() * bits);
    const at = ETHERNET_HEADER + (bit >>> 3);
    frame.bytes[at] = frame.bytes[at]! ^ (1 << (bit & 7));
    frame.corrupted = true;
  }

  /** It waits and takes its time on the wire like any other, but does not come. */
  private lose(reason: DropReason, frame: Frame): void {
    this.appendStandIn(frame);
    this.drop(reason, frame);
  }

  private holdBack(frame: Frame): void {
    const { simulator, settings, delay } = this;
    this.appendStandIn(frame);
    const key = ++this.lateKey;
    const time = this.busyUntil + delay + this.drawJitter() + (settings.reorderDelay ?? delay);
    const earliest = this.busyUntil + 1;
    const timer = Timer.of(arriveLate, this, key, this);
    simulator.events.push(time > earliest ? time : earliest, timer);
    this.late ??= new Map();
    this.late.set(key, { frame, timer });
  }

  /** Claims the wire for a frame that leaves the ring's order; what keeps its place in the queue takes its charge. */
  private appendStandIn(frame: Frame): void {
    const start = this.occupyWire(frame.length);
    if (start === this.simulator.now) {
      if (frame.charge !== null) release(frame);
      return;
    }
    const standIn = new Frame(NO_BYTES);
    standIn.length = frame.length;
    standIn.charge = frame.charge;
    frame.charge = null;
    // The first moment that a frame could arrive, so that it makes no later one wait.
    this.append(standIn, start, this.busyUntil + 1);
  }

  private end(reason: DropReason, frame: Frame): void {
    if (frame.bytes === NO_BYTES) release(frame);
    else this.drop(reason, frame);
  }

  private drop(reason: DropReason, frame: Frame): void {
    this.dropped ??= new Map();
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
    this.from.node.dropAt(this.from.index, reason, frame);
  }
}

/** Time on the wire, rounded up. */
function serialization(length: number, bandwidth: BitsPerSecond): Nanos {
  const octets = (length > MIN_LENGTH ? length : MIN_LENGTH) + AROUND;
  return Math.ceil((octets * 8 * SECOND) / bandwidth);
}

function isTooLong(frame: Frame, maxLength: number): boolean {
  const isTagged = ((frame.bytes[12]! << 8) | frame.bytes[13]!) === VLAN_ETHERTYPE;
  return !isTagged || frame.length > maxLength + VLAN_TAG;
}

function arriveLate(direction: Direction, key: number): void {
  direction.arriveLate(key);
}

function depart(direction: Direction): void {
  direction.watchDepartures();
}

/** Both directions of a cable, which have the carrier in common. A loopback has one. */
export class Link {
  readonly name: string;
  readonly directions: readonly Direction[];
  carrier = true;

  /** Links are made by `Simulator.connect` and `Simulator.connectLoopback`. */
  constructor(name: string, directions: readonly Direction[]) {
    this.name = name;
    this.directions = directions;
  }

  /** Changes both directions. */
  set(changes: Partial<LinkSettings>): void {
    for (const direction of this.directions) direction.set(changes);
  }

  /** Plugs or pulls the cable, then tells the devices at its ends. */
  setCarrier(up: boolean): void {
    if (up === this.carrier) return;
    this.carrier = up;
    for (const direction of this.directions) direction.setCarrier(up);
    for (const { from } of this.directions) from.node.carrierChanged(from.node.device, from.index, up);
  }
}
