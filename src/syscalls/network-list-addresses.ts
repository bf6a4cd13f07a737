/**
 * All addresses of all interfaces, each interface's first one first; in memory as many as there is room for.
 *
 * EFAULT  the records are outside the process's memory
 */
import { areInside, memoryOf, writeText, writeU32LittleEndian } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { writeU32 } from '../wire/bytes.ts';
import type { NumberedCall } from './numbered.ts';
import type { AddressRecord } from './values.ts';

/** Bytes in a record, and where its fields are: address 4, prefix length u32, interface name 32. */
const RECORD_LENGTH = 40;
const ADDRESS = 0;
const PREFIX_LENGTH = 4;
const NAME = 8;
const NAME_LENGTH = 32;

export function sys_network_list_addresses(process: Process): Result<readonly AddressRecord[]> {
  return ok(listAddresses(process));
}

function listAddresses(process: Process): AddressRecord[] {
  return process.kernel.stack.interfaces.flatMap((at) =>
    at.addresses.map(({ ip, prefixLength }) => ({ interface: at.name, ip, prefixLength })),
  );
}

export const numbered: NumberedCall = (process, pointer, capacity) => {
  if (!areInside(process, pointer, capacity, RECORD_LENGTH)) return fail('EFAULT');
  const records = listAddresses(process).slice(0, capacity);
  records.forEach((record, i) => {
    const at = pointer + i * RECORD_LENGTH;
    writeU32(memoryOf(process), at + ADDRESS, record.ip);
    writeU32LittleEndian(process, at + PREFIX_LENGTH, record.prefixLength);
    writeText(process, at + NAME, NAME_LENGTH, record.interface);
  });
  return ok(records.length);
};
