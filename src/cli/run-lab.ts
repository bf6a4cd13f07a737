/** Running a lab from the command line: what is printed while it goes on, how it is interrupted, how it exits. */
import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import { formatLine } from '../capture/transcript.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab, LabOptions, RunResult } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import type { OutputLine } from '../lab/output-lines.ts';
import { formatSeconds } from '../sim/time.ts';
import { FileSink, LineWriter } from './output.ts';

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
} as const;

/** How the conversation is shown. */
export type Style = 'conversation' | 'quiet' | 'json' | 'silent';

export interface CaptureOptions {
  readonly path: string;
  readonly nics?: readonly string[];
  readonly filter?: string;
}

/** Events between two looks at whether somebody pressed Ctrl-C. */
const SLICE = 20_000;

/** Opens the lab of a file, and says on standard error what its kernels refused. */
export function openFile(path: string, options: LabOptions = {}): Lab {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LabError(`${path}: ${reasonOf(error)}`);
  }
  return openLab(text, { ...options, file: path });
}

export function printWarnings(lab: Lab): void {
  for (const { text } of lab.warnings) printError(`warning: ${text}`);
}

export function printError(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? pc.yellow(text) : text}\n`);
}

/**
 * Runs the lab to its end, prints as it goes, and closes it; gives the exit status. `atTheEnd` is called when the run
 * is over and the background programs still run.
 */
export async function runLab(
  lab: Lab,
  style: Style,
  capture: CaptureOptions | null = null,
  atTheEnd: () => void = () => undefined,
): Promise<number> {
  const out = new LineWriter(1);
  lab.listen(listenersFor(style, out));
  const sink = capture === null ? null : startCapture(lab, capture);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
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
    } while (result.end === 'paused' && !interrupted);
    const { jobs } = result;
    const succeeded = jobs.every(({ background, exitStatus }) => background || exitStatus === 0);
    atTheEnd();
    lab.close();
    out.flush();
    if (interrupted) return Exit.Interrupted;
    if (result.end === 'until') return Exit.Until;
    return succeeded ? Exit.Ok : Exit.ProgramFailed;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    sink?.close();
  }
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
  return sink;
}

function listenersFor(style: Style, out: LineWriter): Parameters<Lab['listen']>[0] {
  const notice = (_time: number, _node: string, text: string): void => printError(`notice: ${text}`);
  switch (style) {
    case 'conversation':
      return {
        line: (line) => out.line(formatProgramLine(line)),
        frame: (time, nic, text) => out.line(formatLine(time, nic, text)),
        notice,
      };
    case 'quiet':
      return { line: (line) => out.line(formatProgramLine(line)), notice };
    case 'silent':
      return { notice };
    case 'json':
      return {
        line: ({ time, node, program, process, stream, text }) =>
          out.line(JSON.stringify({ type: 'line', time, node, program, process, stream, text })),
        frame: (time, nic, text) => out.line(JSON.stringify({ type: 'frame', time, nic, text })),
        notice: (time, node, text) => out.line(JSON.stringify({ type: 'notice', time, node, text })),
      };
  }
}

/** `1.000214 h1 ping: 64 bytes from …` */
export function formatProgramLine({ time, node, program, text }: OutputLine): string {
  return `${formatSeconds(time)} ${node} ${program}:${text === '' ? '' : ` ${text}`}`;
}

/** What went wrong with a file, in words. */
function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'is a folder, not a topology file';
  if (code === 'EACCES') return 'may not be read';
  return error instanceof Error ? error.message : String(error);
}
