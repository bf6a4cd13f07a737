/**
 * Watches the ARP frames while a packet is followed: a packet that waits for a neighbour in vain does not say why, but
 * what became of the question and its answer does.
 */
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import * as Arp from '../wire/arp.ts';
import * as Ethernet from '../wire/ethernet.ts';
import type { Ip4 } from '../wire/ip4.ts';

const PACKET = Ethernet.HEADER_LENGTH;

/** Times that one frame comes to one port until it is said to go round; a link's duplicates alone do not. */
const ROUNDS = 8;
/** Frames that are counted at once; a circle shows itself with the first of them. */
const MAX_COUNTED = 64;

/** What becomes of a question at those who are not asked, which says nothing. */
const COMMON: readonly DropReason[] = ['arp-not-ours', 'not-for-us', 'nowhere-to-flood', 'same-segment'];

/** What became of a question about an address, or of its answer. */
export interface ArpDeath {
  readonly isQuestion: boolean;
  readonly node: Node;
  /** Where the link begins that it died on; NO_PORT for the device itself. */
  readonly port: number;
  readonly reason: DropReason;
}

export class ArpWatch {
  /** A device by which some frame comes again and again, or null. */
  circle: Node | null = null;
  /** The first one for each address that was asked for. */
  readonly deaths = new Map<Ip4, ArpDeath>();
  /** By frame id and port: how often the one came to the other. */
  private readonly visits = new Map<number, Map<string, number>>();

  received(node: Node, port: number, frame: Frame): void {
    if (this.circle !== null || !isArp(frame)) return;
    let visits = this.visits.get(frame.id);
    if (visits === undefined) {
      if (this.visits.size >= MAX_COUNTED) return;
      this.visits.set(frame.id, (visits = new Map<string, number>()));
    }
    const place = `${node.index}.${port}`;
    const times = (visits.get(place) ?? 0) + 1;
    visits.set(place, times);
    if (times >= ROUNDS) this.circle = node;
  }

  dropped(node: Node, port: number, reason: DropReason, frame: Frame): void {
    if (!isArp(frame) || COMMON.includes(reason)) return;
    const { bytes } = frame;
    const isQuestion = Arp.operation(bytes, PACKET) === Arp.Operation.Request;
    const about = isQuestion ? Arp.targetIp(bytes, PACKET) : Arp.senderIp(bytes, PACKET);
    if (!this.deaths.has(about)) this.deaths.set(about, { isQuestion, node, port, reason });
  }
}

function isArp({ bytes, length }: Frame): boolean {
  return length >= PACKET + Arp.LENGTH && Ethernet.type(bytes, 0) === Ethernet.Type.Arp;
}
