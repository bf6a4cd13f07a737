/**
 * The experiments of test/oracles/linux-vectors.json put to a stack of ours in virtual time: what Linux 6.18 answered
 * to injected frames. Compares as test/oracles/replay-vectors.py does; every checksum must be right in either mode.
 */
import { readFileSync } from 'node:fs';
import { MILLISECOND } from '../../src/sim/time.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Mac from '../../src/wire/mac.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as TcpFormat from '../../src/wire/tcp.ts';
import * as UdpFormat from '../../src/wire/udp.ts';
import { takeReceived } from '../../src/stack/endpoint.ts';
import type { Endpoint } from '../../src/stack/endpoint.ts';
import { addAddress } from '../../src/stack/interface.ts';
import { addNeighbor } from '../../src/stack/neighbors.ts';
import { addRoute } from '../../src/stack/routes.ts';
import type { RouteType } from '../../src/stack/routes.ts';
import { createStack, receive } from '../../src/stack/stack.ts';
import type { Stack } from '../../src/stack/stack.ts';
import { setSysctl } from '../../src/stack/sysctl.ts';
import * as Udp from '../../src/stack/udp.ts';
import { fakeWorld } from '../fake-world.ts';
import type { FakeWorld } from '../fake-world.ts';

export interface Vector {
  readonly name: string;
  readonly group: string;
  readonly level: 'must' | 'should' | 'may' | 'linux' | 'against';
  readonly rfc: string;
  readonly setup: {
    readonly forward: boolean;
    readonly interfaces: readonly { port: number; mac: string; ip: string | readonly string[]; mtu?: number }[];
    readonly routes?: readonly { dst: string; via?: string; port?: number; type?: string }[];
    readonly neigh?: readonly { port: number; ip: string; mac: string; state?: string }[];
    readonly udp_echo?: readonly number[];
    readonly linux_sysctl?: Readonly<Record<string, number>>;
  };
  readonly listen_ms: number;
  readonly inject: readonly { at_ms: number; port: number; hex: string; say: string }[];
  readonly expect: readonly Expected[];
}

interface Expected {
  readonly port: number;
  readonly after: number;
  readonly ms_after_injection: readonly [number, number];
  readonly class: 'arp' | 'forwarded' | 'originated' | 'error';
  readonly hex: string;
  readonly loose: string;
  readonly least: number;
  readonly say: string;
  readonly linux_passes_on?: string;
}

interface Got {
  readonly port: number;
  readonly hex: string;
  /** Milliseconds since the first injection. */
  readonly at: number;
}

/**
 * Loose: frames in any order, repeated ARP requests as one, errors may quote more or less, what an RFC leaves open may
 * differ. Strict: what Linux sent each time, in its order, as often, and delays over half a second within a quarter.
 */
export type Mode = 'loose' | 'strict';

const recorded = JSON.parse(readFileSync(new URL('../oracles/linux-vectors.json', import.meta.url), 'utf8')) as {
  readonly meta: { readonly linux_sysctl: Readonly<Record<string, number>> };
  readonly vectors: readonly Vector[];
};
export const VECTORS = recorded.vectors;
/** The settings of every experiment, unless it has its own. They were made after forwarding was switched on or off. */
const LINUX_SYSCTL = Object.entries(recorded.meta.linux_sysctl).filter(([name]) => name !== 'net.ipv4.ip_forward');

/** lo drives a port that no vector uses. */
const LOOPBACK_PORT = 99;

/** What differs from Linux's answer, in words; empty when nothing does. */
export function replay(vector: Vector, mode: Mode = 'loose'): string[] {
  const world = fakeWorld();
  const stack = build(world, vector.setup);
  for (const { at_ms, port, hex } of vector.inject) {
    world.advance(at_ms * MILLISECOND - world.now);
    receive(stack, port, world.frame(Uint8Array.from(Buffer.from(hex, 'hex'))));
  }
  world.advance(vector.listen_ms * MILLISECOND);
  const got = world
    .takeSent()
    .filter(({ port }) => port !== LOOPBACK_PORT)
    .map(({ port, frame, time }) => ({
      port,
      hex: Buffer.from(frame.bytes.subarray(0, frame.length)).toString('hex'),
      at: time / MILLISECOND,
    }));
  return [
    ...checksumComplaints(vector, got),
    ...(mode === 'loose' ? compareLoosely(vector, got) : compareStrictly(vector, got)),
  ];
}

function build(world: FakeWorld, setup: Vector['setup']): Stack {
  const stack = createStack(
    world,
    'dut',
    LOOPBACK_PORT,
    setup.interfaces.map(({ port, mac, mtu = 1500 }) => ({ name: `eth${port}`, port, mac: Mac.parse(mac)!, mtu })),
  );
  const at = (port: number) => stack.byPort[port]!;
  for (const { port, ip } of setup.interfaces) {
    for (const one of typeof ip === 'string' ? [ip] : ip) {
      const [address = '', length = ''] = one.split('/');
      must(addAddress(stack, at(port), Ip.parse(address)!, Number(length)));
    }
  }
  must(setSysctl(stack, 'net.ipv4.ip_forward', setup.forward ? 1 : 0));
  for (const [name, value] of [...LINUX_SYSCTL, ...Object.entries(setup.linux_sysctl ?? {})])
    must(setSysctl(stack, name, value));
  for (const { dst, via, port, type } of setup.routes ?? []) {
    const [address = '', length = ''] = dst.split('/');
    must(
      addRoute(stack, {
        destination: Ip.parse(address)!,
        prefixLength: Number(length || 32),
        ...(type === undefined ? {} : { type: type as RouteType }),
        ...(via === undefined ? {} : { gateway: Ip.parse(via)! }),
        ...(port === undefined ? {} : { interface: at(port) }),
      }),
    );
  }
  for (const { port, ip, mac, state } of setup.neigh ?? []) {
    must(addNeighbor(stack, at(port), Ip.parse(ip)!, Mac.parse(mac)!, (state ?? 'permanent') as 'permanent' | 'stale'));
  }
  for (const port of setup.udp_echo ?? []) must(Udp.bind(Udp.open(stack, echo), Ip.ANY, port));
  return stack;
}

function must(failure: string | null): void {
  if (failure !== null) throw new Error(`the vector's setup was refused: ${failure}`);
}

function echo(endpoint: Endpoint): void {
  for (let frame = takeReceived(endpoint); frame !== undefined; frame = takeReceived(endpoint)) {
    const at = Udp.payloadAt(frame);
    const port = UdpFormat.sourcePort(frame.bytes, at - UdpFormat.HEADER_LENGTH);
    if (port !== 0) Udp.send(endpoint, frame.bytes, at, Udp.payloadLength(frame), Ipv4.source(frame.bytes, 14), port);
    endpoint.stack.world.consume(frame);
  }
}

function checksumComplaints(vector: Vector, got: readonly Got[]): string[] {
  const complaints: string[] = [];
  for (const { port, hex } of got) {
    const wrong = wrongChecksum(hex);
    if (wrong !== null && !vector.expect.some((one) => one.linux_passes_on === `wrong ${wrong}`)) {
      complaints.push(`wrong ${wrong}: port ${port} ${hex}`);
    }
  }
  return complaints;
}

function compareStrictly(vector: Vector, got: readonly Got[]): string[] {
  const complaints: string[] = [];
  const ports = new Set([...vector.expect, ...got].map(({ port }) => port));
  for (const port of [...ports].sort((a, b) => a - b)) {
    const came = got.filter((one) => one.port === port);
    const wanted = vector.expect.filter((one) => one.port === port);
    if (came.length !== wanted.length)
      complaints.push(`port ${port}: ${came.length} frames, ${wanted.length} expected`);
    for (const [place, one] of wanted.entries()) {
      const frame = came[place];
      if (frame === undefined) break;
      if (!fits(one.hex, frame.hex, one.hex.length / 2, false)) {
        complaints.push(`port ${port}: got      ${frame.hex}`, `        expected ${one.hex}`);
      }
      const [least, most] = one.ms_after_injection;
      const delay = frame.at - (one.after > 0 ? vector.inject[one.after - 1]!.at_ms : 0);
      if (most > 500 && (delay < 0.75 * least - 50 || delay > 1.25 * most + 50)) {
        complaints.push(`port ${port}: after ${delay} ms, Linux ${least} to ${most}`);
      }
    }
  }
  return complaints;
}

function compareLoosely(vector: Vector, got: readonly Got[]): string[] {
  const complaints: string[] = [];
  const left = once([...got], ({ port, hex }) => (isArpRequest(hex) ? `${port} ${hex}` : null));
  const wanted = once([...vector.expect], (one) =>
    one.class === 'arp' && isArpRequest(one.hex) ? `${one.port} ${one.loose}` : null,
  );
  for (const one of wanted) {
    const isError = one.class === 'error';
    const place = left.findIndex(
      ({ port, hex }) => port === one.port && fits(one.loose, hex, isError ? one.least : one.hex.length / 2, isError),
    );
    if (place === -1) complaints.push(`missing on port ${one.port}: ${one.say}\n  ${one.loose}`);
    else left.splice(place, 1);
  }
  for (const { port, hex } of left) complaints.push(`unexpected on port ${port}: ${hex}`);
  return complaints;
}

/** Of those with the same key only the first; those without a key all. */
function once<T>(items: T[], keyOf: (item: T) => string | null): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    if (key === null) return true;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function isArpRequest(hex: string): boolean {
  return hex.slice(24, 28) === '0806' && hex.slice(40, 44) === '0001';
}

/** Whether the frame fits the pattern: '..' stands for any octet; it may be padded, or, an error, quote more. */
function fits(pattern: string, hex: string, least: number, mayBeLonger: boolean): boolean {
  if (hex.length / 2 < least) return false;
  const rest = hex.slice(pattern.length);
  if (!mayBeLonger && (/[^0]/.test(rest) || (rest !== '' && hex.length > 120))) return false;
  for (let i = 0; i < Math.min(pattern.length, hex.length); i += 2) {
    if (pattern.slice(i, i + 2) !== '..' && pattern.slice(i, i + 2) !== hex.slice(i, i + 2)) return false;
  }
  return true;
}

/** The first checksum that is wrong, by name. Quoted datagrams are not looked into. */
function wrongChecksum(hex: string): string | null {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  if (hex.slice(24, 28) !== '0800') return null;
  const malformed = Ipv4.check(bytes, 14, bytes.length);
  if (malformed !== null) return `ipv4 header: ${malformed}`;
  if (Ipv4.fragmentOffset(bytes, 14) > 0 || Ipv4.moreFragments(bytes, 14)) return null;
  const at = 14 + Ipv4.headerLength(bytes, 14);
  const end = 14 + Ipv4.totalLength(bytes, 14);
  const source = Ipv4.source(bytes, 14);
  const destination = Ipv4.destination(bytes, 14);
  switch (Ipv4.protocol(bytes, 14)) {
    case Ipv4.Protocol.Icmp:
      return Icmp.check(bytes, at, end) === 'bad-checksum' ? 'icmp checksum' : null;
    case Ipv4.Protocol.Udp:
      return UdpFormat.check(bytes, at, end, source, destination) === 'bad-checksum' ? 'udp checksum' : null;
    case Ipv4.Protocol.Tcp:
      return TcpFormat.check(bytes, at, end, source, destination) === 'bad-checksum' ? 'tcp checksum' : null;
    default:
      return null;
  }
}
