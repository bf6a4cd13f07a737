/**
 * Longest-prefix match as forwarded datagrams see it: a router takes each datagram in, checks it, finds its route,
 * and sends it on, over and over. There are no links and no time here, so that what is left is the router's own work.
 * The datagrams belong to flows, whose destinations are drawn from the table's prefixes, each as likely as any other,
 * and come in any order. How many flows there are decides what the caches can hold: see `FLOWS`.
 */
import type { DropReason } from '../src/sim/drop-reason.ts';
import { Frame } from '../src/sim/frame.ts';
import { RandomStream } from '../src/sim/random.ts';
import type { World } from '../src/sim/world.ts';
import { addAddress } from '../src/stack/interface.ts';
import { addNeighbor } from '../src/stack/neighbors.ts';
import { addRoute } from '../src/stack/routes.ts';
import { createStack, receive } from '../src/stack/stack.ts';
import type { Stack } from '../src/stack/stack.ts';
import { setSysctl } from '../src/stack/sysctl.ts';
import * as Ethernet from '../src/wire/ethernet.ts';
import * as Ip from '../src/wire/ip4.ts';
import * as Ipv4 from '../src/wire/ipv4.ts';
import * as Mac from '../src/wire/mac.ts';
import { secondsOf } from './seconds.ts';

const DATAGRAMS = 2_000_000;
/** Four times the flows of the largest benchmark of them. Each has a place of its own in a large table's memory. */
export const FLOWS = 4_096;
/** The order in which they come; drawn before the clock starts. */
const ORDER = 65_536;
/** On each of the ways out. */
const GATEWAYS = 16;
const WAYS_OUT = 4;
const LENGTH = 64;
/** Where the IP header starts. */
const IP = Ethernet.HEADER_LENGTH;

/** How many of 10,000 routes have so long a prefix, about as in the Internet's table of 2025. */
const SHARES: readonly (readonly [prefixLength: number, share: number])[] = [
  [24, 6_200],
  [23, 1_000],
  [22, 1_150],
  [21, 500],
  [20, 450],
  [19, 250],
  [18, 140],
  [17, 80],
  [16, 140],
  [15, 25],
  [14, 20],
  [13, 15],
  [12, 15],
  [11, 10],
  [10, 5],
];

/** One router's outside: what it sends comes back for the next round, and nothing may be dropped. */
class Outside implements World {
  readonly now = 0;
  readonly isLastNow = true;
  sent = 0;

  newFrame(length: number): Frame {
    return new Frame(new Uint8Array(length));
  }

  newPart(_original: Frame, length: number): Frame {
    return this.newFrame(length);
  }

  copy(): null {
    return null;
  }

  transmit(): void {
    this.sent++;
  }

  consume(): void {
    throw new Error('the router kept a datagram');
  }

  drop(reason: DropReason): void {
    throw new Error(`the router dropped a datagram: ${reason}`);
  }

  hasCarrier(): boolean {
    return true;
  }

  watchDepartures(): void {
    throw new Error('the router waits for room');
  }

  after(): never {
    throw new Error('the router waits for something');
  }

  arm(): void {
    throw new Error('the router waits for something');
  }

  cancel(): void {
    throw new Error('the router waited for something');
  }

  random(): number {
    return 0;
  }
}

interface Prefixes {
  readonly destinations: Uint32Array;
  readonly prefixLengths: Uint8Array;
}

/** Different prefixes between 1.0.0.0 and 223.255.255.255, without the router's own 10/8 and without 127/8. */
function drawPrefixes(random: RandomStream, count: number): Prefixes {
  const total = SHARES.reduce((sum, [, share]) => sum + share, 0);
  const destinations = new Uint32Array(count);
  const prefixLengths = new Uint8Array(count);
  const drawn = new Set<number>();
  while (drawn.size < count) {
    let place = Math.floor(random.next() * total);
    const prefixLength = SHARES.find(([, share]) => (place -= share) < 0)?.[0] ?? 24;
    const destination = Ip.network(Ip.fromNumber(random.nextU32()), prefixLength);
    const first = destination >>> 24;
    const name = destination * 64 + prefixLength;
    if (first === 0 || first === 10 || first === 127 || first >= 224 || drawn.has(name)) continue;
    destinations[drawn.size] = destination;
    prefixLengths[drawn.size] = prefixLength;
    drawn.add(name);
  }
  return { destinations, prefixLengths };
}

interface Router {
  readonly stack: Stack;
  readonly outside: Outside;
  readonly prefixes: Prefixes;
}

/** A router with datagrams coming in at eth0 and ways out by the others, and so many routes beside its own. */
function buildRouter(random: RandomStream, routes: number): Router {
  const outside = new Outside();
  const nics = Array.from({ length: WAYS_OUT + 1 }, (_, port) => ({ name: `eth${port}`, port, mac: macOf(port) }));
  const stack = createStack(outside, 'r1', nics.length, nics);
  setSysctl(stack, 'ip_forward', 1);
  nics.forEach((_, port) => {
    const at = stack.interfaces[port + 1]!;
    addAddress(stack, at, gatewayOf(port, 0), 24);
    for (let gateway = 1; gateway <= GATEWAYS; gateway++) {
      addNeighbor(stack, at, gatewayOf(port, gateway), macOf(port * 256 + gateway));
    }
  });
  const prefixes = drawPrefixes(random, routes);
  addRoutes(stack, prefixes);
  return { stack, outside, prefixes };
}

function addRoutes(stack: Stack, { destinations, prefixLengths }: Prefixes): void {
  for (let i = 0; i < destinations.length; i++) {
    const destination = Ip.fromNumber(destinations[i]!);
    const prefixLength = prefixLengths[i]!;
    const gateway = gatewayOf(1 + (i % WAYS_OUT), 1 + (Math.floor(i / WAYS_OUT) % GATEWAYS));
    const failure = addRoute(stack, { destination, prefixLength, gateway });
    if (failure !== null) throw new Error(`${Ip.format(destination)}/${prefixLength}: ${failure}`);
  }
}

function gatewayOf(port: number, host: number): Ip.Ip4 {
  return Ip.fromNumber(0x0a00_0001 + port * 256 + host);
}

function macOf(number: number): Mac.Mac {
  return Mac.fromNumber(0x0200_0000_0000 + number);
}

/** Million datagrams a second, each looked up once. */
export function measureLookUps(routes: number, flows = FLOWS): number {
  const random = new RandomStream(1, 'longest-prefix match');
  const { stack, outside, prefixes } = buildRouter(random, routes);
  const draw = (limit: number): number => Math.floor(random.next() * limit);
  const destinations = Array.from({ length: flows }, () => {
    const i = draw(routes);
    return Ip.fromNumber(prefixes.destinations[i]! | (random.nextU32() & ~Ip.maskOf(prefixes.prefixLengths[i]!)));
  });
  const order = Uint32Array.from({ length: ORDER }, () => destinations[draw(flows)]!);
  const frame = new Frame(new Uint8Array(256));
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) {
      writeDatagram(frame, Ip.fromNumber(order[i & (ORDER - 1)]!));
      receive(stack, 0, frame);
    }
  };
  send(DATAGRAMS / 4);
  outside.sent = 0;
  const seconds = secondsOf(() => send(DATAGRAMS));
  if (outside.sent !== DATAGRAMS) throw new Error(`${outside.sent} of ${DATAGRAMS} datagrams left`);
  return DATAGRAMS / seconds / 1e6;
}

/** Seconds to put so many routes into the table of a router that has none, and its bytes for each afterwards. */
export function measureFilling(routes: number): { readonly seconds: number; readonly bytesEach: number } {
  const prefixes = drawPrefixes(new RandomStream(1, 'longest-prefix match'), routes);
  const { stack } = buildRouter(new RandomStream(1, 'longest-prefix match'), 0);
  const seconds = secondsOf(() => addRoutes(stack, prefixes));
  const { entries, index } = stack.routes;
  const bytes = entries.byteLength + (index === null ? 0 : index.heads.byteLength + index.trie.slots.byteLength);
  return { seconds, bytesEach: bytes / routes };
}

function writeDatagram(frame: Frame, destination: Ip.Ip4): void {
  const { bytes } = frame;
  const header = Ipv4.MIN_HEADER_LENGTH;
  frame.length = Ethernet.HEADER_LENGTH + LENGTH;
  Ethernet.write(bytes, 0, macOf(0), macOf(1), Ethernet.Type.Ipv4);
  Ipv4.writeHeader(bytes, IP, header, 0, LENGTH, 0, 0, 64, Ipv4.Protocol.Udp, gatewayOf(0, 1), destination);
  Ipv4.updateChecksum(bytes, IP);
}
