/**
 * What a file allows: a comment `# wirelab-allow RULE: reason`, at the end of the line that the finding is in, or on
 * lines of its own above it. Several rules stand with commas between them. The reason is for who reads the file next.
 */
import { CST, Lexer } from 'yaml';
import { Lines } from '../../lab/topology-source.ts';
import { quote, suggest } from '../../lab/spelling.ts';
import type { Position } from '../../lab/topology.ts';
import type { Claim } from './finding.ts';
import { isRule, RULES } from './rules.ts';
import type { RuleName } from './rules.ts';

const WORD = 'wirelab-allow';

export interface Allowance {
  readonly position: Position;
  readonly rule: RuleName;
  /** The line in which it allows. */
  readonly line: number;
}

export interface Allowances {
  readonly list: readonly Allowance[];
  /** What is wrong with them. */
  readonly claims: readonly Claim[];
}

export function readAllowances(text: string): Allowances {
  const list: Allowance[] = [];
  const claims: Claim[] = [];
  if (!text.includes(WORD)) return { list, claims };
  const lines = new Lines(text);
  const rows = text.split('\n');
  for (const { comment, offset } of commentsIn(text)) {
    const words = new RegExp(`^#\\s*${WORD}\\b(.*)`).exec(comment)?.[1];
    if (words === undefined) continue;
    const position = lines.positionOf(offset);
    const at = { position, path: '' };
    const [, names, reason] = /^\s+([^:]*?)\s*:\s*(.*?)\s*$/.exec(words) ?? [];
    if (names === undefined || names === '' || reason === '' || reason === undefined) {
      claims.push({
        rule: 'bad-allowance',
        at,
        message: `${quote(comment.trim())} is not a rule, a colon and a reason.`,
        consequence: 'It allows nothing.',
        fix: `# ${WORD} asymmetric-path: the way back is the cheaper line`,
      });
      continue;
    }
    for (const name of names.split(',').map((one) => one.trim())) {
      if (isRule(name)) list.push({ position, rule: name, line: lineMeant(rows, position) });
      else {
        claims.push({
          rule: 'bad-allowance',
          at,
          message: `There is no rule ${quote(name)}.`,
          consequence: 'It allows nothing.',
          fix: suggest(name, Object.keys(RULES), 'rules'),
        });
      }
    }
  }
  return { list, claims };
}

/** The comments of a YAML text, each from its `#` to the end of its line. */
function* commentsIn(text: string): Generator<{ readonly comment: string; readonly offset: number }> {
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    if (type === 'comment' && !isScalar) yield { comment: lexeme, offset };
    isScalar = type === 'scalar';
    // The lexer's own marks stand for nothing in the text.
    if (type !== 'scalar' && type !== 'doc-mode' && type !== 'flow-error-end') offset += lexeme.length;
  }
}

/** Its own line, or, where nothing else stands in that, the next one with something in it. */
function lineMeant(rows: readonly string[], { line, column }: Position): number {
  if (rows[line - 1]!.slice(0, column - 1).trim() !== '') return line;
  const next = rows.findIndex((row, index) => index >= line && !/^\s*(#|$)/.test(row));
  return next === -1 ? line : next + 1;
}
