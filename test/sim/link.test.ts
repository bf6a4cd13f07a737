import { describe, expect, it } from 'vitest';
import { charge, FRAME_OVERHEAD } from '../../src/sim/frame.ts';
import type { SendCharge } from '../../src/sim/frame.ts';
import type { LinkSettings } from '../../src/sim/link-settings.ts';
import { Simulator } from '../../src/sim/simulator.ts';
import { MICROSECOND, MILLISECOND, SECOND } from '../../src/sim/time.ts';
import { numbered, pair, scribe, sink } from './sinks.ts';
import type { Arrival } from './sinks.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** How many of `count` must lie in for a probability, up to four standard deviations: wrong once in 16,000 times. */
function expectShare(hits: number, count: number, probability: number): void {
  const deviation = Math.sqrt(count * probability * (1 - probability));
  expect(Math.abs(hits - count * probability)).toBeLessThan(4 * deviation);
}

describe('time on the wire', () => {
  // IEEE 802.3: 8 octets of preamble and delimiter, 4 of FCS and 12 of gap around every frame, which is padded to 60.
  const cases: [length: number, bandwidth: number, serialization: number][] = [
    [60, 1_000_000_000, 672], // The well-known 672 ns, or 1,488,095 frames a second.
    [42, 1_000_000_000, 672],
    [14, 1_000_000_000, 672],
    [61, 1_000_000_000, 680],
    [1_514, 1_000_000_000, 12_304], // 1538 octets: 81,274 frames a second.
    [60, 10_000_000, 67_200],
    [1_514, 10_000_000_000, 1_231], // 1230.4, rounded up.
    [60, 3, 224_000_000_000],
    [60, 7, 96_000_000_000],
    [61, 7, 97_142_857_143], // 680 / 7 s = 97.142857142857… s
    [60, 1_000_000_000_000, 1], // 0.672
    [60, 1, 672_000_000_000],
  ];
  it.each(cases)('of %i bytes at %i bit/s is %i ns', (length, bandwidth, serialization) => {
    const { simulator, send, arrivals } = pair({ bandwidth, delay: 1_000 });
    send(1, length);
    simulator.runUntil(Infinity);
    expect(arrivals).toEqual([
      { time: serialization + 1_000, node: 'h2', port: 0, length, label: 1, corrupted: false },
    ]);
  });

  it('of one frame follows that of the frame before it', () => {
    const { simulator, send, arrivals } = pair();
    send(3);
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time }) => time)).toEqual([100_672, 101_344, 102_016]);
  });

  it('does not depend on what goes the other way: the link is full duplex', () => {
    const { simulator, h1, h2, arrivals } = pair();
    h1.transmit(0, numbered(h1, 1));
    h2.transmit(0, numbered(h2, 2));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time, node, label }) => [time, node, label])).toEqual([
      [100_672, 'h2', 1],
      [100_672, 'h1', 2],
    ]);
  });

  it('can be set for each direction', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 1);
    const h2 = simulator.createNode('h2', 1);
    simulator.connect(h1, 0, h2, 0, { settings: { delay: 5 }, backward: { delay: 7, bandwidth: 500_000_000 } });
    const arrivals: Arrival[] = [];
    sink(h1, arrivals);
    sink(h2, arrivals);
    h1.transmit(0, numbered(h1, 1));
    h2.transmit(0, numbered(h2, 2));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time }) => time)).toEqual([677, 1_351]);
  });
});

describe('frames that arrive at the same time', () => {
  it('come in the order in which they were sent, also over different links', () => {
    const simulator = new Simulator({ seed: 1 });
    const hub = simulator.createNode('hub', 10);
    const arrivals: Arrival[] = [];
    sink(hub, arrivals);
    const hosts = upTo(10).map((n) => simulator.createNode(`h${n}`, 1));
    hosts.forEach((host, i) => simulator.connect(host, 0, hub, i));
    const order = [3, 7, 1, 0, 9, 2, 8, 4, 6, 5];
    for (const i of order) hosts[i]!.transmit(0, numbered(hosts[i]!, i));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ label }) => label)).toEqual(order);
    expect(new Set(arrivals.map(({ time }) => time)).size).toBe(1);
  });

  it('keep that order when one of them waits behind another on its link', () => {
    const simulator = new Simulator({ seed: 1 });
    const end = simulator.createNode('end', 2);
    const h1 = simulator.createNode('h1', 1);
    const h2 = simulator.createNode('h2', 1);
    const arrivals: Arrival[] = [];
    sink(end, arrivals);
    simulator.connect(h1, 0, end, 0, { settings: { delay: 1_000 } });
    simulator.connect(h2, 0, end, 1, { settings: { delay: 1_672 } });
    // h1's second frame arrives at 672 + 672 + 1000, and so does h2's, which was sent in between.
    h1.transmit(0, numbered(h1, 1));
    h1.transmit(0, numbered(h1, 2));
    h2.transmit(0, numbered(h2, 3));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time, label }) => [time, label])).toEqual([
      [1_672, 1],
      [2_344, 2],
      [2_344, 3],
    ]);
  });
});

describe('the queue', () => {
  it('holds as many packets as its limit says beside the one that goes out', () => {
    const { simulator, h1, direction, send, labels } = pair({ queue: { packets: 3 } });
    send(6);
    expect(direction.queue).toEqual({ packets: 3, bytes: 180 });
    expect(h1.drops).toEqual(new Map([['queue-full', 2]]));
    expect(direction.drops).toEqual(new Map([['queue-full', 2]]));
    expect(labels()).toEqual([1, 2, 3, 4]);
    expect(simulator.pool.waiting).toBe(0);
  });

  it('of none lets a frame through when the wire is free, and only then', () => {
    const { simulator, h1, send, labels } = pair({ queue: { packets: 0 } });
    send(2);
    simulator.runUntil(671);
    h1.transmit(0, numbered(h1, 3));
    simulator.runUntil(672);
    h1.transmit(0, numbered(h1, 4));
    expect(labels()).toEqual([1, 4]);
    expect(h1.drops.get('queue-full')).toBe(2);
  });

  it('can be limited in bytes, without FCS and padding', () => {
    const { direction, h1, send, labels } = pair({ queue: { bytes: 250 } });
    send(1, 1_000);
    for (const [label, length] of [
      [2, 100],
      [3, 100],
      [4, 51],
      [5, 50],
      [6, 1],
    ] as const) {
      h1.transmit(0, numbered(h1, label, Math.max(length, 4)));
    }
    expect(direction.queue).toEqual({ packets: 3, bytes: 250 });
    expect(labels()).toEqual([1, 2, 3, 5]);
    expect(h1.drops.get('queue-full')).toBe(2);
  });

  it('empties as the frames begin to go out, one at a time', () => {
    const { simulator, direction, send } = pair();
    send(4);
    const seen = [0, 671, 672, 1_343, 1_344, 2_016].map((time) => {
      simulator.runUntil(time);
      return direction.queue;
    });
    expect(seen).toEqual([3, 3, 2, 2, 1, 0].map((packets) => ({ packets, bytes: packets * 60 })));
  });

  it('lets 1,000 packets wait unless told otherwise', () => {
    const { h1, send, labels } = pair();
    send(1_005);
    expect(h1.drops.get('queue-full')).toBe(4);
    expect(labels()).toEqual(upTo(1_001));
  });
});

describe('the MTU of a link', () => {
  it('is the length of the IP datagram, without the Ethernet header', () => {
    const { h1, arrivals, simulator } = pair({ mtu: 1_500 });
    h1.transmit(0, numbered(h1, 1, 1_514));
    h1.transmit(0, numbered(h1, 2, 1_515));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ label }) => label)).toEqual([1]);
    expect(h1.drops).toEqual(new Map([['exceeds-mtu', 1]]));
  });

  it('leaves room for an 802.1Q tag', () => {
    const { h1, labels } = pair({ mtu: 1_500 });
    for (const length of [1_518, 1_519]) {
      const frame = numbered(h1, length, length);
      frame.bytes.set([0x81, 0x00], 12);
      h1.transmit(0, frame);
    }
    expect(labels()).toEqual([1_518]);
  });
});

describe('the carrier', () => {
  it('goes: what is queued and on the wire dies, both ways, and the devices are told', () => {
    const { simulator, h1, h2, link, direction, send, labels } = pair();
    const told: string[] = [];
    for (const node of [h1, h2]) {
      node.attach(
        node,
        (self, _, frame) => self.consume(frame),
        (self, port, up) => void told.push(`${self.now} ${self.name}.${port} ${up ? 'up' : 'down'}`),
      );
    }
    send(5);
    h2.transmit(0, numbered(h2, 9));
    simulator.runUntil(700);
    link.setCarrier(false);
    expect(told).toEqual(['700 h1.0 down', '700 h2.0 down']);
    expect([h1.hasCarrier(0), h2.hasCarrier(0)]).toEqual([false, false]);
    expect(h1.drops).toEqual(new Map([['link-down', 5]]));
    expect(h2.drops).toEqual(new Map([['link-down', 1]]));
    expect(direction.queue).toEqual({ packets: 0, bytes: 0 });
    expect(simulator.pool.waiting).toBe(0);
    expect(simulator.nextEventTime()).toBeNull();

    send(1);
    expect(h1.drops.get('link-down')).toBe(6);
    expect(labels()).toEqual([]);
  });

  it('comes back: the wire is free at once', () => {
    const { simulator, h1, link, arrivals, send } = pair({ bandwidth: 1_000 });
    send(5);
    link.setCarrier(false);
    link.setCarrier(true);
    link.set({ bandwidth: 1_000_000_000 });
    simulator.runUntil(1_000);
    h1.transmit(0, numbered(h1, 9));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time, label }) => [time, label])).toEqual([[101_672, 9]]);
  });

  it('kills what is held and what was held back for reordering', () => {
    const { simulator, link, h1, send, labels } = pair({ reorder: 1 });
    send(3);
    link.directions[0]!.set({ held: true });
    send(2);
    link.setCarrier(false);
    expect(h1.drops).toEqual(new Map([['link-down', 5]]));
    expect(simulator.pool.waiting).toBe(0);
    link.directions[0]!.set({ held: false });
    expect(labels()).toEqual([]);
  });
});

describe('loss', () => {
  it('is as frequent as set', () => {
    const { h1, labels, send } = pair({ loss: 0.1, queue: { packets: 100_000 } });
    send(20_000);
    const arrived = labels();
    expectShare(h1.drops.get('lost') ?? 0, 20_000, 0.1);
    expect(arrived.length + h1.drops.get('lost')!).toBe(20_000);
  });

  it('hits each seed differently, and the same seed alike', () => {
    const survivors = (seed: number): number[] => {
      const { send, labels } = pair({ loss: 0.5 }, { seed });
      send(64);
      return labels();
    };
    expect(survivors(1)).toEqual(survivors(1));
    expect(new Set(Array.from({ length: 50 }, (_, seed) => survivors(seed).join())).size).toBe(50);
  });

  it('of everything loses everything, of nothing nothing', () => {
    const { link, send, labels, h1 } = pair({ loss: 1 });
    send(100);
    expect(labels()).toEqual([]);
    expect(h1.drops.get('lost')).toBe(100);
    link.set({ loss: 0 });
    send(100);
    expect(labels()).toEqual(upTo(100));
  });

  it('takes its time on the wire all the same, and its place in the queue', () => {
    const { simulator, h1, direction, arrivals, send } = pair({ loss: 1, queue: { packets: 2 } });
    send(4);
    expect(direction.queue).toEqual({ packets: 2, bytes: 120 });
    expect(h1.drops).toEqual(
      new Map([
        ['lost', 3],
        ['queue-full', 1],
      ]),
    );
    expect(simulator.pool.waiting).toBe(0);
    simulator.runUntil(1_000);
    direction.set({ loss: 0 });
    h1.transmit(0, numbered(h1, 9));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time, label }) => [time, label])).toEqual([[3 * 672 + 672 + 100_000, 9]]);
  });
});

describe('a frame that was lost or held back', () => {
  it.each([
    ['lost', { loss: 1 }, { loss: 0 }],
    ['held back', { reorder: 1 }, { reorder: 0 }],
  ] as const)('(%s) makes no later one wait for more than the wire', (_, fault, none) => {
    const { simulator, h1, direction, arrivals, send } = pair(fault);
    send(2);
    direction.set({ ...none, delay: 1 });
    h1.transmit(0, numbered(h1, 3));
    simulator.runUntil(Infinity);
    expect(arrivals[0]).toMatchObject({ time: 3 * 672 + 1, label: 3 });
  });
});

describe('dropping every Nth frame', () => {
  it('drops the third, the sixth and so on', () => {
    const { h1, labels, send } = pair({ dropEveryNth: 3 });
    send(10);
    expect(labels()).toEqual([1, 2, 4, 5, 7, 8, 10]);
    expect(h1.drops).toEqual(new Map([['lost-nth', 3]]));
  });

  it('of one drops all', () => {
    const { labels, send } = pair({ dropEveryNth: 1 });
    send(10);
    expect(labels()).toEqual([]);
  });
});

describe('a partition', () => {
  it('one way loses what goes that way, while the carrier stays', () => {
    const { h1, h2, direction, labels } = pair();
    direction.set({ partitioned: true });
    h1.transmit(0, numbered(h1, 1));
    h2.transmit(0, numbered(h2, 2));
    expect(labels()).toEqual([2]);
    expect(h1.drops).toEqual(new Map([['partitioned', 1]]));
    expect(h1.hasCarrier(0)).toBe(true);
    direction.set({ partitioned: false });
    h1.transmit(0, numbered(h1, 3));
    expect(labels()).toEqual([3]);
  });

  it('both ways loses all; what was on the wire before still comes', () => {
    const { h1, h2, link, labels } = pair();
    h1.transmit(0, numbered(h1, 1));
    link.set({ partitioned: true });
    h1.transmit(0, numbered(h1, 2));
    h2.transmit(0, numbered(h2, 3));
    expect(labels()).toEqual([1]);
  });
});

describe('duplication', () => {
  it('is as frequent as set, and the second one follows right behind', () => {
    const { simulator, labels, send } = pair({ duplication: 0.25, queue: { packets: 100_000 } });
    send(10_000);
    const arrived = labels();
    expectShare(arrived.length - 10_000, 10_000, 0.25);
    expect([...arrived].sort((a, b) => a - b)).toEqual(arrived);
    expect(simulator.pool.counts).toMatchObject({ made: 10_000, copied: arrived.length - 10_000, dropped: 0 });
  });

  it('makes copies of the same packet, which take time and room of their own', () => {
    const { simulator, h1, send, arrivals } = pair({ duplication: 1, queue: { packets: 2 } });
    const lines = scribe(simulator);
    send(2);
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time, label }) => [time, label])).toEqual([
      [100_672, 1],
      [101_344, 1],
      [102_016, 2],
    ]);
    expect(h1.drops).toEqual(new Map([['queue-full', 1]]));
    expect(lines.filter((line) => line.includes('received #1 '))).toHaveLength(2);
  });
});

describe('corruption', () => {
  it('flips exactly one bit, behind the Ethernet header, and marks the frame', () => {
    const { simulator, h1, h2 } = pair({ corruption: 1, queue: { packets: 100_000 } });
    const flips = new Array<number>(64 * 8).fill(0);
    let received = 0;
    h2.attach(null, (_, _port, frame) => {
      received++;
      expect(frame.corrupted).toBe(true);
      const hits: number[] = [];
      for (let bit = 0; bit < frame.length * 8; bit++) {
        if (((frame.bytes[bit >> 3]! >> (bit & 7)) & 1) === 1) hits.push(bit);
      }
      expect(hits).toHaveLength(1);
      flips[hits[0]!]!++;
      h2.consume(frame);
    });
    const count = 5_000;
    for (let i = 0; i < count; i++) h1.transmit(0, numbered(h1, 0, 64));
    simulator.runUntil(Infinity);
    expect(received).toBe(count);
    expect(flips.slice(0, 14 * 8).every((n) => n === 0)).toBe(true);
    expect(flips.slice(14 * 8).every((n) => n > 0)).toBe(true);
  });

  it('is as frequent as set, and leaves a frame alone that is only a header', () => {
    const { simulator, arrivals, send } = pair({ corruption: 0.3, queue: { packets: 100_000 } });
    send(5_000);
    simulator.runUntil(Infinity);
    expectShare(arrivals.filter(({ corrupted }) => corrupted).length, 5_000, 0.3);
    arrivals.length = 0;
    send(50, 14);
    simulator.runUntil(Infinity);
    expect(arrivals.every(({ corrupted }) => !corrupted)).toBe(true);
  });

  it('does not show in what was sent, only in what was received', () => {
    const { simulator, send } = pair({ corruption: 1 });
    const lines = scribe(simulator);
    send(1);
    simulator.runUntil(Infinity);
    expect(lines[0]).toContain('h1.0 sent #1 ');
    expect(lines[1]).toContain('h2.0 received #1! ');
  });
});

describe('jitter', () => {
  it('spreads arrivals evenly around the delay', () => {
    const { simulator, h1, arrivals } = pair({ jitter: 50, delay: 1_000 });
    const count = 5_000;
    for (let i = 0; i < count; i++) {
      simulator.runUntil(i * 10_000);
      h1.transmit(0, numbered(h1, i));
    }
    simulator.runUntil(Infinity);
    const offsets = arrivals.map(({ time, label }) => time - label * 10_000 - 672);
    expect(Math.min(...offsets)).toBe(950);
    expect(Math.max(...offsets)).toBe(1_050);
    // The mean of 5,000 uniform draws from -50 to 50: a standard deviation of 29.2 / sqrt(5000) = 0.41.
    expect(Math.abs(offsets.reduce((sum, offset) => sum + offset, 0) / count - 1_000)).toBeLessThan(4 * 0.42);
    expect(new Set(offsets).size).toBe(101);
  });

  it('keeps the order, and no frame is faster than light', () => {
    const { simulator, h1, arrivals, labels } = pair({ jitter: 1 * MILLISECOND, delay: 1 * MICROSECOND });
    const sentAt: number[] = [];
    for (let i = 0; i < 500; i++) {
      simulator.runUntil(i * 5_000);
      sentAt.push(simulator.now);
      h1.transmit(0, numbered(h1, i));
    }
    simulator.runUntil(Infinity);
    expect(arrivals.every(({ time, label }) => time >= sentAt[label]! + 672 + 1)).toBe(true);
    expect(labels()).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });
});

describe('reordering', () => {
  it('holds some frames back, so that later ones overtake them', () => {
    const { labels, send } = pair({ reorder: 0.1, reorderDelay: 2_000 });
    send(200);
    const arrived = labels();
    expect([...arrived].sort((a, b) => a - b)).toEqual(upTo(200));
    // 2,000 ns are the time of three frames: a frame that is held back ends behind the third after it.
    const late = arrived.filter((label, i) => arrived.slice(0, i).some((earlier) => earlier > label));
    expectShare(late.length, 200, 0.1);
  });

  it('holds back by the time set, or else by the delay', () => {
    const { simulator, h1, direction, arrivals, send } = pair({ reorder: 1, reorderDelay: 5 });
    send(1);
    simulator.runUntil(1 * SECOND);
    direction.set({ reorderDelay: null });
    h1.transmit(0, numbered(h1, 2));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time }) => time)).toEqual([100_677, 1 * SECOND + 200_672]);
  });
});

describe('hold and release', () => {
  it('keeps what is sent, within the limit of the queue, and then sends it in order', () => {
    const { simulator, h1, direction, arrivals, send } = pair({ queue: { packets: 3 } });
    direction.set({ held: true });
    send(5);
    simulator.runUntil(1 * SECOND);
    expect(arrivals).toEqual([]);
    expect(direction.queue).toEqual({ packets: 3, bytes: 180 });
    expect(h1.drops).toEqual(new Map([['queue-full', 2]]));
    expect(simulator.framesOnLinks).toBe(3);
    direction.set({ held: false });
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time, label }) => [time - 1 * SECOND, label])).toEqual([
      [100_672, 1],
      [101_344, 2],
      [102_016, 3],
    ]);
  });

  it('does not hold what was sent before', () => {
    const { direction, labels, send } = pair();
    send(2);
    direction.set({ held: true });
    expect(labels()).toEqual([1, 2]);
  });

  it('lets faults that are set meanwhile meet the frames when they are released', () => {
    const { direction, labels, send } = pair({ held: true });
    send(4);
    direction.set({ held: false, dropEveryNth: 2 });
    expect(labels()).toEqual([1, 3]);
  });
});

describe('settings that change while frames are on their way', () => {
  it('a shorter delay does not let later frames overtake', () => {
    const { simulator, h1, direction, arrivals } = pair();
    h1.transmit(0, numbered(h1, 1));
    direction.set({ delay: 1 });
    simulator.runUntil(700);
    h1.transmit(0, numbered(h1, 2));
    simulator.step();
    expect(arrivals.map(({ time, label }) => [time, label])).toEqual([[100_672, 1]]);
    expect(simulator.nextEventTime()).toBe(100_672);
    simulator.step();
    expect(arrivals.map(({ time, label }) => [time, label])).toEqual([
      [100_672, 1],
      [100_672, 2],
    ]);
  });

  it('another bandwidth counts for what has not begun to go out', () => {
    const { simulator, h1, direction, arrivals, send } = pair({ delay: 1_000 });
    send(4);
    simulator.runUntil(1_000); // The second goes out from 672 to 1344.
    direction.set({ bandwidth: 100_000_000 });
    expect(direction.queue.packets).toBe(2);
    h1.transmit(0, numbered(h1, 5));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time }) => time)).toEqual([
      1_672,
      2_344,
      1_344 + 6_720 + 1_000,
      1_344 + 2 * 6_720 + 1_000,
      1_344 + 3 * 6_720 + 1_000,
    ]);
  });

  it('a higher bandwidth empties a long queue sooner', () => {
    const { simulator, direction, arrivals, send } = pair({ bandwidth: 1_000, delay: 1_000 });
    send(3); // 672 ms each.
    simulator.runUntil(1 * MILLISECOND);
    direction.set({ bandwidth: 1_000_000_000 });
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time }) => time - 672 * MILLISECOND)).toEqual([1_000, 1_672, 2_344]);
  });

  it('another bandwidth and a shorter delay together do not let later frames overtake either', () => {
    const { simulator, h1, direction, arrivals, send } = pair({ bandwidth: 1_000 });
    send(2);
    direction.set({ delay: 1 });
    h1.transmit(0, numbered(h1, 3));
    direction.set({ bandwidth: 1_000_000_000 });
    simulator.step();
    simulator.step();
    expect(arrivals.map(({ time, label }) => [time - 672 * MILLISECOND, label])).toEqual([
      [100_000, 1],
      [100_672, 2],
    ]);
    expect(simulator.nextEventTime()).toBe(672 * MILLISECOND + 100_672);
  });

  it('another bandwidth counts too for what waits behind a frame that will come late', () => {
    const { simulator, h1, direction, arrivals } = pair({ bandwidth: 1_000, delay: 1_000, reorder: 1 });
    h1.transmit(0, numbered(h1, 1)); // 672 ms, then 1 µs of delay and 1 µs held back.
    direction.set({ reorder: 0 });
    h1.transmit(0, numbered(h1, 2));
    direction.set({ bandwidth: 1_000_000_000 });
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ time, label }) => [time - 672 * MILLISECOND, label])).toEqual([
      [1_672, 2],
      [2_000, 1],
    ]);
  });

  it('a smaller queue keeps what it has', () => {
    const { h1, direction, labels, send } = pair();
    send(10);
    direction.set({ queue: { packets: 2 } });
    h1.transmit(0, numbered(h1, 99));
    expect(labels()).toEqual(upTo(10));
    expect(h1.drops.get('queue-full')).toBe(1);
  });

  const wrong: [Partial<LinkSettings>, string][] = [
    [{ delay: 0 }, 'delay 0'],
    [{ delay: 1.5 }, 'delay 1.5'],
    [{ bandwidth: 0 }, 'bandwidth 0'],
    [{ bandwidth: 1e13 }, 'bandwidth'],
    [{ queue: { packets: -1 } }, 'queue -1 packets'],
    [{ queue: { bytes: Infinity } }, 'queue Infinity bytes'],
    [{ mtu: 100_000 }, 'mtu 100000'],
    [{ loss: 1.1 }, 'loss 1.1'],
    [{ corruption: NaN }, 'corruption NaN'],
    [{ duplication: -0.1 }, 'duplication -0.1'],
    [{ reorder: 2 }, 'reorder 2'],
    [{ jitter: -1 }, 'jitter -1'],
    [{ reorderDelay: -1 }, 'reorderDelay -1'],
    [{ dropEveryNth: 0.5 }, 'dropEveryNth 0.5'],
  ];
  it.each(wrong)('%j is refused in words, and nothing changes', (settings, words) => {
    const { link, direction } = pair();
    const before = direction.current;
    expect(() => link.set(settings)).toThrow(words);
    expect(direction.current).toEqual(before);
  });
});

describe('a loopback', () => {
  it('brings frames back to the port they were sent at, up to an MTU of 65,536', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 2);
    const arrivals: Arrival[] = [];
    sink(h1, arrivals);
    simulator.connectLoopback(h1, 1);
    h1.transmit(1, numbered(h1, 1));
    h1.transmit(1, numbered(h1, 2, 65_536 + 14));
    h1.transmit(1, numbered(h1, 3, 65_536 + 15));
    simulator.runUntil(Infinity);
    expect(arrivals.map(({ port, label }) => [port, label])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(h1.drops).toEqual(new Map([['exceeds-mtu', 1]]));
    expect(h1.hasCarrier(1)).toBe(true);
    expect(h1.hasCarrier(0)).toBe(false);
  });
});

describe('a send buffer', () => {
  function account(): SendCharge & { releases: number } {
    return {
      used: 0,
      waiting: false,
      releases: 0,
      released() {
        this.releases++;
        this.waiting = false;
      },
    };
  }
  const ONE = 60 + FRAME_OVERHEAD;

  it('is given back what a frame counts for when its first bit goes out', () => {
    const { simulator, h1 } = pair();
    const buffer = account();
    for (let i = 1; i <= 3; i++) {
      const frame = numbered(h1, i);
      charge(frame, buffer);
      h1.transmit(0, frame);
    }
    expect(buffer.used).toBe(2 * ONE);
    const used = [671, 672, 1_343, 1_344].map((time) => {
      simulator.runUntil(time);
      h1.watchDepartures();
      return buffer.used;
    });
    expect(used).toEqual([2 * ONE, ONE, ONE, 0]);
  });

  it('wakes the sleeper at the departure, if it began to wait after the frames were queued', () => {
    const { simulator, h1, send } = pair();
    const buffer = account();
    const times: number[] = [];
    buffer.released = () => void times.push(simulator.now);
    send(2);
    for (let i = 3; i <= 4; i++) {
      const frame = numbered(h1, i);
      charge(frame, buffer);
      h1.transmit(0, frame);
    }
    simulator.runUntil(100);
    buffer.waiting = true;
    h1.watchDepartures();
    simulator.runUntil(3_000);
    expect(times).toEqual([1_344, 2_016]);
    expect(buffer.used).toBe(0);
  });

  it('wakes the sleeper if the frame reaches the NIC after it began to wait', () => {
    const { simulator, h1, send } = pair();
    const buffer = account();
    const frame = numbered(h1, 9);
    charge(frame, buffer);
    buffer.waiting = true;
    h1.watchDepartures();
    simulator.runUntil(50);
    send(1);
    h1.transmit(0, frame); // As when ARP has resolved.
    simulator.runUntil(721);
    expect(buffer.releases).toBe(0);
    simulator.runUntil(722);
    expect(buffer.releases).toBe(1);
  });

  it('costs no events while nobody sleeps', () => {
    const { simulator, h1 } = pair();
    const buffer = account();
    for (let i = 0; i < 3; i++) {
      const frame = numbered(h1, i);
      charge(frame, buffer);
      h1.transmit(0, frame);
    }
    h1.watchDepartures();
    expect(simulator.pendingEvents()).toHaveLength(1);
  });

  it.each([
    ['lost', { loss: 1 }],
    ['partitioned', { partitioned: true }],
    ['held back', { reorder: 1 }],
  ] as const)('counts a frame that is %s until it would have gone out', (_, settings) => {
    const { simulator, h1 } = pair(settings);
    const buffer = account();
    for (let i = 0; i < 3; i++) {
      const frame = numbered(h1, i);
      charge(frame, buffer);
      h1.transmit(0, frame);
    }
    expect(buffer.used).toBe(2 * ONE);
    buffer.waiting = true;
    h1.watchDepartures();
    simulator.runUntil(672);
    expect(buffer.releases).toBe(1);
    simulator.runUntil(1 * SECOND);
    h1.watchDepartures();
    expect(buffer.used).toBe(0);
  });

  it('is given everything back when the cable is pulled, and when the queue refuses a frame', () => {
    const { h1, link } = pair({ queue: { packets: 1 } });
    const buffer = account();
    for (let i = 0; i < 3; i++) {
      const frame = numbered(h1, i);
      charge(frame, buffer);
      h1.transmit(0, frame);
    }
    expect(buffer.used).toBe(ONE);
    buffer.waiting = true;
    link.setCarrier(false);
    expect(buffer.used).toBe(0);
    expect(buffer.releases).toBe(1);
  });
});
