/**
 * Shows a host's network and changes it, in the words of ip(8):
 *
 *     netcfg                                      all of the following
 *     netcfg addr | route | neigh | sockets | dns
 *     netcfg set DEV ADDRESS/LENGTH               the interface's address, in place of its first
 *     netcfg addr add|del ADDRESS/LENGTH dev DEV  further ones
 *     netcfg up|down DEV
 *     netcfg mtu DEV BYTES
 *     netcfg route add|del [unreachable|prohibit|blackhole] DESTINATION/LENGTH|default
 *                          [via GATEWAY] [dev DEV] [metric N]
 *     netcfg neigh add|del ADDRESS [lladdr MAC] dev DEV
 *     netcfg gateway ADDRESS                      the default route's gateway
 *     netcfg dns ADDRESS                          the server that the resolver asks
 */
import type { Call, Sys } from '../syscalls/program.ts';
import type { RouteRequest } from '../syscalls/values.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { command, integerOf, UsageError } from './command.ts';
import { formatInterfaces, formatNeighbors, formatRoutes, formatSockets } from './netcfg-tables.ts';
import { print } from './print.ts';

const MAX_METRIC = 0xffff_ffff;
const MAX_MTU = 65_535;
const LEADING_NOWHERE = ['unreachable', 'prohibit', 'blackhole'] as const;

export const netcfg = command(
  {
    usage:
      '[addr|route|neigh|sockets|dns] | set DEV ADDRESS/LENGTH | addr add|del ADDRESS/LENGTH dev DEV | ' +
      'up|down DEV | mtu DEV BYTES | ' +
      'route add|del [unreachable|prohibit|blackhole] DESTINATION [via GATEWAY] [dev DEV] [metric N] | ' +
      'neigh add|del ADDRESS [lladdr MAC] dev DEV | gateway ADDRESS | dns ADDRESS',
    operands: [0, 12],
  },
  function* (sys, given) {
    const words = new Words(given.operands);
    const [first] = given.operands;
    if (first === undefined) yield* showAll(sys);
    else if (given.operands.length === 1 && Object.hasOwn(TABLES, first)) yield* show(sys, tableOf(first, sys));
    else change(sys, words);
    return 0;
  },
);

// Showing.

const TABLES: Readonly<Record<string, (sys: Sys) => readonly string[]>> = {
  addr: (sys) =>
    formatInterfaces(
      sys.sys_network_list_interfaces().map((name) => sys.sys_network_get_interface(name)),
      sys.sys_network_list_addresses(),
    ),
  route: (sys) => formatRoutes(sys.sys_network_list_routes()),
  neigh: (sys) => formatNeighbors(sys.sys_network_list_neighbors()),
  sockets: (sys) => formatSockets(sys.sys_socket_list()),
  dns: (sys) => {
    const server = sys.sys_network_get_dns();
    // As resolv.conf(5) says it.
    return server === null ? [] : [`nameserver ${Ip.format(server)}`];
  },
};

function tableOf(name: string, sys: Sys): readonly string[] {
  return TABLES[name]?.(sys) ?? [];
}

function* show(sys: Sys, lines: readonly string[]): Call<void> {
  for (const line of lines) yield* print(sys, line);
}

/** Those that are not empty, an empty line between them. */
function* showAll(sys: Sys): Call<void> {
  const tables = Object.values(TABLES)
    .map((table) => table(sys))
    .filter((lines) => lines.length > 0);
  for (const [i, lines] of tables.entries()) yield* show(sys, i === 0 ? lines : ['', ...lines]);
}

// Changing.

function change(sys: Sys, words: Words): void {
  const what = words.take('a word');
  switch (what) {
    case 'set': {
      const name = words.take('DEV');
      const { ip, length } = prefixOf(words.take('ADDRESS/LENGTH'));
      words.end();
      return sys.sys_network_configure_ipv4({ name, address: ip, netmask: Ip.maskOf(length) });
    }
    case 'addr':
      return changeAddress(sys, words);
    case 'up':
    case 'down': {
      const name = words.take('DEV');
      words.end();
      return sys.sys_network_set_interface(name, { up: what === 'up' });
    }
    case 'mtu': {
      const name = words.take('DEV');
      const mtu = integerOf(words.take('BYTES'), 'BYTES', 0, MAX_MTU);
      words.end();
      return sys.sys_network_set_interface(name, { mtu });
    }
    case 'route':
      return changeRoute(sys, words);
    case 'neigh':
      return changeNeighbor(sys, words);
    case 'gateway': {
      const gateway = addressOf(words.take('ADDRESS'));
      words.end();
      return sys.sys_network_set_gateway(gateway);
    }
    case 'dns': {
      const server = addressOf(words.take('ADDRESS'));
      words.end();
      return sys.sys_network_set_dns(server);
    }
    default:
      throw new UsageError(`no word ${JSON.stringify(what)}`);
  }
}

function changeAddress(sys: Sys, words: Words): void {
  const verb = words.takeOneOf(['add', 'del']);
  const { ip, length } = prefixOf(words.take('ADDRESS/LENGTH'));
  const name = words.pairs(['dev']).get('dev');
  if (name === undefined) throw new UsageError('dev DEV is missing');
  if (verb === 'add') sys.sys_network_add_address(name, ip, length);
  else sys.sys_network_delete_address(name, ip);
}

function changeRoute(sys: Sys, words: Words): void {
  const verb = words.takeOneOf(['add', 'del']);
  const first = words.take('DESTINATION');
  const type = LEADING_NOWHERE.find((one) => one === first);
  const { ip, length } = prefixOf(type === undefined ? first : words.take('DESTINATION'));
  const pairs = words.pairs(['via', 'dev', 'metric']);
  const [gateway, name, metric] = [pairs.get('via'), pairs.get('dev'), pairs.get('metric')];
  const route: RouteRequest = {
    destination: ip,
    prefixLength: length,
    ...(type === undefined ? {} : { type }),
    ...(gateway === undefined ? {} : { gateway: addressOf(gateway) }),
    ...(name === undefined ? {} : { interface: name }),
    ...(metric === undefined ? {} : { metric: integerOf(metric, 'metric', 0, MAX_METRIC) }),
  };
  if (verb === 'add') sys.sys_network_add_route(route);
  else sys.sys_network_delete_route(route);
}

function changeNeighbor(sys: Sys, words: Words): void {
  const verb = words.takeOneOf(['add', 'del']);
  const ip = addressOf(words.take('ADDRESS'));
  const pairs = words.pairs(['lladdr', 'dev']);
  const name = pairs.get('dev');
  if (name === undefined) throw new UsageError('dev DEV is missing');
  if (verb === 'del') return sys.sys_network_delete_neighbor(name, ip);
  const mac = Mac.parse(pairs.get('lladdr') ?? '');
  if (mac === null) throw new UsageError('lladdr MAC is missing, or its MAC is none; write 02:00:00:00:00:01');
  sys.sys_network_add_neighbor(name, ip, mac);
}

// Words.

/** The words of a change, taken one by one. */
class Words {
  private readonly left: string[];

  constructor(words: readonly string[]) {
    this.left = [...words];
  }

  take(what: string): string {
    const word = this.left.shift();
    if (word === undefined) throw new UsageError(`${what} is missing`);
    return word;
  }

  takeOneOf<T extends string>(choices: readonly T[]): T {
    const word = this.take(choices.join(' or '));
    const chosen = choices.find((one) => one === word);
    if (chosen === undefined) throw new UsageError(`${choices.join(' or ')}, not ${JSON.stringify(word)}`);
    return chosen;
  }

  /** What is left, as `key value` pairs in any order. */
  pairs(keys: readonly string[]): ReadonlyMap<string, string> {
    const pairs = new Map<string, string>();
    for (let key = this.left.shift(); key !== undefined; key = this.left.shift()) {
      if (!keys.includes(key))
        throw new UsageError(`no word ${JSON.stringify(key)} here; there are ${keys.join(', ')}`);
      pairs.set(key, this.take(`the value of ${key}`));
    }
    return pairs;
  }

  end(): void {
    const [word] = this.left;
    if (word !== undefined) throw new UsageError(`one word too many: ${JSON.stringify(word)}`);
  }
}

function addressOf(text: string): Ip4 {
  const ip = Ip.parse(text);
  if (ip === null) throw new UsageError(`${JSON.stringify(text)} is no address`);
  return ip;
}

/** `192.0.2.0/24`; without a length all 32 bits; `default` is 0.0.0.0/0. */
function prefixOf(text: string): { readonly ip: Ip4; readonly length: number } {
  if (text === 'default') return { ip: Ip.ANY, length: 0 };
  const [address = '', length, ...rest] = text.split('/');
  if (rest.length > 0) throw new UsageError(`${JSON.stringify(text)} is no prefix`);
  return { ip: addressOf(address), length: length === undefined ? 32 : integerOf(length, 'a prefix length', 0, 32) };
}
