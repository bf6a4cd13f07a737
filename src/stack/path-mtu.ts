/**
 * What the host has learnt about single destinations beside its routes: the path's MTU (RFC 1191) and a better first
 * hop (redirects, RFC 1122 §3.2.2.2). Linux's next-hop exceptions, net/ipv4/route.c.
 */
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Interface } from './interface.ts';
import type { Stack } from './stack.ts';

/** Destinations remembered at most; the one that was learnt first is forgotten. */
const MAX_EXCEPTIONS = 2_048;
/** Linux's ip_rt_gc_timeout: how long a redirect is believed. */
const REDIRECT_EXPIRES: Nanos = 300 * SECOND;

export interface Exception {
  /** Octets; 0 where nothing is known. */
  mtu: number;
  mtuExpires: Nanos;
  /** The router to use instead; 0 where nothing is known. */
  gateway: Ip4;
  interface: Interface | null;
  gatewayExpires: Nanos;
}

export type ExceptionTable = Map<Ip4, Exception>;

export function createTable(): ExceptionTable {
  return new Map();
}

/** The path MTU learnt for a destination, in octets, or null. */
export function pathMtu(stack: Stack, destination: Ip4): number | null {
  const exception = stack.exceptions.get(destination);
  return exception !== undefined && exception.mtu > 0 && stack.world.now < exception.mtuExpires ? exception.mtu : null;
}

/** The exception that names another gateway, or null. */
export function redirected(stack: Stack, destination: Ip4): Exception | null {
  const exception = stack.exceptions.get(destination);
  if (exception?.interface == null || stack.world.now >= exception.gatewayExpires) return null;
  return exception.interface.up ? exception : null;
}

/** RFC 1191 §3: the estimate only ever falls, until it expires. */
export function learnMtu(stack: Stack, destination: Ip4, mtu: number): void {
  const known = pathMtu(stack, destination);
  if (known !== null && mtu >= known) return;
  const exception = exceptionFor(stack, destination);
  exception.mtu = Math.max(mtu, stack.settings['route.min_pmtu']);
  exception.mtuExpires = stack.world.now + stack.settings['route.mtu_expires'] * SECOND;
}

export function learnGateway(stack: Stack, destination: Ip4, gateway: Ip4, at: Interface): void {
  const exception = exceptionFor(stack, destination);
  exception.gateway = gateway;
  exception.interface = at;
  exception.gatewayExpires = stack.world.now + REDIRECT_EXPIRES;
}

function exceptionFor(stack: Stack, destination: Ip4): Exception {
  const known = stack.exceptions.get(destination);
  if (known !== undefined) return known;
  if (stack.exceptions.size >= MAX_EXCEPTIONS)
    for (const first of stack.exceptions.keys()) {
      stack.exceptions.delete(first);
      break;
    }
  const exception: Exception = { mtu: 0, mtuExpires: 0, gateway: 0 as Ip4, interface: null, gatewayExpires: 0 };
  stack.exceptions.set(destination, exception);
  return exception;
}
