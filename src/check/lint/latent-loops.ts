/**
 * Circles of routes that nobody's packets go round in yet: two default routes that point at each other, or a route for
 * more than is there. Of each static route an address is followed that no longer prefix takes, by those that forward.
 */
import type { Located, Station } from '../../lab/topology.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import type { Claim } from './finding.ts';
import { ELSEWHERE } from './gateways.ts';
import { groupsOf } from './groups.ts';
import { forwards, listed, proveFailure, stackOf, subnetOf } from './survey.ts';
import type { Survey } from './survey.ts';
import { circleOf, follow, loopKey } from './way.ts';

interface Prefix {
  readonly ip: Ip4;
  readonly prefixLength: number;
}

interface StaticRoute extends Prefix {
  readonly station: Station;
  readonly at: Located;
}

/** Where no host can be: "this" network, loopback, and multicast and beyond (RFC 1122 §3.2.1.3). */
const NOWHERE: readonly Prefix[] = [
  { ip: Ip.fromNumber(0), prefixLength: 8 },
  { ip: Ip.fromNumber(0x7f00_0000), prefixLength: 8 },
  { ip: Ip.fromNumber(0xe000_0000), prefixLength: 3 },
];

/** The loops beside those that are known by their keys. */
export function* latentLoops(survey: Survey, known: ReadonlySet<string>): Generator<Claim> {
  const routes = survey.stations.flatMap(staticRoutesOf);
  const prefixes = sorted([...NOWHERE, ...routes, ...survey.addresses]);
  const found = new Set(known);
  for (const [first, ...more] of groupsOf(routes, subnetOf).values()) {
    const destination = addressOnlyIn(first, prefixes);
    if (destination === null) continue;
    for (const { station, at } of [first, ...more]) {
      if (!passesOn(survey, station)) continue;
      const way = follow(survey, station, destination);
      if (way.end !== 'loop' || found.has(loopKey(way))) continue;
      found.add(loopKey(way));
      const circle = circleOf(way).map(({ name }) => name);
      const isUsed = survey.owners.has(destination);
      const within = first.prefixLength === 0 ? '' : ` of ${subnetOf(first)}`;
      const what = isUsed
        ? Ip.format(destination)
        : `an address${within} that nobody has, such as ${Ip.format(destination)},`;
      yield {
        rule: isUsed ? 'routing-loop' : 'latent-loop',
        at,
        message: `What is for ${what} goes round: ${[...circle, circle[0]!].join(' > ')}.`,
        consequence: 'Each such packet passes the links between them until its TTL has run out.',
        fix: isUsed
          ? `point one of the routes of ${listed(circle)} at the router that is nearer to it`
          : `end it at one of ${listed(circle)}, by a route of type unreachable for what is behind that, or without its default route`,
        prove: () => proveFailure(survey, (hostBefore(survey, destination) ?? station).name, destination),
      };
    }
  }
}

/** A host whose packets get into the circle; what a router of the circle sends itself may be refused for its source. */
function hostBefore(survey: Survey, destination: Ip4): Station | undefined {
  return survey.stations.find((one) => one.kind === 'host' && follow(survey, one, destination).end === 'loop');
}

function staticRoutesOf(station: Station): StaticRoute[] {
  const { gateway, routes } = station;
  const own = routes.map((at) => ({ station, at, ip: at.destination, prefixLength: at.prefixLength }));
  return gateway === null ? own : [...own, { station, at: gateway, ip: Ip.ANY, prefixLength: 0 }];
}

function passesOn(survey: Survey, station: Station): boolean {
  const stack = stackOf(survey, station);
  return survey.nicsOf.get(station)!.some((nic) => forwards(stack, nic));
}

/** By where they begin, the shorter prefix first. */
function sorted(prefixes: readonly Prefix[]): Prefix[] {
  return prefixes
    .map(({ ip, prefixLength }) => ({ ip: Ip.network(ip, prefixLength), prefixLength }))
    .sort((a, b) => a.ip - b.ip || a.prefixLength - b.prefixLength);
}

/** An address in a prefix and in no longer one; null where those take up all of it. */
function addressOnlyIn({ ip, prefixLength }: Prefix, prefixes: readonly Prefix[]): Ip4 | null {
  if (prefixLength === 0 && prefixes.every((one) => one.prefixLength === 0 || !isIn(ELSEWHERE, one))) return ELSEWHERE;
  const end = endOf({ ip, prefixLength });
  // The network's own address only where there is no other.
  let free = prefixLength < 31 ? ip + 1 : ip;
  for (let place = firstFrom(prefixes, ip); place < prefixes.length; place++) {
    const one = prefixes[place]!;
    if (one.ip > free) break;
    if (one.prefixLength > prefixLength) free = Math.max(free, endOf(one) + 1);
  }
  return free > end ? null : Ip.fromNumber(free);
}

function isIn(ip: Ip4, { ip: network, prefixLength }: Prefix): boolean {
  return Ip.sameSubnet(ip, network, prefixLength);
}

function endOf({ ip, prefixLength }: Prefix): number {
  return ip + (prefixLength === 0 ? 0xffff_ffff : 0xffff_ffff >>> prefixLength);
}

/** The place of the first that begins there or behind. */
function firstFrom(prefixes: readonly Prefix[], ip: Ip4): number {
  let low = 0;
  let high = prefixes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (prefixes[middle]!.ip < ip) low = middle + 1;
    else high = middle;
  }
  return low;
}
