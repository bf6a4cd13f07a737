/** Nodes that note what comes, for the tests of links and the simulator. */
import type { DropReason } from '../../src/sim/drop-reason.ts';
import type { Frame } from '../../src/sim/frame.ts';
import type { Direction, Link } from '../../src/sim/link.ts';
import type { LinkSettings } from '../../src/sim/link-settings.ts';
import type { Node } from '../../src/sim/node.ts';
import type { Observer } from '../../src/sim/observer.ts';
import { Simulator } from '../../src/sim/simulator.ts';
import type { SimulatorOptions } from '../../src/sim/simulator.ts';

export interface Arrival {
  readonly time: number;
  readonly node: string;
  readonly port: number;
  readonly length: number;
  /** The number in the frame's last four bytes; see `numbered`. */
  readonly label: number;
  readonly corrupted: boolean;
}

/** Attaches a device that notes each frame and consumes it. */
export function sink(node: Node, arrivals: Arrival[]): void {
  node.attach(node, (self, port, frame) => {
    const { length, corrupted } = frame;
    arrivals.push({ time: self.now, node: self.name, port, length, label: labelOf(frame), corrupted });
    self.consume(frame);
  });
}

/** A frame that carries a number in its last four bytes and zeros before them. */
export function numbered(node: Node, label: number, length = 60): Frame {
  const frame = node.newFrame(length);
  frame.bytes.fill(0, 0, length);
  new DataView(frame.bytes.buffer).setUint32(length - 4, label);
  return frame;
}

export function labelOf(frame: Frame): number {
  return new DataView(frame.bytes.buffer).getUint32(frame.length - 4);
}

export interface Pair {
  readonly simulator: Simulator;
  readonly h1: Node;
  readonly h2: Node;
  readonly link: Link;
  /** From h1 to h2. */
  readonly direction: Direction;
  readonly arrivals: Arrival[];
  /** Sends frames 1 to `count`, all at once, from h1 to h2. */
  readonly send: (count: number, length?: number) => void;
  /** Runs to the end and says which frames came since the last time, in order. */
  readonly labels: () => number[];
}

/** Two nodes on one link; both note what comes. */
export function pair(settings: Partial<LinkSettings> = {}, options: Partial<SimulatorOptions> = {}): Pair {
  const simulator = new Simulator({ seed: 1, ...options });
  const h1 = simulator.createNode('h1', 1);
  const h2 = simulator.createNode('h2', 1);
  const link = simulator.connect(h1, 0, h2, 0, { settings });
  const arrivals: Arrival[] = [];
  sink(h1, arrivals);
  sink(h2, arrivals);
  return {
    simulator,
    h1,
    h2,
    link,
    direction: link.directions[0]!,
    arrivals,
    send(count, length) {
      for (let label = 1; label <= count; label++) h1.transmit(0, numbered(h1, label, length));
    },
    labels() {
      simulator.runUntil(Infinity);
      return arrivals.splice(0).map(({ label }) => label);
    },
  };
}

/** An observer that writes one line for each thing seen. */
export function scribe(simulator: Simulator): string[] {
  const lines: string[] = [];
  const note = (node: Node, port: number, what: string, frame: Frame): void => {
    const bytes = Array.from(frame.bytes.subarray(0, frame.length), (byte) => byte.toString(16)).join(' ');
    lines.push(`${simulator.now} ${node.name}.${port} ${what} #${frame.id}${frame.corrupted ? '!' : ''} ${bytes}`);
  };
  const observer: Observer = {
    sent: (node, port, frame) => note(node, port, 'sent', frame),
    received: (node, port, frame) => note(node, port, 'received', frame),
    dropped: (node, port, reason: DropReason, frame) => note(node, port, reason, frame),
  };
  simulator.observer = observer;
  return lines;
}
