/** Cuts a failing batch down: to actions that all are needed for a fresh lab to fail. Delta debugging (Zeller, 1999). */
import type { Action } from './siege.ts';

/** `fails` tells whether a fresh lab fails with these; after `tries` of them the best so far is given back. */
export function reduce(
  actions: readonly Action[],
  fails: (some: readonly Action[]) => boolean,
  tries = 200,
): readonly Action[] {
  let left = actions;
  let parts = 2;
  for (let tried = 0; left.length > 1 && tried < tries;) {
    const size = Math.ceil(left.length / parts);
    let found: readonly Action[] | null = null;
    for (let from = 0; from < left.length && tried < tries && found === null; from += size) {
      const rest = [...left.slice(0, from), ...left.slice(from + size)];
      tried++;
      if (fails(rest)) found = rest;
    }
    if (found !== null) {
      left = found;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) break;
    else parts = Math.min(left.length, parts * 2);
  }
  return left;
}
