/**
 * A sweep over BullMQ, for whoever wants the results: puts its jobs into the queue, where any number of workers take
 * them (queue-worker.ts), and gathers what they find.
 */
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { LabError } from '../lab/lab-error.ts';
import { scenarioResultSchema } from './document.ts';
import { idOf, jobsOf, keyOf, QUEUE } from './job.ts';
import type { JobData } from './job.ts';
import { atMost, connect, GOODBYE, readAddress } from './redis.ts';
import type { Queue } from './redis.ts';
import type { Progress } from './run.ts';
import type { ScenarioResult } from './study.ts';
import type { Sweep } from './sweep.ts';

/** Seconds that jobs and topologies are kept where nobody takes them away. */
const KEPT = 24 * 3_600;
/** Milliseconds between two looks at all that is outstanding; most is told at once by events. */
const LOOK = 2_000;
/** Looks after which the topology is put there anew, about an hour. */
const LOOKS_FRESH = 1_800;
/** Looks without a worker until that is said. */
const LOOKS_ALONE = 2;

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
  const jobs = jobsOf(study, head.topology, scenarios).map((data, place) => [idOf(data), { data, place }] as const);
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
