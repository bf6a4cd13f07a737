/**
 * What a sweep has found, as a file: all of it, or one shard's part, which `merge` joins with the others. A line for
 * each question and each scenario, keys in one order, nothing of the machine or the hour: the same sweep is the same
 * bytes, whichever way it was run.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { LabError } from '../lab/lab-error.ts';
import type { ScenarioResult } from './study.ts';

/** The version of this package, which results of different versions are told apart by. */
export const VERSION = '0.1.0';
/** Of the file's structure. */
const FORMAT = 'wirelab sweep 1';

const count = z.int().nonnegative();
const places = z.array(count);

export const scenarioResultSchema: z.ZodType<ScenarioResult> = z.strictObject({
  scenario: count,
  seed: count,
  failed: z.array(z.string()),
  error: z.string().nullable(),
  cutOff: z.array(z.array(z.string())),
  notAsked: places,
  partitioned: places,
  broken: z.array(z.strictObject({ question: count, because: z.string().nullable(), found: z.string() })),
});

const optionsSchema = z.strictObject({
  fail: z.array(z.string()),
  /** The first and how many. */
  seeds: z.tuple([count, count.min(1)]),
  sample: count.nullable(),
  expect: z.enum(['file', 'all-pairs']),
  routes: z.enum(['recompute', 'keep']),
});

const documentSchema = z.strictObject({
  format: z.literal(FORMAT),
  wirelab: z.string(),
  file: z.string(),
  /** SHA-256 of the topology file's text. */
  topology: z.string().regex(/^[0-9a-f]{64}$/),
  options: optionsSchema,
  /** Of how many shards this is which; 1 of 1 is the whole. */
  shard: z.strictObject({ index: count.min(1), of: count.min(1) }),
  /** In all shards together. */
  scenarios: count.min(1),
  questions: z.array(z.string()).min(1),
  /** Of the shard: every `of`-th scenario, from `index` - 1 on. */
  results: z.array(scenarioResultSchema),
});

export type SweepOptions = z.infer<typeof optionsSchema>;
export type SweepDocument = z.infer<typeof documentSchema>;

export function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Everything but the results. */
export function headOf(head: Omit<SweepDocument, 'format' | 'wirelab' | 'results'>): Omit<SweepDocument, 'results'> {
  const { file, topology, options, shard, scenarios, questions } = head;
  return { format: FORMAT, wirelab: VERSION, file, topology, options, shard, scenarios, questions };
}

export function formatDocument(document: SweepDocument): string[] {
  const { format, wirelab, file, topology, options, shard, scenarios, questions, results } = document;
  const { fail, seeds, sample, expect, routes } = options;
  const head = {
    format,
    wirelab,
    file,
    topology,
    options: { fail, seeds, sample, expect, routes },
    shard: { index: shard.index, of: shard.of },
    scenarios,
  };
  return [
    '{',
    ...Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`),
    '"questions":[',
    ...listed(questions),
    '],',
    '"results":[',
    ...listed(results.map(canonical)),
    ']',
    '}',
  ];
}

function listed(items: readonly unknown[]): string[] {
  return items.map((item, i) => `${JSON.stringify(item)}${i === items.length - 1 ? '' : ','}`);
}

function canonical(result: ScenarioResult): ScenarioResult {
  const { scenario, seed, failed, error, cutOff, notAsked, partitioned, broken } = result;
  return {
    scenario,
    seed,
    failed,
    error,
    cutOff,
    notAsked,
    partitioned,
    broken: broken.map(({ question, because, found }) => ({ question, because, found })),
  };
}

/** Reads what `formatDocument` wrote; a LabError says what is wrong with it. */
export function readDocument(text: string, path: string): SweepDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LabError(`${path}: is no JSON; give the files that wirelab sweep --shard … -o has written, whole`);
  }
  const parsed = documentSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') ?? '';
    const what = `${where === '' ? '' : `${where}: `}${issue?.message ?? 'wrong'}`;
    throw new LabError(`${path}: is no result of wirelab sweep, or of another version's: ${what}`);
  }
  checkPlaces(parsed.data, path);
  return parsed.data;
}

/** The scenarios are the shard's, and every question is one of the list. */
function checkPlaces({ shard, scenarios, questions, results }: SweepDocument, path: string): void {
  const expected = scenariosOf(shard, scenarios);
  if (shard.index > shard.of) throw new LabError(`${path}: there is no shard ${shard.index} of ${shard.of}`);
  const isShard =
    results.length === expected && results.every(({ scenario }, i) => scenario === i * shard.of + shard.index - 1);
  if (!isShard) {
    throw new LabError(
      `${path}: shard ${shard.index}/${shard.of} of ${scenarios} scenarios has ${expected} of them, which are not what is there`,
    );
  }
  const isKnown = (place: number): boolean => place < questions.length;
  for (const { scenario, notAsked, partitioned, broken } of results) {
    if ([...notAsked, ...partitioned, ...broken.map((one) => one.question)].every(isKnown)) continue;
    throw new LabError(`${path}: scenario ${scenario} answers a question that is not in the list`);
  }
}

function scenariosOf({ index, of }: SweepDocument['shard'], scenarios: number): number {
  return Math.max(0, Math.ceil((scenarios - index + 1) / of));
}

/** Joins the shards of one sweep to the whole; a LabError says which do not belong together, or is missing. */
export function mergeDocuments(
  documents: readonly { readonly path: string; readonly document: SweepDocument }[],
): SweepDocument {
  const [first] = documents;
  if (first === undefined) throw new LabError('nothing to merge; give the files of all shards');
  const { shard } = first.document;
  const byIndex = new Map<number, string>();
  for (const { path, document } of documents) {
    const difference = differenceOf(first.document, document);
    if (difference !== null) throw new LabError(`${path}: is of another sweep than ${first.path}: ${difference}`);
    const other = byIndex.get(document.shard.index);
    if (other !== undefined) {
      throw new LabError(`${path}: is shard ${document.shard.index}/${shard.of}, which ${other} is already`);
    }
    byIndex.set(document.shard.index, path);
  }
  const missing = Array.from({ length: shard.of }, (_, i) => i + 1).filter((index) => !byIndex.has(index));
  if (missing.length > 0) {
    const which = missing.map((index) => `${index}/${shard.of}`).join(', ');
    throw new LabError(`shards are missing: ${which}; run them with --shard, each with -o a file of its own`);
  }
  const results = documents.flatMap(({ document }) => document.results).sort((a, b) => a.scenario - b.scenario);
  // The file may be called differently elsewhere; it is the same text.
  const { file } = documents.find(({ document }) => document.shard.index === 1)!.document;
  return { ...first.document, file, shard: { index: 1, of: 1 }, results };
}

/** In what two documents differ that must be the same in all shards. */
function differenceOf(a: SweepDocument, b: SweepDocument): string | null {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['wirelab', a.wirelab, b.wirelab],
    ['topology', a.topology, b.topology],
    ...(Object.keys(a.options) as (keyof SweepOptions)[]).map(
      (key) => [`--${key}`, a.options[key], b.options[key]] as const,
    ),
    ['shards', a.shard.of, b.shard.of],
    ['scenarios', a.scenarios, b.scenarios],
    ['questions', a.questions, b.questions],
  ];
  for (const [what, one, other] of pairs) {
    const [mine, theirs] = [JSON.stringify(one), JSON.stringify(other)];
    if (mine !== theirs) return what === 'questions' ? 'they ask other questions' : `${what} is ${theirs}, not ${mine}`;
  }
  return null;
}
