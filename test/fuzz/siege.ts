/**
 * A lab under fire: opens the topology, does what a batch of actions says, lets the dust settle, and looks whether all
 * that must hold does, and whether everybody still answers everybody.
 * A batch is made from the seed, its lab's number and its own alone, so it can be made again and cut down (reduce.ts).
 */
import { readFileSync } from 'node:fs';
import { startProcess } from '../../src/kernel/process.ts';
import type { Process } from '../../src/kernel/process.ts';
import { openLab } from '../../src/lab/lab.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { MAX_FRAME_LENGTH } from '../../src/sim/frame.ts';
import { RandomStream } from '../../src/sim/random.ts';
import { MICROSECOND, MILLISECOND, SECOND } from '../../src/sim/time.ts';
import type { Nanos } from '../../src/sim/time.ts';
import { getSysctl, listSysctl, setSysctl } from '../../src/stack/sysctl.ts';
import type { Program } from '../../src/syscalls/program.ts';
import { Domain, SocketType } from '../../src/syscalls/values.ts';
import * as Ip from '../../src/wire/ip4.ts';
import type { Mac } from '../../src/wire/mac.ts';
import * as MacAddress from '../../src/wire/mac.ts';
import { findBroken, findUnsettled } from './invariants.ts';
import { MAX_LENGTH, Mutator } from './mutator.ts';
import type { Addresses, Audience, Draft } from './mutator.ts';
import type { Seeds } from './seeds.ts';

const TOPOLOGY = readFileSync(new URL('topology.yaml', import.meta.url), 'utf8');

/** How long a lab is left alone before it must answer: longer than caches, redirects and fragments live. */
const REST: Nanos = 320 * SECOND;
/** What it then has for one answer to each ping: probes of wrong neighbours, and the bad line. */
const PATIENCE_SECONDS = 120;
/** Events that a batch may take for each of its frames, rest and pings not counted, on average. */
const EVENTS_PER_FRAME = 2_000;
/** Events that the rest, and then the pings, may take. */
const EVENTS_IN_PEACE = 5_000_000;
/** Of the frames that pass x1. */
const MUTATED_ON_THE_WAY = 0.4;

export type Action =
  /** `wait` is the time until the next action. */
  | {
      readonly do: 'inject';
      readonly node: string;
      readonly port: number;
      readonly bytes: Uint8Array;
      readonly wait: Nanos;
    }
  | { readonly do: 'sysctl'; readonly node: string; readonly name: string; readonly value: number }
  | { readonly do: 'carrier'; readonly link: number; readonly up: boolean }
  | { readonly do: 'start'; readonly node: string; readonly words: readonly string[] };

export interface Siege {
  readonly lab: Lab;
  /** The frames that x1 changed. */
  changed: number;
  /** Whether x1 changes frames. */
  isMangling: boolean;
  /** Events so far. */
  events: number;
  /** What programs complained of that no program may. */
  readonly crashes: string[];
  readonly sysctls: readonly { readonly node: string; readonly name: string; readonly value: number }[];
}

/** Listens, and never reads. */
const deaf: Program = function* (sys) {
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 9 });
  yield* sys.sys_sleep(Number.MAX_SAFE_INTEGER);
};

export interface SiegeOptions {
  readonly seed: number;
  readonly seeds: Seeds['groups'];
  readonly poison?: boolean;
}

export function openSiege({ seed, seeds, poison = false }: SiegeOptions): Siege {
  const lab = openLab(TOPOLOGY, { file: 'test/fuzz/topology.yaml', seed, poison, until: null });
  for (const warning of lab.warnings) throw new Error(warning.text);
  const siege: Siege = { lab, changed: 0, isMangling: false, events: 0, crashes: [], sysctls: readSysctls(lab) };
  // What a program's exception looks like (kernel/process.ts); errors of calls have no such name.
  lab.listen({
    line({ node, program, stream, text }) {
      if (stream === 'error' && /: \w*Error: /.test(text)) siege.crashes.push(`${node} ${program}: ${text}`);
    },
  });
  lab.start('h4', deaf, { background: true });
  mangle(siege, seeds);
  return siege;
}

function readSysctls(lab: Lab): { node: string; name: string; value: number }[] {
  return [...lab.network.kernels].flatMap(([node, { stack }]) =>
    listSysctl(stack).map((name) => ({ node, name, value: getSysctl(stack, name)! })),
  );
}

/** Has the hub x1 change some of the frames that pass it: answers to what programs here have asked. */
function mangle(siege: Siege, seeds: Seeds['groups']): void {
  const { lab } = siege;
  const node = lab.node('x1');
  const { device, receive } = node;
  const mutator = new Mutator(new RandomStream(lab.seed, 'x1 changes'), seeds, addressesOf(lab));
  const draft: Draft = { bytes: new Uint8Array(2 * MAX_LENGTH), length: 0 };
  node.attach(device, (state, port, frame) => {
    if (siege.isMangling && mutator.chance(MUTATED_ON_THE_WAY)) {
      draft.bytes.set(frame.bytes.subarray(0, frame.length));
      draft.length = frame.length;
      mutator.mutate(draft);
      if (draft.length <= frame.bytes.length) {
        frame.bytes.set(draft.bytes.subarray(0, draft.length));
        frame.length = draft.length;
        siege.changed++;
      }
    }
    receive(state, port, frame);
  });
}

/** Everybody here, everybody who could be, and nobody. */
function addressesOf(lab: Lab): Addresses {
  const nics = [...lab.network.kernels.values()].flatMap(({ stack }) => stack.interfaces.slice(1));
  const own = nics.flatMap(({ addresses }) => addresses.map(({ ip }) => ip));
  const others = ['0.0.0.0', '255.255.255.255', '224.0.0.1', '224.0.0.9', '239.1.2.3', '127.0.0.1', '240.0.0.1']
    .concat(['192.0.2.0', '192.0.2.255', '192.0.2.77', '198.51.100.127', '198.51.100.0', '198.51.100.255'])
    .concat(['198.51.100.77', '203.0.113.255', '203.0.113.77', '10.66.0.1', '10.67.0.1', '10.68.0.1', '10.69.0.1']);
  const macs = nics.map(({ mac }) => mac);
  return {
    macs: [...macs, ...macs, ...macs, ...[0x0200_0000_99_01, 0, 0xffff_ffff_ffff].map(MacAddress.fromNumber)],
    ips: [...own, ...own, ...own, ...others.map((text) => Ip.parse(text)!)],
    crowd: Ip.parse('172.16.0.0')!,
  };
}

// Making a batch.

/** Where frames can come in, and who hears them there; one is picked for each frame. */
interface Entrance {
  readonly node: string;
  readonly port: number;
  readonly audiences: readonly Audience[];
}

const GROUPS = [0xffff_ffff_ffff, 0x0100_5e00_0001, 0x0180_c200_0000].map(MacAddress.fromNumber);

function entrancesOf(lab: Lab): Entrance[] {
  const stranger = MacAddress.fromNumber(0x0200_0000_99_01);
  const audienceOf = (nic: {
    readonly mac: Mac;
    readonly addresses: readonly { readonly ip: Ip.Ip4 }[];
  }): Audience => ({
    macs: [...new Array<Mac>(16).fill(nic.mac), ...GROUPS, stranger],
    ips: nic.addresses.map(({ ip }) => ip),
  });
  const everybody = [...lab.network.kernels.values()].flatMap(({ stack }) => stack.interfaces.slice(1).map(audienceOf));
  return lab.topology.nodes.flatMap((one) => {
    const { name } = one;
    if (one.kind === 'host' || one.kind === 'router') {
      return one.interfaces.map((nic, port) => ({ node: name, port, audiences: [audienceOf(nic)] }));
    }
    return lab.node(name).ports.map((_, port) => ({ node: name, port, audiences: everybody }));
  });
}

/** The first value, mostly the default, comes more often than the others: it lets things go on. */
const SYSCTLS: Readonly<Record<string, readonly number[]>> = {
  ip_forward: [1, 0],
  ip_default_ttl: [64, 1, 255],
  ip_no_pmtu_disc: [0, 1],
  ip_forward_use_pmtu: [0, 1],
  ipfrag_time: [30, 0, 1],
  ipfrag_high_thresh: [4_194_304, 0, 3_000],
  icmp_echo_ignore_all: [0, 1],
  icmp_echo_ignore_broadcasts: [0, 1],
  icmp_errors_use_inbound_ifaddr: [0, 1],
  icmp_ignore_bogus_error_responses: [1, 0],
  icmp_ratelimit: [1_000, 0],
  icmp_ratemask: [6_168, 0, 0xffff_ffff],
  icmp_msgs_burst: [50, 0, 10_000],
  'route.min_pmtu': [552, 68],
  'route.mtu_expires': [600, 1],
  'neigh.default.base_reachable_time_ms': [30_000, 1],
  'neigh.default.delay_first_probe_time': [5, 0],
  'neigh.default.ucast_solicit': [3, 0, 1],
  'neigh.default.mcast_solicit': [3, 0, 1],
  'neigh.default.unres_qlen': [101, 0, 1],
  'neigh.default.gc_thresh3': [1_024, 1, 16],
};
const INTERFACE_SYSCTLS: Readonly<Record<string, readonly number[]>> = {
  forwarding: [1, 0],
  rp_filter: [0, 1, 2],
  accept_redirects: [1, 0],
  secure_redirects: [1, 0],
  send_redirects: [1, 0],
  shared_media: [1, 0],
  accept_source_route: [0, 1],
  accept_local: [0, 1],
  route_localnet: [0, 1],
  drop_unicast_in_l2_multicast: [0, 1],
  bc_forwarding: [0, 1],
  log_martians: [0, 1],
  proxy_arp: [0, 1],
  arp_ignore: [0, 1, 2, 8],
  arp_announce: [0, 1, 2],
  arp_accept: [0, 1, 2],
  arp_filter: [0, 1],
};
/** What somebody runs meanwhile. All come to an end, and need not succeed. */
const COMMANDS = [
  'ping -q -c 5 -i 0.01 198.51.100.2',
  'ping -q -c 5 -i 0.01 -R 192.0.2.1',
  'ping -q -c 5 -i 0.01 -T tsandaddr 198.51.100.3',
  'ping -q -c 3 -i 0.01 -s 3000 -M want 198.51.100.130',
  'ping -q -c 3 -i 0.01 -s 1400 -M do 198.51.100.130',
  'ping -q -b -c 2 -i 0.01 192.0.2.255',
  'traceroute 198.51.100.3',
  'traceroute 10.66.0.1',
  'lookup www.example.com',
  'lookup -t MX example.com',
  'udp-send 198.51.100.2 7 hello --wait',
  'source 198.51.100.2 7 --rate 1000/s --count 20',
];

/** The same for the same seed, lab and batch. `lab` tells who is there, and is left alone. */
export function makeBatch(lab: Lab, seeds: Seeds['groups'], name: string, seed: number, frames: number): Action[] {
  const mutator = new Mutator(new RandomStream(seed, name), seeds, addressesOf(lab));
  const entrances = entrancesOf(lab);
  const stations = [...lab.network.kernels.keys()];
  const actions: Action[] = [];
  for (let i = 0; i < 20; i++) actions.push(makeSysctl(lab, mutator, mutator.pick(stations)));
  let left = frames;
  while (left > 0) {
    if (mutator.chance(0.01)) {
      actions.push({ do: 'start', node: mutator.pick(stations), words: mutator.pick(COMMANDS).split(' ') });
    }
    if (mutator.chance(0.001)) {
      actions.push({ do: 'carrier', link: mutator.below(lab.network.links.length), up: mutator.chance(0.7) });
    }
    if (mutator.chance(0.01)) actions.push(makeSysctl(lab, mutator, mutator.pick(stations)));
    const { node, port, audiences } = mutator.pick(entrances);
    for (const bytes of mutator.make(mutator.pick(audiences))) {
      if (left-- <= 0) break;
      actions.push({ do: 'inject', node, port, bytes, wait: makePause(mutator) });
    }
  }
  return actions;
}

function makeSysctl(lab: Lab, mutator: Mutator, node: string): Action {
  const { stack } = lab.kernel(node);
  if (mutator.chance(0.4)) {
    const [name, values] = mutator.pick(Object.entries(SYSCTLS));
    return { do: 'sysctl', node, name, value: pickValue(mutator, values) };
  }
  const [key, values] = mutator.pick(Object.entries(INTERFACE_SYSCTLS));
  const where = mutator.pick(['all', 'default', ...stack.interfaces.map((one) => one.name)]);
  return { do: 'sysctl', node, name: `conf.${where}.${key}`, value: pickValue(mutator, values) };
}

function pickValue(mutator: Mutator, values: readonly number[]): number {
  return mutator.chance(0.5) ? values[0]! : mutator.pick(values);
}

/** Most come close together; now and then there is time for a timer. */
function makePause(mutator: Mutator): Nanos {
  if (mutator.chance(0.002)) return mutator.below(2 * SECOND);
  if (mutator.chance(0.02)) return mutator.below(5 * MILLISECOND);
  return mutator.chance(0.3) ? 0 : mutator.below(40 * MICROSECOND);
}

// Playing a batch.

/** Does it, and gives what went wrong, in words; nothing if the lab has survived. */
export function play(siege: Siege, actions: readonly Action[]): string[] {
  try {
    fire(siege, actions);
    const broken = findBroken(siege.lab);
    if (broken.length > 0) return broken;
    makePeace(siege);
    const { now } = siege.lab;
    runUntil(siege, now + REST, siege.events + EVENTS_IN_PEACE);
    return [...pingAll(siege), ...findBroken(siege.lab), ...findDead(siege), ...siege.crashes];
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

function fire(siege: Siege, actions: readonly Action[]): void {
  const { lab } = siege;
  const { simulator } = lab;
  siege.isMangling = true;
  const frames = actions.reduce((sum, one) => sum + (one.do === 'inject' ? 1 : 0), 0);
  const most = siege.events + 1_000_000 + frames * EVENTS_PER_FRAME;
  for (const action of actions) {
    switch (action.do) {
      case 'inject': {
        const { bytes } = action;
        simulator.inject(
          lab.node(action.node),
          action.port,
          bytes.length > MAX_FRAME_LENGTH ? bytes.slice(0, MAX_FRAME_LENGTH) : bytes,
        );
        runUntil(siege, simulator.now + action.wait, most);
        break;
      }
      case 'sysctl':
        must(setSysctl(lab.kernel(action.node).stack, action.name, action.value));
        break;
      case 'carrier':
        lab.network.links[action.link]!.setCarrier(action.up);
        break;
      case 'start':
        startCommand(lab, action.node, action.words);
        break;
    }
  }
  runUntil(siege, simulator.now + SECOND, most);
}

function must(failure: string | null): void {
  if (failure !== null) throw new Error(`a sysctl was refused: ${failure}`);
}

/** Runs until then, unless that takes too much. */
function runUntil(siege: Siege, until: Nanos, most: number): void {
  const { simulator } = siege.lab;
  for (let next = simulator.nextEventTime(); next !== null && next <= until; next = simulator.nextEventTime()) {
    simulator.step();
    if (++siege.events > most) {
      const owners = new Map<string, number>();
      for (const { owner, what } of simulator.pendingEvents()) {
        owners.set(`${owner} ${what}`, (owners.get(`${owner} ${what}`) ?? 0) + 1);
      }
      throw new Error(`no end of events; pending: ${[...owners].map(([name, n]) => `${n} ${name}`).join(', ')}`);
    }
  }
  simulator.runUntil(until);
}

/** Everything is again as the topology has it. */
function makePeace(siege: Siege): void {
  siege.isMangling = false;
  const { lab } = siege;
  for (const link of lab.network.links) link.setCarrier(true);
  // The switch for all interfaces first, for it sets others.
  for (const { node, name, value } of siege.sysctls) must(setSysctl(lab.kernel(node).stack, name, value));
}

function pingAll(siege: Siege): string[] {
  const { lab } = siege;
  const kernels = [...lab.network.kernels];
  const attempts: { from: string; to: string; process: Process }[] = [];
  for (const [from] of kernels) {
    for (const [to, { stack }] of kernels) {
      const address = Ip.format(stack.interfaces[1]!.addresses[0]!.ip);
      const words = ['ping', '-q', '-n', '-c', '1', '-w', String(PATIENCE_SECONDS), address];
      attempts.push({ from, to, process: startCommand(lab, from, words) });
    }
  }
  runUntil(siege, lab.now + (PATIENCE_SECONDS + 20) * SECOND, siege.events + EVENTS_IN_PEACE);
  const silent = attempts
    .filter(({ process }) => process.exitStatus !== 0)
    .map(({ from, to, process }) => `${from} does not reach ${to}: status ${process.exitStatus}`);
  return [...silent, ...settle(siege)];
}

/** Waits for a moment at which nothing is on its way: some programs never stop sending. */
function settle(siege: Siege): string[] {
  for (let tries = 0; tries < 50 && findUnsettled(siege.lab).length > 0; tries++) {
    runUntil(siege, siege.lab.now + 50 * MILLISECOND, siege.events + EVENTS_IN_PEACE);
  }
  return findUnsettled(siege.lab);
}

function startCommand(lab: Lab, node: string, words: readonly string[]): Process {
  const kernel = lab.kernel(node);
  const started = startProcess(kernel, words, kernel.programs.get(words[0]!)!);
  if (!started.ok) throw new Error(`${node}: ${words.join(' ')}: ${started.errno}`);
  return started.value;
}

/** The background programs that have ended, which none may. */
function findDead({ lab }: Siege): string[] {
  const dead = lab.jobs.filter(({ exitStatus }) => exitStatus !== null);
  return dead.map(({ node, command, lines }) => `${node}: ${command} has ended: ${lines.at(-1)?.text ?? 'silently'}`);
}
