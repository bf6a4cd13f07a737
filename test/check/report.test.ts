/** What is printed of expectations: each format stays well-formed, whatever an expectation is called. */
import { SaxesParser } from 'saxes';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { runExpectations } from '../../src/check/expect.ts';
import { REPORT_FORMATS } from '../../src/check/report.ts';
import type { FileReport } from '../../src/check/report.ts';
import { openLab } from '../../src/lab/lab.ts';

const TEXT = String.raw`
hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: { interfaces: { eth0: 192.0.2.2/24 } } }
links: [h1.eth0 -- h2.eth0]
expect:
  - { name: "a \"quoted\" <tag> & 'x' # SKIP \\ back", reach: h1 -> h2 }
  - { name: "two\nlines \u001b[31mred\u0007 ]]>", reach: h1 -> 192.0.2.9 }
`;

const results = runExpectations(() => openLab(TEXT));
const REPORTS: readonly FileReport[] = [{ file: "it's <lab>.yaml", seed: 7, results, captures: ['out/a "b".pcapng'] }];

it('as a table has one line for each, and more below what fails', () => {
  const lines = REPORT_FORMATS.table(REPORTS);
  expect(lines[0]).toBe("it's <lab>.yaml");
  expect(lines[1]).toMatch(/^ {2}ok {5}a "quoted" <tag> & 'x' # SKIP \\ back {2}h2 has it after/);
  expect(lines[2]).toMatch(/^ {2}FAILED two lines \[31mred \]\]> +neighbor-unreachable: /);
  expect(lines).toContain(`        repeat: wirelab test 'it'\\''s <lab>.yaml' --seed 7`);
  expect(lines).toContain('        packets: out/a "b".pcapng');
  expect(lines.at(-1)).toBe('1 of 2 expectations hold');
});

it('as TAP 14 escapes what would be a directive, and what fails has a block of YAML', () => {
  const lines = REPORT_FORMATS.tap(REPORTS);
  expect(lines.slice(0, 4)).toEqual([
    'TAP version 14',
    '1..2',
    `ok 1 - it's <lab>.yaml: a "quoted" <tag> & 'x' \\# SKIP \\\\ back`,
    "not ok 2 - it's <lab>.yaml: two lines [31mred ]]>",
  ]);
  const [begin, end] = [lines.indexOf('  ---'), lines.indexOf('  ...')];
  expect(end).toBe(lines.length - 1);
  // TAP 14, "YAML Diagnostics": indented by two spaces, from --- to ...
  const block = lines.slice(begin + 1, end);
  expect(block.every((line) => line === '' || line.startsWith('  '))).toBe(true);
  expect(parse(block.map((line) => line.slice(2)).join('\n'))).toMatchObject({
    message: expect.stringContaining('it asked 3 times who has 192.0.2.9') as string,
    at: { file: "it's <lab>.yaml", line: 6, column: 5 },
    seed: 7,
    repeat: "wirelab test 'it'\\''s <lab>.yaml' --seed 7",
    captures: ['out/a "b".pcapng'],
    trace: expect.stringContaining('route    192.0.2.0/24 dev eth0') as string,
  });
});

it('as JUnit is XML, with the counts that its readers add up', () => {
  const elements: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const open: typeof elements = [];
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, text: '' };
    elements.push(element);
    open.push(element);
  });
  parser.on('text', (text) => void (open.length > 0 && (open[open.length - 1]!.text += text)));
  parser.on('closetag', () => void open.pop());
  parser.write(REPORT_FORMATS.junit(REPORTS).join('\n')).close();
  const of = (wanted: string) => elements.filter(({ name }) => name === wanted);
  expect(of('testsuite').map(({ attributes }) => attributes)).toEqual([
    { name: "it's <lab>.yaml", tests: '2', failures: '1', errors: '0', skipped: '0' },
  ]);
  expect(of('testcase').map(({ attributes }) => attributes.name)).toEqual([
    `a "quoted" <tag> & 'x' # SKIP \\ back`,
    'two lines [31mred ]]>',
  ]);
  expect(of('failure')[0]?.attributes.message).toContain('neighbor-unreachable');
  expect(of('failure')[0]?.text).toContain('packets: out/a "b".pcapng');
});
