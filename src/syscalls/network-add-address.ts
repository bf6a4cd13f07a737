/**
 * Gives an interface a further address, behind those it has. Where it is the first, its mask counts as set by name.
 *
 * EFAULT  name or address are outside the process's memory
 * EINVAL  the name is empty, longer than 256 bytes, or not UTF-8; an address that the interface cannot have; a prefix
 *         length beyond 32
 * ENODEV  no interface has the name
 * EEXIST  the interface has the address already
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { addAddress } from '../stack/interface.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { interfaceNamed, isAssignable, isPrefixLength, readNameAndAddress } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_add_address(
  process: Process,
  name: string,
  address: Ip4 | string,
  prefixLength: number,
): Result<undefined> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const ip = ip4Of(address);
  if (ip === null || !isAssignable(at.value, ip) || !isPrefixLength(prefixLength)) return fail('EINVAL');
  const { stack } = process.kernel;
  const isFirst = at.value.addresses.length === 0;
  const refused = addAddress(stack, at.value, ip, prefixLength);
  if (refused !== null) return fail(refused);
  if (isFirst) at.value.ownPrefixLength = prefixLength;
  return DONE;
}

/** a0, a1: the name; a2: 4 address bytes; a3: the prefix length. */
export const numbered: NumberedCall = (process, namePointer, nameLength, addressPointer, prefixLength) => {
  const both = readNameAndAddress(process, namePointer, nameLength, addressPointer);
  return both.ok ? zero(sys_network_add_address(process, both.value.name, both.value.ip, prefixLength)) : both;
};
