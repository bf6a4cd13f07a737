import { describe, expect, it } from 'vitest';
import { formatMilliseconds, parseDuration } from '../../src/programs/duration.ts';

describe('a duration', () => {
  it.each([
    ['1', 1_000_000_000],
    ['0.2', 200_000_000],
    ['.5', 500_000_000],
    ['0.7s', 700_000_000],
    ['1.5ms', 1_500_000],
    ['50us', 50_000],
    ['3ns', 3],
    ['0', 0],
    // Rounded up, not down to nothing.
    ['0.0000000001', 1],
    ['0.5ns', 1],
  ])('%s is %i ns', (text, time) => {
    expect(parseDuration(text)).toBe(time);
  });

  it.each(['', '.', 's', '-1', '1 s', '1h', '1e3', '9999999999'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('prints as milliseconds, cut and not rounded', () => {
    expect(formatMilliseconds(20_421_999)).toBe('20.421');
    expect(formatMilliseconds(999)).toBe('0.000');
    expect(formatMilliseconds(1_999_999, 0)).toBe('1');
  });
});
