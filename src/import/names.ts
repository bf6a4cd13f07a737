/** Names that a topology file takes, from labels that may hold anything and come more than once. */

/** RFC 1123 §2.1 has hosts know names of 63 characters; so does a topology file. */
const MAX_LENGTH = 63;

export class NodeNames {
  /** In lower case: a resolver does not tell names by their case. */
  private readonly taken = new Map<string, number>();

  /**
   * The label without what a name may not hold, or `otherwise` where nothing is left; a name that is taken gets -2,
   * -3 and so on behind it.
   */
  give(label: string, otherwise: string): string {
    const name = safe(label) ?? safe(otherwise) ?? 'node';
    const key = name.toLowerCase();
    for (let number = (this.taken.get(key) ?? 0) + 1; ; number++) {
      const suffix = number === 1 ? '' : `-${number}`;
      const candidate = `${trimmed(name.slice(0, MAX_LENGTH - suffix.length))}${suffix}`;
      if (number > 1 && this.taken.has(candidate.toLowerCase())) continue;
      this.taken.set(key, number);
      if (number > 1) this.taken.set(candidate.toLowerCase(), 1);
      return candidate;
    }
  }
}

/** `Zürich (ETH)` as `Zurich-ETH`; null where no letter or digit is left. */
function safe(label: string): string | null {
  // Accents come off their letters; what has no ASCII letter under it goes.
  const plain = label
    .slice(0, 4 * MAX_LENGTH)
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '');
  const words = trimmed(plain.replace(/[^A-Za-z0-9_]+/g, '-'));
  if (!/[A-Za-z0-9]/.test(words)) return null;
  // A name begins with a letter, so that none looks like an address.
  return trimmed((/^[A-Za-z]/.test(words) ? words : `n${words}`).slice(0, MAX_LENGTH));
}

function trimmed(name: string): string {
  return name.replace(/^-+|-+$/g, '');
}
