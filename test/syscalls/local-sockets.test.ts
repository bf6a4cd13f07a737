/**
 * The socket calls on Local sockets, each in both forms. What is expected was asked of Linux 6.18 with the same calls
 * on AF_UNIX sockets, except where the interface's own table says otherwise.
 */
import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';
import type { Sys } from '../../src/syscalls/program.ts';
import { Control, Domain, Poll, Shutdown, SocketType } from '../../src/syscalls/values.ts';
import { createHosts, errnoFrom, errnoOf, forms, run } from './hosts.ts';
import type { Scene } from './hosts.ts';

const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const { Stream, Datagram, Raw, SeqPacket } = SocketType;

const create = (sys: Sys, type: number, nonBlocking = true): number => {
  const socket = sys.sys_socket_create(Domain.Local, type);
  sys.sys_handle_control(socket, Control.SetNonBlocking, nonBlocking ? 1 : 0);
  return socket;
};
const pair = (sys: Sys, type: number): readonly [number, number] => {
  const both = sys.sys_socketpair(type);
  for (const one of both) sys.sys_handle_control(one, Control.SetNonBlocking, 1);
  return both;
};
const listener = (sys: Sys, type: number, name: string, backlog = 5): number => {
  const socket = create(sys, type);
  sys.sys_socket_bind(socket, name);
  sys.sys_socket_listen(socket, backlog);
  return socket;
};
/** What a non-blocking receive gives: text, or an errno in brackets. */
function* receive(sys: Sys, socket: number, size = 1_000): ReturnType<Scene<string>> {
  let data = '';
  const errno = yield* errnoFrom(
    (function* () {
      data = text((yield* sys.sys_socket_recvfrom(socket, size)).data);
    })(),
  );
  return errno === 'ok' ? data : `[${errno}]`;
}
/** What a non-blocking send gives. */
function send(sys: Sys, socket: number, data: string, to?: string): ReturnType<Scene<string>> {
  return errnoFrom(to === undefined ? sys.sys_socket_sendto(socket, data) : sys.sys_socket_sendto(socket, data, to));
}
const connect = (sys: Sys, socket: number, name: string): ReturnType<Scene<string>> =>
  errnoFrom(sys.sys_socket_connect(socket, name));

describe.each(forms)('Local sockets, %s', (form) => {
  const scene = (one: Scene<void>): void => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, one);
  };

  describe('names', () => {
    it('are taken once, and free again at the last close', () => {
      scene(function* (sys) {
        const bind = (handle: number, name: string): string => errnoOf(() => sys.sys_socket_bind(handle, name));
        const [a, b] = [create(sys, Stream), create(sys, Stream)];
        expect(bind(a, '/run/a')).toBe('ok');
        expect(bind(b, '/run/b')).toBe('ok');
        expect(bind(a, '/run/c')).toBe('EINVAL');
        // Linux makes the file before it looks at the socket.
        expect(bind(a, '/run/b')).toBe('EADDRINUSE');
        expect(bind(create(sys, Datagram), '/run/a')).toBe('EADDRINUSE');
        const copy = sys.sys_handle_duplicate(a);
        sys.sys_handle_close(a);
        expect(bind(create(sys, Stream), '/run/a')).toBe('EADDRINUSE');
        sys.sys_handle_close(copy);
        expect(bind(create(sys, Stream), '/run/a')).toBe('ok');
      });
    });

    it('may be abstract, and then are looked at after the socket', () => {
      scene(function* (sys) {
        const bind = (handle: number, name: string): string => errnoOf(() => sys.sys_socket_bind(handle, name));
        const [a, b, c] = [create(sys, Stream), create(sys, Stream), create(sys, Stream)];
        expect(bind(a, '\0one')).toBe('ok');
        expect(bind(b, 'one')).toBe('ok');
        expect(bind(b, '\0one')).toBe('EINVAL');
        expect(bind(c, '\0one')).toBe('EADDRINUSE');
        expect(bind(c, '\0one\0two')).toBe('ok');
        expect(sys.sys_socket_get_local_address(c)).toBe('\0one\0two');
      });
    });

    it('have 1 to 108 bytes, and a path ends at its NUL', () => {
      scene(function* (sys) {
        const bind = (name: string): string => errnoOf(() => sys.sys_socket_bind(create(sys, Stream), name));
        expect(bind('')).toBe('EINVAL');
        expect(bind('p'.repeat(108))).toBe('ok');
        expect(bind('p'.repeat(109))).toBe('EINVAL');
        expect(bind('\0' + 'p'.repeat(107))).toBe('ok');
        expect(bind('\0' + 'p'.repeat(108))).toBe('EINVAL');
        expect(bind('ä'.repeat(54))).toBe('ok');
        expect(bind('ä'.repeat(55))).toBe('EINVAL');
        const socket = create(sys, Stream);
        sys.sys_socket_bind(socket, '/run/a\0junk');
        expect(sys.sys_socket_get_local_address(socket)).toBe('/run/a');
        expect(bind('/run/a')).toBe('EADDRINUSE');
      });
    });

    it('are no Inet addresses', () => {
      scene(function* (sys) {
        const to = { ip: '192.0.2.1', port: 7 };
        for (const type of [Stream, Datagram, SeqPacket]) {
          expect(errnoOf(() => sys.sys_socket_bind(create(sys, type), to))).toBe('EINVAL');
          expect(yield* errnoFrom(sys.sys_socket_connect(create(sys, type), to))).toBe('EINVAL');
        }
        expect(yield* errnoFrom(sys.sys_socket_sendto(create(sys, Datagram), 'x', to))).toBe('EINVAL');
        expect(errnoOf(() => sys.sys_socket_bind_interface(create(sys, Datagram), 'eth0'))).toBe('EOPNOTSUPP');
      });
    });
  });

  it('come in three types; raw is another word for datagram', () => {
    scene(function* (sys) {
      expect(sys.sys_socket_create(0, 0)).toBe(3);
      expect(errnoOf(() => sys.sys_socket_create(Domain.Local, 5))).toBe('EINVAL');
      expect(errnoOf(() => sys.sys_socket_create(Domain.Local, Stream, 5))).toBe('EPROTONOSUPPORT');
      expect(errnoOf(() => sys.sys_socketpair(5))).toBe('EINVAL');
      sys.sys_socket_create(Domain.Local, Raw);
      expect(sys.sys_socket_list().map(({ type, state }) => `${type} ${state}`)).toEqual([
        'stream unconnected',
        'datagram unconnected',
      ]);
    });
  });

  describe.each([
    ['stream', Stream],
    ['seqpacket', SeqPacket],
  ] as const)('%s', (_, type) => {
    it('connects through a backlog and is accepted in order', () => {
      scene(function* (sys) {
        const server = listener(sys, type, '/run/server', 1);
        const clients = [0, 1, 2].map(() => create(sys, type));
        sys.sys_socket_bind(clients[0]!, '/run/client');
        // The backlog and one, as unix(7) on Linux.
        expect(yield* connect(sys, clients[0]!, '/run/server')).toBe('ok');
        expect(yield* connect(sys, clients[1]!, '/run/server')).toBe('ok');
        expect(yield* connect(sys, clients[2]!, '/run/server')).toBe('EAGAIN');
        // The client may write before it is accepted.
        expect(yield* send(sys, clients[0]!, 'early')).toBe('ok');
        const accepted = yield* sys.sys_socket_accept(server);
        expect(sys.sys_socket_get_peer_address(accepted)).toBe('/run/client');
        expect(sys.sys_socket_get_local_address(accepted)).toBe('/run/server');
        expect(sys.sys_socket_get_peer_address(clients[0]!)).toBe('/run/server');
        expect(text(yield* sys.sys_stream_read(accepted, 10))).toBe('early');
        expect(yield* connect(sys, clients[2]!, '/run/server')).toBe('ok');
        yield* sys.sys_socket_accept(server);
        yield* sys.sys_socket_accept(server);
        expect(yield* errnoFrom(sys.sys_socket_accept(server))).toBe('EAGAIN');
      });
    });

    it('sleeps in connect while the backlog is full, and in accept until somebody comes', () => {
      const hosts = createHosts(form);
      const log: string[] = [];
      run(
        hosts,
        hosts.h1,
        function* (sys) {
          const server = listener(sys, type, '/run/server', 0);
          sys.sys_handle_control(server, Control.SetNonBlocking, 0);
          yield* sys.sys_sleep(SECOND);
          for (let i = 0; i < 3; i++) {
            yield* sys.sys_socket_accept(server);
            log.push(`accepted at ${sys.sys_monotonic_time() / SECOND}`);
          }
        },
        ...[1, 2, 3].map((i): [typeof hosts.h1, Scene<void>] => [
          hosts.h1,
          function* (sys) {
            if (i === 3) yield* sys.sys_sleep(2 * SECOND);
            const client = create(sys, type, false);
            yield* sys.sys_socket_connect(client, '/run/server');
            log.push(`${i} connected at ${sys.sys_monotonic_time() / SECOND}`);
          },
        ]),
      );
      expect(log).toEqual([
        '1 connected at 0',
        'accepted at 1',
        '2 connected at 1',
        'accepted at 1',
        '3 connected at 2',
        'accepted at 2',
      ]);
    });

    it('gives up connecting and accepting when its time runs out', () => {
      scene(function* (sys) {
        const server = listener(sys, type, '/run/server', 0);
        yield* sys.sys_socket_connect(create(sys, type), '/run/server');
        const client = create(sys, type, false);
        sys.sys_handle_control(client, Control.SetWriteTimeout, 30);
        expect(yield* connect(sys, client, '/run/server')).toBe('EAGAIN');
        expect(sys.sys_monotonic_time()).toBe(30 * MILLISECOND);
        yield* sys.sys_socket_accept(server);
        sys.sys_handle_control(server, Control.SetNonBlocking, 0);
        sys.sys_handle_control(server, Control.SetReadTimeout, 20);
        expect(yield* errnoFrom(sys.sys_socket_accept(server))).toBe('EAGAIN');
        expect(sys.sys_monotonic_time()).toBe(50 * MILLISECOND);
      });
    });

    it('refuses connections in the order in which Linux does', () => {
      scene(function* (sys) {
        const server = listener(sys, type, '/run/server', 0);
        const other = listener(sys, type === Stream ? SeqPacket : Stream, '/run/other');
        const named = create(sys, type);
        sys.sys_socket_bind(named, '/run/named');
        const client = create(sys, type);
        expect(yield* connect(sys, client, '/run/nobody')).toBe('ECONNREFUSED');
        expect(yield* connect(sys, client, '\0nobody')).toBe('ECONNREFUSED');
        expect(yield* connect(sys, client, '/run/other')).toBe('EPROTOTYPE');
        expect(yield* connect(sys, client, '/run/named')).toBe('ECONNREFUSED');
        expect(yield* connect(sys, client, '/run/server')).toBe('ok');
        // Full, and only then: connected already.
        expect(yield* connect(sys, client, '/run/server')).toBe('EAGAIN');
        yield* sys.sys_socket_accept(server);
        expect(yield* connect(sys, client, '/run/server')).toBe('EISCONN');
        expect(yield* connect(sys, server, '/run/server')).toBe('EINVAL');
        expect(yield* errnoFrom(sys.sys_socket_connect(client, null))).toBe('EINVAL');
        sys.sys_handle_close(other);
        expect(yield* connect(sys, create(sys, type), '/run/other')).toBe('ECONNREFUSED');
      });
    });

    it('listens under a name, and can be asked again for another backlog', () => {
      scene(function* (sys) {
        const socket = create(sys, type);
        expect(errnoOf(() => sys.sys_socket_listen(socket, 1))).toBe('EINVAL');
        expect(yield* errnoFrom(sys.sys_socket_accept(socket))).toBe('EINVAL');
        sys.sys_socket_bind(socket, '/run/server');
        sys.sys_socket_listen(socket, 0);
        expect(yield* connect(sys, create(sys, type), '/run/server')).toBe('ok');
        expect(yield* connect(sys, create(sys, type), '/run/server')).toBe('EAGAIN');
        sys.sys_socket_listen(socket, -1);
        expect(yield* connect(sys, create(sys, type), '/run/server')).toBe('ok');
        const [a] = pair(sys, type);
        expect(errnoOf(() => sys.sys_socket_listen(a, 1))).toBe('EINVAL');
        const bound = create(sys, type);
        sys.sys_socket_bind(bound, '/run/bound');
        yield* sys.sys_socket_connect(bound, '/run/server');
        expect(errnoOf(() => sys.sys_socket_listen(bound, 1))).toBe('EINVAL');
      });
    });

    it('resets who waited in the backlog of a listener that closes', () => {
      scene(function* (sys) {
        const server = listener(sys, type, '/run/server');
        const client = create(sys, type);
        yield* sys.sys_socket_connect(client, '/run/server');
        yield* send(sys, client, 'hi');
        sys.sys_handle_close(server);
        expect(yield* receive(sys, client)).toBe('[ECONNRESET]');
        expect(yield* receive(sys, client)).toBe('');
        expect(yield* send(sys, client, 'x')).toBe('EPIPE');
        expect(sys.sys_socket_get_peer_address(client)).toBe('/run/server');
      });
    });

    it('takes no more connections when the listener is shut down for reading', () => {
      scene(function* (sys) {
        const server = listener(sys, type, '/run/server');
        sys.sys_socket_shutdown(server, Shutdown.Read);
        expect(yield* connect(sys, create(sys, type), '/run/server')).toBe('ECONNREFUSED');
        // As on Linux: who may not wait is told to come again, who may is told that it makes no sense.
        expect(yield* errnoFrom(sys.sys_socket_accept(server))).toBe('EAGAIN');
        sys.sys_handle_control(server, Control.SetNonBlocking, 0);
        expect(yield* errnoFrom(sys.sys_socket_accept(server))).toBe('EINVAL');
      });
    });

    it('comes to its end when the peer has shut down writing, and still answers', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, type);
        yield* send(sys, a, 'early');
        sys.sys_socket_shutdown(a, Shutdown.Write);
        expect(yield* send(sys, a, 'late')).toBe('EPIPE');
        expect(yield* receive(sys, b)).toBe('early');
        expect(yield* receive(sys, b)).toBe('');
        expect(yield* receive(sys, b)).toBe('');
        expect(yield* send(sys, b, 'answer')).toBe('ok');
        expect(yield* receive(sys, a)).toBe('answer');
      });
    });

    it('gives EPIPE when the peer has shut down reading, which keeps what had come', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, type);
        yield* send(sys, b, 'waits');
        sys.sys_socket_shutdown(a, Shutdown.Read);
        expect(yield* send(sys, b, 'x')).toBe('EPIPE');
        expect(yield* receive(sys, a)).toBe('waits');
        expect(yield* receive(sys, a)).toBe('');
      });
    });

    it('wakes a sleeping reader and a sleeping writer when the peer closes', () => {
      const hosts = createHosts(form);
      run(
        hosts,
        hosts.h1,
        function* (sys) {
          const server = listener(sys, type, '/run/closes');
          sys.sys_handle_control(server, Control.SetNonBlocking, 0);
          const reader = yield* sys.sys_socket_accept(server);
          const writer = yield* sys.sys_socket_accept(server);
          yield* sys.sys_sleep(SECOND);
          sys.sys_handle_close(reader);
          sys.sys_handle_close(writer);
        },
        [
          hosts.h1,
          function* (sys) {
            const client = create(sys, type, false);
            yield* sys.sys_socket_connect(client, '/run/closes');
            expect((yield* sys.sys_socket_recvfrom(client, 10)).data.length).toBe(0);
            expect(sys.sys_monotonic_time()).toBe(SECOND);
          },
        ],
        [
          hosts.h1,
          function* (sys) {
            const client = create(sys, type, false);
            yield* sys.sys_socket_connect(client, '/run/closes');
            let errno = 'ok';
            while (errno === 'ok') errno = yield* errnoFrom(sys.sys_socket_sendto(client, new Uint8Array(10_000)));
            // What was sent was never read.
            expect(errno).toBe('ECONNRESET');
            expect(sys.sys_monotonic_time()).toBe(SECOND);
          },
        ],
      );
    });
  });

  describe('stream', () => {
    it('is bytes without boundaries', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, Stream);
        yield* send(sys, a, 'one');
        yield* send(sys, a, '');
        yield* send(sys, a, 'two');
        expect(yield* receive(sys, b, 4)).toBe('onet');
        expect(yield* receive(sys, b, 0)).toBe('');
        expect(yield* receive(sys, b)).toBe('wo');
        expect(yield* receive(sys, b)).toBe('[EAGAIN]');
      });
    });

    it('is read from and written to when it is connected only', () => {
      scene(function* (sys) {
        listener(sys, Stream, '/run/server');
        const socket = create(sys, Stream);
        expect(yield* receive(sys, socket)).toBe('[EINVAL]');
        expect(yield* send(sys, socket, 'x')).toBe('ENOTCONN');
        expect(yield* send(sys, socket, 'x', '/run/server')).toBe('EOPNOTSUPP');
        expect(errnoOf(() => sys.sys_socket_get_peer_address(socket))).toBe('ENOTCONN');
        expect(errnoOf(() => sys.sys_socket_shutdown(socket, Shutdown.Both))).toBe('ENOTCONN');
        expect(errnoOf(() => sys.sys_socket_shutdown(socket, 3))).toBe('EINVAL');
        expect(yield* send(sys, pair(sys, Stream)[0], 'x', '/run/server')).toBe('EISCONN');
      });
    });

    it('is reset behind its data when the peer closes with something unread', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, Stream);
        yield* send(sys, b, 'unread');
        yield* send(sys, a, 'data');
        sys.sys_handle_close(a);
        expect(yield* send(sys, b, 'x')).toBe('EPIPE');
        expect(yield* receive(sys, b)).toBe('data');
        expect(yield* receive(sys, b)).toBe('[ECONNRESET]');
        expect(yield* receive(sys, b)).toBe('');
      });
    });

    it('takes as much as fits from who may not wait, and all from who may', () => {
      const hosts = createHosts(form);
      const data = new Uint8Array(250_000).map((_, i) => i % 251);
      run(
        hosts,
        hosts.h1,
        function* (sys) {
          const server = listener(sys, Stream, '/run/server');
          sys.sys_handle_control(server, Control.SetNonBlocking, 0);
          const accepted = yield* sys.sys_socket_accept(server);
          yield* sys.sys_sleep(SECOND);
          const all: number[] = [];
          for (;;) {
            const { data: some } = yield* sys.sys_socket_recvfrom(accepted, 60_000);
            if (some.length === 0) break;
            all.push(...some);
          }
          expect(all.length).toBe(data.length + 212_368);
          expect(new Uint8Array(all.slice(-data.length))).toEqual(data);
        },
        [
          hosts.h1,
          function* (sys) {
            const client = create(sys, Stream);
            yield* sys.sys_socket_connect(client, '/run/server');
            // Two pieces of half the buffer fill it: (212,992 / 2 - 64) twice, and one more while there is any room.
            const first = yield* sys.sys_socket_sendto(client, new Uint8Array(212_368));
            expect(first).toBe(212_368);
            expect(yield* errnoFrom(sys.sys_socket_sendto(client, data))).toBe('EAGAIN');
            sys.sys_handle_control(client, Control.SetNonBlocking, 0);
            expect(yield* sys.sys_socket_sendto(client, data)).toBe(250_000);
            expect(sys.sys_monotonic_time()).toBe(SECOND);
            sys.sys_socket_shutdown(client, Shutdown.Write);
          },
        ],
      );
    });
  });

  describe('seqpacket', () => {
    it('keeps the boundaries of messages, empty ones too', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, SeqPacket);
        yield* send(sys, a, 'one');
        yield* send(sys, a, '');
        yield* send(sys, a, 'two');
        expect(yield* receive(sys, b, 2)).toBe('on');
        expect(yield* receive(sys, b)).toBe('');
        expect(yield* receive(sys, b)).toBe('two');
      });
    });

    it('is read from and written to when it is connected only, and does not look at addresses', () => {
      scene(function* (sys) {
        const socket = create(sys, SeqPacket);
        expect(yield* receive(sys, socket)).toBe('[ENOTCONN]');
        expect(yield* send(sys, socket, 'x')).toBe('ENOTCONN');
        expect(yield* send(sys, socket, 'x', '/run/nobody')).toBe('ENOTCONN');
        expect(yield* send(sys, pair(sys, SeqPacket)[0], 'x', '/run/nobody')).toBe('ok');
      });
    });

    it('is reset before its data when the peer closes with something unread', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, SeqPacket);
        yield* send(sys, b, 'unread');
        yield* send(sys, a, 'data');
        sys.sys_handle_close(a);
        expect(yield* receive(sys, b)).toBe('[ECONNRESET]');
        expect(yield* receive(sys, b)).toBe('data');
        expect(yield* receive(sys, b)).toBe('');
        expect(yield* send(sys, b, 'x')).toBe('EPIPE');
      });
    });
  });

  describe.each([
    ['datagram', Datagram],
    ['seqpacket', SeqPacket],
  ] as const)('%s', (_, type) => {
    it('takes messages up to the send buffer less 32 bytes, as Linux', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, type);
        expect(yield* sys.sys_socket_sendto(a, new Uint8Array(212_960))).toBe(212_960);
        expect((yield* sys.sys_socket_recvfrom(b, 212_960)).data.length).toBe(212_960);
        expect(yield* errnoFrom(sys.sys_socket_sendto(a, new Uint8Array(212_961)))).toBe('EMSGSIZE');
      });
    });

    it('sleeps while the send buffer is full, until a quarter of it is left in use', () => {
      const hosts = createHosts(form);
      run(hosts, hosts.h1, function* (sys) {
        const [a, b] = pair(sys, type);
        let sent = 0;
        while ((yield* errnoFrom(sys.sys_socket_sendto(a, new Uint8Array(1_000)))) === 'ok') sent++;
        // 212,992 / (1,000 + 576), and one more while there is any room.
        expect(sent).toBe(136);
        expect(yield* sys.sys_poll([{ handle: a, events: Poll.Out }], { timeout: 0 })).toEqual([]);
        let reads = 0;
        while ((yield* sys.sys_poll([{ handle: a, events: Poll.Out }], { timeout: 0 })).length === 0) {
          yield* receive(sys, b, 1_000);
          reads++;
        }
        // 33 messages are a quarter.
        expect(reads).toBe(136 - 33);
      });
    });
  });

  describe('datagram', () => {
    it('goes to a name and tells whom it is from', () => {
      scene(function* (sys) {
        const [server, client] = [create(sys, Datagram), create(sys, Datagram)];
        sys.sys_socket_bind(server, '/run/server');
        yield* send(sys, client, 'anonymous', '/run/server');
        expect(yield* sys.sys_socket_recvfrom(server, 10)).toEqual({
          data: new TextEncoder().encode('anonymous'),
          from: '',
        });
        sys.sys_socket_bind(client, '\0client');
        yield* send(sys, client, 'hello', '/run/server');
        const { data, from } = yield* sys.sys_socket_recvfrom(server, 3);
        expect([text(data), from]).toEqual(['hel', '\0client']);
        yield* sys.sys_socket_sendto(server, 'back', from);
        expect(yield* receive(sys, client)).toBe('back');
      });
    });

    it('says why it goes nowhere', () => {
      scene(function* (sys) {
        listener(sys, Stream, '/run/stream');
        const [socket, busy, friend] = [create(sys, Datagram), create(sys, Datagram), create(sys, Datagram)];
        sys.sys_socket_bind(busy, '/run/busy');
        sys.sys_socket_bind(friend, '/run/friend');
        yield* sys.sys_socket_connect(busy, '/run/friend');
        expect(yield* send(sys, socket, 'x')).toBe('EDESTADDRREQ');
        expect(yield* send(sys, socket, 'x', '/run/nobody')).toBe('ECONNREFUSED');
        expect(yield* send(sys, socket, 'x', '/run/stream')).toBe('EPROTOTYPE');
        expect(yield* send(sys, socket, 'x', '/run/busy')).toBe('EPERM');
        expect(yield* connect(sys, socket, '/run/nobody')).toBe('ECONNREFUSED');
        expect(yield* connect(sys, socket, '/run/stream')).toBe('EPROTOTYPE');
        expect(yield* connect(sys, socket, '/run/busy')).toBe('EPERM');
        expect(errnoOf(() => sys.sys_socket_listen(socket, 1))).toBe('EOPNOTSUPP');
        expect(yield* errnoFrom(sys.sys_socket_accept(socket))).toBe('EOPNOTSUPP');
        expect(errnoOf(() => sys.sys_socket_shutdown(socket, Shutdown.Both))).toBe('ENOTCONN');
      });
    });

    it('lets eleven wait in a socket that is not connected to the sender', () => {
      const hosts = createHosts(form);
      run(
        hosts,
        hosts.h1,
        function* (sys) {
          const server = create(sys, Datagram);
          sys.sys_socket_bind(server, '/run/server');
          yield* sys.sys_sleep(SECOND);
          for (let i = 0; i < 11; i++) expect(yield* receive(sys, server)).toBe(String(i));
          yield* sys.sys_sleep(0);
          expect(yield* receive(sys, server)).toBe('11');
          yield* sys.sys_sleep(0);
          expect(yield* receive(sys, server)).toBe('last');
        },
        [
          hosts.h1,
          function* (sys) {
            const client = create(sys, Datagram);
            yield* sys.sys_socket_connect(client, '/run/server');
            for (let i = 0; i < 11; i++) expect(yield* send(sys, client, String(i))).toBe('ok');
            expect(yield* send(sys, client, 'x')).toBe('EAGAIN');
            expect(yield* sys.sys_poll([{ handle: client, events: Poll.Out }], { timeout: 0 })).toEqual([]);
            sys.sys_handle_control(client, Control.SetNonBlocking, 0);
            sys.sys_handle_control(client, Control.SetWriteTimeout, 10);
            expect(yield* send(sys, client, 'x')).toBe('EAGAIN');
            sys.sys_handle_control(client, Control.SetWriteTimeout, 0);
            expect(yield* send(sys, client, '11')).toBe('ok');
            expect(sys.sys_monotonic_time()).toBe(SECOND);
            yield* sys.sys_poll([{ handle: client, events: Poll.Out }]);
            expect(yield* send(sys, client, 'last')).toBe('ok');
          },
        ],
      );
    });

    it('finds its peer gone once, and then has none', () => {
      scene(function* (sys) {
        const [server, client] = [create(sys, Datagram), create(sys, Datagram)];
        sys.sys_socket_bind(server, '/run/server');
        yield* sys.sys_socket_connect(client, '/run/server');
        expect(sys.sys_socket_get_peer_address(client)).toBe('/run/server');
        sys.sys_handle_close(server);
        expect(yield* send(sys, client, 'x')).toBe('ECONNREFUSED');
        expect(yield* send(sys, client, 'x')).toBe('EDESTADDRREQ');
        expect(errnoOf(() => sys.sys_socket_get_peer_address(client))).toBe('ENOTCONN');
      });
    });

    it('loses what has come when it leaves its peer, which hears of it', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, Datagram);
        yield* send(sys, b, 'lost');
        yield* sys.sys_socket_connect(a, null);
        expect(yield* receive(sys, a)).toBe('[EAGAIN]');
        expect(yield* receive(sys, b)).toBe('[ECONNRESET]');
      });
    });

    it('is shut down for itself alone', () => {
      scene(function* (sys) {
        const [a, b] = pair(sys, Datagram);
        yield* send(sys, a, 'early');
        sys.sys_socket_shutdown(a, Shutdown.Write);
        expect(yield* send(sys, a, 'late')).toBe('EPIPE');
        expect(yield* receive(sys, b)).toBe('early');
        expect(yield* receive(sys, b)).toBe('[EAGAIN]');
        yield* send(sys, b, 'waits');
        sys.sys_socket_shutdown(a, Shutdown.Read);
        expect(yield* send(sys, b, 'x')).toBe('EPIPE');
        expect(yield* receive(sys, a)).toBe('waits');
        expect(yield* receive(sys, a)).toBe('[EAGAIN]');
        sys.sys_handle_control(a, Control.SetNonBlocking, 0);
        expect(yield* receive(sys, a)).toBe('');
      });
    });

    it('may be sent to itself', () => {
      scene(function* (sys) {
        const socket = create(sys, Datagram);
        sys.sys_socket_bind(socket, '/run/self');
        for (let i = 0; i < 20; i++) expect(yield* send(sys, socket, String(i), '/run/self')).toBe('ok');
        expect(yield* receive(sys, socket)).toBe('0');
      });
    });
  });
});
