/** What a bridge is to the lab's edge: something that takes frames out, and that brings them in by its OutsidePort. */
import type { Leave } from '../sim/node.ts';

export interface Door {
  /** Takes a frame out, or says why it cannot. */
  readonly leave: Leave;
  /** Resolves when frames can come in; rejects with words that name the address. */
  open(): Promise<void>;
  close(): void;
  /** What went wrong beside the lab's own drops, in words for a person; such as what the kernel dropped before us. */
  complaints(): string[];
}

/** What a door is told by its surroundings. */
export interface DoorSettings {
  /** Called before frames that came are handed to the lab, so that its clock is at the present. */
  readonly arrived: () => void;
  /** Says something to the person who runs the lab, now. */
  readonly say: (text: string) => void;
}
