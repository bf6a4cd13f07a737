/**
 * Sends one UDP datagram, and with --wait prints the first answer. The socket is connected, so that an ICMP error about
 * the datagram is heard of; with -b, which a broadcast needs, it is not, and whoever answers first is heard.
 */
import type { Call, Sys } from '../syscalls/program.ts';
import { SystemCallError } from '../syscalls/program.ts';
import { Control, Domain, Poll, SocketType } from '../syscalls/values.ts';
import * as Udp from '../wire/udp.ts';
import * as Utf8 from '../wire/utf8.ts';
import { command, Failure } from './command.ts';
import { SECOND } from './duration.ts';
import { print } from './print.ts';
import { NO_HOSTS, resolve } from './resolver.ts';
import { formatEnd, textOf } from './text.ts';

const DEFAULT_WAIT = 5 * SECOND;

export const udpSend = command(
  {
    usage: `[--wait] [-w SECONDS] [-b] [${NO_HOSTS}] TARGET PORT TEXT`,
    flags: ['--wait', '-b', NO_HOSTS],
    values: ['-w'],
    operands: [3, 3],
  },
  function* (sys, given) {
    const port = given.port(1);
    const data = Utf8.encode(given.operand(2));
    const patience = given.duration('-w', DEFAULT_WAIT);
    const to = { ip: yield* resolve(sys, given.operand(0), given), port };
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    try {
      if (given.has('-b')) {
        sys.sys_handle_control(socket, Control.SetBroadcast, 1);
        yield* sys.sys_socket_sendto(socket, data, to);
      } else {
        yield* sys.sys_socket_connect(socket, to);
        yield* sys.sys_socket_sendto(socket, data);
      }
      yield* print(sys, `sent ${data.length} bytes to ${formatEnd(to)}`);
      if (given.has('--wait') || given.has('-w')) yield* printAnswer(sys, socket, patience, formatEnd(to));
      return 0;
    } catch (error) {
      if (error instanceof SystemCallError) throw new Failure(`${formatEnd(to)}: ${error.words}`);
      throw error;
    }
  },
);

function* printAnswer(sys: Sys, socket: number, timeout: number, to: string): Call<void> {
  const ready = yield* sys.sys_poll([{ handle: socket, events: Poll.In }], { timeout });
  if (ready.length === 0) throw new Failure(`${to}: no answer`);
  const { data, from } = yield* sys.sys_socket_recvfrom(socket, Udp.MAX_DATA_LENGTH);
  yield* print(sys, `${data.length} bytes from ${formatEnd(from)}: ${textOf(data)}`);
}
