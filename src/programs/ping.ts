/**
 * ICMP echo requests and what becomes of them, as iputils' ping: its options, its lines, its exit status (0 answered,
 * 1 not, 2 it could not be tried). RFC 792, RFC 1122 §3.2.2.6.
 * Errors about the requests come as ICMP messages to the raw socket: Linux's error queue holds the same ones.
 * Unlike iputils: addresses are not looked up backwards, as with -n; ids are random, as there is no call for one's own
 * process id.
 * Not here: flooding, adaptive intervals, and reading the pattern from the command line.
 */
import type { Nanos } from '../sim/time.ts';
import type { Call, Sys } from '../syscalls/program.ts';
import { SystemCallError } from '../syscalls/program.ts';
import { Control, Domain, PathMtuDiscovery, Poll, Protocol, SocketType } from '../syscalls/values.ts';
import { readU16, readU8, writeU32, writeU8 } from '../wire/bytes.ts';
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Ipv4Options from '../wire/ipv4-options.ts';
import { command, Failure, WRONG_USAGE } from './command.ts';
import type { Arguments } from './command.ts';
import { MICROSECOND, SECOND } from './duration.ts';
import { errorWords } from './icmp-words.ts';
import * as PingOptions from './ping-options.ts';
import * as PingStatistics from './ping-statistics.ts';
import type { Statistics } from './ping-statistics.ts';
import { complain, print } from './print.ts';
import { NO_HOSTS, resolve } from './resolver.ts';

const DEFAULT_SIZE = 56;
const MAX_SIZE = Ipv4.MAX_LENGTH - Ipv4.MIN_HEADER_LENGTH - Icmp.HEADER_LENGTH;
/** Bytes of the time at the start of the data, a struct timeval; in less there is none, and no times are told. */
const TIME_LENGTH = 16;
/** How long the last requests are waited for when nothing was answered yet; iputils' MAXWAIT. */
const LINGER = 10 * SECOND;
const SEQUENCES = 65_536;
const NOT_SENT = -1;

/** Messages that concern a ping: an answer, and the errors. The others are kept away by the socket's filter. */
const WANTED: readonly number[] = [
  Icmp.Type.EchoReply,
  Icmp.Type.DestinationUnreachable,
  Icmp.Type.SourceQuench,
  Icmp.Type.Redirect,
  Icmp.Type.TimeExceeded,
  Icmp.Type.ParameterProblem,
];
const FILTER = ~WANTED.reduce((mask, type) => mask | (1 << type), 0) >>> 0;

const DISCOVERY = { dont: PathMtuDiscovery.Dont, want: PathMtuDiscovery.Want, do: PathMtuDiscovery.Do } as const;

interface Ping {
  readonly sys: Sys;
  readonly socket: number;
  readonly target: Ip4;
  readonly id: number;
  /** Bytes of data behind the ICMP header. */
  readonly size: number;
  readonly isQuiet: boolean;
  /** Any host may answer. */
  readonly isForMany: boolean;
  /** Requests to send, or answers to wait for when there is a deadline; 0 for no end. */
  readonly count: number;
  readonly interval: Nanos;
  readonly linger: Nanos;
  readonly deadline: Nanos;
  readonly statistics: Statistics;
  /** By sequence number: when the request was sent, `NOT_SENT` if none was, and whether it has been answered. */
  readonly sent: Float64Array;
  readonly answered: Uint8Array;
  /** The route in the last answer, to say when it is the same again. */
  lastRoute: string;
}

export const ping = command(
  {
    usage:
      '[-bnqR] [-c COUNT] [-i SECONDS] [-s SIZE] [-t TTL] [-M do|want|dont] [-W SECONDS] [-w SECONDS] ' +
      `[-T tsonly|tsandaddr] [-Q TOS] [${NO_HOSTS}] TARGET`,
    flags: ['-b', '-n', '-q', '-R', NO_HOSTS],
    values: ['-c', '-i', '-s', '-t', '-M', '-W', '-w', '-T', '-Q'],
    operands: [1, 1],
  },
  function* (sys, given) {
    const settings = readSettings(given);
    const name = given.operand(0);
    const target = yield* resolve(sys, name, given);
    yield* checkWay(sys, target, given.has('-b'));
    const { options, size } = settings;
    const state: Ping = {
      sys,
      socket: openSocket(sys, given, options),
      target,
      id: readU16(sys.sys_get_random(2), 0),
      ...settings,
      isForMany: given.has('-b') || Ip.isMulticast(target),
      deadline: settings.limit === 0 ? Infinity : sys.sys_monotonic_time() + settings.limit,
      statistics: PingStatistics.create(size >= TIME_LENGTH),
      sent: new Float64Array(SEQUENCES).fill(NOT_SENT),
      answered: new Uint8Array(SEQUENCES),
      lastRoute: '',
    };
    // Options are counted as 40 bytes, whatever they take.
    const headers = Ipv4.MIN_HEADER_LENGTH + Icmp.HEADER_LENGTH + (options === null ? 0 : Ipv4Options.MAX_LENGTH);
    yield* print(sys, `PING ${name} (${Ip.format(target)}) ${size}(${size + headers}) bytes of data.`);
    try {
      yield* exchange(state);
    } finally {
      // Also when it is stopped, as for SIGINT.
      for (const line of PingStatistics.report(state.statistics, name)) yield* print(sys, line);
    }
    const { received } = state.statistics;
    return received === 0 || (state.deadline !== Infinity && received < state.count) ? 1 : 0;
  },
);

interface Settings {
  readonly count: number;
  readonly interval: Nanos;
  readonly size: number;
  readonly linger: Nanos;
  /** -w; 0 for none. */
  readonly limit: Nanos;
  readonly isQuiet: boolean;
  readonly options: Uint8Array | null;
}

function readSettings(given: Arguments): Settings {
  return {
    count: given.integer('-c', 0, 1, Number.MAX_SAFE_INTEGER),
    interval: given.duration('-i', SECOND, MICROSECOND),
    size: given.integer('-s', DEFAULT_SIZE, 0, MAX_SIZE),
    linger: given.duration('-W', LINGER),
    limit: given.duration('-w', 0),
    isQuiet: given.has('-q'),
    options: PingOptions.fromArguments(given),
  };
}

/** Whether there is a way at all, found out with a UDP socket as iputils does, so that it can be said before the first line. */
function* checkWay(sys: Sys, target: Ip4, mayBroadcast: boolean): Call<void> {
  const probe = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  try {
    yield* sys.sys_socket_connect(probe, { ip: target, port: 1025 });
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.errno !== 'EACCES') throw new Failure(`connect: ${error.words}`, WRONG_USAGE);
    if (!mayBroadcast) {
      const advice = 'Do you want to ping broadcast? Then -b. If not, check your local firewall rules';
      throw new Failure(advice, WRONG_USAGE);
    }
    yield* complain(sys, 'WARNING: pinging broadcast address');
  } finally {
    sys.sys_handle_close(probe);
  }
}

function openSocket(sys: Sys, given: Arguments, options: Uint8Array | null): number {
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Raw, Protocol.Icmp);
  sys.sys_handle_control(socket, Control.SetIcmpFilter, FILTER);
  if (given.has('-b')) sys.sys_handle_control(socket, Control.SetBroadcast, 1);
  sys.sys_handle_control(socket, Control.SetTimeToLive, given.integer('-t', 0, 1, 255));
  sys.sys_handle_control(socket, Control.SetTypeOfService, given.integer('-Q', 0, 0, 255));
  if (given.has('-M')) {
    const mode = given.choice('-M', 'want', ['do', 'want', 'dont']);
    sys.sys_handle_control(socket, Control.SetPathMtuDiscovery, DISCOVERY[mode]);
  }
  if (options !== null) sys.sys_handle_control(socket, Control.SetOptions, options);
  return socket;
}

/** Sends at each interval and receives in between, until it is enough. */
function* exchange(ping: Ping): Call<void> {
  const { sys, statistics, count } = ping;
  let next = sys.sys_monotonic_time();
  // With a deadline, COUNT is about answers, and requests go on.
  const requests = count === 0 || ping.deadline !== Infinity ? Infinity : count;
  let end = ping.deadline;
  while (!isComplete(ping)) {
    const now = sys.sys_monotonic_time();
    if (now >= end) return;
    if (now >= next && statistics.transmitted < requests) {
      yield* sendRequest(ping);
      next += ping.interval;
      if (statistics.transmitted === requests) end = now + patience(ping);
    }
    const until = statistics.transmitted < requests ? Math.min(next, end) : end;
    yield* receiveUntil(ping, until);
  }
}

/** As many answers and errors as were asked for; or the first error, when there is a deadline. */
function isComplete({ statistics, count, deadline }: Ping): boolean {
  if (deadline !== Infinity && statistics.errors > 0) return true;
  return count !== 0 && statistics.received + statistics.errors >= count;
}

/** How long the last answers are waited for: twice the longest time so far. */
function patience({ statistics, interval, linger }: Ping): Nanos {
  return statistics.received === 0 ? linger : Math.max(interval, 2 * statistics.longest);
}

function* sendRequest(ping: Ping): Call<void> {
  const { sys, statistics, size } = ping;
  const sequence = (statistics.transmitted + 1) % SEQUENCES;
  const now = sys.sys_monotonic_time();
  const message = new Uint8Array(Icmp.HEADER_LENGTH + size);
  Icmp.writeHeader(message, 0, Icmp.Type.Echo, 0, Icmp.restOfQuery(ping.id, sequence));
  writeData(message, Icmp.HEADER_LENGTH, now);
  Icmp.updateChecksum(message, 0, message.length);
  ping.sent[sequence] = now;
  ping.answered[sequence] = 0;
  PingStatistics.countRequest(statistics, now);
  try {
    yield* sys.sys_socket_sendto(ping.socket, message, { ip: ping.target, port: 0 });
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.errno === 'EMSGSIZE') {
      statistics.errors++;
      const mtu = yield* pathMtu(sys, ping.target);
      if (!ping.isQuiet) yield* complain(sys, `ping: local error: message too long, mtu=${mtu}`);
    } else if (!ping.isQuiet) {
      yield* complain(sys, `ping: sendmsg: ${error.words}`);
    }
  }
}

/** The time as a struct timeval of a little-endian 64-bit machine, then bytes that count up, as iputils writes them. */
function writeData(bytes: Uint8Array, at: number, now: Nanos): void {
  const isTimed = bytes.length - at >= TIME_LENGTH;
  if (isTimed) {
    writeU32LittleEndian(bytes, at, Math.floor(now / SECOND));
    writeU32LittleEndian(bytes, at + 8, Math.floor((now % SECOND) / MICROSECOND));
  }
  for (let i = isTimed ? TIME_LENGTH : 0; at + i < bytes.length; i++) writeU8(bytes, at + i, i);
}

function writeU32LittleEndian(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24));
}

/** What is known of the path; the interface's MTU where nothing is. */
function* pathMtu(sys: Sys, target: Ip4): Call<number> {
  const probe = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  try {
    sys.sys_handle_control(probe, Control.SetBroadcast, 1);
    yield* sys.sys_socket_connect(probe, { ip: target, port: 1025 });
    return sys.sys_handle_control(probe, Control.GetPathMtu);
  } finally {
    sys.sys_handle_close(probe);
  }
}

function* receiveUntil(ping: Ping, until: Nanos): Call<void> {
  const { sys, socket } = ping;
  while (!isComplete(ping)) {
    const timeout = Math.max(0, until - sys.sys_monotonic_time());
    const ready = yield* sys.sys_poll([{ handle: socket, events: Poll.In }], { timeout });
    if (ready.length === 0) return;
    const { data } = yield* sys.sys_socket_recvfrom(socket, Ipv4.MAX_LENGTH);
    yield* receive(ping, data);
  }
}

/** A datagram from the raw socket, which starts with the IP header. */
function* receive(ping: Ping, data: Uint8Array): Call<void> {
  const at = Ipv4.headerLength(data, 0);
  if (Icmp.checkHeader(data, at, data.length) !== null) return;
  if (Icmp.type(data, at) !== Icmp.Type.EchoReply) yield* receiveError(ping, data, at);
  else if (Icmp.identifier(data, at) === ping.id) yield* receiveReply(ping, data, at);
}

function* receiveReply(ping: Ping, data: Uint8Array, at: number): Call<void> {
  const { sys, statistics } = ping;
  const sequence = Icmp.sequence(data, at);
  const sent = ping.sent[sequence] ?? NOT_SENT;
  // Damaged or forged. Unlike iputils, which takes the time from the answer itself and counts it.
  if (sent === NOT_SENT) return;
  const length = data.length - at;
  const time = sys.sys_monotonic_time() - sent;
  const isIntact = Icmp.check(data, at, data.length) === null;
  const isRepeated = ping.answered[sequence] === 1;
  if (!isIntact) statistics.corrupted++;
  else {
    PingStatistics.countReply(statistics, sequence, time, isRepeated);
    ping.answered[sequence] = 1;
  }
  if (ping.isQuiet) return;

  let line = `${length} bytes from ${Ip.format(Ipv4.source(data, 0))}: icmp_seq=${sequence} ttl=${Ipv4.timeToLive(data, 0)}`;
  if (length < Icmp.HEADER_LENGTH + ping.size) {
    yield* print(sys, `${line} (truncated)`);
    return;
  }
  if (statistics.isTimed) line += ` time=${formatTime(time)} ms`;
  if (isRepeated) line += ' (DUP!)';
  if (!isIntact) line += ' (BAD CHECKSUM!)';
  if (!ping.isForMany && Ipv4.source(data, 0) !== ping.target) line += ' (DIFFERENT ADDRESS!)';
  line += dataError(ping, data, at + Icmp.HEADER_LENGTH);
  const described = PingOptions.describe(data, ping.lastRoute);
  ping.lastRoute = described.route;
  for (const text of (line + described.text).split('\n')) yield* print(sys, text);
}

/** The first byte of the data that is not as it was sent; '' when all are. */
function dataError({ size }: Ping, data: Uint8Array, at: number): string {
  for (let i = size >= TIME_LENGTH ? TIME_LENGTH : 0; i < size; i++) {
    const byte = readU8(data, at + i);
    if (byte !== (i & 0xff)) {
      return `\nwrong data byte #${i} should be 0x${(i & 0xff).toString(16)} but was 0x${byte.toString(16)}`;
    }
  }
  return '';
}

/** Three digits, or whole milliseconds, of time in microseconds: iputils' rounding. */
function formatTime(time: Nanos): string {
  const micros = Math.floor(time / MICROSECOND);
  const digits = micros >= 99_950 ? 0 : micros >= 9_995 ? 1 : micros >= 1_000 ? 2 : 3;
  const unit = [1_000, 100, 10, 1][digits] ?? 1;
  const rounded = String(Math.floor((micros + unit / 2) / unit)).padStart(digits + 1, '0');
  return digits === 0 ? rounded : `${rounded.slice(0, -digits)}.${rounded.slice(-digits)}`;
}

/** An error about one of our requests, which it quotes. */
function* receiveError(ping: Ping, data: Uint8Array, at: number): Call<void> {
  const { sys, statistics } = ping;
  const quoted = Icmp.quoted(at);
  if (data.length - quoted < Ipv4.MIN_HEADER_LENGTH + Icmp.HEADER_LENGTH) return;
  const request = quoted + Ipv4.headerLength(data, quoted);
  const isOurs =
    data.length - request >= Icmp.HEADER_LENGTH &&
    Ipv4.protocol(data, quoted) === Ipv4.Protocol.Icmp &&
    Ipv4.destination(data, quoted) === ping.target &&
    Icmp.type(data, request) === Icmp.Type.Echo &&
    Icmp.identifier(data, request) === ping.id;
  if (!isOurs) return;
  const sequence = Icmp.sequence(data, request);
  const type = Icmp.type(data, at);
  // A redirect or a source quench is advice: the request itself has gone on.
  const isAdvice = type === Icmp.Type.Redirect || type === Icmp.Type.SourceQuench;
  if (!isAdvice) PingStatistics.countError(statistics, sequence);
  if (ping.isQuiet) return;
  const from = Ip.format(Ipv4.source(data, 0));
  yield* print(sys, `From ${from}${isAdvice ? ':' : ''} icmp_seq=${sequence} ${errorWords(data, at)}`);
}
