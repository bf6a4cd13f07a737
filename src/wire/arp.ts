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
/** RFC 826 "Definitions"; the reverse ones RFC 903, the inverse ones RFC 2390, the refusal RFC 1577 §6.4. */
export const Operation = {
  Request: 1,
  Reply: 2,
  ReverseRequest: 3,
  ReverseReply: 4,
  InverseRequest: 8,
  InverseReply: 9,
  Nack: 10,
} as const;

const ETHERNET = 1;
/** RFC 1042 has all IEEE 802 networks say this; Linux takes it for Ethernet. */
const IEEE_802 = 6;
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
  const hardware = readU16(bytes, at + HARDWARE_TYPE);
  if ((hardware !== ETHERNET && hardware !== IEEE_802) || !hasUsualAddresses(bytes, at)) return 'unsupported';
  return null;
}

function hasUsualAddresses(bytes: Uint8Array, at: number): boolean {
  return (
    readU16(bytes, at + PROTOCOL_TYPE) === IPV4 &&
    readU8(bytes, at + HARDWARE_LENGTH) === MAC_LENGTH &&
    readU8(bytes, at + PROTOCOL_LENGTH) === IP_LENGTH
  );
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
    if (end - at < SENDER_MAC || end - at < statedLength(bytes, at)) return ' [|arp]';
    // Other hardware with addresses of the same length is as readable.
    if (!hasUsualAddresses(bytes, at)) return `${describeTypes(bytes, at)}, length ${end - at}`;
    return `${describe(bytes, at)}${isDescribed(operation(bytes, at)) ? `, length ${end - at}` : ''}`;
  },
};

function describe(bytes: Uint8Array, at: number): string {
  const senderHas = Mac.format(senderMac(bytes, at));
  const targetHas = Mac.format(targetMac(bytes, at));
  const sender = Ip4.format(senderIp(bytes, at));
  const target = Ip4.format(targetIp(bytes, at));
  switch (operation(bytes, at)) {
    case Operation.Request:
      return `Request who-has ${target}${targetMac(bytes, at) === Mac.ZERO ? '' : ` (${targetHas})`} tell ${sender}`;
    case Operation.Reply:
      return `Reply ${sender} is-at ${senderHas}`;
    case Operation.ReverseRequest:
      return `Reverse Request who-is ${targetHas} tell ${senderHas}`;
    case Operation.ReverseReply:
      return `Reverse Reply ${targetHas} at ${target}`;
    case Operation.InverseRequest:
      return `Inverse Request who-is ${targetHas} tell ${senderHas}`;
    case Operation.InverseReply:
      return `Inverse Reply ${senderHas} at ${sender}`;
    case Operation.Nack:
      return 'NACK Reply';
    default:
      return `Unknown (${operation(bytes, at)})`;
  }
}

/** tcpdump shows the rest of the packet, not its length, after an operation that it has no words for. */
function isDescribed(operation: number): boolean {
  return operation !== Operation.Nack && (Object.values(Operation) as number[]).includes(operation);
}

/** Bytes in a packet whose addresses are as long as it says. */
function statedLength(bytes: Uint8Array, at: number): number {
  return SENDER_MAC + 2 * (readU8(bytes, at + HARDWARE_LENGTH) + readU8(bytes, at + PROTOCOL_LENGTH));
}

function describeTypes(bytes: Uint8Array, at: number): string {
  const hardware = readU16(bytes, at + HARDWARE_TYPE);
  const protocol = readU16(bytes, at + PROTOCOL_TYPE);
  return (
    `${hardware === ETHERNET ? 'Ethernet' : `Unknown Hardware (${hardware})`} ` +
    `(len ${readU8(bytes, at + HARDWARE_LENGTH)}), ` +
    `${protocol === IPV4 ? 'IPv4' : `Unknown Protocol (0x${protocol.toString(16).padStart(4, '0')})`} ` +
    `(len ${readU8(bytes, at + PROTOCOL_LENGTH)})`
  );
}
