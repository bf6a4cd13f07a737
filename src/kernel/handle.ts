/**
 * A process's handles: small numbers for what it has open. Several handles may stand for one open thing
 * (sys_handle_duplicate), which closes with the last of them.
 */
import { closeInet } from './inet-socket.ts';
import type { InetSocket } from './inet-socket.ts';
import { closeLocal } from './local-socket.ts';
import type { LocalSocket } from './local-socket.ts';
import { createOpenFile } from './open-file.ts';
import type { OpenFile } from './open-file.ts';
import type { Process } from './process.ts';
import { DONE, fail, ok } from './result.ts';
import type { Result } from './result.ts';

/** Handles of one process at most: Linux's usual RLIMIT_NOFILE. */
export const MAX_HANDLES = 1_024;
/** 0, 1 and 2 are the standard streams; what a process opens comes behind them, also where it has closed those. */
const FIRST_FREE = 3;

/** Standard input is at its end from the start; what is written goes to whoever shows the host's output. */
export interface StandardStream extends OpenFile {
  readonly kind: 'standard';
  readonly stream: 'input' | 'output' | 'error';
}

export type Socket = InetSocket | LocalSocket;
export type Open = StandardStream | Socket;

export interface HandleTable {
  /** By handle; null for one that was closed. */
  readonly open: (Open | null)[];
}

export function createHandleTable(): HandleTable {
  return { open: [standard('input'), standard('output'), standard('error')] };
}

function standard(stream: StandardStream['stream']): StandardStream {
  return { kind: 'standard', stream, ...createOpenFile(), references: 1 };
}

/** EBADF: the handle is not open. */
export function fileAt(process: Process, handle: number): Result<Open> {
  const file = process.handles.open[handle];
  return file === undefined || file === null ? fail('EBADF') : ok(file);
}

/** EBADF: the handle is not open. ENOTSOCK: it is no socket. */
export function socketAt(process: Process, handle: number): Result<Socket> {
  const file = process.handles.open[handle];
  if (file === undefined || file === null) return fail('EBADF');
  return file.kind === 'standard' ? fail('ENOTSOCK') : ok(file);
}

/** Whether `count` more handles can be opened. */
export function hasFreeHandles(process: Process, count: number): boolean {
  const { open } = process.handles;
  let free = MAX_HANDLES - open.length;
  for (let i = FIRST_FREE; i < open.length && free < count; i++) if (open[i] === null) free++;
  return free >= count;
}

/** The lowest free handle for something open. EMFILE: there is none. */
export function openHandle(process: Process, file: Open): Result<number> {
  const { open } = process.handles;
  let handle = FIRST_FREE;
  while (handle < open.length && open[handle] !== null) handle++;
  if (handle >= MAX_HANDLES) return fail('EMFILE');
  file.references++;
  open[handle] = file;
  return ok(handle);
}

/** EBADF: the handle is not open. */
export function closeHandle(process: Process, handle: number): Result<undefined> {
  const file = fileAt(process, handle);
  if (!file.ok) return file;
  process.handles.open[handle] = null;
  release(process, file.value);
  return DONE;
}

/** At the end of a process. */
export function closeAll(process: Process): void {
  const { open } = process.handles;
  for (const file of open) if (file !== null) release(process, file);
  open.length = 0;
}

function release(process: Process, file: Open): void {
  if (--file.references > 0) return;
  switch (file.kind) {
    case 'standard':
      return;
    case 'inet':
      return closeInet(file);
    case 'local':
      return closeLocal(process.kernel, file);
  }
}
