/**
 * Sets a neighbour by hand, in place of what was known of it: for good, or as one to be checked when it is next used.
 *
 * EFAULT    the record is outside the process's memory
 * EINVAL    no address; a group address or none as MAC; a state other than permanent and stale; the interface is lo
 * ENODEV    no interface has the name
 * ENETDOWN  the interface is down
 * ENOBUFS   the table is full
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { addNeighbor } from '../stack/neighbors.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { ip4Of } from './address.ts';
import { readNeighbor } from './neighbor-record.ts';
import { interfaceNamed, isUnicast } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

const MAX_MAC = 0xffff_ffff_ffff;

export function sys_network_add_neighbor(
  process: Process,
  name: string,
  address: Ip4 | string,
  mac: Mac.Mac | string,
  state: 'permanent' | 'stale' = 'permanent',
): Result<undefined> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const ip = ip4Of(address);
  const station = typeof mac === 'string' ? Mac.parse(mac) : mac;
  if (ip === null || !isUnicast(ip) || station === null) return fail('EINVAL');
  if (!Number.isInteger(station) || station < 0 || station > MAX_MAC) return fail('EINVAL');
  const refused = addNeighbor(process.kernel.stack, at.value, ip, station, state);
  return refused === null ? DONE : fail(refused);
}

/** a0: a record of neighbor-record.ts. */
export const numbered: NumberedCall = (process, pointer) => {
  const neighbor = readNeighbor(process, pointer);
  if (!neighbor.ok) return neighbor;
  const { interface: name, ip, mac, state } = neighbor.value;
  if (state !== 'permanent' && state !== 'stale') return fail('EINVAL');
  return zero(sys_network_add_neighbor(process, name, ip, mac, state));
};
