/**
 * A route as a record in memory, 52 bytes: destination 4, gateway 4, preferred source 4, prefix length 1, type 1,
 * origin 1, reserved 1, metric u32, interface name 32. Types are Linux's RTN_*; 0 and an empty name are left out.
 * Of a route with several next hops the first one stands here.
 */
import {
  isInside,
  memoryOf,
  readText,
  readU32LittleEndian,
  writeText,
  writeU32LittleEndian,
} from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { RouteOrigin, RouteType } from '../stack/routes.ts';
import { readU32, readU8, writeU32, writeU8 } from '../wire/bytes.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { RouteRecord, RouteRequest } from './values.ts';

export const RECORD_LENGTH = 52;
const DESTINATION = 0;
const GATEWAY = 4;
const SOURCE = 8;
const PREFIX_LENGTH = 12;
const TYPE = 13;
const ORIGIN = 14;
const RESERVED = 15;
const METRIC = 16;
const NAME = 20;
const NAME_LENGTH = 32;

const TYPES: Readonly<Record<RouteType, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
};

/** RTPROT_KERNEL, RTPROT_STATIC, and for shortest paths RTPROT_OSPF, whose routes they are. */
const ORIGINS: Readonly<Record<RouteOrigin, number>> = { kernel: 2, static: 4, 'shortest-path': 188 };

export function writeRoute(process: Process, at: number, route: RouteRecord): void {
  const memory = memoryOf(process);
  writeU32(memory, at + DESTINATION, route.destination);
  writeU32(memory, at + GATEWAY, route.gateway);
  writeU32(memory, at + SOURCE, route.source);
  writeU8(memory, at + PREFIX_LENGTH, route.prefixLength);
  writeU8(memory, at + TYPE, TYPES[route.type]);
  writeU8(memory, at + ORIGIN, ORIGINS[route.origin]);
  writeU8(memory, at + RESERVED, 0);
  writeU32LittleEndian(process, at + METRIC, route.metric);
  writeText(process, at + NAME, NAME_LENGTH, route.interface ?? '');
}

/** EFAULT: outside the memory. EINVAL: no such type, or a name that is not UTF-8. */
export function readRoute(process: Process, at: number): Result<RouteRequest> {
  if (!isInside(process, at, RECORD_LENGTH)) return fail('EFAULT');
  const memory = memoryOf(process);
  const number = readU8(memory, at + TYPE);
  const type = (Object.keys(TYPES) as RouteType[]).find((name) => TYPES[name] === number);
  const name = readText(process, at + NAME, NAME_LENGTH);
  if ((type === undefined && number !== 0) || name === null) return fail('EINVAL');
  const gateway = readU32(memory, at + GATEWAY) as Ip4;
  const metric = readU32LittleEndian(process, at + METRIC);
  return ok({
    destination: readU32(memory, at + DESTINATION) as Ip4,
    prefixLength: readU8(memory, at + PREFIX_LENGTH),
    ...(type === undefined ? {} : { type }),
    ...(gateway === 0 ? {} : { gateway }),
    ...(metric === 0 ? {} : { metric }),
    ...(name === '' ? {} : { interface: name }),
  });
}
