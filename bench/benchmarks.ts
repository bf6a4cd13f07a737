/** The benchmarks: what each answers, and what it is to reach. `npm run bench` shows them all. */
import { measureReading, measureWriting } from './capture-file.ts';
import { measureCapturedChain, measureChain } from './chain.ts';
import { measureFlows } from './flows.ts';
import { measureIdleHost } from './idle-host.ts';
import { measureLookUps } from './lpm.ts';
import { measureBuild, measureOpen, measureRing } from './many-hosts.ts';
import { measureShortestPaths } from './routes.ts';
import { measureStart } from './start.ts';
import { measureAsync, measureGenerators } from './wake.ts';

/** What is to be reached, and what we aim at: values, or with `of` ratios to another benchmark in the same round. */
export interface Target {
  readonly must: number;
  readonly aim: number;
  readonly of?: string;
}

export interface Benchmark {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly target: Target | null;
  /**
   * How much of the work is done first and not measured, where it can be in the same lab: the engine makes fast what it
   * has seen often, and begins anew with what it has not seen before. 0 for what people wait for once, and do cold.
   */
  readonly warmUp: number;
  /** One measurement; `scale` 1 is all the work, less is only to see that it runs. */
  readonly run: (scale: number, warmUp: number) => number | Promise<number>;
}

const HOSTS = 10_000;
/** Hops in one measurement of a chain. */
const HOPS = 1_000_000;

export const BENCHMARKS: readonly Benchmark[] = [
  chain('chain-1', 'router', 1, { must: 0.75, aim: 0.75, of: 'chain-4' }),
  chain('chain-4', 'router', 4, { must: 2.3, aim: 5 }),
  chain('chain-16', 'router', 16, { must: 0.75, aim: 0.75, of: 'chain-4' }),
  rate('chain-4-pcapng', 'the same as chain-4, every NIC captured to one pcapng on disk', 'M hops/s', {
    target: { must: 1.5, aim: 3 },
    // More than that would be written back to the disk while the rest is measured.
    warmUp: 0.5,
    run: (scale, warmUp) => measureCapturedChain({ kind: 'router', count: 4, ...amounts(HOPS / 5, scale, warmUp) }),
  }),
  chain('switch-4', 'switch', 4, { must: 1, aim: 1, of: 'chain-4' }),
  once('build-10k', 'lab of 10,000 hosts behind 100 routers from a topology that has been read', 's', {
    target: { must: 1, aim: 0.3 },
    run: (scale) => measureBuild(ceil(HOSTS * scale)),
  }),
  once('build-10k-yaml', 'the same from the text of its file: YAML read and checked, built, configured', 's', {
    target: null,
    run: (scale) => measureOpen(ceil(HOSTS * scale)),
  }),
  once('idle-host', 'memory of a host with one interface and both directions of its link, of 10,000', 'KiB', {
    target: { must: 8, aim: 3 },
    run: (scale) => measureIdleHost(ceil(HOSTS * scale)) / 1024,
  }),
  rate('ring-10k', '10,000 hosts, each sends 100 datagrams to its neighbour in the ring', 'M hops/s', {
    target: { must: 1.5, aim: 3 },
    warmUp: 0.2,
    run: (scale, warmUp) => measureRing(ceil(HOSTS * scale), 100, 100 * warmUp),
  }),
  once('routes-3k', 'shortest-path routes for 3,000 routers, put into their tables', 's', {
    target: { must: 1, aim: 0.2 },
    run: (scale) => measureShortestPaths(ceil(3_000 * scale)),
  }),
  lookUps('lpm-1', 1, null),
  lookUps('lpm-1k', 1_000, { must: 0.7, aim: 0.85, of: 'lpm-1' }),
  lookUps('lpm-900k', 900_000, { must: 0.7, aim: 0.85, of: 'lpm-1' }),
  rate('wake-generator', 'two programs in ping-pong over one link, as generators', 'k wake-ups/s', {
    target: { must: 500, aim: 1_000 },
    run: (scale, warmUp) => measureGenerators(ceil(1_000_000 * scale), ceil(1_000_000 * scale * warmUp)),
  }),
  rate('wake-async', 'the same as async functions', 'k wake-ups/s', {
    target: { must: 100, aim: 200 },
    run: (scale, warmUp) => measureAsync(ceil(200_000 * scale), ceil(200_000 * scale * warmUp)),
  }),
  rate('flows-1k', '1,000 flows over lossy, jittery, rate-limited links', 'M hops/s', {
    target: { must: 1, aim: 2 },
    run: (scale, warmUp) => measureFlows(1_000, ceil(330 * scale), ceil(330 * scale * warmUp)),
  }),
  once('start', 'wirelab run on a file of two hosts, the whole process', 'ms', {
    target: { must: 250, aim: 150 },
    run: () => measureStart(),
  }),
  captureFile('pcapng-write', 'pcapng', measureWriting, 'frames of 106 octets written to a pcapng on disk'),
  captureFile('pcapng-read', 'pcapng', measureReading, 'the same read'),
  captureFile('pcap-write', 'pcap', measureWriting, 'the same written to a pcap'),
  captureFile('pcap-read', 'pcap', measureReading, 'the same read'),
];

type Rest = Pick<Benchmark, 'target' | 'run'> & { readonly warmUp?: number };

/** How fast it goes once the engine is warm. */
function rate(name: string, what: string, unit: string, { warmUp = 1, ...rest }: Rest): Benchmark {
  return { name, what, unit, better: 'more', warmUp, ...rest };
}

/** What it takes a process that has just started. */
function once(name: string, what: string, unit: string, rest: Rest): Benchmark {
  return { name, what, unit, better: 'less', warmUp: 0, ...rest };
}

function chain(name: string, kind: 'router' | 'switch', count: number, target: Target): Benchmark {
  const nodes = count === 1 ? `1 ${kind}` : `${count} ${kind}${kind === 'switch' ? 'es' : 's'}`;
  const datagrams = HOPS / (count + 1);
  return rate(name, `sendto to recvfrom through ${nodes}, checksums made and verified`, 'M hops/s', {
    target,
    run: (scale, warmUp) => measureChain({ kind, count, ...amounts(datagrams, scale, warmUp) }),
  });
}

function lookUps(name: string, routes: number, target: Target | null): Benchmark {
  const what = `a router's work on a datagram with ${routes.toLocaleString('en')} route${routes === 1 ? '' : 's'}`;
  return rate(name, what, 'M look-ups/s', { target, warmUp: 0, run: (scale) => measureLookUps(ceil(routes * scale)) });
}

function captureFile(name: string, format: 'pcap' | 'pcapng', measure: typeof measureWriting, what: string): Benchmark {
  return rate(name, what, 'M frames/s', {
    target: { must: 5, aim: 10 },
    run: (scale, warmUp) => {
      measure(format, ceil(1_000_000 * scale * warmUp));
      return measure(format, ceil(1_000_000 * scale));
    },
  });
}

/** What is measured, and what goes ahead of it. */
function amounts(datagrams: number, scale: number, warmUp: number): { datagrams: number; ahead: number } {
  return { datagrams: ceil(datagrams * scale), ahead: ceil(datagrams * scale * warmUp) };
}

function ceil(amount: number): number {
  return Math.max(1, Math.ceil(amount));
}
