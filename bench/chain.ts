/**
 * How fast a datagram goes from sys_socket_sendto to sys_socket_recvfrom through a chain of routers or switches, all
 * parts of the stack on, checksums made and verified. A hop is one frame over one link.
 */
import type { Kernel } from '../src/kernel/kernel.ts';
import { startProcess } from '../src/kernel/process.ts';
import * as Host from '../src/devices/host.ts';
import * as Router from '../src/devices/router.ts';
import * as Switch from '../src/devices/switch.ts';
import type { Node } from '../src/sim/node.ts';
import { Simulator } from '../src/sim/simulator.ts';
import { MICROSECOND } from '../src/sim/time.ts';
import { addAddress } from '../src/stack/interface.ts';
import { addRoute } from '../src/stack/routes.ts';
import { startOf } from '../src/syscalls/program.ts';
import type { Program } from '../src/syscalls/program.ts';
import { Domain, SocketType } from '../src/syscalls/values.ts';
import * as Ip from '../src/wire/ip4.ts';
import * as Mac from '../src/wire/mac.ts';

const PORT = 9;
const PAYLOAD = new Uint8Array(64).fill(0x55);
/** One datagram each 5 us over links of 10 Gbit/s and 1 us, as the peers' programs in bench/peers do. */
const INTERVAL = 5 * MICROSECOND;
const LINK = { bandwidth: 10_000_000_000, delay: 1 * MICROSECOND };

export interface Chain {
  readonly simulator: Simulator;
  readonly links: number;
  readonly received: () => number;
}

/** Two hosts with `count` routers or switches between them; the first sends `datagrams` to the second. */
export function buildChain(kind: 'router' | 'switch', count: number, datagrams: number): Chain {
  const simulator = new Simulator({ seed: 1 });
  const nodes: Node[] = [];
  const kernels: (Kernel | null)[] = [];
  let received = 0;
  for (let i = 0; i <= count + 1; i++) {
    const isHost = i === 0 || i === count + 1;
    const nics = isHost ? 1 : 2;
    const node = simulator.createNode(`n${i}`, isHost || kind === 'router' ? Host.portCount(nics) : nics);
    nodes.push(node);
    if (!isHost && kind === 'switch') {
      Switch.create(node, { ports: 2 });
      kernels.push(null);
      continue;
    }
    const create = isHost ? Host.create : Router.create;
    const named = Array.from({ length: nics }, (_, port) => ({
      name: `eth${port}`,
      mac: Mac.fromNumber(0x0200_0000_0000 + i * 256 + port),
      mtu: 1500,
    }));
    kernels.push(create(node, { nics: named }));
  }
  for (let link = 0; link <= count; link++) {
    simulator.connect(nodes[link]!, link === 0 ? 0 : 1, nodes[link + 1]!, 0, { settings: LINK });
  }

  // Link i is 10.0.i.0/24, .1 on its left and .2 on its right; behind switches all is one subnet.
  const last = kind === 'router' ? count : 0;
  kernels.forEach((kernel, i) => {
    if (kernel === null) return;
    const { stack } = kernel;
    const [, first, second] = stack.interfaces;
    if (i > 0) addAddress(stack, first!, address(kind === 'router' ? i - 1 : 0, 2), 24);
    if (i <= count) addAddress(stack, (i === 0 ? first : second)!, address(i, 1), 24);
    if (kind === 'switch') return;
    if (i <= count) route(kernel, address(last, 0), address(i, 2), i === last);
    if (i > 0) route(kernel, address(0, 0), address(i - 1, 1), i - 1 === 0);
  });

  const sink: Program = function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: Ip.ANY, port: PORT });
    for (;;) {
      yield* sys.sys_socket_recvfrom(socket, 1500);
      received++;
    }
  };
  const source: Program = function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    const to = { ip: address(last, 2), port: PORT };
    for (let sent = 0; sent < datagrams; sent++) {
      yield* sys.sys_socket_sendto(socket, PAYLOAD, to);
      yield* sys.sys_sleep(INTERVAL);
    }
  };
  startProcess(kernels[count + 1]!, ['sink'], startOf(sink));
  startProcess(kernels[0]!, ['source'], startOf(source));
  return { simulator, links: count + 1, received: () => received };
}

function address(link: number, host: number): Ip.Ip4 {
  return Ip.fromNumber(0x0a00_0000 + link * 256 + host);
}

function route(kernel: Kernel, destination: Ip.Ip4, gateway: Ip.Ip4, isConnected: boolean): void {
  if (isConnected) return;
  const failure = addRoute(kernel.stack, { destination, prefixLength: 24, gateway });
  if (failure !== null) throw new Error(`${kernel.name}: ${failure}`);
}

/** Thousand hops a second of one run. */
export function measureChain(kind: 'router' | 'switch', count: number, datagrams: number): number {
  const { simulator, links, received } = buildChain(kind, count, datagrams);
  const start = process.hrtime.bigint();
  simulator.runUntil(Infinity);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (received() !== datagrams) throw new Error(`${received()} of ${datagrams} datagrams came`);
  return (datagrams * links) / seconds / 1e3;
}
