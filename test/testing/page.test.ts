/** What docs/testing.md shows is what happens: its commands are run, its file and its code are those that are tested. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Wirelab } from '../cli/wirelab.ts';
import { DISPOSITIONS } from '../../src/trace/disposition.ts';

let wirelab: Wirelab;
beforeAll(async () => {
  wirelab = await Wirelab.build();
  writeFileSync(join(wirelab.folder, 'office.yaml'), OFFICE);
});
afterAll(() => wirelab.remove());

const PAGE = readFileSync('docs/testing.md', 'utf8');
const OFFICE = readFileSync('docs/office.yaml', 'utf8');

function blocks(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, body = '']) => body);
}

it('shows the file as it is', () => {
  expect(blocks('yaml')).toEqual([OFFICE]);
});

it('shows commands with what they print', () => {
  const shown = [...PAGE.matchAll(/^```sh\n([^]*?)^```\n\n```\n([^]*?)^```$/gm)];
  expect(shown).toHaveLength(blocks('sh').length);
  for (const [, commands = '', output] of shown) {
    const lines = commands.replaceAll('npx wirelab', 'wirelab');
    expect(wirelab.shell(`cd ${wirelab.folder}\n${lines}`).out, commands).toBe(output);
  }
});

it('shows code that is a test here', () => {
  const test = readFileSync('test/testing/office.test.ts', 'utf8');
  const [code = ''] = blocks('ts');
  const here = code
    .replace("'wirelab/vitest'", "'../../src/testing/index.ts'")
    .replace("'office.yaml'", "'docs/office.yaml'");
  expect(test.slice(test.indexOf('import'))).toBe(here);
});

it('names only dispositions that there are', () => {
  const table = PAGE.slice(PAGE.indexOf('| disposition |'), PAGE.indexOf('The others are the'));
  const named = table
    .split('\n')
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, word = '']) => word));
  expect(named.filter((word) => !Object.hasOwn(DISPOSITIONS, word))).toEqual([]);
});
