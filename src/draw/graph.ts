/** What a drawing shows of a topology: who is there, who is linked to whom, and which addresses stand at the ends. */
import type { Interface, InterfaceAddress, Link, Node, Place, Topology } from '../lab/topology.ts';
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
    const [a, b] = [interfaceAt(topology.nodes[from]!, link.from.port), interfaceAt(topology.nodes[to]!, link.to.port)];
    for (const [nic, other] of [
      [a, to],
      [b, from],
    ] as const) {
      for (const address of nic?.addresses ?? []) subnets[other]!.add(subnetOf(address));
    }
    const shared = sharedSubnet(a, b);
    return {
      from,
      to,
      fromLabel: labelOf(topology.nodes[from]!, link, 'from', shared),
      toLabel: labelOf(topology.nodes[to]!, link, 'to', shared),
      subnet: shared ?? '',
      up: link.up,
    };
  });
  const nodes = topology.nodes.map((node, number): GraphNode => {
    const isStation = node.kind === 'host' || node.kind === 'router';
    const own = isStation ? node.loopback.addresses.map(({ ip }) => Ip.format(ip)) : [...subnets[number]!];
    return { name: node.name, kind: node.kind, place: node.place ?? null, addresses: own.slice(0, MAX_SUBNETS) };
  });
  return { name: topology.name, nodes, edges };
}

function interfaceAt(node: Node, port: number): Interface | null {
  return node.kind === 'host' || node.kind === 'router' ? (node.interfaces[port] ?? null) : null;
}

/** The subnet that both ends have an address in. */
function sharedSubnet(a: Interface | null, b: Interface | null): string | null {
  const others = new Set((b?.addresses ?? []).map(subnetOf));
  return (a?.addresses ?? []).map(subnetOf).find((subnet) => others.has(subnet)) ?? null;
}

function subnetOf({ ip, prefixLength }: InterfaceAddress): string {
  const length = prefixLength ?? classfulLength(ip);
  return `${Ip.format(Ip.network(ip, length))}/${length}`;
}

/** What an address without a mask has, RFC 791 §3.2. */
function classfulLength(ip: number): number {
  return ip >>> 31 === 0 ? 8 : ip >>> 30 === 2 ? 16 : 24;
}

function labelOf(node: Node, link: Link, end: 'from' | 'to', shared: string | null): string {
  const { port } = link[end];
  const nic = interfaceAt(node, port);
  if (nic === null) return String(port + 1);
  const [address] = nic.addresses;
  if (address === undefined) return nic.name;
  const text = Ip.format(address.ip);
  // Beside its subnet, or on a LAN, the last number says it.
  const isShort = (address.prefixLength ?? 0) >= 24 && (shared === null || shared === subnetOf(address));
  return `${nic.name} ${isShort ? text.slice(text.lastIndexOf('.')) : text}`;
}
