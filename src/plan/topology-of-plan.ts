/**
 * From a plan to a topology that works: interfaces, addresses, gateways, and routes by shortest paths. What comes out
 * is a topology file's content as plain data, for format-topology.ts or to be added to.
 */
import type { TopologyInput } from '../lab/schema.ts';
import { formatDuration, formatRate } from '../lab/units.ts';
import * as Ip from '../wire/ip4.ts';
import { assignAddresses } from './addressing.ts';
import type { AddressPools, InterfaceAddress } from './addressing.ts';
import type { Plan, PlannedLink } from './plan.ts';

type StationInput = Record<string, unknown> & { interfaces: Record<string, string> };

/**
 * The content of a topology file for a plan: addresses from pools, and shortest paths for routes. Throws a PlanError where
 * a pool is too small.
 */
export function topologyOfPlan(plan: Plan, pools: AddressPools = {}): TopologyInput {
  const addresses = assignAddresses(plan, pools);
  const sections = { host: new Map<string, StationInput>(), router: new Map<string, StationInput>() };
  const switches = new Map<string, object | null>();
  for (const { name, kind, place } of plan.nodes) {
    const placed = place === undefined ? {} : { place: [place[0], place[1]] };
    if (kind === 'switch') {
      switches.set(name, place === undefined ? null : placed);
      continue;
    }
    const own = addresses.routers.get(name);
    const interfaces: Record<string, string> = own === undefined ? {} : { lo: `${Ip.format(own)}/32` };
    const gateway = addresses.gateways.get(name);
    sections[kind].set(name, {
      interfaces,
      ...(gateway === undefined ? {} : { gateway: Ip.format(gateway) }),
      ...placed,
    });
  }

  const names = interfaceNames(plan);
  const links = plan.links.map((link, index) => {
    const add = (node: string, nic: string | null, address: InterfaceAddress | null): string => {
      const station = sections.host.get(node) ?? sections.router.get(node);
      if (station === undefined || nic === null) return node;
      if (address !== null) station.interfaces[nic] = `${Ip.format(address.ip)}/${address.prefixLength}`;
      return `${node}.${nic}`;
    };
    const from = add(link.from, names[index]!.from, addresses.links[index]!.from);
    const to = add(link.to, names[index]!.to, addresses.links[index]!.to);
    const settings = settingsOf(link);
    return Object.keys(settings).length === 0 ? `${from} -- ${to}` : { from, to, ...settings };
  });

  return {
    name: plan.name,
    ...(sections.router.size === 0 ? {} : { routing: 'shortest-paths' }),
    ...section('hosts', sections.host),
    ...section('routers', sections.router),
    ...section('switches', switches),
    links,
  };
}

function section(key: string, nodes: ReadonlyMap<string, unknown>): object {
  return nodes.size === 0 ? {} : { [key]: Object.fromEntries(nodes) };
}

function settingsOf({ delay, bandwidth, mtu }: PlannedLink): object {
  return {
    ...(delay === undefined ? {} : { delay: formatDuration(delay) }),
    ...(bandwidth === undefined ? {} : { bandwidth: formatRate(bandwidth) }),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

/** Of each link's ends; null at a switch, which finds a free port itself. */
function interfaceNames(plan: Plan): { readonly from: string | null; readonly to: string | null }[] {
  const stations = new Set(plan.nodes.filter(({ kind }) => kind !== 'switch').map(({ name }) => name));
  const taken = new Map<string, Set<string>>();
  const takenOf = (node: string): Set<string> => {
    let names = taken.get(node);
    if (names === undefined) taken.set(node, (names = new Set()));
    return names;
  };
  for (const { from, to, fromInterface, toInterface } of plan.links) {
    if (fromInterface !== undefined) takenOf(from).add(fromInterface);
    if (toInterface !== undefined) takenOf(to).add(toInterface);
  }
  const next = new Map<string, number>();
  const nameAt = (node: string, given: string | undefined): string | null => {
    if (!stations.has(node)) return null;
    if (given !== undefined) return given;
    let number = next.get(node) ?? 0;
    while (takenOf(node).has(`eth${number}`)) number++;
    next.set(node, number + 1);
    return `eth${number}`;
  };
  return plan.links.map(({ from, to, fromInterface, toInterface }) => ({
    from: nameAt(from, fromInterface),
    to: nameAt(to, toInterface),
  }));
}
