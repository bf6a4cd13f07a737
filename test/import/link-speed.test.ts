import { expect, it } from 'vitest';
import { speedInWords, speedOf } from '../../src/import/link-speed.ts';

it.each([
  ['10 Gbps', 10_000_000_000],
  ['< 2.5 Gbps', 2_500_000_000],
  ['2.5 Gbit/s', 2_500_000_000],
  ['34/45 Mbit/s', 45_000_000],
  ['Lit Fibre (10 Gbps)', 10_000_000_000],
  ['155 Mbps', 155_000_000],
  ['9600 bps', 9_600],
  // ANSI T1.105: OC-192 is 9953.28 Mbit/s; ITU-T G.707: STM-16 is 2488.32 Mbit/s.
  ['OC-192c', 9_953_280_000],
  ['POS OC-48', 2_488_320_000],
  ['STM-16', 2_488_320_000],
  ['10 Gb/s', 10_000_000_000],
])('%s is %i bit/s', (label, speed) => {
  expect(speedInWords(label)).toBe(speed);
});

it.each(['', 'High Bandwidth', 'Fibre', 'GE', '0 bps', '5000000 Gbps', 'OC-', 'Gbps', '10 G'])(
  '%j says none',
  (label) => {
    expect(speedInWords(label)).toBeNull();
  },
);

it('a number and its unit', () => {
  expect(speedOf('2.5', 'G')).toBe(2_500_000_000);
  expect(speedOf('45000000.0', '')).toBe(45_000_000);
  expect([speedOf('x', 'G'), speedOf('1', 'X'), speedOf('', ''), speedOf('1e9', ''), speedOf('-1', 'G')]).toEqual(Array(5).fill(null)); // prettier-ignore
});
