/**
 * Sets or gets a mode or an option of what a handle stands for, as fcntl(2) and setsockopt(2): the commands are
 * `Control` in values.ts. Getting answers with the value, setting with 0. The IP options alone are bytes: to set them
 * the value is where they are and a3 how many, to get them where they go and a3 the room; that answers with the length.
 *
 * EBADF        the handle is not open
 * EFAULT       the IP options are outside the process's memory
 * ENOTTY       no such command
 * ENOTSOCK     an option of sockets, and the handle is none
 * ENOPROTOOPT  the socket does not have this option
 * EINVAL       a value that the option cannot have
 * ENOTCONN     the path MTU of a socket that is not connected
 */
import { ERRNO } from '../kernel/errno.ts';
import { fileAt } from '../kernel/handle.ts';
import type { Open } from '../kernel/handle.ts';
import type { OpenFile } from '../kernel/open-file.ts';
import { takeLocalError } from '../kernel/local-socket.ts';
import type { LocalSocket } from '../kernel/local-socket.ts';
import { isInside, memoryOf } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { NEVER } from '../kernel/wait-queue.ts';
import { MILLISECOND } from '../sim/time.ts';
import { MAX_BUFFER, MIN_BUFFER, takeError } from '../stack/endpoint.ts';
import type { Endpoint, PathMtuDiscovery } from '../stack/endpoint.ts';
import { routeFor } from '../stack/datagram.ts';
import { exitOf } from '../stack/ipv4-output.ts';
import { pathMtu } from '../stack/path-mtu.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Ipv4Options from '../wire/ipv4-options.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';
import { Control, Protocol } from './values.ts';

/** As ip(7) numbers them. */
const DISCOVERY: readonly PathMtuDiscovery[] = ['dont', 'want', 'do', 'probe'];
/** Milliseconds: 2^53 nanoseconds, beyond which virtual time does not go. */
const MAX_TIMEOUT = 9_007_199_254;

export function sys_handle_control(
  process: Process,
  handle: number,
  command: number,
  value: number | Uint8Array = 0,
): Result<number> {
  const file = fileAt(process, handle);
  if (!file.ok) return file;
  if (command === Control.SetOptions || command === Control.GetOptions) {
    const endpoint = endpointOf(file.value);
    if (!endpoint.ok) return endpoint;
    if (typeof value === 'number') return fail('EINVAL');
    return command === Control.SetOptions ? zero(setOptions(endpoint.value, value)) : getOptions(endpoint.value, value);
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) return fail('EINVAL');
  return controlFile(file.value, command, value);
}

/** a2: the value; a3: for the IP options, the length or the room behind it. */
export const numbered: NumberedCall = (process, handle, command, value, length) => {
  if (command !== Control.SetOptions && command !== Control.GetOptions) {
    return sys_handle_control(process, handle, command, value);
  }
  const file = fileAt(process, handle);
  if (!file.ok) return file;
  if (!isInside(process, value, length)) return fail('EFAULT');
  return sys_handle_control(process, handle, command, memoryOf(process).subarray(value, value + length));
};

function controlFile(file: Open, command: number, value: number): Result<number> {
  switch (command) {
    case Control.SetNonBlocking:
      if (value !== 0 && value !== 1) return fail('EINVAL');
      file.nonBlocking = value === 1;
      return ok(0);
    case Control.GetNonBlocking:
      return ok(file.nonBlocking ? 1 : 0);
    case Control.SetReadTimeout:
      return setTimeLimit(file, 'readTimeout', value);
    case Control.SetWriteTimeout:
      return setTimeLimit(file, 'writeTimeout', value);
    case Control.GetReadTimeout:
      return ok(file.readTimeout === NEVER ? 0 : file.readTimeout / MILLISECOND);
    case Control.GetWriteTimeout:
      return ok(file.writeTimeout === NEVER ? 0 : file.writeTimeout / MILLISECOND);
    default:
      return controlSocket(file, command, value);
  }
}

/** Milliseconds; 0 for none. */
function setTimeLimit(file: OpenFile, which: 'readTimeout' | 'writeTimeout', value: number): Result<number> {
  if (value < 0 || value > MAX_TIMEOUT) return fail('EINVAL');
  file[which] = value === 0 ? NEVER : value * MILLISECOND;
  return ok(0);
}

function controlSocket(file: Open, command: number, value: number): Result<number> {
  if (command < Control.SetBroadcast || command > Control.GetIcmpFilter) return fail('ENOTTY');
  if (file.kind === 'standard') return fail('ENOTSOCK');
  if (file.kind === 'local') return controlLocal(file, command, value);
  const { endpoint } = file;
  switch (command) {
    case Control.SetBroadcast:
      if (value !== 0 && value !== 1) return fail('EINVAL');
      endpoint.broadcast = value === 1;
      return ok(0);
    case Control.GetBroadcast:
      return ok(endpoint.broadcast ? 1 : 0);
    case Control.SetTimeToLive:
      if (!isOctet(value)) return fail('EINVAL');
      endpoint.timeToLive = value;
      return ok(0);
    case Control.GetTimeToLive:
      return ok(endpoint.timeToLive === 0 ? endpoint.stack.settings.ip_default_ttl : endpoint.timeToLive);
    case Control.SetTypeOfService:
      if (!isOctet(value)) return fail('EINVAL');
      endpoint.typeOfService = value;
      return ok(0);
    case Control.GetTypeOfService:
      return ok(endpoint.typeOfService);
    case Control.SetPathMtuDiscovery: {
      const discovery = DISCOVERY[value];
      if (discovery === undefined) return fail('EINVAL');
      endpoint.pathMtuDiscovery = discovery;
      return ok(0);
    }
    case Control.GetPathMtuDiscovery:
      return ok(DISCOVERY.indexOf(endpoint.pathMtuDiscovery));
    case Control.GetPathMtu:
      return knownPathMtu(endpoint);
    case Control.SetSendBuffer:
      return withBuffer(value, (bytes) => {
        endpoint.sendLimit = bytes;
      });
    case Control.GetSendBuffer:
      return ok(endpoint.sendLimit);
    case Control.SetReceiveBuffer:
      return withBuffer(value, (bytes) => {
        endpoint.receiveLimit = bytes;
      });
    case Control.GetReceiveBuffer:
      return ok(endpoint.receiveLimit);
    case Control.TakeError: {
      const error = takeError(endpoint);
      return ok(error === null ? 0 : ERRNO[error].number);
    }
    default:
      return endpoint.raw ? controlRaw(endpoint, command, value) : fail('ENOPROTOOPT');
  }
}

function controlRaw(endpoint: Endpoint, command: number, value: number): Result<number> {
  if (command === Control.SetHeaderIncluded) {
    if (value !== 0 && value !== 1) return fail('EINVAL');
    endpoint.headerIncluded = value === 1;
    return ok(0);
  }
  if (command === Control.GetHeaderIncluded) return ok(endpoint.headerIncluded ? 1 : 0);
  if (endpoint.protocol !== Protocol.Icmp) return fail('EOPNOTSUPP');
  if (command === Control.GetIcmpFilter) return ok(endpoint.icmpFilter >>> 0);
  if (value >>> 0 !== value) return fail('EINVAL');
  endpoint.icmpFilter = value;
  return ok(0);
}

/** Of a Local socket's buffers there is only the sender's: what waits at a receiver counts against it. */
function controlLocal(socket: LocalSocket, command: number, value: number): Result<number> {
  switch (command) {
    case Control.SetSendBuffer:
      return withBuffer(value, (bytes) => {
        socket.sendLimit = bytes;
      });
    case Control.GetSendBuffer:
      return ok(socket.sendLimit);
    case Control.TakeError: {
      const error = takeLocalError(socket);
      return ok(error === null ? 0 : ERRNO[error].number);
    }
    default:
      return fail('ENOPROTOOPT');
  }
}

/** socket(7): the kernel doubles what was asked for, to make room for bookkeeping, and keeps it within its limits. */
function withBuffer(value: number, set: (bytes: number) => void): Result<number> {
  if (value < 0) return fail('EINVAL');
  set(Math.min(MAX_BUFFER, Math.max(MIN_BUFFER, 2 * value)));
  return ok(0);
}

/** ip(7), IP_MTU: what was learnt of the path to the peer, else the MTU of the interface the route leaves by. */
function knownPathMtu(endpoint: Endpoint): Result<number> {
  if (!endpoint.connected) return fail('ENOTCONN');
  const { stack, remote } = endpoint;
  const route = routeFor(endpoint, remote);
  if (typeof route === 'string') return fail(route);
  const { mtu } = exitOf(stack, route);
  return ok(Math.min(mtu, pathMtu(stack, remote) ?? mtu));
}

/** The endpoint of an Inet socket. ENOTSOCK, ENOPROTOOPT. */
function endpointOf(file: Open): Result<Endpoint> {
  if (file.kind === 'standard') return fail('ENOTSOCK');
  return file.kind === 'local' ? fail('ENOPROTOOPT') : ok(file.endpoint);
}

/** Options as they stand in the header, padded here to whole words; none takes them away. EINVAL: malformed. */
function setOptions(endpoint: Endpoint, bytes: Uint8Array): Result<undefined> {
  if (bytes.length > Ipv4Options.MAX_LENGTH) return fail('EINVAL');
  // The end of the options list is zero, and so is what pads it.
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  copyBytes(bytes, 0, padded, 0, bytes.length);
  if (Ipv4Options.checkList(padded, 0, padded.length) >= 0) return fail('EINVAL');
  endpoint.options = padded.length === 0 ? null : padded;
  return DONE;
}

/** Cut where there is less room; the answer is how many there are. */
function getOptions(endpoint: Endpoint, room: Uint8Array): Result<number> {
  const { options } = endpoint;
  if (options === null) return ok(0);
  copyBytes(options, 0, room, 0, Math.min(room.length, options.length));
  return ok(options.length);
}

function isOctet(value: number): boolean {
  return value >= 0 && value <= 255;
}
