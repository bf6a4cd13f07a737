/** What is typed behind the options and arguments of the command, read; what is wrong with it is said by commander. */
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../lab/units.ts';
import type { Nanos } from '../sim/time.ts';

export function duration(text: string): Nanos {
  const quantity = parseDuration(text);
  if ('error' in quantity) throw new InvalidArgumentError(quantity.error);
  return quantity.value;
}

export function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('a whole number below 2^53');
  return value;
}

/** As it was typed: programs take it so. */
export function port(text: string): string {
  wholeNumber(1, 65_535)(text);
  return text;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,9}$/.test(text) || value < least || value > most) throw new InvalidArgumentError(`${least} to ${most}`);
    return value;
  };
}

export function list(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}
