/**
 * Watches the ARP frames while a packet is followed: a packet that waits for a neighbour in vain does not say why, but
 * what became of the question and its answer does.
 */
import { DROP_REASONS } from '../sim/drop-reason.ts';
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

export class ArpWatch {
  /** A device by which some frame comes again and again, or null. */
  circle: Node | null = null;
  private readonly deaths = new Map<Ip4, string>();
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

  /** `nic`: the port's name; null for a death in the device. */
  dropped(node: Node, nic: string | null, reason: DropReason, frame: Frame): void {
    if (!isArp(frame) || COMMON.includes(reason)) return;
    const { bytes } = frame;
    const isQuestion = Arp.operation(bytes, PACKET) === Arp.Operation.Request;
    const about = isQuestion ? Arp.targetIp(bytes, PACKET) : Arp.senderIp(bytes, PACKET);
    if (this.deaths.has(about)) return;
    const where = nic === null ? `at ${node.name}` : `on the link behind ${node.name}.${nic}`;
    const told = `the ${isQuestion ? 'question' : 'answer'} died ${where}: ${reason} (${DROP_REASONS[reason]})`;
    this.deaths.set(about, told);
  }

  /** What became of a question about the address, or of its answer; null where nothing befell them. */
  deathOf(ip: Ip4): string | null {
    return this.deaths.get(ip) ?? null;
  }
}

function isArp({ bytes, length }: Frame): boolean {
  return length >= PACKET + Arp.LENGTH && Ethernet.type(bytes, 0) === Ethernet.Type.Arp;
}
