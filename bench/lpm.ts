/**
 * Longest-prefix match as forwarded datagrams see it: a router takes each datagram in, checks it, finds its route,
 * and sends it on, over and over; the destinations are drawn from the table's prefixes, each as likely as any other.
 * There are no links and no time here, so that what is left is the router's own work.
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
/** Destinations in memory at a time; drawn before the clock starts. */
const DESTINATIONS = 1_048_576;
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

  after(): number {
    throw new Error('the router waits for something');
  }

  cancel(): void {
    throw new Error('the router waited for something');
  }

  random(): number {
    return 0;
  }
}

interface Prefix {
  readonly destination: Ip.Ip4;
  readonly prefixLength: number;
}

/** Different prefixes between 1.0.0.0 and 223.255.255.255, without the router's own 10/8 and without 127/8. */
function drawPrefixes(random: RandomStream, count: number): Prefix[] {
  const total = SHARES.reduce((sum, [, share]) => sum + share, 0);
  const prefixes = new Map<number, Prefix>();
  while (prefixes.size < count) {
    let place = Math.floor(random.next() * total);
    const prefixLength = SHARES.find(([, share]) => (place -= share) < 0)?.[0] ?? 24;
    const destination = Ip.network(Ip.fromNumber(random.nextU32()), prefixLength);
    const first = destination >>> 24;
    if (first === 0 || first === 10 || first === 127 || first >= 224) continue;
    prefixes.set(destination * 64 + prefixLength, { destination, prefixLength });
  }
  return [...prefixes.values()];
}

interface Router {
  readonly stack: Stack;
  readonly outside: Outside;
  readonly prefixes: readonly Prefix[];
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
  prefixes.forEach((prefix, i) => {
    const gateway = gatewayOf(1 + (i % WAYS_OUT), 1 + (Math.floor(i / WAYS_OUT) % GATEWAYS));
    const failure = addRoute(stack, { ...prefix, gateway });
    if (failure !== null) throw new Error(`${Ip.format(prefix.destination)}/${prefix.prefixLength}: ${failure}`);
  });
  return { stack, outside, prefixes };
}

function gatewayOf(port: number, host: number): Ip.Ip4 {
  return Ip.fromNumber(0x0a00_0001 + port * 256 + host);
}

function macOf(number: number): Mac.Mac {
  return Mac.fromNumber(0x0200_0000_0000 + number);
}

/** Million datagrams a second, each looked up once. */
export function measureLookUps(routes: number): number {
  const random = new RandomStream(1, 'longest-prefix match');
  const { stack, outside, prefixes } = buildRouter(random, routes);
  const destinations = Uint32Array.from({ length: DESTINATIONS }, () => {
    const { destination, prefixLength } = prefixes[Math.floor(random.next() * prefixes.length)]!;
    return (destination | (random.nextU32() & ~Ip.maskOf(prefixLength))) >>> 0;
  });
  const frame = new Frame(new Uint8Array(256));
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) {
      writeDatagram(frame, Ip.fromNumber(destinations[i & (DESTINATIONS - 1)]!));
      receive(stack, 0, frame);
    }
  };
  send(DATAGRAMS / 4);
  outside.sent = 0;
  const seconds = secondsOf(() => send(DATAGRAMS));
  if (outside.sent !== DATAGRAMS) throw new Error(`${outside.sent} of ${DATAGRAMS} datagrams left`);
  return DATAGRAMS / seconds / 1e6;
}

function writeDatagram(frame: Frame, destination: Ip.Ip4): void {
  const { bytes } = frame;
  const header = Ipv4.MIN_HEADER_LENGTH;
  frame.length = Ethernet.HEADER_LENGTH + LENGTH;
  Ethernet.write(bytes, 0, macOf(0), macOf(1), Ethernet.Type.Ipv4);
  Ipv4.writeHeader(bytes, IP, header, 0, LENGTH, 0, 0, 64, Ipv4.Protocol.Udp, gatewayOf(0, 1), destination);
  Ipv4.updateChecksum(bytes, IP);
}
