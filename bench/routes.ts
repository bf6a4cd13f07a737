/**
 * Shortest-path routes for all routers of a network as the Internet's are: a few with many links, most with few.
 * The graph grows by preferential attachment (Barabási and Albert, 1999): each router that joins links to two or three
 * of those there are, and the more links one has, the more likely it is chosen.
 */
import { RandomStream } from '../src/sim/random.ts';
import { secondsOf } from './seconds.ts';

/** Links between routers, by their numbers. */
export function drawLinks(routers: number): (readonly [number, number])[] {
  const random = new RandomStream(1, 'preferential attachment');
  const links: (readonly [number, number])[] = [];
  /** Each router once for each link it has. */
  const ends: number[] = [0];
  for (let router = 1; router < routers; router++) {
    const wanted = Math.min(router, random.next() < 0.5 ? 2 : 3);
    const chosen = new Set<number>();
    while (chosen.size < wanted) chosen.add(ends[Math.floor(random.next() * ends.length)]!);
    for (const other of chosen) {
      links.push([other, router]);
      ends.push(other, router);
    }
  }
  return links;
}

/** The first hop from `source` to each router, by breadth-first search. */
function firstHops(neighbors: readonly (readonly number[])[], source: number): Int32Array {
  const hops = new Int32Array(neighbors.length).fill(-1);
  hops[source] = source;
  const queue = [source];
  for (const router of queue) {
    for (const next of neighbors[router]!) {
      if (hops[next] !== -1) continue;
      hops[next] = router === source ? next : hops[router]!;
      queue.push(next);
    }
  }
  return hops;
}

/** Seconds for all routers. */
export function measureShortestPaths(routers: number): number {
  const neighbors: number[][] = Array.from({ length: routers }, () => []);
  for (const [a, b] of drawLinks(routers)) {
    neighbors[a]!.push(b);
    neighbors[b]!.push(a);
  }
  const tables: Int32Array[] = [];
  return secondsOf(() => {
    for (let router = 0; router < routers; router++) tables.push(firstHops(neighbors, router));
  });
}
