/**
 * Sets a mask. Without a name it is the host's default one: of every interface, configured before or after, whose own
 * mask was not set. With a name (a1, a2) it is that interface's own, whether it has an address yet or not.
 *
 * EFAULT  mask or name are outside the process's memory
 * EINVAL  the mask is not contiguous; the name is empty, longer than 256 bytes, or not UTF-8
 * ENODEV  no interface has the name
 */
import { read_user_ipv4, read_user_string } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { setMask } from '../stack/interface.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { interfaceNamed } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_set_netmask(process: Process, mask: Ip4 | string, name?: string): Result<undefined> {
  const { kernel } = process;
  const bits = ip4Of(mask);
  const prefixLength = bits === null ? null : Ip.prefixLength(bits);
  if (prefixLength === null) return fail('EINVAL');
  if (name !== undefined) {
    const at = interfaceNamed(process, name);
    if (!at.ok) return at;
    at.value.ownPrefixLength = prefixLength;
    // It may have no address yet, and then the mask waits for one.
    setMask(kernel.stack, at.value, prefixLength);
    return DONE;
  }
  kernel.defaultPrefixLength = prefixLength;
  for (const at of kernel.stack.interfaces) {
    if (at.ownPrefixLength === null) setMask(kernel.stack, at, prefixLength);
  }
  return DONE;
}

/** a0: 4 mask bytes; a1, a2: pointer and length of a name, 0 for none. */
export const numbered: NumberedCall = (process, maskPointer, namePointer, nameLength) => {
  const mask = read_user_ipv4(process, maskPointer);
  if (!mask.ok) return mask;
  if (namePointer === 0 && nameLength === 0) return zero(sys_network_set_netmask(process, mask.value));
  const name = read_user_string(process, namePointer, nameLength);
  return name.ok ? zero(sys_network_set_netmask(process, mask.value, name.value)) : name;
};
