/**
 * Tells a host what its topology says, by the calls that a person on that host would make: addresses, routes, the DNS
 * server. What its kernel refuses is a warning with the place in the file, and the lab goes on without it.
 */
import { describe } from '../kernel/errno.ts';
import type { Errno } from '../kernel/errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { startProcess, stopProcess } from '../kernel/process.ts';
import type { Process } from '../kernel/process.ts';
import type { Result } from '../kernel/result.ts';
import { getSysctl, listSysctl, setSysctl } from '../stack/sysctl.ts';
import * as Ip from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { sys_network_add_address } from '../syscalls/network-add-address.ts';
import { sys_network_add_neighbor } from '../syscalls/network-add-neighbor.ts';
import { sys_network_add_route } from '../syscalls/network-add-route.ts';
import { sys_network_configure_ipv4 } from '../syscalls/network-configure-ipv4.ts';
import { sys_network_set_dns } from '../syscalls/network-set-dns.ts';
import { sys_network_set_gateway } from '../syscalls/network-set-gateway.ts';
import { sys_network_set_interface } from '../syscalls/network-set-interface.ts';
import { sys_network_set_ipv4 } from '../syscalls/network-set-ipv4.ts';
import { sys_network_set_netmask } from '../syscalls/network-set-netmask.ts';
import { suggest } from './spelling.ts';
import type { Interface, InterfaceAddress, Located, Route, Station, Topology } from './topology.ts';
import { formatProblem, Problems, TopologyError } from './topology-error.ts';

/** A setting that a kernel refused. */
export interface Warning extends Located {
  readonly node: string;
  readonly message: string;
  /** As people read it: file, line, column, place, what and why. */
  readonly text: string;
}

/** Throws a TopologyError if the topology names settings that its hosts do not have. */
export function checkSettings(topology: Topology, kernels: ReadonlyMap<string, Kernel>): void {
  const problems = new Problems();
  for (const node of topology.nodes) {
    const kernel = kernels.get(node.name);
    if (kernel === undefined || (node.kind !== 'host' && node.kind !== 'router')) continue;
    for (const sysctl of node.sysctls) {
      if (getSysctl(kernel.stack, sysctl.name) !== null) continue;
      const known = listSysctl(kernel.stack);
      problems.add(sysctl, () => `${node.name} has no such setting; ${suggest(sysctl.name, known, 'settings')}`);
    }
  }
  if (problems.found) throw new TopologyError(topology.file, problems.list, problems.more);
}

/** Configures the host, whose settings have been checked; gives what its kernel refused. */
export function configure(kernel: Kernel, station: Station, file: string): Warning[] {
  const warnings: Warning[] = [];
  const init = startProcess(kernel, ['init'], function* () {});
  if (!init.ok) throw new Error(`${station.name}: no process to configure it: ${init.errno}`);
  const { value: process } = init;
  const attempt = (item: Located, what: string, result: Result<unknown>): void => {
    if (!result.ok) warn(item, `${what}: ${explain(result.errno)}`);
  };
  const warn = (item: Located, message: string): void => {
    const problem = { position: item.position, path: item.path, message };
    warnings.push({ ...problem, node: station.name, text: formatProblem(file, problem) });
  };

  for (const sysctl of station.sysctls) {
    const failure = setSysctl(kernel.stack, sysctl.name, sysctl.value);
    if (failure !== null) warn(sysctl, `${sysctl.name} cannot be ${sysctl.value}; it keeps its value`);
  }
  const { netmask, gateway, dns } = station;
  if (netmask !== null) {
    attempt(netmask, 'default mask', sys_network_set_netmask(process, Ip.maskOf(netmask.value)));
  }
  for (const nic of [station.loopback, ...station.interfaces]) {
    nic.addresses.forEach((address, place) => {
      attempt(address, `${nic.name}: address`, setAddress(process, nic, address, place));
    });
    // A NIC is made with its MTU; lo has its own.
    const change = { mtu: nic.mtu, ...(nic.up ? {} : { up: false }) };
    attempt(nic, nic.name, sys_network_set_interface(process, nic.name, change));
  }
  for (const neighbor of station.neighbors) {
    const { dev, ip, mac, state } = neighbor;
    attempt(
      neighbor,
      `neighbour ${Ip.format(ip)} (${Mac.format(mac)})`,
      sys_network_add_neighbor(process, dev, ip, mac, state),
    );
  }
  for (const route of station.routes) attempt(route, describeRoute(route), addRoute(process, route));
  if (gateway !== null)
    attempt(gateway, `gateway ${Ip.format(gateway.value)}`, sys_network_set_gateway(process, gateway.value));
  if (dns !== null) attempt(dns, `DNS server ${Ip.format(dns.value)}`, sys_network_set_dns(process, dns.value));
  stopProcess(process);
  return warnings;
}

/** The first address is set, the others are added, as lo's are to its own; one without a mask takes the host's. */
function setAddress(process: Process, nic: Interface, address: InterfaceAddress, place: number): Result<unknown> {
  const { ip, prefixLength } = address;
  const { name } = nic;
  if (place > 0 || name === 'lo') {
    return sys_network_add_address(process, name, ip, prefixLength ?? process.kernel.defaultPrefixLength);
  }
  if (prefixLength === null) return sys_network_set_ipv4(process, name, ip);
  return sys_network_configure_ipv4(process, { name, address: ip, netmask: Ip.maskOf(prefixLength) });
}

function addRoute(process: Process, route: Route): Result<unknown> {
  const { destination, prefixLength, type, via, dev, metric } = route;
  return sys_network_add_route(process, {
    destination,
    prefixLength,
    type,
    metric,
    ...(via === null ? {} : { gateway: via }),
    ...(dev === null ? {} : { interface: dev }),
  });
}

function describeRoute({ destination, prefixLength, type, via }: Route): string {
  const what = `route to ${Ip.format(destination)}/${prefixLength}`;
  if (type !== 'unicast') return `${type} ${what}`;
  return via === null ? what : `${what} via ${Ip.format(via)}`;
}

/** What the refusal means here, and what to do about it. */
function explain(errno: Errno): string {
  const meaning = MEANINGS[errno];
  return `the kernel refuses it: ${describe(errno)}${meaning === undefined ? '' : `; ${meaning}`}`;
}

const MEANINGS: Partial<Record<Errno, string>> = {
  ENETUNREACH: 'the gateway is on no subnet of this host: give it an address there, or a route to the gateway first',
  EINVAL: 'no host can have such an address, mask or gateway',
  ENETDOWN: 'the interface is down',
  EEXIST: 'it is there already',
  ENODEV: 'no interface of this host has that name',
};
