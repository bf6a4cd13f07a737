/** The command line of the benchmarks: names, and flags before, between or behind them. */

export interface Words {
  /** All there are where none is given. */
  readonly names: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** How often each measurement is repeated. */
  readonly rounds: number;
}

/** Ends the process with 2, and says what there is, where a word is none of these. `--rounds` takes a number. */
export function readWords(known: readonly string[], knownFlags: readonly string[]): Words {
  const flags = new Set<string>();
  const names = new Set<string>();
  let rounds = 5;
  const words = process.argv.slice(2);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (known.includes(word)) names.add(word);
    else if (!word.startsWith('-')) refuse(`no benchmark ${word}; there are ${known.join(', ')}`);
    else if (!knownFlags.includes(word)) refuse(`no flag ${word}; flags are ${knownFlags.join(', ')}`);
    else if (word === '--rounds') {
      rounds = Number(words[++i]);
      if (!Number.isInteger(rounds) || rounds < 1) refuse('--rounds takes a number from 1 on');
    } else flags.add(word);
  }
  if (flags.has('--write') && names.size > 0) refuse('--write takes all of them, so it goes without names');
  return { names: names.size === 0 ? known : [...names], flags, rounds };
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}
