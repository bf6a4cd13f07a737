/**
 * What the network calls are given, and the rules that hold for all of them: names, addresses, masks, routes.
 */
import { MAX_STRING, read_user_ipv4, read_user_string } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { interfaceByName } from '../stack/interface.ts';
import type { Interface } from '../stack/interface.ts';
import type { StackError } from '../stack/endpoint.ts';
import { addRoute, deleteRoute } from '../stack/routes.ts';
import type { NextHop, RouteRequest as StackRoute } from '../stack/routes.ts';
import type { Stack } from '../stack/stack.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Utf8 from '../wire/utf8.ts';
import { ip4Of } from './address.ts';
import type { NextHopRequest, RouteRequest } from './values.ts';

/** EINVAL: the name is empty or longer than 256 bytes. ENODEV: no interface has it. */
export function interfaceNamed(process: Process, name: string): Result<Interface> {
  const found = interfaceByName(process.kernel.stack, name);
  if (found !== undefined) return ok(found);
  const { length } = Utf8.encode(name);
  return fail(length < 1 || length > MAX_STRING ? 'EINVAL' : 'ENODEV');
}

/** Whether the interface may have the address: RFC 1122 §3.2.1.3, and 127/8 on lo alone. */
export function isAssignable(at: Interface, ip: Ip4): boolean {
  return isUnicast(ip) && (at.loopback || !Ip.isLoopback(ip));
}

/** Not of 0/8, multicast, class E or the broadcast. */
export function isUnicast(ip: Ip4): boolean {
  return !Ip.isThisNetwork(ip) && !Ip.isMulticast(ip) && !Ip.isClassE(ip) && ip !== Ip.BROADCAST;
}

/** A call's (name pointer, name length, address pointer). EFAULT, EINVAL. */
export function readNameAndAddress(
  process: Process,
  namePointer: number,
  nameLength: number,
  addressPointer: number,
): Result<{ readonly name: string; readonly ip: Ip4 }> {
  const name = read_user_string(process, namePointer, nameLength);
  if (!name.ok) return name;
  const ip = read_user_ipv4(process, addressPointer);
  return ip.ok ? ok({ name: name.value, ip: ip.value }) : ip;
}

export function isPrefixLength(length: number): boolean {
  return Number.isInteger(length) && length >= 0 && length <= 32;
}

/** Metrics are 32 bits, unsigned, as in Linux's RTA_PRIORITY. */
export function isMetric(metric: number): boolean {
  return metric >>> 0 === metric;
}

/** A route as the stack takes it. EINVAL: no address, prefix length or metric. ENODEV: no interface has the name. */
export function checkRoute(process: Process, route: RouteRequest): Result<StackRoute> {
  const { prefixLength, type, metric } = route;
  const destination = ip4Of(route.destination);
  if (destination === null || !isPrefixLength(prefixLength)) return fail('EINVAL');
  if (metric !== undefined && !isMetric(metric)) return fail('EINVAL');
  const hop = checkNextHop(process, route);
  if (!hop.ok) return hop;
  const nextHops: NextHop[] = [];
  for (const one of route.nextHops ?? []) {
    const checked = checkNextHop(process, one);
    if (!checked.ok) return checked;
    nextHops.push(checked.value);
  }
  return ok({
    destination,
    prefixLength,
    ...hop.value,
    ...(type === undefined ? {} : { type }),
    ...(route.nextHops === undefined ? {} : { nextHops }),
    ...(metric === undefined ? {} : { metric }),
  });
}

function checkNextHop(process: Process, hop: NextHopRequest): Result<NextHop> {
  const gateway = hop.gateway === undefined ? undefined : ip4Of(hop.gateway);
  if (gateway === null) return fail('EINVAL');
  const at = hop.interface === undefined ? undefined : interfaceNamed(process, hop.interface);
  if (at !== undefined && !at.ok) return at;
  return ok({
    ...(gateway === undefined ? {} : { gateway }),
    ...(at === undefined ? {} : { interface: at.value }),
  });
}

/** As `ip route replace default`: in place of the default route with this metric. Where it fails, that one stays. */
export function replaceDefaultRoute(
  stack: Stack,
  { gateway, interface: at, metric }: { gateway: Ip4; interface?: Interface; metric: number },
): StackError | null {
  const place = { destination: Ip.ANY, prefixLength: 0, metric };
  const route = { ...place, gateway, ...(at === undefined ? {} : { interface: at }) };
  const refused = addRoute(stack, route);
  // The stack says so only of a route that could be added otherwise.
  if (refused !== 'EEXIST') return refused;
  deleteRoute(stack, place);
  return addRoute(stack, route);
}
