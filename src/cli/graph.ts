/** `wirelab graph FILE`: a drawing of a topology. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { drawDot } from '../draw/dot.ts';
import { drawMermaid } from '../draw/mermaid.ts';
import { drawSvg, MAX_DRAWN_NODES } from '../draw/svg.ts';
import { LabError } from '../lab/lab-error.ts';
import { readTopology } from '../lab/topology.ts';
import type { Topology } from '../lab/topology.ts';
import { writeText } from './plan-options.ts';
import { Exit, readTopologyText } from './run-lab.ts';

const FORMATS = {
  svg: (topology: Topology, file: string): string => {
    const picture = drawSvg(topology);
    if (picture !== null) return picture;
    const { length } = topology.nodes;
    throw new LabError(
      `${file}: ${length} nodes are too many to draw (${MAX_DRAWN_NODES}); --format dot writes them all`,
    );
  },
  mermaid: drawMermaid,
  dot: drawDot,
} as const;

type Format = keyof typeof FORMATS;

/** By the end of the name of the file to write. */
const ENDINGS: Readonly<Record<string, Format>> = {
  svg: 'svg',
  mmd: 'mermaid',
  mermaid: 'mermaid',
  dot: 'dot',
  gv: 'dot',
};

interface GraphOptions {
  readonly format?: Format;
  readonly output?: string;
}

export function addGraph(command: Command, exit: (status: number) => void): void {
  command
    .command('graph <file>')
    .description('draw a topology')
    .addOption(
      new Option('--format <name>', 'svg, a picture; mermaid or dot, texts; svg unless OUT says').choices(
        Object.keys(FORMATS),
      ),
    )
    .option('-o, --output <out>', 'write it there; else to standard output')
    .action((file: string, { format, output }: GraphOptions) => {
      const ending = /\.(\w+)$/.exec(output ?? '')?.[1] ?? '';
      const draw = FORMATS[format ?? ENDINGS[ending] ?? 'svg'];
      writeText(draw(readTopology(readTopologyText(file), { file }), file), output);
      exit(Exit.Ok);
    });
}
