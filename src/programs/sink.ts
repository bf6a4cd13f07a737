/**
 * A traffic sink: receives what sources send and reports what became of it, when it has COUNT datagrams, when nothing
 * has come for a while, or when it is stopped. Lost are those that never came; reordered those that came behind one
 * with a higher number (RFC 4737 §3.3); latency is from the source's call to the sink's (RFC 7679), on the clock that
 * all hosts share; throughput counts the datagrams' data.
 */
import type { Nanos } from '../sim/time.ts';
import type { Call, Sys } from '../syscalls/program.ts';
import { Domain, Poll, SocketType } from '../syscalls/values.ts';
import type { End } from '../syscalls/values.ts';
import * as Ip from '../wire/ip4.ts';
import * as Udp from '../wire/udp.ts';
import { command } from './command.ts';
import { formatMilliseconds, SECOND } from './duration.ts';
import { print } from './print.ts';
import * as Traffic from './traffic.ts';
import { formatEnd, formatPercent } from './text.ts';

/** Sources that are told apart; datagrams of others are counted together. */
const MAX_STREAMS = 64;
const OTHERS = 'others';
/** Times kept for the percentiles of one source; the minimum, the average and the maximum are of all. */
const MAX_TIMES = 1_000_000;
/** Numbers behind the highest that are remembered, to tell one that comes twice from one that comes late. */
const WINDOW = 65_536;
const PERCENTILES = [50, 90, 99];

/** What came from one source. */
export interface Stream {
  readonly from: string;
  /** How many the source meant to send; 0 when it did not say. */
  announced: number;
  /** Datagrams without a number, from which nothing else can be told. */
  unnumbered: number;
  /** Different numbers. */
  received: number;
  duplicated: number;
  reordered: number;
  /** The highest number; -1 before the first. */
  highest: number;
  /** By number modulo WINDOW: 1 when it has come. */
  readonly seen: Uint8Array;
  bytes: number;
  first: Nanos;
  last: Nanos;
  readonly times: Nanos[];
  /** Of all times. */
  timed: number;
  sum: bigint;
  shortest: Nanos;
  longest: Nanos;
}

export const sink = command(
  { usage: '[--count N] [--idle SECONDS] PORT', values: ['--count', '--idle'], operands: [1, 1] },
  function* (sys, given) {
    const port = given.port(0);
    const count = given.integer('--count', Infinity, 1, Number.MAX_SAFE_INTEGER);
    const idle = given.duration('--idle', Infinity);
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: Ip.ANY, port });
    const streams = new Map<string, Stream>();
    try {
      yield* receiveAll(sys, socket, count, idle, streams);
    } finally {
      // Also when it is stopped, as one in the background is at the end of the run.
      if (streams.size === 0) yield* print(sys, 'received nothing');
      for (const stream of streams.values()) {
        for (const line of report(stream)) yield* print(sys, line);
      }
    }
    return streams.size === 0 ? 1 : 0;
  },
);

function* receiveAll(sys: Sys, socket: number, count: number, idle: Nanos, streams: Map<string, Stream>): Call<void> {
  const wanted = [{ handle: socket, events: Poll.In }];
  for (let received = 0; received < count; received++) {
    // Idleness counts from the first datagram on.
    const times = received === 0 || idle === Infinity ? {} : { timeout: idle };
    const ready = yield* sys.sys_poll(wanted, times);
    if (ready.length === 0) return;
    const { data, from } = yield* sys.sys_socket_recvfrom(socket, Udp.MAX_DATA_LENGTH);
    countDatagram(streamOf(streams, from), data, sys.sys_monotonic_time());
  }
}

function streamOf(streams: Map<string, Stream>, end: End): Stream {
  const name = formatEnd(end);
  const from = streams.has(name) || streams.size < MAX_STREAMS ? name : OTHERS;
  const known = streams.get(from);
  if (known !== undefined) return known;
  const stream = createStream(from);
  streams.set(from, stream);
  return stream;
}

export function createStream(from: string): Stream {
  return {
    from,
    announced: 0,
    unnumbered: 0,
    received: 0,
    duplicated: 0,
    reordered: 0,
    highest: -1,
    seen: new Uint8Array(WINDOW),
    bytes: 0,
    first: 0,
    last: 0,
    times: [],
    timed: 0,
    sum: 0n,
    shortest: Infinity,
    longest: 0,
  };
}

export function countDatagram(stream: Stream, data: Uint8Array, now: Nanos): void {
  if (stream.received + stream.duplicated + stream.unnumbered === 0) stream.first = now;
  stream.last = now;
  stream.bytes += data.length;
  // Numbers of several sources make no sense together.
  const mark = stream.from === OTHERS ? null : Traffic.parse(data);
  if (mark === null) {
    stream.unnumbered++;
    return;
  }
  stream.announced = mark.count;
  if (isRepeated(stream, mark.sequence)) {
    stream.duplicated++;
    return;
  }
  stream.received++;
  if (mark.sequence < stream.highest) stream.reordered++;
  remember(stream, mark.sequence);
  measure(stream, now - mark.sent);
}

/** One that is further behind than the window is taken for late. */
function isRepeated({ highest, seen }: Stream, sequence: number): boolean {
  return sequence <= highest && highest - sequence < WINDOW && seen[sequence % WINDOW] === 1;
}

function remember(stream: Stream, sequence: number): void {
  const { seen, highest } = stream;
  // Those that were skipped have not come yet; what stood in their places is out of the window.
  for (let i = Math.max(highest + 1, sequence - WINDOW + 1); i < sequence; i++) seen[i % WINDOW] = 0;
  if (sequence > highest) stream.highest = sequence;
  if (stream.highest - sequence < WINDOW) seen[sequence % WINDOW] = 1;
}

function measure(stream: Stream, time: Nanos): void {
  stream.timed++;
  stream.sum += BigInt(time);
  stream.shortest = Math.min(stream.shortest, time);
  stream.longest = Math.max(stream.longest, time);
  if (stream.times.length < MAX_TIMES) stream.times.push(time);
}

export function report(stream: Stream): string[] {
  const { from, received, unnumbered, duplicated, reordered, highest, bytes } = stream;
  const lines: string[] = [];
  if (highest >= 0) {
    const sent = Math.max(stream.announced, highest + 1);
    const lost = sent - received;
    lines.push(
      `${from}: received ${received} of ${sent}, lost ${lost} (${formatPercent(lost, sent)}%), ` +
        `duplicated ${duplicated}, reordered ${reordered}`,
    );
    const percentiles = PERCENTILES.map((percent) => `p${percent}`).join('/');
    lines.push(`${from}: latency min/avg/${percentiles}/max = ${latencies(stream).join('/')} ms`);
  }
  if (unnumbered > 0) lines.push(`${from}: received ${unnumbered} datagrams without a number`);
  lines.push(`${from}: ${bytes} bytes in ${formatMilliseconds(stream.last - stream.first)} ms${throughput(stream)}`);
  return lines;
}

function latencies({ times, timed, sum, shortest, longest }: Stream): string[] {
  const sorted = Float64Array.from(times).sort();
  // The nearest rank: the least time that so many percent do not exceed.
  const ranks = PERCENTILES.map((percent) => sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0);
  return [shortest, Number(sum / BigInt(timed)), ...ranks, longest].map((time) => formatMilliseconds(time));
}

/** `, 4.096 Mbit/s`: what came behind the first datagram, over the time that it took. */
function throughput({ bytes, first, last, received, duplicated, unnumbered }: Stream): string {
  const datagrams = received + duplicated + unnumbered;
  if (last === first) return '';
  const bits = (BigInt(bytes) * 8n * BigInt(datagrams - 1)) / BigInt(datagrams);
  const kilobits = Number((bits * BigInt(SECOND)) / BigInt(last - first) / 1_000n);
  return `, ${Math.floor(kilobits / 1_000)}.${String(kilobits % 1_000).padStart(3, '0')} Mbit/s`;
}
