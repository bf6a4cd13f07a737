/**
 * Takes one address away from an interface; the next one becomes its first.
 *
 * EFAULT         name or address are outside the process's memory
 * EINVAL         the name is empty, longer than 256 bytes, or not UTF-8; no address
 * ENODEV         no interface has the name
 * EADDRNOTAVAIL  the interface does not have the address
 */
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { removeAddress } from '../stack/interface.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { interfaceNamed, readNameAndAddress } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_delete_address(process: Process, name: string, address: Ip4 | string): Result<undefined> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const ip = ip4Of(address);
  if (ip === null) return fail('EINVAL');
  const refused = removeAddress(process.kernel.stack, at.value, ip);
  return refused === null ? DONE : fail(refused);
}

/** a0, a1: the name; a2: 4 address bytes. */
export const numbered: NumberedCall = (process, namePointer, nameLength, addressPointer) => {
  const both = readNameAndAddress(process, namePointer, nameLength, addressPointer);
  return both.ok ? zero(sys_network_delete_address(process, both.value.name, both.value.ip)) : both;
};
