/**
 * What is wrong with a topology file, all of it at once: a person who mends five mistakes wants to hear of five.
 */
import type { Located, Position } from './topology.ts';

/** Problems that one error lists; a file that is not a topology at all would have thousands. */
export const MAX_PROBLEMS = 20;

export interface Problem extends Located {
  /** What is wrong and what to do. */
  readonly message: string;
}

export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  readonly file: string;
  /** In the file's order, at most MAX_PROBLEMS. */
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const sorted = [...problems].sort((a, b) => comparePositions(a.position, b.position));
    const listed = sorted.slice(0, MAX_PROBLEMS);
    const lines = listed.map((problem) => formatProblem(file, problem));
    if (sorted.length > listed.length) lines.push(`${file}: and ${sorted.length - listed.length} more problems`);
    super(lines.join('\n'));
    this.file = file;
    this.problems = listed;
  }
}

/** `two-subnets.yaml:14:9: links[2].to: no node "r3"; nodes are h1, h2, r1` */
export function formatProblem(file: string, { position, path, message }: Problem): string {
  return `${file}:${position.line}:${position.column}: ${path === '' ? '' : `${path}: `}${message}`;
}

function comparePositions(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
