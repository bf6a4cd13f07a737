import { describe, expect, it } from 'vitest';
import { readTopology } from '../../src/lab/topology.ts';
import { failuresOf, namesOf } from '../../src/sweep/failure.ts';
import { topologyText } from '../open-lab.ts';

const ring = readTopology(topologyText('ring'), { file: 'ring.yaml' });

function all(text: string): string[] {
  const set = failuresOf(ring, text);
  return Array.from({ length: set.size }, (_, place) => namesOf(ring, set.at(place)).join(' + '));
}

describe('--fail', () => {
  it('links=1 is each link, in the order of the file', () => {
    expect(all('links=1')).toEqual(ring.links.map(({ from, to }) => `link ${from.name} -- ${to.name}`));
  });

  it('links=2 is each pair of links, once', () => {
    // Brute force: all subsets of two.
    const pairs = ring.links.flatMap((a, i) =>
      ring.links.slice(i + 1).map((b) => [a, b].map(({ from, to }) => `link ${from.name} -- ${to.name}`).join(' + ')),
    );
    expect(all('links=2')).toEqual(pairs);
    expect(pairs).toHaveLength(15);
  });

  it('takes as many at a time as there are, and every number below it', () => {
    // Pascal's triangle, row 6.
    expect([1, 2, 3, 4, 5, 6].map((count) => new Set(all(`links=${count}`)).size)).toEqual([6, 15, 20, 15, 6, 1]);
  });

  it('nodes are all of them, and each kind can be named', () => {
    expect(all('nodes=1')).toEqual(['host h1', 'host h2', 'router r1', 'router r2', 'router r3', 'router r4']);
    expect(all('routers=1')).toEqual(['router r1', 'router r2', 'router r3', 'router r4']);
    expect(all('hosts=2')).toEqual(['host h1 + host h2']);
  });

  it('several kinds are each of one with each of the other', () => {
    const found = all('links=1,routers=1');
    expect(found).toHaveLength(6 * 4);
    expect(found.slice(0, 2)).toEqual(['link h1.eth0 -- r1.eth0 + router r1', 'link h1.eth0 -- r1.eth0 + router r2']);
    expect(new Set(found).size).toBe(24);
  });

  it('names are what fails in every one, and the rest is chosen from what is left', () => {
    expect(all('r1--r2')).toEqual(['link r1.eth1 -- r2.eth0']);
    expect(all('r4, r2.eth1 -- r3.eth1')).toEqual(['link r2.eth1 -- r3.eth1 + router r4']);
    expect(all('r1--r2,links=1')).toHaveLength(5);
  });

  it('a set of many is counted without being made', () => {
    const links = Array.from({ length: 300 }, (_, i) => `h1.eth${i} -- h2.eth${i}`);
    const many = readTopology(`hosts: { h1: , h2: }\nlinks: [${links.join(', ')}]\n`);
    const set = failuresOf(many, 'links=4');
    expect(set.size).toBe((300 * 299 * 298 * 297) / 24);
    expect(set.at(set.size - 1).links).toEqual([296, 297, 298, 299]);
  });

  it.each([
    ['links=0', '--fail links=0: links=0: write how many fail at a time, 1 to 16'],
    ['links=x', '--fail links=x: links=x: write how many fail at a time, 1 to 16'],
    ['link=1', '--fail link=1: "link": did you mean "links"?'],
    ['links=1,links=1', '--fail links=1,links=1: links stands there twice; write links=2'],
    ['links=7', '--fail links=7: ring.yaml has 6 links'],
    ['switches=1', '--fail switches=1: ring.yaml has 0 switches'],
    ['r1--r2,links=6', '--fail links=6: ring.yaml has 5 more links'],
    ['r9', '--fail: "r9" is no node, link or number such as links=1; nodes are h1, h2, r1, r2, r3, r4'],
    ['r1--r3', '--fail: no link "r1--r3"; links are h1.eth0 -- r1.eth0, r1.eth1 -- r2.eth0,'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => failuresOf(ring, text)).toThrow(message);
  });
});
