/**
 * Runs the benchmarks and prints their medians: `npm run bench`, `npm run bench -- chain-4`, `--json` for one JSON
 * object a line, `--quick` for a short run that only shows that they work.
 */
import { measureChain } from './chain.ts';

interface Benchmark {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly run: (scale: number) => number;
}

const BENCHMARKS: readonly Benchmark[] = [
  chain('chain-1', 'router', 1),
  chain('chain-4', 'router', 4),
  chain('chain-16', 'router', 16),
  chain('switch-4', 'switch', 4),
];

function chain(name: string, kind: 'router' | 'switch', count: number): Benchmark {
  const what = `sendto to recvfrom through ${count} ${kind}${count === 1 ? '' : 's'}`;
  const datagrams = Math.round(1_000_000 / (count + 1));
  return { name, what, unit: 'k hops/s', run: (scale) => measureChain(kind, count, Math.ceil(datagrams * scale)) };
}

const words = process.argv.slice(2);
const flags = new Set(words.filter((word) => word.startsWith('--')));
const names = words.filter((word) => !word.startsWith('--'));
const chosen = names.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name));
if (chosen.length < new Set(names).size) {
  process.stderr.write(`benchmarks are ${BENCHMARKS.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
const isQuick = flags.has('--quick');
const rounds = isQuick ? 1 : 5;
for (const { name, what, unit, run } of chosen) {
  // The first run warms the engine up.
  run(isQuick ? 0.01 : 0.2);
  const results = Array.from({ length: rounds }, () => run(isQuick ? 0.01 : 1)).sort((a, b) => a - b);
  const value = Math.round(results[results.length >> 1]!);
  const [least = 0] = results;
  const most = results[results.length - 1] ?? 0;
  if (flags.has('--json')) process.stdout.write(`${JSON.stringify({ name, value, unit })}\n`);
  else
    process.stdout.write(
      `${name.padEnd(10)} ${String(value).padStart(8)} ${unit}  [${Math.round(least)}..${Math.round(most)}]  ${what}\n`,
    );
}
