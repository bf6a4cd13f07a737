/**
 * A file's values, and where each of them stands in its text.
 */
import { quote } from './spelling.ts';
import type { Located, Position } from './topology.ts';

export type Path = readonly (string | number)[];

/** A value in the text: where it starts and ends, and what is inside it. */
export interface Place {
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
  /** The items of a list; of a mapping those that have a name. */
  readonly inside: readonly Place[];
  /** What it is called in the mapping that holds it, and where that name stands. */
  name: string;
  key: number;
  /** `inside` by name, made when it is asked for and long. */
  byName: ReadonlyMap<string, Place> | null;
}

/** Names up to which looking at one after the other is as fast as a Map. */
const FEW = 8;

const NOTHING_INSIDE: readonly Place[] = [];

export function createPlace(value: unknown, start: number, end: number, inside = NOTHING_INSIDE): Place {
  return { value, start, end, inside, name: '', key: start, byName: null };
}

/** A mapping without names of its own: `constructor` is a name like others. */
export function createMapping(): Record<string, unknown> {
  return Object.create(NO_NAMES) as Record<string, unknown>;
}

// An object that inherits from this one keeps the engine's fast form, which one that inherits from null has not.
const NO_NAMES = Object.create(null) as object;

export class Source {
  readonly root: Place;
  private readonly text: string;
  private readonly lines: Lines;

  constructor(root: Place, text: string) {
    this.root = root;
    this.text = text;
    this.lines = new Lines(text);
  }

  get value(): unknown {
    return this.root.value;
  }

  /** Where the value stands; if there is none, where that begins which should hold it. */
  locate(path: Path): Located {
    return { position: this.lines.positionOf(this.find(path).start), path: formatPath(path) };
  }

  /** Where the key stands that the path ends with. */
  locateKey(path: Path): Located {
    const holder = this.find(path, path.length - 1);
    const start = inner(holder, path[path.length - 1] ?? '')?.key ?? holder.start;
    return { position: this.lines.positionOf(start), path: formatPath(path) };
  }

  /** Where a word stands inside a text value, first or last; where the value does if escapes hide it. */
  locateWord(path: Path, word: string, which: 'first' | 'last'): Located {
    const { start, end } = this.find(path);
    const at = which === 'last' ? this.text.lastIndexOf(word, end - word.length) : this.text.indexOf(word, start);
    const shown = at >= start && at + word.length <= end ? at : start;
    return { position: this.lines.positionOf(shown), path: formatPath(path) };
  }

  has(path: Path): boolean {
    let place: Place | undefined = this.root;
    for (const step of path) {
      place = inner(place, step);
      if (place === undefined) return false;
    }
    return true;
  }

  private find(path: Path, steps = path.length): Place {
    let place = this.root;
    for (let i = 0; i < steps; i++) {
      const next = inner(place, path[i]!);
      if (next === undefined) break;
      place = next;
    }
    return place;
  }
}

function inner(place: Place, step: string | number): Place | undefined {
  const { inside } = place;
  if (typeof step === 'number') return inside[step];
  if (inside.length > FEW) {
    place.byName ??= new Map(inside.map((one) => [one.name, one]));
    return place.byName.get(step);
  }
  for (const one of inside) if (one.name === step) return one;
  return undefined;
}

/** Where the lines of a text start. */
export class Lines {
  private readonly starts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
    this.starts = starts;
  }

  positionOf(offset: number): Position {
    const { starts } = this;
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  }
}

/** `hosts.h1.routes[0]`, `zones["example.test"]` */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w-]{1,60}$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${quote(step)}]`;
  }
  return text;
}
