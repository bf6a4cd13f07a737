import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/capture/filter.ts';
import { MemorySink, PcapWriter, PcapngWriter } from '../../src/capture/index.ts';
import type { CapturedFrame } from '../../src/capture/index.ts';
import { fanOut } from '../../src/capture/observers.ts';
import { Recorder } from '../../src/capture/recorder.ts';
import type { RecordedInterface, RecorderOptions } from '../../src/capture/recorder.ts';
import { createTranscript, formatLine } from '../../src/capture/transcript.ts';
import type { Frame } from '../../src/sim/frame.ts';
import type { Node } from '../../src/sim/node.ts';
import { Simulator } from '../../src/sim/simulator.ts';
import type { LinkOptions } from '../../src/sim/simulator.ts';
import { MICROSECOND, MILLISECOND, SECOND } from '../../src/sim/time.ts';
import { check, fields, whyNot } from '../check-pcap.ts';
import { ARP_REQUEST, UDP_DATAGRAM, readAll } from './records.ts';

/** 100 µs of delay, and 84 octets at 1 Gbit/s: the shortest frame with preamble, FCS and gap. */
const ARRIVAL = 100 * MICROSECOND + 672;

interface Setup {
  readonly simulator: Simulator;
  readonly h1: Node;
  readonly h2: Node;
  readonly interfaces: RecordedInterface[];
}

/** h1.eth0 and h2.eth0, and what h2 does with what comes; h1 drops what comes. */
function twoHosts(receive: (h2: Node, frame: Frame) => void, link: LinkOptions = {}, poison = false): Setup {
  const simulator = new Simulator({ seed: 1, poison });
  const h1 = simulator.createNode('h1', 1);
  const h2 = simulator.createNode('h2', 1);
  simulator.connect(h1, 0, h2, 0, link);
  h2.attach(h2, (node, _port, frame) => receive(node, frame));
  const interfaces = [
    { node: h1, port: 0, name: 'h1.eth0' },
    { node: h2, port: 0, name: 'h2.eth0' },
  ];
  return { simulator, h1, h2, interfaces };
}

interface Capture {
  readonly recorder: Recorder;
  /** Ends the capture and gives its file. */
  readonly close: () => Uint8Array;
}

function startCapture(
  simulator: Simulator,
  interfaces: readonly RecordedInterface[],
  filter?: string,
  options?: RecorderOptions,
): Capture {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  const recorder = new Recorder(
    [{ writer, interfaces, ...(filter === undefined ? {} : { filter: parseFilter(filter) }) }],
    options,
  );
  simulator.observer = recorder;
  return {
    recorder,
    close() {
      recorder.close(simulator.now);
      return sink.toBytes();
    },
  };
}

function frameOf(node: Node, bytes: Uint8Array): Frame {
  const frame = node.newFrame(bytes.length);
  frame.bytes.set(bytes);
  return frame;
}

/** Time, interface, direction, id and comments. */
function row({ seconds, nanoseconds, interface: { name }, direction, packetId, comments }: CapturedFrame): unknown[] {
  return [seconds * SECOND + nanoseconds, name, ['-', 'in', 'out'][direction], packetId, ...comments];
}

function rows(file: Uint8Array): unknown[] {
  return readAll(file).map(row);
}

const NO_SOCKET = 'dropped: no-socket (no socket has this port)';

describe('Recorder', () => {
  it('stamps a frame when it is handed to the NIC, and when its last bit has come', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame));
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    expect(rows(close())).toEqual([
      [0, 'h1.eth0', 'out', 1],
      [0, 'h1.eth0', 'out', 2],
      [ARRIVAL, 'h2.eth0', 'in', 1],
      [ARRIVAL + 672, 'h2.eth0', 'in', 2],
    ]);
  });

  it('copies the bytes as they pass', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => {
      frame.bytes.fill(0);
      h2.consume(frame);
    });
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    simulator.runUntil(Infinity);
    expect(readAll(close()).map(({ bytes }) => bytes)).toEqual([UDP_DATAGRAM, UDP_DATAGRAM]);
  });

  it('says a drop of the same instant on the record that shows the frame', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('no-socket', frame));
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    simulator.runUntil(Infinity);
    expect(rows(close())).toEqual([
      [0, 'h1.eth0', 'out', 1],
      [0, 'h1.eth0', 'out', 2],
      [ARRIVAL, 'h2.eth0', 'in', 1, NO_SOCKET],
      [ARRIVAL + 672, 'h2.eth0', 'in', 2, NO_SOCKET],
    ]);
  });

  it('gives a later drop a record of its own, at its time, on an interface of its own', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => {
      h2.after(3 * MILLISECOND, (node) => node.drop('neighbor-unreachable', frame), h2, 0);
    });
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    simulator.runUntil(Infinity);
    expect(rows(close()).slice(1)).toEqual([
      [ARRIVAL, 'h2.eth0', 'in', 1],
      [
        ARRIVAL + 3 * MILLISECOND,
        'h2/dropped',
        '-',
        1,
        'dropped: neighbor-unreachable (the neighbour does not answer ARP)',
      ],
    ]);
  });

  it('gives a frame that was never seen at a NIC a record when it is dropped', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame));
    const { close } = startCapture(simulator, interfaces);
    h1.drop('no-route', frameOf(h1, UDP_DATAGRAM));
    expect(rows(close())).toEqual([[0, 'h1/dropped', '-', 1, 'dropped: no-route (no route to the destination)']]);
  });

  it('says what a link does at once on the record of the sender, and what it does later on one of its own', () => {
    const settings = { queue: { packets: 1 } };
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame), { settings });
    const { close } = startCapture(simulator, interfaces);
    for (let i = 0; i < 3; i++) h1.transmit(0, frameOf(h1, ARP_REQUEST));
    simulator.runUntil(1_000);
    simulator.links[0]!.setCarrier(false);
    const down = 'dropped: link-down (the link has no carrier)';
    expect(rows(close())).toEqual([
      [0, 'h1.eth0', 'out', 1],
      [0, 'h1.eth0', 'out', 2],
      [0, 'h1.eth0', 'out', 3, 'dropped: queue-full (the queue in front of the link is full)'],
      [1_000, 'h1/dropped', '-', 1, down],
      [1_000, 'h1/dropped', '-', 2, down],
    ]);
  });

  it('tells copies of one frame apart, which have its id', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => {
      const copy = h2.copy(frame)!;
      h2.transmit(0, copy);
      h2.drop('same-segment', frame);
    });
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    expect(rows(close())).toEqual([
      [0, 'h1.eth0', 'out', 1],
      [ARRIVAL, 'h2.eth0', 'in', 1, 'dropped: same-segment (the destination is on the side it came from)'],
      [ARRIVAL, 'h2.eth0', 'out', 1],
      [2 * ARRIVAL, 'h1.eth0', 'in', 1, expect.stringContaining('dropped: device-stopped')],
    ]);
  });

  it('loses neither of two drops that one record would have to tell', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame), {
      settings: { duplication: 1, loss: 1 },
    });
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    const lost = 'dropped: lost (the link lost it, as its loss setting says)';
    expect(rows(close())).toEqual([
      [0, 'h1.eth0', 'out', 1, lost],
      [0, 'h1/dropped', '-', 1, lost],
    ]);
  });

  it('says of each record whether it shows a frame that a link has corrupted', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('bad-checksum', frame), {
      settings: { corruption: 1 },
    });
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    simulator.runUntil(Infinity);
    const [out, back] = readAll(close());
    expect(out!.bytes).toEqual(UDP_DATAGRAM);
    expect(out!.comments).toEqual([]);
    expect(back!.bytes).not.toEqual(UDP_DATAGRAM);
    expect(back!.comments).toEqual(['dropped: bad-checksum (a checksum that does not match)', 'corrupted on the link']);
  });

  it('says which packet an ICMP error is about, wherever it is seen', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame));
    const { close } = startCapture(simulator, interfaces);
    const frame = frameOf(h1, UDP_DATAGRAM);
    frame.about = 17;
    h1.transmit(0, frame);
    simulator.runUntil(Infinity);
    expect(rows(close())).toEqual([
      [0, 'h1.eth0', 'out', 1, 'about packet 17'],
      [ARRIVAL, 'h2.eth0', 'in', 1, 'about packet 17'],
    ]);
  });

  it('takes no mark of an earlier capture for its own', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('no-socket', frame));
    startCapture(simulator, interfaces);
    const frame = frameOf(h1, UDP_DATAGRAM);
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    frame.record = 1;
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    h1.drop('no-route', frame);
    expect(rows(close())).toEqual([
      [0, 'h1.eth0', 'out', 3],
      [0, 'h1/dropped', '-', 1, expect.stringContaining('dropped: no-route')],
    ]);
  });

  it('records one NIC, or one link, and drops only where it records', () => {
    const simulator = new Simulator({ seed: 1 });
    const [h1, r1, h2] = [simulator.createNode('h1', 1), simulator.createNode('r1', 2), simulator.createNode('h2', 1)];
    simulator.connect(h1, 0, r1, 0);
    simulator.connect(r1, 1, h2, 0);
    r1.attach(r1, (node, _, frame) => node.transmit(1, frame));
    h2.attach(h2, (node, _, frame) => node.drop('no-socket', frame));
    const sinks = [new MemorySink(), new MemorySink()];
    const [nic, link] = sinks.map((sink) => new PcapngWriter(sink)) as [PcapngWriter, PcapngWriter];
    const recorder = new Recorder([
      { writer: nic, interfaces: [{ node: r1, port: 0, name: 'r1.eth0' }] },
      {
        writer: link,
        interfaces: [
          { node: r1, port: 1, name: 'r1.eth1' },
          { node: h2, port: 0, name: 'h2.eth0' },
        ],
      },
    ]);
    simulator.observer = recorder;
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    simulator.runUntil(ARRIVAL + 1);
    // In flight from r1.eth1 to h2.eth0: a drop at a port that the first capture does not have.
    simulator.links[1]!.setCarrier(false);
    recorder.close(simulator.now);
    expect(rows(sinks[0]!.toBytes())).toEqual([[ARRIVAL, 'r1.eth0', 'in', 1]]);
    expect(rows(sinks[1]!.toBytes())).toEqual([
      [ARRIVAL, 'r1.eth1', 'out', 1],
      [ARRIVAL + 1, 'r1/dropped', '-', 1, 'dropped: link-down (the link has no carrier)'],
    ]);
  });

  it('shows nothing of an interface that is not named, also not its drops', () => {
    const simulator = new Simulator({ seed: 1 });
    const h1 = simulator.createNode('h1', 2);
    simulator.connectLoopback(h1, 1);
    h1.attach(h1, (node, _, frame) => node.drop('no-socket', frame));
    const { close } = startCapture(simulator, [{ node: h1, port: 0, name: 'h1.eth0' }]);
    h1.transmit(1, frameOf(h1, UDP_DATAGRAM));
    simulator.runUntil(Infinity);
    expect(rows(close())).toEqual([]);
  });

  it('leaves out what the filter does not want, and says the filter', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('not-for-us', frame));
    const named = interfaces.map((one) => ({ ...one, filter: 'udp port 7' }));
    const { close } = startCapture(simulator, named, 'udp port 7');
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    h1.drop('no-route', frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    const frames = readAll(close());
    expect(frames.map(({ interface: { name, filter }, packetId }) => [name, filter, packetId])).toEqual([
      ['h1.eth0', 'udp port 7', 2],
      ['h2.eth0', 'udp port 7', 2],
    ]);
    expect(frames.map(({ bytes }) => bytes)).toEqual([UDP_DATAGRAM, UDP_DATAGRAM]);
  });

  it('adds the epoch, and counts from the start', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('no-socket', frame));
    simulator.runUntil(5 * SECOND);
    const { close } = startCapture(simulator, interfaces, undefined, { epoch: 1_700_000_000, start: simulator.now });
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    h1.drop('no-route', frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    const frames = readAll(close());
    expect(frames.map(({ seconds, nanoseconds }) => [seconds, nanoseconds])).toEqual([
      [1_700_000_005, 0],
      [1_700_000_005, 0],
      [1_700_000_005, ARRIVAL],
    ]);
    expect(frames.map(({ interface: { name, statistics } }) => [name, statistics])).toEqual([
      ['h1.eth0', { received: 1, dropped: 0 }],
      ['h1/dropped', { received: 1, dropped: 1 }],
      ['h2.eth0', { received: 1, dropped: 0 }],
    ]);
  });

  it('puts each drop of an instant on its own record, in whatever order they come', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame));
    const { close } = startCapture(simulator, interfaces);
    const frames = Array.from({ length: 9 }, () => {
      const frame = frameOf(h1, UDP_DATAGRAM);
      simulator.observer!.sent(h1, 0, frame);
      return frame;
    });
    const dropped = [4, 0, 8, 5, 1];
    for (const i of dropped) h1.drop('no-socket', frames[i]!);
    expect(rows(close())).toEqual(
      frames.map((_, i) => [0, 'h1.eth0', 'out', i + 1, ...(dropped.includes(i) ? [NO_SOCKET] : [])]),
    );
  });

  it('begins and ends recordings while the lab runs, each with its own counts', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('no-socket', frame));
    const recorder = new Recorder();
    simulator.observer = recorder;
    const sinks = [new MemorySink(), new MemorySink()] as const;
    const [whole, part] = [
      { writer: new PcapngWriter(sinks[0]), interfaces },
      { writer: new PcapngWriter(sinks[1]), interfaces: [interfaces[1]!] },
    ] as const;
    const sendAt = (time: number): void => {
      simulator.runUntil(time);
      h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    };
    sendAt(0);
    simulator.runUntil(SECOND);
    recorder.begin(whole, simulator.now);
    sendAt(SECOND);
    simulator.runUntil(2 * SECOND);
    recorder.begin(part, simulator.now);
    sendAt(2 * SECOND);
    simulator.runUntil(3 * SECOND);
    recorder.end(whole, simulator.now);
    recorder.end(whole, simulator.now);
    const ended = sinks[0].toBytes();
    sendAt(3 * SECOND);
    simulator.runUntil(4 * SECOND);
    recorder.close(simulator.now);

    expect(sinks[0].toBytes()).toEqual(ended);
    expect(rows(ended)).toEqual([
      [SECOND, 'h1.eth0', 'out', 2],
      [SECOND + ARRIVAL, 'h2.eth0', 'in', 2, NO_SOCKET],
      [2 * SECOND, 'h1.eth0', 'out', 3],
      [2 * SECOND + ARRIVAL, 'h2.eth0', 'in', 3, NO_SOCKET],
    ]);
    expect(rows(sinks[1].toBytes())).toEqual([
      [2 * SECOND + ARRIVAL, 'h2.eth0', 'in', 3, NO_SOCKET],
      [3 * SECOND + ARRIVAL, 'h2.eth0', 'in', 4, NO_SOCKET],
    ]);
    const counts = (sink: MemorySink): unknown[] => [
      ...new Map(readAll(sink.toBytes()).map((frame) => [frame.interface.name, frame.interface.statistics])),
    ];
    expect(counts(sinks[0])).toEqual([
      ['h1.eth0', { received: 2, dropped: 0 }],
      ['h2.eth0', { received: 2, dropped: 0 }],
    ]);
    expect(counts(sinks[1])).toEqual([['h2.eth0', { received: 2, dropped: 0 }]]);
  });

  it('writes several files at once, each as if it were alone', () => {
    const settings = { loss: 0.2, duplication: 0.2, corruption: 0.2, jitter: 10_000, reorder: 0.2 };
    const filters = [undefined, 'udp', 'arp'];
    const run = (chosen: readonly (string | undefined)[], poison = false): Uint8Array[] => {
      const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('no-socket', frame), { settings }, poison);
      const sinks = chosen.map(() => new MemorySink());
      const recorder = new Recorder(
        chosen.map((filter, i) => ({
          writer: new PcapngWriter(sinks[i]!),
          interfaces,
          ...(filter === undefined ? {} : { filter: parseFilter(filter) }),
        })),
      );
      simulator.observer = recorder;
      for (let i = 0; i < 200; i++) h1.transmit(0, frameOf(h1, i % 3 === 0 ? ARP_REQUEST : UDP_DATAGRAM));
      simulator.runUntil(Infinity);
      recorder.close(simulator.now);
      return sinks.map((sink) => sink.toBytes());
    };
    const together = run(filters);
    expect(together).toEqual(filters.flatMap((filter) => run([filter])));
    expect(together.map((file) => readAll(file).length > 50)).toEqual([true, true, true]);
  });

  it('writes early when an instant has very many records, and tells late drops then too', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame));
    const { close } = startCapture(simulator, interfaces);
    const frame = frameOf(h1, ARP_REQUEST);
    const all = 10_000;
    h1.transmit(0, frame);
    for (let i = 1; i < all; i++) h1.transmit(0, frameOf(h1, ARP_REQUEST));
    const outbound = readAll(close());
    expect(outbound).toHaveLength(all);
    // A frame waits for the wire, 1,000 more in the queue, and the others found it full.
    expect(outbound.filter(({ comments }) => comments.length === 1)).toHaveLength(all - 1_001);
  });

  it('writes a plain pcap too, where late drops have no place', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('no-socket', frame));
    const sink = new MemorySink();
    const recorder = new Recorder([{ writer: new PcapWriter(sink), interfaces }]);
    simulator.observer = recorder;
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    h1.drop('no-route', frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    recorder.close(simulator.now);
    expect(rows(sink.toBytes())).toEqual([
      [0, '', '-', -1],
      [ARRIVAL, '', '-', -1],
    ]);
  });

  it('writes the same file when given-away frames are poisoned', () => {
    const files = [false, true].map((poison) => {
      const settings = { loss: 0.2, duplication: 0.2, corruption: 0.2, jitter: 10_000, reorder: 0.2 };
      const setup = twoHosts((h2, frame) => h2.drop('no-socket', frame), { settings }, poison);
      const { close } = startCapture(setup.simulator, setup.interfaces);
      for (let i = 0; i < 200; i++) setup.h1.transmit(0, frameOf(setup.h1, UDP_DATAGRAM));
      setup.simulator.runUntil(Infinity);
      return close();
    });
    expect(files[1]).toEqual(files[0]);
  });

  it('can be looked at before the end', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.consume(frame));
    const sink = new MemorySink();
    const recorder = new Recorder([{ writer: new PcapngWriter(sink), interfaces }]);
    simulator.observer = recorder;
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    recorder.flush();
    expect(rows(sink.toBytes())).toEqual([[0, 'h1.eth0', 'out', 1]]);
  });

  const missing = whyNot();
  it.skipIf(missing !== null)(`satisfies tshark${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.drop('no-socket', frame));
    const { close } = startCapture(simulator, interfaces);
    h1.transmit(0, frameOf(h1, UDP_DATAGRAM));
    h1.drop('no-route', frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    const file = close();
    expect(check(file, ['--frames', '3', '--need', 'udp=2']).status).toBe(0);
    expect(fields(file, ['frame.time_epoch', 'frame.interface_name', 'frame.packet_id', 'frame.comment'])).toEqual([
      ['0.000000000', 'h1.eth0', '1', ''],
      ['0.000000000', 'h1/dropped', '2', 'dropped: no-route (no route to the destination)'],
      ['0.000100672', 'h2.eth0', '1', NO_SOCKET],
    ]);
  });
});

describe('createTranscript', () => {
  it('gives a tcpdump line for each frame that is sent, beside a capture', () => {
    const { simulator, h1, interfaces } = twoHosts((h2, frame) => h2.transmit(0, frame));
    const { recorder, close } = startCapture(simulator, interfaces);
    const lines: string[] = [];
    const transcript = createTranscript(
      ({ name }, port) => `${name}.eth${port}`,
      (time, nic, text) => lines.push(formatLine(time, nic, text)),
    );
    simulator.observer = fanOut([recorder, transcript]);
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    simulator.runUntil(Infinity);
    expect(lines).toEqual([
      '0.000000 h1.eth0 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28',
      '0.000100 h2.eth0 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28',
    ]);
    expect(rows(close())).toHaveLength(4);
  });

  it('leaves out the ports that have no name', () => {
    const { simulator, h1 } = twoHosts((h2, frame) => h2.consume(frame));
    const lines: string[] = [];
    simulator.observer = createTranscript(
      () => null,
      (_time, _nic, text) => lines.push(text),
    );
    h1.transmit(0, frameOf(h1, ARP_REQUEST));
    expect(lines).toEqual([]);
  });
});
