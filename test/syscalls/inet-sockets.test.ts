/**
 * The socket calls on Inet datagram and raw sockets, each in both forms. Expected errors are those of the interface's
 * own table and of udp(7), ip(7), raw(7).
 */
import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';
import type { InetEnd } from '../../src/syscalls/values.ts';
import { Control, Domain, PathMtuDiscovery, Protocol, Shutdown, SocketType } from '../../src/syscalls/values.ts';
import type { Sys } from '../../src/syscalls/program.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { createHosts, errnoFrom, errnoOf, forms, run } from './hosts.ts';

const H1 = Ip.parse('192.0.2.1')!;
const H2 = Ip.parse('192.0.2.2')!;
const datagramSocket = (sys: Sys): number => sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

describe.each(forms)('Inet sockets, %s', (form) => {
  it('carries a datagram to another host and tells whom it is from', () => {
    const hosts = createHosts(form);
    run(
      hosts,
      hosts.h2,
      function* (sys) {
        const socket = datagramSocket(sys);
        sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 7 });
        const { data, from } = yield* sys.sys_socket_recvfrom(socket, 1500);
        expect(text(data)).toBe('hello');
        expect(from).toEqual({ ip: H1, port: 4000 });
        expect(yield* sys.sys_socket_sendto(socket, data, from)).toBe(5);
      },
      [
        hosts.h1,
        function* (sys) {
          const socket = datagramSocket(sys);
          sys.sys_socket_bind(socket, { ip: '192.0.2.1', port: 4000 });
          expect(yield* sys.sys_socket_sendto(socket, 'hello', { ip: '192.0.2.2', port: 7 })).toBe(5);
          const { data, from } = yield* sys.sys_socket_recvfrom(socket, 1500);
          expect(text(data)).toBe('hello');
          expect(from).toEqual({ ip: H2, port: 7 });
        },
      ],
    );
  });

  it('cuts a datagram that is longer than the buffer; the rest is lost', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      sys.sys_socket_bind(socket, { ip: '127.0.0.1', port: 9 });
      yield* sys.sys_socket_sendto(socket, 'abcdef', { ip: '127.0.0.1', port: 9 });
      yield* sys.sys_socket_sendto(socket, '', { ip: '127.0.0.1', port: 9 });
      expect(text((yield* sys.sys_socket_recvfrom(socket, 4)).data)).toBe('abcd');
      expect((yield* sys.sys_socket_recvfrom(socket, 4)).data.length).toBe(0);
    });
    expect(hosts.simulator.pool.waiting).toBe(0);
  });

  it('carries the longest datagram there is, and refuses a longer one', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      sys.sys_socket_bind(socket, { ip: '127.0.0.1', port: 9 });
      const longest = new Uint8Array(65_507).fill(0x5a);
      expect(yield* sys.sys_socket_sendto(socket, longest, { ip: '127.0.0.1', port: 9 })).toBe(65_507);
      expect((yield* sys.sys_socket_recvfrom(socket, 65_535)).data).toEqual(longest);
      const to = { ip: '127.0.0.1', port: 9 };
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, new Uint8Array(65_508), to))).toBe('EMSGSIZE');
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, new Uint8Array(70_000), to))).toBe('EMSGSIZE');
    });
  });

  it('creates what there is, and says why not for the rest', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const errno = (domain: number, type: number, protocol = 0): string =>
        errnoOf(() => sys.sys_socket_create(domain, type, protocol));
      expect(sys.sys_socket_create(Domain.Inet, SocketType.Datagram)).toBe(3);
      expect(sys.sys_socket_create(Domain.Inet, SocketType.Datagram, Protocol.Udp)).toBe(4);
      expect(sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp)).toBe(5);
      expect(sys.sys_socket_create(Domain.Inet, SocketType.Raw, 255)).toBe(6);
      expect(errno(99, SocketType.Datagram)).toBe('EAFNOSUPPORT');
      expect(errno(Domain.Inet6, SocketType.Datagram)).toBe('EAFNOSUPPORT');
      expect(errno(Domain.Packet, SocketType.Raw)).toBe('EAFNOSUPPORT');
      expect(errno(Domain.Inet, 5)).toBe('EINVAL');
      expect(errno(99, 99)).toBe('EINVAL');
      expect(errno(Domain.Inet, SocketType.Stream)).toBe('EPROTONOSUPPORT');
      expect(errno(Domain.Inet, 0, Protocol.Tcp)).toBe('EPROTONOSUPPORT');
      expect(errno(Domain.Inet, SocketType.Datagram, Protocol.Tcp)).toBe('EPROTONOSUPPORT');
      expect(errno(Domain.Inet, SocketType.Datagram, 99)).toBe('EPROTONOSUPPORT');
      expect(errno(Domain.Inet, SocketType.Raw)).toBe('EPROTONOSUPPORT');
      expect(errno(Domain.Inet, SocketType.SeqPacket)).toBe('ESOCKTNOSUPPORT');
      expect(errno(Domain.Inet, SocketType.Raw, 300)).toBe('EINVAL');
    });
  });

  it('binds once, to an own address and a free port', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const bind = (handle: number, ip: string, port: number): string =>
        errnoOf(() => sys.sys_socket_bind(handle, { ip, port }));
      const [a, b, c] = [datagramSocket(sys), datagramSocket(sys), datagramSocket(sys)];
      expect(bind(a, '198.51.100.1', 7)).toBe('EADDRNOTAVAIL');
      expect(bind(a, '192.0.2.1', 7)).toBe('ok');
      expect(bind(a, '192.0.2.1', 8)).toBe('EINVAL');
      expect(bind(b, '192.0.2.1', 7)).toBe('EADDRINUSE');
      expect(bind(b, '0.0.0.0', 7)).toBe('EADDRINUSE');
      expect(bind(b, '127.0.0.1', 7)).toBe('ok');
      expect(bind(c, '0.0.0.0', 0)).toBe('ok');
      const { port } = sys.sys_socket_get_local_address(c) as InetEnd;
      expect(port).toBeGreaterThanOrEqual(32_768);
      expect(port).toBeLessThanOrEqual(60_999);
      sys.sys_handle_close(a);
      expect(bind(datagramSocket(sys), '192.0.2.1', 7)).toBe('ok');
    });
  });

  it('refuses addresses of another family, as Linux does', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      for (const [path, errno] of [
        ['/tmp/socket', 'EAFNOSUPPORT'],
        ['/tmp', 'EINVAL'],
      ] as const) {
        expect(errnoOf(() => sys.sys_socket_bind(socket, path))).toBe(errno);
        expect(yield* errnoFrom(sys.sys_socket_connect(socket, path))).toBe(errno);
        expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', path))).toBe(errno);
      }
      for (const bad of [
        { ip: 'h2', port: 7 },
        { ip: '192.0.2.2', port: 65_536 },
        { ip: '192.0.2.2', port: -1 },
      ]) {
        expect(errnoOf(() => sys.sys_socket_bind(socket, bad))).toBe('EINVAL');
      }
    });
  });

  it('sends nowhere without an address, a route or a port', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x'))).toBe('EDESTADDRREQ');
      expect(yield* errnoFrom(sys.sys_stream_write(socket, 'x'))).toBe('EDESTADDRREQ');
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', { ip: '198.51.100.1', port: 7 }))).toBe('ENETUNREACH');
      expect(yield* errnoFrom(sys.sys_socket_connect(socket, { ip: '198.51.100.1', port: 7 }))).toBe('ENETUNREACH');
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', { ip: '192.0.2.2', port: 0 }))).toBe('EINVAL');
      sys.sys_network_add_route({ destination: '203.0.113.0', prefixLength: 24, type: 'unreachable' });
      sys.sys_network_add_route({ destination: '198.51.100.0', prefixLength: 24, type: 'prohibit' });
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', { ip: '203.0.113.1', port: 7 }))).toBe('EHOSTUNREACH');
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', { ip: '198.51.100.1', port: 7 }))).toBe('EACCES');
    });
  });

  it('broadcasts by permission only', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      for (const ip of ['192.0.2.255']) {
        sys.sys_handle_control(socket, Control.SetBroadcast, 0);
        expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x', { ip, port: 7 }))).toBe('EACCES');
        expect(yield* errnoFrom(sys.sys_socket_connect(socket, { ip, port: 7 }))).toBe('EACCES');
        sys.sys_handle_control(socket, Control.SetBroadcast, 1);
        expect(yield* sys.sys_socket_sendto(socket, 'x', { ip, port: 7 })).toBe(1);
      }
    });
  });

  it('gives EAGAIN where it may not wait, or not longer', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      sys.sys_handle_control(socket, Control.SetNonBlocking, 1);
      expect(yield* errnoFrom(sys.sys_socket_recvfrom(socket, 10))).toBe('EAGAIN');
      expect(yield* errnoFrom(sys.sys_stream_read(socket, 10))).toBe('EAGAIN');
      sys.sys_handle_control(socket, Control.SetNonBlocking, 0);
      sys.sys_handle_control(socket, Control.SetReadTimeout, 250);
      const before = sys.sys_monotonic_time();
      expect(yield* errnoFrom(sys.sys_socket_recvfrom(socket, 10))).toBe('EAGAIN');
      expect(sys.sys_monotonic_time() - before).toBe(250 * MILLISECOND);
    });
  });

  it('tells a connected socket once that its peer has closed the port, in the next call of either kind', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      yield* sys.sys_socket_connect(socket, { ip: '192.0.2.2', port: 7 });
      yield* sys.sys_socket_sendto(socket, 'x');
      // Asleep when the ICMP error comes.
      expect(yield* errnoFrom(sys.sys_socket_recvfrom(socket, 10))).toBe('ECONNREFUSED');
      yield* sys.sys_socket_sendto(socket, 'x');
      yield* sys.sys_sleep(SECOND);
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x'))).toBe('ECONNREFUSED');
      expect(yield* sys.sys_stream_write(socket, 'x')).toBe(1);
      yield* sys.sys_sleep(SECOND);
      expect(sys.sys_handle_control(socket, Control.TakeError)).toBe(111);
      expect(sys.sys_handle_control(socket, Control.TakeError)).toBe(0);
      // An unconnected one learns nothing.
      const other = datagramSocket(sys);
      yield* sys.sys_socket_sendto(other, 'x', { ip: '192.0.2.2', port: 7 });
      yield* sys.sys_sleep(SECOND);
      expect(yield* sys.sys_socket_sendto(other, 'x', { ip: '192.0.2.2', port: 7 })).toBe(1);
    });
  });

  it('wakes a sleeping reader with EHOSTUNREACH when nobody answers ARP', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      yield* sys.sys_socket_connect(socket, { ip: '192.0.2.99', port: 7 });
      yield* sys.sys_socket_sendto(socket, 'x');
      expect(yield* errnoFrom(sys.sys_socket_recvfrom(socket, 10))).toBe('EHOSTUNREACH');
      // Three requests, a second apart (RFC 1122 §2.3.2.1), and a second for the last one's answer.
      expect(sys.sys_monotonic_time()).toBeGreaterThanOrEqual(3 * SECOND);
    });
  });

  it('takes datagrams from its peer alone while it is connected, and from all again when it is not', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const [server, friend, stranger] = [datagramSocket(sys), datagramSocket(sys), datagramSocket(sys)];
      sys.sys_socket_bind(server, { ip: '127.0.0.1', port: 7 });
      sys.sys_socket_bind(friend, { ip: '127.0.0.1', port: 8 });
      yield* sys.sys_socket_connect(server, { ip: '127.0.0.1', port: 8 });
      expect(sys.sys_socket_get_peer_address(server)).toEqual({ ip: Ip.LOOPBACK, port: 8 });
      yield* sys.sys_socket_sendto(stranger, 'no', { ip: '127.0.0.1', port: 7 });
      yield* sys.sys_socket_sendto(friend, 'yes', { ip: '127.0.0.1', port: 7 });
      expect(text((yield* sys.sys_socket_recvfrom(server, 10)).data)).toBe('yes');
      yield* sys.sys_socket_connect(server, null);
      expect(errnoOf(() => sys.sys_socket_get_peer_address(server))).toBe('ENOTCONN');
      yield* sys.sys_socket_sendto(stranger, 'now', { ip: '127.0.0.1', port: 7 });
      expect(text(yield* sys.sys_stream_read(server, 10))).toBe('now');
    });
  });

  it('has the address that its route chooses once it is connected', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      expect(sys.sys_socket_get_local_address(socket)).toEqual({ ip: Ip.ANY, port: 0 });
      expect(errnoOf(() => sys.sys_socket_get_peer_address(socket))).toBe('ENOTCONN');
      yield* sys.sys_socket_connect(socket, { ip: '192.0.2.2', port: 7 });
      expect((sys.sys_socket_get_local_address(socket) as InetEnd).ip).toBe(H1);
      expect(sys.sys_socket_get_peer_address(socket)).toEqual({ ip: H2, port: 7 });
    });
  });

  it('is shut down half by half, once it is connected', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      expect(errnoOf(() => sys.sys_socket_shutdown(socket, 3))).toBe('EINVAL');
      expect(errnoOf(() => sys.sys_socket_shutdown(socket, Shutdown.Both))).toBe('ENOTCONN');
      yield* sys.sys_socket_connect(socket, { ip: '192.0.2.2', port: 7 });
      sys.sys_socket_shutdown(socket, Shutdown.Write);
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x'))).toBe('EPIPE');
      sys.sys_socket_shutdown(socket, Shutdown.Read);
      expect((yield* sys.sys_socket_recvfrom(socket, 10)).data.length).toBe(0);
      expect((yield* sys.sys_stream_read(socket, 10)).length).toBe(0);
    });
  });

  it('does not listen, accept, or open what is no socket', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      expect(errnoOf(() => sys.sys_socket_listen(socket, 1))).toBe('EOPNOTSUPP');
      expect(yield* errnoFrom(sys.sys_socket_accept(socket))).toBe('EOPNOTSUPP');
      for (const [handle, errno] of [
        [1, 'ENOTSOCK'],
        [77, 'EBADF'],
        [-1, 'EBADF'],
      ] as const) {
        const to = { ip: '192.0.2.2', port: 7 };
        expect(errnoOf(() => sys.sys_socket_bind(handle, to))).toBe(errno);
        expect(errnoOf(() => sys.sys_socket_listen(handle, 1))).toBe(errno);
        expect(yield* errnoFrom(sys.sys_socket_connect(handle, to))).toBe(errno);
        expect(yield* errnoFrom(sys.sys_socket_connect(handle, null))).toBe(errno);
        expect(yield* errnoFrom(sys.sys_socket_accept(handle))).toBe(errno);
        expect(errnoOf(() => sys.sys_socket_shutdown(handle, 0))).toBe(errno);
        expect(yield* errnoFrom(sys.sys_socket_recvfrom(handle, 1))).toBe(errno);
        expect(yield* errnoFrom(sys.sys_socket_sendto(handle, 'x', to))).toBe(errno);
        expect(errnoOf(() => sys.sys_socket_bind_interface(handle, 'eth0'))).toBe(errno);
        expect(errnoOf(() => sys.sys_socket_get_local_address(handle))).toBe(errno);
        expect(errnoOf(() => sys.sys_socket_get_peer_address(handle))).toBe(errno);
      }
    });
  });

  it('keeps to the interface it is bound to', () => {
    const hosts = createHosts(form);
    hosts.simulator.connect(hosts.h1.node, 1, hosts.h2.node, 1);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      expect(errnoOf(() => sys.sys_socket_bind_interface(socket, 'eth9'))).toBe('ENODEV');
      expect(errnoOf(() => sys.sys_socket_bind_interface(socket, ''))).toBe('EINVAL');
      expect(errnoOf(() => sys.sys_socket_bind_interface(socket, 'e'.repeat(257)))).toBe('EINVAL');
      const receiver = datagramSocket(sys);
      sys.sys_socket_bind(receiver, { ip: '0.0.0.0', port: 7 });
      sys.sys_handle_control(receiver, Control.SetReadTimeout, 10);
      sys.sys_socket_bind_interface(receiver, 'eth0');
      yield* sys.sys_socket_sendto(socket, 'x', { ip: '127.0.0.1', port: 7 });
      expect(yield* errnoFrom(sys.sys_socket_recvfrom(receiver, 10))).toBe('EAGAIN');
      sys.sys_socket_bind_interface(receiver, 'lo');
      yield* sys.sys_socket_sendto(socket, 'x', { ip: '127.0.0.1', port: 7 });
      expect(yield* errnoFrom(sys.sys_socket_recvfrom(receiver, 10))).toBe('ok');
      const sent = hosts.h1.node.ports[1]!.framesOut;
      sys.sys_socket_bind_interface(socket, 'eth1');
      yield* sys.sys_socket_sendto(socket, 'x', { ip: '192.0.2.2', port: 7 });
      yield* sys.sys_sleep(SECOND);
      // No address there and no route: the destination is taken to be on that link, as on Linux.
      expect(hosts.h1.node.ports[1]!.framesOut).toBeGreaterThan(sent);
    });
  });

  it('sleeps in sendto while the send buffer is full, and goes on as frames leave the NIC', () => {
    // 1,000 bytes take 8 ms and more at 1 Mbit/s; the queue is longer than the send buffer.
    const hosts = createHosts(form, {}, { settings: { bandwidth: 1_000_000 } });
    run(hosts, hosts.h1, function* (sys) {
      sys.sys_network_add_neighbor('eth0', '192.0.2.2', '02:00:00:00:00:02');
      const socket = datagramSocket(sys);
      const to = { ip: '192.0.2.2', port: 7 };
      const data = new Uint8Array(1_000);
      sys.sys_handle_control(socket, Control.SetNonBlocking, 1);
      let sent = 0;
      while ((yield* errnoFrom(sys.sys_socket_sendto(socket, data, to))) === 'ok') sent++;
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, data, to))).toBe('EAGAIN');
      // 212,992 bytes of buffer, 1,042 + 576 for each frame: as on Linux, one more is taken while there is any room;
      // and the frame on the wire does not count any more.
      expect(sent).toBe(133);
      expect(sys.sys_monotonic_time()).toBeLessThan(SECOND);
      sys.sys_handle_control(socket, Control.SetNonBlocking, 0);
      sys.sys_handle_control(socket, Control.SetWriteTimeout, 5);
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, data, to))).toBe('EAGAIN');
      sys.sys_handle_control(socket, Control.SetWriteTimeout, 0);
      const before = sys.sys_monotonic_time();
      expect(yield* sys.sys_socket_sendto(socket, data, to)).toBe(1_000);
      // Linux's sock_def_write_space: writers wake when half the buffer is free.
      expect(sys.sys_monotonic_time() - before).toBeGreaterThan(500 * MILLISECOND);
    });
  });

  it('receives ICMP with its IP header on a raw socket, unless the filter keeps the type away', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp);
      // Echo request, identifier 1, sequence 1, no data; RFC 1071 checksum.
      const request = new Uint8Array([8, 0, 0xf7, 0xfd, 0, 1, 0, 1]);
      expect(yield* sys.sys_socket_sendto(socket, request, { ip: '192.0.2.2', port: 0 })).toBe(8);
      const { data, from } = yield* sys.sys_socket_recvfrom(socket, 100);
      expect(from).toEqual({ ip: H2, port: 0 });
      expect(data.length).toBe(28);
      expect(data[0]).toBe(0x45);
      expect([...data.subarray(20)]).toEqual([0, 0, 0xff, 0xfd, 0, 1, 0, 1]);
      sys.sys_handle_control(socket, Control.SetIcmpFilter, 1);
      expect(sys.sys_handle_control(socket, Control.GetIcmpFilter)).toBe(1);
      yield* sys.sys_socket_sendto(socket, request, { ip: '192.0.2.2', port: 0 });
      sys.sys_handle_control(socket, Control.SetReadTimeout, 1_000);
      expect(yield* errnoFrom(sys.sys_socket_recvfrom(socket, 100))).toBe('EAGAIN');
    });
  });

  it('connects and binds raw sockets by address alone', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp);
      expect(errnoOf(() => sys.sys_socket_bind(socket, { ip: '198.51.100.1', port: 0 }))).toBe('EADDRNOTAVAIL');
      sys.sys_socket_bind(socket, { ip: '192.0.2.1', port: 0 });
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, 'x'))).toBe('EDESTADDRREQ');
      yield* sys.sys_socket_connect(socket, { ip: '192.0.2.2', port: 0 });
      yield* sys.sys_stream_write(socket, new Uint8Array([8, 0, 0xf7, 0xfd, 0, 1, 0, 1]));
      expect((yield* sys.sys_stream_read(socket, 100)).length).toBe(28);
      yield* sys.sys_socket_connect(socket, null);
      expect(errnoOf(() => sys.sys_socket_get_peer_address(socket))).toBe('ENOTCONN');
    });
  });

  it('refuses with EMSGSIZE what the path does not carry, where the socket forbids fragments', () => {
    const hosts = createHosts(form);
    run(hosts, hosts.h1, function* (sys) {
      const socket = datagramSocket(sys);
      const to = { ip: '192.0.2.2', port: 7 };
      sys.sys_handle_control(socket, Control.SetPathMtuDiscovery, PathMtuDiscovery.Do);
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, new Uint8Array(1_472), to))).toBe('ok');
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, new Uint8Array(1_473), to))).toBe('EMSGSIZE');
      sys.sys_handle_control(socket, Control.SetPathMtuDiscovery, PathMtuDiscovery.Want);
      expect(yield* errnoFrom(sys.sys_socket_sendto(socket, new Uint8Array(1_473), to))).toBe('ok');
    });
  });
});
