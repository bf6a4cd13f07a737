import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NodeNames } from '../../src/import/names.ts';
import { readTopology } from '../../src/lab/topology.ts';

it.each([
  ['Washington DC', 'Washington-DC'],
  ['NOAA {[Boulder, Colorado}}', 'NOAA-Boulder-Colorado'],
  ['Zürich (ETH)', 'Zurich-ETH'],
  ['São Paulo', 'Sao-Paulo'],
  ['APAN/STAR', 'APAN-STAR'],
  ['10.0.0.1', 'n10-0-0-1'],
  ['--', 'spare'],
  ['東京', 'spare'],
  ['_', 'spare'],
])('%s is %s', (label, name) => {
  expect(new NodeNames().give(label, 'spare')).toBe(name);
});

it('the second of a name is -2, whatever its case, and so on past names that are taken', () => {
  const names = new NodeNames();
  const given = ['Bern', 'bern', 'Bern-2', 'Bern', 'BERN'].map((label) => names.give(label, 'x'));
  expect(given).toEqual(['Bern', 'bern-2', 'Bern-2-2', 'Bern-3', 'BERN-4']);
});

it('any labels at all give names that a topology file takes, no two alike', () => {
  const label = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', 'A', '-', '2'), maxLength: 80 }),
  );
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 30 }), (labels) => {
      const names = new NodeNames();
      const given = labels.map((one, index) => names.give(one, `n${index}`));
      expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(labels.length);
      const hosts = Object.fromEntries(given.map((name) => [name, null]));
      expect(readTopology(JSON.stringify({ hosts })).nodes).toHaveLength(labels.length);
    }),
  );
});

it('ten thousand of one name take no time', () => {
  const names = new NodeNames();
  const given = new Set(Array.from({ length: 10_000 }, () => names.give('x', 'y')));
  expect(given.size).toBe(10_000);
});
