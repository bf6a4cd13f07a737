/** `wirelab test`: runs topologies and says whether what they expect holds. */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { runExpectations } from '../check/expect.ts';
import { REPORT_FORMATS } from '../check/report.ts';
import type { FileReport, ReportFormat } from '../check/report.ts';
import type { Lab } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import { seed } from './arguments.ts';
import { FileSink, LineWriter, reasonOf } from './output.ts';
import { Exit, openFile } from './run-lab.ts';

interface TestOptions {
  readonly format: ReportFormat;
  readonly pcap?: string;
  readonly seed?: number;
}

export function addTest(command: Command, exit: (status: number) => void): void {
  command
    .command('test <files...>')
    .description('run topologies and say whether what they expect holds; what fails is explained')
    .addOption(
      new Option('--format <format>', 'how the results are printed')
        .choices(Object.keys(REPORT_FORMATS))
        .default('table' satisfies ReportFormat),
    )
    .option('--pcap <folder>', 'record the runs that fail into this folder')
    .addOption(new Option('--seed <number>', "where all chance comes from, in place of the files'").argParser(seed))
    .addHelpText(
      'after',
      '\nExit status: 0 all expectations hold; 1 one does not; 2 wrong usage or file, or nothing is expected.',
    )
    .action((files: string[], options: TestOptions) => exit(test(files, options)));
}

function test(files: readonly string[], options: TestOptions): number {
  const taken = new Set<string>();
  const reports = files.map((file) => testFile(file, options, taken));
  if (reports.every(({ results }) => results.length === 0)) {
    throw new LabError(
      `${files.join(', ')}: nothing is expected; say what must hold, such as expect: [{ reach: h1 -> h2 }]`,
    );
  }
  const out = new LineWriter();
  for (const line of REPORT_FORMATS[options.format](reports)) out.line(line);
  out.flush();
  const holds = reports.every(({ results }) => results.every((one) => one.holds));
  return holds ? Exit.Ok : Exit.ProgramFailed;
}

function testFile(file: string, options: TestOptions, taken: Set<string>): FileReport {
  let lab: Lab | null = null;
  const open = (): Lab => (lab = openFile(file, options.seed === undefined ? {} : { seed: options.seed }).lab);
  const results = runExpectations(open);
  const used = lab!.seed;
  const hasFailed = results.some(({ holds }) => !holds);
  const captures = hasFailed && options.pcap !== undefined ? record(file, options.pcap, taken, open) : [];
  return { file, seed: used, results, captures };
}

/** The same run once more, since it is the same: a file for each lab that it opens, under a name that is not taken yet. */
function record(file: string, folder: string, taken: Set<string>, open: () => Lab): string[] {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new LabError(`${folder}: cannot be made: ${reasonOf(error)}`);
  }
  const name = basename(file).replace(/\.ya?ml$/i, '');
  const sinks: FileSink[] = [];
  const paths: string[] = [];
  runExpectations(() => {
    const lab = open();
    const path = join(folder, freeName(name, taken));
    const sink = new FileSink(path);
    lab.capture({ sink });
    sink.open();
    sinks.push(sink);
    paths.push(path);
    return lab;
  });
  for (const sink of sinks) sink.close();
  return paths;
}

/** `lab.pcapng`, `lab-2.pcapng` */
function freeName(name: string, taken: Set<string>): string {
  let free = `${name}.pcapng`;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}.pcapng`;
  taken.add(free);
  return free;
}
