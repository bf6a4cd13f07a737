/**
 * A World for behaviour tests: one device, no links, a clock that is moved by hand. What the device sends, consumes
 * and drops is kept for the test to read; frames come from a pool and go back to it, so that leaks show.
 */
import type { DropReason } from '../src/sim/drop-reason.ts';
import { EventQueue, Timer } from '../src/sim/event-queue.ts';
import type { Alarm, Fire, PendingEvent } from '../src/sim/event-queue.ts';
import { FramePool, release } from '../src/sim/frame.ts';
import type { Frame } from '../src/sim/frame.ts';
import { RandomStream } from '../src/sim/random.ts';
import type { Nanos } from '../src/sim/time.ts';
import type { World } from '../src/sim/world.ts';

export interface Sent {
  readonly port: number;
  /** The test owns it now. Its charge has been given back, unless the NIC keeps what it is given. */
  readonly frame: Frame;
  readonly time: Nanos;
}

export interface FakeWorldOptions {
  readonly seed?: number;
  readonly name?: string;
}

export class FakeWorld implements World {
  now: Nanos = 0;
  readonly name: string;
  readonly pool = new FramePool();
  /** Why frames ended here, in order. */
  readonly dropped: DropReason[] = [];
  /** How many frames have done their work here. */
  consumed = 0;
  /** Copies fail, as when the lab holds as many frames as it may. */
  isFull = false;
  /** The NICs keep the charges of what they are given, as if their links were busy, until `depart()`. */
  nicIsBusy = false;
  private sent: Sent[] = [];
  private readonly leaving: Frame[] = [];
  private readonly withoutCarrier = new Set<number>();
  private readonly events = new EventQueue();
  private readonly stream: RandomStream;

  constructor({ seed = 1, name = 'fake' }: FakeWorldOptions = {}) {
    this.name = name;
    this.stream = new RandomStream(seed, `node ${name}`);
  }

  newFrame(length: number): Frame {
    return this.pool.make(length);
  }

  newPart(original: Frame, length: number): Frame {
    return this.pool.makePart(original, length);
  }

  copy(frame: Frame): Frame | null {
    return this.isFull ? null : this.pool.copy(frame);
  }

  transmit(port: number, frame: Frame): void {
    this.sent.push({ port, frame, time: this.now });
    if (this.nicIsBusy) this.leaving.push(frame);
    else release(frame);
  }

  consume(frame: Frame): void {
    this.consumed++;
    this.pool.consume(frame);
  }

  drop(reason: DropReason, frame: Frame): void {
    this.dropped.push(reason);
    this.pool.drop(frame);
  }

  hasCarrier(port: number): boolean {
    return !this.withoutCarrier.has(port);
  }

  /** Nothing to do: `depart` gives charges back at once, whoever waits. */
  watchDepartures(): void {
    // A link accounts lazily; this world does not.
  }

  after<S, A extends number>(delay: Nanos, fire: Fire<S, A>, state: S, argument: A): Timer {
    const timer = Timer.of(fire, state, argument, this);
    this.arm(timer, delay);
    return timer;
  }

  arm(alarm: Alarm, delay: Nanos): void {
    if (!(delay >= 0) || Math.floor(delay) !== delay) throw new Error(`${alarm.what} after ${delay} ns`);
    this.events.push(this.now + delay, alarm);
  }

  cancel(alarm: Alarm): void {
    this.events.cancel(alarm);
  }

  get isLastNow(): boolean {
    return this.events.isLastNow;
  }

  random(): number {
    return this.stream.next();
  }

  // For the test.

  /** Lets time pass: fires what is due in it, in order, that last instant included. */
  advance(time: Nanos): void {
    const end = this.now + time;
    while (this.events.nextTime <= end) {
      this.now = this.events.nextTime;
      this.events.fireNext();
    }
    this.now = end;
  }

  /** What was sent since the last time. */
  takeSent(): Sent[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  setCarrier(port: number, up: boolean): void {
    if (up) this.withoutCarrier.delete(port);
    else this.withoutCarrier.add(port);
  }

  /** The first frames that a busy NIC was given begin to go out. */
  depart(frames = 1): void {
    for (const frame of this.leaving.splice(0, frames)) release(frame);
  }

  /** A frame of these bytes, as if it came from a link: for the device's `receive`. */
  frame(bytes: Uint8Array): Frame {
    return this.pool.inject(bytes);
  }

  /** What the device has scheduled. */
  pendingEvents(): PendingEvent[] {
    return this.events.list();
  }
}

export function fakeWorld(options?: FakeWorldOptions): FakeWorld {
  return new FakeWorld(options);
}
