/** Sending a frame out of many ports at once: what a hub always does, and a switch that knows no better. */
import type { Frame } from '../sim/frame.ts';
import type { World } from '../sim/world.ts';

/** Out of every port that has carrier but the entrance; the last one gets the frame itself, the others copies. */
export function flood(world: World, ports: number, entrance: number, frame: Frame): void {
  let last = -1;
  for (let port = 0; port < ports; port++) {
    if (port === entrance || !world.hasCarrier(port)) continue;
    if (last !== -1) {
      // A copy that cannot be made is counted by the world.
      const copy = world.copy(frame);
      if (copy !== null) world.transmit(last, copy);
    }
    last = port;
  }
  if (last === -1) world.drop('nowhere-to-flood', frame);
  else world.transmit(last, frame);
}
