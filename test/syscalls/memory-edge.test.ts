/**
 * The numbered calls at the edge of the process's memory: every pointer is checked, and where one is outside, nothing
 * has changed. Also what only bytes in memory can be: short, cut, not UTF-8.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryOf } from '../../src/kernel/memory.ts';
import { startProcess } from '../../src/kernel/process.ts';
import type { Process } from '../../src/kernel/process.ts';
import type { WordSize } from '../../src/kernel/kernel.ts';
import type { Wait } from '../../src/kernel/wait-queue.ts';
import { CALLS, syscall } from '../../src/syscalls/table.ts';
import { Control } from '../../src/syscalls/values.ts';
import { createHosts } from './hosts.ts';
import type { Hosts } from './hosts.ts';

const EFAULT = -14;
const EINVAL = -22;
const SIZE = 65_536;

type Machine = (process: Process) => Generator<Wait, void, void>;

/** Runs code that sees its own process and memory. */
function runMachine(machine: Machine, wordSize: WordSize = 8): Hosts {
  const hosts = createHosts('numbered');
  const failures: unknown[] = [];
  const started = startProcess(
    hosts.h1.kernel,
    ['machine'],
    function* (process) {
      try {
        yield* machine(process);
      } catch (error) {
        failures.push(error);
      }
    },
    { memorySize: SIZE, wordSize },
  );
  if (!started.ok) throw new Error(started.errno);
  hosts.simulator.runUntil(1e9);
  expect(failures).toEqual([]);
  expect(started.value.exitStatus).toBe(0);
  return hosts;
}

const number = (name: string): number => Number(Object.keys(CALLS).find((key) => CALLS[Number(key)]!.name === name));
const call = (process: Process, name: string, ...a: number[]): Generator<Wait, number, void> =>
  syscall(process, number(name), ...(a as []));

/** Handles as the machine below opens them. */
const UDP = 3;
const LOCAL = 4;
const PAIR = 5;
/** Good bytes in the memory below. */
const NAME = 0x100;
const ADDRESS = 0x200;
const ROOM = 0x300;
const REQUEST = 0x400;

function* prepare(process: Process): Generator<Wait, void, void> {
  const memory = memoryOf(process);
  const view = new DataView(memory.buffer);
  memory.set(new TextEncoder().encode('eth0'), NAME);
  memory.set([2, 0, 127, 0, 0, 1, 0, 7], ADDRESS);
  view.setUint32(ROOM, 108, true);
  if (process.wordSize === 8) {
    view.setBigUint64(REQUEST, BigInt(NAME), true);
    view.setBigUint64(REQUEST + 8, 4n, true);
  } else {
    view.setUint32(REQUEST, NAME, true);
    view.setUint32(REQUEST + 4, 4, true);
  }
  memory.set([192, 0, 2, 77, 255, 255, 255, 0, 192, 0, 2, 254], REQUEST + 2 * process.wordSize);
  expect(yield* call(process, 'sys_socket_create', 2, 2)).toBe(UDP);
  expect(yield* call(process, 'sys_socket_create', 1, 2)).toBe(LOCAL);
  expect(yield* call(process, 'sys_socketpair', 0x800)).toBe(0);
}

/** Every pointer of every call: the arguments with `at` in its place, and how many bytes must be there. */
const POINTERS: readonly [string, (at: number) => number[], number, WordSize?][] = [
  ['sys_socket_bind', (at) => [UDP, at, 8], 8],
  ['sys_socket_connect', (at) => [UDP, at, 8], 8],
  ['sys_socketpair', (at) => [at], 16],
  ['sys_socketpair', (at) => [at], 8, 4],
  ['sys_socket_recvfrom', (at) => [UDP, at, 100], 100],
  ['sys_socket_recvfrom', (at) => [UDP, 0, 100, at], 8],
  ['sys_socket_recvfrom', (at) => [UDP, 0, 100, 0x1000, at], 4],
  ['sys_socket_recvfrom', (at) => [UDP, 0, 100, at, ROOM], 108],
  ['sys_socket_sendto', (at) => [UDP, at, 100, ADDRESS], 100],
  ['sys_socket_sendto', (at) => [UDP, 0, 100, at], 8],
  ['sys_socket_sendto', (at) => [LOCAL, 0, 100, at, 20], 20],
  ['sys_socket_bind_interface', (at) => [UDP, at, 4], 4],
  ['sys_socket_get_local_address', (at) => [UDP, at], 8],
  ['sys_socket_get_local_address', (at) => [LOCAL, at, ROOM], 108],
  ['sys_socket_get_local_address', (at) => [UDP, 0, at], 4],
  ['sys_socket_get_peer_address', (at) => [UDP, at], 8],
  ['sys_socket_get_peer_address', (at) => [UDP, 0, at], 4],
  ['sys_network_set_ipv4', (at) => [at], 20],
  ['sys_network_set_ipv4', (at) => [at], 12, 4],
  ['sys_network_set_gateway', (at) => [at], 4],
  ['sys_network_set_dns', (at) => [at], 4],
  ['sys_network_get_dns', (at) => [at], 4],
  ['sys_network_set_netmask', (at) => [at], 4],
  ['sys_network_set_netmask', (at) => [REQUEST + 20, at, 4], 4],
  ['sys_network_list_interfaces', (at) => [at, 100], 100],
  ['sys_network_configure_ipv4', (at) => [at], 36],
  ['sys_network_configure_ipv4', (at) => [at], 28, 4],
  ['sys_network_list_interfaces_v2', (at) => [at, 2], 120],
  ['sys_network_clear_ipv4', (at) => [at, 4], 4],
  ['sys_network_list_routes', (at) => [at, 2], 104],
  ['sys_network_add_route', (at) => [at], 52],
  ['sys_network_delete_route', (at) => [at], 52],
  ['sys_network_list_neighbors', (at) => [at, 2], 88],
  ['sys_network_add_neighbor', (at) => [at], 44],
  ['sys_network_delete_neighbor', (at) => [at], 44],
  ['sys_network_add_address', (at) => [at, 4, ADDRESS + 2, 24], 4],
  ['sys_network_add_address', (at) => [NAME, 4, at, 24], 4],
  ['sys_network_delete_address', (at) => [at, 4, ADDRESS + 2], 4],
  ['sys_network_delete_address', (at) => [NAME, 4, at], 4],
  ['sys_network_list_addresses', (at) => [at, 2], 80],
  ['sys_network_set_interface', (at) => [at, 4, 0, 0], 4],
  ['sys_network_get_interface', (at) => [at, 4, 0x1000], 4],
  ['sys_network_get_interface', (at) => [NAME, 4, at], 16],
  ['sys_handle_control', (at) => [UDP, Control.SetOptions, at, 4], 4],
  ['sys_handle_control', (at) => [UDP, Control.GetOptions, at, 4], 4],
  ['sys_poll', (at) => [at, 2, 0x1000], 16],
  ['sys_poll', (at) => [0x1000, 0, at], 16],
  ['sys_stream_read', (at) => [PAIR, at, 100], 100],
  ['sys_stream_write', (at) => [PAIR, at, 100], 100],
  ['sys_stream_write', (at) => [1, at, 100], 100],
  ['sys_stream_read', (at) => [0, at, 100], 100],
  ['sys_get_random', (at) => [at, 100, 0], 100],
  ['sys_process_spawn', (at) => [at, 10], 10],
  ['sys_socket_list', (at) => [at, 1], 240],
  ['sys_hosts_lookup', (at) => [at, 4, 0x1000, 1], 4],
  ['sys_hosts_lookup', (at) => [NAME, 4, at, 2], 8],
  ['sys_host_name', (at) => [at, 10], 10],
];

describe('a pointer outside the memory', () => {
  it.each(POINTERS)('is EFAULT in %s', (name, args, length, wordSize = 8) => {
    let changed = '';
    const hosts = runMachine(function* (process) {
      yield* prepare(process);
      const memory = memoryOf(process);
      const before = memory.slice();
      const host = (): string =>
        JSON.stringify([
          process.kernel.stack.interfaces.map(({ addresses, mtu, up }) => [addresses, mtu, up]),
          process.kernel.stack.routes.routes.length,
          process.kernel.dns,
          process.handles.open.length,
        ]);
      const hostBefore = host();
      for (const at of [SIZE - length + 1, SIZE, SIZE + 1, 0xffff_ffff, 2 ** 40, 2 ** 53, 1e300, -1, 0.5, NaN]) {
        expect([at, yield* call(process, name, ...args(at))]).toEqual([at, EFAULT]);
      }
      expect(Buffer.compare(memory, before)).toBe(0);
      changed = host() === hostBefore ? '' : host();
    }, wordSize);
    expect(changed).toBe('');
    expect(hosts.h1.node.ports[0]!.framesOut).toBe(0);
  });

  it.each(POINTERS)(
    'is none in %s where the last byte is the last of the memory',
    (name, args, length, wordSize = 8) => {
      runMachine(function* (process) {
        yield* prepare(process);
        // So that nothing sleeps.
        for (const handle of [UDP, LOCAL, PAIR])
          yield* call(process, 'sys_handle_control', handle, Control.SetNonBlocking, 1);
        expect(yield* call(process, name, ...args(SIZE - length))).not.toBe(EFAULT);
      }, wordSize);
    },
  );

  it('is found in the words of a request, too', () => {
    for (const wordSize of [8, 4] as const) {
      runMachine(function* (process) {
        yield* prepare(process);
        const view = new DataView(memoryOf(process).buffer);
        expect(yield* call(process, 'sys_network_set_ipv4', REQUEST)).toBe(0);
        if (wordSize === 8) view.setBigUint64(REQUEST, 0xffff_ffff_ffff_ffffn, true);
        else view.setUint32(REQUEST, 0xffff_ffff, true);
        expect(yield* call(process, 'sys_network_set_ipv4', REQUEST)).toBe(EFAULT);
        expect(yield* call(process, 'sys_network_configure_ipv4', REQUEST)).toBe(EFAULT);
      }, wordSize);
    }
  });
});

describe('a length outside its limits', () => {
  it('is EFAULT for buffers and EINVAL for names and addresses', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      for (const length of [-1, 0.5, NaN, SIZE + 1, 2 ** 60]) {
        expect(yield* call(process, 'sys_socket_recvfrom', UDP, 0, length)).toBe(EFAULT);
        expect(yield* call(process, 'sys_socket_sendto', UDP, 0, length, ADDRESS)).toBe(EFAULT);
      }
      for (const length of [0, -1, 109, 1_000_000]) {
        expect(yield* call(process, 'sys_socket_bind', UDP, ADDRESS, length)).toBe(EINVAL);
        expect(yield* call(process, 'sys_socket_bind', LOCAL, ADDRESS, length)).toBe(EINVAL);
      }
      for (const length of [0, -1, 257]) {
        expect(yield* call(process, 'sys_network_clear_ipv4', NAME, length)).toBe(EINVAL);
      }
      // A shorter record than the 8 bytes of an Inet address.
      expect(yield* call(process, 'sys_socket_bind', UDP, ADDRESS, 7)).toBe(EINVAL);
      expect(yield* call(process, 'sys_socket_connect', UDP, ADDRESS, 4)).toBe(EINVAL);
      expect(yield* call(process, 'sys_socket_bind', UDP, ADDRESS, 8)).toBe(0);
    });
  });
});

describe('bytes that are not UTF-8', () => {
  it('are EINVAL as a name of an interface, a host, a program or a socket', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      // RFC 3629 §3 and §4: overlong, a surrogate, cut off, a lone continuation.
      for (const bad of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0x80], [0xff]]) {
        memoryOf(process).set(bad, 0x2000);
        memoryOf(process)[0x2000 + bad.length] = 0;
        expect(yield* call(process, 'sys_network_clear_ipv4', 0x2000, bad.length)).toBe(EINVAL);
        expect(yield* call(process, 'sys_network_set_netmask', REQUEST + 20, 0x2000, bad.length)).toBe(EINVAL);
        expect(yield* call(process, 'sys_hosts_lookup', 0x2000, bad.length, 0, 1)).toBe(EINVAL);
        expect(yield* call(process, 'sys_process_spawn', 0x2000, bad.length + 1)).toBe(EINVAL);
        expect(yield* call(process, 'sys_socket_bind', LOCAL, 0x2000, bad.length)).toBe(EINVAL);
        expect(yield* call(process, 'sys_socket_bind_interface', UDP, 0x2000, bad.length)).toBe(EINVAL);
      }
    });
  });
});

describe('an address in memory', () => {
  it('of a Local socket ends at its length or at a NUL; with 8 bytes its first is not 2', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      const memory = memoryOf(process);
      memory.set(new TextEncoder().encode('/run/soc\0junk'), 0x2000);
      expect(yield* call(process, 'sys_socket_bind', LOCAL, 0x2000, 8)).toBe(0);
      expect(yield* call(process, 'sys_socket_get_local_address', LOCAL, 0x3000, ROOM)).toBe(0);
      expect(new DataView(memory.buffer).getUint32(ROOM, true)).toBe(8);
      const other = yield* call(process, 'sys_socket_create', 1, 2);
      expect(yield* call(process, 'sys_socket_bind', other, 0x2000, 13)).toBe(-98);
    });
  });

  it('is cut where there is less room, and its whole length is told', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      const memory = memoryOf(process);
      const view = new DataView(memory.buffer);
      memory.set(new TextEncoder().encode('/run/socket'), 0x2000);
      expect(yield* call(process, 'sys_socket_bind', LOCAL, 0x2000, 11)).toBe(0);
      view.setUint32(ROOM, 4, true);
      memory.fill(0xa5, 0x3000, 0x3010);
      expect(yield* call(process, 'sys_socket_get_local_address', LOCAL, 0x3000, ROOM)).toBe(0);
      expect(view.getUint32(ROOM, true)).toBe(11);
      expect(new TextDecoder().decode(memory.subarray(0x3000, 0x3004))).toBe('/run');
      expect(memory[0x3004]).toBe(0xa5);
      // Without room there is EINVAL for Local, and 8 bytes for Inet.
      expect(yield* call(process, 'sys_socket_get_local_address', LOCAL, 0x3000)).toBe(EINVAL);
      expect(yield* call(process, 'sys_socket_recvfrom', LOCAL, 0, 10, 0x3000, 0)).toBe(EINVAL);
      expect(yield* call(process, 'sys_socket_get_peer_address', PAIR, 0x3000)).toBe(EINVAL);
      expect(yield* call(process, 'sys_socket_bind', UDP, ADDRESS, 8)).toBe(0);
      expect(yield* call(process, 'sys_socket_get_local_address', UDP, 0x3000)).toBe(0);
      expect([...memory.subarray(0x3000, 0x3009)]).toEqual([2, 0, 127, 0, 0, 1, 0, 7, 0xa5]);
    });
  });

  it('comes with a received datagram, as 8 bytes where nothing says how much room there is', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      const memory = memoryOf(process);
      expect(yield* call(process, 'sys_socket_bind', UDP, ADDRESS, 8)).toBe(0);
      memory.set([1, 2, 3], 0x2000);
      expect(yield* call(process, 'sys_socket_sendto', UDP, 0x2000, 3, ADDRESS, 8)).toBe(3);
      memory.fill(0xa5, 0x3000, 0x3100);
      expect(yield* call(process, 'sys_socket_recvfrom', UDP, 0x3000, 100, 0x3080)).toBe(3);
      expect([...memory.subarray(0x3000, 0x3004)]).toEqual([1, 2, 3, 0xa5]);
      expect([...memory.subarray(0x3080, 0x3089)]).toEqual([2, 0, 127, 0, 0, 1, 0, 7, 0xa5]);
    });
  });

  it('of family 0 dissolves an Inet connection, and so does no address', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      for (const unspecified of [
        [0x2000, 8],
        [0, 0],
      ] as const) {
        expect(yield* call(process, 'sys_socket_connect', UDP, ADDRESS, 8)).toBe(0);
        expect(yield* call(process, 'sys_socket_get_peer_address', UDP, 0x3000)).toBe(0);
        expect(yield* call(process, 'sys_socket_connect', UDP, ...unspecified)).toBe(0);
        expect(yield* call(process, 'sys_socket_get_peer_address', UDP, 0x3000)).toBe(-107);
      }
    });
  });
});

describe('records and names in memory', () => {
  it('come as many as there is room for', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      const memory = memoryOf(process);
      memory.fill(0xa5, 0x2000, 0x3000);
      expect(yield* call(process, 'sys_network_list_interfaces', 0x2000, 5)).toBe(5);
      expect(new TextDecoder().decode(memory.subarray(0x2000, 0x2005))).toBe('lo\net');
      expect(memory[0x2005]).toBe(0xa5);
      for (const [name, length] of [
        ['sys_network_list_interfaces_v2', 60],
        ['sys_network_list_addresses', 40],
        ['sys_network_list_routes', 52],
        ['sys_socket_list', 240],
      ] as const) {
        memory.fill(0xa5, 0x2000, 0x3000);
        expect(yield* call(process, name, 0x2000, 1)).toBe(1);
        expect(memory[0x2000 + length]).toBe(0xa5);
        expect(yield* call(process, name, 0x2000, 0)).toBe(0);
      }
      expect(yield* call(process, 'sys_host_name', 0x2000, 2)).toBe(2);
      expect(yield* call(process, 'sys_host_name', 0x2000, 1)).toBe(-36);
    });
  });

  it('of an interface lie where the interface describes them', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      const memory = memoryOf(process);
      memory.fill(0xa5, 0x2000, 0x3000);
      expect(yield* call(process, 'sys_network_set_gateway', REQUEST + 24)).toBe(0);
      expect(yield* call(process, 'sys_network_list_interfaces_v2', 0x2000, 2)).toBe(2);
      const record = memory.subarray(0x2000 + 60, 0x2000 + 120);
      expect([...record.subarray(0, 5)]).toEqual([0x65, 0x74, 0x68, 0x30, 0]);
      expect([...record.subarray(5, 32)].every((byte) => byte === 0)).toBe(true);
      expect([...record.subarray(32)]).toEqual([
        ...[192, 0, 2, 1],
        ...[255, 255, 255, 0],
        ...[192, 0, 2, 254],
        ...[2, 0, 0, 0, 0, 1],
        ...[1, 1, 1],
        ...[0, 0, 0],
        ...[0, 0, 0, 0],
      ]);
    });
  });

  it('with flags or types that there are not are EINVAL', () => {
    runMachine(function* (process) {
      yield* prepare(process);
      const memory = memoryOf(process);
      memory[REQUEST + 28] = 4;
      expect(yield* call(process, 'sys_network_configure_ipv4', REQUEST)).toBe(EINVAL);
      memory[REQUEST + 28] = 1;
      expect(yield* call(process, 'sys_network_configure_ipv4', REQUEST)).toBe(0);
      memory.fill(0, 0x2000, 0x2100);
      memory[0x2000 + 13] = 9;
      expect(yield* call(process, 'sys_network_add_route', 0x2000)).toBe(EINVAL);
      memory.set([192, 0, 2, 9, 2, 0, 0, 0, 0, 9, 3], 0x2000);
      expect(yield* call(process, 'sys_network_add_neighbor', 0x2000)).toBe(EINVAL);
      memory[0x2000 + 10] = 2;
      expect(yield* call(process, 'sys_network_add_neighbor', 0x2000)).toBe(EINVAL);
      expect(yield* call(process, 'sys_network_set_interface', NAME, 4, 3)).toBe(EINVAL);
      memory.set(new TextEncoder().encode('nap'), 0x2000);
      // The last argument's NUL is missing.
      expect(yield* call(process, 'sys_process_spawn', 0x2000, 3)).toBe(EINVAL);
      expect(yield* call(process, 'sys_process_spawn', 0x2000, 4_097)).toBe(-7);
    });
  });
});

it('any numbers at all, in any call, give a natural number or an errno, and never an exception', () => {
  const word = fc.oneof(
    fc.integer({ min: -2, max: 12 }),
    fc.integer({ min: 0, max: SIZE + 8 }),
    fc.constantFrom(NAME, ADDRESS, ROOM, REQUEST, Control.SetOptions, Control.GetPathMtu, 2 ** 32, 2 ** 53, NaN, 0.5),
  );
  const names = Object.values(CALLS)
    .map(({ name }) => name)
    .filter((name) => name !== 'sys_exit' && name !== 'sys_process_stop');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...names), word, word, word, word, word), { maxLength: 40 }),
      (all) => {
        const hosts = createHosts('numbered');
        let answers: number[] = [];
        const machine = startProcess(hosts.h1.kernel, ['machine'], function* (process) {
          yield* prepare(process);
          for (const [name, ...words] of all) {
            // What would sleep is given up.
            const step = syscall(process, number(name), ...words).next();
            if (step.done === true) answers.push(step.value);
          }
        });
        hosts.simulator.runUntil(1e9);
        expect(hosts.h1.written.error).not.toContain('machine:');
        expect(machine.ok && machine.value.exitStatus).toBe(0);
        answers = answers.filter((answer) => !(Number.isSafeInteger(answer) && answer >= -133));
        expect(answers).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});
