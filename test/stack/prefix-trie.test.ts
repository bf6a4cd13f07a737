import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/sim/random.ts';
import * as Trie from '../../src/stack/prefix-trie.ts';
import * as Ip from '../../src/wire/ip4.ts';

/** Prefixes of every length around a few addresses, so that they lie in each other; by their names. */
function drawPrefixes(random: RandomStream, count: number): Map<string, { prefix: number; length: number }> {
  const prefixes = new Map<string, { prefix: number; length: number }>();
  while (prefixes.size < count) {
    const length = 1 + Math.floor(random.next() * 32);
    const prefix = Ip.network(drawAddress(random), length);
    prefixes.set(`${prefix}/${length}`, { prefix, length });
  }
  return prefixes;
}

function drawAddress(random: RandomStream): Ip.Ip4 {
  const base = random.next() < 0.5 ? 0x0a80_ff00 : 0xc0a8_7f80;
  return Ip.fromNumber((base ^ (random.nextU32() >>> Math.floor(random.next() * 32))) >>> 0);
}

describe.each([
  ['8', 100],
  ['16', 10_000],
  ['24', 300_000],
])('a trie with a root of %s bits', (bits, prefixes) => {
  it('finds the longest prefix, also after some were taken out again', () => {
    const random = new RandomStream(3, bits);
    const trie = Trie.createTrie(prefixes);
    expect(trie.rootBits).toBe(Number(bits));
    const drawn = drawPrefixes(random, 300);
    const present = [...drawn.values()].map((one, i) => ({ ...one, value: i + 1 }));
    for (const { prefix, length, value } of present) Trie.set(trie, prefix, length, value);
    const longest = (address: number, below = 33): (typeof present)[number] | undefined =>
      present
        .filter(({ prefix, length }) => length < below && Ip.network(Ip.fromNumber(address), length) === prefix)
        .sort((a, b) => b.length - a.length)[0];
    const agree = (): void => {
      for (let i = 0; i < 2_000; i++) {
        const address = drawAddress(random);
        expect([address, Trie.lookUp(trie, address)]).toEqual([address, longest(address)?.value ?? 0]);
      }
    };
    agree();
    for (const { prefix, length } of present.splice(0, 150)) {
      const cover = longest(prefix, length);
      Trie.remove(trie, prefix, length, cover?.length ?? 0, cover?.value ?? 0);
    }
    agree();
  });
});

it('knows when a larger root would serve better', () => {
  expect([100, 4_095, 4_096, 1_000_000].map((count) => Trie.isOutgrown(Trie.createTrie(100), count))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect([10_000, 262_144].map((count) => Trie.isOutgrown(Trie.createTrie(10_000), count))).toEqual([false, true]);
});
