/** How a trace says what a device's tables hold: routes as `ip route` prints them, and where an address is to be found. */
import type { Node, Port } from '../sim/node.ts';
import { MICROSECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { isOwnAddress } from '../stack/interface.ts';
import type { Interface } from '../stack/interface.ts';
import { listRoutes, lookUpEntry } from '../stack/routes.ts';
import type { Route, RouteEntry } from '../stack/routes.ts';
import type { Stack } from '../stack/stack.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';

/** Routes that are listed where none matches. */
const MAX_LISTED = 4;

/** `198.51.100.0/24 via 203.0.113.2 dev eth1`, `blackhole 203.0.113.0/24`; next hops of one route with `or`. */
export function formatRoute({ destination, prefixLength, route }: RouteEntry): string {
  const words: string[] = route.type === 'unicast' ? [] : [route.type];
  words.push(formatPrefix(destination, prefixLength));
  const paths = route.paths ?? [route];
  words.push(paths.map(formatPath).join(' or '));
  if (route.metric !== 0) words.push('metric', String(route.metric));
  return words.filter((word) => word !== '').join(' ');
}

function formatPath({ gateway, interface: at }: Route): string {
  const via = gateway === Ip.ANY ? '' : `via ${Ip.format(gateway)}`;
  return at === null ? via : `${via} dev ${at.name}`.trimStart();
}

function formatPrefix(destination: Ip4, prefixLength: number): string {
  if (prefixLength === 0) return 'default';
  return prefixLength === 32 ? Ip.format(destination) : `${Ip.format(destination)}/${prefixLength}`;
}

/** What the stack finds for a destination; where that is nothing, what it has instead. */
export function describeRouting(stack: Stack, destination: Ip4): string {
  const entry = lookUpEntry(stack, destination);
  if (entry !== null) return formatRoute(entry);
  const routes = listRoutes(stack).filter(({ route }) => route.type !== 'local' && route.type !== 'broadcast');
  const address = Ip.format(destination);
  if (routes.length === 0) return `none for ${address}; the table is empty`;
  const listed = routes.slice(0, MAX_LISTED).map(formatRoute).join(', ');
  const rest = routes.length - MAX_LISTED;
  return `none for ${address}; there is ${listed}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** `0.201 ms`, cut behind the microseconds. */
export function milliseconds(time: Nanos): string {
  const micros = Math.floor(time / MICROSECOND);
  return `${Math.floor(micros / 1_000)}.${String(micros % 1_000).padStart(3, '0')} ms`;
}

/** An interface that has an address. */
export interface Owner {
  readonly node: Node;
  readonly interface: Interface;
  /** `r1.eth0` */
  readonly name: string;
}

/** The interfaces that have the address, lo left out. */
export function ownersOf(stacks: ReadonlyMap<Node, Stack>, ip: Ip4): Owner[] {
  const owners: Owner[] = [];
  for (const [node, stack] of stacks) {
    if (!isOwnAddress(stack, ip)) continue;
    for (const at of stack.interfaces) {
      if (!at.loopback && at.addresses.some((one) => one.ip === ip)) {
        owners.push({ node, interface: at, name: `${stack.name}.${at.name}` });
      }
    }
  }
  return owners;
}

/** The ports of hosts and routers that hear what is sent at this one: across switches and hubs, carrier or not. */
export function segmentOf(port: Port, isStation: (node: Node) => boolean): Set<Port> {
  const heard = new Set<Port>();
  const seen = new Set<Port>([port]);
  const ahead: Port[] = [port];
  for (let from = ahead.pop(); from !== undefined; from = ahead.pop()) {
    const to = from.direction?.to;
    if (to === undefined || seen.has(to)) continue;
    seen.add(to);
    if (isStation(to.node)) {
      heard.add(to);
      continue;
    }
    for (const exit of to.node.ports) {
      if (seen.has(exit)) continue;
      seen.add(exit);
      ahead.push(exit);
    }
  }
  return heard;
}
