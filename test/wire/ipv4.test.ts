import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import { DNS_QUERY, TCP_SYN, toHex } from './frames.ts';

// tcpdump -v: IP (tos 0x0, ttl 64, id 39720, offset 0, flags [DF], proto TCP (6), length 60) 192.168.1.11 > 209.87.249.18
const DATAGRAM = TCP_SYN.bytes.slice(14);
const HEADER: Ipv4.Header = {
  headerLength: 20,
  typeOfService: 0,
  totalLength: 60,
  identification: 39_720,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  timeToLive: 64,
  protocol: Ipv4.Protocol.Tcp,
  source: Ip4.parse('192.168.1.11')!,
  destination: Ip4.parse('209.87.249.18')!,
};

function headers(): fc.Arbitrary<Ipv4.Header> {
  const ip = fc.nat(2 ** 32 - 1).map((value) => Ip4.fromNumber(value));
  return fc.record({
    headerLength: fc.integer({ min: 5, max: 15 }).map((words) => 4 * words),
    typeOfService: fc.nat(255),
    totalLength: fc.integer({ min: 60, max: 65_535 }),
    identification: fc.nat(65_535),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.nat(0x1fff).map((units) => 8 * units),
    timeToLive: fc.nat(255),
    protocol: fc.nat(255),
    source: ip,
    destination: ip,
  });
}

function written(header: Ipv4.Header, at = 0): Uint8Array {
  const bytes = new Uint8Array(at + 65_535).fill(0xa5);
  Ipv4.write(bytes, at, header);
  Ipv4.updateChecksum(bytes, at);
  return bytes;
}

it('reads every field', () => {
  expect(Ipv4.check(DATAGRAM, 0, DATAGRAM.length)).toBeNull();
  expect(Ipv4.parse(DATAGRAM, 0)).toEqual(HEADER);
});

it('writes the same bytes, whatever was in the buffer', () => {
  expect(toHex(written(HEADER).slice(0, 20))).toBe(toHex(DATAGRAM.slice(0, 20)));
});

it('finds at any offset what it wrote there', () => {
  fc.assert(
    fc.property(headers(), fc.nat(3), (header, at) => {
      const bytes = written(header, at);
      expect(Ipv4.check(bytes, at, bytes.length)).toBeNull();
      expect(Ipv4.parse(bytes, at)).toEqual(header);
      expect(Ipv4.isFragment(bytes, at)).toBe(header.moreFragments || header.fragmentOffset > 0);
    }),
    { numRuns: 50 },
  );
});

describe('the check', () => {
  it('finds the header truncated, then the datagram shorter than it says', () => {
    for (let length = 0; length < 20; length++) expect(Ipv4.check(DATAGRAM, 0, length)).toBe('truncated');
    for (let length = 20; length < 60; length++) expect(Ipv4.check(DATAGRAM, 0, length)).toBe('bad-length');
    expect(Ipv4.check(DATAGRAM, 0, 60)).toBeNull();
  });

  it('allows padding behind the datagram', () => {
    expect(Ipv4.check(new Uint8Array([...DATAGRAM, 0, 0, 0]), 0, 63)).toBeNull();
  });

  it('looks at version, header length, checksum and total length in the order of ip_rcv', () => {
    const wrong = (change: (bytes: Uint8Array) => void): unknown => {
      const bytes = DATAGRAM.slice();
      change(bytes);
      return Ipv4.check(bytes, 0, bytes.length);
    };
    expect(wrong((bytes) => (bytes[0] = 0x64))).toBe('bad-version');
    expect(wrong((bytes) => (bytes[0] = 0x44))).toBe('bad-header-length');
    expect(wrong((bytes) => (bytes[8] = 1))).toBe('bad-checksum');
    expect(wrong((bytes) => (bytes[2] = 1))).toBe('bad-checksum');
    expect(wrong((bytes) => Ipv4.setTotalLength(bytes, 0, 19))).toBe('bad-length');
    expect(wrong((bytes) => Ipv4.setTotalLength(bytes, 0, 61))).toBe('bad-length');
  });

  it('finds a header longer than what came', () => {
    const bytes = DATAGRAM.slice(0, 40);
    bytes[0] = 0x4f;
    expect(Ipv4.check(bytes, 0, 40)).toBe('bad-header-length');
  });

  it('notices any bit that flips in the header', () => {
    const bytes = DNS_QUERY.bytes.slice(14);
    for (let bit = 0; bit < 160; bit++) {
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      expect(Ipv4.check(bytes, 0, bytes.length)).not.toBeNull();
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
    }
  });
});

describe('a setter', () => {
  it('keeps the checksum as computing it anew would have it', () => {
    const value = fc.nat(65_535);
    fc.assert(
      fc.property(headers(), value, fc.nat(2 ** 32 - 1), (header, word, address) => {
        const bytes = written({ ...header, timeToLive: header.timeToLive || 1 });
        Ipv4.setTypeOfService(bytes, 0, word & 255);
        Ipv4.setTotalLength(bytes, 0, word);
        Ipv4.setIdentification(bytes, 0, word);
        Ipv4.setFlagsAndFragmentOffset(bytes, 0, word);
        Ipv4.decrementTimeToLive(bytes, 0);
        Ipv4.setSource(bytes, 0, Ip4.fromNumber(address));
        Ipv4.setDestination(bytes, 0, Ip4.fromNumber(address ^ 0xffff));
        const updated = Ipv4.headerChecksum(bytes, 0);
        expect(Ipv4.timeToLive(bytes, 0)).toBe((header.timeToLive || 1) - 1);
        Ipv4.setTimeToLive(bytes, 0, 255);
        Ipv4.setTimeToLive(bytes, 0, (header.timeToLive || 1) - 1);
        expect(Ipv4.headerChecksum(bytes, 0)).toBe(updated);
        Ipv4.updateChecksum(bytes, 0);
        expect(updated).toBe(Ipv4.headerChecksum(bytes, 0));
        expect(Ipv4.source(bytes, 0)).toBe(address);
        expect(Ipv4.protocol(bytes, 0)).toBe(header.protocol);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves a wrong checksum wrong', () => {
    const bytes = DATAGRAM.slice();
    bytes[10]! ^= 0x10;
    Ipv4.decrementTimeToLive(bytes, 0);
    expect(Ipv4.check(bytes, 0, bytes.length)).toBe('bad-checksum');
  });
});
