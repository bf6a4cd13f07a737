/**
 * Sets the host's default gateway: the one default route with metric 0, in place of the one there was.
 *
 * EFAULT       the address is outside the process's memory
 * EINVAL       no router can have the address, or it is one of this host's own
 * ENETUNREACH  it is on no connected subnet
 * ENOBUFS      the routing table is full
 */
import { read_user_ipv4 } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { isUnicast, replaceDefaultRoute } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_set_gateway(process: Process, gateway: Ip4 | string): Result<undefined> {
  const ip = ip4Of(gateway);
  if (ip === null || !isUnicast(ip) || Ip.isLoopback(ip)) return fail('EINVAL');
  const refused = replaceDefaultRoute(process.kernel.stack, { gateway: ip, metric: 0 });
  return refused === null ? DONE : fail(refused);
}

/** a0: 4 address bytes. */
export const numbered: NumberedCall = (process, pointer) => {
  const gateway = read_user_ipv4(process, pointer);
  return gateway.ok ? zero(sys_network_set_gateway(process, gateway.value)) : gateway;
};
