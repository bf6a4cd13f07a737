/**
 * A host's network stack: its state, and the way in for a frame. RFC 1122 (hosts), RFC 1812 (routers).
 * From here on: arp.ts, and for datagrams ipv4-input.ts, then icmp.ts, udp.ts, raw.ts, tcp.ts, or ipv4-forward.ts.
 * Not here: IPv6, and TCP beyond its refusals.
 */
import type { Frame } from '../sim/frame.ts';
import type { World } from '../sim/world.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import * as Vlan from '../wire/vlan.ts';
import * as Arp from './arp.ts';
import type { Endpoint } from './endpoint.ts';
import { addAddress, carrierChanged, DEFAULT_MTU, LOOPBACK_MTU } from './interface.ts';
import type { Interface } from './interface.ts';
import * as Ipv4Input from './ipv4-input.ts';
import type * as PathMtu from './path-mtu.ts';
import * as Neighbors from './neighbors.ts';
import type * as RateLimit from './rate-limit.ts';
import * as Reassembly from './reassembly.ts';
import * as Routes from './routes.ts';
import * as Sysctl from './sysctl.ts';
import type { InterfaceSettings, Settings } from './sysctl.ts';
import * as Udp from './udp.ts';

/** What a host notices and its owner should hear of. */
export type Report =
  | { readonly what: 'duplicate-address'; readonly interface: Interface; readonly ip: Ip4; readonly mac: Mac.Mac }
  | { readonly what: 'martian-source'; readonly interface: Interface; readonly source: Ip4; readonly destination: Ip4 };

export interface Stack {
  readonly world: World;
  readonly name: string;
  settings: Settings;
  allInterfaces: InterfaceSettings;
  defaultInterface: InterfaceSettings;
  /** [0] is lo. */
  readonly interfaces: readonly Interface[];
  /** By the device's port. */
  readonly byPort: readonly Interface[];
  /** Every interface's addresses, once for each time one has it. */
  ownAddresses: readonly Ip4[];
  readonly routes: Routes.RouteTable;
  /** Counts the changes to addresses, routes, interfaces, settings and what is known of paths: see flow.ts, ipv4-input.ts. */
  generation: number;
  /** Entries in all the interfaces' neighbour tables together. */
  neighborCount: number;
  readonly udp: Udp.EndpointTable;
  readonly raw: Endpoint[];
  readonly reassembly: Reassembly.ReassemblyTable;
  /** Null until the first is learnt. */
  exceptions: PathMtu.ExceptionTable | null;
  /** Null until the first message is limited. */
  limits: RateLimit.Limits | null;
  /** The last identification given to a datagram that may be fragmented. RFC 6864 §4.3. */
  identification: number;
  /** Proxy ARP answers that wait for their time. */
  proxyQueue: number;
  /** Times another station claimed an address of ours. */
  duplicateAddresses: number;
  readonly report: (stack: Stack, event: Report) => void;
}

export interface InterfaceDescription {
  readonly name: string;
  readonly port: number;
  readonly mac: Mac.Mac;
  readonly mtu?: number;
}

/** RFC 1112 §7.2: every host is a member of the all-hosts group. */
const GROUPS: ReadonlySet<Ip4> = new Set([Ip.ALL_HOSTS]);

/** lo drives the port `loopbackPort`; the other interfaces are set up without an address. */
export function createStack(
  world: World,
  name: string,
  loopbackPort: number,
  nics: readonly InterfaceDescription[],
  report: Stack['report'] = ignore,
): Stack {
  const lo = createInterface({ name: 'lo', port: loopbackPort, mac: Mac.ZERO, mtu: LOOPBACK_MTU }, 0);
  const interfaces = [lo].concat(nics.map((nic, i) => createInterface(nic, i + 1)));
  const stack: Stack = {
    world,
    name,
    settings: Sysctl.DEFAULTS,
    allInterfaces: Sysctl.INTERFACE_DEFAULTS,
    defaultInterface: Sysctl.INTERFACE_DEFAULTS,
    interfaces,
    byPort: sortByPort(interfaces),
    ownAddresses: [],
    routes: Routes.createTable(),
    generation: 0,
    neighborCount: 0,
    udp: Udp.createTable(),
    raw: [],
    reassembly: Reassembly.createTable(),
    exceptions: null,
    limits: null,
    identification: 0,
    proxyQueue: 0,
    duplicateAddresses: 0,
    report,
  };
  addAddress(stack, lo, Ip.LOOPBACK, 8);
  // Which is not the default mask's business.
  lo.ownPrefixLength = 8;
  return stack;
}

function ignore(): void {
  // Nobody wants to hear what the host notices.
}

function createInterface({ name, port, mac, mtu = DEFAULT_MTU }: InterfaceDescription, index: number): Interface {
  return {
    index,
    name,
    port,
    mac,
    loopback: index === 0,
    mtu,
    up: true,
    addresses: [],
    neighbors: Neighbors.createTable(),
    settings: Sysctl.INTERFACE_DEFAULTS,
    ownSettings: 0,
    ownPrefixLength: null,
    notedGateway: null,
    groups: GROUPS,
    onLink: null,
    lastSource: Ip.ANY,
    lastDestination: Ip.ANY,
    lastRoute: null,
    lastGeneration: -1,
  };
}

/** The list for which `list[at.port] === at`; ports that are not used are left out. */
function sortByPort(interfaces: readonly Interface[]): readonly Interface[] {
  const byPort = new Array<Interface>(interfaces.length);
  for (const at of interfaces) byPort[at.port] = at;
  return byPort;
}

/** A frame has come in at a port. */
export function receive(stack: Stack, port: number, frame: Frame): void {
  const at = stack.byPort[port];
  if (at === undefined || !at.up) return stack.world.drop('interface-down', frame);
  const malformed = Ethernet.check(frame.bytes, 0, frame.length);
  if (malformed !== null) return stack.world.drop(malformed, frame);
  if (!Ethernet.isGroup(frame.bytes, 0) && Ethernet.destination(frame.bytes, 0) !== at.mac) {
    return stack.world.drop('not-for-us', frame);
  }

  let type = Ethernet.type(frame.bytes, 0);
  if (type === Ethernet.Type.Vlan) {
    const wrong = Vlan.check(frame.bytes, Ethernet.HEADER_LENGTH, frame.length);
    if (wrong !== null) return stack.world.drop(wrong, frame);
    // IEEE 802.1Q-2018 §6.9.1: a priority tag, VID 0, belongs to no VLAN and is taken off.
    if (Vlan.identifier(frame.bytes, Ethernet.HEADER_LENGTH) !== 0) return stack.world.drop('unknown-vlan', frame);
    removeTag(frame);
    type = Ethernet.type(frame.bytes, 0);
  }

  switch (type) {
    case Ethernet.Type.Ipv4:
      return Ipv4Input.receive(stack, at, frame);
    case Ethernet.Type.Arp:
      return Arp.receive(stack, at, frame);
    default:
      return stack.world.drop('unknown-ethertype', frame);
  }
}

/** The link at a port has got carrier or lost it. */
export function receiveCarrier(stack: Stack, port: number, carrier: boolean): void {
  const at = stack.byPort[port];
  if (at !== undefined) carrierChanged(stack, at, carrier);
}

function removeTag(frame: Frame): void {
  const addresses = Ethernet.HEADER_LENGTH - 2;
  const after = addresses + Vlan.LENGTH;
  copyBytes(frame.bytes, after, frame.bytes, addresses, frame.length - after);
  frame.length -= Vlan.LENGTH;
}
