/** Frames that have come over links so far; each is a hop. */
import type { Simulator } from '../src/sim/simulator.ts';

export function hopsOf({ nodes }: Simulator): number {
  let hops = 0;
  for (const { ports } of nodes) for (const { framesIn } of ports) hops += framesIn;
  return hops;
}
