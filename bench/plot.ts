/** A curve as an SVG picture: a logarithmic axis from left to right, a linear one from 0 upwards, every point labelled. */

export interface Plot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly points: readonly Point[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** The least and the most that were measured. */
  readonly low: number;
  readonly high: number;
}

const WIDTH = 720;
const HEIGHT = 380;
/** The axes' rectangle. */
const LEFT = 78;
const RIGHT = WIDTH - 34;
const TOP = 58;
const BOTTOM = HEIGHT - 64;

const INK = '#24292f';
const FAINT = '#d0d7de';
const MUTED = '#57606a';
const LINE = '#0969da';

/** The whole file. */
export function drawPlot({ title, xTitle, yTitle, points }: Plot): string {
  const xs = points.map(({ x }) => x);
  const [first, last] = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))];
  // Air above the highest point too, for its label.
  const highest = Math.max(...points.map(({ high }) => high)) * 1.1;
  const step = niceStep(highest / 5);
  const most = Math.ceil(highest / step) * step;
  // Air at both ends, so that no point lies on the frame.
  const across = (x: number): number =>
    round(LEFT + 24 + ((Math.log10(x) - first) / (last - first)) * (RIGHT - LEFT - 48));
  const up = (y: number): number => round(BOTTOM - (y / most) * (BOTTOM - TOP));

  const parts = [text(LEFT, 26, title, { size: 17, weight: 'bold' })];
  parts.push(text(LEFT, 46, yTitle, { size: 13, fill: MUTED }));
  for (let y = 0; y <= most + step / 2; y += step) {
    parts.push(rule(LEFT, up(y), RIGHT, up(y), FAINT));
    parts.push(text(LEFT - 10, up(y) + 4, format(y), { anchor: 'end' }));
  }
  for (const { x } of points) {
    parts.push(rule(across(x), BOTTOM, across(x), BOTTOM + 6, INK));
    parts.push(text(across(x), BOTTOM + 22, x.toLocaleString('en'), { anchor: 'middle' }));
  }
  parts.push(rule(LEFT, BOTTOM, RIGHT, BOTTOM, INK));
  parts.push(
    text((LEFT + RIGHT) / 2, HEIGHT - 16, `${xTitle} (logarithmic)`, { anchor: 'middle', size: 13, fill: MUTED }),
  );

  for (const { x, low, high } of points) {
    for (const end of [low, high]) parts.push(rule(across(x) - 5, up(end), across(x) + 5, up(end), LINE));
    parts.push(rule(across(x), up(low), across(x), up(high), LINE));
  }
  const way = points.map(({ x, y }) => `${across(x)},${up(y)}`).join(' ');
  parts.push(`<polyline points="${way}" fill="none" stroke="${LINE}" stroke-width="2.5" stroke-linejoin="round"/>`);
  for (const { x, y, high } of points) {
    parts.push(`<circle cx="${across(x)}" cy="${up(y)}" r="4.5" fill="${LINE}"/>`);
    parts.push(text(across(x), up(high) - 9, format(y), { anchor: 'middle', weight: 'bold', halo: true }));
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif">`,
    `<title>${escape(title)}</title>`,
    // A ground of its own: the page behind may be dark.
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="6" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** 1, 2 or 5 times a power of ten, at least as large as asked. */
function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return power * ([1, 2, 5].find((factor) => factor * power >= atLeast) ?? 10);
}

function format(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 4 });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function rule(x1: number, y1: number, x2: number, y2: number, stroke: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}"/>`;
}

interface Style {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly weight?: 'normal' | 'bold';
  readonly fill?: string;
  /** White around the letters, where they may cross a line. */
  readonly halo?: boolean;
}

function text(x: number, y: number, words: string, style: Style = {}): string {
  const { anchor = 'start', size = 12, weight = 'normal', fill = INK, halo = false } = style;
  const around = halo ? ' paint-order="stroke" stroke="#ffffff" stroke-width="4"' : '';
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}" fill="${fill}"${around}>${escape(words)}</text>`;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
