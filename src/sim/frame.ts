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
  /** Called on the way of a packet: wakes the sleeper, and leaves it to a later event to go on. */
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
  /** The id of the packet that an ICMP error is about; 0 for all other frames. */
  about = 0;
  /** Whose send buffer it counts against until it leaves the first NIC's queue. */
  charge: SendCharge | null = null;
  /** The capture's own mark: which record of this instant shows the frame; 0 for none. */
  record = 0;
  /** The one behind it in the queue it is in (FrameQueue). */
  next: Frame | null = null;
  /** Which of the pool's lists it goes back to; -1 for a frame that no pool made. */
  readonly sizeClass: number;

  constructor(bytes: Uint8Array, sizeClass = -1) {
    this.bytes = bytes;
    this.sizeClass = sizeClass;
  }
}

/** Frames that wait for their owner, chained: a frame is in one queue at most, since it has one owner. */
export class FrameQueue {
  length = 0;
  private first: Frame | null = null;
  private last: Frame | null = null;

  push(frame: Frame): void {
    if (this.last === null) this.first = frame;
    else this.last.next = frame;
    this.last = frame;
    this.length++;
  }

  /** The oldest one; undefined when there is none. */
  shift(): Frame | undefined {
    const frame = this.first;
    if (frame === null) return undefined;
    this.first = frame.next;
    if (frame.next === null) this.last = null;
    frame.next = null;
    this.length--;
    return frame;
  }

  *[Symbol.iterator](): Generator<Frame, void, void> {
    for (let frame = this.first; frame !== null; frame = frame.next) yield frame;
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
/** A longer frame cannot be made. */
export const MAX_FRAME_LENGTH = SIZES[SIZES.length - 1]!;

/** Frames alive at once in one lab; beyond it a copy fails with 'no-memory'. Bounds what a broadcast storm can take. */
export const MAX_FRAMES = 1_000_000;
/** The same bound in bytes of memory, for long frames. */
export const MAX_FRAME_BYTES = 1_073_741_824;

/** Bytes of spare frames kept of one size; what comes back beyond it is left to the garbage collector. */
const MAX_SPARE_BYTES = 67_108_864;
/** What the bytes of a frame that was given away read, when poisoning. */
const POISON = 0xdd;

export interface FramePoolOptions {
  readonly poison?: boolean;
  /** `MAX_FRAMES` unless told. */
  readonly maxFrames?: number;
  /** `MAX_FRAME_BYTES` unless told. */
  readonly maxFrameBytes?: number;
}

export class FramePool {
  readonly counts: FrameCounts = { made: 0, copied: 0, injected: 0, consumed: 0, dropped: 0 };
  private readonly spare: Frame[][] = SIZES.map(() => []);
  private readonly poisoning: boolean;
  private readonly maxFrames: number;
  private readonly maxBytes: number;
  private lastId = 0;
  private alive = 0;
  private bytes = 0;

  /**
   * Poisoning: a frame that was given away is overwritten and never used again, so that whoever still reads it is
   * found out; and so is whoever reads what nobody has written, for new frames are full of the same bytes.
   */
  constructor({ poison = false, maxFrames = MAX_FRAMES, maxFrameBytes = MAX_FRAME_BYTES }: FramePoolOptions = {}) {
    this.poisoning = poison;
    this.maxFrames = maxFrames;
    this.maxBytes = maxFrameBytes;
  }

  /** Frames that are somewhere on their way. */
  get waiting(): number {
    const { made, copied, injected, consumed, dropped } = this.counts;
    return made + copied + injected - consumed - dropped;
  }

  /** Bytes of memory of the frames on their way. */
  get bytesWaiting(): number {
    return this.bytes;
  }

  /** There is no room for another frame: no copies are made, and a link drops what it is given. */
  get isFull(): boolean {
    return this.bytes >= this.maxBytes || this.alive >= this.maxFrames;
  }

  /** A frame of `length` bytes with an id of its own; its bytes hold whatever they held before. */
  make(length: number): Frame {
    const frame = this.take(length);
    this.counts.made++;
    frame.id = ++this.lastId;
    return frame;
  }

  /** A frame from outside the lab, with its own id and a copy of the bytes. */
  inject(bytes: Uint8Array): Frame {
    const frame = this.take(bytes.length);
    this.counts.injected++;
    frame.bytes.set(bytes);
    frame.id = ++this.lastId;
    return frame;
  }

  /** A second frame with the same bytes, the same packet id and the same mark; its owner is not charged for it. */
  copy(original: Frame): Frame {
    const frame = this.makePart(original, original.length);
    copyFrame(original, frame);
    return frame;
  }

  /** A copy that there was no room for: it counts as made and dropped. */
  refuseCopy(): void {
    this.counts.copied++;
    this.counts.dropped++;
  }

  /** A new piece of the packet `original` belongs to: its id, but bytes still to be written. */
  makePart(original: Frame, length: number): Frame {
    const frame = this.take(length);
    this.counts.copied++;
    frame.id = original.id;
    frame.corrupted = original.corrupted;
    frame.about = original.about;
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

  /** The same frame elsewhere, for the receiver, when poisoning; the old one is spoilt. */
  move(frame: Frame): Frame {
    const moved = this.take(frame.length);
    copyFrame(frame, moved);
    moved.id = frame.id;
    moved.corrupted = frame.corrupted;
    moved.about = frame.about;
    moved.charge = frame.charge;
    moved.record = frame.record;
    frame.charge = null;
    this.spoil(frame);
    return moved;
  }

  private take(length: number): Frame {
    let size = 0;
    while (size < SIZES.length && length > SIZES[size]!) size++;
    const list = this.spare[size];
    if (list === undefined) throw new Error(`a frame of ${length} bytes: the longest is ${MAX_FRAME_LENGTH}`);
    const frame = list.pop() ?? this.allocate(size);
    this.alive++;
    this.bytes += frame.bytes.length;
    frame.length = length;
    frame.corrupted = false;
    frame.about = 0;
    frame.record = 0;
    return frame;
  }

  private allocate(size: number): Frame {
    const bytes = new Uint8Array(SIZES[size]!);
    if (this.poisoning) bytes.fill(POISON);
    return new Frame(bytes, size);
  }

  private giveBack(frame: Frame): void {
    if (frame.charge !== null) release(frame);
    if (this.poisoning) return this.spoil(frame);
    this.alive--;
    this.bytes -= frame.bytes.length;
    const list = this.spare[frame.sizeClass];
    if (list !== undefined && list.length * frame.bytes.length < MAX_SPARE_BYTES) list.push(frame);
  }

  private spoil(frame: Frame): void {
    this.alive--;
    this.bytes -= frame.bytes.length;
    frame.bytes.fill(POISON);
    frame.length = 0;
  }
}

function copyFrame(from: Frame, to: Frame): void {
  to.bytes.set(from.length === from.bytes.length ? from.bytes : from.bytes.subarray(0, from.length));
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
