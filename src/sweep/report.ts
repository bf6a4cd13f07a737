/** What a sweep has found, for people: which failures break what, and what is broken by which failures. */
import type { SweepDocument } from './document.ts';
import type { ScenarioResult } from './study.ts';

/** What became of a sweep in numbers of scenarios. */
export interface Verdict {
  readonly scenarios: number;
  /** Something does not hold though a way is left, or the run ended in an error. */
  readonly broken: number;
  /** Something does not hold, and only because no way is left. */
  readonly partitioned: number;
}

export function verdictOf({ results }: SweepDocument): Verdict {
  const broken = results.filter(isBroken).length;
  const partitioned = results.filter((one) => !isBroken(one) && one.partitioned.length > 0).length;
  return { scenarios: results.length, broken, partitioned };
}

function isBroken({ broken, error }: ScenarioResult): boolean {
  return broken.length > 0 || error !== null;
}

/** Lines about one failure, and about all. */
const MAX_LISTED = 8;
const MAX_QUESTIONS = 20;
/** Failures or seeds that one line names. */
const MAX_NAMED = 4;

const NOTHING_FAILED = 'nothing failed';

export function formatReport(document: SweepDocument): string[] {
  const { file, questions, options, shard } = document;
  const part = shard.of === 1 ? '' : `, shard ${shard.index}/${shard.of}`;
  const { scenarios, broken, partitioned } = verdictOf(document);
  const what = options.expect === 'file' ? 'expectation' : 'pair';
  const verdict = [
    `${scenarios - broken - partitioned} of ${plural(scenarios, 'scenario')} hold`,
    ...(broken === 0 ? [] : [`${broken} fail${broken === 1 ? 's' : ''} though a way is left`]),
    ...(partitioned === 0 ? [] : [`${partitioned} leave${partitioned === 1 ? 's' : ''} no way`]),
  ];
  return [
    `${file}: ${plural(questions.length, what)} in ${plural(scenarios, 'scenario')}${part}`,
    '',
    ...byFailure(document),
    ...byQuestion(document),
    verdict.join('; '),
  ];
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

// By failure.

/** A paragraph for each failure that anything comes of. */
function byFailure(document: SweepDocument): string[] {
  const before = beforeFailing(document);
  return groupsOf(document).flatMap(({ failed, results }) => {
    const lines = linesOf(document, results, failed.length === 0 ? new Map() : before);
    return lines.length === 0 ? [] : [`${titleOf(failed)}:`, ...lines.map((line) => `  ${line}`), ''];
  });
}

/** By seed, what does not hold with nothing failed; no failure is the cause of that. */
function beforeFailing({ results }: Pick<SweepDocument, 'results'>): Map<number, ReadonlySet<number>> {
  const nothingFailed = results.filter(({ failed }) => failed.length === 0);
  return new Map(nothingFailed.map(({ seed, broken }) => [seed, new Set(broken.map(({ question }) => question))]));
}

interface Group {
  readonly failed: readonly string[];
  /** One for each seed. */
  readonly results: readonly ScenarioResult[];
}

function groupsOf({ results }: SweepDocument): Group[] {
  const groups = new Map<string, ScenarioResult[]>();
  for (const result of results) {
    const key = JSON.stringify(result.failed);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  return [...groups.values()].map((group) => ({ failed: group[0]!.failed, results: group }));
}

function titleOf(failed: readonly string[]): string {
  return failed.length === 0 ? `with ${NOTHING_FAILED}` : `without ${failed.join(' and ')}`;
}

/** What does not hold in one group, and how it fails. */
interface Failing {
  readonly question: number;
  readonly found: string;
  readonly seeds: number[];
}

function linesOf(
  document: SweepDocument,
  results: readonly ScenarioResult[],
  before: ReadonlyMap<number, ReadonlySet<number>>,
): string[] {
  const errors = results.flatMap(({ error, seed }) => (error === null ? [] : [{ error, seed }]));
  const failing = new Map<number, Failing>();
  const failingBefore = new Set<number>();
  const partitioned = new Set<number>();
  for (const result of results) {
    for (const place of result.partitioned) partitioned.add(place);
    for (const { question, found } of result.broken) {
      if (before.get(result.seed)?.has(question) === true) {
        failingBefore.add(question);
        continue;
      }
      const known = failing.get(question);
      if (known === undefined) failing.set(question, { question, found, seeds: [result.seed] });
      else known.seeds.push(result.seed);
    }
  }
  const inOrder = [...failing.values()].sort((a, b) => a.question - b.question);
  const noWay = [...partitioned].sort((a, b) => a - b);
  const [{ error = '' } = {}] = errors;
  const [{ cutOff = [] } = {}] = results;
  return [
    ...(errors.length === 0
      ? []
      : [
          `ERROR    ${error}${inSeeds(
            document,
            results,
            errors.map(({ seed }) => seed),
          )}`,
        ]),
    ...shorten(failureLines(document, results, inOrder), 'FAILED'),
    ...(failingBefore.size === 0 ? [] : [`FAILED   ${failingBefore.size} that fail with nothing failed, too`]),
    ...(noWay.length === 0 || cutOff.length === 0
      ? []
      : [`cut off  ${cutOff.map((part) => part.join(', ')).join('; ')}`]),
    ...noWayLines(document, noWay),
  ];
}

/** A line for each expectation; of pairs, one for each reason. */
function failureLines(
  { questions, options }: SweepDocument,
  results: readonly ScenarioResult[],
  failing: readonly Failing[],
): string[] {
  if (options.expect === 'all-pairs') {
    const byReason = new Map<string, Failing[]>();
    for (const one of failing) {
      const key = `${inShort(one.found)}${inSeeds({ options }, results, one.seeds)}`;
      const same = byReason.get(key);
      if (same === undefined) byReason.set(key, [one]);
      else same.push(one);
    }
    return [...byReason].map(([reason, same]) => {
      const pairs = named(
        same.map(({ question }) => pairOf(questions[question]!)),
        ', ',
      );
      return `FAILED   ${pairs}: ${reason}`;
    });
  }
  const width = Math.max(0, ...failing.slice(0, MAX_LISTED).map(({ question }) => questions[question]!.length));
  return failing.map(
    ({ question, found, seeds }) =>
      `FAILED   ${questions[question]!.padEnd(width)}  ${found}${inSeeds({ options }, results, seeds)}`,
  );
}

/** Where it ends and why; what differs from pair to pair, such as times and addresses, would keep them apart. */
function inShort(found: string): string {
  const [, arrives = '', rest = ''] = /^(.* has it after [\d.]+ ms; )?(.*)$/s.exec(found) ?? [];
  const [first = ''] = rest.split('; ');
  const place = first.replace(/ sends nothing to [\d.]+:/, ' sends nothing:');
  return arrives === '' ? place : `it arrives; ${place}`;
}

/** `reach h1 -> h2`, where nothing else is asked. */
function pairOf(question: string): string {
  return question.replace(/^reach /, '');
}

function noWayLines({ questions, options }: SweepDocument, noWay: readonly number[]): string[] {
  if (options.expect === 'all-pairs') return noWay.length === 0 ? [] : [`no way   ${plural(noWay.length, 'pair')}`];
  return shorten(
    noWay.map((question) => `no way   ${questions[question]!}`),
    'no way',
  );
}

function shorten(lines: readonly string[], mark: string): string[] {
  if (lines.length <= MAX_LISTED) return [...lines];
  return [...lines.slice(0, MAX_LISTED), `${mark.padEnd(9)}and ${lines.length - MAX_LISTED} more`];
}

/** Where there are several seeds: with which it was so. */
function inSeeds(
  { options }: Pick<SweepDocument, 'options'>,
  results: readonly ScenarioResult[],
  seeds: readonly number[],
): string {
  if (options.seeds[1] === 1) return '';
  if (seeds.length === results.length) return ' (with every seed)';
  return ` (with ${seeds.length} of ${plural(results.length, 'seed')}: ${named(seeds.map(String), ', ')})`;
}

function named(names: readonly string[], between: string): string {
  const rest = names.length - MAX_NAMED;
  return `${names.slice(0, MAX_NAMED).join(between)}${rest > 0 ? `${between}and ${rest} more` : ''}`;
}

// By question.

interface Tally {
  readonly question: string;
  readonly fails: number;
  readonly noWay: number;
  readonly notAsked: number;
  /** The failures without which it would hold, first those that leave a way. */
  readonly by: readonly string[];
}

/** A table of what does not always hold. */
function byQuestion({ questions, results, options }: SweepDocument): string[] {
  const tallies = questions.map((question) => ({
    question: options.expect === 'file' ? question : pairOf(question),
    fails: 0,
    noWay: 0,
    notAsked: 0,
    failing: new Set<string>(),
    cutting: new Set<string>(),
  }));
  for (const { failed, broken, partitioned, notAsked } of results) {
    const by = failed.length === 0 ? NOTHING_FAILED : failed.join(' and ');
    for (const { question } of broken) {
      tallies[question]!.fails++;
      tallies[question]!.failing.add(by);
    }
    for (const question of partitioned) {
      tallies[question]!.noWay++;
      tallies[question]!.cutting.add(by);
    }
    for (const question of notAsked) tallies[question]!.notAsked++;
  }
  const failing = tallies
    // Pairs that have no way are told by who is cut off.
    .filter(({ fails, noWay }) => fails + (options.expect === 'file' ? noWay : 0) > 0)
    .map(({ failing, cutting, ...counts }): Tally => {
      // What fails from the start is broken by nothing else.
      const by = failing.has(NOTHING_FAILED) ? [NOTHING_FAILED] : [...failing, ...cutting];
      return { ...counts, by };
    })
    .sort((a, b) => b.fails - a.fails || b.noWay - a.noWay);
  if (failing.length === 0) return [];
  const rows = failing.slice(0, MAX_QUESTIONS);
  const head = options.expect === 'file' ? 'expectation' : 'pair';
  const width = Math.max(head.length, ...rows.map(({ question }) => question.length));
  const line = (name: string, fails: string, noWay: string, notAsked: string, by: string): string =>
    `${name.padEnd(width)}  ${fails.padStart(6)}  ${noWay.padStart(6)}  ${notAsked.padStart(9)}  ${by}`;
  const rest = failing.length - rows.length;
  return [
    line(head, 'FAILED', 'no way', 'not asked', 'by'),
    ...rows.map(({ question, fails, noWay, notAsked, by }) =>
      line(question, String(fails), String(noWay), String(notAsked), named(by, ', ')),
    ),
    ...(rest > 0 ? [`and ${rest} more that do not always hold; --format json has them all`] : []),
    '',
  ];
}
