/**
 * How fast programs are woken: two of them in ping-pong over one link, so that every datagram wakes one and nothing
 * else happens. As generators and as async functions, by the calls of the library that start either.
 */
import type { AsyncProgram } from '../src/lab/async-program.ts';
import { openLab } from '../src/lab/lab.ts';
import type { Lab } from '../src/lab/lab.ts';
import type { Program } from '../src/syscalls/program.ts';
import { Domain, SocketType } from '../src/syscalls/values.ts';
import { secondsOf, secondsOfAsync } from './seconds.ts';

const PORT = 7;
const PEER = { ip: '192.0.2.2', port: PORT };
const DATA = new Uint8Array(64).fill(0x55);

function openTwoHosts(): Lab {
  return openLab(`
    name: ping-pong
    hosts:
      h1: { interfaces: { eth0: 192.0.2.1/24 } }
      h2: { interfaces: { eth0: 192.0.2.2/24 } }
    links:
      - { from: h1.eth0, to: h2.eth0, bandwidth: 10Gbit/s, delay: 1us }
  `);
}

/** Thousand wake-ups a second of generators; `ahead` wake-ups come first in the same lab, to warm the engine. */
export function measureGenerators(wakeUps: number, ahead: number): number {
  const lab = openTwoHosts();
  const pong: Program = function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: PORT });
    for (;;) {
      const { data, from } = yield* sys.sys_socket_recvfrom(socket, 1500);
      yield* sys.sys_socket_sendto(socket, data, from);
    }
  };
  const ping: Program = function* (sys, argv) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    for (let left = Number(argv[1]); left > 0; left -= 2) {
      yield* sys.sys_socket_sendto(socket, DATA, PEER);
      yield* sys.sys_socket_recvfrom(socket, 1500);
    }
  };
  lab.start('h2', pong, { background: true });
  lab.run('h1', ping, String(ahead));
  const job = lab.start('h1', ping, { args: [String(wakeUps)] });
  const seconds = secondsOf(() => lab.run());
  lab.close();
  if (job.exitStatus !== 0) throw new Error(`ping ended with ${job.exitStatus}`);
  return wakeUps / seconds / 1e3;
}

/** The same of async functions. */
export async function measureAsync(wakeUps: number, ahead: number): Promise<number> {
  const lab = openTwoHosts();
  const pong: AsyncProgram = async (sys) => {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: PORT });
    for (;;) {
      const { data, from } = await sys.sys_socket_recvfrom(socket, 1500);
      await sys.sys_socket_sendto(socket, data, from);
    }
  };
  const ping: AsyncProgram = async (sys, argv) => {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    for (let left = Number(argv[1]); left > 0; left -= 2) {
      await sys.sys_socket_sendto(socket, DATA, PEER);
      await sys.sys_socket_recvfrom(socket, 1500);
    }
  };
  lab.start('h2', pong, { background: true });
  await lab.runAsync('h1', ping, String(ahead));
  const job = lab.start('h1', ping, { args: [String(wakeUps)] });
  const seconds = await secondsOfAsync(() => lab.runAsync());
  lab.close();
  if (job.exitStatus !== 0) throw new Error(`ping ended with ${job.exitStatus}`);
  return wakeUps / seconds / 1e3;
}
