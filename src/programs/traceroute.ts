/**
 * The way to a destination, hop by hop: probes with a TTL of 1, 2, 3 … until it answers, as Linux's traceroute prints
 * it. UDP to ports from 33434 on, which a host answers with port unreachable, or with -I echo requests. RFC 792.
 * Unlike Linux's: one probe after the other instead of 16 at once; as there, a probe is waited for at most three times
 * as long as another of the same hop took.
 * Not here: backward names (it prints addresses twice, as Linux's does where there is no name), TCP, and gateways.
 */
import type { Nanos } from '../sim/time.ts';
import type { Call, Sys } from '../syscalls/program.ts';
import { SystemCallError } from '../syscalls/program.ts';
import { Control, Domain, PathMtuDiscovery, Poll, Protocol, SocketType } from '../syscalls/values.ts';
import { readU16, writeU8 } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Udp from '../wire/udp.ts';
import { command, Failure, integerOf, UsageError } from './command.ts';
import type { Arguments } from './command.ts';
import { formatMilliseconds, SECOND } from './duration.ts';
import { annotation } from './icmp-words.ts';
import { print } from './print.ts';
import { NO_HOSTS, resolve } from './resolver.ts';

/** Nobody listens there, one hopes. */
const FIRST_PORT = 33_434;
/** Bytes in a probe, IP header and all. */
const DEFAULT_LENGTH = 60;
const MIN_LENGTH = Ipv4.MIN_HEADER_LENGTH + Udp.HEADER_LENGTH;
const DEFAULT_WAIT = 5 * SECOND;
/** A hop that answered one probe is given this many times as long for the next. */
const HERE_FACTOR = 3;

/** Answers to a probe: those of the destination, and the errors. */
const WANTED: readonly number[] = [
  Icmp.Type.EchoReply,
  Icmp.Type.DestinationUnreachable,
  Icmp.Type.TimeExceeded,
  Icmp.Type.ParameterProblem,
];
const FILTER = ~WANTED.reduce((mask, type) => mask | (1 << type), 0) >>> 0;

interface Trace {
  readonly sys: Sys;
  readonly target: Ip4;
  readonly withEcho: boolean;
  /** Answers come here; echo requests leave here. */
  readonly icmp: number;
  /** UDP probes leave here. */
  readonly udp: number;
  /** The UDP socket's port, or the echo requests' id. */
  readonly id: number;
  /** The first probe's port. */
  readonly port: number;
  readonly length: number;
  readonly wait: Nanos;
  /** Probes sent so far. */
  probes: number;
}

interface Answer {
  readonly from: Ip4;
  readonly time: Nanos;
  /** `!H` and the like; '' for none. */
  readonly note: string;
  /** Nothing is gained by a larger TTL. */
  readonly isFinal: boolean;
}

export const traceroute = command(
  {
    usage: '[-FIn] [-f FIRST_TTL] [-m MAX_TTL] [-q PROBES] [-w SECONDS] [-p PORT] ' + `[${NO_HOSTS}] TARGET [LENGTH]`,
    flags: ['-I', '-n', '-F', NO_HOSTS],
    values: ['-f', '-m', '-q', '-w', '-p'],
    operands: [1, 2],
  },
  function* (sys, given) {
    const most = given.integer('-m', 30, 1, 255);
    const first = given.integer('-f', 1, 1, 255);
    if (first > most) throw new UsageError('-f is beyond -m');
    const probes = given.integer('-q', 3, 1, 10);
    const name = given.operand(0);
    const target = yield* resolve(sys, name, given);
    const trace = open(sys, given, target);

    yield* print(sys, `traceroute to ${name} (${Ip.format(target)}), ${most} hops max, ${trace.length} byte packets`);
    for (let ttl = first; ttl <= most; ttl++) {
      const answers = yield* probeHop(trace, ttl, probes);
      yield* print(sys, formatHop(ttl, answers, given.has('-n')));
      if (answers.some((answer) => answer?.isFinal === true)) break;
    }
    return 0;
  },
);

function open(sys: Sys, given: Arguments, target: Ip4): Trace {
  const withEcho = given.has('-I');
  const port = given.integer('-p', FIRST_PORT, 1, 65_535);
  const length = integerOf(given.operands[1] ?? String(DEFAULT_LENGTH), 'LENGTH', MIN_LENGTH, Ipv4.MAX_LENGTH);
  const wait = given.duration('-w', DEFAULT_WAIT);
  const icmp = sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp);
  sys.sys_handle_control(icmp, Control.SetIcmpFilter, FILTER);
  const udp = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  sys.sys_socket_bind(udp, { ip: Ip.ANY, port: 0 });
  const discovery = given.has('-F') ? PathMtuDiscovery.Probe : PathMtuDiscovery.Dont;
  for (const socket of [icmp, udp]) sys.sys_handle_control(socket, Control.SetPathMtuDiscovery, discovery);
  const local = sys.sys_socket_get_local_address(udp);
  const own = typeof local === 'string' ? 0 : local.port;
  const id = withEcho ? readU16(sys.sys_get_random(2), 0) : own;
  return { sys, target, withEcho, icmp, udp, id, port, length, wait, probes: 0 };
}

/** Null for each probe that nobody answered. */
function* probeHop(trace: Trace, ttl: number, probes: number): Call<readonly (Answer | null)[]> {
  const answers: (Answer | null)[] = [];
  let wait = trace.wait;
  for (let i = 0; i < probes; i++) {
    const answer = yield* probe(trace, ttl, wait);
    answers.push(answer);
    if (answer !== null) wait = Math.min(trace.wait, HERE_FACTOR * answer.time);
  }
  return answers;
}

function* probe(trace: Trace, ttl: number, wait: Nanos): Call<Answer | null> {
  const { sys, icmp, udp } = trace;
  const number = trace.probes++;
  const sent = sys.sys_monotonic_time();
  yield* send(trace, ttl, number);
  for (;;) {
    const timeout = Math.max(0, sent + wait - sys.sys_monotonic_time());
    const sockets = [icmp, udp].map((handle) => ({ handle, events: Poll.In }));
    const [ready] = yield* sys.sys_poll(sockets, { timeout });
    if (ready === undefined) return null;
    const { data, from } = yield* sys.sys_socket_recvfrom(ready.handle, Ipv4.MAX_LENGTH);
    if (typeof from === 'string') continue;
    const time = sys.sys_monotonic_time() - sent;
    if (ready.handle === udp) {
      // Somebody does listen there, and answered.
      const isAnswer = from.ip === trace.target && from.port === portOf(trace, number);
      if (isAnswer) return { from: from.ip, time, note: '', isFinal: true };
      continue;
    }
    const at = Ipv4.headerLength(data, 0);
    if (Icmp.checkHeader(data, at, data.length) !== null || !isAbout(trace, number, data, at)) continue;
    const type = Icmp.type(data, at);
    if (type === Icmp.Type.EchoReply) return { from: from.ip, time, note: '', isFinal: true };
    const expired = type === Icmp.Type.TimeExceeded && Icmp.code(data, at) === Icmp.TimeExceededCode.InTransit;
    return { from: from.ip, time, note: expired ? '' : annotation(data, at), isFinal: !expired };
  }
}

function* send(trace: Trace, ttl: number, number: number): Call<void> {
  const { sys, target, withEcho, icmp, udp } = trace;
  const headers = Ipv4.MIN_HEADER_LENGTH + (withEcho ? Icmp.HEADER_LENGTH : Udp.HEADER_LENGTH);
  const start = withEcho ? Icmp.HEADER_LENGTH : 0;
  const data = new Uint8Array(start + trace.length - headers);
  // Linux's traceroute: @ABC… up to the DEL, and again.
  for (let i = start; i < data.length; i++) writeU8(data, i, 0x40 + ((i - start) & 0x3f));
  if (withEcho) {
    Icmp.writeHeader(data, 0, Icmp.Type.Echo, 0, Icmp.restOfQuery(trace.id, sequenceOf(number)));
    Icmp.updateChecksum(data, 0, data.length);
  }
  const socket = withEcho ? icmp : udp;
  sys.sys_handle_control(socket, Control.SetTimeToLive, ttl);
  try {
    yield* sys.sys_socket_sendto(socket, data, { ip: target, port: withEcho ? 0 : portOf(trace, number) });
  } catch (error) {
    if (error instanceof SystemCallError) throw new Failure(`send: ${error.words}`);
    throw error;
  }
}

/** A port of its own for each probe, so that its answer can be told. */
function portOf({ port }: Trace, number: number): number {
  return 1 + ((port - 1 + number) % 65_535);
}

function sequenceOf(number: number): number {
  return (number + 1) & 0xffff;
}

/** Whether the ICMP message answers this probe or quotes it. */
function isAbout(trace: Trace, number: number, data: Uint8Array, at: number): boolean {
  if (Icmp.type(data, at) === Icmp.Type.EchoReply) return trace.withEcho && isEcho(trace, number, data, at);
  const quoted = Icmp.quoted(at);
  if (data.length - quoted < Ipv4.MIN_HEADER_LENGTH) return false;
  const header = quoted + Ipv4.headerLength(data, quoted);
  if (data.length - header < Udp.HEADER_LENGTH || Ipv4.destination(data, quoted) !== trace.target) return false;
  const protocol = Ipv4.protocol(data, quoted);
  if (trace.withEcho) {
    const isRequest = protocol === Ipv4.Protocol.Icmp && Icmp.type(data, header) === Icmp.Type.Echo;
    return isRequest && isEcho(trace, number, data, header);
  }
  return (
    protocol === Ipv4.Protocol.Udp &&
    Udp.sourcePort(data, header) === trace.id &&
    Udp.destinationPort(data, header) === portOf(trace, number)
  );
}

function isEcho(trace: Trace, number: number, data: Uint8Array, at: number): boolean {
  return Icmp.identifier(data, at) === trace.id && Icmp.sequence(data, at) === sequenceOf(number);
}

/** ` 1  192.0.2.254 (192.0.2.254)  0.412 ms  0.398 ms *`: an address only where it differs from the one before. */
export function formatHop(ttl: number, answers: readonly (Answer | null)[], numeric: boolean): string {
  let line = `${String(ttl).padStart(2)} `;
  let last: Ip4 | null = null;
  for (const answer of answers) {
    if (answer === null) {
      line += ' *';
      continue;
    }
    const from = Ip.format(answer.from);
    if (answer.from !== last) line += numeric ? ` ${from}` : ` ${from} (${from})`;
    line += `  ${formatMilliseconds(answer.time)} ms`;
    if (answer.note !== '') line += ` ${answer.note}`;
    last = answer.from;
  }
  return line;
}
