/**
 * Properties of one interface that sys_network_list_interfaces_v2 has no room for.
 *
 * EFAULT  name or record are outside the process's memory
 * EINVAL  the name is empty, longer than 256 bytes, or not UTF-8
 * ENODEV  no interface has the name
 */
import { isInside, memoryOf, read_user_string, writeU32LittleEndian } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { writeU48, writeU8 } from '../wire/bytes.ts';
import { interfaceNamed } from './network-arguments.ts';
import type { NumberedCall } from './numbered.ts';
import type { InterfaceState } from './values.ts';

/** Bytes in a record, and where its fields are: index u32, MTU u32, MAC 6, up 1, carrier 1. */
const RECORD_LENGTH = 16;
const INDEX = 0;
const MTU = 4;
const MAC = 8;
const UP = 14;
const CARRIER = 15;

export function sys_network_get_interface(process: Process, name: string): Result<InterfaceState> {
  const at = interfaceNamed(process, name);
  if (!at.ok) return at;
  const { index, mac, mtu, up, port } = at.value;
  return ok({ name, index, mac, mtu, up, carrier: process.kernel.world.hasCarrier(port) });
}

/** a0, a1: the name; a2: the record. */
export const numbered: NumberedCall = (process, namePointer, nameLength, pointer) => {
  const name = read_user_string(process, namePointer, nameLength);
  if (!name.ok) return name;
  if (!isInside(process, pointer, RECORD_LENGTH)) return fail('EFAULT');
  const state = sys_network_get_interface(process, name.value);
  if (!state.ok) return state;
  const { index, mtu, mac, up, carrier } = state.value;
  const memory = memoryOf(process);
  writeU32LittleEndian(process, pointer + INDEX, index);
  writeU32LittleEndian(process, pointer + MTU, mtu);
  writeU48(memory, pointer + MAC, mac);
  writeU8(memory, pointer + UP, up ? 1 : 0);
  writeU8(memory, pointer + CARRIER, carrier ? 1 : 0);
  return ok(0);
};
