/**
 * Tells a host what its topology says, by the calls that a person on that host would make: addresses, routes, the DNS
 * server. What its kernel refuses is a warning with the place in the file, and the lab goes on without it.
 */
import { describe } from '../kernel/errno.ts';
import type { Errno } from '../kernel/errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { Process } from '../kernel/process.ts';
import type { Failure, Result } from '../kernel/result.ts';
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
import type { RouteRequest } from '../syscalls/values.ts';
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
  const process = new Process(kernel, ['init']);
  // A lab's hosts take their first turns in the topology's order, whatever is started on them.
  kernel.scheduler.makeReady(process);
  const { netmask, gateway, dns } = station;
  const warnings: Warning[] = [];
  const warn = (item: Located, message: string): void => {
    const problem = { position: item.position, path: item.path, message };
    warnings.push({ ...problem, node: station.name, text: formatProblem(file, problem) });
  };
  const warnOf = (item: Located, what: string, { errno }: Failure): void => warn(item, `${what}: ${explain(errno)}`);

  for (const sysctl of station.sysctls) {
    const failure = setSysctl(kernel.stack, sysctl.name, sysctl.value);
    if (failure !== null) warn(sysctl, `${sysctl.name} cannot be ${sysctl.value}; it keeps its value`);
  }
  if (netmask !== null) {
    const set = sys_network_set_netmask(process, Ip.maskOf(netmask.value));
    if (!set.ok) warnOf(netmask, 'default mask', set);
  }
  for (const nic of [station.loopback, ...station.interfaces]) {
    for (const address of nic.addresses) {
      const set = setAddress(process, nic, address);
      if (!set.ok) warnOf(address, `${nic.name}: address`, set);
    }
    // A NIC is made with its MTU; lo has its own.
    const set = sys_network_set_interface(process, nic.name, nic.up ? { mtu: nic.mtu } : { mtu: nic.mtu, up: false });
    if (!set.ok) warnOf(nic, nic.name, set);
  }
  for (const neighbor of station.neighbors) {
    const { dev, ip, mac, state } = neighbor;
    const added = sys_network_add_neighbor(process, dev, ip, mac, state);
    if (!added.ok) warnOf(neighbor, `neighbour ${Ip.format(ip)} (${Mac.format(mac)})`, added);
  }
  for (const route of station.routes) {
    const added = addRoute(process, route);
    if (!added.ok) warnOf(route, describeRoute(route), added);
  }
  if (gateway !== null) {
    const set = sys_network_set_gateway(process, gateway.value);
    if (!set.ok) warnOf(gateway, `gateway ${Ip.format(gateway.value)}`, set);
  }
  if (dns !== null) {
    const set = sys_network_set_dns(process, dns.value);
    if (!set.ok) warnOf(dns, `DNS server ${Ip.format(dns.value)}`, set);
  }
  return warnings;
}

/** The first address is set, the others are added, as lo's are to its own; one without a mask takes the host's. */
function setAddress(process: Process, { name, addresses }: Interface, address: InterfaceAddress): Result<unknown> {
  const { ip, prefixLength } = address;
  if (address !== addresses[0] || name === 'lo') {
    return sys_network_add_address(process, name, ip, prefixLength ?? process.kernel.defaultPrefixLength);
  }
  if (prefixLength === null) return sys_network_set_ipv4(process, name, ip);
  return sys_network_configure_ipv4(process, { name, address: ip, netmask: Ip.maskOf(prefixLength) });
}

function addRoute(process: Process, route: Route): Result<unknown> {
  const { destination, prefixLength, type, via, dev, metric } = route;
  const request: { -readonly [Key in keyof RouteRequest]: RouteRequest[Key] } = {
    destination,
    prefixLength,
    type,
    metric,
  };
  const [gateway] = via;
  if (via.length > 1) {
    request.nextHops = via.map((hop) => (dev === null ? { gateway: hop } : { gateway: hop, interface: dev }));
  } else {
    if (gateway !== undefined) request.gateway = gateway;
    if (dev !== null) request.interface = dev;
  }
  return sys_network_add_route(process, request);
}

function describeRoute({ destination, prefixLength, type, via }: Route): string {
  const what = `route to ${Ip.format(destination)}/${prefixLength}`;
  if (type !== 'unicast') return `${type} ${what}`;
  return via.length === 0 ? what : `${what} via ${via.map(Ip.format).join(', ')}`;
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
