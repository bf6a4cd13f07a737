/** Several observers where the simulator has room for one: captures and a transcript at once, in the order given. */
import type { DropReason } from '../sim/drop-reason.ts';
import type { Frame } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import type { Observer } from '../sim/observer.ts';

/** Hands on what it sees. Of several recorders only one may be among them: a frame has room for one mark. */
export function fanOut(observers: readonly Observer[]): Observer {
  return {
    sent(node: Node, port: number, frame: Frame): void {
      for (let i = 0; i < observers.length; i++) observers[i]!.sent(node, port, frame);
    },
    received(node: Node, port: number, frame: Frame): void {
      for (let i = 0; i < observers.length; i++) observers[i]!.received(node, port, frame);
    },
    dropped(node: Node, port: number, reason: DropReason, frame: Frame): void {
      for (let i = 0; i < observers.length; i++) observers[i]!.dropped(node, port, reason, frame);
    },
  };
}
