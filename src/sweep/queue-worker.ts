/** A worker for sweeps over BullMQ: takes jobs of any sweep, and runs their scenarios on threads. */
import { hashOf } from './document.ts';
import { keyOf, QUEUE, readJob } from './job.ts';
import type { JobData } from './job.ts';
import { atMost, connect, GOODBYE, readAddress } from './redis.ts';
import type { Connection, Job } from './redis.ts';
import { prepare } from './study.ts';
import type { Prepared, ScenarioResult } from './study.ts';
import { Threads } from './threads.ts';

/** Milliseconds a worker's hold on a job lasts unless it renews it, and between two looks for jobs that nobody holds. */
const LOCK = 10_000;
const STALLED = 5_000;
/** How many workers may die over a job before it counts as failed. */
const MAX_DEATHS = 3;

export interface WorkerOptions {
  readonly url: string;
  readonly workers: number;
  /** The file that threads are started with; it calls `serve` of thread.ts. */
  readonly entry: URL;
  /** Ends it, after the jobs that it has begun. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Called after each job with how many scenarios it had. */
  readonly done: (scenarios: number) => void;
}

/** Works on the jobs of all sweeps, as many at a time as there are threads, until the signal comes. */
export async function work({ url, workers, entry, signal, say, done }: WorkerOptions): Promise<void> {
  const connection = await connect(url, say);
  const { bullmq, redis } = connection;
  const threads = new Threads(entry);
  const studies = new Studies(connection);
  const inHand = new Set<Promise<unknown>>();
  const runJob = async (job: Job): Promise<readonly ScenarioResult[]> => {
    const data = readJob(job.data);
    const prepared = await studies.find(data);
    checkScenarios(prepared, data);
    const results = await threads.run(prepared, data.scenarios);
    done(results.length);
    return results;
  };
  const run = async (job: Job): Promise<readonly ScenarioResult[]> => {
    const running = runJob(job);
    inHand.add(running);
    try {
      return await running;
    } finally {
      inHand.delete(running);
    }
  };
  const worker = new bullmq.Worker(QUEUE, run, {
    connection: redis,
    concurrency: workers,
    lockDuration: LOCK,
    stalledInterval: STALLED,
    maxStalledCount: MAX_DEATHS,
  });
  worker.on('error', () => undefined);
  try {
    await worker.waitUntilReady();
    say(`ready: ${workers} thread${workers === 1 ? '' : 's'}, at ${readAddress(url)}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
  } finally {
    const closed = worker.close();
    await Promise.allSettled(inHand);
    // Where the server has gone, nobody waits for it.
    await atMost(GOODBYE, closed);
    await threads.close();
    redis.disconnect();
  }
}

function checkScenarios({ topology }: Prepared, { scenarios }: JobData): void {
  const isThere = (place: number, things: readonly unknown[]): boolean => place < things.length;
  for (const { id, links, nodes } of scenarios) {
    if (links.every((one) => isThere(one, topology.links)) && nodes.every((one) => isThere(one, topology.nodes)))
      continue;
    throw new Error(`the job is none of wirelab sweep: scenario ${id} fails what the topology does not have`);
  }
}

/** The last study that was asked for, prepared. */
class Studies {
  private readonly connection: Connection;
  private last: Prepared | null = null;
  private key = '';

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async find({ topology, file, expect, routes }: JobData): Promise<Prepared> {
    const key = JSON.stringify([topology, file, expect, routes]);
    if (this.last === null || this.key !== key) {
      const text = await this.connection.redis.get(keyOf(topology));
      if (text === null) throw new Error(`the topology ${topology.slice(0, 12)}… is no longer there: sweep again`);
      if (hashOf(text) !== topology)
        throw new Error(`the topology ${topology.slice(0, 12)}… is another one than its hash says`);
      this.last = prepare({ text, file, expect, routes });
      this.key = key;
    }
    return this.last;
  }
}
