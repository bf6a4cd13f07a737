/** `wirelab check`: what people get wrong in topologies, as text, JSON or SARIF. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { lint } from '../check/lint.ts';
import type { LintReport } from '../check/lint.ts';
import type { Finding } from '../check/lint/finding.ts';
import { countFindings, formatFinding } from '../check/lint/format.ts';
import { SEVERITIES } from '../check/lint/rules.ts';
import type { Severity } from '../check/lint/rules.ts';
import { sarifOf } from '../check/lint/sarif.ts';
import { LabError } from '../lab/lab-error.ts';
import { TopologyError } from '../lab/topology-error.ts';
import { LineWriter, printError } from './output.ts';
import { Exit, readTopologyText } from './run-lab.ts';

interface CheckOptions {
  readonly severity: Severity;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly sarif?: boolean;
}

export function addCheck(command: Command, exit: (status: number) => void): void {
  command
    .command('check <files...>')
    .description('find what is wrong in topologies: 1 if there are errors, 2 for a file that has no meaning')
    .addOption(new Option('--severity <level>', 'the least that is told').choices(SEVERITIES).default('info'))
    .option('--strict', 'exit with 1 for warnings too')
    .addOption(new Option('--json', 'print one JSON object for each finding, a line each').conflicts('sarif'))
    .option('--sarif', 'print all as SARIF 2.1.0, for code hosts')
    .action((files: string[], options: CheckOptions) => exit(check(files, options)));
}

/** Looks at all files, whatever is wrong with one of them. */
function check(files: readonly string[], options: CheckOptions): number {
  const out = new LineWriter();
  const found: Finding[] = [];
  let status: number = Exit.Ok;
  for (const file of files) {
    const report = lintFile(file);
    if (report === null) {
      status = Exit.Usage;
      continue;
    }
    const shown = report.findings.filter(({ severity }) => isAtLeast(severity, options.severity));
    found.push(...shown);
    if (options.json === true) for (const finding of shown) out.line(JSON.stringify(finding));
    else if (options.sarif !== true) print(out, file, report, shown);
  }
  if (options.sarif === true) out.line(JSON.stringify(sarifOf(found), null, 2));
  out.flush();
  const worst = options.strict === true ? 'warning' : 'error';
  const failed = found.some(({ severity }) => isAtLeast(severity, worst));
  return failed && status === Exit.Ok ? Exit.ProgramFailed : status;
}

function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least);
}

/** Null: it cannot be read, or has no meaning, and that has been said. */
function lintFile(file: string): LintReport | null {
  try {
    return lint(readTopologyText(file), { file });
  } catch (error) {
    if (!(error instanceof TopologyError || error instanceof LabError)) throw error;
    printError(error.message);
    return null;
  }
}

function print(out: LineWriter, file: string, { topology, allowed }: LintReport, shown: readonly Finding[]): void {
  for (const finding of shown) out.line(formatFinding(finding));
  const { nodes, links, programs } = topology;
  const counts = [count(nodes.length, 'node'), count(links.length, 'link'), count(programs.length, 'program')];
  const found = shown.length === 0 ? 'nothing found' : countFindings(shown);
  out.line(`${file}: ${counts.join(', ')}; ${found}${allowed === 0 ? '' : `, ${allowed} allowed`}`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
