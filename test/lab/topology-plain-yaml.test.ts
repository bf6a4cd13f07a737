import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problems } from '../../src/lab/topology-error.ts';
import { readPlainYaml } from '../../src/lab/topology-plain-yaml.ts';
import type { Place } from '../../src/lab/topology-source.ts';
import { readFullYaml } from '../../src/lab/topology-yaml.ts';

/** Every value with the places that messages can name: its key's, its own, and of a text its end. */
function list({ value, start, end, key, name, inside }: Place, path = ''): string[] {
  const isScalar = typeof value !== 'object' || value === null;
  const own = `${path} ${name}@${key} ${start}${isScalar ? `-${end} ${JSON.stringify(value)}` : ''}`;
  return [own, ...inside.flatMap((one, i) => list(one, `${path}/${one.name === '' ? i : one.name}`))];
}

/** What the library reads, or null where it finds something wrong. */
function readByLibrary(text: string): Place | null {
  const problems = new Problems();
  const source = readFullYaml(text, problems);
  return source === null || problems.found ? null : source.root;
}

/** Whether it was read; what was read must be what the library reads. */
function agrees(text: string): boolean {
  const plain = readPlainYaml(text);
  if (!('root' in plain)) return false;
  const library = readByLibrary(text);
  if (library === null) throw new Error('the library refuses it');
  expect(plain.root.value).toEqual(library.value);
  expect(list(plain.root)).toEqual(list(library));
  return true;
}

describe('plain YAML is read as the library reads it:', () => {
  const folder = 'topologies';
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s', (name) => {
    expect(agrees(readFileSync(`${folder}/${name}`, 'utf8'))).toBe(true);
  });

  it.each([
    ['lists in the column of their key, and deeper', 'a:\n- 1\n- 2\nb:\n  - x: 1\n    y: 2\n\n  -\n    z: 3\n'],
    ['brackets over several lines', 'a: [1,\n  2 # two\n  , { b: c,\n d: "e" } ]\nf: {}\ng: []\n'],
    ['nothing', 'a:\nb: # nothing\nc:   \n  # nothing\nd:\n  e:\n  f:\n-x:\n'.replace('-x:\n', '')],
    ['numbers', 'a: 0\nb: 10\nc: 1.50\nd: 123456789012345\ne: 0.01\n'],
    ['words that are nearly numbers', 'a: 1ms\nb: 10.0.0.1/30\nc: 1:30\nd: 1_000\ne: 02:00:00:00:00:01\nf: 1%\n'],
    ['values that are words', 'a: true\nb: false\nc: null\nd: ~\ne: yes\nf: True1\n'],
    ['quotes', `a: "x: y # z"\nb: 'it is'\n"c d": ''\n'@': ""\ne: it's "so"\n`],
    ['keys that look like values', 'on: 1\nnull: 2\n01: 3\n1.2.in-addr.arpa: 4\nconstructor: 5\n'],
    [
      'signs inside words',
      'a: h1.eth0 -- s1\nb: x#y\nc: x:y\nd: "x" \ne: a, b] }\nf: udp:127.0.0.1:47001,127.0.0.1:47002\n',
    ],
    ['letters beyond ASCII', 'a: µs # größer als 1 µs\nb: [ α, β]\n'],
    ['no newline at the end', 'a: b'],
  ])('%s', (_what, text) => {
    expect(agrees(text)).toBe(true);
  });

  it.each([
    ['nothing at all', ''],
    ['a text', 'just words'],
    ['a list', '- a'],
    ['an anchor', 'a: &b c'],
    ['an alias', 'a: *b'],
    ['a tag', 'a: !!str b'],
    ['a block text', 'a: |\n  b'],
    ['an escape', 'a: "b\\n"'],
    ['a quote in quotes', "a: 'b''c'"],
    ['a text over two lines', 'a: b\n  c'],
    ['quotes over two lines', 'a: "b\n  c"'],
    ['an octal number', 'a: 010'],
    ['a hexadecimal number', 'a: 0x10'],
    ['a number with an exponent', 'a: 1e3'],
    ['a tab', 'a:\tb'],
    ['a carriage return', 'a: b\r\n'],
    ['a second document', 'a: b\n---\nc: d'],
    ['a key twice', 'a: 1\na: 2'],
    ['a key twice, in brackets', 'a: { b: 1, b: 2 }'],
    ['a prototype', '__proto__: 1'],
    ['a key without a value in brackets', 'a: { b, c }'],
    ['a mapping in a list in brackets', 'a: [ b: c ]'],
    ['a line that is indented by one too many', 'a:\n  b: 1\n   c: 2'],
    ['a line that is indented by one too few', 'a:\n  b: 1\n c: 2'],
    ['brackets that go on in the first column', 'a: [\n1 ]'],
    ['two values', 'a: "b" c'],
    ['a mapping in a mapping’s line', 'a: b: c'],
    ['a bracket left open', 'a: [ b'],
    ['a comment without a blank', 'a: "b"#c'],
    ['a list where a mapping was', 'a:\n  b:\n - c'],
    ['33 lists in each other', `a: ${'['.repeat(33)}${']'.repeat(33)}`],
  ])('%s is left to the library: %j', (_what, text) => {
    expect(readPlainYaml(text)).toHaveProperty('stoppedAt');
  });
});

describe('whatever is written,', () => {
  const blank = fc.constantFrom('', ' ', '  ', ' # note', '\n', '\n\n', '\n  # note: [x');
  const word = fc.constantFrom(
    'a',
    'h1',
    'eth0',
    '10.0.0.1/30',
    '1ms',
    '0',
    '15',
    '1.5',
    'true',
    'null',
    'x -- y',
    "it's",
  );
  const name = fc.constantFrom('a', 'b', 'h1', 'net.ipv4.x', '1', 'null', '"q r"', "'s'");
  const scalar = fc.oneof(
    word,
    word.map((one) => `"${one}"`),
    word.map((one) => `'${one.replaceAll("'", '')}'`),
  );
  /** A value as lines without their indentation: the first goes behind its key where it is alone. */
  const { value } = fc.letrec<{ value: readonly string[]; flow: string }>((tie) => ({
    flow: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      scalar.filter((one) => !/^\w.*[,[\]{}]/.test(one)),
      fc.array(tie('flow'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc
        .uniqueArray(fc.tuple(name, tie('flow')), { maxLength: 3, selector: ([key]) => key })
        .map((items) => `{ ${items.map(([key, one]) => `${key}: ${one}`).join(', ')} }`),
    ),
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      tie('flow').map((one) => [one]),
      fc
        .array(tie('value'), { minLength: 1, maxLength: 3 })
        .map((items) => ['', ...items.flatMap((one) => nest('-', one))]),
      fc
        .uniqueArray(fc.tuple(name, tie('value')), { minLength: 1, maxLength: 3, selector: ([key]) => key })
        .map((items) => ['', ...items.flatMap(([key, one]) => nest(`${key}:`, one))]),
    ),
  }));
  function nest(head: string, [first = '', ...lines]: readonly string[]): string[] {
    return [`${head} ${first}`, ...lines.map((line) => `  ${line}`)];
  }
  const document = fc
    .tuple(
      fc.uniqueArray(fc.tuple(name, value), { minLength: 1, maxLength: 4, selector: ([key]) => key }),
      fc.array(blank),
    )
    .map(([items, blanks]) => {
      const lines = items.flatMap(([key, one]) => nest(`${key}:`, one));
      return lines.map((line, i) => line + (blanks[i % Math.max(1, blanks.length)] ?? '')).join('\n');
    });

  it('the two agree where both read', () => {
    let read = 0;
    fc.assert(
      fc.property(document, (text) => {
        if (agrees(text)) read++;
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(1_000);
  });

  it('and where letters are changed', () => {
    const sign = fc.constantFrom(
      ...'[]{},:-?&*!|>%@`"\'# \n~<=.\\0',
      ': ',
      ' #',
      '- ',
      '\n  ',
      ' \n',
      ',\n',
      "''",
      'é',
      '\u2028',
    );
    const change = fc.tuple(fc.nat(), fc.nat(3), sign);
    fc.assert(
      fc.property(document, fc.array(change, { minLength: 1, maxLength: 3 }), (good, changes) => {
        let text = good;
        for (const [place, length, by] of changes) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + by + text.slice(at + length);
        }
        agrees(text);
      }),
      { numRuns: 5_000 },
    );
  });

  it('and in the letters of YAML', () => {
    const letter = fc.constantFrom(...'[]{},:-?&*!|>%@`"\'# \n\tab0~<=.\\', 'a: ', 'b:\n', '- ', '\n  ', ', ', '"c"');
    fc.assert(
      fc.property(fc.string({ unit: letter, maxLength: 30 }), (text) => void agrees(`a: ${text}`)),
      { numRuns: 20_000 },
    );
  });
});
