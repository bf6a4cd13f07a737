/**
 * A topology as an SVG picture: routers round, hosts square, switches and hubs six-cornered, each with its name inside;
 * at the links interfaces and subnets where there is room for them. What has no room stands in the tooltips.
 * SVG 1.1; no script, no style sheet, no font of its own.
 */
import type { Topology } from '../lab/topology.ts';
import { graphOf } from './graph.ts';
import type { Graph, GraphEdge, GraphNode } from './graph.ts';
import { layOut } from './layout.ts';
import type { Layout } from './layout.ts';

/** Beyond it a picture shows nothing but a cloud, and its layout takes long. */
export const MAX_DRAWN_NODES = 2_000;

const FONT = 'DejaVu Sans, Verdana, Arial, sans-serif';
const NAME_SIZE = 12;
const LABEL_SIZE = 9;
/** Of the widest of these fonts, of a letter's size: a picture must not depend on which one there is. */
const LETTER_WIDTH = 0.64;
const LINE_HEIGHT = 1.25;
/** Letters of a name on one line; longer ones are broken at hyphens. */
const LINE_LETTERS = 16;
const MARGIN = 24;
const TITLE_HEIGHT = 30;
const LEGEND_HEIGHT = 34;
/** Nodes up to which there is room for subnets at links, and for own addresses in the nodes. */
const VERY_FEW_NODES = 16;
const FEW_NODES = 40;
/** Of a link between the labels at its ends. */
const LINE_SEEN = 16;
/** Between parallel links. */
const STRAND = 16;
/** By how much a link is bent that would else pass behind another node, the least that is enough. */
const DETOURS: readonly number[] = [0, 16, -16, 28, -28, 42, -42, 60, -60];
/** Nodes up to which that is looked for; beyond it nobody follows a single link. */
const FOLLOWED_NODES = 300;
/** Between a link and a node that it does not belong to, and between the points of it that are looked at. */
const CLEARANCE = 4;
const STEP = 8;

const COLORS: Readonly<Record<GraphNode['kind'], { readonly fill: string; readonly stroke: string }>> = {
  router: { fill: '#dbe9f9', stroke: '#2b5f9e' },
  host: { fill: '#fdf3d8', stroke: '#9a6b00' },
  switch: { fill: '#dff2e1', stroke: '#2f7d3a' },
  hub: { fill: '#eeeeee', stroke: '#666666' },
};

interface Text {
  readonly text: string;
  readonly size: number;
}

interface Figure {
  readonly node: GraphNode;
  readonly lines: readonly Text[];
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
}

/** The picture, or null of a topology with more than MAX_DRAWN_NODES nodes. */
export function drawSvg(topology: Topology): string | null {
  const graph = graphOf(topology);
  if (graph.nodes.length > MAX_DRAWN_NODES) return null;
  const { figures, layout } = arrange(graph);
  const width = Math.ceil(Math.max(layout.width, 420) + 2 * MARGIN);
  const height = Math.ceil(layout.height + 2 * MARGIN + TITLE_HEIGHT + LEGEND_HEIGHT);
  const strands = strandsOf(graph, figures);
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONT}">`,
    `<title>${escape(graph.name)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${MARGIN}" y="28" font-size="16" font-weight="bold" fill="#222222">${escape(graph.name)}</text>`,
    '<g fill="none" stroke="#777777" stroke-width="1.4">',
    ...strands.map(drawStrand),
    '</g>',
    `<g font-size="${LABEL_SIZE}" fill="#444444" text-anchor="middle">`,
    ...labelStrands(strands, figures),
    '</g>',
    '<g text-anchor="middle" fill="#222222">',
    ...figures.map(drawFigure),
    '</g>',
    ...drawLegend(graph, height),
    '</svg>',
    '',
  ].join('\n');
}

// Nodes.

function arrange(graph: Graph): { figures: Figure[]; layout: Layout } {
  const isSmall = graph.nodes.length <= FEW_NODES;
  const sizes = graph.nodes.map((node) => {
    const lines = [
      ...brokenName(node.name).map((text) => ({ text, size: NAME_SIZE })),
      ...(isSmall ? node.addresses.map((text) => ({ text, size: LABEL_SIZE })) : []),
    ];
    const inner = lines.reduce((most, line) => Math.max(most, widthOf(line)), 0);
    const height = lines.reduce((sum, { size }) => sum + size * LINE_HEIGHT, 0);
    return { node, lines, width: Math.ceil(inner + 20), height: Math.ceil(height + 10) };
  });
  const edges = graph.edges.map((edge) => {
    const { from, to } = edge;
    return { from, to, length: (sizes[from]!.width + sizes[to]!.width) / 2 + roomFor(edge, graph) };
  });
  const layout = layOut(
    sizes.map(({ node, width, height }) => ({ width, height, place: node.place })),
    edges,
  );
  const figures = sizes.map((figure, at) => ({
    ...figure,
    x: layout.x[at]! + MARGIN,
    y: layout.y[at]! + MARGIN + TITLE_HEIGHT,
  }));
  return { figures, layout };
}

/** Pixels between the boxes at the ends of a link: in a small network for all that stands at it. */
function roomFor({ from, to, fromLabel, toLabel, subnet }: GraphEdge, { nodes }: Graph): number {
  const isVerySmall = nodes.length <= VERY_FEW_NODES;
  const texts = nodes.length > FEW_NODES ? [] : isVerySmall ? [fromLabel, toLabel, subnet] : [fromLabel, toLabel];
  const needed = texts.reduce((sum, text) => sum + widthOf({ text, size: LABEL_SIZE }) + 14, 30);
  // A host is close to what it hangs on, as far as its labels allow.
  const isLeaf = [from, to].some((end) => nodes[end]!.kind === 'host');
  return Math.max(needed, isLeaf ? 45 : 60);
}

/** In lines that are not much longer than others, at hyphens. */
function brokenName(name: string): string[] {
  const lines: string[] = [];
  for (const word of name.split(/(?<=-)/)) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + word.length <= LINE_LETTERS) lines[lines.length - 1] = last + word;
    else lines.push(word);
  }
  return lines;
}

function widthOf({ text, size }: Text): number {
  return text.length * size * LETTER_WIDTH;
}

function drawFigure(figure: Figure): string {
  const { node, lines, height, x, y } = figure;
  let baseline = y - (height - 10) / 2;
  const texts = lines.map(({ text, size }) => {
    baseline += size * LINE_HEIGHT;
    const weight = size === LABEL_SIZE ? ' fill="#555555"' : '';
    return `<text x="${px(x)}" y="${px(baseline - size * 0.25)}" font-size="${size}"${weight}>${escape(text)}</text>`;
  });
  const title = [node.kind, node.name, ...node.addresses].join(' ');
  return `<g><title>${escape(title)}</title>${shapeOf(figure)}${texts.join('')}</g>`;
}

function shapeOf({ node, width, height, x, y }: Pick<Figure, 'node' | 'width' | 'height' | 'x' | 'y'>): string {
  const { fill, stroke } = COLORS[node.kind];
  const [left, top] = [x - width / 2, y - height / 2];
  const paint = `fill="${fill}" stroke="${stroke}" stroke-width="1.5"`;
  if (node.kind === 'host' || node.kind === 'router') {
    const corner = node.kind === 'host' ? 2 : Math.min(height / 2, 16);
    const rectangle = `x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(height)}"`;
    return `<rect ${rectangle} rx="${px(corner)}" ${paint}/>`;
  }
  const corner = 9;
  const points = [
    [left, y],
    [left + corner, top],
    [left + width - corner, top],
    [left + width, y],
    [left + width - corner, top + height],
    [left + corner, top + height],
  ].map(([a, b]) => `${px(a!)},${px(b!)}`);
  const dashes = node.kind === 'hub' ? ' stroke-dasharray="4 2"' : '';
  return `<polygon points="${points.join(' ')}" ${paint}${dashes}/>`;
}

// Links.

/** A link as it is drawn: from one box's centre to the other's, bent where others go the same way. */
interface Strand {
  readonly edge: GraphEdge;
  readonly title: string;
  readonly from: Figure;
  readonly to: Figure;
  /** The unit vector along it, and its length between the centres. */
  readonly along: readonly [x: number, y: number];
  readonly length: number;
  /** How far its middle is from the straight line, to the right of its direction. */
  readonly bend: number;
}

function strandsOf(graph: Graph, figures: readonly Figure[]): Strand[] {
  const numbers = new Map<number, number>();
  const keyOf = ({ from, to }: GraphEdge): number => Math.min(from, to) * graph.nodes.length + Math.max(from, to);
  for (const edge of graph.edges) numbers.set(keyOf(edge), (numbers.get(keyOf(edge)) ?? 0) + 1);
  const drawn = new Map<number, number>();
  const isFollowed = figures.length <= FOLLOWED_NODES;
  return graph.edges.map((edge) => {
    const key = keyOf(edge);
    const number = drawn.get(key) ?? 0;
    drawn.set(key, number + 1);
    const [from, to] = [figures[edge.from]!, figures[edge.to]!];
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = Math.sqrt(dx * dx + dy * dy);
    // Parallel links lie side by side, whichever end each one names first.
    const side = edge.from < edge.to ? 1 : -1;
    const parallel = numbers.get(key)!;
    const along = length === 0 ? ([1, 0] as const) : ([dx / length, dy / length] as const);
    const line = { from, to, along, length };
    const bend = parallel === 1 && isFollowed ? detourOf(line, figures) : side * (number - (parallel - 1) / 2) * STRAND;
    const ends = [`${from.node.name} ${edge.fromLabel}`, `${to.node.name} ${edge.toLabel}`].join(' -- ');
    const title = [ends, edge.subnet, edge.up ? '' : 'down'].filter((text) => text !== '').join(', ');
    return { edge, title, ...line, bend };
  });
}

type Line = Pick<Strand, 'from' | 'to' | 'along' | 'length'>;

/** The least bend with which a link passes behind no node; none where it does so anyhow. */
function detourOf(line: Line, figures: readonly Figure[]): number {
  const others = figures.filter((one) => one !== line.from && one !== line.to);
  return DETOURS.find((bend) => Math.abs(bend) <= line.length / 3 && isClear(line, bend, others)) ?? 0;
}

function isClear({ from, along, length }: Line, bend: number, others: readonly Figure[]): boolean {
  for (let way = 0; way <= length; way += STEP) {
    const part = way / length;
    const aside = 4 * part * (1 - part) * bend;
    const x = from.x + along[0] * way - along[1] * aside;
    const y = from.y + along[1] * way + along[0] * aside;
    if (x < CLEARANCE || y < TITLE_HEIGHT) return false;
    const covers = (one: Figure): boolean =>
      Math.abs(x - one.x) < one.width / 2 + CLEARANCE && Math.abs(y - one.y) < one.height / 2 + CLEARANCE;
    if (others.some(covers)) return false;
  }
  return true;
}

function drawStrand({ edge, title, from, to, along, length, bend }: Strand): string {
  const path =
    edge.from === edge.to
      ? loopAt(from)
      : bend === 0
        ? `M${px(from.x)} ${px(from.y)}L${px(to.x)} ${px(to.y)}`
        : // The middle of such a curve is half as far off as the point that it is bent to.
          `M${px(from.x)} ${px(from.y)}Q${px(from.x + (along[0] * length) / 2 - along[1] * bend * 2)} ` +
          `${px(from.y + (along[1] * length) / 2 + along[0] * bend * 2)} ${px(to.x)} ${px(to.y)}`;
  const dashes = edge.up ? '' : ' stroke-dasharray="5 4"';
  return `<path d="${path}"${dashes}><title>${escape(title)}</title></path>`;
}

/** A link from a node to itself leaves its upper edge and comes back to it. */
function loopAt({ x, y, height }: Figure): string {
  const top = y - height / 2;
  return `M${px(x - 10)} ${px(top)}C${px(x - 24)} ${px(top - 34)} ${px(x + 24)} ${px(top - 34)} ${px(x + 10)} ${px(top)}`;
}

// Labels at links, along them, each where it covers nothing.

/** A rectangle of any direction. */
interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** The unit vector along it, to the right. */
  readonly along: readonly [x: number, y: number];
  readonly halfWidth: number;
  readonly halfHeight: number;
}

function labelStrands(strands: readonly Strand[], figures: readonly Figure[]): string[] {
  const figureAreas = new Areas();
  for (const { x, y, width, height } of figures) {
    figureAreas.add({ text: '', x, y, along: [1, 0], halfWidth: width / 2 + 1, halfHeight: height / 2 + 1 });
  }
  const labels = new Areas();
  const shown: Label[] = [];
  const isFree = (label: Label): boolean => !figureAreas.isCovered(label) && !labels.isCovered(label);
  const show = (label: Label): void => {
    labels.add(label);
    shown.push(label);
  };
  // Ends first: a subnet can be told from them, but not they from it. Both or none, or one would not know whose it is.
  for (const strand of strands) {
    const [from, to] = [endLabel(strand, 'from'), endLabel(strand, 'to')];
    if (from === null || to === null || !isFree(from) || !isFree(to) || lineBetween(from, to) < LINE_SEEN) continue;
    show(from);
    show(to);
  }
  for (const strand of strands) {
    const subnet = strand.edge.subnet === '' ? null : labelOn(strand, strand.edge.subnet, strand.length / 2);
    if (subnet !== null && isFree(subnet)) show(subnet);
  }
  return shown.map(({ text, x, y, along, halfWidth, halfHeight }) => {
    const matrix = [along[0], along[1], -along[1], along[0]].map(unit).join(' ');
    const ground = `x="${px(-halfWidth)}" y="${px(-halfHeight)}" width="${px(2 * halfWidth)}" height="${px(2 * halfHeight)}"`;
    return (
      `<g transform="matrix(${matrix} ${px(x)} ${px(y)})"><rect ${ground} fill="#ffffff"/>` +
      // The middle of the letters is a third of their size above their line.
      `<text y="${px(LABEL_SIZE * 0.35)}">${escape(text)}</text></g>`
    );
  });
}

/** Of the line between two labels of one link, how much is seen. */
function lineBetween(from: Label, to: Label): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  return Math.sqrt(dx * dx + dy * dy) - from.halfWidth - to.halfWidth;
}

/** Just outside the box that it belongs to. */
function endLabel(strand: Strand, end: 'from' | 'to'): Label | null {
  const { along, length, edge } = strand;
  const text = end === 'from' ? edge.fromLabel : edge.toLabel;
  const { width, height } = strand[end];
  const box = { along: [1, 0] as const, halfWidth: width / 2 + 1, halfHeight: height / 2 + 1 };
  const from = reach(box, along[0], along[1]) + 5 + widthOf({ text, size: LABEL_SIZE }) / 2;
  return labelOn(strand, text, end === 'from' ? from : length - from);
}

/** At so many pixels from the strand's beginning, on its line; null where the strand is shorter. */
function labelOn({ from, along, length, bend, edge }: Strand, text: string, at: number): Label | null {
  const halfWidth = widthOf({ text, size: LABEL_SIZE }) / 2;
  if (edge.from === edge.to || at - halfWidth < 0 || at + halfWidth > length) return null;
  // On the curve 4 t (1 - t) of the bend.
  const part = at / length;
  const off = 4 * part * (1 - part) * bend;
  return {
    text,
    x: from.x + along[0] * at - along[1] * off,
    y: from.y + along[1] * at + along[0] * off,
    // Never upside down.
    along: along[0] < 0 ? [-along[0], -along[1]] : along,
    halfWidth: halfWidth + 2,
    halfHeight: LABEL_SIZE / 2 + 1,
  };
}

/** Rectangles in a grid, so that one is compared with those near it only. */
class Areas {
  private readonly cells = new Map<number, Label[]>();

  add(label: Label): void {
    for (const cell of cellsOf(label)) {
      const known = this.cells.get(cell);
      if (known === undefined) this.cells.set(cell, [label]);
      else known.push(label);
    }
  }

  isCovered(label: Label): boolean {
    return cellsOf(label).some((cell) => this.cells.get(cell)?.some((other) => overlap(label, other)));
  }
}

const CELL = 64;
const CELLS_ACROSS = 1_048_576;

function cellsOf({ x, y, along, halfWidth, halfHeight }: Label): number[] {
  const [cosine, sine] = [Math.abs(along[0]), Math.abs(along[1])];
  const [reachX, reachY] = [cosine * halfWidth + sine * halfHeight, sine * halfWidth + cosine * halfHeight];
  const cells: number[] = [];
  for (let row = Math.floor((y - reachY) / CELL); row <= Math.floor((y + reachY) / CELL); row++) {
    for (let column = Math.floor((x - reachX) / CELL); column <= Math.floor((x + reachX) / CELL); column++) {
      cells.push(row * CELLS_ACROSS + column);
    }
  }
  return cells;
}

/** By the separating axis theorem: two rectangles are apart if they are along one of their four directions. */
function overlap(a: Label, b: Label): boolean {
  const axes = [a.along, [-a.along[1], a.along[0]], b.along, [-b.along[1], b.along[0]]] as const;
  return axes.every(([x, y]) => {
    const apart = Math.abs((b.x - a.x) * x + (b.y - a.y) * y);
    return apart < reach(a, x, y) + reach(b, x, y);
  });
}

/** Half of the rectangle's shadow on an axis. */
function reach(
  { along, halfWidth, halfHeight }: Pick<Label, 'along' | 'halfWidth' | 'halfHeight'>,
  x: number,
  y: number,
): number {
  return Math.abs(along[0] * x + along[1] * y) * halfWidth + Math.abs(along[0] * y - along[1] * x) * halfHeight;
}

// The legend, and numbers and texts in XML.

function drawLegend({ nodes }: Graph, height: number): string[] {
  const kinds = (['router', 'host', 'switch', 'hub'] as const).filter((kind) =>
    nodes.some((node) => node.kind === kind),
  );
  const y = height - MARGIN + 4;
  return [
    `<g font-size="${LABEL_SIZE + 1}" fill="#555555">`,
    ...kinds.map((kind, index) => {
      const x = MARGIN + 14 + index * 92;
      const shape = shapeOf({
        node: { name: '', kind, place: null, addresses: [] },
        x,
        y: y - 4,
        width: 28,
        height: 15,
      });
      const count = nodes.filter((node) => node.kind === kind).length;
      return `${shape}<text x="${x + 19}" y="${y}">${count} ${pluralOf(kind, count)}</text>`;
    }),
    '</g>',
  ];
}

function pluralOf(kind: GraphNode['kind'], count: number): string {
  if (count === 1) return kind;
  return kind === 'switch' ? 'switches' : `${kind}s`;
}

/** A tenth of a pixel is as fine as anybody sees, and hides in which order sums were made. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function unit(value: number): string {
  return String(Math.round(value * 10_000) / 10_000);
}

function escape(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '\ufffd');
}
