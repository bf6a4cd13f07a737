/**
 * The captures of the tcpdump project, read and dissected here and by tshark, whose reading stands beside each as JSON.
 * Both must agree on every field that both know; what is not known here must show as bytes.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.ts';
import { readU16 } from '../../src/wire/bytes.ts';
import * as Arp from '../../src/wire/arp.ts';
import * as Dns from '../../src/wire/dns.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Llc from '../../src/wire/llc.ts';
import * as Mac from '../../src/wire/mac.ts';
import { layers } from '../../src/wire/registry.ts';
import type { Layer } from '../../src/wire/registry.ts';
import * as Tcp from '../../src/wire/tcp.ts';
import * as Udp from '../../src/wire/udp.ts';
import * as Vlan from '../../src/wire/vlan.ts';

const CAPTURES = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
const there = existsSync(CAPTURES);

type Value = string | number | boolean;
/** A field that occurs more than once in a frame is a list, outermost first. */
type Reading = Readonly<Record<string, Value | readonly Value[]>>;
type Fields = Record<string, Value>;

/** What a layer says, under the names of the JSON files. */
const FIELDS: Readonly<Record<string, (bytes: Uint8Array, layer: Layer, end: number) => Fields>> = {
  Ethernet: (bytes, { at }) => ({
    eth_dst: Mac.format(Ethernet.destination(bytes, at)),
    eth_src: Mac.format(Ethernet.source(bytes, at)),
    ...(Ethernet.type(bytes, at) > Ethernet.MAX_LENGTH_FIELD
      ? { eth_type: hex(Ethernet.type(bytes, at), 4) }
      : { eth_len: Ethernet.type(bytes, at) }),
  }),
  '802.1Q': (bytes, { at }) => ({ vlan_id: Vlan.identifier(bytes, at), vlan_priority: Vlan.priority(bytes, at) }),
  LLC: (bytes, { at }) => ({ llc_dsap: hex(Llc.destinationAccessPoint(bytes, at), 2) }),
  ARP: (bytes, { at }) => ({
    arp_op: Arp.operation(bytes, at),
    arp_sha: Mac.format(Arp.senderMac(bytes, at)),
    arp_spa: Ip4.format(Arp.senderIp(bytes, at)),
    arp_tha: Mac.format(Arp.targetMac(bytes, at)),
    arp_tpa: Ip4.format(Arp.targetIp(bytes, at)),
  }),
  IPv4: (bytes, { at, malformed }) => ({
    ip_src: Ip4.format(Ipv4.source(bytes, at)),
    ip_dst: Ip4.format(Ipv4.destination(bytes, at)),
    ip_hdr_len: Ipv4.headerLength(bytes, at),
    ip_tos: hex(Ipv4.typeOfService(bytes, at), 2),
    ip_len: Ipv4.totalLength(bytes, at),
    ip_id: hex(Ipv4.identification(bytes, at), 4),
    ip_df: Ipv4.dontFragment(bytes, at),
    ip_mf: Ipv4.moreFragments(bytes, at),
    ip_ttl: Ipv4.timeToLive(bytes, at),
    ip_proto: Ipv4.protocol(bytes, at),
    ip_checksum: malformed === 'bad-checksum' ? 'Bad' : 'Good',
  }),
  ICMP: (bytes, { at, malformed }) => ({
    icmp_type: Icmp.type(bytes, at),
    icmp_code: Icmp.code(bytes, at),
    icmp_checksum: malformed === 'bad-checksum' ? 'Bad' : 'Good',
  }),
  UDP: (bytes, { at, malformed }) => ({
    udp_sport: Udp.sourcePort(bytes, at),
    udp_dport: Udp.destinationPort(bytes, at),
    udp_len: Udp.length(bytes, at),
    udp_checksum: malformed === 'bad-checksum' ? 'Bad' : Udp.checksum(bytes, at) === 0 ? 'Not present' : 'Good',
  }),
  TCP: (bytes, { at, malformed }, end) => ({
    tcp_sport: Tcp.sourcePort(bytes, at),
    tcp_dport: Tcp.destinationPort(bytes, at),
    tcp_seq: Tcp.sequenceNumber(bytes, at),
    tcp_ack: Tcp.acknowledgmentNumber(bytes, at),
    tcp_flags: hex(Tcp.flags(bytes, at), 4),
    tcp_len: end - at - Tcp.headerLength(bytes, at),
    tcp_checksum: malformed === 'bad-checksum' ? 'Bad' : 'Good',
  }),
  DNS: (bytes, { at, end }) => {
    const message = Dns.parse(bytes, at, end);
    return typeof message === 'string' ? {} : { dns_id: hex(message.id, 4), dns_answers: message.answers.length };
  },
};

describe.skipIf(!there)(`tshark agrees${there ? '' : ` (skipped: no ${CAPTURES})`}`, () => {
  const names = there ? readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

  it.each(names)('on the fields of %s', (name) => {
    const readings = JSON.parse(readFileSync(join(CAPTURES, `${name}.json`), 'utf8')) as readonly Reading[];
    const frames = [...readCapture(readFileSync(join(CAPTURES, name)))];
    expect(frames).toHaveLength(readings.length);
    let compared = 0;
    frames.forEach(({ bytes }, index) => {
      compared += compareFrame(bytes, readings[index]!, `${name}, frame ${index + 1}`);
    });
    expect(compared).toBeGreaterThan(frames.length * 2);
  });
});

/** Compares what both know of a frame; gives how many fields that were. */
function compareFrame(bytes: Uint8Array, reading: Reading, where: string): number {
  const found = layers(bytes, bytes.length);
  // Nothing is refused: the layers cover the frame up to what is known, and the rest is bytes.
  expect(found.length, where).toBeGreaterThan(0);
  const seen = new Map<string, number>();
  let compared = 0;
  let end = bytes.length;
  for (const layer of found) {
    const isUnreadable = layer.malformed !== null && layer.malformed !== 'bad-checksum';
    const fieldsOf = FIELDS[layer.name];
    if (fieldsOf === undefined || isUnreadable) continue;
    // tshark's vlan.* are of customers' tags; a provider's, 802.1ad, has fields of its own.
    if (layer.name === '802.1Q' && readU16(bytes, layer.at - 2) !== Ethernet.Type.Vlan) continue;
    if (layer.name === 'IPv4') end = layer.at + Ipv4.totalLength(bytes, layer.at);
    const place = seen.get(layer.name) ?? 0;
    seen.set(layer.name, place + 1);
    for (const [field, ours] of Object.entries(fieldsOf(bytes, layer, end))) {
      const theirs = reading[field];
      const value = Array.isArray(theirs) ? (theirs[place] as Value | undefined) : place === 0 ? theirs : undefined;
      // What tshark could not judge, such as the checksum of a piece, is no verdict.
      if (value === undefined || value === 'Unverified') continue;
      expect(ours, `${where}: ${layer.name} ${field}`).toEqual(value);
      compared++;
    }
  }
  return compared;
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
