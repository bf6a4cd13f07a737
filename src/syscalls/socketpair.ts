/**
 * Makes two Local sockets that are connected to each other, as socketpair(2): streams, or what `type` says.
 *
 * EINVAL  no such type
 * EFAULT  the two words are outside the process's memory
 * EMFILE  the process has not two handles left
 */
import { hasFreeHandles, openHandle } from '../kernel/handle.ts';
import { createLocalPair } from '../kernel/local-socket.ts';
import { isInside, writeWord } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { NumberedCall } from './numbered.ts';
import { localTypeOf } from './socket-create.ts';
import { SocketType } from './values.ts';

export function sys_socketpair(process: Process, type = 0): Result<readonly [number, number]> {
  if (!Number.isInteger(type) || type < 0 || type > SocketType.SeqPacket) return fail('EINVAL');
  if (!hasFreeHandles(process, 2)) return fail('EMFILE');
  const [one, other] = createLocalPair(localTypeOf(type === 0 ? SocketType.Stream : type));
  const first = openHandle(process, one);
  if (!first.ok) return first;
  const second = openHandle(process, other);
  return second.ok ? ok([first.value, second.value]) : second;
}

/** a0: two words; a1: the type. */
export const numbered: NumberedCall = (process, pointer, type) => {
  if (!isInside(process, pointer, 2 * process.wordSize)) return fail('EFAULT');
  const pair = sys_socketpair(process, type);
  if (!pair.ok) return pair;
  writeWord(process, pointer, pair.value[0]);
  writeWord(process, pointer + process.wordSize, pair.value[1]);
  return ok(0);
};
