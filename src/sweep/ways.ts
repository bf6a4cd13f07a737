/**
 * Whether a way is left from one node to another: a chain of links over nodes that pass packets on, whatever routes say.
 * Where none is left, no configuration helps; where one is and a packet does not arrive, one does.
 */
import type { Topology } from '../lab/topology.ts';
import type { Broken } from './failed-topology.ts';

export class Ways {
  private readonly neighbors = new Map<string, string[]>();
  private readonly stations: readonly string[];
  private readonly passesOn: (node: string) => boolean;
  private readonly reached = new Map<string, ReadonlySet<string>>();

  /** `passesOn` says who forwards: routers, switches, hubs. */
  constructor(topology: Topology, broken: Broken, passesOn: (node: string) => boolean) {
    const { nodes, links, events } = topology;
    this.passesOn = passesOn;
    const isUp = new Map<string, boolean>();
    for (const node of nodes) {
      if (!broken.nodes.has(node.name)) this.neighbors.set(node.name, []);
      if (node.kind === 'host' || node.kind === 'router') {
        for (const { name, up } of node.interfaces) isUp.set(`${node.name}.${name}`, up);
      }
    }
    this.stations = nodes.flatMap(({ kind, name }) =>
      (kind === 'host' || kind === 'router') && this.neighbors.has(name) ? [name] : [],
    );
    // What an event of the file brings up later is a way, too.
    for (const event of events) {
      if (event.kind === 'interface' && event.up) isUp.set(`${event.node}.${event.interface}`, true);
    }
    const raised = new Set(events.flatMap((event) => (event.kind === 'link' && event.up === true ? [event.link] : [])));
    links.forEach(({ from, to, up }, place) => {
      if (broken.links.has(place) || !(up || raised.has(place))) return;
      if (isUp.get(from.name) === false || isUp.get(to.name) === false) return;
      this.neighbors.get(from.node)?.push(to.node);
      this.neighbors.get(to.node)?.push(from.node);
    });
  }

  lead(from: string, to: string): boolean {
    return this.reachedFrom(from).has(to);
  }

  /** The hosts and routers in the parts that the network has fallen into, largest first. */
  parts(): string[][] {
    const left = new Set(this.stations);
    const parts: string[][] = [];
    for (const station of this.stations) {
      if (!left.has(station)) continue;
      const part = this.flood(station, () => true);
      parts.push(this.stations.filter((one) => part.has(one)));
      for (const one of part) left.delete(one);
    }
    return parts.sort((a, b) => b.length - a.length);
  }

  private reachedFrom(from: string): ReadonlySet<string> {
    let reached = this.reached.get(from);
    if (reached === undefined) this.reached.set(from, (reached = this.flood(from, this.passesOn)));
    return reached;
  }

  private flood(from: string, passesOn: (node: string) => boolean): ReadonlySet<string> {
    const reached = new Set([from]);
    // A set is walked in the order in which it grows.
    for (const node of reached) {
      if (node !== from && !passesOn(node)) continue;
      for (const next of this.neighbors.get(node) ?? []) reached.add(next);
    }
    return reached;
  }
}
