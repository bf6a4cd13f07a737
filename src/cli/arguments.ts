/** What is typed behind the options and arguments of the command, read; what is wrong with it is said by commander. */
import { InvalidArgumentError } from 'commander';
import { parseDuration, parseRate } from '../lab/units.ts';
import type { Quantity } from '../lab/units.ts';

export const duration = quantity(parseDuration);
export const rate = quantity(parseRate);

function quantity(parse: (text: string) => Quantity): (text: string) => number {
  return (text) => {
    const parsed = parse(text);
    if ('error' in parsed) throw new InvalidArgumentError(parsed.error);
    return parsed.value;
  };
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

/** What a size may be is the shape's to say. */
export function anyNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}

export function list(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}
