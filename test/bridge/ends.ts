/** The far ends of bridges, for tests: sockets on loopback, and labs that lead to them. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { Outside } from '../../src/bridge/outside.ts';
import { runPaced } from '../../src/bridge/pace.ts';
import type { PacedEnd } from '../../src/bridge/pace.ts';
import { openLab } from '../../src/lab/lab.ts';
import type { Lab, LabOptions } from '../../src/lab/lab.ts';

/** Frames that a far end got, and a way to await them. */
export class Inbox {
  private readonly frames: Buffer[] = [];
  private waiting: ((frame: Buffer) => void) | null = null;

  put(frame: Buffer): void {
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) this.frames.push(frame);
    else waiting(frame);
  }

  next(): Promise<Buffer> {
    const frame = this.frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => (this.waiting = resolve));
  }
}

/** A UDP socket on loopback that stands where the lab sends. */
export class UdpEnd extends Inbox {
  readonly socket: Socket = createSocket('udp4');
  /** Where the lab is told to listen. */
  labPort = 0;

  static async open(): Promise<UdpEnd> {
    const end = new UdpEnd();
    await new Promise<void>((resolve) => end.socket.bind(0, '127.0.0.1', resolve));
    end.socket.on('message', (datagram) => end.put(datagram));
    end.labPort = await freePort();
    return end;
  }

  /** LOCAL,REMOTE as the lab sees them. */
  get address(): string {
    return `127.0.0.1:${this.labPort},127.0.0.1:${this.socket.address().port}`;
  }

  send(datagram: Uint8Array, from: Socket = this.socket): void {
    from.send(datagram, this.labPort, '127.0.0.1');
  }
}

/** A UDP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createSocket('udp4');
  await new Promise<void>((resolve) => probe.bind(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  return port;
}

/** A lab that runs by the clock. */
export interface Running {
  readonly lab: Lab;
  readonly outside: Outside;
  /** What the person who runs it was told. */
  readonly said: readonly string[];
  readonly ended: Promise<PacedEnd>;
  readonly stop: () => Promise<PacedEnd>;
}

export async function runLab(topology: string, options: LabOptions = {}): Promise<Running> {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const outside = new Outside(say);
  const lab = openLab(topology, { openPort: outside.openPort, ...options });
  await outside.open();
  const end = new AbortController();
  const ended = runPaced(lab, outside, { signal: end.signal, say }).finally(() => outside.close());
  return {
    lab,
    outside,
    said,
    ended,
    stop: () => {
      end.abort();
      return ended;
    },
  };
}
