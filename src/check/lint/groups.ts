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
