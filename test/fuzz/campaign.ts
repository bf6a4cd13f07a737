/**
 * Many batches on many labs, one after another: what `npm run fuzz` and its short form in the tests run.
 * Everything hangs on the seed; a failure names the lab and the batch, which can be made again.
 */
import { DROP_REASONS } from '../../src/sim/drop-reason.ts';
import type { DropReason } from '../../src/sim/drop-reason.ts';
import { makeBatch, openSiege, play } from './siege.ts';
import type { Action, Siege } from './siege.ts';
import type { Seeds } from './seeds.ts';

export interface CampaignSettings {
  readonly seed: number;
  /** Frames to inject in all, in one batch, and in the life of one lab. */
  readonly frames: number;
  readonly batch: number;
  readonly life: number;
  readonly seeds: Seeds['groups'];
  /** The number of the first lab: to repeat what a later one met. */
  readonly firstLab?: number;
  /** Each batch also on a second lab that spoils frames which were given away: both must do the same. */
  readonly twin?: boolean;
}

export interface Progress {
  readonly lab: number;
  readonly batch: number;
  /** So far. */
  readonly injected: number;
  readonly changed: number;
  readonly events: number;
  readonly siege: Siege;
  /** The lab's life ends here. */
  readonly isLast: boolean;
}

export interface Failure {
  readonly lab: number;
  readonly batch: number;
  readonly injected: number;
  readonly problems: readonly string[];
  readonly actions: readonly Action[];
}

/** Runs until all frames are in, something is wrong, or `report`, called after each batch, gives words about that or stops it. */
export function run(settings: CampaignSettings, report: (progress: Progress) => string[] | 'stop'): Failure | null {
  const { seed, frames, batch: size, life, seeds, firstLab = 0, twin = false } = settings;
  const before = { injected: 0, changed: 0, events: 0 };
  for (let lab = firstLab; before.injected < frames; lab++) {
    const siege = openSiege({ seed: labSeed(seed, lab), seeds });
    const other = twin ? openSiege({ seed: labSeed(seed, lab), seeds, poison: true }) : null;
    const wanted = Math.min(life, frames - before.injected);
    let injected = 0;
    for (let batch = 0; injected < wanted; batch++) {
      const count = Math.min(size, wanted - injected);
      const actions = batchOf(settings, siege, lab, batch, count);
      const problems = playTwice(siege, other, actions);
      injected += count;
      const progress = {
        lab,
        batch,
        injected: before.injected + injected,
        changed: before.changed + siege.changed,
        events: before.events + siege.events,
        siege,
        isLast: injected >= wanted,
      };
      const verdict = problems.length > 0 ? problems : report(progress);
      if (verdict === 'stop') return null;
      if (verdict.length > 0) return { lab, batch, injected: progress.injected, problems: verdict, actions };
    }
    siege.lab.close();
    before.injected += injected;
    before.changed += siege.changed;
    before.events += siege.events;
  }
  return null;
}

/** Labs have luck of their own. */
export function labSeed(seed: number, lab: number): number {
  return seed * 100_003 + lab;
}

function batchOf(
  { seed, seeds }: CampaignSettings,
  { lab }: Siege,
  number: number,
  batch: number,
  frames: number,
): Action[] {
  return makeBatch(lab, seeds, `lab ${number} batch ${batch}`, seed, frames);
}

/** Plays the actions on both labs. Who reads what is not his, or was not written, reads something else where it is spoilt. */
export function playTwice(siege: Siege, other: Siege | null, actions: readonly Action[]): string[] {
  const problems = play(siege, actions);
  if (other === null || problems.length > 0) return problems;
  problems.push(...play(other, actions));
  const poisoned = measure(other);
  for (const [what, value] of measure(siege)) {
    const spoilt = poisoned.get(what);
    if (value !== spoilt) problems.push(`with spoilt frames another run: ${what} ${value}, then ${spoilt}`);
  }
  return problems;
}

/** What must be the same. */
function measure({ lab, events, changed }: Siege): Map<string, number | undefined> {
  const all = new Map<string, number | undefined>(
    Object.entries({ now: lab.now, events, changed, ...lab.frameCounts() }),
  );
  for (const { name, drops, ports } of lab.simulator.nodes) {
    for (const reason of Object.keys(DROP_REASONS) as DropReason[]) all.set(`${name} ${reason}`, drops.get(reason));
    for (const { index, framesIn, bytesIn } of ports) {
      all.set(`${name} port ${index} frames`, framesIn);
      all.set(`${name} port ${index} bytes`, bytesIn);
    }
  }
  return all;
}
