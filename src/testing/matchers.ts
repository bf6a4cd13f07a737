/** What can be expected of a lab, as vitest's matchers. Each looks now, or until it holds if it is told to wait. */
import { formatSeconds } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { decide, isBecause } from '../check/expect.ts';
import type { ExpectationResult } from '../check/expect.ts';
import { Lab } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import type { Claim } from '../lab/topology.ts';
import { parseChance, parseDuration } from '../lab/units.ts';
import type { Quantity } from '../lab/units.ts';
import { isKnown } from '../trace/disposition.ts';
import type { Disposition } from '../trace/disposition.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import { formatTrace, summarizeTrace } from '../trace/format.ts';
import type { Trace, TraceOptions } from '../trace/trace.ts';
import * as Ip from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { provenanceOf } from './lab-test.ts';
import type { Provenance } from './lab-test.ts';

/** How long something may take until it holds. */
export interface Waiting {
  /** How long it may take until it holds: `5s`, or nanoseconds; it is looked at once unless told. */
  readonly within?: string | Nanos;
}

/** What toReach sends. */
export interface ReachOptions extends Waiting {
  /** A UDP datagram to this port, not an echo request. */
  readonly udp?: number;
  /** Octets of data. */
  readonly size?: number;
}

/** What toHaveRoute looks for. */
export interface RouteOptions extends Waiting {
  readonly via?: string;
  readonly dev?: string;
}

/** What toHaveNeighbor looks for. */
export interface NeighborOptions extends Waiting {
  readonly mac?: string;
}

/** What toResolve looks for. */
export interface NameOptions extends Waiting {
  /** The address or node it stands for. */
  readonly is?: string;
  /** The server that answers. */
  readonly by?: string;
}

/** What toLoseAtMost sends, and how late it may come; words as in a topology file. */
export interface FlowOptions extends Waiting {
  /** 100 unless told. */
  readonly packets?: number;
  /** Datagrams or bits in a second: `100/s` unless told, or `1Mbit/s`. */
  readonly rate?: string;
  /** Octets of data; 512 unless told. */
  readonly size?: number;
  readonly udp?: number;
  /** No datagram takes longer: `20ms`, or nanoseconds. */
  readonly latency?: string | Nanos;
}

/** Nodes are named as in the topology; `to` may be an interface such as `r1.eth1` or an address, too. */
export interface LabMatchers<R = unknown> {
  /** An echo request is answered; or a program gets the datagram, and there is a way back for its answer. */
  toReach(from: string, to: string, options?: ReachOptions): R;
  /** It goes by these hosts and routers in this order, both ends included; by switches too where some are named. */
  toHavePath(nodes: readonly string[], options?: Waiting & { readonly udp?: number }): R;
  /** The prefix is in the node's table; of an address or a node: the route that it takes there. */
  toHaveRoute(node: string, destination: string, options?: RouteOptions): R;
  /** The node knows the Ethernet address of its neighbour: a node, an interface or an address. */
  toHaveNeighbor(node: string, neighbor: string, options?: NeighborOptions): R;
  /** The name has an address for the node, by its DNS server. */
  toResolve(node: string, name: string, options?: NameOptions): R;
  /** The packet, or the reply where it arrives, ends so: a disposition such as `no-route`, or a reason to drop. */
  toDropBecause(from: string, to: string, why: Disposition | DropReason, options?: TraceOptions): R;
  /** Of a flow at most so much is lost: `1%`, or 0.01. */
  toLoseAtMost(from: string, to: string, loss: string | number, options?: FlowOptions): R;
  /** A datagram of so many octets arrives in one piece, and no longer one. */
  toHavePathMtu(from: string, to: string, octets: number): R;
}

/** What of vitest's state a matcher uses. */
interface State {
  /** Behind `not`; else false or not there. */
  readonly isNot?: boolean;
  readonly testPath?: string;
  readonly currentTestName?: string;
}

interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

export const matchers = {
  toReach(this: State, lab: unknown, from: string, to: string, options: ReachOptions = {}): Verdict {
    const { udp = null, size = null } = options;
    return judge(this, lab, from, { kind: 'reach', to, udp, size }, options, `${from} to reach ${to}${portOf(udp)}`);
  },

  toHavePath(this: State, lab: unknown, nodes: readonly string[], options: Waiting & { readonly udp?: number } = {}) {
    const [from = ''] = nodes;
    const to = nodes[nodes.length - 1] ?? '';
    const claim = { kind: 'path', to, nodes, udp: options.udp ?? null } as const;
    return judge(this, lab, from, claim, options, `the path ${nodes.join(' -> ')}`);
  },

  toHaveRoute(this: State, lab: unknown, node: string, destination: string, options: RouteOptions = {}): Verdict {
    const via = options.via === undefined ? null : address(options.via);
    const { dev = null } = options;
    const claim = { kind: 'route', to: destination, prefix: prefixOf(destination), via, dev } as const;
    const by = `${via === null ? '' : ` via ${Ip.format(via)}`}${dev === null ? '' : ` dev ${dev}`}`;
    return judge(this, lab, node, claim, options, `${node} to have a route to ${destination}${by}`);
  },

  toHaveNeighbor(this: State, lab: unknown, node: string, neighbor: string, options: NeighborOptions = {}): Verdict {
    const mac = options.mac === undefined ? null : Mac.parse(options.mac);
    if (options.mac !== undefined && mac === null) throw new LabError(`${options.mac} is no MAC address`);
    return judge(this, lab, node, { kind: 'neighbor', to: neighbor, mac }, options, `${node} to know ${neighbor}`);
  },

  toResolve(this: State, lab: unknown, node: string, name: string, options: NameOptions = {}): Verdict {
    const { is = null, by = null } = options;
    const claim = { kind: 'resolve', question: name, is, by } as const;
    const answer = `${is === null ? '' : ` as ${is}`}${by === null ? '' : ` by ${by}`}`;
    return judge(this, lab, node, claim, options, `${node} to resolve ${name}${answer}`);
  },

  toDropBecause(
    this: State,
    lab: unknown,
    from: string,
    to: string,
    why: Disposition | DropReason,
    options: TraceOptions = {},
  ): Verdict {
    if (!isKnown(why)) throw new LabError(`"${String(why)}" befalls no packet; see DISPOSITIONS`);
    const began = labOf(lab).now;
    const trace = labOf(lab).trace(from, to, options);
    const pass = !trace.reached && isBecause(trace, why);
    const wanted = `a packet from ${from} to ${to}${portOf(options.udp ?? null)} to be dropped because of ${why}`;
    return verdict(this, labOf(lab), pass, wanted, summarizeTrace(trace), trace, began);
  },

  toLoseAtMost(
    this: State,
    lab: unknown,
    from: string,
    to: string,
    loss: string | number,
    options: FlowOptions = {},
  ): Verdict {
    const { packets = 100, rate = '100/s', size = 512, udp = null } = options;
    const latency = options.latency === undefined ? null : valueOf(parseDuration(options.latency));
    const claim = { kind: 'flow', to, udp, packets, rate, size, loss: valueOf(parseChance(loss)), latency } as const;
    return judge(this, lab, from, claim, options, `a flow from ${from} to ${to} to lose at most ${loss}`);
  },

  toHavePathMtu(this: State, lab: unknown, from: string, to: string, octets: number): Verdict {
    return judge(
      this,
      lab,
      from,
      { kind: 'mtu', to, octets },
      {},
      `the path MTU from ${from} to ${to} to be ${octets}`,
    );
  },
};

function labOf(received: unknown): Lab {
  if (received instanceof Lab) return received;
  throw new LabError('expect(…) needs a lab here, as openLab or labTest gives it');
}

function judge(
  state: State,
  received: unknown,
  from: string,
  claim: Claim,
  { within }: Waiting,
  wanted: string,
): Verdict {
  const lab = labOf(received);
  const began = lab.now;
  const result: ExpectationResult = decide(lab, {
    ...claim,
    name: wanted,
    from,
    at: null,
    // A test waits for what it is told to hold; what must not hold is looked at once.
    within: within === undefined || state.isNot === true ? 0 : valueOf(parseDuration(within)),
    position: { line: 0, column: 0 },
    path: '',
  });
  return verdict(state, lab, result.holds, wanted, result.found, result.trace, began);
}

function verdict(
  state: State,
  lab: Lab,
  pass: boolean,
  wanted: string,
  found: string,
  trace: Trace | null,
  began: Nanos,
): Verdict {
  const provenance = provenanceOf(lab);
  const isNot = state.isNot === true;
  if (pass === isNot && provenance !== null) provenance.hasFailed = true;
  const message = (): string =>
    [
      `expected ${isNot ? 'not ' : ''}${wanted}`,
      `found ${found}`,
      ...(trace === null ? [] : ['', formatTrace(trace), '']),
      `in ${lab.topology.file} at ${formatSeconds(began)} s, seed ${lab.seed}`,
      ...(provenance === null ? [] : [`packets: ${provenance.capture}`]),
      ...repeatCommand(state, provenance),
    ].join('\n');
  return { pass, message };
}

/** vitest -t takes an expression for the names of the test and of those around it, with spaces between. */
function repeatCommand({ testPath, currentTestName }: State, provenance: Provenance | null): string[] {
  if (testPath === undefined || currentTestName === undefined) return [];
  const name = provenance?.test ?? currentTestName.split(' > ').join(' ');
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [`repeat: npx vitest run ${shellWord(testPath)} -t ${shellWord(literal)}`];
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function portOf(udp: number | null): string {
  return udp === null ? '' : `, UDP port ${udp}`;
}

function valueOf(quantity: Quantity): number {
  if ('error' in quantity) throw new LabError(quantity.error);
  return quantity.value;
}

function address(text: string): Ip.Ip4 {
  const ip = Ip.parse(text);
  if (ip === null) throw new LabError(`${text} is no IPv4 address`);
  return ip;
}

/** Null for an address or a node, to which a route leads. */
function prefixOf(text: string): { readonly destination: Ip.Ip4; readonly prefixLength: number } | null {
  if (text === 'default') return { destination: Ip.ANY, prefixLength: 0 };
  const [, ip, length] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  return ip === undefined ? null : { destination: address(ip), prefixLength: Number(length) };
}
