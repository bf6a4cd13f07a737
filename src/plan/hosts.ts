/** Hosts behind routers of a plan: h1, h2, …; one is linked to its router, several are by a switch. */
import { MAX_NODES, PlanError } from './plan.ts';
import type { Plan, PlannedLink, PlannedNode } from './plan.ts';

/** The plan with so many hosts behind each of these routers. Their links are the first, so eth0 is towards the hosts. */
export function withHosts(plan: Plan, hostsPerRouter: number, routers: readonly string[]): Plan {
  if (!Number.isSafeInteger(hostsPerRouter) || hostsPerRouter < 0) {
    throw new PlanError(`hosts per router: ${hostsPerRouter} is not a whole number from 0 to ${MAX_NODES}`);
  }
  if (plan.nodes.length + hostsPerRouter * routers.length > MAX_NODES) {
    throw new PlanError(`a plan has at most ${MAX_NODES} nodes`);
  }
  const taken = new Set(plan.nodes.map(({ name }) => name));
  const nodes: PlannedNode[] = [];
  const links: PlannedLink[] = [];
  let hosts = 0;
  let switches = 0;
  const add = (kind: 'host' | 'switch'): string => {
    for (;;) {
      const name = kind === 'host' ? `h${++hosts}` : `s${++switches}`;
      if (taken.has(name)) continue;
      nodes.push({ name, kind });
      return name;
    }
  };
  for (const router of routers) {
    if (hostsPerRouter === 0) break;
    const lan = hostsPerRouter === 1 ? router : add('switch');
    if (lan !== router) links.push({ from: lan, to: router });
    for (let i = 0; i < hostsPerRouter; i++) links.push({ from: add('host'), to: lan });
  }
  return { ...plan, nodes: [...plan.nodes, ...nodes], links: [...links, ...plan.links] };
}
