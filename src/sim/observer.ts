/** Who watches the frames go by: a capture, a transcript, a trace. Looks at a frame and never keeps it. */
import type { DropReason } from './drop-reason.ts';
import type { Frame } from './frame.ts';
import type { Node } from './node.ts';

/** For `dropped`: the frame ended in the device, not at one of its ports. */
export const NO_PORT = -1;

export interface Observer {
  /** The frame was handed to the NIC; its queue, MTU and link have not decided yet. */
  sent(node: Node, port: number, frame: Frame): void;
  /** The frame's last bit has come; the device has not seen it yet. */
  received(node: Node, port: number, frame: Frame): void;
  /**
   * The frame ends here. What dies on a link counts at the sending side's port, what dies in a device at `NO_PORT`.
   * With 'no-memory' it may be the original of a copy that could not be made, which itself lives on.
   */
  dropped(node: Node, port: number, reason: DropReason, frame: Frame): void;
}
