/**
 * Waits until one of several handles is ready, as poll(2). Asked for are `Poll.In` (something can be read, accepted, or
 * is at its end) and `Poll.Out` (something can be written); `Error`, `HangUp` and `NotOpen` come unasked. An entry with
 * handle -1 (in memory 0xffffffff) is passed over.
 *
 * With `timeout` 0 it looks once; without it, or with a negative one, it waits for ever. Where it has to wait it waits
 * at least `minimum`, so that one waking collects what comes in that time, but never beyond the timeout.
 *
 * EINVAL  more entries than a process has handles, or times that are none
 * EFAULT  entries or times are outside the process's memory
 */
import { MAX_HANDLES } from '../kernel/handle.ts';
import type { Open } from '../kernel/handle.ts';
import type { Readiness } from '../kernel/open-file.ts';
import { pollInet } from '../kernel/inet-socket.ts';
import { pollLocal, pollQueues } from '../kernel/local-socket.ts';
import {
  areInside,
  isInside,
  readI64LittleEndian,
  readU16LittleEndian,
  readU32LittleEndian,
  readU64LittleEndian,
  writeU16LittleEndian,
} from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import { AnyOf, NEVER, Until } from '../kernel/wait-queue.ts';
import type { Sleeping, WaitQueue } from '../kernel/wait-queue.ts';
import type { Nanos } from '../sim/time.ts';
import type { NumberedCall } from './numbered.ts';
import { Poll } from './values.ts';
import type { PollEntry, PollResult, PollTimes } from './values.ts';

/** Bytes in an entry in memory, {handle u32, events u16, revents u16}, and in {timeout i64, minimum u64}. */
const ENTRY_LENGTH = 8;
const EVENTS = 4;
const REVENTS = 6;
const TIMES_LENGTH = 16;
const MINIMUM = 8;
/** -1, as a u32. */
const NO_HANDLE = 0xffff_ffff;

export function* sys_poll(
  process: Process,
  entries: readonly PollEntry[],
  times: PollTimes = {},
): Sleeping<readonly PollResult[]> {
  if (entries.length > MAX_HANDLES) return fail('EINVAL');
  const { timeout = NEVER, minimum = 0 } = times;
  if (Number.isNaN(timeout) || !(minimum >= 0)) return fail('EINVAL');
  const { world } = process.kernel;
  const deadline = timeout < 0 ? NEVER : instant(world.now + Math.ceil(timeout));
  const earliest = Math.min(deadline, instant(world.now + Math.ceil(minimum)));
  for (;;) {
    const ready = look(process, entries);
    if (ready.length > 0 || world.now >= deadline) return ok(ready);
    if (world.now < earliest) yield new Until(null, earliest);
    else yield new AnyOf(queuesOf(process, entries), deadline);
  }
}

/** Virtual time ends at 2^53 ns: what is later never comes. */
function instant(time: Nanos): Nanos {
  return time > Number.MAX_SAFE_INTEGER ? NEVER : time;
}

function look(process: Process, entries: readonly PollEntry[]): PollResult[] {
  const ready: PollResult[] = [];
  for (const { handle, events } of entries) {
    const revents = lookAt(process, handle, events);
    if (revents !== 0) ready.push({ handle, revents });
  }
  return ready;
}

function lookAt(process: Process, handle: number, events: number): number {
  if (handle === -1) return 0;
  const file = process.handles.open[handle];
  if (file === undefined || file === null) return Poll.NotOpen;
  const { readable, writable, error, hangUp } = readinessOf(file);
  const asked = (readable ? Poll.In : 0) | (writable ? Poll.Out : 0);
  return (asked & events) | (error ? Poll.Error : 0) | (hangUp ? Poll.HangUp : 0);
}

function readinessOf(file: Open): Readiness {
  switch (file.kind) {
    case 'inet':
      return pollInet(file);
    case 'local':
      return pollLocal(file);
    case 'standard':
      // Input is at its end, and output never full.
      return { readable: file.stream === 'input', writable: file.stream !== 'input', error: false, hangUp: false };
  }
}

function queuesOf(process: Process, entries: readonly PollEntry[]): WaitQueue[] {
  const queues = new Set<WaitQueue>();
  for (const { handle } of entries) {
    const file = process.handles.open[handle];
    if (file === undefined || file === null || file.kind === 'standard') continue;
    const own = file.kind === 'local' ? pollQueues(file) : [file.readable, file.writable];
    for (const queue of own) queues.add(queue);
  }
  return [...queues];
}

/** a0: the entries; a1: how many; a2: {timeout ns i64, minimum ns u64}, or 0 to wait for ever. */
export const numbered: NumberedCall = function* (process, pointer, count, timesPointer) {
  if (count > MAX_HANDLES) return fail('EINVAL');
  if (!areInside(process, pointer, count, ENTRY_LENGTH)) return fail('EFAULT');
  if (timesPointer !== 0 && !isInside(process, timesPointer, TIMES_LENGTH)) return fail('EFAULT');
  const entries: PollEntry[] = [];
  for (let i = 0; i < count; i++) {
    const at = pointer + i * ENTRY_LENGTH;
    const handle = readU32LittleEndian(process, at);
    entries.push({ handle: handle === NO_HANDLE ? -1 : handle, events: readU16LittleEndian(process, at + EVENTS) });
  }
  const times =
    timesPointer === 0
      ? {}
      : {
          timeout: readI64LittleEndian(process, timesPointer),
          minimum: readU64LittleEndian(process, timesPointer + MINIMUM),
        };
  const waited = yield* sys_poll(process, entries, times);
  if (!waited.ok) return waited;
  // Once more, entry by entry: the same answers, and what is not ready gets its 0.
  entries.forEach(({ handle, events }, i) => {
    writeU16LittleEndian(process, pointer + i * ENTRY_LENGTH + REVENTS, lookAt(process, handle, events));
  });
  return ok(waited.value.length);
};
