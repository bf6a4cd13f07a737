/**
 * A process: a program at work, with its handles, its memory, and in the end its exit status.
 * Its body is a generator that yields what it waits for. Here it is started, goes on when it is woken, and ends: by
 * returning, by an exception, by sys_exit, or because it was stopped.
 */
import * as Utf8 from '../wire/utf8.ts';
import { StuckError } from '../sim/simulator.ts';
import { closeAll, createHandleTable } from './handle.ts';
import type { HandleTable } from './handle.ts';
import type { Kernel, WordSize } from './kernel.ts';
import { fail, ok } from './result.ts';
import type { Result } from './result.ts';
import { fallAsleep, leaveQueues, Sleeper, Wait, wake, WaitQueue } from './wait-queue.ts';

/** Processes of one host, those included that ended and were not waited for: Linux's default pid_max. */
export const MAX_PROCESSES = 32_768;
/** What a shell shows for a program ended by SIGTERM: 128 + 15. */
export const STOPPED_STATUS = 143;

/** The body of a process. What it returns is the exit status, 0 where it returns nothing. */
export type Body = Generator<Wait, number | void, void>;
/** Makes the body of a new process. */
export type Start = (process: Process) => Body;

export interface ProcessSettings {
  readonly parent?: Process;
  /** Bytes; the kernel's default unless told. */
  readonly memorySize?: number;
  readonly wordSize?: WordSize;
}

/** One is made by `startProcess`; by itself it has no program yet, and nobody knows of it. */
export class Process extends Sleeper {
  readonly kernel: Kernel;
  readonly id: number;
  readonly argv: readonly string[];
  /** Host and program, for people who look for who keeps a run from going on. */
  readonly label: string;
  /** Who may wait for it; null when nobody does any more. */
  parent: Process | null;
  /** Those it may wait for; null until there is one. */
  children: Set<Process> | null = null;
  readonly handles: HandleTable = createHandleTable();
  /** Made when it is first used (kernel/memory.ts). */
  memory: Uint8Array | null = null;
  readonly memorySize: number;
  readonly wordSize: WordSize;
  /** Null until it has ended. */
  exitStatus: number | null = null;
  /** Wakes when it has ended. */
  readonly exited = new WaitQueue();
  body: Body | null = null;
  /** Its program is at work, and cannot be ended before it next waits. */
  running = false;
  /** The status it is to end with then: it called sys_exit, or was stopped while at work. */
  exiting: number | null = null;

  constructor(kernel: Kernel, argv: readonly string[], settings: ProcessSettings = {}) {
    super(kernel.scheduler);
    this.kernel = kernel;
    this.id = ++kernel.lastProcess;
    this.argv = argv;
    this.label = `${kernel.name} ${argv[0] ?? ''}`;
    this.parent = settings.parent ?? null;
    this.memorySize = settings.memorySize ?? kernel.memorySize;
    this.wordSize = settings.wordSize ?? kernel.wordSize;
  }

  /** Its program's: `argv[0]`. */
  get name(): string {
    return this.argv[0] ?? '';
  }

  override resume(): void {
    goOn(this);
  }
}

/**
 * Starts a process, which first runs when all that is ready at this instant has run.
 *
 * EAGAIN  the host has as many processes as it may
 */
export function startProcess(
  kernel: Kernel,
  argv: readonly string[],
  start: Start,
  settings: ProcessSettings = {},
): Result<Process> {
  kernel.processes ??= new Map();
  if (kernel.processes.size >= MAX_PROCESSES) return fail('EAGAIN');
  const process = new Process(kernel, argv, settings);
  process.body = start(process);
  kernel.processes.set(process.id, process);
  const { parent } = process;
  if (parent !== null) (parent.children ??= new Set()).add(process);
  kernel.scheduler.makeReady(process);
  return ok(process);
}

/** Runs the process until it next waits, or ends. */
function goOn(process: Process): void {
  const { body } = process;
  if (body === null) return;
  let step: IteratorResult<Wait, number | void>;
  process.running = true;
  try {
    step = body.next();
  } catch (error) {
    return endByException(process, error);
  }
  process.running = false;
  if (step.done === true) return end(process, step.value ?? 0);
  if (process.exiting !== null) return abandon(process, process.exiting);
  if (!(step.value instanceof Wait)) {
    writeError(process, 'yielded what is nothing to wait for; a call that may sleep wants yield*');
    return abandon(process, 1);
  }
  fallAsleep(process, step.value);
}

/** Ends a process wherever it sleeps; its `finally` blocks run, but may not sleep any more. */
export function stopProcess(process: Process): void {
  if (process.running) process.exiting = STOPPED_STATUS;
  else if (process.body !== null) abandon(process, STOPPED_STATUS);
}

function abandon(process: Process, status: number): void {
  leaveQueues(process);
  process.running = true;
  try {
    process.body?.return(undefined);
  } catch (error) {
    return endByException(process, error);
  }
  end(process, status);
}

function endByException(process: Process, error: unknown): void {
  if (error instanceof StuckError) throw error;
  writeError(process, error instanceof Error ? messageOf(error) : String(error));
  end(process, 1);
}

/** A failed call says all in its message; anything else is a mistake in the program, and its kind matters too. */
function messageOf(error: Error): string {
  return 'errno' in error ? error.message : `${error.name}: ${error.message}`;
}

function writeError(process: Process, text: string): void {
  process.kernel.output(process, 'error', Utf8.encode(`${process.name}: ${text}\n`));
}

/** Exit statuses are octets, as wait(2) gives them. */
function end(process: Process, status: number): void {
  const { kernel } = process;
  process.body = null;
  process.running = false;
  process.exitStatus = status & 0xff;
  closeAll(process);
  // What nobody can wait for any more is forgotten at once.
  if (process.parent === null) kernel.processes?.delete(process.id);
  if (process.children !== null) for (const child of process.children) disown(child);
  wake(process.exited);
  kernel.ended(process);
}

/** Nobody will wait for it any more. */
export function disown(process: Process): void {
  process.parent?.children?.delete(process);
  process.parent = null;
  if (process.exitStatus !== null) process.kernel.processes?.delete(process.id);
}

/** Counts a call, so that a program that does not let time pass is found out and named: StuckError. */
export function countCall(process: Process): void {
  process.kernel.countCall(process.label);
}
