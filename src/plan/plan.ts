/**
 * A network as one draws it on a napkin: who is there and who is linked to whom, without addresses. Builders and
 * imports make plans; topology-of-plan.ts makes a working topology of one.
 */
import type { Place } from '../lab/topology.ts';
import type { BitsPerSecond } from '../sim/link-settings.ts';
import type { Nanos } from '../sim/time.ts';

/** Of one plan; what reads the file has limits of its own. */
export const MAX_NODES = 100_000;
export const MAX_LINKS = 500_000;

/** A network before it has addresses: who is there, and who is linked to whom. */
export interface Plan {
  readonly name: string;
  /** Sentences about the network, for the head of its file. */
  readonly about: readonly string[];
  /** In the order in which they stand in the file, within each kind. Names are those of a topology file, and unique. */
  readonly nodes: readonly PlannedNode[];
  readonly links: readonly PlannedLink[];
}

/** A node of a plan. */
export interface PlannedNode {
  readonly name: string;
  readonly kind: 'host' | 'router' | 'switch';
  readonly place?: Place;
}

/** A link of a plan; what is left out is as in a topology file. */
export interface PlannedLink {
  /** Names of nodes. */
  readonly from: string;
  readonly to: string;
  /** Unless given: eth0, eth1 and so on in the order of the node's links; a switch has none. */
  readonly fromInterface?: string;
  readonly toInterface?: string;
  /** What is left out is as on any link. */
  readonly delay?: Nanos;
  readonly bandwidth?: BitsPerSecond;
  readonly mtu?: number;
}

/** What was asked for cannot be planned; the message says why, for the person who asked. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** FNV-1a, 32 bits: the same number for a name, whatever else is in the plan. */
export function hashOf(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  // The last characters have hardly met the upper bits; MurmurHash3's finish spreads them.
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
