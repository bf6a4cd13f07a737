/**
 * Shortest paths where links cost this and that: Dijkstra's algorithm from each router. Every router on the way has the
 * set of the first hops by which it is reached; where two paths cost the same, it has those of both.
 */
import { HopSets, NO_HOPS } from './hop-sets.ts';
import type { RouterGraph } from './router-graph.ts';
import type { FirstHops } from './search-by-hops.ts';

/** Farther than any path: RFC 2328 has costs of 16 bits. */
const FAR = 0x7fff_ffff;

export function searchByCost(graph: RouterGraph): FirstHops[] {
  const search = new Search(graph);
  return graph.routers.map((_, source) => search.run(source));
}

class Search {
  private readonly graph: RouterGraph;
  private readonly distances: Int32Array;
  private readonly hopsTo: Int32Array;
  private readonly heap: Heap;

  constructor(graph: RouterGraph) {
    const routers = graph.routers.length;
    this.graph = graph;
    this.distances = new Int32Array(routers);
    this.hopsTo = new Int32Array(routers);
    this.heap = new Heap(routers);
  }

  run(source: number): FirstHops {
    const { distances, heap } = this;
    const { edgeStart } = this.graph;
    const sets = new HopSets(edgeStart[source + 1]! - edgeStart[source]!);
    distances.fill(FAR);
    distances[source] = 0;
    this.hopsTo[source] = NO_HOPS;
    heap.push(0, source);
    while (heap.pop()) {
      // What was reached again on a shorter way is in the heap twice.
      if (heap.distance === distances[heap.router]!) this.leave(heap.router, source, sets);
    }
    return { choices: this.choose(sets), sets };
  }

  /** The router's distance and hops are final: its neighbours may be near by it. */
  private leave(router: number, source: number, sets: HopSets): void {
    const { distances, hopsTo } = this;
    const { edgeStart, edgeTo, edgeCost } = this.graph;
    const start = edgeStart[router]!;
    const end = edgeStart[router + 1]!;
    for (let edge = start; edge < end; edge++) {
      const other = edgeTo[edge]!;
      const distance = distances[router]! + edgeCost[edge]!;
      const known = distances[other]!;
      if (known < distance) continue;
      const hops = router === source ? sets.only(edge - start) : hopsTo[router]!;
      if (distance < known) {
        distances[other] = distance;
        hopsTo[other] = hops;
        this.heap.push(distance, other);
      } else {
        hopsTo[other] = sets.unite(hopsTo[other]!, hops);
      }
    }
  }

  /** The hops to the nearest of the routers that are on each prefix. */
  private choose(sets: HopSets): Uint16Array {
    const { distances, hopsTo } = this;
    const { attachedStart, attached, attachedCost, destinations } = this.graph;
    const choices = new Uint16Array(destinations.length);
    for (let prefix = 0; prefix < destinations.length; prefix++) {
      let nearest = FAR;
      let hops = NO_HOPS;
      const end = attachedStart[prefix + 1]!;
      for (let i = attachedStart[prefix]!; i < end; i++) {
        const router = attached[i]!;
        if (distances[router]! === FAR) continue;
        const distance = distances[router]! + attachedCost[i]!;
        if (distance < nearest) {
          nearest = distance;
          hops = hopsTo[router]!;
        } else if (distance === nearest) {
          hops = sets.unite(hops, hopsTo[router]!);
        }
      }
      choices[prefix] = sets.numberOf(hops);
    }
    return choices;
  }
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
