/**
 * The YAML that topologies are mostly written in, read in one pass: mappings and lists, by indentation or in brackets;
 * words, numbers and quoted texts without escapes, each on one line; comments. What is read here is read as YAML 1.2.2
 * with its core schema says, with the same values in the same places as the library gives; the tests compare the two.
 * At anything else, right or wrong, this stops, and topology-yaml.ts has the library read the whole file. Why then two:
 * this one takes a tenth of the time and of the memory, which is what a file of 10,000 hosts needs.
 */
import { createMapping, createPlace } from './topology-source.ts';
import type { Place } from './topology-source.ts';

/** Values in a file. */
const MAX_VALUES = 2_000_000;
/** Lists and mappings inside each other; a topology needs seven. */
export const MAX_DEPTH = 32;

/** The root, or where something stands that is not read here. */
export type PlainYaml = { readonly root: Place } | { readonly stoppedAt: number };

interface Reader {
  readonly text: string;
  at: number;
  /** Where the line of `at` starts. */
  lineStart: number;
  values: number;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const HASH = 0x23;
const COMMA = 0x2c;
const DASH = 0x2d;
const COLON = 0x3a;
const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;

/** Tabs, carriage returns, controls, and letters that the library may take for more than letters. */
const UNUSUAL = /[^\n -~\u00a1-\ud7ff]/;
/** A key that nothing but a key can be, up to and with its colon. */
const KEY = /(?:(\w[\w./-]{0,200})|"([^"\\\n]{0,200})"|'([^'\n]{0,200})'):(?=[ \n]|$)/y;
/** What a word may begin with here; signs and dots begin too many things. */
const WORD_START = /[\w/~\u00a1-\ud7ff]/;
/** What is no text in the core schema, YAML 1.2.2 §10.3.2, of what begins so. */
const NOT_A_TEXT =
  /^(?:~|[Nn]ull|NULL|[Tt]rue|TRUE|[Ff]alse|FALSE|0o[0-7]+|0x[\da-fA-F]+|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)$/;
/** Numbers that every YAML reads alike. */
const NUMBER = /^(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/;

export function readPlainYaml(text: string): PlainYaml {
  const unusual = UNUSUAL.exec(text);
  if (unusual !== null) return { stoppedAt: unusual.index };
  const reader: Reader = { text, at: 0, lineStart: 0, values: 0 };
  const root = skipToContent(reader) && column(reader) === 0 ? readMapping(reader, 0, 0) : null;
  return root !== null && reader.at === text.length ? { root } : { stoppedAt: reader.at };
}

// By indentation. Each of these gives null where it stops.

/** At a key; goes on as long as the lines begin in the same column. */
function readMapping(reader: Reader, indent: number, depth: number): Place | null {
  if (depth >= MAX_DEPTH) return null;
  const { text } = reader;
  const start = reader.at;
  const value = createMapping();
  const inside: Place[] = [];
  do {
    const key = reader.at;
    const name = readKey(reader, value);
    if (name === null) return null;
    const place = readAfter(reader, indent, true, depth);
    if (place === null) return null;
    place.name = name;
    place.key = key;
    inside.push(place);
    value[name] = place.value;
  } while (reader.at < text.length && column(reader) === indent);
  if (reader.at < text.length && column(reader) > indent) return null;
  return made(reader, createPlace(value, start, reader.at, inside));
}

/** At a dash. Where a mapping holds the list, its keys may stand in the same column as the dashes. */
function readList(reader: Reader, indent: number, depth: number): Place | null {
  if (depth >= MAX_DEPTH) return null;
  const { text } = reader;
  const start = reader.at;
  const value: unknown[] = [];
  const inside: Place[] = [];
  do {
    reader.at++;
    const place = readAfter(reader, indent, false, depth);
    if (place === null) return null;
    inside.push(place);
    value.push(place.value);
  } while (reader.at < text.length && column(reader) === indent && isDash(reader));
  if (reader.at < text.length && column(reader) > indent) return null;
  return made(reader, createPlace(value, start, reader.at, inside));
}

/** Behind a colon or a dash: what belongs to it, up to the next line that has something. */
function readAfter(reader: Reader, indent: number, isInMapping: boolean, depth: number): Place | null {
  const { text } = reader;
  skipSpaces(reader);
  const letter = text.charCodeAt(reader.at);
  if (letter === NEWLINE || letter === HASH || reader.at === text.length) {
    const nothing = reader.at;
    if (!skipToContent(reader)) return null;
    const isDeeper = reader.at < text.length && column(reader) > indent;
    if (isDeeper) return readBlock(reader, depth + 1);
    if (isInMapping && column(reader) === indent && isDash(reader)) return readList(reader, indent, depth + 1);
    return made(reader, createPlace(null, nothing, nothing));
  }
  // A list's item may be a mapping that begins on its line.
  if (!isInMapping && isKey(reader)) return readMapping(reader, column(reader), depth + 1);
  const place = readInline(reader, indent, depth + 1, false);
  if (place === null || !skipToContent(reader)) return null;
  // Nothing else may stand on its line.
  return reader.lineStart > place.end || reader.at === text.length ? place : null;
}

/** A mapping or a list that begins on a line of its own. */
function readBlock(reader: Reader, depth: number): Place | null {
  if (isDash(reader)) return readList(reader, column(reader), depth);
  return isKey(reader) ? readMapping(reader, column(reader), depth) : null;
}

// On a line, or in brackets over several, which are then indented further than what they belong to.

function readInline(reader: Reader, indent: number, depth: number, isInBrackets: boolean): Place | null {
  switch (reader.text.charCodeAt(reader.at)) {
    case LEFT_BRACE:
      return readBraces(reader, indent, depth);
    case LEFT_BRACKET:
      return readBrackets(reader, indent, depth);
    case DOUBLE_QUOTE:
      return readQuoted(reader, '"');
    case SINGLE_QUOTE:
      return readQuoted(reader, "'");
    default:
      return readWord(reader, isInBrackets);
  }
}

function readBraces(reader: Reader, indent: number, depth: number): Place | null {
  if (depth >= MAX_DEPTH) return null;
  const start = reader.at++;
  const value = createMapping();
  const inside: Place[] = [];
  for (;;) {
    if (!skipInBrackets(reader, indent)) return null;
    if (reader.text.charCodeAt(reader.at) === RIGHT_BRACE) break;
    const key = reader.at;
    const name = readKey(reader, value);
    if (name === null || !skipInBrackets(reader, indent)) return null;
    const place = readInline(reader, indent, depth + 1, true);
    if (place === null || !skipInBrackets(reader, indent)) return null;
    place.name = name;
    place.key = key;
    inside.push(place);
    value[name] = place.value;
    const next = reader.text.charCodeAt(reader.at);
    if (next === RIGHT_BRACE) break;
    if (next !== COMMA) return null;
    reader.at++;
  }
  reader.at++;
  return made(reader, createPlace(value, start, reader.at, inside));
}

function readBrackets(reader: Reader, indent: number, depth: number): Place | null {
  if (depth >= MAX_DEPTH) return null;
  const start = reader.at++;
  const value: unknown[] = [];
  const inside: Place[] = [];
  for (;;) {
    if (!skipInBrackets(reader, indent)) return null;
    if (reader.text.charCodeAt(reader.at) === RIGHT_BRACKET) break;
    const place = readInline(reader, indent, depth + 1, true);
    if (place === null || !skipInBrackets(reader, indent)) return null;
    inside.push(place);
    value.push(place.value);
    const next = reader.text.charCodeAt(reader.at);
    if (next === RIGHT_BRACKET) break;
    if (next !== COMMA) return null;
    reader.at++;
  }
  reader.at++;
  return made(reader, createPlace(value, start, reader.at, inside));
}

function readQuoted(reader: Reader, quote: string): Place | null {
  const { text } = reader;
  const start = reader.at;
  const end = text.indexOf(quote, start + 1);
  const content = text.slice(start + 1, Math.max(end, 0));
  // An escape, or '' for one '; or it goes on in the next line.
  if (end < 0 || content.includes('\n') || (quote === '"' ? content.includes('\\') : text[end + 1] === quote)) {
    return null;
  }
  reader.at = end + 1;
  return made(reader, createPlace(content, start, reader.at));
}

/** Up to a comment or the end of the line, and in brackets up to a comma or another bracket. */
function readWord(reader: Reader, isInBrackets: boolean): Place | null {
  const { text } = reader;
  const start = reader.at;
  if (!WORD_START.test(text.charAt(start))) return null;
  let end = start + 1;
  let at = end;
  for (; at < text.length; at++) {
    const letter = text.charCodeAt(at);
    if (letter === SPACE) continue;
    if (letter === NEWLINE || (isInBrackets && isFlowIndicator(letter))) break;
    if (letter === HASH && at > end) break;
    if (letter === COLON && isEndOfKey(text, at + 1, isInBrackets)) return null;
    end = at + 1;
  }
  reader.at = end;
  const word = text.slice(start, end);
  if (!NOT_A_TEXT.test(word)) return made(reader, createPlace(word, start, end));
  switch (word) {
    case 'true':
      return made(reader, createPlace(true, start, end));
    case 'false':
      return made(reader, createPlace(false, start, end));
    case 'null':
    case '~':
      return made(reader, createPlace(null, start, end));
    default:
      return NUMBER.test(word) ? made(reader, createPlace(Number(word), start, end)) : null;
  }
}

// Keys.

/** The name of the key that begins here, which the mapping does not have yet; goes behind its colon. */
function readKey(reader: Reader, mapping: Readonly<Record<string, unknown>>): string | null {
  KEY.lastIndex = reader.at;
  const key = KEY.exec(reader.text);
  if (key === null) return null;
  const name = key[1] ?? key[2] ?? key[3] ?? '';
  if (name === '__proto__' || mapping[name] !== undefined) return null;
  reader.at = KEY.lastIndex;
  return name;
}

function isKey({ text, at }: Reader): boolean {
  KEY.lastIndex = at;
  return KEY.test(text);
}

function isDash({ text, at }: Reader): boolean {
  if (text.charCodeAt(at) !== DASH) return false;
  const next = text.charCodeAt(at + 1);
  return next === SPACE || next === NEWLINE || at + 1 === text.length;
}

/** Whether a colon before this ends a key, so that it is no letter of a word. */
function isEndOfKey(text: string, at: number, isInBrackets: boolean): boolean {
  const next = text.charCodeAt(at);
  return next === SPACE || next === NEWLINE || at === text.length || (isInBrackets && isFlowIndicator(next));
}

function isFlowIndicator(letter: number): boolean {
  return (
    letter === COMMA ||
    letter === LEFT_BRACE ||
    letter === RIGHT_BRACE ||
    letter === LEFT_BRACKET ||
    letter === RIGHT_BRACKET
  );
}

// Blanks.

function skipSpaces(reader: Reader): void {
  while (reader.text.charCodeAt(reader.at) === SPACE) reader.at++;
}

/** To the next letter that is no blank and in no comment, or the end; false for a # that begins no comment. */
function skipToContent(reader: Reader): boolean {
  const { text } = reader;
  for (;;) {
    skipSpaces(reader);
    const letter = text.charCodeAt(reader.at);
    if (letter === HASH) {
      const before = reader.at === reader.lineStart ? SPACE : text.charCodeAt(reader.at - 1);
      if (before !== SPACE) return false;
      const end = text.indexOf('\n', reader.at);
      reader.at = end < 0 ? text.length : end;
    } else if (letter === NEWLINE) {
      reader.at++;
      reader.lineStart = reader.at;
    } else {
      return true;
    }
  }
}

/** The same in brackets, whose lines are indented further than what they belong to. */
function skipInBrackets(reader: Reader, indent: number): boolean {
  const line = reader.lineStart;
  return skipToContent(reader) && (reader.lineStart === line || column(reader) > indent);
}

function column({ at, lineStart }: Reader): number {
  return at - lineStart;
}

/** Takes a value into account; null if there are too many. */
function made(reader: Reader, place: Place): Place | null {
  return ++reader.values > MAX_VALUES ? null : place;
}
