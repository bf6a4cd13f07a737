import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as Arp from '../../src/wire/arp.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { ARP_REPLY, ARP_REQUEST, toHex } from './frames.ts';

// tcpdump: ARP, Request who-has 1.0.2.1 tell 1.0.2.2, length 28
const REQUEST = ARP_REQUEST.bytes.slice(Ethernet.HEADER_LENGTH);
const FIELDS: Arp.Packet = {
  operation: Arp.Operation.Request,
  senderMac: Mac.parse('02:01:00:01:00:00')!,
  senderIp: Ip4.parse('1.0.2.2')!,
  targetMac: Mac.ZERO,
  targetIp: Ip4.parse('1.0.2.1')!,
};

it('reads every field', () => {
  expect(Arp.check(REQUEST, 0, REQUEST.length)).toBeNull();
  expect(Arp.parse(REQUEST, 0)).toEqual(FIELDS);
});

it('writes the same bytes, whatever was in the buffer', () => {
  const bytes = new Uint8Array(Arp.LENGTH).fill(0xa5);
  Arp.write(bytes, 0, FIELDS);
  expect(toHex(bytes)).toBe(toHex(REQUEST));
});

it('finds at any offset what it wrote there', () => {
  const mac = fc.nat(2 ** 48 - 1).map((value) => Mac.fromNumber(value));
  const ip = fc.nat(2 ** 32 - 1).map((value) => Ip4.fromNumber(value));
  const packets = fc.record({ operation: fc.nat(0xffff), senderMac: mac, senderIp: ip, targetMac: mac, targetIp: ip });
  fc.assert(
    fc.property(packets, fc.nat(20), (packet, at) => {
      const bytes = new Uint8Array(at + Arp.LENGTH).fill(0xa5);
      Arp.write(bytes, at, packet);
      expect(Arp.check(bytes, at, bytes.length)).toBeNull();
      expect(Arp.parse(bytes, at)).toEqual(packet);
    }),
  );
});

it('is truncated at every length but its own, and may be padded', () => {
  for (let length = 0; length < Arp.LENGTH; length++) expect(Arp.check(REQUEST, 0, length)).toBe('truncated');
  expect(Arp.check(new Uint8Array([...REQUEST, ...new Uint8Array(18)]), 0, 46)).toBeNull();
});

it('leaves other hardware, protocols and address lengths alone', () => {
  for (const at of [0, 1, 2, 3, 4, 5]) {
    const bytes = REQUEST.slice();
    bytes[at]! ^= 0x01;
    expect(Arp.check(bytes, 0, bytes.length)).toBe('unsupported');
  }
});

it('shows an unknown operation as its number', () => {
  const bytes = ARP_REPLY.bytes.slice(Ethernet.HEADER_LENGTH);
  bytes[7] = 77;
  expect(Arp.check(bytes, 0, bytes.length)).toBeNull();
  expect(Arp.format.summarize(bytes, 0, bytes.length)).toBe('Unknown (77)');
});
