/**
 * Sockets between the processes of one host, as unix(7) on Linux (net/unix/af_unix.c): stream, datagram, seqpacket.
 * What waits in a receive queue counts against its sender's buffer until it is read; that bounds every queue.
 * Unlike Linux: a name is no file. It is free again when its socket closes, and where nobody listens the answer is
 * always ECONNREFUSED.
 */
import { DEFAULT_BUFFER } from '../stack/endpoint.ts';
import { FRAME_OVERHEAD } from '../sim/frame.ts';
import type { Nanos } from '../sim/time.ts';
import { copyBytes } from '../wire/bytes.ts';
import type { Errno } from './errno.ts';
import { createOpenFile, until } from './open-file.ts';
import type { OpenFile, Readiness } from './open-file.ts';
import type { Kernel } from './kernel.ts';
import { DONE, fail, ok } from './result.ts';
import type { Result } from './result.ts';
import { wake, WaitQueue } from './wait-queue.ts';
import type { Sleeping } from './wait-queue.ts';

/** Bytes in the longest name, the NUL of an abstract one included: sizeof(sun_path). */
export const MAX_NAME_LENGTH = 108;
/** Connections that may wait to be accepted, whatever listen asks for: net.core.somaxconn. */
const MAX_BACKLOG = 4_096;
/** Datagrams that may wait in one socket before its senders sleep: net.unix.max_dgram_qlen. */
const MAX_QUEUED_DATAGRAMS = 10;
/** What Linux keeps of the send buffer for its bookkeeping when it judges one message's length. */
const MESSAGE_RESERVE = 32;

export type LocalType = 'stream' | 'datagram' | 'seqpacket';

interface Message {
  readonly bytes: Uint8Array;
  /** Bytes that were read already; streams only. */
  taken: number;
  readonly from: string;
  /** Whose send buffer it counts against. */
  readonly sender: LocalSocket;
}

export interface LocalSocket extends OpenFile {
  readonly kind: 'local';
  readonly type: LocalType;
  state: 'unconnected' | 'listening' | 'connected';
  /** '' for none; an abstract one starts with NUL. */
  name: string;
  /** Stays when the peer has closed, as Linux keeps it. */
  peer: LocalSocket | null;
  closed: boolean;
  /** Shut down, by itself or by its peer. */
  readClosed: boolean;
  writeClosed: boolean;
  /** The next call returns it once. */
  error: Errno | null;
  /** What waits to be read, oldest first. */
  readonly received: Message[];
  /** Bytes that peers have not read yet, bookkeeping included; bounded by `sendLimit`. */
  unsent: number;
  sendLimit: number;
  /** A listener's connections that wait to be accepted, at most `backlog` and one. */
  readonly pending: LocalSocket[];
  backlog: number;
  /** Wakes its readers, and who waits to accept. */
  readonly readable: WaitQueue;
  /** Wakes its writers. */
  readonly writable: WaitQueue;
  /** Wakes others who wait for room in its queue: to connect, or to send a datagram. */
  readonly room: WaitQueue;
}

export function createLocalSocket(type: LocalType): LocalSocket {
  return {
    kind: 'local',
    ...createOpenFile(),
    type,
    state: 'unconnected',
    name: '',
    peer: null,
    closed: false,
    readClosed: false,
    writeClosed: false,
    error: null,
    received: [],
    unsent: 0,
    sendLimit: DEFAULT_BUFFER,
    pending: [],
    backlog: 0,
    readable: new WaitQueue(),
    writable: new WaitQueue(),
    room: new WaitQueue(),
  };
}

/** Two sockets that are each other's peers. */
export function createLocalPair(type: LocalType): [LocalSocket, LocalSocket] {
  const pair: [LocalSocket, LocalSocket] = [createLocalSocket(type), createLocalSocket(type)];
  join(pair[0], pair[1]);
  join(pair[1], pair[0]);
  return pair;
}

function join(socket: LocalSocket, peer: LocalSocket): void {
  socket.peer = peer;
  socket.state = 'connected';
}

/** EADDRINUSE, EINVAL (bound already). Linux asks first whether a path is taken, but not for an abstract name. */
export function bindLocal(kernel: Kernel, socket: LocalSocket, name: string): Result<undefined> {
  kernel.localNames ??= new Map();
  const taken = kernel.localNames.has(name);
  if (taken && !name.startsWith('\0')) return fail('EADDRINUSE');
  if (socket.name !== '') return fail('EINVAL');
  if (taken) return fail('EADDRINUSE');
  kernel.localNames.set(name, socket);
  socket.name = name;
  return DONE;
}

/** EOPNOTSUPP (datagram), EINVAL (no name, or connected). Again on a listener it changes the backlog. */
export function listenLocal(socket: LocalSocket, backlog: number): Result<undefined> {
  if (socket.type === 'datagram') return fail('EOPNOTSUPP');
  if (socket.name === '' || socket.state === 'connected') return fail('EINVAL');
  socket.state = 'listening';
  // Linux reads the number as unsigned: a negative one asks for the most there is.
  socket.backlog = backlog < 0 || backlog > MAX_BACKLOG ? MAX_BACKLOG : backlog;
  wake(socket.room);
  return DONE;
}

/** A stream or seqpacket connects to a listener, and may sleep while its backlog is full. */
export function* connectLocal(kernel: Kernel, socket: LocalSocket, name: string, deadline: Nanos): Sleeping<undefined> {
  if (socket.type === 'datagram') return connectDatagram(kernel, socket, name);
  for (;;) {
    const listener = kernel.localNames?.get(name);
    if (listener === undefined) return fail('ECONNREFUSED');
    if (listener.type !== socket.type) return fail('EPROTOTYPE');
    if (listener.state !== 'listening' || listener.readClosed) return fail('ECONNREFUSED');
    if (listener.pending.length > listener.backlog) {
      if (kernel.world.now >= deadline) return fail('EAGAIN');
      yield until(listener.room, deadline);
      continue;
    }
    if (socket.state === 'connected') return fail('EISCONN');
    if (socket.state === 'listening') return fail('EINVAL');
    // The connection is there before it is accepted: the client may write already.
    const accepted = createLocalSocket(listener.type);
    accepted.name = listener.name;
    join(accepted, socket);
    join(socket, accepted);
    listener.pending.push(accepted);
    wake(listener.readable);
    return DONE;
  }
}

function connectDatagram(kernel: Kernel, socket: LocalSocket, name: string): Result<undefined> {
  const peer = kernel.localNames?.get(name);
  if (peer === undefined) return fail('ECONNREFUSED');
  if (peer.type !== 'datagram') return fail('EPROTOTYPE');
  if (!mayReach(socket, peer)) return fail('EPERM');
  setPeer(socket, peer);
  return DONE;
}

/** A datagram socket forgets its peer. EINVAL: a stream or seqpacket, which can only close. */
export function disconnectLocal(socket: LocalSocket): Result<undefined> {
  if (socket.type !== 'datagram') return fail('EINVAL');
  setPeer(socket, null);
  return DONE;
}

function setPeer(socket: LocalSocket, peer: LocalSocket | null): void {
  const old = socket.peer;
  socket.peer = peer;
  socket.state = peer === null ? 'unconnected' : 'connected';
  if (old === null || old === peer || socket.received.length === 0) return;
  // Linux's unix_dgram_disconnected: what the old peer and others have sent is lost, and the old peer hears of it.
  discard(socket);
  if (!old.closed && old.peer === socket) setError(old, 'ECONNRESET');
}

/** Whether the other takes datagrams from everybody or is connected to this one. */
function mayReach(socket: LocalSocket, other: LocalSocket): boolean {
  return other.peer === null || other.peer === socket;
}

/** The oldest connection that waits. EOPNOTSUPP (datagram), EINVAL (not listening, or shut down), EAGAIN. */
export function* acceptLocal(kernel: Kernel, socket: LocalSocket, deadline: Nanos): Sleeping<LocalSocket> {
  if (socket.type === 'datagram') return fail('EOPNOTSUPP');
  if (socket.state !== 'listening') return fail('EINVAL');
  for (;;) {
    const accepted = socket.pending.shift();
    if (accepted !== undefined) {
      wake(socket.room);
      return ok(accepted);
    }
    if (kernel.world.now >= deadline) return fail('EAGAIN');
    if (socket.readClosed) return fail('EINVAL');
    yield until(socket.readable, deadline);
  }
}

/** Sends to the peer, or a datagram to a name; gives the bytes taken. */
export function sendLocal(
  kernel: Kernel,
  socket: LocalSocket,
  bytes: Uint8Array,
  name: string | null,
  deadline: Nanos,
): Sleeping<number> {
  switch (socket.type) {
    case 'stream':
      return sendStream(kernel, socket, bytes, name, deadline);
    case 'seqpacket':
      return sendPacket(kernel, socket, bytes, deadline);
    case 'datagram':
      return sendDatagram(kernel, socket, bytes, name, deadline);
  }
}

function* sendStream(
  kernel: Kernel,
  socket: LocalSocket,
  bytes: Uint8Array,
  name: string | null,
  deadline: Nanos,
): Sleeping<number> {
  if (name !== null) return fail(socket.state === 'connected' ? 'EISCONN' : 'EOPNOTSUPP');
  if (socket.peer === null) return fail('ENOTCONN');
  if (socket.writeClosed) return fail('EPIPE');
  let sent = 0;
  while (sent < bytes.length) {
    const refused = takeLocalError(socket) ?? (isReadClosed(socket.peer) || socket.writeClosed ? 'EPIPE' : null);
    if (refused !== null) return sent > 0 ? ok(sent) : fail(refused);
    if (socket.unsent >= socket.sendLimit) {
      if (kernel.world.now >= deadline) return sent > 0 ? ok(sent) : fail('EAGAIN');
      yield until(socket.writable, deadline);
      continue;
    }
    // As Linux: at most half the buffer in one piece, so that reading and writing overlap.
    const length = Math.min(bytes.length - sent, (socket.sendLimit >>> 1) - 64);
    deliver(socket, socket.peer, bytes.slice(sent, sent + length));
    sent += length;
  }
  return ok(sent);
}

function* sendPacket(kernel: Kernel, socket: LocalSocket, bytes: Uint8Array, deadline: Nanos): Sleeping<number> {
  if (socket.peer === null || socket.state !== 'connected') return fail('ENOTCONN');
  if (bytes.length > socket.sendLimit - MESSAGE_RESERVE) return fail('EMSGSIZE');
  for (;;) {
    const error = takeLocalError(socket);
    if (error !== null) return fail(error);
    if (socket.writeClosed || isReadClosed(socket.peer)) return fail('EPIPE');
    if (socket.unsent < socket.sendLimit) break;
    if (kernel.world.now >= deadline) return fail('EAGAIN');
    yield until(socket.writable, deadline);
  }
  deliver(socket, socket.peer, bytes.slice());
  return ok(bytes.length);
}

function* sendDatagram(
  kernel: Kernel,
  socket: LocalSocket,
  bytes: Uint8Array,
  name: string | null,
  deadline: Nanos,
): Sleeping<number> {
  // Linux says ENOTCONN; the interface says EDESTADDRREQ, as for Inet.
  if (name === null && socket.peer === null) return fail('EDESTADDRREQ');
  if (bytes.length > socket.sendLimit - MESSAGE_RESERVE) return fail('EMSGSIZE');
  for (;;) {
    const error = takeLocalError(socket);
    if (error !== null) return fail(error);
    if (socket.writeClosed) return fail('EPIPE');
    const hasRoom = socket.unsent < socket.sendLimit;
    if (hasRoom) {
      const other = name === null ? socket.peer : (kernel.localNames?.get(name) ?? null);
      if (other === null) return fail(name === null ? 'EDESTADDRREQ' : 'ECONNREFUSED');
      if (other.type !== 'datagram') return fail('EPROTOTYPE');
      if (other.closed) {
        setPeer(socket, null);
        return fail('ECONNREFUSED');
      }
      if (!mayReach(socket, other)) return fail('EPERM');
      if (other.readClosed) return fail('EPIPE');
      if (!isCrowded(socket, other)) {
        deliver(socket, other, bytes.slice());
        return ok(bytes.length);
      }
      if (kernel.world.now >= deadline) return fail('EAGAIN');
      yield until(other.room, deadline);
    } else {
      if (kernel.world.now >= deadline) return fail('EAGAIN');
      yield until(socket.writable, deadline);
    }
  }
}

/** Whether too many datagrams wait in `other`. Who is connected to the sender in turn is bounded by its buffer alone. */
function isCrowded(socket: LocalSocket, other: LocalSocket): boolean {
  return other !== socket && other.peer !== socket && other.received.length > MAX_QUEUED_DATAGRAMS;
}

function isReadClosed(peer: LocalSocket): boolean {
  return peer.closed || peer.readClosed;
}

function deliver(sender: LocalSocket, receiver: LocalSocket, bytes: Uint8Array): void {
  sender.unsent += bytes.length + FRAME_OVERHEAD;
  receiver.received.push({ bytes, taken: 0, from: sender.name, sender });
  wake(receiver.readable);
}

/** What was read, and the name of who sent it, '' for none. At the end of the stream there are no bytes. */
export interface LocalRead {
  readonly data: Uint8Array;
  readonly from: string;
}

const END: LocalRead = { data: new Uint8Array(0), from: '' };

/** Reads a message, cut to `size`, or what a stream has, up to `size`. */
export function* receiveLocal(kernel: Kernel, socket: LocalSocket, size: number, deadline: Nanos): Sleeping<LocalRead> {
  const isStream = socket.type === 'stream';
  if (socket.type !== 'datagram' && socket.state !== 'connected') return fail(isStream ? 'EINVAL' : 'ENOTCONN');
  if (isStream && size === 0) return ok(END);
  for (;;) {
    // Linux: a stream's error waits behind its data, a message's goes before it.
    const mayRead = socket.received.length > 0 && (isStream || socket.error === null);
    if (mayRead) return ok(isStream ? readStream(socket, size) : readMessage(socket, size));
    const error = takeLocalError(socket);
    if (error !== null) return fail(error);
    // A datagram socket that is shut down has no end: it answers only who would sleep.
    if (socket.readClosed && (socket.type !== 'datagram' || kernel.world.now < deadline)) return ok(END);
    if (kernel.world.now >= deadline) return fail('EAGAIN');
    yield until(socket.readable, deadline);
  }
}

function readMessage(socket: LocalSocket, size: number): LocalRead {
  const message = socket.received.shift()!;
  settle(message);
  wake(socket.room);
  return { data: message.bytes.length > size ? message.bytes.slice(0, size) : message.bytes, from: message.from };
}

function readStream(socket: LocalSocket, size: number): LocalRead {
  const { received } = socket;
  let waiting = 0;
  for (const message of received) waiting += message.bytes.length - message.taken;
  const data = new Uint8Array(Math.min(size, waiting));
  let at = 0;
  while (at < data.length) {
    const message = received[0]!;
    const length = Math.min(message.bytes.length - message.taken, data.length - at);
    copyBytes(message.bytes, message.taken, data, at, length);
    message.taken += length;
    at += length;
    if (message.taken < message.bytes.length) break;
    received.shift();
    settle(message);
  }
  return { data, from: socket.peer?.name ?? '' };
}

/** Gives back what a message counted for; its sender may go on when a quarter is free, as Linux's unix_writable. */
function settle(message: Message): void {
  const { sender } = message;
  sender.unsent -= message.bytes.length + FRAME_OVERHEAD;
  if (isWritable(sender)) wake(sender.writable);
}

function discard(socket: LocalSocket): void {
  for (const message of socket.received.splice(0)) settle(message);
  wake(socket.room);
}

/** Linux's unix_writable: no more than a quarter of the buffer is in use. */
function isWritable(socket: LocalSocket): boolean {
  return socket.state !== 'listening' && socket.unsent * 4 <= socket.sendLimit;
}

/** EINVAL is the caller's to check; ENOTCONN: no peer, and not listening. */
export function shutDownLocal(socket: LocalSocket, read: boolean, write: boolean): Result<undefined> {
  if (socket.state === 'unconnected') return fail('ENOTCONN');
  const { peer } = socket;
  close(socket, read, write);
  if (peer !== null && socket.type !== 'datagram') close(peer, write, read);
  return DONE;
}

function close(socket: LocalSocket, read: boolean, write: boolean): void {
  if (read) socket.readClosed = true;
  if (write) socket.writeClosed = true;
  wake(socket.readable);
  wake(socket.writable);
  wake(socket.room);
}

/** The last handle is gone: the name is free, the peer hears of it. */
export function closeLocal(kernel: Kernel, socket: LocalSocket): void {
  if (kernel.localNames?.get(socket.name) === socket) kernel.localNames.delete(socket.name);
  socket.closed = true;
  const { peer } = socket;
  if (peer !== null && socket.type !== 'datagram') {
    // Linux's unix_release_sock: what was sent and never read is a reset, as with TCP.
    if (socket.received.length > 0) peer.error = 'ECONNRESET';
    close(peer, true, true);
  }
  for (const accepted of socket.pending.splice(0)) {
    accepted.peer!.error = 'ECONNRESET';
    closeLocal(kernel, accepted);
  }
  discard(socket);
}

function setError(socket: LocalSocket, error: Errno): void {
  socket.error = error;
  wake(socket.readable);
  wake(socket.writable);
}

/** The pending error, which is then gone. */
export function takeLocalError(socket: LocalSocket): Errno | null {
  const { error } = socket;
  socket.error = null;
  return error;
}

/** What sys_poll says of it, as Linux's unix_poll and unix_dgram_poll. */
export function pollLocal(socket: LocalSocket): Readiness {
  const { peer } = socket;
  const isDatagram = socket.type === 'datagram';
  return {
    readable: socket.received.length > 0 || socket.pending.length > 0 || socket.readClosed,
    writable: isWritable(socket) && !(isDatagram && peer !== null && isCrowded(socket, peer)),
    error: socket.error !== null,
    hangUp: (socket.readClosed && socket.writeClosed) || (!isDatagram && socket.state === 'unconnected'),
  };
}

/** The queues that wake when what `pollLocal` says may have changed. */
export function pollQueues(socket: LocalSocket): WaitQueue[] {
  const queues = [socket.readable, socket.writable];
  if (socket.type === 'datagram' && socket.peer !== null) queues.push(socket.peer.room);
  return queues;
}
