/**
 * Address Resolution Protocol for IPv4 over Ethernet: the packet format.
 * RFC 826. Other hardware and protocol types are 'unsupported' and left alone.
 */
import type { Format, Malformed } from './format.ts';
import { readU16, readU32, readU48, readU8, writeU16, writeU32, writeU48, writeU8 } from './bytes.ts';
import * as Ip4 from './ip4.ts';
import * as Mac from './mac.ts';

/** Bytes in a packet; Ethernet may pad the frame beyond it. */
export const LENGTH = 28;
/** RFC 826 "Definitions", ares_op$REQUEST and ares_op$REPLY. */
export const Operation = { Request: 1, Reply: 2 } as const;

const ETHERNET = 1;
const IPV4 = 0x0800;
const MAC_LENGTH = 6;
const IP_LENGTH = 4;

// Byte offsets, RFC 826 "Packet format".
const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;

export interface Packet {
  readonly operation: number;
  readonly senderMac: Mac.Mac;
  readonly senderIp: Ip4.Ip4;
  readonly targetMac: Mac.Mac;
  readonly targetIp: Ip4.Ip4;
}

/** After null, every accessor below reads inside the frame, which ends at `end`. */
export function check(bytes: Uint8Array, at: number, end: number): Malformed | null {
  if (end - at < LENGTH) return 'truncated';
  if (readU16(bytes, at + HARDWARE_TYPE) !== ETHERNET) return 'unsupported';
  if (readU16(bytes, at + PROTOCOL_TYPE) !== IPV4) return 'unsupported';
  if (readU8(bytes, at + HARDWARE_LENGTH) !== MAC_LENGTH) return 'unsupported';
  if (readU8(bytes, at + PROTOCOL_LENGTH) !== IP_LENGTH) return 'unsupported';
  return null;
}

export function operation(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + OPERATION);
}

export function senderMac(bytes: Uint8Array, at: number): Mac.Mac {
  return readU48(bytes, at + SENDER_MAC) as Mac.Mac;
}

export function senderIp(bytes: Uint8Array, at: number): Ip4.Ip4 {
  return readU32(bytes, at + SENDER_IP) as Ip4.Ip4;
}

export function targetMac(bytes: Uint8Array, at: number): Mac.Mac {
  return readU48(bytes, at + TARGET_MAC) as Mac.Mac;
}

export function targetIp(bytes: Uint8Array, at: number): Ip4.Ip4 {
  return readU32(bytes, at + TARGET_IP) as Ip4.Ip4;
}

export function parse(bytes: Uint8Array, at: number): Packet {
  return {
    operation: operation(bytes, at),
    senderMac: senderMac(bytes, at),
    senderIp: senderIp(bytes, at),
    targetMac: targetMac(bytes, at),
    targetIp: targetIp(bytes, at),
  };
}

export function write(bytes: Uint8Array, at: number, packet: Packet): void {
  writeU16(bytes, at + HARDWARE_TYPE, ETHERNET);
  writeU16(bytes, at + PROTOCOL_TYPE, IPV4);
  writeU8(bytes, at + HARDWARE_LENGTH, MAC_LENGTH);
  writeU8(bytes, at + PROTOCOL_LENGTH, IP_LENGTH);
  writeU16(bytes, at + OPERATION, packet.operation);
  writeU48(bytes, at + SENDER_MAC, packet.senderMac);
  writeU32(bytes, at + SENDER_IP, packet.senderIp);
  writeU48(bytes, at + TARGET_MAC, packet.targetMac);
  writeU32(bytes, at + TARGET_IP, packet.targetIp);
}

export const format: Format = {
  name: 'ARP',
  check,
  summarize(bytes, at, end) {
    if (check(bytes, at, end)) return '[|arp]';
    const sender = Ip4.format(senderIp(bytes, at));
    const target = Ip4.format(targetIp(bytes, at));
    const length = `length ${end - at}`;
    if (operation(bytes, at) === Operation.Request) return `Request who-has ${target} tell ${sender}, ${length}`;
    if (operation(bytes, at) === Operation.Reply) {
      return `Reply ${sender} is-at ${Mac.format(senderMac(bytes, at))}, ${length}`;
    }
    return `Unknown (${operation(bytes, at)}), ${length}`;
  },
};
