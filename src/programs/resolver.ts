/**
 * What a destination stands for: an address, a node (`h2`) or a node's interface (`r1.eth1`) from the host's table, or
 * a DNS name, tried in that order. The messages are getaddrinfo(3)'s, with the reason behind them.
 */
import type { Call, Sys } from '../syscalls/program.ts';
import { SystemCallError } from '../syscalls/program.ts';
import * as Dns from '../wire/dns.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { Failure } from './command.ts';
import type { Arguments } from './command.ts';
import { ask, followAliases, responseName } from './dns-client.ts';

/** The option that every program with a destination has: names are asked of DNS alone. */
export const NO_HOSTS = '--no-hosts';
/** What programs exit with when they cannot tell whom they are to talk to. */
const UNKNOWN = 2;

/** The address that a target stands for; a Failure says why there is none. */
export function* resolve(sys: Sys, target: string, given: Arguments): Call<Ip4> {
  const address = Ip.parse(target);
  if (address !== null) return address;
  const known = given.has(NO_HOSTS) ? null : lookUpHost(sys, target);
  return known ?? (yield* resolveName(sys, target));
}

/** The table's first address is the one to use. */
function lookUpHost(sys: Sys, target: string): Ip4 | null {
  try {
    return sys.sys_hosts_lookup(target)[0] ?? null;
  } catch (error) {
    if (error instanceof SystemCallError) return null;
    throw error;
  }
}

function* resolveName(sys: Sys, name: string): Call<Ip4> {
  const notKnown = (why: string): Failure => new Failure(`${name}: Name or service not known (${why})`, UNKNOWN);
  const tryLater = (why: string): Failure =>
    new Failure(`${name}: Temporary failure in name resolution (${why})`, UNKNOWN);
  if (!Dns.isName(name) || name === '.') throw notKnown('it is no name');
  const server = sys.sys_network_get_dns();
  if (server === null) throw notKnown('no DNS server is set');
  const reply = yield* ask(sys, server, name, Dns.Type.A);
  if ('failure' in reply) throw tryLater(`${Ip.format(server)}: ${reply.failure}`);
  const { message } = reply;
  const [record] = followAliases(message, name, Dns.Type.A).records;
  if (record?.data.type === Dns.Type.A) return record.data.address;
  if (message.responseCode === Dns.ResponseCode.NameError) throw notKnown('NXDOMAIN');
  if (message.responseCode !== Dns.ResponseCode.NoError) {
    throw tryLater(`${Ip.format(server)}: ${responseName(message.responseCode)}`);
  }
  if (message.truncated) throw tryLater(`${Ip.format(server)}: the answer was truncated`);
  throw new Failure(`${name}: No address associated with hostname`, UNKNOWN);
}
