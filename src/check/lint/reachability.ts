/**
 * Who reaches whom, by the routing tables: missing routes, missing ways back, loops, ways that differ in the two
 * directions, parts without a cable between them, and DNS servers.
 * It asks for one host of each kind: those on one link with the same mask, gateway and routes fare alike.
 */
import type { Located, Station } from '../../lab/topology.ts';
import { summarizeTrace } from '../../trace/format.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import type { Check, Claim, Proof } from './finding.ts';
import { groupsOf } from './groups.ts';
import { latentLoops } from './latent-loops.ts';
import { isOnLink, listed, openBare, proveFailure, subnetOf } from './survey.ts';
import type { Address, LinkAddress, Survey } from './survey.ts';
import { circleOf, follow, loopKey } from './way.ts';
import type { Way } from './way.ts';

/** Ends whose ways are looked at, times the stations that may lie on them; of more ends those spread over the file. */
const MAX_ENDS_TIMES_STATIONS = 8_000_000;
/** Ends that each of them is compared with, and the same in pairs times stations. */
const MAX_GOALS = 300;
const MAX_PAIRS_TIMES_STATIONS = 60_000_000;

/** Ways that fail at one station for one reason. */
interface Failure {
  readonly station: Station;
  readonly from: LinkAddress;
  readonly to: LinkAddress;
  /** For a way back: who does not get the answer. */
  readonly subnets: Map<string, Ip4>;
  readonly way: Way;
}

export const checkWays: Check<Survey> = function* (survey) {
  const isKeptApart = pairsKeptApart(survey);
  const kinds = kindsOf(survey, isKeptApart);
  const missing = new Map<string, Failure>();
  const missingBack = new Map<string, Failure>();
  const loops = new Map<string, Failure>();
  const partings = new Map<string, Claim>();
  for (const [from, to] of pairsOf(survey, kinds)) {
    if (from.station === to.station || from.nic.segment.island !== to.nic.segment.island) continue;
    if (isKeptApart(from.station, to.station)) continue;
    const there = follow(survey, from.station, to.ip);
    if (there.end !== 'delivered') {
      if (there.end === 'loop') note(loops, loopKey(there), there, from, to, to);
      // If the other way works, that is told as a missing way back.
      else if (there.end === 'no-route' && follow(survey, to.station, from.ip).end !== 'delivered')
        note(missing, lastOf(there).name, there, from, to, to);
      continue;
    }
    const back = follow(survey, to.station, there.source, to.ip);
    if (back.end === 'no-route') note(missingBack, lastOf(back).name, back, from, to, from);
    else if (back.end === 'loop') note(loops, loopKey(back), back, from, to, from);
    else if (back.end === 'delivered') notePartings(survey, partings, from, to, there, back);
  }
  for (const failure of missingBack.values()) yield missingReturnClaim(survey, failure, kinds);
  for (const [name, failure] of missing) if (!missingBack.has(name)) yield missingClaim(survey, failure, kinds);
  for (const failure of loops.values()) yield loopClaim(survey, failure);
  yield* latentLoops(survey, new Set(loops.keys()));
  yield* partings.values();
};

/** Hosts that fare alike, of which the first stands for all; routers, where there is no host. */
type Kind = readonly [LinkAddress, ...LinkAddress[]];

function kindsOf(survey: Survey, isKeptApart: (station: Station) => boolean): Kind[] {
  const { addresses, stations } = survey;
  const hasHosts = stations.some(({ kind }) => kind === 'host');
  const known = addresses.filter(isOnLink).filter(({ station }) => !hasHosts || station.kind === 'host');
  const own = [...groupsOf(known, ({ station }) => station).values()];
  const kinds = groupsOf(own, (all) => {
    const [{ station, nic }] = all;
    if (station.kind === 'router' || station.interfaces.length > 1 || isKeptApart(station)) return station.name;
    const { gateway, routes } = station;
    const ways = routes.map(({ destination, prefixLength, type, via, dev, metric }) => {
      return [destination, prefixLength, type, via, dev, metric];
    });
    return JSON.stringify([nic.segment.index, all.map(subnetOf), gateway?.value, ways]);
  });
  return [...kinds.values()].map((kind) => kind.map(([first]) => first) as [LinkAddress, ...LinkAddress[]]);
}

/** Each with each other, as far as their number allows. */
function* pairsOf(
  { stations, goodWays }: Survey,
  kinds: readonly Kind[],
): Generator<readonly [LinkAddress, LinkAddress]> {
  const most = Math.max(MAX_GOALS, Math.floor(MAX_ENDS_TIMES_STATIONS / stations.length));
  const ends = spreadOver(kinds, most).map(([first]) => first);
  const goals = spreadOver(ends, Math.min(MAX_GOALS, MAX_PAIRS_TIMES_STATIONS / stations.length / ends.length));
  const kept = new Set(goals.map(({ ip }) => ip));
  for (const from of ends) {
    for (const to of goals) if (to !== from) yield [from, to];
    // The ways back to this one are not asked for again.
    for (const ip of goodWays.keys()) if (!kept.has(ip)) goodWays.delete(ip);
  }
}

/** So many of them, and two at least, at even distances. */
function spreadOver<One>(all: readonly One[], most: number): One[] {
  const count = Math.min(all.length, Math.max(2, Math.floor(most)));
  return Array.from({ length: count }, (_, number) => all[Math.floor((number * all.length) / count)]!);
}

/** Whom the file expects not to reach whom, from the start: that there is no way between these two is meant. */
function pairsKeptApart({ topology, owners }: Survey): (one: Station, other?: Station) => boolean {
  const others = new Map<string, Set<string>>();
  const add = (name: string, other: string): void => void (others.get(name) ?? newSet(others, name)).add(other);
  for (const expectation of topology.expectations) {
    if (expectation.kind !== 'not-reach' || expectation.at !== null) continue;
    const { from, to } = expectation;
    const ip = Ip.parse(to);
    const names = ip === null ? [to.replace(/\..*/, '')] : (owners.get(ip) ?? []).map(({ station }) => station.name);
    for (const name of names) {
      add(from, name);
      add(name, from);
    }
  }
  return (one, other) => {
    const known = others.get(one.name);
    return other === undefined ? known !== undefined : known?.has(other.name) === true;
  };
}

function newSet(sets: Map<string, Set<string>>, key: string): Set<string> {
  const set = new Set<string>();
  sets.set(key, set);
  return set;
}

function note(
  failures: Map<string, Failure>,
  key: string,
  way: Way,
  from: LinkAddress,
  to: LinkAddress,
  unreached: LinkAddress,
): void {
  const known = failures.get(key) ?? { station: lastOf(way), from, to, subnets: new Map<string, Ip4>(), way };
  known.subnets.set(subnetOf(unreached), unreached.ip);
  failures.set(key, known);
}

function lastOf({ stations }: Way): Station {
  return stations[stations.length - 1]!;
}

function missingReturnClaim(survey: Survey, { station, from, to, subnets }: Failure, kinds: readonly Kind[]): Claim {
  return {
    rule: 'missing-return-route',
    at: station,
    message: `${station.name} has no route to ${listed([...subnets.keys()])}, from where packets come to ${to.station.name}${alsoOf(kinds, station)}.`,
    consequence: `What ${from.station.name} sends to ${to.station.name} arrives, and the answer ends at ${station.name}.`,
    fix: fixRoutes(survey, station, subnets),
    prove: () => proveFailure(survey, from.station.name, to.ip),
  };
}

function missingClaim(survey: Survey, { station, from, to, subnets }: Failure, kinds: readonly Kind[]): Claim {
  const isSender = station === from.station;
  return {
    rule: 'missing-route',
    at: station,
    message: `${station.name} has no route to ${listed([...subnets.keys()])}${isSender && station.gateway === null ? ', and no gateway' : ''}${alsoOf(kinds, station)}.`,
    consequence: isSender
      ? `It cannot send to ${to.station.name} at all: its programs are told that the network is unreachable.`
      : `What ${from.station.name} sends to ${to.station.name} ends at ${station.name}.`,
    fix: fixRoutes(survey, station, subnets),
    prove: () => proveFailure(survey, from.station.name, to.ip),
  };
}

function loopClaim(survey: Survey, { from, to, subnets, way }: Failure): Claim {
  const circle = circleOf(way);
  const names = [...circle, circle[0]!].map(({ name }) => name).join(' > ');
  const isBack = way.stations[0] === to.station;
  const [sender, target] = isBack ? [to, from] : [from, to];
  const [first = target.ip] = subnets.values();
  return {
    rule: 'routing-loop',
    at: closingRoute(circle, first),
    message: `What is for ${listed([...subnets.keys()])} goes round: ${names}.`,
    consequence: `What ${sender.station.name} sends to ${target.station.name} circles until its TTL has run out.`,
    fix: `point one of the routes of ${listed(circle.map(({ name }) => name))} at the router that is nearer to it`,
    prove: () => proveFailure(survey, sender.station.name, target.ip),
  };
}

/** Of the static routes by which it goes round the one for the fewest addresses: the others are for more than that. */
function closingRoute(circle: readonly Station[], ip: Ip4): Located {
  const routes = circle.flatMap((station) => station.routes);
  const known = routes.filter((route) => Ip.sameSubnet(ip, route.destination, route.prefixLength));
  const [closing] = known.sort((a, b) => b.prefixLength - a.prefixLength);
  return closing ?? circle.find(({ gateway }) => gateway !== null)?.gateway ?? circle[0]!;
}

/** `, and the same holds of h4 and h5` */
function alsoOf(kinds: readonly Kind[], station: Station): string {
  const others = kinds.find(([first]) => first.station === station)?.slice(1) ?? [];
  return others.length === 0 ? '' : `, and the same holds of ${listed(others.map((one) => one.station.name))}`;
}

/** `routes: [{ to: 192.0.2.0/24, via: 203.0.113.1 }] at r2, where 203.0.113.1 is r1.eth1` */
function fixRoutes(survey: Survey, station: Station, subnets: ReadonlyMap<string, Ip4>): string {
  const hops = [...subnets]
    .slice(0, MAX_ROUTES)
    .map(([subnet, ip]) => ({ subnet, hop: nextHopTo(survey, station, ip) }));
  const [first] = hops;
  const known = hops.flatMap(({ subnet, hop }) => (hop === null ? [] : [{ subnet, hop, via: Ip.format(hop.ip) }]));
  if (known.length === 0) return `put a router between ${station.name} and ${first!.subnet}`;
  const holders = [...new Set(known.map(({ via, hop }) => `${via} is ${hop.holder}`))];
  const isHost = station.kind === 'host' && station.gateway === null && holders.length === 1;
  const routes = known.map(({ subnet, via }) => `{ to: ${subnet}, via: ${via} }`).join(', ');
  const what = isHost ? `gateway: ${known[0]!.via}` : `routes: [${routes}]`;
  return `${what} at ${station.name}, where ${listed(holders)}`;
}

/** Routes that are proposed at one station. */
const MAX_ROUTES = 5;

/** The neighbour by which the fewest routers lie between the station and the address. */
function nextHopTo(survey: Survey, station: Station, destination: Ip4): Address | null {
  const goals = new Set(survey.owners.get(destination)?.map(({ nic }) => nic?.segment));
  const seen = new Set<Station>([station]);
  let reached: { readonly station: Station; readonly hop: Address | null }[] = [{ station, hop: null }];
  while (reached.length > 0) {
    const next: typeof reached = [];
    for (const at of reached) {
      const segments = survey.nicsOf.get(at.station)!.map(({ segment }) => segment);
      if (at.hop !== null && segments.some((segment) => goals.has(segment))) return at.hop;
      for (const segment of segments) {
        for (const neighbor of segment.gateways) {
          if (seen.has(neighbor.station)) continue;
          seen.add(neighbor.station);
          next.push({ station: neighbor.station, hop: at.hop ?? neighbor });
        }
      }
    }
    reached = next;
  }
  return null;
}

// Ways that part.

function notePartings(
  survey: Survey,
  partings: Map<string, Claim>,
  from: LinkAddress,
  to: LinkAddress,
  there: Way,
  back: Way,
): void {
  // Spread over equal ways, a flow may come back by another; and on one link the way back may be shorter.
  if (there.isSpread || back.isSpread || from.nic.segment === to.nic.segment) return;
  const forward = there.stations;
  const backward = [...back.stations].reverse();
  const parting = forward.findIndex((one, index) => one !== backward[index]);
  if (parting < 1) return;
  const station = forward[parting - 1]!;
  const ways = [forward, back.stations].map((stations) => stations.map(({ name }) => name).join(' > '));
  const [going = '', coming = ''] = ways;
  // The hosts behind one pair of routers all have the same two ways, whoever of them sends.
  const between = [forward, back.stations].map((stations) =>
    stations
      .slice(1, -1)
      .map(({ name }) => name)
      .join(),
  );
  const routers = between.sort().join(' | ');
  if (partings.has(routers)) return;
  partings.set(routers, {
    rule: 'asymmetric-path',
    at: station,
    message: `${from.station.name} to ${to.station.name} goes ${going}, but back it goes ${coming}.`,
    consequence: 'Stateful firewalls, NAT and reverse-path filters see one half only, and delays differ by direction.',
    fix: `point the routes of ${station.name} and of the other routers on the way along one of the two`,
    prove: () => proveParting(survey, from, to),
  });
}

/** The hosts and routers that an echo request passed, and those that its reply did, unless that met a filter. */
function proveParting({ topology }: Survey, from: LinkAddress, to: LinkAddress): Proof | null {
  const lab = openBare(topology);
  const trace = lab.trace(from.station.name, Ip.format(to.ip));
  lab.close();
  const { there, back } = trace;
  if (there.packet === null) return null;
  const sent = `${from.station.name} sends ${there.packet}`;
  if (back?.disposition !== 'delivered') return { sent, met: summarizeTrace(trace) };
  const [going, coming] = [there, back].map(({ hops }) =>
    hops.filter(({ kind }) => kind === 'host' || kind === 'router').map(({ node }) => node),
  ) as [string[], string[]];
  if (going.join() === coming.toReversed().join()) return null;
  return { sent, met: `there ${going.join(' > ')}, back ${coming.join(' > ')}` };
}

// Islands and DNS.

/** The addresses in it, of which there is at least one. */
type Island = [LinkAddress, ...LinkAddress[]];

export const checkIslands: Check<Survey> = function* (survey) {
  const outside = new Set(survey.segments.filter((one) => one.leadsOutside).map(({ island }) => island));
  const plugged = survey.addresses
    .filter(isOnLink)
    .filter(({ nic: { segment } }) => segment.links.length > 0 && !outside.has(segment.island));
  const islands = [...groupsOf(plugged, ({ nic }) => nic.segment.island).values()];
  const stationsOf = groupsOf(survey.nics.values(), ({ segment }) => segment.island);
  const names = ([{ nic }]: Island): string[] => {
    const nics = stationsOf.get(nic.segment.island) ?? [];
    return [...new Set(nics.map(({ station }) => station.name))];
  };
  const sizes = new Map(islands.map((island) => [island, names(island).length]));
  const main = islands.reduce<Island | null>(
    (largest, one) => (largest === null || sizes.get(one)! > sizes.get(largest)! ? one : largest),
    null,
  );
  for (const island of islands) {
    if (main === null || island === main) continue;
    const [first] = island;
    yield {
      rule: 'unreachable-island',
      at: first.station,
      message: `No link leads from ${listed(names(island))} to ${main[0].station.name} and what hangs together with it.`,
      consequence: 'The two parts are networks of their own, whatever the routing tables say.',
      fix: 'link a router of the one to a router of the other, or make two files of them',
      prove: () => proveFailure(survey, main[0].station.name, first.ip),
    };
  }
};

export const checkDns: Check<Survey> = function* (survey) {
  const isOpen = survey.segments.some(({ leadsOutside }) => leadsOutside);
  for (const station of survey.stations) {
    const { dns } = station;
    if (dns === null) continue;
    const server = Ip.format(dns.value);
    const there = follow(survey, station, dns.value);
    // Several may have the address (anycast): it is the one that the packet comes to.
    const holders = survey.owners.get(dns.value) ?? [];
    const owner = holders.find((one) => one.station === lastOf(there)) ?? holders[0];
    const prove = { prove: () => proveFailure(survey, station.name, dns.value, { udp: DNS_PORT }) };
    const at = owner?.station ?? lastOf(there);
    const holder = owner?.holder ?? `${at.name}.lo`;
    if (owner === undefined && there.end !== 'delivered') {
      if (isOpen) continue;
      yield {
        rule: 'dns-unreachable',
        at: dns,
        message: `${station.name} asks ${server} for names, which nobody has.`,
        consequence: 'Every look-up ends with a timeout.',
        fix: fixServer(survey),
        ...prove,
      };
      continue;
    }
    const back = there.end === 'delivered' ? follow(survey, at, there.source, dns.value) : there;
    if (back.end === 'unknown') continue;
    if (back.end !== 'delivered') {
      const isBack = there.end === 'delivered';
      yield {
        rule: 'dns-unreachable',
        at: dns,
        message: isBack
          ? `${station.name}'s queries reach its DNS server ${server} (${holder}), but no answer comes back: it ends at ${lastOf(back).name}.`
          : `${station.name} cannot reach its DNS server ${server} (${holder}): the way ends at ${lastOf(back).name}.`,
        consequence: 'Every look-up ends with a timeout.',
        fix: `give ${lastOf(back).name} a route ${isBack ? `back to ${station.name}` : `to ${server}`}`,
        // An echo request shows the way back as well, whether or not a server listens.
        prove: () => proveFailure(survey, station.name, dns.value),
      };
      continue;
    }
    const serves = survey.topology.programs.some(({ node, words }) => node === at.name && words[0] === 'dns-server');
    if (serves) continue;
    yield {
      rule: 'dns-not-served',
      at: dns,
      message: `${station.name} asks ${server} (${holder}) for names, where no dns-server runs.`,
      consequence: 'Its queries are answered by "port unreachable".',
      fix: `programs: [{ on: ${at.name}, run: dns-server, background: true }]`,
      ...prove,
    };
  }
};

const DNS_PORT = 53;

function fixServer({ topology, addresses }: Survey): string {
  const servers = topology.programs.filter(({ words }) => words[0] === 'dns-server').map(({ node }) => node);
  const known = addresses.filter(({ station, nic }) => nic !== null && servers.includes(station.name));
  if (known.length === 0) return 'name a host on which dns-server runs';
  return `dns: ${known.map(({ ip, holder }) => `${Ip.format(ip)} (${holder})`).join(' or ')}`;
}
