/**
 * The calls on handles, streams, time and chance, each in both forms.
 */
import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';
import type { Sys } from '../../src/syscalls/program.ts';
import { Control, Domain, Poll, Protocol, Shutdown, SocketType, Standard } from '../../src/syscalls/values.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { createHosts, errnoFrom, errnoOf, forms, run, start } from './hosts.ts';
import type { Scene } from './hosts.ts';

const datagramSocket = (sys: Sys): number => sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

describe.each(forms)('handles and streams, %s', (form) => {
  const scene = (one: Scene<void>): void => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, one);
  };

  it('are numbered from 3, the lowest free one first', () => {
    scene(function* (sys) {
      expect([datagramSocket(sys), datagramSocket(sys), datagramSocket(sys)]).toEqual([3, 4, 5]);
      sys.sys_handle_close(4);
      sys.sys_handle_close(Standard.Output);
      expect(datagramSocket(sys)).toBe(4);
      expect(datagramSocket(sys)).toBe(6);
      for (const handle of [Standard.Output, 7, -1, 1.5]) {
        expect(errnoOf(() => sys.sys_handle_close(handle))).toBe('EBADF');
        expect(errnoOf(() => sys.sys_handle_duplicate(handle))).toBe('EBADF');
        expect(errnoOf(() => sys.sys_handle_control(handle, Control.GetNonBlocking))).toBe('EBADF');
        expect(yield* errnoFrom(sys.sys_stream_read(handle, 1))).toBe('EBADF');
        expect(yield* errnoFrom(sys.sys_stream_write(handle, 'x'))).toBe('EBADF');
      }
    });
  });

  it('are 1,024 at most', () => {
    scene(function* (sys) {
      const server = sys.sys_socket_create(Domain.Local, SocketType.Stream);
      sys.sys_socket_bind(server, '/run/server');
      sys.sys_socket_listen(server, 1);
      const client = sys.sys_socket_create(Domain.Local, SocketType.Stream);
      yield* sys.sys_socket_connect(client, '/run/server');
      while (errnoOf(() => sys.sys_handle_duplicate(server)) === 'ok');
      expect(errnoOf(() => sys.sys_handle_duplicate(server))).toBe('EMFILE');
      expect(errnoOf(() => datagramSocket(sys))).toBe('EMFILE');
      expect(errnoOf(() => sys.sys_socketpair())).toBe('EMFILE');
      expect(yield* errnoFrom(sys.sys_socket_accept(server))).toBe('EMFILE');
      sys.sys_handle_close(1_023);
      expect(errnoOf(() => sys.sys_socketpair())).toBe('EMFILE');
      // The connection has waited.
      expect(yield* sys.sys_socket_accept(server)).toBe(1_023);
    });
  });

  it('share what they stand for when they are duplicates', () => {
    scene(function* (sys) {
      const [a, b] = sys.sys_socketpair();
      const copy = sys.sys_handle_duplicate(a);
      sys.sys_handle_control(copy, Control.SetNonBlocking, 1);
      expect(sys.sys_handle_control(a, Control.GetNonBlocking)).toBe(1);
      sys.sys_handle_close(a);
      yield* sys.sys_stream_write(copy, 'x');
      expect(text(yield* sys.sys_stream_read(b, 10))).toBe('x');
      sys.sys_handle_close(copy);
      expect((yield* sys.sys_stream_read(b, 10)).length).toBe(0);
    });
  });

  it('have standard streams: input at its end, output and error to whoever shows them', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      expect((yield* sys.sys_stream_read(Standard.Input, 10)).length).toBe(0);
      expect(yield* sys.sys_stream_write(Standard.Output, 'grüß\n')).toBe(7);
      expect(yield* sys.sys_stream_write(Standard.Error, 'oh\n')).toBe(3);
      expect(yield* errnoFrom(sys.sys_stream_read(Standard.Output, 1))).toBe('EBADF');
      expect(yield* errnoFrom(sys.sys_stream_write(Standard.Input, 'x'))).toBe('EBADF');
    });
    expect(hosts.h1.written).toEqual({ output: 'grüß\n', error: 'oh\n' });
  });

  it('refuse sizes that are none', () => {
    scene(function* (sys) {
      if (form === 'numbered') return; // There it is a buffer outside the memory.
      const socket = datagramSocket(sys);
      for (const size of [-1, 1.5, NaN]) {
        expect(yield* errnoFrom(sys.sys_socket_recvfrom(socket, size))).toBe('EINVAL');
        expect(yield* errnoFrom(sys.sys_stream_read(socket, size))).toBe('EINVAL');
        expect(errnoOf(() => sys.sys_get_random(size))).toBe('EINVAL');
      }
    });
  });

  describe('control', () => {
    it('sets and gets modes and timeouts of anything', () => {
      scene(function* (sys) {
        const [local] = sys.sys_socketpair();
        for (const handle of [Standard.Output, datagramSocket(sys), local]) {
          const set = (command: number, value: number): string =>
            errnoOf(() => sys.sys_handle_control(handle, command, value));
          expect(sys.sys_handle_control(handle, Control.GetNonBlocking)).toBe(0);
          expect(sys.sys_handle_control(handle, Control.SetNonBlocking, 1)).toBe(0);
          expect(sys.sys_handle_control(handle, Control.GetNonBlocking)).toBe(1);
          expect(set(Control.SetNonBlocking, 2)).toBe('EINVAL');
          for (const [setter, getter] of [
            [Control.SetReadTimeout, Control.GetReadTimeout],
            [Control.SetWriteTimeout, Control.GetWriteTimeout],
          ] as const) {
            expect(sys.sys_handle_control(handle, getter)).toBe(0);
            expect(sys.sys_handle_control(handle, setter, 250)).toBe(0);
            expect(sys.sys_handle_control(handle, getter)).toBe(250);
            expect(set(setter, -1)).toBe('EINVAL');
            expect(set(setter, 0.5)).toBe('EINVAL');
            expect(set(setter, 0)).toBe('ok');
            expect(sys.sys_handle_control(handle, getter)).toBe(0);
          }
          expect(set(0x1234, 0)).toBe('ENOTTY');
        }
        const options = new Uint8Array(4);
        expect(errnoOf(() => sys.sys_handle_control(1, Control.SetBroadcast, 1))).toBe('ENOTSOCK');
        expect(errnoOf(() => sys.sys_handle_control(1, Control.SetOptions, options))).toBe('ENOTSOCK');
        expect(errnoOf(() => sys.sys_handle_control(local, Control.SetBroadcast, 1))).toBe('ENOPROTOOPT');
        expect(errnoOf(() => sys.sys_handle_control(local, Control.GetOptions, options))).toBe('ENOPROTOOPT');
      });
    });

    // Setter, getter, default, good values, bad values; ip(7), socket(7), raw(7).
    it.each<[string, number, number, number, number[], number[]]>([
      ['broadcast', Control.SetBroadcast, Control.GetBroadcast, 0, [1, 0], [2, -1]],
      ['TTL', Control.SetTimeToLive, Control.GetTimeToLive, 64, [1, 255], [256, -1]],
      ['TOS', Control.SetTypeOfService, Control.GetTypeOfService, 0, [0xb8, 255, 0], [256, -1]],
      ['path MTU discovery', Control.SetPathMtuDiscovery, Control.GetPathMtuDiscovery, 1, [0, 2, 3, 1], [4, -1]],
      ['header included', Control.SetHeaderIncluded, Control.GetHeaderIncluded, 0, [1, 0], [2]],
      ['ICMP filter', Control.SetIcmpFilter, Control.GetIcmpFilter, 0, [1, 0xffff_ffff, 0], [-1, 0x1_0000_0000]],
    ])('sets and gets %s', (_, setter, getter, first, good, bad) => {
      scene(function* (sys) {
        const socket = sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp);
        expect(sys.sys_handle_control(socket, getter)).toBe(first);
        for (const value of good) {
          expect(sys.sys_handle_control(socket, setter, value)).toBe(0);
          expect(sys.sys_handle_control(socket, getter)).toBe(value);
        }
        for (const value of bad) {
          expect(errnoOf(() => sys.sys_handle_control(socket, setter, value))).toBe('EINVAL');
        }
      });
    });

    it('gives raw sockets alone the options that are theirs', () => {
      scene(function* (sys) {
        const socket = datagramSocket(sys);
        expect(errnoOf(() => sys.sys_handle_control(socket, Control.GetHeaderIncluded))).toBe('ENOPROTOOPT');
        expect(errnoOf(() => sys.sys_handle_control(socket, Control.SetIcmpFilter, 1))).toBe('ENOPROTOOPT');
        const raw = sys.sys_socket_create(Domain.Inet, SocketType.Raw, 89);
        expect(errnoOf(() => sys.sys_handle_control(raw, Control.GetIcmpFilter))).toBe('EOPNOTSUPP');
      });
    });

    it('doubles buffer sizes and keeps them within limits, as socket(7)', () => {
      scene(function* (sys) {
        const [local] = sys.sys_socketpair();
        for (const [handle, setter, getter] of [
          [datagramSocket(sys), Control.SetSendBuffer, Control.GetSendBuffer],
          [datagramSocket(sys), Control.SetReceiveBuffer, Control.GetReceiveBuffer],
          [local, Control.SetSendBuffer, Control.GetSendBuffer],
        ] as const) {
          expect(sys.sys_handle_control(handle, getter)).toBe(212_992);
          for (const [asked, got] of [
            [10_000, 20_000],
            [0, 2_304],
            [1_000_000_000, 8_388_608],
          ] as const) {
            sys.sys_handle_control(handle, setter, asked);
            expect(sys.sys_handle_control(handle, getter)).toBe(got);
          }
          expect(errnoOf(() => sys.sys_handle_control(handle, setter, -1))).toBe('EINVAL');
        }
      });
    });

    it('knows the path MTU of a connected socket', () => {
      scene(function* (sys) {
        const socket = datagramSocket(sys);
        expect(errnoOf(() => sys.sys_handle_control(socket, Control.GetPathMtu))).toBe('ENOTCONN');
        yield* sys.sys_socket_connect(socket, { ip: '192.0.2.2', port: 7 });
        expect(sys.sys_handle_control(socket, Control.GetPathMtu)).toBe(1_500);
        sys.sys_network_set_interface('eth0', { up: false });
        expect(errnoOf(() => sys.sys_handle_control(socket, Control.GetPathMtu))).toBe('ENETUNREACH');
      });
    });

    it('sets IP options as bytes, which then travel, padded to whole words', () => {
      const hosts = createHosts(form);
      run(hosts, hosts.h1, function* (sys) {
        const socket = sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp);
        const room = new Uint8Array(40);
        expect(sys.sys_handle_control(socket, Control.GetOptions, room)).toBe(0);
        // Record route with room for two addresses, RFC 791 §3.1: type 7, length 11, pointer 4.
        const recordRoute = new Uint8Array([7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
        expect(sys.sys_handle_control(socket, Control.SetOptions, recordRoute)).toBe(0);
        expect(sys.sys_handle_control(socket, Control.GetOptions, room)).toBe(12);
        expect([...room.subarray(0, 12)]).toEqual([...recordRoute, 0]);
        yield* sys.sys_socket_sendto(socket, new Uint8Array([8, 0, 0xf7, 0xfd, 0, 1, 0, 1]), {
          ip: '192.0.2.2',
          port: 0,
        });
        const { data } = yield* sys.sys_socket_recvfrom(socket, 100);
        expect(data[0]).toBe(0x48);
        expect([...data.subarray(20, 28)]).toEqual([7, 11, 12, 192, 0, 2, 1, 192]);
        for (const bad of [new Uint8Array(41), new Uint8Array([7, 40, 4]), new Uint8Array([7, 3, 0])]) {
          expect(errnoOf(() => sys.sys_handle_control(socket, Control.SetOptions, bad))).toBe('EINVAL');
        }
        sys.sys_handle_control(socket, Control.SetOptions, new Uint8Array(0));
        expect(sys.sys_handle_control(socket, Control.GetOptions, room)).toBe(0);
        if (form === 'typed')
          expect(errnoOf(() => sys.sys_handle_control(socket, Control.SetOptions, 3))).toBe('EINVAL');
      });
    });
  });

  describe('poll', () => {
    const look = { timeout: 0 };

    it('waits for the first of several handles, or for the time to run out', () => {
      const hosts = createHosts(form);
      run(
        hosts,
        hosts.h1,
        function* (sys) {
          const [a, b] = [datagramSocket(sys), datagramSocket(sys)];
          sys.sys_socket_bind(a, { ip: '0.0.0.0', port: 7 });
          sys.sys_socket_bind(b, { ip: '0.0.0.0', port: 8 });
          const entries = [a, b].map((handle) => ({ handle, events: Poll.In }));
          expect(yield* sys.sys_poll(entries, look)).toEqual([]);
          expect(yield* sys.sys_poll(entries, { timeout: 30 * MILLISECOND })).toEqual([]);
          expect(sys.sys_monotonic_time()).toBe(30 * MILLISECOND);
          expect(yield* sys.sys_poll(entries, { timeout: 10 * SECOND })).toEqual([{ handle: b, revents: Poll.In }]);
          expect(sys.sys_monotonic_time()).toBeLessThan(2 * SECOND);
          yield* sys.sys_socket_recvfrom(b, 10);
          expect(yield* sys.sys_poll(entries)).toEqual([{ handle: a, revents: Poll.In }]);
          yield* sys.sys_sleep(SECOND);
          expect((yield* sys.sys_poll(entries, { timeout: -5 })).length).toBe(2);
        },
        [
          hosts.h2,
          function* (sys) {
            const socket = datagramSocket(sys);
            yield* sys.sys_sleep(SECOND);
            yield* sys.sys_socket_sendto(socket, 'b', { ip: '192.0.2.1', port: 8 });
            yield* sys.sys_sleep(SECOND);
            yield* sys.sys_socket_sendto(socket, 'a', { ip: '192.0.2.1', port: 7 });
            yield* sys.sys_socket_sendto(socket, 'b', { ip: '192.0.2.1', port: 8 });
          },
        ],
      );
    });

    it('waits at least the minimum where it has to wait, and never beyond the timeout', () => {
      const hosts = createHosts(form);
      run(
        hosts,
        hosts.h1,
        function* (sys) {
          const socket = datagramSocket(sys);
          sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 7 });
          const entries = [{ handle: socket, events: Poll.In }];
          expect((yield* sys.sys_poll(entries, { timeout: 10 * SECOND, minimum: 3 * SECOND })).length).toBe(1);
          expect(sys.sys_monotonic_time()).toBe(3 * SECOND);
          // Something is there: no waiting at all.
          yield* sys.sys_poll(entries, { timeout: 10 * SECOND, minimum: 3 * SECOND });
          expect(sys.sys_monotonic_time()).toBe(3 * SECOND);
          yield* sys.sys_socket_recvfrom(socket, 10);
          expect(yield* sys.sys_poll(entries, { timeout: SECOND, minimum: 3 * SECOND })).toEqual([]);
          expect(sys.sys_monotonic_time()).toBe(4 * SECOND);
        },
        [
          hosts.h2,
          function* (sys) {
            yield* sys.sys_sleep(SECOND);
            yield* sys.sys_socket_sendto(datagramSocket(sys), 'x', { ip: '192.0.2.1', port: 7 });
          },
        ],
      );
    });

    it('tells errors, hang-ups and handles that are not open unasked', () => {
      scene(function* (sys) {
        const socket = datagramSocket(sys);
        yield* sys.sys_socket_connect(socket, { ip: '192.0.2.2', port: 7 });
        yield* sys.sys_stream_write(socket, 'x');
        expect(yield* sys.sys_poll([{ handle: socket, events: 0 }])).toEqual([{ handle: socket, revents: Poll.Error }]);
        sys.sys_handle_control(socket, Control.TakeError);
        sys.sys_socket_shutdown(socket, Shutdown.Both);
        expect(yield* sys.sys_poll([{ handle: socket, events: Poll.In | Poll.Out }])).toEqual([
          { handle: socket, revents: Poll.In | Poll.Out | Poll.HangUp },
        ]);
        expect(yield* sys.sys_poll([{ handle: 77, events: Poll.In }])).toEqual([{ handle: 77, revents: Poll.NotOpen }]);
        expect(yield* sys.sys_poll([{ handle: -1, events: Poll.In }], look)).toEqual([]);
        const standard = [0, 1, 2].map((handle) => ({ handle, events: Poll.In | Poll.Out }));
        expect(yield* sys.sys_poll(standard)).toEqual([
          { handle: 0, revents: Poll.In },
          { handle: 1, revents: Poll.Out },
          { handle: 2, revents: Poll.Out },
        ]);
      });
    });

    // What Linux 6.18 answers for the same sockets.
    it.each([
      ['stream', SocketType.Stream, [4 | 16, 4, 5, 5, 4, 5 | 16]],
      ['seqpacket', SocketType.SeqPacket, [4 | 16, 4, 5, 5, 4, 5 | 16]],
      ['datagram', SocketType.Datagram, [4, 4, 5, 5, 4, 5]],
    ] as const)('sees a Local %s as Linux does', (_, type, expected) => {
      scene(function* (sys) {
        const events = Poll.In | Poll.Out;
        const revents: number[] = [];
        const see = function* (handle: number): ReturnType<Scene<void>> {
          revents.push((yield* sys.sys_poll([{ handle, events }], look))[0]?.revents ?? 0);
        };
        yield* see(sys.sys_socket_create(Domain.Local, type));
        const [a, b] = sys.sys_socketpair(type);
        yield* see(b);
        yield* sys.sys_stream_write(a, 'x');
        yield* see(b);
        sys.sys_socket_shutdown(a, Shutdown.Write);
        yield* see(b);
        yield* see(a);
        sys.sys_handle_close(a);
        yield* see(b);
        expect(revents).toEqual(expected);
      });
    });

    it('sees a listener as readable when somebody waits', () => {
      const hosts = createHosts(form);
      run(
        hosts,
        hosts.h1,
        function* (sys) {
          const server = sys.sys_socket_create(Domain.Local, SocketType.Stream);
          sys.sys_socket_bind(server, '/run/server');
          sys.sys_socket_listen(server, 1);
          const entries = [{ handle: server, events: Poll.In | Poll.Out }];
          expect(yield* sys.sys_poll(entries, look)).toEqual([]);
          expect(yield* sys.sys_poll(entries)).toEqual([{ handle: server, revents: Poll.In }]);
          expect(sys.sys_monotonic_time()).toBe(SECOND);
        },
        [
          hosts.h1,
          function* (sys) {
            yield* sys.sys_sleep(SECOND);
            yield* sys.sys_socket_connect(sys.sys_socket_create(Domain.Local, SocketType.Stream), '/run/server');
            yield* sys.sys_sleep(SECOND);
          },
        ],
      );
    });

    it('waits for room in the send buffer of an Inet socket', () => {
      const hosts = createHosts(form, {}, { settings: { bandwidth: 1_000_000 } });
      run(hosts, hosts.h1, function* (sys) {
        sys.sys_network_add_neighbor('eth0', '192.0.2.2', '02:00:00:00:00:02');
        const socket = datagramSocket(sys);
        const entries = [{ handle: socket, events: Poll.Out }];
        expect((yield* sys.sys_poll(entries)).length).toBe(1);
        for (let i = 0; i < 100; i++)
          yield* sys.sys_socket_sendto(socket, new Uint8Array(1_000), { ip: '192.0.2.2', port: 7 });
        expect(yield* sys.sys_poll(entries, look)).toEqual([]);
        const before = sys.sys_monotonic_time();
        expect((yield* sys.sys_poll(entries)).length).toBe(1);
        expect(sys.sys_monotonic_time()).toBeGreaterThan(before);
      });
    });

    it('refuses more entries than a process has handles, and times that are none', () => {
      scene(function* (sys) {
        const many = Array.from({ length: 1_025 }, () => ({ handle: 1, events: Poll.Out }));
        expect(yield* errnoFrom(sys.sys_poll(many))).toBe('EINVAL');
        expect((yield* sys.sys_poll(many.slice(1))).length).toBe(1_024);
        if (form === 'typed') {
          expect(yield* errnoFrom(sys.sys_poll([], { timeout: NaN }))).toBe('EINVAL');
          expect(yield* errnoFrom(sys.sys_poll([], { minimum: -1 }))).toBe('EINVAL');
        }
      });
    });
  });

  it('sleep, tell the time and draw lots', () => {
    scene(function* (sys) {
      yield* sys.sys_sleep(3 * SECOND);
      expect(sys.sys_monotonic_time()).toBe(3 * SECOND);
      yield* sys.sys_sleep(0);
      expect(sys.sys_monotonic_time()).toBe(3 * SECOND);
      expect(yield* errnoFrom(sys.sys_sleep(-1))).toBe('EINVAL');
      expect(yield* errnoFrom(sys.sys_sleep(NaN))).toBe('EINVAL');
      const bytes = sys.sys_get_random(1_000);
      expect(bytes.length).toBe(1_000);
      expect(new Set(bytes).size).toBeGreaterThan(200);
      expect(sys.sys_get_random(0, 7).length).toBe(0);
      expect(errnoOf(() => sys.sys_get_random(1, 8))).toBe('EINVAL');
    });
  });

  it('lists the sockets of all processes', () => {
    const hosts = createHosts(form);
    const server = start(
      hosts,
      hosts.h1,
      function* (sys) {
        const socket = datagramSocket(sys);
        sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 53 });
        sys.sys_handle_duplicate(socket);
        yield* sys.sys_sleep(10 * SECOND);
      },
      ['server'],
    );
    run(hosts, hosts.h1, function* (sys) {
      yield* sys.sys_sleep(0);
      const [a, b] = sys.sys_socketpair();
      sys.sys_socket_bind(a, '/run/a');
      yield* sys.sys_stream_write(a, 'xyz');
      const common = { domain: 'local', type: 'stream', protocol: 0, state: 'connected', program: 'test' };
      const id = server.id + 1;
      expect(sys.sys_socket_list()).toEqual([
        {
          domain: 'inet',
          type: 'datagram',
          protocol: 17,
          state: 'unconnected',
          local: { ip: Ip.ANY, port: 53 },
          remote: null,
          received: 0,
          unsent: 0,
          process: server.id,
          handle: 3,
          program: 'server',
        },
        { ...common, local: '/run/a', remote: '', received: 0, unsent: 3 + 576, process: id, handle: a },
        { ...common, local: '', remote: '/run/a', received: 3, unsent: 0, process: id, handle: b },
      ]);
    });
  });
});
