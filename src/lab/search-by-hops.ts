/**
 * Shortest paths where all links cost the same, so that hops are counted: breadth-first search from 32 prefixes at once,
 * a bit for each (after Then et al., "The More the Merrier: Efficient Multi-Source Graph Traversal", VLDB 2014). In each
 * round every router learns what its neighbours learnt in the one before, and the neighbours it learns a prefix from
 * are its first hops to there.
 */
import { HopSets, NO_HOPS } from './hop-sets.ts';
import type { RouterGraph } from './router-graph.ts';

/** A router's first hops to every prefix. */
export interface FirstHops {
  /** The number of the set that leads to a prefix, by its place; 0 where none does or none is needed. */
  readonly choices: Uint16Array;
  /** First hops of paths of equal cost; a hop is one of the router's edges, counted from 0. */
  readonly sets: HopSets;
}

const BATCH = 32;

export function searchByHops(graph: RouterGraph): FirstHops[] {
  const routers = graph.routers.length;
  const prefixes = graph.destinations.length;
  const all = new Uint16Array(routers * prefixes);
  const choices = graph.routers.map((_, router) => all.subarray(router * prefixes, (router + 1) * prefixes));
  const sets = graph.routers.map((_, router) => new HopSets(graph.edgeStart[router + 1]! - graph.edgeStart[router]!));
  const rounds = new Rounds(graph);
  const parts = new Parts();
  for (let first = 0; first < prefixes; first += BATCH) {
    rounds.run(first, Math.min(BATCH, prefixes - first));
    for (let router = 0; router < routers; router++) {
      parts.divide(graph, router, rounds.learntBy, sets[router]!);
      parts.write(choices[router]!, first, sets[router]!);
    }
  }
  return choices.map((some, router) => ({ choices: some, sets: sets[router]! }));
}

/** Bit n of each word is the prefix in place `first` + n. */
class Rounds {
  /** By edge: the prefixes that lead over it. */
  readonly learntBy: Int32Array;
  private readonly graph: RouterGraph;
  /** By router: the prefixes that it knows, and those it has learnt in the last round and in this one. */
  private readonly known: Int32Array;
  private last: Int32Array;
  private now: Int32Array;

  constructor(graph: RouterGraph) {
    const routers = graph.routers.length;
    this.graph = graph;
    this.learntBy = new Int32Array(graph.edgeTo.length);
    this.known = new Int32Array(routers);
    this.last = new Int32Array(routers);
    this.now = new Int32Array(routers);
  }

  run(first: number, count: number): void {
    const { attachedStart, attached } = this.graph;
    this.known.fill(0);
    this.learntBy.fill(0);
    for (let n = 0; n < count; n++) {
      const end = attachedStart[first + n + 1]!;
      for (let i = attachedStart[first + n]!; i < end; i++) this.known[attached[i]!]! |= 1 << n;
    }
    this.last.set(this.known);
    while (this.spread()) {
      const { last } = this;
      this.last = this.now;
      this.now = last;
    }
  }

  /** One round; false when nobody has learnt anything. */
  private spread(): boolean {
    const { known, last, now, learntBy } = this;
    const { edgeStart, edgeTo } = this.graph;
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
}

/** A batch's prefixes, divided by the hops that lead there from one router. */
class Parts {
  private readonly bits = new Int32Array(BATCH);
  private readonly hops = new Int32Array(BATCH);
  private count = 0;

  divide({ edgeStart }: RouterGraph, router: number, learntBy: Int32Array, sets: HopSets): void {
    const start = edgeStart[router]!;
    const end = edgeStart[router + 1]!;
    let reached = 0;
    for (let edge = start; edge < end; edge++) reached |= learntBy[edge]!;
    this.count = 0;
    if (reached === 0) return;
    this.append(reached, NO_HOPS);
    for (let edge = start; edge < end; edge++) {
      const bits = learntBy[edge]!;
      if (bits !== 0) this.split(bits, edge - start, sets);
    }
  }

  private split(bits: number, hop: number, sets: HopSets): void {
    const { count } = this;
    for (let part = 0; part < count; part++) {
      const both = this.bits[part]! & bits;
      if (both === 0) continue;
      const hops = sets.add(this.hops[part]!, hop);
      const rest = this.bits[part]! ^ both;
      if (rest === 0) {
        this.hops[part] = hops;
      } else {
        this.bits[part] = rest;
        this.append(both, hops);
      }
    }
  }

  private append(bits: number, hops: number): void {
    this.bits[this.count] = bits;
    this.hops[this.count] = hops;
    this.count++;
  }

  write(choices: Uint16Array, first: number, sets: HopSets): void {
    for (let part = 0; part < this.count; part++) {
      const number = sets.numberOf(this.hops[part]!);
      for (let bits = this.bits[part]!; bits !== 0; bits &= bits - 1) {
        choices[first + 31 - Math.clz32(bits & -bits)] = number;
      }
    }
  }
}
