/**
 * The calls on processes, each in both forms: spawn, wait, stop, exit.
 */
import { describe, expect, it } from 'vitest';
import type { Start } from '../../src/kernel/process.ts';
import { SECOND } from '../../src/sim/time.ts';
import { StuckError } from '../../src/sim/simulator.ts';
import type { Program } from '../../src/syscalls/program.ts';
import { startOf } from '../../src/syscalls/program.ts';
import { Domain, SocketType } from '../../src/syscalls/values.ts';
import { createHosts, errnoFrom, errnoOf, forms, FORMS, run, start } from './hosts.ts';

describe.each(forms)('processes, %s', (form) => {
  const programs = (table: Record<string, Program>): ReadonlyMap<string, Start> =>
    new Map(
      Object.entries(table).map(([name, program]) => [name, (process) => program(FORMS[form](process), process.argv)]),
    );

  const PROGRAMS = programs({
    *nap(sys, argv) {
      yield* sys.sys_sleep(Number(argv[1]) * SECOND);
      return Number(argv[2]);
    },
    *holder(sys) {
      sys.sys_socket_bind(sys.sys_socket_create(Domain.Inet, SocketType.Datagram), { ip: '0.0.0.0', port: 7 });
      yield* sys.sys_socket_recvfrom(3, 10);
    },
  });

  it('starts a program and waits for its exit status, once', () => {
    const hosts = createHosts(form, { programs: PROGRAMS });
    run(hosts, hosts.h1, function* (sys) {
      const id = sys.sys_process_spawn(['nap', '2', '42']);
      const quick = sys.sys_process_spawn(['nap', '1', '300']);
      expect(yield* sys.sys_process_wait(id)).toBe(42);
      expect(sys.sys_monotonic_time()).toBe(2 * SECOND);
      // It has ended long ago; an exit status has eight bits.
      expect(yield* sys.sys_process_wait(quick)).toBe(300 & 0xff);
      expect(yield* errnoFrom(sys.sys_process_wait(id))).toBe('ECHILD');
      expect(yield* errnoFrom(sys.sys_process_wait(9_999))).toBe('ECHILD');
    });
    expect(hosts.h1.kernel.processes?.size ?? 0).toBe(0);
  });

  it('starts only what there is', () => {
    const hosts = createHosts(form, { programs: PROGRAMS });
    run(hosts, hosts.h1, function* (sys) {
      expect(errnoOf(() => sys.sys_process_spawn(['no-such-program']))).toBe('ENOENT');
      expect(errnoOf(() => sys.sys_process_spawn([]))).toBe('EINVAL');
      expect(errnoOf(() => sys.sys_process_spawn(['nap', 'x'.repeat(4_092)]))).toBe('E2BIG');
      // 4 + 4,090 bytes and two NULs.
      expect(errnoOf(() => sys.sys_process_spawn(['nap', 'x'.repeat(4_091)]))).toBe('ok');
    });
  });

  it('stops a process wherever it sleeps; what it had open is closed', () => {
    const hosts = createHosts(form, { programs: PROGRAMS });
    run(hosts, hosts.h1, function* (sys) {
      const id = sys.sys_process_spawn(['holder']);
      yield* sys.sys_sleep(SECOND);
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
      expect(errnoOf(() => sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 7 }))).toBe('EADDRINUSE');
      yield* sys.sys_process_stop(id);
      expect(errnoOf(() => sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 7 }))).toBe('ok');
      // It has ended, but nobody has asked yet: as with kill(2), that is no error.
      yield* sys.sys_process_stop(id);
      expect(yield* sys.sys_process_wait(id)).toBe(143);
      expect(yield* errnoFrom(sys.sys_process_stop(id))).toBe('ESRCH');
    });
  });

  it('wakes a parent that waits for the one that is stopped', () => {
    const hosts = createHosts(form, { programs: PROGRAMS });
    let id = 0;
    run(
      hosts,
      hosts.h1,
      function* (sys) {
        id = sys.sys_process_spawn(['nap', '100', '0']);
        expect(yield* sys.sys_process_wait(id)).toBe(143);
        expect(sys.sys_monotonic_time()).toBe(SECOND);
      },
      [
        hosts.h1,
        function* (sys) {
          yield* sys.sys_sleep(SECOND);
          expect(yield* errnoFrom(sys.sys_process_wait(id))).toBe('ECHILD');
          yield* sys.sys_process_stop(id);
        },
      ],
    );
  });

  it('ends where a program exits or stops itself, and its finally blocks run', () => {
    const hosts = createHosts(form);
    const log: string[] = [];
    const exits = start(hosts, hosts.h1, function* (sys) {
      try {
        yield* sys.sys_exit(7);
        log.push('never');
      } finally {
        log.push('finally');
      }
    });
    const stops = start(hosts, hosts.h1, function* (sys) {
      yield* sys.sys_process_stop(exits.id + 1);
      log.push('never');
    });
    hosts.simulator.runUntil(SECOND);
    expect([exits.exitStatus, stops.exitStatus]).toEqual([7, 143]);
    expect(log).toEqual(['finally']);
  });

  it('forgets the children of a process that has ended', () => {
    const hosts = createHosts(form, { programs: PROGRAMS });
    const parent = start(hosts, hosts.h1, function* (sys) {
      sys.sys_process_spawn(['nap', '1', '0']);
      sys.sys_process_spawn(['nap', '5', '0']);
      yield* sys.sys_sleep(2 * SECOND);
    });
    hosts.simulator.runUntil(3 * SECOND);
    expect(parent.exitStatus).toBe(0);
    expect(hosts.h1.kernel.processes?.size ?? 0).toBe(1);
    hosts.simulator.runUntil(6 * SECOND);
    expect(hosts.h1.kernel.processes?.size ?? 0).toBe(0);
  });

  it('ends the run, and names the program, when calls do not let time pass', () => {
    const hosts = createHosts(form);
    start(
      hosts,
      hosts.h1,
      function* (sys) {
        for (;;) sys.sys_monotonic_time();
      },
      ['spinner'],
    );
    expect(() => hosts.simulator.runUntil(SECOND)).toThrow(StuckError);
    expect(() => hosts.simulator.runUntil(SECOND)).not.toThrow();
  });

  it('ends the run when two programs wake each other for ever at one instant', () => {
    const hosts = createHosts(form);
    const bounce: Program = function* (sys, argv) {
      const own = sys.sys_socket_create(Domain.Local, SocketType.Datagram);
      sys.sys_socket_bind(own, argv[0]!);
      yield* sys.sys_sleep(1);
      if (argv[0] === 'ping') yield* sys.sys_socket_sendto(own, 'x', argv[1]);
      for (;;) {
        const { data } = yield* sys.sys_socket_recvfrom(own, 10);
        yield* sys.sys_socket_sendto(own, data, argv[1]);
      }
    };
    start(hosts, hosts.h1, bounce, ['ping', 'pong']);
    start(hosts, hosts.h1, bounce, ['pong', 'ping']);
    expect(() => hosts.simulator.runUntil(SECOND)).toThrow(/a million events at 0\.000000 s.*h1 (ping|pong)/);
  });
});

it('has a limit to how many there are', () => {
  const nap = startOf(function* (sys) {
    yield* sys.sys_sleep(SECOND);
  });
  const hosts = createHosts('typed', { programs: new Map([['nap', nap]]) });
  run(hosts, hosts.h1, function* (sys) {
    let started = 0;
    while (errnoOf(() => sys.sys_process_spawn(['nap'])) === 'ok') started++;
    expect(started).toBe(32_768 - 1);
    expect(errnoOf(() => sys.sys_process_spawn(['nap']))).toBe('EAGAIN');
  });
});

it('gives a program its arguments and the typed calls', () => {
  const hosts = createHosts('typed', {
    programs: new Map([
      [
        'echo',
        startOf(function* (sys, argv) {
          yield* sys.sys_stream_write(1, argv.join(' '));
        }),
      ],
    ]),
  });
  run(hosts, hosts.h1, function* (sys) {
    expect(yield* sys.sys_process_wait(sys.sys_process_spawn(['echo', 'a', 'b']))).toBe(0);
  });
  expect(hosts.h1.written.output).toBe('echo a b');
});
