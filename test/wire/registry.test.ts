import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Ethernet from '../../src/wire/ethernet.ts';
import { FORMATS, layers, summarizeFrame } from '../../src/wire/registry.ts';
import * as Tcpdump from './tcpdump.ts';
import { DNS_QUERY, DNS_RESPONSE, MADE, RECORDED, hex } from './frames.ts';

const SHARED = join(import.meta.dirname, '../../../shared');
const ALL = [...RECORDED.map((sample) => sample.bytes), ...MADE];

function line(bytes: Uint8Array): string {
  return summarizeFrame(bytes, bytes.length);
}

/** tcpdump ends a line that a hex dump follows with a colon or a space, and starts one that was cut with a space. */
function trimmed(line: string): string {
  return line.trimStart().replace(/[: ]+$/, '');
}

describe('a line', () => {
  it('says what tcpdump said of recorded frames', () => {
    for (const sample of RECORDED) expect(line(sample.bytes)).toBe(sample.line);
  });

  it('is one line, whatever the bytes', () => {
    const someBytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .uint8Array({ maxLength: 80 })
        .map((payload) => Uint8Array.from([...DNS_QUERY.bytes.subarray(0, 42), ...payload])),
      mutated(),
    );
    fc.assert(
      fc.property(someBytes, (bytes) => {
        for (const format of FORMATS) {
          format.check(bytes, 0, bytes.length);
          expect(format.summarize(bytes, 0, bytes.length)).toMatch(/^[^\n]*$/);
        }
        expect(line(bytes)).toMatch(/^[^\n]+$/);
        expect(layersAreInOrder(bytes)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never reads beyond the frame, cut at every length', () => {
    for (const frame of ALL) {
      for (let length = 0; length < Math.min(frame.length, 300); length++) {
        const cut = frame.slice(0, length);
        const padded = new Uint8Array(length + 400).fill(0xff);
        padded.set(cut);
        expect(summarizeFrame(padded, length)).toBe(line(cut));
        expect(layers(padded, length)).toEqual(layers(cut, length));
      }
    }
  });
});

/** A valid frame with a few bytes changed, its end cut off or padding behind it. */
function mutated(): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(120), value: fc.nat(255) });
  return fc
    .record({
      frame: fc.constantFrom(...ALL.filter((frame) => frame.length < 400)),
      changes: fc.array(change, { maxLength: 4 }),
      length: fc.nat(400),
    })
    .map(({ frame, changes, length }) => {
      const bytes = new Uint8Array(Math.min(length, frame.length + 18));
      bytes.set(frame.subarray(0, bytes.length));
      for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
}

function layersAreInOrder(bytes: Uint8Array): boolean {
  let before = 0;
  for (const layer of layers(bytes, bytes.length)) {
    if (layer.at < before || layer.end < layer.at || layer.end > bytes.length) return false;
    before = layer.end;
  }
  return true;
}

describe('the layers', () => {
  it('are those of the recorded frames, nothing wrong with any', () => {
    for (const sample of RECORDED) {
      const found = layers(sample.bytes, sample.bytes.length);
      expect(found.map((layer) => layer.name).join(' ')).toBe(sample.layers);
      expect(found.filter((layer) => layer.malformed !== null)).toEqual([]);
    }
  });

  it('say where each header starts and ends', () => {
    expect(layers(DNS_RESPONSE.bytes, DNS_RESPONSE.bytes.length)).toEqual([
      { name: 'Ethernet', at: 0, end: 14, malformed: null },
      { name: 'IPv4', at: 14, end: 34, malformed: null },
      { name: 'UDP', at: 34, end: 42, malformed: null },
      { name: 'DNS', at: 42, end: 266, malformed: null },
    ]);
  });

  it('go on behind a bad checksum and name the layer that has it', () => {
    const bytes = DNS_QUERY.bytes.slice();
    bytes[bytes.length - 1]! ^= 1;
    bytes[22]! ^= 1;
    expect(layers(bytes, bytes.length).map(({ name, malformed }) => [name, malformed])).toEqual([
      ['Ethernet', null],
      ['IPv4', 'bad-checksum'],
      ['UDP', 'bad-checksum'],
      ['DNS', null],
    ]);
  });

  it('show a quoted datagram, and the bytes of fragments and unknown protocols', () => {
    const names = (bytes: Uint8Array): string =>
      layers(bytes, bytes.length)
        .map((layer) => layer.name)
        .join(' ');
    const found = MADE.map(names);
    expect(found).toContain('Ethernet IPv4 ICMP IPv4 UDP Data');
    expect(found).toContain('Ethernet IPv4 ICMP IPv4 TCP');
    expect(found).toContain('Ethernet 802.1Q 802.1Q IPv4 UDP Data');
    expect(found).toContain('Ethernet IPv4 Data');
    expect(found).toContain('Ethernet Data');
    expect(names(hex('0180c2000000 020000000001 0007 42 42 03 00000000'))).toBe('Ethernet LLC Data');
  });

  it('find nothing wrong with frames that were made here, quoted datagrams and fragments included', () => {
    for (const frame of MADE) {
      const found = layers(frame, frame.length);
      // Of a quoted TCP segment there may be eight bytes only (RFC 792), which end before the header does.
      const wrong = found.filter(
        ({ name, malformed }) => malformed !== null && !(name === 'TCP' && found.length === 5),
      );
      expect(wrong, line(frame)).toEqual([]);
    }
  });
});

const whyNot = Tcpdump.whyNot();
const title = whyNot ? `beside tcpdump (skipped: ${whyNot})` : 'beside tcpdump';

/** Where tcpdump has more words than the formats here. */
const READS_FURTHER = [
  /^(IP6|STP|LLDP|ARP, (ATM|FrameRelay))/,
  /LLC|DSAP|802\.3|Flags \[(Command|Response|Poll|Final)/,
  // Its words for TCP options other than the seven known here.
  /options \[.*(mptcp|tfo|md5|uto|echo|cc|exp-|auth|\[len|invalid sack|bad opt|\[\|tcp)/,
  // DNS: pointers to nothing, and the escapes of bit labels.
  / (NS|PTR|CNAME|DNAME) {2}/,
];

/** IPv4 protocols that have a format, and some that nobody has words for. */
const PROTOCOLS = [0, 1, 6, 17, 253, 254, 255];

/** Ports for which tcpdump has a reader of its own; either side counts. */
const SERVICE_PORTS = new Set([
  // prettier-ignore
  22, 23, 25, 43, 67, 68, 69, 80, 87, 88, 111, 123, 137, 138, 139, 143, 161, 162, 179, 319, 320, 443, 445, 464, 465,
  496, 500, 514, 515, 517, 518, 520, 521, 525, 546, 547, 554, 587, 631, 639, 646, 654, 698, 711, 750, 751, 784, 1589,
  1645, 1646, 1698, 1701, 1723, 1812, 1813, 1967, 1985, 2048, 2049, 2055, 3128, 3221, 3222, 3260, 3456, 3503, 3544,
  3784, 3785, 4342, 4500, 4567, 4754, 4784, 4789, 4790, 5001, 5003, 5006, 5050, 5060, 5061, 5200, 5353, 6081, 6160,
  6343, 6379, 6635, 6653, 7000, 7001, 7002, 7003, 7004, 7005, 8080, 8554, 9875, 9996, 10007, 12000,
]);

function comparable(bytes: Uint8Array, theirs: string): boolean {
  if (READS_FURTHER.some((pattern) => pattern.test(theirs))) return false;
  const ours = line(bytes);
  // DNS: where a name makes no sense tcpdump shows what there is of it, and follows pointers forward.
  if (ours.endsWith(' [|domain]') && theirs.startsWith(ours.replace(/ \[\|domain\]$/, ''))) return false;
  // A name with dots or unprintable bytes in a label: here they are escaped (RFC 1035 §5.1), there they are not.
  if (ours.replace(/"[^"]*"/g, '').includes('\\')) return false;
  // Types of records that have a name there.
  if (/ Type\d/.test(ours) && !/ Type\d/.test(theirs)) return false;
  const ports = /\.(\d+) > \d+\.\d+\.\d+\.\d+\.(\d+):/.exec(theirs);
  if (ports && (SERVICE_PORTS.has(Number(ports[1])) || SERVICE_PORTS.has(Number(ports[2])))) return false;
  const ip = layers(bytes, bytes.length).find((layer) => layer.name === 'IPv4');
  if (ip && bytes.length > ip.at + 9 && !PROTOCOLS.includes(bytes[ip.at + 9]!)) return false;
  // ARP with addresses of odd lengths: tcpdump reads on at its own places.
  const arp = layers(bytes, bytes.length).find((layer) => layer.name === 'ARP');
  if (arp && arp.malformed === 'unsupported' && bytes[arp.at + 4] !== 6) return false;
  // Of other EtherTypes tcpdump knows more than the few that occur here.
  const type = bytes.length >= 14 ? Ethernet.type(bytes, 0) : 0x0800;
  return [0x0800, 0x0806, 0x8100, 0x1234, 0x88b5].includes(type);
}

function compare(frames: readonly Uint8Array[]): { compared: number; differing: string[] } {
  const theirs = Tcpdump.lines(frames);
  const differing: string[] = [];
  let compared = 0;
  frames.forEach((frame, i) => {
    const expected = trimmed(theirs[i]!);
    // tcpdump does not show a frame of no bytes.
    if (frame.length === 0 || !comparable(frame, expected)) return;
    compared++;
    if (line(frame) !== expected) differing.push(`${expected}\n${line(frame)}`);
  });
  return { compared, differing };
}

describe.skipIf(whyNot)(title, () => {
  it('prints the same line for every frame there is a format for', () => {
    const { compared, differing } = compare(ALL);
    expect(differing).toEqual([]);
    expect(compared).toBe(ALL.length);
  });

  it('prints the same line for frames that end too soon', () => {
    // The TCP segments differ in their flags alone; a few of them will do.
    const short = ALL.filter((frame, i) => frame.length < 400 && i % 3 === 0);
    const cuts = short.flatMap((frame) => Array.from(frame, (_, length) => frame.slice(0, length)));
    const { compared, differing } = compare(cuts);
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(5_000);
  });

  it('prints the same line for frames with bytes changed', () => {
    const frames = fc.sample(mutated(), { numRuns: 20_000, seed: 1071 }).filter((frame) => frame.length > 0);
    const { compared, differing } = compare(frames);
    expect(differing.slice(0, 20)).toEqual([]);
    expect(compared).toBeGreaterThan(10_000);
  });
});

const vectors = join(SHARED, 'oracles/linux-vectors.json');
const captures = join(SHARED, 'captures');

interface Vector {
  readonly name: string;
  readonly inject: readonly { readonly hex: string }[];
  readonly expect: readonly { readonly hex: string }[];
}

function readVectors(): readonly Vector[] {
  return (JSON.parse(readFileSync(vectors, 'utf8')) as { vectors: readonly Vector[] }).vectors;
}

describe.skipIf(!existsSync(vectors))('on what a Linux kernel sent and was sent', () => {
  it.skipIf(whyNot)('prints the same line as tcpdump', () => {
    const frames = readVectors()
      .flatMap((vector) => [...vector.inject, ...vector.expect])
      .map((frame) => hex(frame.hex));
    const { compared, differing } = compare(frames);
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(300);
  });

  it('finds nothing wrong with what the kernel made', () => {
    let headers = 0;
    for (const vector of readVectors()) {
      // Dots stand for octets that differed from run to run.
      const sent = vector.expect.filter((answer) => !answer.hex.includes('.'));
      for (const frame of sent.map((answer) => hex(answer.hex))) {
        const found = layers(frame, frame.length);
        // Not what the kernel quotes or passes on as it came: that may be anything.
        const icmp = found.findIndex((layer) => layer.name === 'ICMP');
        const own = icmp === -1 ? found.slice(0, 2) : found.slice(0, icmp + 1);
        for (const layer of own) expect(layer.malformed, `${vector.name}: ${layer.name}`).toBeNull();
        headers += own.length;
      }
    }
    expect(headers).toBeGreaterThan(100);
  });
});

describe.skipIf(!existsSync(captures))("on tcpdump's own captures", () => {
  const files = existsSync(captures) ? readdirSync(captures).filter((name) => name.endsWith('.pcap')) : [];

  it.skipIf(whyNot)('prints the same line as tcpdump for what it knows', () => {
    const frames = files.flatMap((name) => readPcap(readFileSync(join(captures, name))));
    const { compared, differing } = compare(frames);
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(30);
  });

  it('finds the layers and the checksums that tshark found', () => {
    let checksums = 0;
    for (const name of files) {
      const frames = readPcap(readFileSync(join(captures, name)));
      const verdicts = JSON.parse(readFileSync(join(captures, `${name}.json`), 'utf8')) as readonly Verdict[];
      frames.forEach((frame, i) => {
        const verdict = verdicts[i]!;
        const found = layers(frame, frame.length).filter((layer) => layer.name !== 'Data');
        expect(found.map((layer) => layer.name).join(' '), `${name}, frame ${i + 1}`).toBe(knownTo(verdict.protocols));
        for (const [layer, key] of CHECKSUMS) {
          const ours = found.find((one) => one.name === layer);
          if (!ours || verdict[key] === undefined) continue;
          expect(ours.malformed === 'bad-checksum', `${name}, frame ${i + 1}`).toBe(verdict[key] === 'Bad');
          checksums++;
        }
      });
    }
    expect(checksums).toBeGreaterThan(200);
  });
});

type Verdict = { readonly protocols: string } & { readonly [key in (typeof CHECKSUMS)[number][1]]?: string };

const CHECKSUMS = [
  ['IPv4', 'ip_checksum'],
  ['ICMP', 'icmp_checksum'],
  ['UDP', 'udp_checksum'],
  ['TCP', 'tcp_checksum'],
] as const;

const OUR_NAMES: Readonly<Record<string, string>> = {
  eth: 'Ethernet',
  vlan: '802.1Q',
  ieee8021ad: '802.1Q',
  llc: 'LLC',
  arp: 'ARP',
  ip: 'IPv4',
  icmp: 'ICMP',
  udp: 'UDP',
  tcp: 'TCP',
  dns: 'DNS',
};

/** tshark's layers up to the first that has no format here. */
function knownTo(protocols: string): string {
  const names: string[] = [];
  for (const protocol of protocols.split(':').filter((name) => name !== 'ethertype')) {
    const ours = OUR_NAMES[protocol];
    if (ours === undefined) break;
    names.push(ours);
  }
  return names.join(' ');
}

/** The frames of a pcap file of either byte order. */
function readPcap(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = view.getUint8(0) === 0xd4 || view.getUint8(0) === 0x4d;
  const frames: Uint8Array[] = [];
  for (let at = 24; at + 16 <= file.length;) {
    const length = view.getUint32(at + 8, little);
    frames.push(Uint8Array.from(file.subarray(at + 16, at + 16 + length)));
    at += 16 + length;
  }
  return frames;
}
