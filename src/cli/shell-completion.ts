/** What the Tab key puts behind a line in a shell. */
import { COMMANDS, completeTarget, programsOf } from './shell-commands.ts';
import type { Session } from './shell-session.ts';

/** As readline wants it: what the line's last word may become, and that word. */
export function complete(session: Session, line: string): [candidates: string[], word: string] {
  const words = line.trimStart().split(/\s+/);
  const word = words.pop() ?? '';
  const candidates = candidatesBehind(session, words).filter((one) => one.startsWith(word));
  // A blank behind the only one, since the next word is what comes then.
  return [candidates.length === 1 ? candidates.map((one) => `${one} `) : candidates, word];
}

function candidatesBehind(session: Session, words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  const nodes = session.lab.topology.nodes.map(({ name }) => `@${name}`);
  if (first === undefined) return [...Object.keys(COMMANDS), ...programsOf(session), ...nodes];
  if (!first.startsWith('@')) return behindCommand(session, first, rest);
  const [name, ...others] = rest;
  if (name !== undefined) return behindCommand(session, name, others);
  const kernel = session.lab.network.kernels.get(first.slice(1));
  return [...Object.keys(COMMANDS), ...(kernel?.programs.keys() ?? [])];
}

function behindCommand(session: Session, name: string, words: readonly string[]): readonly string[] {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return command === undefined ? completeTarget(session) : (command.complete?.(session, words) ?? []);
}
