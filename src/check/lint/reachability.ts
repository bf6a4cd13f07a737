/**
 * Who reaches whom, by the routing tables: missing routes, missing ways back, loops, ways that differ in the two
 * directions, parts without a cable between them, and DNS servers.
 * It asks for one host of each kind: those on one link with the same mask, gateway and routes fare alike.
 */
import type { Station } from '../../lab/topology.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import type { Check, Claim, Proof } from './finding.ts';
import { addressesOn, isOnLink, listed, openBare, proveFailure, subnetOf } from './survey.ts';
import type { Address, LinkAddress, Survey } from './survey.ts';
import { follow, forwards } from './way.ts';
import type { Way } from './way.ts';

/** Ends that are compared, each with each. */
const MAX_ENDS = 300;

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
  const kinds = kindsOf(survey);
  const ends = kinds.map(([first]) => first);
  const missing = new Map<string, Failure>();
  const missingBack = new Map<string, Failure>();
  const loops = new Map<string, Failure>();
  const partings = new Map<string, Claim>();
  for (const [place, from] of ends.entries()) {
    for (const [other, to] of ends.entries()) {
      if (from.station === to.station || from.nic.segment.island !== to.nic.segment.island) continue;
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
      else if (back.end === 'delivered' && place < other) notePartings(survey, partings, from, to, there, back);
    }
  }
  for (const failure of missingBack.values()) yield missingReturnClaim(survey, failure, kinds);
  for (const [name, failure] of missing) if (!missingBack.has(name)) yield missingClaim(survey, failure, kinds);
  for (const failure of loops.values()) yield loopClaim(survey, failure);
  yield* partings.values();
};

/** Hosts that fare alike, of which the first stands for all; routers, where there is no host. */
type Kind = readonly [LinkAddress, ...LinkAddress[]];

function kindsOf({ addresses, segments, stations }: Survey): Kind[] {
  const hasHosts = stations.some(({ kind }) => kind === 'host');
  const kinds = new Map<string, [LinkAddress, ...LinkAddress[]]>();
  const seen = new Set<Station>();
  for (const address of addresses.filter(isOnLink)) {
    const { station, nic, prefixLength } = address;
    if (seen.has(station) || (hasHosts && station.kind !== 'host')) continue;
    seen.add(station);
    const routes = station.routes.map(({ destination, type, via, dev, metric, ...route }) => [
      ...[destination, route.prefixLength, type, via, dev, metric],
    ]);
    const { length } = station.interfaces;
    const alike = [segments.indexOf(nic.segment), prefixLength, station.gateway?.value, routes];
    const kind = length > 1 || station.kind === 'router' ? station.name : JSON.stringify(alike);
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [address]);
    else known.push(address);
  }
  return [...kinds.values()].slice(0, MAX_ENDS);
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

/** The stations of the circle, from whichever of them the packet comes to it. */
function circleOf({ stations }: Way): Station[] {
  const last = stations[stations.length - 1]!;
  return stations.slice(stations.indexOf(last), -1);
}

function loopKey(way: Way): string {
  return circleOf(way)
    .map(({ name }) => name)
    .sort()
    .join(' ');
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
  return {
    rule: 'routing-loop',
    at: circle[0]!.routes[0] ?? circle[0]!,
    message: `What is for ${listed([...subnets.keys()])} goes round: ${names}.`,
    consequence: `What ${sender.station.name} sends to ${target.station.name} circles until its TTL has run out.`,
    fix: `point one of the routes of ${listed(circle.map(({ name }) => name))} at the router that is nearer to it`,
    prove: () => proveFailure(survey, sender.station.name, target.ip),
  };
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
      const segments = [...survey.nics.values()]
        .filter((nic) => nic.station === at.station)
        .map(({ segment }) => segment);
      if (at.hop !== null && segments.some((segment) => goals.has(segment))) return at.hop;
      for (const segment of segments) {
        for (const neighbor of addressesOn(survey, segment)) {
          if (seen.has(neighbor.station) || !forwards(survey, neighbor.nic)) continue;
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
  // Spread over equal ways, a flow may come back by another.
  if (there.isSpread || back.isSpread) return;
  const forward = there.stations;
  const backward = [...back.stations].reverse();
  const parting = forward.findIndex((one, index) => one !== backward[index]);
  if (parting < 1) return;
  const station = forward[parting - 1]!;
  const ways = [forward, back.stations].map((stations) => stations.map(({ name }) => name).join(' > '));
  const [going = '', coming = ''] = ways;
  // The hosts behind one pair of routers all have the same two ways.
  const routers = [forward, backward].map((stations) => stations.slice(1, -1).map(({ name }) => name)).join(' | ');
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

/** The hosts and routers that an echo request passed, and those that its reply did. */
function proveParting({ topology }: Survey, from: LinkAddress, to: LinkAddress): Proof | null {
  const lab = openBare(topology);
  const { there, back } = lab.trace(from.station.name, Ip.format(to.ip));
  lab.close();
  if (there.packet === null || back?.disposition !== 'delivered') return null;
  const [going, coming] = [there, back].map(({ hops }) =>
    hops.filter(({ kind }) => kind === 'host' || kind === 'router').map(({ node }) => node),
  ) as [string[], string[]];
  if (going.join() === coming.toReversed().join()) return null;
  return {
    sent: `${from.station.name} sends ${there.packet}`,
    met: `there ${going.join(' > ')}, back ${coming.join(' > ')}`,
  };
}

// Islands and DNS.

export const checkIslands: Check<Survey> = function* (survey) {
  const mainlands = new Map<string, LinkAddress>();
  const outside = new Set(survey.segments.filter((one) => one.leadsOutside).map(({ island }) => island));
  for (const address of survey.addresses.filter(isOnLink)) {
    const { island, links } = address.nic.segment;
    if (links.length > 0 && !outside.has(island) && !mainlands.has(island)) mainlands.set(island, address);
  }
  const [main, ...others] = mainlands.values();
  for (const other of main === undefined ? [] : others) {
    const { island } = other.nic.segment;
    const names = survey.stations.filter(({ name }) => [...survey.nics.values()].some(isOf(name, island)));
    yield {
      rule: 'unreachable-island',
      at: other.station,
      message: `No link leads from ${listed(names.map(({ name }) => name))} to ${main!.station.name} and what hangs together with it.`,
      consequence: 'The two parts are networks of their own, whatever the routing tables say.',
      fix: 'link a router of the one to a router of the other, or make two files of them',
      prove: () => proveFailure(survey, main!.station.name, other.ip),
    };
  }
};

function isOf(name: string, island: string) {
  return (nic: { readonly station: Station; readonly segment: { readonly island: string } }): boolean =>
    nic.station.name === name && nic.segment.island === island;
}

export const checkDns: Check<Survey> = function* (survey) {
  const isOpen = survey.segments.some(({ leadsOutside }) => leadsOutside);
  for (const station of survey.stations) {
    const { dns } = station;
    if (dns === null) continue;
    const server = Ip.format(dns.value);
    const owner = survey.owners.get(dns.value)?.[0];
    const prove = { prove: () => proveFailure(survey, station.name, dns.value, { udp: DNS_PORT }) };
    if (owner === undefined) {
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
    const there = follow(survey, station, dns.value);
    const back = there.end === 'delivered' ? follow(survey, owner.station, there.source, dns.value) : there;
    if (back.end === 'unknown') continue;
    if (back.end !== 'delivered') {
      const isBack = there.end === 'delivered';
      yield {
        rule: 'dns-unreachable',
        at: dns,
        message: isBack
          ? `${station.name}'s queries reach its DNS server ${server} (${owner.holder}), but no answer comes back: it ends at ${lastOf(back).name}.`
          : `${station.name} cannot reach its DNS server ${server} (${owner.holder}): the way ends at ${lastOf(back).name}.`,
        consequence: 'Every look-up ends with a timeout.',
        fix: `give ${lastOf(back).name} a route ${isBack ? `back to ${station.name}` : `to ${server}`}`,
        // An echo request shows the way back as well, whether or not a server listens.
        prove: () => proveFailure(survey, station.name, dns.value),
      };
      continue;
    }
    const serves = survey.topology.programs.some(
      ({ node, words }) => node === owner.station.name && words[0] === 'dns-server',
    );
    if (serves) continue;
    yield {
      rule: 'dns-not-served',
      at: dns,
      message: `${station.name} asks ${server} (${owner.holder}) for names, where no dns-server runs.`,
      consequence: 'Its queries are answered by "port unreachable".',
      fix: `programs: [{ on: ${owner.station.name}, run: dns-server, background: true }]`,
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
