/**
 * Seeded streams of chance: one per device and per link, derived from the lab's seed and the owner's name, so that
 * adding a node leaves the others' luck as it was. xoshiro128** (Blackman and Vigna, 2018) seeded by splitmix32;
 * integer arithmetic only, hence the same on every engine.
 */

export class RandomStream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number, name: string) {
    // FNV-1a over the name's UTF-16 units, started from the seed: two names differ in all four words.
    let hash = Math.imul(seed ^ 0x811c9dc5, 0x01000193) ^ Math.floor(seed / 0x1_0000_0000);
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    const next = (): number => {
      hash = (hash + 0x9e3779b9) | 0;
      let t = hash ^ (hash >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return t ^ (t >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1; // The state must not be all zero.
  }

  /** 32 random bits, unsigned. */
  nextU32(): number {
    const x = Math.imul(this.b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number {
    return this.nextU32() / 0x1_0000_0000;
  }
}
