/**
 * A name server: answers over UDP from zones it is the authority for, and refuses what is not in them. RFC 1035 §4.2.1.
 * As BIND it has a socket on each address that the host has when it starts, so that an answer comes from the address
 * that was asked.
 * Not here: recursion, and TCP for answers that do not fit into a datagram.
 */
import type { Call, Program, Sys } from '../syscalls/program.ts';
import { SystemCallError } from '../syscalls/program.ts';
import { Domain, Poll, SocketType } from '../syscalls/values.ts';
import type { End } from '../syscalls/values.ts';
import * as Dns from '../wire/dns.ts';
import { command } from './command.ts';
import { complain, print } from './print.ts';
import { responseName } from './dns-client.ts';
import { formatEnd } from './text.ts';
import { indexZones, respond } from './zone.ts';
import type { Zone } from './zone.ts';

/** The program for a host whose zones these are. */
export function dnsServer(given: readonly Zone[]): Program {
  return command({ usage: '[-q]', flags: ['-q'], operands: [0, 0] }, function* (sys, options) {
    const zones = indexZones(given);
    const isQuiet = options.has('-q');
    const sockets = sys.sys_network_list_addresses().map(({ ip }) => {
      const handle = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
      sys.sys_socket_bind(handle, { ip, port: Dns.PORT });
      return { handle, events: Poll.In };
    });
    for (;;) {
      for (const { handle } of yield* sys.sys_poll(sockets)) {
        const { data, from } = yield* sys.sys_socket_recvfrom(handle, Dns.MAX_LENGTH);
        const response = respond(zones, data);
        if (response !== null) yield* send(sys, handle, response, from);
        if (!isQuiet) yield* print(sys, `${formatEnd(from)} ${describe(data, response)}`);
      }
    }
  });
}

/** A client that cannot be reached is no reason to stop. */
function* send(sys: Sys, socket: number, response: Uint8Array, to: End): Call<void> {
  try {
    yield* sys.sys_socket_sendto(socket, response, to);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    yield* complain(sys, `dns-server: ${formatEnd(to)}: ${error.words}`);
  }
}

/** `www.example.test A: NOERROR, 1 answer`. */
function describe(query: Uint8Array, response: Uint8Array | null): string {
  const answered = response === null ? 'ignored' : Dns.parse(response, 0, response.length);
  if (typeof answered === 'string') return `no query: ignored`;
  const asked = Dns.parse(query, 0, query.length);
  const [question] = typeof asked === 'string' ? [] : asked.questions;
  const words = question === undefined ? 'malformed' : `${question.name} ${Dns.typeName(question.type)}`;
  const { length } = answered.answers;
  const count = length === 0 ? '' : `, ${length} answer${length === 1 ? '' : 's'}`;
  return `${words}: ${responseName(answered.responseCode)}${count}${answered.truncated ? ', truncated' : ''}`;
}
