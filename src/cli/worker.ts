/** `wirelab worker`: runs what `wirelab sweep --queue` puts into a queue, until it is told to end. */
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import type { Command } from 'commander';
import { work } from '../sweep/queue-worker.ts';
import { wholeNumber } from './arguments.ts';
import { printError } from './output.ts';
import { Exit } from './run-lab.ts';

interface WorkerOptions {
  readonly queue: string;
  readonly workers?: number;
}

export function addWorker(command: Command, thread: URL): void {
  command
    .command('worker')
    .description('run scenarios of wirelab sweep --queue, until Ctrl-C; any number of workers, on any machines')
    .requiredOption('--queue <url>', 'where the jobs are, as for the sweep: redis://127.0.0.1:6379/0')
    .addOption(
      new Option('--workers <number>', 'threads to run on; as many as there are processors unless told').argParser(
        wholeNumber(1, 1_024),
      ),
    )
    .addHelpText(
      'after',
      '\nIt says "ready" on standard error when it is. By Ctrl-C or SIGTERM it ends after the jobs in hand, by a\nsecond one at once.\n\nExit status: 0 ended as it was told; 2 wrong usage, or no queue there.',
    )
    .action(async ({ queue, workers }: WorkerOptions) => worker(queue, workers, thread));
}

async function worker(url: string, workers = availableParallelism(), entry: URL): Promise<never> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const interrupt = (): void => {
    // From now on these signals do what they do to any program.
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    printError('ending after the jobs in hand; once more ends it at once');
    interruption.abort();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let jobs = 0;
  let scenarios = 0;
  const done = (count: number): void => {
    jobs++;
    scenarios += count;
  };
  try {
    await work({ url, workers, entry, signal, say: printError, done });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  printError(`${scenarios} scenarios in ${jobs} jobs`);
  // A connection that was lost would go on trying.
  process.exit(Exit.Ok);
}
