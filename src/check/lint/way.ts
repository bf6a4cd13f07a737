/**
 * The ways that a packet may take from host to host, read from the routing tables by the look-ups that the stack makes
 * itself, without sending one. Where a route has several next hops each of them is tried, since some flow takes it.
 */
import type { Station } from '../../lab/topology.ts';
import * as Ipv4Output from '../../stack/ipv4-output.ts';
import * as Multipath from '../../stack/multipath.ts';
import * as Neighbors from '../../stack/neighbors.ts';
import * as Routes from '../../stack/routes.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import { forwards, stackOf } from './survey.ts';
import type { Address, Nic, Segment, Survey } from './survey.ts';

export interface Way {
  /** 'not-taken': a next hop is not there, or does not forward; 'unknown': it leads where the tables do not tell. */
  readonly end: 'delivered' | Failure;
  /** Who had it, the sender first; in a loop the last is one that had it before. */
  readonly stations: readonly Station[];
  /** As the sender chose it. */
  readonly source: Ip4;
  /** Somewhere there was a choice among several next hops. */
  readonly isSpread: boolean;
}

type Failure = 'no-route' | 'null-routed' | 'loop' | 'not-taken' | 'unknown';

/** A station from which all ways to an address are good, and the first of them. */
export interface Onward {
  readonly station: Station;
  /** Null: the address is its own. */
  readonly next: Onward | null;
  readonly isSpread: boolean;
}

/** A station that is being looked at, and how many of its next hops have been tried. */
interface Visit {
  readonly station: Station;
  readonly hops: readonly Routes.Route[];
  tried: number;
  next: Onward | null;
}

/**
 * Follows what a station sends to an address by all ways that it may take, and gives the first that fails; where none
 * does, the first. From the source address that the station would choose, unless told.
 */
export function follow(survey: Survey, from: Station, destination: Ip4, given: Ip4 | null = null): Way {
  const source = given ?? sourceOf(survey, from, destination);
  let known = survey.goodWays.get(destination);
  if (known === undefined) survey.goodWays.set(destination, (known = new Map<Station, Onward>()));
  const trail: Visit[] = [];
  const passed = new Set<Station>();
  const failed = (end: Failure, ...last: Station[]): Way => {
    const stations = [...trail.map(({ station }) => station), ...last];
    return { end, stations, source, isSpread: false };
  };

  for (let at = from, entrance: Nic | null = null; ;) {
    const seen = known.get(at) ?? null;
    if (seen === null) {
      const hops = hopsFrom(survey, at, entrance, destination);
      if (typeof hops === 'string') return failed(hops, at);
      trail.push({ station: at, hops, tried: 0, next: null });
      passed.add(at);
    }
    const good = goBack(trail, passed, known, seen);
    const visit = trail[trail.length - 1];
    if (visit === undefined) return deliveredBy(good!, source);
    const next = nextBy(survey, visit.station, visit.hops[visit.tried++]!, destination);
    if (typeof next === 'string') return failed(next);
    if (passed.has(next.station)) return failed('loop', next.station);
    at = next.station;
    entrance = next;
  }
}

/** Back to the last station that has a next hop still to be tried; of those behind it all ways are good. */
function goBack(trail: Visit[], passed: Set<Station>, known: Map<Station, Onward>, seen: Onward | null): Onward | null {
  let good = seen;
  for (let visit = trail[trail.length - 1]; visit !== undefined; visit = trail[trail.length - 1]) {
    visit.next ??= good;
    const { station, hops, tried, next } = visit;
    if (tried < hops.length) break;
    good = { station, next, isSpread: hops.length > 1 || next?.isSpread === true };
    known.set(station, good);
    passed.delete(station);
    trail.pop();
  }
  return good;
}

function deliveredBy(good: Onward, source: Ip4): Way {
  const stations: Station[] = [];
  for (let at: Onward | null = good; at !== null; at = at.next) stations.push(at.station);
  return { end: 'delivered', stations, source, isSpread: good.isSpread };
}

function sourceOf(survey: Survey, from: Station, destination: Ip4): Ip4 {
  const stack = stackOf(survey, from);
  const route = Multipath.lookUp(stack, Ip.ANY, destination);
  return route === null ? Ip.ANY : Ipv4Output.sourceFor(stack, route, destination);
}

/** The next hops of what came in there, none for what is the station's own; or why it does not pass it on. */
function hopsFrom(
  survey: Survey,
  station: Station,
  entrance: Nic | null,
  destination: Ip4,
): readonly Routes.Route[] | Failure {
  const stack = stackOf(survey, station);
  const route = Routes.lookUp(stack, destination);
  if (route?.type === 'local') return [];
  if (entrance !== null && !forwards(stack, entrance)) return 'not-taken';
  if (route === null) return 'no-route';
  if (route.type !== 'unicast') return 'null-routed';
  const paths = (route.paths ?? [route]).filter(Routes.isAlive);
  return paths.length === 0 ? 'no-route' : paths;
}

/** The interface by which the next station takes it in. */
function nextBy(survey: Survey, { name }: Station, route: Routes.Route, destination: Ip4): Nic | Failure {
  const at = route.interface!;
  const nextHop = route.gateway === Ip.ANY ? destination : route.gateway;
  const segment = survey.nics.get(`${name}.${at.name}`)?.segment;
  if (segment === undefined) return 'unknown';
  // Whoever has a neighbour by hand means it.
  if (Neighbors.lookUp(at, nextHop) !== null) return 'unknown';
  const owner = ownerOn(survey, segment, nextHop);
  if (owner === null) return mayAnswer(segment) ? 'unknown' : 'not-taken';
  return segment.entrances.get(owner.station)!;
}

/** Who answers on the segment when it is asked for the address. */
export function ownerOn({ owners }: Survey, { entrances }: Segment, ip: Ip4): Address | null {
  return owners.get(ip)?.find(({ station }) => entrances.has(station)) ?? null;
}

/** Whether somebody may answer there for an address that is nobody's: outside the lab, or by proxy ARP. */
export function mayAnswer({ leadsOutside, hasProxy }: Segment): boolean {
  return leadsOutside || hasProxy;
}

/** The stations of the circle, from whichever of them the packet comes to it. */
export function circleOf({ stations }: Way): Station[] {
  const last = stations[stations.length - 1]!;
  return stations.slice(stations.indexOf(last), -1);
}

/** The same for all ways that come to one circle. */
export function loopKey(way: Way): string {
  return circleOf(way)
    .map(({ name }) => name)
    .sort()
    .join(' ');
}
