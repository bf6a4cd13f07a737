/**
 * What a large lab costs: hosts in groups of 100, each host on a link of its own to the edge router of its group, the
 * edge routers on one core router. The same network, addresses, routes and traffic as the ns-3 program in
 * bench/peers/ns3/scale.cc. Through the lab, as who opens a file has it.
 */
import { Lab, openLab } from '../src/lab/lab.ts';
import { readTopology } from '../src/lab/topology.ts';
import type { Link, Station, Topology } from '../src/lab/topology.ts';
import { MICROSECOND, SECOND } from '../src/sim/time.ts';
import * as Mac from '../src/wire/mac.ts';
import type { Program } from '../src/syscalls/program.ts';
import { Domain, SocketType } from '../src/syscalls/values.ts';
import * as Ip from '../src/wire/ip4.ts';
import { hopsOf } from './hops.ts';
import { secondsOf } from './seconds.ts';

/** Hosts behind one edge router. */
const GROUP = 100;
/** Each edge router's part of 10.0.0.0/8: room for 1,024 subnets of four addresses. */
const BLOCK = 4_096;
const PORT = 9;
const DATA = new Uint8Array(64).fill(0x55);
/** When the datagrams that are measured begin to go; before that one of each host has the neighbours resolved. */
const BEGIN = 10 * SECOND;
/** Between those that go ahead. */
const AHEAD = 10 * MICROSECOND;

interface Nic {
  readonly name: string;
  readonly ip: Ip.Ip4;
}

interface Device {
  readonly name: string;
  readonly kind: 'host' | 'router';
  readonly nics: readonly Nic[];
  readonly gateway: Ip.Ip4 | null;
  readonly routes: readonly { readonly destination: Ip.Ip4; readonly via: Ip.Ip4 }[];
}

interface End {
  readonly node: string;
  readonly nic: number;
}

/** What the network is, before it is written as a file or as the value that is read from one. */
interface Plan {
  readonly devices: readonly Device[];
  readonly links: readonly (readonly [End, End])[];
}

const SUBNET_LENGTH = 30;
const BLOCK_LENGTH = 20;

/** Each link is a subnet of four addresses, of which the router has the first usable one. */
function planHosts(hosts: number): Plan {
  const edges = Math.ceil(hosts / GROUP);
  const devices: Device[] = [];
  const links: [End, End][] = [];
  for (let host = 0; host < hosts; host++) {
    const subnet = subnetOf(host);
    const nics = [{ name: 'eth0', ip: at(subnet, 2) }];
    devices.push({ name: `h${host}`, kind: 'host', nics, gateway: at(subnet, 1), routes: [] });
    links.push([
      { node: `e${Math.floor(host / GROUP)}`, nic: host % GROUP },
      { node: `h${host}`, nic: 0 },
    ]);
  }
  for (let edge = 0; edge < edges; edge++) {
    const nics: Nic[] = [];
    for (let host = edge * GROUP; host < Math.min(hosts, (edge + 1) * GROUP); host++) {
      nics.push({ name: `eth${nics.length}`, ip: at(subnetOf(host), 1) });
    }
    links.push([
      { node: 'core', nic: edge },
      { node: `e${edge}`, nic: nics.length },
    ]);
    nics.push({ name: 'up', ip: at(uplinkOf(edge), 2) });
    devices.push({ name: `e${edge}`, kind: 'router', nics, gateway: at(uplinkOf(edge), 1), routes: [] });
  }
  const all = Array.from({ length: edges }, (_, edge) => edge);
  devices.push({
    name: 'core',
    kind: 'router',
    nics: all.map((edge) => ({ name: `eth${edge}`, ip: at(uplinkOf(edge), 1) })),
    gateway: null,
    routes: all.map((edge) => ({ destination: at(blockOf(edge), 0), via: at(uplinkOf(edge), 2) })),
  });
  return { devices, links };
}

/** The file. */
function textOf({ devices, links }: Plan): string {
  const lines = ['name: many-hosts'];
  for (const kind of ['host', 'router'] as const) {
    lines.push(`${kind}s:`);
    for (const { name, nics, gateway, routes } of devices.filter((one) => one.kind === kind)) {
      const interfaces = nics.map((nic) => `${nic.name}: ${Ip.format(nic.ip)}/${SUBNET_LENGTH}`).join(', ');
      lines.push(`  ${name}:`, `    interfaces: { ${interfaces} }`);
      if (gateway !== null) lines.push(`    gateway: ${Ip.format(gateway)}`);
      if (routes.length > 0) lines.push('    routes:');
      for (const { destination, via } of routes) {
        lines.push(`      - { to: ${Ip.format(destination)}/${BLOCK_LENGTH}, via: ${Ip.format(via)} }`);
      }
    }
  }
  const byName = new Map(devices.map((device) => [device.name, device]));
  const nameOf = ({ node, nic }: End): string => `${node}.${byName.get(node)!.nics[nic]!.name}`;
  lines.push('links:');
  for (const [from, to] of links) {
    lines.push(`  - { from: ${nameOf(from)}, to: ${nameOf(to)}, bandwidth: 10Gbit/s, delay: 1us }`);
  }
  return lines.join('\n');
}

/** The same as the value that would be read from the file, made of what is read from the file of a small one. */
function topologyOf({ devices, links }: Plan): Topology {
  const template = readTopology(textOf(planHosts(1)));
  const stations = template.nodes.filter((node) => node.kind === 'host' || node.kind === 'router');
  const [host, edge, core] = stations as [Station, Station, Station];
  const nic = host.interfaces[0]!;
  const address = nic.addresses[0]!;
  const gatewayOf = host.gateway!;
  const route = core.routes[0]!;
  const link = template.links[0]!;
  let macs = 0x0200_0000_0000;
  const nodes = devices.map(({ name, kind, nics, gateway, routes }): Station => ({
    ...(kind === 'host' ? host : edge),
    name,
    interfaces: nics.map((one) => ({
      ...nic,
      name: one.name,
      mac: Mac.fromNumber(macs++),
      addresses: [{ ...address, ip: one.ip }],
    })),
    gateway: gateway === null ? null : { ...gatewayOf, value: gateway },
    routes: routes.map(({ destination, via }) => ({ ...route, destination, via: [via] })),
  }));
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const portOf = (end: End): Link['from'] => {
    const name = `${end.node}.${byName.get(end.node)!.interfaces[end.nic]!.name}`;
    return { ...link.from, node: end.node, port: end.nic, name };
  };
  return {
    ...template,
    nodes,
    links: links.map(([a, b]) => {
      const from = portOf(a);
      const to = portOf(b);
      return { ...link, name: `${from.name}--${to.name}`, from, to };
    }),
  };
}

/** Seconds to build and configure the lab of a topology that has been read. */
export function measureBuild(hosts: number): number {
  const topology = topologyOf(planHosts(hosts));
  let lab: Lab | null = null;
  const seconds = secondsOf(() => (lab = new Lab(topology)));
  return check(lab, seconds);
}

/** Seconds to open the lab of a file: to read YAML, to check it, to build and to configure. */
export function measureOpen(hosts: number): number {
  const text = textOf(planHosts(hosts));
  let lab: Lab | null = null;
  const seconds = secondsOf(() => (lab = openLab(text)));
  return check(lab, seconds);
}

function check(lab: Lab | null, seconds: number): number {
  const [warning] = lab?.warnings ?? [];
  if (warning !== undefined) throw new Error(warning.text);
  return seconds;
}

/**
 * Million hops a second while each host sends `each` datagrams to the next one, and the last to the first: all hosts by
 * turns, as those of scale.cc, so that hardly any memory of a host is in a cache when it is touched again; or one host
 * after the other, each all of its datagrams. As many as are `ahead` of each host's come first, to warm the engine.
 */
export function measureRing(
  hosts: number,
  each: number,
  ahead: number,
  order: 'by turns' | 'one by one' = 'by turns',
): number {
  const lab = new Lab(topologyOf(planHosts(hosts)));
  let received = 0;
  // By turns the hosts spread their datagrams evenly over the time in which all send one.
  const gap = order === 'by turns' ? 100 * hosts + 20_000 : 5_000;
  const all = ahead + each;
  const between = order === 'by turns' ? 100 : all * gap;
  const receiver: Program = function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: Ip.ANY, port: PORT });
    for (;;) {
      yield* sys.sys_socket_recvfrom(socket, 1500);
      received++;
    }
  };
  const sender: Program = function* (sys, argv) {
    const host = Number(argv[1]);
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    const to = { ip: at(subnetOf((host + 1) % hosts), 2), port: PORT };
    yield* sys.sys_sleep(AHEAD * host);
    yield* sys.sys_socket_sendto(socket, DATA, to);
    yield* sys.sys_sleep(BEGIN + (between - AHEAD) * host);
    for (let sent = 0; sent < all; sent++) {
      yield* sys.sys_socket_sendto(socket, DATA, to);
      yield* sys.sys_sleep(gap);
    }
  };
  for (let host = 0; host < hosts; host++) lab.start(`h${host}`, receiver, { background: true });
  for (let host = 0; host < hosts; host++) lab.start(`h${host}`, sender, { args: [String(host)] });
  lab.runUntil(BEGIN - SECOND);
  if (received !== hosts) throw new Error(`${received} of ${hosts} datagrams came ahead`);
  if (ahead > 0) lab.runUntil(BEGIN + ahead * gap * (order === 'by turns' ? 1 : hosts));
  const before = hopsOf(lab.simulator);
  const seconds = secondsOf(() => lab.run());
  if (received !== hosts * (1 + all)) throw new Error(`${received} of ${hosts * (1 + all)} datagrams came`);
  return (hopsOf(lab.simulator) - before) / seconds / 1e6;
}

function blockOf(edge: number): number {
  return 0x0a00_0000 + edge * BLOCK;
}

function subnetOf(host: number): number {
  return blockOf(Math.floor(host / GROUP)) + (host % GROUP) * 4;
}

/** Of the link to the core: 172.16.0.0/12 has room for 262,144. */
function uplinkOf(edge: number): number {
  return 0xac10_0000 + edge * 4;
}

function at(subnet: number, place: number): Ip.Ip4 {
  return Ip.fromNumber(subnet + place);
}
