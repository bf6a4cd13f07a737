import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Direction, MemorySink, PcapngReader, PcapngWriter, SNAP_LENGTH } from '../../src/capture/index.ts';
import type { CaptureRecord, InterfaceDescription, PcapngOptions } from '../../src/capture/index.ts';
import type { Ip4 } from '../../src/wire/ip4.ts';
import type { Mac } from '../../src/wire/mac.ts';
import { capinfos, check, fields, tshark, whyNot } from '../check-pcap.ts';
import { ARP_REQUEST, UDP_DATAGRAM, hex, readAll, record } from './records.ts';

const H1_ETH0: InterfaceDescription = {
  name: 'h1.eth0',
  description: 'link h1.eth0–s1.port1',
  mac: 0x0200_0000_0001 as Mac,
  ip: 0xc000_0201 as Ip4,
  mask: 0xffff_ff00 as Ip4,
  speed: 10_000_000_000,
};

function write(use: (writer: PcapngWriter) => void, options?: PcapngOptions): Uint8Array {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink, options);
  use(writer);
  writer.flush();
  return sink.toBytes();
}

/** Records on one interface. */
function writeRecords(...records: readonly CaptureRecord[]): Uint8Array {
  return write((writer) => {
    writer.addInterface({ name: 'eth0' });
    for (const one of records) writer.write(one);
  });
}

// draft-ietf-opsawg-pcapng §4, put together by hand.
const SECTION_HEADER = hex(`
  0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff
  0400 0700 776972656c6162 00         // shb_userappl: wirelab
  0000 0000 2c000000
`);
const INTERFACE = hex(`
  01000000 6c000000 0100 0000 00000400
  0200 0700 68312e65746830 00         // if_name: h1.eth0
  0300 1700 6c696e6b2068312e65746830e2809373312e706f727431 00
  0400 0800 c0000201 ffffff00         // if_IPv4addr
  0600 0600 020000000001 0000         // if_MACaddr
  0800 0800 00e40b5402000000          // if_speed
  0900 0100 09 000000                 // if_tsresol: 10^-9
  0000 0000 6c000000
`);
const NAMES = hex(`
  04000000 28000000
  0100 0700 c0000201 683100 00        // 192.0.2.1: h1
  0100 0700 c0000202 683200 00        // 192.0.2.2: h2
  0000 0000
  28000000
`);
const PACKET = hex(`
  06000000 54000000 00000000 fe9c9717 15cd853d 05000000 2a000000
  68656c6c6f 000000
  0200 0400 02000000                  // epb_flags: outbound
  0500 0800 0700000001000000          // epb_packetid
  0100 0500 c3bc626572 000000         // opt_comment
  0100 0200 6f6b 0000
  0000 0000 54000000
`);
const STATISTICS = hex(`
  05000000 4c000000 00000000 fe9c9717 15cd853d
  0200 0800 fe9c9717 00002a36         // isb_starttime
  0300 0800 fe9c9717 15cd853d         // isb_endtime
  0400 0800 0100000000000000          // isb_ifrecv
  0500 0800 0000000002000000          // isb_ifdrop
  0000 0000 4c000000
`);
const NOW = { seconds: 1_700_000_000, nanoseconds: 123_456_789 };

function wholeFile(): Uint8Array {
  return write((writer) => {
    writer.addInterface(H1_ETH0);
    writer.addNames([
      [0xc000_0201 as Ip4, 'h1'],
      [0xc000_0202 as Ip4, 'h2'],
    ]);
    writer.write(
      record({
        ...NOW,
        bytes: hex('68656c6c6f'),
        originalLength: 42,
        direction: Direction.Outbound,
        packetId: 0x1_0000_0007,
        comments: ['über', '', 'ok'],
      }),
    );
    const start = { seconds: 1_700_000_000, nanoseconds: 0 };
    writer.addStatistics(0, { start, end: NOW, received: 1, dropped: 0x2_0000_0000 });
  });
}

function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A section header in the other byte order. */
const BIG_ENDIAN_HEADER = hex('0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c');

function bigEndianInterface(...options: readonly string[]): Uint8Array {
  const length = (20 + hex(options.join('')).length).toString(16).padStart(8, '0');
  return hex(`00000001 ${length} 0001 0000 00000000 ${options.join('')} ${length}`);
}

function bigEndianPacket(upper: string, lower: string): Uint8Array {
  return hex(`00000006 00000024 00000000 ${upper} ${lower} 00000001 00000001 aa000000 00000024`);
}

describe('PcapngWriter', () => {
  it('writes the bytes that the specification asks for', () => {
    expect(wholeFile()).toEqual(concatenate(SECTION_HEADER, INTERFACE, NAMES, PACKET, STATISTICS));
  });

  it('says hardware and operating system only where it is told', () => {
    const file = write(() => undefined, { hardware: 'lab', os: 'none', application: '' });
    expect(file.subarray(24)).toEqual(hex('0200 0300 6c616200 0300 0400 6e6f6e65 0000 0000 30000000'));
  });

  it('leaves options away where there is nothing to say', () => {
    const file = writeRecords(record({ bytes: hex('01020304') }));
    expect(file.subarray(-36)).toEqual(
      hex('06000000 24000000 00000000 00000000 00000000 04000000 04000000 01020304 24000000'),
    );
  });

  it('keeps no more of a frame than the snap length', () => {
    const file = write(
      (writer) => {
        writer.addInterface({ name: '' });
        writer.write(record({ bytes: ARP_REQUEST }));
      },
      { snapLength: 14 },
    );
    expect(readAll(file)[0]).toMatchObject({ bytes: ARP_REQUEST.subarray(0, 14), originalLength: 42 });
  });

  it.each([
    ['', []],
    ['other ', ['other']],
  ])('puts a comment on a record that stands already, before those it has: %s', (_, comments) => {
    const records = [
      record({ bytes: UDP_DATAGRAM, comments }),
      record({ bytes: UDP_DATAGRAM, comments, direction: Direction.Inbound }),
      record({ bytes: UDP_DATAGRAM, comments, packetId: 7 }),
      record({ bytes: UDP_DATAGRAM, comments, direction: Direction.Inbound, packetId: 7 }),
    ];
    const afterwards = write((writer) => {
      writer.addInterface({ name: 'eth0' });
      writer.hold();
      const offsets = records.map((one) => {
        const { offset } = writer;
        writer.write(one);
        return offset;
      });
      // From the last, so that the others stay where they are.
      for (const offset of offsets.reverse()) {
        const before = writer.offset;
        expect(writer.comment(offset, 'lost')).toBe(writer.offset - before);
      }
      writer.release();
    });
    const atOnce = records.map((one) => Object.assign(one, { comments: ['lost', ...comments] }));
    expect(afterwards).toEqual(writeRecords(...atOnce));
  });

  it('cuts a comment that is longer than an option can be between two characters', () => {
    const [frame] = readAll(writeRecords(record({ bytes: ARP_REQUEST, comments: ['€'.repeat(30_000)] })));
    expect(frame!.comments.map((comment) => comment.length)).toEqual([21_844]);
    expect(/^€*$/.test(frame!.comments[0]!)).toBe(true);
  });

  it('writes every byte, whatever was in its buffer before', () => {
    const blocks = (before: (writer: PcapngWriter) => void): Uint8Array => {
      const sink = new MemorySink();
      const writer = new PcapngWriter(sink);
      before(writer);
      writer.flush();
      const { length } = sink.toBytes();
      writer.addInterface(H1_ETH0);
      writer.addNames([[0xc000_0201 as Ip4, 'h1']]);
      writer.write(record({ bytes: hex('68656c6c6f'), packetId: 1, direction: Direction.Inbound, comments: ['x'] }));
      writer.addStatistics(0, { start: NOW, end: NOW, received: 1, dropped: 1 });
      writer.flush();
      return sink.toBytes().subarray(length);
    };
    const dirty = blocks((writer) => {
      const noise = record({ bytes: new Uint8Array(SNAP_LENGTH).fill(0xff) });
      for (let i = 0; i < 5; i++) writer.write(noise);
    });
    expect(dirty).toEqual(blocks(() => undefined));
  });

  it('spreads many names over several blocks, and cuts none', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => [i as Ip4, `host-${i}`] as const);
    const reader = new PcapngReader();
    reader.push(write((writer) => writer.addNames(names)));
    expect(reader.next()).toBeNull();
    expect([...reader.names]).toEqual(names);
  });
});

describe('PcapngReader', () => {
  it('reads what the writer wrote', () => {
    const file = wholeFile();
    const reader = new PcapngReader();
    reader.push(file);
    const read = reader.next()!;
    expect(read).toMatchObject({ ...NOW, interfaceId: 0, length: 5, originalLength: 42, packetId: 0x1_0000_0007 });
    expect(read.direction).toBe(Direction.Outbound);
    expect(read.comments).toEqual(['über', 'ok']);
    expect(reader.next()).toBeNull();
    expect(reader.interfaces).toEqual([
      { ...H1_ETH0, linkType: 1, snapLength: SNAP_LENGTH, statistics: { received: 1, dropped: 0x2_0000_0000 } },
    ]);
    expect([...reader.names]).toEqual([
      [0xc000_0201, 'h1'],
      [0xc000_0202, 'h2'],
    ]);
  });

  it('reads back any record', () => {
    const fields = fc.record({
      seconds: fc.nat({ max: 0xffff_ffff }),
      nanoseconds: fc.nat({ max: 999_999_999 }),
      bytes: fc.uint8Array({ maxLength: 100 }),
      originalLength: fc.nat(),
      direction: fc.constantFrom(0, 1, 2),
      packetId: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
      comments: fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fields, (given) => {
        const [read] = readAll(writeRecords(record(given)));
        expect(read).toMatchObject(given);
      }),
    );
  });

  it('reads a section in the other byte order, and each section with interfaces of its own', () => {
    const read = readAll(
      concatenate(
        writeRecords(record({ seconds: 1, bytes: ARP_REQUEST })),
        BIG_ENDIAN_HEADER,
        bigEndianInterface('0002 0001 61000000'),
        bigEndianPacket('00000000', '000f4241'),
      ),
    );
    expect(read.map((frame) => [frame.interface.name, frame.seconds, frame.nanoseconds])).toEqual([
      ['eth0', 1, 0],
      ['a', 1, 1_000], // Microseconds, as no if_tsresol says otherwise.
    ]);
  });

  it.each([
    ['seconds', '0009 0001 00000000', '00000000', '00000007', 7, 0],
    ['milliseconds', '0009 0001 03000000', '00000000', '000003e9', 1, 1_000_000],
    ['nanoseconds', '0009 0001 09000000', '17979cfe', '3d85cd15', 1_700_000_000, 123_456_789],
    ['picoseconds', '0009 0001 0c000000', '000000e8', 'd4a51007', 1, 0],
    ['1/1024 s', '0009 0001 8a000000', '00000000', '00000600', 1, 500_000_000],
    ['2^-32 s', '0009 0001 a0000000', '00000005', '40000000', 5, 250_000_000],
    ['microseconds, an offset', '000e 0008 ffffffffffffffff', '00000000', '001e8480', 1, 0],
    ['the last nanosecond', '0009 0001 09000000', 'ffffffff', 'ffffffff', 18_446_744_073, 709_551_615],
  ])('reads timestamps in %s', (_, option, upper, lower, seconds, nanoseconds) => {
    const file = concatenate(BIG_ENDIAN_HEADER, bigEndianInterface(option), bigEndianPacket(upper, lower));
    expect(readAll(file)[0]).toMatchObject({ seconds, nanoseconds });
  });

  it('reads any timestamp in any resolution', () => {
    const exponent = fc.oneof(fc.nat({ max: 12 }), fc.integer({ min: 0x80, max: 0xbf }));
    const anyTicks = fc.bigInt({ min: 1n, max: (1n << 64n) - 2n });
    // As they are, and just before, at and behind a full second.
    const shift = fc.constantFrom(null, -1n, 0n, 1n);
    fc.assert(
      fc.property(exponent, anyTicks, shift, (resolution, any, near) => {
        const unit = resolution < 0x80 ? 10n ** BigInt(resolution) : 1n << BigInt(resolution & 0x7f);
        const ticks = near === null ? any : BigInt.asUintN(64, any - (any % unit) + near);
        const option = `0009 0001 ${resolution.toString(16).padStart(2, '0')}000000`;
        const digits = ticks.toString(16).padStart(16, '0');
        const packet = bigEndianPacket(digits.slice(0, 8), digits.slice(8));
        expect(readAll(concatenate(BIG_ENDIAN_HEADER, bigEndianInterface(option), packet))[0]).toMatchObject({
          seconds: Number(ticks / unit),
          nanoseconds: Number(((ticks % unit) * 1_000_000_000n) / unit),
        });
      }),
      { numRuns: 4_000 },
    );
  });

  it('reads simple packets, as long as the snap length leaves them', () => {
    const reader = new PcapngReader();
    reader.push(
      concatenate(
        SECTION_HEADER,
        hex('01000000 14000000 0100 0000 03000000 14000000'),
        hex('03000000 14000000 05000000 61626300 14000000'),
        hex('03000000 14000000 02000000 61620000 14000000'),
      ),
    );
    expect(reader.next()).toMatchObject({ length: 3, originalLength: 5, seconds: 0, nanoseconds: 0 });
    expect(reader.next()).toMatchObject({ length: 2, originalLength: 2 });
    expect(reader.next()).toBeNull();
  });

  it('reads the obsolete packet block, whose interface has 16 bits', () => {
    const file = concatenate(
      SECTION_HEADER,
      hex('01000000 14000000 0100 0000 00000000 14000000'),
      hex(`
        02000000 30000000 0000 0300 00000000 40420f00 02000000 02000000
        61620000 0200 0400 01000000 0000 0000 30000000
      `),
    );
    expect(readAll(file)).toMatchObject([{ seconds: 1, bytes: hex('6162'), direction: Direction.Inbound }]);
  });

  it('skips blocks and options that it does not know', () => {
    const file = concatenate(
      SECTION_HEADER,
      hex('ad0b0000 14000000 01020304 05060708 14000000'), // Custom Block
      hex('0a000000 0c000000 0c000000'),
      hex('01000000 20000000 0100 0000 00000000 ac0b 0400 01020304 00000000 20000000'),
      hex('06000000 2c000000 00000000 00000000 01000000 00000000 00000000 0300 0100 02000000 0000 0000 2c000000'),
    );
    expect(readAll(file)).toHaveLength(1);
  });

  it('skips a section of another version, and takes 1.2 for 1.0', () => {
    const other = SECTION_HEADER.slice();
    other[12] = 2;
    const minorTwo = SECTION_HEADER.slice();
    minorTwo[14] = 2;
    const records = concatenate(INTERFACE, PACKET);
    expect(readAll(concatenate(other, PACKET, minorTwo, records))).toHaveLength(1);
  });

  it('takes text that is no UTF-8 for what it can', () => {
    const file = concatenate(SECTION_HEADER, INTERFACE, PACKET);
    const at = SECTION_HEADER.length + INTERFACE.length + 60;
    expect(file[at]).toBe(0xc3);
    file[at] = 0xff;
    expect(readAll(file)[0]!.comments).toEqual(['��ber', 'ok']);
  });

  it.each([
    ['no section header in front', hex('01000000 0c000000 0c000000'), 'offset 0: a pcapng file starts with'],
    ['no byte order', hex('0a0d0d0a 0c000000 00000000'), 'offset 8: no byte-order magic'],
    [
      'a short section header',
      hex('0a0d0d0a 14000000 4d3c2b1a 0100 0000 14000000'),
      'offset 8: a section header needs',
    ],
    [
      'a length that is no multiple of four',
      concatenate(SECTION_HEADER, hex('06000000 0d000000 00000000')),
      'offset 48: a block of 13 bytes',
    ],
    [
      'a length below the least',
      concatenate(SECTION_HEADER, hex('06000000 08000000 00000000')),
      'offset 48: a block of 8 bytes',
    ],
    [
      'a length beyond reason',
      concatenate(SECTION_HEADER, hex('06000000 fcffffff 00000000')),
      'offset 48: a block of 4294967292 bytes',
    ],
    [
      'two lengths that differ',
      concatenate(SECTION_HEADER, hex('06000000 0c000000 10000000')),
      "offset 52: a block's length is 12 in front and 16 behind",
    ],
    [
      'an interface that is not declared',
      concatenate(SECTION_HEADER, PACKET),
      'offset 52: interface 0, but the section has declared 0',
    ],
    [
      'an interface of the section before',
      concatenate(SECTION_HEADER, INTERFACE, SECTION_HEADER, PACKET),
      'interface 0, but',
    ],
    [
      'more captured than the block has',
      concatenate(
        SECTION_HEADER,
        INTERFACE,
        hex('06000000 20000000 00000000 00000000 00000000 01000000 01000000 20000000'),
      ),
      'claims 1 captured bytes',
    ],
    [
      'an option beyond the block',
      concatenate(SECTION_HEADER, hex('01000000 18000000 0100 0000 00000000 0200 ffff 18000000')),
      'an option needs',
    ],
    [
      'an option of the wrong size',
      concatenate(SECTION_HEADER, hex('01000000 1c000000 0100 0000 00000000 0900 0200 09090000 1c000000')),
      'if_tsresol has 2 bytes instead of 1',
    ],
    [
      'a name record without a name',
      concatenate(SECTION_HEADER, hex('04000000 18000000 0100 0400 c0000201 0000 0000 18000000')),
      'no room for a name',
    ],
    [
      'names without an end',
      concatenate(SECTION_HEADER, hex('04000000 0c000000 0c000000')),
      'a name record needs 4 bytes',
    ],
  ])('refuses %s', (_, file, message) => {
    expect(() => readAll(file)).toThrow(message);
  });

  it('waits for more until it is told that there is none, then says what is cut off and where', () => {
    const file = wholeFile();
    const ends = new Set([44, 152, 192, 276, 352]);
    expect(ends.has(file.length)).toBe(true);
    for (let length = 4; length < file.length; length++) {
      const reader = new PcapngReader();
      reader.push(file.subarray(0, length));
      while (reader.next() !== null);
      reader.end();
      if (ends.has(length)) expect(reader.next()).toBeNull();
      else expect(() => reader.next()).toThrow('is cut off');
    }
  });
});

const missing = whyNot();

describe.skipIf(missing !== null)(`tshark${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  const file = write((writer) => {
    writer.addInterface(H1_ETH0);
    writer.addInterface({ name: 'h2.eth0', filter: 'udp port 7' });
    writer.addNames([[0xc000_0202 as Ip4, 'h2.example']]);
    const dropped = ['dropped: no-socket (no socket has this port)', 'corrupted on the link'];
    writer.write(record({ ...NOW, bytes: ARP_REQUEST, direction: Direction.Outbound, packetId: 1 }));
    writer.write(
      record({
        ...NOW,
        nanoseconds: 123_456_790,
        bytes: UDP_DATAGRAM,
        direction: Direction.Inbound,
        packetId: 2,
        interfaceId: 1,
        comments: dropped,
      }),
    );
    writer.addStatistics(0, { start: NOW, end: NOW, received: 1, dropped: 0 });
    writer.addStatistics(1, { start: NOW, end: NOW, received: 1, dropped: 7 });
  });

  it('finds nothing to complain of', () => {
    expect(check(file, ['--frames', '2', '--need', 'ip=1', '--need', 'udp=1'])).toEqual({
      status: 0,
      text: expect.stringContaining('2 frames, 0 offending') as string,
    });
  });

  it('reads names, times, directions, ids and comments as they were written', () => {
    expect(
      fields(file, [
        'frame.interface_name',
        'frame.interface_description',
        'frame.time_epoch',
        'frame.packet_flags_direction',
        'frame.packet_id',
        'frame.comment',
        'frame.len',
      ]),
    ).toEqual([
      ['h1.eth0', 'link h1.eth0–s1.port1', '1700000000.123456789', '0x00000002', '1', '', '42'],
      [
        'h2.eth0',
        '',
        '1700000000.123456790',
        '0x00000001',
        '2',
        'dropped: no-socket (no socket has this port)|corrupted on the link',
        '47',
      ],
    ]);
  });

  it('shows the name of an address', () => {
    expect(tshark(file, ['-N', 'n', '-Y', 'udp', '-T', 'fields', '-e', 'ip.dst_host'])).toBe('h2.example\n');
  });

  it('and capinfos reads the interfaces with their speed, filter and statistics', () => {
    const report = capinfos(file);
    expect(report).toContain('Name = h1.eth0');
    expect(report).toContain('Speed = 10000000000');
    expect(report).toContain('Filter string = udp port 7');
    expect(report).toContain('Time precision = nanoseconds (9)');
    expect(report).toContain('Number of stat entries = 1');
    expect(report).toContain('Capture application: wirelab');
  });
});
