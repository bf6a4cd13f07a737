/**
 * The numbered calls given anything at all: any number, any words, any memory, from several processes at once on two
 * hosts that share a link. Each answer is a natural number or an errno; nothing throws, and no frame is lost count of.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ERRNO } from '../../src/kernel/errno.ts';
import { memoryOf } from '../../src/kernel/memory.ts';
import { startProcess, stopProcess } from '../../src/kernel/process.ts';
import type { Process, Start } from '../../src/kernel/process.ts';
import { SECOND } from '../../src/sim/time.ts';
import { walk } from '../../src/stack/neighbors.ts';
import { CALLS, syscall } from '../../src/syscalls/table.ts';
import { Control } from '../../src/syscalls/values.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { createHosts } from '../syscalls/hosts.ts';
import type { Hosts } from '../syscalls/hosts.ts';

const SIZE = 4_096;
const ERRNO_NUMBERS = new Set(Object.values(ERRNO).map(({ number }) => -number));

/** What a good call finds in the memory, and where. */
const SELF = 0x10;
const PEER = 0x18;
const LOOPBACK = 0x20;
const BROADCAST = 0x28;
const NOBODY = 0x30;
const ETH0 = 0x40;
const CHILD = 0x48;
const PATH = 0x50;
const ROOM = 0x60;
const REQUEST = 0x70;
const ROUTE = 0xa0;
const NEIGHBOR = 0xe0;
const ENTRY = 0x110;
const TIMES = 0x120;
const DATAGRAM = 0x140;
const FREE = 0x800;
const encoder = new TextEncoder();
const GOOD: readonly (readonly [number, ArrayLike<number>])[] = [
  [SELF, [2, 0, 192, 0, 2, 1, 0, 7]],
  [PEER, [2, 0, 192, 0, 2, 2, 0, 7]],
  [LOOPBACK, [2, 0, 127, 0, 0, 1, 0, 7]],
  [BROADCAST, [2, 0, 192, 0, 2, 255, 0, 7]],
  [NOBODY, [2, 0, 0, 0, 0, 0, 0, 0]],
  [ETH0, encoder.encode('eth0')],
  [CHILD, encoder.encode('child\0')],
  [PATH, encoder.encode('/run/socket')],
  [ROOM, [108, 0, 0, 0]],
  // Pointer and length of the name, address, mask, gateway.
  [REQUEST, [ETH0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 9, 255, 255, 255, 0, 192, 0, 2, 254, 1]],
  // 203.0.113.0 by 192.0.2.254, source, then /24, unicast, padding, metric, name.
  [ROUTE, [203, 0, 113, 0, 192, 0, 2, 254, 0, 0, 0, 0, 24, 1]],
  // 192.0.2.7, 02:00:00:00:00:07, permanent, padding, name.
  [NEIGHBOR, [192, 0, 2, 7, 2, 0, 0, 0, 0, 7, 128, 0, ...encoder.encode('eth0')]],
  // Handle 3, for reading and writing; at once.
  [ENTRY, [3, 0, 0, 0, 5, 0, 0, 0]],
  [TIMES, new Uint8Array(16)],
  // An echo request behind an IP header, for raw sockets.
  [DATAGRAM, [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2, 8, 0, 0xf7, 0xfd, 0, 1, 0, 1]],
];

/** Calls that may succeed; -1 stands for some handle. */
const HANDLE = -1;
const TEMPLATES: readonly (readonly [string, ...number[]])[] = [
  ...[
    [2, 2],
    [2, 4, 1],
    [2, 4, 17],
    [1, 2],
    [1, 1],
    [1, 4],
  ].flatMap((words) => [0, 1].map(() => ['sys_socket_create', ...words] as const)),
  ['sys_socketpair', FREE, 2],
  ['sys_socketpair', FREE],
  ...[SELF, LOOPBACK, BROADCAST, NOBODY].map((at) => ['sys_socket_bind', HANDLE, at, 8] as const),
  ['sys_socket_bind', HANDLE, PATH, 11],
  ['sys_socket_listen', HANDLE, 4],
  ...[PEER, LOOPBACK, BROADCAST, NOBODY].map((at) => ['sys_socket_connect', HANDLE, at, 8] as const),
  ['sys_socket_connect', HANDLE, PATH, 11],
  ['sys_socket_accept', HANDLE],
  ['sys_socket_shutdown', HANDLE, 2],
  ['sys_socket_recvfrom', HANDLE, FREE, 1_500, FREE + 0x700, ROOM],
  ...[PEER, LOOPBACK, BROADCAST, NOBODY].map((at) => ['sys_socket_sendto', HANDLE, DATAGRAM, 28, at, 8] as const),
  ['sys_socket_sendto', HANDLE, FREE, 1_800, PEER, 8],
  ['sys_socket_sendto', HANDLE, FREE, 100],
  ['sys_socket_sendto', HANDLE, FREE, 100, PATH, 11],
  ['sys_socket_bind_interface', HANDLE, ETH0, 4],
  ['sys_socket_get_local_address', HANDLE, FREE, ROOM],
  ['sys_socket_get_peer_address', HANDLE, FREE, ROOM],
  ...Object.values(Control).flatMap((command) => [
    ['sys_handle_control', HANDLE, command, 1] as const,
    ['sys_handle_control', HANDLE, command, FREE, 4] as const,
  ]),
  ['sys_handle_close', HANDLE],
  ['sys_handle_duplicate', HANDLE],
  ['sys_stream_read', HANDLE, FREE, 100],
  ['sys_stream_write', HANDLE, FREE, 100],
  ['sys_poll', ENTRY, 1, TIMES],
  ['sys_poll', ENTRY, 1],
  ['sys_sleep', 1_000_000],
  ['sys_get_random', FREE, 100, 0],
  ['sys_monotonic_time'],
  ['sys_network_set_ipv4', REQUEST],
  ['sys_network_configure_ipv4', REQUEST],
  ['sys_network_set_gateway', PEER + 2],
  ['sys_network_set_dns', PEER + 2],
  ['sys_network_get_dns', FREE],
  ['sys_network_set_netmask', REQUEST + 20],
  ['sys_network_set_netmask', REQUEST + 20, ETH0, 4],
  ['sys_network_list_interfaces', FREE, 100],
  ['sys_network_list_interfaces_v2', FREE, 3],
  ['sys_network_clear_ipv4', ETH0, 4],
  ['sys_network_list_routes', FREE, 10],
  ['sys_network_add_route', ROUTE],
  ['sys_network_delete_route', ROUTE],
  ['sys_network_list_neighbors', FREE, 10],
  ['sys_network_add_neighbor', NEIGHBOR],
  ['sys_network_delete_neighbor', NEIGHBOR],
  ['sys_network_add_address', ETH0, 4, NEIGHBOR, 24],
  ['sys_network_delete_address', ETH0, 4, NEIGHBOR],
  ['sys_network_list_addresses', FREE, 10],
  ['sys_network_set_interface', ETH0, 4, 1, 1_400],
  ['sys_network_set_interface', ETH0, 4, 2, 68],
  ['sys_network_get_interface', ETH0, 4, FREE],
  ['sys_process_spawn', CHILD, 6],
  ['sys_process_wait', 3],
  ['sys_process_stop', 3],
  ['sys_socket_list', FREE, 4],
  ['sys_hosts_lookup', ETH0, 4, FREE, 4],
  ['sys_host_name', FREE, 100],
  ['sys_exit', 1],
];

/** What some programs begin with: handles 3 to 8 of every kind of socket. */
const OPENING: readonly (readonly [string, ...number[]])[] = [
  ['sys_socket_create', 2, 2],
  ['sys_socket_create', 2, 4, 1],
  ['sys_socket_create', 1, 2],
  ['sys_socket_create', 1, 1],
  ['sys_socket_create', 1, 4],
  ['sys_socket_create', 2, 4, 17],
  ['sys_socket_bind', 6, PATH, 11],
  ['sys_socket_listen', 6, 4],
];

const word = fc.oneof(
  fc.integer({ min: 0, max: 8 }),
  fc.constantFrom(...GOOD.map(([at]) => at)),
  fc.integer({ min: 0, max: SIZE + 8 }),
  fc.constantFrom(-1, 0.5, NaN, Infinity, 0x800, 65_535, 2 ** 31, 2 ** 32, 2 ** 53, 1e300),
  fc.double(),
);
const handle = fc.integer({ min: 0, max: 9 });
/** A good call, some of whose words are replaced. */
const good = fc
  .tuple(fc.constantFrom(...TEMPLATES), handle, fc.array(fc.tuple(fc.nat(5), word), { maxLength: 2 }), fc.nat(2))
  .map(([[name, ...words], one, changes, luck]) => {
    const given = words.map((word) => (word === HANDLE ? one : word));
    if (luck === 0) for (const [place, value] of changes) given[place] = value;
    return { number: numberOf(name), words: Array.from(given, (word) => word ?? 0) };
  });
const anything = fc.record({
  number: fc.oneof(fc.integer({ min: -2, max: 1_100 }), fc.double()),
  words: fc.array(word, { maxLength: 6 }),
});
const call = fc.record({
  call: fc.oneof({ weight: 20, arbitrary: good }, { weight: 1, arbitrary: anything }),
  /** Waits where the call does; else it is given up there, as by a signal. */
  isPatient: fc.boolean(),
});
const program = fc.record({
  host: fc.constantFrom('h1' as const, 'h2' as const),
  wordSize: fc.constantFrom(4 as const, 8 as const),
  isOpen: fc.boolean(),
  noise: fc.uint8Array({ maxLength: 512 }),
  calls: fc.array(call, { maxLength: 100, size: 'max' }),
});

function numberOf(name: string): number {
  return Number(Object.keys(CALLS).find((key) => CALLS[Number(key)]!.name === name));
}

interface Machine {
  readonly isOpen: boolean;
  readonly noise: Uint8Array;
  readonly calls: readonly { call: { number: number; words: readonly number[] }; isPatient: boolean }[];
}

/** Makes the calls one after another, and notes each answer. */
function bodyOf({ isOpen, noise, calls }: Machine, answers: number[]): Start {
  return function* (process: Process) {
    const memory = memoryOf(process);
    memory.set(noise, FREE);
    for (const [at, bytes] of GOOD) memory.set(bytes, at);
    if (isOpen) for (const [name, ...words] of OPENING) yield* syscall(process, numberOf(name), ...(words as []));
    for (const { call, isPatient } of calls) {
      const running = syscall(process, call.number, ...(call.words as []));
      if (isPatient) answers.push(yield* running);
      else {
        const step = running.next();
        if (step.done === true) answers.push(step.value);
        else running.return(0);
      }
    }
  };
}

/** Frames that are on the link and in the two hosts, of which no socket is open any more. */
function framesInside({ simulator, h1, h2 }: Hosts): number {
  let frames = simulator.framesOnLinks;
  for (const { stack } of [h1, h2]) {
    for (const at of stack.interfaces) for (const { queue } of walk(at)) frames += queue.length;
    for (const head of stack.reassembly.datagrams?.values() ?? []) {
      for (let piece: typeof head | null = head; piece !== null; piece = piece.next) frames += piece.pieces.length;
    }
  }
  return frames;
}

it('answers with a natural number or an errno, whatever it is asked', () => {
  fc.assert(
    fc.property(fc.array(program, { minLength: 1, maxLength: 3 }), (programs) => {
      const child: Start = function* (process) {
        yield* syscall(process, 20, SECOND);
      };
      const hosts = createHosts('numbered', {
        hosts: new Map([['eth0', [Ip.LOOPBACK]]]),
        programs: new Map([['child', child]]),
      });
      const answers: number[] = [];
      for (const one of programs) {
        const settings = { memorySize: SIZE, wordSize: one.wordSize };
        expect(startProcess(hosts[one.host].kernel, ['machine'], bodyOf(one, answers), settings).ok).toBe(true);
      }
      hosts.simulator.runUntil(100 * SECOND);

      for (const { kernel } of [hosts.h1, hosts.h2])
        for (const one of [...(kernel.processes?.values() ?? [])]) stopProcess(one);
      // An exception in a body is what its kernel writes about; the calls throw none.
      for (const { written } of [hosts.h1, hosts.h2]) expect(written.error).not.toMatch(/machine: \w*Error/);
      const wrong = answers.filter((one) => !(Number.isSafeInteger(one) && (one >= 0 || ERRNO_NUMBERS.has(one))));
      expect(wrong).toEqual([]);
      expect(hosts.simulator.pool.waiting).toBe(framesInside(hosts));
    }),
    { numRuns: 600 },
  );
});
