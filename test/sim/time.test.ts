import { describe, expect, it } from 'vitest';
import { formatSeconds, MICROSECOND, MILLISECOND, MINUTE, SECOND } from '../../src/sim/time.ts';

describe('virtual time', () => {
  it('is written in seconds', () => {
    expect(formatSeconds(0)).toBe('0.000000');
    expect(formatSeconds(1 * SECOND + 2 * MILLISECOND + 3 * MICROSECOND + 4)).toBe('1.002003');
    expect(formatSeconds(1 * SECOND + 2 * MILLISECOND + 3 * MICROSECOND + 4, 9)).toBe('1.002003004');
    expect(formatSeconds(2 * MINUTE, 0)).toBe('120');
  });

  it('is cut and not rounded, so that no time is shown before it has come', () => {
    expect(formatSeconds(1 * SECOND - 1)).toBe('0.999999');
    expect(formatSeconds(Number.MAX_SAFE_INTEGER)).toBe('9007199.254740');
  });
});
