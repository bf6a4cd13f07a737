/**
 * The routing table in the order in which it is asked: the longest prefix first, own addresses and broadcasts included;
 * in memory as many as there is room for (route-record.ts).
 *
 * EFAULT  the records are outside the process's memory
 */
import { areInside } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { listRoutes } from '../stack/routes.ts';
import type { Route, RouteEntry } from '../stack/routes.ts';
import type { NumberedCall } from './numbered.ts';
import { RECORD_LENGTH, writeRoute } from './route-record.ts';
import type { RouteRecord } from './values.ts';

export function sys_network_list_routes(process: Process): Result<readonly RouteRecord[]> {
  return ok(listRoutes(process.kernel.stack).map(recordOf));
}

function recordOf({ destination, prefixLength, route }: RouteEntry): RouteRecord {
  const { type, gateway, metric, source, origin, paths } = route;
  const record = { destination, prefixLength, type, gateway, interface: nameOf(route), metric, source, origin };
  if (paths === null) return record;
  return { ...record, nextHops: paths.map((path) => ({ gateway: path.gateway, interface: nameOf(path) ?? '' })) };
}

function nameOf(route: Route): string | null {
  return route.interface?.name ?? null;
}

export const numbered: NumberedCall = (process, pointer, capacity) => {
  if (!areInside(process, pointer, capacity, RECORD_LENGTH)) return fail('EFAULT');
  const routes = listRoutes(process.kernel.stack).slice(0, capacity);
  routes.forEach((entry, i) => writeRoute(process, pointer + i * RECORD_LENGTH, recordOf(entry)));
  return ok(routes.length);
};
