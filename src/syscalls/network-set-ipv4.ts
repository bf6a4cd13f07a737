/**
 * Gives an interface its address, in place of the first one it had. The mask is the interface's own, or the host's
 * default one. The subnet's own network and broadcast addresses are accepted: a lint finds them, the kernel does not
 * judge.
 *
 * EFAULT  request or name are outside the process's memory
 * EINVAL  the name is empty, longer than 256 bytes, or not UTF-8; the address is of 0/8, of 127/8 and not for lo,
 *         multicast, class E or the broadcast
 * ENODEV  no interface has the name
 * EEXIST  the interface has the address already, beside its first
 */
import { isInside, readWord } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { setFirstAddress } from '../stack/interface.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { interfaceNamed, isAssignable, readNameAndAddress } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_set_ipv4(process: Process, name: string, address: Ip4 | string): Result<undefined> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const ip = ip4Of(address);
  if (ip === null || !isAssignable(at.value, ip)) return fail('EINVAL');
  const { stack, defaultPrefixLength } = process.kernel;
  const prefixLength = at.value.ownPrefixLength ?? defaultPrefixLength;
  const refused = setFirstAddress(stack, at.value, ip, prefixLength);
  return refused === null ? DONE : fail(refused);
}

/** a0: {name pointer word, name length word, address 4 bytes}. */
export const numbered: NumberedCall = (process, request) => {
  const { wordSize } = process;
  if (!isInside(process, request, 2 * wordSize + 4)) return fail('EFAULT');
  const namePointer = readWord(process, request);
  const nameLength = readWord(process, request + wordSize);
  const both = readNameAndAddress(process, namePointer, nameLength, request + 2 * wordSize);
  return both.ok ? zero(sys_network_set_ipv4(process, both.value.name, both.value.ip)) : both;
};
