/**
 * From a file's text to plain values, with the place of each in the text. YAML 1.2.2, core schema.
 * The text comes from anywhere, so its length, its depth and what its aliases grow to are bounded, before anything
 * recurses over it. Not here: tags, several documents, and merge keys, which YAML 1.2 no longer has.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml';
import type { CST } from 'yaml';
import { quote } from './spelling.ts';
import type { Located, Position } from './topology.ts';
import type { Problems } from './topology-error.ts';

/** Characters in a file. */
export const MAX_LENGTH = 512 * 1024;
/** Lists and mappings inside each other; a topology needs seven. */
export const MAX_DEPTH = 32;
/** Values in a file, aliases written out, as a chain of aliases doubles with every line. */
export const MAX_VALUES = 250_000;

/** Characters of a message; the library's repeat the text they are about. */
const MAX_MESSAGE = 200;

export type Path = readonly (string | number)[];

/** A value in the text: where it starts and ends, and what is inside it. */
interface Place {
  readonly start: number;
  readonly end: number;
  readonly inside: ReadonlyMap<string | number, Inner>;
}
interface Inner {
  readonly key: number;
  readonly place: Place;
}

const NOTHING_INSIDE: ReadonlyMap<string | number, Inner> = new Map();

/** Where the values of a file stand in its text. */
export class Source {
  readonly value: unknown;
  private readonly text: string;
  private readonly root: Place;
  private readonly lines: LineCounter;

  constructor(value: unknown, text: string, root: Place, lines: LineCounter) {
    this.value = value;
    this.text = text;
    this.root = root;
    this.lines = lines;
  }

  /** Where the value stands; if there is none, where that begins which should hold it. */
  locate(path: Path): Located {
    return { position: this.position(this.find(path).start), path: formatPath(path) };
  }

  /** Where the key stands that the path ends with. */
  locateKey(path: Path): Located {
    const holder = this.find(path.slice(0, -1));
    const start = holder.inside.get(path.at(-1) ?? '')?.key ?? holder.start;
    return { position: this.position(start), path: formatPath(path) };
  }

  /** Where a word stands inside a text value, first or last; where the value does if escapes hide it. */
  locateWord(path: Path, word: string, which: 'first' | 'last'): Located {
    const { start, end } = this.find(path);
    const at = which === 'last' ? this.text.lastIndexOf(word, end - word.length) : this.text.indexOf(word, start);
    const shown = at >= start && at + word.length <= end ? at : start;
    return { position: this.position(shown), path: formatPath(path) };
  }

  private position(offset: number): Position {
    return positionOf(this.lines, offset);
  }

  has(path: Path): boolean {
    let place = this.root;
    for (const step of path) {
      const inner = place.inside.get(step);
      if (inner === undefined) return false;
      place = inner.place;
    }
    return true;
  }

  private find(path: Path): Place {
    let place = this.root;
    for (const step of path) {
      const inner = place.inside.get(step);
      if (inner === undefined) break;
      place = inner.place;
    }
    return place;
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

/** The file's values, or null when its text cannot be read at all; what is wrong is added to `problems`. */
export function readYaml(text: string, problems: Problems): Source | null {
  const lines = new LineCounter();
  const report = (offset: number, message: string): void => {
    problems.add({ position: positionOf(lines, offset), path: '' }, message.slice(0, MAX_MESSAGE));
  };
  if (text.length > MAX_LENGTH) {
    report(0, `the file has ${text.length} characters; at most ${MAX_LENGTH} are read`);
    return null;
  }

  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  for (const token of tokens) if (!checkToken(token, report)) return null;

  // Equal keys are found below: the library compares each with each. The texts of its errors are kept to a line.
  const composer = new Composer({ schema: 'core', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) return null;
  for (const { pos, message } of [...document.errors, ...document.warnings]) report(pos[0], `YAML: ${message}`);
  if (second !== undefined) report(second.range[0], 'a second document starts here; one file is one topology');
  if (document.directives?.yaml.version === '1.1') report(0, '%YAML 1.1 is another language; take the line out');
  if (problems.found) return null;

  const reader: Reader = { report, text, anchors: new Map(), values: 0, tooLarge: false };
  const { value, place } = convert(reader, document.contents, 0, false);
  return reader.tooLarge ? null : new Source(value, text, place, lines);
}

/**
 * Whether the tokens are such as are read here, and not nested too deeply for whoever recurses over them: so without
 * recursion, in the text's order.
 */
function checkToken(top: CST.Token, report: (offset: number, message: string) => void): boolean {
  const waiting: { token: CST.Token; depth: number }[] = [{ token: top, depth: 0 }];
  let passed = true;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) {
      report(token.offset, `lists and mappings are nested deeper than ${MAX_DEPTH}`);
      return false;
    }
    if (token.type === 'error' || token.type === 'tag') {
      const tag = `tags such as ${quote(token.source)} are not used here; take it out`;
      report(token.offset, token.type === 'error' ? `YAML: ${token.message}` : tag);
      passed = false;
    }
    const inside = tokensIn(token);
    for (let i = inside.length - 1; i >= 0; i--) {
      const inner = inside[i];
      if (inner !== undefined) waiting.push({ token: inner, depth: 'items' in token ? depth + 1 : depth });
    }
  }
  return passed;
}

function tokensIn(token: CST.Token): CST.Token[] {
  const inside: CST.Token[] = [];
  if (token.type === 'document') {
    for (const mark of token.start) inside.push(mark);
    if (token.value !== undefined) inside.push(token.value);
  } else if ('items' in token) {
    for (const { start, key, sep, value } of token.items) {
      for (const mark of start) inside.push(mark);
      if (key !== null && key !== undefined) inside.push(key);
      for (const mark of sep ?? []) inside.push(mark);
      if (value !== undefined) inside.push(value);
    }
  }
  return inside;
}

interface Reader {
  readonly report: (offset: number, message: string) => void;
  readonly text: string;
  /** The nodes that anchors name, as far as the document has been read: an anchor may be given again. */
  readonly anchors: Map<string, unknown>;
  values: number;
  tooLarge: boolean;
}

interface Converted {
  readonly value: unknown;
  readonly place: Place;
}

/** `inAlias`: this is a copy, whose anchors name nothing new. */
function convert(reader: Reader, node: unknown, depth: number, inAlias: boolean): Converted {
  if (isAlias(node)) return convertAlias(reader, node.source, node.range?.[0] ?? 0, node.range?.[1] ?? 0, depth);
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return { value: null, place: emptyPlace(0, 0) };

  const start = node.range?.[0] ?? 0;
  const end = node.range?.[1] ?? start;
  if (reader.tooLarge) return { value: null, place: emptyPlace(start, end) };
  if (++reader.values > MAX_VALUES || depth > MAX_DEPTH) {
    const deep = `an alias refers to itself, or makes lists and mappings nested deeper than ${MAX_DEPTH}`;
    const many = `the file holds more than ${MAX_VALUES} values, with its aliases written out`;
    reader.report(start, depth > MAX_DEPTH ? deep : many);
    reader.tooLarge = true;
  }
  if (node.anchor !== undefined && !inAlias) reader.anchors.set(node.anchor, node);

  if (isScalar(node)) {
    checkNumber(reader, node.value, node.source, start);
    return { value: node.value, place: emptyPlace(start, end) };
  }

  const inside = new Map<string | number, Inner>();
  if (isSeq(node)) {
    const list: unknown[] = [];
    for (const item of node.items) {
      const { value, place } = convert(reader, item, depth + 1, inAlias);
      inside.set(list.length, { key: place.start, place });
      list.push(value);
    }
    return { value: list, place: { start, end, inside } };
  }

  // Without a prototype: `constructor` is a name like others.
  const mapping = Object.create(null) as Record<string, unknown>;
  for (const { key, value: item } of node.items) {
    const keyStart = isScalar(key) ? (key.range?.[0] ?? start) : start;
    const name = isScalar(key) ? keyText(key.value, key.source, key.type) : null;
    if (name === null || name === '__proto__') {
      reader.report(keyStart, name === null ? 'a key must be a plain word' : 'the key "__proto__" is refused');
      continue;
    }
    const earlier = inside.get(name);
    if (earlier !== undefined) {
      const line = reader.text.slice(0, earlier.key).split('\n').length;
      reader.report(keyStart, `the key ${quote(name)} stands in line ${line} already; keep one of the two`);
      continue;
    }
    const { value, place } = convert(reader, item, depth + 1, inAlias);
    // A value left out has no place of its own.
    inside.set(name, { key: keyStart, place: place.end === 0 ? emptyPlace(keyStart, keyStart) : place });
    mapping[name] = value;
  }
  return { value: mapping, place: { start, end, inside } };
}

/** The library would look for the anchor from the start of the document for each alias. */
function convertAlias(reader: Reader, anchor: string, start: number, end: number, depth: number): Converted {
  const target = reader.anchors.get(anchor);
  if (target === undefined) {
    reader.report(start, `no anchor ${quote(`&${anchor}`)} stands above`);
    return { value: null, place: emptyPlace(start, end) };
  }
  const { value, place } = convert(reader, target, depth + 1, true);
  return { value, place: { start, end, inside: place.inside } };
}

/** A key as written: `on`, `no` and `01` are names here. */
function keyText(value: unknown, source: string | undefined, type: string | undefined): string | null {
  if (typeof value === 'string') return value;
  return type === 'PLAIN' && source !== undefined && source !== '' ? source : null;
}

/** YAML 1.1 reads 010 as eight, YAML 1.2 as ten. */
function checkNumber(reader: Reader, value: unknown, source: string | undefined, start: number): void {
  if (typeof value !== 'number' || source === undefined || !/^[-+]?0[0-9]/.test(source)) return;
  const plain = source.replace(/^([-+]?)0+(?=[0-9])/, '$1');
  reader.report(start, `${source} is another number in older YAML; write ${plain}, or "${source}" if it is text`);
}

function emptyPlace(start: number, end: number): Place {
  return { start, end, inside: NOTHING_INSIDE };
}

function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
