/** A topology in Graphviz' DOT language, for its layouts. graphviz.org, "DOT Language"; places are for `neato -n`. */
import type { Topology } from '../lab/topology.ts';
import { graphOf } from './graph.ts';
import type { GraphNode } from './graph.ts';

const SHAPES: Readonly<Record<GraphNode['kind'], string>> = {
  router: 'ellipse',
  host: 'box',
  switch: 'hexagon',
  hub: 'hexagon',
};

/** A topology in Graphviz's language, as text. */
export function drawDot(topology: Topology): string {
  const { name, nodes, edges } = graphOf(topology);
  const lines = [
    `graph ${quote(name)} {`,
    '  node [fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=9];',
  ];
  for (const { name: node, kind, place, addresses } of nodes) {
    const label = addresses.length === 0 ? [] : [`label=${quote([node, ...addresses].join('\n'))}`];
    const pos = place === null ? [] : [`pos="${place[0]},${place[1]}!"`];
    lines.push(`  ${quote(node)} [${[`shape=${SHAPES[kind]}`, ...label, ...pos].join(', ')}];`);
  }
  for (const { from, to, fromLabel, toLabel, subnet, up } of edges) {
    const attributes = [`taillabel=${quote(fromLabel)}`, `headlabel=${quote(toLabel)}`];
    if (subnet !== '') attributes.push(`label=${quote(subnet)}`);
    if (!up) attributes.push('style=dashed');
    lines.push(`  ${quote(nodes[from]!.name)} -- ${quote(nodes[to]!.name)} [${attributes.join(', ')}];`);
  }
  return `${lines.join('\n')}\n}\n`;
}

/** The only escape of a quoted string is that of its quote; \n is a line break of a label. */
function quote(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}
