/**
 * The numbers that calls take and give, as the interface publishes them, and the records of the typed form.
 */
import type { Nanos } from '../sim/time.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import type { NeighborState } from '../stack/neighbors.ts';
import type { RouteOrigin, RouteType } from '../stack/routes.ts';

/** Families of sockets, for sys_socket_create. */
export const Domain = { Local: 1, Inet: 2, Inet6: 3, Packet: 4 } as const;

/** Types of sockets, for sys_socket_create. */
export const SocketType = { Stream: 1, Datagram: 2, Raw: 3, SeqPacket: 4 } as const;

/** Protocols of Inet sockets, as IANA numbers them; Default is the type's own. */
export const Protocol = { Default: 0, Icmp: 1, Tcp: 6, Udp: 17 } as const;

/** What sys_socket_shutdown ends. */
export const Shutdown = { Read: 0, Write: 1, Both: 2 } as const;

/** What sys_poll is asked for and answers; Error, HangUp and NotOpen come unasked. */
export const Poll = { In: 1, Out: 4, Error: 8, HangUp: 16, NotOpen: 32 } as const;

/** The handles that every process starts with. */
export const Standard = { Input: 0, Output: 1, Error: 2 } as const;

/** Commands of sys_handle_control. */
export const Control = {
  SetNonBlocking: 0x5353_0007,
  GetNonBlocking: 0x5353_000b,
  /** Milliseconds until a call that waits gives up with EAGAIN; 0 waits for ever. */
  SetReadTimeout: 0x5353_000c,
  SetWriteTimeout: 0x5353_000d,
  GetReadTimeout: 0x5353_000e,
  GetWriteTimeout: 0x5353_000f,
  // From here on they are this lab's own; the options they stand for are those of socket(7), ip(7) and raw(7).
  /** SO_BROADCAST. */
  SetBroadcast: 0x574c_0001,
  GetBroadcast: 0x574c_0002,
  /** IP_TTL: 1 to 255, or 0 for the host's default. */
  SetTimeToLive: 0x574c_0003,
  GetTimeToLive: 0x574c_0004,
  /** IP_TOS: the whole octet. */
  SetTypeOfService: 0x574c_0005,
  GetTypeOfService: 0x574c_0006,
  /** IP_MTU_DISCOVER: a value of `PathMtuDiscovery`. */
  SetPathMtuDiscovery: 0x574c_0007,
  GetPathMtuDiscovery: 0x574c_0008,
  /** IP_MTU: the path MTU known for a connected socket's peer, in bytes. */
  GetPathMtu: 0x574c_0009,
  /** IP_OPTIONS: bytes, at most 40. */
  SetOptions: 0x574c_000a,
  GetOptions: 0x574c_000b,
  /** SO_SNDBUF: doubled for bookkeeping, as Linux does, when it is set. */
  SetSendBuffer: 0x574c_000c,
  GetSendBuffer: 0x574c_000d,
  /** SO_RCVBUF. */
  SetReceiveBuffer: 0x574c_000e,
  GetReceiveBuffer: 0x574c_000f,
  /** SO_ERROR: the number of the pending errno, which is then gone; 0 for none. */
  TakeError: 0x574c_0010,
  /** IP_HDRINCL, raw sockets. */
  SetHeaderIncluded: 0x574c_0011,
  GetHeaderIncluded: 0x574c_0012,
  /** ICMP_FILTER, raw ICMP sockets: bit n set keeps type n away. */
  SetIcmpFilter: 0x574c_0013,
  GetIcmpFilter: 0x574c_0014,
} as const;

/** IP_PMTUDISC_* of ip(7). */
export const PathMtuDiscovery = { Dont: 0, Want: 1, Do: 2, Probe: 3 } as const;

/** An Inet address as programs write it. */
export interface InetAddress {
  readonly ip: Ip4 | string;
  readonly port: number;
}

/** An address as programs write it: Inet, or the path of a Local socket, abstract with a leading '\0'. */
export type Address = InetAddress | string;

/** An Inet address as calls give it. */
export interface InetEnd {
  readonly ip: Ip4;
  readonly port: number;
}

/** An address as calls give it; a Local socket without a name has ''. */
export type End = InetEnd | string;

/** What sys_socket_recvfrom gives. */
export interface Datagram {
  /** At most as long as was asked for. A raw socket's starts with the IP header. */
  readonly data: Uint8Array;
  readonly from: End;
}

/** What sys_network_configure_ipv4 takes; addresses as numbers or in dotted text. */
export interface InterfaceConfiguration {
  readonly name: string;
  readonly address: Ip4 | string;
  readonly netmask: Ip4 | string;
  readonly gateway?: Ip4 | string | null;
  /** The gateway becomes that of the default route. */
  readonly makeDefault?: boolean;
  readonly metric?: number;
}

/** What sys_network_list_interfaces_v2 tells of an interface. */
export interface InterfaceRecord {
  readonly name: string;
  readonly address: Ip4 | null;
  readonly netmask: Ip4 | null;
  readonly gateway: Ip4 | null;
  readonly mac: Mac;
  /** The default route leaves by it. */
  readonly isDefault: boolean;
  readonly metric: number;
}

/** Further properties of an interface, beyond the published record. */
export interface InterfaceState {
  readonly name: string;
  readonly index: number;
  readonly mac: Mac;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
}

/** An address of an interface; the prefix length is 0 to 32 bits. */
export interface AddressRecord {
  readonly interface: string;
  readonly ip: Ip4;
  readonly prefixLength: number;
}

/** An entry of the routing table, as sys_network_list_routes gives it. */
export interface RouteRecord {
  readonly destination: Ip4;
  readonly prefixLength: number;
  readonly type: RouteType;
  /** 0.0.0.0 where the destination is on the link. */
  readonly gateway: Ip4;
  /** Its name; null for unreachable, prohibit and blackhole. */
  readonly interface: string | null;
  readonly metric: number;
  /** The source address it prefers. */
  readonly source: Ip4;
  readonly origin: RouteOrigin;
  /** Of a route that spreads flows over several: all of them; its gateway and interface are the first one's. */
  readonly nextHops?: readonly NextHopRecord[];
}

/** One of the next hops over which a route spreads flows. */
export interface NextHopRecord {
  readonly gateway: Ip4;
  readonly interface: string;
}

/** A route to add or delete; what is left out is the default, or for deleting anything at all. */
export interface RouteRequest {
  readonly destination: Ip4 | string;
  readonly prefixLength: number;
  readonly type?: RouteType;
  readonly gateway?: Ip4 | string;
  readonly interface?: string;
  /** In place of gateway and interface, to add a route that spreads flows over several. */
  readonly nextHops?: readonly NextHopRequest[];
  readonly metric?: number;
}

/** A next hop of a route to add: the gateway, the interface, or both. */
export interface NextHopRequest {
  readonly gateway?: Ip4 | string;
  readonly interface?: string;
}

/** An entry of the neighbour table, as sys_network_list_neighbors gives it. */
export interface NeighborRecord {
  readonly ip: Ip4;
  readonly interface: string;
  /** 0 while it is not known. */
  readonly mac: Mac;
  readonly state: NeighborState;
}

/** What sys_poll is asked about. */
export interface PollEntry {
  readonly handle: number;
  /** Of `Poll`, combined with |. */
  readonly events: number;
}

/** What sys_poll answers: `revents` is of `Poll`, combined with |. */
export interface PollResult {
  readonly handle: number;
  readonly revents: number;
}

/** How long sys_poll waits, in nanoseconds. */
export interface PollTimes {
  /** How long to wait for something to become ready; 0 looks once, without it waits for ever. */
  readonly timeout?: Nanos;
  /** Where it has to wait, it waits at least so long, to collect what comes meanwhile; never beyond `timeout`. */
  readonly minimum?: Nanos;
}

/** One open socket of a host, as ss(8) lists them. */
export interface SocketRecord {
  readonly domain: 'local' | 'inet';
  readonly type: 'stream' | 'datagram' | 'raw' | 'seqpacket';
  readonly protocol: number;
  readonly state: 'unconnected' | 'listening' | 'connected';
  readonly local: End;
  readonly remote: End | null;
  /** Bytes that wait to be read, and to leave. */
  readonly received: number;
  readonly unsent: number;
  readonly process: number;
  readonly handle: number;
  readonly program: string;
}
