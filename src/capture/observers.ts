/** Several observers where the simulator has room for one: a capture and a transcript at once, in the order given. */
import type { Observer } from '../sim/observer.ts';

/** Hands on what it sees. Only one Recorder may be among the observers: a frame has room for one mark. */
export function fanOut(observers: readonly Observer[]): Observer {
  return {
    sent(node, port, frame) {
      for (let i = 0; i < observers.length; i++) observers[i]!.sent(node, port, frame);
    },
    received(node, port, frame) {
      for (let i = 0; i < observers.length; i++) observers[i]!.received(node, port, frame);
    },
    dropped(node, port, reason, frame) {
      for (let i = 0; i < observers.length; i++) observers[i]!.dropped(node, port, reason, frame);
    },
  };
}
