/**
 * Adds a route: by a gateway, by an interface, or one that leads nowhere (unreachable, prohibit, blackhole).
 *
 * EFAULT       the record is outside the process's memory
 * EINVAL       no address, a prefix length beyond 32, bits set behind it, a metric that is none, a type of the kernel's
 *              own, or a gateway that cannot be one
 * ENODEV       no interface has the name, or neither gateway nor interface is given
 * ENETDOWN     the interface is down
 * ENETUNREACH  the gateway is on no connected subnet
 * EEXIST       there is one with the same destination and metric
 * ENOBUFS      the table is full
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { addRoute } from '../stack/routes.ts';
import { checkRoute } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';
import { readRoute } from './route-record.ts';
import type { RouteRequest } from './values.ts';

export function sys_network_add_route(process: Process, route: RouteRequest): Result<undefined> {
  const request = checkRoute(process, route);
  if (!request.ok) return request;
  const refused = addRoute(process.kernel.stack, request.value);
  return refused === null ? DONE : fail(refused);
}

/** a0: a record of route-record.ts. */
export const numbered: NumberedCall = (process, pointer) => {
  const route = readRoute(process, pointer);
  return route.ok ? zero(sys_network_add_route(process, route.value)) : route;
};
