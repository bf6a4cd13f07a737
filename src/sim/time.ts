/**
 * Virtual time: whole nanoseconds since the lab's start, held in a float64, exact up to 2^53 ns (104 days).
 * Not here: wall-clock time, which only the edges know.
 */

/** Nanoseconds, an integer: a point in virtual time, or a span of it. */
export type Nanos = number;

/** The unit of all times. */
export const NANOSECOND: Nanos = 1;
/** In nanoseconds. */
export const MICROSECOND: Nanos = 1_000;
/** In nanoseconds. */
export const MILLISECOND: Nanos = 1_000_000;
/** In nanoseconds. */
export const SECOND: Nanos = 1_000_000_000;
/** In nanoseconds. */
export const MINUTE: Nanos = 60 * SECOND;

/** Seconds with `digits` decimals, cut and not rounded, so that a line never shows a time that has not come. */
export function formatSeconds(time: Nanos, digits = 6): string {
  const seconds = Math.floor(time / SECOND);
  const fraction = String(time - seconds * SECOND)
    .padStart(9, '0')
    .slice(0, digits);
  return digits === 0 ? String(seconds) : `${seconds}.${fraction}`;
}
