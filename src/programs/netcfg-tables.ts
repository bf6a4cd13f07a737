/**
 * A host's network as people know it: interfaces as `ip addr` prints them, routes as `ip route`, neighbours as
 * `ip neigh`, sockets as `ss -a`. Records in, lines out.
 * Not here: what Linux prints of things that this kernel has not (queueing disciplines, groups, lifetimes, users).
 */
import type {
  AddressRecord,
  End,
  InterfaceState,
  NeighborRecord,
  RouteRecord,
  SocketRecord,
} from '../syscalls/values.ts';
import * as Ip from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Mac from '../wire/mac.ts';

const LOOPBACK_NAME = 'lo';

/** Linux counts interfaces from 1. */
export function formatInterfaces(interfaces: readonly InterfaceState[], addresses: readonly AddressRecord[]): string[] {
  return interfaces.flatMap((one) => [
    `${one.index + 1}: ${one.name}: <${flagsOf(one)}> mtu ${one.mtu} state ${stateOf(one)}`,
    isLoopback(one)
      ? `    link/loopback ${Mac.format(one.mac)} brd ${Mac.format(Mac.ZERO)}`
      : `    link/ether ${Mac.format(one.mac)} brd ${Mac.format(Mac.BROADCAST)}`,
    ...addresses.filter((address) => address.interface === one.name).map(formatAddress),
  ]);
}

function isLoopback({ name }: InterfaceState): boolean {
  return name === LOOPBACK_NAME;
}

function flagsOf(one: InterfaceState): string {
  const flags = one.up && !one.carrier ? ['NO-CARRIER'] : [];
  if (isLoopback(one)) flags.push('LOOPBACK');
  else flags.push('BROADCAST', 'MULTICAST');
  if (one.up) flags.push('UP');
  if (one.up && one.carrier) flags.push('LOWER_UP');
  return flags.join(',');
}

/** RFC 2863's operational state, which lo does not keep. */
function stateOf(one: InterfaceState): string {
  if (!one.up || !one.carrier) return 'DOWN';
  return isLoopback(one) ? 'UNKNOWN' : 'UP';
}

function formatAddress({ interface: name, ip, prefixLength }: AddressRecord): string {
  const scope = Ip.isLoopback(ip) ? 'host' : Ip.isLinkLocal(ip) ? 'link' : 'global';
  return `    inet ${Ip.format(ip)}/${prefixLength} scope ${scope} ${name}`;
}

/** The main table, in the order of addresses; the routes to own addresses and broadcasts are the kernel's business. */
export function formatRoutes(routes: readonly RouteRecord[]): string[] {
  return routes
    .filter(({ type }) => type !== 'local' && type !== 'broadcast')
    .sort((a, b) => a.destination - b.destination || a.prefixLength - b.prefixLength || a.metric - b.metric)
    .flatMap((route) => [formatRoute(route), ...formatNextHops(route)]);
}

function formatRoute(route: RouteRecord): string {
  const words: string[] = route.type === 'unicast' ? [] : [route.type];
  words.push(formatPrefix(route));
  if (route.nextHops === undefined) words.push(...formatHop(route));
  if (route.origin === 'kernel') words.push('proto kernel');
  // What OSPF would have found.
  if (route.origin === 'shortest-path') words.push('proto ospf');
  if (route.type === 'unicast' && route.gateway === Ip.ANY && route.nextHops === undefined) words.push('scope link');
  if (route.source !== Ip.ANY) words.push('src', Ip.format(route.source));
  if (route.metric !== 0) words.push('metric', String(route.metric));
  return words.join(' ');
}

/** As ip(8) says it, one to a line. */
function formatNextHops({ nextHops = [] }: RouteRecord): string[] {
  return nextHops.map((hop) => ['\tnexthop', ...formatHop(hop), 'weight 1'].join(' '));
}

function formatHop(hop: Pick<RouteRecord, 'gateway' | 'interface'>): string[] {
  const words = hop.gateway === Ip.ANY ? [] : ['via', Ip.format(hop.gateway)];
  return hop.interface === null ? words : [...words, 'dev', hop.interface];
}

function formatPrefix({ destination, prefixLength }: RouteRecord): string {
  if (prefixLength === 0) return 'default';
  return prefixLength === 32 ? Ip.format(destination) : `${Ip.format(destination)}/${prefixLength}`;
}

export function formatNeighbors(neighbors: readonly NeighborRecord[]): string[] {
  return neighbors.map(({ ip, interface: name, mac, state }) => {
    const station = mac === Mac.ZERO ? '' : ` lladdr ${Mac.format(mac)}`;
    return `${Ip.format(ip)} dev ${name}${station} ${state.toUpperCase()}`;
  });
}

const SOCKET_HEADER = ['Netid', 'State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port', 'Process'];
/** Columns that end where their heading ends. */
const RIGHT_ALIGNED = new Set([2, 3, 4, 5]);
const STATE_WORDS = { unconnected: 'UNCONN', listening: 'LISTEN', connected: 'ESTAB' } as const;
const LOCAL_WORDS = { stream: 'u_str', datagram: 'u_dgr', seqpacket: 'u_seq', raw: 'u_raw' } as const;
const PROTOCOL_WORDS: Readonly<Record<number, string>> = {
  [Ipv4.Protocol.Icmp]: 'icmp',
  [Ipv4.Protocol.Tcp]: 'tcp',
  [Ipv4.Protocol.Udp]: 'udp',
};

/** Without sockets no heading either. */
export function formatSockets(sockets: readonly SocketRecord[]): string[] {
  if (sockets.length === 0) return [];
  const rows = sockets.map((socket) => [
    socket.domain === 'local' ? LOCAL_WORDS[socket.type] : socket.type === 'raw' ? 'raw' : 'udp',
    STATE_WORDS[socket.state],
    String(socket.received),
    String(socket.unsent),
    formatSocketEnd(socket, socket.local),
    formatSocketEnd(socket, socket.remote),
    `users:(("${socket.program}",pid=${socket.process},fd=${socket.handle}))`,
  ]);
  return formatColumns([SOCKET_HEADER, ...rows]);
}

function formatSocketEnd({ type, protocol }: SocketRecord, end: End | null): string {
  if (end === null) return type === 'datagram' || type === 'raw' ? `${Ip.format(Ip.ANY)}:*` : '*';
  // A NUL in front makes a name abstract, which is written @.
  if (typeof end === 'string') return end === '' ? '*' : end.replace(/\0/g, '@');
  const service = type === 'raw' ? (PROTOCOL_WORDS[protocol] ?? String(protocol)) : end.port === 0 ? '*' : end.port;
  return `${Ip.format(end.ip)}:${service}`;
}

function formatColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = SOCKET_HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return RIGHT_ALIGNED.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(' ')
      .trimEnd(),
  );
}
