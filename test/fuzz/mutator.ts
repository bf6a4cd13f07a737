/**
 * Makes frames that are almost right: takes a valid one, sends it to somebody in the lab, damages it, and, most of the
 * time, puts lengths and checksums right again, so that the damage is met behind the first check.
 * All luck comes from the stream it is given.
 */
import type { RandomStream } from '../../src/sim/random.ts';
import { readU16, writeU16, writeU32, writeU48, writeU8 } from '../../src/wire/bytes.ts';
import * as Arp from '../../src/wire/arp.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4Options from '../../src/wire/ipv4-options.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import type * as Mac from '../../src/wire/mac.ts';
import * as Tcp from '../../src/wire/tcp.ts';
import * as Udp from '../../src/wire/udp.ts';
import * as Vlan from '../../src/wire/vlan.ts';
import type { Seeds } from './seeds.ts';

/** Longer frames than these are not made; a little more than any datagram takes. */
export const MAX_LENGTH = 65_600;
const IP = Ethernet.HEADER_LENGTH;

/** Numbers at which something changes. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 19, 20, 21, 39, 40, 60, 63, 64, 68, 127, 128, 192, 224, 239, 240, 254, 255];
const WORD_EDGES = [
  0, 1, 7, 8, 19, 20, 28, 255, 256, 576, 1_472, 1_500, 0x0800, 0x1fff, 0x2000, 0x3fff, 0x4000, 0x7fff,
].concat([0x8000, 0x8100, 0x9000, 0xfff8, 0xfffe, 0xffff]);
const ETHERTYPES = [
  0x0800, 0x0806, 0x8100, 0x88a8, 0x86dd, 0x0842, 0x9000, 0, 38, 1_500, 1_501, 0x05ff, 0x0600, 0xffff,
];
const PORTS = [0, 1, 7, 9, 53, 67, 68, 520, 33_434, 40_000, 60_999, 65_535];
const PROTOCOLS = [0, 1, 2, 6, 17, 41, 89, 253, 255];

/** Whom frames can be from and for. */
export interface Addresses {
  readonly macs: readonly Mac.Mac[];
  readonly ips: readonly Ip.Ip4[];
  /** A network of 65,536 addresses: more than a table has room for. */
  readonly crowd: Ip.Ip4;
}

/** Who hears what comes in at a port: Ethernet addresses, and the IP addresses that are next behind it. */
export interface Audience {
  readonly macs: readonly Mac.Mac[];
  readonly ips: readonly Ip.Ip4[];
}

/** A frame in the making: `length` bytes of `bytes`, whatever is behind. */
export interface Draft {
  readonly bytes: Uint8Array;
  length: number;
}

export class Mutator {
  private readonly random: RandomStream;
  private readonly seeds: Seeds['groups'];
  private readonly addresses: Addresses;
  private readonly draft: Draft = { bytes: new Uint8Array(2 * MAX_LENGTH), length: 0 };

  constructor(random: RandomStream, seeds: Seeds['groups'], addresses: Addresses) {
    this.random = random;
    this.seeds = seeds;
    this.addresses = addresses;
  }

  /** Uniform in 0 to n - 1. */
  below(n: number): number {
    return Math.floor(this.random.next() * n);
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** A frame for this audience, or several: the pieces of one, or one many times. */
  make(audience: Audience): Uint8Array[] {
    const { draft } = this;
    this.load(this.pick(this.pick(this.seeds)));
    if (this.chance(0.95)) this.readdress(draft, audience);
    if (this.chance(0.001)) return this.flood(draft);
    this.mutate(draft);
    if (this.chance(0.04)) return this.fragments(draft);
    const frame = draft.bytes.slice(0, draft.length);
    const many = this.chance(0.01) ? 1 + this.below(100) : this.chance(0.03) ? 2 : 1;
    return new Array<Uint8Array>(many).fill(frame);
  }

  /** Damages a draft in place, and repairs most of them. */
  mutate(draft: Draft): void {
    const times = this.chance(0.2) ? 0 : 1 + this.below(this.chance(0.2) ? 8 : 2);
    for (let i = 0; i < times; i++) this.damage(draft);
    if (this.chance(0.85)) this.repair(draft);
  }

  private load(frame: Uint8Array): void {
    this.draft.length = Math.min(frame.length, MAX_LENGTH);
    this.draft.bytes.set(frame.subarray(0, this.draft.length));
  }

  /** From somebody to somebody here. */
  private readdress(draft: Draft, audience: Audience): void {
    const { bytes } = draft;
    if (draft.length < IP) return;
    if (!Ethernet.isGroup(bytes, 0) || this.chance(0.2)) writeU48(bytes, 0, this.pick(audience.macs));
    if (this.chance(0.9)) writeU48(bytes, 6, this.pick(this.addresses.macs));
    const at = ipv4At(draft);
    if (at !== -1) {
      if (this.chance(0.9)) Ipv4.setSource(bytes, at, this.stranger(audience));
      if (this.chance(0.9)) Ipv4.setDestination(bytes, at, this.chance(0.5) ? this.pick(audience.ips) : this.ip());
      this.readdressQuoted(draft, at);
      // The setters keep the header's checksum; that of UDP and TCP has the addresses too.
      this.repair(draft);
    } else if (Ethernet.type(bytes, 0) === Ethernet.Type.Arp && draft.length >= IP + Arp.LENGTH)
      this.readdressArp(draft);
  }

  /** Mostly somebody else: what comes from oneself is a martian. */
  private stranger(audience: Audience): Ip.Ip4 {
    const ip = this.ip();
    return audience.ips.includes(ip) && this.chance(0.8) ? this.ip() : ip;
  }

  private ip(): Ip.Ip4 {
    if (this.chance(0.85)) return this.pick(this.addresses.ips);
    const { crowd } = this.addresses;
    return Ip.fromNumber(this.chance(0.8) ? (crowd + this.below(0x1_0000)) >>> 0 : this.random.nextU32());
  }

  /** The datagram that an ICMP error quotes: one that somebody here may have sent. */
  private readdressQuoted(draft: Draft, at: number): void {
    const { bytes } = draft;
    const message = at + Ipv4.headerLength(bytes, at);
    const quoted = Icmp.quoted(message);
    if (Ipv4.protocol(bytes, at) !== Ipv4.Protocol.Icmp || quoted + Ipv4.MIN_HEADER_LENGTH > draft.length) return;
    if (!Icmp.isError(Icmp.type(bytes, message))) return;
    writeU32(bytes, quoted + 12, Ipv4.destination(bytes, at));
    writeU32(bytes, quoted + 16, this.ip());
    if (this.chance(0.3)) writeU8(bytes, quoted + 9, Ipv4.Protocol.Icmp);
    if (Icmp.type(bytes, message) === Icmp.Type.Redirect) writeU32(bytes, message + 4, this.ip());
  }

  private readdressArp({ bytes }: Draft): void {
    if (this.chance(0.5)) writeU16(bytes, IP + 6, this.chance(0.6) ? 1 : 2);
    const sender = this.chance(0.7) ? Ethernet.source(bytes, 0) : this.pick(this.addresses.macs);
    writeU48(bytes, IP + 8, sender);
    writeU32(bytes, IP + 14, this.ip());
    if (this.chance(0.3)) writeU48(bytes, IP + 18, this.pick(this.addresses.macs));
    writeU32(bytes, IP + 24, this.ip());
  }

  private damage(draft: Draft): void {
    const { bytes, length } = draft;
    if (length === 0) return this.grow(draft);
    const at = this.below(this.chance(0.7) ? Math.min(length, 80) : length);
    switch (this.below(14)) {
      case 0:
        return writeU8(bytes, at, bytes[at]! ^ (1 << this.below(8)));
      case 1:
        return writeU8(bytes, at, this.chance(0.5) ? this.pick(EDGES) : this.below(256));
      case 2:
        return writeU16(bytes, at, this.chance(0.7) ? this.pick(WORD_EDGES) : this.below(0x1_0000));
      case 3:
        draft.length = this.chance(0.5) ? this.below(length + 1) : Math.max(0, length - 1 - this.below(8));
        return;
      case 4:
        return this.grow(draft);
      case 5:
        return this.moveRange(draft, at);
      case 6:
        return this.splice(draft);
      case 7:
        return this.tag(draft);
      case 8:
        return this.insertOptions(draft);
      case 9:
      case 10:
      case 11:
        return this.damageHeader(draft);
      default:
        return this.damageTransport(draft);
    }
  }

  private grow(draft: Draft): void {
    const most = this.chance(0.02) ? MAX_LENGTH - draft.length : Math.min(60, MAX_LENGTH - draft.length);
    const end = draft.length + this.below(most + 1);
    const value = this.chance(0.5) ? 0 : this.below(256);
    draft.bytes.fill(value, draft.length, end);
    draft.length = end;
  }

  /** Cuts a piece out, or has one come twice. */
  private moveRange(draft: Draft, at: number): void {
    const { bytes, length } = draft;
    const size = Math.min(1 + this.below(40), length - at);
    if (this.chance(0.5)) {
      bytes.copyWithin(at, at + size, length);
      draft.length -= size;
    } else if (length + size <= MAX_LENGTH) {
      bytes.copyWithin(at + size, at, length);
      draft.length += size;
    }
  }

  /** The rest from another seed, from the same offset. */
  private splice(draft: Draft): void {
    const other = this.pick(this.pick(this.seeds));
    const end = Math.min(other.length, MAX_LENGTH);
    const from = this.below(Math.min(draft.length, end) + 1);
    draft.bytes.set(other.subarray(from, end), from);
    draft.length = end;
  }

  /** A VLAN tag more, or another EtherType. */
  private tag(draft: Draft): void {
    const { bytes, length } = draft;
    if (length < IP) return;
    if (this.chance(0.5) || length + Vlan.LENGTH > MAX_LENGTH) return writeU16(bytes, 12, this.pick(ETHERTYPES));
    bytes.copyWithin(12 + Vlan.LENGTH, 12, length);
    writeU16(bytes, 12, this.chance(0.8) ? Vlan.TagType.Customer : Vlan.TagType.Service);
    // Priority tags, with VID 0, are taken off by whoever receives them.
    writeU16(bytes, 14, this.chance(0.7) ? this.below(8) << 13 : this.below(0x1_0000));
    draft.length += Vlan.LENGTH;
  }

  /** Options, good ones or noise, in front of what is there. */
  private insertOptions(draft: Draft): void {
    const at = ipv4At(draft);
    if (at === -1) return;
    const { bytes } = draft;
    const header = Ipv4.headerLength(bytes, at);
    const words = 1 + this.below(10);
    if (header + 4 * words > Ipv4.MAX_HEADER_LENGTH || draft.length + 4 * words > MAX_LENGTH) return;
    const first = at + Ipv4.MIN_HEADER_LENGTH;
    bytes.copyWithin(first + 4 * words, first, draft.length);
    draft.length += 4 * words;
    const types = Object.values(Ipv4Options.Type);
    for (let i = first; i < first + 4 * words; i++) writeU8(bytes, i, this.chance(0.5) ? this.pick(EDGES) : 1);
    const room = 4 * words;
    writeU8(bytes, first, this.chance(0.9) ? this.pick(types) : this.below(256));
    writeU8(bytes, first + 1, this.chance(0.8) ? 3 + 4 * this.below(words) : this.below(room + 2));
    writeU8(bytes, first + 2, this.chance(0.8) ? 4 + 4 * this.below(words) : this.pick(EDGES));
    for (let i = first + 3; i + 4 <= first + room; i += 4) if (this.chance(0.8)) writeU32(bytes, i, this.ip());
    Ipv4.setTypeOfService(bytes, at, Ipv4.typeOfService(bytes, at));
    writeU8(bytes, at, 0x40 | ((header >>> 2) + words));
  }

  private damageHeader(draft: Draft): void {
    const { bytes } = draft;
    const at = ipv4At(draft);
    if (at === -1) return;
    switch (this.below(9)) {
      case 0:
        return writeU8(bytes, at, this.chance(0.7) ? 0x40 | this.below(16) : this.below(256));
      case 1:
        return writeU8(bytes, at + 1, this.below(256));
      case 2:
        return writeU16(
          bytes,
          at + 2,
          this.chance(0.5) ? this.pick(WORD_EDGES) : draft.length - at + this.below(16) - 8,
        );
      case 3:
        return writeU16(bytes, at + 4, this.below(4));
      case 4:
        return writeU16(bytes, at + 6, (this.below(8) << 13) | (this.chance(0.5) ? this.below(4) : this.below(0x2000)));
      case 5:
        return writeU8(bytes, at + 8, this.below(this.chance(0.7) ? 5 : 256));
      case 6:
        return writeU8(bytes, at + 9, this.chance(0.9) ? this.pick(PROTOCOLS) : this.below(256));
      case 7:
        return writeU32(bytes, at + 12, this.ip());
      default:
        return writeU32(bytes, at + 16, this.ip());
    }
  }

  private damageTransport(draft: Draft): void {
    const { bytes } = draft;
    const ip = ipv4At(draft);
    if (ip === -1) return;
    const at = ip + Ipv4.headerLength(bytes, ip);
    if (at + 8 > draft.length) return;
    switch (Ipv4.protocol(bytes, ip)) {
      case Ipv4.Protocol.Icmp:
        if (this.chance(0.4)) writeU8(bytes, at, this.below(this.chance(0.8) ? 20 : 256));
        if (this.chance(0.4)) writeU8(bytes, at + 1, this.below(this.chance(0.8) ? 17 : 256));
        if (this.chance(0.4)) writeU16(bytes, at + 6, this.pick(WORD_EDGES));
        if (this.chance(0.2)) writeU32(bytes, at + 4, this.ip());
        return;
      case Ipv4.Protocol.Udp:
        if (this.chance(0.3)) writeU16(bytes, at, this.port());
        if (this.chance(0.5)) writeU16(bytes, at + 2, this.port());
        if (this.chance(0.2)) writeU16(bytes, at + 4, this.pick(WORD_EDGES));
        return;
      case Ipv4.Protocol.Tcp:
        if (this.chance(0.3)) writeU16(bytes, at + 2, this.port());
        if (this.chance(0.5)) writeU8(bytes, at + 12, this.below(256));
        if (this.chance(0.5)) writeU8(bytes, at + 13, this.below(256));
        return;
      default:
        return writeU8(bytes, at + this.below(8), this.below(256));
    }
  }

  private port(): number {
    return this.chance(0.8) ? this.pick(PORTS) : this.below(0x1_0000);
  }

  /** Puts lengths and checksums right, mostly: what is damaged besides gets further then. */
  private repair(draft: Draft): void {
    const { bytes, length } = draft;
    const ip = ipv4At(draft);
    if (ip === -1) return;
    const header = Ipv4.headerLength(bytes, ip);
    if (header < Ipv4.MIN_HEADER_LENGTH || ip + header > length) return;
    if (this.chance(0.9)) writeU16(bytes, ip + 2, Math.min(length - ip, Ipv4.MAX_LENGTH));
    Ipv4.updateChecksum(bytes, ip);
    const at = ip + header;
    const end = ip + Ipv4.totalLength(bytes, ip);
    if (end > length || Ipv4.isFragment(bytes, ip)) return;
    const source = Ipv4.source(bytes, ip);
    const isSound = Ipv4Options.check(bytes, ip) === -1;
    const destination = isSound ? Ipv4Options.finalDestination(bytes, ip) : Ipv4.destination(bytes, ip);
    switch (Ipv4.protocol(bytes, ip)) {
      case Ipv4.Protocol.Icmp:
        if (end - at >= Icmp.HEADER_LENGTH) Icmp.updateChecksum(bytes, at, end);
        return;
      case Ipv4.Protocol.Udp:
        if (end - at < Udp.HEADER_LENGTH) return;
        if (this.chance(0.9)) writeU16(bytes, at + 4, end - at);
        if (Udp.length(bytes, at) <= end - at) Udp.updateChecksum(bytes, at, source, destination);
        return;
      case Ipv4.Protocol.Tcp:
        if (end - at >= Tcp.MIN_HEADER_LENGTH) Tcp.updateChecksum(bytes, at, end, source, destination);
        return;
    }
  }

  /** The same from or to many in the crowd: what tables with an entry for each are bounded for. */
  private flood(draft: Draft): Uint8Array[] {
    const { bytes, length } = draft;
    const { crowd } = this.addresses;
    const at = ipv4At(draft);
    const isArp = at === -1 && length >= IP + Arp.LENGTH;
    const isFrom = this.chance(0.5);
    return Array.from({ length: 200 + this.below(2_000) }, () => {
      const ip = crowd + this.below(0x1_0000);
      if (isArp) writeU32(bytes, IP + 14, ip);
      else if (at !== -1) {
        if (isFrom) Ipv4.setSource(bytes, at, Ip.fromNumber(ip));
        else Ipv4.setDestination(bytes, at, Ip.fromNumber(ip));
        this.repair(draft);
      }
      return bytes.slice(0, draft.length);
    });
  }

  /** The datagram in pieces: mixed, some missing, some twice, some where they do not belong. */
  private fragments(draft: Draft): Uint8Array[] {
    const { bytes, length } = draft;
    const whole = bytes.slice(0, length);
    const ip = ipv4At(draft);
    if (ip === -1) return [whole];
    const header = Ipv4.headerLength(bytes, ip);
    const data = length - ip - header;
    if (header < Ipv4.MIN_HEADER_LENGTH || data <= 8) return [whole];
    const size = Math.max(8, Math.ceil(data / (1 + this.below(6)) / 8) * 8);
    const id = this.below(0x1_0000);
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < data && pieces.length < 64; from += size) {
      if (this.chance(0.05)) continue;
      const most = this.chance(0.05) ? size + 8 : size;
      const piece = whole.slice(0, ip + header + Math.min(most, data - from));
      piece.set(whole.subarray(ip + header + from, ip + header + from + piece.length - ip - header), ip + header);
      const offset = (from >>> 3) + (this.chance(0.05) ? this.below(3) - 1 : 0);
      const more = from + size < data !== this.chance(0.03);
      writeU16(piece, ip + 2, piece.length - ip);
      writeU16(piece, ip + 4, id);
      writeU16(piece, ip + 6, (more ? Ipv4.Flag.MoreFragments : 0) | (offset & 0x1fff));
      Ipv4.updateChecksum(piece, ip);
      pieces.push(piece);
      if (this.chance(0.05)) pieces.push(piece);
    }
    if (this.chance(0.3)) pieces.reverse();
    else if (this.chance(0.3)) this.shuffle(pieces);
    return pieces;
  }

  private shuffle(list: Uint8Array[]): void {
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [list[last], list[other]] = [list[other]!, list[last]!];
    }
  }
}

/** Where an IPv4 header stands, behind any tags; -1 where there is none, or not all of it. */
function ipv4At({ bytes, length }: Draft): number {
  let at = 12;
  while (at + 2 <= length && Vlan.isTag(readU16(bytes, at))) at += Vlan.LENGTH;
  if (at + 2 + Ipv4.MIN_HEADER_LENGTH > length || readU16(bytes, at) !== Ethernet.Type.Ipv4) return -1;
  return at + 2;
}
