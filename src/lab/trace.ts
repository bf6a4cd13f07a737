/** Traces in a lab: its nodes under their names, for src/trace, which tells how a packet fares. */
import type { Kernel } from '../kernel/kernel.ts';
import type { Node } from '../sim/node.ts';
import type { Endpoint } from '../stack/endpoint.ts';
import { isOnLink } from '../stack/interface.ts';
import type { Scene } from '../trace/follower.ts';
import { trace } from '../trace/trace.ts';
import type { Trace, TraceOptions } from '../trace/trace.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Udp from '../wire/udp.ts';
import { hostsTable } from './hosts-table.ts';
import type { Lab } from './lab.ts';
import { LabError } from './lab-error.ts';
import { portNames } from './port-names.ts';
import { quote, suggest } from './spelling.ts';

export function traceIn(lab: Lab, from: string, to: string, options: TraceOptions): Trace {
  const kernel = lab.kernel(from);
  checkOptions(options);
  const destination = addressOf(lab, kernel, to);
  return trace(lab.simulator, sceneOf(lab), { ...options, from: lab.node(from), to, destination });
}

function checkOptions({ udp, size, ttl }: TraceOptions): void {
  const isWhole = (value: number | undefined, least: number, most: number): boolean =>
    value === undefined || (Number.isInteger(value) && value >= least && value <= most);
  if (!isWhole(udp, 1, 65_535)) throw new LabError(`UDP port ${udp}: expected 1 to 65535`);
  // ICMP's header is as long as UDP's.
  if (!isWhole(size, 0, Udp.MAX_DATA_LENGTH)) throw new LabError(`size ${size}: expected 0 to ${Udp.MAX_DATA_LENGTH}`);
  if (!isWhole(ttl, 1, 255)) throw new LabError(`TTL ${ttl}: expected 1 to 255`);
}

/** The address that the host would send to: of a node with several, one on a link of its own before the first. */
export function addressOf(lab: Lab, { hosts, stack }: Kernel, name: string): Ip4 {
  const literal = Ip.parse(name);
  if (literal !== null) return literal;
  const addresses = hosts.get(name) ?? [];
  const chosen = addresses.find((ip) => stack.interfaces.some((at) => isOnLink(at, ip))) ?? addresses[0];
  if (chosen !== undefined) return chosen;
  const node = lab.network.nodes.has(name) ? `${name} has no address` : `no node or address ${quote(name)}`;
  throw new LabError(`${node}: ${suggest(name, [...hostsTable(lab.topology).keys()], 'names')}`);
}

function sceneOf({ topology, network }: Lab): Scene {
  const kernels = new Map<Node, Kernel>();
  const stacks = new Map<Node, Kernel['stack']>();
  for (const [name, kernel] of network.kernels) {
    const node = network.nodes.get(name)!;
    kernels.set(node, kernel);
    stacks.set(node, kernel.stack);
  }
  const described = new Map(topology.nodes.map((one) => [one.name, one]));
  return {
    stacks,
    kindOf: ({ name }) => described.get(name)!.kind,
    portName: ({ name }, port) => {
      const names = portNames(described.get(name)!);
      return names[port]?.slice(name.length + 1) ?? 'lo';
    },
    programWith: (node, socket) => programWith(kernels.get(node)!, socket),
  };
}

function programWith({ processes }: Kernel, socket: Endpoint): string | null {
  for (const { handles, name } of processes?.values() ?? []) {
    if (handles.open.some((file) => file?.kind === 'inet' && file.endpoint === socket)) return name;
  }
  return null;
}
