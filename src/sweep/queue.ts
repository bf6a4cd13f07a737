/**
 * A sweep over BullMQ: batches of scenarios are jobs, and any number of `wirelab worker`, anywhere, works on them. A
 * job's id is the hash of all that its results follow from, so that whoever asks for the same again finds it begun or
 * done, and a job that is run twice does no harm. The topology itself is kept once, under its hash.
 */
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { LabError } from '../lab/lab-error.ts';
import { hashOf, scenarioResultSchema, VERSION } from './document.ts';
import { connect, readAddress } from './redis.ts';
import type { Connection, Job, Queue } from './redis.ts';
import type { Scenario } from './scenario.ts';
import { prepare } from './study.ts';
import type { Prepared, ScenarioResult, Study } from './study.ts';
import type { Sweep } from './sweep.ts';
import type { Progress } from './run.ts';
import { Threads } from './threads.ts';

const QUEUE = 'wirelab-sweep';
/** Of what is in a job and what its results mean; a change of it changes the ids. */
const FORMAT = 1;

const count = z.int().nonnegative();

/** What a worker is told. It may come from anybody who can write to the Redis server. */
const jobSchema = z.strictObject({
  format: count,
  wirelab: z.string(),
  topology: z.string().regex(/^[0-9a-f]{64}$/),
  file: z.string(),
  expect: z.enum(['file', 'all-pairs']),
  routes: z.enum(['recompute', 'keep']),
  scenarios: z
    .array(z.strictObject({ id: count, seed: count, links: z.array(count), nodes: z.array(count) }))
    .min(1)
    .max(10_000),
});
type JobData = z.infer<typeof jobSchema>;

/** Scenarios in a job: few enough that many workers have some, enough to be worth the way. The same everywhere. */
const MAX_BATCH = 32;
const MANY_JOBS = 64;

/** Seconds that jobs and topologies are kept where nobody takes them away. */
const KEPT = 24 * 3_600;
/** Milliseconds between two looks at all that is outstanding; most is told at once by events. */
const LOOK = 2_000;
/** Milliseconds that the end may take. */
const GOODBYE = 5_000;
/** Looks after which the topology is put there anew, about an hour. */
const LOOKS_FRESH = 1_800;
/** Looks without a worker until that is said. */
const LOOKS_ALONE = 2;
/** Milliseconds a worker's hold on a job lasts unless it renews it, and between two looks for jobs that nobody holds. */
const LOCK = 10_000;
const STALLED = 5_000;
/** How many workers may die over a job before it counts as failed. */
const MAX_DEATHS = 3;

// The sweep.

export interface QueueOptions {
  readonly url: string;
  /** Leave the finished jobs there, for whoever asks for the same again within a day. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly say: (text: string) => void;
}

/** A batch and the job that stands for it. */
interface Outstanding {
  readonly data: JobData;
  /** Where its results belong. */
  readonly place: number;
}

/** Has the scenarios run by workers; gives all results in their order. Rejects with the signal's reason if interrupted. */
export async function runOnQueue(
  { prepared, head, scenarios }: Sweep,
  options: QueueOptions,
): Promise<ScenarioResult[]> {
  const { url, keep, signal, say } = options;
  if (scenarios.length === 0) return [];
  const { study } = prepared;
  const connection = await connect(url, say);
  const { bullmq, redis } = connection;
  const queue = new bullmq.Queue(QUEUE, { connection: redis });
  const events = new bullmq.QueueEvents(QUEUE, { connection: redis });
  // What is wrong with the connection is said by connect.
  queue.on('error', () => undefined);
  events.on('error', () => undefined);
  const jobs = batches(scenarios).map((batch, place) => jobOf(study, head.topology, batch, place));
  try {
    const share = (): Promise<unknown> => redis.set(keyOf(head.topology), study.text, 'EX', KEPT);
    const collector = new Collector(queue, jobs, share, options);
    events.on('completed', ({ jobId }) => collector.look(jobId));
    events.on('failed', ({ jobId }) => collector.look(jobId));
    await events.waitUntilReady();
    return await collector.collect(signal);
  } finally {
    // Where the server has gone, nobody waits for it.
    await atMost(GOODBYE, removeJobs(queue, jobs, keep));
    await atMost(GOODBYE, Promise.allSettled([events.close(), queue.close()]));
    redis.disconnect();
  }
}

async function atMost(milliseconds: number, what: Promise<unknown>): Promise<void> {
  await Promise.race([what, setTimeout(milliseconds, undefined, { ref: false })]);
}

function batches(scenarios: readonly Scenario[]): Scenario[][] {
  const size = Math.min(MAX_BATCH, Math.ceil(scenarios.length / MANY_JOBS));
  return Array.from({ length: Math.ceil(scenarios.length / size) }, (_, i) =>
    scenarios.slice(i * size, (i + 1) * size),
  );
}

function jobOf(
  study: Study,
  topology: string,
  batch: readonly Scenario[],
  place: number,
): readonly [string, Outstanding] {
  const { file, expect, routes } = study;
  const scenarios = batch.map(({ id, seed, links, nodes }) => ({ id, seed, links: [...links], nodes: [...nodes] }));
  const data: JobData = { format: FORMAT, wirelab: VERSION, topology, file, expect, routes, scenarios };
  return [`batch-${hashOf(JSON.stringify(data))}`, { data, place }];
}

/** Takes the jobs away, or all that are not finished. Those being worked on stay: their worker holds them. */
async function removeJobs(
  queue: Queue,
  jobs: readonly (readonly [string, Outstanding])[],
  keep: boolean,
): Promise<void> {
  const remove = async (id: string): Promise<void> => {
    const job = await queue.getJob(id);
    if (!keep || (await job?.getState()) !== 'completed') await job?.remove();
  };
  await Promise.allSettled(jobs.map(([id]) => remove(id)));
}

/** Gathers the results of jobs, and puts them into the queue where they are not, or are gone. */
class Collector {
  private readonly queue: Queue;
  private readonly share: () => Promise<unknown>;
  private readonly options: QueueOptions;
  private readonly outstanding: Map<string, Outstanding>;
  private readonly results: (readonly ScenarioResult[])[];
  private done = 0;
  private looksAlone = 0;
  private finish: () => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;

  /** `share` puts the topology to where workers look for it. */
  constructor(
    queue: Queue,
    jobs: readonly (readonly [string, Outstanding])[],
    share: () => Promise<unknown>,
    options: QueueOptions,
  ) {
    this.queue = queue;
    this.share = share;
    this.options = options;
    this.outstanding = new Map(jobs);
    this.results = jobs.map(() => []);
  }

  async collect(signal: AbortSignal): Promise<ScenarioResult[]> {
    const end = new Promise<void>((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    const interrupt = (): void => this.fail(signal.reason);
    signal.addEventListener('abort', interrupt);
    try {
      signal.throwIfAborted();
      this.keepLooking().catch(this.fail);
      await end;
    } finally {
      signal.removeEventListener('abort', interrupt);
      this.outstanding.clear();
    }
    return this.results.flat();
  }

  /** Until nothing is outstanding. */
  private async keepLooking(): Promise<void> {
    await this.forgetFailed();
    for (let looks = 0; this.outstanding.size > 0; looks++) {
      if (looks % LOOKS_FRESH === LOOKS_FRESH - 1) await this.share();
      await this.lookAtAll();
      await this.sayIfAlone();
      await setTimeout(LOOK, undefined, { ref: false });
    }
  }

  /** Takes the job's results, if they are wanted and there. */
  look(id: string): void {
    if (this.outstanding.has(id)) this.take(id).catch(this.fail);
  }

  /** What failed in an earlier sweep may do better in this one. */
  private async forgetFailed(): Promise<void> {
    await Promise.all(
      [...this.outstanding.keys()].map(async (id) => {
        const job = await this.queue.getJob(id);
        if ((await job?.getState()) === 'failed') await job?.remove();
      }),
    );
  }

  /** Whoever swept the same may have taken jobs away. */
  private async lookAtAll(): Promise<void> {
    const found = await Promise.all(
      [...this.outstanding.keys()].map(async (id) => ((await this.take(id)) ? null : id)),
    );
    const missing = found.flatMap((id) => {
      const one = id === null ? undefined : this.outstanding.get(id);
      return id === null || one === undefined ? [] : [{ id, data: one.data }];
    });
    if (missing.length === 0) return;
    await this.share();
    const keep = { age: KEPT };
    const request = ({ id, data }: (typeof missing)[number]) => ({
      name: data.file,
      data,
      opts: { jobId: id, removeOnComplete: keep, removeOnFail: keep },
    });
    await this.queue.addBulk(missing.map(request));
  }

  /** False where there is no such job. */
  private async take(id: string): Promise<boolean> {
    const state = await (await this.queue.getJob(id))?.getState();
    if (state !== 'completed' && state !== 'failed') return state !== undefined && state !== 'unknown';
    // Only now: what was got of the job before may be from before its end.
    const job = await this.queue.getJob(id);
    const one = this.outstanding.get(id);
    if (job === undefined || one === undefined) return job !== undefined;
    if (state === 'failed') {
      throw new LabError(`a worker could not run its scenarios: ${job.failedReason ?? 'no reason is given'}`);
    }
    const results = checkResults(one.data, job.returnvalue);
    if (!this.outstanding.delete(id)) return true;
    this.results[one.place] = results;
    this.done += results.length;
    this.options.progress(this.done);
    if (this.outstanding.size === 0) this.finish();
    return true;
  }

  private async sayIfAlone(): Promise<void> {
    if (this.looksAlone < 0 || (await this.queue.getWorkersCount()) > 0) return;
    if (++this.looksAlone < LOOKS_ALONE) return;
    this.looksAlone = -1;
    const address = readAddress(this.options.url);
    this.options.say(`no worker is there; start some, here or elsewhere: wirelab worker --queue ${address}`);
  }
}

function checkResults({ scenarios }: JobData, returned: unknown): ScenarioResult[] {
  const parsed = z.array(scenarioResultSchema).safeParse(returned);
  const isTheirs =
    parsed.success &&
    parsed.data.length === scenarios.length &&
    parsed.data.every((one, i) => one.scenario === scenarios[i]!.id);
  if (!isTheirs) throw new LabError('a worker gave something else than the results of its scenarios');
  return parsed.data;
}

function keyOf(topology: string): string {
  return `wirelab:topology:${topology}`;
}

// The worker.

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

/** A job's data, if it is one of ours and of this version; what is thrown is what the sweep is told. */
function readJob(data: unknown): JobData {
  const { format, wirelab } = (data ?? {}) as Partial<Record<string, unknown>>;
  if (format !== FORMAT || wirelab !== VERSION) {
    const theirs = `${String(wirelab)}, jobs of format ${String(format)}`;
    throw new Error(
      `the worker is wirelab ${VERSION}, jobs of format ${FORMAT}; the sweep is ${theirs}: run the same version`,
    );
  }
  const parsed = jobSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`the job is none of wirelab sweep: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`);
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
