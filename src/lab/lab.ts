/**
 * A lab: a topology that runs. Open one from a file's text, run it to its end or step by step, start programs on its
 * hosts, record what passes its NICs. This is the library's front door.
 */
import { createTranscript, formatLine } from '../capture/transcript.ts';
import { fanOut } from '../capture/observers.ts';
import { Recorder } from '../capture/recorder.ts';
import type { Recording } from '../capture/recorder.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { startProcess, stopProcess } from '../kernel/process.ts';
import type { Process, Start } from '../kernel/process.ts';
import { dnsServer } from '../programs/dns-server.ts';
import { PROGRAMS } from '../programs/registry.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import type { FrameCounts } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import type { Observer } from '../sim/observer.ts';
import type { Simulator } from '../sim/simulator.ts';
import type { Nanos } from '../sim/time.ts';
import type { Report } from '../stack/stack.ts';
import { startOf } from '../syscalls/program.ts';
import type { Program } from '../syscalls/program.ts';
import * as Ip from '../wire/ip4.ts';
import * as Mac from '../wire/mac.ts';
import { Gate, isAsyncFunction, startOfAsync } from './async-program.ts';
import type { AsyncProgram } from './async-program.ts';
import { makeRecording } from './capture.ts';
import type { CaptureRequest } from './capture.ts';
import { splitCommandLine } from './command-line.ts';
import { configure } from './configure.ts';
import type { Warning } from './configure.ts';
import { hostsTable } from './hosts-table.ts';
import { LabError } from './lab-error.ts';
import { buildNetwork, scheduleEvents } from './network.ts';
import type { Network } from './network.ts';
import { OutputLines } from './output-lines.ts';
import type { OutputLine } from './output-lines.ts';
import { quote, suggest } from './spelling.ts';
import { readTopology } from './topology.ts';
import type { Station, Topology } from './topology.ts';

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

/** A program that runs, or has run, on a host. */
export interface Job {
  readonly node: string;
  /** The command line. */
  readonly command: string;
  readonly background: boolean;
  /** Null until it starts. */
  process: Process | null;
  /** What it wrote so far, both streams, at most MAX_LINES. */
  readonly lines: OutputLine[];
  /** Null until it has ended. */
  exitStatus: number | null;
  /** It ended because the run did. */
  stopped: boolean;
}

export interface RunResult {
  /** 'done': every foreground program has ended and nothing is on its way; 'until': the time came before. */
  readonly end: 'done' | 'until' | 'paused';
  readonly time: Nanos;
  readonly jobs: readonly Job[];
}

/** Lines kept of one program, and frames kept of the conversation; listeners hear of all. */
const MAX_LINES = 100_000;

/** Opens a lab from a topology file's text. Throws a TopologyError with every problem in it. */
export function openLab(text: string, options: LabOptions = {}): Lab {
  return new Lab(readTopology(text, options.file === undefined ? {} : { file: options.file }), options);
}

export class Lab {
  readonly topology: Topology;
  readonly seed: number;
  readonly until: Nanos | null;
  /** What kernels refused of the file. */
  readonly warnings: readonly Warning[];
  readonly jobs: Job[] = [];
  readonly network: Network;
  private readonly listeners: Listeners[] = [];
  private readonly recordings: Recording[] = [];
  private recorder: Recorder | null = null;
  private isWatched = false;
  private readonly kept: string[] | null;
  private readonly lines: OutputLines;
  private readonly gate: Gate;
  private readonly jobOf = new Map<Process, Job>();
  private readonly ownPrograms: ReadonlyMap<string, Program | AsyncProgram>;
  /** Foreground programs that have not ended. */
  private running = 0;
  private isClosed = false;

  constructor(topology: Topology, options: LabOptions = {}) {
    this.topology = topology;
    this.seed = options.seed ?? topology.seed;
    this.until = options.until === undefined ? topology.until : options.until;
    this.kept = options.keepTranscript === true ? [] : null;
    this.ownPrograms = new Map(Object.entries(options.programs ?? {}));
    this.lines = new OutputLines((line) => this.takeLine(line));
    const hosts = hostsTable(topology);
    this.gate = new Gate(() => this.network.simulator.pause());
    this.network = buildNetwork(topology, {
      seed: this.seed,
      poison: options.poison ?? false,
      kernelOf: (station) => ({
        hosts,
        programs: this.programsOf(station),
        output: (process, stream, bytes) => this.lines.write(process, stream, bytes),
        ended: (process) => this.ended(process),
      }),
      report: (station, event) => this.notice(station, event),
    });
    const warnings: Warning[] = [];
    for (const node of topology.nodes) {
      if (node.kind !== 'host' && node.kind !== 'router') continue;
      warnings.push(...configure(this.kernel(node.name), node, topology.file));
    }
    this.warnings = warnings;
    scheduleEvents(topology, this.network);
    for (const { node, command, words, at, background } of topology.programs) {
      if (background || options.backgroundOnly !== true) this.schedule(node, command, words, at, background);
    }
  }

  get simulator(): Simulator {
    return this.network.simulator;
  }

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
    if (this.isWatched && listeners.frame !== undefined) {
      throw new LabError('ask for the frames before the lab runs; lines and notices may be listened to at any time');
    }
    this.listeners.push(listeners);
  }

  /** Records NICs into a file; to be asked for before the lab runs. */
  capture(request: CaptureRequest): void {
    if (this.isWatched) throw new LabError('ask for a capture before the lab runs');
    this.recordings.push(makeRecording(this, request));
  }

  /** The conversation so far, a line for each frame sent, if the lab was opened with `keepTranscript`. */
  transcript(): string {
    if (this.kept === null) throw new LabError('open the lab with keepTranscript to have its conversation kept');
    return this.kept.join('\n');
  }

  /** Starts a program now, beside what runs; a run does not end before it unless it is in the background. */
  start(node: string, program: string | Program | AsyncProgram, options: StartOptions = {}): Job {
    const { args = [], background = false } = options;
    if (typeof program !== 'string') return this.startFunction(node, program, args, background);
    const split = splitCommandLine(program);
    if ('error' in split) throw new LabError(`${node}: ${program}: ${split.error}`);
    return this.schedule(node, program, [...split.words, ...args], 0, background);
  }

  /**
   * Runs the lab until every foreground program has ended and no frame is on its way, or until the time it ends at the
   * latest. With a node and a program: starts that first, and gives it back.
   */
  run(): RunResult;
  run(node: string, program: string | Program, ...args: string[]): Job;
  run(node?: string, program?: string | Program, ...args: string[]): RunResult | Job {
    if (node === undefined || program === undefined) {
      this.refuseAsync();
      return this.runSync();
    }
    if (typeof program !== 'string' && isAsyncFunction(program)) {
      throw new LabError(this.asyncMessage(`${node}: ${nameOf(program)}`));
    }
    const job = this.start(node, program, { args });
    this.refuseAsync();
    this.runSync();
    return job;
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
    let result = this.advance(this.until ?? Infinity);
    while (result.end === 'paused' && this.gate.isOpen) {
      await this.gate.closed();
      result = this.advance(this.until ?? Infinity);
    }
    return job ?? result;
  }

  /**
   * As `run`, but comes back after at most `events` events with 'paused', so that an edge can see to other things;
   * call it again to go on.
   */
  runSome(events: number): RunResult {
    return this.advance(this.until ?? Infinity, events);
  }

  /** Lets the lab run to a time, that instant included, whatever its programs do. */
  runUntil(time: Nanos): void {
    this.refuseAsync();
    this.watch();
    this.simulator.runUntil(time);
  }

  runFor(duration: Nanos): void {
    this.runUntil(this.now + duration);
  }

  /** Does the next event; false when there is none. */
  step(): boolean {
    this.watch();
    return this.simulator.step();
  }

  /** Asks a run to come back after the current event. */
  pause(): void {
    this.simulator.pause();
  }

  /** When something happens next; null when nothing is to come. */
  nextEventTime(): Nanos | null {
    return this.simulator.nextEventTime();
  }

  /** Stops what still runs, and closes the captures. The lab's state can still be looked at. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const job of this.jobs) {
      if (job.exitStatus !== null || job.process === null) continue;
      job.stopped = true;
      stopProcess(job.process);
    }
    this.watch();
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

  /** What a port is called: `h1.eth0`, `s1.port1`; null for lo, which is on no link. */
  portName(node: Node, port: number): string | null {
    return this.portNames().get(node)?.[port] ?? null;
  }

  private names: Map<Node, (string | null)[]> | null = null;

  private portNames(): Map<Node, (string | null)[]> {
    if (this.names !== null) return this.names;
    this.names = new Map();
    for (const one of this.topology.nodes) {
      const names: (string | null)[] = [];
      if (one.kind === 'switch' || one.kind === 'hub') {
        for (let port = 0; port < one.ports; port++) names.push(`${one.name}.port${port + 1}`);
      } else {
        for (const nic of one.interfaces) names.push(`${one.name}.${nic.name}`);
      }
      this.names.set(this.node(one.name), names);
    }
    return this.names;
  }

  // Programs.

  private schedule(node: string, command: string, words: readonly string[], at: Nanos, background: boolean): Job {
    const program = this.program(node, words[0] ?? '');
    const job = this.addJob(node, command, background);
    if (at === 0) this.begin(job, words, program);
    else this.simulator.after(at, begin, { lab: this, job, words, program }, 0);
    return job;
  }

  private addJob(node: string, command: string, background: boolean): Job {
    const job: Job = { node, command, background, process: null, lines: [], exitStatus: null, stopped: false };
    this.jobs.push(job);
    if (!background) this.running++;
    return job;
  }

  private startFunction(
    node: string,
    program: Program | AsyncProgram,
    args: readonly string[],
    background: boolean,
  ): Job {
    const words = [nameOf(program), ...args];
    const job = this.addJob(node, words.join(' '), background);
    this.begin(job, words, this.startOf(program));
    return job;
  }

  /** Starts a job's process. */
  begin(job: Job, words: readonly string[], start: Start): void {
    const started = startProcess(this.kernel(job.node), words, start);
    if (!started.ok) throw new LabError(`${job.node}: ${job.command}: ${started.errno}`);
    job.process = started.value;
    this.jobOf.set(started.value, job);
  }

  private program(node: string, name: string): Start {
    const found = this.kernel(node).programs.get(name);
    if (found !== undefined) return found;
    const known = [...this.kernel(node).programs.keys()];
    throw new LabError(`${node}: no program ${quote(name)}: ${suggest(name, known, 'programs')}`);
  }

  private programsOf(station: Station): ReadonlyMap<string, Start> {
    const starts = new Map<string, Start>();
    for (const [name, program] of Object.entries(PROGRAMS)) starts.set(name, startOf(program));
    starts.set('dns-server', startOf(dnsServer(station.zones)));
    for (const [name, program] of this.ownPrograms) starts.set(name, this.startOf(program));
    return starts;
  }

  private startOf(program: Program | AsyncProgram): Start {
    return isAsyncFunction(program) ? startOfAsync(program, this.gate) : startOf(program);
  }

  private ended(process: Process): void {
    this.lines.end(process);
    const job = this.jobOf.get(process);
    if (job === undefined) return;
    this.jobOf.delete(process);
    job.exitStatus = process.exitStatus;
    if (!job.background) this.running--;
  }

  private takeLine(line: OutputLine): void {
    for (const job of this.jobs) {
      if (job.process?.id === line.process && job.node === line.node && job.lines.length < MAX_LINES)
        job.lines.push(line);
    }
    for (const one of this.listeners) one.line?.(line);
  }

  private refuseAsync(): void {
    for (const [name, program] of this.ownPrograms) {
      const isUsed = this.topology.programs.some(({ words }) => words[0] === name);
      if (isUsed && isAsyncFunction(program)) throw new LabError(this.asyncMessage(name));
    }
    if (this.gate.isOpen) throw new LabError(this.asyncMessage('a program that was started'));
  }

  private asyncMessage(who: string): string {
    return `${who} is async: run the lab with "await lab.runAsync()"`;
  }

  // Running.

  private runSync(): RunResult {
    return this.advance(this.until ?? Infinity);
  }

  private advance(until: Nanos, events = Infinity): RunResult {
    this.watch();
    const { simulator } = this;
    let left = events;
    let waiting = -1;
    while (left-- > 0) {
      if (this.running === 0) {
        // Counted anew only when a frame has come to its end since.
        if (simulator.pool.waiting !== waiting && this.framesOnTheirWay() === 0) return this.result('done');
        waiting = simulator.pool.waiting;
      }
      const next = simulator.nextEventTime();
      if (next === null) return this.result('done');
      if (next > until) {
        simulator.runUntil(until);
        return this.result(this.running === 0 && this.framesOnTheirWay() === 0 ? 'done' : 'until');
      }
      simulator.step();
      if (this.gate.isOpen) return this.result('paused');
    }
    return this.result('paused');
  }

  private result(end: RunResult['end']): RunResult {
    return { end, time: this.now, jobs: this.jobs };
  }

  /** On links, or waiting in a host for a neighbour's address or for the other fragments; not what a socket holds. */
  private framesOnTheirWay(): number {
    let frames = this.simulator.framesOnLinks;
    for (const { stack } of this.network.kernels.values()) {
      for (const at of stack.interfaces) for (const neighbor of at.neighbors.values()) frames += neighbor.queue.length;
      for (const datagram of stack.reassembly.datagrams) frames += datagram.pieces.length;
      frames += stack.proxyQueue;
    }
    return frames;
  }

  // Watching.

  /** Puts the observers in place, once, when the lab first runs. */
  private watch(): void {
    if (this.isWatched) return;
    this.isWatched = true;
    const observers: Observer[] = [];
    if (this.recordings.length > 0) {
      this.recorder = new Recorder(this.recordings, { epoch: this.topology.epoch, start: this.now });
      observers.push(this.recorder);
    }
    const hears = this.listeners.filter((one) => one.frame !== undefined);
    if (hears.length > 0 || this.kept !== null) {
      observers.push(
        createTranscript(
          (node, port) => this.portName(node, port),
          (time, nic, text) => {
            if (this.kept !== null && this.kept.length < MAX_LINES) this.kept.push(formatLine(time, nic, text));
            for (const one of hears) one.frame?.(time, nic, text);
          },
        ),
      );
    }
    const [first] = observers;
    if (first !== undefined) this.simulator.observer = observers.length === 1 ? first : fanOut(observers);
  }

  private notice(station: Station, event: Report): void {
    const nic = `${station.name}.${event.interface.name}`;
    const text =
      event.what === 'duplicate-address'
        ? `${nic}: ${Mac.format(event.mac)} claims ${Ip.format(event.ip)}, which is this host's own address`
        : `${nic}: martian source ${Ip.format(event.source)} to ${Ip.format(event.destination)}`;
    for (const one of this.listeners) one.notice?.(this.now, station.name, text);
  }
}

export interface StartOptions {
  readonly args?: readonly string[];
  /** A run does not wait for its end. */
  readonly background?: boolean;
}

interface Beginning {
  readonly lab: Lab;
  readonly job: Job;
  readonly words: readonly string[];
  readonly program: Start;
}

function begin({ lab, job, words, program }: Beginning): void {
  lab.begin(job, words, program);
}

function nameOf(program: Program | AsyncProgram): string {
  return program.name === '' ? 'program' : program.name;
}
