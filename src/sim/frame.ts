/**
 * A frame on its way, and the pool it comes from and goes back to.
 * A frame has one owner. Whoever is given it may change it in place, and gives it away again by transmit, deliver,
 * consume or drop; after that it must not be touched. Who needs a second one asks for a copy.
 */

/** What a socket's unsent frames count against; the link gives it back when the frame leaves the NIC's queue. */
export interface SendCharge {
  /** Bytes that wait to leave, bookkeeping included (`FRAME_OVERHEAD`). */
  used: number;
  /** Somebody sleeps until there is room: whoever lowers `used` calls `released`. */
  waiting: boolean;
  released(charge: SendCharge): void;
}

/** Bytes of bookkeeping that a frame counts for beside its own: Linux's sk_buff (256) and skb_shared_info (320). */
export const FRAME_OVERHEAD = 576;

export class Frame {
  /** Starts with the Ethernet header; may be longer than the frame, and holds anything behind it. */
  bytes: Uint8Array;
  /** Bytes of the frame, without padding and FCS. */
  length = 0;
  /** Follows one packet from hop to hop; copies and fragments keep it. */
  id = 0;
  /** A link has flipped a bit in it. */
  corrupted = false;
  /** Whose send buffer it counts against until it leaves the first NIC's queue. */
  charge: SendCharge | null = null;
  /** The capture's own mark: which record of this instant shows the frame; 0 for none. */
  record = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Frames are counted: made + copied + injected = consumed + dropped + waiting. */
export interface FrameCounts {
  made: number;
  copied: number;
  injected: number;
  consumed: number;
  dropped: number;
}

/** The sizes a frame's bytes come in: what most frames need, a full Ethernet frame, a jumbo frame, the largest on lo. */
const SIZES = [256, 2_048, 16_384, 65_536 + 64] as const;

/** Frames alive at once in one lab; beyond it a copy fails with 'no-memory'. Bounds what a broadcast storm can take. */
export const MAX_FRAMES = 4_000_000;

/** Spare frames kept of one size; what comes back beyond it is left to the garbage collector. */
const MAX_SPARE = 65_536;

export class FramePool {
  readonly counts: FrameCounts = { made: 0, copied: 0, injected: 0, consumed: 0, dropped: 0 };
  private readonly spare: Frame[][] = SIZES.map(() => []);
  private lastId = 0;

  /** Frames that are somewhere on their way. */
  get waiting(): number {
    const { made, copied, injected, consumed, dropped } = this.counts;
    return made + copied + injected - consumed - dropped;
  }

  /** A frame of `length` bytes with an id of its own; its bytes hold whatever they held before. */
  make(length: number): Frame {
    this.counts.made++;
    const frame = this.take(length);
    frame.id = ++this.lastId;
    return frame;
  }

  /** A frame from outside the lab, with its own id and a copy of the bytes. */
  inject(bytes: Uint8Array): Frame {
    this.counts.injected++;
    const frame = this.take(bytes.length);
    frame.bytes.set(bytes);
    frame.id = ++this.lastId;
    return frame;
  }

  /** A second frame with the same bytes, the same packet id and the same mark; its owner is not charged for it. */
  copy(original: Frame): Frame {
    this.counts.copied++;
    const frame = this.take(original.length);
    frame.bytes.set(original.length === original.bytes.length ? original.bytes : original.bytes.subarray(0, original.length));
    frame.id = original.id;
    frame.corrupted = original.corrupted;
    frame.record = original.record;
    return frame;
  }

  /** A new piece of the packet `original` belongs to: its id, but bytes still to be written. */
  makePart(original: Frame, length: number): Frame {
    this.counts.copied++;
    const frame = this.take(length);
    frame.id = original.id;
    frame.corrupted = original.corrupted;
    frame.record = original.record;
    return frame;
  }

  consume(frame: Frame): void {
    this.counts.consumed++;
    this.giveBack(frame);
  }

  drop(frame: Frame): void {
    this.counts.dropped++;
    this.giveBack(frame);
  }

  /**
   * Poisoning: the receiver gets a copy, and the old bytes are overwritten with 0xdd and never used again, so that
   * whoever still reads them is found out.
   */
  poison(frame: Frame): Frame {
    const moved = this.take(frame.length);
    moved.bytes.set(frame.bytes.subarray(0, frame.length));
    moved.id = frame.id;
    moved.corrupted = frame.corrupted;
    moved.charge = frame.charge;
    moved.record = frame.record;
    frame.bytes.fill(0xdd);
    frame.charge = null;
    frame.length = 0;
    return moved;
  }

  private take(length: number): Frame {
    let size = 0;
    while (size < SIZES.length && length > SIZES[size]!) size++;
    const list = this.spare[size];
    if (list === undefined) throw new Error(`a frame of ${length} bytes: the longest is ${SIZES[SIZES.length - 1]!}`);
    const frame = list.pop() ?? new Frame(new Uint8Array(SIZES[size]!));
    frame.length = length;
    frame.corrupted = false;
    frame.record = 0;
    return frame;
  }

  private giveBack(frame: Frame): void {
    if (frame.charge !== null) release(frame);
    const size = (SIZES as readonly number[]).indexOf(frame.bytes.length);
    const list = this.spare[size];
    if (list !== undefined && list.length < MAX_SPARE) list.push(frame);
  }
}

/** Counts a frame against a send buffer. */
export function charge(frame: Frame, account: SendCharge): void {
  frame.charge = account;
  account.used += frame.length + FRAME_OVERHEAD;
}

/** Gives back what the frame counted for: it has left the NIC's queue, or has ended. */
export function release(frame: Frame): void {
  const account = frame.charge;
  if (account === null) return;
  frame.charge = null;
  account.used -= frame.length + FRAME_OVERHEAD;
  if (account.waiting) account.released(account);
}
