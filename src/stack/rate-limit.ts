/**
 * How many ICMP messages a host sends: token buckets as Linux keeps them (net/ipv4/icmp.c, inetpeer.c).
 * RFC 1812 §4.3.2.8 asks for a limit, RFC 1122 §3.2.2 allows one.
 */
import { MILLISECOND, SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Icmp from '../wire/icmp.ts';
import type { Stack } from './stack.ts';

/** Linux's XRLIM_BURST_FACTOR: so many messages for one destination may come at once. */
const BURST = 6;
/** Destinations remembered at most; the one that was met first is forgotten. */
const MAX_PEERS = 4_096;

interface Peer {
  /** Time saved up for messages. */
  tokens: Nanos;
  last: Nanos;
  redirects: number;
  lastRedirect: Nanos;
}

export interface Limits {
  readonly peers: Map<Ip4, Peer>;
  /** Messages that may be sent at once to all destinations together. */
  credit: number;
  creditFrom: Nanos;
}

function limitsOf(stack: Stack): Limits {
  stack.limits ??= { peers: new Map(), credit: Infinity, creditFrom: 0 };
  return stack.limits;
}

/** Whether an ICMP message of this type may go to `destination` now; counts it if so. */
export function allowIcmp(stack: Stack, destination: Ip4, type: number, code: number): boolean {
  const { settings } = stack;
  if ((settings.icmp_ratemask & (1 << type)) === 0) return true;
  // Path MTU discovery would break (Linux: "Don't limit PMTU discovery").
  if (type === Icmp.Type.DestinationUnreachable && code === Icmp.UnreachableCode.FragmentationNeeded) return true;
  const cost = settings.icmp_ratelimit * MILLISECOND;
  if (!hasCredit(stack) || !spend(stack, destination, cost, BURST * cost)) return false;
  limitsOf(stack).credit--;
  return true;
}

/**
 * Whether a router may tell `destination` that there is no way: Linux's ip_error has a limit of its own on top of the
 * other, and both spend the same tokens. Counts it if so.
 */
export function allowRouteError(stack: Stack, destination: Ip4): boolean {
  const { settings } = stack;
  const cost = settings['route.error_cost'] * MILLISECOND;
  return spend(stack, destination, cost, settings['route.error_burst'] * MILLISECOND);
}

/** Unlike Linux, which takes 0, 1 or 2 by chance, each message costs one credit. */
function hasCredit(stack: Stack): boolean {
  const { settings } = stack;
  const limits = limitsOf(stack);
  const { now } = stack.world;
  const since = now - limits.creditFrom;
  // Linux adds credit in steps of at least 20 ms, and for no more than one second.
  if (since >= 20 * MILLISECOND) {
    limits.credit += Math.floor((Math.min(since, SECOND) * settings.icmp_msgs_per_sec) / SECOND);
    limits.creditFrom = now;
  }
  limits.credit = Math.min(limits.credit, settings.icmp_msgs_burst);
  return limits.credit > 0;
}

/** Takes `cost` from the time that has been saved up for a destination, at most `burst`; false when there is less. */
function spend(stack: Stack, destination: Ip4, cost: Nanos, burst: Nanos): boolean {
  const peer = peerOf(stack, destination);
  const { now } = stack.world;
  peer.tokens = Math.min(peer.tokens + (now - peer.last), burst);
  peer.last = now;
  if (peer.tokens < cost) return false;
  peer.tokens -= cost;
  return true;
}

/** Whether a redirect may go to `destination`: ever more seldom, then not at all for a while. Counts it if so. */
export function allowRedirect(stack: Stack, destination: Ip4): boolean {
  const { settings } = stack;
  const peer = peerOf(stack, destination);
  const { now } = stack.world;
  if (now - peer.lastRedirect > settings['route.redirect_silence'] * MILLISECOND) peer.redirects = 0;
  if (peer.redirects >= settings['route.redirect_number']) {
    // Who does not listen is left alone; the silence starts over with each datagram.
    peer.lastRedirect = now;
    return false;
  }
  const pause = settings['route.redirect_load'] * MILLISECOND * (1 << peer.redirects);
  if (peer.redirects > 0 && now - peer.lastRedirect <= pause) return false;
  peer.redirects++;
  peer.lastRedirect = now;
  return true;
}

function peerOf(stack: Stack, ip: Ip4): Peer {
  const { peers } = limitsOf(stack);
  const known = peers.get(ip);
  if (known !== undefined) return known;
  if (peers.size >= MAX_PEERS)
    for (const first of peers.keys()) {
      peers.delete(first);
      break;
    }
  const peer: Peer = { tokens: Infinity, last: stack.world.now, redirects: 0, lastRedirect: 0 };
  peers.set(ip, peer);
  return peer;
}
