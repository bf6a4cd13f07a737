/**
 * One host's kernel: what its processes share. Its network stack is beside it, in src/stack.
 */
import type { World } from '../sim/world.ts';
import type { Stack } from '../stack/stack.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { LocalSocket } from './local-socket.ts';
import type { Process, Start } from './process.ts';
import { Scheduler } from './wait-queue.ts';

/** Bytes of memory a process has unless told. */
export const DEFAULT_MEMORY_SIZE = 65_536;
/** The mask of an interface that nobody gave one: /24, as in the original. */
export const DEFAULT_PREFIX_LENGTH = 24;

/** Bytes in a machine word: the 64-bit ABI or the 32-bit one. */
export type WordSize = 8 | 4;

/** Which of a process's standard streams wrote. */
export type OutputStream = 'output' | 'error';

export interface Kernel {
  readonly stack: Stack;
  readonly world: World;
  /** The host's name. */
  readonly name: string;
  readonly scheduler: Scheduler;
  /** Those that run, and those that have ended but whose parent has not asked yet. By id; null until the first. */
  processes: Map<number, Process> | null;
  /** The id that was given last; they are not used again. */
  lastProcess: number;
  /** What sys_process_spawn can start. */
  readonly programs: ReadonlyMap<string, Start>;
  /** What nodes and their interfaces are called here, as /etc/hosts. */
  readonly hosts: Hosts;
  /** Bound Local sockets by name; an abstract name starts with NUL. Null until the first is bound. */
  localNames: Map<string, LocalSocket> | null;
  /** The server that the resolver asks; null for none. */
  dns: Ip4 | null;
  /** Bits in the mask of interfaces that have none of their own (`Interface.ownPrefixLength`). */
  defaultPrefixLength: number;
  readonly memorySize: number;
  readonly wordSize: WordSize;
  /** A process wrote to one of its standard streams. The bytes are the receiver's to keep. */
  readonly output: (process: Process, stream: OutputStream, bytes: Uint8Array) => void;
  /** A process has ended; its exit status is set. */
  readonly ended: (process: Process) => void;
  /** Counts a call of a program; throws StuckError when there is no end to them at one instant. */
  readonly countCall: (who: string) => void;
}

/** Addresses by name. */
export type Hosts = Pick<ReadonlyMap<string, readonly Ip4[]>, 'get'>;

export interface KernelSettings {
  readonly programs?: ReadonlyMap<string, Start>;
  readonly hosts?: Hosts;
  readonly memorySize?: number;
  readonly wordSize?: WordSize;
  readonly output?: Kernel['output'];
  readonly ended?: Kernel['ended'];
}

const NO_PROGRAMS: ReadonlyMap<string, Start> = new Map();
const NO_HOSTS: Hosts = new Map();

function ignore(): void {
  // Nobody wants to know.
}

/** `countCall` is the simulator's. */
export function createKernel(
  stack: Stack,
  settings: KernelSettings = {},
  countCall: Kernel['countCall'] = ignore,
): Kernel {
  return {
    stack,
    world: stack.world,
    name: stack.name,
    scheduler: new Scheduler(stack.world, stack),
    processes: null,
    lastProcess: 0,
    programs: settings.programs ?? NO_PROGRAMS,
    hosts: settings.hosts ?? NO_HOSTS,
    localNames: null,
    dns: null,
    defaultPrefixLength: DEFAULT_PREFIX_LENGTH,
    memorySize: settings.memorySize ?? DEFAULT_MEMORY_SIZE,
    wordSize: settings.wordSize ?? 8,
    output: settings.output ?? ignore,
    ended: settings.ended ?? ignore,
    countCall,
  };
}
