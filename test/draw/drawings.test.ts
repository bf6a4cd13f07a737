import { readdirSync, readFileSync } from 'node:fs';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { drawDot } from '../../src/draw/dot.ts';
import { drawMermaid } from '../../src/draw/mermaid.ts';
import { drawSvg } from '../../src/draw/svg.ts';
import { readTopology } from '../../src/lab/topology.ts';
import type { Topology } from '../../src/lab/topology.ts';
import * as Shape from '../../src/plan/shapes.ts';
import { topologyText } from '../../src/plan/topology-text.ts';
import { topologyText as fileText } from '../open-lab.ts';

const twoRouters = readTopology(fileText('two-routers'), { file: 'two-routers.yaml' });

it('as Mermaid', () => {
  expect(drawMermaid(twoRouters)).toMatchInlineSnapshot(`
    "flowchart LR
      n0["h1"]
      n1["h2"]
      n2(["r1"])
      n3(["r2"])
      n0 ---|"192.0.2.0/24"| n2
      n2 ---|"203.0.113.0/24"| n3
      n3 ---|"198.51.100.0/24"| n1
    "
  `);
});

it('an address without a mask has the one that its host gives it', () => {
  const topology = readTopology(`
hosts:
  h1: { interfaces: { eth0: 10.1.2.3 } }
  h2: { interfaces: { eth0: 10.1.2.4 } }
  h3: { netmask: 255.255.0.0, interfaces: { eth0: 10.1.2.5, eth1: { ip: 10.2.0.1, netmask: 255.255.255.128 } } }
  h4: { netmask: 255.255.0.0, interfaces: { eth0: 10.1.2.6, eth1: { ip: 10.2.0.2, netmask: 255.255.255.128 } } }
links: [h1.eth0 -- h2.eth0, h3.eth0 -- h4.eth0, h3.eth1 -- h4.eth1]
`);
  expect(drawMermaid(topology).match(/10\.[\d./]+/g)).toEqual(['10.1.2.0/24', '10.1.0.0/16', '10.2.0.0/25']);
});

it('as DOT', () => {
  expect(drawDot(twoRouters)).toMatchInlineSnapshot(`
    "graph "two-routers" {
      node [fontname="sans-serif"];
      edge [fontname="sans-serif", fontsize=9];
      "h1" [shape=box];
      "h2" [shape=box];
      "r1" [shape=ellipse];
      "r2" [shape=ellipse];
      "h1" -- "r1" [taillabel="eth0 .1", headlabel="eth0 .254", label="192.0.2.0/24"];
      "r1" -- "r2" [taillabel="eth1 .1", headlabel="eth0 .2", label="203.0.113.0/24"];
      "r2" -- "h2" [taillabel="eth1 .254", headlabel="eth0 .1", label="198.51.100.0/24"];
    }
    "
  `);
});

interface Picture {
  readonly texts: string[];
  readonly titles: string[];
  readonly shapes: string[];
}

/** What is in a picture; throws where it is no XML. */
function look(svg: string): Picture {
  const picture: Picture = { texts: [], titles: [], shapes: [] };
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  const open: string[] = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => {
    open.push(name);
    if (['rect', 'polygon', 'path'].includes(name)) picture.shapes.push(name);
    if (name === 'text') picture.texts.push('');
    if (name === 'title') picture.titles.push('');
  });
  parser.on('text', (text) => {
    const list = open.at(-1) === 'text' ? picture.texts : open.at(-1) === 'title' ? picture.titles : null;
    if (list !== null) list[list.length - 1] += text;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(svg).close();
  return picture;
}

describe('as SVG', () => {
  it('shows each node, and in a small network each interface and subnet', () => {
    const { texts } = look(drawSvg(twoRouters)!);
    expect(texts).toEqual(
      expect.arrayContaining(
        ['two-routers', 'h1', 'h2', 'r1', 'r2', 'eth0 .254', 'eth1 .1', '203.0.113.0/24', '192.0.2.0/24', '2 routers'],
      ), // prettier-ignore
    );
  });

  it('tells in tooltips what has no room', () => {
    const { titles } = look(drawSvg(twoRouters)!);
    expect(titles).toContain('r1 eth1 .1 -- r2 eth0 .2, 203.0.113.0/24');
    expect(titles).toContain('router r1');
  });

  it('a link that is down is said to be, and dashed', () => {
    const svg = drawSvg(readTopology('hosts: { a: , b: }\nlinks: [{ from: a.eth0, to: b.eth0, up: false }]'))!;
    expect(look(svg).titles).toContain('a eth0 -- b eth0, down');
    expect(svg).toMatch(/<path [^>]*stroke-dasharray/);
  });

  it('a link goes round a node that it would pass behind', () => {
    const between = (place: string): string[] => {
      const text = `routers: { a: { place: [0, 0] }, b: { place: ${place} }, c: { place: [2, 0] } }`;
      const svg = drawSvg(readTopology(`${text}\nlinks: [a.eth0 -- c.eth0, a.eth1 -- b.eth0, b.eth1 -- c.eth1]`))!;
      return [...svg.matchAll(/<path d="M[\d.]+ [\d.]+(\w)/g)].map(([, command = '']) => command);
    };
    expect(between('[1, 0]')).toEqual(['Q', 'L', 'L']);
    expect(between('[1, 1]')).toEqual(['L', 'L', 'L']);
  });

  it('stations and switches have different shapes', () => {
    const svg = drawSvg(readTopology('hosts: { h1: }\nrouters: { r1: }\nswitches: { s1: }\nhubs: { u1: }'))!;
    const shapeOf = (title: string): string => new RegExp(`<title>${title}</title><(.*?)/>`).exec(svg)?.[1] ?? '';
    expect(shapeOf('host h1')).toMatch(/^rect .*rx="2"/);
    expect(shapeOf('router r1')).toMatch(/^rect .*rx="12.5"/);
    expect(shapeOf('switch s1')).toMatch(/^polygon/);
    expect(shapeOf('hub u1')).toMatch(/^polygon .*dasharray/);
  });

  it('a name of the topology is text, whatever is in it', () => {
    const { texts } = look(drawSvg(readTopology('name: "<script>alert(1)</script> & \\"\\u0007"'))!);
    expect(texts[0]).toBe('<script>alert(1)</script> & "\ufffd');
  });

  const files = readdirSync('topologies').filter((name) => name.endsWith('.yaml'));
  it.each(files)('%s is well-formed, the same twice, and has a number wherever there should be one', (file) => {
    const topology = readTopology(readFileSync(`topologies/${file}`, 'utf8'));
    const svg = drawSvg(topology)!;
    expect(look(svg).titles.length).toBe(1 + topology.nodes.length + topology.links.length);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(drawSvg(topology)).toBe(svg);
  });

  it('of a hundred nodes it has every name; of more than can be seen there is none', () => {
    const drawn = (routers: number): string | null =>
      drawSvg(readTopology(topologyText(Shape.random({ routers, seed: 5 }))));
    const { texts } = look(drawn(100)!);
    for (let number = 1; number <= 100; number++) expect(texts).toContain(`r${number}`);
    expect(drawn(2_001)).toBeNull();
  });
});

it('parallel links, a link to oneself and an empty topology are drawn too', () => {
  const text = `routers: { a: , b: }
links: [a.eth0 -- b.eth0, b.eth1 -- a.eth1, a.eth2 -- a.eth3]`;
  const topologies: Topology[] = [readTopology(text), readTopology('{}')];
  for (const topology of topologies) {
    const svg = drawSvg(topology)!;
    expect(look(svg).titles.length).toBe(1 + topology.nodes.length + topology.links.length);
    expect(svg).not.toMatch(/NaN|Infinity/);
  }
  expect(new Set(drawSvg(topologies[0]!)!.match(/<path d="[^"]*"/g)).size).toBe(3);
});
