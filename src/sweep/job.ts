/**
 * The jobs of a sweep over BullMQ: batches of scenarios. A job's id is the hash of all that its results follow from, so
 * that whoever asks for the same again finds it begun or done, and a job that is run twice does no harm. The topology
 * itself is kept once, under its hash.
 */
import * as z from 'zod';
import { hashOf, VERSION } from './document.ts';
import type { Scenario } from './scenario.ts';
import type { Study } from './study.ts';

export const QUEUE = 'wirelab-sweep';
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
export type JobData = z.infer<typeof jobSchema>;

/** Scenarios in a job: few enough that many workers have some, enough to be worth the way. The same everywhere. */
const MAX_BATCH = 32;
const MANY_JOBS = 64;

/** The jobs for these scenarios, in their order; `topology` is the hash of the study's text. */
export function jobsOf(study: Study, topology: string, scenarios: readonly Scenario[]): JobData[] {
  const { file, expect, routes } = study;
  const size = Math.max(1, Math.min(MAX_BATCH, Math.ceil(scenarios.length / MANY_JOBS)));
  return Array.from({ length: Math.ceil(scenarios.length / size) }, (_, i) => {
    const batch = scenarios.slice(i * size, (i + 1) * size);
    const plain = batch.map(({ id, seed, links, nodes }) => ({ id, seed, links: [...links], nodes: [...nodes] }));
    return { format: FORMAT, wirelab: VERSION, topology, file, expect, routes, scenarios: plain };
  });
}

export function idOf(job: JobData): string {
  return `batch-${hashOf(JSON.stringify(job))}`;
}

/** Where the text of a topology is, by its hash. */
export function keyOf(topology: string): string {
  return `wirelab:topology:${topology}`;
}

/** A job's data, if it is one of ours and of this version; what is thrown is what the sweep is told. */
export function readJob(data: unknown): JobData {
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
