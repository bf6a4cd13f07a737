import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FramePool } from '../../src/sim/frame.ts';
import type { Frame } from '../../src/sim/frame.ts';
import { SECOND } from '../../src/sim/time.ts';
import { takeReceived } from '../../src/stack/endpoint.ts';
import type { Endpoint } from '../../src/stack/endpoint.ts';
import * as Neighbors from '../../src/stack/neighbors.ts';
import * as Raw from '../../src/stack/raw.ts';
import * as Udp from '../../src/stack/udp.ts';
import { receive } from '../../src/stack/stack.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import * as Tcp from '../../src/wire/tcp.ts';
import {
  FAR,
  GATEWAY,
  ME,
  OTHER,
  PEER,
  arp,
  arpReply,
  ascii,
  echo,
  error,
  fragments,
  frames,
  hear,
  host,
  icmp,
  ip,
  must,
  tcp,
  udp,
} from './network.ts';
import type { Host } from './network.ts';

const { DontFragment, MoreFragments } = Ipv4.Flag;
const { DestinationUnreachable, Redirect, TimeExceeded, Timestamp } = Icmp.Type;
const RECORD_ROUTE = [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const TIMESTAMP = [68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const PRESPECIFIED = [68, 12, 5, 3, 192, 0, 2, 1, 0, 0, 0, 0];
const LOOSE_ROUTE = [131, 11, 4, 192, 0, 2, 2, 198, 51, 100, 2, 0];
const STRICT_ROUTE = [137, 7, 4, 198, 51, 100, 2, 0];
const REPLY = udp('x', 7, 40_000, { source: ME.ip, destination: PEER.ip });

/** Frames that go somewhere in the stack: what is near them is what finds mistakes. */
const VALID: readonly Uint8Array[] = [
  arp(),
  arp({ senderIp: Ip.ANY }),
  arp({ targetIp: OTHER.ip }),
  arp({ senderIp: ME.ip, targetIp: ME.ip }),
  arpReply(PEER),
  arpReply({ ip: ip('192.0.2.9'), mac: PEER.mac }),
  echo(),
  echo({ source: FAR }),
  echo({ destination: OTHER.ip }),
  echo({ destination: OTHER.ip, timeToLive: 1 }),
  echo({ destination: ip('192.0.2.255'), destinationMac: Mac.BROADCAST }),
  echo({ destination: Ip.ALL_HOSTS, destinationMac: Mac.fromMulticast(Ip.ALL_HOSTS) }),
  echo({ options: RECORD_ROUTE }),
  echo({ options: [...RECORD_ROUTE, ...TIMESTAMP] }),
  echo({ options: PRESPECIFIED }),
  echo({ options: LOOSE_ROUTE }),
  echo({ options: STRICT_ROUTE }),
  echo({ options: LOOSE_ROUTE, destination: ip('192.0.2.255'), destinationMac: Mac.BROADCAST }),
  echo({ options: LOOSE_ROUTE, destination: Ip.ALL_HOSTS, destinationMac: Mac.fromMulticast(Ip.ALL_HOSTS) }),
  echo({ options: [...RECORD_ROUTE, ...STRICT_ROUTE], destination: ip('198.51.100.9') }),
  echo({ options: [148, 4, 0, 0], destination: OTHER.ip }),
  echo({ options: [...RECORD_ROUTE, ...TIMESTAMP], destination: OTHER.ip }, ascii('x'.repeat(800))),
  icmp(Timestamp, 0, 1, new Uint8Array(12)),
  udp('hello', 40_000, 7),
  udp('hello', 40_000, 9),
  udp('hello', 40_000, 9, { options: RECORD_ROUTE }),
  udp('hello', 40_000, 7, { destination: Ip.BROADCAST, destinationMac: Mac.BROADCAST }),
  udp('x'.repeat(1_200), 40_000, 7, { destination: OTHER.ip, flags: DontFragment }),
  udp('x'.repeat(1_200), 40_000, 7, { destination: OTHER.ip }),
  udp('x', 40_000, 7, { destination: ip('198.51.100.9') }),
  udp('x', 40_000, 7, { destination: ip('192.0.2.3') }),
  tcp(Tcp.Flag.Syn, '', 1, 0),
  tcp(Tcp.Flag.Ack, 'data', 1, 2, { options: LOOSE_ROUTE }),
  ...fragments(echo({}, ascii('abcdefghijklmnopqrstuvwxyz')), 8),
  ...fragments(udp('x'.repeat(2_000), 40_000, 7), 1_000),
  echo({ flags: MoreFragments, fragmentOffset: 65_528 }),
  error(DestinationUnreachable, 3, 0, REPLY),
  error(DestinationUnreachable, 4, 600, REPLY),
  error(DestinationUnreachable, 4, 0, REPLY),
  error(TimeExceeded, 0, 0, REPLY),
  error(Redirect, 1, PEER.ip, udp('x', 7, 40_000, { source: ME.ip, destination: FAR }), { source: GATEWAY.ip }),
];

/** What becomes of a frame: cut, bytes changed, the IP header's checksum made right again or not. */
const mutated = fc
  .record({
    which: fc.nat(VALID.length - 1),
    changes: fc.array(fc.tuple(fc.nat(70), fc.nat(255)), { maxLength: 4 }),
    cut: fc.oneof({ weight: 5, arbitrary: fc.constant(10_000) }, fc.nat(80)),
    mends: fc.boolean(),
  })
  .map(({ which, changes, cut, mends }) => {
    const bytes = VALID[which]!.slice(0, cut);
    for (const [place, value] of changes) if (place >= 6 && place < bytes.length) bytes[place] = value;
    if (mends && Ipv4.check(bytes, 14, bytes.length) === 'bad-checksum') Ipv4.updateChecksum(bytes, 14);
    return bytes;
  });
const noise = fc.uint8Array({ maxLength: 120 }).map((bytes) => {
  bytes.set([2, 0, 0, 0, 0, 1].slice(0, bytes.length));
  return bytes;
});
const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ bytes: mutated, port: fc.constantFrom(0, 0, 0, 1) }) },
  { weight: 3, arbitrary: fc.record({ bytes: noise, port: fc.constantFrom(0, 1) }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(SECOND / 10, SECOND, 40 * SECOND) }) },
);
type Step = { readonly bytes: Uint8Array; readonly port: number } | { readonly wait: number };
const run: fc.Arbitrary<Step[]> = fc.array<Step>(step, { minLength: 60, maxLength: 120 });

/** Frames that the stack still holds: for a neighbour, for other fragments, for a program, for their time. */
function held({ stack }: Host, endpoints: readonly Endpoint[]): number {
  let frames = stack.proxyQueue;
  for (const at of stack.interfaces) for (const { queue } of Neighbors.walk(at)) frames += queue.length;
  for (const head of stack.reassembly.datagrams?.values() ?? []) {
    for (let one: typeof head | null = head; one !== null; one = one.next) frames += one.pieces.length;
  }
  for (const { received } of endpoints) frames += received.length;
  return frames;
}

function check(forward: boolean, sysctl: Readonly<Record<string, number>>): void {
  fc.assert(
    fc.property(run, (steps) => {
      const me = host({ forward, sysctl, mtu: 600, knowsNeighbors: false });
      const open = Udp.open(me.stack, () => undefined);
      const connected = Udp.open(me.stack, () => undefined);
      const raw = Raw.open(me.stack, Ipv4.Protocol.Icmp, () => undefined);
      must(Udp.bind(open, Ip.ANY, 7));
      must(Udp.connect(connected, PEER.ip, 40_000));
      for (const one of steps) {
        if ('wait' in one) me.world.advance(one.wait);
        else receive(me.stack, one.port, me.world.frame(one.bytes));
        frames(me);
      }
      expect(me.world.pool.waiting).toBe(held(me, [open, connected, raw]));
      expect(me.stack.reassembly.size).toBeLessThanOrEqual(me.stack.settings.ipfrag_high_thresh + 2_000);
      expect(Neighbors.listNeighbors(me.stack).length).toBe(me.stack.neighborCount);
      expect(me.stack.neighborCount).toBeLessThanOrEqual(1_024);

      me.world.advance(100 * SECOND);
      frames(me);
      for (const one of [open, connected]) Udp.close(one);
      Raw.close(raw);
      expect(me.world.pool.waiting).toBe(0);
      // With nothing left to wait for, the host answers.
      Neighbors.flush(me.stack, me.eth0);
      must(Neighbors.addNeighbor(me.stack, me.eth0, PEER.ip, PEER.mac));
      expect(hear(me, echo())).toEqual(['eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo reply, id 1, seq 1, length 16']);
    }),
    { numRuns: 250 },
  );
}

const GULLIBLE = {
  'conf.all.accept_source_route': 1,
  'conf.eth0.accept_source_route': 1,
  'conf.eth1.accept_source_route': 1,
  'conf.all.proxy_arp': 1,
  'conf.all.arp_accept': 1,
  'conf.all.accept_redirects': 1,
  icmp_echo_ignore_broadcasts: 0,
  ip_forward_use_pmtu: 1,
};

describe('whatever comes in', () => {
  it('a host keeps count of every frame and goes on answering', { timeout: 60_000 }, () => {
    check(false, {});
  });

  it('a host that believes everything does too', { timeout: 60_000 }, () => {
    check(false, GULLIBLE);
  });

  it('a router does too', { timeout: 60_000 }, () => {
    check(true, {});
  });

  it('and so does a router that believes everything', { timeout: 60_000 }, () => {
    check(true, { ...GULLIBLE, 'conf.all.bc_forwarding': 1, 'conf.eth0.bc_forwarding': 1 });
  });

  it('touches no frame that it has given away, and reads nothing that nobody has written', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(run, fc.boolean(), (steps, forward) => {
        expect(transcript(steps, forward, true)).toEqual(transcript(steps, forward, false));
      }),
      { numRuns: 100 },
    );
  });
});

/** Everything that is sent. When poisoning, what was given away is overwritten and elsewhere, and new frames are full. */
function transcript(steps: readonly Step[], forward: boolean, poisons: boolean): Uint8Array[] {
  const me = host({ forward, sysctl: GULLIBLE, mtu: 600, knowsNeighbors: false });
  const { world } = me;
  if (poisons) {
    const transmit = world.transmit.bind(world);
    const pool = new FramePool({ poison: true });
    Object.assign(world, { pool, transmit: (port: number, frame: Frame) => transmit(port, pool.move(frame)) });
  }
  must(Udp.bind(Udp.open(me.stack, echoBack), Ip.ANY, 7));
  return steps.flatMap((one) => {
    if ('wait' in one) world.advance(one.wait);
    else receive(me.stack, one.port, world.frame(one.bytes));
    return frames(me);
  });
}

/** A program that sends back what it gets. */
function echoBack(endpoint: Endpoint): void {
  for (let frame = takeReceived(endpoint); frame !== undefined; frame = takeReceived(endpoint)) {
    const at = Udp.payloadAt(frame);
    Udp.send(endpoint, frame.bytes, at, Udp.payloadLength(frame), Ipv4.source(frame.bytes, 14), 40_000);
    endpoint.stack.world.consume(frame);
  }
}
