/**
 * The addresses that the host's table knows for a name, a node or a node's interface, as /etc/hosts would. The first is
 * the one to use: one on a subnet that this host is on too, else the node's first.
 *
 * EFAULT  name or addresses are outside the process's memory
 * EINVAL  the name is empty, longer than 256 bytes, or not UTF-8
 * ENOENT  the table does not know the name
 */
import { areInside, MAX_STRING, memoryOf, read_user_string } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { isOnLink } from '../stack/interface.ts';
import { writeU32 } from '../wire/bytes.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Utf8 from '../wire/utf8.ts';
import type { NumberedCall } from './numbered.ts';

const ADDRESS_LENGTH = 4;

export function sys_hosts_lookup(process: Process, name: string): Result<readonly Ip4[]> {
  const { length } = Utf8.encode(name);
  if (length < 1 || length > MAX_STRING) return fail('EINVAL');
  const { hosts, stack } = process.kernel;
  const addresses = hosts.get(name);
  if (addresses === undefined || addresses.length === 0) return fail('ENOENT');
  const shared = addresses.find((ip) => stack.interfaces.some((at) => isOnLink(at, ip)));
  return ok(shared === undefined ? addresses : [shared, ...addresses.filter((ip) => ip !== shared)]);
}

/** a0, a1: the name; a2: where the addresses go, 4 bytes each; a3: room for how many. Answers how many were written. */
export const numbered: NumberedCall = (process, namePointer, nameLength, pointer, capacity) => {
  const name = read_user_string(process, namePointer, nameLength);
  if (!name.ok) return name;
  if (!areInside(process, pointer, capacity, ADDRESS_LENGTH)) return fail('EFAULT');
  const found = sys_hosts_lookup(process, name.value);
  if (!found.ok) return found;
  const addresses = found.value.slice(0, capacity);
  addresses.forEach((ip, i) => writeU32(memoryOf(process), pointer + i * ADDRESS_LENGTH, ip));
  return ok(addresses.length);
};
