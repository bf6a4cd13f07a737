/** Running a sweep on this machine: a short one in this thread, since others take their time to start; else on several. */
import { availableParallelism } from 'node:os';
import type { Sweep } from './sweep.ts';
import type { Scenario } from './scenario.ts';
import { runScenario } from './study.ts';
import type { ScenarioResult } from './study.ts';
import { Threads } from './threads.ts';

/** Called as results come in, with how many there are. */
export type Progress = (done: number) => void;

/** In this thread, one after the other, until all are done or so many milliseconds are over. */
export function runHere({ prepared, scenarios }: Sweep, milliseconds: number, progress?: Progress): ScenarioResult[] {
  const end = performance.now() + milliseconds;
  const results: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    if (performance.now() >= end) break;
    results.push(runScenario(prepared, scenario));
    progress?.(results.length);
  }
  return results;
}

export interface ThreadOptions {
  /** How many; null: as many as the machine has processors. */
  readonly workers: number | null;
  /** The file that threads are started with; it calls `serve` of thread.ts. */
  readonly entry: URL;
  /** Ends the run before its end; the promise is then rejected with its reason. */
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/** On worker threads, what comes behind the results that there are; gives all of them. */
export async function runOnThreads(
  { prepared, scenarios }: Sweep,
  before: readonly ScenarioResult[],
  { workers, entry, signal, progress }: ThreadOptions,
): Promise<ScenarioResult[]> {
  const rest = scenarios.slice(before.length);
  const runners = workers ?? availableParallelism();
  const threads = new Threads(entry);
  const close = (): void => void threads.close();
  signal?.addEventListener('abort', close);
  let done = before.length;
  try {
    const found = await runInBatches(
      rest,
      runners,
      (batch) => threads.run(prepared, batch),
      (results) => progress?.((done += results)),
    );
    return [...before, ...found];
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', close);
    await threads.close();
  }
}

/** Milliseconds that a batch is to take: long enough to be worth the way, short enough that all end together. */
const BATCH_TIME = 200;
/** Scenarios in one, at most. */
const MAX_BATCH = 64;

/**
 * Has so many runners take batches of the scenarios until none are left; gives all results in the scenarios' order.
 * How long the last batch took says how large the next one is.
 */
export async function runInBatches(
  scenarios: readonly Scenario[],
  runners: number,
  run: (batch: readonly Scenario[]) => Promise<readonly ScenarioResult[]>,
  done: (results: number) => void,
): Promise<ScenarioResult[]> {
  const results: (readonly ScenarioResult[])[] = [];
  let next = 0;
  let fitting = 1;
  const serve = async (): Promise<void> => {
    while (next < scenarios.length) {
      const share = Math.ceil((scenarios.length - next) / (runners * 2));
      const batch = scenarios.slice(next, next + Math.min(fitting, share));
      const place = results.push([]) - 1;
      next += batch.length;
      const began = performance.now();
      results[place] = await run(batch);
      const each = (performance.now() - began) / batch.length;
      fitting = Math.max(1, Math.min(MAX_BATCH, Math.floor(BATCH_TIME / each)));
      done(batch.length);
    }
  };
  await Promise.all(Array.from({ length: runners }, serve));
  return results.flat();
}
