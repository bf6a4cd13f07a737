/**
 * QEMU's `stream` netdev: each frame behind its length, 4 bytes in network order, over TCP or a Unix socket.
 * One far end at a time; when it goes, a listening door waits for the next, and the other kind connects again.
 * Not here: QEMU's vnet header, which it sends only if told to.
 */
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { OutsidePort } from '../lab/bridges.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import { MAX_FRAME_LENGTH } from '../sim/frame.ts';
import type { Frame } from '../sim/frame.ts';
import { formatEndpoint } from './address.ts';
import type { Endpoint } from './address.ts';
import type { Door, DoorSettings } from './door.ts';
import { explain } from './socket-error.ts';

const LENGTH_BYTES = 4;
/** Bytes that may wait when the far end does not read. */
const MAX_UNSENT = 4_194_304;
/** Milliseconds from the end of a connection, or of a failed attempt, to the next. */
const RECONNECT = 1_000;

const NOTHING = Buffer.alloc(0);

export class StreamDoor implements Door {
  private readonly port: OutsidePort;
  private readonly at: Endpoint | { readonly path: string };
  private readonly listens: boolean;
  private readonly settings: DoorSettings;
  private server: Server | null = null;
  private peer: Socket | null = null;
  private retry: NodeJS.Timeout | null = null;
  private isClosed = false;
  /** Bytes of a frame that has not come whole. */
  private pending: Buffer = NOTHING;
  private refusedPeers = 0;
  private brokenStreams = 0;
  private lastFailure = '';

  constructor(
    port: OutsidePort,
    { at, listen }: { readonly at: Endpoint | { readonly path: string }; readonly listen: boolean },
    settings: DoorSettings,
  ) {
    this.port = port;
    this.at = at;
    this.listens = listen;
    this.settings = settings;
  }

  async open(): Promise<void> {
    if (!this.listens) return this.connect();
    const server = createServer((socket) => this.adopt(socket));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Error(`cannot listen on ${formatEndpoint(this.at)}: ${explain(error)}`)),
      );
      server.listen(this.at, resolve);
    });
  }

  close(): void {
    this.isClosed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.server?.close();
    this.peer?.destroy();
  }

  readonly leave = (frame: Frame): DropReason | null => {
    const { peer } = this;
    if (peer === null) return 'not-connected';
    if (peer.writableLength > MAX_UNSENT) return 'queue-full';
    const message = Buffer.allocUnsafe(LENGTH_BYTES + frame.length);
    message.writeUInt32BE(frame.length, 0);
    message.set(frame.bytes.subarray(0, frame.length), LENGTH_BYTES);
    peer.write(message);
    return null;
  };

  complaints(): string[] {
    const list: string[] = [];
    if (this.brokenStreams > 0) list.push(`${this.brokenStreams} connections were closed for a length that cannot be`);
    if (this.refusedPeers > 0) list.push(`${this.refusedPeers} connections were refused: there was one already`);
    if (this.lastFailure !== '') list.push(this.lastFailure);
    return list;
  }

  /** Resolves when this attempt has succeeded or failed; a failed one is followed by others. */
  private connect(): Promise<void> {
    const socket = connect(this.at);
    return new Promise((resolve) => {
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        this.adopt(socket);
        resolve();
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        const isFirst = this.lastFailure === '';
        this.lastFailure = `cannot connect to ${formatEndpoint(this.at)}: ${explain(error)}`;
        if (isFirst) this.settings.say(`${this.port.name}: ${this.lastFailure}; trying again every second`);
        this.connectLater();
        resolve();
      });
    });
  }

  private connectLater(): void {
    if (!this.isClosed) this.retry = setTimeout(() => void this.connect(), RECONNECT);
  }

  private adopt(socket: Socket): void {
    if (this.peer !== null || this.isClosed) {
      this.refusedPeers++;
      socket.destroy();
      return;
    }
    this.peer = socket;
    this.pending = NOTHING;
    this.lastFailure = '';
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.receive(socket, bytes));
    // What follows an error is 'close'.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.peer = null;
      if (!this.listens) this.connectLater();
    });
  }

  private receive(socket: Socket, bytes: Buffer): void {
    this.settings.arrived();
    const all = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    let at = 0;
    while (all.length - at >= LENGTH_BYTES) {
      const length = all.readUInt32BE(at);
      if (length === 0 || length > MAX_FRAME_LENGTH) {
        // Where the next frame starts is not known any more.
        this.brokenStreams++;
        this.port.refuse('bad-length', all.subarray(at));
        this.pending = NOTHING;
        socket.removeAllListeners('data');
        socket.destroy();
        return;
      }
      const end = at + LENGTH_BYTES + length;
      if (end > all.length) break;
      this.port.inject(all.subarray(at + LENGTH_BYTES, end));
      at = end;
    }
    this.pending = at === all.length ? NOTHING : all.subarray(at);
  }
}
