/**
 * Takes an interface's addresses, its own mask and its noted gateway away; the routes that lead by it go with them.
 *
 * EFAULT  the name is outside the process's memory
 * EINVAL  the name is empty, longer than 256 bytes, or not UTF-8
 * ENODEV  no interface has the name
 */
import { read_user_string } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { removeAddress } from '../stack/interface.ts';
import { interfaceNamed } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_clear_ipv4(process: Process, name: string): Result<undefined> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const { kernel } = process;
  for (const { ip } of [...at.value.addresses]) removeAddress(kernel.stack, at.value, ip);
  at.value.ownPrefixLength = null;
  at.value.notedGateway = null;
  return DONE;
}

export const numbered: NumberedCall = (process, namePointer, nameLength) => {
  const name = read_user_string(process, namePointer, nameLength);
  return name.ok ? zero(sys_network_clear_ipv4(process, name.value)) : name;
};
