/**
 * The lab beside others who do the same: builds their programs from bench/peers, runs them in turn with ours, A B A B,
 * and takes the ratios within each round. `npm run bench:peers`, or with names those alone: chain-4, ring, build, routes.
 *
 *   --rounds N  5 unless told
 *   --netns     also Linux's own namespaces and veth pairs; needs root
 *   --write     puts the tables into docs/performance.md
 *
 * ns-3 comes from the Debian packages `ns3 libns3-dev`; with NS3_BUILD_DIR also from a source build (its build folder;
 * bench/peers/README.md has the commands). What is not installed is said and left out.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { readWords } from './command-words.ts';
import { describeMachine, formatTable, formatValue, writeSection } from './document.ts';
import { inTurn, measureAlone, median } from './in-turn.ts';
import { drawLinks } from './routes.ts';

const SOURCES = 'bench/peers';
const PROGRAMS = 'out/peers';

interface Contestant {
  readonly name: string;
  readonly measure: () => number;
  /** How many times faster than it ours must be; null where there is no bar. */
  readonly bar: number | null;
}

interface Contest {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly ours: () => number;
  readonly others: readonly Contestant[];
}

const NAMES = ['chain-4', 'ring', 'build', 'routes'];
const words = readWords(NAMES, ['--netns', '--rounds', '--write']);

/** A build of ns-3 that is here, as its programs are called and as people call it. */
interface Ns3 {
  readonly prefix: 'ns3' | 'ns3opt';
  readonly name: string;
  /** Of the chain: the source build's 15, and what that is against the slower Debian package. */
  readonly bar: number;
}

/** Runs a program; its standard output. */
function output(program: string, args: readonly string[], input = ''): string {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', input });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')}: ended with ${error?.message ?? status ?? signal}: ${stderr}`);
}

/** The number that a program prints as `key=number`. */
function figure(key: string, text: string): number {
  const value = Number(new RegExp(`\\b${key}=([\\d.]+)`).exec(text)?.[1]);
  if (value > 0) return value;
  throw new Error(`no ${key} in ${JSON.stringify(text)}`);
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function skip(what: string, why: string): void {
  process.stdout.write(`${what} skipped: ${why}\n`);
}

/** Builds the programs for what is installed. */
function buildNs3(): Ns3[] {
  const built: Ns3[] = [];
  mkdirSync(PROGRAMS, { recursive: true });
  if (!has('g++')) {
    skip('ns-3', 'no g++; apt-get install g++ ns3 libns3-dev');
    return built;
  }
  if (existsSync('/usr/include/ns3') || existsSync('/usr/include/ns3.37')) {
    output('sh', [`${SOURCES}/ns3/build.sh`, PROGRAMS]);
    built.push({ prefix: 'ns3', name: 'ns-3, Debian package', bar: 24.6 });
  } else skip('ns-3, Debian package', 'not installed; apt-get install ns3 libns3-dev');
  const folder = process.env['NS3_BUILD_DIR'];
  if (folder !== undefined) {
    output('sh', [`${SOURCES}/ns3/build.sh`, PROGRAMS, folder]);
    built.push({ prefix: 'ns3opt', name: 'ns-3, source build', bar: 15 });
  } else skip('ns-3, source build', 'NS3_BUILD_DIR names none');
  return built;
}

const CHAIN = ['--n=4', '--count=50000', '--checksum=true'];
/** Each host sends 10 where ours sends 100: its rate is the same, and it takes a tenth of the time. */
const RING = ['--hosts=10000', '--group=100', '--each=10', '--traffic=ring', '--checksum=true'];
const BUILD = ['--hosts=10000', '--group=100', '--traffic=none'];
/** What ns-3 needs for global routing grows with the cube of this. */
const ROUTERS = 300;

/** A program of bench/peers/js, variant by variant a process: `… 12.4 M hops/s …`. */
function forwarding(variant: number): number {
  const text = output(process.execPath, [`${SOURCES}/js/forward.mjs`, '0.7', String(variant)]);
  return Number(/([\d.]+) M hops\/s/.exec(text)?.[1]);
}

function namespaces(): Contestant[] {
  if (!words.flags.has('--netns')) {
    skip('Linux namespaces', 'asked for with --netns, and as root');
    return [];
  }
  if (process.getuid?.() !== 0 || !has('ip') || !has('gcc') || cpus().length < 2) {
    skip('Linux namespaces', 'needs root, two cores, and apt-get install iproute2 gcc');
    return [];
  }
  const blast = `${PROGRAMS}/udpblast`;
  const script = `${SOURCES}/netns/chain.sh`;
  mkdirSync(PROGRAMS, { recursive: true });
  output('gcc', ['-O3', '-march=native', '-o', blast, `${SOURCES}/netns/udpblast.c`]);
  output('sh', [script, 'up', '4']);
  process.on('exit', () => spawnSync('sh', [script, 'down', '4']));
  const measure = (): number => figure('hops_per_s', output('sh', [script, 'run', '4', '1', blast, '64', '0'])) / 1e6;
  return [{ name: 'Linux namespaces and veth', measure, bar: null }];
}

function contests(): Contest[] {
  const builds = buildNs3();
  const ns3 = (
    program: string,
    args: readonly string[],
    key: string,
    scale: number,
    bar: (one: Ns3) => number | null,
  ) =>
    builds.map((one): Contestant => {
      const path = `${PROGRAMS}/${one.prefix}-${program}`;
      return { name: one.name, measure: () => figure(key, output(path, args)) * scale, bar: bar(one) };
    });
  const links = drawLinks(ROUTERS);
  const graph = [String(ROUTERS), ...links.map((link) => link.join(' '))].join('\n');
  return [
    {
      name: 'chain-4',
      what: 'sendto to recvfrom through 4 routers, ARP, checksums made and verified',
      unit: 'M hops/s',
      better: 'more',
      ours: () => measureAlone(['chain-4', 1]),
      others: [
        ...ns3('chain', CHAIN, 'hops_per_s', 1e-6, ({ bar }) => bar),
        ...(words.names.includes('chain-4') ? namespaces() : []),
        {
          name: 'a bare JavaScript loop: longest-prefix match, pcap in memory',
          measure: () => forwarding(20),
          bar: null,
        },
        { name: 'a bare JavaScript loop: timing wheel, frames in place', measure: () => forwarding(4), bar: null },
      ],
    },
    {
      name: 'ring',
      what: '10,000 hosts behind 100 routers, each sends to its neighbour in the ring',
      unit: 'M hops/s',
      better: 'more',
      ours: () => measureAlone(['ring-10k', 1]),
      others: ns3('scale', RING, 'hops_per_s', 1e-6, () => null),
    },
    {
      name: 'build',
      what: 'the same network built and configured',
      unit: 's',
      better: 'less',
      ours: () => measureAlone(['build-10k', 1]),
      others: ns3('scale', BUILD, 'setup_s', 1, () => null),
    },
    {
      name: 'routes',
      what: `shortest-path routes for ${ROUTERS} routers with ${links.length} links; ns-3's global routing`,
      unit: 's',
      better: 'less',
      ours: () => measureAlone(['routes-3k', ROUTERS / 3_000]),
      others: builds.map(({ prefix, name }) => ({
        name,
        measure: () => figure('routing_s', output(`${PROGRAMS}/${prefix}-routes`, [], graph)),
        bar: null,
      })),
    },
  ];
}

const HEADER = ['', 'median', 'unit', 'min..max', "wirelab's speed", 'min..max', 'must', 'reached'];

/** Runs the contest and shows it as a table. */
function tableOf({ unit, better, ours, others }: Contest): string {
  const [own = [], ...values] = inTurn(words.rounds, [ours, ...others.map(({ measure }) => measure)]);
  const rows = others.map(({ name, bar }, i) => {
    const its = values[i]!;
    const ratios = own.map((value, round) => (better === 'more' ? value / its[round]! : its[round]! / value));
    const reached = bar === null ? '' : median(ratios) >= bar ? 'yes' : 'no';
    const must = bar === null ? '' : `≥ ${bar} ×`;
    return [name, ...summary(its), `${formatValue(median(ratios))} ×`, range(ratios), must, reached];
  });
  return formatTable(HEADER, [['**wirelab**', ...summary(own), '', '', '', ''], ...rows]);

  function summary(all: readonly number[]): string[] {
    return [formatValue(median(all)), unit, range(all)];
  }
}

function range(values: readonly number[]): string {
  return `${formatValue(Math.min(...values))}..${formatValue(Math.max(...values))}`;
}

const sections: string[] = [];
for (const contest of contests()) {
  if (!words.names.includes(contest.name)) continue;
  if (contest.others.length === 0) {
    skip(contest.name, 'nobody is here to run beside');
    continue;
  }
  const section = `**${contest.name}**: ${contest.what}\n\n${tableOf(contest)}`;
  sections.push(section);
  process.stdout.write(`\n${section}\n`);
}
if (words.flags.has('--write')) {
  writeSection('peers', [describeMachine(words.rounds), ...sections].join('\n\n'));
}
