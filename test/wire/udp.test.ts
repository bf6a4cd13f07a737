import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Udp from '../../src/wire/udp.ts';
import { DNS_QUERY, hex, toHex } from './frames.ts';

// tcpdump: IP 192.168.1.11.43966 > 209.87.249.18.53: 22836+ [1au] A? www.tcpdump.org. (56)
const DATAGRAM = DNS_QUERY.bytes.slice(34);
const SOURCE = Ip4.parse('192.168.1.11')!;
const DESTINATION = Ip4.parse('209.87.249.18')!;

const check = (bytes: Uint8Array, end = bytes.length): unknown => Udp.check(bytes, 0, end, SOURCE, DESTINATION);

it('reads every field', () => {
  expect(check(DATAGRAM)).toBeNull();
  expect(Udp.parse(DATAGRAM, 0)).toEqual({ sourcePort: 43_966, destinationPort: 53, length: 64, checksum: 0x7824 });
});

it('writes the same bytes, whatever was in the buffer', () => {
  const bytes = DATAGRAM.slice().fill(0xa5, 0, Udp.HEADER_LENGTH);
  Udp.writeHeader(bytes, 0, 43_966, 53, 64);
  Udp.updateChecksum(bytes, 0, SOURCE, DESTINATION);
  expect(toHex(bytes)).toBe(toHex(DATAGRAM));
});

it('finds at any offset what it wrote there', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(3), fc.nat(65_535), (data, at, port) => {
      const end = at + Udp.HEADER_LENGTH + data.length;
      const bytes = new Uint8Array(end + 4).fill(0xa5);
      bytes.set(data, at + Udp.HEADER_LENGTH);
      Udp.writeHeader(bytes, at, port, 65_535 - port, Udp.HEADER_LENGTH + data.length);
      Udp.updateChecksum(bytes, at, SOURCE, DESTINATION);
      expect(Udp.check(bytes, at, end, SOURCE, DESTINATION)).toBeNull();
      expect([Udp.sourcePort(bytes, at), Udp.destinationPort(bytes, at)]).toEqual([port, 65_535 - port]);
      expect(Udp.checksum(bytes, at)).not.toBe(0);
    }),
  );
});

describe('the checksum', () => {
  it('covers the addresses, the ports and the data', () => {
    for (let bit = 0; bit < 8 * DATAGRAM.length; bit++) {
      const bytes = DATAGRAM.slice();
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      expect(check(bytes)).not.toBeNull();
    }
    expect(Udp.check(DATAGRAM, 0, DATAGRAM.length, SOURCE, Ip4.parse('209.87.249.19')!)).toBe('bad-checksum');
  });

  it('may be left out, as zero', () => {
    const bytes = DATAGRAM.slice();
    bytes.set([0, 0], 6);
    bytes[20]! ^= 0xff;
    expect(check(bytes)).toBeNull();
  });

  it('is sent as all ones when it comes out as zero', () => {
    const bytes = hex('0000 ffde 0008 0000');
    Udp.updateChecksum(bytes, 0, Ip4.ANY, Ip4.ANY);
    // 0011 (protocol) + 0008 (length) + ffde + 0008 = ffff.
    expect(toHex(bytes)).toBe('0000ffde0008ffff');
    expect(Udp.check(bytes, 0, 8, Ip4.ANY, Ip4.ANY)).toBeNull();
  });
});

describe('the length', () => {
  it('needs eight bytes of header', () => {
    for (let length = 0; length < 8; length++) expect(check(DATAGRAM, length)).toBe('truncated');
    for (let length = 8; length < 64; length++) expect(check(DATAGRAM, length)).toBe('bad-length');
  });

  it('must count the header', () => {
    const bytes = DATAGRAM.slice();
    bytes[5] = 7;
    expect(check(bytes)).toBe('bad-length');
  });

  it('ends the datagram before the padding', () => {
    expect(check(new Uint8Array([...DATAGRAM, 1, 2, 3]))).toBeNull();
  });
});
