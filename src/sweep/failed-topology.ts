/** A topology in which something has failed from the start, for good. */
import type { LinkEvent, Topology } from '../lab/topology.ts';
import type { Failure } from './failure.ts';

/**
 * What becomes of routes that `routing: shortest-paths` gives: computed without what has failed, as a routing protocol
 * has them once it has settled, or kept from before the failure. Routes that the file gives stay as they are.
 */
export type RoutesAfter = 'recompute' | 'keep';

/** What does not work: the failed links with those of failed nodes, by place, and the failed nodes, by name. */
export interface Broken {
  readonly links: ReadonlySet<number>;
  readonly nodes: ReadonlySet<string>;
}

/** A failed node takes its links with it. */
export function brokenBy({ nodes, links }: Topology, failure: Failure): Broken {
  const names = new Set(failure.nodes.flatMap((place) => nodes[place]?.name ?? []));
  const down = new Set(failure.links);
  links.forEach(({ from, to }, place) => {
    if (names.has(from.node) || names.has(to.node)) down.add(place);
  });
  return { links: down, nodes: names };
}

/** Failed links have no carrier at either end, whatever events the file has for them; failed nodes run no programs. */
export function withoutBroken(topology: Topology, broken: Broken, routes: RoutesAfter): Topology {
  const links = topology.links.map((link, place) => (broken.links.has(place) ? { ...link, up: false } : link));
  const programs = topology.programs.filter(({ node }) => !broken.nodes.has(node));
  const events = topology.events.filter((event) =>
    event.kind === 'link' ? !broken.links.has(event.link) : !broken.nodes.has(event.node),
  );
  if (routes === 'recompute') return { ...topology, links, programs, events };
  // Routes are computed from the links as the lab opens; what happens at 0 comes right after that.
  const cuts = [...broken.links].map((link) => cutOf(topology, link));
  return { ...topology, programs, events: [...cuts, ...events] };
}

function cutOf({ links }: Topology, link: number): LinkEvent {
  const { position, path } = links[link]!;
  return { kind: 'link', position, path, at: 0, link, up: false, forward: {}, backward: {} };
}
