/**
 * What the host has learnt about single destinations beside its routes: the path's MTU (RFC 1191) and a better first
 * hop (redirects, RFC 1122 §3.2.2.2). Linux's next-hop exceptions, net/ipv4/route.c.
 */
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Routes from './routes.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';

/** Destinations remembered at most; the one that was learnt first is forgotten. */
const MAX_EXCEPTIONS = 2_048;
/** Linux's ip_rt_gc_timeout: how long a redirect is believed. */
const REDIRECT_EXPIRES: Nanos = 300 * SECOND;

export interface Exception {
  /** Octets; 0 where nothing is known. */
  mtu: number;
  /** The path carries less than `route.min_pmtu`, which `mtu` is: routers must be free to fragment. */
  tooSmall: boolean;
  mtuExpires: Nanos;
  /** The router to use instead of the one that `route` names; without a route nothing is known. */
  gateway: Ip4;
  route: Route | null;
  gatewayExpires: Nanos;
}

export type ExceptionTable = Map<Ip4, Exception>;

/** The path MTU learnt for a destination, in octets, or null. */
export function pathMtu(stack: Stack, destination: Ip4): number | null {
  return exceptionAbout(stack, destination)?.mtu ?? null;
}

/** Whether the path carries less than this host believes in, so that DF would stop everything. */
export function isTooSmall(stack: Stack, destination: Ip4): boolean {
  return exceptionAbout(stack, destination)?.tooSmall ?? false;
}

function exceptionAbout(stack: Stack, destination: Ip4): Exception | null {
  if (stack.exceptions === null) return null;
  const exception = stack.exceptions.get(destination);
  return exception !== undefined && exception.mtu > 0 && stack.world.now < exception.mtuExpires ? exception : null;
}

/** The gateway that a redirect named in place of the route's, or null. Whoever changes the route, decides anew. */
export function redirected(stack: Stack, destination: Ip4, route: Route): Ip4 | null {
  if (stack.exceptions === null) return null;
  const exception = stack.exceptions.get(destination);
  if (exception === undefined || exception.route !== route) return null;
  return stack.world.now < exception.gatewayExpires ? exception.gateway : null;
}

/** RFC 1191 §3: the estimate only ever falls, until it expires; hearing the same again keeps it. */
export function learnMtu(stack: Stack, destination: Ip4, mtu: number): void {
  const route = Routes.lookUp(stack, destination);
  if (route?.type !== 'unicast' || route.interface === null) return;
  if (mtu >= route.interface.mtu || mtu > (pathMtu(stack, destination) ?? mtu)) return;
  const exception = exceptionFor(stack, destination);
  const least = stack.settings['route.min_pmtu'];
  exception.mtu = Math.max(mtu, Math.min(least, route.interface.mtu));
  exception.tooSmall = mtu < least;
  exception.mtuExpires = stack.world.now + stack.settings['route.mtu_expires'] * SECOND;
}

export function learnGateway(stack: Stack, destination: Ip4, gateway: Ip4, route: Route): void {
  const exception = exceptionFor(stack, destination);
  exception.gateway = gateway;
  exception.route = route;
  exception.gatewayExpires = stack.world.now + REDIRECT_EXPIRES;
}

function exceptionFor(stack: Stack, destination: Ip4): Exception {
  stack.exceptions ??= new Map();
  stack.generation++;
  const known = stack.exceptions.get(destination);
  if (known !== undefined) return known;
  if (stack.exceptions.size >= MAX_EXCEPTIONS) forgetFirst(stack.exceptions);
  const exception: Exception = {
    mtu: 0,
    tooSmall: false,
    mtuExpires: 0,
    gateway: Ip.ANY,
    route: null,
    gatewayExpires: 0,
  };
  stack.exceptions.set(destination, exception);
  return exception;
}

function forgetFirst(table: ExceptionTable): void {
  for (const destination of table.keys()) {
    table.delete(destination);
    return;
  }
}
