/**
 * `wirelab shell`: a prompt inside a lab. At a terminal with editing, completion and history; from a pipe or file as a
 * script, which prints the same without prompts and ends with the first command that fails.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Lab } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import { FilterError } from '../capture/filter.ts';
import { StuckError } from '../sim/simulator.ts';
import { reasonOf } from './output.ts';
import { Exit } from './run-lab.ts';
import { execute } from './shell-commands.ts';
import { complete } from './shell-completion.ts';
import { Session } from './shell-session.ts';
import type { Paper } from './shell-session.ts';

export interface ShellOptions {
  readonly input: Readable;
  /** The terminal that shows prompts and what is typed; null: a script. */
  readonly terminal: Writable | null;
  readonly out: Paper;
  /** Takes what is wrong with a command. */
  readonly error: (text: string) => void;
  /** A script goes on behind a command that failed. */
  readonly keepGoing?: boolean;
  /** Where the history of earlier shells is, and this one's is put. */
  readonly history?: string;
}

/** Lines of history. */
const MAX_HISTORY = 1_000;

/** Reads commands until they end, and closes the lab; gives the exit status, of a script that of its first failure. */
export async function runShell(lab: Lab, options: ShellOptions): Promise<number> {
  const session = new Session(lab, options.out, options.terminal === null ? null : rest);
  const lines = openLines(session, options);
  const leave = (): void => {
    session.isLeaving = true;
    session.interrupt();
    lines.close();
  };
  // A script ends with what was interrupted.
  const interrupt = options.terminal === null ? leave : (): void => session.interrupt();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', leave);
  try {
    return await readAndExecute(session, lines, options);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', leave);
    lines.close();
    session.close();
  }
}

async function readAndExecute(session: Session, lines: Interface, options: ShellOptions): Promise<number> {
  const isScript = options.terminal === null;
  const reading = lines[Symbol.asyncIterator]();
  let status: number = Exit.Ok;
  let isClosed = false;
  let isBusy = false;
  lines.once('close', () => (isClosed = true));
  // At a terminal Ctrl-C is a key: it ends what runs, or else gives up the line that is being typed.
  lines.on('SIGINT', () => {
    if (isBusy) return session.interrupt();
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
  });
  if (!isScript) greet(session);
  for (let number = 1; !session.isLeaving; number++) {
    if (!isScript && !isClosed) {
      lines.setPrompt(session.prompt);
      lines.prompt();
    }
    const next: IteratorResult<string, undefined> = await reading.next();
    if (next.done === true) break;
    isBusy = true;
    const ended = await attempt(session, next.value, isScript, (what) =>
      options.error(isScript ? `line ${number}: ${what}` : what),
    );
    isBusy = false;
    session.tellEnded();
    session.flush();
    if (status === Exit.Ok) status = ended;
    if (isScript && ended !== Exit.Ok && options.keepGoing !== true) break;
  }
  if (!isScript) {
    // Ctrl-D left the cursor behind the prompt.
    if (isClosed) session.out.line('');
    return Exit.Ok;
  }
  return session.isInterrupted ? Exit.Interrupted : status;
}

/** Milliseconds that a line has to itself where lines come one after the other, so that Ctrl-C comes in time. */
const REST = 50;

function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, REST));
}

function greet({ lab: { topology }, out }: Session): void {
  out.line(
    `${topology.name}: ${topology.nodes.length} nodes, ${topology.links.length} links; help tells what there is`,
  );
  out.flush();
}

/** Executes a line; what is wrong with it is told, and nothing that somebody can type ends the shell. */
async function attempt(
  session: Session,
  line: string,
  isScript: boolean,
  tell: (what: string) => void,
): Promise<number> {
  try {
    const status = await execute(session, line);
    // Whoever typed it sees that it failed; of a script it is to be said which line that was.
    if (isScript && status === Exit.ProgramFailed) {
      session.out.flush();
      tell(`${line.trim()}: failed`);
    }
    return status;
  } catch (error) {
    if (error instanceof LabError || error instanceof FilterError) {
      // What it has printed stands before what is wrong.
      session.out.flush();
      tell(error.message);
      return Exit.Usage;
    }
    if (error instanceof StuckError) {
      session.out.flush();
      tell(error.message);
      return Exit.ProgramFailed;
    }
    throw error;
  }
}

function openLines(session: Session, { input, terminal, history, error }: ShellOptions): Interface {
  if (terminal === null) return createInterface({ input, terminal: false, crlfDelay: Infinity });
  const lines = createInterface({
    input,
    output: terminal,
    terminal: true,
    completer: (line: string) => complete(session, line),
    historySize: MAX_HISTORY,
    removeHistoryDuplicates: true,
    ...(history === undefined ? {} : { history: readHistory(history) }),
  });
  if (history !== undefined) lines.on('history', (newest: readonly string[]) => writeHistory(history, newest, error));
  return lines;
}

/** The newest first, as readline has them; a file has them in the order in which they were typed. */
function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new LabError(`--history ${path}: cannot be read: ${reasonOf(error)}`);
  }
}

function writeHistory(path: string, newest: readonly string[], tell: (what: string) => void): void {
  const lines = newest.map((line) => `${line}\n`).reverse();
  try {
    writeFileSync(path, lines.join(''));
  } catch (error) {
    tell(`--history ${path}: cannot be written: ${reasonOf(error)}`);
  }
}
