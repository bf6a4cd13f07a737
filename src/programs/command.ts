/**
 * A program as a command: options and operands as POSIX.1-2017, Utility Conventions §12.2 has them, with long options as
 * GNU's getopt_long. `-c 3` and `-c3`, `-nq`, `--rate 1000/s` and `--rate=1000/s`, `--` ends the options; options may
 * also stand behind operands. `-h` and `--help` print the usage; wrong usage is a line on standard error and status 2.
 */
import type { Nanos } from '../sim/time.ts';
import { SystemCallError } from '../syscalls/program.ts';
import type { Call, Program, Sys } from '../syscalls/program.ts';
import { parseDuration } from './duration.ts';
import { complain, print } from './print.ts';

export const WRONG_USAGE = 2;

export interface Syntax {
  /** Behind the program's name: `[-c COUNT] TARGET`. */
  readonly usage: string;
  /** Options without a value. */
  readonly flags?: readonly string[];
  /** Options with one. */
  readonly values?: readonly string[];
  /** How many operands there are. */
  readonly operands: readonly [least: number, most: number];
}

/** Wrong usage; the message says what is wrong. */
export class UsageError extends Error {}

/** It cannot go on, for a reason that its user can understand; the message goes to standard error. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** Makes a program of what runs with checked arguments. A call that fails unexpectedly is told in strerror's words. */
export function command(syntax: Syntax, run: (sys: Sys, given: Arguments) => Call<number>): Program {
  return function* (sys, argv) {
    const name = argv[0] ?? '';
    const usage = `usage: ${name} ${syntax.usage}`;
    try {
      const given = parseArguments(argv, syntax);
      if (given.wantsHelp) {
        yield* print(sys, usage);
        return 0;
      }
      return yield* run(sys, given);
    } catch (error) {
      if (error instanceof UsageError) {
        yield* complain(sys, `${name}: ${error.message}`);
        yield* complain(sys, usage);
        return WRONG_USAGE;
      }
      if (error instanceof Failure) {
        yield* complain(sys, `${name}: ${error.message}`);
        return error.status;
      }
      if (error instanceof SystemCallError) {
        yield* complain(sys, `${name}: ${error.call}: ${error.words}`);
        return 1;
      }
      throw error;
    }
  };
}

export class Arguments {
  readonly operands: readonly string[];
  readonly wantsHelp: boolean;
  private readonly given: ReadonlyMap<string, string>;

  constructor(operands: readonly string[], given: ReadonlyMap<string, string>) {
    this.operands = operands;
    this.given = given;
    this.wantsHelp = given.has('-h') || given.has('--help');
  }

  /** An operand that must be there. */
  operand(index: number): string {
    const operand = this.operands[index];
    if (operand === undefined) throw new UsageError('an argument is missing');
    return operand;
  }

  has(option: string): boolean {
    return this.given.has(option);
  }

  /** An option's value as it was written; the last one counts. */
  text(option: string): string | undefined {
    return this.given.get(option);
  }

  integer(option: string, absent: number, least: number, most: number): number {
    const text = this.given.get(option);
    return text === undefined ? absent : integerOf(text, `${option}'s value`, least, most);
  }

  /** A port given as an operand. */
  port(index: number, least = 1): number {
    return integerOf(this.operand(index), 'PORT', least, 65_535);
  }

  /** A time, in seconds where it has no unit. */
  duration(option: string, absent: Nanos, least: Nanos = 0): Nanos {
    const text = this.given.get(option);
    if (text === undefined) return absent;
    const time = parseDuration(text);
    if (time === null) throw new UsageError(`${option}'s value ${quote(text)} is no time; write 2, 0.5 or 200ms`);
    if (time < least) throw new UsageError(`${option}'s value ${quote(text)} is too short`);
    return time;
  }

  choice<T extends string>(option: string, absent: T, choices: readonly T[]): T {
    const text = this.given.get(option);
    if (text === undefined) return absent;
    const chosen = choices.find((one) => one === text);
    if (chosen === undefined)
      throw new UsageError(`${option}'s value is one of ${choices.join(', ')}; not ${quote(text)}`);
    return chosen;
  }
}

/** Decimal, or hexadecimal with 0x. */
export function integerOf(text: string, what: string, least: number, most: number): number {
  const value = /^(?:\d{1,15}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${what} is a whole number from ${least} to ${most}; not ${quote(text)}`);
}

export function parseArguments(argv: readonly string[], syntax: Syntax): Arguments {
  const { flags = [], values = [] } = syntax;
  const given = new Map<string, string>();
  const operands: string[] = [];
  const rest = argv.slice(1);
  const valueOf = (option: string): string => {
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`${option} wants a value`);
    return value;
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest.splice(0));
    } else if (word.startsWith('--')) {
      const [, option = '', value] = /^([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
      if (values.includes(option)) given.set(option, value ?? valueOf(option));
      else if ((flags.includes(option) || option === '--help') && value === undefined) given.set(option, '');
      else throw unknown(option);
    } else if (word.startsWith('-') && word !== '-') {
      for (let letters = word.slice(1); letters !== '';) {
        const option = `-${letters.charAt(0)}`;
        letters = letters.slice(1);
        if (values.includes(option)) {
          given.set(option, letters === '' ? valueOf(option) : letters);
          letters = '';
        } else if (flags.includes(option) || option === '-h') given.set(option, '');
        else throw unknown(option);
      }
    } else {
      operands.push(word);
    }
  }
  const parsed = new Arguments(operands, given);
  const [least, most] = syntax.operands;
  if (!parsed.wantsHelp && operands.length < least) throw new UsageError('an argument is missing');
  if (!parsed.wantsHelp && operands.length > most)
    throw new UsageError(`one argument too many: ${quote(operands[most] ?? '')}`);
  return parsed;
}

function unknown(option: string): UsageError {
  return new UsageError(`no option ${quote(option)}`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
