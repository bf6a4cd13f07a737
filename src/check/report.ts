/** What became of a topology's expectations, for people, for TAP readers and for those that read JUnit's XML. */
import type { Expectation } from '../lab/topology.ts';
import { formatSeconds } from '../sim/time.ts';
import { formatTrace } from '../trace/format.ts';
import type { ExpectationResult } from './expect.ts';

/** The results of one file. */
export interface FileReport {
  readonly file: string;
  readonly seed: number;
  /** In the file's order. */
  readonly results: readonly ExpectationResult[];
  /** The captures of the run, if it failed and they were asked for. */
  readonly captures: readonly string[];
}

/**
 * The formats of `wirelab test`, by name: each gives the lines of a report on files, without newlines. `table` is for
 * people, `tap` is TAP 14, `junit` is JUnit XML.
 */
export const REPORT_FORMATS: Readonly<Record<ReportFormat, (reports: readonly FileReport[]) => string[]>> = {
  table: formatTable,
  tap: formatTap,
  junit: formatJunit,
};
/** How `wirelab test` prints its results. */
export type ReportFormat = 'table' | 'tap' | 'junit';

const INDENT = '        ';

function formatTable(reports: readonly FileReport[]): string[] {
  const lines = reports.flatMap((report) => {
    const { file, results } = report;
    if (results.length === 0) return [`${file}: nothing is expected`, ''];
    const width = Math.max(...results.map(({ expectation }) => titleOf(expectation).length));
    const told = results.flatMap((result) => {
      const mark = result.holds ? 'ok    ' : 'FAILED';
      const line = `  ${mark} ${titleOf(result.expectation).padEnd(width)}  ${result.found}`;
      return result.holds
        ? [line]
        : [line, ...explainFailure(report, result).map((more) => `${INDENT}${more}`.trimEnd())];
    });
    return [file, ...told, ''];
  });
  const results = reports.flatMap((one) => one.results);
  const failed = results.filter(({ holds }) => !holds).length;
  const plural = results.length === 1 ? 'expectation holds' : 'expectations hold';
  return [...lines, `${results.length - failed} of ${results.length} ${plural}`];
}

/** Its name in one line: without line feeds, and without what terminals obey. */
function titleOf({ name }: Expectation): string {
  return name.replace(/[\u0000-\u0020\u007f-\u009f]+/g, ' ').trim();
}

/** What stands below a failure: the place, the packet's way, how to see it again. */
export function explainFailure(report: FileReport, result: ExpectationResult): string[] {
  const { expectation, time, looks, trace } = result;
  const { position } = expectation;
  const where = `${report.file}:${position.line}:${position.column}`;
  const times = looks === 1 ? '' : `, the last of ${looks} looks`;
  return [
    `${where} at ${formatSeconds(time)} s${times}, seed ${report.seed}`,
    ...(trace === null ? [] : ['', ...formatTrace(trace).split('\n'), '']),
    `repeat: ${repeatCommand(report)}`,
    ...report.captures.map((path) => `packets: ${path}`),
  ];
}

/** The command that shows the same again. */
export function repeatCommand({ file, seed }: Pick<FileReport, 'file' | 'seed'>): string {
  const word = /^[\w./+-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
  return `wirelab test ${word} --seed ${seed}`;
}

/** Test Anything Protocol, version 14, with a YAML block for what fails. */
function formatTap(reports: readonly FileReport[]): string[] {
  const all = reports.flatMap((report) => report.results.map((result) => ({ report, result })));
  const lines = all.flatMap(({ report, result }, i) => {
    const { holds, found, expectation } = result;
    const title = `${i + 1} - ${escapeTap(`${report.file}: ${titleOf(expectation)}`)}`;
    if (holds) return [`ok ${title}`];
    const { line, column } = expectation.position;
    const captures = report.captures.length === 0 ? [] : [`  captures: ${JSON.stringify(report.captures)}`];
    return [
      `not ok ${title}`,
      '  ---',
      `  message: ${JSON.stringify(found)}`,
      `  at: ${JSON.stringify({ file: report.file, line, column })}`,
      `  seed: ${report.seed}`,
      `  repeat: ${JSON.stringify(repeatCommand(report))}`,
      ...captures,
      ...(result.trace === null ? [] : ['  trace: |', ...indent(formatTrace(result.trace), '    ')]),
      '  ...',
    ];
  });
  return ['TAP version 14', `1..${all.length}`, ...lines];
}

/** A # begins a directive. */
function escapeTap(text: string): string {
  return text.replace(/[\\#]/g, '\\$&');
}

function indent(text: string, by: string): string[] {
  return text.split('\n').map((line) => `${by}${line}`.trimEnd());
}

/** Times are the lab's. */
function formatJunit(reports: readonly FileReport[]): string[] {
  const suites = reports.flatMap((report) => {
    const { file, results } = report;
    const failures = results.filter(({ holds }) => !holds).length;
    const cases = results.flatMap((result) => {
      const { expectation, holds, found, time } = result;
      const { line } = expectation.position;
      const head = `    <testcase name="${xml(titleOf(expectation))}" classname="${xml(file)}" file="${xml(file)}" line="${line}" time="${formatSeconds(time)}"`;
      if (holds) return [`${head}/>`];
      const told = explainFailure(report, result).join('\n');
      return [`${head}>`, `      <failure message="${xml(found)}">${xml(told)}</failure>`, '    </testcase>'];
    });
    return [
      `  <testsuite name="${xml(file)}" tests="${results.length}" failures="${failures}" errors="0" skipped="0">`,
      `    <properties><property name="seed" value="${report.seed}"/></properties>`,
      ...cases,
      '  </testsuite>',
    ];
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>'];
}

/** Characters that XML 1.0 §2.2 has no place for are left out. */
function xml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"]/g, (one) => entities[one]!);
}
