/** The command line of the benchmarks: names, and a few flags before, between or behind them. */

export interface Words {
  /** All there are where none is given. */
  readonly names: readonly string[];
  readonly json: boolean;
  readonly quick: boolean;
  readonly write: boolean;
  readonly rounds: number;
}

const FLAGS = ['--json', '--quick', '--write', '--rounds'];

/** Ends the process with 2, and says what there is, where a word is none of these. */
export function readWords(known: readonly string[]): Words {
  const flags = new Set<string>();
  const names = new Set<string>();
  let rounds = 5;
  const words = process.argv.slice(2);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--rounds') {
      rounds = Number(words[++i]);
      if (!Number.isInteger(rounds) || rounds < 1) refuse('--rounds takes a number from 1 on');
    } else if (FLAGS.includes(word)) flags.add(word);
    else if (known.includes(word)) names.add(word);
    else if (word.startsWith('-')) refuse(`no flag ${word}; flags are ${FLAGS.join(', ')}`);
    else refuse(`no benchmark ${word}; there are ${known.join(', ')}`);
  }
  return {
    names: names.size === 0 ? known : [...names],
    json: flags.has('--json'),
    quick: flags.has('--quick'),
    write: flags.has('--write'),
    rounds,
  };
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}
