import { describe, expect, it } from 'vitest';
import { CaptureError, MemorySink, PcapReader, PcapWriter, SNAP_LENGTH } from '../../src/capture/index.ts';
import type { CaptureRecord, PcapOptions } from '../../src/capture/index.ts';
import { ARP_REQUEST, hex, readAll, record } from './records.ts';

function write(records: readonly CaptureRecord[], options?: PcapOptions): Uint8Array {
  const sink = new MemorySink();
  const writer = new PcapWriter(sink, options);
  for (const one of records) writer.write(one);
  writer.flush();
  return sink.toBytes();
}

// draft-ietf-opsawg-pcap §4 and §5, put together by hand.
const NANOSECOND_FILE = hex(`
  4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000
  ffffff7f 15cd5b07 05000000 05000000 68656c6c6f
`);
const BIG_ENDIAN_MICROSECOND_FILE = hex(`
  a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001
  7fffffff 0001e240 00000005 00000064 68656c6c6f
`);
const HELLO = hex('68656c6c6f');

describe('PcapWriter', () => {
  it('writes the bytes that the specification asks for, with nanoseconds', () => {
    expect(write([record({ seconds: 0x7fffffff, nanoseconds: 123_456_789, bytes: HELLO })])).toEqual(NANOSECOND_FILE);
  });

  it('cuts nanoseconds to microseconds when asked to, and never rounds up into the next second', () => {
    const file = write([record({ seconds: 1, nanoseconds: 999_999_999, bytes: HELLO })], { resolution: 'microsecond' });
    expect(file.subarray(0, 4)).toEqual(hex('d4c3b2a1'));
    expect(file.subarray(24, 32)).toEqual(hex('01000000 3f420f00'));
  });

  it('keeps no more of a frame than the snap length, and its true length', () => {
    const [frame] = readAll(write([record({ bytes: HELLO })], { snapLength: 3 }));
    expect(frame).toMatchObject({ bytes: HELLO.subarray(0, 3), originalLength: 5, interface: { snapLength: 3 } });
  });

  it('takes a frame that lies inside a longer array', () => {
    const bytes = hex('dddddd 68656c6c6f dddd');
    expect(readAll(write([record({ bytes, at: 3, length: 5 })]))[0]!.bytes).toEqual(HELLO);
  });

  it('says the link type it is given', () => {
    expect(readAll(write([record({ bytes: HELLO })], { linkType: 101 }))[0]!.interface.linkType).toBe(101);
  });
});

describe('PcapReader', () => {
  it('reads big-endian microseconds, and a frame that was cut', () => {
    expect(readAll(BIG_ENDIAN_MICROSECOND_FILE)).toEqual([
      {
        interface: { name: '', linkType: 1, snapLength: 262_144, statistics: null },
        seconds: 0x7fffffff,
        nanoseconds: 123_456_000,
        bytes: HELLO,
        originalLength: 100,
        direction: 0,
        packetId: -1,
        comments: [],
      },
    ]);
  });

  it('reads what the writer wrote', () => {
    const records = [
      record({ seconds: 0, nanoseconds: 0, bytes: ARP_REQUEST }),
      record({ seconds: 4_294_967_295, nanoseconds: 999_999_999, bytes: new Uint8Array(0) }),
      record({ seconds: 5, nanoseconds: 6, bytes: new Uint8Array(SNAP_LENGTH).fill(7) }),
    ];
    const read = readAll(write(records));
    expect(read.map(({ seconds, nanoseconds }) => [seconds, nanoseconds])).toEqual([
      [0, 0],
      [4_294_967_295, 999_999_999],
      [5, 6],
    ]);
    expect(read.map(({ bytes }) => bytes)).toEqual(records.map(({ bytes }) => bytes));
  });

  it('carries a fraction that runs over a second', () => {
    const file = NANOSECOND_FILE.slice();
    file.set(hex('00000000 00943577'), 24); // 2,000,000,000 ns
    expect(readAll(file)[0]).toMatchObject({ seconds: 2, nanoseconds: 0 });
  });

  it('does not take the FCS length for a part of the link type', () => {
    const file = NANOSECOND_FILE.slice();
    file.set(hex('01000024'), 20);
    expect(readAll(file)[0]!.interface.linkType).toBe(1);
  });

  it('waits for more until it is told that there is none, then says what is cut off and where', () => {
    for (let length = 4; length < NANOSECOND_FILE.length; length++) {
      const reader = new PcapReader();
      reader.push(NANOSECOND_FILE.subarray(0, length));
      expect(reader.next()).toBeNull();
      reader.end();
      if (length === 24) expect(reader.next()).toBeNull();
      else expect(() => reader.next()).toThrow(length < 24 ? 'offset 0: a file header' : 'offset 24: a record');
    }
  });

  it('does not believe a record that claims more than a frame can have', () => {
    const file = NANOSECOND_FILE.slice();
    file.set(hex('ffffffff'), 32);
    expect(() => readAll(file)).toThrow('offset 24: a record claims 4294967295 captured bytes');
  });

  it('refuses other files and other versions', () => {
    const reader = new PcapReader();
    reader.push(new Uint8Array(24).fill(0x41));
    expect(() => reader.next()).toThrow(CaptureError);
    const file = NANOSECOND_FILE.slice();
    file[4] = 3;
    expect(() => readAll(file)).toThrow('offset 4: pcap version 3.4');
  });
});
