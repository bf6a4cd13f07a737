/** Addresses and masks: who has one that another has, or that nobody can have, and subnets that do not fit together. */
import type { Position } from '../../lab/topology.ts';
import * as Ip from '../../wire/ip4.ts';
import * as Mac from '../../wire/mac.ts';
import type { Check, Claim, Proof } from './finding.ts';
import { groupsOf } from './groups.ts';
import { freeAddress, isOnLink, listed, openBare, proveFailure, subnetOf } from './survey.ts';
import type { Address, LinkAddress, Nic, Segment, Survey } from './survey.ts';

export const checkDuplicateAddresses: Check<Survey> = function* (survey) {
  for (const [ip, holders] of survey.owners) {
    for (const [place, later] of holders.entries()) {
      const earlier = holders.slice(0, place).find((one) => clash(one, later));
      if (earlier === undefined) continue;
      const isOneLink = earlier.nic?.segment === later.nic?.segment;
      const free = freeAddress(survey, ip, later.prefixLength);
      yield {
        rule: 'duplicate-address',
        at: later,
        message: `${later.holder} has ${Ip.format(ip)}, which ${earlier.holder} has already.`,
        consequence: isOneLink
          ? 'Neighbours reach whichever of the two answered their ARP request, and the other one never hears of it.'
          : 'Routers send what is meant for either of the two to the one that their tables lead to.',
        fix: `give ${later.holder} another address${free === null ? '' : `, such as ${Ip.format(free)}/${later.prefixLength}`}`,
        prove: () => proveTaken(survey, earlier, later),
      };
    }
  }
};

/**
 * One address in two islands disturbs nobody, and on loopback interfaces it is anycast. A router may lend one of 32 bits
 * to several of its links, which are called unnumbered (RFC 1812 §2.2.7).
 */
function clash(a: Address, b: Address): boolean {
  if (a.nic === null || b.nic === null || a.nic === b.nic) return false;
  if (a.station === b.station && a.prefixLength === 32 && b.prefixLength === 32) return false;
  return a.nic.segment.island === b.nic.segment.island;
}

/** Somebody on the link, or else the second holder, sends to the address: only one of the two hears of it. */
function proveTaken({ topology }: Survey, earlier: Address, later: Address): Proof | null {
  // Which of its own interfaces a station has it by makes no difference to who sends.
  if (earlier.station === later.station) return null;
  const isOther = ({ station }: Address): boolean => station !== later.station && station !== earlier.station;
  const sender = later.nic?.segment.addresses.find(isOther)?.station ?? later.station;
  const lab = openBare(topology);
  const { there } = lab.trace(sender.name, Ip.format(later.ip));
  lab.close();
  const missed = there.at === earlier.station.name ? later : earlier;
  if (there.packet === null || there.disposition !== 'delivered' || missed.station === sender) return null;
  return { sent: `${sender.name} sends ${there.packet}`, met: `${there.at} takes it; ${missed.holder} sees nothing` };
}

export const checkDuplicateMacs: Check<Survey> = function* (survey) {
  for (const { nics } of survey.segments) {
    const first = new Map<Mac.Mac, Nic>();
    for (const nic of nics) {
      const { mac } = nic.interface;
      const earlier = first.get(mac);
      if (earlier === undefined) {
        first.set(mac, nic);
        continue;
      }
      const target = nic.interface.addresses[0]?.ip;
      yield {
        rule: 'duplicate-mac',
        at: nic.interface,
        message: `${nic.name} has the MAC address ${Mac.format(mac)}, which ${earlier.name} on the same link has already.`,
        consequence: 'A switch learns it now behind one port and now behind the other, so frames for both get lost.',
        fix: `leave out mac at ${nic.name}: each interface gets one of its own`,
        ...(target === undefined ? {} : { prove: () => proveFailure(survey, earlier.station.name, target) }),
      };
    }
  }
};

export const checkReservedAddresses: Check<Survey> = function* (survey) {
  for (const address of survey.addresses) {
    const { ip, prefixLength, holder } = address;
    const broadcast = Ip.subnetBroadcast(ip, prefixLength);
    if (broadcast === null || (ip !== broadcast && ip !== Ip.network(ip, prefixLength))) continue;
    const isBroadcast = ip === broadcast;
    const free = freeAddress(survey, ip, prefixLength);
    const neighbor = neighborOf(address);
    yield {
      rule: isBroadcast ? 'broadcast-address' : 'network-address',
      at: address,
      message: `${holder} has ${Ip.format(ip)}, which is the ${isBroadcast ? 'broadcast' : 'network'} address of ${subnetOf(address)}.`,
      consequence: isBroadcast
        ? 'Neighbours drop what comes from a broadcast address, and send to everybody what is for it.'
        : 'Old hosts take it for a broadcast (RFC 1122 §3.3.6), and tools for the name of the subnet.',
      fix: free === null ? `take a longer prefix for ${subnetOf(address)}` : `take ${Ip.format(free)}/${prefixLength}`,
      ...(neighbor === null ? {} : { prove: () => proveFailure(survey, address.station.name, neighbor.ip) }),
    };
  }
};

/** Another station on the link that has an address in the same subnet. */
function neighborOf({ ip, prefixLength, nic, station }: Address): LinkAddress | null {
  if (nic === null) return null;
  const isNear = (other: LinkAddress): boolean =>
    other.station !== station && Ip.sameSubnet(other.ip, ip, prefixLength);
  return nic.segment.addresses.find(isNear) ?? null;
}

export const checkMasks: Check<Survey> = function* (survey) {
  for (const { addresses, hasProxy } of survey.segments) {
    // With proxy ARP a host may take for its own link what is behind the router.
    if (hasProxy) continue;
    const subnets = [...groupsOf(addresses.filter(hasSubnet), subnetOf).values()];
    for (const subnet of subnets) {
      const [first] = subnet;
      const near = subnets.filter(([other]) => overlap(first, other)).flat();
      const right = commonest(near);
      if (first.prefixLength === right.prefixLength) continue;
      for (const address of subnet) {
        const others = near.filter((one) => one.station !== address.station && one.prefixLength === right.prefixLength);
        if (others.length > 0) yield maskClaim(survey, address, others);
      }
    }
  }
};

/** The one whose prefix length most of them have; among equals the first in the file. */
function commonest(addresses: readonly LinkAddress[]): LinkAddress {
  const isEarlier = (a: Position, b: Position): boolean => (a.line - b.line || a.column - b.column) < 0;
  const first = (same: readonly LinkAddress[]): LinkAddress =>
    same.reduce((best, one) => (isEarlier(one.position, best.position) ? one : best));
  const lengths = [...groupsOf(addresses, ({ prefixLength }) => prefixLength).values()];
  const most = Math.max(...lengths.map(({ length }) => length));
  return first(lengths.filter(({ length }) => length === most).map(first));
}

function maskClaim(survey: Survey, address: LinkAddress, others: readonly LinkAddress[]): Claim {
  const { ip, prefixLength, holder } = address;
  const [other] = others as readonly [LinkAddress];
  const holders = listed(others.map((one) => one.holder));
  const outside = others.find((one) => !Ip.sameSubnet(one.ip, ip, Math.max(prefixLength, one.prefixLength)));
  return {
    rule: 'mask-mismatch',
    at: address,
    message: `${holder} has ${Ip.format(ip)}/${prefixLength}, but on the same link ${holders} ${others.length === 1 ? 'has' : 'have'} a prefix of ${other.prefixLength} bits.`,
    consequence: `For one side ${subnetOf(prefixLength < other.prefixLength ? address : other)} is on the link, for the other a part of it is behind a router.`,
    fix: `${Ip.format(ip)}/${other.prefixLength} at ${holder}`,
    ...(outside === undefined ? {} : { prove: () => proveFailure(survey, address.station.name, outside.ip) }),
  };
}

/** One of 32 bits has none, and is meant so: its host reaches all others by routes. */
function hasSubnet({ prefixLength }: Address): boolean {
  return prefixLength < 32;
}

function overlap(a: Address, b: Address): boolean {
  return Ip.sameSubnet(a.ip, b.ip, Math.min(a.prefixLength, b.prefixLength));
}

export const checkOverlaps: Check<Survey> = function* (survey) {
  // An address that two have is told already, and says nothing about the subnets that were meant.
  const known = survey.addresses
    .filter(isOnLink)
    .filter(hasSubnet)
    .filter((one) => survey.owners.get(one.ip)?.some((other) => clash(one, other)) !== true);
  const first = [...groupsOf(known, (one) => `${one.nic.segment.index} ${subnetOf(one)}`).values()].map(([one]) => one);
  // By where they begin, the shorter prefix first: what overlaps another subnet begins inside it.
  const subnets = first.sort(
    (a, b) => Ip.network(a.ip, a.prefixLength) - Ip.network(b.ip, b.prefixLength) || a.prefixLength - b.prefixLength,
  );
  let open: LinkAddress[] = [];
  for (const address of subnets) {
    open = open.filter((one) => overlap(one, address));
    const other = open.find((one) => isElsewhere(one.nic.segment, address.nic.segment));
    open.push(address);
    if (other !== undefined) yield overlapClaim(survey, other, address);
  }
};

/** Whether hosts of the one link ask in vain for those of the other; with proxy ARP on both a router answers them. */
function isElsewhere(a: Segment, b: Segment): boolean {
  return a !== b && a.island === b.island && !(a.hasProxy && b.hasProxy);
}

function overlapClaim(survey: Survey, a: LinkAddress, b: LinkAddress): Claim {
  const isLater = (b.position.line - a.position.line || b.position.column - a.position.column) > 0;
  const [earlier, later] = isLater ? [a, b] : [b, a];
  const [subnet, other] = [subnetOf(later), subnetOf(earlier)];
  const sender = earlier.nic.segment.addresses.find(
    (one) => one.station !== later.station && Ip.sameSubnet(one.ip, later.ip, one.prefixLength),
  );
  return {
    rule: 'overlapping-subnets',
    at: later,
    message:
      subnet === other
        ? `${later.holder} has ${subnet} on its link, and so has ${earlier.holder} on another one.`
        : `${later.holder} has ${subnet} on its link, which overlaps ${other} at ${earlier.holder} on another one.`,
    consequence:
      'A host asks by ARP for what it takes to be on its own link, and who is on the other one does not hear it.',
    fix: 'give one of the two links another subnet, or join them by a switch',
    ...(sender === undefined ? {} : { prove: () => proveFailure(survey, sender.station.name, later.ip) }),
  };
}
