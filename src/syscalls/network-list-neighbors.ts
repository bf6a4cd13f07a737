/**
 * The neighbour table with the states as of now; in memory as many as there is room for (neighbor-record.ts).
 *
 * EFAULT  the records are outside the process's memory
 */
import { areInside } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { listNeighbors } from '../stack/neighbors.ts';
import type { Neighbor } from '../stack/neighbors.ts';
import { RECORD_LENGTH, writeNeighbor } from './neighbor-record.ts';
import type { NumberedCall } from './numbered.ts';
import type { NeighborRecord } from './values.ts';

export function sys_network_list_neighbors(process: Process): Result<readonly NeighborRecord[]> {
  return ok(listNeighbors(process.kernel.stack).map(recordOf));
}

function recordOf({ ip, interface: at, mac, state }: Neighbor): NeighborRecord {
  return { ip, interface: at.name, mac, state };
}

export const numbered: NumberedCall = (process, pointer, capacity) => {
  if (!areInside(process, pointer, capacity, RECORD_LENGTH)) return fail('EFAULT');
  const neighbors = listNeighbors(process.kernel.stack).slice(0, capacity);
  neighbors.forEach((neighbor, i) => writeNeighbor(process, pointer + i * RECORD_LENGTH, recordOf(neighbor)));
  return ok(neighbors.length);
};
