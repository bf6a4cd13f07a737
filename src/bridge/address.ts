/**
 * Where a bridge leads, as people write it:
 *
 *     udp:127.0.0.1:47001,127.0.0.1:47002         one Ethernet frame a datagram: from the second, at the first
 *     vxlan:42:127.0.0.1:47001,127.0.0.1:47002    the same with RFC 7348's header, VNI 42
 *     stream:127.0.0.1:47001                      QEMU's stream netdev; connects
 *     stream:listen:127.0.0.1:47001               the same; waits to be connected to
 *     stream:unix:/run/lab.sock                   over a Unix socket; also with listen:
 *
 * Not here: names instead of addresses, and IPv6.
 */
import * as Ip from '../wire/ip4.ts';

export interface Endpoint {
  /** An IPv4 address in dotted decimal. */
  readonly host: string;
  readonly port: number;
}

export type BridgeAddress =
  | { readonly kind: 'udp'; readonly local: Endpoint; readonly remote: Endpoint }
  | { readonly kind: 'vxlan'; readonly vni: number; readonly local: Endpoint; readonly remote: Endpoint }
  | { readonly kind: 'stream'; readonly listen: boolean; readonly at: Endpoint | { readonly path: string } };

/** RFC 7348 §5: the VNI has 24 bits. */
const MAX_VNI = 0xff_ffff;
/** 127.0.0.0/8, RFC 1122 §3.2.1.3. */
const LOOPBACK_NETWORK = 127;

const FORMS =
  'udp:LOCAL,REMOTE, vxlan:VNI:LOCAL,REMOTE, stream:ADDRESS or stream:listen:ADDRESS, ' +
  'where an address is 127.0.0.1:47001, or unix:PATH for a stream';

/** What was written, or what is wrong with it. */
export function parseAddress(text: string): BridgeAddress | { readonly error: string } {
  const [, kind = '', rest = ''] = /^(udp|vxlan|stream):(.*)$/.exec(text) ?? [];
  switch (kind) {
    case 'udp': {
      const pair = parsePair(rest);
      return 'error' in pair ? pair : { kind, ...pair };
    }
    case 'vxlan': {
      const [, vni, ends = ''] = /^(\d{1,8}):(.*)$/.exec(rest) ?? [];
      if (vni === undefined) return { error: 'write the VNI first, as in vxlan:42:127.0.0.1:47001,127.0.0.1:47002' };
      if (Number(vni) > MAX_VNI) return { error: `VNI ${vni}: it is at most ${MAX_VNI}` };
      const pair = parsePair(ends);
      return 'error' in pair ? pair : { kind, vni: Number(vni), ...pair };
    }
    case 'stream': {
      const listen = rest.startsWith('listen:');
      const where = listen ? rest.slice('listen:'.length) : rest;
      if (where.startsWith('unix:')) {
        const path = where.slice('unix:'.length);
        return path === ''
          ? { error: 'write the path of the Unix socket behind unix:' }
          : { kind, listen, at: { path } };
      }
      const at = parseEndpoint(where);
      return 'error' in at ? at : { kind, listen, at };
    }
    default:
      return { error: `"${text}" is no address of a bridge; write ${FORMS}` };
  }
}

function parsePair(text: string): { readonly local: Endpoint; readonly remote: Endpoint } | { readonly error: string } {
  const [first = '', second, ...more] = text.split(',');
  if (second === undefined || more.length > 0) {
    return { error: 'write where to listen and where to send, as in 127.0.0.1:47001,127.0.0.1:47002' };
  }
  const local = parseEndpoint(first);
  if ('error' in local) return local;
  const remote = parseEndpoint(second);
  return 'error' in remote ? remote : { local, remote };
}

function parseEndpoint(text: string): Endpoint | { readonly error: string } {
  const [, name = '', digits = ''] = /^\s*([^:]+):(\d{1,5})\s*$/.exec(text) ?? [];
  const host = name === 'localhost' ? '127.0.0.1' : name;
  const port = Number(digits);
  if (Ip.parse(host) === null || port < 1 || port > 65_535) {
    return { error: `"${text}" is not an IPv4 address and a port, such as 127.0.0.1:47001` };
  }
  return { host, port };
}

/** Whether nobody on another machine can be reached by it, or reach it. */
export function isLocal(address: BridgeAddress): boolean {
  if (address.kind === 'stream') return 'path' in address.at || isLoopback(address.at);
  return isLoopback(address.local) && isLoopback(address.remote);
}

function isLoopback({ host }: Endpoint): boolean {
  return Number(host.split('.')[0]) === LOOPBACK_NETWORK;
}

export function formatEndpoint(at: Endpoint | { readonly path: string }): string {
  return 'path' in at ? at.path : `${at.host}:${at.port}`;
}
