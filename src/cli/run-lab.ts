/** Running a lab from the command line: what is printed while it goes on, how it is interrupted, how it exits. */
import { readFileSync } from 'node:fs';
import { Outside } from '../bridge/outside.ts';
import { runPaced } from '../bridge/pace.ts';
import type { PacedEnd } from '../bridge/pace.ts';
import { formatLine } from '../capture/transcript.ts';
import type { Capture } from '../lab/capture.ts';
import type { Job } from '../lab/jobs.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab, LabOptions, Listeners, RunResult } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import type { OutputLine } from '../lab/output-lines.ts';
import { formatSeconds } from '../sim/time.ts';
import { FileSink, LineWriter, printError, reasonOf } from './output.ts';

/** Exit statuses of the command. */
export const Exit = {
  /** Every foreground program ended with 0. */
  Ok: 0,
  /** One did not. */
  ProgramFailed: 1,
  /** Wrong usage or a wrong file. */
  Usage: 2,
  /** The time came before they ended. */
  Until: 3,
  /** SIGINT. */
  Interrupted: 130,
  /** Whoever read the output has gone; what a shell shows for SIGPIPE. */
  ReaderGone: 141,
} as const;

/** How the conversation is shown; 'lines' are what foreground programs write, as they write it. */
export type Style = 'conversation' | 'quiet' | 'json' | 'lines' | 'silent';

export interface CaptureOptions {
  readonly path: string;
  readonly nics?: readonly string[];
  readonly filter?: string;
}

/** Events between two looks at whether somebody pressed Ctrl-C. */
const SLICE = 20_000;

/** A lab and its ways out. */
export interface Opened {
  readonly lab: Lab;
  readonly outside: Outside;
}

/** The text of a topology file; a LabError says why it cannot be read. */
export function readTopologyText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new LabError(
      `${path}: cannot be read: ${reasonOf(error)}; FILE is a topology, such as topologies/two-hosts.yaml`,
    );
  }
}

/** Opens the lab of a file, and says on standard error what its kernels refuse. */
export function openFile(path: string, options: LabOptions = {}): Opened {
  const text = readTopologyText(path);
  const outside = new Outside((said) => printError(`notice: ${said}`));
  const lab = openLab(text, { ...options, file: path, openPort: outside.openPort });
  for (const warning of lab.warnings) printError(`warning: ${warning.text}`);
  return { lab, outside };
}

/**
 * Runs the lab to its end, prints as it goes, and closes it; gives the exit status. `atTheEnd` is called when the run
 * is over and the background programs still run.
 */
export async function runLab(
  { lab, outside }: Opened,
  style: Style,
  capture: CaptureOptions | null = null,
  atTheEnd: (out: LineWriter) => void = () => undefined,
): Promise<number> {
  const out = new LineWriter();
  lab.listen({
    ...listenersFor(lab, style, out),
    notice: (time, _node, text) => printError(`notice: ${formatSeconds(time)} ${text}`),
  });
  const file = capture === null ? null : startCapture(lab, capture);
  // Whoever reads while the lab goes on sees all that has happened.
  const flush = (): void => {
    out.flush();
    file?.capture.flush();
  };
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const { signal } = interruption;
    const end = await (outside.isEmpty ? runFree(lab, out, signal) : runByTheClock({ lab, outside }, flush, signal));
    const status = interruption.signal.aborted ? Exit.Interrupted : statusOf(end, lab.jobs);
    atTheEnd(out);
    return status;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    // Whatever happened, the capture is whole up to here.
    try {
      lab.close();
      out.flush();
    } finally {
      file?.sink.close();
      for (const line of outside.report()) printError(line);
      outside.close();
    }
  }
}

/** As fast as it goes, to the lab's own end. */
async function runFree(lab: Lab, out: LineWriter, signal: AbortSignal): Promise<RunResult['end']> {
  for (;;) {
    const { end } = lab.runSome(SLICE);
    out.flush();
    // Lets signals in.
    await new Promise((resolve) => setImmediate(resolve));
    if (end !== 'paused' || signal.aborted) return end;
  }
}

/** With ways out, which the whole world may come in by: by the clock, and without an end if the lab has no programs. */
async function runByTheClock(
  { lab, outside }: Opened,
  caughtUp: () => void,
  signal: AbortSignal,
): Promise<RunResult['end'] | PacedEnd> {
  await outside.open();
  // For whoever started us and waits to send.
  printError('ready');
  return runPaced(lab, outside, {
    signal,
    say: (text) => printError(`notice: ${text}`),
    caughtUp,
  });
}

function statusOf(end: RunResult['end'] | PacedEnd, jobs: readonly Job[]): number {
  const foreground = jobs.filter(({ background }) => !background);
  const waiting = foreground.filter(({ exitStatus }) => exitStatus === null);
  if (end === 'stalled') {
    for (const { node, command } of waiting) {
      printError(
        `${node}: ${command}: still waits, and nothing will come any more; servers run with "background: true"`,
      );
    }
    return Exit.ProgramFailed;
  }
  if (waiting.length > 0) return Exit.Until;
  return foreground.every(({ exitStatus }) => exitStatus === 0) ? Exit.Ok : Exit.ProgramFailed;
}

export interface CaptureFile {
  readonly capture: Capture;
  readonly sink: FileSink;
}

export function startCapture(lab: Lab, { path, nics, filter }: CaptureOptions): CaptureFile {
  const sink = new FileSink(path);
  const format = path.endsWith('.pcap') ? 'pcap' : 'pcapng';
  const capture = lab.capture({
    sink,
    format,
    ...(nics === undefined ? {} : { nics }),
    ...(filter === undefined ? {} : { filter }),
  });
  // Only now, so that a mistake in what to record spoils no file.
  try {
    sink.open();
  } catch (error) {
    sink.close();
    capture.stop();
    throw error;
  }
  return { capture, sink };
}

function listenersFor(lab: Lab, style: Style, out: LineWriter): Listeners {
  switch (style) {
    case 'conversation':
      return {
        line: (line) => out.line(formatProgramLine(line)),
        frame: (time, nic, text) => out.line(formatLine(time, nic, text)),
      };
    case 'quiet':
      return { line: (line) => out.line(formatProgramLine(line)) };
    case 'lines':
      return { line: (line) => isForeground(lab, line) && out.line(line.text) };
    case 'silent':
      return {};
    case 'json':
      return {
        line: (line) => out.line(JSON.stringify({ type: 'line', ...line })),
        frame: (time, nic, text) => out.line(JSON.stringify({ type: 'frame', time, nic, text })),
      };
  }
}

function isForeground({ jobs }: Lab, { node, process }: OutputLine): boolean {
  return jobs.some((job) => !job.background && job.node === node && job.process?.id === process);
}

/** `1.000214 h1 ping: 64 bytes from …` */
export function formatProgramLine({ time, node, program, text }: OutputLine): string {
  return `${formatSeconds(time)} ${node} ${program}: ${text}`.trimEnd();
}
