/**
 * Sends every UDP datagram back to where it came from. RFC 862, on any port; but what comes from the same port, on any
 * host, it leaves alone. Two echo services would go on for ever, and one forged datagram starts it (CERT CA-1996-01).
 */
import { SystemCallError } from '../syscalls/program.ts';
import { Domain, SocketType } from '../syscalls/values.ts';
import * as Ip from '../wire/ip4.ts';
import * as Udp from '../wire/udp.ts';
import { command } from './command.ts';
import { complain, print } from './print.ts';
import { formatEnd } from './text.ts';

export const udpEcho = command({ usage: '[-q] PORT', flags: ['-q'], operands: [1, 1] }, function* (sys, given) {
  const port = given.port(0);
  const isQuiet = given.has('-q');
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  sys.sys_socket_bind(socket, { ip: Ip.ANY, port });
  for (;;) {
    const { data, from } = yield* sys.sys_socket_recvfrom(socket, Udp.MAX_DATA_LENGTH);
    if (typeof from !== 'string' && from.port === port) continue;
    try {
      yield* sys.sys_socket_sendto(socket, data, from);
      if (!isQuiet) yield* print(sys, `${data.length} bytes from ${formatEnd(from)}`);
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      yield* complain(sys, `udp-echo: ${formatEnd(from)}: ${error.words}`);
    }
  }
});
