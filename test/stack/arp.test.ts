import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';
import { addNeighbor, listNeighbors } from '../../src/stack/neighbors.ts';
import * as Udp from '../../src/stack/udp.ts';
import { takeError } from '../../src/stack/endpoint.ts';
import * as Arp from '../../src/wire/arp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Mac from '../../src/wire/mac.ts';
import {
  ME,
  ME_TOO,
  OTHER,
  PEER,
  arp,
  arpReply,
  ascii,
  echo,
  frames,
  hear,
  host,
  ip,
  lines,
  mac,
  must,
  pass,
} from './network.ts';
import type { Host } from './network.ts';

const ASKS = 'eth0 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28';
const ANSWERS = 'eth0 ARP, Reply 192.0.2.1 is-at 02:00:00:00:00:01, length 28';
const STRANGER = { ip: ip('192.0.2.5'), mac: mac('02:00:00:00:00:05') };
const fromStranger = { senderIp: STRANGER.ip, senderMac: STRANGER.mac };

function states({ stack }: Host): string[] {
  return listNeighbors(stack).map((one) => `${Ip.format(one.ip)} ${Mac.format(one.mac)} ${one.state}`);
}

function sendTo(me: Host, to: Ip.Ip4, data = 'x'): void {
  const endpoint = Udp.open(me.stack, () => undefined);
  must(Udp.send(endpoint, ascii(data), 0, data.length, to, 9));
}

describe('ARP', () => {
  it('asks three times, a second apart, then drops what waited and tells the sender', () => {
    const me = host({ knowsNeighbors: false });
    const endpoint = Udp.open(me.stack, () => undefined);
    must(Udp.connect(endpoint, PEER.ip, 9));
    must(Udp.send(endpoint, ascii('x'), 0, 1, PEER.ip, 9));
    expect(lines(me)).toEqual([ASKS]);
    expect(pass(me, 999 * MILLISECOND)).toEqual([]);
    expect(pass(me, MILLISECOND)).toEqual([ASKS]);
    expect(pass(me, SECOND)).toEqual([ASKS]);
    expect(me.world.dropped).toEqual([]);
    expect(pass(me, SECOND)).toEqual([]);
    expect(me.world.dropped).toEqual(['neighbor-unreachable']);
    expect(takeError(endpoint)).toBe('EHOSTUNREACH');
    expect(states(me)).toEqual(['192.0.2.2 00:00:00:00:00:00 failed']);
    expect(me.world.pool.waiting).toBe(0);
  });

  it('sends what waited, oldest first, once the answer is there', () => {
    const me = host({ knowsNeighbors: false });
    for (const data of ['a', 'bb', 'ccc']) sendTo(me, PEER.ip, data);
    expect(lines(me)).toEqual([ASKS]);
    const sent = hear(me, arpReply(PEER));
    expect(sent.map((line) => /length \d+$/.exec(line)?.[0])).toEqual(['length 1', 'length 2', 'length 3']);
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:02 reachable']);
  });

  it('keeps as many datagrams for a silent neighbour as it is told to, and drops the oldest', () => {
    const me = host({ knowsNeighbors: false, sysctl: { 'neigh.default.unres_qlen': 2 } });
    for (const data of ['a', 'bb', 'ccc']) sendTo(me, PEER.ip, data);
    expect(me.world.dropped).toEqual(['neighbor-queue-full']);
    lines(me);
    expect(hear(me, arpReply(PEER)).map((line) => /length \d+$/.exec(line)?.[0])).toEqual(['length 2', 'length 3']);
  });

  it('believes an answer for 30 seconds, then uses it and checks by unicast five seconds later', () => {
    const me = host({ knowsNeighbors: false });
    sendTo(me, PEER.ip);
    hear(me, arpReply(PEER));
    pass(me, 30 * SECOND);
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:02 stale']);
    sendTo(me, PEER.ip);
    lines(me);
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:02 delay']);
    me.world.advance(5 * SECOND);
    const [poll] = frames(me);
    expect(Mac.format(Mac.fromNumber(0)) && Array.from(poll!.subarray(0, 6))).toEqual([2, 0, 0, 0, 0, 2]);
    expect(hear(me, arpReply(PEER))).toEqual([]);
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:02 reachable']);
    expect(pass(me, 20 * SECOND)).toEqual([]);
  });

  it('gives up on a neighbour that does not answer three polls', () => {
    const me = host({ knowsNeighbors: false });
    must(addNeighbor(me.stack, me.eth0, PEER.ip, PEER.mac, 'stale'));
    sendTo(me, PEER.ip);
    lines(me);
    expect(pass(me, 8 * SECOND)).toEqual([ASKS, ASKS, ASKS]);
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:02 failed']);
    sendTo(me, PEER.ip);
    expect(lines(me)).toEqual([ASKS]);
  });

  it('drops what would wait where there is no carrier to ask over', () => {
    const me = host({ knowsNeighbors: false });
    me.world.setCarrier(0, false);
    sendTo(me, PEER.ip);
    expect(lines(me)).toEqual([]);
    expect(me.world.dropped).toEqual(['link-down']);
    me.world.setCarrier(0, true);
    sendTo(me, PEER.ip);
    expect(lines(me)).toEqual([ASKS]);
  });

  it('answers for every own address, on every interface, as Linux does', () => {
    const me = host();
    expect(hear(me, arp())).toEqual([ANSWERS]);
    expect(hear(me, arp({ targetIp: ME_TOO.ip }))).toEqual([
      'eth0 ARP, Reply 198.51.100.1 is-at 02:00:00:00:00:01, length 28',
    ]);
    expect(hear(me, arp({ targetIp: ip('192.0.2.77') }))).toEqual([]);
  });

  it('learns from who asks for it, and from nobody else', () => {
    const me = host({ knowsNeighbors: false });
    hear(me, arp({ ...fromStranger, targetIp: ip('192.0.2.77') }));
    hear(me, arp({ ...fromStranger, targetIp: STRANGER.ip }));
    hear(me, arpReply(STRANGER));
    expect(states(me)).toEqual([]);
    hear(me, arp(fromStranger));
    expect(states(me)).toEqual(['192.0.2.5 02:00:00:00:00:05 stale']);
  });

  it('learns what is announced if arp_accept says so, but no hearsay', () => {
    const me = host({ knowsNeighbors: false, sysctl: { 'conf.eth0.arp_accept': 1 } });
    hear(me, arp({ ...fromStranger, targetIp: ip('192.0.2.77') }));
    expect(states(me)).toEqual([]);
    hear(me, arp({ ...fromStranger, targetIp: STRANGER.ip }));
    expect(states(me)).toEqual(['192.0.2.5 02:00:00:00:00:05 stale']);
  });

  it('believes the first of several answers within a second, and a later one after that', () => {
    const me = host({ knowsNeighbors: false });
    const other = { ip: PEER.ip, mac: STRANGER.mac };
    sendTo(me, PEER.ip);
    hear(me, arpReply(PEER));
    hear(me, arpReply(other));
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:02 reachable']);
    pass(me, SECOND + MILLISECOND);
    hear(me, arpReply(other));
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:05 reachable']);
  });

  it('takes over at once what a gratuitous request says, but does not ask it into being reachable', () => {
    const me = host({ knowsNeighbors: false });
    sendTo(me, PEER.ip);
    hear(me, arpReply(PEER));
    hear(me, arp({ senderMac: STRANGER.mac, targetIp: PEER.ip }));
    expect(states(me)).toEqual(['192.0.2.2 02:00:00:00:00:05 stale']);
  });

  it('never changes what was set by hand', () => {
    const me = host();
    hear(me, arp({ senderMac: STRANGER.mac }));
    expect(states(me)[0]).toBe('192.0.2.2 02:00:00:00:00:02 permanent');
  });

  it('answers a probe without an address of its own, and learns nothing', () => {
    const me = host({ knowsNeighbors: false });
    expect(hear(me, arp({ ...fromStranger, senderIp: Ip.ANY }))).toEqual([ANSWERS]);
    expect(states(me)).toEqual([]);
  });

  it.each([
    ['its own address', ME.ip],
    ['a group', ip('224.0.0.5')],
    ['everybody', Ip.BROADCAST],
    ['this network', ip('0.1.2.3')],
    ['127/8', ip('127.0.0.9')],
  ])('does not answer %s', (_, senderIp) => {
    expect(hear(host(), arp({ senderIp, senderMac: STRANGER.mac }))).toEqual([]);
  });

  it.each([
    [127, ip('127.0.0.1')],
    [224, ip('224.0.0.1')],
    [0, Ip.ANY],
    [255, ip('192.0.2.255')],
  ])('does not answer for what is nobody’s: %s', (_, targetIp) => {
    expect(hear(host(), arp({ targetIp }))).toEqual([]);
  });

  it('does not believe a group address to be somebody’s (RFC 1812 §3.3.2)', () => {
    const me = host({ knowsNeighbors: false });
    sendTo(me, PEER.ip);
    lines(me);
    expect(hear(me, arpReply({ ip: PEER.ip, mac: Mac.BROADCAST }))).toEqual([]);
    expect(states(me)).toEqual(['192.0.2.2 00:00:00:00:00:00 incomplete']);
  });

  it('reports who else claims its address, and does not answer him', () => {
    const me = host();
    expect(hear(me, arp({ senderIp: ME.ip, senderMac: STRANGER.mac, targetIp: ME.ip }))).toEqual([]);
    expect(me.stack.duplicateAddresses).toBe(1);
    expect(me.reports).toEqual([{ what: 'duplicate-address', interface: me.eth0, ip: ME.ip, mac: STRANGER.mac }]);
    hear(me, arp({ senderIp: ME.ip, senderMac: ME_TOO.mac, targetIp: ME.ip }));
    expect(me.stack.duplicateAddresses).toBe(1);
  });

  it('answers on one interface only if arp_ignore says so, and learns nothing from who is ignored', () => {
    const me = host({ knowsNeighbors: false, sysctl: { 'conf.all.arp_ignore': 1 } });
    expect(hear(me, arp({ targetIp: ME_TOO.ip }))).toEqual([]);
    expect(states(me)).toEqual([]);
    expect(hear(me, arp())).toEqual([ANSWERS]);
    const subnets = host({ sysctl: { 'conf.all.arp_ignore': 2 } });
    expect(hear(subnets, arp({ senderIp: ip('203.0.113.9') }))).toEqual([]);
    const silent = host({ sysctl: { 'conf.all.arp_ignore': 8 } });
    expect(hear(silent, arp())).toEqual([]);
  });

  it('is silent where it would be reached from elsewhere, with arp_filter', () => {
    const me = host({ sysctl: { 'conf.eth0.arp_filter': 1 } });
    expect(hear(me, arp({ senderIp: OTHER.ip }))).toEqual([]);
    expect(hear(me, arp())).toEqual([ANSWERS]);
  });

  it('asks with the address that the datagram has, or with the one of the subnet, with arp_announce', () => {
    for (const [announce, sender] of [
      [0, '198.51.100.1'],
      [1, '192.0.2.1'],
      [2, '192.0.2.1'],
    ] as const) {
      const me = host({ knowsNeighbors: false, sysctl: { 'conf.all.arp_announce': announce } });
      const endpoint = Udp.open(me.stack, () => undefined);
      must(Udp.bind(endpoint, ME_TOO.ip, 7));
      must(Udp.send(endpoint, ascii('x'), 0, 1, PEER.ip, 9));
      expect(lines(me)).toEqual([`eth0 ARP, Request who-has 192.0.2.2 tell ${sender}, length 28`]);
    }
  });

  it('answers as a proxy for what it routes elsewhere, after less than 0.8 s, and at once if asked alone', () => {
    const me = host({ forward: true, sysctl: { 'conf.eth0.proxy_arp': 1 } });
    const answer = 'eth0 ARP, Reply 198.51.100.2 is-at 02:00:00:00:00:01, length 28';
    expect(hear(me, arp({ targetIp: OTHER.ip }))).toEqual([]);
    expect(pass(me, 800 * MILLISECOND)).toEqual([answer]);
    expect(hear(me, arp({ targetIp: OTHER.ip, to: ME.mac }))).toEqual([answer]);
    expect(hear(me, arp({ targetIp: ip('192.0.2.9') }))).toEqual([]);
    expect(pass(me, SECOND)).toEqual([]);
  });

  it('bounds the answers that a proxy holds back', () => {
    const me = host({ forward: true, sysctl: { 'conf.eth0.proxy_arp': 1 } });
    for (let i = 0; i < 70; i++) hear(me, arp({ targetIp: OTHER.ip }));
    expect(me.world.dropped).toEqual(Array<string>(6).fill('rate-limited'));
    expect(pass(me, SECOND).length).toBe(64);
  });

  it('takes the hardware type of IEEE 802 for Ethernet, and no other', () => {
    for (const [type, sent] of [
      [6, [ANSWERS]],
      [15, []],
    ] as const) {
      const request = arp();
      request[15] = type;
      expect(hear(host(), request)).toEqual(sent);
    }
  });

  it('drops other operations and packets cut short', () => {
    const me = host();
    for (const operation of [0, 3, 8]) expect(hear(me, arp({ operation }))).toEqual([]);
    expect(hear(me, arp().slice(0, 41))).toEqual([]);
    expect(me.world.dropped).toEqual(['arp-invalid', 'arp-invalid', 'arp-invalid', 'truncated']);
    expect(Arp.Operation.ReverseRequest).toBe(3);
  });

  it('sends a host unreachable back through the neighbour that does not answer, without end', () => {
    const me = host({ forward: true, knowsNeighbors: false });
    // Both ends are behind the gateway on eth0 that says nothing.
    hear(me, echo({ source: ip('203.0.113.1'), destination: ip('203.0.113.2') }));
    pass(me, 20 * SECOND);
    expect(me.world.pool.waiting).toBe(0);
    expect(me.world.pendingEvents()).toEqual([]);
  });
});
