/**
 * What became of a packet, in one word. Most deaths have the word that counters and captures use, their reason to drop
 * (sim/drop-reason.ts); where several reasons are one thing to who looks after the network, they share a disposition.
 */
import { DROP_REASONS } from '../sim/drop-reason.ts';
import type { DropReason } from '../sim/drop-reason.ts';

/** The reasons that have a disposition in common. */
const SHARED = {
  unreachable: 'null-routed',
  prohibited: 'null-routed',
  blackhole: 'null-routed',
  'not-a-router': 'denied',
  'reverse-path': 'denied',
  'martian-source': 'denied',
  'martian-destination': 'denied',
  'source-route': 'denied',
  'directed-broadcast': 'denied',
  'lost-nth': 'lost',
  partitioned: 'lost',
  'not-connected': 'link-down',
  'interface-down': 'link-down',
  'neighbor-queue-full': 'queue-full',
  'receive-buffer-full': 'queue-full',
  'no-protocol': 'no-socket',
} as const satisfies Partial<Record<DropReason, string>>;

type Shared = keyof typeof SHARED;

/** The dispositions that are no reasons to drop. */
const OWN = {
  delivered: 'it came to where it was sent to, and was taken there',
  'null-routed': 'a route matched that leads nowhere: blackhole, unreachable or prohibit',
  denied: 'a host or router on the way does not let such a packet pass',
  'wrong-subnet': 'a host takes the other end to be on its own link, where it is not',
  loop: 'the packet goes round in a circle',
  undecided: 'it is still on its way: held by a link, or waiting',
} as const;

/** What became of a packet, in one word: a reason to drop, or what `DISPOSITIONS` says of several together. */
export type Disposition = Exclude<DropReason, Shared> | keyof typeof OWN;

/** What each disposition means. */
export const DISPOSITIONS: Readonly<Record<Disposition, string>> = { ...DROP_REASONS, ...OWN };

export function dispositionOf(reason: DropReason): Disposition {
  return isShared(reason) ? SHARED[reason] : reason;
}

function isShared(reason: DropReason): reason is Shared {
  return Object.hasOwn(SHARED, reason);
}

/** Whether a word, such as one that a test expects, is a disposition or a reason to drop. */
export function isKnown(word: string): word is Disposition | DropReason {
  return Object.hasOwn(DISPOSITIONS, word);
}
