/**
 * Shortest paths where links cost this and that: Dijkstra's algorithm, from each prefix backwards. A router's first hops
 * are then the edges by which it is as far from the prefix as it is.
 */
import type { RouterGraph } from './router-graph.ts';

/** Farther than any path: RFC 2328 has costs of 16 bits. */
const FAR = 0x7fff_ffff;

/** Fills in the first hops, as `FirstHops` has them. */
export function searchByCost(graph: RouterGraph, firstHops: Int32Array): void {
  const { routers, edgeStart, edgeTo, edgeCost, attachedStart, attached } = graph;
  const { start, edges, from } = turnAround(graph);
  const heap = new Heap(routers.length);
  const distances = new Int32Array(routers.length);
  for (let prefix = 0; prefix < graph.destinations.length; prefix++) {
    distances.fill(FAR);
    for (let i = attachedStart[prefix]!; i < attachedStart[prefix + 1]!; i++) {
      const router = attached[i]!;
      const cost = graph.attachedCost[i]!;
      if (cost < distances[router]!) heap.push((distances[router] = cost), router);
    }
    while (heap.pop()) {
      const { distance, router } = heap;
      // What was reached again on a shorter way is in the heap twice.
      if (distance > distances[router]!) continue;
      for (let i = start[router]!; i < start[router + 1]!; i++) {
        const other = from[i]!;
        const farther = distance + edgeCost[edges[i]!]!;
        if (farther < distances[other]!) heap.push((distances[other] = farther), other);
      }
    }

    const place = (prefix >>> 5) * edgeTo.length;
    const bit = 1 << (prefix & 31);
    for (let router = 0, edge = 0; router < routers.length; router++) {
      const end = edgeStart[router + 1]!;
      const distance = distances[router]!;
      for (; edge < end; edge++) {
        if (distances[edgeTo[edge]!]! + edgeCost[edge]! === distance) firstHops[place + edge]! |= bit;
      }
    }
    // Who is on the subnet needs no hop to there.
    for (let i = attachedStart[prefix]!; i < attachedStart[prefix + 1]!; i++) {
      const router = attached[i]!;
      for (let edge = edgeStart[router]!; edge < edgeStart[router + 1]!; edge++) firstHops[place + edge]! &= ~bit;
    }
  }
}

/** The edges that lead to each router, and the routers that they come from. */
function turnAround({ routers, edgeStart, edgeTo }: RouterGraph): {
  readonly start: Int32Array;
  readonly edges: Int32Array;
  readonly from: Int32Array;
} {
  const start = new Int32Array(routers.length + 1);
  for (const to of edgeTo) start[to + 1]!++;
  for (let router = 0; router < routers.length; router++) start[router + 1]! += start[router]!;
  const filled = start.slice();
  const edges = new Int32Array(edgeTo.length);
  const from = new Int32Array(edgeTo.length);
  for (let router = 0; router < routers.length; router++) {
    for (let edge = edgeStart[router]!; edge < edgeStart[router + 1]!; edge++) {
      const place = filled[edgeTo[edge]!]!++;
      edges[place] = edge;
      from[place] = router;
    }
  }
  return { start, edges, from };
}

/** A binary heap of routers by their distances, each pair one number. */
class Heap {
  /** Of the one that was taken out last. */
  distance = 0;
  router = 0;
  private readonly keys: number[] = [];
  private readonly routers: number;

  constructor(routers: number) {
    this.routers = routers;
  }

  push(distance: number, router: number): void {
    const { keys } = this;
    const key = distance * this.routers + router;
    let at = keys.length;
    keys.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** Takes the nearest one out; false when there is none. */
  pop(): boolean {
    const { keys } = this;
    const [least] = keys;
    const last = keys.pop();
    if (least === undefined || last === undefined) return false;
    const end = keys.length;
    let at = 0;
    for (let child = 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && keys[child + 1]! < keys[child]!) child++;
      if (last <= keys[child]!) break;
      keys[at] = keys[child]!;
      at = child;
    }
    if (end > 0) keys[at] = last;
    this.distance = Math.floor(least / this.routers);
    this.router = least - this.distance * this.routers;
    return true;
  }
}
