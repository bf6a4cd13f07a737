/** What an import gives, and the words that imports have in common. */
import type { Plan } from '../plan/plan.ts';

/** What an import gives: the network, and what it had to leave out. */
export interface Imported {
  readonly plan: Plan;
  /** What the file says and the plan does not, or says otherwise: a sentence each. */
  readonly notes: readonly string[];
}

/** Names in one note. */
const MAX_NAMED = 8;

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** `a, b, c and 4 more` */
export function listed(names: readonly string[]): string {
  const rest = names.length - MAX_NAMED;
  return rest > 0 ? `${names.slice(0, MAX_NAMED).join(', ')} and ${rest} more` : names.join(', ');
}
