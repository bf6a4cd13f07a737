/**
 * The programs that every host has, by name. `dns-server` here has no zones: a host that has some registers its own
 * (dns-server.ts).
 */
import type { Program } from '../syscalls/program.ts';
import { dnsServer } from './dns-server.ts';
import { lookup } from './lookup.ts';
import { netcfg } from './netcfg.ts';
import { ping } from './ping.ts';
import { sink } from './sink.ts';
import { source } from './source.ts';
import { traceroute } from './traceroute.ts';
import { udpEcho } from './udp-echo.ts';
import { udpSend } from './udp-send.ts';

export const PROGRAMS: Readonly<Record<string, Program>> = {
  'dns-server': dnsServer([]),
  lookup,
  netcfg,
  ping,
  sink,
  source,
  traceroute,
  'udp-echo': udpEcho,
  'udp-send': udpSend,
};
