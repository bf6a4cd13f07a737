/**
 * Measures how cost grows, and puts each curve into docs/performance.md as a table and into docs/performance/ as a
 * picture: `npm run bench:growth`, or with names those curves alone.
 *
 *   --quick     one short round of the first points, shown and not written
 *   --rounds N  5 unless told
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readWords } from './command-words.ts';
import { CURVES } from './curves.ts';
import type { Curve } from './curves.ts';
import { describeMachine, formatTable, formatValue, writeSection } from './document.ts';
import { inTurn, measureAlone, median } from './in-turn.ts';
import { drawPlot } from './plot.ts';
import type { Point } from './plot.ts';

const PICTURES = 'docs/performance';
/** Of the work, for --quick. */
const QUICK = 0.01;

const words = readWords(
  CURVES.map(({ name }) => name),
  ['--quick', '--rounds'],
);
const isQuick = words.flags.has('--quick');
const rounds = isQuick ? 1 : words.rounds;

for (const curve of CURVES) {
  if (!words.names.includes(curve.name)) continue;
  const xs = isQuick ? curve.xs.slice(0, 3) : curve.xs;
  const values = inTurn(
    rounds,
    xs.map((x) => () => measureAlone([curve.name, x, isQuick ? QUICK : 1])),
  );
  const points = xs.map((x, i): Point => {
    const all = values[i]!;
    return { x, y: median(all), low: Math.min(...all), high: Math.max(...all) };
  });
  const table = tableOf(curve, points);
  process.stdout.write(`\n${curve.title}\n\n${table}\n`);
  if (isQuick) continue;
  mkdirSync(PICTURES, { recursive: true });
  writeFileSync(`${PICTURES}/${curve.name}.svg`, drawPlot({ ...curve, points }));
  writeSection(
    curve.name,
    [`![${curve.title}](performance/${curve.name}.svg)`, table, describeMachine(rounds)].join('\n\n'),
  );
}

function tableOf({ xTitle, yTitle }: Curve, points: readonly Point[]): string {
  const rows = points.map(({ x, y, low, high }) => [
    x.toLocaleString('en'),
    formatValue(y),
    `${formatValue(low)}..${formatValue(high)}`,
  ]);
  return formatTable([xTitle, yTitle, 'min..max'], rows);
}
