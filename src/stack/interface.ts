/**
 * A host's network interfaces: their addresses, whether they are up, and the routes that follow from both.
 * As Linux's net/ipv4/devinet.c and fib_frontend.c: an address brings a local route, its subnet and its broadcast.
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import type { StackError } from './endpoint.ts';
import * as Neighbors from './neighbors.ts';
import type { Neighbor } from './neighbors.ts';
import * as Routes from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';
import type { InterfaceSettings } from './sysctl.ts';

/** RFC 791 §3.2: every module must pass on 68 octets without fragmenting. */
export const MIN_MTU = 68;
/** The longest datagram there is; 65,536 is what Linux's lo says. */
export const MAX_MTU = 65_536;
export const DEFAULT_MTU = 1_500;
export const LOOPBACK_MTU = 65_536;

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
  readonly addresses: InterfaceAddress[];
  readonly neighbors: Map<Ip4, Neighbor>;
  readonly settings: InterfaceSettings;
  /** The names of those that somebody has set for this interface. */
  readonly ownSettings: Set<string>;
  /** The way to anything on its link, for sockets that are bound to it and find no route. */
  readonly onLink: Route;
  /** Group addresses that datagrams are taken for. */
  readonly groups: Set<Ip4>;
}

export function interfaceByName(stack: Stack, name: string): Interface | undefined {
  return stack.interfaces.find((one) => one.name === name);
}

/** Adds an address behind those there are. EEXIST: the interface has it already. */
export function addAddress(stack: Stack, at: Interface, ip: Ip4, prefixLength: number): StackError | null {
  if (at.addresses.some((one) => one.ip === ip)) return 'EEXIST';
  const address = { ip, prefixLength };
  at.addresses.push(address);
  stack.ownAddresses.push(ip);
  addAddressRoutes(stack, at, address);
  return null;
}

/** EADDRNOTAVAIL: the interface does not have it. With the last address the interface's routes go, as on Linux. */
export function removeAddress(stack: Stack, at: Interface, ip: Ip4): StackError | null {
  const place = at.addresses.findIndex((one) => one.ip === ip);
  const address = at.addresses[place];
  if (address === undefined) return 'EADDRNOTAVAIL';
  at.addresses.splice(place, 1);
  forget(stack, ip);
  Routes.removeWhere(stack, (route) => route.address === address);
  if (at.addresses.length === 0) Routes.removeWhere(stack, (route) => route.interface === at);
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
  at.addresses[0] = address;
  stack.ownAddresses.push(ip);
  addAddressRoutes(stack, at, address);
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
  at.up = up;
  if (up) {
    for (const address of at.addresses) addAddressRoutes(stack, at, address);
  } else {
    Routes.removeWhere(stack, (route) => route.interface === at && route.type !== 'local');
    Neighbors.flush(stack, at);
  }
}

/** EINVAL: fewer than 68 octets or more than a datagram can have. */
export function setMtu(_stack: Stack, at: Interface, mtu: number): StackError | null {
  if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > MAX_MTU) return 'EINVAL';
  at.mtu = mtu;
  return null;
}

/** The link has carrier or lost it: routes stay, neighbours are asked anew. */
export function carrierChanged(stack: Stack, at: Interface, carrier: boolean): void {
  if (!carrier) Neighbors.flush(stack, at);
}

/** Whether some interface has exactly this address. */
export function isOwnAddress(stack: Stack, ip: Ip4): boolean {
  return stack.ownAddresses.includes(ip);
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

/** Whether the address is on one of the interface's subnets. */
export function isOnLink(at: Interface, ip: Ip4): boolean {
  for (const one of at.addresses) if (Ip.sameSubnet(one.ip, ip, one.prefixLength)) return true;
  return false;
}

/** Takes one mention of the address out: two interfaces may have the same one. */
function forget(stack: Stack, ip: Ip4): void {
  const place = stack.ownAddresses.indexOf(ip);
  if (place !== -1) stack.ownAddresses.splice(place, 1);
}

function addAddressRoutes(stack: Stack, at: Interface, address: InterfaceAddress): void {
  const { ip, prefixLength } = address;
  const common = { gateway: Ip.ANY, interface: at, metric: 0, source: ip, origin: 'kernel', address } as const;
  if (!Routes.has(stack, (route) => route.address === address && route.type === 'local')) {
    Routes.insert(stack, { ...common, destination: ip, prefixLength: 32, type: 'local' });
  }
  if (!at.up) return;
  const destination = Ip.network(ip, prefixLength);
  if (prefixLength < 32) {
    Routes.insert(stack, { ...common, destination, prefixLength, type: at.loopback ? 'local' : 'unicast' });
  }
  const broadcast = Ip.subnetBroadcast(ip, prefixLength);
  if (broadcast !== null)
    Routes.insert(stack, { ...common, destination: broadcast, prefixLength: 32, type: 'broadcast' });
}
