/**
 * What the kernel dropped because a UDP socket's receive buffer was full: no call of Node's tells (SO_RXQ_OVFL needs
 * recvmsg), but Linux lists it in /proc/net/udp. Elsewhere it is not known.
 */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import type { Endpoint } from './address.ts';

const TABLE = '/proc/net/udp';

/** Datagrams dropped before the socket bound to this address; null where it cannot be known. */
export function socketDrops(local: Endpoint): number | null {
  let table: string;
  try {
    table = readFileSync(TABLE, 'latin1');
  } catch {
    return null;
  }
  return findDrops(table, local);
}

/** proc(5): the second column is the local address, as a number of this machine's byte order, and port; the last is drops. */
export function findDrops(table: string, { host, port }: Endpoint): number | null {
  const octets = host.split('.').map((octet) => hex(Number(octet), 2));
  if (endianness() === 'LE') octets.reverse();
  const address = `${octets.join('')}:${hex(port, 4)}`;
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === address) return Number(columns.at(-1));
  }
  return null;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
