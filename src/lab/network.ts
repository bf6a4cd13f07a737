/**
 * A topology becomes a network: a node for each device, a link for each link, and the events that change them.
 * Not here: what the hosts are told (configure.ts) and what runs on them (lab.ts).
 */
import { Simulator } from '../sim/simulator.ts';
import type { Link } from '../sim/link.ts';
import type { Node } from '../sim/node.ts';
import { DEVICES } from '../devices/registry.ts';
import { portCount } from '../devices/host.ts';
import type { Switch } from '../devices/switch.ts';
import type { Hosts, Kernel } from '../kernel/kernel.ts';
import type { Start } from '../kernel/process.ts';
import type { Stack } from '../stack/stack.ts';
import { interfaceByName, setUp } from '../stack/interface.ts';
import type { Event, Station, Topology } from './topology.ts';

export interface NetworkSettings {
  readonly seed: number;
  readonly poison: boolean;
  // What the stations' kernels and stacks are given; the same for all but the programs.
  programsOf(station: Station): ReadonlyMap<string, Start>;
  readonly hosts: Hosts;
  readonly output: Kernel['output'];
  readonly ended: Kernel['ended'];
  readonly report: Stack['report'];
}

export interface Network {
  readonly simulator: Simulator;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Those of the hosts and routers. */
  readonly kernels: ReadonlyMap<string, Kernel>;
  readonly switches: ReadonlyMap<string, Switch>;
  /** In the topology's order. */
  readonly links: readonly Link[];
}

export function buildNetwork(topology: Topology, settings: NetworkSettings): Network {
  const simulator = new Simulator({ seed: settings.seed, poison: settings.poison });
  const nodes = new Map<string, Node>();
  const kernels = new Map<string, Kernel>();
  const switches = new Map<string, Switch>();
  for (const one of topology.nodes) {
    switch (one.kind) {
      case 'host':
      case 'router': {
        const node = simulator.createNode(one.name, portCount(one.interfaces.length));
        const programs = settings.programsOf(one);
        const { hosts, output, ended, report } = settings;
        const kernel = DEVICES[one.kind](node, { nics: one.interfaces, programs, hosts, output, ended, report });
        nodes.set(one.name, node);
        kernels.set(one.name, kernel);
        break;
      }
      case 'switch': {
        const node = simulator.createNode(one.name, one.ports);
        const { ports, ageing } = one;
        switches.set(one.name, DEVICES.switch(node, ageing === null ? { ports } : { ports, ageing }));
        nodes.set(one.name, node);
        break;
      }
      case 'hub': {
        const node = simulator.createNode(one.name, one.ports);
        DEVICES.hub(node, { ports: one.ports });
        nodes.set(one.name, node);
        break;
      }
    }
  }
  const links = topology.links.map(({ name, from, to, up, forward, backward }) => {
    const link = simulator.connect(nodes.get(from.node)!, from.port, nodes.get(to.node)!, to.port, {
      name,
      forward,
      backward,
    });
    if (!up) link.setCarrier(false);
    return link;
  });
  return { simulator, nodes, kernels, switches, links };
}

/** Has the topology's events happen at their times. */
export function scheduleEvents(topology: Topology, network: Network): void {
  const happening = { topology, network };
  topology.events.forEach((event, index) => {
    network.simulator.after(event.at, happen, happening, index);
  });
}

function happen({ topology, network }: { topology: Topology; network: Network }, index: number): void {
  apply(topology.events[index]!, network);
}

function apply(event: Event, { links, kernels }: Network): void {
  if (event.kind === 'interface') {
    const { stack } = kernels.get(event.node)!;
    setUp(stack, interfaceByName(stack, event.interface)!, event.up);
    return;
  }
  const link = links[event.link]!;
  link.directions[0]!.set(event.forward);
  link.directions[1]!.set(event.backward);
  if (event.up !== null) link.setCarrier(event.up);
}
