/** The conversation as text: for each frame that is sent, the time, the NIC, and the line that `tcpdump -n` prints. */
import type { Frame } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import type { Observer } from '../sim/observer.ts';
import { formatSeconds } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { summarizeFrame } from '../wire/registry.ts';

/** What the transcript calls a port, or null for one that it leaves out, such as `lo`. */
export type NameOf = (node: Node, port: number) => string | null;

/** Takes a line in its parts; the frame is only to be looked at. */
export type TakeLine = (time: Nanos, nic: string, text: string, frame: Frame) => void;

export function createTranscript(nameOf: NameOf, take: TakeLine): Observer {
  return {
    sent(node, port, frame) {
      const nic = nameOf(node, port);
      if (nic !== null) take(node.now, nic, summarizeFrame(frame.bytes, frame.length), frame);
    },
    received() {},
    dropped() {},
  };
}

/** `0.000101 h2.eth0 ARP, Reply 192.0.2.2 is-at 02:00:00:00:00:02, length 28` */
export function formatLine(time: Nanos, nic: string, text: string): string {
  return `${formatSeconds(time)} ${nic} ${text}`;
}
