/**
 * The calls as a program in machine code would make them, behind the face of the typed ones: every argument goes into
 * the process's memory, every call through `syscall`, and the answers are read back from memory. Written from the
 * interface's description alone, with nothing of the kernel's own reading and writing.
 */
import { errnoByNumber } from '../../src/kernel/errno.ts';
import { memoryOf } from '../../src/kernel/memory.ts';
import type { Process } from '../../src/kernel/process.ts';
import type { RouteType } from '../../src/stack/routes.ts';
import type { NeighborState } from '../../src/stack/neighbors.ts';
import { SystemCallError } from '../../src/syscalls/program.ts';
import type { Call, Sys } from '../../src/syscalls/program.ts';
import { CALLS, syscall } from '../../src/syscalls/table.ts';
import { Control } from '../../src/syscalls/values.ts';
import type { Address, End } from '../../src/syscalls/values.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Mac from '../../src/wire/mac.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NUMBERS = new Map(Object.entries(CALLS).map(([number, { name }]) => [name, Number(number)]));

const ROUTE_TYPES: Record<RouteType, number> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
};
const NEIGHBOR_STATES: Record<NeighborState, number> = {
  incomplete: 1,
  reachable: 2,
  stale: 4,
  delay: 8,
  probe: 16,
  failed: 32,
  permanent: 128,
};
const keyOf = <K extends string>(record: Record<K, number>, value: number): K =>
  (Object.keys(record) as K[]).find((key) => record[key] === value)!;

export function makeNumberedSys(process: Process): Sys {
  const memory = new DataView(memoryOf(process).buffer);
  // The arguments of one call lie behind one another, and the next call's over them.
  let top = 0;
  const take = (length: number): number => {
    const at = top;
    top += length;
    return at;
  };
  const begin = (): void => {
    // Address 0 means "none" in some places, so nothing is put there.
    top = 16;
  };
  const put = (bytes: Uint8Array | readonly number[]): number => {
    const at = take(bytes.length);
    new Uint8Array(memory.buffer).set(bytes, at);
    return at;
  };
  const text = (value: string): readonly [number, number] => {
    const bytes = encoder.encode(value);
    return [put(bytes), bytes.length];
  };
  const putWord = (at: number, value: number): void => {
    if (process.wordSize === 8) memory.setBigUint64(at, BigInt(value), true);
    else memory.setUint32(at, value, true);
  };
  const octets = (ip: Ip.Ip4 | string): number[] => {
    const value =
      typeof ip === 'string' ? ip.split('.').map(Number) : [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255];
    // What no four octets can say, such as 'h2', only the typed form can be asked.
    if (value.length !== 4 || value.some((one) => !(one >= 0 && one <= 255)))
      throw new SystemCallError('test', 'EINVAL');
    return value;
  };
  const address = (value: Address): readonly [number, number] => {
    if (typeof value === 'string') return text(value);
    if (value.port < 0 || value.port > 0xffff) throw new SystemCallError('test', 'EINVAL');
    return [put([2, 0, ...octets(value.ip), value.port >>> 8, value.port & 255]), 8];
  };
  const slice = (at: number, length: number): Uint8Array => new Uint8Array(memory.buffer).slice(at, at + length);
  const readEnd = (at: number, length: number): End => {
    if (length === 8 && memory.getUint8(at) === 2) {
      return { ip: Ip.fromNumber(memory.getUint32(at + 2)), port: memory.getUint16(at + 6) };
    }
    return decoder.decode(slice(at, length));
  };
  const readIp = (at: number): Ip.Ip4 => Ip.fromNumber(memory.getUint32(at));
  const readMac = (at: number): Mac.Mac =>
    Mac.fromNumber(memory.getUint16(at) * 0x1_0000_0000 + memory.getUint32(at + 2));
  const readName = (at: number, size: number): string => decoder.decode(slice(at, size)).replace(/\0+$/, '');

  const check = (name: string, result: number): number => {
    if (result < 0) throw new SystemCallError(name, errnoByNumber(result)!);
    return result;
  };
  /** A call that answers at once. */
  const call = (name: string, ...a: number[]): number => {
    const step = syscall(process, NUMBERS.get(name)!, ...(a as [])).next();
    if (step.done !== true) throw new Error(`${name} sleeps`);
    return check(name, step.value);
  };
  /** A call that may sleep. */
  function* wait(name: string, ...a: number[]): Call<number> {
    return check(name, yield* syscall(process, NUMBERS.get(name)!, ...(a as [])));
  }
  const bytesOf = (data: Uint8Array | string): Uint8Array => (typeof data === 'string' ? encoder.encode(data) : data);

  const ROOM = 64;
  const list = <T>(name: string, size: number, read: (at: number) => T): T[] => {
    begin();
    const at = take(size * ROOM);
    const count = call(name, at, ROOM);
    return Array.from({ length: count }, (_, i) => read(at + i * size));
  };
  const record = (length: number): number => {
    const at = take(length);
    new Uint8Array(memory.buffer).fill(0, at, at + length);
    return at;
  };
  const route = (name: string, value: Parameters<Sys['sys_network_add_route']>[0]): void => {
    begin();
    const at = record(52);
    new Uint8Array(memory.buffer).set(octets(value.destination), at);
    if (value.gateway !== undefined) new Uint8Array(memory.buffer).set(octets(value.gateway), at + 4);
    memory.setUint8(at + 12, value.prefixLength);
    memory.setUint8(at + 13, value.type === undefined ? 0 : ROUTE_TYPES[value.type]);
    memory.setUint32(at + 16, value.metric ?? 0, true);
    new Uint8Array(memory.buffer).set(encoder.encode(value.interface ?? ''), at + 20);
    call(name, at);
  };
  const neighbor = (name: string, at32: string, ip: Ip.Ip4 | string, mac: Mac.Mac | string, state: number): void => {
    begin();
    const at = record(44);
    const station = typeof mac === 'string' ? (Mac.parse(mac) ?? Mac.BROADCAST) : mac;
    new Uint8Array(memory.buffer).set(octets(ip), at);
    memory.setUint16(at + 4, Math.floor(station / 0x1_0000_0000));
    memory.setUint32(at + 6, station % 0x1_0000_0000);
    memory.setUint8(at + 10, state);
    new Uint8Array(memory.buffer).set(encoder.encode(at32), at + 12);
    call(name, at);
  };

  return {
    sys_socket_create: (domain, type, protocol = 0) => call('sys_socket_create', domain, type, protocol),
    sys_socket_bind(handle, where) {
      begin();
      call('sys_socket_bind', handle, ...address(where));
    },
    sys_socket_listen: (handle, backlog) => void call('sys_socket_listen', handle, backlog),
    *sys_socket_connect(handle, where) {
      begin();
      yield* wait('sys_socket_connect', handle, ...(where === null ? [0, 0] : address(where)));
    },
    sys_socket_accept: (handle) => wait('sys_socket_accept', handle),
    sys_socketpair(type = 0) {
      begin();
      const at = take(16);
      call('sys_socketpair', at, type);
      const word = (i: number): number =>
        process.wordSize === 8 ? Number(memory.getBigUint64(at + 8 * i, true)) : memory.getUint32(at + 4 * i, true);
      return [word(0), word(1)];
    },
    sys_socket_shutdown: (handle, how) => void call('sys_socket_shutdown', handle, how),
    *sys_socket_recvfrom(handle, size) {
      begin();
      const buffer = take(Math.max(0, size));
      const end = take(108);
      const room = take(4);
      memory.setUint32(room, 108, true);
      const length = yield* wait('sys_socket_recvfrom', handle, buffer, size, end, room);
      return { data: slice(buffer, length), from: readEnd(end, memory.getUint32(room, true)) };
    },
    *sys_socket_sendto(handle, data, to) {
      begin();
      const bytes = bytesOf(data);
      const buffer = put(bytes);
      const [at, length] = to === undefined ? [0, 0] : address(to);
      return yield* wait('sys_socket_sendto', handle, buffer, bytes.length, at, length);
    },
    sys_socket_bind_interface(handle, name) {
      begin();
      call('sys_socket_bind_interface', handle, ...text(name));
    },
    sys_socket_get_local_address(handle) {
      begin();
      const at = take(108);
      const room = take(4);
      memory.setUint32(room, 108, true);
      call('sys_socket_get_local_address', handle, at, room);
      return readEnd(at, memory.getUint32(room, true));
    },
    sys_socket_get_peer_address(handle) {
      begin();
      const at = take(108);
      const room = take(4);
      memory.setUint32(room, 108, true);
      call('sys_socket_get_peer_address', handle, at, room);
      return readEnd(at, memory.getUint32(room, true));
    },
    sys_socket_list: () =>
      list('sys_socket_list', 240, (at) => {
        const state = (['unconnected', 'listening', 'connected'] as const)[memory.getUint8(at + 3)]!;
        const id = memory.getUint32(at + 4, true);
        return {
          domain: memory.getUint8(at) === 2 ? 'inet' : 'local',
          type: (['', 'stream', 'datagram', 'raw', 'seqpacket'] as const)[memory.getUint8(at + 1)] as 'stream',
          protocol: memory.getUint8(at + 2),
          state,
          process: id,
          handle: memory.getUint32(at + 8, true),
          received: memory.getUint32(at + 12, true),
          unsent: memory.getUint32(at + 16, true),
          local: readEnd(at + 21, memory.getUint8(at + 20)),
          remote: state === 'connected' ? readEnd(at + 131, memory.getUint8(at + 130)) : null,
          // The record in memory has no room for it.
          program: process.kernel.processes!.get(id)!.name,
        };
      }),

    sys_network_set_ipv4(name, ip) {
      begin();
      const [at, length] = text(name);
      const request = take(2 * process.wordSize + 4);
      putWord(request, at);
      putWord(request + process.wordSize, length);
      new Uint8Array(memory.buffer).set(octets(ip), request + 2 * process.wordSize);
      call('sys_network_set_ipv4', request);
    },
    sys_network_set_gateway(ip) {
      begin();
      call('sys_network_set_gateway', put(octets(ip)));
    },
    sys_network_set_dns(ip) {
      begin();
      call('sys_network_set_dns', put(octets(ip)));
    },
    sys_network_get_dns() {
      begin();
      const at = take(4);
      call('sys_network_get_dns', at);
      return readIp(at) === 0 ? null : readIp(at);
    },
    sys_network_set_netmask(mask, name) {
      begin();
      call('sys_network_set_netmask', put(octets(mask)), ...(name === undefined ? [0, 0] : text(name)));
    },
    sys_network_configure_ipv4({ name, address: ip, netmask, gateway = null, makeDefault = false, metric = 0 }) {
      begin();
      const [at, length] = text(name);
      const request = take(2 * process.wordSize + 20);
      const fields = request + 2 * process.wordSize;
      putWord(request, at);
      putWord(request + process.wordSize, length);
      new Uint8Array(memory.buffer).set([...octets(ip), ...octets(netmask), ...octets(gateway ?? '0.0.0.0')], fields);
      memory.setUint32(fields + 12, (gateway === null ? 0 : 1) | (makeDefault ? 2 : 0), true);
      memory.setUint32(fields + 16, metric, true);
      call('sys_network_configure_ipv4', request);
    },
    sys_network_clear_ipv4(name) {
      begin();
      call('sys_network_clear_ipv4', ...text(name));
    },
    sys_network_list_interfaces() {
      begin();
      const at = take(1_024);
      const length = call('sys_network_list_interfaces', at, 1_024);
      return decoder.decode(slice(at, length)).split('\n');
    },
    sys_network_list_interfaces_v2: () =>
      list('sys_network_list_interfaces_v2', 60, (at) => ({
        name: readName(at, 32),
        address: memory.getUint8(at + 50) === 1 ? readIp(at + 32) : null,
        netmask: memory.getUint8(at + 50) === 1 ? readIp(at + 36) : null,
        gateway: memory.getUint8(at + 51) === 1 ? readIp(at + 40) : null,
        mac: readMac(at + 44),
        isDefault: memory.getUint8(at + 52) === 1,
        metric: memory.getUint32(at + 56, true),
      })),
    sys_network_get_interface(name) {
      begin();
      const [at, length] = text(name);
      const state = take(16);
      call('sys_network_get_interface', at, length, state);
      return {
        name,
        index: memory.getUint32(state, true),
        mtu: memory.getUint32(state + 4, true),
        mac: readMac(state + 8),
        up: memory.getUint8(state + 14) === 1,
        carrier: memory.getUint8(state + 15) === 1,
      };
    },
    sys_network_set_interface(name, { up, mtu = 0 }) {
      begin();
      call('sys_network_set_interface', ...text(name), up === undefined ? 0 : up ? 1 : 2, mtu);
    },
    sys_network_add_address(name, ip, prefixLength) {
      begin();
      call('sys_network_add_address', ...text(name), put(octets(ip)), prefixLength);
    },
    sys_network_delete_address(name, ip) {
      begin();
      call('sys_network_delete_address', ...text(name), put(octets(ip)));
    },
    sys_network_list_addresses: () =>
      list('sys_network_list_addresses', 40, (at) => ({
        interface: readName(at + 8, 32),
        ip: readIp(at),
        prefixLength: memory.getUint32(at + 4, true),
      })),
    sys_network_add_route: (value) => route('sys_network_add_route', value),
    sys_network_delete_route: (value) => route('sys_network_delete_route', value),
    sys_network_list_routes: () =>
      list('sys_network_list_routes', 52, (at) => ({
        destination: readIp(at),
        gateway: readIp(at + 4),
        source: readIp(at + 8),
        prefixLength: memory.getUint8(at + 12),
        type: keyOf(ROUTE_TYPES, memory.getUint8(at + 13)),
        origin: memory.getUint8(at + 14) === 2 ? 'kernel' : 'static',
        metric: memory.getUint32(at + 16, true),
        interface: readName(at + 20, 32) || null,
      })),
    sys_network_add_neighbor: (name, ip, mac, state) =>
      neighbor('sys_network_add_neighbor', name, ip, mac, state === undefined ? 0 : NEIGHBOR_STATES[state]),
    sys_network_delete_neighbor: (name, ip) => neighbor('sys_network_delete_neighbor', name, ip, Mac.ZERO, 0),
    sys_network_list_neighbors: () =>
      list('sys_network_list_neighbors', 44, (at) => ({
        ip: readIp(at),
        mac: readMac(at + 4),
        state: keyOf(NEIGHBOR_STATES, memory.getUint8(at + 10)),
        interface: readName(at + 12, 32),
      })),
    sys_hosts_lookup(name) {
      begin();
      const [at, length] = text(name);
      const addresses = take(4 * ROOM);
      const count = call('sys_hosts_lookup', at, length, addresses, ROOM);
      return Array.from({ length: count }, (_, i) => readIp(addresses + 4 * i));
    },
    sys_host_name() {
      begin();
      const at = take(256);
      return decoder.decode(slice(at, call('sys_host_name', at, 256)));
    },

    sys_handle_close: (handle) => void call('sys_handle_close', handle),
    sys_handle_duplicate: (handle) => call('sys_handle_duplicate', handle),
    sys_handle_control(handle, command, value = 0) {
      begin();
      if (typeof value === 'number') return call('sys_handle_control', handle, command, value);
      const at = put(value);
      const result = call('sys_handle_control', handle, command, at, value.length);
      if (command === Control.GetOptions) value.set(slice(at, value.length));
      return result;
    },
    *sys_poll(entries, times) {
      begin();
      const at = take(8 * entries.length);
      entries.forEach(({ handle, events }, i) => {
        memory.setInt32(at + 8 * i, handle, true);
        memory.setUint16(at + 8 * i + 4, events, true);
        memory.setUint16(at + 8 * i + 6, 0xffff, true);
      });
      let timesAt = 0;
      if (times !== undefined) {
        timesAt = take(16);
        memory.setBigInt64(timesAt, times.timeout === undefined ? -1n : BigInt(times.timeout), true);
        memory.setBigUint64(timesAt + 8, BigInt(times.minimum ?? 0), true);
      }
      const count = yield* wait('sys_poll', at, entries.length, timesAt);
      const all = entries.map(({ handle }, i) => ({ handle, revents: memory.getUint16(at + 8 * i + 6, true) }));
      const ready = all.filter(({ revents }) => revents !== 0);
      if (ready.length !== count) throw new Error(`${count} are said to be ready, ${ready.length} are`);
      return ready;
    },
    *sys_stream_read(handle, size) {
      begin();
      const at = take(Math.max(0, size));
      return slice(at, yield* wait('sys_stream_read', handle, at, size));
    },
    *sys_stream_write(handle, data) {
      begin();
      const bytes = bytesOf(data);
      return yield* wait('sys_stream_write', handle, put(bytes), bytes.length);
    },

    *sys_sleep(time) {
      yield* wait('sys_sleep', time);
    },
    sys_monotonic_time: () => call('sys_monotonic_time'),
    sys_get_random(length, flags = 0) {
      begin();
      const at = take(Math.max(0, length));
      return slice(at, call('sys_get_random', at, length, flags));
    },
    sys_process_spawn(argv) {
      begin();
      const bytes = encoder.encode(argv.map((one) => `${one}\0`).join(''));
      return call('sys_process_spawn', put(bytes), bytes.length);
    },
    sys_process_wait: (id) => wait('sys_process_wait', id),
    *sys_process_stop(id) {
      yield* wait('sys_process_stop', id);
    },
    *sys_exit(status) {
      yield* wait('sys_exit', status);
      throw new Error('sys_exit returned');
    },
  };
}
