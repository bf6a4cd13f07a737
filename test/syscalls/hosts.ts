/**
 * Hosts for the tests of kernel and calls: two of them on one link, with nothing above the kernel. A test is a program
 * that runs on one; it may be run with the typed calls or with the numbered ones.
 */
import type { Kernel, KernelSettings, OutputStream } from '../../src/kernel/kernel.ts';
import { createKernel } from '../../src/kernel/kernel.ts';
import { startProcess } from '../../src/kernel/process.ts';
import type { Process } from '../../src/kernel/process.ts';
import type { Wait } from '../../src/kernel/wait-queue.ts';
import type { Node } from '../../src/sim/node.ts';
import { Simulator } from '../../src/sim/simulator.ts';
import type { LinkOptions } from '../../src/sim/simulator.ts';
import { SECOND } from '../../src/sim/time.ts';
import { createStack, receive, receiveCarrier } from '../../src/stack/stack.ts';
import type { Stack } from '../../src/stack/stack.ts';
import { makeSys, SystemCallError } from '../../src/syscalls/program.ts';
import type { Call, Program, Sys } from '../../src/syscalls/program.ts';
import * as Mac from '../../src/wire/mac.ts';
import * as Utf8 from '../../src/wire/utf8.ts';
import { makeNumberedSys } from './numbered-sys.ts';

/** The two forms of the calls; a test written for one `Sys` runs with both. */
export const FORMS = {
  typed: makeSys,
  numbered: makeNumberedSys,
} as const;
export type Form = keyof typeof FORMS;
export const forms = Object.keys(FORMS) as Form[];

/** Room for the longest datagram and more. */
const MEMORY_SIZE = 262_144;
/** A test that has not come to its end by then sleeps for ever. */
const PATIENCE = 1_000 * SECOND;

export interface Host {
  readonly node: Node;
  readonly stack: Stack;
  readonly kernel: Kernel;
  /** What its processes wrote, as text, by stream. */
  readonly written: Record<OutputStream, string>;
}

export interface Hosts {
  readonly simulator: Simulator;
  /** 192.0.2.1/24 on eth0; it has a second interface, eth1, without link and address. */
  readonly h1: Host;
  /** 192.0.2.2/24 on eth0. */
  readonly h2: Host;
  readonly form: Form;
}

export function createHosts(form: Form = 'typed', settings: KernelSettings = {}, link: LinkOptions = {}): Hosts {
  const simulator = new Simulator({ seed: 1 });
  const h1 = createHost(simulator, 'h1', 1, settings);
  const h2 = createHost(simulator, 'h2', 2, settings);
  simulator.connect(h1.node, 0, h2.node, 0, link);
  const hosts = { simulator, h1, h2, form };
  run(hosts, h1, function* (sys) {
    sys.sys_network_set_ipv4('eth0', '192.0.2.1');
  });
  run(hosts, h2, function* (sys) {
    sys.sys_network_set_ipv4('eth0', '192.0.2.2');
  });
  return hosts;
}

function createHost(simulator: Simulator, name: string, number: number, settings: KernelSettings): Host {
  const node = simulator.createNode(name, 3);
  simulator.connectLoopback(node, 2);
  const stack = createStack(node, name, 2, [
    { name: 'eth0', port: 0, mac: Mac.fromNumber(0x0200_0000_0000 + number) },
    { name: 'eth1', port: 1, mac: Mac.fromNumber(0x0200_0000_0100 + number) },
  ]);
  node.attach(stack, receive, receiveCarrier);
  const written = { output: '', error: '' };
  const output: Kernel['output'] = (_, stream, bytes) => {
    written[stream] += Utf8.decode(bytes, 0, bytes.length) ?? '(not UTF-8)';
  };
  const kernel = createKernel(stack, { memorySize: MEMORY_SIZE, output, ...settings }, simulator.countCall);
  return { node, stack, kernel, written };
}

/** Starts a program; it runs when the simulator does. Its exceptions are the kernel's to catch. */
export function start(hosts: Hosts, host: Host, program: Program, argv: readonly string[] = ['test']): Process {
  const started = startProcess(host.kernel, argv, (process) => program(FORMS[hosts.form](process), process.argv));
  if (!started.ok) throw new Error(started.errno);
  return started.value;
}

/** A program in a test: what it throws is the test's failure, and it may hand back a value. */
export type Scene<T> = (sys: Sys) => Generator<Wait, T, void>;

/** Runs programs side by side until all have ended, and gives what the first one returned. */
export function run<T>(hosts: Hosts, host: Host, scene: Scene<T>, ...others: [Host, Scene<unknown>][]): T {
  const failures: unknown[] = [];
  let value: T | undefined;
  const guard = (one: Scene<unknown>, keep: (result: unknown) => void): Program =>
    function* (sys) {
      try {
        keep(yield* one(sys));
      } catch (error) {
        failures.push(error);
      }
    };
  const processes = [
    start(
      hosts,
      host,
      guard(scene, (result) => (value = result as T)),
    ),
  ];
  for (const [where, one] of others)
    processes.push(
      start(
        hosts,
        where,
        guard(one, () => undefined),
      ),
    );
  const end = hosts.simulator.now + PATIENCE;
  while (failures.length === 0 && processes.some((one) => one.exitStatus === null)) {
    const next = hosts.simulator.nextEventTime();
    if (next === null || next > end) throw new Error('a program sleeps for ever');
    hosts.simulator.step();
  }
  if (failures.length > 0) throw failures[0];
  return value as T;
}

/** The errno of a call that answers at once, or 'ok'. */
export function errnoOf(call: () => unknown): string {
  try {
    call();
    return 'ok';
  } catch (error) {
    if (error instanceof SystemCallError) return error.errno;
    throw error;
  }
}

/** The errno of a call that may sleep, or 'ok'. */
export function* errnoFrom(call: Call<unknown>): Generator<Wait, string, void> {
  try {
    yield* call;
    return 'ok';
  } catch (error) {
    if (error instanceof SystemCallError) return error.errno;
    throw error;
  }
}
