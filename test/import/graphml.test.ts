import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importGraphml } from '../../src/import/graphml.ts';
import { TopologyError } from '../../src/lab/topology-error.ts';

const KEYS = `
  <key attr.name="label" attr.type="string" for="node" id="d1"/>
  <key attr.name="Longitude" attr.type="double" for="node" id="d2"/>
  <key attr.name="Latitude" attr.type="double" for="node" id="d3"/>
  <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d4"/>
  <key attr.name="LinkLabel" attr.type="string" for="edge" id="d5"/>
  <key attr.name="Country" attr.type="string" for="node" id="d6"/>`;

function graphml(inside: string, keys = KEYS): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">${keys}
  <graph edgedefault="undirected">
${inside}
  </graph>
</graphml>`;
}

function node(id: string, label?: string, place?: readonly [number, number]): string {
  const data = [
    ...(label === undefined ? [] : [`<data key="d1">${label}</data>`]),
    ...(place === undefined ? [] : [`<data key="d2">${place[0]}</data><data key="d3">${place[1]}</data>`]),
  ];
  return `<node id="${id}">${data.join('')}</node>`;
}

/** The error's message for a text. */
function refusal(text: string): string {
  try {
    importGraphml(text, { file: 'g.graphml' });
  } catch (error) {
    if (error instanceof TopologyError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a graph', () => {
  it('becomes routers and links, with delays by distance and bandwidths by speed', () => {
    const { plan, notes } = importGraphml(
      graphml(`
        ${node('0', 'New York', [-74.00597, 40.71427])}
        ${node('1', 'London', [-0.12574, 51.50853])}
        ${node('2', 'Somewhere')}
        <edge source="0" target="1"><data key="d4">10000000000.0</data></edge>
        <edge source="1" target="2"><data key="d5">&lt; 155 Mbps</data></edge>`),
      { file: 'maps/atlantic.graphml' },
    );
    expect(plan).toEqual({
      name: 'atlantic',
      about: ['Imported from atlantic.graphml.', ...notes],
      nodes: [
        { name: 'New-York', kind: 'router', place: [-74.00597, 40.71427] },
        { name: 'London', kind: 'router', place: [-0.12574, 51.50853] },
        { name: 'Somewhere', kind: 'router' },
      ],
      links: [
        { from: 'New-York', to: 'London', delay: 27_871_000, bandwidth: 10_000_000_000 },
        { from: 'London', to: 'Somewhere', bandwidth: 155_000_000 },
      ],
    });
    expect(notes).toEqual(['1 of 2 links have the default delay: no two places are known between them.']);
  });

  it('keeps parallel edges and parts that are not connected, and leaves out edges from a node to itself', () => {
    const { plan, notes } = importGraphml(
      graphml(`${node('a')}${node('b')}${node('c')}
        <edge source="a" target="b"/><edge source="b" target="a"/><edge source="a" target="a"/>`),
    );
    expect(plan.nodes.map(({ name }) => name)).toEqual(['na', 'nb', 'nc']);
    expect(plan.links).toEqual([
      { from: 'na', to: 'nb' },
      { from: 'nb', to: 'na' },
    ]);
    expect(notes).toContain('Left out: 1 edge from a node to itself (na).');
  });

  it('two of one label, and those that nobody knows, get names of their own', () => {
    const { plan, notes } = importGraphml(
      graphml(`${node('0', 'BBN')}${node('1', 'BBN')}${node('2', 'None')}${node('3', '?')}${node('4', '')}`),
    );
    expect(plan.nodes.map(({ name }) => name)).toEqual(['BBN', 'BBN-2', 'n2', 'n3', 'n4']);
    expect(notes[0]).toBe('Named otherwise: "BBN" is BBN-2, "None" is n2, "?" is n3, "4" is n4.');
  });

  it('a place that is none on Earth is noted', () => {
    const { plan, notes } = importGraphml(graphml(`${node('0', 'A', [200, 0])}${node('1', 'B', [0, 91])}`));
    expect(plan.nodes.every(({ place }) => place === undefined)).toBe(true);
    expect(notes).toContain('Without a place, as Longitude or Latitude is none: A, B.');
  });

  it('two nodes in one place have the default delay', () => {
    const { plan } = importGraphml(
      graphml(`${node('0', 'A', [1, 1])}${node('1', 'B', [1, 1])}<edge source="0" target="1"/>`),
    );
    expect(plan.links).toEqual([{ from: 'A', to: 'B' }]);
  });

  it('what is not used is noted by its name', () => {
    const { notes } = importGraphml(graphml('<node id="0"><data key="d6">Peru</data></node><port name="x"/>'));
    expect(notes).toContain('Not used of nodes: Country.');
    expect(notes).toContain('Elements not read: port.');
  });

  it('a hyperedge is a switch', () => {
    const { plan } = importGraphml(
      graphml(`${node('a')}${node('b')}${node('c')}
        <hyperedge id="lan"><endpoint node="a"/><endpoint node="b"/><endpoint node="c"/></hyperedge>`),
    );
    expect(plan.nodes[3]).toEqual({ name: 'lan', kind: 'switch' });
    expect(plan.links.map(({ from, to }) => `${from} ${to}`)).toEqual(['na lan', 'nb lan', 'nc lan']);
  });

  it('a default value counts where a node has none, and a prefix of the names does not matter', () => {
    const keys = '<g:key id="d1" for="node" attr.name="label"><g:default>Nowhere</g:default></g:key>';
    const text = `<g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns">${keys}
      <g:graph edgedefault="directed"><g:node id="0"/><g:node id="1"><g:data key="d1">Here</g:data></g:node>
      <g:edge source="0" target="1"/></g:graph></g:graphml>`;
    const { plan, notes } = importGraphml(text);
    expect(plan.nodes.map(({ name }) => name)).toEqual(['Nowhere', 'Here']);
    expect(notes).toContain('Edges have a direction; links go both ways.');
  });

  it('in a node is a part of the one graph', () => {
    const { plan, notes } = importGraphml(
      graphml(
        '<node id="0"><graph edgedefault="undirected"><node id="1"/></graph></node><edge source="0" target="1"/>',
      ),
    );
    expect(plan.nodes).toHaveLength(2);
    expect(plan.links).toHaveLength(1);
    expect(notes).toContain('Graphs inside nodes are taken as parts of the one graph.');
  });
});

describe('what is wrong is said with its line and column', () => {
  it.each([
    ['<graphml><graph><node id="a"/><edge source="a" target="b"/></graph></graphml>', /^g\.graphml:1:\d+: an edge leads to "b", which is no node$/],
    ['<graphml><graph><node id="a"/>\n<node id="a"/></graph></graphml>', /^g\.graphml:2:\d+: a node with the id "a" stands above/],
    ['<graphml><graph><node/></graph></graphml>', /^g\.graphml:1:\d+: a node has no id$/],
    ['<graphml><graph><node id="a"></graph></graphml>', /^g\.graphml:1:\d+: XML: unexpected close tag\.$/],
    ['<graphml></graphml>', /^g\.graphml:1:1: the file has no <graph>$/],
    ['<html></html>', /^g\.graphml:1:\d+: not GraphML: the file is one <graphml>, this is <html>$/],
    ['', /^g\.graphml:1:1: XML: document must contain a root element\.$/],
    ['hosts: { h1: {} }', /^g\.graphml:1:\d+: XML: /],
  ])('%j', (text, message) => {
    expect(refusal(text)).toMatch(message);
  }); // prettier-ignore
});

describe('hostile files', () => {
  it('entities are not expanded, from inside or outside', () => {
    const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "&l${i};&l${i};&l${i};&l${i};&l${i};&l${i};&l${i};&l${i};&l${i};&l${i};">`); // prettier-ignore
    const bomb = `<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY l0 "ha">${laughs.join('')}]>
      <graphml><key id="d1" for="node" attr.name="label"/><graph><node id="a"><data key="d1">&l9;</data></node></graph></graphml>`;
    expect(refusal(bomb)).toMatch(/^g\.graphml:2:\d+: XML: undefined entity\.$/);
    const outside = `<!DOCTYPE graphml [<!ENTITY x SYSTEM "file:///etc/passwd">]><graphml><graph><node id="&x;"/></graph></graphml>`;
    expect(refusal(outside)).toMatch(/undefined entity/);
  });

  it('a hundred thousand elements inside each other, or names of any kind, are refused or harmless', () => {
    expect(refusal(`<graphml>${'<graph>'.repeat(100_000)}`)).toMatch(/elements are nested deeper than 64/);
    const names = ['__proto__', 'constructor', 'toString'];
    const { plan } = importGraphml(
      `<graphml><key id="__proto__" for="node" attr.name="__proto__"/><graph>${names
        .map((name) => `<node id="${name}"><data key="__proto__">x</data></node>`)
        .join('')}<edge source="__proto__" target="constructor"/></graph></graphml>`,
    );
    expect(plan.links).toHaveLength(1);
  });

  it('a value of a megabyte is cut, and a file of too many nodes is refused', () => {
    const { plan } = importGraphml(graphml(node('0', 'x'.repeat(1_000_000))));
    expect(plan.nodes[0]!.name).toHaveLength(63);
    const many = Array.from({ length: 100_001 }, (_, id) => `<node id="${id}"/>`).join('');
    expect(refusal(graphml(many))).toMatch(/a graph has at most 100000 nodes/);
  });

  it('any text at all is read or refused, and nothing else', () => {
    const good = graphml(`${node('0', 'A', [1, 2])}${node('1', 'B')}<edge source="0" target="1"/>`);
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(40), fc.string({ unit: 'binary', maxLength: 12 }), (at, cut, put) => {
        refusal(good.slice(0, at) + put + good.slice(at + cut));
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void refusal(text)));
  });
});
