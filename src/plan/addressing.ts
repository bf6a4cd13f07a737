/**
 * Addresses for a plan, from three pools: a subnet for each link between two routers, one for each LAN with hosts, and
 * an address of its own for each router, which is there whichever of its links fails.
 * What somebody gets depends on names alone: r3's LAN is the pool's third, the link from r1 to r2 is 10.1.2.0/30, and
 * other names are hashed. Where the place is taken already, by somebody earlier in the plan, it is the next free one.
 * So what is added at the end of a plan moves nobody, and what is added elsewhere only those with whom it collides.
 */
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { hashOf, PlanError } from './plan.ts';
import type { Plan, PlannedLink, PlannedNode } from './plan.ts';

/** Where addresses are taken from. A PlanError says that a pool is too small. */
export interface AddressPools {
  /** For links between two routers, as a prefix: `10.0.0.0/8` unless given. */
  readonly links?: string;
  /** Bits of such a link's prefix, 30 or 31 (RFC 3021); 30 unless given. */
  readonly linkPrefixLength?: number;
  /** For LANs, `172.16.0.0/12`: a /24 each, and more to one that has more than 254 stations. */
  readonly lans?: string;
  /** For the routers' own addresses, `192.168.0.0/16`, or null for none. */
  readonly routers?: string | null;
}

export interface Addresses {
  /** By the index of the link: the addresses of its ends, null for a switch's. */
  readonly links: readonly { readonly from: InterfaceAddress | null; readonly to: InterfaceAddress | null }[];
  /** The routers' own addresses by name. */
  readonly routers: ReadonlyMap<string, Ip4>;
  /** By the host's name, the first router of the first LAN it is in that has one. */
  readonly gateways: ReadonlyMap<string, Ip4>;
}

export interface InterfaceAddress {
  readonly ip: Ip4;
  readonly prefixLength: number;
}

const LAN_PREFIX_LENGTH = 24;
/** The numbers in a name that have a place of their own for each pair of them. */
const MAX_PAIRED = 255;

export function assignAddresses(plan: Plan, pools: AddressPools = {}): Addresses {
  const { linkPrefixLength = 30 } = pools;
  if (linkPrefixLength !== 30 && linkPrefixLength !== 31) {
    throw new PlanError(`a link's prefix has 30 or 31 bits, not ${linkPrefixLength}`);
  }
  const linkPool = new Pool('links', pools.links ?? '10.0.0.0/8', linkPrefixLength);
  const lanPool = new Pool('LANs', pools.lans ?? '172.16.0.0/12', LAN_PREFIX_LENGTH);
  const ownPool = pools.routers === null ? null : new Pool('routers', pools.routers ?? '192.168.0.0/16', 32);
  refuseOverlap([linkPool, lanPool, ...(ownPool === null ? [] : [ownPool])]);

  const links = plan.links.map((): { from: InterfaceAddress | null; to: InterfaceAddress | null } => ({
    from: null,
    to: null,
  }));
  const gateways = new Map<string, Ip4>();
  for (const segment of segmentsOf(plan)) {
    const given = isBetweenRouters(segment) ? numberLink(segment, linkPool) : numberLan(segment, lanPool);
    const router = given.find(({ station }) => station.kind === 'router');
    for (const { station, link, side, ip, prefixLength } of given) {
      links[link]![side] = { ip, prefixLength };
      if (station.kind === 'host' && router !== undefined && !gateways.has(station.name)) {
        gateways.set(station.name, router.ip);
      }
    }
  }

  const routers = new Map<string, Ip4>();
  for (const { name, kind } of plan.nodes) {
    if (kind === 'router' && ownPool !== null) routers.set(name, ownPool.take(wantedByName(name), 1));
  }
  return { links, routers, gateways };
}

// Segments: stations that hear each other's broadcasts, by one link or by switches.

/** A station's interface in a segment. */
interface Member {
  readonly station: PlannedNode;
  /** The index of the link by which it is there, and which end of the link it is. */
  readonly link: number;
  readonly side: 'from' | 'to';
}

type Numbered = Member & InterfaceAddress;

interface Segment {
  readonly members: Member[];
  /** Names in the order of the plan. */
  readonly switches: string[];
}

/** In the order of each one's first link. */
function segmentsOf(plan: Plan): Segment[] {
  const nodes = new Map(plan.nodes.map((node) => [node.name, node]));
  const nodeAt = (name: string): PlannedNode => {
    const node = nodes.get(name);
    if (node === undefined) throw new PlanError(`a link leads to ${name}, which is no node of the plan`);
    return node;
  };
  // Switches that are linked belong together: each points to an earlier one of its group, or to itself.
  const groups = new Map<string, string>();
  for (const { name, kind } of plan.nodes) if (kind === 'switch') groups.set(name, name);
  const groupOf = (name: string): string => {
    let root = name;
    for (let next = groups.get(root)!; next !== root; next = groups.get(root)!) root = next;
    for (let at = name; at !== root;) {
      const next = groups.get(at)!;
      groups.set(at, root);
      at = next;
    }
    return root;
  };
  for (const { from, to } of plan.links) {
    if (nodeAt(from).kind === 'switch' && nodeAt(to).kind === 'switch') groups.set(groupOf(to), groupOf(from));
  }

  const segments = new Map<string | number, Segment>();
  plan.links.forEach((link, index) => {
    const ends = sidesOf(link).map(({ name, side }) => ({ station: nodeAt(name), link: index, side }));
    const bridge = ends.find(({ station }) => station.kind === 'switch');
    const key = bridge === undefined ? index : groupOf(bridge.station.name);
    let segment = segments.get(key);
    if (segment === undefined) segments.set(key, (segment = { members: [], switches: [] }));
    for (const end of ends) if (end.station.kind !== 'switch') segment.members.push(end);
  });
  for (const { name, kind } of plan.nodes) if (kind === 'switch') segments.get(groupOf(name))?.switches.push(name);
  return [...segments.values()];
}

function sidesOf({ from, to }: PlannedLink): readonly { readonly name: string; readonly side: 'from' | 'to' }[] {
  return [
    { name: from, side: 'from' },
    { name: to, side: 'to' },
  ];
}

function isBetweenRouters({ members, switches }: Segment): boolean {
  return switches.length === 0 && members.every(({ station }) => station.kind === 'router');
}

// Numbers in a segment.

/** A link has two ends. */
function numberLink({ members }: Segment, pool: Pool): Numbered[] {
  // By the names, so that a link that is turned round keeps its addresses.
  const ends = [...members].sort((a, b) => compareNames(a.station.name, b.station.name));
  const network = pool.take(wantedByPair(ends, pool.subnets), 1);
  // RFC 3021: both addresses of a /31 are hosts'.
  const first = pool.subnetLength === 31 ? 0 : 1;
  return ends.map((end, index) => ({
    ...end,
    ip: Ip.fromNumber(network + first + index),
    prefixLength: pool.subnetLength,
  }));
}

/** Routers from the top down in the plan's order; a host by its number, h1 as .1. */
function numberLan({ members, switches }: Segment, pool: Pool): Numbered[] {
  if (members.length === 0) return [];
  const routers = members.filter(({ station }) => station.kind === 'router');
  const hosts = members.filter(({ station }) => station.kind === 'host');
  // Called after the router that its first link leads to, whether from a switch or not; else after its switch; else
  // after its hosts. Who comes to it later does not change that, for its place would be free for others to move to.
  const founder = routers.find(({ link }) => link === members[0]!.link);
  const name =
    founder?.station.name ?? switches[0] ?? hosts.map(({ station }) => station.name).sort(compareNames)[0] ?? '';
  let prefixLength = LAN_PREFIX_LENGTH;
  let size = 1;
  while (members.length > size * 256 - 2) {
    size *= 2;
    prefixLength--;
  }
  const network = pool.take(wantedByName(name), size);

  const top = network + size * 256 - 2;
  const numbered: Numbered[] = routers.map((router, index) => ({
    ...router,
    ip: Ip.fromNumber(top - index),
    prefixLength,
  }));
  const free = new Slots(size * 256 - 2 - routers.length);
  for (const host of hosts) {
    const { number } = numberIn(host.station.name);
    // The LAN is as large as its members need.
    const place = free.take(number === null ? hashOf(host.station.name) : number - 1, 1)!;
    numbered.push({ ...host, ip: Ip.fromNumber(network + 1 + place), prefixLength });
  }
  return numbered;
}

// Places wanted.

interface NumberedName {
  /** What stands before the number. */
  readonly family: string;
  readonly number: number | null;
}

/** r12 is number 12 of the family r. */
function numberIn(name: string): NumberedName {
  const [, family, digits] = /^(.*\D)(\d{1,9})$/.exec(name) ?? [];
  if (family === undefined || Number(digits) === 0) return { family: name, number: null };
  return { family, number: Number(digits) };
}

/** A family is in order. One of a single letter, such as r1, r2, …, begins at the first place, any other somewhere. */
function wantedByName(name: string): number {
  const { family, number } = numberIn(name);
  if (number === null) return hashOf(name);
  return (family.length === 1 ? 0 : hashOf(family)) + number;
}

/** Of the link between two: in 10.0.0.0/8, from r1 to r2, it is 10.1.2.0. */
function wantedByPair(ends: readonly Member[], subnets: number): number {
  const names = ends.map(({ station }) => station.name);
  const [a, b] = [numberIn(names[0]!), numberIn(names[1]!)];
  const perPair = Math.floor(subnets / 65_536);
  const isPaired = a.number !== null && b.number !== null && Math.max(a.number, b.number) <= MAX_PAIRED;
  if (!isPaired || perPair === 0) return hashOf(names.join('--'));
  const families = a.family.length === 1 && b.family.length === 1 ? 0 : hashOf(`${a.family}--${b.family}`) % perPair;
  return (a.number * 256 + b.number) * perPair + families;
}

/** r2 before r10. */
function compareNames(a: string, b: string): number {
  const [one, other] = [numberIn(a), numberIn(b)];
  if (one.family === other.family && one.number !== null && other.number !== null) return one.number - other.number;
  return a < b ? -1 : a > b ? 1 : 0;
}

// Places.

/** Numbered places that are free or taken. */
class Slots {
  readonly size: number;
  private readonly taken = new Set<number>();
  /** From a place, where to look next: all in between is taken, and is not walked again. */
  private readonly beyond = new Map<number, number>();

  constructor(size: number) {
    this.size = size;
  }

  /** The first of `count` free ones in a row at or behind `wanted`, all around; null when there are none. */
  take(wanted: number, count: number): number | null {
    // A row starts at a multiple of its length, as subnets do.
    const rows = Math.floor(this.size / count);
    if (rows === 0 || this.taken.size === this.size) return null;
    const begin = Math.floor((wanted % this.size) / count) % rows;
    let row = count === 1 ? this.firstFree(begin) : begin;
    for (let tried = 0; tried < rows; tried++, row = (row + 1) % rows) {
      if (!this.isFree(row * count, count)) continue;
      for (let i = 0; i < count; i++) this.taken.add(row * count + i);
      if (count === 1) this.beyond.set(begin, (row + 1) % rows);
      return row * count;
    }
    return null;
  }

  private firstFree(slot: number): number {
    let at = slot;
    for (let next = this.beyond.get(at); next !== undefined; next = this.beyond.get(at)) at = next;
    return at;
  }

  private isFree(first: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.taken.has(first + i)) return false;
    return true;
  }
}

/** A prefix that is given out in subnets. */
class Pool {
  readonly subnetLength: number;
  readonly network: Ip4;
  readonly prefixLength: number;
  readonly subnets: number;
  readonly what: string;
  readonly text: string;
  private readonly slots: Slots;

  constructor(what: string, text: string, subnetLength: number) {
    const [, address = '', length = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
    const network = Ip.parse(address);
    const prefixLength = Number(length);
    if (network === null || length === '' || prefixLength < 1 || prefixLength > 32) {
      throw new PlanError(`${text}: write the pool for ${what} as a prefix, such as 10.0.0.0/8`);
    }
    if (prefixLength > subnetLength) {
      throw new PlanError(`${text}: the pool for ${what} gives out subnets of /${subnetLength} and holds none`);
    }
    if (Ip.network(network, prefixLength) !== network) {
      const meant = Ip.format(Ip.network(network, prefixLength));
      throw new PlanError(`${text}: not the start of a prefix; write ${meant}/${prefixLength}`);
    }
    this.what = what;
    this.text = text;
    this.network = network;
    this.prefixLength = prefixLength;
    this.subnetLength = subnetLength;
    this.subnets = powerOfTwo(subnetLength - prefixLength);
    this.slots = new Slots(this.subnets);
  }

  /** So many subnets in a row, as one. */
  take(wanted: number, count: number): Ip4 {
    const slot = this.slots.take(wanted, count);
    if (slot === null) {
      throw new PlanError(`the pool ${this.text} for ${this.what} is used up; give a larger one`);
    }
    return Ip.fromNumber(this.network + slot * powerOfTwo(32 - this.subnetLength));
  }
}

function refuseOverlap(pools: readonly Pool[]): void {
  pools.forEach((pool, index) => {
    for (const other of pools.slice(index + 1)) {
      if (!Ip.sameSubnet(pool.network, other.network, Math.min(pool.prefixLength, other.prefixLength))) continue;
      throw new PlanError(`the pools ${pool.text} for ${pool.what} and ${other.text} for ${other.what} overlap`);
    }
  });
}

function powerOfTwo(exponent: number): number {
  return (1 << exponent) >>> 0;
}
