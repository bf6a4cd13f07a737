/** The scenarios of a sweep in their order: nothing failed first, then each failure; each of them with every seed. */
import { LabError } from '../lab/lab-error.ts';
import type { Topology } from '../lab/topology.ts';
import { RandomStream } from '../sim/random.ts';
import { failuresOf } from './failure.ts';
import type { Failure } from './failure.ts';

/** One run. */
export interface Scenario extends Failure {
  /** Its place among all of the sweep, from 0. */
  readonly id: number;
  readonly seed: number;
}

export interface ScenarioRequest {
  /** What fails, in any number of sets; see failure.ts. */
  readonly fail: readonly string[];
  /** How many seeds each failure is run with, from `seed` on. */
  readonly seeds: number;
  readonly seed: number;
  /** How many failures are chosen by chance; null: all are run. */
  readonly sample: number | null;
}

/** Beyond this one wants a sample. */
export const MAX_SCENARIOS = 100_000;

const NOTHING: Failure = { links: [], nodes: [] };

/** All scenarios of a sweep; a LabError says why there are none, or too many. */
export function listScenarios(topology: Topology, { fail, seeds, seed, sample }: ScenarioRequest): Scenario[] {
  const sets = fail.map((text) => failuresOf(topology, text));
  const size = sets.reduce((sum, one) => sum + one.size, 0);
  const count = 1 + (sample === null ? size : Math.min(sample, size));
  if (count * seeds > MAX_SCENARIOS) throw new LabError(tooMany(size, seeds));
  if (seed > Number.MAX_SAFE_INTEGER - seeds)
    throw new LabError(`--seeds ${seeds}: seed ${seed} has not so many behind`);
  const places = sample === null || sample >= size ? range(size) : choose(sample, size, seed);
  const failures = [NOTHING, ...places.map((place) => failureAt(sets, place))];
  return failures.flatMap((failure, i) => range(seeds).map((j) => ({ id: i * seeds + j, seed: seed + j, ...failure })));
}

function tooMany(size: number, seeds: number): string {
  const most = Math.floor(MAX_SCENARIOS / seeds) - 1;
  const asked = seeds === 1 ? `${size} failures` : `${size} failures with ${seeds} seeds each`;
  const remedy = most < 1 ? 'take fewer seeds' : `--sample ${most} runs so many of them, chosen by chance`;
  return `${asked} are too many; at most ${MAX_SCENARIOS} scenarios are run: ${remedy}`;
}

function range(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}

function failureAt(sets: readonly { readonly size: number; at(place: number): Failure }[], place: number): Failure {
  let rest = place;
  for (const one of sets) {
    if (rest < one.size) return one.at(rest);
    rest -= one.size;
  }
  return NOTHING;
}

/** So many different places below `size`, in order. Floyd's algorithm (Bentley and Floyd, CACM 30(9), 1987). */
function choose(count: number, size: number, seed: number): number[] {
  if (size > Number.MAX_SAFE_INTEGER)
    throw new LabError('so many failures cannot be counted; let fewer fail at a time');
  const stream = new RandomStream(seed, 'sample of failures');
  const chosen = new Set<number>();
  for (let last = size - count; last < size; last++) {
    const place = Math.floor(uniform(stream) * (last + 1));
    chosen.add(chosen.has(place) ? last : place);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** Uniform in [0, 1), a multiple of 2^-53. */
function uniform(stream: RandomStream): number {
  const high = stream.nextU32() >>> 5;
  const low = stream.nextU32() >>> 6;
  return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
}
