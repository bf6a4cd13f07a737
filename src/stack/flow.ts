/**
 * What a UDP socket remembers of its last datagram: the way, and the headers it wrote. As long as nothing has changed
 * that either followed from, the next datagram to the same destination has the same ones, as with Linux's sk_dst_cache
 * and its neighbours' cached headers; only lengths, identification and checksums differ.
 * Not here: what is fragmented, has options, or goes to many or to this host itself.
 */
import { charge } from '../sim/frame.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Udp from '../wire/udp.ts';
import * as Arp from './arp.ts';
import { makeSendRoom } from './endpoint.ts';
import type { Endpoint, PathMtuDiscovery, StackError } from './endpoint.ts';
import type { Interface } from './interface.ts';
import * as Ipv4Output from './ipv4-output.ts';
import type { Neighbor } from './neighbors.ts';

const IP = Ethernet.HEADER_LENGTH;
const UDP = IP + Ipv4.MIN_HEADER_LENGTH;
const DATA = UDP + Udp.HEADER_LENGTH;

export interface Flow {
  readonly destination: Ip4;
  readonly port: number;
  readonly source: Ip4;
  readonly neighbor: Neighbor;
  /** Octets of the longest datagram that goes in one piece. */
  readonly mtu: number;
  readonly dontFragment: boolean;
  /** Ethernet, IP and UDP, of a datagram without data and with identification 0. */
  readonly headers: Uint8Array;
  // What it followed from.
  readonly generation: number;
  readonly local: Ip4;
  readonly localPort: number;
  readonly bound: Interface | null;
  readonly timeToLive: number;
  readonly typeOfService: number;
  readonly pathMtuDiscovery: PathMtuDiscovery;
}

/** The flow of a datagram that was sent in one piece, with these bytes, to this neighbour. */
export function remember(
  endpoint: Endpoint,
  destination: Ip4,
  port: number,
  neighbor: Neighbor,
  mtu: number,
  bytes: Uint8Array,
): Flow {
  const headers = bytes.slice(0, DATA);
  const { stack, local, localPort, bound, timeToLive, typeOfService, pathMtuDiscovery } = endpoint;
  Ipv4.setTotalLength(headers, IP, DATA - IP);
  Ipv4.setIdentification(headers, IP, 0);
  return {
    destination,
    port,
    source: Ipv4.source(headers, IP),
    neighbor,
    mtu,
    dontFragment: Ipv4.dontFragment(headers, IP),
    headers,
    generation: stack.generation,
    local,
    localPort,
    bound,
    timeToLive,
    typeOfService,
    pathMtuDiscovery,
  };
}

/** Whether a datagram of `length` octets of data would take the same way, in one piece. */
export function fits(flow: Flow, endpoint: Endpoint, ip: Ip4, port: number, length: number): boolean {
  return (
    flow.destination === ip &&
    flow.port === port &&
    flow.generation === endpoint.stack.generation &&
    DATA - IP + length <= flow.mtu &&
    !flow.neighbor.removed &&
    flow.local === endpoint.local &&
    flow.localPort === endpoint.localPort &&
    flow.bound === endpoint.bound &&
    endpoint.options === null &&
    flow.timeToLive === endpoint.timeToLive &&
    flow.typeOfService === endpoint.typeOfService &&
    flow.pathMtuDiscovery === endpoint.pathMtuDiscovery
  );
}

/** Sends a datagram the same way. EAGAIN: no room in the send buffer. */
export function send(flow: Flow, endpoint: Endpoint, data: Uint8Array, at: number, length: number): StackError | null {
  const { stack } = endpoint;
  if (!makeSendRoom(endpoint)) return 'EAGAIN';
  const frame = stack.world.newFrame(DATA + length);
  charge(frame, endpoint.send);
  const { bytes } = frame;
  bytes.set(flow.headers);
  Ipv4.setTotalLength(bytes, IP, DATA - IP + length);
  if (!flow.dontFragment) Ipv4.setIdentification(bytes, IP, Ipv4Output.nextIdentification(stack));
  Udp.writeHeader(bytes, UDP, flow.localPort, flow.port, Udp.HEADER_LENGTH + length);
  copyBytes(data, at, bytes, DATA, length);
  Udp.updateChecksum(bytes, UDP, flow.source, flow.destination);
  Arp.sendTo(stack, flow.neighbor, frame);
  return null;
}
