/**
 * What is wrong with a topology file, all of it at once: a person who mends five mistakes wants to hear of five.
 */
import type { Located, Position } from './topology.ts';

/** Problems that one error lists; a file that is not a topology at all would have thousands. */
export const MAX_PROBLEMS = 20;

/** One thing that is wrong with a topology, with its place. */
export interface Problem extends Located {
  /** What is wrong and what to do. */
  readonly message: string;
}

/** Collects problems. Those that the error will not list are counted only, so their words need not be found. */
export class Problems {
  readonly list: Problem[] = [];
  more = 0;

  /** What is wrong with a thing twice over is said once. */
  add({ position, path }: Located, message: string | (() => string)): void {
    const isKnown = (known: Problem): boolean =>
      comparePositions(known.position, position) === 0 && (known.path === path || known.path === '');
    if (this.list.some(isKnown)) return;
    if (this.list.length >= MAX_PROBLEMS) this.more++;
    else this.list.push({ position, path, message: typeof message === 'string' ? message : message() });
  }

  get found(): boolean {
    return this.list.length > 0;
  }
}

/**
 * A topology that has no meaning: all that is wrong with it, with places and remedies. The message has a line for
 * each.
 */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  readonly file: string;
  /** In the file's order, at most MAX_PROBLEMS. */
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], more = 0) {
    const sorted = [...problems].sort((a, b) => comparePositions(a.position, b.position));
    const listed = sorted.slice(0, MAX_PROBLEMS);
    const unlisted = sorted.length - listed.length + more;
    const lines = listed.map((problem) => formatProblem(file, problem));
    if (unlisted > 0) lines.push(`${file}: and ${unlisted} more problem${unlisted === 1 ? '' : 's'}`);
    super(lines.join('\n'));
    this.file = file;
    this.problems = listed;
  }
}

/** `two-subnets.yaml:14:9: links[2].to: no node "r3"; nodes are h1, h2, r1` */
export function formatProblem(file: string, { position, path, message }: Problem): string {
  // Asked for beside the file.
  if (position.line === 0) return `${path}: ${message}`;
  return `${file}:${position.line}:${position.column}: ${path === '' ? '' : `${path}: `}${message}`;
}

function comparePositions(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
