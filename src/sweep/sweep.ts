/**
 * A sweep: a topology, what must hold in it, and the scenarios in which that is asked. However its scenarios are run,
 * in this thread, in others or on other machines, they come out the same, and are put together in their order.
 */
import { LabError } from '../lab/lab-error.ts';
import { hashOf, headOf } from './document.ts';
import type { SweepDocument } from './document.ts';
import { listScenarios } from './scenario.ts';
import type { Scenario, ScenarioRequest } from './scenario.ts';
import { prepare } from './study.ts';
import type { Prepared, ScenarioResult, Study } from './study.ts';

export interface SweepRequest extends Study, Omit<ScenarioRequest, 'seed'> {
  /** The first seed; null: the file's. */
  readonly seed: number | null;
  /** Every `of`-th scenario, from `index` - 1 on. */
  readonly shard: { readonly index: number; readonly of: number };
}

export interface Sweep {
  readonly prepared: Prepared;
  readonly head: Omit<SweepDocument, 'results'>;
  /** Those of the shard. */
  readonly scenarios: readonly Scenario[];
}

/** Lists the scenarios; a TopologyError or LabError says what is wrong with the file or with what is asked. */
export function planSweep(request: SweepRequest): Sweep {
  const { text, file, expect, routes, fail, seeds, sample, shard } = request;
  if (fail.length === 0 && seeds === 1) {
    throw new LabError(`${file}: say what to go through, such as --fail links=1, --fail nodes=1 or --seeds 100`);
  }
  const prepared = prepare({ text, file, expect, routes });
  const { topology, questions } = prepared;
  const seed = request.seed ?? topology.seed;
  const all = listScenarios(topology, { fail, seeds, seed, sample });
  const head = headOf({
    file,
    topology: hashOf(text),
    options: { fail: [...fail], seeds: [seed, seeds], sample, expect, routes },
    shard,
    scenarios: all.length,
    questions: questions.map(({ name }) => name),
  });
  return { prepared, head, scenarios: all.filter(({ id }) => id % shard.of === shard.index - 1) };
}

export function documentOf({ head }: Sweep, results: readonly ScenarioResult[]): SweepDocument {
  return { ...head, results: [...results] };
}
