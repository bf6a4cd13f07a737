/**
 * Routes with several next hops: which one a datagram takes. RFC 2992: by a hash of its flow, so that a flow stays on
 * one path and in order. As Linux's fib_multipath_hash and fib_select_multipath (net/ipv4/route.c, fib_semantics.c):
 * both directions of a flow have one hash; a next hop is left out while its interface is set down or has no address,
 * but not for want of carrier (ignore_routes_with_linkdown is 0).
 * Unlike Linux: next hops have no weights, and datagrams made here always go by their addresses alone.
 */
import type { Frame } from '../sim/frame.ts';
import { readU32 } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import { IP } from './ipv4-input.ts';
import * as Routes from './routes.ts';
import { isAlive } from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';

/** `fib_multipath_hash_policy`: the addresses alone (the default), or protocol and ports too. */
const BY_PORTS = 1;

/** The route for a datagram from `source` to `destination`, with one next hop; or null. */
export function lookUp(stack: Stack, source: Ip4, destination: Ip4): Route | null {
  const route = Routes.lookUp(stack, destination);
  if (route === null || route.paths === null) return route;
  return choose(route.paths, hashOf(stack, source, destination, 0));
}

/** The next hop of a route with several for a datagram that is passed on. */
export function chooseFor(stack: Stack, paths: readonly Route[], frame: Frame): Route {
  return choose(paths, hashOfFrame(stack, frame));
}

function choose(paths: readonly Route[], hash: number): Route {
  let alive = 0;
  for (let i = 0; i < paths.length; i++) if (isAlive(paths[i]!)) alive++;
  // The hash's 31 bits are divided evenly among those that are alive.
  let place = Math.floor((hash / 0x8000_0000) * alive);
  for (let i = 0; i < paths.length; i++) {
    if (isAlive(paths[i]!) && place-- === 0) return paths[i]!;
  }
  // The route is about to go.
  return paths[0]!;
}

function hashOfFrame(stack: Stack, { bytes, length }: Frame): number {
  const header = Ipv4.headerLength(bytes, IP);
  const payload = IP + header;
  const protocol = Ipv4.protocol(bytes, IP);
  if (stack.settings.fib_multipath_hash_policy === BY_PORTS) {
    // The ports of a later fragment are not there, and those of the first are left out so that all stay together.
    const hasPorts = protocol === Ipv4.Protocol.Udp || protocol === Ipv4.Protocol.Tcp;
    const ports = hasPorts && !Ipv4.isFragment(bytes, IP) && payload + 4 <= length ? readU32(bytes, payload) : 0;
    return hashOf(stack, Ipv4.source(bytes, IP), Ipv4.destination(bytes, IP), protocol, ports);
  }
  // Linux's ip_multipath_l3_keys: an ICMP error goes the way of the flow it is about, so that it meets its sender.
  const quoted = payload + Icmp.HEADER_LENGTH;
  const isError =
    protocol === Ipv4.Protocol.Icmp &&
    Ipv4.fragmentOffset(bytes, IP) === 0 &&
    quoted + Ipv4.MIN_HEADER_LENGTH <= length &&
    Icmp.isError(Icmp.type(bytes, payload));
  const about = isError ? quoted : IP;
  return hashOf(stack, Ipv4.source(bytes, about), Ipv4.destination(bytes, about), 0);
}

/** 31 bits; the same for both directions. Its first NIC's address makes hosts differ, as Linux's secret does. */
function hashOf(stack: Stack, source: Ip4, destination: Ip4, protocol: number, ports = 0): number {
  const isForward = source < destination;
  const low = isForward ? source : destination;
  const high = isForward ? destination : source;
  const turned = isForward ? ports : (ports >>> 16) | (ports << 16);
  const own = stack.interfaces[1]?.mac ?? 0;
  let hash = mix(mix(mix(mix(own | 0, low), high), protocol), turned);
  // The finish of MurmurHash3.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 1;
}

/** A round of MurmurHash3_x86_32 (Appleby, 2011). */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e_2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b87_3593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe654_6b64) | 0;
}
