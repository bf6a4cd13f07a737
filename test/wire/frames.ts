/**
 * Frames for the tests of formats. RECORDED ones are from tcpdump's own test captures, so that neither the bytes nor
 * the line are ours; MADE ones are written with the formats and cover what those lack.
 */
import * as Arp from '../../src/wire/arp.ts';
import * as Dns from '../../src/wire/dns.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Ipv4Options from '../../src/wire/ipv4-options.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import * as Tcp from '../../src/wire/tcp.ts';
import * as Udp from '../../src/wire/udp.ts';
import * as Utf8 from '../../src/wire/utf8.ts';

/** Bytes from hexadecimal digits, spaced as one likes. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.replace(/\s/g, '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export interface Sample {
  /** What tcpdump -n -S prints. */
  readonly line: string;
  readonly bytes: Uint8Array;
  /** The names of its layers. */
  readonly layers: string;
}

export const ARP_REQUEST: Sample = {
  line: 'ARP, Request who-has 1.0.2.1 tell 1.0.2.2, length 28',
  layers: 'Ethernet ARP',
  bytes: hex(`
    ffffffffffff 020100010000 0806
    0001 0800 06 04 0001 020100010000 01000202 000000000000 01000201`),
};

export const ARP_REPLY: Sample = {
  line: 'ARP, Reply 1.0.2.1 is-at e2:c3:b4:8e:87:60, length 28',
  layers: 'Ethernet ARP',
  bytes: hex(`
    020100010000 e2c3b48e8760 0806
    0001 0800 06 04 0002 e2c3b48e8760 01000201 020100010000 01000202`),
};

export const ECHO_REQUEST: Sample = {
  line: 'IP 192.168.203.3 > 192.168.203.5: ICMP echo request, id 1292, seq 1, length 64',
  layers: 'Ethernet IPv4 ICMP Data',
  bytes: hex(`
    003088010002 00163e37f604 0800
    45 00 0054 0000 4000 40 01 234f c0a8cb03 c0a8cb05
    08 00 f6f2 050c 0001
    fce29751 00000000 a6f8020000000000
    101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637`),
};

export const DNS_QUERY: Sample = {
  line: 'IP 192.168.1.11.43966 > 209.87.249.18.53: 22836+ [1au] A? www.tcpdump.org. (56)',
  layers: 'Ethernet IPv4 UDP DNS',
  bytes: hex(`
    001122334466 001122334455 0800
    45 00 0054 59cd 0000 40 11 94ae c0a8010b d157f912
    abbe 0035 0040 7824
    5934 0120 0001 0000 0000 0001
    03777777 0774637064756d70 036f7267 00 0001 0001
    00 0029 1000 00000000 000c 000a 0008 42f5d00996f90b13`),
};

export const DNS_RESPONSE: Sample = {
  line: 'IP 209.87.249.18.53 > 192.168.1.11.43966: 22836*- 2/2/5 A 192.139.46.66, A 198.199.88.104 (224)',
  layers: 'Ethernet IPv4 UDP DNS',
  bytes: hex(`
    001122334455 001122334466 0800
    45 00 00fc 002d 0000 80 11 ada6 d157f912 c0a8010b
    0035 abbe 00e8 c454
    5934 8500 0001 0002 0002 0005
    03777777 0774637064756d70 036f7267 00 0001 0001
    c00c 0001 0001 0000003c 0004 c08b2e42
    c00c 0001 0001 0000003c 0004 c6c75868
    c010 0002 0001 00015180 0012 03736e7308636f6f7065726978036e657400
    c010 0002 0001 00015180 0012 036e69630973616e64656c6d616e02636100
    c06b 0001 0001 0000012c 0004 d157f912
    c06b 001c 0001 0000012c 0010 2607f0b0000f000000000000babef00d
    c04d 0001 0001 00001c20 0004 616b850f
    c04d 001c 0001 00001c20 0010 26003c0300000000f03c91fffe96e8ef
    00 0029 1000 00000000 0000`),
};

export const TCP_SYN: Sample = {
  line: 'IP 192.168.1.11.33779 > 209.87.249.18.53: Flags [S], seq 603899916, win 64240, options [mss 1460,sackOK,TS val 2044906138 ecr 0,nop,wscale 7], length 0',
  layers: 'Ethernet IPv4 TCP',
  bytes: hex(`
    001122334466 001122334455 0800
    45 00 003c 9b28 4000 40 06 1376 c0a8010b d157f912
    83f3 0035 23fec80c 00000000 a0 02 faf0 0c41 0000
    020405b4 0402 080a79e2ca9a00000000 01 030307`),
};

export const TCP_SYN_ACK: Sample = {
  line: 'IP 209.87.249.18.53 > 192.168.1.11.33779: Flags [S.], seq 2043824403, ack 603899917, win 64240, options [mss 1460], length 0',
  layers: 'Ethernet IPv4 TCP',
  bytes: hex(`
    001122334455 001122334466 0800
    45 00 002c 002e 0000 80 06 ae80 d157f912 c0a8010b
    0035 83f3 79d24913 23fec80d 60 12 faf0 dded 0000
    020405b4 0000`),
};

export const DNS_OVER_TCP: Sample = {
  line: 'IP 192.168.1.11.33779 > 209.87.249.18.53: Flags [P.], seq 603899917:603899975, ack 2043824404, win 64240, length 58 17177+ [1au] A? www.tcpdump.org. (56)',
  layers: 'Ethernet IPv4 TCP DNS',
  bytes: hex(`
    001122334466 001122334455 0800
    45 00 0062 9b2a 4000 40 06 134e c0a8010b d157f912
    83f3 0035 23fec80d 79d24914 50 18 faf0 7796 0000
    0038
    4319 0120 0001 0000 0000 0001
    03777777 0774637064756d70 036f7267 00 0001 0001
    00 0029 1000 00000000 000c 000a 0008 8f06be7d691442f0`),
};

/** PROBE, RFC 8335: an ICMP type that this lab does not know. */
export const EXTENDED_ECHO: Sample = {
  line: 'IP 204.194.23.128 > 149.28.74.237: ICMP type-#42, length 28',
  layers: 'Ethernet IPv4 ICMP Data',
  bytes: hex(`
    560004a34c83 fe0004a34c83 0800
    45 00 0030 29a3 0000 36 01 96de ccc21780 951c4aed
    2a00 6314 f6ea 0001 2000dcf4 00080302 00000001 65933a33 000ddc2b`),
};

export const RECORDED: readonly Sample[] = [
  ARP_REQUEST,
  ARP_REPLY,
  ECHO_REQUEST,
  DNS_QUERY,
  DNS_RESPONSE,
  TCP_SYN,
  TCP_SYN_ACK,
  DNS_OVER_TCP,
  EXTENDED_ECHO,
];

export const H1 = { mac: Mac.parse('02:00:00:00:00:01')!, ip: Ip4.parse('192.0.2.1')! };
export const H2 = { mac: Mac.parse('02:00:00:00:00:02')!, ip: Ip4.parse('192.0.2.2')! };
export const FAR = Ip4.parse('198.51.100.10')!;

interface DatagramFields {
  readonly source?: Ip4.Ip4;
  readonly destination?: Ip4.Ip4;
  readonly options?: readonly Ipv4Options.Option[];
  readonly flagsAndFragmentOffset?: number;
  readonly tags?: readonly number[];
}

/** An Ethernet frame with an IPv4 datagram in it; `fill` writes the payload, which starts at `at`. */
export function datagram(
  protocol: number,
  length: number,
  fields: DatagramFields,
  fill: (bytes: Uint8Array, at: number, end: number, destination: Ip4.Ip4) => void,
): Uint8Array {
  const optionBytes = new Uint8Array(Ipv4Options.MAX_LENGTH);
  const optionsLength = Ipv4Options.write(optionBytes, 0, fields.options ?? []);
  const tags = fields.tags ?? [];
  const ip = Ethernet.HEADER_LENGTH + 4 * tags.length;
  const header = Ipv4.MIN_HEADER_LENGTH + optionsLength;
  const bytes = new Uint8Array(ip + header + length).fill(0xa5);
  Ethernet.write(bytes, 0, H2.mac, H1.mac, tags.length > 0 ? 0x8100 : Ethernet.Type.Ipv4);
  tags.forEach((tag, i) => {
    const after = i === tags.length - 1 ? Ethernet.Type.Ipv4 : 0x8100;
    bytes.set([tag >> 8, tag & 255, after >> 8, after & 255], Ethernet.HEADER_LENGTH + 4 * i);
  });
  const { source = H1.ip, destination = H2.ip, flagsAndFragmentOffset = 0 } = fields;
  Ipv4.writeHeader(bytes, ip, header, 0, header + length, 1, flagsAndFragmentOffset, 64, protocol, source, destination);
  bytes.set(optionBytes.subarray(0, optionsLength), ip + Ipv4.MIN_HEADER_LENGTH);
  Ipv4.updateChecksum(bytes, ip);
  fill(bytes, ip + header, bytes.length, Ipv4Options.finalDestination(bytes, ip));
  return bytes;
}

export function udp(
  data: Uint8Array,
  sourcePort: number,
  destinationPort: number,
  fields: DatagramFields = {},
): Uint8Array {
  return datagram(Ipv4.Protocol.Udp, Udp.HEADER_LENGTH + data.length, fields, (bytes, at, _end, destination) => {
    Udp.writeHeader(bytes, at, sourcePort, destinationPort, Udp.HEADER_LENGTH + data.length);
    bytes.set(data, at + Udp.HEADER_LENGTH);
    Udp.updateChecksum(bytes, at, fields.source ?? H1.ip, destination);
  });
}

export function icmp(
  type: number,
  code: number,
  restOfHeader: number,
  data: Uint8Array,
  fields: DatagramFields = {},
): Uint8Array {
  return datagram(Ipv4.Protocol.Icmp, Icmp.HEADER_LENGTH + data.length, fields, (bytes, at, end) => {
    Icmp.writeHeader(bytes, at, type, code, restOfHeader);
    bytes.set(data, at + Icmp.HEADER_LENGTH);
    Icmp.updateChecksum(bytes, at, end);
  });
}

export function tcp(flags: number, data: Uint8Array): Uint8Array {
  return datagram(Ipv4.Protocol.Tcp, Tcp.MIN_HEADER_LENGTH + data.length, {}, (bytes, at, end) => {
    Tcp.writeHeader(bytes, at, 40_000, 7, 100, 200, flags, 65_535);
    bytes.set(data, at + Tcp.MIN_HEADER_LENGTH);
    Tcp.updateChecksum(bytes, at, end, H1.ip, H2.ip);
  });
}

export function arp(operation: number, targetMac = Mac.ZERO): Uint8Array {
  const bytes = new Uint8Array(Ethernet.HEADER_LENGTH + Arp.LENGTH);
  Ethernet.write(bytes, 0, Mac.BROADCAST, H1.mac, Ethernet.Type.Arp);
  const packet = { operation, senderMac: H1.mac, senderIp: H1.ip, targetMac, targetIp: H2.ip };
  Arp.write(bytes, Ethernet.HEADER_LENGTH, packet);
  return bytes;
}

const ABOUT = udp(Utf8.encode('hello'), 40_000, 33_434, { destination: FAR }).slice(Ethernet.HEADER_LENGTH);
const ABOUT_TCP = tcp(Tcp.Flag.Syn, new Uint8Array()).slice(Ethernet.HEADER_LENGTH);

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function dns(message: Dns.Message): Uint8Array {
  const fields = message.isResponse ? { source: H2.ip, destination: H1.ip } : {};
  const [source, destination] = message.isResponse ? [Dns.PORT, 40_000] : [40_000, Dns.PORT];
  return udp(Dns.encode(message), source, destination, fields);
}

const QUERY = Dns.query(4660, 'www.example.com', Dns.Type.A);

function answers(...data: Dns.RecordData[]): Dns.Message {
  return {
    ...Dns.response(QUERY, Dns.ResponseCode.NoError),
    recursionAvailable: true,
    answers: data.map((one) => ({ name: 'www.example.com', class: Dns.Class.Internet, timeToLive: 300, data: one })),
  };
}

/** Every message and option there is a format for, in many variants. */
export const MADE: readonly Uint8Array[] = [
  ...range(12).map((operation) => arp(operation)),
  arp(Arp.Operation.Request, H2.mac),
  udp(Utf8.encode('hello'), 40_000, 7),
  udp(new Uint8Array(), 40_000, 7),
  udp(new Uint8Array(1472), 40_000, 7),
  udp(Utf8.encode('hello'), 40_000, 7, { flagsAndFragmentOffset: Ipv4.Flag.DontFragment }),
  udp(new Uint8Array(1472), 40_000, 7, { flagsAndFragmentOffset: Ipv4.Flag.MoreFragments }),
  udp(new Uint8Array(1472), 40_000, 7, { flagsAndFragmentOffset: Ipv4.Flag.MoreFragments | 185 }),
  udp(new Uint8Array(100), 40_000, 7, { flagsAndFragmentOffset: 370 }),
  icmp(8, 0, 0x0001_0001, new Uint8Array(1400), { flagsAndFragmentOffset: Ipv4.Flag.MoreFragments }),
  icmp(8, 0, 0x0001_0001, new Uint8Array(1400), { flagsAndFragmentOffset: 175 }),
  udp(Utf8.encode('hello'), 40_000, 7, { tags: [0x0005] }),
  udp(Utf8.encode('hello'), 40_000, 7, { tags: [0x7005, 0x1006] }),
  udp(Utf8.encode('hello'), 40_000, 7, {
    options: [{ kind: 'record-route', pointer: 8, addresses: [H1.ip, Ip4.ANY, Ip4.ANY] }],
  }),
  udp(Utf8.encode('hello'), 40_000, 7, {
    options: [
      { kind: 'no-operation' },
      { kind: 'loose-source-route', pointer: 4, addresses: [FAR] },
      { kind: 'router-alert', value: 0 },
    ],
  }),
  udp(Utf8.encode('hello'), 40_000, 7, {
    options: [{ kind: 'timestamp', pointer: 13, overflow: 2, flag: 1, entries: [{ address: H1.ip, time: 5 }] }],
  }),
  ...range(18).flatMap((code) => [
    icmp(Icmp.Type.DestinationUnreachable, code, 0x0000_0578, ABOUT),
    icmp(Icmp.Type.DestinationUnreachable, code, 0, ABOUT_TCP.slice(0, 28)),
  ]),
  ...range(5).map((code) => icmp(Icmp.Type.Redirect, code, 0xc000_0209, ABOUT)),
  ...range(3).map((code) => icmp(Icmp.Type.TimeExceeded, code, 0, ABOUT)),
  ...range(3).map((code) => icmp(Icmp.Type.ParameterProblem, code, 0x1400_0000, ABOUT)),
  icmp(Icmp.Type.SourceQuench, 0, 0, ABOUT),
  ...range(45)
    .filter((type) => !Icmp.isError(type))
    .map((type) => icmp(type, 0, 0x0005_0006, new Uint8Array(12).fill(3))),
  icmp(Icmp.Type.RouterAdvertisement, 0, 0x0202_0708, hex('c000020100000005 c000020280000000')),
  icmp(Icmp.Type.RouterAdvertisement, 0, 0x0102_0010, hex('c000020100000005')),
  icmp(Icmp.Type.RouterAdvertisement, 0, 0x0103_ffff, hex('c000020100000005')),
  ...range(256).map((flags) => tcp(flags, new Uint8Array())),
  tcp(Tcp.Flag.Psh | Tcp.Flag.Ack, Utf8.encode('hello')),
  ...[0, 253, 254, 255].map((protocol) => datagram(protocol, 6, {}, (bytes, at, end) => bytes.fill(0, at, end))),
  dns(QUERY),
  ...range(16).map((opcode) => dns({ ...QUERY, opcode })),
  ...[...range(11), 15].map((code) => dns(Dns.response(QUERY, code))),
  dns({ ...QUERY, recursionDesired: false, checkingDisabled: true, authenticData: true }),
  dns({ ...QUERY, questions: [] }),
  dns({ ...QUERY, questions: [...QUERY.questions, { name: '.', type: Dns.Type.Ns, class: Dns.Class.Chaos }] }),
  dns({ ...QUERY, edns: { udpPayloadSize: 1232, version: 0, dnssecOk: true, options: [] } }),
  dns(answers()),
  dns(answers({ type: Dns.Type.A, address: FAR }, { type: Dns.Type.A, address: H1.ip })),
  dns(answers({ type: Dns.Type.Aaaa, address: hex('20010db8000000000000000000000001') })),
  dns(answers({ type: Dns.Type.Aaaa, address: hex('00000000000000000000ffffc0000201') })),
  dns(answers({ type: Dns.Type.Cname, name: 'host.example.com' }, { type: Dns.Type.A, address: FAR })),
  dns(answers({ type: Dns.Type.Ns, name: 'ns.example.net' }, { type: Dns.Type.Ptr, name: '.' })),
  dns(answers({ type: Dns.Type.Dname, name: 'example.org' })),
  dns(answers({ type: Dns.Type.Mx, preference: 10, exchange: 'mail.example.com' })),
  dns(answers({ type: Dns.Type.Txt, texts: [Utf8.encode('one two'), Utf8.encode('ü\n')] })),
  dns(answers({ type: Dns.Type.Srv, priority: 1, weight: 2, port: 53, target: 'ns.example.com' })),
  dns(
    answers({
      type: Dns.Type.Soa,
      primaryServer: 'ns.example.com',
      responsibleMailbox: 'admin.example.com',
      serial: 2026,
      refresh: 1,
      retry: 2,
      expire: 3,
      minimum: 4,
    }),
  ),
  dns(answers({ type: 'other', number: 65_280, bytes: hex('0102') })),
  dns({ ...answers(), authoritativeAnswer: true, truncated: true, authenticData: true, recursionAvailable: false }),
  hex('020000000002 020000000001 1234 01020304'),
  hex('020000000002 020000000001 88b5'),
];
