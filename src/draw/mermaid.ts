/** A topology as a Mermaid flowchart, which GitHub and many wikis draw. mermaid.js.org, "Flowcharts - Basic Syntax". */
import type { Topology } from '../lab/topology.ts';
import { graphOf } from './graph.ts';
import type { GraphNode } from './graph.ts';

const SHAPES: Readonly<Record<GraphNode['kind'], readonly [open: string, close: string]>> = {
  router: ['([', '])'],
  host: ['[', ']'],
  switch: ['{{', '}}'],
  hub: ['{{', '}}'],
};

/** A topology as a Mermaid flowchart, as text. */
export function drawMermaid(topology: Topology): string {
  const { nodes, edges } = graphOf(topology);
  const lines = ['flowchart LR'];
  // Nodes are called by numbers: some names are words of the language, such as "end".
  nodes.forEach(({ name, kind, addresses }, index) => {
    const [open, close] = SHAPES[kind];
    lines.push(`  n${index}${open}"${[name, ...addresses].map(escape).join('<br>')}"${close}`);
  });
  for (const { from, to, subnet, up } of edges) {
    const line = up ? '---' : '-.-';
    lines.push(`  n${from} ${line}${subnet === '' ? '' : `|"${escape(subnet)}"|`} n${to}`);
  }
  return `${lines.join('\n')}\n`;
}

function escape(text: string): string {
  return text.replace(/[#"<>&]/g, (letter) => `#${letter.charCodeAt(0)};`);
}
