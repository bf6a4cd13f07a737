/** Next hops: whether who is to take a packet on is on the link, is there, and forwards. */
import type { Located, Station } from '../../lab/topology.ts';
import { interfaceByName } from '../../stack/interface.ts';
import * as Routes from '../../stack/routes.ts';
import type { Stack } from '../../stack/stack.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Ip4 } from '../../wire/ip4.ts';
import type { Check, Claim, Proof } from './finding.ts';
import { forwards, listed, proveFailure, stackOf, subnetOf } from './survey.ts';
import type { Address, Segment, Survey } from './survey.ts';
import { mayAnswer, ownerOn } from './way.ts';

interface NextHop {
  readonly ip: Ip4;
  readonly at: Located;
  /** `gateway`, `route to 192.0.2.0/24` */
  readonly what: string;
  readonly prefix: Ip4;
  readonly prefixLength: number;
  /** The interface that the route names. */
  readonly dev: string | null;
}

export const checkGateways: Check<Survey> = function* (survey) {
  for (const station of survey.stations) {
    for (const hop of nextHopsOf(station)) {
      const claim = judge(survey, station, hop);
      if (claim !== null) yield claim;
    }
  }
};

function nextHopsOf({ gateway, routes }: Station): NextHop[] {
  const hops = routes.flatMap((route) =>
    route.via.map((ip): NextHop => {
      const { destination: prefix, prefixLength, dev } = route;
      return { ip, at: route, what: `route to ${subnetOf({ ip: prefix, prefixLength })}`, prefix, prefixLength, dev };
    }),
  );
  if (gateway === null) return hops;
  return [...hops, { ip: gateway.value, at: gateway, what: 'gateway', prefix: Ip.ANY, prefixLength: 0, dev: null }];
}

/** Tells whether an address is in the hop's prefix, and the station has to send to a router what is for it. */
function behind(survey: Survey, station: Station, { prefix, prefixLength }: NextHop): (one: Address) => boolean {
  const stack = stackOf(survey, station);
  return ({ ip }) => {
    if (!Ip.sameSubnet(ip, prefix, prefixLength)) return false;
    const route = Routes.lookUp(stack, ip);
    return route?.type !== 'local' && !isDirect(route);
  };
}

/** Whether all that is to be reached by the hop is the next host's own, on lo or on another link: anycast, or a balancer's. */
function isGoal(survey: Survey, station: Station, hop: NextHop, owner: Address): boolean {
  const known = survey.addresses.filter(behind(survey, station, hop));
  const stack = stackOf(survey, owner.station);
  return known.length > 0 && known.every(({ ip }) => Routes.lookUp(stack, ip)?.type === 'local');
}

/** Sends to somebody in the hop's prefix; to a host, if there is one. */
function proveHop(survey: Survey, station: Station, hop: NextHop, owner?: Address): Proof | null {
  const known = survey.addresses.filter(behind(survey, station, hop)).filter((one) => one.station !== owner?.station);
  const chosen = known.find((one) => one.station.kind === 'host') ?? known[0];
  return proveFailure(survey, station.name, chosen?.ip ?? (hop.prefixLength === 0 ? ELSEWHERE : hop.prefix));
}

/** Stands for the rest of the world: TEST-NET-3's last (RFC 5737). */
export const ELSEWHERE = Ip.fromNumber(0xcb00_71fe);

function judge(survey: Survey, station: Station, hop: NextHop): Claim | null {
  const address = Ip.format(hop.ip);
  const way = wayTo(stackOf(survey, station), hop);
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
  if (owner === null) {
    if (mayAnswer(segment)) return null;
    return {
      rule: 'gateway-missing',
      at: hop.at,
      message: `${station.name}'s ${hop.what} leads to ${address}, which nobody on the link of ${nic.name} has.`,
      consequence: 'Nobody answers the ARP request, and what waits for the answer is dropped after three seconds.',
      fix: fixByRouter(station, segment),
      prove: () => proveHop(survey, station, hop),
    };
  }
  if (forwards(stackOf(survey, owner.station), segment.entrances.get(owner.station)!)) return null;
  // A default route is for more than the next host's own addresses.
  if (hop.prefixLength > 0 && isGoal(survey, station, hop, owner)) return null;
  const where = owner.station.kind === 'host' ? `move ${owner.station.name} to routers` : 'take its sysctl out';
  return {
    rule: 'gateway-not-router',
    at: hop.at,
    message: `${station.name}'s ${hop.what} leads to ${address}, which is ${owner.holder}, and ${owner.station.name} does not forward.`,
    consequence: 'It drops what is for others without a word.',
    fix: `${where}, or ${fixByRouter(station, segment)}`,
    prove: () => proveHop(survey, station, hop, owner),
  };
}

/** As the kernel looks for a next hop when the route is added (stack/routes.ts, addRoute). */
function wayTo(stack: Stack, { ip, dev }: NextHop): Routes.Route | null {
  const bound = dev === null ? undefined : interfaceByName(stack, dev);
  return bound === undefined ? Routes.lookUp(stack, ip) : Routes.lookUpBound(stack, ip, bound);
}

function isDirect(route: Routes.Route | null): boolean {
  return route?.type === 'unicast' && route.gateway === Ip.ANY && route.interface !== null;
}

function offLink(survey: Survey, station: Station, hop: NextHop): Claim {
  const { ip, at, what } = hop;
  const nics = survey.nicsOf.get(station)!;
  const own = nics.flatMap((nic) => nic.segment.addresses.filter((one) => one.nic === nic));
  const subnets = own.length === 0 ? 'it has none' : `it has ${listed(own.map(subnetOf))}`;
  const routers = routersFor(station, [...new Set(own.map(({ nic }) => nic.segment))]);
  return {
    rule: 'gateway-off-link',
    at,
    message: `${station.name}'s ${what} leads to ${Ip.format(ip)}, which is on no subnet of ${station.name}: ${subnets}.`,
    consequence: 'The kernel refuses it: a next hop must be a neighbour. The route is not there.',
    fix: routers.length === 0 ? 'put a router on the link and name its address there' : `name ${routers.join(' or ')}`,
    prove: () => proveHop(survey, station, hop),
  };
}

function fixByRouter(station: Station, segment: Segment): string {
  const routers = routersFor(station, [segment]);
  return routers.length === 0 ? 'put a router on the link' : `name ${routers.join(' or ')}`;
}

/** `192.0.2.254 (r1.eth0)` for each other router on these links. */
function routersFor(own: Station, segments: readonly Segment[]): string[] {
  const known = segments.flatMap(({ gateways }) => gateways.filter(({ station }) => station !== own));
  return known.map(({ ip, holder }) => `${Ip.format(ip)} (${holder})`);
}
