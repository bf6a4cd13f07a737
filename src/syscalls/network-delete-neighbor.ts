/**
 * Forgets a neighbour; it is asked anew when it is next needed.
 *
 * EFAULT  the record is outside the process's memory
 * EINVAL  no address
 * ENODEV  no interface has the name
 * ENOENT  the neighbour is not known
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { deleteNeighbor } from '../stack/neighbors.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { readNeighbor } from './neighbor-record.ts';
import { interfaceNamed } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_delete_neighbor(process: Process, name: string, address: Ip4 | string): Result<undefined> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const ip = ip4Of(address);
  if (ip === null) return fail('EINVAL');
  const refused = deleteNeighbor(process.kernel.stack, at.value, ip);
  return refused === null ? DONE : fail(refused);
}

/** a0: a record of neighbor-record.ts, of which address and name count. */
export const numbered: NumberedCall = (process, pointer) => {
  const neighbor = readNeighbor(process, pointer);
  if (!neighbor.ok) return neighbor;
  return zero(sys_network_delete_neighbor(process, neighbor.value.interface, neighbor.value.ip));
};
