import { describe, expect, it } from 'vitest';
import { drawPlot } from '../../bench/plot.ts';

const PLOT = {
  title: 'Rate < over & hosts',
  xTitle: 'hosts',
  yTitle: 'M hops/s',
  points: [
    { x: 1, y: 4, low: 3, high: 4.5 },
    { x: 10, y: 2, low: 1, high: 2.5 },
    { x: 1_000, y: 1, low: 0.5, high: 1 },
  ],
};

/** The middles of the points, from left to right. */
function circles(svg: string): { x: number; y: number }[] {
  return [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
}

describe('a plot', () => {
  it('goes by decades from left to right and from 0 upwards', () => {
    const svg = drawPlot(PLOT);
    const [one, ten, thousand] = circles(svg);
    expect(thousand!.x - ten!.x).toBeCloseTo(2 * (ten!.x - one!.x), 0);
    const ground = Number(/<text x="[\d.]+" y="([\d.]+)"[^>]*>0</.exec(svg)?.[1]) - 4;
    expect((ground - one!.y) / (ground - thousand!.y)).toBeCloseTo(4, 1);
  });

  it('labels axes and points', () => {
    const words = [...drawPlot(PLOT).matchAll(/>([^<>\n]+)</g)].map(([, text]) => text);
    expect(words).toEqual(expect.arrayContaining(['hosts (logarithmic)', 'M hops/s', '1,000', '10', '2', '4']));
  });

  it('is well-formed, whatever its title says', () => {
    expect(drawPlot(PLOT)).toContain('Rate &lt; over &amp; hosts');
  });
});
