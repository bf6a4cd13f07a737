/**
 * Asks a name server a question over UDP. RFC 1035 §4.2.1; EDNS RFC 6891; against forgery RFC 5452 §9: a random id, a
 * random port, and only an answer to the very question from the server's own address counts.
 * Unlike glibc's resolver: what a server answers, SERVFAIL too, is its answer; only silence makes it ask again.
 * Not here: TCP after a truncated answer, for want of stream sockets; the answer is used as far as it goes.
 */
import type { Call, Sys } from '../syscalls/program.ts';
import { SystemCallError } from '../syscalls/program.ts';
import { Domain, Poll, SocketType } from '../syscalls/values.ts';
import { readU16 } from '../wire/bytes.ts';
import * as Dns from '../wire/dns.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { SECOND } from './duration.ts';

/** resolv.conf(5): `timeout` and `attempts`. */
const TIMEOUT = 5 * SECOND;
const ATTEMPTS = 2;
/** What fits through every path without fragments: RFC 9715 §3. */
const UDP_PAYLOAD_SIZE = 1232;
/** Aliases that are followed in one answer. */
const MAX_ALIASES = 16;

/** The server's response, or why there is none. */
export type Reply = { readonly message: Dns.Message } | { readonly failure: string };

/** Asks for the records of a type. The name must be one (`Dns.isName`). */
export function* ask(sys: Sys, server: Ip4, name: string, type: number): Call<Reply> {
  let failure = 'no answer';
  let edns = true;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const reply = yield* askOnce(sys, server, name, type, edns);
    if ('failure' in reply) {
      failure = reply.failure;
      continue;
    }
    // RFC 6891 §7: a server that does not know EDNS may find the question malformed; then it is asked without.
    const { responseCode } = reply.message;
    const isLost = responseCode === Dns.ResponseCode.FormatError || responseCode === Dns.ResponseCode.NotImplemented;
    if (!edns || !isLost || reply.message.edns !== null) return reply;
    edns = false;
    attempt--;
  }
  return { failure };
}

/** A new socket for each attempt: a new port and a new id. */
function* askOnce(sys: Sys, server: Ip4, name: string, type: number, edns: boolean): Call<Reply> {
  const id = readU16(sys.sys_get_random(2), 0);
  const query: Dns.Message = {
    ...Dns.query(id, name, type),
    edns: edns ? { udpPayloadSize: UDP_PAYLOAD_SIZE, version: 0, dnssecOk: false, options: [] } : null,
  };
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  try {
    yield* sys.sys_socket_connect(socket, { ip: server, port: Dns.PORT });
    yield* sys.sys_socket_sendto(socket, Dns.encode(query));
    const deadline = sys.sys_monotonic_time() + TIMEOUT;
    for (;;) {
      const timeout = deadline - sys.sys_monotonic_time();
      const ready = yield* sys.sys_poll([{ handle: socket, events: Poll.In }], { timeout: Math.max(0, timeout) });
      if (ready.length === 0) return { failure: 'no answer' };
      const { data } = yield* sys.sys_socket_recvfrom(socket, Dns.MAX_LENGTH);
      const message = Dns.parse(data, 0, data.length);
      if (typeof message !== 'string' && answers(message, query)) return { message };
    }
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    return { failure: error.words };
  } finally {
    sys.sys_handle_close(socket);
  }
}

/** RFC 5452 §9.1: the same id and question. A response that only says the format is bad may come without the question. */
function answers(message: Dns.Message, query: Dns.Message): boolean {
  if (!message.isResponse || message.id !== query.id || message.opcode !== query.opcode) return false;
  const [asked] = query.questions;
  const [question] = message.questions;
  if (question === undefined) return message.responseCode === Dns.ResponseCode.FormatError;
  if (asked === undefined || message.questions.length !== 1) return false;
  return Dns.sameName(question.name, asked.name) && question.type === asked.type && question.class === asked.class;
}

export interface Answer {
  /** The aliases on the way, in order. */
  readonly aliases: readonly Dns.ResourceRecord[];
  /** The records of the type asked for, at the end of the aliases. */
  readonly records: readonly Dns.ResourceRecord[];
}

/** Follows the aliases in a response from the name that was asked for: RFC 1034 §3.6.2. */
export function followAliases(message: Dns.Message, name: string, type: number): Answer {
  const aliases: Dns.ResourceRecord[] = [];
  let owner = name;
  for (;;) {
    const here = message.answers.filter((record) => Dns.sameName(record.name, owner));
    const records = here.filter((record) => type === Dns.Type.Any || Dns.typeOf(record.data) === type);
    const alias = here.find((record) => record.data.type === Dns.Type.Cname);
    if (records.length > 0 || alias === undefined || aliases.length === MAX_ALIASES) return { aliases, records };
    aliases.push(alias);
    if (alias.data.type === Dns.Type.Cname) owner = alias.data.name;
  }
}

const RESPONSE_NAMES: Readonly<Record<number, string>> = {
  [Dns.ResponseCode.NoError]: 'NOERROR',
  [Dns.ResponseCode.FormatError]: 'FORMERR',
  [Dns.ResponseCode.ServerFailure]: 'SERVFAIL',
  [Dns.ResponseCode.NameError]: 'NXDOMAIN',
  [Dns.ResponseCode.NotImplemented]: 'NOTIMP',
  [Dns.ResponseCode.Refused]: 'REFUSED',
  [Dns.ResponseCode.BadVersion]: 'BADVERS',
};

/** The mnemonic of a response code, as dig prints it. */
export function responseName(code: number): string {
  return RESPONSE_NAMES[code] ?? `RESERVED${code}`;
}
