/**
 * Sets of a router's first hops, which are numbers from 0: what shortest paths of equal cost begin with.
 * While paths are sought a set is a bit for each hop; a router with too many hops for that has its sets in a tree,
 * where each is the set of its lower hops with one more. What is found in the end gets a small number.
 */
import type { NumberedSets } from '../stack/computed-routes.ts';

export const NO_HOPS = 0;

/** How many hops a set of bits has room for. */
const MAX_BITS = 30;
/** Sets of so few hops have their numbers in an array. */
const FEW_BITS = 8;
/** Sets of one router at most: their numbers take 16 bits. What would be beyond keeps its lowest hop alone. */
const MAX_SETS = 65_536;

export class HopSets implements NumberedSets {
  /** By number. [0] is empty, and behind it is one for each hop. */
  private readonly found: number[] = [NO_HOPS];
  private readonly isOfBits: boolean;
  private readonly numberByFewBits: Uint16Array | null;
  /** By bits, or by node. */
  private readonly numbers = new Map<number, number>();
  /** Of the tree's nodes but the root, by node: the set without its highest hop, and that hop. */
  private readonly parents: number[] = [NO_HOPS];
  private readonly highest: number[] = [-1];
  private readonly children = new Map<number, number>();

  constructor(hops: number) {
    this.isOfBits = hops <= MAX_BITS;
    this.numberByFewBits = hops <= FEW_BITS ? new Uint16Array(1 << hops) : null;
    for (let hop = 0; hop < hops; hop++) {
      if (!this.isOfBits) this.parents.push(NO_HOPS);
      if (!this.isOfBits) this.highest.push(hop);
      this.number(this.only(hop));
    }
  }

  get count(): number {
    return this.found.length;
  }

  only(hop: number): number {
    return this.isOfBits ? 1 << hop : hop + 1;
  }

  /** The set with a further hop, which is higher than those it has. */
  add(set: number, hop: number): number {
    if (this.isOfBits) return set | (1 << hop);
    if (set === NO_HOPS) return this.only(hop);
    const key = set * MAX_SETS + hop;
    let child = this.children.get(key);
    if (child === undefined) {
      this.parents.push(set);
      child = this.highest.push(hop) - 1;
      this.children.set(key, child);
    }
    return child;
  }

  unite(a: number, b: number): number {
    if (this.isOfBits) return a | b;
    if (a === b || b === NO_HOPS) return a;
    if (a === NO_HOPS) return b;
    const hops = new Set([...this.list(a), ...this.list(b)]);
    return [...hops].sort((one, other) => one - other).reduce((set, hop) => this.add(set, hop), NO_HOPS);
  }

  /** The small number of a set. */
  numberOf(set: number): number {
    if (set === NO_HOPS) return 0;
    const known = this.numberByFewBits === null ? this.numbers.get(set) : this.numberByFewBits[set];
    if (known !== undefined && known !== 0) return known;
    return this.found.length < MAX_SETS ? this.number(set) : this.numberOf(this.only(this.list(set)[0]!));
  }

  private number(set: number): number {
    const number = this.found.push(set) - 1;
    if (this.numberByFewBits === null) this.numbers.set(set, number);
    else this.numberByFewBits[set] = number;
    return number;
  }

  /** All paths are found: what was only for seeking goes. */
  close(): void {
    this.numbers.clear();
    this.children.clear();
  }

  hopsOf(number: number): readonly number[] {
    return this.list(this.found[number]!);
  }

  private list(set: number): number[] {
    const hops: number[] = [];
    if (this.isOfBits) {
      for (let hop = 0; hop < MAX_BITS; hop++) if ((set & (1 << hop)) !== 0) hops.push(hop);
    } else {
      for (let node = set; node !== NO_HOPS; node = this.parents[node]!) hops.unshift(this.highest[node]!);
    }
    return hops;
  }
}
