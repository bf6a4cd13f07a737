/**
 * A host's network interfaces: their addresses, whether they are up, and the routes that follow from both.
 * As Linux's net/ipv4/devinet.c and fib_frontend.c: an address brings a local route, its subnet and its broadcast.
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import type { StackError } from './endpoint.ts';
import * as Neighbors from './neighbors.ts';
import type { NeighborTable } from './neighbors.ts';
import * as Routes from './routes.ts';
import type { Route, RouteFields, RouteType } from './routes.ts';
import type { Stack } from './stack.ts';
import type { InterfaceSettings } from './sysctl.ts';

/** RFC 791 §3.2: every module must pass on 68 octets without fragmenting. */
export const MIN_MTU = 68;
/** The longest datagram there is; 65,536 is what Linux's lo says. */
export const MAX_MTU = 65_536;
export const DEFAULT_MTU = 1_500;
export const LOOPBACK_MTU = 65_536;
/** Addresses up to which looking through them is as fast as anything. */
const FEW_ADDRESSES = 8;

export interface InterfaceAddress {
  readonly ip: Ip4;
  readonly prefixLength: number;
}

export interface Interface {
  /** Its place in `stack.interfaces`; 0 is lo. */
  readonly index: number;
  readonly name: string;
  /** The device's port that it drives. */
  readonly port: number;
  readonly mac: Mac;
  readonly loopback: boolean;
  /** Octets of the longest datagram. */
  mtu: number;
  /** Set up by who runs the host; not whether there is carrier. */
  up: boolean;
  /** The first one is the primary: what datagrams get as source unless something better fits. */
  addresses: readonly InterfaceAddress[];
  readonly neighbors: NeighborTable;
  settings: InterfaceSettings;
  /** A bit for each setting that somebody has set for this interface, as Linux's ipv4_devconf.state. */
  ownSettings: number;
  /** The way to anything on its link, for sockets that are bound to it and find no route; made when first needed. */
  onLink: Route | null;
  /** The kernel's: bits of the mask that somebody set by this interface's name; null where the host's default holds. */
  ownPrefixLength: number | null;
  /** The kernel's: the gateway that sys_network_configure_ipv4 noted without making it the default. */
  notedGateway: Ip4 | null;
  /** The last datagram that came in here with addresses that may be, and its route: see ipv4-input.ts. */
  lastSource: Ip4;
  lastDestination: Ip4;
  lastRoute: Route | null;
  /** `Stack.generation` when that was found out; -1: never. */
  lastGeneration: number;
  /** Group addresses that datagrams are taken for. */
  readonly groups: ReadonlySet<Ip4>;
}

export function interfaceByName(stack: Stack, name: string): Interface | undefined {
  for (const one of stack.interfaces) if (one.name === name) return one;
  return undefined;
}

/** Adds an address behind those there are. EEXIST: the interface has it already. */
export function addAddress(stack: Stack, at: Interface, ip: Ip4, prefixLength: number): StackError | null {
  if (at.addresses.some((one) => one.ip === ip)) return 'EEXIST';
  const address = { ip, prefixLength };
  at.addresses = at.addresses.concat(address);
  stack.ownAddresses = stack.ownAddresses.concat(ip);
  addLocalRoute(stack, at, address);
  if (at.up) addSubnetRoutes(stack, at, address);
  return null;
}

/** EADDRNOTAVAIL: the interface does not have it. With the last address the interface's routes go, as on Linux. */
export function removeAddress(stack: Stack, at: Interface, ip: Ip4): StackError | null {
  const address = at.addresses.find((one) => one.ip === ip);
  if (address === undefined) return 'EADDRNOTAVAIL';
  at.addresses = at.addresses.filter((one) => one !== address);
  forget(stack, ip);
  Routes.removeWhere(stack, (route) => route.address === address);
  if (at.addresses.length === 0) Routes.removeWhere(stack, (route) => Routes.isLostWith(route, at));
  return null;
}

/** Makes this the interface's first address, in place of the one it had. */
export function setFirstAddress(stack: Stack, at: Interface, ip: Ip4, prefixLength: number): StackError | null {
  const old = at.addresses[0];
  if (old === undefined) return addAddress(stack, at, ip, prefixLength);
  if (at.addresses.some((one, place) => place > 0 && one.ip === ip)) return 'EEXIST';
  const address = { ip, prefixLength };
  Routes.removeWhere(stack, (route) => route.address === old);
  forget(stack, old.ip);
  at.addresses = at.addresses.map((one) => (one === old ? address : one));
  stack.ownAddresses = stack.ownAddresses.concat(ip);
  addLocalRoute(stack, at, address);
  if (at.up) addSubnetRoutes(stack, at, address);
  return null;
}

/** Another prefix length for the first address. EADDRNOTAVAIL: there is none. */
export function setMask(stack: Stack, at: Interface, prefixLength: number): StackError | null {
  const first = at.addresses[0];
  return first === undefined ? 'EADDRNOTAVAIL' : setFirstAddress(stack, at, first.ip, prefixLength);
}

/**
 * Up: the subnets' routes come back; the static ones do not, as on Linux.
 * Down: its routes and neighbours go; its addresses stay this host's (RFC 1122 §3.3.4.2, weak end system).
 */
export function setUp(stack: Stack, at: Interface, up: boolean): void {
  if (at.up === up) return;
  stack.generation++;
  at.up = up;
  if (up) {
    for (const address of at.addresses) addSubnetRoutes(stack, at, address);
  } else {
    Routes.removeWhere(stack, (route) => route.type !== 'local' && Routes.isLostWith(route, at));
    Neighbors.flush(stack, at);
  }
}

/** EINVAL: fewer than 68 octets or more than a datagram can have. */
export function setMtu(stack: Stack, at: Interface, mtu: number): StackError | null {
  if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > MAX_MTU) return 'EINVAL';
  stack.generation++;
  at.mtu = mtu;
  return null;
}

/** The link has carrier or lost it: routes stay, neighbours are asked anew. */
export function carrierChanged(stack: Stack, at: Interface, carrier: boolean): void {
  if (!carrier) Neighbors.flush(stack, at);
}

/** Whether some interface has exactly this address. */
export function isOwnAddress(stack: Stack, ip: Ip4): boolean {
  // A router with many interfaces asks its table, where each address has a route of its own.
  if (stack.ownAddresses.length > FEW_ADDRESSES) return Routes.hasLocal(stack, ip);
  // Not `includes`: every datagram asks, and the engine makes that a call.
  for (const own of stack.ownAddresses) if (own === ip) return true;
  return false;
}

/** Whether datagrams to the address end here: an own one, or any of 127/8. */
export function isLocal(stack: Stack, ip: Ip4): boolean {
  return Routes.lookUp(stack, ip)?.type === 'local';
}

/** Linux's inet_select_addr: the interface's address in the destination's subnet, else its first, else any. */
export function selectAddress(stack: Stack, at: Interface, destination: Ip4): Ip4 {
  for (const one of at.addresses) if (Ip.sameSubnet(one.ip, destination, one.prefixLength)) return one.ip;
  const first = at.addresses[0];
  if (first !== undefined) return first.ip;
  for (const other of stack.interfaces) for (const one of other.addresses) if (!Ip.isLoopback(one.ip)) return one.ip;
  return Ip.ANY;
}

/** The way to anything on the interface's link. */
export function onLinkRoute(at: Interface): Route {
  at.onLink ??= Routes.onLink(at);
  return at.onLink;
}

/** Whether the address is on one of the interface's subnets. */
export function isOnLink(at: Interface, ip: Ip4): boolean {
  for (const one of at.addresses) if (Ip.sameSubnet(one.ip, ip, one.prefixLength)) return true;
  return false;
}

/** Takes one mention of the address out: two interfaces may have the same one. */
function forget(stack: Stack, ip: Ip4): void {
  const place = stack.ownAddresses.indexOf(ip);
  if (place !== -1) stack.ownAddresses = stack.ownAddresses.filter((_, i) => i !== place);
}

/** That the address is this host's, which it stays while the interface is down. */
function addLocalRoute(stack: Stack, at: Interface, address: InterfaceAddress): void {
  Routes.insert(stack, address.ip, 32, routeOf(at, address, 'local'));
}

/** The subnet that the address is on, and its broadcast. */
function addSubnetRoutes(stack: Stack, at: Interface, address: InterfaceAddress): void {
  const { ip, prefixLength } = address;
  if (prefixLength < 32) {
    const type = at.loopback ? 'local' : 'unicast';
    Routes.insert(stack, Ip.network(ip, prefixLength), prefixLength, routeOf(at, address, type));
  }
  const broadcast = Ip.subnetBroadcast(ip, prefixLength);
  if (broadcast !== null) Routes.insert(stack, broadcast, 32, routeOf(at, address, 'broadcast'));
}

function routeOf(at: Interface, address: InterfaceAddress, type: RouteType): RouteFields {
  return {
    type,
    gateway: Ip.ANY,
    interface: at,
    metric: 0,
    source: address.ip,
    origin: 'kernel',
    address,
    paths: null,
  };
}
