/** Links: circles of switches, MTUs that differ, and interfaces without one. */
import { SECOND } from '../../sim/time.ts';
import type { Located } from '../../lab/topology.ts';
import * as Ip from '../../wire/ip4.ts';
import type { Check, Proof } from './finding.ts';
import { freeAddress, listed, openBare, proveFailure } from './survey.ts';
import type { Address, LinkAddress, Segment, Survey } from './survey.ts';

/** Events in which a storm shows that it does not end. */
const STORM_EVENTS = 20_000;

export const checkSwitchLoops: Check<Survey> = function* (survey) {
  for (const link of survey.closing) {
    const segment = survey.segments.find(({ links }) => links.includes(link))!;
    const sender = segment.nics.find((nic) => nic.interface.addresses.length > 0)?.interface.addresses[0];
    const from = survey.addresses.find((address) => address.ip === sender?.ip);
    yield {
      rule: 'switch-loop',
      at: link,
      message: `${link.from.name} -- ${link.to.name} closes a circle of switches and hubs, which run no spanning tree.`,
      consequence: 'A broadcast goes round for ever and floods every port, for Ethernet has no TTL.',
      fix: 'take the link out, or keep it as a spare with up: false',
      ...(from === undefined ? {} : { prove: () => proveStorm(survey, from) }),
    };
  }
};

/** One ARP request into the circle. */
function proveStorm(survey: Survey, { station, ip, prefixLength }: Address): Proof | null {
  const lab = openBare(survey.topology);
  let frames = 0;
  let first = '';
  lab.listen({
    frame: (_time, nic, text) => {
      if (frames++ === 0) first = `${nic.slice(0, nic.indexOf('.'))} sends ${text}`;
    },
  });
  // An address that nobody has, so that the request is all that is sent.
  const target = freeAddress(survey, ip, prefixLength) ?? ip;
  lab.start(station.name, `ping -c 1 -W 1 ${Ip.format(target)}`, { background: true });
  for (let events = 0; events < STORM_EVENTS && (lab.nextEventTime() ?? SECOND) < SECOND; events++) lab.step();
  const isStorm = lab.simulator.hasFramesOnLinks && frames > STORM_EVENTS / 10;
  const elapsed = Math.floor(lab.now / 1_000);
  lab.close();
  return isStorm ? { sent: first, met: `${frames} frames in ${elapsed} µs, and no end` } : null;
}

export const checkMtus: Check<Survey> = function* (survey) {
  for (const segment of survey.segments) {
    const ends = segment.addresses;
    const mtus = new Set(ends.map(({ nic }) => nic.interface.mtu));
    const largest = Math.max(...mtus);
    const narrow = narrowestLink(segment);
    if (ends.length < 2 || (mtus.size === 1 && narrow.mtu >= largest)) continue;
    const wide = ends.find(({ nic }) => nic.interface.mtu === largest)!;
    const smallest = Math.min(...mtus);
    const small = ends.find(({ nic }) => nic.interface.mtu === smallest)!;
    const isLink = narrow.mtu < smallest;
    const least = Math.min(narrow.mtu, smallest);
    const at: Located = isLink ? narrow.at! : small.nic.interface;
    const groups = [...mtus].map((mtu) => `${mtu} at ${holders(ends, mtu)}`);
    yield {
      rule: 'mtu-mismatch',
      at,
      message: isLink
        ? `The link carries ${narrow.mtu} octets, but the interfaces that send into it have an MTU of ${groups.join(', ')}.`
        : `Interfaces on one link differ in their MTU: ${groups.join(', ')}.`,
      consequence: `What is longer than ${least} octets is not fragmented and may get lost, and no ICMP error tells the sender.`,
      fix: `set one MTU on the whole link, ${least} or, where it can carry that, ${largest}`,
      prove: () => proveLoss(survey, wide, ends, largest),
    };
  }
};

/** As long as the sender's interface allows, to one after the other until one does not get it. */
function proveLoss(survey: Survey, from: LinkAddress, ends: readonly LinkAddress[], mtu: number): Proof | null {
  const others = ends.filter(({ station }) => station !== from.station).slice(0, MAX_TRIED);
  for (const { ip } of others) {
    const proof = proveFailure(survey, from.station.name, ip, { size: mtu - IP_AND_ICMP, df: true });
    if (proof !== null) return proof;
  }
  return null;
}

const MAX_TRIED = 10;
/** Octets of the two headers of an echo request. */
const IP_AND_ICMP = 28;

function holders(ends: readonly LinkAddress[], mtu: number): string {
  return listed([...new Set(ends.filter(({ nic }) => nic.interface.mtu === mtu).map(({ holder }) => holder))]);
}

function narrowestLink({ links }: Segment): { readonly mtu: number; readonly at: Located | null } {
  let narrowest: { mtu: number; at: Located | null } = { mtu: Infinity, at: null };
  for (const link of links) {
    const mtu = Math.min(link.forward.mtu, link.backward.mtu);
    if (mtu < narrowest.mtu) narrowest = { mtu, at: link };
  }
  return narrowest;
}

export const checkUnlinked: Check<Survey> = function* (survey) {
  for (const nic of survey.nics.values()) {
    const { segment, interface: own, name } = nic;
    if (segment.links.length > 0 || segment.leadsOutside || !own.up) continue;
    const [address] = own.addresses;
    if (address === undefined) continue;
    yield {
      rule: 'unlinked-interface',
      at: own,
      message: `${name} has the address ${Ip.format(address.ip)}, but no link.`,
      consequence: 'What is sent there is dropped, and its subnet is in the routing table all the same.',
      fix: 'give it a link, or take its address out',
    };
  }
};
