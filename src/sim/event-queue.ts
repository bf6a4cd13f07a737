/**
 * What is still to happen, ordered by time, then by sequence number, which is when it was scheduled: a 4-ary heap, and
 * a ring for what is due at once, since a program that is woken goes on at the same instant.
 * Both hold numbers only, in typed arrays; the functions and their states lie beside them, in slots.
 * Every index used below is under `size`, in the ring, or of a slot in use; that is the check behind each `!` here.
 */
import type { Nanos } from './time.ts';
import type { TimerId } from './world.ts';

/** What an event does: a named function, so that a list of events can be read. */
export type Fire<S, A extends number> = (state: S, argument: A) => void;

/** Whom an event belongs to, for people who ask what is pending or what does not come to an end. */
export interface Owner {
  readonly name: string;
}

/** An event that its owner arms again and again; at most one is pending at a time. */
export type Alarm = number & { readonly __brand: 'Alarm' };

/** A pending event, for people: `h1: ask 3221225986`. */
export interface PendingEvent {
  readonly time: Nanos;
  readonly owner: string;
  /** The function's name. */
  readonly what: string;
  readonly argument: number;
}

type AnyFire = Fire<unknown, number>;

/** Room at first; every array doubles when it is full. */
const INITIAL_ROOM = 64;
/** A timer's id is generation * SLOT_RANGE + slot, below 2^53. */
const SLOT_RANGE = 0x100_0000;
const MAX_GENERATION = 0x1fff_ffff;
/** What a slot has for its place in the heap when it is in none, or in the ring. */
const NOT_PENDING = -1;
const AT_ONCE = -2;
/** What the ring has in place of an event that was cancelled. */
const CANCELLED = -1;
const NOBODY: Owner = { name: 'nobody' };

function nothing(): void {
  // A free slot's function.
}

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

  // The ring: `immediateCount` slots from `immediateHead` on, in the order of their sequence numbers. They are due at the
  // time of the event that was taken last, and what is in the heap for that time too has mostly a smaller number; but a
  // frame on a link may have drawn its number before. Its room is a power of two. The first one is never cancelled.
  private immediateSlots = new Int32Array(INITIAL_ROOM);
  private immediateSequences = new Float64Array(INITIAL_ROOM);
  private immediateHead = 0;
  private immediateCount = 0;
  private cancelledCount = 0;
  /** When the event that was taken last was due. */
  private now: Nanos = 0;

  // By slot.
  private readonly fires: AnyFire[] = [];
  private readonly states: unknown[] = [];
  private readonly arguments: number[] = [];
  private readonly owners: Owner[] = [];
  private readonly isAlarm: boolean[] = [];
  /** Counts a slot's uses, so that the id of a timer that is gone matches no later one. */
  private readonly generations: number[] = [];
  private places = new Int32Array(INITIAL_ROOM);
  private readonly freeSlots: number[] = [];

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
    if (this.isImmediateNext()) return this.owners[this.immediateSlots[this.immediateHead]!]!;
    if (this.rootIsOpen) this.closeRoot();
    return this.size === 0 ? NOBODY : this.owners[this.slots[0]!]!;
  }

  /** The place among events of the same time of whoever asks now; for an event that is put in later. */
  reserveSequence(): number {
    return ++this.lastSequence;
  }

  /** Schedules one event; the id is good for `cancel`. */
  push<S, A extends number>(time: Nanos, fire: Fire<S, A>, state: S, argument: A, owner: Owner): TimerId {
    const slot = this.takeSlot(fire as AnyFire, state, argument, owner, false);
    if (time === this.now) this.append(slot, ++this.lastSequence);
    else this.insert(slot, time, ++this.lastSequence);
    return this.generations[slot]! * SLOT_RANGE + slot;
  }

  /** Whether the timer was still pending. The id of one that has fired or was cancelled does nothing. */
  cancel(timer: TimerId): boolean {
    const slot = timer % SLOT_RANGE;
    if (this.generations[slot] !== (timer - slot) / SLOT_RANGE) return false;
    const place = this.places[slot]!;
    if (place === AT_ONCE) this.cancelImmediate(slot);
    else this.removeAt(place);
    this.freeSlot(slot);
    return true;
  }

  createAlarm<S, A extends number>(fire: Fire<S, A>, state: S, argument: A, owner: Owner): Alarm {
    return this.takeSlot(fire as AnyFire, state, argument, owner, true) as Alarm;
  }

  /** Sets or moves the alarm; among events of the same time it has the place of the sequence number, reserved before. */
  arm(alarm: Alarm, time: Nanos, sequence: number): void {
    if (this.places[alarm] !== NOT_PENDING) this.removeAt(this.places[alarm]!);
    this.insert(alarm, time, sequence);
  }

  disarm(alarm: Alarm): void {
    if (this.places[alarm] === NOT_PENDING) return;
    this.removeAt(this.places[alarm]!);
  }

  /** Takes the next event, which must be there, and does it. */
  fireNext(): void {
    const slot = this.isImmediateNext() ? this.takeImmediate() : this.takeRoot();
    const fire = this.fires[slot]!;
    const state = this.states[slot];
    const argument = this.arguments[slot]!;
    this.places[slot] = NOT_PENDING;
    if (!this.isAlarm[slot]!) this.freeSlot(slot);
    fire(state, argument);
  }

  /** The pending events in the order in which they will fire. */
  list(): PendingEvent[] {
    if (this.rootIsOpen) this.closeRoot();
    const all: { slot: number; time: Nanos; sequence: number }[] = [];
    for (let i = 0; i < this.immediateCount; i++) {
      const place = (this.immediateHead + i) & (this.immediateSlots.length - 1);
      const slot = this.immediateSlots[place]!;
      if (slot !== CANCELLED) all.push({ slot, time: this.now, sequence: this.immediateSequences[place]! });
    }
    for (let place = 0; place < this.size; place++) {
      all.push({ slot: this.slots[place]!, time: this.times[place]!, sequence: this.sequences[place]! });
    }
    return all
      .sort((a, b) => a.time - b.time || a.sequence - b.sequence)
      .map(({ slot, time }) => ({
        time,
        owner: this.owners[slot]!.name,
        what: this.fires[slot]!.name,
        argument: this.arguments[slot]!,
      }));
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

  private takeImmediate(): number {
    const slot = this.immediateSlots[this.immediateHead]!;
    this.dropFirstImmediate();
    while (this.cancelledCount > 0 && this.immediateSlots[this.immediateHead] === CANCELLED) this.skipCancelled();
    return slot;
  }

  private takeRoot(): number {
    if (this.rootIsOpen) this.closeRoot();
    this.rootIsOpen = true;
    this.now = this.times[0]!;
    return this.slots[0]!;
  }

  private append(slot: number, sequence: number): void {
    if (this.immediateCount === this.immediateSlots.length) this.growRing();
    const place = (this.immediateHead + this.immediateCount++) & (this.immediateSlots.length - 1);
    this.immediateSlots[place] = slot;
    this.immediateSequences[place] = sequence;
    this.places[slot] = AT_ONCE;
  }

  /** Seldom: who is woken is seldom stopped at the same instant. */
  private cancelImmediate(slot: number): void {
    const mask = this.immediateSlots.length - 1;
    let place = this.immediateHead;
    while (this.immediateSlots[place] !== slot) place = (place + 1) & mask;
    this.places[slot] = NOT_PENDING;
    this.immediateSlots[place] = CANCELLED;
    this.cancelledCount++;
    while (this.cancelledCount > 0 && this.immediateSlots[this.immediateHead] === CANCELLED) this.skipCancelled();
  }

  private skipCancelled(): void {
    this.cancelledCount--;
    this.dropFirstImmediate();
  }

  private dropFirstImmediate(): void {
    this.immediateHead = (this.immediateHead + 1) & (this.immediateSlots.length - 1);
    this.immediateCount--;
  }

  private insert(slot: number, time: Nanos, sequence: number): void {
    if (this.rootIsOpen) {
      this.rootIsOpen = false;
      this.siftDown(0, slot, time, sequence);
      return;
    }
    if (this.size === this.times.length) this.growHeap();
    this.siftUp(this.size++, slot, time, sequence);
  }

  private removeAt(place: number): void {
    const slot = this.slots[place]!;
    this.places[slot] = NOT_PENDING;
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

  private takeSlot(fire: AnyFire, state: unknown, argument: number, owner: Owner, isAlarm: boolean): number {
    const slot = this.freeSlots.pop() ?? this.addSlot();
    this.fires[slot] = fire;
    this.states[slot] = state;
    this.arguments[slot] = argument;
    this.owners[slot] = owner;
    this.isAlarm[slot] = isAlarm;
    return slot;
  }

  private addSlot(): number {
    const slot = this.fires.length;
    if (slot === SLOT_RANGE) throw new Error(`${SLOT_RANGE} events are pending at once`);
    if (slot === this.places.length) this.places = grown(this.places, new Int32Array(slot * 2));
    this.places[slot] = NOT_PENDING;
    this.generations[slot] = 1;
    return slot;
  }

  /** Forgets what the slot refers to, and makes its timer's id stale. A slot that has used up its ids stays empty. */
  private freeSlot(slot: number): void {
    this.fires[slot] = nothing;
    this.states[slot] = null;
    this.owners[slot] = NOBODY;
    if (++this.generations[slot]! <= MAX_GENERATION) this.freeSlots.push(slot);
  }

  private growRing(): void {
    const { immediateSlots, immediateSequences, immediateHead } = this;
    const room = immediateSlots.length;
    this.immediateSlots = rotated(immediateSlots, new Int32Array(room * 2), immediateHead);
    this.immediateSequences = rotated(immediateSequences, new Float64Array(room * 2), immediateHead);
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

/** A full ring in a larger one, its first element at the start. */
function rotated<T extends Float64Array | Int32Array>(from: T, to: T, head: number): T {
  to.set(from.subarray(head));
  to.set(from.subarray(0, head), from.length - head);
  return to;
}
