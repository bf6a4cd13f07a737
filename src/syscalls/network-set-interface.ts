/**
 * Sets an interface up or down, or its MTU in octets; what is left out stays. Down: its routes and neighbours go, its
 * addresses and the sockets bound to them stay.
 *
 * EFAULT  the name is outside the process's memory
 * EINVAL  the name is empty, longer than 256 bytes, or not UTF-8; an MTU that no interface can have
 * ENODEV  no interface has the name
 */
import { read_user_string } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { setMtu, setUp } from '../stack/interface.ts';
import { interfaceNamed } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

/** a2 of the numbered form. */
const UP = 1;
const DOWN = 2;

export interface InterfaceChange {
  readonly up?: boolean;
  readonly mtu?: number;
}

export function sys_network_set_interface(process: Process, name: string, change: InterfaceChange): Result<undefined> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const { stack } = process.kernel;
  if (change.mtu !== undefined) {
    const refused = setMtu(stack, at.value, change.mtu);
    if (refused !== null) return fail(refused);
  }
  if (change.up !== undefined) setUp(stack, at.value, change.up);
  return DONE;
}

/** a0, a1: the name; a2: 1 up, 2 down, 0 as it is; a3: the MTU, 0 as it is. */
export const numbered: NumberedCall = (process, namePointer, nameLength, upOrDown, mtu) => {
  const name = read_user_string(process, namePointer, nameLength);
  if (!name.ok) return name;
  if (upOrDown !== 0 && upOrDown !== UP && upOrDown !== DOWN) return fail('EINVAL');
  const change: InterfaceChange = {
    ...(upOrDown === 0 ? {} : { up: upOrDown === UP }),
    ...(mtu === 0 ? {} : { mtu }),
  };
  return zero(sys_network_set_interface(process, name.value, change));
};
