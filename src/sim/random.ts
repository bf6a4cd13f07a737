/**
 * Seeded streams of chance: one per device and per link direction, derived from the lab's seed and the owner's name, so
 * that adding a node leaves the others' luck as it was. xoshiro128** 1.1 (Blackman and Vigna, 2018), its 128 bits of
 * state from a hash of seed and name as wide; integer arithmetic only, hence the same on every engine.
 */

export type RandomState = readonly [number, number, number, number];

export class RandomStream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** The seed is an integer; a stream can also be given its whole state, not all zero. */
  constructor(seed: number | RandomState, name = '') {
    [this.a, this.b, this.c, this.d] = typeof seed === 'number' ? hash(seed, name) : seed;
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

/**
 * After MurmurHash3_x86_128 (Appleby, 2011), with one unit a round in place of 16 bytes: the seed's two halves, then
 * the name's UTF-16 units. 127 bits are enough for any number of names to have streams of their own.
 */
function hash(seed: number, name: string): RandomState {
  let h1 = 0x239b961b;
  let h2 = 0xab0e9789 | 0;
  let h3 = 0x38b34ae5;
  let h4 = 0xa1e38b93 | 0;
  for (let i = -2; i < name.length; i++) {
    const unit = i === -2 ? seed | 0 : i === -1 ? Math.floor(seed / 0x1_0000_0000) | 0 : name.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ unit, 0x239b961b);
    h2 = h3 ^ Math.imul(h2 ^ unit, 0xab0e9789);
    h3 = h4 ^ Math.imul(h3 ^ unit, 0x38b34ae5);
    h4 = h1 ^ Math.imul(h4 ^ unit, 0xa1e38b93);
  }
  h1 = avalanche(h1 ^ h4);
  h2 = avalanche(h2 ^ h1);
  h3 = avalanche(h3 ^ h2);
  h4 = avalanche(h4 ^ h3);
  return [h1, h2, h3, h4 | 1]; // Not all zero.
}

/** fmix32: every bit of the input changes half of the output's. */
function avalanche(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
