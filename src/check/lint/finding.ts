/** Something that the lint has found, and the packet that shows it. */
import type { Located } from '../../lab/topology.ts';
import type { RuleName, Severity } from './rules.ts';

/** Something that is probably wrong with a topology. */
export interface Finding extends Located {
  readonly rule: RuleName;
  readonly severity: Severity;
  /** As messages name it. */
  readonly file: string;
  /** What is wrong, with names and addresses. */
  readonly message: string;
  /** What comes of it. */
  readonly consequence: string;
  /** What to change. */
  readonly fix: string;
  /** Null where no packet shows it, or none was sent because enough others were. */
  readonly proof: Proof | null;
}

/** A packet that was sent in the lab. */
export interface Proof {
  /** Who sent what, in tcpdump's words. */
  readonly sent: string;
  /** The drop or answer it met. */
  readonly met: string;
}

/** What a rule says; the rest of the finding follows from it. */
export interface Claim {
  readonly rule: RuleName;
  readonly at: Located;
  readonly message: string;
  readonly consequence: string;
  readonly fix: string;
  /** Sends the packet; null where it shows nothing. Left out where there is none to send. */
  readonly prove?: () => Proof | null;
}

/** Looks a network over. */
export type Check<Subject> = (subject: Subject) => Iterable<Claim>;
