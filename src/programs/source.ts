/**
 * A traffic source: UDP datagrams of one size at a steady rate, numbered and stamped (traffic.ts) for a sink to count.
 * The k-th leaves k intervals after the first; one that the send buffer holds up leaves late, and those behind it
 * without waiting.
 */
import type { Nanos } from '../sim/time.ts';
import type { Call, Sys } from '../syscalls/program.ts';
import { SystemCallError } from '../syscalls/program.ts';
import { Control, Domain, SocketType } from '../syscalls/values.ts';
import * as Udp from '../wire/udp.ts';
import { command, UsageError } from './command.ts';
import { formatMilliseconds, SECOND } from './duration.ts';
import { complain, print } from './print.ts';
import { NO_HOSTS, resolve } from './resolver.ts';
import * as Traffic from './traffic.ts';
import { formatEnd } from './text.ts';

const DEFAULT_RATE = '1000/s';
const DEFAULT_SIZE = 512;
/** Where neither count nor duration is given; iperf's. */
const DEFAULT_DURATION = 10 * SECOND;
/** Sequence numbers have 32 bits. */
const MAX_COUNT = 0xffff_ffff;
/** In a second: 10^15 keeps the arithmetic exact. */
const MAX_RATE = 1e15;
/** Bits in the rate's unit. */
const BITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, Mbit: 1e6, Gbit: 1e9 };

export const source = command(
  {
    usage:
      '[--rate 1000/s|10Mbit/s] [--size BYTES] [--count N] [--duration SECONDS] ' + `[-b] [${NO_HOSTS}] TARGET PORT`,
    flags: ['-b', NO_HOSTS],
    values: ['--rate', '--size', '--count', '--duration'],
    operands: [2, 2],
  },
  function* (sys, given) {
    const port = given.port(1);
    const size = given.integer('--size', DEFAULT_SIZE, 0, Udp.MAX_DATA_LENGTH);
    const duration = given.duration('--duration', given.has('--count') ? Infinity : DEFAULT_DURATION);
    const count = given.integer('--count', Infinity, 1, MAX_COUNT);
    const interval = parseRate(given.text('--rate') ?? DEFAULT_RATE, size);
    const to = { ip: yield* resolve(sys, given.operand(0), given), port };
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    if (given.has('-b')) sys.sys_handle_control(socket, Control.SetBroadcast, 1);
    yield* sys.sys_socket_connect(socket, to);
    if (size < Traffic.LENGTH) {
      const lack = `${size} bytes have no room for a number and a time, which take ${Traffic.LENGTH}`;
      yield* complain(sys, `source: ${lack}: a sink can only count them`);
    }
    const schedule = { interval, count, duration };
    const result: Result = { sent: 0, began: sys.sys_monotonic_time(), last: 0, refused: new Map() };
    try {
      yield* sendAll(sys, socket, size, schedule, result);
    } finally {
      // Also when it is stopped.
      yield* print(sys, `${describe(result, size)} to ${formatEnd(to)}`);
      for (const [words, times] of result.refused) yield* complain(sys, `source: ${words}, ${times} times`);
    }
    return result.refused.size === 0 ? 0 : 1;
  },
);

/** A time that need not be whole nanoseconds: a fraction. */
interface Interval {
  readonly numerator: number;
  readonly denominator: number;
}

interface Schedule {
  readonly interval: Interval;
  /** Datagrams, and time, until it ends; Infinity for no end. */
  readonly count: number;
  readonly duration: Nanos;
}

interface Result {
  sent: number;
  readonly began: Nanos;
  /** When the last one left. */
  last: Nanos;
  /** Sends that failed, by reason; such as ECONNREFUSED for those before. */
  readonly refused: Map<string, number>;
}

/** Nanoseconds between datagrams. */
export function parseRate(text: string, size: number): Interval {
  const parts = /^(\d{1,12})(?:\/s|(k|M|G)?bit\/s)?$/.exec(text);
  const rate = Number(parts?.[1] ?? 0);
  if (parts === null || rate === 0) {
    throw new UsageError(`--rate is datagrams or bits of data in a second, such as 1000/s or 10Mbit/s; not ${text}`);
  }
  const bits = text.endsWith('bit/s') ? (BITS[`${parts[2] ?? ''}bit`] ?? 1) : 0;
  if (rate * bits > MAX_RATE) throw new UsageError(`--rate ${text} is faster than a lab can count`);
  // An empty datagram counts as one byte, or time would stand still.
  return bits === 0
    ? { numerator: SECOND, denominator: rate }
    : { numerator: Math.max(1, size) * 8 * SECOND, denominator: rate * bits };
}

function* sendAll(sys: Sys, socket: number, size: number, schedule: Schedule, result: Result): Call<void> {
  const { interval, count, duration } = schedule;
  const { began } = result;
  const data = new Uint8Array(size);
  // Whole nanoseconds, and what is left over in units of 1/denominator: exact however many there are.
  const whole = Math.floor(interval.numerator / interval.denominator);
  const rest = interval.numerator % interval.denominator;
  let due = 0;
  let over = interval.denominator - 1;
  for (let sequence = 0; sequence < count && due < duration; sequence++) {
    const wait = began + due - sys.sys_monotonic_time();
    if (wait > 0) yield* sys.sys_sleep(wait);
    const sent = sys.sys_monotonic_time();
    if (size >= Traffic.LENGTH) Traffic.write(data, { sequence, count: count === Infinity ? 0 : count, sent });
    yield* sendOne(sys, socket, data, result);
    due += whole;
    over += rest;
    if (over >= interval.denominator) {
      over -= interval.denominator;
      due++;
    }
  }
}

function* sendOne(sys: Sys, socket: number, data: Uint8Array, result: Result): Call<void> {
  try {
    yield* sys.sys_socket_sendto(socket, data);
    result.sent++;
    result.last = sys.sys_monotonic_time();
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    result.refused.set(error.words, (result.refused.get(error.words) ?? 0) + 1);
  }
}

function describe({ sent, began, last }: Result, size: number): string {
  const time = sent === 0 ? 0 : last - began;
  return `sent ${sent} datagrams of ${size} bytes in ${formatMilliseconds(time)} ms`;
}
