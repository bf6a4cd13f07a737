/**
 * What a shell holds on to between two commands: the lab, the node it is on, the programs it has started, its captures.
 * Virtual time goes on only while a command runs.
 */
import type { Job } from '../lab/jobs.ts';
import type { Lab } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import type { OutputLine } from '../lab/output-lines.ts';
import { quote, suggest } from '../lab/spelling.ts';
import { formatLine } from '../capture/transcript.ts';
import { formatSeconds } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { Exit, formatProgramLine, startCapture } from './run-lab.ts';
import type { CaptureFile, CaptureOptions } from './run-lab.ts';

/** Where a shell writes. */
export interface Paper {
  line(text: string): void;
  flush(): void;
}

/** Events between two looks at whether somebody pressed Ctrl-C. */
const SLICE = 20_000;
/** Instants at which a program may write before its lines come no faster than they can be read. */
const AT_ONCE = 20;

export class Session {
  readonly lab: Lab;
  readonly out: Paper;
  /** Waits between the lines of a program that goes on and on, where somebody reads them as they come; else null. */
  readonly rest: (() => Promise<void>) | null;
  /** The node that commands without @NODE are for; null in a lab without nodes. */
  node: string | null;
  /** Whether frames are shown. */
  showsFrames = false;
  isLeaving = false;
  /** Programs that were left in the background, by the numbers under which they are stopped. */
  readonly background = new Map<number, Job>();
  private lastNumber = 0;
  private readonly captures = new Map<string, CaptureFile>();
  /** The program that the shell waits for. */
  private foreground: Job | null = null;
  private hearsFrames = false;
  /** When a program last wrote. */
  private lastWritten: Nanos = -1;
  isInterrupted = false;

  constructor(lab: Lab, out: Paper, rest: (() => Promise<void>) | null = null) {
    this.lab = lab;
    this.out = out;
    this.rest = rest;
    const { nodes } = lab.topology;
    this.node = (nodes.find(({ kind }) => kind === 'host') ?? nodes[0])?.name ?? null;
    lab.listen({
      line: (line) => {
        this.lastWritten = line.time;
        out.line(this.isOfForeground(line) ? line.text : formatProgramLine(line));
      },
      notice: (time, _node, text) => out.line(`notice: ${formatSeconds(time)} ${text}`),
    });
  }

  /** `h1 12.000300 s> ` */
  get prompt(): string {
    return `${this.node ?? 'lab'} ${formatSeconds(this.lab.now)} s> `;
  }

  /** Ends what runs, as soon as it can be; not the shell. */
  interrupt(): void {
    this.isInterrupted = true;
  }

  /** The node that a program or a table is asked of. */
  station(): string {
    if (this.node === null) throw new LabError('there is no node to run it on');
    this.lab.kernel(this.node);
    return this.node;
  }

  /** Runs a program to its end, and gives its exit status as a command's. */
  async runProgram([name = '', ...args]: readonly string[]): Promise<number> {
    const { lab } = this;
    const job = lab.start(this.station(), name, { args });
    this.foreground = job;
    try {
      const end = await this.runWhile(() => job.exitStatus === null);
      if (end === 'stalled') {
        throw new LabError(
          `${job.command}: would wait for ever, since nothing will come any more; stopped. ` +
            'End a command with & to leave it in the background',
        );
      }
      if (end === 'interrupted') return Exit.Interrupted;
      return job.exitStatus === 0 ? Exit.Ok : Exit.ProgramFailed;
    } finally {
      // It says its last words, which may be the best of it.
      lab.stop(job);
      this.foreground = null;
    }
  }

  /** Starts a program, which runs on whenever time goes on. */
  startProgram([name = '', ...args]: readonly string[]): void {
    const job = this.lab.start(this.station(), name, { args });
    this.background.set(++this.lastNumber, job);
    this.out.line(`[${this.lastNumber}] ${job.node}: ${job.command}`);
  }

  /** Says which programs in the background have ended since it was last asked. */
  tellEnded(): void {
    for (const [number, { node, command, exitStatus }] of this.background) {
      if (exitStatus === null) continue;
      this.background.delete(number);
      this.out.line(`[${number}] ${node}: ${command}: ended with ${exitStatus}`);
    }
  }

  stopProgram(number: number): void {
    const job = this.background.get(number);
    if (job === undefined) {
      const known = [...this.background.keys()].map(String);
      throw new LabError(`no program ${number}: ${suggest('', known, 'programs in the background')}`);
    }
    this.lab.stop(job);
  }

  /** Until every program has ended that is not a server, and no frame is on its way. */
  async runToTheEnd(): Promise<number> {
    this.isInterrupted = false;
    for (;;) {
      const { end } = this.lab.runSome(SLICE);
      this.out.flush();
      await turn();
      if (this.isInterrupted) return Exit.Interrupted;
      if (end === 'paused') continue;
      if (end === 'stalled') this.tellWaiting();
      return Exit.Ok;
    }
  }

  async runUntil(time: Nanos): Promise<number> {
    const { lab } = this;
    const end = await this.runWhile(() => (lab.nextEventTime() ?? Infinity) <= time);
    if (end === 'interrupted') return Exit.Interrupted;
    lab.runUntil(time);
    return Exit.Ok;
  }

  /** Does so many events, and says what each is before what it brings about. */
  async step(count: number): Promise<number> {
    const { lab, out } = this;
    const showedFrames = this.showsFrames;
    this.showFrames(true);
    try {
      let left = count;
      const end = await this.runWhile(() => {
        if (left === 0) return false;
        left--;
        const [next] = lab.simulator.pendingEvents();
        if (next !== undefined) out.line(`${formatSeconds(next.time)} ${next.owner}: ${next.what}`);
        return true;
      });
      if (end === 'stalled') out.line('nothing is to come');
      return end === 'interrupted' ? Exit.Interrupted : Exit.Ok;
    } finally {
      this.showsFrames = showedFrames;
    }
  }

  showFrames(on: boolean): void {
    this.showsFrames = on;
    if (!on || this.hearsFrames) return;
    this.hearsFrames = true;
    this.lab.listen({
      frame: (time, nic, text) => {
        if (this.showsFrames) this.out.line(formatLine(time, nic, text));
      },
    });
  }

  startCapture(options: CaptureOptions): void {
    const { path } = options;
    if (this.captures.has(path)) throw new LabError(`${path} is being written already; stop that first`);
    this.captures.set(path, startCapture(this.lab, options));
  }

  /** The files that are being written. */
  get capturePaths(): readonly string[] {
    return [...this.captures.keys()];
  }

  stopCapture(path: string): void {
    const file = this.captures.get(path);
    if (file === undefined)
      throw new LabError(`no capture ${quote(path)}: ${suggest(path, this.capturePaths, 'captures')}`);
    this.captures.delete(path);
    file.capture.stop();
    file.sink.close();
  }

  /** Hands on what has gathered, also to whoever looks into a capture meanwhile. */
  flush(): void {
    this.out.flush();
    for (const { capture } of this.captures.values()) capture.flush();
  }

  /** Stops what still runs, and closes the captures. */
  close(): void {
    try {
      this.lab.close();
      this.out.flush();
    } finally {
      for (const { sink } of this.captures.values()) sink.close();
    }
  }

  /** Event by event, as long as it is wanted. */
  private async runWhile(isWanted: () => boolean): Promise<'ended' | 'stalled' | 'interrupted'> {
    this.isInterrupted = false;
    let instants = 0;
    let written = this.lastWritten;
    for (;;) {
      let isToRest = false;
      for (let events = 0; events < SLICE && !isToRest; events++) {
        if (!isWanted()) return 'ended';
        if (!this.lab.step()) return 'stalled';
        if (this.rest === null || this.foreground === null || this.lastWritten === written) continue;
        written = this.lastWritten;
        isToRest = ++instants > AT_ONCE;
      }
      this.out.flush();
      await (isToRest && this.rest !== null ? this.rest() : turn());
      if (this.isInterrupted) return 'interrupted';
    }
  }

  private tellWaiting(): void {
    for (const { node, command, background, exitStatus } of this.lab.jobs) {
      if (!background && exitStatus === null) this.out.line(`${node}: ${command}: still waits, and nothing is to come`);
    }
  }

  private isOfForeground({ node, process }: OutputLine): boolean {
    return this.foreground?.node === node && this.foreground.process?.id === process;
  }
}

/** Lets signals and keys in. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
