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
import { countCall } from '../kernel/process.ts';
import type { Process, Start } from '../kernel/process.ts';
import type { Wait } from '../kernel/wait-queue.ts';
import type { Nanos } from '../sim/time.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Mac } from '../wire/mac.ts';
import { callOf, valueOf } from './call.ts';
import type { Call } from './call.ts';
import { sys_exit } from './exit.ts';
import { sys_get_random } from './get-random.ts';
import { sys_handle_close } from './handle-close.ts';
import { sys_handle_control } from './handle-control.ts';
import { sys_handle_duplicate } from './handle-duplicate.ts';
import { sys_host_name } from './host-name.ts';
import { sys_hosts_lookup } from './hosts-lookup.ts';
import { sys_monotonic_time } from './monotonic-time.ts';
import { sys_network_add_address } from './network-add-address.ts';
import { sys_network_add_neighbor } from './network-add-neighbor.ts';
import { sys_network_add_route } from './network-add-route.ts';
import { sys_network_clear_ipv4 } from './network-clear-ipv4.ts';
import { sys_network_configure_ipv4 } from './network-configure-ipv4.ts';
import { sys_network_delete_address } from './network-delete-address.ts';
import { sys_network_delete_neighbor } from './network-delete-neighbor.ts';
import { sys_network_delete_route } from './network-delete-route.ts';
import { sys_network_get_dns } from './network-get-dns.ts';
import { sys_network_get_interface } from './network-get-interface.ts';
import { sys_network_list_addresses } from './network-list-addresses.ts';
import { sys_network_list_interfaces } from './network-list-interfaces.ts';
import { sys_network_list_interfaces_v2 } from './network-list-interfaces-v2.ts';
import { sys_network_list_neighbors } from './network-list-neighbors.ts';
import { sys_network_list_routes } from './network-list-routes.ts';
import { sys_network_set_dns } from './network-set-dns.ts';
import { sys_network_set_gateway } from './network-set-gateway.ts';
import { sys_network_set_interface } from './network-set-interface.ts';
import { sys_network_set_ipv4 } from './network-set-ipv4.ts';
import { sys_network_set_netmask } from './network-set-netmask.ts';
import { sys_poll } from './poll.ts';
import { sys_process_spawn } from './process-spawn.ts';
import { sys_process_stop } from './process-stop.ts';
import { sys_process_wait } from './process-wait.ts';
import { sys_sleep } from './sleep.ts';
import { sys_socket_accept } from './socket-accept.ts';
import { sys_socket_bind } from './socket-bind.ts';
import { sys_socket_bind_interface } from './socket-bind-interface.ts';
import { sys_socket_connect } from './socket-connect.ts';
import { sys_socket_create } from './socket-create.ts';
import { sys_socket_get_local_address } from './socket-get-local-address.ts';
import { sys_socket_get_peer_address } from './socket-get-peer-address.ts';
import { sys_socket_list } from './socket-list.ts';
import { sys_socket_listen } from './socket-listen.ts';
import { sys_socket_recvfrom } from './socket-recvfrom.ts';
import { sys_socket_sendto } from './socket-sendto.ts';
import { sys_socket_shutdown } from './socket-shutdown.ts';
import { sys_socketpair } from './socketpair.ts';
import { sys_stream_read } from './stream-read.ts';
import { sys_stream_write } from './stream-write.ts';
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

export { SystemCallError } from './call.ts';
export type { Call } from './call.ts';

/**
 * What runs in a process. `argv[0]` is its name. What it returns is the exit status, 0 where it returns nothing; an
 * exception ends it with status 1 and a line on its standard error.
 */
export type Program = (sys: Sys, argv: readonly string[]) => Generator<Wait, number | void, void>;

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

/** The body of a process that runs a program. */
export function startOf(program: Program): Start {
  return (process) => program(makeSys(process), process.argv);
}

/** What a process's program is given. */
export function makeSys(process: Process): Sys {
  return new ProcessCalls(process);
}

/** The calls, each bound to the process. They are written out, so that each is compiled for itself. */
class ProcessCalls implements Sys {
  private readonly process: Process;

  constructor(process: Process) {
    this.process = process;
  }

  private begin(): Process {
    countCall(this.process);
    return this.process;
  }

  sys_socket_create(domain: number, type: number, protocol?: number): number {
    return valueOf('sys_socket_create', sys_socket_create(this.begin(), domain, type, protocol));
  }

  sys_socket_bind(handle: number, address: Address): void {
    return valueOf('sys_socket_bind', sys_socket_bind(this.begin(), handle, address));
  }

  sys_socket_listen(handle: number, backlog: number): void {
    return valueOf('sys_socket_listen', sys_socket_listen(this.begin(), handle, backlog));
  }

  sys_socket_connect(handle: number, address: Address | null): Call<void> {
    return callOf('sys_socket_connect', sys_socket_connect(this.begin(), handle, address));
  }

  sys_socket_accept(handle: number): Call<number> {
    return callOf('sys_socket_accept', sys_socket_accept(this.begin(), handle));
  }

  sys_socketpair(type?: number): readonly [number, number] {
    return valueOf('sys_socketpair', sys_socketpair(this.begin(), type));
  }

  sys_socket_shutdown(handle: number, how: number): void {
    return valueOf('sys_socket_shutdown', sys_socket_shutdown(this.begin(), handle, how));
  }

  sys_socket_recvfrom(handle: number, size: number): Call<Datagram> {
    return callOf('sys_socket_recvfrom', sys_socket_recvfrom(this.begin(), handle, size));
  }

  sys_socket_sendto(handle: number, data: Uint8Array | string, to?: Address): Call<number> {
    return callOf('sys_socket_sendto', sys_socket_sendto(this.begin(), handle, data, to));
  }

  sys_socket_bind_interface(handle: number, name: string): void {
    return valueOf('sys_socket_bind_interface', sys_socket_bind_interface(this.begin(), handle, name));
  }

  sys_socket_get_local_address(handle: number): End {
    return valueOf('sys_socket_get_local_address', sys_socket_get_local_address(this.begin(), handle));
  }

  sys_socket_get_peer_address(handle: number): End {
    return valueOf('sys_socket_get_peer_address', sys_socket_get_peer_address(this.begin(), handle));
  }

  sys_socket_list(): readonly SocketRecord[] {
    return valueOf('sys_socket_list', sys_socket_list(this.begin()));
  }

  sys_network_set_ipv4(name: string, address: Ip4 | string): void {
    return valueOf('sys_network_set_ipv4', sys_network_set_ipv4(this.begin(), name, address));
  }

  sys_network_set_gateway(gateway: Ip4 | string): void {
    return valueOf('sys_network_set_gateway', sys_network_set_gateway(this.begin(), gateway));
  }

  sys_network_set_dns(server: Ip4 | string): void {
    return valueOf('sys_network_set_dns', sys_network_set_dns(this.begin(), server));
  }

  sys_network_get_dns(): Ip4 | null {
    return valueOf('sys_network_get_dns', sys_network_get_dns(this.begin()));
  }

  sys_network_set_netmask(mask: Ip4 | string, name?: string): void {
    return valueOf('sys_network_set_netmask', sys_network_set_netmask(this.begin(), mask, name));
  }

  sys_network_configure_ipv4(request: InterfaceConfiguration): void {
    return valueOf('sys_network_configure_ipv4', sys_network_configure_ipv4(this.begin(), request));
  }

  sys_network_clear_ipv4(name: string): void {
    return valueOf('sys_network_clear_ipv4', sys_network_clear_ipv4(this.begin(), name));
  }

  sys_network_list_interfaces(): readonly string[] {
    return valueOf('sys_network_list_interfaces', sys_network_list_interfaces(this.begin()));
  }

  sys_network_list_interfaces_v2(): readonly InterfaceRecord[] {
    return valueOf('sys_network_list_interfaces_v2', sys_network_list_interfaces_v2(this.begin()));
  }

  sys_network_get_interface(name: string): InterfaceState {
    return valueOf('sys_network_get_interface', sys_network_get_interface(this.begin(), name));
  }

  sys_network_set_interface(name: string, change: { readonly up?: boolean; readonly mtu?: number }): void {
    return valueOf('sys_network_set_interface', sys_network_set_interface(this.begin(), name, change));
  }

  sys_network_add_address(name: string, address: Ip4 | string, prefixLength: number): void {
    return valueOf('sys_network_add_address', sys_network_add_address(this.begin(), name, address, prefixLength));
  }

  sys_network_delete_address(name: string, address: Ip4 | string): void {
    return valueOf('sys_network_delete_address', sys_network_delete_address(this.begin(), name, address));
  }

  sys_network_list_addresses(): readonly AddressRecord[] {
    return valueOf('sys_network_list_addresses', sys_network_list_addresses(this.begin()));
  }

  sys_network_add_route(route: RouteRequest): void {
    return valueOf('sys_network_add_route', sys_network_add_route(this.begin(), route));
  }

  sys_network_delete_route(route: RouteRequest): void {
    return valueOf('sys_network_delete_route', sys_network_delete_route(this.begin(), route));
  }

  sys_network_list_routes(): readonly RouteRecord[] {
    return valueOf('sys_network_list_routes', sys_network_list_routes(this.begin()));
  }

  sys_network_add_neighbor(
    name: string,
    address: Ip4 | string,
    mac: Mac | string,
    state?: 'permanent' | 'stale',
  ): void {
    return valueOf('sys_network_add_neighbor', sys_network_add_neighbor(this.begin(), name, address, mac, state));
  }

  sys_network_delete_neighbor(name: string, address: Ip4 | string): void {
    return valueOf('sys_network_delete_neighbor', sys_network_delete_neighbor(this.begin(), name, address));
  }

  sys_network_list_neighbors(): readonly NeighborRecord[] {
    return valueOf('sys_network_list_neighbors', sys_network_list_neighbors(this.begin()));
  }

  sys_hosts_lookup(name: string): readonly Ip4[] {
    return valueOf('sys_hosts_lookup', sys_hosts_lookup(this.begin(), name));
  }

  sys_host_name(): string {
    return valueOf('sys_host_name', sys_host_name(this.begin()));
  }

  sys_handle_close(handle: number): void {
    return valueOf('sys_handle_close', sys_handle_close(this.begin(), handle));
  }

  sys_handle_duplicate(handle: number): number {
    return valueOf('sys_handle_duplicate', sys_handle_duplicate(this.begin(), handle));
  }

  sys_handle_control(handle: number, command: number, value?: number | Uint8Array): number {
    return valueOf('sys_handle_control', sys_handle_control(this.begin(), handle, command, value));
  }

  sys_poll(entries: readonly PollEntry[], times?: PollTimes): Call<readonly PollResult[]> {
    return callOf('sys_poll', sys_poll(this.begin(), entries, times));
  }

  sys_stream_read(handle: number, size: number): Call<Uint8Array> {
    return callOf('sys_stream_read', sys_stream_read(this.begin(), handle, size));
  }

  sys_stream_write(handle: number, data: Uint8Array | string): Call<number> {
    return callOf('sys_stream_write', sys_stream_write(this.begin(), handle, data));
  }

  sys_sleep(time: Nanos): Call<void> {
    return callOf('sys_sleep', sys_sleep(this.begin(), time));
  }

  sys_monotonic_time(): Nanos {
    return valueOf('sys_monotonic_time', sys_monotonic_time(this.begin()));
  }

  sys_get_random(length: number, flags?: number): Uint8Array {
    return valueOf('sys_get_random', sys_get_random(this.begin(), length, flags));
  }

  sys_process_spawn(argv: readonly string[]): number {
    return valueOf('sys_process_spawn', sys_process_spawn(this.begin(), argv));
  }

  sys_process_wait(id: number): Call<number> {
    return callOf('sys_process_wait', sys_process_wait(this.begin(), id));
  }

  sys_process_stop(id: number): Call<void> {
    return callOf('sys_process_stop', sys_process_stop(this.begin(), id));
  }

  sys_exit(status: number): Call<never> {
    return callOf('sys_exit', sys_exit(this.begin(), status));
  }
}
