import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitCommandLine } from '../../src/lab/command-line.ts';

it.each([
  ['ping -c 3 h2', ['ping', '-c', '3', 'h2']],
  ['  ping\t-c  3\n', ['ping', '-c', '3']],
  ['udp-send h2 7 "hello world"', ['udp-send', 'h2', '7', 'hello world']],
  ['udp-send h2 7 \'it "is"\'', ['udp-send', 'h2', '7', 'it "is"']],
  ['a"b"\'c\'d', ['abcd']],
  ['a "" \'\'', ['a', '', '']],
  ['a\\ b c\\"d', ['a b', 'c"d']],
  ['"a\\"b\\\\c\\nd"', ['a"b\\c\\nd']],
  ["'a\\b'", ['a\\b']],
  ['echo $HOME * | cat', ['echo', '$HOME', '*', '|', 'cat']],
])('splits %j', (text, words) => {
  expect(splitCommandLine(text)).toEqual({ words });
});

it.each([
  ['ping "h2', 'a " is not closed'],
  ["ping 'h2", "a ' is not closed"],
  ['ping h2\\', 'a backslash ends the command line; write \\\\ for a backslash'],
  ['   ', 'names no program'],
  ['', 'names no program'],
])('refuses %j: %s', (text, error) => {
  expect(splitCommandLine(text)).toEqual({ error });
});

it('gives back any words that were quoted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (words) => {
      const single = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
      const double = words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join('\t');
      expect(splitCommandLine(single)).toEqual({ words });
      expect(splitCommandLine(double)).toEqual({ words });
    }),
  );
});

it.skipIf(!existsSync('/bin/sh'))('splits letters, blanks, quotes and backslashes as /bin/sh does', () => {
  const lines = fc.sample(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '"', "'", '\\') }), {
    numRuns: 60,
    seed: 1,
  });
  for (const line of lines) {
    const split = splitCommandLine(line);
    const shell = spawnSync('/bin/sh', ['-c', `printf '%s\\0' x ${line}\n`], { encoding: 'utf8' });
    if ('words' in split) expect(shell.stdout.split('\0').slice(1, -1)).toEqual(split.words);
  }
});
