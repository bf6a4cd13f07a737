/**
 * Sends every UDP datagram back to where it came from. RFC 862, on any port.
 */
import { SystemCallError } from '../syscalls/program.ts';
import { Control, Domain, SocketType } from '../syscalls/values.ts';
import type { End } from '../syscalls/values.ts';
import * as Ip from '../wire/ip4.ts';
import * as Udp from '../wire/udp.ts';
import { command } from './command.ts';
import { complain, print } from './print.ts';

export const udpEcho = command(
  { usage: '[-q] [-b] PORT', flags: ['-q', '-b'], operands: [1, 1] },
  function* (sys, given) {
    const port = given.port(0);
    const isQuiet = given.has('-q');
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    if (given.has('-b')) sys.sys_handle_control(socket, Control.SetBroadcast, 1);
    sys.sys_socket_bind(socket, { ip: Ip.ANY, port });
    for (;;) {
      const { data, from } = yield* sys.sys_socket_recvfrom(socket, Udp.MAX_DATA_LENGTH);
      try {
        yield* sys.sys_socket_sendto(socket, data, from);
        if (!isQuiet) yield* print(sys, `${data.length} bytes from ${formatEnd(from)}`);
      } catch (error) {
        if (!(error instanceof SystemCallError)) throw error;
        yield* complain(sys, `udp-echo: ${formatEnd(from)}: ${error.words}`);
      }
    }
  },
);

/** `192.0.2.1:7`, or a Local socket's name. */
export function formatEnd(end: End): string {
  return typeof end === 'string' ? end : `${Ip.format(end.ip)}:${end.port}`;
}
