/**
 * A lab: a topology that runs. Open one from a file's text, run it to its end or step by step, start programs on its
 * hosts, record what passes its NICs. This is the library's front door.
 */
import { createTranscript, formatLine } from '../capture/transcript.ts';
import { fanOut } from '../capture/observers.ts';
import { Recorder } from '../capture/recorder.ts';
import { walk } from '../devices/filtering-database.ts';
import type { Learned } from '../devices/filtering-database.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { stopProcess } from '../kernel/process.ts';
import type { Process } from '../kernel/process.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import type { FrameCounts } from '../sim/frame.ts';
import type { Link } from '../sim/link.ts';
import type { Node } from '../sim/node.ts';
import type { Observer } from '../sim/observer.ts';
import { SOME_EVENTS } from '../sim/simulator.ts';
import type { Simulator } from '../sim/simulator.ts';
import type { Nanos } from '../sim/time.ts';
import { hasWaiting } from '../stack/neighbors.ts';
import type { Report } from '../stack/stack.ts';
import type { Program } from '../syscalls/program.ts';
import type { Trace, TraceOptions } from '../trace/trace.ts';
import * as Ip from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { Gate } from './async-program.ts';
import type { AsyncProgram } from './async-program.ts';
import { makeRecording } from './capture.ts';
import { connectBridges } from './bridges.ts';
import type { OpenPort } from './bridges.ts';
import type { Capture, CaptureRequest } from './capture.ts';
import { splitCommandLine } from './command-line.ts';
import { checkSettings, configure } from './configure.ts';
import type { Warning } from './configure.ts';
import { hostsOf } from './hosts-table.ts';
import { Jobs } from './jobs.ts';
import type { Job } from './jobs.ts';
import { LabError } from './lab-error.ts';
import { explainLinks, findLinks, nameEnds } from './link-names.ts';
import type { LinkEnds } from './link-names.ts';
import { buildNetwork, scheduleEvents } from './network.ts';
import type { Network } from './network.ts';
import type { OutputLine } from './output-lines.ts';
import { portNames } from './port-names.ts';
import { installShortestPaths } from './shortest-paths.ts';
import { quote, suggest } from './spelling.ts';
import { readTopology } from './topology.ts';
import type { Topology } from './topology.ts';
import { traceIn } from './trace.ts';

/** How a lab is opened; all of it may be left out. */
export interface LabOptions {
  /** What messages call the file. */
  readonly file?: string;
  /** In place of the file's. */
  readonly seed?: number;
  /** When a run ends at the latest, in place of the file's; null: never. */
  readonly until?: Nanos | null;
  /** Spoils frames that were given away, to find who still uses them; the run is the same. */
  readonly poison?: boolean;
  /** Programs of one's own by name, beside those that come with the lab. */
  readonly programs?: Readonly<Record<string, Program | AsyncProgram>>;
  /** Start only the file's background programs, such as servers, and leave the others out. */
  readonly backgroundOnly?: boolean;
  /** Keep the conversation, for `transcript()`. */
  readonly keepTranscript?: boolean;
  /** Bridges beside the file's, and in place of those at one port: `r1.eth1=udp:127.0.0.1:47001,127.0.0.1:47002`. */
  readonly bridges?: readonly string[];
  /** Opens the ports that lead out of the lab. Without it a topology that has some is refused. */
  readonly openPort?: OpenPort;
}

/** Called while the lab runs, in order. */
export interface Listeners {
  /** A program has written a line. */
  line?(line: OutputLine): void;
  /** A frame was handed to a NIC; `text` is tcpdump's line for it. */
  frame?(time: Nanos, nic: string, text: string): void;
  /** A host has noticed something its owner should hear of, such as a duplicate address. */
  notice?(time: Nanos, node: string, text: string): void;
}

/** How a program is started. */
export interface StartOptions {
  /** Behind the arguments that stand in the command itself. */
  readonly args?: readonly string[];
  /** A run does not wait for its end. */
  readonly background?: boolean;
}

/** How a run ended, and when. */
export interface RunResult {
  /**
   * 'done': every foreground program has ended and no frame is on its way; 'until': the time came before that;
   * 'stalled': programs wait, and nothing is to come that could wake them; 'paused': run again to go on.
   */
  readonly end: 'done' | 'until' | 'stalled' | 'paused';
  readonly time: Nanos;
  readonly jobs: readonly Job[];
}

/** Frames kept of the conversation; listeners hear of all. */
const MAX_TRANSCRIPT = 100_000;

/** Opens a lab from a topology file's text. Throws a TopologyError with every problem in it. */
export function openLab(text: string, options: LabOptions = {}): Lab {
  const { file, bridges } = options;
  const topology = readTopology(text, {
    ...(file === undefined ? {} : { file }),
    ...(bridges === undefined ? {} : { bridges }),
  });
  return new Lab(topology, options);
}

/**
 * A topology that runs. `openLab` makes one from a file's text. Methods throw a LabError where they are asked for what
 * there is not, or after `close`.
 */
export class Lab {
  readonly topology: Topology;
  readonly seed: number;
  /** When a run ends at the latest; null: never. */
  readonly until: Nanos | null;
  /** What kernels refused of the file. */
  readonly warnings: readonly Warning[];
  readonly network: Network;
  /** Made when somebody first asks for one. */
  private linksByName: ReadonlyMap<string, Link> | null = null;
  private linkEnds: LinkEnds | null = null;
  private readonly programs: Jobs;
  private readonly gate: Gate;
  private readonly listeners: Listeners[] = [];
  private recorder: Recorder | null = null;
  private transcriber: Observer | null = null;
  private readonly kept: string[] | null;
  private isPausing = false;
  /** A run goes on that ends with the last program. */
  private isAdvancing = false;
  private isClosed = false;

  /** Throws a TopologyError where the topology names programs or settings that there are not, or bridges that nobody opens. */
  constructor(topology: Topology, options: LabOptions = {}) {
    this.topology = topology;
    this.seed = options.seed ?? topology.seed;
    this.until = options.until === undefined ? topology.until : options.until;
    this.kept = options.keepTranscript === true ? [] : null;
    this.gate = new Gate(() => this.network.simulator.pause());
    this.programs = new Jobs(options.programs ?? {}, this.gate, (line) => this.tellLine(line));
    this.programs.check(topology);
    this.network = buildNetwork(topology, {
      seed: this.seed,
      poison: options.poison ?? false,
      hosts: hostsOf(topology),
      programsOf: (station) => this.programs.programsOf(station),
      output: (process, stream, bytes) => this.programs.write(process, stream, bytes),
      ended: (process) => this.programEnded(process),
      report: (stack, event) => this.tellNotice(stack.name, event),
    });
    checkSettings(topology, this.network.kernels);
    connectBridges(topology, this.network, options.openPort);
    // What happens at 0 has happened before the first program runs.
    scheduleEvents(topology, this.network);
    this.warnings = topology.nodes.flatMap((node) =>
      node.kind === 'host' || node.kind === 'router' ? configure(this.kernel(node.name), node, topology.file) : [],
    );
    if (topology.routing === 'shortest-paths') installShortestPaths(topology, this.network.kernels);
    for (const { node, command, words, at, background } of topology.programs) {
      if (!background && options.backgroundOnly === true) continue;
      const job = this.programs.add(this.kernel(node), words, { command, background });
      if (at === 0) this.programs.begin(job);
      else this.simulator.after(at, begin, this.programs, this.jobs.length - 1);
    }
    this.observe();
  }

  /** Every program that was to run, in the order of the file and then as they were started. */
  get jobs(): readonly Job[] {
    return this.programs.list;
  }

  /** Every foreground program has ended, no frame is on its way, and who was woken by the last one has run. */
  get isDone(): boolean {
    if (this.programs.running > 0 || this.hasFramesOnTheirWay()) return false;
    return this.simulator.nextEventTime() !== this.now;
  }

  /** The engine beneath: events, links, frames. */
  get simulator(): Simulator {
    return this.network.simulator;
  }

  /** Nanoseconds since the lab's start. */
  get now(): Nanos {
    return this.simulator.now;
  }

  /** The kernel of a host or router. Throws a LabError that names those there are. */
  kernel(name: string): Kernel {
    const kernel = this.network.kernels.get(name);
    if (kernel !== undefined) return kernel;
    const known = [...this.network.kernels.keys()];
    throw new LabError(`no host or router ${quote(name)}: ${suggest(name, known, 'hosts and routers')}`);
  }

  /** Calls these from now on; several may listen. */
  listen(listeners: Listeners): void {
    this.listeners.push(listeners);
    if (listeners.frame !== undefined) this.observe();
  }

  /** Records NICs into a file from now on, until it is stopped or the lab is closed. */
  capture(request: CaptureRequest): Capture {
    this.refuseClosed();
    const recording = makeRecording(this, request);
    const recorder = (this.recorder ??= new Recorder([], { epoch: this.topology.epoch, start: this.now }));
    recorder.begin(recording, this.now);
    this.observe();
    return {
      flush: () => recorder.flush(),
      stop: () => {
        recorder.end(recording, this.now);
        this.observe();
      },
    };
  }

  /** The conversation so far, a line for each frame sent, if the lab was opened with `keepTranscript`. */
  transcript(): string {
    if (this.kept === null) throw new LabError('open the lab with keepTranscript to have its conversation kept');
    return this.kept.join('\n');
  }

  /**
   * Starts a program now, beside what runs; a run does not end before it unless it is in the background. By name, with
   * its arguments, as in `ping -c 3 h2`; `args` come behind those.
   */
  start(node: string, program: string | Program | AsyncProgram, options: StartOptions = {}): Job {
    this.refuseClosed();
    const { args = [], background = false } = options;
    const kernel = this.kernel(node);
    const job =
      typeof program === 'string'
        ? this.programs.add(kernel, [...wordsOf(node, program), ...args], { background })
        : this.programs.add(kernel, [nameOf(program), ...args], { background }, program);
    this.programs.begin(job);
    return job;
  }

  /** Ends a program that runs, as `kill` does: it says its last words, and its exit status is 143. */
  stop(job: Job): void {
    if (job.process === null || job.exitStatus !== null) return;
    job.stopped = true;
    stopProcess(job.process);
  }

  /**
   * Runs the lab until every foreground program has ended and no frame is on its way, or until the time it ends at the
   * latest. With a node and a program: starts that first, and gives it back. Refuses async programs by name.
   */
  run(): RunResult;
  run(node: string, program: string | Program, ...args: string[]): Job;
  run(node?: string, program?: string | Program, ...args: string[]): RunResult | Job {
    const job = node === undefined || program === undefined ? null : this.start(node, program, { args });
    const result = this.runSome(Infinity);
    return job ?? result;
  }

  /** As `run`, for generators and async programs alike. */
  async runAsync(): Promise<RunResult>;
  async runAsync(node: string, program: string | Program | AsyncProgram, ...args: string[]): Promise<Job>;
  async runAsync(
    node?: string,
    program?: string | Program | AsyncProgram,
    ...args: string[]
  ): Promise<RunResult | Job> {
    const job = node === undefined || program === undefined ? null : this.start(node, program, { args });
    let result = this.advance(Infinity);
    while (this.gate.isOpen) {
      await this.gate.closed();
      // Somebody may have closed the lab meanwhile, or asked it to pause.
      if (this.isClosed || this.isPausing) break;
      result = this.advance(Infinity);
    }
    return job ?? result;
  }

  /**
   * As `run`, but comes back after at most `events` events with 'paused', so that an edge can see to other things;
   * call it again to go on.
   */
  runSome(events: number): RunResult {
    this.refuseAsync();
    const result = this.advance(events);
    this.refuseAsync();
    return result;
  }

  /** Lets the lab run to a time, that instant included, whatever its programs do. */
  runUntil(time: Nanos): void {
    this.refuseAsync();
    this.simulator.runUntil(time);
    this.refuseAsync();
  }

  /** The same for so many nanoseconds. */
  runFor(duration: Nanos): void {
    this.runUntil(this.now + duration);
  }

  /** Does the next event; false when there is none. */
  step(): boolean {
    this.refuseAsync();
    return this.simulator.step();
  }

  /**
   * Sends a packet from a host now, and tells its way and that of what comes back, hop by hop; `to` is a node, an
   * interface such as `r1.eth1`, or an address. The lab runs on until both have ended.
   */
  trace(from: string, to: string, options: TraceOptions = {}): Trace {
    this.refuseClosed();
    // What is due at this instant comes first: servers that start with the lab listen.
    this.runUntil(this.now);
    return traceIn(this, from, to, options);
  }

  /** Asks a run to come back after the current event. */
  pause(): void {
    this.isPausing = true;
    this.simulator.pause();
  }

  /** When something happens next; null when nothing is to come. */
  nextEventTime(): Nanos | null {
    return this.simulator.nextEventTime();
  }

  /** Stops what still runs, and closes the captures. The lab's state can still be looked at, but it runs no more. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const job of this.jobs) if (job.process !== null && job.exitStatus === null) job.stopped = true;
    for (const { processes } of this.network.kernels.values()) {
      for (const process of [...(processes?.values() ?? [])]) stopProcess(process);
    }
    this.recorder?.close(this.now);
  }

  /** Frames by what became of them; made + copied + injected = consumed + dropped + waiting. */
  frameCounts(): FrameCounts & { readonly waiting: number } {
    const { pool } = this.simulator;
    return { ...pool.counts, waiting: pool.waiting };
  }

  /** How many frames were dropped, by reason, on one node or on all. */
  drops(node?: string): ReadonlyMap<DropReason, number> {
    const sum = new Map<DropReason, number>();
    const nodes = node === undefined ? [...this.network.nodes.values()] : [this.node(node)];
    for (const one of nodes) {
      for (const [reason, count] of one.drops) sum.set(reason, (sum.get(reason) ?? 0) + count);
    }
    return sum;
  }

  /** A device's node. Throws a LabError that names those there are. */
  node(name: string): Node {
    const node = this.network.nodes.get(name);
    if (node !== undefined) return node;
    throw new LabError(`no node ${quote(name)}: ${suggest(name, [...this.network.nodes.keys()], 'nodes')}`);
  }

  /**
   * The stations that a switch has learnt and not forgotten, in the order in which it first heard them: their MAC
   * addresses, the port behind which each is, from 0, and when it was heard last. Null for another node than a switch.
   */
  learned(name: string): readonly Learned[] | null {
    const bridge = this.network.switches.get(this.node(name).name);
    if (bridge === undefined) return null;
    return walk(bridge.learned).filter(({ heard }) => this.now - heard < bridge.ageing);
  }

  /**
   * A link, to change it while the lab runs or to read what it lost: by its name, `h1.eth0--r1.eth0`, or by less of it
   * where that is one link only, as events in a file name it: `r1 -- h1`, `r1.eth0`.
   */
  link(name: string): Link {
    this.linksByName ??= new Map(this.network.links.map((one) => [one.name, one]));
    const link = this.linksByName.get(name);
    if (link !== undefined) return link;
    const { links } = this.topology;
    const found = findLinks(links, (this.linkEnds ??= nameEnds(links)), name);
    const [only] = found;
    if (only !== undefined && found.length === 1) return this.network.links[only.index]!;
    throw new LabError(explainLinks(links, name, found));
  }

  // Running.

  private advance(events: number): RunResult {
    this.refuseClosed();
    this.isPausing = false;
    this.isAdvancing = true;
    try {
      return this.advanceBy(events);
    } finally {
      this.isAdvancing = false;
    }
  }

  private advanceBy(events: number): RunResult {
    const { simulator, programs, gate } = this;
    const until = this.until ?? Infinity;
    for (let left = events; left > 0;) {
      if (this.isDone) return this.result('done');
      const next = simulator.nextEventTime() ?? Infinity;
      if (next > until) {
        simulator.runUntil(until);
        return this.result('until');
      }
      if (next === Infinity) return this.result(programs.running === 0 ? 'done' : 'stalled');
      // While a foreground program runs, only the last one's end makes the lab done, and that pauses the run.
      left -= simulator.runEvents(programs.running > 0 ? Math.min(left, SOME_EVENTS) : 1, until);
      if (gate.isOpen || this.isPausing) break;
    }
    return this.result('paused');
  }

  private programEnded(process: Process): void {
    this.programs.ended(process);
    if (this.isAdvancing && this.programs.running === 0) this.simulator.pause();
  }

  private result(end: RunResult['end']): RunResult {
    return { end, time: this.now, jobs: this.jobs };
  }

  /** On links, or waiting in a host for a neighbour's address or for the other fragments; not what a socket holds. */
  private hasFramesOnTheirWay(): boolean {
    if (this.simulator.hasFramesOnLinks) return true;
    for (const { stack } of this.network.kernels.values()) {
      if (stack.reassembly.size > 0 || stack.proxyQueue > 0 || hasWaiting(stack)) return true;
    }
    return false;
  }

  private refuseClosed(): void {
    if (this.isClosed) throw new LabError('the lab is closed; open another one');
  }

  /** Only `runAsync` waits for what an async program waits for. */
  private refuseAsync(): void {
    const program = this.programs.findAsync();
    if (program !== null) throw new LabError(`${program} is async: run the lab with "await lab.runAsync()"`);
  }

  // Watching.

  /** Lets those see the frames who want to, and nobody else: a lab that nobody watches is faster. */
  private observe(): void {
    const observers: Observer[] = [];
    if (this.recorder?.isRecording === true) observers.push(this.recorder);
    if (this.kept !== null || this.listeners.some((one) => one.frame !== undefined)) {
      observers.push((this.transcriber ??= this.createTranscriber()));
    }
    const [first = null] = observers;
    this.simulator.observer = observers.length > 1 ? fanOut(observers) : first;
  }

  private createTranscriber(): Observer {
    const names = new Map(this.topology.nodes.map((node) => [this.node(node.name), portNames(node)]));
    return createTranscript(
      (node, port) => names.get(node)?.[port] ?? null,
      (time, nic, text) => this.tellFrame(time, nic, text),
    );
  }

  private tellLine(line: OutputLine): void {
    for (const one of this.listeners) one.line?.(line);
  }

  private tellFrame(time: Nanos, nic: string, text: string): void {
    if (this.kept !== null && this.kept.length < MAX_TRANSCRIPT) this.kept.push(formatLine(time, nic, text));
    for (const one of this.listeners) one.frame?.(time, nic, text);
  }

  private tellNotice(node: string, event: Report): void {
    const nic = `${node}.${event.interface.name}`;
    const text =
      event.what === 'duplicate-address'
        ? `${nic}: ${Mac.format(event.mac)} claims ${Ip.format(event.ip)}, which is this host's own address`
        : `${nic}: martian source ${Ip.format(event.source)} to ${Ip.format(event.destination)}`;
    for (const one of this.listeners) one.notice?.(this.now, node, text);
  }
}

/** The program's time has come. */
function begin(programs: Jobs, index: number): void {
  programs.begin(programs.list[index]!);
}

function wordsOf(node: string, command: string): readonly string[] {
  const split = splitCommandLine(command);
  if ('error' in split) throw new LabError(`${node}: ${quote(command)}: ${split.error}`);
  return split.words;
}

function nameOf(program: Program | AsyncProgram): string {
  return program.name === '' ? 'program' : program.name;
}
