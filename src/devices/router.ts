/** A router: a host whose kernel passes on what is not for it. RFC 1812; how, stands in stack/ipv4-forward.ts. */
import type { Node } from '../sim/node.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { setSysctl } from '../stack/sysctl.ts';
import * as Host from './host.ts';
import type { HostSettings } from './host.ts';

export function create(node: Node, settings: HostSettings): Kernel {
  const kernel = Host.create(node, settings);
  setSysctl(kernel.stack, 'net.ipv4.ip_forward', 1);
  return kernel;
}
