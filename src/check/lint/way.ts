/**
 * The way that a packet takes from host to host, read from the routing tables by the look-ups that the stack makes
 * itself, without sending one.
 */
import type { Station } from '../../lab/topology.ts';
import { interfaceByName } from '../../stack/interface.ts';
import * as Ipv4Output from '../../stack/ipv4-output.ts';
import * as Multipath from '../../stack/multipath.ts';
import * as Neighbors from '../../stack/neighbors.ts';
import * as Routes from '../../stack/routes.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import { stackOf } from './survey.ts';
import type { Address, Nic, Segment, Survey } from './survey.ts';

export interface Way {
  /** 'not-taken': a next hop is not there, or does not forward; 'unknown': it leads where the tables do not tell. */
  readonly end: 'delivered' | 'no-route' | 'null-routed' | 'loop' | 'not-taken' | 'unknown';
  /** Who had it, the sender first; in a loop the last is one that had it before. */
  readonly stations: readonly Station[];
  /** As the sender chose it. */
  readonly source: Ip4;
  /** Somewhere there was a choice among several next hops. */
  readonly isSpread: boolean;
}

/** Follows what a station sends to an address; from the source address that it would choose, unless told. */
export function follow(survey: Survey, from: Station, destination: Ip4, given: Ip4 | null = null): Way {
  const stations: Station[] = [from];
  let source = given ?? Ip.ANY;
  let entrance: Nic | null = null;
  let isSpread = false;
  const ended = (end: Way['end']): Way => ({ end, stations, source, isSpread });
  for (let at = from; ;) {
    const stack = stackOf(survey, at);
    const route = Multipath.lookUp(stack, source, destination);
    if (route === null) return ended('no-route');
    if (source === Ip.ANY) source = Ipv4Output.sourceFor(stack, route, destination);
    if (Routes.lookUp(stack, destination)?.paths != null) isSpread = true;
    if (route.type === 'local') return ended('delivered');
    if (route.type !== 'unicast' || route.interface === null) return ended('null-routed');
    if (entrance !== null && !forwards(survey, entrance)) return ended('not-taken');

    const { name } = route.interface;
    const nextHop = route.gateway === Ip.ANY ? destination : route.gateway;
    const segment = survey.nics.get(`${at.name}.${name}`)?.segment;
    if (segment === undefined) return ended('unknown');
    // Whoever has a neighbour by hand means it.
    if (Neighbors.lookUp(route.interface, nextHop) !== null) return ended('unknown');
    const owner = ownerOn(survey, segment, nextHop);
    if (owner === null) return ended(mayAnswer(segment) ? 'unknown' : 'not-taken');
    const isBack = stations.includes(owner.station);
    stations.push(owner.station);
    if (isBack) return ended('loop');
    at = owner.station;
    entrance = segment.nics.find(({ station }) => station === at) ?? null;
  }
}

/** Whether the station passes on what comes in there for others. */
export function forwards(survey: Survey, { station, interface: { name } }: Nic): boolean {
  return interfaceByName(stackOf(survey, station), name)?.settings.forwarding === 1;
}

/** Who answers on the segment when it is asked for the address. */
export function ownerOn({ owners }: Survey, segment: Segment, ip: Ip4): Address | null {
  return owners.get(ip)?.find(({ station }) => segment.nics.some((nic) => nic.station === station)) ?? null;
}

/** Whether somebody may answer there for an address that is nobody's: outside the lab, or by proxy ARP. */
export function mayAnswer({ nics, leadsOutside }: Segment): boolean {
  return leadsOutside || nics.some(({ station }) => station.sysctls.some(isProxying));
}

function isProxying({ name, value }: { readonly name: string; readonly value: number }): boolean {
  return name.endsWith('.proxy_arp') && value !== 0;
}
