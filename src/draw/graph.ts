/** What a drawing shows of a topology: who is there, who is linked to whom, and which addresses stand at the ends. */
import { prefixLengthOf } from '../lab/subnets.ts';
import type { InterfaceAddress, Node, Place, Station, Topology } from '../lab/topology.ts';
import * as Ip from '../wire/ip4.ts';

export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly name: string;
  readonly kind: Node['kind'];
  readonly place: Place | null;
  /** A station's own address, on lo; of a switch or hub, the subnets of the stations linked to it. */
  readonly addresses: readonly string[];
}

export interface GraphEdge {
  /** Indices of nodes. */
  readonly from: number;
  readonly to: number;
  /** The port, and the address there as far as the subnet does not say it: `eth0 .1`. */
  readonly fromLabel: string;
  readonly toLabel: string;
  /** Of a link between two stations; '' where they have none in common. */
  readonly subnet: string;
  readonly up: boolean;
}

/** Subnets that a switch is labelled with. */
const MAX_SUBNETS = 2;

export function graphOf(topology: Topology): Graph {
  const index = new Map(topology.nodes.map(({ name }, number) => [name, number]));
  const nodeAt = (name: string): number => index.get(name) ?? 0;
  const subnets = topology.nodes.map(() => new Set<string>());
  const edges = topology.links.map((link): GraphEdge => {
    const [from, to] = [nodeAt(link.from.node), nodeAt(link.to.node)];
    const [one, other] = [topology.nodes[from]!, topology.nodes[to]!];
    const [there, here] = [subnetsAt(one, link.from.port), subnetsAt(other, link.to.port)];
    for (const subnet of there) subnets[to]!.add(subnet);
    for (const subnet of here) subnets[from]!.add(subnet);
    const shared = there.find((subnet) => here.includes(subnet)) ?? null;
    return {
      from,
      to,
      fromLabel: labelOf(one, link.from.port, shared),
      toLabel: labelOf(other, link.to.port, shared),
      subnet: shared ?? '',
      up: link.up,
    };
  });
  const nodes = topology.nodes.map((node, number): GraphNode => {
    const own = isStation(node) ? node.loopback.addresses.map(({ ip }) => Ip.format(ip)) : [...subnets[number]!];
    return { name: node.name, kind: node.kind, place: node.place ?? null, addresses: own.slice(0, MAX_SUBNETS) };
  });
  return { name: topology.name, nodes, edges };
}

function isStation(node: Node): node is Station {
  return node.kind === 'host' || node.kind === 'router';
}

/** Those that a station has an address in at this port. */
function subnetsAt(node: Node, port: number): string[] {
  if (!isStation(node)) return [];
  return (node.interfaces[port]?.addresses ?? []).map((address) => subnetOf(node, address));
}

function subnetOf(station: Station, address: InterfaceAddress): string {
  const length = prefixLengthOf(station, address);
  return `${Ip.format(Ip.network(address.ip, length))}/${length}`;
}

function labelOf(node: Node, port: number, shared: string | null): string {
  const nic = isStation(node) ? node.interfaces[port] : undefined;
  if (nic === undefined || !isStation(node)) return String(port + 1);
  const [address] = nic.addresses;
  if (address === undefined) return nic.name;
  const text = Ip.format(address.ip);
  // Beside its subnet, or on a LAN, the last number says it.
  const isShort = prefixLengthOf(node, address) >= 24 && (shared === null || shared === subnetOf(node, address));
  return `${nic.name} ${isShort ? text.slice(text.lastIndexOf('.')) : text}`;
}
