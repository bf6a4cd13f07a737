/**
 * What a bridge has learnt: behind which port each station was heard last, and when. IEEE 802.1D-2004 §7.9.
 * Every frame asks twice, so it is a hash table in typed arrays; what has aged stays until somebody asks or room is
 * needed. In the order in which stations were first heard.
 * Not here: static entries and VLANs.
 */
import type { Nanos } from '../sim/time.ts';
import * as Mac from '../wire/mac.ts';

// A row is three numbers.
const ROW = 3;
/** Negative where the station was forgotten. */
const STATION = 0;
const PORT = 1;
const HEARD = 2;
const NOBODY = -1;

/** Where there is no row. */
export const NONE = -1;
const FIRST_ROWS = 8;

export interface FilteringDatabase {
  rows: Float64Array;
  /** Numbers of `rows` in use. */
  end: number;
  /** Stations that are not forgotten. */
  size: number;
  /** Where the row of a station begins: open addressing, linear probing; NONE where nothing is. */
  heads: Int32Array;
}

/** A station that a bridge has heard: behind which port, from 0, and when last. */
export interface Learned {
  readonly station: Mac.Mac;
  readonly port: number;
  readonly heard: Nanos;
}

export function createDatabase(): FilteringDatabase {
  return createSized(FIRST_ROWS);
}

function createSized(rows: number): FilteringDatabase {
  return { rows: new Float64Array(ROW * rows), end: 0, size: 0, heads: new Int32Array(4 * rows).fill(NONE) };
}

/** The station's row, or NONE. */
export function find({ heads, rows }: FilteringDatabase, station: Mac.Mac): number {
  const last = heads.length - 1;
  for (let slot = homeOf(station) & last; ; slot = (slot + 1) & last) {
    const row = heads[slot]!;
    if (row === NONE || rows[row + STATION]! === station) return row;
  }
}

export function portAt({ rows }: FilteringDatabase, row: number): number {
  return rows[row + PORT]!;
}

export function heardAt({ rows }: FilteringDatabase, row: number): Nanos {
  return rows[row + HEARD]!;
}

/** The station has been heard again. */
export function update({ rows }: FilteringDatabase, row: number, port: number, heard: Nanos): void {
  rows[row + PORT] = port;
  rows[row + HEARD] = heard;
}

/** Adds a station that has no row. */
export function add(database: FilteringDatabase, station: Mac.Mac, port: number, heard: Nanos): void {
  if (database.end === database.rows.length) rebuild(database);
  const { rows, heads, end } = database;
  rows[end + STATION] = station;
  rows[end + PORT] = port;
  rows[end + HEARD] = heard;
  database.end += ROW;
  database.size++;
  const last = heads.length - 1;
  let slot = homeOf(station) & last;
  while (heads[slot]! !== NONE) slot = (slot + 1) & last;
  heads[slot] = end;
}

/** Forgets the station of a row. */
export function remove(database: FilteringDatabase, row: number): void {
  const { rows, heads } = database;
  const last = heads.length - 1;
  let hole = homeOf(Mac.fromNumber(rows[row + STATION]!)) & last;
  while (heads[hole]! !== row) hole = (hole + 1) & last;
  // Knuth, TAOCP 3, 6.4, algorithm R: what would no longer be found moves up.
  for (let slot = (hole + 1) & last; heads[slot]! !== NONE; slot = (slot + 1) & last) {
    const home = homeOf(Mac.fromNumber(rows[heads[slot]! + STATION]!)) & last;
    if (((slot - home) & last) < ((slot - hole) & last)) continue;
    heads[hole] = heads[slot]!;
    hole = slot;
  }
  heads[hole] = NONE;
  rows[row + STATION] = NOBODY;
  database.size--;
}

export function removeWhere(database: FilteringDatabase, doomed: (port: number, heard: Nanos) => boolean): void {
  const { rows, end } = database;
  for (let row = 0; row < end; row += ROW) {
    if (rows[row + STATION]! !== NOBODY && doomed(rows[row + PORT]!, rows[row + HEARD]!)) remove(database, row);
  }
}

/** All of them, in the order in which they were first heard. */
export function walk({ rows, end }: FilteringDatabase): Learned[] {
  const learned: Learned[] = [];
  for (let row = 0; row < end; row += ROW) {
    if (rows[row + STATION]! === NOBODY) continue;
    learned.push({
      station: Mac.fromNumber(rows[row + STATION]!),
      port: rows[row + PORT]!,
      heard: rows[row + HEARD]!,
    });
  }
  return learned;
}

/** Room for more: where rows were forgotten in their place, else in twice the memory. */
function rebuild(database: FilteringDatabase): void {
  const { rows, end } = database;
  const isHalfEmpty = 2 * ROW * database.size <= end;
  Object.assign(database, createSized(isHalfEmpty ? rows.length / ROW : (2 * rows.length) / ROW));
  for (let row = 0; row < end; row += ROW) {
    if (rows[row + STATION]! === NOBODY) continue;
    add(database, Mac.fromNumber(rows[row + STATION]!), rows[row + PORT]!, rows[row + HEARD]!);
  }
}

/** Multiplicative hashing of the low 32 bits, in which stations of one maker differ, and the rest. */
function homeOf(station: Mac.Mac): number {
  const hash = Math.imul(station | 0, 0x9e37_79b1) ^ Math.imul(Math.floor(station / 0x1_0000_0000), 0x85eb_ca6b);
  return hash ^ (hash >>> 15);
}
