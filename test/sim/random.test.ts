import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/sim/random.ts';

const take = (stream: RandomStream, count: number): number[] => Array.from({ length: count }, () => stream.nextU32());

describe('a stream of chance', () => {
  it('gives what the authors’ C code gives for the state 1, 2, 3, 4', () => {
    expect(take(new RandomStream([1, 2, 3, 4]), 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('is the same for the same seed and name', () => {
    expect(take(new RandomStream(7, 'h1'), 5)).toEqual(take(new RandomStream(7, 'h1'), 5));
  });

  it('is another one for another name or seed, however little they differ', () => {
    const owners: [number, string][] = [
      [1, 'h1'],
      [1, 'h2'],
      [1, '1h'],
      [1, 'h1 '],
      [1, ''],
      [2, 'h1'],
      [-1, 'h1'],
      [0x1_0000_0001, 'h1'],
      [Number.MAX_SAFE_INTEGER, 'h1'],
    ];
    const streams = owners.map(([seed, name]) => take(new RandomStream(seed, name), 4));
    for (let word = 0; word < 4; word++) expect(new Set(streams.map((words) => words[word])).size).toBe(owners.length);
  });

  it('has no two equal streams among many names', () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `h${i}`);
    expect(new Set(names.map((name) => take(new RandomStream(1, name), 2).join())).size).toBe(names.length);
  });

  it('is spread evenly over [0, 1)', () => {
    const stream = new RandomStream(1, 'h1');
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) bins[Math.floor(stream.next() * 10)]!++;
    // Nine degrees of freedom: chi-square is above 27.9 once in a thousand streams.
    expect(bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });

  it('starts unrelated under neighbouring seeds: the first draws are spread evenly too', () => {
    let below = 0;
    for (let seed = 0; seed < 10_000; seed++) if (new RandomStream(seed, 'link').next() < 0.1) below++;
    expect(below).toBeGreaterThan(1_000 - 4 * 30);
    expect(below).toBeLessThan(1_000 + 4 * 30);
  });
});
