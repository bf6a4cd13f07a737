/**
 * Deletes the first route that has what is given; what is left out may be anything.
 *
 * EFAULT  the record is outside the process's memory
 * EINVAL  no address, a prefix length beyond 32, or a metric that is none
 * ENODEV  no interface has the name
 * ESRCH   there is no such route
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { deleteRoute } from '../stack/routes.ts';
import { checkRoute } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';
import { readRoute } from './route-record.ts';
import type { RouteRequest } from './values.ts';

export function sys_network_delete_route(process: Process, route: RouteRequest): Result<undefined> {
  const request = checkRoute(process, route);
  if (!request.ok) return request;
  const refused = deleteRoute(process.kernel.stack, request.value);
  return refused === null ? DONE : fail(refused);
}

/** a0: a record of route-record.ts. */
export const numbered: NumberedCall = (process, pointer) => {
  const route = readRoute(process, pointer);
  return route.ok ? zero(sys_network_delete_route(process, route.value)) : route;
};
