/** The one call from a plan to the text of a topology file, which `openLab` takes. */
import type { AddressPools } from './addressing.ts';
import { formatTopology } from './format-topology.ts';
import type { Plan } from './plan.ts';
import { topologyOfPlan } from './topology-of-plan.ts';

/** A file of the plan's network, with addresses and routes; `openLab(topologyText(Shape.ring({ routers: 5 })))`. */
export function topologyText(plan: Plan, pools: AddressPools = {}): string {
  return formatTopology(topologyOfPlan(plan, pools), plan.about);
}
