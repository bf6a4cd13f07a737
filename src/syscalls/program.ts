/**
 * What a program is: a generator over the calls. `sys` is bound to its process, returns the value of a call, and throws
 * SystemCallError where the call fails, so that programs read as programs.
 *
 *     function* client(sys: Sys) {
 *       const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram, 0);
 *       yield* sys.sys_socket_sendto(socket, 'hello', { ip: '192.0.2.2', port: 7 });
 *       const { data, from } = yield* sys.sys_socket_recvfrom(socket, 1500);
 *     }
 *
 * Calls that may sleep are generators themselves and want `yield*`; the others answer at once.
 */
import { describe } from '../kernel/errno.ts';
import type { Errno } from '../kernel/errno.ts';
import type { Wait } from '../kernel/wait-queue.ts';
import type { Nanos } from '../sim/time.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import type {
  Address,
  AddressRecord,
  Datagram,
  End,
  InterfaceConfiguration,
  InterfaceRecord,
  InterfaceState,
  NeighborRecord,
  PollEntry,
  PollResult,
  PollTimes,
  RouteRecord,
  RouteRequest,
  SocketRecord,
} from './values.ts';

/** A call that may sleep, as a program sees it. */
export type Call<T> = Generator<Wait, T, void>;

/**
 * What runs in a process. `argv[0]` is its name. What it returns is the exit status, 0 where it returns nothing; an
 * exception ends it with status 1 and a line on its standard error.
 */
export type Program = (sys: Sys, argv: readonly string[]) => Generator<Wait, number | void, void>;

/** A call failed, and the program did not ask for the answer in another way. */
export class SystemCallError extends Error {
  readonly errno: Errno;
  /** The call's name, such as 'sys_socket_bind'. */
  readonly call: string;

  constructor(call: string, errno: Errno) {
    super(`${call}: ${describe(errno)}`);
    this.name = 'SystemCallError';
    this.call = call;
    this.errno = errno;
  }
}

/** The calls as a program sees them. The manual page of each stands in the file of its name, such as socket-bind.ts. */
export interface Sys {
  // Sockets.
  sys_socket_create(domain: number, type: number, protocol?: number): number;
  sys_socket_bind(handle: number, address: Address): void;
  sys_socket_listen(handle: number, backlog: number): void;
  /** Null dissolves a datagram socket's connection. */
  sys_socket_connect(handle: number, address: Address | null): Call<void>;
  sys_socket_accept(handle: number): Call<number>;
  sys_socketpair(type?: number): readonly [number, number];
  sys_socket_shutdown(handle: number, how: number): void;
  sys_socket_recvfrom(handle: number, size: number): Call<Datagram>;
  /** Without `to` it goes to the connected peer. Text is sent as UTF-8. */
  sys_socket_sendto(handle: number, data: Uint8Array | string, to?: Address): Call<number>;
  sys_socket_bind_interface(handle: number, name: string): void;
  sys_socket_get_local_address(handle: number): End;
  sys_socket_get_peer_address(handle: number): End;
  sys_socket_list(): readonly SocketRecord[];

  // The host's network.
  sys_network_set_ipv4(name: string, address: Ip4 | string): void;
  sys_network_set_gateway(gateway: Ip4 | string): void;
  sys_network_set_dns(server: Ip4 | string): void;
  /** Null when none was set. */
  sys_network_get_dns(): Ip4 | null;
  /** Without a name it is the mask of all interfaces that have none of their own. */
  sys_network_set_netmask(mask: Ip4 | string, name?: string): void;
  sys_network_configure_ipv4(request: InterfaceConfiguration): void;
  sys_network_clear_ipv4(name: string): void;
  sys_network_list_interfaces(): readonly string[];
  sys_network_list_interfaces_v2(): readonly InterfaceRecord[];
  sys_network_get_interface(name: string): InterfaceState;
  sys_network_set_interface(name: string, change: { readonly up?: boolean; readonly mtu?: number }): void;
  sys_network_add_address(name: string, address: Ip4 | string, prefixLength: number): void;
  sys_network_delete_address(name: string, address: Ip4 | string): void;
  sys_network_list_addresses(): readonly AddressRecord[];
  sys_network_add_route(route: RouteRequest): void;
  sys_network_delete_route(route: RouteRequest): void;
  sys_network_list_routes(): readonly RouteRecord[];
  sys_network_add_neighbor(name: string, address: Ip4 | string, mac: Mac | string, state?: 'permanent' | 'stale'): void;
  sys_network_delete_neighbor(name: string, address: Ip4 | string): void;
  sys_network_list_neighbors(): readonly NeighborRecord[];
  /** The addresses the host's table knows for a node or its interface, the one to use first; ENOENT for none. */
  sys_hosts_lookup(name: string): readonly Ip4[];
  sys_host_name(): string;

  // Handles and streams.
  sys_handle_close(handle: number): void;
  sys_handle_duplicate(handle: number): number;
  /** `command` is of `Control`; only the IP options take bytes, to set them from or to be written into. */
  sys_handle_control(handle: number, command: number, value?: number | Uint8Array): number;
  /** Those that are ready; none when the time ran out. */
  sys_poll(entries: readonly PollEntry[], times?: PollTimes): Call<readonly PollResult[]>;
  /** No bytes at the end of the stream. */
  sys_stream_read(handle: number, size: number): Call<Uint8Array>;
  sys_stream_write(handle: number, data: Uint8Array | string): Call<number>;

  // Processes, time and chance.
  sys_sleep(time: Nanos): Call<void>;
  sys_monotonic_time(): Nanos;
  sys_get_random(length: number, flags?: number): Uint8Array;
  /** Starts a program of the host beside this one and gives its process id. */
  sys_process_spawn(argv: readonly string[]): number;
  /** Waits for a process that this one started, and gives its exit status. */
  sys_process_wait(id: number): Call<number>;
  sys_process_stop(id: number): Call<void>;
  sys_exit(status: number): Call<never>;
}
