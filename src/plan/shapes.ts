/**
 * The shapes that networks come in: line, ring, star, tree, full mesh, grid, leaf-spine, fat tree, random. Each gives a
 * plan of routers, with hosts behind those at the edge.
 * Routers are r1, r2, … (of a grid r1-1, r1-2, …; of the layered ones by their layer), hosts h1, h2, …; one host is
 * linked to its router, several are by a switch. A larger network of a shape keeps the names of the smaller one.
 */
import { RandomStream } from '../sim/random.ts';
import { withHosts } from './hosts.ts';
import { MAX_LINKS, MAX_NODES, PlanError } from './plan.ts';
import type { Plan, PlannedLink, PlannedNode } from './plan.ts';

/** What all shapes take. */
export interface ShapeOptions {
  /** Of the plan; the shape's own unless given. */
  readonly name?: string;
  /** Behind each router of the edge: all routers, but in a tree its leaves, in the layered shapes the lowest layer. */
  readonly hostsPerRouter?: number;
  /** Of each link between routers. */
  readonly link?: Pick<PlannedLink, 'delay' | 'bandwidth' | 'mtu'>;
}

/** r1 – r2 – … – rn. */
export function line({ routers, ...options }: ShapeOptions & { readonly routers: number }): Plan {
  const draft = new Draft(options);
  const names = draft.addRouters(atLeast(1, routers, 'routers'));
  for (let i = 1; i < names.length; i++) draft.link(names[i - 1]!, names[i]!);
  return draft.plan('line', `A line of ${count(routers, 'router')}.`, names);
}

/** A line whose ends are linked. */
export function ring({ routers, ...options }: ShapeOptions & { readonly routers: number }): Plan {
  const draft = new Draft(options);
  const names = draft.addRouters(atLeast(3, routers, 'routers'));
  for (let i = 1; i < names.length; i++) draft.link(names[i - 1]!, names[i]!);
  draft.link(names[0]!, names[names.length - 1]!);
  return draft.plan('ring', `A ring of ${routers} routers: any one link may fail.`, names);
}

/** r1 in the middle, each other router linked to it; hosts are behind the others. */
export function star({ routers, ...options }: ShapeOptions & { readonly routers: number }): Plan {
  const draft = new Draft(options);
  const [middle, ...others] = draft.addRouters(atLeast(2, routers, 'routers'));
  for (const other of others) draft.link(middle!, other);
  return draft.plan('star', `A star: r1 in the middle, ${count(others.length, 'router')} around it.`, others);
}

/** r1 at the top, `fanOut` routers below each but the lowest; `depth` counts the layers below the top. */
export function tree(options: ShapeOptions & { readonly depth: number; readonly fanOut: number }): Plan {
  const { depth, fanOut } = options;
  atLeast(1, depth, 'depth');
  atLeast(1, fanOut, 'fan-out');
  const draft = new Draft(options);
  let layer = draft.addRouters(1);
  for (let below = 0; below < depth; below++) {
    const next: string[] = [];
    for (const parent of layer) {
      for (const child of draft.addRouters(fanOut)) {
        draft.link(parent, child);
        next.push(child);
      }
    }
    layer = next;
  }
  return draft.plan('tree', `A tree, ${count(depth, 'layer')} below the top, ${fanOut} routers below each.`, layer);
}

/** Each router linked to each other one. */
export function fullMesh({ routers, ...options }: ShapeOptions & { readonly routers: number }): Plan {
  const draft = new Draft(options);
  const names = draft.addRouters(atLeast(2, routers, 'routers'));
  // By the later end, so that one more router adds its links behind the others'.
  for (let to = 1; to < names.length; to++) {
    for (let from = 0; from < to; from++) draft.link(names[from]!, names[to]!);
  }
  return draft.plan('full-mesh', `A full mesh: each of ${routers} routers is linked to each other one.`, names);
}

/** Rows and columns; r2-3 is in the second row and the third column. */
export function grid(options: ShapeOptions & { readonly rows: number; readonly columns: number }): Plan {
  const rows = atLeast(1, options.rows, 'rows');
  const columns = atLeast(1, options.columns, 'columns');
  const draft = new Draft(options);
  const nameAt = (row: number, column: number): string => `r${row}-${column}`;
  const names: string[] = [];
  for (let row = 1; row <= rows; row++) {
    for (let column = 1; column <= columns; column++) {
      names.push(draft.addRouter(nameAt(row, column)));
      if (row > 1) draft.link(nameAt(row - 1, column), nameAt(row, column));
      if (column > 1) draft.link(nameAt(row, column - 1), nameAt(row, column));
    }
  }
  return draft.plan('grid', `A grid, ${rows} by ${columns}.`, names);
}

/** Each leaf linked to each spine; hosts are behind the leaves. */
export function leafSpine(options: ShapeOptions & { readonly leaves: number; readonly spines: number }): Plan {
  const draft = new Draft(options);
  const spines = draft.addRouters(atLeast(1, options.spines, 'spines'), 'spine');
  const leaves = draft.addRouters(atLeast(1, options.leaves, 'leaves'), 'leaf');
  for (const leaf of leaves) for (const spine of spines) draft.link(spine, leaf);
  const about = `Leaves and spines: each of ${leaves.length} leaves is linked to each of ${spines.length} spines.`;
  return draft.plan('leaf-spine', about, leaves);
}

/**
 * The fat tree of `ports`-port switches: `ports` pods of half as many edge and aggregation routers each, and a core
 * that joins the pods; every layer has the bandwidth of the one below.
 * Al-Fares, Loukissas and Vahdat, "A Scalable, Commodity Data Center Network Architecture", SIGCOMM 2008, §3.
 */
export function fatTree(options: ShapeOptions & { readonly ports: number }): Plan {
  const { ports } = options;
  if (atLeast(2, ports, 'ports') % 2 !== 0) throw new PlanError(`a fat tree has an even number of ports, not ${ports}`);
  const half = ports / 2;
  const draft = new Draft(options);
  const core = draft.addRouters(half * half, 'core');
  const edges: string[] = [];
  for (let pod = 0; pod < ports; pod++) {
    const aggregation = draft.addRouters(half, 'agg');
    const edge = draft.addRouters(half, 'edge');
    // The first aggregation router of a pod has the first row of the core, and so on.
    aggregation.forEach((name, row) => {
      for (const above of core.slice(row * half, (row + 1) * half)) draft.link(above, name);
    });
    for (const above of aggregation) for (const below of edge) draft.link(above, below);
    edges.push(...edge);
  }
  const about = `A fat tree of ${ports}-port routers: ${half * half} in the core, ${ports} pods of ${half} and ${half}.`;
  return draft.plan('fat-tree', about, edges);
}

/**
 * Routers linked by chance, all of them connected: each is linked to one of those before it, and the links beyond
 * those, `links` in all, are between any two that are not linked yet. The same seed gives the same network.
 */
export function random(
  options: ShapeOptions & { readonly routers: number; readonly links?: number; readonly seed?: number },
): Plan {
  const routers = atLeast(1, options.routers, 'routers');
  const { seed = 1, links = Math.min(Math.floor(routers * 1.5), (routers * (routers - 1)) / 2) } = options;
  const most = (routers * (routers - 1)) / 2;
  if (!Number.isSafeInteger(links) || links < routers - 1 || links > most) {
    throw new PlanError(
      `${count(routers, 'router')} can be connected by ${routers - 1} to ${most} links, not ${links}`,
    );
  }
  const draft = new Draft(options);
  const names = draft.addRouters(routers);
  const stream = new RandomStream(seed, 'random network');
  const below = (limit: number): number => Math.floor(stream.next() * limit);
  const linked = new Set<number>();
  const tryLink = (a: number, b: number): void => {
    const [from, to] = a < b ? [a, b] : [b, a];
    if (from === to || linked.has(from * routers + to)) return;
    linked.add(from * routers + to);
    draft.link(names[from]!, names[to]!);
  };
  for (let i = 1; i < routers; i++) tryLink(below(i), i);
  // Where most pairs are to be linked, chance would find the last ones late: then all that are left are shuffled.
  if (links <= most / 2) {
    while (linked.size < links) tryLink(below(routers), below(routers));
  } else {
    const left: (readonly [number, number])[] = [];
    for (let to = 1; to < routers; to++) {
      for (let from = 0; from < to; from++) if (!linked.has(from * routers + to)) left.push([from, to]);
    }
    for (let last = left.length - 1; linked.size < links; last--) {
      const chosen = below(last + 1);
      tryLink(...left[chosen]!);
      left[chosen] = left[last]!;
    }
  }
  return draft.plan('random', `${count(routers, 'router')} and ${links} links by chance, from seed ${seed}.`, names);
}

/** A plan in the making. */
class Draft {
  private readonly nodes: PlannedNode[] = [];
  private readonly links: PlannedLink[] = [];
  private readonly routers = new Map<string, number>();
  private readonly options: ShapeOptions;

  constructor(options: ShapeOptions) {
    this.options = options;
  }

  addRouter(name: string): string {
    if (this.nodes.length >= MAX_NODES) throw new PlanError(`a plan has at most ${MAX_NODES} nodes`);
    this.nodes.push({ name, kind: 'router' });
    return name;
  }

  /** So many more of a family: r1, r2, … */
  addRouters(howMany: number, family = 'r'): string[] {
    const before = this.routers.get(family) ?? 0;
    this.routers.set(family, before + howMany);
    return Array.from({ length: howMany }, (_, index) => this.addRouter(`${family}${before + index + 1}`));
  }

  link(from: string, to: string): void {
    if (this.links.length >= MAX_LINKS) throw new PlanError(`a plan has at most ${MAX_LINKS} links`);
    this.links.push({ from, to, ...this.options.link });
  }

  plan(name: string, about: string, edge: readonly string[]): Plan {
    const { nodes, links, options } = this;
    return withHosts({ name: options.name ?? name, about: [about], nodes, links }, options.hostsPerRouter ?? 0, edge);
  }
}

function atLeast(least: number, number: number, what: string): number {
  if (Number.isSafeInteger(number) && number >= least && number <= MAX_NODES) return number;
  throw new PlanError(`${what}: ${number} is not a whole number from ${least} to ${MAX_NODES}`);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
