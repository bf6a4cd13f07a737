/**
 * A multibit trie over IPv4 prefixes: for an address, the number that was given to the longest prefix it lies in.
 * Strides of 8 bits with controlled prefix expansion (Srinivasan and Varghese, 1999): every slot holds its answer or
 * its child, so a look-up is one read for each level. What a read costs is the memory that no cache holds; so the root
 * grows with the table, up to the 24 bits that are all the Internet's routes have (DIR-24-8; Gupta, Lin and McKeown,
 * 1998), and then it is one read.
 */

/** A child has 256 slots. */
const STRIDE = 8;
const CHILD_SLOTS = 256;

/** Prefixes from which a root of 16 bits, 256 KiB, and one of 24 bits, 64 MiB, take no more than the children would. */
const MANY = 4_096;
const INTERNET = 262_144;

/** A leaf is the length of its prefix and, in the low bits, the number; 0 is no prefix, a child is negative. */
const VALUE_BITS = 25;
const VALUE_MASK = 0x01ff_ffff;

export interface PrefixTrie {
  /** The root's slots, then each child's. A negative slot is minus the place where its child begins. */
  slots: Int32Array;
  /** Slots in use. */
  used: number;
  readonly rootBits: number;
}

/** A trie for about so many prefixes; it takes more too. */
export function createTrie(prefixes: number): PrefixTrie {
  const rootBits = rootBitsFor(prefixes);
  const used = 1 << rootBits;
  return { slots: new Int32Array(used + CHILD_SLOTS), used, rootBits };
}

function rootBitsFor(prefixes: number): number {
  if (prefixes < MANY) return 8;
  return prefixes < INTERNET ? 16 : 24;
}

/** Whether a trie made for so many prefixes would have a larger root. */
export function isOutgrown(trie: PrefixTrie, prefixes: number): boolean {
  return trie.rootBits < rootBitsFor(prefixes);
}

/** The number of the longest prefix that the address lies in; 0 for none. */
export function lookUp(trie: PrefixTrie, address: number): number {
  const { slots } = trie;
  let shift = 32 - trie.rootBits;
  let slot = slots[address >>> shift]!;
  while (slot < 0) {
    shift -= STRIDE;
    slot = slots[-slot + ((address >>> shift) & (CHILD_SLOTS - 1))]!;
  }
  return slot & VALUE_MASK;
}

/** Gives a prefix of 1 to 32 bits its number, from 1 to 2^25 - 1, in place of the one it may have. */
export function set(trie: PrefixTrie, prefix: number, prefixLength: number, value: number): void {
  paint(trie, prefix, prefixLength, (prefixLength << VALUE_BITS) | value);
}

/** Takes a prefix out, whose addresses then lie in `cover`, the next shorter prefix with its number; 0, 0 for none. */
export function remove(
  trie: PrefixTrie,
  prefix: number,
  prefixLength: number,
  coverLength: number,
  coverValue: number,
): void {
  paint(trie, prefix, prefixLength, (coverLength << VALUE_BITS) | coverValue);
}

/** Writes a leaf into all slots below the prefix that have no longer one. */
function paint(trie: PrefixTrie, prefix: number, prefixLength: number, leaf: number): void {
  let node = 0;
  let bits = trie.rootBits;
  let place = prefix >>> (32 - bits);
  while (prefixLength > bits) {
    const slot = trie.slots[node + place]!;
    const child = slot < 0 ? -slot : addChild(trie, slot);
    trie.slots[node + place] = -child;
    node = child;
    bits += STRIDE;
    place = (prefix >>> (32 - bits)) & (CHILD_SLOTS - 1);
  }
  paintSlots(trie.slots, node + place, 1 << (bits - prefixLength), prefixLength, leaf);
}

function paintSlots(slots: Int32Array, from: number, count: number, prefixLength: number, leaf: number): void {
  for (let i = from; i < from + count; i++) {
    const slot = slots[i]!;
    if (slot < 0) paintSlots(slots, -slot, CHILD_SLOTS, prefixLength, leaf);
    else if (slot >>> VALUE_BITS <= prefixLength) slots[i] = leaf;
  }
}

/** A child whose slots all are what stood in its place. */
function addChild(trie: PrefixTrie, leaf: number): number {
  const child = trie.used;
  trie.used += CHILD_SLOTS;
  if (trie.used > trie.slots.length) {
    const slots = new Int32Array(trie.slots.length + (trie.slots.length >>> 1));
    slots.set(trie.slots);
    trie.slots = slots;
  }
  if (leaf !== 0) trie.slots.fill(leaf, child, trie.used);
  return child;
}
