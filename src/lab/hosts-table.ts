/** The names that every host of a lab knows, as from one /etc/hosts: each node (`h2`) and each interface (`r1.eth1`). */
import type { Hosts } from '../kernel/kernel.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Topology } from './topology.ts';

/** The table, which is made when somebody first asks it. */
export function hostsOf(topology: Topology): Hosts {
  let table: Hosts | null = null;
  return {
    get: (name) => {
      table ??= hostsTable(topology);
      return table.get(name);
    },
  };
}

/** A node stands for all its addresses, its first one first; which one an asker uses, sys_hosts_lookup decides. */
export function hostsTable(topology: Topology): ReadonlyMap<string, readonly Ip4[]> {
  const table = new Map<string, readonly Ip4[]>();
  for (const node of topology.nodes) {
    if (node.kind !== 'host' && node.kind !== 'router') continue;
    const all: Ip4[] = [];
    for (const nic of node.interfaces) {
      const own = nic.addresses.map(({ ip }) => ip);
      if (own.length > 0) table.set(`${node.name}.${nic.name}`, own);
      all.push(...own);
    }
    all.push(...node.loopback.addresses.map(({ ip }) => ip));
    if (all.length > 0) table.set(node.name, all);
  }
  table.set('localhost', [LOCALHOST]);
  return table;
}

const LOCALHOST = 0x7f00_0001 as Ip4;
