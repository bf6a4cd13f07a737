/**
 * What can be set on one direction of a link, in the topology, at a time, and while it runs.
 * What has been handed to the link already keeps the luck and the delay it drew; another bandwidth counts for all that
 * has not begun to go out.
 */
import { MICROSECOND, SECOND } from './time.ts';
import type { Nanos } from './time.ts';

/** A bit rate; 1 to 10^12. */
export type BitsPerSecond = number;
/** From 0, never, to 1, always. */
export type Probability = number;

/** How much may wait for its first bit to go out; the frame that is going out does not count, so 0 means none waits. */
export type QueueLimit = { readonly packets: number } | { readonly bytes: number };

/** One direction of a link, as it is now. */
export interface LinkSettings {
  /** Propagation, from the last bit sent to the last bit received; at least 1 ns. */
  readonly delay: Nanos;
  /** 1 to 10^12. */
  readonly bandwidth: BitsPerSecond;
  readonly queue: QueueLimit;
  /** The longest IP datagram that the link carries; Infinity leaves that to the devices. */
  readonly mtu: number;
  readonly loss: Probability;
  /** A second one follows right behind, and has luck of its own. */
  readonly duplication: Probability;
  /** One bit behind the Ethernet header flips. A real FCS would have the frame dropped: here it stands for a bad NIC or RAM. */
  readonly corruption: Probability;
  /** Uniform in ± this around the delay; order is kept. */
  readonly jitter: Nanos;
  /** Such a frame is held back by `reorderDelay`, so that later ones overtake it. */
  readonly reorder: Probability;
  /** Null: as long as the delay. */
  readonly reorderDelay: Nanos | null;
  /** 0 drops none, 1 all, 10 the 10th, the 20th and so on. */
  readonly dropEveryNth: number;
  /** Everything sent in this direction is lost; the carrier stays, and nobody is told. */
  readonly partitioned: boolean;
  /** What is sent waits in the queue, within its limit, until this is false again; then it goes in order. */
  readonly held: boolean;
}

export const DEFAULT_LINK: LinkSettings = {
  delay: 100 * MICROSECOND,
  bandwidth: 1_000_000_000,
  queue: { packets: 1_000 },
  mtu: Infinity,
  loss: 0,
  duplication: 0,
  corruption: 0,
  jitter: 0,
  reorder: 0,
  reorderDelay: null,
  dropEveryNth: 0,
  partitioned: false,
  held: false,
};

/** A host's link to itself: no wire, so a short delay and a bandwidth that is none; Linux's MTU for lo. */
export const LOOPBACK_LINK: LinkSettings = {
  ...DEFAULT_LINK,
  delay: 1 * MICROSECOND,
  bandwidth: 100_000_000_000,
  mtu: 65_536,
};

const NAMES = Object.keys(DEFAULT_LINK) as (keyof LinkSettings)[];

/** Whether nothing is left out. */
export function isComplete(settings: Partial<LinkSettings>): settings is LinkSettings {
  for (const name of NAMES) if (settings[name] === undefined) return false;
  return true;
}

/** Delays beyond a day would bring sums of times near 2^53. */
const MAX_DELAY: Nanos = 86_400 * SECOND;
const MAX_BANDWIDTH: BitsPerSecond = 1_000_000_000_000;
/** Packets that may wait in one direction, whatever its limit says. */
export const MAX_QUEUE_PACKETS = 1_000_000;
const MAX_QUEUE_BYTES = 1_073_741_824;

/** What is wrong with a setting, in words for the person who made it; null when nothing is. */
export function findProblem(settings: Partial<LinkSettings>): string | null {
  const { delay, bandwidth, queue, mtu, jitter, reorderDelay, dropEveryNth } = settings;
  if (delay !== undefined && !isWhole(delay, 1, MAX_DELAY))
    return `delay ${delay}: must be 1 ns to one day, in whole ns`;
  if (bandwidth !== undefined && !isWhole(bandwidth, 1, MAX_BANDWIDTH))
    return `bandwidth ${bandwidth}: must be 1 to 10^12 bits per second`;
  if (queue !== undefined && 'packets' in queue && !isWhole(queue.packets, 0, MAX_QUEUE_PACKETS))
    return `queue ${queue.packets} packets: must be 0 to ${MAX_QUEUE_PACKETS}`;
  if (queue !== undefined && 'bytes' in queue && !isWhole(queue.bytes, 0, MAX_QUEUE_BYTES))
    return `queue ${queue.bytes} bytes: must be 0 to ${MAX_QUEUE_BYTES}`;
  if (mtu !== undefined && mtu !== Infinity && !isWhole(mtu, 0, 65_536)) return `mtu ${mtu}: must be 0 to 65536`;
  if (jitter !== undefined && !isWhole(jitter, 0, MAX_DELAY))
    return `jitter ${jitter}: must be 0 ns to one day, in whole ns`;
  if (reorderDelay !== undefined && reorderDelay !== null && !isWhole(reorderDelay, 0, MAX_DELAY))
    return `reorderDelay ${reorderDelay}: must be 0 ns to one day, in whole ns`;
  if (dropEveryNth !== undefined && !isWhole(dropEveryNth, 0, Number.MAX_SAFE_INTEGER))
    return `dropEveryNth ${dropEveryNth}: must be a whole number, 0 for none`;
  for (const name of ['loss', 'duplication', 'corruption', 'reorder'] as const) {
    const chance = settings[name];
    if (chance !== undefined && !(chance >= 0 && chance <= 1)) return `${name} ${chance}: must be from 0 to 1`;
  }
  return null;
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
