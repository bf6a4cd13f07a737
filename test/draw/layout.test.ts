import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOut } from '../../src/draw/layout.ts';
import type { Box, Layout, LayoutEdge } from '../../src/draw/layout.ts';
import type { Plan } from '../../src/plan/plan.ts';
import * as Shape from '../../src/plan/shapes.ts';

const LENGTH = 100;

function boxesAndEdges({ nodes, links }: Plan): { boxes: Box[]; edges: LayoutEdge[] } {
  const index = new Map(nodes.map(({ name }, at) => [name, at]));
  return {
    boxes: nodes.map(({ place }) => ({ width: 50, height: 24, place: place ?? null })),
    edges: links.map(({ from, to }) => ({ from: index.get(from)!, to: index.get(to)!, length: LENGTH })),
  };
}

function layOutPlan(plan: Plan): { layout: Layout; edges: readonly LayoutEdge[] } {
  const { boxes, edges } = boxesAndEdges(plan);
  return { layout: layOut(boxes, edges), edges };
}

/** Pairs of edges that cross, those that share an end left out. */
function crossings({ x, y }: Layout, edges: readonly LayoutEdge[]): number {
  const side = (a: number, b: number, c: number): number =>
    Math.sign((x[b]! - x[a]!) * (y[c]! - y[a]!) - (y[b]! - y[a]!) * (x[c]! - x[a]!));
  let count = 0;
  edges.forEach((one, index) => {
    for (const other of edges.slice(index + 1)) {
      const ends = new Set([one.from, one.to, other.from, other.to]);
      if (ends.size < 4) continue;
      const isAcross = side(one.from, one.to, other.from) !== side(one.from, one.to, other.to);
      if (isAcross && side(other.from, other.to, one.from) !== side(other.from, other.to, one.to)) count++;
    }
  });
  return count;
}

function overlaps(boxes: readonly Box[], { x, y }: Layout): number {
  let count = 0;
  boxes.forEach((a, i) => {
    boxes.forEach((b, j) => {
      if (j <= i) return;
      const isApart =
        Math.abs(x[i]! - x[j]!) >= (a.width + b.width) / 2 || Math.abs(y[i]! - y[j]!) >= (a.height + b.height) / 2;
      if (!isApart) count++;
    });
  });
  return count;
}

describe.each([
  ['a line', Shape.line({ routers: 9 })],
  ['a ring', Shape.ring({ routers: 12 })],
  ['a star', Shape.star({ routers: 9, hostsPerRouter: 1 })],
  ['a tree', Shape.tree({ depth: 3, fanOut: 2 })],
  ['a grid', Shape.grid({ rows: 5, columns: 8 })],
])('%s', (_, plan) => {
  it('is drawn without a crossing, and its links are about as long as they should be', () => {
    const { layout, edges } = layOutPlan(plan);
    expect(crossings(layout, edges)).toBe(0);
    for (const { from, to } of edges) {
      const [dx, dy] = [layout.x[from]! - layout.x[to]!, layout.y[from]! - layout.y[to]!];
      const length = Math.sqrt(dx * dx + dy * dy);
      expect(length).toBeGreaterThan(0.55 * LENGTH);
      expect(length).toBeLessThan(1.6 * LENGTH);
    }
  });
});

it('a grid is level with the page, and a line lies', () => {
  const { layout, edges } = layOutPlan(Shape.grid({ rows: 4, columns: 6 }));
  for (const { from, to } of edges) {
    const [dx, dy] = [Math.abs(layout.x[from]! - layout.x[to]!), Math.abs(layout.y[from]! - layout.y[to]!)];
    expect(Math.min(dx, dy)).toBeLessThan(0.3 * Math.max(dx, dy));
  }
  const line = layOutPlan(Shape.line({ routers: 6 })).layout;
  expect(line.height).toBeLessThan(40);
  expect([...line.x].sort((a, b) => a - b)).toEqual([...line.x]);
});

it('no two boxes overlap and none is outside, whatever the graph', () => {
  const graph = fc.integer({ min: 1, max: 40 }).chain((count) =>
    fc.record({
      boxes: fc.array(
        fc.record({
          width: fc.integer({ min: 10, max: 160 }),
          height: fc.integer({ min: 10, max: 60 }),
          place: fc.option(fc.tuple(fc.integer({ min: -180, max: 180 }), fc.integer({ min: -90, max: 90 }))),
        }),
        { minLength: count, maxLength: count },
      ),
      edges: fc.array(
        fc.record({
          from: fc.nat({ max: count - 1 }),
          to: fc.nat({ max: count - 1 }),
          length: fc.integer({ min: 40, max: 200 }),
        }),
        { maxLength: 2 * count },
      ),
    }),
  );
  fc.assert(
    fc.property(graph, ({ boxes, edges }) => {
      const layout = layOut(boxes, edges);
      expect(overlaps(boxes, layout)).toBe(0);
      boxes.forEach(({ width, height }, at) => {
        expect(layout.x[at]).toBeGreaterThanOrEqual(width / 2 - 1e-6);
        expect(layout.x[at]).toBeLessThanOrEqual(layout.width - width / 2 + 1e-6);
        expect(layout.y[at]).toBeGreaterThanOrEqual(height / 2 - 1e-6);
        expect(layout.y[at]).toBeLessThanOrEqual(layout.height - height / 2 + 1e-6);
      });
    }),
    { numRuns: 60 },
  );
});

it('where there are places, west is left and north is up', () => {
  const places = { Seattle: [-122, 47], Miami: [-80, 26], Boston: [-71, 42], LosAngeles: [-118, 34] } as const;
  const nodes = Object.entries(places).map(([name, place]) => ({ name, kind: 'router' as const, place }));
  const links = [
    { from: 'Seattle', to: 'Miami' },
    { from: 'Boston', to: 'LosAngeles' },
    { from: 'Seattle', to: 'Boston' },
  ];
  const { layout } = layOutPlan({ name: 'map', about: [], nodes: [...nodes, { name: 'new', kind: 'router' }], links });
  const [seattle, miami, boston, losAngeles] = [0, 1, 2, 3];
  for (const east of [miami, boston]) expect(layout.x[seattle]).toBeLessThan(layout.x[east]!);
  expect(layout.y[seattle]).toBeLessThan(layout.y[losAngeles]!);
  expect(layout.y[boston]).toBeLessThan(layout.y[miami]!);
});

it('is the same again, and of nothing there is nothing', () => {
  const plan = Shape.random({ routers: 60, seed: 2 });
  const [one, other] = [layOutPlan(plan).layout, layOutPlan(plan).layout];
  expect([...other.x, ...other.y]).toEqual([...one.x, ...one.y]);
  expect(layOut([], [])).toMatchObject({ width: 0, height: 0 });
});
