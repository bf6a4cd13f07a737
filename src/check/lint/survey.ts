/**
 * The network as the lint looks at it: which interfaces share a link, which addresses are where, what hangs together,
 * and the hosts' own tables, in a lab that was opened and has not run.
 * Cables count whether or not they have carrier at the start. Not here: what events change later.
 */
import { Lab } from '../../lab/lab.ts';
import type { Interface, Link, Located, Node, Station, Topology } from '../../lab/topology.ts';
import { interfaceByName } from '../../stack/interface.ts';
import type { Stack } from '../../stack/stack.ts';
import { summarizeTrace } from '../../trace/format.ts';
import type { TraceOptions } from '../../trace/trace.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import type { Proof } from './finding.ts';
import { Groups } from './groups.ts';
import type { Onward } from './way.ts';

export interface Survey {
  readonly topology: Topology;
  readonly lab: Lab;
  /** In the file's order. */
  readonly stations: readonly Station[];
  readonly segments: readonly Segment[];
  /** By name, `h1.eth0`, in the file's order. */
  readonly nics: ReadonlyMap<string, Nic>;
  readonly nicsOf: ReadonlyMap<Station, readonly Nic[]>;
  /** Of every interface that is up, as its kernel has them; in the file's order. */
  readonly addresses: readonly Address[];
  /** Those of loopback interfaces too. */
  readonly owners: ReadonlyMap<Ip4, readonly Address[]>;
  /** Links that close a circle of switches and hubs. */
  readonly closing: readonly Link[];
  /** The ways to each address that have been followed and are good (way.ts). */
  readonly goodWays: Map<Ip4, Map<Station, Onward>>;
}

/** What a broadcast reaches: a link, or several that switches and hubs join. */
export interface Segment {
  /** Its place among them. */
  readonly index: number;
  readonly nics: Nic[];
  /** The stations that are on it, each with the first interface that it has here. */
  readonly entrances: Map<Station, Nic>;
  readonly links: Link[];
  /** In the file's order. */
  readonly addresses: LinkAddress[];
  /** Those of stations that pass on what comes in here for others. */
  readonly gateways: LinkAddress[];
  /** A router here answers ARP for what is behind it (RFC 1027). */
  hasProxy: boolean;
  /** A bridge leads from here out of the lab, so others may be there. */
  leadsOutside: boolean;
  /** Segments that hosts or routers join have the same. */
  island: string;
}

/** An interface of a host or router, and where it is plugged in. */
export interface Nic {
  readonly station: Station;
  readonly interface: Interface;
  /** `h1.eth0` */
  readonly name: string;
  readonly segment: Segment;
}

export interface Address extends Located {
  readonly ip: Ip4;
  readonly prefixLength: number;
  readonly station: Station;
  /** Null on a loopback interface. */
  readonly nic: Nic | null;
  /** `h1.eth0` */
  readonly holder: string;
}

/** An address of an interface that is plugged in somewhere. */
export type LinkAddress = Address & { readonly nic: Nic };

export function survey(topology: Topology): Survey {
  const lab = openBare(topology);
  const stations = topology.nodes.filter(isStation);
  const { segments, nics, nicsOf, closing } = layOut(topology, stations);
  const addresses: Address[] = [];
  for (const station of stations) {
    const { stack } = lab.kernel(station.name);
    for (const own of [...station.interfaces, station.loopback]) {
      const nic = nics.get(`${station.name}.${own.name}`) ?? null;
      addresses.push(...addressesOf(stack, station, own, nic));
    }
  }
  const owners = new Map<Ip4, Address[]>();
  for (const address of addresses) {
    if (isOnLink(address)) {
      const { station, nic } = address;
      nic.segment.addresses.push(address);
      if (forwards(lab.kernel(station.name).stack, nic)) nic.segment.gateways.push(address);
    }
    const known = owners.get(address.ip);
    if (known === undefined) owners.set(address.ip, [address]);
    else known.push(address);
  }
  return { topology, lab, stations, segments, nics, nicsOf, addresses, owners, closing, goodWays: new Map() };
}

function isStation(node: Node): node is Station {
  return node.kind === 'host' || node.kind === 'router';
}

/** A lab in which nothing runs, happens or leads outside. */
export function openBare(topology: Topology): Lab {
  return new Lab({ ...topology, programs: [], events: [], bridges: [] });
}

function layOut(
  topology: Topology,
  stations: readonly Station[],
): { segments: Segment[]; nics: Map<string, Nic>; nicsOf: Map<Station, Nic[]>; closing: Link[] } {
  const names = new Set(stations.map(({ name }) => name));
  // A switch or hub is one point, and each interface of a station another.
  const point = (port: { readonly node: string; readonly name: string }): string =>
    names.has(port.node) ? port.name : port.node;
  const plugged = new Groups();
  const carrying = new Groups();
  const closing = topology.links.filter(({ from, to, up }) => {
    plugged.join(point(from), point(to));
    return up && !carrying.join(point(from), point(to));
  });
  const joined = new Groups();
  const byPoint = new Map<string, Segment>();
  const segmentAt = (name: string): Segment => {
    const root = plugged.find(name);
    let segment = byPoint.get(root);
    if (segment === undefined) byPoint.set(root, (segment = createSegment(byPoint.size)));
    return segment;
  };
  const nics = new Map<string, Nic>();
  const nicsOf = new Map<Station, Nic[]>();
  for (const station of stations) {
    const own = station.interfaces.map((at) => {
      const name = `${station.name}.${at.name}`;
      joined.join(plugged.find(name), `station ${station.name}`);
      return { station, interface: at, name, segment: segmentAt(name) };
    });
    nicsOf.set(station, own);
    const isProxy = station.sysctls.some(isProxying);
    for (const nic of own) {
      const { name, segment } = nic;
      nics.set(name, nic);
      segment.nics.push(nic);
      if (!segment.entrances.has(station)) segment.entrances.set(station, nic);
      if (isProxy) segment.hasProxy = true;
    }
  }
  for (const link of topology.links) segmentAt(point(link.from)).links.push(link);
  for (const { port } of topology.bridges) segmentAt(point(port)).leadsOutside = true;
  for (const [root, segment] of byPoint) segment.island = joined.find(root);
  return { segments: [...byPoint.values()], nics, nicsOf, closing };
}

function createSegment(index: number): Segment {
  return {
    index,
    nics: [],
    entrances: new Map(),
    links: [],
    addresses: [],
    gateways: [],
    hasProxy: false,
    leadsOutside: false,
    island: '',
  };
}

function isProxying({ name, value }: { readonly name: string; readonly value: number }): boolean {
  return name.endsWith('.proxy_arp') && value !== 0;
}

/** The kernel has the masks that the file leaves out, and has not what it refused. */
function addressesOf(stack: Stack, station: Station, own: Interface, nic: Nic | null): Address[] {
  const running = interfaceByName(stack, own.name);
  if (running === undefined || !running.up) return [];
  return own.addresses.flatMap(({ ip, position, path }) => {
    const known = running.addresses.find((one) => one.ip === ip);
    if (known === undefined) return [];
    return [
      { position, path, ip, prefixLength: known.prefixLength, station, nic, holder: `${station.name}.${own.name}` },
    ];
  });
}

export function stackOf({ lab }: Survey, { name }: Station): Stack {
  return lab.kernel(name).stack;
}

/** Whether a station passes on what comes in there for others. */
export function forwards(stack: Stack, { interface: { name } }: Nic): boolean {
  return interfaceByName(stack, name)?.settings.forwarding === 1;
}

export function isOnLink(address: Address): address is LinkAddress {
  return address.nic !== null;
}

/** `192.0.2.0/24` */
export function subnetOf({ ip, prefixLength }: { readonly ip: Ip4; readonly prefixLength: number }): string {
  return `${Ip.format(Ip.network(ip, prefixLength))}/${prefixLength}`;
}

/** An address of the subnet that nobody has, as an example of what to take; null where all are taken. */
export function freeAddress({ owners }: Survey, ip: Ip4, prefixLength: number): Ip4 | null {
  const first = Ip.network(ip, prefixLength);
  const last = Ip.subnetBroadcast(ip, prefixLength) ?? first;
  for (let one = first + 1; one < last; one++) if (!owners.has(Ip.fromNumber(one))) return Ip.fromNumber(one);
  return null;
}

/** `h1, h2 and h3`; of many the first ones and how many more. */
export function listed(words: readonly string[]): string {
  const more = words.length - MAX_LISTED;
  const shown = more > 1 ? [...words.slice(0, MAX_LISTED), `${more} more`] : words;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown[shown.length - 1]!}`;
}

const MAX_LISTED = 5;

/**
 * Sends a packet in a lab of its own; the proof is that it does not arrive, or the answer to it.
 * What closes a circle of switches is unplugged there: a storm would swallow all that others have to show.
 */
export function proveFailure(
  { topology, closing }: Survey,
  from: string,
  to: Ip4,
  options: TraceOptions = {},
): Proof | null {
  const links = topology.links.map((link) => (closing.includes(link) ? { ...link, up: false } : link));
  const lab = openBare({ ...topology, links });
  const trace = lab.trace(from, Ip.format(to), options);
  lab.close();
  if (trace.reached) return null;
  const { packet } = trace.there;
  return {
    sent: packet === null ? `${from} tries to send to ${trace.destination}` : `${from} sends ${packet}`,
    met: summarizeTrace(trace),
  };
}
