/** Which NICs of a lab go into a capture, and what the file says about them. */
import { parseFilter } from '../capture/filter.ts';
import { PcapWriter } from '../capture/pcap.ts';
import { PcapngWriter } from '../capture/pcapng-writer.ts';
import type { RecordedInterface, Recording } from '../capture/recorder.ts';
import type { ByteSink } from '../capture/sink.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ip from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { hostsTable } from './hosts-table.ts';
import type { Lab } from './lab.ts';
import { LabError } from './lab-error.ts';
import { portNames } from './port-names.ts';
import { quote, suggest } from './spelling.ts';
import { prefixLengthOf } from './subnets.ts';
import type { Station } from './topology.ts';

/** What is to be recorded, and where to. */
export interface CaptureRequest {
  readonly sink: ByteSink;
  readonly format?: 'pcapng' | 'pcap';
  /** Names of NICs (`h1.eth0`, `h1.lo`) or of links (`h1.eth0--r1.eth0`, both ends); all NICs but lo unless given. */
  readonly nics?: readonly string[];
  /** In pcap-filter's words: `udp port 53 and host h1`. */
  readonly filter?: string;
}

/** A capture that goes on. What is written to is the caller's, to close after it has stopped. */
export interface Capture {
  /** Gives the sink all that is known by now, for whoever looks on. */
  flush(): void;
  /** Ends it before the lab ends: writes the rest, and what the interfaces have counted. */
  stop(): void;
}

export function makeRecording(lab: Lab, request: CaptureRequest): Recording {
  const all = nicsOf(lab);
  const chosen =
    request.nics === undefined ? all.filter(({ isLoopback }) => !isLoopback) : choose(lab, all, request.nics);
  const interfaces = chosen.map(({ recorded }) => recorded);
  const table = hostsTable(lab.topology);
  const filter =
    request.filter === undefined ? {} : { filter: parseFilter(request.filter, (name) => table.get(name) ?? []) };
  if (request.format === 'pcap') return { writer: new PcapWriter(request.sink), interfaces, ...filter };
  const writer = new PcapngWriter(request.sink);
  writer.addNames(namesOf(table));
  return { writer, interfaces, ...filter };
}

interface Nic {
  readonly name: string;
  readonly isLoopback: boolean;
  readonly recorded: RecordedInterface;
}

function nicsOf({ topology, network }: Lab): Nic[] {
  const peers = new Map<string, string>();
  for (const { from, to } of topology.links) {
    peers.set(from.name, to.name);
    peers.set(to.name, from.name);
  }
  return topology.nodes.flatMap((one) => {
    const node = network.nodes.get(one.name)!;
    const isStation = one.kind === 'host' || one.kind === 'router';
    const nics = portNames(one).map((name, port): Nic => {
      const peer = peers.get(name);
      const description = peer === undefined ? 'not connected' : `linked to ${peer}`;
      const facts = isStation ? factsOf(one, port) : {};
      const bandwidth = node.ports[port]?.direction?.current.bandwidth;
      const speed = bandwidth === undefined ? {} : { speed: bandwidth };
      return { name, isLoopback: false, recorded: { node, port, name, description, ...facts, ...speed } };
    });
    if (!isStation) return nics;
    const name = `${one.name}.lo`;
    const facts = { mac: Mac.ZERO, ip: Ip.LOOPBACK, mask: Ip.maskOf(8) };
    const recorded = { node, port: nics.length, name, description: 'loopback', ...facts };
    return [...nics, { name, isLoopback: true, recorded }];
  });
}

/** What the file says of a NIC: pcapng has room for one address. */
function factsOf(station: Station, port: number): Pick<RecordedInterface, 'mac' | 'ip' | 'mask'> {
  const { mac, addresses } = station.interfaces[port]!;
  const [first] = addresses;
  if (first === undefined) return { mac };
  return { mac, ip: first.ip, mask: Ip.maskOf(prefixLengthOf(station, first)) };
}

function choose(lab: Lab, all: readonly Nic[], names: readonly string[]): Nic[] {
  const wanted = new Set<string>();
  for (const name of names) {
    const link = lab.topology.links.find((one) => one.name === name);
    if (link !== undefined) {
      wanted.add(link.from.name);
      wanted.add(link.to.name);
    } else if (all.some((nic) => nic.name === name)) {
      wanted.add(name);
    } else {
      const known = [...all.map((nic) => nic.name), ...lab.topology.links.map((one) => one.name)];
      throw new LabError(`no NIC or link ${quote(name)}: ${suggest(name, known, 'NICs and links')}`);
    }
  }
  return all.filter(({ name }) => wanted.has(name));
}

/** One name for each address, the shortest: of `h1` and `h1.eth0` the node's. */
function namesOf(table: ReadonlyMap<string, readonly Ip4[]>): [Ip4, string][] {
  const names = new Map<Ip4, string>();
  for (const [name, addresses] of table) {
    if (name === 'localhost') continue;
    // A node's own name is for its first address; its other ones are told apart by their interfaces' names.
    const [first] = addresses;
    if (first === undefined) continue;
    const known = names.get(first);
    if (known === undefined || name.length < known.length) names.set(first, name);
  }
  return [...names];
}
