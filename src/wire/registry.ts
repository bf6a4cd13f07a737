/**
 * Which format reads on after which, and what that gives for a whole frame: its layers, and its line.
 * The line is what tcpdump 4.99 prints with -n and -S (a line knows one frame only, so TCP's numbers are absolute).
 * Where tcpdump would show the bytes of what it cannot read, the line ends; protocols that have no format here are
 * shown as their number.
 */
import * as Arp from './arp.ts';
import * as Dns from './dns.ts';
import * as Ethernet from './ethernet.ts';
import type { Format, Malformed } from './format.ts';
import * as Icmp from './icmp.ts';
import * as Ip4 from './ip4.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as Ipv4 from './ipv4.ts';
import * as Llc from './llc.ts';
import * as Tcp from './tcp.ts';
import * as Udp from './udp.ts';
import * as Vlan from './vlan.ts';
import { readU16 } from './bytes.ts';

export const FORMATS: readonly Format[] = [
  Ethernet.format,
  Vlan.format,
  Llc.format,
  Arp.format,
  Ipv4.format,
  Icmp.format,
  Udp.format,
  Tcp.format,
  Dns.format,
];

// A protocol is added to FORMATS and to one of these tables; what a format needs from the one below it (addresses for
// a pseudo-header, ports, a quoted datagram) stands in the functions of its name.

/** Who reads on behind an EtherType. */
export const BY_ETHERTYPE: ReadonlyMap<number, Format> = new Map([
  [Ethernet.Type.Ipv4, Ipv4.format],
  [Ethernet.Type.Arp, Arp.format],
]);

/** Who reads on behind an IPv4 header. */
export const BY_PROTOCOL: ReadonlyMap<number, Format> = new Map([
  [Ipv4.Protocol.Icmp, Icmp.format],
  [Ipv4.Protocol.Udp, Udp.format],
  [Ipv4.Protocol.Tcp, Tcp.format],
]);

/** Who reads on behind a UDP or TCP header, by either port. */
export const BY_PORT: ReadonlyMap<number, Format> = new Map([[Dns.PORT, Dns.format]]);

/** DNS over TCP: each message comes behind its length (RFC 1035 §4.2.2). */
const DNS_PREFIX_LENGTH = 2;

/** One protocol's part of a frame. */
export interface Layer {
  /** The format's name, or 'Data' for bytes that no format here reads. */
  readonly name: string;
  readonly at: number;
  /** Where the header ends, or, where nobody reads on, the bytes. */
  readonly end: number;
  /** Why it could not be read, or what is wrong with it. */
  readonly malformed: Malformed | null;
}

/** The frame's protocols from the outside in; an ICMP error's quoted datagram comes as layers too. */
export function layers(bytes: Uint8Array, length: number): Layer[] {
  const found: Layer[] = [];
  if (!add(found, Ethernet.format.name, 0, Ethernet.HEADER_LENGTH, length, Ethernet.check(bytes, 0, length))) {
    return found;
  }
  let type = Ethernet.type(bytes, 0);
  let at = Ethernet.HEADER_LENGTH;
  while (Vlan.isTag(type)) {
    if (!add(found, Vlan.format.name, at, at + Vlan.LENGTH, length, Vlan.check(bytes, at, length))) return found;
    type = Vlan.type(bytes, at);
    at += Vlan.LENGTH;
  }
  const reader = BY_ETHERTYPE.get(type);
  if (type <= Ethernet.MAX_LENGTH_FIELD) addLlc(found, bytes, at, length);
  else if (reader === Ipv4.format) addIpv4(found, bytes, at, length, false);
  else addPayload(found, bytes, at, length, reader);
  return found;
}

/** Adds a layer; false when nothing can be read behind it. */
function add(
  found: Layer[],
  name: string,
  at: number,
  end: number,
  room: number,
  malformed: Malformed | null,
): boolean {
  const unreadable = malformed !== null && malformed !== 'bad-checksum';
  found.push({ name, at, end: unreadable ? room : Math.min(end, room), malformed });
  return !unreadable;
}

function addData(found: Layer[], at: number, end: number): void {
  if (end > at) found.push({ name: 'Data', at, end, malformed: null });
}

function addLlc(found: Layer[], bytes: Uint8Array, at: number, end: number): void {
  const malformed = Llc.check(bytes, at, end);
  const header = malformed ? end : at + Llc.headerLength(bytes, at);
  if (add(found, Llc.format.name, at, header, end, malformed)) addData(found, header, end);
}

/** A quoted datagram is cut short by whoever quotes it, so only its headers are judged. */
function addIpv4(found: Layer[], bytes: Uint8Array, at: number, room: number, isQuoted: boolean): void {
  const malformed = Ipv4.check(bytes, at, room);
  const isCut = malformed === 'bad-length' && Ipv4.totalLength(bytes, at) > room - at;
  const isReadable = malformed === null || malformed === 'bad-checksum' || isCut;
  const header = isReadable ? at + Ipv4.headerLength(bytes, at) : room;
  found.push({ name: Ipv4.format.name, at, end: header, malformed: isQuoted && isCut ? null : malformed });
  if (!isReadable) return;
  const end = Math.min(room, Math.max(header, at + Ipv4.totalLength(bytes, at)));
  if (Ipv4.fragmentOffset(bytes, at) !== 0) return addData(found, header, end);

  const isWhole = !isQuoted && !isCut && !Ipv4.isFragment(bytes, at);
  const reader = BY_PROTOCOL.get(Ipv4.protocol(bytes, at));
  if (reader === Icmp.format) addIcmp(found, bytes, header, end, isWhole, isQuoted);
  else if (reader === Udp.format) addUdp(found, bytes, at, header, end, isWhole);
  else if (reader === Tcp.format) addTcp(found, bytes, at, header, end, isWhole);
  else addPayload(found, bytes, header, end, isWhole ? reader : undefined);
}

function addIcmp(
  found: Layer[],
  bytes: Uint8Array,
  at: number,
  end: number,
  isWhole: boolean,
  isQuoted: boolean,
): void {
  const malformed = isWhole ? Icmp.check(bytes, at, end) : Icmp.checkHeader(bytes, at, end);
  const header = at + Icmp.HEADER_LENGTH;
  if (!add(found, Icmp.format.name, at, header, end, malformed)) return;
  // No error quotes an error (RFC 1122 §3.2.2), so whatever claims to is left as bytes.
  if (Icmp.isError(Icmp.type(bytes, at)) && !isQuoted) addIpv4(found, bytes, Icmp.quoted(at), end, true);
  else addData(found, header, end);
}

function addUdp(found: Layer[], bytes: Uint8Array, ip: number, at: number, end: number, isWhole: boolean): void {
  let malformed = isWhole
    ? Udp.check(bytes, at, end, Ipv4.source(bytes, ip), pseudoDestination(bytes, ip))
    : Udp.checkHeader(bytes, at, end);
  // A piece ends before its datagram does.
  if (!isWhole && malformed === 'bad-length') malformed = null;
  const data = at + Udp.HEADER_LENGTH;
  if (!add(found, Udp.format.name, at, data, end, malformed)) return;
  const reader = byPort(Udp.sourcePort(bytes, at), Udp.destinationPort(bytes, at));
  const last = Math.min(end, at + Udp.length(bytes, at));
  if (last > data) addPayload(found, bytes, data, last, reader);
}

function addTcp(found: Layer[], bytes: Uint8Array, ip: number, at: number, end: number, isWhole: boolean): void {
  const malformed = isWhole
    ? Tcp.check(bytes, at, end, Ipv4.source(bytes, ip), pseudoDestination(bytes, ip))
    : Tcp.checkHeader(bytes, at, end);
  const data = malformed && malformed !== 'bad-checksum' ? end : at + Tcp.headerLength(bytes, at);
  if (!add(found, Tcp.format.name, at, data, end, malformed)) return;
  const reader = isWhole ? byPort(Tcp.sourcePort(bytes, at), Tcp.destinationPort(bytes, at)) : undefined;
  // A segment is a piece of a stream; only one that is exactly a message is read as one.
  if (reader === Dns.format && isDnsOverTcp(bytes, data, end)) {
    addPayload(found, bytes, data + DNS_PREFIX_LENGTH, end, reader);
  } else addData(found, data, end);
}

/** The last layer: read by a format that carries nothing further, or by nobody. */
function addPayload(found: Layer[], bytes: Uint8Array, at: number, end: number, reader: Format | undefined): void {
  if (reader) found.push({ name: reader.name, at, end, malformed: reader.check(bytes, at, end) });
  else addData(found, at, end);
}

/** The destination in the pseudo-header of UDP and TCP: that of the whole way, when the options make sense. */
function pseudoDestination(bytes: Uint8Array, ip: number): Ip4.Ip4 {
  const { check, finalDestination } = Ipv4Options;
  return check(bytes, ip) === -1 ? finalDestination(bytes, ip) : Ipv4.destination(bytes, ip);
}

function byPort(source: number, destination: number): Format | undefined {
  return BY_PORT.get(destination) ?? BY_PORT.get(source);
}

function isDnsOverTcp(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at > DNS_PREFIX_LENGTH && readU16(bytes, at) === end - at - DNS_PREFIX_LENGTH;
}

/** The frame in one line, as tcpdump -n -S prints it. */
export function summarizeFrame(bytes: Uint8Array, length: number): string {
  if (Ethernet.check(bytes, 0, length)) return '[|ether]';
  let type = Ethernet.type(bytes, 0);
  let at = Ethernet.HEADER_LENGTH;
  // Without -e tcpdump says nothing about tags that it can read.
  while (Vlan.isTag(type)) {
    if (Vlan.check(bytes, at, length)) return '[|vlan]';
    type = Vlan.type(bytes, at);
    at += Vlan.LENGTH;
  }
  const reader = BY_ETHERTYPE.get(type);
  if (reader === Ipv4.format) return summarizeIpv4(bytes, at, length).trimStart();
  if (reader) {
    const words = reader.summarize(bytes, at, length);
    // What is cut short does not say its name first.
    return words.startsWith(' [|') ? words.trimStart() : `${reader.name}, ${words}`;
  }
  const addresses = Ethernet.formatAddresses(bytes, 0);
  if (type <= Ethernet.MAX_LENGTH_FIELD) {
    if (Llc.check(bytes, at, length)) return '[|llc]';
    return `${addresses}, 802.3, length ${type}: ${Llc.format.summarize(bytes, at, length)}`;
  }
  return `${addresses}, ethertype ${Ethernet.formatType(type)}, length ${length}`;
}

function summarizeIpv4(bytes: Uint8Array, at: number, captured: number): string {
  if (at >= captured) return ' [|ip]';
  const version = Ipv4.version(bytes, at);
  if (version === 6) return 'IP6, wrong link-layer encapsulation (invalid)';
  if (version !== 4) return `IP${version} (invalid)`;
  const room = captured - at;
  if (room < Ipv4.MIN_HEADER_LENGTH) return 'IP  [|ip]';
  const header = Ipv4.headerLength(bytes, at);
  if (header < Ipv4.MIN_HEADER_LENGTH) return `IP bad-hlen ${header}`;
  const total = Ipv4.totalLength(bytes, at);
  const missing = total > room ? `truncated-ip - ${total - room} bytes missing! ` : '';
  if (total < header) return `IP ${missing}bad-len ${total}`;
  return `IP ${missing}${summarizeDatagram(bytes, at, Math.min(captured, at + total))}`;
}

/** `end` is where the datagram or the frame ends, whichever comes first. */
function summarizeDatagram(bytes: Uint8Array, at: number, end: number): string {
  const source = Ip4.format(Ipv4.source(bytes, at));
  const destination = Ip4.format(Ipv4.destination(bytes, at));
  const addresses = `${source} > ${destination}:`;
  const protocol = Ipv4.protocol(bytes, at);
  if (Ipv4.fragmentOffset(bytes, at) !== 0) return `${addresses} ip-proto-${protocol}`;

  const reader = BY_PROTOCOL.get(protocol);
  const hasPorts = reader === Udp.format || reader === Tcp.format;
  const data = at + Ipv4.headerLength(bytes, at);
  const length = Ipv4.totalLength(bytes, at) - Ipv4.headerLength(bytes, at);
  if (data > end) {
    const remaining = ` [remaining caplen(${end - at}) < header length(${data - at})] [|ip]`;
    return hasPorts ? remaining : `${addresses} ${remaining}`;
  }
  if (reader === Icmp.format) return `${addresses} ${Icmp.describe(bytes, data, end, length)}`;
  if (!hasPorts) return `${addresses} ${reader?.summarize(bytes, data, end) ?? ` ip-proto-${protocol} ${length}`}`;

  if (end - data < 4) return `${addresses} ${reader === Tcp.format ? '[|tcp]' : ' [|udp]'}`;
  const sourcePort = readU16(bytes, data);
  const destinationPort = readU16(bytes, data + 2);
  const service = byPort(sourcePort, destinationPort);
  const words =
    reader === Tcp.format
      ? summarizeTcp(bytes, data, end, length, service)
      : summarizeUdp(bytes, data, end, length, service, Ipv4.isFragment(bytes, at));
  return `${source}.${sourcePort} > ${destination}.${destinationPort}: ${words}`;
}

function summarizeUdp(
  bytes: Uint8Array,
  at: number,
  end: number,
  length: number,
  service: Format | undefined,
  isFragment: boolean,
): string {
  const data = at + Udp.HEADER_LENGTH;
  if (service === undefined || Udp.describeMalformed(bytes, at, end, length) !== null) {
    return Udp.describe(bytes, at, end, length, isFragment);
  }
  if (service !== Dns.format) return service.summarize(bytes, data, end);
  return Dns.describe(bytes, data, end, Math.min(length, Udp.length(bytes, at)) - Udp.HEADER_LENGTH);
}

function summarizeTcp(bytes: Uint8Array, at: number, end: number, length: number, service: Format | undefined): string {
  const words = Tcp.describe(bytes, at, end, length);
  if (service !== Dns.format || Tcp.checkHeader(bytes, at, end)) return words;
  const data = at + Tcp.headerLength(bytes, at);
  const dataLength = length - (data - at);
  if (dataLength === 0) return words;
  if (dataLength < DNS_PREFIX_LENGTH) return `${words} [DNS over TCP: length ${dataLength} < 2] (invalid)`;
  if (end - data < DNS_PREFIX_LENGTH) return `${words} [|domain]`;
  const expected = readU16(bytes, data);
  const actual = dataLength - DNS_PREFIX_LENGTH;
  if (expected !== actual) return `${words} [prefix length(${expected}) != length(${actual})] (invalid)`;
  return `${words} ${Dns.describe(bytes, data + DNS_PREFIX_LENGTH, end, actual)}`;
}
