/**
 * Random bytes from the host's own stream of chance, as getrandom(2). The flags ask where Linux takes them from, and
 * mean nothing here.
 *
 * EFAULT  the buffer is outside the process's memory
 * EINVAL  unknown flags, or a length that is none or beyond 32 MiB
 */
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { writeU8 } from '../wire/bytes.ts';
import type { NumberedCall } from './numbered.ts';

/** GRND_NONBLOCK, GRND_RANDOM and GRND_INSECURE. */
const ALL_FLAGS = 7;
const MAX_LENGTH = 33_554_432;

export function sys_get_random(process: Process, length: number, flags = 0): Result<Uint8Array> {
  if (!Number.isInteger(length) || length < 0 || length > MAX_LENGTH || !areFlags(flags)) return fail('EINVAL');
  const bytes = new Uint8Array(length);
  fill(process, bytes, 0, length);
  return ok(bytes);
}

export const numbered: NumberedCall = (process, buffer, length, flags) => {
  if (!areFlags(flags)) return fail('EINVAL');
  if (!isInside(process, buffer, length)) return fail('EFAULT');
  fill(process, memoryOf(process), buffer, length);
  return ok(length);
};

function areFlags(flags: number): boolean {
  return Number.isInteger(flags) && flags >= 0 && flags <= ALL_FLAGS;
}

function fill(process: Process, bytes: Uint8Array, at: number, length: number): void {
  const { world } = process.kernel;
  for (let i = at; i < at + length; i++) writeU8(bytes, i, Math.floor(world.random() * 256));
}
