/**
 * Where the nodes of a drawing stand. By stress: the distance between two nodes on paper is that in the network, as far
 * as paper allows. Gansner, Koren and North, "Graph Drawing by Stress Majorization", GD 2004; started from classical
 * scaling, as in Brandes and Pich, "Eigensolver Methods for Progressive Multidimensional Scaling", GD 2006.
 * Where the topology has places, those are kept as on a map. Then boxes that overlap are pushed apart, and parts that
 * are not connected are set side by side. The same graph gives the same picture, on every engine.
 */
import { RandomStream } from '../sim/random.ts';

export interface Box {
  readonly width: number;
  readonly height: number;
  /** To the right and up, in any unit. */
  readonly place: readonly [x: number, y: number] | null;
}

export interface LayoutEdge {
  readonly from: number;
  readonly to: number;
  /** What it should be long, from centre to centre. */
  readonly length: number;
}

/** Centres, to the right and down, from 0. */
export interface Layout {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly width: number;
  readonly height: number;
}

/** Between boxes, and between parts that are not connected. */
const GAP = 14;
const PART_GAP = 50;
const SCALING_STEPS = 60;
/** At most; of a large graph fewer, so that no picture takes more than some seconds. */
const STRESS_STEPS = 300;
const FEWEST_STEPS = 30;
/** Pairs that are looked at in all steps together. */
const STRESS_PAIRS = 100_000_000;
/** A step that moves nobody by more than this part of a link is the last. */
const STILL = 0.002;
/** Where a graph is small, several starts are tried and the one with the least stress is taken. */
const STARTS = 6;
const FEW_NODES = 200;
const PUSHES = 400;

export function layOut(boxes: readonly Box[], edges: readonly LayoutEdge[]): Layout {
  const x = new Float64Array(boxes.length);
  const y = new Float64Array(boxes.length);
  const parts = connectedParts(boxes.length, edges).map((nodes) => layOutPart(boxes, edges, nodes, x, y));
  const { width, height } = packParts(parts, x, y);
  return { x, y, width, height };
}

// Parts of the graph.

interface Part {
  readonly nodes: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** In the order of each part's first node. */
function connectedParts(count: number, edges: readonly LayoutEdge[]): number[][] {
  const neighbors = Array.from({ length: count }, () => [] as number[]);
  for (const { from, to } of edges) {
    neighbors[from]!.push(to);
    neighbors[to]!.push(from);
  }
  const seen = new Uint8Array(count);
  const parts: number[][] = [];
  for (let first = 0; first < count; first++) {
    if (seen[first] === 1) continue;
    const part = [first];
    seen[first] = 1;
    for (let at = 0; at < part.length; at++) {
      for (const other of neighbors[part[at]!]!) {
        if (seen[other] === 1) continue;
        seen[other] = 1;
        part.push(other);
      }
    }
    parts.push(part.sort((a, b) => a - b));
  }
  return parts;
}

/** Sets the part's positions, its upper left corner at 0. */
function layOutPart(
  boxes: readonly Box[],
  edges: readonly LayoutEdge[],
  nodes: readonly number[],
  x: Float64Array,
  y: Float64Array,
): Part {
  const index = new Map(nodes.map((node, at) => [node, at]));
  const inner: LayoutEdge[] = [];
  for (const { from, to, length } of edges) {
    const [a, b] = [index.get(from), index.get(to)];
    if (a !== undefined && b !== undefined && a !== b) inner.push({ from: a, to: b, length });
  }
  const own = nodes.map((node) => boxes[node]!);
  const distances = allDistances(own.length, inner);
  const points = placed(own, inner, distances) ?? leastStress(own.length, inner, distances);
  pushApart(own, points);

  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  own.forEach(({ width, height }, at) => {
    left = Math.min(left, points.x[at]! - width / 2);
    right = Math.max(right, points.x[at]! + width / 2);
    top = Math.min(top, points.y[at]! - height / 2);
    bottom = Math.max(bottom, points.y[at]! + height / 2);
  });
  nodes.forEach((node, at) => {
    x[node] = points.x[at]! - left;
    y[node] = points.y[at]! - top;
  });
  return { nodes, width: right - left, height: bottom - top };
}

/** Rows of parts, the highest first, about as wide as a page in landscape. */
function packParts(parts: readonly Part[], x: Float64Array, y: Float64Array): { width: number; height: number } {
  const area = parts.reduce((sum, { width, height }) => sum + (width + PART_GAP) * (height + PART_GAP), 0);
  const widest = parts.reduce((most, part) => Math.max(most, part.width), 0);
  const rowWidth = Math.max(widest, Math.sqrt(area * 1.6));
  let [left, top, rowHeight, width] = [0, 0, 0, 0];
  for (const part of [...parts].sort((a, b) => b.height - a.height || a.nodes[0]! - b.nodes[0]!)) {
    if (left > 0 && left + part.width > rowWidth) {
      top += rowHeight + PART_GAP;
      left = 0;
      rowHeight = 0;
    }
    for (const node of part.nodes) {
      x[node]! += left;
      y[node]! += top;
    }
    rowHeight = Math.max(rowHeight, part.height);
    width = Math.max(width, left + part.width);
    left += part.width + PART_GAP;
  }
  return { width, height: top + rowHeight };
}

// One part.

interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Along the edges, from each node to each, a row for each. Dijkstra's algorithm without a heap: rows are as long anyway. */
function allDistances(count: number, edges: readonly LayoutEdge[]): Float64Array {
  const neighbors = Array.from({ length: count }, () => new Map<number, number>());
  for (const { from, to, length } of edges) {
    neighbors[from]!.set(to, Math.min(length, neighbors[from]!.get(to) ?? Infinity));
    neighbors[to]!.set(from, Math.min(length, neighbors[to]!.get(from) ?? Infinity));
  }
  const distances = new Float64Array(count * count).fill(Infinity);
  const queue = new Int32Array(count);
  const isQueued = new Uint8Array(count);
  for (let from = 0; from < count; from++) {
    const row = distances.subarray(from * count, (from + 1) * count);
    row[from] = 0;
    // Lengths differ little, so that going on from whoever has come nearer settles soon (Bellman-Ford with a queue).
    let [head, waiting] = [0, 1];
    queue[0] = from;
    while (waiting > 0) {
      const node = queue[head]!;
      head = (head + 1) % count;
      waiting--;
      isQueued[node] = 0;
      for (const [other, length] of neighbors[node]!) {
        if (row[node]! + length >= row[other]!) continue;
        row[other] = row[node]! + length;
        if (isQueued[other] === 1) continue;
        isQueued[other] = 1;
        queue[(head + waiting++) % count] = other;
      }
    }
  }
  return distances;
}

function leastStress(count: number, edges: readonly LayoutEdge[], distances: Float64Array): Points {
  let best = majorize(scaled(count, distances), distances);
  if (count <= FEW_NODES) {
    let least = stressOf(best, distances);
    const stream = new RandomStream(1, 'layout');
    const spread = distances.reduce((most, distance) => Math.max(most, distance), 0);
    for (let start = 1; start < STARTS; start++) {
      const points = { x: new Float64Array(count), y: new Float64Array(count) };
      for (let i = 0; i < count; i++) {
        points.x[i] = stream.next() * spread;
        points.y[i] = stream.next() * spread;
      }
      majorize(points, distances);
      const stress = stressOf(points, distances);
      // Better by a little is not worth losing what scaling knows of the whole.
      if (stress >= least * 0.97) continue;
      best = points;
      least = stress;
    }
  }
  turn(best);
  square(best, edges);
  return best;
}

/** Classical scaling: the two axes along which the distances, doubly centred, differ most, by power iteration. */
function scaled(count: number, distances: Float64Array): Points {
  const centred = new Float64Array(count * count);
  const means = new Float64Array(count);
  let mean = 0;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let j = 0; j < count; j++) sum += distances[i * count + j]! * distances[i * count + j]!;
    means[i] = sum / count;
    mean += means[i]! / count;
  }
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const distance = distances[i * count + j]!;
      centred[i * count + j] = (means[i]! + means[j]! - mean - distance * distance) / 2;
    }
  }
  const stream = new RandomStream(1, 'scaling');
  const axes: Float64Array[] = [];
  for (let axis = 0; axis < 2; axis++) {
    let vector = new Float64Array(count);
    for (let i = 0; i < count; i++) vector[i] = stream.next() - 0.5;
    let length = 0;
    for (let step = 0; step < SCALING_STEPS; step++) {
      for (const earlier of axes) removeAlong(vector, earlier);
      const next = new Float64Array(count);
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let j = 0; j < count; j++) sum += centred[i * count + j]! * vector[j]!;
        next[i] = sum;
      }
      const before = Math.sqrt(dot(vector, vector));
      length = before === 0 ? 0 : Math.sqrt(dot(next, next)) / before;
      const size = Math.sqrt(dot(next, next));
      if (size < 1e-9) break;
      for (let i = 0; i < count; i++) next[i]! /= size;
      vector = next;
    }
    for (const earlier of axes) removeAlong(vector, earlier);
    axes.push(vector.map((value) => value * Math.sqrt(length)));
  }
  const [x, y] = axes;
  // Nodes that all distances take for one would never part.
  for (let i = 0; i < count; i++) {
    x![i]! += stream.next() - 0.5;
    y![i]! += stream.next() - 0.5;
  }
  return { x: x!, y: y! };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function removeAlong(vector: Float64Array, axis: Float64Array): void {
  const square = dot(axis, axis);
  if (square === 0) return;
  const part = dot(vector, axis) / square;
  for (let i = 0; i < vector.length; i++) vector[i]! -= part * axis[i]!;
}

/**
 * Moves each node in turn to where all the others together want it, each with the weight of one over its distance
 * squared (Gansner et al., §2.3). With `movable` only those move, and `others` are whom they look at.
 */
function majorize(
  points: Points,
  distances: Float64Array,
  movable: readonly boolean[] | null = null,
  others: readonly boolean[] | null = null,
): Points {
  const { x, y } = points;
  const count = x.length;
  let shortest = Infinity;
  for (const distance of distances) if (distance > 0 && distance < shortest) shortest = distance;
  const steps = Math.max(FEWEST_STEPS, Math.min(STRESS_STEPS, Math.floor(STRESS_PAIRS / (count * count))));
  for (let step = 0; step < steps; step++) {
    let moved = 0;
    for (let i = 0; i < count; i++) {
      if (movable?.[i] === false) continue;
      let [sumX, sumY, weights] = [0, 0, 0];
      for (let j = 0; j < count; j++) {
        if (j === i || others?.[j] === false) continue;
        const distance = distances[i * count + j]!;
        const weight = 1 / (distance * distance);
        const [dx, dy] = [x[i]! - x[j]!, y[i]! - y[j]!];
        const apart = Math.max(Math.sqrt(dx * dx + dy * dy), 1e-6);
        sumX += weight * (x[j]! + (distance * dx) / apart);
        sumY += weight * (y[j]! + (distance * dy) / apart);
        weights += weight;
      }
      if (weights === 0) continue;
      moved = Math.max(moved, Math.abs(sumX / weights - x[i]!) + Math.abs(sumY / weights - y[i]!));
      x[i] = sumX / weights;
      y[i] = sumY / weights;
    }
    if (moved < STILL * shortest) break;
  }
  return points;
}

function stressOf({ x, y }: Points, distances: Float64Array): number {
  let stress = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const [dx, dy] = [x[i]! - x[j]!, y[i]! - y[j]!];
      const off = Math.sqrt(dx * dx + dy * dy) / distances[i * x.length + j]! - 1;
      stress += off * off;
    }
  }
  return stress;
}

/** The longest way lies level, and the first node stands left and above the middle: a drawing begins there. */
function turn({ x, y }: Points): void {
  const count = x.length;
  const [meanX, meanY] = [x, y].map((values) => values.reduce((sum, value) => sum + value, 0) / count);
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    x[i]! -= meanX!;
    y[i]! -= meanY!;
    xx += x[i]! * x[i]!;
    xy += x[i]! * y[i]!;
    yy += y[i]! * y[i]!;
  }
  // One node, which lies any way.
  if (xx + yy === 0) return;
  // The eigenvector of the larger eigenvalue of [[xx, xy], [xy, yy]].
  const root = Math.sqrt(((xx - yy) / 2) * ((xx - yy) / 2) + xy * xy);
  let [cosine, sine] = [xy, (xx + yy) / 2 + root - xx];
  // Round as a ring or a grid: no way is the longest, and as it is is as good as any.
  if (root < 0.05 * (xx + yy)) [cosine, sine] = [1, 0];
  else if (Math.abs(xy) < 1e-9 * (xx + yy)) [cosine, sine] = xx >= yy ? [1, 0] : [0, 1];
  const size = Math.sqrt(cosine * cosine + sine * sine);
  for (let i = 0; i < count; i++) {
    const [along, across] = [(x[i]! * cosine + y[i]! * sine) / size, (y[i]! * cosine - x[i]! * sine) / size];
    x[i] = along;
    y[i] = across;
  }
  const [flipX, flipY] = [x[0]! > 1e-6 ? -1 : 1, y[0]! > 1e-6 ? -1 : 1];
  for (let i = 0; i < count; i++) {
    x[i]! *= flipX;
    y[i]! *= flipY;
  }
}

/** Where most links are level or upright to each other, as in a grid, they are so to the page. */
function square({ x, y }: Points, edges: readonly LayoutEdge[]): void {
  // The fourth power of a direction, as a complex number, is the same for the four that are at right angles.
  let [sumRe, sumIm] = [0, 0];
  for (const { from, to } of edges) {
    const [dx, dy] = [x[to]! - x[from]!, y[to]! - y[from]!];
    const squared = dx * dx + dy * dy;
    if (squared === 0) continue;
    const [re, im] = [(dx * dx - dy * dy) / squared, (2 * dx * dy) / squared];
    sumRe += re * re - im * im;
    sumIm += 2 * re * im;
  }
  const size = Math.sqrt(sumRe * sumRe + sumIm * sumIm);
  if (size < 0.7 * edges.length || size === 0) return;
  const [halfRe, halfIm] = squareRoot(sumRe / size, sumIm / size);
  const [cosine, sine] = squareRoot(halfRe, halfIm);
  for (let i = 0; i < x.length; i++) {
    const [along, across] = [x[i]! * cosine + y[i]! * sine, y[i]! * cosine - x[i]! * sine];
    x[i] = along;
    y[i] = across;
  }
}

/** The principal one, of a complex number of size 1. */
function squareRoot(re: number, im: number): readonly [re: number, im: number] {
  const root = Math.sqrt(Math.max((1 - re) / 2, 0));
  return [Math.sqrt(Math.max((1 + re) / 2, 0)), im < 0 ? -root : root];
}

/**
 * As on the map, where half of the nodes at least have a place; the others find theirs by stress. The map is drawn as if
 * from near: who is four times as far away is twice as far on paper, so that a continent does not become a dot beside
 * an ocean.
 */
function placed(boxes: readonly Box[], edges: readonly LayoutEdge[], distances: Float64Array): Points | null {
  const count = boxes.length;
  const hasPlace = boxes.map(({ place }) => place !== null);
  if (hasPlace.filter((one) => one).length * 2 < count || count < 2) return null;
  const apartOnMap = (a: number, b: number): number => {
    const [one, other] = [boxes[a]!.place, boxes[b]!.place];
    if (one === null || other === null) return 0;
    const [dx, dy] = [one[0] - other[0], one[1] - other[1]];
    return Math.sqrt(dx * dx + dy * dy);
  };
  const typical = median(edges.map(({ from, to }) => apartOnMap(from, to)).filter((apart) => apart > 0));
  const length = median(edges.map((edge) => edge.length));

  const points = { x: new Float64Array(count), y: new Float64Array(count) };
  boxes.forEach(({ place }, at) => {
    if (place === null) return;
    points.x[at] = (place[0] * length) / typical;
    points.y[at] = (-place[1] * length) / typical;
  });
  const wanted = distances.slice();
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      if (a === b || !hasPlace[a] || !hasPlace[b]) continue;
      // Two in one place still are two.
      wanted[a * count + b] = length * Math.max(Math.sqrt(apartOnMap(a, b) / typical), 0.3);
    }
  }
  majorize(points, wanted, hasPlace, hasPlace);
  putBetween(points, edges, hasPlace);
  return majorize(
    points,
    wanted,
    hasPlace.map((one) => !one),
  );
}

/** Who has no place begins in the middle of its neighbours that have one. */
function putBetween({ x, y }: Points, edges: readonly LayoutEdge[], hasPlace: readonly boolean[]): void {
  const stream = new RandomStream(1, 'places');
  const counts = new Float64Array(x.length);
  for (let at = 0; at < x.length; at++) if (hasPlace[at] === false) x[at] = y[at] = 0;
  for (const { from, to } of edges) {
    for (const [known, other] of [
      [from, to],
      [to, from],
    ] as const) {
      if (hasPlace[known] === false || hasPlace[other] === true) continue;
      x[other]! += x[known]!;
      y[other]! += y[known]!;
      counts[other]! += 1;
    }
  }
  for (let at = 0; at < x.length; at++) {
    if (hasPlace[at] === true) continue;
    // A little aside, or two with the same neighbours would never part.
    x[at] = x[at]! / Math.max(counts[at]!, 1) + (stream.next() - 0.5) * GAP;
    y[at] = y[at]! / Math.max(counts[at]!, 1) + (stream.next() - 0.5) * GAP;
  }
}

/** 1 where there is nothing to choose from. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 1;
}

/** Boxes that overlap are moved apart, each by half, the way that is shorter, until none does. */
function pushApart(boxes: readonly Box[], { x, y }: Points): void {
  const order = boxes.map((_, at) => at);
  const widest = boxes.reduce((most, { width }) => Math.max(most, width), 0) + GAP;
  for (let push = 0; push < PUSHES; push++) {
    let pushed = false;
    order.sort((a, b) => x[a]! - x[b]! || a - b);
    for (let first = 0; first < order.length; first++) {
      const a = order[first]!;
      for (let second = first + 1; second < order.length; second++) {
        const b = order[second]!;
        if (x[b]! - x[a]! > widest) break;
        const overX = (boxes[a]!.width + boxes[b]!.width) / 2 + GAP - Math.abs(x[b]! - x[a]!);
        const overY = (boxes[a]!.height + boxes[b]!.height) / 2 + GAP - Math.abs(y[b]! - y[a]!);
        // Less than a hundredth of a pixel is nothing that anybody sees.
        if (overX <= 0.01 || overY <= 0.01) continue;
        pushed = true;
        if (overX < overY) {
          const by = (x[b]! >= x[a]! ? overX : -overX) / 2;
          x[a]! -= by;
          x[b]! += by;
        } else {
          const by = (y[b]! > y[a]! || (y[b] === y[a] && b > a) ? overY : -overY) / 2;
          y[a]! -= by;
          y[b]! += by;
        }
      }
    }
    if (!pushed) return;
  }
}
