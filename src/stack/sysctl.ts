/**
 * A host's settings under Linux's names, with Linux's defaults: Documentation/networking/ip-sysctl.rst.
 * Per-interface settings exist for 'all', for 'default' (what later interfaces start with) and for each interface;
 * how 'all' and the interface combine is Linux's too, and stands beside each.
 * The records never change: whoever sets something gets another one, so that hosts and interfaces share what is equal.
 * Not here: settings of protocols this lab does not speak.
 */
import type { Interface } from './interface.ts';
import type { Stack } from './stack.ts';

/** net.ipv4.*, for the whole host. */
export interface Settings {
  /** Pass on datagrams for others. A change sets every interface's `forwarding`, and `accept_redirects` the other way. */
  readonly ip_forward: number;
  /** TTL of datagrams made here. RFC 1122 §3.2.1.7. */
  readonly ip_default_ttl: number;
  /** 1: sockets start without path MTU discovery. */
  readonly ip_no_pmtu_disc: number;
  /** 1: a router heeds the path MTU it has learnt when it forwards. */
  readonly ip_forward_use_pmtu: number;
  /** Seconds that fragments wait for the rest. */
  readonly ipfrag_time: number;
  /** Bytes of fragments kept at most. */
  readonly ipfrag_high_thresh: number;
  /** What a route with several next hops divides flows by: 0 their addresses, 1 protocol and ports too. */
  readonly fib_multipath_hash_policy: number;
  readonly icmp_echo_ignore_all: number;
  readonly icmp_echo_ignore_broadcasts: number;
  /** 1: an ICMP error comes from the address of the interface the culprit came in by. */
  readonly icmp_errors_use_inbound_ifaddr: number;
  readonly icmp_ignore_bogus_error_responses: number;
  /** Milliseconds between ICMP messages to one destination; 0 for no limit. */
  readonly icmp_ratelimit: number;
  /** Which ICMP types are limited: bit n for type n. */
  readonly icmp_ratemask: number;
  /** ICMP messages a second to all destinations together, and how many may come at once. */
  readonly icmp_msgs_per_sec: number;
  readonly icmp_msgs_burst: number;
  /** Octets: the least path MTU believed in. */
  readonly 'route.min_pmtu': number;
  /** Seconds that a learnt path MTU is believed. RFC 1191 §6.3. */
  readonly 'route.mtu_expires': number;
  /** Milliseconds that one 'no route' error costs a sender, and how much it can save up for them. */
  readonly 'route.error_cost': number;
  readonly 'route.error_burst': number;
  /** Milliseconds: the base of the redirect rate limit. */
  readonly 'route.redirect_load': number;
  /** How many redirects for one host before the router goes silent about it. */
  readonly 'route.redirect_number': number;
  /** Milliseconds of that silence. */
  readonly 'route.redirect_silence': number;
  /** Milliseconds that a confirmed neighbour is believed, on average. */
  readonly 'neigh.default.base_reachable_time_ms': number;
  /** Seconds from the use of a stale neighbour to the first probe. */
  readonly 'neigh.default.delay_first_probe_time': number;
  /** Milliseconds between ARP requests. RFC 1122 §2.3.2.1 asks for at least one second. */
  readonly 'neigh.default.retrans_time_ms': number;
  readonly 'neigh.default.ucast_solicit': number;
  readonly 'neigh.default.mcast_solicit': number;
  /** Datagrams that wait for one neighbour. */
  readonly 'neigh.default.unres_qlen': number;
  /** Neighbours of one host at most. */
  readonly 'neigh.default.gc_thresh3': number;
}

/** net.ipv4.conf.INTERFACE.*. */
export interface InterfaceSettings {
  readonly forwarding: number;
  /** Source validation, RFC 3704: 1 strict, 2 loose; the larger of 'all' and the interface. */
  readonly rp_filter: number;
  /** Both must allow it on a router, either on a host. */
  readonly accept_redirects: number;
  /** Only redirects to gateways that some route names, where the link is not shared; either. */
  readonly secure_redirects: number;
  /** Either. */
  readonly send_redirects: number;
  /** Several subnets share the link; either. */
  readonly shared_media: number;
  /** Both must allow it. */
  readonly accept_source_route: number;
  /** Take datagrams with an own address as source; either. */
  readonly accept_local: number;
  /** Do not treat 127/8 as martian; either. */
  readonly route_localnet: number;
  /** Refuse unicast in a link-layer broadcast (RFC 1122 §3.3.6); either. */
  readonly drop_unicast_in_l2_multicast: number;
  /** Pass on directed broadcasts (RFC 2644); both. */
  readonly bc_forwarding: number;
  /** Report impossible source addresses; either. */
  readonly log_martians: number;
  /** Answer ARP for what is reached by another interface; either. */
  readonly proxy_arp: number;
  /** 0 any own address, 1 only the interface's own, 2 and the asker's subnet, 8 none; the larger. */
  readonly arp_ignore: number;
  /** 0 any own source address, 1 avoid foreign subnets, 2 the best one; the larger. */
  readonly arp_announce: number;
  /** Learn from gratuitous ARP: 1 always, 2 only from the same subnet; the larger. */
  readonly arp_accept: number;
  /** Answer only if the route to the asker leaves by this interface; either. */
  readonly arp_filter: number;
}

export const DEFAULTS: Settings = {
  ip_forward: 0,
  ip_default_ttl: 64,
  ip_no_pmtu_disc: 0,
  ip_forward_use_pmtu: 0,
  ipfrag_time: 30,
  ipfrag_high_thresh: 4_194_304,
  fib_multipath_hash_policy: 0,
  icmp_echo_ignore_all: 0,
  icmp_echo_ignore_broadcasts: 1,
  icmp_errors_use_inbound_ifaddr: 0,
  icmp_ignore_bogus_error_responses: 1,
  icmp_ratelimit: 1_000,
  icmp_ratemask: 6_168,
  icmp_msgs_per_sec: 1_000,
  icmp_msgs_burst: 50,
  'route.min_pmtu': 552,
  'route.mtu_expires': 600,
  'route.error_cost': 1_000,
  'route.error_burst': 5_000,
  'route.redirect_load': 20,
  'route.redirect_number': 9,
  'route.redirect_silence': 20_480,
  'neigh.default.base_reachable_time_ms': 30_000,
  'neigh.default.delay_first_probe_time': 5,
  'neigh.default.retrans_time_ms': 1_000,
  'neigh.default.ucast_solicit': 3,
  'neigh.default.mcast_solicit': 3,
  'neigh.default.unres_qlen': 101,
  'neigh.default.gc_thresh3': 1_024,
};

export const INTERFACE_DEFAULTS: InterfaceSettings = {
  forwarding: 0,
  rp_filter: 0,
  accept_redirects: 1,
  secure_redirects: 1,
  send_redirects: 1,
  shared_media: 1,
  accept_source_route: 0,
  accept_local: 0,
  route_localnet: 0,
  drop_unicast_in_l2_multicast: 0,
  bc_forwarding: 0,
  log_martians: 0,
  proxy_arp: 0,
  arp_ignore: 0,
  arp_announce: 0,
  arp_accept: 0,
  arp_filter: 0,
};

/** The largest value each may have; 1 where none is given. None may be negative. */
const LIMITS: Readonly<Record<string, number>> = {
  ip_default_ttl: 255,
  ip_no_pmtu_disc: 3,
  ipfrag_time: 86_400,
  ipfrag_high_thresh: 0x7fff_ffff,
  icmp_ratelimit: 0x7fff_ffff,
  icmp_ratemask: 0xffff_ffff,
  icmp_msgs_per_sec: 0x7fff_ffff,
  icmp_msgs_burst: 0x7fff_ffff,
  'route.min_pmtu': 65_535,
  'route.mtu_expires': 0x7fff_ffff,
  'route.error_cost': 0x7fff_ffff,
  'route.error_burst': 0x7fff_ffff,
  'route.redirect_load': 0x7fff_ffff,
  'route.redirect_number': 30,
  'route.redirect_silence': 0x7fff_ffff,
  'neigh.default.base_reachable_time_ms': 0x7fff_ffff,
  'neigh.default.delay_first_probe_time': 86_400,
  'neigh.default.retrans_time_ms': 0x7fff_ffff,
  'neigh.default.ucast_solicit': 100,
  'neigh.default.mcast_solicit': 100,
  'neigh.default.unres_qlen': 65_536,
  'neigh.default.gc_thresh3': 1_048_576,
  rp_filter: 2,
  arp_ignore: 8,
  arp_announce: 2,
  arp_accept: 2,
};

/** The least value where it is not 0: none of these may be switched off, as in Linux. */
const LEAST: Readonly<Record<string, number>> = {
  ip_default_ttl: 1,
  'route.min_pmtu': 68,
  'neigh.default.retrans_time_ms': 1,
  'neigh.default.base_reachable_time_ms': 1,
  'neigh.default.gc_thresh3': 1,
};

type Key = keyof Settings;
type InterfaceKey = keyof InterfaceSettings;

const INTERFACE_KEYS = Object.keys(INTERFACE_DEFAULTS) as InterfaceKey[];

/** What a name stands for: a setting of the whole host, or one of an interface, of all, or of those to come. */
type Place =
  | { readonly where: 'host'; readonly key: Key }
  | { readonly where: 'all' | 'default' | Interface; readonly key: InterfaceKey };

function find(stack: Stack, name: string): Place | null {
  const path = /^(?:net\.ipv4\.)?(.+)$/.exec(name.replaceAll('/', '.'))?.[1] ?? '';
  if (Object.hasOwn(DEFAULTS, path)) return { where: 'host', key: path as Key };
  const [, scope = '', key = ''] = /^conf\.(.+)\.([a-z0-9_]+)$/.exec(path) ?? [];
  const where = scope === 'all' || scope === 'default' ? scope : stack.interfaces.find((one) => one.name === scope);
  return where !== undefined && Object.hasOwn(INTERFACE_DEFAULTS, key) ? { where, key: key as InterfaceKey } : null;
}

/** Sets a setting by its name, `net.ipv4.` may be left out; says what is wrong with name or value, or null. */
export function setSysctl(stack: Stack, name: string, value: number): 'unknown' | 'invalid' | null {
  const place = find(stack, name);
  if (place === null) return 'unknown';
  const { where, key } = place;
  stack.generation++;
  if (!Number.isInteger(value) || value < (LEAST[key] ?? 0) || value > (LIMITS[key] ?? 1)) return 'invalid';
  if (key === 'ip_forward' || (key === 'forwarding' && where === 'all')) {
    if (stack.settings.ip_forward !== value) switchForwarding(stack, value);
  } else if (where === 'host') {
    stack.settings = { ...stack.settings, [key]: value };
  } else if (where === 'all') {
    stack.allInterfaces = { ...stack.allInterfaces, [key]: value };
  } else if (where === 'default') {
    setDefault(stack, place.key, value);
  } else {
    where.settings = { ...where.settings, [key]: value };
    where.ownSettings |= bitOf(place.key);
  }
  return null;
}

/** Linux's devinet_copy_dflt_conf: a new default reaches the interfaces on which nobody has chosen otherwise. */
function setDefault(stack: Stack, key: InterfaceKey, value: number): void {
  const before = stack.defaultInterface;
  stack.defaultInterface = { ...before, [key]: value };
  for (const one of stack.interfaces) {
    if ((one.ownSettings & bitOf(key)) !== 0) continue;
    one.settings = one.settings === before ? stack.defaultInterface : { ...one.settings, [key]: value };
  }
}

/** Linux's inet_forward_change: one switch for all interfaces; who forwards does not listen to redirects. */
function switchForwarding(stack: Stack, value: number): void {
  const before = stack.defaultInterface;
  stack.settings = { ...stack.settings, ip_forward: value };
  stack.allInterfaces = { ...stack.allInterfaces, forwarding: value, accept_redirects: value === 0 ? 1 : 0 };
  stack.defaultInterface = { ...before, forwarding: value };
  for (const one of stack.interfaces) {
    one.settings = one.settings === before ? stack.defaultInterface : { ...one.settings, forwarding: value };
    one.ownSettings |= bitOf('forwarding');
  }
}

/** Its place in an interface's `ownSettings`. */
function bitOf(key: InterfaceKey): number {
  return 1 << INTERFACE_KEYS.indexOf(key);
}

/** The value of a setting, or null when there is none of this name. */
export function getSysctl(stack: Stack, name: string): number | null {
  const place = find(stack, name);
  if (place === null) return null;
  switch (place.where) {
    case 'host':
      return stack.settings[place.key];
    case 'all':
      return stack.allInterfaces[place.key];
    case 'default':
      return stack.defaultInterface[place.key];
    default:
      return place.where.settings[place.key];
  }
}

/** Every name that this host has, in full. */
export function listSysctl(stack: Stack): string[] {
  const names = Object.keys(DEFAULTS).map((key) => `net.ipv4.${key}`);
  for (const where of ['all', 'default', ...stack.interfaces.map((one) => one.name)])
    for (const key of INTERFACE_KEYS) names.push(`net.ipv4.conf.${where}.${key}`);
  return names;
}

/** Linux's IN_DEV_ORCONF: on where either says so. */
export function either(stack: Stack, at: Interface, key: InterfaceKey): boolean {
  return stack.allInterfaces[key] !== 0 || at.settings[key] !== 0;
}

/** Linux's IN_DEV_ANDCONF: on where both say so. */
export function both(stack: Stack, at: Interface, key: InterfaceKey): boolean {
  return stack.allInterfaces[key] !== 0 && at.settings[key] !== 0;
}

/** Linux's IN_DEV_MAXCONF: the larger of the two. */
export function larger(stack: Stack, at: Interface, key: InterfaceKey): number {
  return Math.max(stack.allInterfaces[key], at.settings[key]);
}
