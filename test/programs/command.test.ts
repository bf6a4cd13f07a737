import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerOf, parseArguments, UsageError } from '../../src/programs/command.ts';
import type { Arguments } from '../../src/programs/command.ts';
import { openLab, run, TWO_HOSTS } from './labs.ts';

const SYNTAX = {
  usage: '[-nq] [-c COUNT] [--rate RATE] A [B]',
  flags: ['-n', '-q', '--loud'],
  values: ['-c', '-i', '-M', '--rate'],
  operands: [1, 2],
} as const;

function parse(...words: string[]): Arguments {
  return parseArguments(['test', ...words], SYNTAX);
}

describe('arguments', () => {
  it('takes the value from the same word or the next', () => {
    expect(parse('-c3', 'a').text('-c')).toBe('3');
    expect(parse('-c', '3', 'a').text('-c')).toBe('3');
    expect(parse('--rate', '9/s', 'a').text('--rate')).toBe('9/s');
    expect(parse('--rate=9/s', 'a').text('--rate')).toBe('9/s');
    expect(parse('--rate=', 'a').text('--rate')).toBe('');
  });

  it('takes several letters in one word, the last with a value', () => {
    const given = parse('-nqc', '3', 'a');
    expect([given.has('-n'), given.has('-q'), given.text('-c')]).toEqual([true, true, '3']);
  });

  it('takes options behind operands, and none behind --', () => {
    expect(parse('a', '-n').has('-n')).toBe(true);
    expect(parse('--', '-n', '-').operands).toEqual(['-n', '-']);
  });

  it('lets the last value count', () => {
    expect(parse('-c', '1', '-c', '2', 'a').text('-c')).toBe('2');
  });

  it.each([
    [['-x', 'a'], 'no option "-x"'],
    [['--laud', 'a'], 'no option "--laud"'],
    [['--loud=1', 'a'], 'no option "--loud"'],
    [['a', '-c'], '-c wants a value'],
    [[], 'an argument is missing'],
    [['a', 'b', 'c'], 'one argument too many: "c"'],
  ])('refuses %j', (words, message) => {
    expect(() => parse(...words)).toThrow(new UsageError(message));
  });

  it('reads whole numbers within limits, also hexadecimal', () => {
    expect(parse('-c', '7', 'a').integer('-c', 1, 1, 9)).toBe(7);
    expect(parse('-c', '0x1f', 'a').integer('-c', 1, 1, 99)).toBe(31);
    expect(parse('a').integer('-c', 5, 1, 9)).toBe(5);
    for (const text of ['0', '10', '-1', '1.5', '', 'x', '1e3', ' 1']) {
      expect(() => integerOf(text, 'it', 1, 9), text).toThrow(`it is a whole number from 1 to 9; not "${text}"`);
    }
  });

  it('reads times, in seconds where no unit is given', () => {
    expect(parse('-i', '0.2', 'a').duration('-i', 0)).toBe(200_000_000);
    expect(parse('-i', '200ms', 'a').duration('-i', 0)).toBe(200_000_000);
    expect(() => parse('-i', '2 h', 'a').duration('-i', 0)).toThrow('-i\'s value "2 h" is no time');
    expect(() => parse('-i', '1ns', 'a').duration('-i', 0, 1_000)).toThrow('too short');
  });

  it('reads one of several words', () => {
    expect(parse('-M', 'do', 'a').choice('-M', 'want', ['do', 'want'])).toBe('do');
    expect(() => parse('-M', 'x', 'a').choice('-M', 'want', ['do', 'want'])).toThrow('one of do, want; not "x"');
  });

  it('gives arguments or a usage error, whatever the words', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('-c', '-n', '--', '--rate=', 'a'))), (words) => {
        try {
          parse(...words);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});

describe('a command', () => {
  it.each(['ping', 'traceroute', 'udp-echo', 'udp-send', 'source', 'sink', 'lookup', 'netcfg', 'dns-server'])(
    '%s prints its usage when asked, and says what is wrong with status 2 otherwise',
    (name) => {
      const lab = openLab(TWO_HOSTS);
      const asked = run(lab, 'h1', `${name} --help`);
      expect(asked).toMatchObject({ status: 0, error: [] });
      expect(asked.output[0]).toMatch(new RegExp(`^usage: ${name} `));
      const wrong = run(lab, 'h1', `${name} --no-such-option`);
      expect(wrong).toEqual({
        status: 2,
        output: [],
        error: [`${name}: no option "--no-such-option"`, asked.output[0]],
      });
    },
  );

  it('tells a call that fails in the words of strerror', () => {
    const lab = openLab(TWO_HOSTS);
    lab.start('h1', 'udp-echo 7', { background: true });
    expect(run(lab, 'h1', 'udp-echo 7')).toEqual({
      status: 1,
      output: [],
      error: ['udp-echo: sys_socket_bind: Address already in use'],
    });
  });
});
