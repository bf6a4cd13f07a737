import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaptureError, Direction, MemorySink, PcapReader, PcapWriter, PcapngWriter } from '../../src/capture/index.ts';
import { ARP_REQUEST, UDP_DATAGRAM, pieces, readAll, record } from './records.ts';

const RECORDS = [
  record({ seconds: 1, nanoseconds: 2, bytes: ARP_REQUEST }),
  record({
    seconds: 3,
    nanoseconds: 4,
    bytes: UDP_DATAGRAM,
    direction: Direction.Inbound,
    packetId: 5,
    comments: ['6'],
  }),
  record({ seconds: 7, nanoseconds: 8, bytes: new Uint8Array(0) }),
];

function pcap(): Uint8Array {
  const sink = new MemorySink();
  const writer = new PcapWriter(sink);
  for (const one of RECORDS) writer.write(one);
  writer.flush();
  return sink.toBytes();
}

function pcapng(): Uint8Array {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  writer.addInterface({ name: 'h1.eth0' });
  for (const one of RECORDS) writer.write(one);
  writer.flush();
  return sink.toBytes();
}

const BOTH = [
  ['pcap', pcap()],
  ['pcapng', pcapng()],
] as const;

describe.each(BOTH)('readCapture on %s', (_, file) => {
  it('reads the same whole and in pieces of any size, though each piece is spoilt after it was read', () => {
    const whole = readAll(file);
    expect(whole).toHaveLength(RECORDS.length);
    for (let size = 1; size < file.length; size++) expect(readAll(pieces(file, size))).toEqual(whole);
  });

  it('says so when the file is cut off in a record, wherever that is', () => {
    const cut = Array.from({ length: file.length }, (_, length) => file.subarray(0, length));
    const ends = cut.filter((part) => {
      try {
        readAll(part);
        return true;
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error;
        expect(error.offset).toBeLessThanOrEqual(part.length);
        return false;
      }
    });
    // Behind the headers, and behind each record but the last.
    expect(ends.length).toBeGreaterThanOrEqual(RECORDS.length);
    expect(ends.length).toBeLessThanOrEqual(RECORDS.length + 2);
  });

  it('never throws anything but a CaptureError, and comes to an end, whatever bytes are changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 300 }), (changed, size) => {
        const bad = file.slice();
        for (const [at, byte] of changed) bad[at] = byte;
        expectFramesOrError(bad, size);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does the same with any bytes behind the headers', () => {
    const header = file.subarray(0, file === BOTH[0][1] ? 24 : 80);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        expectFramesOrError(Uint8Array.from([...header, ...tail]), 64);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('readCapture', () => {
  it('refuses what is neither', () => {
    expect(() => readAll(new Uint8Array(0))).toThrow('offset 0: 0 bytes are no capture file');
    expect(() => readAll(new Uint8Array(100))).toThrow('offset 0: a pcapng file starts with a section header');
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expectFramesOrError(bytes, 7)));
  });

  it('holds no more of a file than the record at hand', () => {
    // 64 MiB in pieces of 1,000 bytes, so that almost each of them cuts a record.
    const bytes = new Uint8Array(262_144);
    const sink = new MemorySink();
    const writer = new PcapWriter(sink);
    for (let i = 0; i < 4; i++) writer.write(record({ bytes }));
    writer.flush();
    const [header, records] = [sink.toBytes().subarray(0, 24), sink.toBytes().subarray(24)];
    function* file(): Generator<Uint8Array> {
      yield header;
      for (let i = 0; i < 64; i++)
        for (let at = 0; at < records.length; at += 1_000) yield records.subarray(at, at + 1_000);
    }
    const before = process.memoryUsage().arrayBuffers;
    let frames = 0;
    let most = 0;
    for (const frame of readInTurn(file())) {
      frames += frame;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(frames).toBe(256);
    expect(most).toBeLessThan(32 << 20);
  });
});

function* readInTurn(file: Iterable<Uint8Array>): Generator<number> {
  const reader = new PcapReader();
  for (const piece of file) {
    reader.push(piece);
    while (reader.next() !== null) yield 1;
  }
}

function expectFramesOrError(file: Uint8Array, size: number): void {
  try {
    for (const { bytes, seconds, nanoseconds } of readAll(pieces(file, size))) {
      expect(bytes.length).toBeLessThanOrEqual(file.length);
      expect(Number.isFinite(seconds) && nanoseconds >= 0 && nanoseconds < 1_000_000_000).toBe(true);
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
}

const CAPTURES = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
const there = existsSync(CAPTURES);

describe.skipIf(!there)(`the captures of the tcpdump project${there ? '' : ` (skipped: no ${CAPTURES})`}`, () => {
  interface Reading {
    readonly time: string;
    readonly len: number;
    readonly caplen: number;
  }
  const names = there ? readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

  it.each(names)('reads %s as tshark does', (name) => {
    const readings = JSON.parse(readFileSync(`${CAPTURES}${name}.json`, 'utf8')) as Reading[];
    const frames = readAll(readFileSync(CAPTURES + name)).map(({ seconds, nanoseconds, bytes, originalLength }) => ({
      time: `${seconds}.${String(nanoseconds).padStart(9, '0')}`,
      len: originalLength,
      caplen: bytes.length,
    }));
    expect(frames).toEqual(readings.map(({ time, len, caplen }) => ({ time, len, caplen })));
  });
});
