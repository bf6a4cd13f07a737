/**
 * ARP's behaviour: when to ask, ask again and give up, when to answer, what to learn.
 * RFC 826; RFC 1122 §2.3.2 (ageing by unicast polls, the request rate, the queue); the states after RFC 4861 §7.3,
 * as Linux's net/core/neighbour.c and net/ipv4/arp.c have them.
 * Unlike Linux: an entry is believed for exactly base_reachable_time, not for a random time around it.
 */
import type { Frame } from '../sim/frame.ts';
import { MILLISECOND, SECOND } from '../sim/time.ts';
import * as Arp from '../wire/arp.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Mac from '../wire/mac.ts';
import * as IcmpError from './icmp-error.ts';
import { isOnLink, selectAddress } from './interface.ts';
import type { Interface } from './interface.ts';
import { judgeAddresses } from './ipv4-input.ts';
import * as Neighbors from './neighbors.ts';
import type { Neighbor } from './neighbors.ts';
import * as Routes from './routes.ts';
import type { Stack } from './stack.ts';
import { either, larger } from './sysctl.ts';

const PACKET = Ethernet.HEADER_LENGTH;

/** Linux's LOCKTIME: an address learnt is not overwritten by another answer for one second; the first one wins. */
const LOCK_TIME = 1 * SECOND;

/** Linux's proxy_delay: a proxy answers after a random time up to this, so that the owner comes first. */
const PROXY_DELAY = 800 * MILLISECOND;
/** Linux's proxy_qlen: answers of a proxy that wait for their time. */
const MAX_PROXY_QUEUE = 64;

// The way out.

/** Sends a datagram, whose IP part is ready, to a neighbour; it waits here while the address is not known. */
export function sendTo(stack: Stack, neighbor: Neighbor, frame: Frame): void {
  neighbor.used = stack.world.now;
  switch (Neighbors.currentState(stack, neighbor)) {
    case 'reachable':
    case 'permanent':
    case 'delay':
    case 'probe':
      return transmit(stack, neighbor, frame);
    case 'stale':
      // RFC 4861 §7.3.3: use it, and check it unless something confirms it soon.
      neighbor.state = 'delay';
      neighbor.attempts = 0;
      setTimer(stack, neighbor, stack.settings['neigh.default.delay_first_probe_time'] * SECOND);
      return transmit(stack, neighbor, frame);
    case 'failed':
    case 'incomplete':
      return wait(stack, neighbor, frame);
  }
}

/** Sends what has waited for a neighbour whose address is known now. */
export function sendWaiting(stack: Stack, neighbor: Neighbor): void {
  for (let frame = neighbor.queue.shift(); frame !== undefined; frame = neighbor.queue.shift()) {
    sendTo(stack, neighbor, frame);
  }
}

/** Whether the neighbour's address is known; where it is not, it is asked for. */
export function resolve(stack: Stack, neighbor: Neighbor): boolean {
  if (neighbor.state !== 'failed' && neighbor.state !== 'incomplete') return true;
  open(stack, neighbor);
  return false;
}

function transmit(stack: Stack, neighbor: Neighbor, frame: Frame): void {
  const at = neighbor.interface;
  Ethernet.write(frame.bytes, 0, neighbor.mac, at.mac, Ethernet.Type.Ipv4);
  stack.world.transmit(at.port, frame);
}

function wait(stack: Stack, neighbor: Neighbor, frame: Frame): void {
  // Nobody can be asked, so nothing waits.
  if (!stack.world.hasCarrier(neighbor.interface.port)) return stack.world.drop('link-down', frame);
  // RFC 1122 §2.3.2.2: at least the latest is kept; so it is the oldest that goes.
  if (neighbor.queue.length >= Math.max(1, stack.settings['neigh.default.unres_qlen'])) {
    stack.world.drop('neighbor-queue-full', neighbor.queue.shift()!);
  }
  neighbor.queue.push(frame);
  open(stack, neighbor);
}

/** Begins to ask, unless that is under way. */
function open(stack: Stack, neighbor: Neighbor): void {
  if (neighbor.timer !== null) return;
  neighbor.state = 'incomplete';
  neighbor.attempts = 0;
  ask(stack, neighbor);
}

/** Asks once more, or gives up: called when the question is opened, and by its timer. */
function ask(stack: Stack, neighbor: Neighbor): void {
  neighbor.timer = null;
  const byUnicast = neighbor.state === 'probe';
  const most = stack.settings[byUnicast ? 'neigh.default.ucast_solicit' : 'neigh.default.mcast_solicit'];
  if (neighbor.attempts >= most) return giveUp(stack, neighbor);
  neighbor.attempts++;
  setTimer(stack, neighbor, stack.settings['neigh.default.retrans_time_ms'] * MILLISECOND);
  sendRequest(stack, neighbor, byUnicast ? neighbor.mac : Mac.BROADCAST);
}

function setTimer(stack: Stack, neighbor: Neighbor, delay: number): void {
  Neighbors.stopTimer(stack, neighbor);
  neighbor.timer = stack.world.after(delay, askNeighbor, { stack, neighbor }, neighbor.ip);
}

/** What the timer calls, for an entry that waits for an answer or has been used while stale. */
function askNeighbor({ stack, neighbor }: { stack: Stack; neighbor: Neighbor }): void {
  neighbor.timer = null;
  // RFC 4861 §7.3.3: nothing confirmed it within DELAY_FIRST_PROBE_TIME, so it is asked.
  if (neighbor.state === 'delay') neighbor.state = 'probe';
  ask(stack, neighbor);
}

function giveUp(stack: Stack, neighbor: Neighbor): void {
  neighbor.state = 'failed';
  // RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1: who sent it, here or elsewhere, hears that the host is unreachable.
  // An error that goes back by way of this very neighbour opens the question again, and waits with what is left.
  while (neighbor.state === 'failed') {
    const frame = neighbor.queue.shift();
    if (frame === undefined) return;
    IcmpError.sendHostUnreachable(stack, frame);
    stack.world.drop('neighbor-unreachable', frame);
  }
}

function sendRequest(stack: Stack, neighbor: Neighbor, destination: Mac.Mac): void {
  const at = neighbor.interface;
  const senderIp = requestSource(stack, neighbor);
  send(stack, at, destination, Arp.Operation.Request, senderIp, Mac.ZERO, neighbor.ip);
}

/** Which own address asks. Linux's arp_announce; 0 is the source of the datagram that waits, where it is ours. */
function requestSource(stack: Stack, neighbor: Neighbor): Ip4 {
  const at = neighbor.interface;
  const waiting = neighbor.queue[0];
  const announce = larger(stack, at, 'arp_announce');
  if (waiting !== undefined && announce < 2) {
    const source = Ipv4.source(waiting.bytes, Ethernet.HEADER_LENGTH);
    const isOwn = Routes.lookUp(stack, source)?.type === 'local';
    if (isOwn && (announce === 0 || isOnLink(at, source))) return source;
  }
  return selectAddress(stack, at, neighbor.ip);
}

function send(
  stack: Stack,
  at: Interface,
  destination: Mac.Mac,
  operation: number,
  senderIp: Ip4,
  targetMac: Mac.Mac,
  targetIp: Ip4,
): void {
  const frame = stack.world.newFrame(PACKET + Arp.LENGTH);
  Ethernet.write(frame.bytes, 0, destination, at.mac, Ethernet.Type.Arp);
  Arp.write(frame.bytes, PACKET, { operation, senderMac: at.mac, senderIp, targetMac, targetIp });
  stack.world.transmit(at.port, frame);
}

// The way in.

export function receive(stack: Stack, at: Interface, frame: Frame): void {
  const { bytes } = frame;
  const malformed = Arp.check(bytes, PACKET, frame.length);
  if (malformed !== null) return stack.world.drop(malformed, frame);
  const operation = Arp.operation(bytes, PACKET);
  if (operation !== Arp.Operation.Request && operation !== Arp.Operation.Reply) {
    return stack.world.drop('arp-invalid', frame);
  }
  const targetIp = Arp.targetIp(bytes, PACKET);
  if (Ip.isMulticast(targetIp) || (Ip.isLoopback(targetIp) && !either(stack, at, 'route_localnet'))) {
    return stack.world.drop('arp-invalid', frame);
  }
  // lo has no Ethernet addresses to ask for.
  if (at.loopback) return stack.world.drop('arp-invalid', frame);

  noticeDuplicate(stack, at, frame);
  if (operation === Arp.Operation.Request && answer(stack, at, frame)) return;
  learn(stack, at, frame);
}

/** Answers a request for an own address, or as a proxy for another; false when it asks for neither. */
function answer(stack: Stack, at: Interface, frame: Frame): boolean {
  const { bytes } = frame;
  const senderIp = Arp.senderIp(bytes, PACKET);
  const senderMac = Arp.senderMac(bytes, PACKET);
  const targetIp = Arp.targetIp(bytes, PACKET);
  const route = Routes.lookUp(stack, targetIp);

  // RFC 5227 §2.1.1: a probe, whose sender has no address yet, is answered and teaches nothing.
  if (senderIp === Ip.ANY) {
    if (route?.type !== 'local' || isIgnored(stack, at, Ip.ANY, targetIp)) return false;
    stack.world.consume(frame);
    send(stack, at, senderMac, Arp.Operation.Reply, targetIp, senderMac, senderIp);
    return true;
  }
  // Linux answers only whom it would take a datagram from.
  if (route === null || judgeAddresses(stack, at, senderIp, targetIp) !== null) return false;

  if (route.type === 'local') {
    if (isIgnored(stack, at, senderIp, targetIp) || isFiltered(stack, at, senderIp)) {
      stack.world.drop('arp-not-ours', frame);
      return true;
    }
    // RFC 826: who asks for us is going to send to us; so the sender is learnt, and then answered.
    const neighbor = Neighbors.lookUpOrCreate(stack, at, senderIp);
    if (neighbor === null) {
      stack.world.drop('neighbor-table-full', frame);
      return true;
    }
    hear(stack, neighbor, senderMac, false, true);
    stack.world.consume(frame);
    send(stack, at, senderMac, Arp.Operation.Reply, targetIp, senderMac, senderIp);
    return true;
  }

  const isElsewhere = route.type === 'unicast' && route.interface !== at;
  if (isElsewhere && at.settings.forwarding !== 0 && either(stack, at, 'proxy_arp')) {
    answerAsProxy(stack, at, frame);
    return true;
  }
  return false;
}

/** RFC 1027. A request to all is answered after a while, since the owner itself may be on the link. */
function answerAsProxy(stack: Stack, at: Interface, frame: Frame): void {
  const neighbor = Neighbors.lookUpOrCreate(stack, at, Arp.senderIp(frame.bytes, PACKET));
  if (neighbor === null) return stack.world.drop('neighbor-table-full', frame);
  hear(stack, neighbor, Arp.senderMac(frame.bytes, PACKET), false, true);
  if (!Ethernet.isGroup(frame.bytes, 0)) return sendProxyReply({ stack, at, frame });
  if (stack.proxyQueue >= MAX_PROXY_QUEUE) return stack.world.drop('rate-limited', frame);
  stack.proxyQueue++;
  const delay = Math.floor(stack.world.random() * PROXY_DELAY);
  stack.world.after(delay, sendDelayedProxyReply, { stack, at, frame }, Arp.targetIp(frame.bytes, PACKET));
}

function sendDelayedProxyReply(answer: { stack: Stack; at: Interface; frame: Frame }): void {
  answer.stack.proxyQueue--;
  if (!answer.at.up) return answer.stack.world.drop('interface-down', answer.frame);
  sendProxyReply(answer);
}

function sendProxyReply({ stack, at, frame }: { stack: Stack; at: Interface; frame: Frame }): void {
  const senderIp = Arp.senderIp(frame.bytes, PACKET);
  const senderMac = Arp.senderMac(frame.bytes, PACKET);
  const targetIp = Arp.targetIp(frame.bytes, PACKET);
  stack.world.consume(frame);
  send(stack, at, senderMac, Arp.Operation.Reply, targetIp, senderMac, senderIp);
}

/** RFC 826 "merge": what is already in the table is brought up to date; nothing new is made of hearsay. */
function learn(stack: Stack, at: Interface, frame: Frame): void {
  const { bytes } = frame;
  const senderIp = Arp.senderIp(bytes, PACKET);
  const senderMac = Arp.senderMac(bytes, PACKET);
  const isReply = Arp.operation(bytes, PACKET) === Arp.Operation.Reply;
  // A gratuitous reply names the sender as its own target.
  const isGratuitous =
    Arp.targetIp(bytes, PACKET) === senderIp && (!isReply || Arp.targetMac(bytes, PACKET) === senderMac);
  let neighbor = Neighbors.lookUp(at, senderIp);
  if (neighbor === null && (isGratuitous || isReply) && isAccepted(stack, at, senderIp)) {
    neighbor = Neighbors.lookUpOrCreate(stack, at, senderIp);
  }
  if (neighbor === null) return stack.world.drop('arp-not-ours', frame);
  // Only an answer sent to us confirms that the neighbour hears us too.
  const confirms = isReply && !Ethernet.isGroup(bytes, 0);
  hear(stack, neighbor, senderMac, confirms, isGratuitous);
  stack.world.consume(frame);
}

/** A neighbour has said its address. What waited for it goes out. */
function hear(stack: Stack, neighbor: Neighbor, mac: Mac.Mac, confirms: boolean, overrides: boolean): void {
  if (neighbor.state === 'permanent' || Mac.isGroup(mac)) return;
  const { now } = stack.world;
  const wasUnknown = neighbor.state === 'incomplete' || neighbor.state === 'failed';
  const isOther = !wasUnknown && neighbor.mac !== mac;
  if (isOther && !overrides && now <= neighbor.updated + LOCK_TIME) return;
  if (wasUnknown || isOther || (confirms && neighbor.state !== 'reachable')) neighbor.updated = now;
  neighbor.mac = mac;
  if (confirms) {
    neighbor.confirmed = now;
    neighbor.state = 'reachable';
    Neighbors.stopTimer(stack, neighbor);
  } else if (wasUnknown || isOther) {
    neighbor.state = 'stale';
    Neighbors.stopTimer(stack, neighbor);
  }
  sendWaiting(stack, neighbor);
}

/** Linux's arp_ignore. */
function isIgnored(stack: Stack, at: Interface, senderIp: Ip4, targetIp: Ip4): boolean {
  const mode = larger(stack, at, 'arp_ignore');
  if (mode === 0) return false;
  const address = at.addresses.find((one) => one.ip === targetIp);
  if (mode === 1) return address === undefined;
  if (mode === 2) return address === undefined || !Ip.sameSubnet(senderIp, address.ip, address.prefixLength);
  return mode === 8;
}

/** Linux's arp_filter: not where the way back to the asker leaves by another interface. */
function isFiltered(stack: Stack, at: Interface, senderIp: Ip4): boolean {
  return either(stack, at, 'arp_filter') && Routes.lookUp(stack, senderIp)?.interface !== at;
}

/** Linux's arp_accept: whether somebody unknown is learnt from what he announces. */
function isAccepted(stack: Stack, at: Interface, senderIp: Ip4): boolean {
  const mode = larger(stack, at, 'arp_accept');
  if (mode === 0 || Ip.isMulticast(senderIp) || Ip.isThisNetwork(senderIp) || senderIp === Ip.BROADCAST) return false;
  const type = Routes.lookUp(stack, senderIp)?.type;
  if (type === 'local' || type === 'broadcast') return false;
  return mode === 1 || isOnLink(at, senderIp);
}

/** RFC 5227 §2.4: another station uses an address of ours. It is counted and reported, and nothing more. */
function noticeDuplicate(stack: Stack, at: Interface, frame: Frame): void {
  const ip = Arp.senderIp(frame.bytes, PACKET);
  const mac = Arp.senderMac(frame.bytes, PACKET);
  if (!at.addresses.some((one) => one.ip === ip) || stack.interfaces.some((one) => one.mac === mac)) return;
  stack.duplicateAddresses++;
  stack.report(stack, { what: 'duplicate-address', interface: at, ip, mac });
}
