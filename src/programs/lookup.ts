/**
 * Asks a name server and prints what it says, as host(1) does: `www.example.test has address 192.0.2.80`. It asks the
 * host's own server unless another is named. An address is looked up backwards (RFC 1035 §3.5).
 */
import type { Call, Sys } from '../syscalls/program.ts';
import { readU8 } from '../wire/bytes.ts';
import * as Dns from '../wire/dns.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ip6 from '../wire/ip6.ts';
import { command, Failure, UsageError } from './command.ts';
import type { Arguments } from './command.ts';
import { ask, followAliases, responseName } from './dns-client.ts';
import { complain, print } from './print.ts';
import { NO_HOSTS, resolve } from './resolver.ts';
import { textOf } from './text.ts';

export const lookup = command(
  { usage: `[-t TYPE] [${NO_HOSTS}] NAME [SERVER]`, flags: [NO_HOSTS], values: ['-t'], operands: [1, 2] },
  function* (sys, given) {
    const address = Ip.parse(given.operand(0));
    const name = address === null ? withoutDot(given.operand(0)) : reverseName(address);
    if (!Dns.isName(name)) throw new Failure(`${name} is no domain name`);
    const type = typeOf(given, address === null ? Dns.Type.A : Dns.Type.Ptr);
    const server = yield* serverOf(sys, given);
    const reply = yield* ask(sys, server, name, type);
    if ('failure' in reply) throw new Failure(`${Ip.format(server)}: ${reply.failure}`);
    return yield* printAnswer(sys, reply.message, name, type);
  },
);

function typeOf(given: Arguments, absent: number): number {
  const text = given.text('-t');
  if (text === undefined) return absent;
  const type = Dns.typeOfName(text);
  if (type === null)
    throw new UsageError(`no record type ${text}; there are A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT …`);
  return type;
}

function* serverOf(sys: Sys, given: Arguments): Call<Ip4> {
  const named = given.operands[1];
  if (named !== undefined) return yield* resolve(sys, named, given);
  const server = sys.sys_network_get_dns();
  if (server === null) throw new Failure('no DNS server is set; name one, or set it with netcfg dns ADDRESS');
  return server;
}

function* printAnswer(sys: Sys, message: Dns.Message, name: string, type: number): Call<number> {
  if (message.responseCode !== Dns.ResponseCode.NoError) {
    const code = `${message.responseCode}(${responseName(message.responseCode)})`;
    yield* print(sys, `Host ${name} not found: ${code}`);
    return 1;
  }
  const { aliases, records } = followAliases(message, name, type);
  for (const record of [...aliases, ...records]) yield* print(sys, describe(record));
  if (message.truncated) yield* complain(sys, 'lookup: the answer was truncated');
  if (records.length > 0) return 0;
  yield* print(sys, `${name} has no ${Dns.typeName(type)} record`);
  return 1;
}

/** RFC 1035 §3.5: the octets the other way round. */
function reverseName(address: Ip4): string {
  return `${Ip.format(address).split('.').reverse().join('.')}.in-addr.arpa`;
}

function withoutDot(name: string): string {
  return name.length > 1 && name.endsWith('.') && !name.endsWith('\\.') ? name.slice(0, -1) : name;
}

function describe({ name, data }: Dns.ResourceRecord): string {
  switch (data.type) {
    case Dns.Type.A:
      return `${name} has address ${Ip.format(data.address)}`;
    case Dns.Type.Aaaa:
      return `${name} has IPv6 address ${Ip6.format(data.address, 0)}`;
    case Dns.Type.Cname:
      return `${name} is an alias for ${absolute(data.name)}`;
    case Dns.Type.Dname:
      return `${name} has DNAME record ${absolute(data.name)}`;
    case Dns.Type.Ns:
      return `${name} name server ${absolute(data.name)}`;
    case Dns.Type.Ptr:
      return `${name} domain name pointer ${absolute(data.name)}`;
    case Dns.Type.Mx:
      return `${name} mail is handled by ${data.preference} ${absolute(data.exchange)}`;
    case Dns.Type.Txt:
      return `${name} descriptive text ${data.texts.map(quote).join(' ')}`;
    case Dns.Type.Srv:
      return `${name} has SRV record ${data.priority} ${data.weight} ${data.port} ${absolute(data.target)}`;
    case Dns.Type.Soa: {
      const { primaryServer, responsibleMailbox, serial, refresh, retry, expire, minimum } = data;
      const times = [serial, refresh, retry, expire, minimum].join(' ');
      return `${name} has SOA record ${absolute(primaryServer)} ${absolute(responsibleMailbox)} ${times}`;
    }
    case 'other': {
      // RFC 3597 §5.
      const bytes = Array.from(data.bytes, (_, i) => readU8(data.bytes, i).toString(16).padStart(2, '0')).join('');
      return `${name} has ${Dns.typeName(data.number)} record \\# ${data.bytes.length} ${bytes}`;
    }
  }
}

/** As in a master file: RFC 1035 §5.1. */
function quote(text: Uint8Array): string {
  return `"${textOf(text).replace(/["\\]/g, '\\$&')}"`;
}

function absolute(name: string): string {
  return name === '.' ? name : `${name}.`;
}
