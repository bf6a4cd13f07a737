/**
 * From a file's text to plain values, with the place of each in the text. YAML 1.2.2, core schema. Most files are read
 * by topology-plain-yaml.ts; here the library reads the others.
 * The text comes from anywhere, so its length, its depth and what its aliases grow to are bounded, before anything
 * recurses over it. Not here: tags, several documents, and merge keys, which YAML 1.2 no longer has.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, Parser } from 'yaml';
import type { CST } from 'yaml';
import { quote } from './spelling.ts';
import type { Problems } from './topology-error.ts';
import { MAX_DEPTH, readPlainYaml } from './topology-plain-yaml.ts';
import { createMapping, createPlace, Lines, Source } from './topology-source.ts';
import type { Place } from './topology-source.ts';

/** Characters in a file: of 100,000 hosts and their links. */
const MAX_LENGTH = 33_554_432;
/** Characters in a file that has to be read by the library. */
const MAX_FULL_LENGTH = 524_288;
/** Values in such a file, aliases written out, as a chain of aliases doubles with every line. */
const MAX_VALUES = 250_000;

/** Characters of a message; the library's repeat the text they are about. */
const MAX_MESSAGE = 200;

/** The file's values, or null when its text cannot be read at all; what is wrong is added to `problems`. */
export function readYaml(text: string, problems: Problems): Source | null {
  if (text.length > MAX_LENGTH) {
    const message = `the file has ${text.length} characters; at most ${MAX_LENGTH} are read`;
    problems.add({ position: { line: 1, column: 1 }, path: '' }, message);
    return null;
  }
  const plain = readPlainYaml(text);
  if ('root' in plain) return new Source(plain.root, text);
  if (text.length <= MAX_FULL_LENGTH) return readFullYaml(text, problems);
  const plainly = 'keys, words, numbers, lists and mappings, without anchors, escapes or texts over several lines';
  const message = `a file of more than ${MAX_FULL_LENGTH} characters is read only where it is plain YAML: ${plainly}`;
  problems.add({ position: new Lines(text).positionOf(plain.stoppedAt), path: '' }, message);
  return null;
}

/** The same by the library, whatever YAML it is. */
export function readFullYaml(text: string, problems: Problems): Source | null {
  const lines = new Lines(text);
  const report = (offset: number, message: string): void => {
    problems.add({ position: lines.positionOf(offset), path: '' }, message.slice(0, MAX_MESSAGE));
  };
  const tokens = [...new Parser().parse(text)];
  for (const token of tokens) if (!checkToken(token, report)) return null;

  // Equal keys are found below: the library compares each with each. The texts of its errors are kept to a line.
  const composer = new Composer({ schema: 'core', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) return null;
  for (const { pos, message } of [...document.errors, ...document.warnings]) report(pos[0], `YAML: ${message}`);
  if (second !== undefined) report(second.range[0], 'a second document starts here; one file is one topology');
  if (document.directives?.yaml.version === '1.1') report(0, '%YAML 1.1 is another language; take the line out');
  if (problems.found) return null;

  const reader: Reader = { report, lines, anchors: new Map(), values: 0, tooLarge: false };
  const root = convert(reader, document.contents, 0, false);
  return reader.tooLarge ? null : new Source(root, text);
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
  readonly lines: Lines;
  /** The nodes that anchors name, as far as the document has been read: an anchor may be given again. */
  readonly anchors: Map<string, unknown>;
  values: number;
  tooLarge: boolean;
}

/** `inAlias`: this is a copy, whose anchors name nothing new. */
function convert(reader: Reader, node: unknown, depth: number, inAlias: boolean): Place {
  if (isAlias(node)) return convertAlias(reader, node.source, node.range?.[0] ?? 0, node.range?.[1] ?? 0, depth);
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return createPlace(null, 0, 0);

  const start = node.range?.[0] ?? 0;
  const end = node.range?.[1] ?? start;
  if (reader.tooLarge) return createPlace(null, start, end);
  if (++reader.values > MAX_VALUES || depth > MAX_DEPTH) {
    const deep = `an alias refers to itself, or makes lists and mappings nested deeper than ${MAX_DEPTH}`;
    const many = `the file holds more than ${MAX_VALUES} values, with its aliases written out`;
    reader.report(start, depth > MAX_DEPTH ? deep : many);
    reader.tooLarge = true;
  }
  if (node.anchor !== undefined && !inAlias) reader.anchors.set(node.anchor, node);

  if (isScalar(node)) {
    checkNumber(reader, node.value, node.source, start);
    return createPlace(node.value, start, end);
  }

  if (isSeq(node)) {
    const inside = node.items.map((item) => convert(reader, item, depth + 1, inAlias));
    const values = inside.map(({ value }) => value);
    return createPlace(values, start, end, inside);
  }

  const inside = new Map<string, Place>();
  const mapping = createMapping();
  for (const { key, value: item } of node.items) {
    const keyStart = isScalar(key) ? (key.range?.[0] ?? start) : start;
    const name = isScalar(key) ? keyText(key.value, key.source, key.type) : null;
    if (name === null || name === '__proto__') {
      reader.report(keyStart, name === null ? 'a key must be a plain word' : 'the key "__proto__" is refused');
      continue;
    }
    const earlier = inside.get(name);
    if (earlier !== undefined) {
      const { line } = reader.lines.positionOf(earlier.key);
      reader.report(keyStart, `the key ${quote(name)} stands in line ${line} already; keep one of the two`);
      continue;
    }
    const converted = convert(reader, item, depth + 1, inAlias);
    // A value left out has no place of its own.
    const place = converted.end === 0 ? createPlace(converted.value, keyStart, keyStart) : converted;
    place.name = name;
    place.key = keyStart;
    inside.set(name, place);
    mapping[name] = place.value;
  }
  return createPlace(mapping, start, end, [...inside.values()]);
}

/** The library would look for the anchor from the start of the document for each alias. */
function convertAlias(reader: Reader, anchor: string, start: number, end: number, depth: number): Place {
  const target = reader.anchors.get(anchor);
  if (target === undefined) {
    reader.report(start, `no anchor ${quote(`&${anchor}`)} stands above`);
    return createPlace(null, start, end);
  }
  const { value, inside } = convert(reader, target, depth + 1, true);
  return createPlace(value, start, end, inside);
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
