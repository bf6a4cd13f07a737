import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest, quote, suggest } from '../../src/lab/spelling.ts';

it.each([
  ['dealy', 'delay'], // swapped
  ['bandwith', 'bandwidth'], // left out
  ['jjitter', 'jitter'], // added
  ['gatewey', 'gateway'], // changed
  ['MTU', 'mtu'],
])('takes %s for %s', (word, meant) => {
  expect(nearest(word, ['loss', 'delay', 'bandwidth', 'jitter', 'gateway', 'mtu'])).toBe(meant);
});

it('takes no word for one that shares too little with it: r3 is not r1', () => {
  expect(nearest('r3', ['h1', 'h2', 'r1'])).toBeNull();
  expect(nearest('', ['h1'])).toBeNull();
});

it('says which names there are when none is near', () => {
  expect(suggest('r3', ['h1', 'h2', 'r1'], 'nodes')).toBe('nodes are h1, h2, r1');
  expect(suggest('severr', ['client', 'server'], 'nodes')).toBe('did you mean "server"?');
  expect(suggest('x', [], 'nodes')).toBe('there are no nodes');
  const many = Array.from({ length: 30 }, (_, i) => `h${i}`);
  expect(suggest('zzz', many, 'nodes')).toBe(
    'nodes are h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11, h12, h13, h14, h15 and 14 more',
  );
});

it('is not slowed down by long words', () => {
  expect(nearest('x'.repeat(1_000_000), ['y'.repeat(1_000_000)])).toBeNull();
});

it('quotes on one line, without control characters, and not without end', () => {
  expect(quote('a\nb\u001b[31m')).toBe('"a\\nb\\u001b[31m"');
  expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(60)}"…`);
});

it('finds a word with one letter too many or too few', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{4,20}$/), fc.nat(), (word, at) => {
      const place = at % word.length;
      expect(nearest(word.slice(0, place) + word.slice(place + 1), [word])).toBe(word);
      expect(nearest(`${word.slice(0, place)}x${word.slice(place)}`, [word])).toBe(word);
    }),
  );
});
