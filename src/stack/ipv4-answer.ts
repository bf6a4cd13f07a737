/**
 * A datagram that answers another: echo replies, ICMP errors, TCP resets. It goes to who sent the other one, back along
 * its source route if it came by one, and what records the way goes on recording.
 * RFC 1122 §3.2.1.8, §3.2.2.6, §4.2.3.8; Linux's icmp_reply, icmp_send and ip_send_unicast_reply.
 */
import type { Frame } from '../sim/frame.ts';
import { copyBytes } from '../wire/bytes.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import type { Interface } from './interface.ts';
import { IP } from './ipv4-input.ts';
import * as Ipv4Options from './ipv4-options.ts';
import * as Ipv4Output from './ipv4-output.ts';
import * as Multipath from './multipath.ts';
import { pathMtu } from './path-mtu.ts';
import type { Route } from './routes.ts';
import type { Stack } from './stack.ts';

export interface WayBack {
  readonly route: Route;
  readonly out: Interface;
  /** The sender, or the first stop on the way to it. */
  readonly destination: Ip4;
  /** Padded to whole words; none where it is empty. */
  readonly options: Uint8Array;
  /** Octets of the header with those options. */
  readonly headerLength: number;
  /** Octets that may go in one piece. */
  readonly mtu: number;
}

/**
 * The way back to who sent a datagram, or null where there is none, or nobody to be found there. Options are looked at
 * up to `optionsEnd`, the header's end unless told.
 */
export function wayBack(stack: Stack, frame: Frame, optionsEnd?: number): WayBack | null {
  const sender = Ipv4.source(frame.bytes, IP);
  // RFC 1122 §3.2.1.3: "this host" is nobody's address.
  if (Ip.isThisNetwork(sender)) return null;
  const options = Ipv4Options.answering(frame, optionsEnd);
  if (options === null) return null;
  const destination = Ipv4Options.firstStop(frame, optionsEnd) ?? sender;
  const route = Multipath.lookUp(stack, Ipv4.destination(frame.bytes, IP), destination);
  if (route === null || (route.type !== 'unicast' && route.type !== 'local')) return null;
  const out = Ipv4Output.exitOf(stack, route);
  const mtu = Math.min(out.mtu, pathMtu(stack, destination) ?? out.mtu);
  return { route, out, destination, options, headerLength: Ipv4.MIN_HEADER_LENGTH + options.length, mtu };
}

/** A frame with its IP header written, for `length` octets behind it that the caller fills. */
export function create(
  stack: Stack,
  way: WayBack,
  source: Ip4,
  typeOfService: number,
  dontFragment: boolean,
  protocol: number,
  length: number,
): Frame {
  const { headerLength, options, out } = way;
  const frame = stack.world.newFrame(IP + headerLength + length);
  const { bytes } = frame;
  Ethernet.write(bytes, 0, out.mac, out.mac, Ethernet.Type.Ipv4);
  Ipv4.writeHeader(
    bytes,
    IP,
    headerLength,
    typeOfService,
    headerLength + length,
    // RFC 6864 §4.1: what is never fragmented needs no identification.
    dontFragment ? 0 : Ipv4Output.nextIdentification(stack),
    dontFragment ? Ipv4.Flag.DontFragment : 0,
    stack.settings.ip_default_ttl,
    protocol,
    source,
    way.destination,
  );
  copyBytes(options, 0, bytes, IP + Ipv4.MIN_HEADER_LENGTH, options.length);
  if (options.length > 0) Ipv4Options.stampOwn(stack, frame, source);
  else Ipv4.updateChecksum(bytes, IP);
  return frame;
}

/** Sends a frame that `create` made and the caller filled. */
export function send(stack: Stack, way: WayBack, frame: Frame): void {
  Ipv4Output.transmit(stack, way.route, frame, way.mtu);
}
