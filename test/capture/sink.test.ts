import { describe, expect, it } from 'vitest';
import { Direction, MemorySink, PcapWriter, PcapngWriter } from '../../src/capture/index.ts';
import type { ByteSink } from '../../src/capture/index.ts';
import { Stage, STAGE_SIZE } from '../../src/capture/sink.ts';
import { record } from './records.ts';

/** Counts and forgets. */
class CountingSink implements ByteSink {
  writes = 0;
  bytes = 0;
  longest = 0;

  write(bytes: Uint8Array): void {
    this.writes++;
    this.bytes += bytes.length;
    this.longest = Math.max(this.longest, bytes.length);
  }
}

const RECORDS = 1_000_000;
const FRAME = record({ seconds: 1, bytes: new Uint8Array(106), direction: Direction.Outbound, packetId: 1 });

describe.each([
  ['pcap', 24, 16 + 106, (sink: ByteSink) => new PcapWriter(sink)],
  ['pcapng', 44 + 44, 32 + 108 + 24, (sink: ByteSink) => openPcapng(sink)],
] as const)('a million records of %s', (_, header, length, open) => {
  it('go through one buffer of a mebibyte', () => {
    const sink = new CountingSink();
    const before = process.memoryUsage().arrayBuffers;
    const writer = open(sink);
    let most = 0;
    for (let i = 0; i < RECORDS; i++) {
      writer.write(FRAME);
      if (i % 10_000 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    writer.flush();
    expect(sink.bytes).toBe(header + RECORDS * length);
    expect(sink.longest).toBeLessThanOrEqual(STAGE_SIZE);
    expect(sink.writes).toBe(Math.ceil(sink.bytes / sink.longest));
    expect(most).toBeLessThan(8 << 20);
  });
});

function openPcapng(sink: ByteSink): PcapngWriter {
  const writer = new PcapngWriter(sink);
  writer.addInterface({ name: 'h1.eth0' });
  return writer;
}

describe('Stage', () => {
  it('hands on nothing until it is full or told to', () => {
    const sink = new CountingSink();
    const stage = new Stage(sink);
    stage.reserve(STAGE_SIZE - 1);
    stage.reserve(1);
    expect(sink.writes).toBe(0);
    expect(stage.reserve(1)).toBe(0);
    expect(sink).toMatchObject({ writes: 1, bytes: STAGE_SIZE });
    stage.flush();
    stage.flush();
    expect(sink).toMatchObject({ writes: 2, bytes: STAGE_SIZE + 1 });
  });

  it('keeps what is held, however much, and hands on what was there before', () => {
    const sink = new MemorySink();
    const stage = new Stage(sink);
    const block = (value: number): number => {
      const at = stage.reserve(STAGE_SIZE / 2);
      stage.bytes.fill(value, at, at + STAGE_SIZE / 2);
      return at;
    };
    block(1);
    stage.hold();
    const { offset } = stage;
    for (const value of [2, 3, 4, 5]) block(value);
    expect(sink.toBytes()).toHaveLength(STAGE_SIZE / 2);
    stage.bytes.fill(6, stage.insert(offset, 4), stage.find(offset) + 4);
    stage.flush();
    expect(sink.toBytes()).toHaveLength(STAGE_SIZE / 2);
    stage.release();
    stage.flush();
    const written = sink.toBytes();
    expect(written).toHaveLength(2.5 * STAGE_SIZE + 4);
    expect([offset - 1, offset, offset + 3, offset + 4, written.length - 1].map((at) => written[at])).toEqual([
      1, 6, 6, 2, 5,
    ]);
  });

  it('writes no byte beyond those that were reserved for good', () => {
    const sink = new MemorySink();
    const stage = new Stage(sink);
    const lengths = [3, 256, 0, 700, 1];
    lengths.forEach((length, i) => {
      const from = new Uint8Array(700).fill(i + 1);
      stage.put(stage.reserve(length), from, 0, length);
    });
    stage.flush();
    expect([...sink.toBytes()]).toEqual(lengths.flatMap((length, i) => new Array<number>(length).fill(i + 1)));
  });

  it('goes on when the sink has failed, without what that was given', () => {
    const written: number[] = [];
    let fails = true;
    const stage = new Stage({
      write(bytes) {
        if (fails) throw new Error('full');
        written.push(...bytes);
      },
    });
    stage.put(stage.reserve(1), new Uint8Array([1]), 0, 1);
    stage.hold();
    stage.put(stage.reserve(1), new Uint8Array([2]), 0, 1);
    expect(() => stage.flush()).toThrow('full');
    fails = false;
    stage.release();
    stage.flush();
    expect(written).toEqual([2]);
  });

  it('refuses a block that it can never hold, and stays as it was', () => {
    const sink = new CountingSink();
    const stage = new Stage(sink);
    expect(() => stage.reserve(STAGE_SIZE + 1)).toThrow(RangeError);
    stage.flush();
    expect(sink.writes).toBe(0);
  });
});

describe('MemorySink', () => {
  it('keeps its own copy', () => {
    const sink = new MemorySink();
    const bytes = new Uint8Array([1, 2]);
    sink.write(bytes);
    bytes.fill(0xdd);
    sink.write(bytes);
    expect(sink.toBytes()).toEqual(new Uint8Array([1, 2, 0xdd, 0xdd]));
  });
});
