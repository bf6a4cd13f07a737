/** The documentation is what happens: its files are written, its commands are run, and print what it says they print. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Ajv } from 'ajv';
import { topologyJsonSchema } from '../../src/lab/topology-json-schema.ts';
import { DISPOSITIONS } from '../../src/trace/disposition.ts';
import { Wirelab } from '../cli/wirelab.ts';
import { blocksOf, checkTypes, runPage } from './document.ts';

/** What is measured differs from machine to machine. */
const MEASURED = ['performance.md'];

const PAGES = readdirSync('docs')
  .filter((name) => name.endsWith('.md') && !MEASURED.includes(name))
  .map((name) => `docs/${name}`);

const isTopology = new Ajv({ allowUnionTypes: true }).compile(topologyJsonSchema());

let wirelab: Wirelab;
beforeAll(async () => {
  wirelab = await Wirelab.build();
});
afterAll(() => wirelab.remove());

it.concurrent.each(PAGES)('%s shows what happens', async (path) => {
  const page = readFileSync(path, 'utf8');
  const run = await runPage(page, wirelab.main);
  expect(run.text).toBe(page);
  for (const [name, text] of run.files) {
    if (name.endsWith('.yaml')) expect(isTopology(parse(text)), `${path}: ${name}`).toBe(true);
  }
});

it('shows code that fits its types', async () => {
  const blocks = PAGES.flatMap((path) => blocksOf(readFileSync(path, 'utf8')));
  const code = blocks.flatMap(({ about, text }) => {
    const [, name] = /^file=(\S+\.ts)$/.exec(about) ?? [];
    return name === undefined ? [] : [[name, text] as const];
  });
  expect(new Set(code.map(([name]) => name)).size).toBe(code.length);
  expect(await checkTypes(new Map(code))).toBe('');
});

it('has few blocks that are not run, each for a reason', () => {
  const notRun = PAGES.flatMap((path) =>
    blocksOf(readFileSync(path, 'utf8')).flatMap(({ language, about }) => {
      const [, why] = /^not run: (.+)$/.exec(about) ?? [];
      return why === undefined ? [] : [`${path}: ${language}: ${why}`];
    }),
  );
  expect([...new Set(notRun)].join('\n')).toMatchInlineSnapshot(`
    "docs/inspecting.md: sh: it opens a window
    docs/linting.md: yaml: a part of a file
    docs/sweeping.md: sh: it needs a Redis server
    docs/topology.md: yaml: test/docs/reference.test.ts holds it against the schema
    docs/tutorial.md: sh: it fetches packages
    docs/tutorial.md: sh: the tests have a folder of their own
    docs/tutorial.md: sh: it opens a window"
  `);
});

describe('docs/testing.md', () => {
  const page = readFileSync('docs/testing.md', 'utf8');

  it('shows docs/office.yaml as it is', () => {
    const shown = blocksOf(page).find(({ about }) => about === 'file=office.yaml');
    expect(shown?.text).toBe(readFileSync('docs/office.yaml', 'utf8'));
  });

  it('names only dispositions that there are', () => {
    const table = page.slice(page.indexOf('| disposition |'), page.indexOf('The others are the'));
    const named = table
      .split('\n')
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, word = '']) => word));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((word) => !Object.hasOwn(DISPOSITIONS, word))).toEqual([]);
  });
});

it.each([...PAGES, ...MEASURED.map((name) => `docs/${name}`), 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])(
  '%s has no link that leads nowhere',
  (path) => {
    const text = readFileSync(path, 'utf8').replace(/^```[^]*?^```$/gm, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const there = file === '' ? path : join(dirname(path), file);
      expect(existsSync(there), `${path}: ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsIn(there), `${path}: ${target}`).toContain(anchor);
    }
  },
);

/** As GitHub makes them of headings. */
function anchorsIn(path: string): string[] {
  const headings = readFileSync(path, 'utf8').match(/^#+ .+$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
