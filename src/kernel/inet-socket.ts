/**
 * Inet sockets, datagram and raw: the kernel's side of a stack's endpoint. Here calls sleep and are woken; what goes
 * over the wire is the stack's business.
 */
import type { Frame } from '../sim/frame.ts';
import type { Endpoint, StackError } from '../stack/endpoint.ts';
import { hasSendRoom, takeError, takeReceived } from '../stack/endpoint.ts';
import * as Raw from '../stack/raw.ts';
import type { Stack } from '../stack/stack.ts';
import * as Udp from '../stack/udp.ts';
import * as Ethernet from '../wire/ethernet.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as UdpFormat from '../wire/udp.ts';
import { createOpenFile, until, writeDeadline } from './open-file.ts';
import type { OpenFile, Readiness } from './open-file.ts';
import type { Nanos } from '../sim/time.ts';
import type { Process } from './process.ts';
import { DONE, fail, ok } from './result.ts';
import type { Failure, Result } from './result.ts';
import { wake, WaitQueue } from './wait-queue.ts';
import type { Sleeping } from './wait-queue.ts';

export interface InetSocket extends OpenFile {
  readonly kind: 'inet';
  readonly type: 'datagram' | 'raw';
  readonly endpoint: Endpoint;
  /** Shut down for writing. */
  writeClosed: boolean;
  readonly readable: WaitQueue;
  readonly writable: WaitQueue;
}

/** `protocol` matters for raw ones only. */
export function createInetSocket(stack: Stack, type: InetSocket['type'], protocol: number): InetSocket {
  const readable = new WaitQueue();
  const writable = new WaitQueue();
  const changed = (): void => {
    wake(readable);
    wake(writable);
  };
  const endpoint = type === 'datagram' ? Udp.open(stack, changed) : Raw.open(stack, protocol, changed);
  // Linux's sock_def_write_space: writers wake when half the buffer is free, not for each frame that leaves.
  endpoint.send.released = (charge) => {
    if (charge.used * 2 > endpoint.sendLimit) return;
    charge.waiting = false;
    wake(writable);
  };
  return { kind: 'inet', ...createOpenFile(), type, endpoint, writeClosed: false, readable, writable };
}

export function bindInet({ type, endpoint }: InetSocket, ip: Ip4, port: number): Result<undefined> {
  return resultOf(type === 'datagram' ? Udp.bind(endpoint, ip, port) : Raw.bind(endpoint, ip));
}

export function connectInet({ type, endpoint }: InetSocket, ip: Ip4, port: number): Result<undefined> {
  return resultOf(type === 'datagram' ? Udp.connect(endpoint, ip, port) : Raw.connect(endpoint, ip));
}

export function disconnectInet({ type, endpoint }: InetSocket): void {
  if (type === 'datagram') Udp.disconnect(endpoint);
  else Raw.disconnect(endpoint);
}

export function closeInet({ type, endpoint }: InetSocket): void {
  if (type === 'datagram') Udp.close(endpoint);
  else Raw.close(endpoint);
}

function resultOf(refused: StackError | null): Result<undefined> {
  return refused === null ? DONE : fail(refused);
}

/** Sends one datagram, to the connected peer where `ip` is null; sleeps while the send buffer is full. */
export function sendInet(
  process: Process,
  socket: InetSocket,
  data: Uint8Array,
  at: number,
  length: number,
  ip: Ip4 | null,
  port: number,
): Result<number> | Sleeping<number> {
  const { endpoint } = socket;
  // What the total length field cannot say, whatever the headers take.
  if (length > Ipv4.MAX_LENGTH) return fail('EMSGSIZE');
  if (ip === null && !endpoint.connected) return fail('EDESTADDRREQ');
  const destination = ip ?? endpoint.remote;
  const destinationPort = ip === null ? endpoint.remotePort : port;
  const sent = trySend(socket, data, at, length, destination, destinationPort);
  if (sent !== null) return sent;
  const deadline = writeDeadline(process, socket);
  if (process.kernel.world.now >= deadline) return fail('EAGAIN');
  return sendWhenWritable(process, socket, data, at, length, destination, destinationPort, deadline);
}

function* sendWhenWritable(
  process: Process,
  socket: InetSocket,
  data: Uint8Array,
  at: number,
  length: number,
  destination: Ip4,
  port: number,
  deadline: Nanos,
): Sleeping<number> {
  for (;;) {
    yield until(socket.writable, deadline);
    const sent = trySend(socket, data, at, length, destination, port);
    if (sent !== null) return sent;
    if (process.kernel.world.now >= deadline) return fail('EAGAIN');
  }
}

/** Null: the send buffer is full, and `writable` tells when it no longer is. */
function trySend(
  socket: InetSocket,
  data: Uint8Array,
  at: number,
  length: number,
  destination: Ip4,
  port: number,
): Result<number> | null {
  const { endpoint } = socket;
  for (;;) {
    const error = takeError(endpoint);
    if (error !== null) return fail(error);
    if (socket.writeClosed) return fail('EPIPE');
    const refused =
      socket.type === 'datagram'
        ? Udp.send(endpoint, data, at, length, destination, port)
        : Raw.send(endpoint, data, at, length, destination);
    if (refused === null) return ok(length);
    if (refused !== 'EAGAIN') return fail(refused);
    if (!lookForRoom(socket)) return null;
  }
}

/** Whether the send buffer has room after all, now that what has left the NIC is counted; else `writable` will tell. */
function lookForRoom({ endpoint }: InetSocket): boolean {
  endpoint.send.waiting = true;
  endpoint.stack.world.watchDepartures();
  return hasSendRoom(endpoint);
}

/**
 * The oldest datagram, for the caller to copy from and then consume, or 'end' when the socket is shut down. Null: there
 * is none yet, and until the deadline `readable` tells when to look again.
 */
export function tryReceive(process: Process, socket: InetSocket, deadline: Nanos): Frame | 'end' | Failure | null {
  const { endpoint } = socket;
  const error = takeError(endpoint);
  if (error !== null) return fail(error);
  const frame = takeReceived(endpoint);
  if (frame !== undefined) return frame;
  if (process.kernel.world.now >= deadline) return fail('EAGAIN');
  return endpoint.readClosed ? 'end' : null;
}

/** Where a received datagram's data starts: for a raw socket with the IP header, as raw(7). */
export function dataAt(socket: InetSocket, frame: Frame): number {
  return socket.type === 'datagram' ? Udp.payloadAt(frame) : Ethernet.HEADER_LENGTH;
}

export function dataLength(socket: InetSocket, frame: Frame): number {
  return socket.type === 'datagram' ? Udp.payloadLength(frame) : Ipv4.totalLength(frame.bytes, Ethernet.HEADER_LENGTH);
}

export function sourceOf(frame: Frame): Ip4 {
  return Ipv4.source(frame.bytes, Ethernet.HEADER_LENGTH);
}

/** 0 for a raw socket. */
export function sourcePortOf(socket: InetSocket, frame: Frame): number {
  return socket.type === 'datagram'
    ? UdpFormat.sourcePort(frame.bytes, Udp.payloadAt(frame) - UdpFormat.HEADER_LENGTH)
    : 0;
}

/** ENOTCONN: it is not connected. */
export function shutDownInet(socket: InetSocket, read: boolean, write: boolean): Result<undefined> {
  const { endpoint } = socket;
  if (!endpoint.connected) return fail('ENOTCONN');
  if (read) endpoint.readClosed = true;
  if (write) socket.writeClosed = true;
  wake(socket.readable);
  wake(socket.writable);
  return DONE;
}

/** What sys_poll says of it, as Linux's datagram_poll: writable while less than half the send buffer is in use. */
export function pollInet(socket: InetSocket): Readiness {
  const { endpoint } = socket;
  if (endpoint.send.used * 2 >= endpoint.sendLimit) lookForRoom(socket);
  return {
    readable: endpoint.received.length > 0 || endpoint.readClosed,
    writable: endpoint.send.used * 2 < endpoint.sendLimit,
    error: endpoint.error !== null,
    hangUp: endpoint.readClosed && socket.writeClosed,
  };
}
