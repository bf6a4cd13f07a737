/**
 * The inside of a worker thread: prepares a study when it is given one, and runs scenarios of the last it was given.
 * A thread runs this file's `serve`, from whatever file it was started with; see threads.ts.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Scenario } from './scenario.ts';
import { prepare, runScenario } from './study.ts';
import type { Prepared, ScenarioResult, Study } from './study.ts';

/** What a thread of ours is given as workerData, so that the command's file knows that it is in one. */
export const MARK = 'wirelab sweep';

export interface Task {
  /** Null: the one before. */
  readonly study: Study | null;
  readonly scenarios: readonly Scenario[];
}

export function isSweepThread(): boolean {
  return !isMainThread && workerData === MARK;
}

/** Answers each task with the results of its scenarios. */
export function serve(): void {
  const port = parentPort!;
  let prepared: Prepared | null = null;
  port.on('message', ({ study, scenarios }: Task) => {
    if (study !== null) prepared = prepare(study);
    const ready = prepared!;
    port.postMessage(scenarios.map((scenario) => runScenario(ready, scenario)) satisfies ScenarioResult[]);
  });
}
