/**
 * A topology as plain data: checked, every name resolved, every value in the lab's own units, and with its place in
 * the file on each item that a kernel may still refuse. `readTopology` makes one from a file's text.
 * Not here: the format of the file (schema.ts), YAML (topology-yaml.ts), and the running network, which lab.ts builds.
 */
import type { DropReason } from '../sim/drop-reason.ts';
import type { LinkSettings, Probability } from '../sim/link-settings.ts';
import type { Nanos } from '../sim/time.ts';
import type { Disposition } from '../trace/disposition.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import { checkValues } from './topology-check.ts';
import { Problems, TopologyError } from './topology-error.ts';
import { resolve } from './topology-resolve.ts';
import { readYaml } from './topology-yaml.ts';

/** A place in the file; both count from 1, columns in UTF-16 units. What is not from the file is in line 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What comes from a place in the file. */
export interface Located {
  readonly position: Position;
  /** Where in the structure, as messages name it: `hosts.h1.routes[0]`. */
  readonly path: string;
}

/** A whole topology, checked, with every name resolved. Times are nanoseconds, rates bits per second. */
export interface Topology {
  /** As messages name it. */
  readonly file: string;
  readonly name: string;
  /** What all chance derives from; a whole number below 2^53. */
  readonly seed: number;
  /** Seconds since 1970 at which the lab's time starts, for captures. */
  readonly epoch: number;
  /** When the run ends at the latest, unless the command says otherwise. */
  readonly until: Nanos | null;
  /** Whether routers learn the shortest paths to all subnets, or have only the routes that they are given. */
  readonly routing: 'static' | 'shortest-paths';
  /** In the file's order within each kind: hosts, routers, switches, hubs. */
  readonly nodes: readonly Node[];
  /** In the file's order. */
  readonly links: readonly Link[];
  /** Ports that lead out of the lab. */
  readonly bridges: readonly Bridge[];
  /** In the file's order; those with equal `at` start in it. */
  readonly programs: readonly Program[];
  /** In the file's order; those with equal `at` happen in it. */
  readonly events: readonly Event[];
  /** What must hold, in the file's order. */
  readonly expectations: readonly Expectation[];
}

/** A node of a topology. */
export type Node = Station | Switch | Hub;

/** Where a drawing puts a node: to the right and up, in any unit; on a map, longitude and latitude. */
export type Place = readonly [x: number, y: number];

/** A node with a kernel; a router is one that forwards. */
export interface Station extends Located {
  readonly kind: 'host' | 'router';
  readonly name: string;
  readonly place?: Place;
  /** The NICs, in the order of their port numbers: first the declared ones, then those that only a link names. */
  readonly interfaces: readonly Interface[];
  /** `lo`: its addresses beside 127.0.0.1/8. */
  readonly loopback: Interface;
  /** The default mask as a prefix length, for addresses without one; null leaves the kernel's own. */
  readonly netmask: Setting<number> | null;
  readonly gateway: Setting<Ip4> | null;
  readonly dns: Setting<Ip4> | null;
  readonly routes: readonly Route[];
  readonly neighbors: readonly Neighbor[];
  readonly sysctls: readonly Sysctl[];
  /** What a DNS server that runs here answers from. */
  readonly zones: readonly Zone[];
}

/** A setting, and where the file says it. */
export interface Setting<T> extends Located {
  readonly value: T;
}

/** A NIC of a host or router. */
export interface Interface extends Located {
  readonly name: string;
  readonly mac: Mac;
  readonly mtu: number;
  /** Set up, as opposed to having carrier. */
  readonly up: boolean;
  readonly addresses: readonly InterfaceAddress[];
}

/** An address that a NIC has. */
export interface InterfaceAddress extends Located {
  readonly ip: Ip4;
  /** Bits of the mask; null takes the host's default mask. */
  readonly prefixLength: number | null;
}

/** A static route. */
export interface Route extends Located {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
  /** The next routers; flows are spread over several. */
  readonly via: readonly Ip4[];
  /** The interface's name. */
  readonly dev: string | null;
  readonly metric: number;
}

/** An entry of the neighbour table. */
export interface Neighbor extends Located {
  readonly ip: Ip4;
  readonly mac: Mac;
  readonly dev: string;
  readonly state: 'permanent' | 'stale';
}

/** Linux's name for it; the stack knows which there are. */
export interface Sysctl extends Located {
  readonly name: string;
  readonly value: number;
}

/** A zone that a DNS server answers from. */
export interface Zone extends Located {
  /** Lower case, without the trailing dot. */
  readonly name: string;
  readonly records: readonly ZoneRecord[];
}

/** Names are absolute, in lower case, without the trailing dot. */
export type ZoneRecord = Located & { readonly name: string; readonly ttl: number } & (
    | { readonly type: 'A'; readonly ip: Ip4 }
    | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
    | { readonly type: 'MX'; readonly preference: number; readonly target: string }
    | {
        readonly type: 'SRV';
        readonly priority: number;
        readonly weight: number;
        readonly port: number;
        readonly target: string;
      }
    | { readonly type: 'TXT'; readonly text: string }
  );

/** A switch. */
export interface Switch extends Located {
  readonly kind: 'switch';
  readonly name: string;
  readonly place?: Place;
  readonly ports: number;
  /** How long a learned address is kept; null leaves the switch's own. */
  readonly ageing: Nanos | null;
}

/** A hub. */
export interface Hub extends Located {
  readonly kind: 'hub';
  readonly name: string;
  readonly place?: Place;
  readonly ports: number;
}

/** A full-duplex link between two ports. */
export interface Link extends Located {
  /** `h1.eth0--r1.eth0`: names its stream of chance and its capture. */
  readonly name: string;
  readonly from: Port;
  readonly to: Port;
  /** Whether it has carrier from the start. */
  readonly up: boolean;
  /** For shortest paths; a whole number from 1. */
  readonly cost: number;
  /** From `from` to `to`. */
  readonly forward: LinkSettings;
  readonly backward: LinkSettings;
}

/** A port that leads out of the lab, in place of a link. */
export interface Bridge extends Located {
  readonly port: Port;
  /** Where to, for who opens it (`LabOptions.openPort`). */
  readonly to: string;
  /** Octets of the longest datagram that comes in: the interface's MTU, or, of a switch or hub, no limit. */
  readonly mtu: number;
  /** False: it was asked for beside the file. */
  readonly isInFile: boolean;
}

/** An end of a link. */
export interface Port extends Located {
  readonly node: string;
  /** Counted from 0: the index in a station's `interfaces`, or a switch's port1 as 0. */
  readonly port: number;
  /** `h1.eth0`, `s1.port1`. */
  readonly name: string;
}

/** A program that the file says is to run. */
export interface Program extends Located {
  readonly node: string;
  /** The command line as written. */
  readonly command: string;
  /** The command line in words, quotes taken off: the program and its arguments. */
  readonly words: readonly string[];
  readonly at: Nanos;
  /** Does not keep the run going. */
  readonly background: boolean;
}

/** What happens to a link or an interface, and when. */
export type Event = LinkEvent | InterfaceEvent;

/** At `at`, the link gets or loses carrier, and its directions take these settings in place of what they had. */
export interface LinkEvent extends Located {
  readonly kind: 'link';
  readonly at: Nanos;
  /** The index in `links`. */
  readonly link: number;
  /** Null leaves the carrier as it is. */
  readonly up: boolean | null;
  readonly forward: Partial<LinkSettings>;
  readonly backward: Partial<LinkSettings>;
}

/** At `at`, the interface is set up or down. */
export interface InterfaceEvent extends Located {
  readonly kind: 'interface';
  readonly at: Nanos;
  readonly node: string;
  /** The interface's name. */
  readonly interface: string;
  readonly up: boolean;
}

/** Something that must hold while the topology runs. */
export type Expectation = ExpectationBase & Claim;

/** What every expectation has. */
export interface ExpectationBase extends Located {
  readonly name: string;
  /** Null: as soon as those before it have been looked at. */
  readonly at: Nanos | null;
  /** How long it may take until it holds. */
  readonly within: Nanos;
  /** The host or router from which it is seen. */
  readonly from: string;
}

/** `to` is a node, an interface such as `r1.eth1`, or an address. */
export type Claim =
  | { readonly kind: 'reach'; readonly to: string; readonly udp: number | null; readonly size: number | null }
  | {
      readonly kind: 'not-reach';
      readonly to: string;
      readonly udp: number | null;
      readonly size: number | null;
      /** A disposition or a reason to drop. */
      readonly because: Disposition | DropReason | null;
    }
  /** `nodes` are all on the way, both ends included. */
  | { readonly kind: 'path'; readonly to: string; readonly nodes: readonly string[]; readonly udp: number | null }
  | {
      readonly kind: 'flow';
      readonly to: string;
      /** A port of the expectation's own, unless said. */
      readonly udp: number | null;
      readonly packets: number;
      /** As the program source takes it. */
      readonly rate: string;
      readonly size: number;
      /** At most. */
      readonly loss: Probability;
      readonly latency: Nanos | null;
    }
  | { readonly kind: 'mtu'; readonly to: string; readonly octets: number }
  | {
      readonly kind: 'resolve';
      readonly question: string;
      /** An address or a node; null: any. */
      readonly is: string | null;
      readonly by: string | null;
    }
  | {
      readonly kind: 'route';
      /** What was written: with a prefix length the entry is meant, else the way there. */
      readonly to: string;
      readonly prefix: { readonly destination: Ip4; readonly prefixLength: number } | null;
      readonly via: Ip4 | null;
      readonly dev: string | null;
    }
  | { readonly kind: 'neighbor'; readonly to: string; readonly mac: Mac | null };

/** How a file is read. */
export interface ReadOptions {
  /** What messages call the file. */
  readonly file?: string;
  /** Bridges as the file could name them, `r1.eth1=udp:…`, beside the file's own and in place of those at one port. */
  readonly bridges?: readonly string[];
}

/**
 * Reads a topology file.
 * Throws a TopologyError with all problems found: what has no meaning is refused, and nothing else.
 */
export function readTopology(text: string, { file = 'topology', bridges = [] }: ReadOptions = {}): Topology {
  const problems = new Problems();
  const source = readYaml(text, problems);
  const checked = source === null ? null : checkValues(source, problems);
  const topology = source === null || checked === null ? null : resolve(checked, source, { file, bridges }, problems);
  if (topology === null || problems.found) throw new TopologyError(file, problems.list, problems.more);
  return topology;
}
