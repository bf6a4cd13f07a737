/**
 * One measurement in a process of its own, for in-turn.ts: prints its number and nothing else.
 * `alone.ts NAME SCALE` is a benchmark, `alone.ts NAME X SCALE` a point of a growth curve.
 */
import { allowLongInlining } from '../src/cli/engine.ts';
import { BENCHMARKS } from './benchmarks.ts';
import { CURVES } from './curves.ts';

// As the command does.
allowLongInlining();
const [name = '', first = '1', second = '1'] = process.argv.slice(2);
const benchmark = BENCHMARKS.find((one) => one.name === name);
const curve = CURVES.find((one) => one.name === name);
let value: number;
if (benchmark !== undefined) {
  value = await benchmark.run(Number(first), benchmark.warmUp);
} else if (curve !== undefined) {
  value = curve.run(Number(first), Number(second));
} else {
  throw new Error(`${name}: no such benchmark, and no such curve`);
}
process.stdout.write(`${value}\n`);
