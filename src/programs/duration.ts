/**
 * Spans of time as people give them to programs and as programs print them; exact, in integer arithmetic.
 */
import type { Nanos } from '../sim/time.ts';

export const MICROSECOND: Nanos = 1_000;
export const MILLISECOND: Nanos = 1_000_000;
export const SECOND: Nanos = 1_000_000_000;

/** Decimals of a second behind the point, by unit: how far it is from a nanosecond. */
const DECIMALS: Readonly<Record<string, number>> = { '': 9, s: 9, ms: 6, us: 3, ns: 0 };

/** `0.2`, `.2` and `0.2s`, `200ms`, `50us`, `100ns`; what is less than a nanosecond rounds up. Null when it is none. */
export function parseDuration(text: string): Nanos | null {
  const parts = /^(?=\.?\d)(\d{0,9})(?:\.(\d{1,18}))?(s|ms|us|ns)?$/.exec(text);
  if (parts === null) return null;
  const [, whole = '', fraction = '', unit = ''] = parts;
  const decimals = DECIMALS[unit] ?? 0;
  const kept = Number(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  const rest = /[1-9]/.test(fraction.slice(decimals)) ? 1 : 0;
  return kept + rest <= Number.MAX_SAFE_INTEGER ? kept + rest : null;
}

/** Milliseconds with `digits` decimals, cut: a line never shows a time that has not come. */
export function formatMilliseconds(time: Nanos, digits = 3): string {
  const whole = Math.floor(time / MILLISECOND);
  const fraction = String(time - whole * MILLISECOND)
    .padStart(6, '0')
    .slice(0, digits);
  return digits === 0 ? String(whole) : `${whole}.${fraction}`;
}
