/**
 * What is asked of a topology in each scenario of a sweep, and the answer in one of them. A study is plain data, so
 * that it can go to another thread or machine; prepared there once, it answers any number of scenarios, always the same.
 */
import { runExpectations } from '../check/expect.ts';
import { pingPairs } from '../check/ping-pairs.ts';
import type { Warning } from '../lab/configure.ts';
import { Lab } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import { readTopology } from '../lab/topology.ts';
import type { Claim, Expectation, Station, Topology } from '../lab/topology.ts';
import { TopologyError } from '../lab/topology-error.ts';
import { RandomStream } from '../sim/random.ts';
import { StuckError } from '../sim/simulator.ts';
import { summarizeTrace } from '../trace/format.ts';
import type { Trace } from '../trace/trace.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { brokenBy, withoutBroken } from './failed-topology.ts';
import type { Broken, RoutesAfter } from './failed-topology.ts';
import { namesOf } from './failure.ts';
import type { Scenario } from './scenario.ts';
import { Ways } from './ways.ts';

/** What must hold: what the file expects, or that all who are connected with nothing failed reach each other. */
export type Expected = 'file' | 'all-pairs';

export interface Study {
  readonly text: string;
  /** As messages name it. */
  readonly file: string;
  readonly expect: Expected;
  readonly routes: RoutesAfter;
}

export interface Prepared {
  readonly study: Study;
  readonly topology: Topology;
  /** By name, in the order that results count in. */
  readonly questions: readonly Question[];
  /** Whether a node passes on what is not for it. */
  readonly passesOn: (node: string) => boolean;
  /** The parts that the network has with nothing failed. */
  readonly parts: readonly (readonly string[])[];
  /** What kernels refuse of the file. */
  readonly warnings: readonly Warning[];
}

export interface Question {
  readonly name: string;
  /** The expectation of the file; null for a pair. */
  readonly expectation: Expectation | null;
  readonly from: string;
  /** Who has to be reached for it to hold; null where it is about nobody in particular. */
  readonly to: string | null;
  /** It cannot be asked once this node has failed: it is about it. */
  readonly about: string | null;
}

/** What one scenario has shown. Questions are given by their places; those that hold are the rest. */
export interface ScenarioResult {
  readonly scenario: number;
  readonly seed: number;
  /** What has failed, by name. */
  readonly failed: readonly string[];
  /** The run ended in an error, and nothing else is known. */
  readonly error: string | null;
  /** Who is cut off: the parts into which the network has fallen, the largest of them left out. */
  readonly cutOff: readonly (readonly string[])[];
  /** They are about a node that has failed. */
  readonly notAsked: readonly number[];
  /** They do not hold, and cannot: no way is left. */
  readonly partitioned: readonly number[];
  /** They do not hold, though a way is left. */
  readonly broken: readonly BrokenQuestion[];
}

export interface BrokenQuestion {
  readonly question: number;
  /** The disposition of the packet that shows it, where there is one. */
  readonly because: string | null;
  /** In a sentence. */
  readonly found: string;
}

/** Pairs that are asked of one network; of more than that some, by chance. */
const MAX_PAIRS = 5_000;

const NOTHING: Broken = { links: new Set(), nodes: new Set() };

/** Reads the topology. Throws a TopologyError or a LabError for what is wrong with it, or if nothing is expected. */
export function prepare(study: Study): Prepared {
  const { text, file, expect } = study;
  const read = readTopology(text, { file });
  if (read.bridges.length > 0) {
    throw new LabError(
      `${file}: a port leads outside, where no scenario is like another; leave out bridges for a sweep`,
    );
  }
  // Pairs are asked of the network as it starts, without what runs on it.
  const topology = expect === 'file' ? read : { ...read, programs: [], events: [] };
  const { network, warnings } = new Lab({ ...topology, programs: [], events: [] });
  const { kernels } = network;
  const passesOn = (node: string): boolean => kernels.get(node)?.stack.settings.ip_forward !== 0;
  const ways = new Ways(topology, NOTHING, passesOn);
  const questions =
    expect === 'file' ? topology.expectations.map((one) => questionOf(topology, one)) : pairsOf(topology, ways);
  if (questions.length === 0) {
    const remedy =
      expect === 'file'
        ? 'say what must hold, such as expect: [{ reach: h1 -> h2 }], or sweep with --expect all-pairs'
        : 'no two hosts or routers with addresses are connected';
    throw new LabError(`${file}: nothing is expected; ${remedy}`);
  }
  return { study, topology, questions, passesOn, parts: ways.parts(), warnings };
}

// Questions.

function questionOf(topology: Topology, expectation: Expectation): Question {
  const { name, from } = expectation;
  return { name, expectation, from, ...endsOf(topology, from, expectation) };
}

function endsOf(topology: Topology, from: string, claim: Claim): Pick<Question, 'to' | 'about'> {
  switch (claim.kind) {
    case 'reach':
    case 'path':
    case 'flow':
    case 'mtu': {
      const to = ownerOf(topology, claim.to);
      return { to, about: to };
    }
    // Not to reach who has failed is what was expected of it.
    case 'not-reach':
      return { to: null, about: ownerOf(topology, claim.to) };
    case 'route':
    case 'neighbor':
      return { to: null, about: ownerOf(topology, claim.to) };
    case 'resolve': {
      const dns = topology.nodes.find((one): one is Station => one.name === from && isStation(one))?.dns;
      return { to: dns === undefined || dns === null ? null : ownerOf(topology, Ip.format(dns.value)), about: null };
    }
  }
}

/** The node that a name, an interface's name or an address stands for. */
function ownerOf({ nodes }: Topology, text: string): string | null {
  const ip = Ip.parse(text);
  const [name] = text.split('.');
  const isOwner = (one: Topology['nodes'][number]): boolean =>
    ip === null
      ? one.name === name
      : isStation(one) && [one.loopback, ...one.interfaces].some((at) => at.addresses.some((own) => own.ip === ip));
  return nodes.find(isOwner)?.name ?? null;
}

function isStation(node: Topology['nodes'][number]): node is Station {
  return node.kind === 'host' || node.kind === 'router';
}

/** Ordered pairs of stations that a way leads from one to the other. */
function pairsOf({ nodes, seed }: Topology, ways: Ways): Question[] {
  const stations = nodes
    .filter(isStation)
    .filter(({ loopback, interfaces }) => [loopback, ...interfaces].some(({ addresses }) => addresses.length > 0));
  const connected = (from: Station, to: Station): boolean => from !== to && ways.lead(from.name, to.name);
  const pairs = stations.reduce((sum, from) => sum + stations.filter((to) => connected(from, to)).length, 0);
  // Each pair has the same chance, whatever the others have.
  const chance = MAX_PAIRS / Math.max(pairs, 1);
  const stream = new RandomStream(seed, 'all pairs');
  return stations.flatMap(({ name: from }, i) =>
    stations.flatMap((to) => {
      if (!connected(stations[i]!, to) || (chance < 1 && stream.next() >= chance)) return [];
      return [{ name: `reach ${from} -> ${to.name}`, expectation: null, from, to: to.name, about: to.name }];
    }),
  );
}

// Answers.

/** What holds in one scenario. Throws nothing: what goes wrong in it is its result. */
export function runScenario(prepared: Prepared, scenario: Scenario): ScenarioResult {
  const { topology, questions, study, passesOn } = prepared;
  const broken = brokenBy(topology, scenario);
  const ways = new Ways(topology, broken, passesOn);
  const isAsked = questions.map(
    ({ from, about }) => !broken.nodes.has(from) && (about === null || !broken.nodes.has(about)),
  );
  const asked = placesWhere(isAsked, true);
  const result: ScenarioResult = {
    scenario: scenario.id,
    seed: scenario.seed,
    failed: namesOf(topology, scenario),
    error: null,
    cutOff: cutOffFrom(prepared.parts, ways.parts()),
    notAsked: placesWhere(isAsked, false),
    partitioned: [],
    broken: [],
  };
  const failing = withoutBroken(topology, broken, study.routes);
  const ask = study.expect === 'file' ? askFile : askPairs;
  let answers: BrokenQuestion[];
  try {
    answers = ask(failing, questions, asked, { seed: scenario.seed, broken });
  } catch (error) {
    return { ...result, error: describeError(error) };
  }
  const hasWay = ({ question }: BrokenQuestion): boolean => {
    const { from, to } = questions[question]!;
    return to === null || ways.lead(from, to);
  };
  return {
    ...result,
    partitioned: answers.filter((one) => !hasWay(one)).map(({ question }) => question),
    broken: answers.filter(hasWay),
  };
}

function placesWhere(values: readonly boolean[], wanted: boolean): number[] {
  return values.flatMap((value, place) => (value === wanted ? [place] : []));
}

/** The parts that are no longer with the largest of those that they were one with. */
function cutOffFrom(before: Prepared['parts'], parts: readonly string[][]): string[][] {
  const partBefore = new Map(before.flatMap((part, i) => part.map((station) => [station, i])));
  const seen = new Set<number>();
  return parts.filter(([station = '']) => {
    const from = partBefore.get(station)!;
    const isLargest = !seen.has(from);
    seen.add(from);
    return !isLargest;
  });
}

interface Circumstances {
  readonly seed: number;
  readonly broken: Broken;
}

/** Those asked that do not hold. */
type Ask = (
  topology: Topology,
  questions: readonly Question[],
  asked: readonly number[],
  circumstances: Circumstances,
) => BrokenQuestion[];

const askFile: Ask = (topology, questions, asked, { seed }) => {
  const expectations = asked.flatMap((place) => questions[place]!.expectation ?? []);
  if (expectations.length === 0) return [];
  const results = runExpectations(() => new Lab({ ...topology, expectations }, { seed }));
  return results.flatMap(({ holds, found, trace }, i) =>
    holds ? [] : [{ question: asked[i]!, because: trace === null ? null : dispositionOf(trace), found }],
  );
};

/** A pair whose ping is not answered is asked once more, by a packet that tells its way. */
const askPairs: Ask = (topology, questions, asked, { seed, broken }) => {
  const lab = new Lab({ ...topology, expectations: [] }, { seed });
  const addresses = addressesOf(topology, broken);
  const pairs = asked.map((place) => {
    const { from, to } = questions[place]!;
    return { from, to: addresses.get(to!)! };
  });
  const answered = pingPairs(lab, pairs);
  const results = asked.flatMap((question, i): BrokenQuestion[] => {
    if (answered[i] === true) return [];
    const { from, to } = pairs[i]!;
    const trace = lab.trace(from, Ip.format(to));
    return trace.reached ? [] : [{ question, because: dispositionOf(trace), found: summarizeTrace(trace) }];
  });
  lab.close();
  return results;
};

/** Where each station is asked: at its own address, which is on no link; else at one on a link that works. */
function addressesOf({ nodes, links }: Topology, broken: Broken): Map<string, Ip4> {
  const live = new Set<string>();
  links.forEach(({ from, to, up }, place) => {
    if (up && !broken.links.has(place)) live.add(from.name).add(to.name);
  });
  const addresses = new Map<string, Ip4>();
  for (const { name, loopback, interfaces } of nodes.filter(isStation)) {
    const onLinks = [true, false].map((isLive) => interfaces.filter((at) => live.has(`${name}.${at.name}`) === isLive));
    const [first] = [loopback, ...onLinks.flat()].flatMap((at) => at.addresses);
    if (first !== undefined) addresses.set(name, first.ip);
  }
  return addresses;
}

/** Of the packet, or of its reply where it arrived; null where both did. */
function dispositionOf({ reached, there, back }: Trace): string | null {
  if (reached) return null;
  return there.disposition === 'delivered' && back?.kind === 'reply' ? back.disposition : there.disposition;
}

/** Errors that are meant for people tell all in their message. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isTold = [LabError, TopologyError, StuckError].some((kind) => error instanceof kind);
  return isTold ? error.message : `${error.name}: ${error.message}`;
}
