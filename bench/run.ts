/**
 * Runs the benchmarks and shows what they have reached: `npm run bench`, `npm run bench -- chain-4 switch-4`.
 *
 *   --json      one JSON object a line, {name, value, unit}
 *   --quick     one short round, which only shows that they run
 *   --rounds N  5 unless told
 *   --write     puts the table into docs/performance.md
 */
import { BENCHMARKS } from './benchmarks.ts';
import type { Benchmark } from './benchmarks.ts';
import { readWords } from './command-words.ts';
import { describeMachine, formatTable, formatValue, writeSection } from './document.ts';
import { inTurn, measureAlone, median, medianRatio } from './in-turn.ts';

/** Of the work, for --quick. */
const QUICK = 0.01;

const words = readWords(
  BENCHMARKS.map(({ name }) => name),
  ['--json', '--quick', '--rounds', '--write'],
);
const isQuick = words.flags.has('--quick');
const rounds = isQuick ? 1 : words.rounds;
const chosen = BENCHMARKS.filter(({ name }) => words.names.includes(name));

const values = inTurn(
  rounds,
  chosen.map(
    ({ name }) =>
      () =>
        measureAlone([name, isQuick ? QUICK : 1]),
  ),
);
const byName = new Map(chosen.map(({ name }, i) => [name, values[i]!]));

if (words.flags.has('--json')) {
  for (const { name, unit } of chosen) {
    const value = Number(median(byName.get(name)!).toPrecision(4));
    process.stdout.write(`${JSON.stringify({ name, value, unit })}\n`);
  }
} else {
  const header = ['name', 'what', 'median', 'unit', 'min..max', 'must', 'aim', 'reached'];
  const rows = chosen.map((one) => rowOf(one, byName.get(one.name)!));
  process.stdout.write(`${formatTable(header, rows)}\n`);
  if (words.flags.has('--write')) {
    writeSection('benchmarks', `${describeMachine(rounds)}\n\n${formatTable(header, rows)}`);
  }
}

function rowOf(benchmark: Benchmark, own: readonly number[]): string[] {
  const { name, what, unit, target } = benchmark;
  const range = `${formatValue(Math.min(...own))}..${formatValue(Math.max(...own))}`;
  const row = [name, what, formatValue(median(own)), unit, range];
  if (target === null) return [...row, '', '', ''];
  const { must, aim, of } = target;
  return [...row, limit(benchmark, must), limit(benchmark, aim), reached(benchmark, own, of ?? null)];
}

function limit({ better, target }: Benchmark, value: number): string {
  const sign = better === 'more' ? '≥' : '≤';
  return target?.of === undefined ? `${sign} ${formatValue(value)}` : `${sign} ${value} × ${target.of}`;
}

/** 'aim', 'must' or 'no', and the ratio where the target is one; '?' where what it is compared with was not run. */
function reached({ better, target }: Benchmark, own: readonly number[], of: string | null): string {
  const others = of === null ? null : byName.get(of);
  if (target === null || others === undefined) return '?';
  const value = others === null ? median(own) : medianRatio(own, others);
  const isWithin = (bound: number): boolean => (better === 'more' ? value >= bound : value <= bound);
  const grade = isWithin(target.aim) ? 'aim' : isWithin(target.must) ? 'must' : 'no';
  return others === null ? grade : `${grade} (${value.toFixed(2)} ×)`;
}
