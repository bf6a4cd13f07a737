/**
 * Opens a socket, as socket(2): Local ones of any type, Inet datagram and raw ones. Every program may open raw sockets.
 * Domain and type 0 are Local and Stream; protocol 0 is the type's own. A raw Local socket is a datagram one, as Linux
 * has it. Inet streams come with TCP.
 *
 * EINVAL           no such type
 * EAFNOSUPPORT     no such domain, or one that this lab does not have (Inet6, Packet)
 * EPROTONOSUPPORT  the protocol does not go with domain and type
 * ESOCKTNOSUPPORT  the domain has no such sockets: Inet seqpacket
 * EMFILE           the process has as many handles as it may
 */
import { openHandle } from '../kernel/handle.ts';
import type { Socket } from '../kernel/handle.ts';
import { createInetSocket } from '../kernel/inet-socket.ts';
import { createLocalSocket } from '../kernel/local-socket.ts';
import type { LocalType } from '../kernel/local-socket.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { NumberedCall } from './numbered.ts';
import { Domain, Protocol, SocketType } from './values.ts';

/** The protocol field of the IP header has eight bits. */
const MAX_PROTOCOL = 255;

export function sys_socket_create(process: Process, domain: number, type: number, protocol = 0): Result<number> {
  if (!Number.isInteger(type) || type < 0 || type > SocketType.SeqPacket) return fail('EINVAL');
  const socket = createSocket(process, domain, type === 0 ? SocketType.Stream : type, protocol);
  return socket.ok ? openHandle(process, socket.value) : socket;
}

function createSocket(process: Process, domain: number, type: number, protocol: number): Result<Socket> {
  switch (domain) {
    case 0:
    case Domain.Local:
      return protocol === 0 ? ok(createLocalSocket(localTypeOf(type))) : fail('EPROTONOSUPPORT');
    case Domain.Inet:
      return createInet(process, type, protocol);
    default:
      return fail('EAFNOSUPPORT');
  }
}

export function localTypeOf(type: number): LocalType {
  if (type === SocketType.Stream) return 'stream';
  return type === SocketType.SeqPacket ? 'seqpacket' : 'datagram';
}

function createInet(process: Process, type: number, protocol: number): Result<Socket> {
  if (!Number.isInteger(protocol) || protocol < 0 || protocol > MAX_PROTOCOL) return fail('EINVAL');
  const { stack } = process.kernel;
  switch (type) {
    case SocketType.Datagram:
      if (protocol !== Protocol.Default && protocol !== Protocol.Udp) return fail('EPROTONOSUPPORT');
      return ok(createInetSocket(stack, 'datagram', Protocol.Udp));
    case SocketType.Raw:
      // As Linux: a raw socket has to say which protocol it is about.
      if (protocol === Protocol.Default) return fail('EPROTONOSUPPORT');
      return ok(createInetSocket(stack, 'raw', protocol));
    case SocketType.SeqPacket:
      return fail('ESOCKTNOSUPPORT');
    default:
      return fail('EPROTONOSUPPORT');
  }
}

export const numbered: NumberedCall = sys_socket_create;
