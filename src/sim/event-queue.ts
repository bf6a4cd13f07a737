/**
 * What is still to happen: a 4-ary heap ordered by time, then by sequence number, which is when it was scheduled.
 * The heap holds numbers only, in typed arrays; the functions and their states lie beside it, in slots.
 * Every index used below is under `size` or of a slot in use; that is the check behind each `!` here.
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
const NOT_PENDING = -1;
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
    return this.rootIsOpen ? this.size - 1 : this.size;
  }

  /** When the next event is due; Infinity when there is none. */
  get nextTime(): Nanos {
    if (this.rootIsOpen) this.closeRoot();
    return this.size === 0 ? Infinity : this.times[0]!;
  }

  /** Whose event is next. */
  get nextOwner(): Owner {
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
    this.insert(slot, time, ++this.lastSequence);
    return this.generations[slot]! * SLOT_RANGE + slot;
  }

  /** Whether the timer was still pending. The id of one that has fired or was cancelled does nothing. */
  cancel(timer: TimerId): boolean {
    const slot = timer % SLOT_RANGE;
    if (this.generations[slot] !== (timer - slot) / SLOT_RANGE) return false;
    this.removeAt(this.places[slot]!);
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
    if (this.rootIsOpen) this.closeRoot();
    const slot = this.slots[0]!;
    const fire = this.fires[slot]!;
    const state = this.states[slot];
    const argument = this.arguments[slot]!;
    this.rootIsOpen = true;
    this.places[slot] = NOT_PENDING;
    if (!this.isAlarm[slot]!) this.freeSlot(slot);
    fire(state, argument);
  }

  /** The pending events in the order in which they will fire. */
  list(): PendingEvent[] {
    if (this.rootIsOpen) this.closeRoot();
    return Array.from({ length: this.size }, (_, place) => place)
      .sort((a, b) => this.times[a]! - this.times[b]! || this.sequences[a]! - this.sequences[b]!)
      .map((place) => {
        const slot = this.slots[place]!;
        return {
          time: this.times[place]!,
          owner: this.owners[slot]!.name,
          what: this.fires[slot]!.name,
          argument: this.arguments[slot]!,
        };
      });
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
