import { describe, expect, it } from 'vitest';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Tcp from '../../src/wire/tcp.ts';
import { TCP_SYN, TCP_SYN_ACK, toHex } from './frames.ts';

// tcpdump -S: Flags [S.], seq 2043824403, ack 603899917, win 64240, options [mss 1460], length 0
const SEGMENT = TCP_SYN_ACK.bytes.slice(34, 58);
const SOURCE = Ip4.parse('209.87.249.18')!;
const DESTINATION = Ip4.parse('192.168.1.11')!;

it('reads every field', () => {
  expect(Tcp.check(SEGMENT, 0, SEGMENT.length, SOURCE, DESTINATION)).toBeNull();
  expect(Tcp.parse(SEGMENT, 0)).toEqual({
    sourcePort: 53,
    destinationPort: 33_779,
    sequenceNumber: 2_043_824_403,
    acknowledgmentNumber: 603_899_917,
    headerLength: 24,
    flags: Tcp.Flag.Syn | Tcp.Flag.Ack,
    window: 64_240,
    checksum: 0xdded,
    urgentPointer: 0,
  });
});

it('writes the same bytes, whatever was in the buffer', () => {
  // The same segment as tcpdump shows third in that conversation, which has no options:
  // tcpdump -S: Flags [.], ack 2043824404, win 64240, length 0
  const bytes = new Uint8Array(20).fill(0xa5);
  Tcp.writeHeader(bytes, 0, 33_779, 53, 603_899_917, 2_043_824_404, Tcp.Flag.Ack, 64_240);
  Tcp.updateChecksum(bytes, 0, 20, DESTINATION, SOURCE);
  expect(toHex(bytes)).toBe('83f3003523fec80d79d249145010faf0f5aa0000');
});

describe('the check', () => {
  const check = (bytes: Uint8Array, end = bytes.length): unknown => Tcp.check(bytes, 0, end, SOURCE, DESTINATION);

  it('needs the header whole, options included', () => {
    for (let length = 0; length < 20; length++) expect(check(SEGMENT, length)).toBe('truncated');
    for (let length = 20; length < 24; length++) expect(check(SEGMENT, length)).toBe('bad-header-length');
    const bytes = SEGMENT.slice();
    bytes[12] = 0x40;
    expect(check(bytes)).toBe('bad-header-length');
  });

  it('covers the addresses and every bit', () => {
    for (let bit = 0; bit < 8 * SEGMENT.length; bit++) {
      const bytes = SEGMENT.slice();
      bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      expect(check(bytes)).not.toBeNull();
    }
    expect(Tcp.check(SEGMENT, 0, SEGMENT.length, SOURCE, SOURCE)).toBe('bad-checksum');
  });
});

it('stops at options that make no sense', () => {
  const bytes = TCP_SYN.bytes.slice(34);
  bytes[21] = 1;
  // tcpdump: … options [[bad opt]
  expect(Tcp.format.summarize(bytes, 0, bytes.length)).toBe('Flags [S], seq 603899916, win 64240, options [[bad opt]');
});
