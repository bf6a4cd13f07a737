/**
 * What everything open has, whatever it is: modes and timeouts. They belong to the thing and not to its handles, as
 * fcntl(2) has it for O_NONBLOCK.
 */
import type { Nanos } from '../sim/time.ts';
import type { Process } from './process.ts';
import { NEVER, Until } from './wait-queue.ts';
import type { Wait, WaitQueue } from './wait-queue.ts';

export interface OpenFile {
  /** Handles that stand for it. */
  references: number;
  nonBlocking: boolean;
  /** How long a call waits before it gives up with EAGAIN; `NEVER` for ever. */
  readTimeout: Nanos;
  writeTimeout: Nanos;
}

export function createOpenFile(): OpenFile {
  return { references: 0, nonBlocking: false, readTimeout: NEVER, writeTimeout: NEVER };
}

/** What sys_poll says of something open. */
export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly error: boolean;
  readonly hangUp: boolean;
}

/** When a call that begins now gives up; at once for a non-blocking one. */
export function readDeadline(process: Process, file: OpenFile): Nanos {
  return file.nonBlocking ? process.kernel.world.now : process.kernel.world.now + file.readTimeout;
}

export function writeDeadline(process: Process, file: OpenFile): Nanos {
  return file.nonBlocking ? process.kernel.world.now : process.kernel.world.now + file.writeTimeout;
}

/** What to yield for a queue and a deadline that has not come. */
export function until(queue: WaitQueue, deadline: Nanos): Wait {
  return deadline === NEVER ? queue : new Until(queue, deadline);
}
