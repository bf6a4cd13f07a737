/**
 * What is still to happen, ordered by time, then by sequence number, which is when it was scheduled: a 4-ary heap of
 * numbers in typed arrays, and a ring for what is due at once, since a program that is woken goes on at the same instant.
 * Every index used below is under `size`, in the ring, or of a slot in use; that is the check behind each `!` here.
 */
import type { Nanos } from './time.ts';

/** What a timer does: a named function, so that a list of events can be read. */
export type Fire<S, A extends number> = (state: S, argument: A) => void;

/** Whom an event belongs to, for people who ask what is pending or what does not come to an end. */
export interface Owner {
  readonly name: string;
}

/** A pending event, for people: `h1: ask 3221225986`. */
export interface PendingEvent {
  readonly time: Nanos;
  readonly owner: string;
  /** The function's name. */
  readonly what: string;
  readonly argument: number;
}

/** What an alarm has for its slot when it is not in the queue, or is in the ring. */
const NOT_PENDING = -1;
const AT_ONCE = -2;

/**
 * Something that happens when its time has come. It is in the queue at most once, and may be put there again and again:
 * what is often waited for is an alarm itself and costs nothing to arm.
 */
export abstract class Alarm {
  /** The queue's: where it is. */
  slot = NOT_PENDING;

  get isPending(): boolean {
    return this.slot !== NOT_PENDING;
  }

  /** Called when its time has come; it is then no longer pending. */
  abstract fire(): void;

  // For people.
  abstract get owner(): Owner;
  abstract get what(): string;
  get argument(): number {
    return 0;
  }
}

/** Calls `call(state, argument)`. */
export class Timer extends Alarm {
  readonly owner: Owner;
  private readonly given: number;
  private readonly call: Fire<unknown, number>;
  private readonly state: unknown;

  /** Timers are made by `Timer.of`, which knows that function and state belong together. */
  private constructor(call: Fire<unknown, number>, state: unknown, argument: number, owner: Owner) {
    super();
    this.call = call;
    this.state = state;
    this.given = argument;
    this.owner = owner;
  }

  static of<S, A extends number>(call: Fire<S, A>, state: S, argument: A, owner: Owner): Timer {
    return new Timer(call as Fire<unknown, number>, state, argument, owner);
  }

  override get argument(): number {
    return this.given;
  }

  get what(): string {
    return this.call.name;
  }

  override fire(): void {
    this.call(this.state, this.given);
  }
}

/** Room at first; every array doubles when it is full. */
const INITIAL_ROOM = 64;
/** Events that may be pending at once. */
const MAX_PENDING = 0x100_0000;
const NOBODY: Owner = { name: 'nobody' };

export class EventQueue {
  // The heap: the children of place p are at 4p + 1 to 4p + 4.
  private times = new Float64Array(INITIAL_ROOM);
  private sequences = new Float64Array(INITIAL_ROOM);
  private slots = new Int32Array(INITIAL_ROOM);
  private size = 0;
  /**
   * The event at the root has been taken and its place is open. Most events schedule another one, which then goes
   * straight in there: one way down the heap instead of two. Until then the old key stays, and is the smallest.
   */
  private rootIsOpen = false;

  // By slot: so that what moves in the heap is in arrays that stay in the cache, and not in the alarms.
  private readonly alarms: (Alarm | null)[] = [];
  private places = new Int32Array(INITIAL_ROOM);
  private readonly freeSlots: number[] = [];

  // The ring: `immediateCount` alarms from `immediateHead` on, in the order of their sequence numbers; null for one that
  // was cancelled. They are due at the time of the event that was taken last, and what is in the heap for that time too
  // has mostly a smaller number; but a frame on a link may have drawn its number before. Its room is a power of two. The
  // first one is never cancelled.
  private immediateAlarms = new Array<Alarm | null>(INITIAL_ROOM).fill(null);
  private immediateSequences = new Float64Array(INITIAL_ROOM);
  private immediateHead = 0;
  private immediateCount = 0;
  private cancelledCount = 0;
  /** When the event that was taken last was due. */
  private now: Nanos = 0;

  private lastSequence = 0;

  /** Events that have not fired. */
  get pending(): number {
    const inHeap = this.rootIsOpen ? this.size - 1 : this.size;
    return inHeap + this.immediateCount - this.cancelledCount;
  }

  /** When the next event is due; Infinity when there is none. */
  get nextTime(): Nanos {
    if (this.immediateCount > 0) return this.now;
    if (this.rootIsOpen) this.closeRoot();
    return this.size === 0 ? Infinity : this.times[0]!;
  }

  /** Whose event is next. */
  get nextOwner(): Owner {
    if (this.isImmediateNext()) return this.immediateAlarms[this.immediateHead]!.owner;
    if (this.rootIsOpen) this.closeRoot();
    return this.size === 0 ? NOBODY : this.alarms[this.slots[0]!]!.owner;
  }

  /** Nothing is due at the time of the event that was taken last. */
  get isLastNow(): boolean {
    if (this.immediateCount > 0) return false;
    if (!this.rootIsOpen) return this.size === 0 || this.times[0]! > this.now;
    // The first ones behind the open root are its children.
    for (let child = 1; child < this.size && child <= 4; child++) if (this.times[child]! === this.now) return false;
    return true;
  }

  /** The place among events of the same time of whoever asks now; for an event that is put in later. */
  reserveSequence(): number {
    return ++this.lastSequence;
  }

  /** Arms an alarm that is not pending, behind all that was scheduled before. */
  push(time: Nanos, alarm: Alarm): void {
    if (time === this.now) this.append(alarm, ++this.lastSequence);
    else this.insert(alarm, time, ++this.lastSequence);
  }

  /** Sets or moves the alarm; among events of the same time it has the place of the sequence number, reserved before. */
  arm(alarm: Alarm, time: Nanos, sequence: number): void {
    if (alarm.slot !== NOT_PENDING) this.cancel(alarm);
    this.insert(alarm, time, sequence);
  }

  /** Whether the alarm was still pending. */
  cancel(alarm: Alarm): boolean {
    const { slot } = alarm;
    if (slot === NOT_PENDING) return false;
    if (slot === AT_ONCE) this.cancelImmediate(alarm);
    else this.removeAt(this.places[slot]!);
    return true;
  }

  /** Takes the next event, which must be there, and does it. */
  fireNext(): void {
    const alarm = this.isImmediateNext() ? this.takeImmediate() : this.takeRoot();
    alarm.fire();
  }

  /** The pending events in the order in which they will fire. */
  list(): PendingEvent[] {
    if (this.rootIsOpen) this.closeRoot();
    const all: { alarm: Alarm; time: Nanos; sequence: number }[] = [];
    for (let i = 0; i < this.immediateCount; i++) {
      const place = (this.immediateHead + i) & (this.immediateAlarms.length - 1);
      const alarm = this.immediateAlarms[place]!;
      if (alarm !== null) all.push({ alarm, time: this.now, sequence: this.immediateSequences[place]! });
    }
    for (let place = 0; place < this.size; place++) {
      const alarm = this.alarms[this.slots[place]!]!;
      all.push({ alarm, time: this.times[place]!, sequence: this.sequences[place]! });
    }
    return all
      .sort((a, b) => a.time - b.time || a.sequence - b.sequence)
      .map(({ alarm: { owner, what, argument }, time }) => ({ time, owner: owner.name, what, argument }));
  }

  /** Whether the ring's first event comes before those of the heap. */
  private isImmediateNext(): boolean {
    if (this.immediateCount === 0) return false;
    const sequence = this.immediateSequences[this.immediateHead]!;
    if (!this.rootIsOpen) return this.size === 0 || !this.isDueBefore(sequence, 0);
    // The first ones behind the open root are its children.
    for (let child = 1; child < this.size && child <= 4; child++) if (this.isDueBefore(sequence, child)) return false;
    return true;
  }

  /** Whether the event of the heap is due now and was scheduled before. */
  private isDueBefore(sequence: number, place: number): boolean {
    return this.times[place]! === this.now && this.sequences[place]! < sequence;
  }

  private takeImmediate(): Alarm {
    const alarm = this.immediateAlarms[this.immediateHead]!;
    this.immediateAlarms[this.immediateHead] = null;
    this.dropFirstImmediate();
    if (this.cancelledCount > 0) this.skipCancelled();
    alarm.slot = NOT_PENDING;
    return alarm;
  }

  private takeRoot(): Alarm {
    if (this.rootIsOpen) this.closeRoot();
    this.rootIsOpen = true;
    this.now = this.times[0]!;
    return this.freeSlot(this.slots[0]!);
  }

  private append(alarm: Alarm, sequence: number): void {
    if (this.immediateCount === this.immediateAlarms.length) this.growRing();
    const place = (this.immediateHead + this.immediateCount++) & (this.immediateAlarms.length - 1);
    this.immediateAlarms[place] = alarm;
    this.immediateSequences[place] = sequence;
    alarm.slot = AT_ONCE;
  }

  /** Seldom: who is woken is seldom stopped at the same instant. */
  private cancelImmediate(alarm: Alarm): void {
    const mask = this.immediateAlarms.length - 1;
    let place = this.immediateHead;
    while (this.immediateAlarms[place] !== alarm) place = (place + 1) & mask;
    this.immediateAlarms[place] = null;
    alarm.slot = NOT_PENDING;
    this.cancelledCount++;
    this.skipCancelled();
  }

  private skipCancelled(): void {
    while (this.cancelledCount > 0 && this.immediateAlarms[this.immediateHead] === null) {
      this.cancelledCount--;
      this.dropFirstImmediate();
    }
  }

  private dropFirstImmediate(): void {
    this.immediateHead = (this.immediateHead + 1) & (this.immediateAlarms.length - 1);
    this.immediateCount--;
  }

  private insert(alarm: Alarm, time: Nanos, sequence: number): void {
    const slot = this.takeSlot(alarm);
    if (this.rootIsOpen) {
      this.rootIsOpen = false;
      this.siftDown(0, slot, time, sequence);
      return;
    }
    if (this.size === this.times.length) this.growHeap();
    this.siftUp(this.size++, slot, time, sequence);
  }

  private removeAt(place: number): void {
    this.freeSlot(this.slots[place]!);
    const last = --this.size;
    if (place === last) return;
    const time = this.times[last]!;
    const sequence = this.sequences[last]!;
    // The last one may belong above: it comes from another branch.
    if (place > 0 && this.isBefore(time, sequence, (place - 1) >> 2))
      this.siftUp(place, this.slots[last]!, time, sequence);
    else this.siftDown(place, this.slots[last]!, time, sequence);
  }

  private closeRoot(): void {
    this.rootIsOpen = false;
    const last = --this.size;
    if (last > 0) this.siftDown(0, this.slots[last]!, this.times[last]!, this.sequences[last]!);
  }

  private isBefore(time: Nanos, sequence: number, place: number): boolean {
    const other = this.times[place]!;
    return time < other || (time === other && sequence < this.sequences[place]!);
  }

  private siftUp(place: number, slot: number, time: Nanos, sequence: number): void {
    while (place > 0) {
      const parent = (place - 1) >> 2;
      if (!this.isBefore(time, sequence, parent)) break;
      this.move(parent, place);
      place = parent;
    }
    this.put(place, slot, time, sequence);
  }

  private siftDown(place: number, slot: number, time: Nanos, sequence: number): void {
    const { times, sequences, size } = this;
    for (;;) {
      const first = place * 4 + 1;
      if (first >= size) break;
      const end = first + 4 < size ? first + 4 : size;
      let least = first;
      let leastTime = times[first]!;
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child]!;
        if (childTime < leastTime || (childTime === leastTime && sequences[child]! < sequences[least]!)) {
          least = child;
          leastTime = childTime;
        }
      }
      if (time < leastTime || (time === leastTime && sequence < sequences[least]!)) break;
      this.move(least, place);
      place = least;
    }
    this.put(place, slot, time, sequence);
  }

  private move(from: number, to: number): void {
    const slot = this.slots[from]!;
    this.times[to] = this.times[from]!;
    this.sequences[to] = this.sequences[from]!;
    this.slots[to] = slot;
    this.places[slot] = to;
  }

  private put(place: number, slot: number, time: Nanos, sequence: number): void {
    this.times[place] = time;
    this.sequences[place] = sequence;
    this.slots[place] = slot;
    this.places[slot] = place;
  }

  private takeSlot(alarm: Alarm): number {
    const slot = this.freeSlots.pop() ?? this.addSlot();
    this.alarms[slot] = alarm;
    alarm.slot = slot;
    return slot;
  }

  private addSlot(): number {
    const slot = this.alarms.length;
    if (slot === MAX_PENDING) throw new Error(`${MAX_PENDING} events are pending at once`);
    if (slot === this.places.length) this.places = grown(this.places, new Int32Array(slot * 2));
    return slot;
  }

  /** The alarm that was in it. */
  private freeSlot(slot: number): Alarm {
    const alarm = this.alarms[slot]!;
    this.alarms[slot] = null;
    this.freeSlots.push(slot);
    alarm.slot = NOT_PENDING;
    return alarm;
  }

  private growRing(): void {
    const { immediateAlarms, immediateSequences, immediateHead } = this;
    const room = immediateAlarms.length;
    const alarms = [...immediateAlarms.slice(immediateHead), ...immediateAlarms.slice(0, immediateHead)];
    this.immediateAlarms = alarms.concat(new Array<null>(room).fill(null));
    this.immediateSequences = new Float64Array(room * 2);
    this.immediateSequences.set(immediateSequences.subarray(immediateHead));
    this.immediateSequences.set(immediateSequences.subarray(0, immediateHead), room - immediateHead);
    this.immediateHead = 0;
  }

  private growHeap(): void {
    const room = this.size * 2;
    this.times = grown(this.times, new Float64Array(room));
    this.sequences = grown(this.sequences, new Float64Array(room));
    this.slots = grown(this.slots, new Int32Array(room));
  }
}

function grown<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
