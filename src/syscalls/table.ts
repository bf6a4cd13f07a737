/**
 * The calls by number, and the one door through which all numbered calls go.
 * 1 to 919 are the interface's published numbers; from 950 on they are this lab's own. Commands of sys_handle_control
 * are `Control` in values.ts.
 */
import { ERRNO } from '../kernel/errno.ts';
import { countCall } from '../kernel/process.ts';
import type { Process } from '../kernel/process.ts';
import type { Wait } from '../kernel/wait-queue.ts';
import { slept } from './call.ts';
import * as Exit from './exit.ts';
import * as GetRandom from './get-random.ts';
import * as HandleClose from './handle-close.ts';
import * as HandleControl from './handle-control.ts';
import * as HandleDuplicate from './handle-duplicate.ts';
import * as HostName from './host-name.ts';
import * as HostsLookup from './hosts-lookup.ts';
import * as MonotonicTime from './monotonic-time.ts';
import * as NetworkAddAddress from './network-add-address.ts';
import * as NetworkAddNeighbor from './network-add-neighbor.ts';
import * as NetworkAddRoute from './network-add-route.ts';
import * as NetworkClearIpv4 from './network-clear-ipv4.ts';
import * as NetworkConfigureIpv4 from './network-configure-ipv4.ts';
import * as NetworkDeleteAddress from './network-delete-address.ts';
import * as NetworkDeleteNeighbor from './network-delete-neighbor.ts';
import * as NetworkDeleteRoute from './network-delete-route.ts';
import * as NetworkGetDns from './network-get-dns.ts';
import * as NetworkGetInterface from './network-get-interface.ts';
import * as NetworkListAddresses from './network-list-addresses.ts';
import * as NetworkListInterfaces from './network-list-interfaces.ts';
import * as NetworkListInterfacesV2 from './network-list-interfaces-v2.ts';
import * as NetworkListNeighbors from './network-list-neighbors.ts';
import * as NetworkListRoutes from './network-list-routes.ts';
import * as NetworkSetDns from './network-set-dns.ts';
import * as NetworkSetGateway from './network-set-gateway.ts';
import * as NetworkSetInterface from './network-set-interface.ts';
import * as NetworkSetIpv4 from './network-set-ipv4.ts';
import * as NetworkSetNetmask from './network-set-netmask.ts';
import * as Poll from './poll.ts';
import * as ProcessSpawn from './process-spawn.ts';
import * as ProcessStop from './process-stop.ts';
import * as ProcessWait from './process-wait.ts';
import * as Sleep from './sleep.ts';
import * as SocketAccept from './socket-accept.ts';
import * as SocketBind from './socket-bind.ts';
import * as SocketBindInterface from './socket-bind-interface.ts';
import * as SocketConnect from './socket-connect.ts';
import * as SocketCreate from './socket-create.ts';
import * as SocketGetLocalAddress from './socket-get-local-address.ts';
import * as SocketGetPeerAddress from './socket-get-peer-address.ts';
import * as SocketList from './socket-list.ts';
import * as SocketListen from './socket-listen.ts';
import * as SocketRecvfrom from './socket-recvfrom.ts';
import * as SocketSendto from './socket-sendto.ts';
import * as SocketShutdown from './socket-shutdown.ts';
import * as Socketpair from './socketpair.ts';
import * as StreamRead from './stream-read.ts';
import * as StreamWrite from './stream-write.ts';
import type { NumberedCall } from './numbered.ts';

export interface TableEntry {
  readonly name: string;
  readonly call: NumberedCall;
}

export const CALLS: Readonly<Record<number, TableEntry>> = {
  1: { name: 'sys_exit', call: Exit.numbered },
  20: { name: 'sys_sleep', call: Sleep.numbered },
  22: { name: 'sys_get_random', call: GetRandom.numbered },
  35: { name: 'sys_monotonic_time', call: MonotonicTime.numbered },
  102: { name: 'sys_handle_close', call: HandleClose.numbered },
  103: { name: 'sys_handle_duplicate', call: HandleDuplicate.numbered },
  110: { name: 'sys_handle_control', call: HandleControl.numbered },
  200: { name: 'sys_stream_read', call: StreamRead.numbered },
  201: { name: 'sys_stream_write', call: StreamWrite.numbered },
  202: { name: 'sys_poll', call: Poll.numbered },
  900: { name: 'sys_socket_create', call: SocketCreate.numbered },
  901: { name: 'sys_socket_bind', call: SocketBind.numbered },
  902: { name: 'sys_socket_listen', call: SocketListen.numbered },
  903: { name: 'sys_socket_connect', call: SocketConnect.numbered },
  904: { name: 'sys_socket_accept', call: SocketAccept.numbered },
  905: { name: 'sys_socketpair', call: Socketpair.numbered },
  906: { name: 'sys_socket_shutdown', call: SocketShutdown.numbered },
  907: { name: 'sys_socket_recvfrom', call: SocketRecvfrom.numbered },
  908: { name: 'sys_socket_sendto', call: SocketSendto.numbered },
  909: { name: 'sys_socket_bind_interface', call: SocketBindInterface.numbered },
  910: { name: 'sys_network_set_ipv4', call: NetworkSetIpv4.numbered },
  911: { name: 'sys_network_set_gateway', call: NetworkSetGateway.numbered },
  912: { name: 'sys_network_set_dns', call: NetworkSetDns.numbered },
  913: { name: 'sys_network_set_netmask', call: NetworkSetNetmask.numbered },
  914: { name: 'sys_network_list_interfaces', call: NetworkListInterfaces.numbered },
  915: { name: 'sys_network_configure_ipv4', call: NetworkConfigureIpv4.numbered },
  916: { name: 'sys_network_list_interfaces_v2', call: NetworkListInterfacesV2.numbered },
  917: { name: 'sys_network_clear_ipv4', call: NetworkClearIpv4.numbered },
  918: { name: 'sys_socket_get_local_address', call: SocketGetLocalAddress.numbered },
  919: { name: 'sys_socket_get_peer_address', call: SocketGetPeerAddress.numbered },
  950: { name: 'sys_network_get_dns', call: NetworkGetDns.numbered },
  951: { name: 'sys_network_list_routes', call: NetworkListRoutes.numbered },
  952: { name: 'sys_network_add_route', call: NetworkAddRoute.numbered },
  953: { name: 'sys_network_delete_route', call: NetworkDeleteRoute.numbered },
  954: { name: 'sys_network_list_neighbors', call: NetworkListNeighbors.numbered },
  955: { name: 'sys_network_add_neighbor', call: NetworkAddNeighbor.numbered },
  956: { name: 'sys_network_delete_neighbor', call: NetworkDeleteNeighbor.numbered },
  957: { name: 'sys_network_add_address', call: NetworkAddAddress.numbered },
  958: { name: 'sys_network_delete_address', call: NetworkDeleteAddress.numbered },
  959: { name: 'sys_network_list_addresses', call: NetworkListAddresses.numbered },
  960: { name: 'sys_network_set_interface', call: NetworkSetInterface.numbered },
  961: { name: 'sys_process_spawn', call: ProcessSpawn.numbered },
  962: { name: 'sys_process_wait', call: ProcessWait.numbered },
  963: { name: 'sys_process_stop', call: ProcessStop.numbered },
  964: { name: 'sys_socket_list', call: SocketList.numbered },
  965: { name: 'sys_hosts_lookup', call: HostsLookup.numbered },
  966: { name: 'sys_network_get_interface', call: NetworkGetInterface.numbered },
  967: { name: 'sys_host_name', call: HostName.numbered },
};

/**
 * Makes a call by its number. The arguments are machine words; the answer is a natural number below 2^53, or an errno's
 * number, negated.
 *
 * ENOSYS  no call has the number
 */
export function* syscall(
  process: Process,
  number: number,
  a0 = 0,
  a1 = 0,
  a2 = 0,
  a3 = 0,
  a4 = 0,
  a5 = 0,
): Generator<Wait, number, void> {
  countCall(process);
  const entry = Object.hasOwn(CALLS, number) ? CALLS[number] : undefined;
  if (entry === undefined) return -ERRNO.ENOSYS.number;
  const answer = entry.call(process, a0, a1, a2, a3, a4, a5);
  const result = 'ok' in answer ? answer : yield* slept(answer);
  return result.ok ? result.value : -ERRNO[result.errno].number;
}
