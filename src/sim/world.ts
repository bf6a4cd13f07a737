/**
 * What a device can do to the outside: the only field in a state record that is not data.
 * The simulator implements it for each node; tests implement it with a clock moved by hand.
 */
import type { DropReason } from './drop-reason.ts';
import type { Alarm, Timer } from './event-queue.ts';
import type { Frame } from './frame.ts';
import type { Nanos } from './time.ts';

export interface World {
  readonly now: Nanos;
  /** A frame of `length` bytes with a packet id of its own; its bytes hold anything. */
  newFrame(length: number): Frame;
  /** A frame of `length` bytes that belongs to the packet of `original`: a fragment, or the reassembled whole. */
  newPart(original: Frame, length: number): Frame;
  /** A second frame with the same bytes, or null when the lab holds as many as it may. */
  copy(frame: Frame): Frame | null;
  /** Puts a frame on the wire at a port and gives it away: the caller must not touch it afterwards. */
  transmit(port: number, frame: Frame): void;
  /** The frame has done its work here: it was delivered, answered or taken apart. Gives it away. */
  consume(frame: Frame): void;
  /** Records that a frame ended here, and why. Gives it away. */
  drop(reason: DropReason, frame: Frame): void;
  /** Whether the port has a link with carrier. */
  hasCarrier(port: number): boolean;
  /**
   * Gives back the charges of the frames that have left this node's NICs by now: links do that when they next look,
   * so ask here before calling a send buffer full. As long as a charge is `waiting`, each departure of its frames is
   * then an event, so that `released` is called in time: set `waiting` first, then ask here.
   */
  watchDepartures(): void;
  /** Calls fire(state, argument) after a delay, unless cancelled. */
  after<S, A extends number>(delay: Nanos, fire: (state: S, argument: A) => void, state: S, argument: A): Timer;
  /** Has an alarm that is not pending fire after a delay. */
  arm(alarm: Alarm, delay: Nanos): void;
  /** Cancels a timer or an alarm; nothing happens where it has fired or was cancelled. */
  cancel(alarm: Alarm): void;
  /** Nothing else is due at this instant: what is armed without a delay would be next. */
  readonly isLastNow: boolean;
  /** Uniform in [0, 1), from this device's own seeded stream. */
  random(): number;
}
