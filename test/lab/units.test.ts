import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatRate, parseChance, parseDuration, parseRate, parseSize } from '../../src/lab/units.ts';

const UNITS = { ns: 1n, us: 1_000n, µs: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n } as const;

describe('a duration', () => {
  it.each([
    ['1ns', 1],
    ['500us', 500_000],
    ['500 µs', 500_000],
    ['1.5ms', 1_500_000],
    ['0.1ms', 100_000],
    ['2s', 2_000_000_000],
    ['1m', 60_000_000_000],
    ['1min', 60_000_000_000],
    ['1h', 3_600_000_000_000],
    ['  7 s ', 7_000_000_000],
    ['0', 0],
    ['0s', 0],
    [0, 0],
  ])('%j is %d ns', (text, value) => {
    expect(parseDuration(text)).toEqual({ value });
  });

  it('rounds up to whole nanoseconds', () => {
    expect(parseDuration('0.1ns')).toEqual({ value: 1 });
    expect(parseDuration('1.0000000001s')).toEqual({ value: 1_000_000_001 });
    expect(parseDuration('1.000000000s')).toEqual({ value: 1_000_000_000 });
  });

  it('is exact where floating point is not', () => {
    expect(Math.ceil(2.007 * 1_000_000)).toBe(2_007_001);
    expect(parseDuration('2.007ms')).toEqual({ value: 2_007_000 });
    expect(parseDuration('0.067s')).toEqual({ value: 67_000_000 });
  });

  it('is the exact quotient, rounded up, for any decimal', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10_000n }),
        fc.stringMatching(/^\d{1,15}$/),
        fc.constantFrom(...(Object.keys(UNITS) as (keyof typeof UNITS)[])),
        (whole, fraction, unit) => {
          const parsed = parseDuration(`${whole}.${fraction}${unit}`);
          if (!('value' in parsed)) throw new Error(parsed.error);
          // value - 1 < digits * unit / scale <= value
          const scale = 10n ** BigInt(fraction.length);
          const exact = BigInt(`${whole}${fraction}`) * UNITS[unit];
          expect(BigInt(parsed.value) * scale >= exact).toBe(true);
          expect((BigInt(parsed.value) - 1n) * scale < exact).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['5', '5 has no unit; write 5s or 5ms'],
    [5, '5 has no unit; write 5s or 5ms'],
    [0.5, '0.5 has no unit; write 0.5s or 0.5ms'],
    ['1:30', '"1:30" could be hours or minutes; write 90s or 90m'],
    ['-5ms', '"-5ms" is no duration; write it as 500us, 1.5ms or 2s'],
    ['1e3s', '"1e3s": no unit "e3s"; units are ns, us, ms, s, m, h'],
    ['5 fortnights', '"5 fortnights": no unit "fortnights"; units are ns, us, ms, s, m, h'],
    ['5constructor', '"5constructor": no unit "constructor"; units are ns, us, ms, s, m, h'],
    ['soon', '"soon" is no duration; write it as 500us, 1.5ms or 2s'],
    ['', '"" is no duration; write it as 500us, 1.5ms or 2s'],
    ['10000h', '"10000h" is longer than the 104 days a lab can last'],
    [NaN, 'NaN is no duration; write it as 500us, 1.5ms or 2s'],
    [Infinity, 'Infinity is no duration; write it as 500us, 1.5ms or 2s'],
  ])('%j is refused: %s', (text, error) => {
    expect(parseDuration(text)).toEqual({ error });
  });
});

describe('a rate', () => {
  it.each([
    ['100Mbit/s', 100_000_000],
    ['100Mbit', 100_000_000],
    ['100M', 100_000_000],
    ['100mbit', 100_000_000], // tc(8): SI prefixes in any case
    ['1.5 Gbit/s', 1_500_000_000],
    ['64kbit/s', 64_000],
    ['9600', 9_600],
    ['9600bit/s', 9_600],
    [9600, 9_600],
    ['0.3bit/s', 1],
  ])('%j is %d bit/s', (text, value) => {
    expect(parseRate(text)).toEqual({ value });
  });

  it.each([
    ['100Mbps', '"100Mbps" could be bits or bytes; write it as 100Mbit/s'],
    ['1.5MB/s', '"1.5MB/s" could be bits or bytes; write it as 1.5Mbit/s'],
    ['0', 'a rate of 0 never sends; set the link down instead (up: false)'],
    ['10 Xbit/s', '"10 Xbit/s": no unit "Xbit/s"; units are bit/s, kbit/s, Mbit/s, Gbit/s'],
    ['fast', '"fast" is no rate; write it as 100Mbit/s or 1Gbit/s'],
    ['-1M', '"-1M" is no rate; write it as 100Mbit/s or 1Gbit/s'],
    ['99999999T', '"99999999T" is faster than a lab can count'],
  ])('%j is refused: %s', (text, error) => {
    expect(parseRate(text)).toEqual({ error });
  });
});

describe('a chance', () => {
  it.each([
    ['1%', 0.01],
    ['0.1 %', 0.001],
    ['0.7%', 0.007],
    ['100%', 1],
    ['0%', 0],
    ['0.01', 0.01],
    ['.5', 0.5],
    [0.01, 0.01],
    [1e-7, 1e-7],
    [0, 0],
  ])('%j is %d', (text, value) => {
    expect(parseChance(text)).toEqual({ value });
  });

  it('is the nearest number to any percentage, not one rounded twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), (thousandths) => {
        const digits = String(thousandths).padStart(4, '0');
        const percent = `${digits.slice(0, -3)}.${digits.slice(-3)}%`;
        expect(parseChance(percent)).toEqual({ value: Number(`${thousandths}e-5`) });
      }),
    );
  });

  it.each([
    [1, '1 could be 1% or 100%; write the one you mean'],
    [5, '5 is more than 1; write 5%'],
    ['101%', '"101%" is more than 100%'],
    [-0.1, '-0.1 is no chance; write it as 1% or 0.01'],
    ['often', '"often" is no chance; write it as 1% or 0.01'],
  ])('%j is refused: %s', (text, error) => {
    expect(parseChance(text)).toEqual({ error });
  });
});

describe('a size', () => {
  it.each([
    ['1500', 1_500],
    ['1500 bytes', 1_500],
    ['1 byte', 1],
    ['64 KiB', 65_536],
    ['64kB', 64_000],
    ['1.5MiB', 1_572_864],
  ])('%j is %d bytes', (text, value) => {
    expect(parseSize(text)).toEqual({ value });
  });

  it.each([
    ['64KB', '"64KB" could be 1,000 or 1,024 bytes each; write kB or KiB'],
    ['64 furlongs', '"64 furlongs": no unit "furlongs"; units are bytes, kB, KiB, MB, MiB'],
    ['big', '"big" is no size; write it as 1500 bytes or 64 KiB'],
    ['9999999999999999999', '"9999999999999999999" is more than a lab can count'],
  ])('%j is refused: %s', (text, error) => {
    expect(parseSize(text)).toEqual({ error });
  });
});

it('answers to any text at all with a whole number or with words', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.double()), (input) => {
      for (const parse of [parseDuration, parseRate, parseSize]) {
        const result = parse(input);
        if ('value' in result) expect(Number.isSafeInteger(result.value) && result.value >= 0).toBe(true);
        else expect(result.error).not.toBe('');
      }
      const chance = parseChance(input);
      if ('value' in chance) expect(chance.value >= 0 && chance.value <= 1).toBe(true);
    }),
  );
});

describe('written', () => {
  it.each([
    [0, '0'],
    [999, '999ns'],
    [1_500, '1.5us'],
    [27_871_000, '27.871ms'],
    [1_000_000_001, '1.000000001s'],
    [90_000_000_000, '90s'],
  ])('%i ns is %s', (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it.each([
    [9_600, '9.6kbit/s'],
    [999, '999bit/s'],
    [100_000_000, '100Mbit/s'],
    [2_488_320_000, '2.48832Gbit/s'],
  ])('%i bit/s is %s', (value, text) => {
    expect(formatRate(value)).toBe(text);
  });

  it('and read again they are the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_000_000_000_000_000 }), (value) => {
        expect(parseDuration(formatDuration(value))).toEqual({ value });
        expect(parseRate(formatRate(value))).toEqual({ value });
      }),
    );
  });
});
