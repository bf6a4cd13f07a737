/** Next hops: whether who is to take a packet on is on the link, is there, and forwards. */
import type { Located, Station } from '../../lab/topology.ts';
import * as Routes from '../../stack/routes.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import type { Check, Claim } from './finding.ts';
import { addressesOn, isOnLink, listed, proveFailure, stackOf, subnetOf } from './survey.ts';
import type { Nic, Segment, Survey } from './survey.ts';
import { forwards, mayAnswer, ownerOn } from './way.ts';

interface NextHop {
  readonly ip: Ip4;
  readonly at: Located;
  /** `gateway`, `route to 192.0.2.0/24` */
  readonly what: string;
  /** An address that it is to lead to. */
  readonly destination: Ip4;
}

export const checkGateways: Check<Survey> = function* (survey) {
  for (const station of survey.stations) {
    for (const hop of nextHopsOf(survey, station)) {
      const claim = judge(survey, station, hop);
      if (claim !== null) yield claim;
    }
  }
};

function nextHopsOf(survey: Survey, station: Station): NextHop[] {
  const { gateway, routes } = station;
  const hops = routes.flatMap((route) =>
    route.via.map((ip) => {
      const { destination, prefixLength } = route;
      const what = `route to ${subnetOf({ ip: destination, prefixLength })}`;
      return { ip, at: route, what, destination: someoneIn(survey, station, destination, prefixLength) };
    }),
  );
  if (gateway === null) return hops;
  return [
    ...hops,
    { ip: gateway.value, at: gateway, what: 'gateway', destination: someoneIn(survey, station, Ip.ANY, 0) },
  ];
}

/** An address in the prefix that the station has to send to a router; a host's, if there is one. */
function someoneIn(survey: Survey, station: Station, prefix: Ip4, prefixLength: number): Ip4 {
  const stack = stackOf(survey, station);
  const known = survey.addresses.filter(({ ip }) => {
    const route = Routes.lookUp(stack, ip);
    return Ip.sameSubnet(ip, prefix, prefixLength) && route?.type !== 'local' && !isDirect(route);
  });
  const chosen = known.find((one) => one.station.kind === 'host') ?? known[0];
  return chosen?.ip ?? (prefixLength === 0 ? ELSEWHERE : prefix);
}

/** Stands for the rest of the world: TEST-NET-3's last (RFC 5737). */
const ELSEWHERE = Ip.fromNumber(0xcb00_71fe);

function judge(survey: Survey, station: Station, hop: NextHop): Claim | null {
  const address = Ip.format(hop.ip);
  const way = Routes.lookUp(stackOf(survey, station), hop.ip);
  if (way?.type === 'local') {
    return {
      rule: 'gateway-not-router',
      at: hop.at,
      message: `${station.name}'s ${hop.what} leads to ${address}, which is its own address.`,
      consequence: 'The kernel refuses a next hop that is the host itself.',
      fix: 'name the router on the link',
    };
  }
  if (!isDirect(way)) return offLink(survey, station, hop);
  const nic = survey.nics.get(`${station.name}.${way!.interface!.name}`);
  if (nic === undefined || station.neighbors.some(({ ip }) => ip === hop.ip)) return null;
  const { segment } = nic;
  const owner = ownerOn(survey, segment, hop.ip);
  const proof = { prove: () => proveFailure(survey, station.name, hop.destination) };
  if (owner === null) {
    if (mayAnswer(segment)) return null;
    return {
      rule: 'gateway-missing',
      at: hop.at,
      message: `${station.name}'s ${hop.what} leads to ${address}, which nobody on the link of ${nic.name} has.`,
      consequence: 'Nobody answers the ARP request, and what waits for the answer is dropped after three seconds.',
      fix: fixByRouter(survey, station, segment),
      ...proof,
    };
  }
  const entrance = segment.nics.find((one) => one.station === owner.station)!;
  if (forwards(survey, entrance)) return null;
  const where = owner.station.kind === 'host' ? `move ${owner.station.name} to routers` : 'take its sysctl out';
  return {
    rule: 'gateway-not-router',
    at: hop.at,
    message: `${station.name}'s ${hop.what} leads to ${address}, which is ${owner.holder}, and ${owner.station.name} does not forward.`,
    consequence: 'It drops what is for others without a word.',
    fix: `${where}, or ${fixByRouter(survey, station, segment)}`,
    ...proof,
  };
}

function isDirect(route: Routes.Route | null): boolean {
  return route?.type === 'unicast' && route.gateway === Ip.ANY && route.interface !== null;
}

function offLink(survey: Survey, station: Station, { ip, at, what, destination }: NextHop): Claim {
  const own = survey.addresses.filter(isOnLink).filter((one) => one.station === station);
  const subnets = own.length === 0 ? 'it has none' : `it has ${listed(own.map(subnetOf))}`;
  const routers = routersFor(
    survey,
    own.map(({ nic }) => nic),
  );
  return {
    rule: 'gateway-off-link',
    at,
    message: `${station.name}'s ${what} leads to ${Ip.format(ip)}, which is on no subnet of ${station.name}: ${subnets}.`,
    consequence: 'The kernel refuses it: a next hop must be a neighbour. The route is not there.',
    fix: routers.length === 0 ? 'put a router on the link and name its address there' : `name ${routers.join(' or ')}`,
    prove: () => proveFailure(survey, station.name, destination),
  };
}

function fixByRouter(survey: Survey, station: Station, segment: Segment): string {
  const own = segment.nics.filter((nic) => nic.station === station);
  const routers = routersFor(survey, own);
  return routers.length === 0 ? 'put a router on the link' : `name ${routers.join(' or ')}`;
}

/** `192.0.2.254 (r1.eth0)` for each router that shares a link with these. */
function routersFor(survey: Survey, nics: readonly Nic[]): string[] {
  const own = new Set(nics.map(({ station }) => station));
  const known = nics.flatMap(({ segment }) =>
    addressesOn(survey, segment).filter(({ station, nic }) => !own.has(station) && forwards(survey, nic)),
  );
  return known.map(({ ip, holder }) => `${Ip.format(ip)} (${holder})`);
}
