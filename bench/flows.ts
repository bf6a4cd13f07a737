/**
 * How fast the lab goes where nothing is ideal: flows between 100 clients and 100 servers, whose links lose frames,
 * deliver them with jitter and have little bandwidth, over one link in the middle that is nearly full.
 * Neighbours are resolved before the links turn bad. What each link lost is counted, and must explain each datagram
 * that did not come.
 */
import { openLab } from '../src/lab/lab.ts';
import type { Link } from '../src/sim/link.ts';
import { MICROSECOND, MILLISECOND, SECOND } from '../src/sim/time.ts';
import type { Program } from '../src/syscalls/program.ts';
import { Domain, SocketType } from '../src/syscalls/values.ts';
import * as Ip from '../src/wire/ip4.ts';
import { hopsOf } from './hops.ts';
import { secondsOf } from './seconds.ts';

const PAIRS = 100;
const FIRST_PORT = 5_000;
const DATA = new Uint8Array(64).fill(0x55);
const INTERVAL = 10 * MILLISECOND;
const BEGIN = 10 * SECOND;
const ACCESS = { loss: 0.01, jitter: MILLISECOND, delay: 5 * MILLISECOND, bandwidth: 2_000_000 };
/** 1,000 flows bring 100,000 frames of 130 octets a second, preamble and gap included: 104 Mbit/s. */
const MIDDLE = { loss: 0.001, jitter: 100 * MICROSECOND, delay: 10 * MILLISECOND, bandwidth: 110_000_000 };

function describeFlows(): string {
  const lines = ['name: flows', 'hosts:'];
  for (let pair = 0; pair < PAIRS; pair++) {
    lines.push(`  c${pair}: { interfaces: { eth0: 10.1.${pair}.2/24 }, gateway: 10.1.${pair}.1 }`);
    lines.push(`  s${pair}: { interfaces: { eth0: 10.2.${pair}.2/24 }, gateway: 10.2.${pair}.1 }`);
  }
  lines.push('routers:');
  for (const [side, own, other] of [
    ['left', 1, 2],
    ['right', 2, 1],
  ] as const) {
    lines.push(`  ${side}:`, `    routes: [{ to: 10.${other}.0.0/16, via: 10.3.0.${other} }]`, '    interfaces:');
    lines.push(`      middle: 10.3.0.${own}/24`);
    for (let pair = 0; pair < PAIRS; pair++) lines.push(`      eth${pair}: 10.${own}.${pair}.1/24`);
  }
  lines.push('links:', '  - left.middle -- right.middle');
  for (let pair = 0; pair < PAIRS; pair++) lines.push(`  - c${pair}.eth0 -- left.eth${pair}`);
  for (let pair = 0; pair < PAIRS; pair++) lines.push(`  - right.eth${pair} -- s${pair}.eth0`);
  return lines.join('\n');
}

/** Million hops a second, of `flows` flows with `each` datagrams, behind `ahead` that warm the engine. */
export function measureFlows(flows: number, each: number, ahead = 0): number {
  const lab = openLab(describeFlows());
  let received = 0;
  const receiver: Program = function* (sys, argv) {
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    sys.sys_socket_bind(socket, { ip: Ip.ANY, port: FIRST_PORT + Number(argv[1]) });
    for (;;) {
      yield* sys.sys_socket_recvfrom(socket, 1500);
      received++;
    }
  };
  const sender: Program = function* (sys, argv) {
    const flow = Number(argv[1]);
    const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
    const to = { ip: Ip.fromNumber(0x0a02_0002 + (flow % PAIRS) * 256), port: FIRST_PORT + flow };
    // One after the other, since few datagrams may wait for a neighbour.
    yield* sys.sys_sleep(MILLISECOND * flow);
    yield* sys.sys_socket_sendto(socket, DATA, to);
    // The flows spread their datagrams over the interval.
    yield* sys.sys_sleep(BEGIN - MILLISECOND * flow + Math.floor((INTERVAL * flow) / flows));
    for (let sent = 0; sent < ahead + each; sent++) {
      yield* sys.sys_socket_sendto(socket, DATA, to);
      yield* sys.sys_sleep(INTERVAL);
    }
  };
  for (let flow = 0; flow < flows; flow++) {
    const args = [String(flow)];
    lab.start(`s${flow % PAIRS}`, receiver, { args, background: true });
    lab.start(`c${flow % PAIRS}`, sender, { args });
  }
  lab.runUntil(BEGIN - SECOND);
  if (received !== flows) throw new Error(`${received} of ${flows} datagrams came ahead`);
  const { links } = lab.network;
  const [middle] = links;
  for (const link of links) link.set(link === middle ? MIDDLE : ACCESS);

  if (ahead > 0) lab.runUntil(BEGIN + ahead * INTERVAL);
  const before = hopsOf(lab.simulator);
  const seconds = secondsOf(() => lab.run());
  const atLeft = flows * (ahead + each) - lostOn(links.slice(1, 1 + PAIRS));
  const atRight = atLeft - lostOn(links.slice(0, 1));
  const atServers = atRight - lostOn(links.slice(1 + PAIRS));
  if (received - flows !== atServers) throw new Error(`${received - flows} datagrams came, not ${atServers}`);
  return (hopsOf(lab.simulator) - before) / seconds / 1e6;
}

function lostOn(links: readonly Link[]): number {
  let lost = 0;
  for (const { directions } of links) {
    for (const { drops } of directions) for (const count of drops.values()) lost += count;
  }
  return lost;
}
