/**
 * What the stack knows of an open Inet socket: its two ends, what waits to be read, what its options are.
 * The kernel's socket holds one and is told through `changed` that data, an error or room to send has come.
 */
import { FRAME_OVERHEAD, FrameQueue } from '../sim/frame.ts';
import type { Frame, SendCharge } from '../sim/frame.ts';
import type { Ip4 } from '../wire/ip4.ts';
import type { Flow } from './flow.ts';
import type { Interface } from './interface.ts';
import type { Stack } from './stack.ts';

/** Why the stack refuses what a call asked for, or what became of it; the names are Linux's errno. */
export type StackError =
  | 'EACCES'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EAGAIN'
  | 'ECONNREFUSED'
  | 'EEXIST'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'EMSGSIZE'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'ENOBUFS'
  | 'ENODEV'
  | 'ENOENT'
  | 'ENOPROTOOPT'
  | 'EPROTO'
  | 'ESRCH';

/** How a socket uses path MTU discovery, ip(7) IP_MTU_DISCOVER. */
export type PathMtuDiscovery =
  /** Never sets DF; fragments by the link's MTU. */
  | 'dont'
  /** Sets DF where the datagram fits the known path MTU, fragments where it does not. The default. */
  | 'want'
  /** Always sets DF; a datagram longer than the known path MTU is refused with EMSGSIZE. */
  | 'do'
  /** Sets DF and ignores the known path MTU: to measure it. */
  | 'probe';

/** Linux's net.core.rmem_default and wmem_default, bytes with bookkeeping. */
export const DEFAULT_BUFFER = 212_992;
/** The least and most a program can ask for: SOCK_MIN_RCVBUF, and net.core.rmem_max doubled as Linux does. */
export const MIN_BUFFER = 2_304;
export const MAX_BUFFER = 8_388_608;

export interface Endpoint {
  readonly stack: Stack;
  /** The IP protocol: 17 for a datagram socket, any for a raw one. */
  readonly protocol: number;
  readonly raw: boolean;
  /** Own address and port; 0 where it may be any, or is not bound yet. */
  local: Ip4;
  localPort: number;
  /** The local address was asked for by bind and stays when the peer changes. */
  boundAddress: boolean;
  boundPort: boolean;
  /** The peer of a connected socket. */
  remote: Ip4;
  remotePort: number;
  connected: boolean;
  /** The one interface it may use (sys_socket_bind_interface), or null. */
  bound: Interface | null;
  /** Datagrams that wait to be read, whole frames, oldest first. */
  readonly received: FrameQueue;
  receiveUsed: number;
  receiveLimit: number;
  /** An error that ICMP or ARP brought; the next call returns it once. */
  error: StackError | null;
  readonly send: SendCharge;
  sendLimit: number;
  // Options, ip(7) and socket(7).
  broadcast: boolean;
  /** 0 means the host's default (net.ipv4.ip_default_ttl). */
  timeToLive: number;
  typeOfService: number;
  pathMtuDiscovery: PathMtuDiscovery;
  /** IP options for outgoing datagrams, padded to a multiple of 4, at most 40 bytes; null for none. */
  options: Uint8Array | null;
  /** A raw socket whose program writes the IP header itself (IP_HDRINCL). */
  headerIncluded: boolean;
  /** Raw ICMP only: bit n set means type n is not delivered (ICMP_FILTER). */
  icmpFilter: number;
  /** Shut down for reading: what comes is dropped. */
  readClosed: boolean;
  /** Where the last datagram went; the second one to the same place makes the flow. UDP only. */
  lastDestination: Ip4;
  flow: Flow | null;
  /** The next endpoint in the same bucket of the table. */
  next: Endpoint | null;
  /** The kernel's: wakes whoever sleeps on this socket, for reading, writing or an error. */
  readonly changed: (endpoint: Endpoint) => void;
}

/** What an endpoint starts with; `changed` is the kernel's. */
export function createEndpoint(
  stack: Stack,
  protocol: number,
  raw: boolean,
  changed: (endpoint: Endpoint) => void,
): Endpoint {
  const endpoint: Endpoint = {
    stack,
    protocol,
    raw,
    local: 0 as Ip4,
    localPort: 0,
    boundAddress: false,
    boundPort: false,
    remote: 0 as Ip4,
    remotePort: 0,
    connected: false,
    bound: null,
    received: new FrameQueue(),
    receiveUsed: 0,
    receiveLimit: DEFAULT_BUFFER,
    error: null,
    send: { used: 0, waiting: false, released: () => changed(endpoint) },
    sendLimit: DEFAULT_BUFFER,
    broadcast: false,
    timeToLive: 0,
    typeOfService: 0,
    pathMtuDiscovery: 'want',
    options: null,
    headerIncluded: false,
    icmpFilter: 0,
    readClosed: false,
    lastDestination: 0 as Ip4,
    flow: null,
    next: null,
    changed,
  };
  return endpoint;
}

/** Puts a datagram into the receive queue, or drops it for want of room. */
export function deliver(endpoint: Endpoint, frame: Frame): void {
  const size = frame.length + FRAME_OVERHEAD;
  if (endpoint.readClosed) return endpoint.stack.world.drop('no-socket', frame);
  // As Linux: one more is taken while the queue is below its limit.
  if (endpoint.receiveUsed >= endpoint.receiveLimit) return endpoint.stack.world.drop('receive-buffer-full', frame);
  endpoint.receiveUsed += size;
  endpoint.received.push(frame);
  endpoint.changed(endpoint);
}

/** The oldest datagram, whole, for the caller to copy from and then consume; undefined when none waits. */
export function takeReceived(endpoint: Endpoint): Frame | undefined {
  const frame = endpoint.received.shift();
  if (frame !== undefined) endpoint.receiveUsed -= frame.length + FRAME_OVERHEAD;
  return frame;
}

/** The pending error, which is then gone. */
export function takeError(endpoint: Endpoint): StackError | null {
  const error = endpoint.error;
  endpoint.error = null;
  return error;
}

export function fail(endpoint: Endpoint, error: StackError): void {
  endpoint.error = error;
  endpoint.changed(endpoint);
}

/** Whether another datagram may be sent now; as Linux, one more is taken while the buffer is below its limit. */
export function hasSendRoom(endpoint: Endpoint): boolean {
  return endpoint.send.used < endpoint.sendLimit;
}

/** The same, once what has left the NICs by now is counted. */
export function makeSendRoom(endpoint: Endpoint): boolean {
  if (hasSendRoom(endpoint)) return true;
  endpoint.stack.world.watchDepartures();
  return hasSendRoom(endpoint);
}
