/** Running a lab from the command line: what is printed while it goes on, how it is interrupted, how it exits. */
import { readFileSync } from 'node:fs';
import { formatLine } from '../capture/transcript.ts';
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

/** Opens the lab of a file, and says on standard error what its kernels refuse. */
export function openFile(path: string, options: LabOptions = {}): Lab {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LabError(
      `${path}: cannot be read: ${reasonOf(error)}; FILE is a topology, such as topologies/two-hosts.yaml`,
    );
  }
  const lab = openLab(text, { ...options, file: path });
  for (const warning of lab.warnings) printError(`warning: ${warning.text}`);
  return lab;
}

/**
 * Runs the lab to its end, prints as it goes, and closes it; gives the exit status. `atTheEnd` is called when the run
 * is over and the background programs still run.
 */
export async function runLab(
  lab: Lab,
  style: Style,
  capture: CaptureOptions | null = null,
  atTheEnd: (out: LineWriter) => void = () => undefined,
): Promise<number> {
  const out = new LineWriter();
  lab.listen({
    ...listenersFor(lab, style, out),
    notice: (time, _node, text) => printError(`notice: ${formatSeconds(time)} ${text}`),
  });
  const sink = capture === null ? null : startCapture(lab, capture);
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    let result: RunResult;
    do {
      result = lab.runSome(SLICE);
      out.flush();
      // Lets signals in.
      await new Promise((resolve) => setImmediate(resolve));
    } while (result.end === 'paused' && !isInterrupted);
    const status = isInterrupted ? Exit.Interrupted : statusOf(result);
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
      sink?.close();
    }
  }
}

function statusOf({ end, jobs }: RunResult): number {
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

function startCapture(lab: Lab, { path, nics, filter }: CaptureOptions): FileSink {
  const sink = new FileSink(path);
  const format = path.endsWith('.pcap') ? 'pcap' : 'pcapng';
  lab.capture({
    sink,
    format,
    ...(nics === undefined ? {} : { nics }),
    ...(filter === undefined ? {} : { filter }),
  });
  // Only now, so that a mistake in what to record spoils no file.
  sink.open();
  return sink;
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
function formatProgramLine({ time, node, program, text }: OutputLine): string {
  return `${formatSeconds(time)} ${node} ${program}: ${text}`.trimEnd();
}
