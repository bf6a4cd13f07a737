/**
 * Valid frames to start from: those of the format tests, those that the Linux experiments inject, those of the shared
 * captures where that folder is there, and some for what only this lab's hosts have: a name server, an echo service,
 * options with their addresses.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readCapture } from '../../src/capture/read-capture.ts';
import * as Dns from '../../src/wire/dns.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import type { Option } from '../../src/wire/ipv4-options.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Utf8 from '../../src/wire/utf8.ts';
import { hex, icmp, MADE, RECORDED, udp } from '../wire/frames.ts';

const VECTORS = new URL('../oracles/linux-vectors.json', import.meta.url);
const CAPTURES = new URL('../../../shared/captures/', import.meta.url);
/** Frames taken of one capture at most. */
const MOST_OF_A_CAPTURE = 200;

export interface Seeds {
  /** By where they come from; a group is picked before a frame, so that none is drowned by a longer one. */
  readonly groups: readonly (readonly Uint8Array[])[];
  /** How many of them come from captures, which a clone may lack: the rest is the same everywhere. */
  readonly fromCaptures: number;
}

export function readSeeds(withCaptures = true): Seeds {
  const captured = withCaptures ? [...framesOfCaptures()] : [];
  const groups = [[...MADE, ...RECORDED.map(({ bytes }) => bytes)], ofThisLab(), injectedIntoLinux()];
  // Captures are mostly of protocols that nobody here speaks.
  return {
    groups: captured.length === 0 ? groups : [...groups, ...groups, captured],
    fromCaptures: captured.length,
  };
}

function injectedIntoLinux(): Uint8Array[] {
  const file = JSON.parse(readFileSync(VECTORS, 'utf8')) as { vectors: { inject: { hex: string }[] }[] };
  return file.vectors.flatMap(({ inject }) => inject.map((one) => hex(one.hex)));
}

function* framesOfCaptures(): Generator<Uint8Array> {
  if (!existsSync(CAPTURES)) return;
  for (const name of readdirSync(CAPTURES).sort()) {
    if (!/\.pcap(ng)?$/.test(name)) continue;
    let taken = 0;
    for (const { bytes } of readCapture(readFileSync(new URL(name, CAPTURES)))) {
      if (++taken > MOST_OF_A_CAPTURE) break;
      yield bytes;
    }
  }
}

function ofThisLab(): Uint8Array[] {
  const stops = ['192.0.2.254', '203.0.113.2', '198.51.100.2', '192.0.2.53'].map((text) => Ip.parse(text)!);
  const none = [Ip.ANY, Ip.ANY, Ip.ANY];
  const noTime = { address: null, time: 0 };
  const options: Option[][] = [
    [{ kind: 'record-route', pointer: 4, addresses: none }],
    [{ kind: 'loose-source-route', pointer: 4, addresses: stops }],
    [{ kind: 'loose-source-route', pointer: 8, addresses: stops }],
    [{ kind: 'strict-source-route', pointer: 4, addresses: stops.slice(0, 2) }],
    [{ kind: 'strict-source-route', pointer: 12, addresses: stops.slice(0, 2) }],
    [{ kind: 'timestamp', pointer: 5, overflow: 0, flag: 0, entries: [noTime, noTime] }],
    [{ kind: 'timestamp', pointer: 5, overflow: 0, flag: 1, entries: none.map((address) => ({ address, time: 0 })) }],
    [{ kind: 'timestamp', pointer: 5, overflow: 0, flag: 3, entries: stops.map((address) => ({ address, time: 0 })) }],
    [{ kind: 'timestamp', pointer: 13, overflow: 15, flag: 0, entries: [noTime, noTime] }],
    [
      { kind: 'router-alert', value: 0 },
      { kind: 'no-operation' },
      { kind: 'loose-source-route', pointer: 4, addresses: stops },
    ],
  ];
  const names = ['example.com', 'www.example.com', 'shop.example.com', 'nobody.example.com', 'example.org', '.'];
  const types = Object.values(Dns.Type);
  const hello = Utf8.encode('hello');
  return [
    ...options.flatMap((one) => [
      icmp(Icmp.Type.Echo, 0, 0x0001_0001, new Uint8Array(56), { options: one }),
      udp(hello, 40_000, 7, { options: one }),
      udp(hello, 40_000, 40_001, { options: one }),
      udp(new Uint8Array(1_200), 40_000, 7, { options: one, flagsAndFragmentOffset: Ipv4.Flag.DontFragment }),
    ]),
    ...names.flatMap((name) => types.map((type) => udp(Dns.encode(Dns.query(4_660, name, type)), 40_000, Dns.PORT))),
    ...[0, 8, 1_400, 8_000, 65_000].flatMap((length) => [
      icmp(Icmp.Type.Echo, 0, 0x0001_0001, new Uint8Array(length)),
      udp(new Uint8Array(length), 40_000, 7),
      udp(new Uint8Array(length), 40_000, 9),
    ]),
    // From one service to another, as if it were a client.
    udp(hello, 7, 7),
    udp(hello, 7, Dns.PORT),
    udp(hello, Dns.PORT, 7),
    udp(hello, 9_000, 7),
    icmp(Icmp.Type.Timestamp, 0, 0x0001_0001, new Uint8Array(12)),
  ];
}
