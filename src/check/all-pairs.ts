/**
 * Who reaches whom: each host and router of a lab pings each other one that a chain of links leads to. Of a large lab
 * some pairs are asked, chosen by chance from a seed, so that the same ones are asked again.
 */
import type { Job } from '../lab/jobs.ts';
import type { Lab } from '../lab/lab.ts';
import type { Station, Topology } from '../lab/topology.ts';
import { RandomStream } from '../sim/random.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';

/** Pairs, each in one direction, of which the ping comes back. */
const MAX_PAIRS = 5_000;
/** Pings of one host at a time: fewer than may wait for a neighbour's address (Linux's unres_qlen is about 100). */
const AT_ONCE = 32;
/** Seconds that a ping waits for its answer. */
const PATIENCE = '5';

/** Who reaches whom. */
export interface Reach {
  /** Ordered pairs of stations with a chain of links between them. */
  readonly pairs: number;
  /** How many of them were asked. */
  readonly asked: number;
  readonly failed: readonly Failure[];
}

/** A pair that does not: `from` had no answer from `address`, which is of `to`. */
export interface Failure {
  readonly from: string;
  readonly to: string;
  readonly address: Ip4;
  /** What ping said of it. */
  readonly said: string;
}

/** Pings from the lab's present on, and runs it meanwhile; its own programs go on beside. */
export function checkAllPairs(lab: Lab, { most = MAX_PAIRS, seed = 1 } = {}): Reach {
  const groups = connectedStations(lab.topology);
  const pairs = groups.reduce((sum, { length }) => sum + length * (length - 1), 0);
  // Each pair has the same chance, and nobody makes a list of all of them.
  const chance = most / Math.max(pairs, 1);
  const stream = new RandomStream(seed, 'all pairs');
  const failed: Failure[] = [];
  let asked = 0;
  for (const group of groups) {
    for (const from of group) {
      let batch: { readonly to: Station; readonly address: Ip4; readonly job: Job }[] = [];
      const finish = (): void => {
        if (batch.length > 0) lab.run();
        for (const { to, address, job } of batch) {
          if (job.exitStatus === 0) continue;
          const said = job.lines.map(({ text }) => text).find((text) => /unreachable|exceeded|loss/i.test(text)) ?? '';
          failed.push({ from: from.name, to: to.name, address, said });
        }
        batch = [];
      };
      for (const to of group) {
        if (to === from || (chance < 1 && stream.next() >= chance)) continue;
        const address = addressOf(to);
        if (address === null) continue;
        asked++;
        const args = ['-c', '1', '-W', PATIENCE, Ip.format(address)];
        batch.push({ to, address, job: lab.start(from.name, 'ping', { args }) });
        if (batch.length === AT_ONCE) finish();
      }
      finish();
    }
  }
  return { pairs, asked, failed };
}

/** Hosts and routers with an address, in the groups that links join, whatever is between them. */
function connectedStations({ nodes, links }: Topology): Station[][] {
  const neighbors = new Map(nodes.map(({ name }) => [name, [] as string[]]));
  for (const { from, to, up } of links) {
    if (!up) continue;
    neighbors.get(from.node)?.push(to.node);
    neighbors.get(to.node)?.push(from.node);
  }
  const stations = new Map<string, Station>();
  for (const node of nodes) {
    if ((node.kind === 'host' || node.kind === 'router') && addressOf(node) !== null) stations.set(node.name, node);
  }
  const reached = new Set<string>();
  const groups: Station[][] = [];
  for (const { name } of nodes) {
    const group: Station[] = [];
    const waiting = [name];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      const station = stations.get(next);
      if (station !== undefined) group.push(station);
      for (const other of neighbors.get(next) ?? []) waiting.push(other);
    }
    if (group.length > 0) groups.push(group);
  }
  return groups;
}

/** Its own address, which is on no link, or else its first. */
function addressOf({ loopback, interfaces }: Station): Ip4 | null {
  const [own] = loopback.addresses;
  if (own !== undefined) return own.ip;
  for (const { addresses } of interfaces) for (const { ip } of addresses) return ip;
  return null;
}
