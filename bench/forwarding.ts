/**
 * How fast a router forwards with a table of many routes: two hosts with one router between them, datagrams to
 * destinations all over the table. The far host gets them all and has none of their addresses, so it drops them.
 */
import * as Host from '../src/devices/host.ts';
import * as Router from '../src/devices/router.ts';
import type { Kernel } from '../src/kernel/kernel.ts';
import { startProcess } from '../src/kernel/process.ts';
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
import { hopsOf } from './hops.ts';
import { secondsOf } from './seconds.ts';

const DATA = new Uint8Array(64).fill(0x55);
const LINK = { bandwidth: 10_000_000_000, delay: MICROSECOND };
const NEAR = 0xc000_0200;
const FAR = 0xcb00_7100;
/** Destinations that take turns: a power of two, far beyond what a cache of destinations would hold. */
const DESTINATIONS = 1 << 16;

/** Million hops a second through a router with this many routes beside its own; `ahead` datagrams warm the engine. */
export function measureForwarding(routes: number, datagrams: number, ahead: number): number {
  const simulator = new Simulator({ seed: 1 });
  const h1 = station(simulator, 'h1', 1, Host.create);
  const r1 = station(simulator, 'r1', 2, Router.create);
  const h2 = station(simulator, 'h2', 1, Host.create);
  simulator.connect(h1.node, 0, r1.node, 0, { settings: LINK });
  simulator.connect(r1.node, 1, h2.node, 0, { settings: LINK });
  addAddress(h1.kernel.stack, h1.kernel.stack.interfaces[1]!, Ip.fromNumber(NEAR + 1), 24);
  addAddress(r1.kernel.stack, r1.kernel.stack.interfaces[1]!, Ip.fromNumber(NEAR + 254), 24);
  addAddress(r1.kernel.stack, r1.kernel.stack.interfaces[2]!, Ip.fromNumber(FAR + 254), 24);
  addAddress(h2.kernel.stack, h2.kernel.stack.interfaces[1]!, Ip.fromNumber(FAR + 1), 24);
  add(h1.kernel, { destination: Ip.ANY, prefixLength: 0, gateway: Ip.fromNumber(NEAR + 254) });

  // /24s one beside the other from 1.0.0.0 on: 900,000 of them end below 15.0.0.0.
  const table = Array.from({ length: routes }, (_, i) => Ip.fromNumber(0x0100_0000 + i * 256));
  for (const destination of table) add(r1.kernel, { destination, prefixLength: 24, gateway: Ip.fromNumber(FAR + 1) });
  const destinations = Array.from({ length: DESTINATIONS }, (_, i) => {
    // Knuth's multiplicative hash scatters them over the table, and their last octets over the subnets.
    const scattered = Math.imul(i, 0x9e37_79b1) >>> 0;
    return { ip: Ip.fromNumber(table[scattered % routes]! + (scattered >>> 24)), port: 9 };
  });

  const sender: Program = function* (sys) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    for (let sent = 0; sent < ahead + datagrams; sent++) {
      yield* sys.sys_socket_sendto(socket, DATA, destinations[sent & (DESTINATIONS - 1)]);
      yield* sys.sys_sleep(MICROSECOND);
    }
  };
  startProcess(h1.kernel, ['sender'], startOf(sender));
  simulator.runUntil(ahead * MICROSECOND);
  const before = hopsOf(simulator);
  const seconds = secondsOf(() => simulator.runUntil(Infinity));
  const arrived = h2.node.drops.get('not-a-router') ?? 0;
  if (arrived !== ahead + datagrams) throw new Error(`${arrived} of ${ahead + datagrams} datagrams came`);
  return (hopsOf(simulator) - before) / seconds / 1e6;
}

function station(
  simulator: Simulator,
  name: string,
  nics: number,
  create: typeof Host.create,
): { node: Node; kernel: Kernel } {
  const node = simulator.createNode(name, Host.portCount(nics));
  const first = simulator.nodes.length * 256;
  const named = Array.from({ length: nics }, (_, port) => ({
    name: `eth${port}`,
    mac: Mac.fromNumber(0x0200_0000_0000 + first + port),
    mtu: 1500,
  }));
  return { node, kernel: create(node, { nics: named }) };
}

function add({ name, stack }: Kernel, request: Parameters<typeof addRoute>[1]): void {
  const failure = addRoute(stack, request);
  if (failure !== null) throw new Error(`${name}: ${failure}`);
}
