/**
 * One host or router in a fake world, and frames from its neighbours, for the behaviour tests of the stack. What the
 * host sends is read as tcpdump's lines; what it sends over lo comes back to it.
 */
import { receive, createStack } from '../../src/stack/stack.ts';
import type { Report, Stack } from '../../src/stack/stack.ts';
import { addAddress } from '../../src/stack/interface.ts';
import type { Interface } from '../../src/stack/interface.ts';
import { addNeighbor } from '../../src/stack/neighbors.ts';
import { addRoute } from '../../src/stack/routes.ts';
import { setSysctl } from '../../src/stack/sysctl.ts';
import type { Frame } from '../../src/sim/frame.ts';
import * as Arp from '../../src/wire/arp.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import type { Ip4 as Address } from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as MacFormat from '../../src/wire/mac.ts';
import type { Mac } from '../../src/wire/mac.ts';
import { summarizeFrame } from '../../src/wire/registry.ts';
import * as Tcp from '../../src/wire/tcp.ts';
import * as Udp from '../../src/wire/udp.ts';
import { fakeWorld } from '../fake-world.ts';
import type { FakeWorld, Sent } from '../fake-world.ts';

export const LO_PORT = 9;

export function ip(text: string): Address {
  const address = Ip4.parse(text);
  if (address === null) throw new Error(`no address: ${text}`);
  return address;
}

export function mac(text: string): Mac {
  const address = MacFormat.parse(text);
  if (address === null) throw new Error(`no MAC: ${text}`);
  return address;
}

// The host: 192.0.2.1/24 on eth0, and 198.51.100.1/24 on eth1. Beside it on either side a neighbour and a gateway.
export const ME = { ip: ip('192.0.2.1'), mac: mac('02:00:00:00:00:01') };
export const PEER = { ip: ip('192.0.2.2'), mac: mac('02:00:00:00:00:02') };
export const GATEWAY = { ip: ip('192.0.2.254'), mac: mac('02:00:00:00:00:fe') };
export const ME_TOO = { ip: ip('198.51.100.1'), mac: mac('02:00:00:00:01:01') };
export const OTHER = { ip: ip('198.51.100.2'), mac: mac('02:00:00:00:01:02') };
/** Behind the gateway on eth0. */
export const FAR = ip('203.0.113.7');

export interface Host {
  readonly world: FakeWorld;
  readonly stack: Stack;
  readonly lo: Interface;
  readonly eth0: Interface;
  readonly eth1: Interface;
  readonly reports: Report[];
}

export interface HostOptions {
  readonly forward?: boolean;
  /** The neighbours' Ethernet addresses are known, for ever; so unless told. */
  readonly knowsNeighbors?: boolean;
  readonly defaultRoute?: boolean;
  readonly mtu?: number;
  readonly sysctl?: Readonly<Record<string, number>>;
}

export function host(options: HostOptions = {}): Host {
  const { forward = false, knowsNeighbors = true, defaultRoute = true, mtu = 1500, sysctl = {} } = options;
  const world = fakeWorld();
  const reports: Report[] = [];
  const nics = [
    { name: 'eth0', port: 0, mac: ME.mac },
    { name: 'eth1', port: 1, mac: ME_TOO.mac, mtu },
  ];
  const stack = createStack(world, 'me', LO_PORT, nics, (_, event) => reports.push(event));
  const [lo, eth0, eth1] = stack.interfaces as [Interface, Interface, Interface];
  must(addAddress(stack, eth0, ME.ip, 24));
  must(addAddress(stack, eth1, ME_TOO.ip, 24));
  if (forward) must(setSysctl(stack, 'ip_forward', 1));
  for (const [name, value] of Object.entries(sysctl)) must(setSysctl(stack, name, value));
  if (defaultRoute) must(addRoute(stack, { destination: Ip4.ANY, prefixLength: 0, gateway: GATEWAY.ip }));
  if (knowsNeighbors) {
    for (const one of [PEER, GATEWAY]) must(addNeighbor(stack, eth0, one.ip, one.mac));
    must(addNeighbor(stack, eth1, OTHER.ip, OTHER.mac));
  }
  return { world, stack, lo, eth0, eth1, reports };
}

export function must(failure: string | null): void {
  if (failure !== null) throw new Error(failure);
}

// What goes in and comes out.

/** Gives the host a frame at a port; gives back the lines of what it sends at once. */
export function hear(host: Host, bytes: Uint8Array, port = 0): string[] {
  receive(host.stack, port, host.world.frame(bytes));
  return lines(host);
}

/** Gives the host a frame at a port; gives back copies of what it sends at once. */
export function answers(host: Host, bytes: Uint8Array, port = 0): Uint8Array[] {
  receive(host.stack, port, host.world.frame(bytes));
  return frames(host);
}

/** Lets time pass; gives back the lines of what is sent in it. */
export function pass(host: Host, time: number): string[] {
  host.world.advance(time);
  return lines(host);
}

/** What has been sent on the links, as `eth0 IP …`; the frames end here. */
export function lines(host: Host): string[] {
  return sent(host).map(({ port, frame }) => {
    const line = `eth${port} ${summarizeFrame(frame.bytes, frame.length)}`;
    host.world.consume(frame);
    return line;
  });
}

/** What has been sent on the links, as copies of the bytes. */
export function frames(host: Host): Uint8Array[] {
  return sent(host).map(({ frame }) => {
    const bytes = frame.bytes.slice(0, frame.length);
    host.world.consume(frame);
    return bytes;
  });
}

/** What has been sent on the links; what went over lo has come in again. */
function sent(host: Host): Sent[] {
  const { world, stack } = host;
  const out: Sent[] = [];
  world.advance(0);
  for (let batch = world.takeSent(); batch.length > 0; batch = world.takeSent()) {
    for (const one of batch) {
      if (one.port === LO_PORT) receive(stack, LO_PORT, one.frame);
      else out.push(one);
    }
    world.advance(0);
  }
  return out;
}

/** The data of a received UDP datagram as text; the frame ends here. */
export function text(host: Host, frame: Frame | undefined): string | undefined {
  if (frame === undefined) return undefined;
  const at = 14 + Ipv4.headerLength(frame.bytes, 14) + Udp.HEADER_LENGTH;
  const data = String.fromCharCode(...frame.bytes.subarray(at, frame.length));
  host.world.consume(frame);
  return data;
}

// Frames.

export interface Fields {
  readonly source?: Address;
  readonly destination?: Address;
  readonly sourceMac?: Mac;
  readonly destinationMac?: Mac;
  readonly timeToLive?: number;
  readonly typeOfService?: number;
  readonly identification?: number;
  /** The word with the flags; `fragmentOffset` is added. */
  readonly flags?: number;
  readonly fragmentOffset?: number;
  /** As they stand in the header, a whole number of words. */
  readonly options?: readonly number[];
}

export function datagram(protocol: number, payload: Uint8Array, fields: Fields = {}): Uint8Array {
  const { source = PEER.ip, destination = ME.ip, options = [] } = fields;
  const header = Ipv4.MIN_HEADER_LENGTH + options.length;
  const bytes = new Uint8Array(14 + header + payload.length);
  Ethernet.write(bytes, 0, fields.destinationMac ?? ME.mac, fields.sourceMac ?? PEER.mac, Ethernet.Type.Ipv4);
  const { typeOfService = 0, identification = 1, timeToLive = 64, flags = 0, fragmentOffset = 0 } = fields;
  const word = flags | (fragmentOffset >> 3);
  const total = header + payload.length;
  Ipv4.writeHeader(
    bytes,
    14,
    header,
    typeOfService,
    total,
    identification,
    word,
    timeToLive,
    protocol,
    source,
    destination,
  );
  bytes.set(options, 14 + Ipv4.MIN_HEADER_LENGTH);
  Ipv4.updateChecksum(bytes, 14);
  bytes.set(payload, 14 + header);
  return bytes;
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A UDP datagram without its IP header. */
export function udpPayload(
  data: string | Uint8Array,
  sourcePort: number,
  port: number,
  { source = PEER.ip, destination = ME.ip }: Fields = {},
): Uint8Array {
  const content = typeof data === 'string' ? ascii(data) : data;
  const bytes = new Uint8Array(Udp.HEADER_LENGTH + content.length);
  bytes.set(content, Udp.HEADER_LENGTH);
  Udp.writeHeader(bytes, 0, sourcePort, port, bytes.length);
  Udp.updateChecksum(bytes, 0, source, destination);
  return bytes;
}

export function udp(data: string | Uint8Array, sourcePort: number, port: number, fields: Fields = {}): Uint8Array {
  return datagram(Ipv4.Protocol.Udp, udpPayload(data, sourcePort, port, fields), fields);
}

export function icmpPayload(type: number, code: number, rest: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Icmp.HEADER_LENGTH + data.length);
  Icmp.writeHeader(bytes, 0, type, code, rest);
  bytes.set(data, Icmp.HEADER_LENGTH);
  Icmp.updateChecksum(bytes, 0, bytes.length);
  return bytes;
}

export function icmp(type: number, code: number, rest: number, data: Uint8Array, fields: Fields = {}): Uint8Array {
  return datagram(Ipv4.Protocol.Icmp, icmpPayload(type, code, rest, data), fields);
}

export function echo(fields: Fields = {}, data = ascii('abcdefgh')): Uint8Array {
  return icmp(Icmp.Type.Echo, 0, Icmp.restOfQuery(1, 1), data, fields);
}

/** An ICMP error about a datagram, given as a frame. */
export function error(type: number, code: number, rest: number, about: Uint8Array, fields: Fields = {}): Uint8Array {
  return icmp(type, code, rest, about.slice(14), fields);
}

export function tcp(
  flags: number,
  data: string,
  sequence: number,
  acknowledged: number,
  fields: Fields = {},
): Uint8Array {
  const { source = PEER.ip, destination = ME.ip } = fields;
  const bytes = new Uint8Array(Tcp.MIN_HEADER_LENGTH + data.length);
  Tcp.writeHeader(bytes, 0, 40_000, 80, sequence, acknowledged, flags, 65_535);
  bytes.set(ascii(data), Tcp.MIN_HEADER_LENGTH);
  Tcp.updateChecksum(bytes, 0, bytes.length, source, destination);
  return datagram(Ipv4.Protocol.Tcp, bytes, fields);
}

export interface ArpFields {
  readonly operation?: number;
  readonly senderMac?: Mac;
  readonly senderIp?: Address;
  readonly targetMac?: Mac;
  readonly targetIp?: Address;
  readonly to?: Mac;
}

/** A request of the peer for the host's address, unless told otherwise. */
export function arp(fields: ArpFields = {}): Uint8Array {
  const { operation = Arp.Operation.Request, senderMac = PEER.mac, senderIp = PEER.ip } = fields;
  const { targetMac = MacFormat.ZERO, targetIp = ME.ip, to = MacFormat.BROADCAST } = fields;
  const bytes = new Uint8Array(14 + Arp.LENGTH);
  Ethernet.write(bytes, 0, to, senderMac, Ethernet.Type.Arp);
  Arp.write(bytes, 14, { operation, senderMac, senderIp, targetMac, targetIp });
  return bytes;
}

/** A reply to the host. */
export function arpReply(sender: { ip: Address; mac: Mac }, fields: ArpFields = {}): Uint8Array {
  return arp({
    operation: Arp.Operation.Reply,
    senderIp: sender.ip,
    senderMac: sender.mac,
    targetIp: ME.ip,
    targetMac: ME.mac,
    to: ME.mac,
    ...fields,
  });
}

/** The datagram of a frame cut into fragments whose data is `size` octets, a multiple of 8. */
export function fragments(frame: Uint8Array, size: number, fields: Fields = {}): Uint8Array[] {
  const header = 14 + Ipv4.headerLength(frame, 14);
  const pieces: Uint8Array[] = [];
  for (let at = header; at < frame.length; at += size) {
    const isLast = at + size >= frame.length;
    pieces.push(
      datagram(Ipv4.protocol(frame, 14), frame.slice(at, at + size), {
        source: Ipv4.source(frame, 14),
        destination: Ipv4.destination(frame, 14),
        identification: 7,
        ...fields,
        flags: isLast ? 0 : Ipv4.Flag.MoreFragments,
        fragmentOffset: at - header,
      }),
    );
  }
  return pieces;
}
