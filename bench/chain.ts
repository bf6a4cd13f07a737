/**
 * How fast a datagram goes from sys_socket_sendto to sys_socket_recvfrom through a chain of routers or switches, all
 * parts of the stack on, checksums made and verified. A hop is one frame over one link.
 * The same network, traffic and clock as the ns-3 program in bench/peers/ns3/chain.cc: one datagram goes ahead and has
 * every neighbour resolved, the others follow 10 s later, and only they are measured.
 */
import type { Kernel } from '../src/kernel/kernel.ts';
import { startProcess } from '../src/kernel/process.ts';
import { Recorder } from '../src/capture/recorder.ts';
import { PcapngWriter } from '../src/capture/pcapng-writer.ts';
import type { ByteSink } from '../src/capture/sink.ts';
import * as Host from '../src/devices/host.ts';
import * as Router from '../src/devices/router.ts';
import * as Switch from '../src/devices/switch.ts';
import type { Node } from '../src/sim/node.ts';
import { Simulator } from '../src/sim/simulator.ts';
import { MICROSECOND, SECOND } from '../src/sim/time.ts';
import type { Nanos } from '../src/sim/time.ts';
import { addAddress } from '../src/stack/interface.ts';
import { addRoute } from '../src/stack/routes.ts';
import { startOf } from '../src/syscalls/program.ts';
import type { Program } from '../src/syscalls/program.ts';
import { Domain, SocketType } from '../src/syscalls/values.ts';
import * as Ip from '../src/wire/ip4.ts';
import * as Mac from '../src/wire/mac.ts';
import { hopsOf } from './hops.ts';
import { inScratchFile } from './scratch-file.ts';
import { secondsOf } from './seconds.ts';

const PORT = 9;
/** When the datagrams that are measured begin to go. */
const BEGIN = 10 * SECOND;
const INTERVAL = 5 * MICROSECOND;
const BANDWIDTH = 10_000_000_000;
const MTU = 9_000;

export interface ChainSettings {
  readonly kind: 'router' | 'switch';
  /** Routers or switches between the two hosts. */
  readonly count: number;
  readonly datagrams: number;
  /** Datagrams before them, so that they find the engine warm: it makes fast what it has seen in this very lab. */
  readonly ahead?: number;
  /** Octets in each. */
  readonly payload?: number;
  /** Between one datagram and the next. */
  readonly interval?: Nanos;
  /** Of each link. */
  readonly delay?: Nanos;
  /** Where a capture of every NIC goes; nothing is captured without one. */
  readonly sink?: ByteSink | null;
}

export interface Chain {
  readonly simulator: Simulator;
  readonly received: () => number;
  /** Writes the rest of the capture. */
  readonly close: () => void;
}

/** Two hosts with routers or switches between them; the first sends to the second. */
export function buildChain(settings: ChainSettings): Chain {
  const {
    kind,
    count,
    datagrams,
    ahead = 0,
    payload = 64,
    interval = INTERVAL,
    delay = MICROSECOND,
    sink = null,
  } = settings;
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
      mtu: MTU,
    }));
    kernels.push(create(node, { nics: named }));
  }
  for (let link = 0; link <= count; link++) {
    simulator.connect(nodes[link]!, link === 0 ? 0 : 1, nodes[link + 1]!, 0, {
      settings: { bandwidth: BANDWIDTH, delay },
    });
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
    if (i < last) route(kernel, address(last, 0), address(i, 2));
    if (i > 1) route(kernel, address(0, 0), address(i - 1, 1));
  });

  const receiver: Program = function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: Ip.ANY, port: PORT });
    for (;;) {
      yield* sys.sys_socket_recvfrom(socket, MTU);
      received++;
    }
  };
  const sender: Program = function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    const to = { ip: address(last, 2), port: PORT };
    const data = new Uint8Array(payload).fill(0x55);
    yield* sys.sys_socket_sendto(socket, data, to);
    yield* sys.sys_sleep(BEGIN);
    for (let sent = 0; sent < ahead + datagrams; sent++) {
      yield* sys.sys_socket_sendto(socket, data, to);
      yield* sys.sys_sleep(interval);
    }
  };
  startProcess(kernels[count + 1]!, ['receiver'], startOf(receiver));
  startProcess(kernels[0]!, ['sender'], startOf(sender));
  const recorder = sink === null ? null : record(simulator, sink);
  return {
    simulator,
    received: () => received,
    close: () => recorder?.close(simulator.now),
  };
}

function address(link: number, host: number): Ip.Ip4 {
  return Ip.fromNumber(0x0a00_0000 + link * 256 + host);
}

function route(kernel: Kernel, destination: Ip.Ip4, gateway: Ip.Ip4): void {
  const failure = addRoute(kernel.stack, { destination, prefixLength: 24, gateway });
  if (failure !== null) throw new Error(`${kernel.name}: ${failure}`);
}

/** Has every NIC recorded into one pcapng, as `lab.capture` would. */
function record(simulator: Simulator, sink: ByteSink): Recorder {
  const interfaces = simulator.nodes.flatMap((node) =>
    node.ports.flatMap(({ index, direction }) =>
      direction === null || direction.to.node === node ? [] : [{ node, port: index, name: `${node.name}.eth${index}` }],
    ),
  );
  const recorder = new Recorder([{ writer: new PcapngWriter(sink), interfaces }]);
  simulator.observer = recorder;
  return recorder;
}

/** Million hops a second of one run, the capture's last bytes included. */
export function measureChain(settings: ChainSettings): number {
  const { simulator, received, close } = buildChain(settings);
  const { datagrams, ahead = 0, interval = INTERVAL } = settings;
  simulator.runUntil(BEGIN + (ahead === 0 ? -SECOND : ahead * interval));
  const before = hopsOf(simulator);
  const seconds = secondsOf(() => {
    simulator.runUntil(Infinity);
    close();
  });
  const sent = 1 + ahead + datagrams;
  if (received() !== sent) throw new Error(`${received()} of ${sent} datagrams came`);
  return (hopsOf(simulator) - before) / seconds / 1e6;
}

/** The same with every NIC captured to one file on disk. */
export function measureCapturedChain(settings: ChainSettings): number {
  return inScratchFile('chain.pcapng', (sink) => measureChain({ ...settings, sink }));
}
