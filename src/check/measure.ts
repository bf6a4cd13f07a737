/** Expectations that take more than one packet: flows, the MTU of a path, and names. */
import type { Lab } from '../lab/lab.ts';
import type { Claim } from '../lab/topology.ts';
import { addressOf } from '../lab/trace.ts';
import { ask, followAliases, responseName } from '../programs/dns-client.ts';
import { formatMilliseconds } from '../programs/duration.ts';
import { countDatagram, createStream } from '../programs/sink.ts';
import type { Stream } from '../programs/sink.ts';
import { formatPercent } from '../programs/text.ts';
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { MIN_MTU } from '../stack/interface.ts';
import type { Program } from '../syscalls/program.ts';
import { Domain, Poll, SocketType } from '../syscalls/values.ts';
import { summarizeTrace } from '../trace/format.ts';
import type { Trace } from '../trace/trace.ts';
import * as Dns from '../wire/dns.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Udp from '../wire/udp.ts';
import type { Finding } from './expect.ts';

type ClaimOf<Kind extends Claim['kind']> = Extract<Claim, { readonly kind: Kind }>;

/** How long the receiver of a flow waits for the next datagram; ARP and a full queue take less. */
const IDLE: Nanos = 5 * SECOND;
/** RFC 863's, as what comes is thrown away. */
const DISCARD = 9;

// Flows.

/** Sends the datagrams by the program source, and counts what comes. */
export function measureFlow(lab: Lab, from: string, claim: ClaimOf<'flow'>): Finding {
  const { to, packets, rate, size, loss, latency, udp } = claim;
  const destination = addressOf(lab, lab.kernel(from), to);
  const receiver = receiverOf(lab, destination);
  if (receiver === null) return nothing(`no host or router has ${Ip.format(destination)}`);
  const port = String(udp ?? DISCARD);
  const stream = createStream(from);
  const sink = lab.start(receiver, receive(stream, Number(port), packets), { background: true });
  const args = ['--rate', rate, '--size', String(size), '--count', String(packets), Ip.format(destination), port];
  const source = lab.start(from, 'source', { args, background: true });
  while ((source.exitStatus === null || sink.exitStatus === null) && lab.step());

  const refused = [...sink.lines, ...source.lines].find(({ stream: which }) => which === 'error');
  const came = stream.received + stream.unnumbered;
  const lost = packets - came;
  const told = [`${lost} of ${packets} lost (${formatPercent(lost, packets)}%)`];
  if (stream.timed > 0) told.push(`latency at most ${formatMilliseconds(stream.longest)} ms`);
  if (refused !== undefined) told.push(refused.text);
  const holds = lost <= loss * packets && (latency === null || (stream.timed > 0 && stream.longest <= latency));
  // What is lost altogether has one reason, which a single packet shows.
  const trace = came === 0 ? lab.trace(from, to, udp === null ? {} : { udp }) : null;
  if (trace !== null && !trace.reached) told.push(summarizeTrace(trace));
  return { holds, found: told.join('; '), trace };
}

function receiverOf({ network }: Lab, ip: Ip4): string | null {
  for (const [name, { stack }] of network.kernels) if (stack.ownAddresses.includes(ip)) return name;
  return null;
}

/** Counts datagrams until all have come, or none for a while. */
function receive(stream: Stream, port: number, packets: number): Program {
  return function* flow(sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: Ip.ANY, port });
    while (stream.received + stream.unnumbered < packets) {
      const ready = yield* sys.sys_poll([{ handle: socket, events: Poll.In }], { timeout: IDLE });
      if (ready.length === 0) return 1;
      const { data } = yield* sys.sys_socket_recvfrom(socket, Udp.MAX_DATA_LENGTH);
      countDatagram(stream, data, sys.sys_monotonic_time());
    }
    return 0;
  };
}

// The MTU of a path.

/** A datagram of so many octets that nobody may fragment arrives, and one more does not. */
export function measureMtu(lab: Lab, from: string, { to, octets }: ClaimOf<'mtu'>): Finding {
  const probe = (length: number): Trace => {
    const size = length - Ipv4.MIN_HEADER_LENGTH - Icmp.HEADER_LENGTH;
    return lab.trace(from, to, { size, df: true });
  };
  const arrives = (length: number): boolean =>
    length <= Ipv4.MAX_LENGTH && probe(length).there.disposition === 'delivered';
  const trace = probe(octets);
  if (trace.there.disposition === 'delivered' && !arrives(octets + 1)) {
    return { holds: true, found: `${octets} octets arrive, and no more`, trace };
  }
  if (!arrives(MIN_MTU))
    return { holds: false, found: `not even ${MIN_MTU} octets arrive: ${summarizeTrace(trace)}`, trace };
  // Between a length that arrives and one that does not: halve.
  let longest = MIN_MTU;
  let tooLong = Ipv4.MAX_LENGTH + 1;
  while (tooLong - longest > 1) {
    const middle = (longest + tooLong) >>> 1;
    if (arrives(middle)) longest = middle;
    else tooLong = middle;
  }
  const why = longest < octets ? `: ${summarizeTrace(trace)}` : '';
  return { holds: false, found: `it is ${longest}${why}`, trace };
}

// Names.

/** Has the host ask its DNS server for the address of the name. */
export function resolveName(lab: Lab, from: string, { question, is, by }: ClaimOf<'resolve'>): Finding {
  const kernel = lab.kernel(from);
  const server = kernel.dns;
  if (server === null) return nothing(`${from} has no DNS server`);
  const heard: { failure: string | null; addresses: readonly Ip4[] } = { failure: null, addresses: [] };
  const job = lab.start(from, resolver(server, question, heard), { background: true });
  while (job.exitStatus === null && lab.step());

  const asked = `${from} asks ${Ip.format(server)} for ${question}`;
  if (heard.failure !== null) {
    const trace = heard.failure === 'no answer' ? lab.trace(from, Ip.format(server), { udp: Dns.PORT }) : null;
    const why = trace === null ? '' : `; a datagram to its port ${Dns.PORT}: ${summarizeTrace(trace)}`;
    return { holds: false, found: `${asked}: ${heard.failure}${why}`, trace };
  }
  const addresses = heard.addresses.map(Ip.format);
  const wanted = is === null ? null : Ip.format(addressOf(lab, kernel, is));
  const answerer = by === null ? null : addressOf(lab, kernel, by);
  const holds = (wanted === null || addresses.includes(wanted)) && (answerer === null || answerer === server);
  return { holds, found: `${asked}: ${addresses.join(', ')}`, trace: null };
}

function resolver(
  server: Ip4,
  question: string,
  heard: { failure: string | null; addresses: readonly Ip4[] },
): Program {
  return function* resolve(sys) {
    heard.failure = 'no answer';
    const reply = yield* ask(sys, server, question, Dns.Type.A);
    if ('failure' in reply) {
      heard.failure = reply.failure;
      return 1;
    }
    const { message } = reply;
    const { records } = followAliases(message, question, Dns.Type.A);
    heard.addresses = records.flatMap(({ data }) => (data.type === Dns.Type.A ? [data.address] : []));
    heard.failure =
      message.responseCode !== Dns.ResponseCode.NoError
        ? responseName(message.responseCode)
        : records.length === 0
          ? 'the name has no address'
          : null;
    return heard.failure === null ? 0 : 1;
  };
}

function nothing(found: string): Finding {
  return { holds: false, found, trace: null };
}
