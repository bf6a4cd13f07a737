/**
 * Gives an interface address, mask and gateway in one step: all of it is checked before any of it is done. The mask is
 * then the interface's own. The gateway is noted for the interface, and shown by sys_network_list_interfaces_v2; with
 * `makeDefault` the default route of that metric leads to it, in place of the one there was.
 *
 * EFAULT       request or name are outside the process's memory
 * EINVAL       the name is empty, longer than 256 bytes, or not UTF-8; an address that the interface or a router cannot
 *              have; a mask that is not contiguous; unknown flags; no gateway to make the default
 * ENODEV       no interface has the name
 * ENETUNREACH  the gateway is on none of the interface's subnets
 * ENETDOWN     the interface is down, and the gateway should become the default
 * EEXIST       the interface has the address already, beside its first
 * ENOBUFS      the routing table is full
 */
import { isInside, read_user_ipv4, read_user_string, readU32LittleEndian, readWord } from '../kernel/memory.ts';
import type { Process } from '../kernel/process.ts';
import { DONE, fail } from '../kernel/result.ts';
import type { Result } from '../kernel/result.ts';
import { setFirstAddress } from '../stack/interface.ts';
import type { Interface } from '../stack/interface.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import { ip4Of } from './address.ts';
import { interfaceNamed, isAssignable, isMetric, isUnicast, replaceDefaultRoute } from './network-arguments.ts';
import { zero } from './numbered.ts';
import type { NumberedCall } from './numbered.ts';
import type { InterfaceConfiguration } from './values.ts';

const HAS_GATEWAY = 1;
const MAKE_DEFAULT = 2;

export function sys_network_configure_ipv4(process: Process, request: InterfaceConfiguration): Result<undefined> {
  const { kernel } = process;
  const { name, gateway = null, makeDefault = false, metric = 0 } = request;
  const found = interfaceNamed(process, name);
  if (!found.ok) return found;
  const at = found.value;
  const ip = ip4Of(request.address);
  const mask = ip4Of(request.netmask);
  const prefixLength = mask === null ? null : Ip.prefixLength(mask);
  if (ip === null || !isAssignable(at, ip) || prefixLength === null || !isMetric(metric)) return fail('EINVAL');
  const router = gateway === null ? null : ip4Of(gateway);
  if (gateway !== null) {
    if (router === null || !isUnicast(router) || Ip.isLoopback(router) || router === ip) return fail('EINVAL');
    if (!isReachable(at, router, ip, prefixLength)) return fail('ENETUNREACH');
  }
  if (makeDefault && router === null) return fail('EINVAL');
  if (makeDefault && !at.up) return fail('ENETDOWN');

  const refused = setFirstAddress(kernel.stack, at, ip, prefixLength);
  if (refused !== null) return fail(refused);
  at.ownPrefixLength = prefixLength;
  if (router === null) {
    at.notedGateway = null;
    return DONE;
  }
  at.notedGateway = router;
  if (!makeDefault) return DONE;
  const full = replaceDefaultRoute(kernel.stack, { gateway: router, interface: at, metric });
  return full === null ? DONE : fail(full);
}

/** Whether the gateway is on one of the subnets that the interface will have. */
function isReachable(at: Interface, gateway: Ip4, ip: Ip4, prefixLength: number): boolean {
  if (Ip.sameSubnet(gateway, ip, prefixLength)) return true;
  return at.addresses.slice(1).some((other) => Ip.sameSubnet(gateway, other.ip, other.prefixLength));
}

/** a0: {name pointer, name length, address, netmask, gateway, flags u32, metric u32}. */
export const numbered: NumberedCall = (process, request) => {
  const { wordSize } = process;
  const fields = request + 2 * wordSize;
  if (!isInside(process, request, 2 * wordSize + 20)) return fail('EFAULT');
  const name = read_user_string(process, readWord(process, request), readWord(process, request + wordSize));
  if (!name.ok) return name;
  const address = read_user_ipv4(process, fields);
  if (!address.ok) return address;
  const netmask = read_user_ipv4(process, fields + 4);
  if (!netmask.ok) return netmask;
  const gateway = read_user_ipv4(process, fields + 8);
  if (!gateway.ok) return gateway;
  const flags = readU32LittleEndian(process, fields + 12);
  if (flags > (HAS_GATEWAY | MAKE_DEFAULT)) return fail('EINVAL');
  return zero(
    sys_network_configure_ipv4(process, {
      name: name.value,
      address: address.value,
      netmask: netmask.value,
      gateway: (flags & HAS_GATEWAY) !== 0 ? gateway.value : null,
      makeDefault: (flags & MAKE_DEFAULT) !== 0,
      metric: readU32LittleEndian(process, fields + 16),
    }),
  );
};
