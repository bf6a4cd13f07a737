/** The programs of a lab: which there are, those that its file and its user start, what they write, how they end. */
import type { Kernel, OutputStream } from '../kernel/kernel.ts';
import { startProcess } from '../kernel/process.ts';
import type { Process, Start } from '../kernel/process.ts';
import { dnsServer } from '../programs/dns-server.ts';
import { PROGRAMS } from '../programs/registry.ts';
import { startOf } from '../syscalls/program.ts';
import type { Program } from '../syscalls/program.ts';
import { isAsyncFunction, startOfAsync } from './async-program.ts';
import type { AsyncProgram, Gate } from './async-program.ts';
import { LabError } from './lab-error.ts';
import { OutputLines } from './output-lines.ts';
import type { OutputLine } from './output-lines.ts';
import { quote, suggest } from './spelling.ts';
import type { Station, Topology, Zone } from './topology.ts';
import { Problems, TopologyError } from './topology-error.ts';

/** A program that is to run, runs, or has run on a host. */
export interface Job {
  readonly node: string;
  /** The command line. */
  readonly command: string;
  /** A run does not wait for its end. */
  readonly background: boolean;
  /** Null until it starts. */
  process: Process | null;
  /** What it wrote so far, both streams, at most MAX_LINES. */
  readonly lines: OutputLine[];
  /** Null until it has ended. */
  exitStatus: number | null;
  /** It did not end by itself: it was stopped, or the lab was closed. */
  stopped: boolean;
}

/** Lines kept of one job; whoever listens hears of all. */
const MAX_LINES = 100_000;

/** What a job needs to begin. */
interface Prepared {
  readonly kernel: Kernel;
  readonly words: readonly string[];
  readonly start: Start;
}

export class Jobs {
  readonly list: Job[] = [];
  /** Foreground jobs that have not ended. */
  running = 0;
  private readonly own: ReadonlyMap<string, Program | AsyncProgram>;
  private readonly gate: Gate;
  private readonly lines: OutputLines;
  /** Those that have not begun. */
  private readonly prepared = new Map<Job, Prepared>();
  private readonly byProcess = new Map<Process, Job>();
  /** What hosts without zones have, which is most of them. */
  private common: ReadonlyMap<string, Start> | null = null;
  /** Those that are async and have not ended. */
  private readonly async = new Set<Job>();

  /** `own` programs come beside those that every host has, or in their place. */
  constructor(own: Readonly<Record<string, Program | AsyncProgram>>, gate: Gate, hear: (line: OutputLine) => void) {
    this.own = new Map(Object.entries(own));
    this.gate = gate;
    this.lines = new OutputLines((process, line) => {
      const job = this.byProcess.get(process);
      if (job !== undefined && job.lines.length < MAX_LINES) job.lines.push(line);
      hear(line);
    });
  }

  /** What can be started by name on a host. */
  programsOf({ zones }: Station): ReadonlyMap<string, Start> {
    if (zones.length > 0) return this.programsWith(zones);
    this.common ??= this.programsWith(zones);
    return this.common;
  }

  private programsWith(zones: readonly Zone[]): ReadonlyMap<string, Start> {
    const starts = new Map<string, Start>();
    for (const [name, program] of Object.entries(PROGRAMS)) starts.set(name, startOf(program));
    starts.set('dns-server', startOf(dnsServer(zones)));
    for (const [name, program] of this.own) starts.set(name, this.startOf(program));
    return starts;
  }

  /** Throws a TopologyError where the file wants programs that do not exist. */
  check({ file, programs }: Topology): void {
    const problems = new Problems();
    const known = [...Object.keys(PROGRAMS), ...this.own.keys()];
    for (const program of programs) {
      const [name = ''] = program.words;
      if (!known.includes(name)) problems.add(program, () => noProgram(name, known));
    }
    if (problems.found) throw new TopologyError(file, problems.list, problems.more);
  }

  /** Adds one that `begin` will start; the program is what the first word names, unless it is given. */
  add(
    kernel: Kernel,
    words: readonly string[],
    { command = words.join(' '), background = false }: { readonly command?: string; readonly background?: boolean },
    program?: Program | AsyncProgram,
  ): Job {
    const [name = ''] = words;
    const start = program === undefined ? kernel.programs.get(name) : this.startOf(program);
    if (start === undefined) throw new LabError(`${kernel.name}: ${noProgram(name, [...kernel.programs.keys()])}`);
    const job: Job = {
      node: kernel.name,
      command,
      background,
      process: null,
      lines: [],
      exitStatus: null,
      stopped: false,
    };
    this.list.push(job);
    this.prepared.set(job, { kernel, words, start });
    if (!background) this.running++;
    const wanted = program ?? this.own.get(name);
    if (wanted !== undefined && isAsyncFunction(wanted)) this.async.add(job);
    return job;
  }

  /** Starts a job's process, which first runs when what is ready at this instant has run. */
  begin(job: Job): void {
    const prepared = this.prepared.get(job);
    if (prepared === undefined) throw new Error(`${job.node}: ${job.command} has begun already`);
    this.prepared.delete(job);
    const { kernel, words, start } = prepared;
    const started = startProcess(kernel, words, start);
    if (!started.ok)
      throw new LabError(`${job.node}: ${job.command}: ${started.errno}: the host has no more processes`);
    job.process = started.value;
    this.byProcess.set(started.value, job);
  }

  /** An async program that has not ended, as messages name it; null when there is none. */
  findAsync(): string | null {
    for (const { node, command } of this.async) return `${node}: ${command}`;
    return this.gate.holder;
  }

  write(process: Process, stream: OutputStream, bytes: Uint8Array): void {
    this.lines.write(process, stream, bytes);
  }

  ended(process: Process): void {
    this.lines.end(process);
    const job = this.byProcess.get(process);
    if (job === undefined) return;
    this.byProcess.delete(process);
    this.async.delete(job);
    job.exitStatus = process.exitStatus;
    if (!job.background) this.running--;
  }

  private startOf(program: Program | AsyncProgram): Start {
    return isAsyncFunction(program) ? startOfAsync(program, this.gate) : startOf(program);
  }
}

function noProgram(name: string, known: readonly string[]): string {
  return `no program ${quote(name)}: ${suggest(name, known, 'programs')}`;
}
