/** Putting together what belongs together. */

/** Names in groups that are joined step by step (union-find, with path halving). */
export class Groups {
  private readonly parents = new Map<string, string>();

  /** The name that stands for its group. */
  find(name: string): string {
    let at = name;
    for (;;) {
      const parent = this.parents.get(at) ?? at;
      if (parent === at) return at;
      const above = this.parents.get(parent) ?? parent;
      this.parents.set(at, above);
      at = above;
    }
  }

  /** False when they are in one group already. */
  join(a: string, b: string): boolean {
    const [one, other] = [this.find(a), this.find(b)];
    if (one === other) return false;
    this.parents.set(other, one);
    return true;
  }
}

/** Those with the same key together, in the order of the first of each. */
export function groupsOf<One, Key>(all: Iterable<One>, keyOf: (one: One) => Key): Map<Key, [One, ...One[]]> {
  const groups = new Map<Key, [One, ...One[]]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
