/**
 * The table of calls against the published numbers, and the programs' view of it.
 */
import { expect, it } from 'vitest';
import { startProcess } from '../../src/kernel/process.ts';
import { makeSys } from '../../src/syscalls/program.ts';
import { CALLS, syscall } from '../../src/syscalls/table.ts';
import { createHosts } from './hosts.ts';

/** As the interface publishes them. */
const PUBLISHED = `
  900 sys_socket_create 901 sys_socket_bind 902 sys_socket_listen 903 sys_socket_connect 904 sys_socket_accept
  905 sys_socketpair 906 sys_socket_shutdown 907 sys_socket_recvfrom 908 sys_socket_sendto
  909 sys_socket_bind_interface 910 sys_network_set_ipv4 911 sys_network_set_gateway 912 sys_network_set_dns
  913 sys_network_set_netmask 914 sys_network_list_interfaces 915 sys_network_configure_ipv4
  916 sys_network_list_interfaces_v2 917 sys_network_clear_ipv4 918 sys_socket_get_local_address
  919 sys_socket_get_peer_address 102 sys_handle_close 103 sys_handle_duplicate 110 sys_handle_control 202 sys_poll
  200 sys_stream_read 201 sys_stream_write 20 sys_sleep 22 sys_get_random 35 sys_monotonic_time 1 sys_exit
`;

it('has every published call under its number', () => {
  for (const [, number, name] of PUBLISHED.matchAll(/(\d+) (\w+)/g)) expect(CALLS[Number(number)]?.name).toBe(name);
});

it('adds calls from 950 on only', () => {
  const published = new Set([...PUBLISHED.matchAll(/\d+/g)].map(Number).filter((number) => CALLS[number]));
  for (const number of Object.keys(CALLS).map(Number)) if (!published.has(number)) expect(number).toBeGreaterThan(949);
});

it('gives programs exactly the calls of the table', () => {
  const { h1 } = createHosts();
  const process = startProcess(h1.kernel, ['test'], function* () {});
  if (!process.ok) throw new Error(process.errno);
  const sys = makeSys(process.value);
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(sys)).filter((name) => name.startsWith('sys_'));
  expect(names.sort()).toEqual(
    Object.values(CALLS)
      .map(({ name }) => name)
      .sort(),
  );
});

it('answers ENOSYS to numbers that no call has', () => {
  const { h1 } = createHosts();
  const process = startProcess(h1.kernel, ['test'], function* () {});
  if (!process.ok) throw new Error(process.errno);
  for (const number of [0, 2, 899, 920, 1_000, -1, 900.5, NaN]) {
    expect(syscall(process.value, number).next()).toEqual({ done: true, value: -38 });
  }
});
