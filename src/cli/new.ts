/** `wirelab new SHAPE`: a topology of a shape, with addresses and routes, ready to run and to be added to. */
import type { Command } from 'commander';
import type { Plan } from '../plan/plan.ts';
import * as Shape from '../plan/shapes.ts';
import { topologyText } from '../plan/topology-text.ts';
import { anyNumber, duration, rate } from './arguments.ts';
import { addPlanOptions, poolsOf, writeText } from './plan-options.ts';
import type { PlanOptions } from './plan-options.ts';
import { Exit } from './run-lab.ts';

interface Sizes {
  readonly routers: number;
  readonly depth: number;
  readonly fanOut: number;
  readonly rows: number;
  readonly columns: number;
  readonly leaves: number;
  readonly spines: number;
  readonly ports: number;
  readonly links?: number;
  readonly seed: number;
}

interface NewOptions extends PlanOptions, Sizes {
  readonly name?: string;
  readonly hostsPerRouter: number;
  readonly delay?: number;
  readonly bandwidth?: number;
}

interface ShapePart {
  readonly name: string;
  readonly about: string;
  /** Its sizes: option, meaning, and what it is unless given. */
  readonly sizes: readonly (readonly [option: string, about: string, otherwise?: number])[];
  readonly plan: (options: Shape.ShapeOptions & Sizes) => Plan;
}

const ROUTERS = (otherwise: number) => ['--routers <number>', 'how many', otherwise] as const;

const SHAPES: readonly ShapePart[] = [
  { name: 'line', about: 'routers in a line', sizes: [ROUTERS(3)], plan: Shape.line },
  { name: 'ring', about: 'routers in a ring', sizes: [ROUTERS(4)], plan: Shape.ring },
  { name: 'star', about: 'routers around one in the middle', sizes: [ROUTERS(5)], plan: Shape.star },
  {
    name: 'tree',
    about: 'routers in a tree, hosts behind its leaves',
    sizes: [
      ['--depth <number>', 'layers below the top', 2],
      ['--fan-out <number>', 'routers below each', 2],
    ],
    plan: Shape.tree,
  },
  { name: 'full-mesh', about: 'each router linked to each other one', sizes: [ROUTERS(4)], plan: Shape.fullMesh },
  {
    name: 'grid',
    about: 'routers in rows and columns',
    sizes: [
      ['--rows <number>', 'how many', 3],
      ['--columns <number>', 'how many', 3],
    ],
    plan: Shape.grid,
  },
  {
    name: 'leaf-spine',
    about: 'each leaf linked to each spine, hosts behind the leaves',
    sizes: [
      ['--leaves <number>', 'how many', 4],
      ['--spines <number>', 'how many', 2],
    ],
    plan: Shape.leafSpine,
  },
  {
    name: 'fat-tree',
    about: 'the fat tree of a data centre, hosts behind its lowest layer',
    sizes: [['--ports <number>', 'of each router, an even number', 4]],
    plan: Shape.fatTree,
  },
  {
    name: 'random',
    about: 'routers connected by chance',
    sizes: [
      ROUTERS(10),
      ['--links <number>', 'between them; half as many again as routers, unless given'],
      ['--seed <number>', 'where the chance comes from', 1],
    ],
    plan: Shape.random,
  },
];

export function addNew(command: Command, exit: (status: number) => void): void {
  const parent = command.command('new').description('write a topology of a shape, with addresses and routes');
  for (const { name, about, sizes, plan } of SHAPES) {
    const part = parent.command(name).description(about);
    for (const [option, meaning, otherwise] of sizes) part.option(option, meaning, anyNumber, otherwise);
    part
      .option('--hosts-per-router <number>', 'behind each router of the edge', anyNumber, 1)
      .option('--name <name>', "of the topology, in place of the shape's")
      .option('--delay <time>', 'of the links between routers: 5ms', duration)
      .option('--bandwidth <rate>', 'of the links between routers: 100Mbit/s', rate);
    addPlanOptions(part).action((options: NewOptions) => {
      const { delay, bandwidth } = options;
      const link = { ...(delay === undefined ? {} : { delay }), ...(bandwidth === undefined ? {} : { bandwidth }) };
      writeText(topologyText(plan({ ...options, link }), poolsOf(options)), options.output);
      exit(Exit.Ok);
    });
  }
}
