/**
 * A neighbour as a record in memory, 44 bytes: address 4, MAC 6, state 1, reserved 1, interface name 32. States are
 * Linux's NUD_*.
 */
import { isInside, memoryOf, readText, writeText } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { NeighborState } from '../stack/neighbors.ts';
import { readU32, readU48, readU8, writeU32, writeU48, writeU8 } from '../wire/bytes.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import type { NeighborRecord } from './values.ts';

export const RECORD_LENGTH = 44;
const ADDRESS = 0;
const MAC = 4;
const STATE = 10;
const RESERVED = 11;
const NAME = 12;
const NAME_LENGTH = 32;

const STATES: Readonly<Record<NeighborState, number>> = {
  incomplete: 0x01,
  reachable: 0x02,
  stale: 0x04,
  delay: 0x08,
  probe: 0x10,
  failed: 0x20,
  permanent: 0x80,
};

export function writeNeighbor(process: Process, at: number, neighbor: NeighborRecord): void {
  const memory = memoryOf(process);
  writeU32(memory, at + ADDRESS, neighbor.ip);
  writeU48(memory, at + MAC, neighbor.mac);
  writeU8(memory, at + STATE, STATES[neighbor.state]);
  writeU8(memory, at + RESERVED, 0);
  writeText(process, at + NAME, NAME_LENGTH, neighbor.interface);
}

/** EFAULT: outside the memory. EINVAL: no such state, or a name that is not UTF-8. A state of 0 is permanent. */
export function readNeighbor(process: Process, at: number): Result<NeighborRecord> {
  if (!isInside(process, at, RECORD_LENGTH)) return fail('EFAULT');
  const memory = memoryOf(process);
  const number = readU8(memory, at + STATE) || STATES.permanent;
  const state = (Object.keys(STATES) as NeighborState[]).find((name) => STATES[name] === number);
  const name = readText(process, at + NAME, NAME_LENGTH);
  if (state === undefined || name === null) return fail('EINVAL');
  const ip = readU32(memory, at + ADDRESS) as Ip4;
  return ok({ ip, mac: readU48(memory, at + MAC) as Mac, state, interface: name });
}
