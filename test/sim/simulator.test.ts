import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charge, MAX_FRAME_LENGTH } from '../../src/sim/frame.ts';
import type { Frame, SendCharge } from '../../src/sim/frame.ts';
import type { LinkSettings } from '../../src/sim/link-settings.ts';
import type { Node } from '../../src/sim/node.ts';
import { Simulator, SOME_EVENTS, StuckError } from '../../src/sim/simulator.ts';
import { MICROSECOND, MILLISECOND, SECOND } from '../../src/sim/time.ts';
import { labelOf, numbered, pair, scribe, sink } from './sinks.ts';
import type { Arrival } from './sinks.ts';

function note(list: string[], argument: number): void {
  list.push(`event ${argument}`);
}

describe('a run', () => {
  it('goes to a time, that instant included, and leaves the clock there', () => {
    const simulator = new Simulator({ seed: 1 });
    const list: string[] = [];
    for (const time of [1, 2, 3]) simulator.after(time, note, list, time);
    expect(simulator.runUntil(2)).toBe(true);
    expect([simulator.now, ...list]).toEqual([2, 'event 1', 'event 2']);
    simulator.runFor(10);
    expect([simulator.now, list.length]).toEqual([12, 3]);
    simulator.runUntil(5);
    expect(simulator.now).toBe(12);
  });

  it('to the end leaves the clock at the last event', () => {
    const simulator = new Simulator({ seed: 1 });
    simulator.after(77, note, [], 0);
    expect(simulator.runUntil(Infinity)).toBe(true);
    expect(simulator.now).toBe(77);
  });

  it('says when the next event is due, and does one at a time', () => {
    const simulator = new Simulator({ seed: 1 });
    const list: string[] = [];
    expect(simulator.nextEventTime()).toBeNull();
    expect(simulator.step()).toBe(false);
    simulator.after(5, note, list, 1);
    simulator.after(5, note, list, 2);
    expect(simulator.nextEventTime()).toBe(5);
    expect([simulator.step(), simulator.now, list.length]).toEqual([true, 5, 1]);
    expect([simulator.step(), simulator.now, list.length]).toEqual([true, 5, 2]);
    expect(simulator.step()).toBe(false);
  });

  it('returns after the event that pauses it, and can go on', () => {
    const simulator = new Simulator({ seed: 1 });
    const list: string[] = [];
    const pause = (): void => simulator.pause();
    simulator.after(1, note, list, 1);
    simulator.after(2, pause, null, 0);
    simulator.after(2, note, list, 2);
    expect(simulator.runUntil(10)).toBe(false);
    expect([simulator.now, ...list]).toEqual([2, 'event 1']);
    expect(simulator.runUntil(10)).toBe(true);
    expect([simulator.now, ...list]).toEqual([10, 'event 1', 'event 2']);
  });

  it('of some events does no more than those, and says how many it did', () => {
    const simulator = new Simulator({ seed: 1 });
    const list: string[] = [];
    for (const time of [1, 2, 2, 3, 9]) simulator.after(time, note, list, time);
    simulator.after(3, () => simulator.pause(), null, 0);
    const some = (most: number): number[] => [simulator.runEvents(most, 5), simulator.now, list.length];
    expect([some(2), some(1), some(10), some(10)]).toEqual([
      [2, 2, 2],
      [1, 2, 3],
      [2, 3, 4],
      [0, 3, 4],
    ]);
  });

  it.each([1, SOME_EVENTS - 1, SOME_EVENTS, SOME_EVENTS + 1, 3 * SOME_EVENTS])('does %i events', (count) => {
    const simulator = new Simulator({ seed: 1 });
    const list: string[] = [];
    for (let time = 1; time <= count; time++) simulator.after(time, note, list, time);
    expect(simulator.runUntil(Infinity)).toBe(true);
    expect([simulator.now, list.length, simulator.nextEventTime()]).toEqual([count, count, null]);
  });

  it('lets events be cancelled', () => {
    const simulator = new Simulator({ seed: 1 });
    const node = simulator.createNode('h1', 0);
    const list: string[] = [];
    const timer = node.after(5, note, list, 1);
    node.after(6, note, list, 2);
    node.cancel(timer);
    node.cancel(timer);
    simulator.runUntil(Infinity);
    expect(list).toEqual(['event 2']);
  });

  it('lists what is pending with the device it belongs to', () => {
    const { simulator, h1, h2, send } = pair();
    h2.after(3, note, [], 7);
    send(2);
    h1.after(1, note, [], 8);
    expect(simulator.pendingEvents().map(({ time, owner, what, argument }) => [time, owner, what, argument])).toEqual([
      [1, 'h1', 'note', 8],
      [3, 'h2', 'note', 7],
      [100_672, 'h1.0-h2.0 >', 'arrive', 0],
    ]);
  });

  it('refuses a delay that is no whole number of nanoseconds, and never reaches what lies beyond 2^53', () => {
    const simulator = new Simulator({ seed: 1 });
    for (const delay of [-1, 0.5, NaN]) expect(() => simulator.after(delay, note, [], 0)).toThrow('note');
    const list: string[] = [];
    simulator.after(Infinity, note, list, 1);
    simulator.runFor(1);
    simulator.after(Number.MAX_SAFE_INTEGER, note, list, 2);
    expect(simulator.nextEventTime()).toBeNull();
    simulator.runUntil(Infinity);
    expect(list).toEqual([]);
  });
});

describe('virtual time that stands still', () => {
  function again(node: Node): void {
    node.after(0, again, node, 0);
  }

  it('ends the run after a million events, with the name of the device', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 0);
    const h2 = simulator.createNode('h2', 0);
    h2.after(1 * SECOND, note, [], 0);
    h1.after(1 * SECOND, again, h1, 0);
    expect(() => simulator.runUntil(Infinity)).toThrow('a million events at 1.000000 s, and time does not go on: h1');
  });

  it('names all who take part, the most active first', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 0);
    const h2 = simulator.createNode('h2', 0);
    again(h1);
    again(h2);
    again(h2);
    const error = ((): unknown => {
      try {
        simulator.runUntil(1);
      } catch (thrown) {
        return thrown;
      }
      return null;
    })();
    expect(error).toBeInstanceOf(StuckError);
    expect((error as StuckError).culprits).toEqual(['h2', 'h1']);
  });

  it('is not blamed on who was only busy before', () => {
    const simulator = new Simulator({ seed: 1 });
    for (let i = 0; i < 999_900; i++) simulator.countCall('h1 busy');
    const h2 = simulator.createNode('h2', 0);
    h2.after(1, again, h2, 0);
    expect(() => simulator.runUntil(1)).toThrow(/time does not go on: h2$/);
  });

  it('is found too when it is a program that calls and calls', () => {
    const simulator = new Simulator({ seed: 1 });
    const run = (_: null, calls: number): void => {
      for (let i = 0; i < calls; i++) simulator.countCall('h1 udp-send');
    };
    simulator.after(1, run, null, 900_000);
    simulator.after(2, run, null, 900_000);
    simulator.runUntil(2);
    expect(() => run(null, 200_000)).toThrow('h1 udp-send');
  });
});

describe('a node', () => {
  it('counts frames and bytes at each port, and drops by reason', () => {
    const { simulator, h1, h2, send } = pair();
    h2.attach(null, (_, _port, frame) => h2.drop('no-socket', frame));
    send(3, 100);
    simulator.runUntil(Infinity);
    expect(h1.ports[0]).toMatchObject({ framesOut: 3, bytesOut: 300, framesIn: 0, bytesIn: 0 });
    expect(h2.ports[0]).toMatchObject({ framesOut: 0, bytesOut: 0, framesIn: 3, bytesIn: 300 });
    expect(h2.drops).toEqual(new Map([['no-socket', 3]]));
  });

  it('without a device drops what comes', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 1);
    const h2 = simulator.createNode('h2', 1);
    simulator.connect(h1, 0, h2, 0);
    h1.transmit(0, numbered(h1, 1));
    simulator.runUntil(Infinity);
    expect(h2.drops).toEqual(new Map([['device-stopped', 1]]));
  });

  it('drops what it sends at a port without a link', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 1);
    const lines = scribe(simulator);
    h1.transmit(0, numbered(h1, 1, 4));
    expect(lines).toEqual(['0 h1.0 sent #1 0 0 0 1', '0 h1.0 not-connected #1 0 0 0 1']);
    expect(() => h1.transmit(1, numbered(h1, 1))).toThrow('h1 has no port 1');
  });

  it('has one link a port', () => {
    const { simulator, h1, h2 } = pair();
    expect(() => simulator.connect(h1, 0, h2, 0)).toThrow('h1: port 0 is connected already');
    expect(() => simulator.connectOutside(h2, 0, () => null)).toThrow('h2: port 0 is connected already');
    expect(() => simulator.connectLoopback(h2, 3)).toThrow('h2 has no port 3');
  });
});

describe('an observer', () => {
  it('sees a frame handed over, its last bit come, and its end', () => {
    const { simulator, h2, send } = pair({ queue: { packets: 0 } });
    const lines = scribe(simulator);
    h2.attach(null, (_, _port, frame) => h2.drop('no-socket', frame));
    send(2, 4);
    simulator.runUntil(Infinity);
    expect(lines).toEqual([
      '0 h1.0 sent #1 0 0 0 1',
      '0 h1.0 sent #2 0 0 0 2',
      '0 h1.0 queue-full #2 0 0 0 2',
      '100672 h2.0 received #1 0 0 0 1',
      '100672 h2.-1 no-socket #1 0 0 0 1',
    ]);
  });
});

describe('a port to the outside', () => {
  it('hands frames over and counts them as consumed', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 1);
    const left: number[] = [];
    simulator.connectOutside(h1, 0, (frame) => {
      left.push(labelOf(frame));
      return null;
    });
    h1.transmit(0, numbered(h1, 5));
    expect(left).toEqual([5]);
    expect(h1.hasCarrier(0)).toBe(true);
    expect(simulator.pool.counts).toMatchObject({ made: 1, consumed: 1 });
  });

  it('takes frames in, a copy of their bytes, in order, when the run goes on', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 1);
    const arrivals: Arrival[] = [];
    sink(h1, arrivals);
    simulator.connectOutside(h1, 0, () => null);
    const bytes = new Uint8Array(60);
    for (const label of [1, 2, 3]) {
      bytes[59] = label;
      simulator.inject(h1, 0, bytes);
    }
    expect(arrivals).toEqual([]);
    simulator.runFor(100);
    expect(arrivals.map(({ label }) => label)).toEqual([1, 2, 3]);
    expect(simulator.pool.counts).toMatchObject({ injected: 3, consumed: 3 });
  });

  it('lets a device answer from inside, also when the outside answers at once', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 1);
    let seen = 0;
    h1.attach(null, (_, port, frame) => {
      seen++;
      h1.transmit(port, frame);
    });
    simulator.connectOutside(h1, 0, (frame) => {
      simulator.inject(h1, 0, frame.bytes.subarray(0, frame.length));
      return null;
    });
    simulator.inject(h1, 0, new Uint8Array(60));
    simulator.runUntil(100);
    expect(seen).toBe(50);
    expect(simulator.pool.waiting).toBe(1);
  });

  it('drops what the outside does not take and what is not let in, for the reasons given', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 1);
    simulator.connectOutside(h1, 0, () => 'not-sent', 100);
    h1.transmit(0, numbered(h1, 5));
    simulator.refuse(h1, 0, 'foreign-source', new Uint8Array(60));
    simulator.inject(h1, 0, new Uint8Array(14 + 101));
    expect(h1.drops).toEqual(
      new Map([
        ['not-sent', 1],
        ['foreign-source', 1],
        ['exceeds-mtu', 1],
      ]),
    );
    expect(simulator.pool.counts).toMatchObject({ made: 1, injected: 2, dropped: 3 });
  });

  it('drops what is longer than a frame can be, and more than may wait', () => {
    const { simulator, h1 } = pair();
    simulator.inject(h1, 0, new Uint8Array(MAX_FRAME_LENGTH + 1));
    expect(h1.drops).toEqual(new Map([['exceeds-mtu', 1]]));
    for (let i = 0; i < 65_540; i++) simulator.inject(h1, 0, new Uint8Array(14));
    expect(h1.drops.get('queue-full')).toBe(65_540 - 65_536 - 1);
    simulator.runUntil(Infinity);
    expect(simulator.pool.waiting).toBe(0);
  });
});

// Three chatty nodes in a triangle; everything that chance can do to a link.
const TROUBLED: Partial<LinkSettings> = {
  loss: 0.05,
  duplication: 0.05,
  corruption: 0.05,
  jitter: 20 * MICROSECOND,
  reorder: 0.05,
  queue: { packets: 2 },
};

/** Passes each frame on by the other port until its first byte, a hop count, is used up. */
function passOn(node: Node, port: number, frame: Frame): void {
  const hops = frame.bytes[0]!;
  if (hops === 0) return node.consume(frame);
  frame.bytes[0] = hops - 1;
  node.transmit(1 - port, frame);
}

function ring(seed: number, { poison = false, extra = false } = {}): { simulator: Simulator; lines: string[] } {
  const simulator = new Simulator({ seed, poison });
  if (extra) simulator.createNode('a-first', 2).random();
  const nodes = ['r1', 'r2', 'r3'].map((name) => simulator.createNode(name, 2));
  for (const node of nodes) node.attach(node, passOn);
  if (extra) {
    const [x, y] = ['x', 'y'].map((name) => simulator.createNode(name, 1));
    for (const node of [x!, y!]) sink(node, []);
    simulator.connect(x!, 0, y!, 0, { settings: TROUBLED });
    x!.after(1, chatter, x!, 0);
  }
  nodes.forEach((node, i) => simulator.connect(node, 1, nodes[(i + 1) % 3]!, 0, { settings: TROUBLED }));
  const lines = scribe(simulator);
  for (const node of nodes) node.after(1, chatter, node, 0);
  simulator.runUntil(10 * MILLISECOND);
  return { simulator, lines: lines.filter((line) => / r\d\./.test(line)) };
}

function chatter(node: Node, count: number): void {
  const frame = numbered(node, Math.floor(node.random() * 1_000), 60 + (count % 40));
  frame.bytes[0] = 5;
  node.transmit(node.ports.length - 1, frame);
  if (count < 200) node.after(1 + Math.floor(node.random() * 20_000), chatter, node, count + 1);
}

const withoutIds = (lines: string[]): string[] => lines.map((line) => line.replace(/#\d+/, '#'));

describe('the same seed', () => {
  it('gives the same trace, another seed another', () => {
    const { lines } = ring(1);
    expect(lines.length).toBeGreaterThan(3_000);
    for (const what of ['lost', '!', 'queue-full']) expect(lines.some((line) => line.includes(what))).toBe(true);
    expect(ring(1).lines).toEqual(lines);
    expect(ring(2).lines).not.toEqual(lines);
  });

  it('gives the same trace when poisoning', () => {
    expect(ring(1, { poison: true }).lines).toEqual(ring(1).lines);
  });

  it('gives the others the same luck when a node and a link are added', () => {
    expect(withoutIds(ring(1, { extra: true }).lines)).toEqual(withoutIds(ring(1).lines));
  });
});

describe('poisoning', () => {
  it('finds out a device that reads a frame it has sent', () => {
    const reads = (poison: boolean): number[] => {
      const { simulator, h1 } = pair({}, { poison });
      const frame = numbered(h1, 1, 4);
      h1.transmit(0, frame);
      simulator.runUntil(Infinity);
      return [...frame.bytes.subarray(0, 4)];
    };
    expect(reads(false)).toEqual([0, 0, 0, 1]);
    expect(reads(true)).toEqual([0xdd, 0xdd, 0xdd, 0xdd]);
  });
});

describe('a broadcast storm', () => {
  /** A hub: every frame goes out of every other port. */
  function flood(node: Node, port: number, frame: Frame): void {
    for (let exit = 0; exit < node.ports.length; exit++) {
      if (exit === port) continue;
      const copy = node.copy(frame);
      if (copy !== null) node.transmit(exit, copy);
    }
    node.consume(frame);
  }

  /** Hubs with three cables between each two: every frame becomes more. */
  function storm(
    hubs: number,
    settings: Partial<LinkSettings>,
    options: { maxFrames?: number; maxFrameBytes?: number },
  ) {
    const simulator = new Simulator({ seed: 1, ...options });
    const nodes = Array.from({ length: hubs }, (_, i) => simulator.createNode(`hub${i}`, 3));
    for (const node of nodes) node.attach(node, flood);
    for (let i = 0; i < hubs; i += 2) {
      for (let port = 0; port < 3; port++) simulator.connect(nodes[i]!, port, nodes[i + 1]!, port, { settings });
    }
    return { simulator, nodes };
  }

  it('stays within the queues, with every lost frame counted', () => {
    const { simulator, nodes } = storm(2, { queue: { packets: 50 } }, {});
    nodes[0]!.transmit(0, numbered(nodes[0]!, 1));
    let most = 0;
    for (let time = 0; time < 20; time++) {
      simulator.runFor(1 * MILLISECOND);
      most = Math.max(most, simulator.pool.waiting);
      expect(simulator.pool.waiting).toBe(simulator.framesOnLinks);
    }
    // Six directions with 50 waiting, one going out, and what 100 µs of wire hold at 672 ns a frame.
    expect(most).toBeLessThanOrEqual(6 * (50 + 1 + 149 + 1));
    expect(most).toBeGreaterThan(1_000);
    const full = nodes.reduce((sum, node) => sum + (node.drops.get('queue-full') ?? 0), 0);
    expect(full).toBe(simulator.pool.counts.dropped);
    expect(full).toBeGreaterThan(10_000);
  });

  it('stays within the frames that the lab may hold, and copies that were not made are counted', () => {
    const { simulator, nodes } = storm(2, { delay: 10 * MILLISECOND }, { maxFrames: 500 });
    nodes[0]!.transmit(0, numbered(nodes[0]!, 1));
    for (let time = 0; time < 300; time++) {
      simulator.runFor(1 * MILLISECOND);
      expect(simulator.pool.waiting).toBeLessThanOrEqual(500);
    }
    const refused = nodes.reduce((sum, node) => sum + (node.drops.get('no-memory') ?? 0), 0);
    expect(refused).toBe(simulator.pool.counts.dropped);
    expect(refused).toBeGreaterThan(1_000);
  });

  it('of long frames stays within the bytes that they may take', () => {
    const { simulator, nodes } = storm(2, { delay: 10 * MILLISECOND }, { maxFrameBytes: 10_000_000 });
    nodes[0]!.transmit(0, numbered(nodes[0]!, 1, 65_000));
    for (let time = 0; time < 300; time++) {
      simulator.runFor(1 * MILLISECOND);
      expect(simulator.pool.bytesWaiting).toBeLessThan(10_000_000 + 65_600);
    }
    expect(simulator.pool.counts.dropped).toBeGreaterThan(100);
  });

  it('cannot be fed by a sender either: a full lab drops what is sent', () => {
    const { simulator, send, h1 } = pair({ delay: 1 * SECOND }, { maxFrames: 100 });
    send(150);
    expect(simulator.pool.waiting).toBeLessThanOrEqual(100);
    expect(h1.drops.get('no-memory')).toBe(150 - simulator.pool.waiting);
  });
});

describe('conservation', () => {
  const settings = fc.record(
    {
      delay: fc.integer({ min: 1, max: 50_000 }),
      bandwidth: fc.constantFrom(1_000_000, 100_000_000, 1_000_000_000, 1_000_000_000_000),
      queue: fc.oneof(
        fc.record({ packets: fc.integer({ min: 0, max: 10 }) }),
        fc.record({ bytes: fc.integer({ min: 0, max: 3_000 }) }),
      ),
      mtu: fc.constantFrom(100, 1_500, Infinity),
      loss: fc.constantFrom(0, 0.3, 1),
      duplication: fc.constantFrom(0, 0.3, 1),
      corruption: fc.constantFrom(0, 0.3),
      jitter: fc.integer({ min: 0, max: 100_000 }),
      reorder: fc.constantFrom(0, 0.3, 1),
      reorderDelay: fc.constantFrom(null, 0, 10_000),
      dropEveryNth: fc.integer({ min: 0, max: 4 }),
      partitioned: fc.boolean(),
      held: fc.boolean(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Partial<LinkSettings>>;
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        node: fc.nat(),
        port: fc.nat(),
        length: fc.integer({ min: 5, max: 2_000 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('run' as const), time: fc.integer({ min: 1, max: 200_000 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('set' as const), link: fc.nat(), way: fc.nat(1), settings }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('carrier' as const), link: fc.nat(), up: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('inject' as const),
        node: fc.nat(),
        port: fc.nat(),
        length: fc.nat(2_000),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), node: fc.nat() }) },
  );

  it('holds at every instant, whatever is sent and set: frames, drop counters, charges, observers', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(),
          poison: fc.boolean(),
          nodes: fc.integer({ min: 2, max: 5 }),
          links: fc.array(fc.record({ a: fc.nat(), b: fc.nat(), settings }), { minLength: 1, maxLength: 6 }),
          steps: fc.array(step, { maxLength: 60 }),
        }),
        ({ seed, poison, nodes: count, links, steps }) => {
          const simulator = new Simulator({ seed, poison, maxFrames: 40 });
          const { pool } = simulator;
          const buffer: SendCharge = { used: 0, waiting: false, released: (account) => (account.waiting = false) };
          let seenDrops = 0;
          let lastReceived = 0;
          simulator.observer = {
            sent: () => undefined,
            received: () => void (lastReceived = simulator.now),
            dropped: () => void seenDrops++,
          };
          // Behind the ports of its cables a node has one that leads outside, a loopback and a free one.
          const ends = links.flatMap(({ a, b }) => [a % count, b % count]);
          const degree = (i: number): number => ends.filter((end) => end === i).length;
          const nodes = Array.from({ length: count }, (_, i) => simulator.createNode(`n${i}`, degree(i) + 3));
          nodes.forEach((node, i) => {
            node.attach(node, (self, port, frame) => {
              const hops = frame.bytes[0]!;
              if (frame.length < 5 || hops === 0) return self.consume(frame);
              if (hops === 3) {
                const copy = self.copy(frame);
                if (copy !== null) self.drop('no-socket', copy);
              }
              frame.bytes[0] = hops - 1;
              self.transmit((port + 1) % self.ports.length, frame);
            });
            simulator.connectOutside(node, degree(i), () => null);
            simulator.connectLoopback(node, degree(i) + 1);
          });
          const used = new Array<number>(count).fill(0);
          for (const link of links) {
            const [a, b] = [link.a % count, link.b % count];
            const aPort = used[a]!++;
            simulator.connect(nodes[a]!, aPort, nodes[b]!, used[b]!++, { settings: link.settings });
          }

          const check = (): void => {
            expect(pool.waiting).toBe(simulator.framesOnLinks);
            expect(pool.waiting).toBeLessThanOrEqual(41);
            const drops = nodes.flatMap((node) => [...node.drops.values()]).reduce((sum, n) => sum + n, 0);
            expect(drops).toBe(pool.counts.dropped);
            expect(seenDrops).toBe(drops);
            expect(buffer.used).toBeGreaterThanOrEqual(0);
            expect(lastReceived).toBeLessThanOrEqual(simulator.now);
            expect(simulator.nextEventTime() ?? Infinity).toBeGreaterThanOrEqual(simulator.now);
          };
          const cables = simulator.links.filter((link) => link.directions.length === 2);
          for (const action of steps) {
            switch (action.do) {
              case 'send': {
                const node = nodes[action.node % count]!;
                const frame = numbered(node, 1, action.length);
                frame.bytes[0] = 4;
                charge(frame, buffer);
                node.transmit(action.port % node.ports.length, frame);
                break;
              }
              case 'run':
                for (const until = simulator.now + action.time; (simulator.nextEventTime() ?? Infinity) <= until;) {
                  simulator.step();
                  check();
                }
                break;
              case 'set':
                cables[action.link % cables.length]!.directions[action.way]!.set(action.settings);
                break;
              case 'carrier':
                cables[action.link % cables.length]!.setCarrier(action.up);
                break;
              case 'inject': {
                const node = nodes[action.node % count]!;
                simulator.inject(node, action.port % node.ports.length, new Uint8Array(action.length));
                break;
              }
              case 'wait':
                buffer.waiting = true;
                nodes[action.node % count]!.watchDepartures();
                break;
            }
            check();
          }
          for (const link of simulator.links) link.set({ held: false });
          simulator.runUntil(Infinity);
          check();
          expect(pool.waiting).toBe(0);
          expect(pool.bytesWaiting).toBe(0);
          expect(buffer.used).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
