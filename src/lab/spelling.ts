/**
 * How messages quote what somebody wrote, and what they may have meant by a word that is none of the known ones.
 */

/** Names that one message lists. */
const MAX_LISTED = 16;
/** Names that are compared; the word comes from outside, and so may the names. */
const MAX_COMPARED = 1_000;
const MAX_LENGTH = 64;

/** Characters of somebody's text that a message repeats. */
const MAX_QUOTED = 60;

/** The text in double quotes, on one line, cut where it is long. */
export function quote(text: string): string {
  return text.length > MAX_QUOTED ? `${JSON.stringify(text.slice(0, MAX_QUOTED))}…` : JSON.stringify(text);
}

/** `did you mean "server"?`, or else `nodes are h1, h2, r1`. `known` are any names, `are` what they are called. */
export function suggest(word: string, known: readonly string[], are: string): string {
  const near = nearest(word, known);
  if (near !== null) return `did you mean "${near}"?`;
  if (known.length === 0) return `there are no ${are}`;
  const listed = known.slice(0, MAX_LISTED).join(', ');
  const rest = known.length - MAX_LISTED;
  return rest > 0 ? `${are} are ${listed} and ${rest} more` : `${are} are ${listed}`;
}

/** The known word that differs least, by at most a third of its letters, or null. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of known.slice(0, MAX_COMPARED)) {
    const edits = distance(word, candidate);
    if (edits <= Math.floor(Math.max(word.length, candidate.length) / 3) && edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

/**
 * Letters added, left out, changed or swapped with their neighbour to get from one to the other (optimal string
 * alignment); upper and lower case count as equal.
 */
function distance(from: string, to: string): number {
  if (from.length > MAX_LENGTH || to.length > MAX_LENGTH) return Infinity;
  const a = from.toLowerCase();
  const b = to.toLowerCase();
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
