/**
 * Starts one of the host's programs beside the caller and gives its process id; argv[0] is the program's name. The new
 * process has standard streams of its own, and inherits nothing.
 *
 * EFAULT  the arguments are outside the process's memory
 * EINVAL  no arguments, or not UTF-8
 * E2BIG   more than 4,096 bytes of them
 * ENOENT  the host has no program of that name
 * EAGAIN  the host has as many processes as it may
 */
import { isInside, memoryOf } from '../kernel/memory.ts';
import { startProcess } from '../kernel/process.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import * as Utf8 from '../wire/utf8.ts';
import type { NumberedCall } from './numbered.ts';

/** Bytes of all arguments, a NUL behind each. */
const MAX_ARGUMENTS = 4_096;

export function sys_process_spawn(process: Process, argv: readonly string[]): Result<number> {
  const [name] = argv;
  if (name === undefined) return fail('EINVAL');
  if (Utf8.encode(argv.join('\0')).length + 1 > MAX_ARGUMENTS) return fail('E2BIG');
  const start = process.kernel.programs.get(name);
  if (start === undefined) return fail('ENOENT');
  const child = startProcess(process.kernel, argv, start, { parent: process });
  return child.ok ? ok(child.value.id) : child;
}

/** a0: the arguments, each ended by a NUL; a1: the length of all of them. */
export const numbered: NumberedCall = (process, pointer, length) => {
  if (length > MAX_ARGUMENTS) return fail('E2BIG');
  if (!isInside(process, pointer, length)) return fail('EFAULT');
  const text = Utf8.decode(memoryOf(process), pointer, pointer + length);
  if (text === null || !text.endsWith('\0')) return fail('EINVAL');
  return sys_process_spawn(process, text.slice(0, -1).split('\0'));
};
