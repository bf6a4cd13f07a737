/**
 * Worker threads that run scenarios. A thread that dies takes no result with it: what it had is tried again one
 * scenario at a time, and the one that kills its thread alone is reported as an error of its own.
 */
import { Worker } from 'node:worker_threads';
import { namesOf } from './failure.ts';
import type { Scenario } from './scenario.ts';
import type { Prepared, ScenarioResult, Study } from './study.ts';
import { MARK } from './thread.ts';
import type { Task } from './thread.ts';

interface Thread {
  readonly worker: Worker;
  /** The one it has prepared. */
  study: Study | null;
}

/** A thread has ended with a task in hand. */
class ThreadDied extends Error {}

export class Threads {
  private readonly entry: URL;
  private idle: Thread[] = [];
  private readonly all = new Set<Thread>();
  private isClosed = false;

  /** `entry`: the file that threads are started with, which calls `serve` of thread.ts. */
  constructor(entry: URL) {
    this.entry = entry;
  }

  /** Runs the scenarios on a thread that is idle, or on a new one. */
  async run(prepared: Prepared, scenarios: readonly Scenario[]): Promise<readonly ScenarioResult[]> {
    try {
      return await this.runOnce(prepared.study, scenarios);
    } catch (error) {
      if (!(error instanceof ThreadDied) || this.isClosed) throw error;
      const [only] = scenarios;
      if (only !== undefined && scenarios.length === 1) return [resultOfDeath(prepared, only, error)];
      const results: ScenarioResult[] = [];
      for (const one of scenarios) results.push(...(await this.run(prepared, [one])));
      return results;
    }
  }

  /** Ends them all, whatever they do; who waits for results has them refused. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.all].map(({ worker }) => worker.terminate()));
  }

  private async runOnce(study: Study, scenarios: readonly Scenario[]): Promise<readonly ScenarioResult[]> {
    const thread = this.idle.pop() ?? this.start();
    const task: Task = { study: thread.study === study ? null : study, scenarios };
    thread.study = study;
    const { worker } = thread;
    const results = await new Promise<readonly ScenarioResult[]>((resolve, reject) => {
      const die = (why: string): void => {
        this.all.delete(thread);
        this.idle = this.idle.filter((one) => one !== thread);
        reject(new ThreadDied(why));
      };
      worker.removeAllListeners();
      worker.once('message', resolve);
      worker.once('error', (error: Error) => die(error.message));
      worker.once('exit', (code) => die(`exit code ${code}`));
      worker.postMessage(task);
    });
    this.idle.push(thread);
    return results;
  }

  private start(): Thread {
    const worker = new Worker(this.entry, { workerData: MARK });
    const thread: Thread = { worker, study: null };
    this.all.add(thread);
    return thread;
  }
}

function resultOfDeath({ topology }: Prepared, scenario: Scenario, { message }: Error): ScenarioResult {
  return {
    scenario: scenario.id,
    seed: scenario.seed,
    failed: namesOf(topology, scenario),
    error: `the thread that ran it has died: ${message}`,
    cutOff: [],
    notAsked: [],
    partitioned: [],
    broken: [],
  };
}
