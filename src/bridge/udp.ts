/**
 * Ethernet over UDP: one frame a datagram, from a local address to a remote one, without FCS and padding. It is what
 * GNS3, VPCS, QEMU's `dgram` netdev and socat speak. With a VNI each frame has a VXLAN header in front (RFC 7348).
 */
import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import type { OutsidePort } from '../lab/bridges.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import { formatEndpoint } from './address.ts';
import type { Endpoint } from './address.ts';
import type { Door, DoorSettings } from './door.ts';
import { explain } from './socket-error.ts';
import { socketDrops } from './socket-drops.ts';
import * as Vxlan from './vxlan.ts';

/** 65,535 less the headers of IPv4 and UDP. */
const MAX_DATAGRAM = 65_507;
/** Asked of the kernel, which gives what it allows: a burst comes faster than the lab is run. */
const RECEIVE_BUFFERS = [8_388_608, 1_048_576, 262_144];
/** Bytes that may wait in the process when the kernel takes no more. */
const MAX_UNSENT = 4_194_304;
/** Milliseconds between two looks at what the kernel dropped. */
const WATCH_INTERVAL = 1_000;

export class UdpDoor implements Door {
  private readonly port: OutsidePort;
  private readonly local: Endpoint;
  private readonly remote: Endpoint;
  /** Null without VXLAN. */
  private readonly vni: number | null;
  private readonly settings: DoorSettings;
  private readonly socket: Socket;
  private watch: NodeJS.Timeout | null = null;
  /** What the operating system refused later than at once, by its error code. */
  private readonly unsent = new Map<string, number>();
  private lostInFront = 0;
  private bufferSize = 0;

  constructor(
    port: OutsidePort,
    {
      local,
      remote,
      vni = null,
    }: { readonly local: Endpoint; readonly remote: Endpoint; readonly vni?: number | null },
    settings: DoorSettings,
  ) {
    this.port = port;
    this.local = local;
    this.remote = remote;
    this.vni = vni;
    this.settings = settings;
    // Addresses are numbers already; Node's own look-up would put every send off by a turn.
    this.socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  }

  async open(): Promise<void> {
    const { socket, local } = this;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error: NodeJS.ErrnoException) =>
        reject(new Error(`cannot listen on UDP ${formatEndpoint(local)}: ${explain(error)}`)),
      );
      socket.bind(local.port, local.host, resolve);
    });
    socket.removeAllListeners('error');
    socket.on('error', (error: NodeJS.ErrnoException) => this.countUnsent(error));
    socket.on('message', (datagram, from) => this.receive(datagram, from));
    this.bufferSize = growReceiveBuffer(socket);
    this.watch = setInterval(() => this.lookInFront(), WATCH_INTERVAL).unref();
  }

  close(): void {
    if (this.watch !== null) clearInterval(this.watch);
    this.socket.close();
  }

  readonly leave = (frame: Frame): DropReason | null => {
    const header = this.vni === null ? 0 : Vxlan.HEADER_LENGTH;
    if (header + frame.length > MAX_DATAGRAM) return 'exceeds-mtu';
    if (this.socket.getSendQueueSize() > MAX_UNSENT) return 'queue-full';
    const datagram = Buffer.allocUnsafe(header + frame.length);
    if (this.vni !== null) Vxlan.write(datagram, this.vni);
    datagram.set(frame.bytes.subarray(0, frame.length), header);
    this.socket.send(datagram, this.remote.port, this.remote.host, (error) => {
      if (error !== null) this.countUnsent(error);
    });
    return null;
  };

  complaints(): string[] {
    this.lookInFront();
    const list = [...this.unsent].map(([code, count]) => `${count} frames were not sent: ${code}`);
    if (this.lostInFront > 0) list.push(this.describeLost());
    return list;
  }

  private receive(datagram: Uint8Array, from: RemoteInfo): void {
    this.settings.arrived();
    const { port, vni } = this;
    // RFC 7348 §5: a VXLAN sender chooses its port by a hash of the frame.
    const isForeign = from.address !== this.remote.host || (vni === null && from.port !== this.remote.port);
    if (isForeign) port.refuse('foreign-source', datagram);
    else if (vni === null) port.inject(datagram);
    else if (Vxlan.accepts(datagram, vni)) port.inject(datagram.subarray(Vxlan.HEADER_LENGTH));
    else port.refuse('bad-vxlan', datagram);
  }

  private countUnsent({ code = 'unknown error' }: NodeJS.ErrnoException): void {
    this.unsent.set(code, (this.unsent.get(code) ?? 0) + 1);
  }

  private lookInFront(): void {
    const before = this.lostInFront;
    this.lostInFront = socketDrops(this.local) ?? before;
    if (before === 0 && this.lostInFront > 0) this.settings.say(`${this.port.name}: ${this.describeLost()}`);
  }

  private describeLost(): string {
    return (
      `${this.lostInFront} datagrams were lost in front of the lab: they came faster than it runs, and the socket's ` +
      `buffer of ${this.bufferSize} bytes was full (net.core.rmem_max allows a larger one)`
    );
  }
}

/** The kernel cuts what is too much, or refuses it; gives what there is now. */
function growReceiveBuffer(socket: Socket): number {
  for (const size of RECEIVE_BUFFERS) {
    try {
      socket.setRecvBufferSize(size);
      break;
    } catch {
      continue;
    }
  }
  return socket.getRecvBufferSize();
}
