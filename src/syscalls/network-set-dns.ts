/**
 * Sets the DNS server that the host's resolver asks. It may be this host itself: 127.0.0.1.
 *
 * EFAULT  the address is outside the process's memory
 * EINVAL  no host can have the address
 */
import { read_user_ipv4 } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { isUnicast } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';

export function sys_network_set_dns(process: Process, server: Ip4 | string): Result<undefined> {
  const ip = ip4Of(server);
  if (ip === null || !isUnicast(ip)) return fail('EINVAL');
  process.kernel.dns = ip;
  return DONE;
}

/** a0: 4 address bytes. */
export const numbered: NumberedCall = (process, pointer) => {
  const server = read_user_ipv4(process, pointer);
  return server.ok ? zero(sys_network_set_dns(process, server.value)) : server;
};
