import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDocument, mergeDocuments, readDocument, VERSION } from '../../src/sweep/document.ts';
import type { SweepDocument } from '../../src/sweep/document.ts';
import { runHere } from '../../src/sweep/run.ts';
import { documentOf, planSweep } from '../../src/sweep/sweep.ts';
import type { SweepRequest } from '../../src/sweep/sweep.ts';
import { topologyText } from '../open-lab.ts';

const REQUEST: SweepRequest = {
  text: topologyText('ring'),
  file: 'ring.yaml',
  expect: 'file',
  routes: 'recompute',
  fail: ['links=1'],
  seeds: 1,
  seed: null,
  sample: null,
  shard: { index: 1, of: 1 },
};

function run(request: Partial<SweepRequest> = {}): SweepDocument {
  const sweep = planSweep({ ...REQUEST, ...request });
  return documentOf(sweep, runHere(sweep, Infinity));
}

function shards(of: number, request: Partial<SweepRequest> = {}) {
  return Array.from({ length: of }, (_, i) => ({
    path: `${i + 1}.json`,
    document: run({ ...request, shard: { index: i + 1, of } }),
  }));
}

const textOf = (document: SweepDocument): string => formatDocument(document).join('\n');
const copy = (document: SweepDocument): SweepDocument => JSON.parse(textOf(document)) as SweepDocument;

it('the version is the package’s', () => {
  expect(VERSION).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
});

describe('the document', () => {
  it('is JSON with a line for each question and each scenario, and reads back to the same bytes', () => {
    const document = run();
    const text = textOf(document);
    expect(text.split('\n').filter((line) => line.startsWith('{"scenario"'))).toHaveLength(7);
    expect(textOf(readDocument(text, 'x.json'))).toBe(text);
  });

  it('has nothing of the machine or the hour: two runs are the same bytes', () => {
    expect(textOf(run({ seeds: 2 }))).toBe(textOf(run({ seeds: 2 })));
  });
});

describe('shards', () => {
  it.each([1, 2, 3, 7, 9])('%i of them, in any order, are the same bytes as one run', (of) => {
    expect(textOf(mergeDocuments(shards(of).reverse()))).toBe(textOf(run()));
  });

  it('share seeds and samples as one run has them', () => {
    const request = { fail: ['links=2', 'nodes=1'], seeds: 2, seed: 9, sample: 6 };
    expect(textOf(mergeDocuments(shards(3, request)))).toBe(textOf(run(request)));
  });

  it('may have been given the file by another name, and are called as the first', () => {
    const [first, second] = shards(2);
    const elsewhere = { ...second!, document: { ...second!.document, file: '/elsewhere/ring.yaml' } };
    expect(mergeDocuments([elsewhere, first!]).file).toBe('ring.yaml');
  });

  it('that are missing are named', () => {
    const [first, , third] = shards(4);
    expect(() => mergeDocuments([third!, first!])).toThrow(
      'shards are missing: 2/4, 4/4; run them with --shard, each with -o a file of its own',
    );
  });

  it('that are there twice are refused', () => {
    const [first, second] = shards(2);
    expect(() => mergeDocuments([first!, second!, { ...first!, path: 'again.json' }])).toThrow(
      'again.json: is shard 1/2, which 1.json is already',
    );
  });

  it.each<[string, Partial<SweepRequest>]>([
    ['topology is ', { text: `${REQUEST.text}\n# another\n` }],
    ['--seeds is [5,1], not [1,1]', { seed: 5 }],
    ['--fail is ["routers=1"], not ["links=1"]', { fail: ['routers=1'] }],
    ['--routes is "keep", not "recompute"', { routes: 'keep' }],
    ['--expect is "all-pairs", not "file"', { expect: 'all-pairs' }],
    ['shards is 3, not 2', { shard: { index: 2, of: 3 } }],
  ])('of another sweep are refused: %s', (message, request) => {
    const first = { path: 'a.json', document: run({ shard: { index: 1, of: 2 } }) };
    const other = { path: 'b.json', document: run({ shard: { index: 2, of: 2 }, ...request }) };
    expect(() => mergeDocuments([first, other])).toThrow(`b.json: is of another sweep than a.json: ${message}`);
  });

  it('of another version are refused', () => {
    const [first, second] = shards(2);
    const other = { ...second!, document: { ...second!.document, wirelab: '9.9.9' } };
    expect(() => mergeDocuments([first!, other])).toThrow('wirelab is "9.9.9"');
  });
});

describe('files that are no results', () => {
  const refused = (text: string) => () => readDocument(text, 'x.json');

  it('are refused with their place', () => {
    expect(refused('{')).toThrow('x.json: is no JSON');
    expect(refused('[]')).toThrow('x.json: is no result of wirelab sweep');
    expect(refused(textOf({ ...run(), format: 'wirelab sweep 2' as never }))).toThrow('format: ');
    const extra = JSON.stringify({ ...copy(run()), more: 1 });
    expect(refused(extra)).toThrow('more');
  });

  it('that lack a scenario, or have another’s, are refused', () => {
    const [first] = shards(2);
    const { document } = first!;
    expect(refused(textOf({ ...document, results: document.results.slice(1) }))).toThrow(
      'shard 1/2 of 7 scenarios has 4',
    );
    expect(refused(textOf({ ...document, shard: { index: 2, of: 2 } }))).toThrow('shard 2/2 of 7 scenarios has 3');
    expect(refused(textOf({ ...document, shard: { index: 3, of: 2 } }))).toThrow('there is no shard 3 of 2');
  });

  it('that speak of questions that are not in their list are refused', () => {
    const document = copy(run());
    const results = document.results.map((one) => ({ ...one, notAsked: [3] }));
    expect(refused(textOf({ ...document, results }))).toThrow('scenario 0 answers a question that is not in the list');
  });
});
