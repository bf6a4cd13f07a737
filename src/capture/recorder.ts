/**
 * Records a running lab: watches the frames that pass the NICs and writes them to capture files, in order of time and
 * then of when they happened. A record waits until its instant is over, so that a drop decided then is a comment on
 * it; a frame that is dropped later gets a record of its own, at its own time, on an interface `h1/dropped`.
 */
import { DROP_REASONS } from '../sim/drop-reason.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import { NO_PORT } from '../sim/observer.ts';
import type { Observer } from '../sim/observer.ts';
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { copyBytes } from '../wire/bytes.ts';
import type { Filter } from './filter.ts';
import type { PcapWriter } from './pcap.ts';
import type { PcapngWriter } from './pcapng-writer.ts';
import { CaptureRecord, Direction, NO_COMMENTS } from './record.ts';
import type { InterfaceDescription, Timestamp } from './record.ts';

/** A NIC to record, under the name and with the facts that its interface block gives. */
export interface RecordedInterface extends InterfaceDescription {
  readonly node: Node;
  readonly port: number;
}

/** One file; a recorder writes several at once. In a pcap file the NICs are not told apart, and there is no place for comments and late drops. */
export interface Recording {
  readonly writer: PcapWriter | PcapngWriter;
  /** All NICs of a lab, one, or the two ends of a link; `lo` is one of them only where it is named. */
  readonly interfaces: readonly RecordedInterface[];
  /** Frames it does not want are left out. */
  readonly filter?: Filter;
}

export interface RecorderOptions {
  /** Whole seconds from 1970 to the lab's start. */
  readonly epoch?: number;
  /** The lab's time now. */
  readonly start?: Nanos;
}

/** Records of one instant that wait at most, and the bytes of their frames; beyond it they are written early. */
const MAX_PENDING = 4_096;
const MAX_PENDING_BYTES = 1 << 20;

/** The description of an interface such as `h1/dropped`. */
const DROPPED = 'frames that ended in this node after they were last seen at a NIC';

/** An interface that one recording does not have. */
const NONE = -1;
/** One that it gets with the first record. */
const UNDECLARED = -2;

/** A place where frames are seen. */
interface Tap {
  readonly name: string;
  /** Its interface id in each recording. */
  readonly ids: number[];
  /** Frames that passed. */
  seen: number;
  /** Frames that ended here. */
  dropped: number;
}

interface NodeTaps {
  readonly ports: (Tap | undefined)[];
  /** For what ends in the node when its record is written already, or was never made. */
  readonly dropped: Tap;
}

export class Recorder implements Observer {
  private readonly recordings: readonly Recording[];
  private readonly epoch: number;
  private readonly start: Nanos;
  private readonly taps = new Map<Node, NodeTaps>();

  // The records of this instant, `count` of them; a frame bears the number of the one that shows it, `first` + index.
  private time: Nanos = 0;
  private first = 1;
  private count = 0;
  private readonly at: (Tap | null)[] = new Array<Tap | null>(MAX_PENDING).fill(null);
  private readonly ids = new Float64Array(MAX_PENDING);
  private readonly abouts = new Float64Array(MAX_PENDING);
  private readonly corrupted = new Uint8Array(MAX_PENDING);
  private readonly directions = new Uint8Array(MAX_PENDING);
  private readonly reasons: (DropReason | null)[] = new Array<DropReason | null>(MAX_PENDING).fill(null);
  private readonly lengths = new Int32Array(MAX_PENDING);
  /** Which recordings want it, one bit each. */
  private readonly wanted = new Int32Array(MAX_PENDING);
  /** The bytes of the frames that are wanted, one behind the other. */
  private readonly bytes = new Uint8Array(MAX_PENDING_BYTES);
  private used = 0;

  private readonly record = new CaptureRecord();

  /** Declares the interfaces in their order. */
  constructor(recordings: readonly Recording[], { epoch = 0, start = 0 }: RecorderOptions = {}) {
    if (recordings.length > 32) throw new RangeError(`${recordings.length} recordings at once; at most 32`);
    this.recordings = recordings;
    this.epoch = epoch;
    this.start = start;
    this.time = start;
    recordings.forEach(({ writer, interfaces }, recording) => {
      for (const nic of interfaces) {
        const { ports, dropped } = this.tapsOf(nic.node);
        const tap = (ports[nic.port] ??= this.createTap(nic.name));
        tap.ids[recording] = writer.format === 'pcapng' ? writer.addInterface(nic) : 0;
        if (writer.format === 'pcapng') dropped.ids[recording] = UNDECLARED;
      }
    });
  }

  sent(node: Node, port: number, frame: Frame): void {
    this.see(node, port, frame, Direction.Outbound);
  }

  received(node: Node, port: number, frame: Frame): void {
    this.see(node, port, frame, Direction.Inbound);
  }

  dropped(node: Node, port: number, reason: DropReason, frame: Frame): void {
    this.comeTo(node.now);
    const taps = this.taps.get(node);
    if (taps === undefined) return;
    const tap = port === NO_PORT ? taps.dropped : taps.ports[port];
    if (tap === undefined) return;
    tap.dropped++;
    if (this.commentPending(frame, reason)) return;
    taps.dropped.seen++;
    this.add(taps.dropped, frame, Direction.Unknown, reason, this.whoWants(taps.dropped, frame) & this.whoHas(tap));
  }

  /** Writes all that is known by now; for whoever wants to look at the file before the end. */
  flush(): void {
    this.writePending();
    for (const { writer } of this.recordings) writer.flush();
  }

  /** Writes the rest and what the interfaces have counted. */
  close(now: Nanos): void {
    this.writePending();
    const start = this.timestamp(this.start);
    const end = this.timestamp(now);
    this.recordings.forEach(({ writer }, recording) => {
      if (writer.format === 'pcapng') {
        for (const { id, tap } of this.declared(recording)) {
          writer.addStatistics(id, { start, end, received: tap.seen, dropped: tap.dropped });
        }
      }
      writer.flush();
    });
  }

  private see(node: Node, port: number, frame: Frame, direction: Direction): void {
    this.comeTo(node.now);
    const tap = this.taps.get(node)?.ports[port] ?? null;
    if (tap !== null) tap.seen++;
    frame.record = this.add(tap, frame, direction, null, tap === null ? 0 : this.whoWants(tap, frame));
  }

  /** What waits is over when the clock has gone on. */
  private comeTo(now: Nanos): void {
    if (now === this.time) return;
    this.writePending();
    this.time = now;
  }

  /** Says on the record of this instant that shows the frame why it ended; false when there is none, or it tells. */
  private commentPending(frame: Frame, reason: DropReason): boolean {
    const index = frame.record - this.first;
    if (index < 0 || index >= this.count || this.ids[index] !== frame.id) return false;
    if (this.reasons[index] !== null) return false;
    this.reasons[index] = reason;
    return true;
  }

  /** Makes a record, also of what nobody wants, so that its drop is not shown either; gives its number. */
  private add(tap: Tap | null, frame: Frame, direction: Direction, reason: DropReason | null, wanted: number): number {
    if (this.count === MAX_PENDING || this.used + frame.length > MAX_PENDING_BYTES) this.writePending();
    const index = this.count++;
    this.at[index] = tap;
    this.ids[index] = frame.id;
    this.abouts[index] = frame.about;
    this.corrupted[index] = frame.corrupted ? 1 : 0;
    this.directions[index] = direction;
    this.reasons[index] = reason;
    this.wanted[index] = wanted;
    this.lengths[index] = frame.length;
    if (wanted !== 0) {
      copyBytes(frame.bytes, 0, this.bytes, this.used, frame.length);
      this.used += frame.length;
    }
    return this.first + index;
  }

  /** The recordings that have the interface, one bit each. */
  private whoHas(tap: Tap): number {
    let having = 0;
    for (let i = 0; i < tap.ids.length; i++) if (tap.ids[i] !== NONE) having |= 1 << i;
    return having;
  }

  /** Those of them whose filter lets the frame pass. */
  private whoWants(tap: Tap, frame: Frame): number {
    let wanted = 0;
    for (let i = 0; i < tap.ids.length; i++) {
      if (tap.ids[i] === NONE) continue;
      const filter = this.recordings[i]!.filter;
      if (filter === undefined || filter(frame.bytes, frame.length)) wanted |= 1 << i;
    }
    return wanted;
  }

  private writePending(): void {
    const { record, recordings } = this;
    const seconds = Math.floor(this.time / SECOND);
    record.seconds = this.epoch + seconds;
    record.nanoseconds = this.time - seconds * SECOND;
    record.bytes = this.bytes;
    record.at = 0;
    for (let index = 0; index < this.count; index++) {
      const wanted = this.wanted[index]!;
      if (wanted === 0) continue;
      const tap = this.at[index]!;
      record.length = record.originalLength = this.lengths[index]!;
      record.direction = this.directions[index]! as Direction;
      record.packetId = this.ids[index]!;
      record.comments = this.commentsOn(index);
      for (let i = 0; i < recordings.length; i++) {
        if ((wanted & (1 << i)) === 0) continue;
        record.interfaceId = this.idIn(i, tap);
        recordings[i]!.writer.write(record);
      }
      record.at += record.length;
    }
    this.first += this.count;
    this.count = 0;
    this.used = 0;
  }

  private commentsOn(index: number): readonly string[] {
    const reason = this.reasons[index] ?? null;
    const about = this.abouts[index]!;
    if (reason === null && about === 0 && this.corrupted[index] === 0) return NO_COMMENTS;
    const comments: string[] = [];
    if (reason !== null) comments.push(`dropped: ${reason} (${DROP_REASONS[reason]})`);
    if (this.corrupted[index] !== 0) comments.push('corrupted on the link');
    if (about !== 0) comments.push(`about packet ${about}`);
    return comments;
  }

  private idIn(recording: number, tap: Tap): number {
    if (tap.ids[recording] === UNDECLARED) {
      const { writer } = this.recordings[recording]!;
      // Only pcapng recordings are marked so.
      if (writer.format === 'pcapng')
        tap.ids[recording] = writer.addInterface({ name: tap.name, description: DROPPED });
    }
    return tap.ids[recording]!;
  }

  private tapsOf(node: Node): NodeTaps {
    let taps = this.taps.get(node);
    if (taps === undefined) {
      taps = { ports: [], dropped: this.createTap(`${node.name}/dropped`) };
      this.taps.set(node, taps);
    }
    return taps;
  }

  private createTap(name: string): Tap {
    return { name, ids: this.recordings.map(() => NONE), seen: 0, dropped: 0 };
  }

  /** The interfaces of a recording, in the order of their ids. */
  private declared(recording: number): { id: number; tap: Tap }[] {
    const found: { id: number; tap: Tap }[] = [];
    for (const { ports, dropped } of this.taps.values()) {
      for (const tap of [...ports, dropped]) {
        const id = tap?.ids[recording] ?? NONE;
        if (tap !== undefined && id >= 0) found.push({ id, tap });
      }
    }
    return found.sort((a, b) => a.id - b.id);
  }

  private timestamp(time: Nanos): Timestamp {
    const seconds = Math.floor(time / SECOND);
    return { seconds: this.epoch + seconds, nanoseconds: time - seconds * SECOND };
  }
}
