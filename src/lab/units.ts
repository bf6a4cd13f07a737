/**
 * Quantities as people write them, `1.5ms`, `100Mbit/s`, `0.1%`, `64 KiB`, as exact integers. Decimal digits are
 * never put through floating point; what does not come out whole is rounded up.
 * Not here: a number without its unit. tc reads a bare delay as microseconds, ping as seconds, people as
 * milliseconds; so it is asked for.
 */
import { quote } from './spelling.ts';

/** The quantity, or what is wrong and what to do. */
export type Quantity = { readonly value: number } | { readonly error: string };

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1_000,
  µs: 1_000, // U+00B5, the micro sign
  μs: 1_000, // U+03BC, the Greek letter
  ms: 1_000_000,
  s: 1_000_000_000,
  m: 60_000_000_000,
  min: 60_000_000_000,
  h: 3_600_000_000_000,
};

/** In lower case: `mbit` for a million is tc's habit, and nobody means a thousandth of a bit. */
const BITS_PER_SECOND: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  byte: 1,
  bytes: 1,
  kB: 1_000,
  MB: 1_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
};

/** Digits, perhaps a fraction, perhaps a unit. The length is bounded, as a file's text is not ours. */
const NUMBER_AND_UNIT = /^(\d{1,20})(?:\.(\d{1,20}))?(?:\s*([^\s\d.]\S*))?$/;

/** `500ns`, `100us`, `1.5ms`, `2s`, `1m`, `1h`; 0 needs no unit. Rounds up to whole nanoseconds. */
export function parseDuration(input: string | number): Quantity {
  const text = String(input).trim();
  const sexagesimal = /^(\d{1,4}):([0-5]\d)$/.exec(text);
  if (sexagesimal !== null) {
    const seconds = Number(sexagesimal[1]) * 60 + Number(sexagesimal[2]);
    return { error: `${quote(text)} could be hours or minutes; write ${seconds}s or ${seconds}m` };
  }
  const parts = NUMBER_AND_UNIT.exec(text);
  if (parts === null) return { error: `${shown(input)} is no duration; write it as 500us, 1.5ms or 2s` };
  const [, whole = '', fraction = '', unit = ''] = parts;
  if (unit === '' && isAllZero(whole + fraction)) return { value: 0 };
  if (unit === '') return { error: `${text} has no unit; write ${text}s or ${text}ms` };
  const factor = own(NANOSECONDS, unit);
  if (factor === undefined) return { error: `${quote(text)}: no unit ${quote(unit)}; units are ns, us, ms, s, m, h` };
  const value = multiply(whole, fraction, factor);
  if (value === null) return { error: `${quote(text)} is longer than the 104 days a lab can last` };
  return { value };
}

/** `100Mbit/s`, `100Mbit`, `100M`, `1.5Gbit/s`, `9600` (bits per second). */
export function parseRate(input: string | number): Quantity {
  const text = String(input).trim();
  const parts = NUMBER_AND_UNIT.exec(text);
  if (parts === null) return { error: `${shown(input)} is no rate; write it as 100Mbit/s or 1Gbit/s` };
  const [, whole = '', fraction = '', unit = ''] = parts;
  // tc reads "bps" as bytes per second, nearly everybody else as bits.
  if (/^[kmgt]?(?:bps|b(?:ytes?)?(?:\/s)?)$/i.test(unit) && !/^[kmgt]?bit/i.test(unit)) {
    const prefix = /^[kmgt]/i.exec(unit)?.[0] ?? '';
    return {
      error: `${quote(text)} could be bits or bytes; write it as ${whole}${fraction && '.' + fraction}${prefix}bit/s`,
    };
  }
  const prefix = /^([kmgt]?)(?:bit(?:\/s)?)?$/i.exec(unit)?.[1];
  const factor = prefix === undefined ? undefined : own(BITS_PER_SECOND, prefix.toLowerCase());
  if (factor === undefined) {
    return { error: `${quote(text)}: no unit ${quote(unit)}; units are bit/s, kbit/s, Mbit/s, Gbit/s` };
  }
  const value = multiply(whole, fraction, factor);
  if (value === null) return { error: `${quote(text)} is faster than a lab can count` };
  if (value === 0) return { error: `a rate of 0 never sends; set the link down instead (up: false)` };
  return { value };
}

/** `1%`, `0.1%`, or a chance between 0 and 1 such as `0.01`. A bare 1 is refused: tc means one percent by it. */
export function parseChance(input: string | number): Quantity {
  if (typeof input === 'number' && input > 0 && input < 1) return { value: input };
  const text = String(input).trim();
  const parts = /^(\d{1,3}(?:\.\d{1,20})?|\.\d{1,20})\s*(%?)$/.exec(text);
  if (parts === null) return { error: `${shown(input)} is no chance; write it as 1% or 0.01` };
  const [, number = '', percent = ''] = parts;
  // A decimal exponent, because dividing by 100 would round a second time: 0.7 / 100 is not 0.007.
  const value = percent === '' ? Number(number) : Number(`${number}e-2`);
  if (percent === '' && value === 1) return { error: `${text} could be 1% or 100%; write the one you mean` };
  if (percent === '' && value > 1) return { error: `${text} is more than 1; write ${text}%` };
  if (value > 1) return { error: `${quote(text)} is more than 100%` };
  return { value };
}

/** `64 KiB`, `1500 bytes`, `100kB`, in bytes. */
export function parseSize(input: string | number): Quantity {
  const text = String(input).trim();
  const parts = NUMBER_AND_UNIT.exec(text);
  if (parts === null) return { error: `${shown(input)} is no size; write it as 1500 bytes or 64 KiB` };
  const [, whole = '', fraction = '', unit = ''] = parts;
  if (/^(?:K|KB|kb|k)$/.test(unit)) {
    return { error: `${quote(text)} could be 1,000 or 1,024 bytes each; write kB or KiB` };
  }
  const factor = own(BYTES, unit);
  if (factor === undefined)
    return { error: `${quote(text)}: no unit ${quote(unit)}; units are bytes, kB, KiB, MB, MiB` };
  const value = multiply(whole, fraction, factor);
  if (value === null) return { error: `${quote(text)} is more than a lab can count` };
  return { value };
}

/** ⌈whole.fraction × factor⌉, or null beyond 2^53. */
function multiply(whole: string, fraction: string, factor: number): number | null {
  const scale = BigInt('1'.padEnd(fraction.length + 1, '0'));
  const product = BigInt(whole + fraction) * BigInt(factor);
  const value = (product + scale - 1n) / scale;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

function isAllZero(digits: string): boolean {
  return /^0+$/.test(digits);
}

function own(table: Readonly<Record<string, number>>, key: string): number | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function shown(input: string | number): string {
  return typeof input === 'number' ? String(input) : quote(input);
}

// The way back: the shortest text that is read as the same quantity.

/** `1.5ms`; 0 is `0`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0';
  return scaled(nanoseconds, [
    [1_000_000_000, 's'],
    [1_000_000, 'ms'],
    [1_000, 'us'],
    [1, 'ns'],
  ]);
}

/** `100Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  return scaled(bitsPerSecond, [
    [1e9, 'Gbit/s'],
    [1e6, 'Mbit/s'],
    [1e3, 'kbit/s'],
    [1, 'bit/s'],
  ]);
}

/** In the largest unit of which there is one at least, with all digits. */
function scaled(value: number, units: readonly (readonly [factor: number, unit: string])[]): string {
  const [factor, unit] = units.find(([one]) => value >= one) ?? [1, ''];
  const fraction = String(value % factor)
    .padStart(String(factor).length - 1, '0')
    .replace(/0+$/, '');
  const whole = Math.floor(value / factor);
  return fraction === '' || factor === 1 ? `${whole}${unit}` : `${whole}.${fraction}${unit}`;
}
