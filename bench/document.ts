/** What the benchmarks print, and what they write into docs/performance.md between markers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

const DOCUMENT = 'docs/performance.md';

/** Puts text in place of what lies between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function writeSection(name: string, text: string): void {
  const document = readFileSync(DOCUMENT, 'utf8');
  const begin = `<!-- ${name} -->\n`;
  const from = document.indexOf(begin);
  const to = document.indexOf(`<!-- /${name} -->`);
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no section ${name}`);
  writeFileSync(DOCUMENT, `${document.slice(0, from + begin.length)}\n${text}\n\n${document.slice(to)}`);
}

/** A Markdown table whose columns also stand in line where it is read as it is; numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isNumber = header.map((_, i) => rows.every((row) => /^[\d.,–]*$/.test(row[i] ?? '')));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (isNumber[i] === true ? (cells[i] ?? '').padStart(width) : (cells[i] ?? '').padEnd(width))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (isNumber[i] === true ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** Three digits that count, thousands set apart. */
export function formatValue(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
}

/** Where, when and how often it was measured. */
export function describeMachine(rounds: number): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const [kernel = ''] = /^\d+\.\d+/.exec(release()) ?? [];
  const how = rounds === 1 ? 'one round' : `medians of ${rounds} rounds in turn`;
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${availableParallelism()} cores of ${cpu?.model ?? 'an unknown CPU'}, ${memory} GiB, Linux ${kernel}, Node ${process.version}; ${how}.`;
}
