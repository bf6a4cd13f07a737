/**
 * Shortest paths where all links cost the same, so that hops are counted: breadth-first search from 32 prefixes at once,
 * a bit for each (after Then et al., "The More the Merrier: Efficient Multi-Source Graph Traversal", VLDB 2014). In each
 * round every router learns what its neighbours learnt in the one before, and the neighbours that it learns a prefix
 * from are its first hops to there.
 */
import type { RouterGraph } from './router-graph.ts';

/** Fills in the first hops, as `FirstHops` has them. */
export function searchByHops(graph: RouterGraph, firstHops: Int32Array): void {
  const { attachedStart, attached, routers, edgeTo } = graph;
  const prefixes = graph.destinations.length;
  /** By router: the prefixes that it knows, and those that it has learnt in the last round and in this one. */
  const known = new Int32Array(routers.length);
  let last = new Int32Array(routers.length);
  let now = new Int32Array(routers.length);
  for (let first = 0, from = 0; first < prefixes; first += 32, from += edgeTo.length) {
    const learntBy = firstHops.subarray(from, from + edgeTo.length);
    known.fill(0);
    for (let prefix = first; prefix < Math.min(first + 32, prefixes); prefix++) {
      const end = attachedStart[prefix + 1]!;
      for (let i = attachedStart[prefix]!; i < end; i++) known[attached[i]!]! |= 1 << (prefix - first);
    }
    last.set(known);
    while (spread(graph, known, last, now, learntBy)) [last, now] = [now, last];
  }
}

/** One round; false when nobody has learnt anything. */
function spread(
  { edgeStart, edgeTo }: RouterGraph,
  known: Int32Array,
  last: Int32Array,
  now: Int32Array,
  learntBy: Int32Array,
): boolean {
  let news = 0;
  for (let router = 0, edge = 0; router < known.length; router++) {
    const end = edgeStart[router + 1]!;
    const unknown = ~known[router]!;
    let learnt = 0;
    for (; edge < end; edge++) {
      const bits = last[edgeTo[edge]!]! & unknown;
      learntBy[edge]! |= bits;
      learnt |= bits;
    }
    now[router] = learnt;
    known[router]! |= learnt;
    news |= learnt;
  }
  return news !== 0;
}
