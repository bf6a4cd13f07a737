import { expect, it } from 'vitest';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Llc from '../../src/wire/llc.ts';
import * as Mac from '../../src/wire/mac.ts';
import { summarizeFrame } from '../../src/wire/registry.ts';
import * as Vlan from '../../src/wire/vlan.ts';
import { ARP_REQUEST, H1, H2, hex, toHex } from './frames.ts';

// tcpdump -e: 02:01:00:01:00:00 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: …
const HEADER = ARP_REQUEST.bytes.slice(0, Ethernet.HEADER_LENGTH);

it('reads the addresses and the type', () => {
  expect(Ethernet.parse(HEADER, 0)).toEqual({
    destination: Mac.BROADCAST,
    source: Mac.parse('02:01:00:01:00:00'),
    type: Ethernet.Type.Arp,
  });
  expect(Ethernet.format.summarize(ARP_REQUEST.bytes, 0, ARP_REQUEST.bytes.length)).toBe(
    '02:01:00:01:00:00 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42',
  );
});

it('writes the same bytes, whatever was in the buffer', () => {
  const bytes = new Uint8Array(Ethernet.HEADER_LENGTH).fill(0xa5);
  Ethernet.write(bytes, 0, Mac.BROADCAST, Mac.parse('02:01:00:01:00:00')!, Ethernet.Type.Arp);
  expect(toHex(bytes)).toBe(toHex(HEADER));
});

it('changes one address and leaves the rest', () => {
  const bytes = HEADER.slice();
  Ethernet.setDestination(bytes, 0, H1.mac);
  Ethernet.setSource(bytes, 0, H2.mac);
  expect(toHex(bytes)).toBe('0200000000010200000000020806');
});

it('tells a group from a station by the first bit sent', () => {
  const to = (mac: string): boolean => Ethernet.isGroup(hex(`${mac.replaceAll(':', '')} 000000000000 0800`), 0);
  expect(to('ff:ff:ff:ff:ff:ff')).toBe(true);
  expect(to('01:00:5e:00:00:01')).toBe(true);
  expect(to('02:00:00:00:00:01')).toBe(false);
});

it('needs fourteen bytes', () => {
  for (let length = 0; length < Ethernet.HEADER_LENGTH; length++) {
    expect(Ethernet.check(HEADER, 0, length)).toBe('truncated');
  }
  expect(Ethernet.check(HEADER, 0, Ethernet.HEADER_LENGTH)).toBeNull();
});

it('takes a type of up to 1500 for a length with LLC behind it', () => {
  // tcpdump -e: 00:19:06:ea:b8:85 > 01:80:c2:00:00:00, 802.3, length 38: LLC, dsap STP (0x42) Individual, ssap STP (0x42) Command, ctrl 0x03: STP …
  const bpdu = hex(`
    0180c2000000 001906eab885 0026 42 42 03
    0000 00 00 00 8001001906eab880 00000000 8001001906eab880 8005 0000 1400 0200 0f00`);
  expect(summarizeFrame(bpdu, bpdu.length)).toBe(
    '00:19:06:ea:b8:85 > 01:80:c2:00:00:00, 802.3, length 38: LLC, dsap STP (0x42) Individual, ssap STP (0x42) Command, ctrl 0x03',
  );
  expect(Llc.check(bpdu, 14, 16)).toBe('truncated');
});

it('knows the length of an LLC header by its control field', () => {
  // IEEE 802.2 §5.2: unnumbered formats end in two one bits and are a byte long.
  const unnumbered = hex('12 13 03');
  const information = hex('12 12 01 00');
  expect([Llc.check(unnumbered, 0, 3), Llc.headerLength(unnumbered, 0), Llc.control(unnumbered, 0)]).toEqual([
    null,
    3,
    3,
  ]);
  expect([Llc.check(information, 0, 4), Llc.headerLength(information, 0)]).toEqual([null, 4]);
  expect(Llc.check(information, 0, 3)).toBe('truncated');
  expect(Llc.format.summarize(unnumbered, 0, 3)).toBe(
    'LLC, dsap Unknown (0x12) Individual, ssap Unknown (0x12) Response, ctrl 0x03',
  );
});

it('reads and writes a VLAN tag', () => {
  // tcpdump -e: … ethertype 802.1Q (0x8100), length 46: vlan 5, p 3, DEI, ethertype ARP (0x0806), …
  const tag = { priority: 3, dropEligible: true, identifier: 5, type: Ethernet.Type.Arp };
  const bytes = new Uint8Array(Vlan.LENGTH).fill(0xa5);
  Vlan.write(bytes, 0, tag);
  expect(toHex(bytes)).toBe('70050806');
  expect(Vlan.parse(bytes, 0)).toEqual(tag);
  expect(Vlan.format.summarize(bytes, 0, 4)).toBe('vlan 5, p 3, DEI');
  expect(Vlan.check(bytes, 0, 3)).toBe('truncated');
  expect([0x8100, 0x88a8, 0x9100, 0x0800].map((type) => Vlan.isTag(type))).toEqual([true, true, true, false]);
});
