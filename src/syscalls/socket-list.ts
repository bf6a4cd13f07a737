/**
 * The open sockets of all processes of the host, as ss(8) lists them, by process and handle; one with several handles
 * comes once. In memory as many as there is room for.
 *
 * EFAULT  the records are outside the process's memory
 */
import type { Socket } from '../kernel/handle.ts';
import type { InetSocket } from '../kernel/inet-socket.ts';
import type { LocalSocket } from '../kernel/local-socket.ts';
import { areInside, memoryOf, writeU32LittleEndian } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { fail, ok } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { copyBytes, writeU8 } from '../wire/bytes.ts';
import { bytesOf, localEnd, remoteEnd } from './address.ts';
import type { NumberedCall } from './numbered.ts';
import { Domain, SocketType } from './values.ts';
import type { SocketRecord } from './values.ts';

// Bytes in a record, and where its fields are: addresses as calls write them, a length and 108 bytes each.
export const RECORD_LENGTH = 240;
const DOMAIN = 0;
const TYPE = 1;
const PROTOCOL = 2;
const STATE = 3;
const PROCESS = 4;
const HANDLE = 8;
const RECEIVED = 12;
const UNSENT = 16;
const LOCAL = 20;
const REMOTE = 130;

const TYPES = {
  stream: SocketType.Stream,
  datagram: SocketType.Datagram,
  raw: SocketType.Raw,
  seqpacket: SocketType.SeqPacket,
} as const;
const STATES = { unconnected: 0, listening: 1, connected: 2 } as const;

export function sys_socket_list(process: Process): Result<readonly SocketRecord[]> {
  return ok(listSockets(process));
}

function listSockets(process: Process): SocketRecord[] {
  const records: SocketRecord[] = [];
  for (const other of process.kernel.processes?.values() ?? []) {
    const seen = new Set<Socket>();
    other.handles.open.forEach((file, handle) => {
      if (file === null || file.kind === 'standard' || seen.has(file)) return;
      seen.add(file);
      records.push({
        ...(file.kind === 'inet' ? describeInet(file) : describeLocal(file)),
        local: localEnd(file),
        remote: remoteEnd(file),
        process: other.id,
        handle,
        program: other.name,
      });
    });
  }
  return records;
}

type Description = Pick<SocketRecord, 'domain' | 'type' | 'protocol' | 'state' | 'received' | 'unsent'>;

function describeInet({ type, endpoint }: InetSocket): Description {
  return {
    domain: 'inet',
    type,
    protocol: endpoint.protocol,
    state: endpoint.connected ? 'connected' : 'unconnected',
    received: endpoint.receiveUsed,
    unsent: endpoint.send.used,
  };
}

function describeLocal({ type, state, received, unsent }: LocalSocket): Description {
  let waiting = 0;
  for (const message of received) waiting += message.bytes.length - message.taken;
  return { domain: 'local', type, protocol: 0, state, received: waiting, unsent };
}

export const numbered: NumberedCall = (process, pointer, capacity) => {
  if (!areInside(process, pointer, capacity, RECORD_LENGTH)) return fail('EFAULT');
  const records = listSockets(process).slice(0, capacity);
  records.forEach((record, i) => writeRecord(process, pointer + i * RECORD_LENGTH, record));
  return ok(records.length);
};

function writeRecord(process: Process, at: number, record: SocketRecord): void {
  const memory = memoryOf(process);
  memory.fill(0, at, at + RECORD_LENGTH);
  writeU8(memory, at + DOMAIN, record.domain === 'inet' ? Domain.Inet : Domain.Local);
  writeU8(memory, at + TYPE, TYPES[record.type]);
  writeU8(memory, at + PROTOCOL, record.protocol);
  writeU8(memory, at + STATE, STATES[record.state]);
  writeU32LittleEndian(process, at + PROCESS, record.process);
  writeU32LittleEndian(process, at + HANDLE, record.handle);
  writeU32LittleEndian(process, at + RECEIVED, record.received);
  writeU32LittleEndian(process, at + UNSENT, record.unsent);
  for (const [place, end] of [
    [LOCAL, record.local],
    [REMOTE, record.remote ?? ''],
  ] as const) {
    const bytes = bytesOf(end);
    writeU8(memory, at + place, bytes.length);
    copyBytes(bytes, 0, memory, at + place + 1, bytes.length);
  }
}
