/**
 * What may fail, as it is asked for: so many links or nodes, each combination of them, or some by their names.
 * `links=2` is each pair of links, `links=1,nodes=1` each link with each node, `r1--r2,links=1` that link and any other.
 */
import { explainLinks, findLinks, nameEnds } from '../lab/link-names.ts';
import { LabError } from '../lab/lab-error.ts';
import { quote, suggest } from '../lab/spelling.ts';
import type { Topology } from '../lab/topology.ts';

/** What has failed: places in the topology's lists, in their order. */
export interface Failure {
  readonly links: readonly number[];
  readonly nodes: readonly number[];
}

/** A set of failures, from which any can be taken by its place without making the others. */
export interface FailureSet {
  readonly size: number;
  at(place: number): Failure;
}

/** Things of one kind, of which `count` fail at a time. */
interface Choice {
  readonly of: 'links' | 'nodes';
  readonly candidates: readonly number[];
  readonly count: number;
  readonly size: number;
}

/** More at a time would be more than anybody can have run. */
const MAX_AT_ONCE = 16;

const KINDS = {
  links: null,
  nodes: ['host', 'router', 'switch', 'hub'],
  hosts: ['host'],
  routers: ['router'],
  switches: ['switch'],
  hubs: ['hub'],
} as const;
type Kind = keyof typeof KINDS;

/** Reads what `--fail` says; a LabError says what is wrong with it. */
export function failuresOf(topology: Topology, text: string): FailureSet {
  const links = new Set<number>();
  const nodes = new Set<number>();
  const counts = new Map<Kind, number>();
  for (const word of text.split(',').map((one) => one.trim())) {
    const [, kind, count] = /^([^=]*?)\s*=\s*(.*)$/.exec(word) ?? [];
    if (kind !== undefined && count !== undefined) addCount(counts, text, kind, count);
    else addNamed(topology, links, nodes, word);
  }
  const choices = [...counts].map(([kind, count]) => choiceOf(topology, kind, count, kind === 'links' ? links : nodes));
  const size = choices.reduce((product, one) => product * one.size, 1);
  return { size, at: (place) => failureAt(choices, { links: [...links], nodes: [...nodes] }, place) };
}

function addCount(counts: Map<Kind, number>, text: string, kind: string, count: string): void {
  if (!Object.hasOwn(KINDS, kind)) {
    throw new LabError(`--fail ${text}: ${quote(kind)}: ${suggest(kind, Object.keys(KINDS), 'kinds')}`);
  }
  if (counts.has(kind as Kind)) throw new LabError(`--fail ${text}: ${kind} stands there twice; write ${kind}=2`);
  const value = Number(count);
  if (!/^\d{1,2}$/.test(count) || value < 1 || value > MAX_AT_ONCE) {
    throw new LabError(`--fail ${text}: ${kind}=${count}: write how many fail at a time, 1 to ${MAX_AT_ONCE}`);
  }
  counts.set(kind as Kind, value);
}

function addNamed({ nodes: known, links }: Topology, failedLinks: Set<number>, failedNodes: Set<number>, name: string) {
  const node = known.findIndex((one) => one.name === name);
  if (node !== -1) {
    failedNodes.add(node);
    return;
  }
  const found = findLinks(links, nameEnds(links), name);
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    failedLinks.add(only.index);
    return;
  }
  if (found.length > 0 || /--|\./.test(name)) throw new LabError(`--fail: ${explainLinks(links, name, found)}`);
  const names = known.map((one) => one.name);
  throw new LabError(
    `--fail: ${quote(name)} is no node, link or number such as links=1; ${suggest(name, names, 'nodes')}`,
  );
}

function choiceOf(topology: Topology, kind: Kind, count: number, named: ReadonlySet<number>): Choice {
  const of = kind === 'links' ? 'links' : 'nodes';
  const kinds: readonly string[] | null = KINDS[kind];
  const candidates = topology[of].flatMap((one, place) => {
    const isMeant = kinds === null || ('kind' in one && kinds.includes(one.kind));
    return isMeant && !named.has(place) ? [place] : [];
  });
  if (candidates.length < count) {
    const left = named.size > 0 ? ' more' : '';
    throw new LabError(`--fail ${kind}=${count}: ${topology.file} has ${candidates.length}${left} ${kind}`);
  }
  return { of, candidates, count, size: binomial(candidates.length, count) };
}

/** The last choice varies fastest. */
function failureAt(choices: readonly Choice[], named: Failure, place: number): Failure {
  const failed = { links: new Set(named.links), nodes: new Set(named.nodes) };
  let rest = place;
  for (const choice of [...choices].reverse()) {
    for (const one of combinationAt(choice, rest % choice.size)) failed[choice.of].add(one);
    rest = Math.floor(rest / choice.size);
  }
  return { links: sorted(failed.links), nodes: sorted(failed.nodes) };
}

function sorted(places: ReadonlySet<number>): number[] {
  return [...places].sort((a, b) => a - b);
}

/** The combinations in the order of their first member, then of their second, and so on. */
function combinationAt({ candidates, count }: Choice, place: number): number[] {
  const chosen: number[] = [];
  let rest = place;
  for (let next = 0; chosen.length < count; next++) {
    const beginningHere = binomial(candidates.length - next - 1, count - chosen.length - 1);
    if (rest < beginningHere) chosen.push(candidates[next]!);
    else rest -= beginningHere;
  }
  return chosen;
}

/** In how many ways k of n can be chosen: exact below 2^53, and beyond that at least as large. */
function binomial(n: number, k: number): number {
  let ways = 1;
  // After each step `ways` is itself a binomial coefficient, so the division leaves no rest.
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return ways;
}

/** `link r1.eth1 -- r2.eth0`, `router r3`; empty where nothing has failed. */
export function namesOf({ links, nodes }: Topology, failure: Failure): string[] {
  return [
    ...failure.links.flatMap((place) => {
      const link = links[place];
      return link === undefined ? [] : [`link ${link.from.name} -- ${link.to.name}`];
    }),
    ...failure.nodes.flatMap((place) => {
      const node = nodes[place];
      return node === undefined ? [] : [`${node.kind} ${node.name}`];
    }),
  ];
}
