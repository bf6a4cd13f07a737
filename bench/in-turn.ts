/**
 * Measuring on a machine that is not quiet. Each measurement runs in a process of its own, so that none finds the
 * engine's type feedback, its heap or its caches as another has left them; and those that are compared take turns,
 * A B A B, so that a drift of the machine meets all of them.
 */
import { spawnSync } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside this file, built as it is. */
const ALONE = fileURLToPath(new URL(`alone${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

/** Runs `alone.ts` with these words in a process of its own; the number that it prints. */
export function measureAlone(words: readonly (string | number)[]): number {
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    [...process.execArgv, '--expose-gc', ALONE, ...words.map(String)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const value = Number(stdout);
  if (status === 0 && stdout.trim() !== '' && Number.isFinite(value)) return value;
  throw new Error(`${words.join(' ')}: ended with ${status ?? signal} and ${JSON.stringify(stdout)}`);
}

/** The values of each in every round. */
export function inTurn(rounds: number, measures: readonly (() => number)[]): number[][] {
  const values = measures.map((): number[] => []);
  for (let round = 0; round < rounds; round++) measures.forEach((measure, i) => values[i]!.push(measure()));
  return values;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of a / b, taken within each round. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, round) => value / b[round]!));
}
