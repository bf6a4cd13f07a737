/**
 * Whether what a topology expects holds: each expectation is looked at in the running lab, at its time, and again while
 * it may still come true. What fails comes with what was found in its place, and with the trace that shows why.
 */
import { addressOf } from '../lab/trace.ts';
import type { Lab } from '../lab/lab.ts';
import type { Claim, Expectation } from '../lab/topology.ts';
import type { Nanos } from '../sim/time.ts';
import * as Neighbors from '../stack/neighbors.ts';
import * as Routes from '../stack/routes.ts';
import { summarizeTrace } from '../trace/format.ts';
import type { Trace, TraceOptions } from '../trace/trace.ts';
import { describeRouting, formatRoute } from '../trace/words.ts';
import * as Ip from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { measureFlow, measureMtu, resolveName } from './measure.ts';

/** What one look has found. */
export interface Finding {
  readonly holds: boolean;
  /** In a sentence: why it holds or does not. */
  readonly found: string;
  /** The packet that shows it, where one was sent. */
  readonly trace: Trace | null;
}

export interface ExpectationResult extends Finding {
  readonly expectation: Expectation;
  /** The lab's time when it was decided. */
  readonly time: Nanos;
  /** How often it was looked at. */
  readonly looks: number;
}

/** Looks that are spread over the time within which something is to hold. */
const LOOKS = 16;

/**
 * Looks at all expectations of a topology, in the order of their times and then of the file; gives the results in the
 * file's order. `open` opens the lab, and another one for an expectation whose time has gone by.
 */
export function runExpectations(open: () => Lab): ExpectationResult[] {
  let lab = open();
  const { expectations } = lab.topology;
  const results = new Map<Expectation, ExpectationResult>();
  for (const expectation of [...expectations].sort(byTime)) {
    const at = expectation.at ?? lab.now;
    if (at < lab.now) {
      lab.close();
      lab = open();
    }
    lab.runUntil(at);
    results.set(expectation, decide(lab, expectation));
  }
  lab.close();
  return expectations.flatMap((one) => results.get(one) ?? []);
}

/** Those without a time come first. */
function byTime(a: Expectation, b: Expectation): number {
  return (a.at ?? -1) - (b.at ?? -1);
}

/** Looks now, and again until it holds or its time is over. */
export function decide(lab: Lab, expectation: Expectation): ExpectationResult {
  const until = lab.now + expectation.within;
  for (let looks = 1; ; looks++) {
    const began = lab.now;
    const finding = look(lab, expectation.from, expectation);
    const next = nextLook(lab, expectation, began, until);
    if (finding.holds || next === null) return { expectation, ...finding, time: lab.now, looks };
    lab.runUntil(next);
  }
}

/** When the topology next changes, or a part of the time has gone by; null when there is no time left. */
function nextLook(lab: Lab, { within }: Expectation, began: Nanos, until: Nanos): Nanos | null {
  if (began >= until) return null;
  const { now } = lab;
  if (now >= until) return now;
  const changes = lab.topology.events.map(({ at }) => at).filter((at) => at > now);
  return Math.min(until, now + Math.ceil(within / LOOKS), ...changes);
}

/** Looks once. May run the lab on: a packet takes its time. */
export function look(lab: Lab, from: string, claim: Claim): Finding {
  switch (claim.kind) {
    case 'reach': {
      const trace = send(lab, from, claim);
      return { holds: trace.reached, found: summarizeTrace(trace), trace };
    }
    case 'not-reach':
      return lookForNoWay(lab, from, claim);
    case 'path':
      return lookAtPath(lab, from, claim);
    case 'flow':
      return measureFlow(lab, from, claim);
    case 'mtu':
      return measureMtu(lab, from, claim);
    case 'resolve':
      return resolveName(lab, from, claim);
    case 'route':
      return lookAtRoute(lab, from, claim);
    case 'neighbor':
      return lookAtNeighbor(lab, from, claim);
  }
}

/** Sends what is to arrive; once more, where the first one has only taught the host the path's MTU. */
function send(lab: Lab, from: string, claim: ClaimOf<'reach' | 'not-reach'>): Trace {
  const trace = lab.trace(from, claim.to, optionsOf(claim));
  const hasLearnt = trace.there.disposition === 'would-fragment' && trace.back?.disposition === 'delivered';
  return hasLearnt ? lab.trace(from, claim.to, optionsOf(claim)) : trace;
}

function optionsOf({ udp, size }: { readonly udp: number | null; readonly size?: number | null }): TraceOptions {
  return { ...(udp === null ? {} : { udp }), ...(size === null || size === undefined ? {} : { size }) };
}

type ClaimOf<Kind extends Claim['kind']> = Extract<Claim, { readonly kind: Kind }>;

function lookForNoWay(lab: Lab, from: string, claim: ClaimOf<'not-reach'>): Finding {
  const trace = send(lab, from, claim);
  const { because } = claim;
  if (trace.reached) return { holds: false, found: `it arrives: ${summarizeTrace(trace)}`, trace };
  const holds = because === null || isBecause(trace, because);
  const found = holds
    ? summarizeTrace(trace)
    : `it does not arrive, but not because of ${because}: ${summarizeTrace(trace)}`;
  return { holds, found, trace };
}

/** Whether the packet, or the reply where it arrived, ended for this reason. */
export function isBecause({ there, back }: Trace, word: string): boolean {
  const ended = there.disposition === 'delivered' && back?.kind === 'reply' ? back : there;
  return ended.disposition === word || ended.reason === word;
}

function lookAtPath(lab: Lab, from: string, { to, nodes, udp }: ClaimOf<'path'>): Finding {
  const trace = lab.trace(from, to, optionsOf({ udp }));
  const { there } = trace;
  const kinds = new Map(lab.topology.nodes.map(({ name, kind }) => [name, kind]));
  const isStation = (name: string): boolean => kinds.get(name) === 'host' || kinds.get(name) === 'router';
  // Switches and hubs count where the expectation names some.
  const all = there.hops.map(({ node }) => node);
  const taken = nodes.every(isStation) ? all.filter(isStation) : all;
  const way = taken.join(' -> ');
  if (there.disposition !== 'delivered')
    return { holds: false, found: `it ends on ${way}: ${summarizeTrace(trace)}`, trace };
  return { holds: way === nodes.join(' -> '), found: `it goes ${way}`, trace };
}

function lookAtRoute(lab: Lab, from: string, { to, prefix, via, dev }: ClaimOf<'route'>): Finding {
  const kernel = lab.kernel(from);
  const { stack } = kernel;
  const isMeant = (route: Routes.Route): boolean =>
    (via === null || Routes.leadsVia(route, via)) && (dev === null || hasInterface(route, dev));
  if (prefix === null) {
    const destination = addressOf(lab, kernel, to);
    const entry = Routes.lookUpEntry(stack, destination);
    const holds = entry !== null && isMeant(entry.route);
    return { holds, found: `${from}'s route to ${to} is ${describeRouting(stack, destination)}`, trace: null };
  }
  const { destination, prefixLength } = prefix;
  const routes = Routes.routesTo(stack, destination, prefixLength).map((route) => ({
    destination,
    prefixLength,
    route,
  }));
  const meant = routes.find(({ route }) => isMeant(route));
  if (meant !== undefined) return { holds: true, found: `${from} has ${formatRoute(meant)}`, trace: null };
  if (routes.length > 0)
    return { holds: false, found: `${from} has ${routes.map(formatRoute).join(', ')}`, trace: null };
  const used = describeRouting(stack, destination);
  return {
    holds: false,
    found: `${from} has no route to ${to}; for ${Ip.format(destination)} it uses ${used}`,
    trace: null,
  };
}

function hasInterface(route: Routes.Route, name: string): boolean {
  return (route.paths ?? [route]).some((path) => path.interface?.name === name);
}

function lookAtNeighbor(lab: Lab, from: string, { to, mac }: ClaimOf<'neighbor'>): Finding {
  const kernel = lab.kernel(from);
  const ip = addressOf(lab, kernel, to);
  const known = kernel.stack.interfaces.flatMap((at) => Neighbors.lookUp(at, ip) ?? []);
  const [neighbor] = known;
  const address = Ip.format(ip);
  if (neighbor === undefined) return { holds: false, found: `${from} has not asked for ${address}`, trace: null };
  const state = Neighbors.currentState(kernel.stack, neighbor);
  const { interface: at } = neighbor;
  if (state === 'incomplete' || state === 'failed') {
    return { holds: false, found: `${from} has asked for ${address} on ${at.name}: ${state}`, trace: null };
  }
  const holds = mac === null || neighbor.mac === mac;
  return {
    holds,
    found: `${from} knows ${address} on ${at.name} as ${Mac.format(neighbor.mac)}, ${state}`,
    trace: null,
  };
}
