/** `wirelab sweep`: what of a topology's expectations still holds when links, nodes or luck fail. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { LabError } from '../lab/lab-error.ts';
import { formatDocument } from '../sweep/document.ts';
import type { SweepDocument } from '../sweep/document.ts';
import { runOnQueue } from '../sweep/queue.ts';
import { formatReport, verdictOf } from '../sweep/report.ts';
import { runHere, runOnThreads } from '../sweep/run.ts';
import type { ScenarioResult } from '../sweep/study.ts';
import { documentOf, planSweep } from '../sweep/sweep.ts';
import type { Sweep } from '../sweep/sweep.ts';
import { seed, wholeNumber } from './arguments.ts';
import { LineWriter, printError } from './output.ts';
import { writeText } from './plan-options.ts';
import { startProgress } from './progress.ts';
import { Exit, readTopologyText } from './run-lab.ts';

export interface ReportOptions {
  readonly format: 'table' | 'json';
  readonly output?: string;
  readonly allowPartition?: boolean;
}

interface SweepOptions extends ReportOptions {
  readonly fail: readonly string[];
  readonly seeds: number;
  readonly seed?: number;
  readonly sample?: number;
  readonly expect: 'file' | 'all-pairs';
  readonly routes: 'recompute' | 'keep';
  readonly workers?: number;
  readonly shard: Sweep['head']['shard'];
  readonly progress?: boolean;
  readonly queue?: string;
  readonly keepJobs?: boolean;
}

/** Milliseconds: about as long as a thread takes to start. */
const ALONE = 150;

/** `thread`: the file that worker threads are started with, which is the command's own. */
export function addSweep(command: Command, exit: (status: number) => void, thread: URL): void {
  const part = command
    .command('sweep <file>')
    .description(
      'run what a topology expects again and again while links, nodes or luck fail: which failure breaks what',
    )
    .option(
      '--fail <what>',
      'what fails, each combination of it: links=1, nodes=2, links=1,routers=1; or by name, r1--r2; may be repeated',
      (text: string, earlier: string[]) => [...earlier, text],
      [],
    )
    .option('--seeds <number>', 'run each scenario with so many seeds', wholeNumber(1, 100_000), 1)
    .addOption(new Option('--seed <number>', "the first seed, in place of the file's").argParser(seed))
    .option(
      '--sample <number>',
      'of the failures, so many chosen by chance from the first seed',
      wholeNumber(1, 100_000),
    )
    .addOption(
      new Option('--expect <what>', "the file's expect:, or that all pairs of hosts and routers reach each other")
        .choices(['file', 'all-pairs'])
        .default('file'),
    )
    .addOption(
      new Option('--routes <what>', 'what becomes of shortest-paths routes: computed without what failed, or kept')
        .choices(['recompute', 'keep'])
        .default('recompute'),
    )
    .addOption(
      new Option('--workers <number>', 'threads to run on; as many as there are processors unless told').argParser(
        wholeNumber(1, 1_024),
      ),
    )
    .addOption(
      new Option(
        '--queue <url>',
        'have wirelab worker run it, here or elsewhere, over BullMQ: redis://127.0.0.1:6379/0',
      ).conflicts('workers'),
    )
    .option('--keep-jobs', 'leave the finished jobs in the queue for a day, for whoever sweeps the same again')
    .addOption(
      new Option('--shard <i/n>', 'run every n-th scenario from the i-th on, for wirelab merge')
        .argParser(shardOf)
        .default({ index: 1, of: 1 }, '1/1'),
    )
    .option('--progress', 'say on standard error how far it is, also where that is no terminal')
    .option('--no-progress', 'do not');
  addReportOptions(part).action(async (file: string, options: SweepOptions) =>
    exit(await sweep(file, options, thread)),
  );
}

/** What `merge` has, too. */
export function addReportOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'how the results are printed').choices(['table', 'json']).default('table'),
    )
    .option('-o, --output <file>', 'write the results there too, as JSON that wirelab merge takes')
    .option('--allow-partition', 'what fails because no way is left does not count for the exit status')
    .addHelpText(
      'after',
      '\nExit status: 0 everything holds in all scenarios; 1 something does not; 2 wrong usage or file, or nothing is\nexpected; 130 interrupted.',
    );
}

function shardOf(text: string): Sweep['head']['shard'] {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (index === undefined || shard.index < 1 || shard.index > shard.of) {
    throw new LabError(`--shard ${text}: write which of how many, 1/4 to 4/4`);
  }
  return shard;
}

async function sweep(file: string, options: SweepOptions, thread: URL): Promise<number> {
  const { fail, seeds, sample = null, expect, routes, shard, progress: wanted } = options;
  if (shard.of > 1 && options.output === undefined && options.format === 'table') {
    throw new LabError('--shard: results of a shard are for wirelab merge; write them with -o FILE or --format json');
  }
  const text = readTopologyText(file);
  const planned = planSweep({ text, file, expect, routes, fail, seeds, seed: options.seed ?? null, sample, shard });
  for (const { text: warning } of planned.prepared.warnings) printError(`warning: ${warning}`);
  printError(announce(planned));
  const progress = startProgress(planned.scenarios.length, 'scenarios', wanted);
  const show = (done: number): void => progress.show(done);
  try {
    const results = await run(planned, options, thread, show);
    progress.end();
    return results === null ? Exit.Interrupted : report(documentOf(planned, results), options);
  } finally {
    progress.end();
  }
}

/** Null where Ctrl-C came first. */
async function run(
  planned: Sweep,
  { queue: url, keepJobs: keep = false, ...options }: SweepOptions,
  thread: URL,
  progress: (done: number) => void,
): Promise<readonly ScenarioResult[] | null> {
  if (url !== undefined) {
    const say = (text: string): void => printError(`notice: ${text}`);
    return untilInterrupted((signal) => runOnQueue(planned, { url, keep, signal, progress, say }));
  }
  const { workers = null } = options;
  const first = runHere(planned, workers === null ? ALONE : 0, progress);
  if (first.length === planned.scenarios.length) return first;
  return untilInterrupted((signal) => runOnThreads(planned, first, { workers, entry: thread, signal, progress }));
}

/** Null where Ctrl-C came first. */
async function untilInterrupted<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await run(interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) return null;
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** `15 scenarios of 110 pairs` */
function announce({ head, scenarios }: Sweep): string {
  const { shard, questions, file } = head;
  const part = shard.of === 1 ? '' : ` of ${head.scenarios}, shard ${shard.index}/${shard.of}`;
  const what = head.options.expect === 'file' ? 'expectation' : 'pair';
  const plural = questions.length === 1 ? '' : 's';
  return `${file}: ${scenarios.length} scenarios${part}, each with ${questions.length} ${what}${plural}`;
}

/** Prints and writes the results; gives the exit status. */
export function report(document: SweepDocument, { format, output, allowPartition }: ReportOptions): number {
  const lines = format === 'json' || output !== undefined ? formatDocument(document) : [];
  if (output !== undefined) writeText(`${lines.join('\n')}\n`, output);
  const out = new LineWriter();
  for (const line of format === 'json' ? lines : formatReport(document)) out.line(line);
  out.flush();
  const { broken, partitioned } = verdictOf(document);
  return broken + (allowPartition === true ? 0 : partitioned) === 0 ? Exit.Ok : Exit.ProgramFailed;
}
