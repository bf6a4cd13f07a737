/**
 * Shortest-path routes for all routers of a network as the Internet's are: a few with many links, most with few.
 * The graph grows by preferential attachment (Barabási and Albert, 1999): each router that joins links to two or three
 * of those there are, and the more links one has, the more likely it is chosen. Every link is a subnet of its own.
 */
import { installShortestPaths } from '../src/lab/shortest-paths.ts';
import { Lab } from '../src/lab/lab.ts';
import { readTopology } from '../src/lab/topology.ts';
import { RandomStream } from '../src/sim/random.ts';
import { lookUp } from '../src/stack/routes.ts';
import * as Ip from '../src/wire/ip4.ts';
import { secondsOf } from './seconds.ts';

const SUBNET_LENGTH = 30;
const FIRST_SUBNET = 0x0a00_0000;

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

/** The topology file, without routes. */
function describeGraph(routers: number, links: readonly (readonly [number, number])[], cost: number): string {
  const nics = Array.from({ length: routers }, (): string[] => []);
  const lines = links.map((pair, link) => {
    const [a, b] = pair.map((router, i) => {
      const list = nics[router]!;
      list.push(`eth${list.length}: ${Ip.format(addressOn(link, i + 1))}/${SUBNET_LENGTH}`);
      return `r${router}.eth${list.length - 1}`;
    });
    return `  - { from: ${a}, to: ${b}, cost: ${1 + (link % cost)} }`;
  });
  const stations = nics.map((list, router) => `  r${router}: { interfaces: { ${list.join(', ')} } }`);
  return ['routers:', ...stations, 'links:', ...lines].join('\n');
}

function addressOn(link: number, place: number): Ip.Ip4 {
  return Ip.fromNumber(FIRST_SUBNET + link * 2 ** (32 - SUBNET_LENGTH) + place);
}

/** Seconds to compute them and to put them into the tables; links cost 1, or by turns 1 to `cost`. */
export function measureShortestPaths(routers: number, cost = 1): number {
  const links = drawLinks(routers);
  const lab = new Lab(readTopology(describeGraph(routers, links, cost)));
  const seconds = secondsOf(() => installShortestPaths(lab.topology, lab.network.kernels));
  for (let router = 0; router < routers; router++) {
    const { stack } = lab.kernel(`r${router}`);
    for (let link = router % 100; link < links.length; link += 100) {
      if (lookUp(stack, addressOn(link, 1)) === null) throw new Error(`r${router} has no way to link ${link}`);
    }
  }
  return seconds;
}
