/**
 * The host's interfaces with address, mask, gateway and MAC, lo first; in memory as many as there is room for.
 *
 * EFAULT  the records are outside the process's memory
 */
import { areInside, memoryOf, writeText, writeU32LittleEndian } from '../kernel/memory.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { Interface } from '../stack/interface.ts';
import { routesTo } from '../stack/routes.ts';
import { writeU32, writeU48, writeU8 } from '../wire/bytes.ts';
import * as Ip from '../wire/ip4.ts';
import type { NumberedCall } from './numbered.ts';
import type { InterfaceRecord } from './values.ts';

/** Bytes in a record, and where its fields are. */
export const RECORD_LENGTH = 60;
const NAME_LENGTH = 32;
const ADDRESS = 32;
const NETMASK = 36;
const GATEWAY = 40;
const MAC = 44;
const ADDRESS_SET = 50;
const GATEWAY_SET = 51;
const IS_DEFAULT = 52;
const RESERVED = 53;
const METRIC = 56;

export function sys_network_list_interfaces_v2(process: Process): Result<readonly InterfaceRecord[]> {
  return ok(process.kernel.stack.interfaces.map((at) => recordOf(process.kernel, at)));
}

function recordOf(kernel: Kernel, at: Interface): InterfaceRecord {
  const first = at.addresses[0];
  // The table is in the order in which it is asked, so the first default route is the one in use.
  const defaults = routesTo(kernel.stack, Ip.ANY, 0).filter(({ type }) => type === 'unicast');
  const own = defaults.find((route) => route.interface === at);
  const gateway = own === undefined || own.gateway === Ip.ANY ? at.notedGateway : own.gateway;
  return {
    name: at.name,
    address: first === undefined ? null : first.ip,
    netmask: first === undefined ? null : Ip.maskOf(first.prefixLength),
    gateway,
    mac: at.mac,
    isDefault: own !== undefined && defaults[0] === own,
    metric: own?.metric ?? 0,
  };
}

export const numbered: NumberedCall = (process, pointer, capacity) => {
  if (!areInside(process, pointer, capacity, RECORD_LENGTH)) return fail('EFAULT');
  const { kernel } = process;
  const count = Math.min(capacity, kernel.stack.interfaces.length);
  for (let i = 0; i < count; i++) {
    writeRecord(process, pointer + i * RECORD_LENGTH, recordOf(kernel, kernel.stack.interfaces[i]!));
  }
  return ok(count);
};

function writeRecord(process: Process, at: number, record: InterfaceRecord): void {
  const memory = memoryOf(process);
  writeText(process, at, NAME_LENGTH, record.name);
  writeU32(memory, at + ADDRESS, record.address ?? 0);
  writeU32(memory, at + NETMASK, record.netmask ?? 0);
  writeU32(memory, at + GATEWAY, record.gateway ?? 0);
  writeU48(memory, at + MAC, record.mac);
  writeU8(memory, at + ADDRESS_SET, record.address === null ? 0 : 1);
  writeU8(memory, at + GATEWAY_SET, record.gateway === null ? 0 : 1);
  writeU8(memory, at + IS_DEFAULT, record.isDefault ? 1 : 0);
  memory.fill(0, at + RESERVED, at + METRIC);
  writeU32LittleEndian(process, at + METRIC, record.metric);
}
