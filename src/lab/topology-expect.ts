/**
 * What must hold in a topology: which of the keys of an expectation go together, and whether there is whom they name.
 * Not here: whether it does hold (src/check/expect.ts).
 */
import { MIN_MTU } from '../stack/interface.ts';
import * as Ip from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import { EXPECTATION_KINDS, parsePrefix } from './schema.ts';
import type { ExpectationFile, TopologyFile } from './schema.ts';
import { quote } from './spelling.ts';
import type { Claim, Expectation } from './topology.ts';
import { checkInterface, findNode, isStation } from './topology-drafts.ts';
import type { Drafts } from './topology-drafts.ts';
import type { Path } from './topology-source.ts';

type Kind = Expectation['kind'];

/** The keys that each kind may have beside its own and `name`, `at`, `within`. */
const KEYS: Readonly<Record<Kind, readonly (keyof ExpectationFile)[]>> = {
  reach: ['udp', 'size'],
  'not-reach': ['udp', 'size', 'because'],
  path: ['udp'],
  flow: ['udp', 'size', 'packets', 'rate', 'loss', 'latency'],
  mtu: ['is'],
  resolve: ['is', 'by'],
  route: ['via', 'dev'],
  neighbor: ['mac'],
};
const COMMON: readonly string[] = ['name', 'at', 'within'];

// What a flow is unless its expectation says otherwise.
const PACKETS = 100;
const RATE = '100/s';
const SIZE = 512;

export function resolveExpectations(drafts: Drafts, file: TopologyFile): Expectation[] {
  return (file.expect ?? []).flatMap((one, index) => {
    const path: Path = ['expect', index];
    const kind = kindOf(drafts, one, path);
    if (kind === null) return [];
    refuseOthers(drafts, one, kind, path);
    const ends = one[kind] ?? [];
    const claim = claimOf(drafts, one, kind, ends, path);
    if (claim === null) return [];
    const [from = ''] = ends;
    const { name = nameOf(one, kind), at = null, within = 0 } = one;
    return [{ ...drafts.source.locate(path), name, at, within, from, ...claim }];
  });
}

function kindOf(drafts: Drafts, file: ExpectationFile, path: Path): Kind | null {
  const kinds = EXPECTATION_KINDS.filter((kind) => file[kind] !== undefined);
  const [kind] = kinds;
  if (kind !== undefined && kinds.length === 1) return kind;
  const found = kinds.length === 0 ? 'says nothing' : `says ${kinds.join(' and ')}`;
  const message = `${found}; an expectation has one of ${EXPECTATION_KINDS.join(', ')}`;
  drafts.problems.add(drafts.source.locate(path), message);
  return null;
}

function refuseOthers(drafts: Drafts, file: ExpectationFile, kind: Kind, path: Path): void {
  const allowed: readonly string[] = [kind, ...KEYS[kind], ...COMMON];
  for (const key of Object.keys(file)) {
    if (allowed.includes(key)) continue;
    const { position } = drafts.source.locateKey([...path, key]);
    const message = `${quote(key)} says nothing about ${kind}, which takes ${KEYS[kind].join(', ')}`;
    drafts.problems.add({ ...drafts.source.locate([...path, key]), position }, message);
  }
}

/** `reach h1 -> h2, udp 7` */
function nameOf(file: ExpectationFile, kind: Kind): string {
  const { udp, size } = file;
  const more = [
    ...(udp === undefined ? [] : [`udp ${udp}`]),
    ...(size === undefined ? [] : [`size ${size}`]),
    ...(file.is === undefined ? [] : [`is ${file.is}`]),
    ...(file.via === undefined ? [] : [`via ${Ip.format(file.via)}`]),
  ];
  return [`${kind} ${(file[kind] ?? []).join(' -> ')}`, ...more].join(', ');
}

function claimOf(drafts: Drafts, file: ExpectationFile, kind: Kind, ends: readonly string[], path: Path): Claim | null {
  const { udp = null, size = null } = file;
  const from = ends[0] ?? '';
  const to = ends[ends.length - 1] ?? '';
  const isFrom = checkStation(drafts, from, [...path, kind]);
  switch (kind) {
    case 'reach':
      return isFrom && checkTarget(drafts, to, [...path, kind]) ? { kind, to, udp, size } : null;
    case 'not-reach': {
      const { because = null } = file;
      return isFrom && checkTarget(drafts, to, [...path, kind]) ? { kind, to, udp, size, because } : null;
    }
    case 'path': {
      const isKnown = ends.every(
        (name) => findNode(drafts, name, drafts.source.locateWord([...path, kind], name, 'first')) !== null,
      );
      return isFrom && isKnown ? { kind, to, nodes: ends, udp } : null;
    }
    case 'flow': {
      if (!isFrom || !checkTarget(drafts, to, [...path, kind])) return null;
      const { packets = PACKETS, rate = RATE, loss = 0, latency = null } = file;
      return { kind, to, udp, packets, rate, size: size ?? SIZE, loss, latency };
    }
    case 'mtu': {
      const isTo = isFrom && checkTarget(drafts, to, [...path, kind]);
      const { is } = file;
      if (typeof is === 'number' && is >= MIN_MTU && is <= Ipv4.MAX_LENGTH)
        return isTo ? { kind, to, octets: is } : null;
      const message = `write how many octets, ${MIN_MTU} to ${Ipv4.MAX_LENGTH}, such as is: 1500`;
      drafts.problems.add(drafts.source.locate([...path, 'is']), message);
      return null;
    }
    case 'resolve': {
      const { is = null, by = null } = file;
      const isGood =
        (is === null || checkTarget(drafts, String(is), [...path, 'is'])) &&
        (by === null || checkTarget(drafts, by, [...path, 'by']));
      return isFrom && isGood ? { kind, question: to, is: is === null ? null : String(is), by } : null;
    }
    case 'route': {
      const { via = null, dev = null } = file;
      const draft = drafts.nodes.get(from);
      if (!isFrom || draft === undefined || !isStation(draft)) return null;
      if (dev !== null && !checkInterface(drafts, draft, dev, drafts.source.locate([...path, 'dev']))) return null;
      const destination = destinationOf(drafts, to, [...path, kind]);
      return destination === null ? null : { kind, to, prefix: destination.prefix, via, dev };
    }
    case 'neighbor': {
      const { mac = null } = file;
      return isFrom && checkTarget(drafts, to, [...path, kind]) ? { kind, to, mac } : null;
    }
  }
}

function checkStation(drafts: Drafts, name: string, path: Path): boolean {
  const located = drafts.source.locateWord(path, name, 'first');
  const draft = findNode(drafts, name, located);
  if (draft === null || isStation(draft)) return draft !== null;
  drafts.problems.add(located, `a ${draft.kind} sends nothing of its own; name a host or router`);
  return false;
}

/** A node, an interface of one, or an address. */
function checkTarget(drafts: Drafts, text: string, path: Path): boolean {
  if (Ip.parse(text) !== null) return true;
  const located = drafts.source.locateWord(path, text, 'last');
  if (/^[\d.]+$/.test(text)) {
    drafts.problems.add(
      located,
      `${quote(text)} is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1`,
    );
    return false;
  }
  const dot = text.indexOf('.');
  const draft = findNode(drafts, dot < 0 ? text : text.slice(0, dot), located);
  if (draft === null) return false;
  if (!isStation(draft)) {
    drafts.problems.add(located, `a ${draft.kind} has no address; name a host, a router or an address`);
    return false;
  }
  return dot < 0 || checkInterface(drafts, draft, text.slice(dot + 1), located);
}

/** A prefix, or whom a route leads to: then the prefix is null. */
function destinationOf(
  drafts: Drafts,
  text: string,
  path: Path,
): { readonly prefix: Extract<Claim, { kind: 'route' }>['prefix'] } | null {
  if (text === 'default') return { prefix: { destination: Ip.ANY, prefixLength: 0 } };
  if (!text.includes('/')) return checkTarget(drafts, text, path) ? { prefix: null } : null;
  const parsed = parsePrefix(text);
  if ('error' in parsed) {
    drafts.problems.add(drafts.source.locateWord(path, text, 'last'), `${quote(text)}: ${parsed.error}`);
    return null;
  }
  const { ip, prefixLength } = parsed.value;
  const length = prefixLength ?? 32;
  const destination = Ip.network(ip, length);
  if (destination === ip) return { prefix: { destination, prefixLength: length } };
  const message = `${quote(text)}: no table has such a prefix, for there are bits behind it; write ${Ip.format(destination)}/${length}`;
  drafts.problems.add(drafts.source.locateWord(path, text, 'last'), message);
  return null;
}
