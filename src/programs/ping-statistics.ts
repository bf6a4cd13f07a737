/**
 * What ping counts and reports at its end, in iputils' words and arithmetic: times in whole microseconds, their mean
 * deviation the root of the variance, both cut.
 */
import type { Nanos } from '../sim/time.ts';
import { MICROSECOND, MILLISECOND } from './duration.ts';
import { formatPercent } from './text.ts';

export interface Statistics {
  /** The data has room for a time. */
  readonly isTimed: boolean;
  transmitted: number;
  received: number;
  repeated: number;
  corrupted: number;
  errors: number;
  /** When the first and the last request were sent; 0 before. */
  began: Nanos;
  last: Nanos;
  /** Of the times, in microseconds; as big integers, because squares soon leave 2^53. */
  sum: bigint;
  sumOfSquares: bigint;
  shortest: Nanos;
  longest: Nanos;
  /** The most requests that were on their way at once. */
  pipe: number;
}

export function create(isTimed: boolean): Statistics {
  return {
    isTimed,
    transmitted: 0,
    received: 0,
    repeated: 0,
    corrupted: 0,
    errors: 0,
    began: 0,
    last: 0,
    sum: 0n,
    sumOfSquares: 0n,
    shortest: Infinity,
    longest: 0,
    pipe: 0,
  };
}

export function countRequest(statistics: Statistics, now: Nanos): void {
  if (statistics.transmitted === 0) statistics.began = now;
  statistics.last = now;
  statistics.transmitted++;
}

/** A repeated answer's time counts too. */
export function countReply(statistics: Statistics, sequence: number, time: Nanos, isRepeated: boolean): void {
  const micros = Math.floor(time / MICROSECOND);
  statistics.sum += BigInt(micros);
  statistics.sumOfSquares += BigInt(micros) * BigInt(micros);
  statistics.shortest = Math.min(statistics.shortest, time);
  statistics.longest = Math.max(statistics.longest, time);
  if (isRepeated) statistics.repeated++;
  else statistics.received++;
  measurePipe(statistics, sequence);
}

export function countError(statistics: Statistics, sequence: number): void {
  statistics.errors++;
  measurePipe(statistics, sequence);
}

function measurePipe(statistics: Statistics, sequence: number): void {
  const behind = (statistics.transmitted - sequence) & 0xffff;
  if (behind <= 0x7fff) statistics.pipe = Math.max(statistics.pipe, behind + 1);
}

/** The lines from the empty one on. */
export function report(statistics: Statistics, name: string): string[] {
  const { transmitted, received, repeated, corrupted, errors } = statistics;
  let counts = `${transmitted} packets transmitted, ${received} received`;
  if (repeated > 0) counts += `, +${repeated} duplicates`;
  if (corrupted > 0) counts += `, +${corrupted} corrupted`;
  if (errors > 0) counts += `, +${errors} errors`;
  if (transmitted > 0) {
    const time = Math.floor((statistics.last - statistics.began + MILLISECOND / 2) / MILLISECOND);
    counts += `, ${formatPercent(transmitted - received, transmitted)}% packet loss, time ${time}ms`;
  }
  const times = received > 0 && statistics.isTimed ? [timesOf(statistics)] : [];
  const pipe = statistics.pipe > 1 ? [`pipe ${statistics.pipe}`] : [];
  return ['', `--- ${name} ping statistics ---`, counts, [...times, ...pipe].join(', ')];
}

function timesOf(statistics: Statistics): string {
  const { sum, sumOfSquares, shortest, longest } = statistics;
  const count = BigInt(statistics.received + statistics.repeated);
  const variance = (sumOfSquares - (sum * sum) / count) / count;
  const times = [
    Math.floor(shortest / MICROSECOND),
    Number(sum / count),
    Math.floor(longest / MICROSECOND),
    Math.floor(Math.sqrt(Number(variance))),
  ];
  return `rtt min/avg/max/mdev = ${times.map(formatMicros).join('/')} ms`;
}

/** Microseconds as milliseconds with three decimals. */
function formatMicros(micros: number): string {
  return `${Math.floor(micros / 1_000)}.${String(micros % 1_000).padStart(3, '0')}`;
}
