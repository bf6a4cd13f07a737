/**
 * Records a running lab: watches the frames that pass the NICs and writes them to capture files, in order of time and
 * then of when they happened. A record may change until its instant is over, so that a drop decided then is a comment
 * on it; a frame that is dropped later gets a record of its own, at its own time, on an interface `h1/dropped`.
 */
import { DROP_REASONS } from '../sim/drop-reason.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import { NO_PORT } from '../sim/observer.ts';
import type { Observer } from '../sim/observer.ts';
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
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

/** Records of one instant that may change at most, and the bytes of their frames; beyond it they stay as they are. */
const MAX_OPEN = 4_096;
const MAX_OPEN_BYTES = 1 << 20;

/** The description of an interface such as `h1/dropped`. */
const DROPPED = 'frames that ended in this node after they were last seen at a NIC';

const DROP_COMMENTS = Object.fromEntries(
  Object.entries(DROP_REASONS).map(([reason, words]) => [reason, `dropped: ${reason} (${words})`]),
) as Readonly<Record<DropReason, string>>;

/** The id of an interface that is declared with its first record. */
const UNDECLARED = -1;

/** A recording that goes on. */
interface Track {
  readonly recording: Recording;
  readonly filter: Filter | null;
  /** Its writer if that has a place for comments. */
  readonly pcapng: PcapngWriter | null;
  readonly start: Nanos;
  readonly taps: Tap[];
  // Its records of this instant, `count` of them: their numbers, and where in the file they begin.
  count: number;
  readonly numbers: Int32Array;
  readonly offsets: Float64Array;
}

/** An interface of a recording. */
interface Tap {
  readonly track: Track;
  readonly name: string;
  id: number;
  /** Frames that passed. */
  seen: number;
  /** Frames that ended here. */
  dropped: number;
}

/** Who looks on at a port, or at what ends inside a node. */
interface Place {
  readonly taps: Tap[];
  /** Where the same recordings show a frame that ends when its record stands already, or was never made. */
  readonly late: Tap[];
}

interface NodePlaces {
  readonly ports: (Place | undefined)[];
  readonly inside: Place;
}

const NOBODY: readonly Tap[] = [];

export class Recorder implements Observer {
  private readonly epoch: number;
  private readonly tracks: Track[] = [];
  /** By the node's index. */
  private readonly nodes: (NodePlaces | undefined)[] = [];

  // What was seen in this instant, `count` times; a frame bears the number of the last time, `first` + index.
  private time: Nanos;
  private first = 1;
  private count = 0;
  private readonly ids = new Float64Array(MAX_OPEN);
  /** 1 where the record says how its frame ended. */
  private readonly told = new Uint8Array(MAX_OPEN);
  /** Bytes of the frames that somebody wants. */
  private bytes = 0;

  /** The one that is written; it holds the time of this instant. */
  private readonly record = new CaptureRecord();

  /** Declares the interfaces in their order. */
  constructor(recordings: readonly Recording[] = [], { epoch = 0, start = 0 }: RecorderOptions = {}) {
    this.epoch = epoch;
    this.time = start;
    Object.assign(this.record, this.timestamp(start));
    for (const recording of recordings) this.begin(recording, start);
  }

  /** Records into one more file from now on. */
  begin(recording: Recording, now: Nanos): void {
    const { writer, filter = null, interfaces } = recording;
    const pcapng = writer.format === 'pcapng' ? writer : null;
    const track: Track = {
      recording,
      filter,
      pcapng,
      start: now,
      taps: [],
      count: 0,
      numbers: new Int32Array(pcapng === null ? 0 : MAX_OPEN),
      offsets: new Float64Array(pcapng === null ? 0 : MAX_OPEN),
    };
    for (const nic of interfaces) {
      const { ports, inside } = this.placesOf(nic.node);
      const place = (ports[nic.port] ??= { taps: [], late: [] });
      const tap = createTap(track, nic.name, pcapng === null ? 0 : pcapng.addInterface(nic));
      track.taps.push(tap);
      place.taps.push(tap);
      if (pcapng === null) continue;
      let late = inside.late.find((one) => one.track === track);
      if (late === undefined) {
        late = createTap(track, `${nic.node.name}/dropped`, UNDECLARED);
        inside.late.push(late);
      }
      place.late.push(late);
    }
    this.tracks.push(track);
    pcapng?.hold();
  }

  /** Ends one recording: writes the rest, and what its interfaces have counted. */
  end(recording: Recording, now: Nanos): void {
    const at = this.tracks.findIndex((one) => one.recording === recording);
    const track = this.tracks[at];
    if (track === undefined) return;
    this.tracks.splice(at, 1);
    for (const node of this.nodes) {
      if (node === undefined) continue;
      for (const place of [...node.ports, node.inside]) {
        if (place === undefined) continue;
        removeTaps(place.taps, track);
        removeTaps(place.late, track);
      }
    }
    this.finish(track, now);
  }

  /** Ends all recordings. */
  close(now: Nanos): void {
    for (const { recording } of [...this.tracks]) this.end(recording, now);
  }

  /** Writes all that is known by now; for whoever wants to look at a file before the end. */
  flush(): void {
    this.settle();
    for (const { recording } of this.tracks) recording.writer.flush();
  }

  /** Whether there is a recording that has not ended. */
  get isRecording(): boolean {
    return this.tracks.length > 0;
  }

  sent(node: Node, port: number, frame: Frame): void {
    this.see(node, port, frame, Direction.Outbound);
  }

  received(node: Node, port: number, frame: Frame): void {
    this.see(node, port, frame, Direction.Inbound);
  }

  dropped(node: Node, port: number, reason: DropReason, frame: Frame): void {
    this.comeTo(node.now);
    const places = this.nodes[node.index];
    const place = port === NO_PORT ? places?.inside : places?.ports[port];
    if (place === undefined) return;
    for (let i = 0; i < place.taps.length; i++) place.taps[i]!.dropped++;
    if (!this.tell(frame, reason)) this.add(place.late, frame, Direction.Unknown, reason);
  }

  private see(node: Node, port: number, frame: Frame, direction: Direction): void {
    this.comeTo(node.now);
    frame.record = this.add(this.nodes[node.index]?.ports[port]?.taps ?? NOBODY, frame, direction, null);
  }

  /** The records of an instant stay as they are when the clock has gone on. */
  private comeTo(now: Nanos): void {
    if (now === this.time) return;
    this.settle();
    this.time = now;
    const seconds = Math.floor(now / SECOND);
    this.record.seconds = this.epoch + seconds;
    this.record.nanoseconds = now - seconds * SECOND;
  }

  private settle(): void {
    this.first += this.count;
    this.count = 0;
    this.bytes = 0;
    for (let i = 0; i < this.tracks.length; i++) {
      const track = this.tracks[i]!;
      track.count = 0;
      track.pcapng?.hold();
    }
  }

  /** Gives what is seen a number, also where nobody wants it, so that its drop is not shown either; and records it. */
  private add(taps: readonly Tap[], frame: Frame, direction: Direction, reason: DropReason | null): number {
    if (this.count === MAX_OPEN || this.bytes + frame.length > MAX_OPEN_BYTES) this.settle();
    const index = this.count++;
    this.ids[index] = frame.id;
    this.told[index] = reason === null ? 0 : 1;
    const { record } = this;
    record.bytes = frame.bytes;
    record.length = record.originalLength = frame.length;
    record.direction = direction;
    record.packetId = frame.id;
    record.comments =
      reason === null && !frame.corrupted && frame.about === 0 ? NO_COMMENTS : commentsOn(frame, reason);
    let isWanted = false;
    for (let i = 0; i < taps.length; i++) {
      const tap = taps[i]!;
      const { filter } = tap.track;
      tap.seen++;
      if (filter !== null && !filter(frame.bytes, frame.length)) continue;
      isWanted = true;
      this.write(tap, index);
    }
    if (isWanted) this.bytes += frame.length;
    return this.first + index;
  }

  private write(tap: Tap, index: number): void {
    const { record } = this;
    const { track } = tap;
    const { pcapng } = track;
    if (pcapng === null) {
      track.recording.writer.write(record);
      return;
    }
    if (tap.id === UNDECLARED) {
      tap.id = pcapng.addInterface({ name: tap.name, description: DROPPED });
      track.taps.push(tap);
    }
    record.interfaceId = tap.id;
    const { offset } = pcapng;
    pcapng.write(record);
    track.numbers[track.count] = index;
    track.offsets[track.count++] = offset;
  }

  /** Says on the records of this instant that show the frame why it ended; false when there are none, or they tell. */
  private tell(frame: Frame, reason: DropReason): boolean {
    const index = frame.record - this.first;
    if (index < 0 || index >= this.count || this.ids[index] !== frame.id) return false;
    if (this.told[index] !== 0) return false;
    this.told[index] = 1;
    const comment = DROP_COMMENTS[reason];
    for (let i = 0; i < this.tracks.length; i++) {
      const track = this.tracks[i]!;
      if (track.pcapng !== null) tellOn(track, track.pcapng, index, comment);
    }
    return true;
  }

  private finish({ recording: { writer }, pcapng, start, taps }: Track, now: Nanos): void {
    if (pcapng !== null) {
      pcapng.release();
      const from = this.timestamp(start);
      const to = this.timestamp(now);
      for (const { id, seen, dropped } of taps) {
        pcapng.addStatistics(id, { start: from, end: to, received: seen, dropped });
      }
    }
    writer.flush();
  }

  private placesOf(node: Node): NodePlaces {
    const late: Tap[] = [];
    return (this.nodes[node.index] ??= { ports: [], inside: { taps: late, late } });
  }

  private timestamp(time: Nanos): Timestamp {
    const seconds = Math.floor(time / SECOND);
    return { seconds: this.epoch + seconds, nanoseconds: time - seconds * SECOND };
  }
}

function createTap(track: Track, name: string, id: number): Tap {
  return { track, name, id, seen: 0, dropped: 0 };
}

function removeTaps(taps: Tap[], track: Track): void {
  for (let i = taps.length - 1; i >= 0; i--) if (taps[i]!.track === track) taps.splice(i, 1);
}

/** Comments on one record of this instant, if the recording has it, and moves on those behind it. */
function tellOn(track: Track, writer: PcapngWriter, index: number, comment: string): void {
  // Nearly always it is one of the last.
  let at = track.count - 1;
  while (at >= 0 && track.numbers[at]! > index) at--;
  if (at < 0 || track.numbers[at] !== index) return;
  const grown = writer.comment(track.offsets[at]!, comment);
  for (let behind = at + 1; behind < track.count; behind++) track.offsets[behind]! += grown;
}

function commentsOn(frame: Frame, reason: DropReason | null): readonly string[] {
  const comments: string[] = [];
  if (reason !== null) comments.push(DROP_COMMENTS[reason]);
  if (frame.corrupted) comments.push('corrupted on the link');
  if (frame.about !== 0) comments.push(`about packet ${frame.about}`);
  return comments;
}
