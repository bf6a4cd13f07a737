/** The speed of a line from what people write on maps: `10 Gbps`, `2.5 Gbit/s`, `OC-192c`, `STM-16`. */
import type { BitsPerSecond } from '../sim/link-settings.ts';

/** ANSI T1.105 and ITU-T G.707: the rates of OC-1 and STM-1. */
const OPTICAL_CARRIER: BitsPerSecond = 51_840_000;
const TRANSPORT_MODULE: BitsPerSecond = 155_520_000;
/** The fastest link that a lab has. */
const MAX_BANDWIDTH: BitsPerSecond = 1_000_000_000_000;

const PREFIXES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** The speed in a label, of `< 10 Gbps` the limit; null where it says none. */
export function speedInWords(label: string): BitsPerSecond | null {
  const rate = /(\d{1,9}(?:\.\d{1,9})?)\s*([kmgt]?)(?:bps|b(?:it)?s?\/s(?:ec)?)\b/i.exec(label);
  if (rate !== null) return speedOf(rate[1] ?? '', rate[2] ?? '');
  const carrier = /\bOC-?(\d{1,4})c?\b/i.exec(label)?.[1];
  if (carrier !== undefined) return valid(Number(carrier) * OPTICAL_CARRIER);
  const module = /\bSTM-?(\d{1,4})c?\b/i.exec(label)?.[1];
  return module === undefined ? null : valid(Number(module) * TRANSPORT_MODULE);
}

/** Of `2.5` and `G`. */
export function speedOf(number: string, prefix: string): BitsPerSecond | null {
  const factor = PREFIXES[prefix.trim().toLowerCase()];
  const value = /^\s*\d{1,15}(?:\.\d{1,15})?\s*$/.test(number) ? Number(number) : NaN;
  return factor === undefined ? null : valid(value * factor);
}

function valid(speed: number): BitsPerSecond | null {
  const rounded = Math.round(speed);
  return rounded >= 1 && rounded <= MAX_BANDWIDTH ? rounded : null;
}
