/**
 * What ICMP errors are called: in iputils ping's words, and as traceroute's annotations. RFC 792, RFC 1122 §3.2.2.1,
 * RFC 1812 §5.2.7.1.
 */
import * as Icmp from '../wire/icmp.ts';
import * as Ip from '../wire/ip4.ts';

const { Type, UnreachableCode: Unreachable } = Icmp;

const UNREACHABLE_WORDS: Readonly<Record<number, string>> = {
  [Unreachable.Net]: 'Destination Net Unreachable',
  [Unreachable.Host]: 'Destination Host Unreachable',
  [Unreachable.Protocol]: 'Destination Protocol Unreachable',
  [Unreachable.Port]: 'Destination Port Unreachable',
  [Unreachable.SourceRouteFailed]: 'Source Route Failed',
  [Unreachable.NetUnknown]: 'Destination Net Unknown',
  [Unreachable.HostUnknown]: 'Destination Host Unknown',
  [Unreachable.SourceHostIsolated]: 'Source Host Isolated',
  [Unreachable.NetProhibited]: 'Destination Net Prohibited',
  [Unreachable.HostProhibited]: 'Destination Host Prohibited',
  [Unreachable.NetTypeOfService]: 'Destination Net Unreachable for Type of Service',
  [Unreachable.HostTypeOfService]: 'Destination Host Unreachable for Type of Service',
  [Unreachable.CommunicationProhibited]: 'Packet filtered',
  [Unreachable.HostPrecedenceViolation]: 'Precedence Violation',
  [Unreachable.PrecedenceCutoff]: 'Precedence Cutoff',
};

const REDIRECT_WORDS: readonly string[] = [
  'Redirect Network',
  'Redirect Host',
  'Redirect Type of Service and Network',
  'Redirect Type of Service and Host',
];

const TIME_EXCEEDED_WORDS: readonly string[] = ['Time to live exceeded', 'Frag reassembly time exceeded'];

/** ping's words for the error message at `at`, whose header is there. */
export function errorWords(bytes: Uint8Array, at: number): string {
  const type = Icmp.type(bytes, at);
  const code = Icmp.code(bytes, at);
  switch (type) {
    case Type.DestinationUnreachable:
      if (code === Unreachable.FragmentationNeeded) {
        return `Frag needed and DF set (mtu = ${Icmp.nextHopMtu(bytes, at)})`;
      }
      return UNREACHABLE_WORDS[code] ?? `Dest Unreachable, Bad Code: ${code}`;
    case Type.SourceQuench:
      return 'Source Quench';
    case Type.Redirect:
      return `${REDIRECT_WORDS[code] ?? `Redirect, Bad Code: ${code}`}(New nexthop: ${Ip.format(Icmp.gateway(bytes, at))})`;
    case Type.TimeExceeded:
      return TIME_EXCEEDED_WORDS[code] ?? `Time exceeded, Bad Code: ${code}`;
    case Type.ParameterProblem:
      return `Parameter problem: pointer = ${Icmp.pointer(bytes, at)}`;
    default:
      return `Bad ICMP type: ${type}`;
  }
}

const ANNOTATIONS: Readonly<Record<number, string>> = {
  [Unreachable.Net]: '!N',
  [Unreachable.Host]: '!H',
  [Unreachable.Protocol]: '!P',
  // The destination was reached.
  [Unreachable.Port]: '',
  [Unreachable.SourceRouteFailed]: '!S',
  [Unreachable.NetUnknown]: '!N',
  [Unreachable.HostUnknown]: '!H',
  [Unreachable.SourceHostIsolated]: '!N',
  [Unreachable.NetProhibited]: '!X',
  [Unreachable.HostProhibited]: '!X',
  [Unreachable.NetTypeOfService]: '!N',
  [Unreachable.HostTypeOfService]: '!H',
  [Unreachable.CommunicationProhibited]: '!X',
  [Unreachable.HostPrecedenceViolation]: '!V',
  [Unreachable.PrecedenceCutoff]: '!C',
};

/** traceroute's annotation for an error that ends the way; '' when it says that the way is complete. */
export function annotation(bytes: Uint8Array, at: number): string {
  const type = Icmp.type(bytes, at);
  const code = Icmp.code(bytes, at);
  if (type !== Type.DestinationUnreachable) return `!<${type}-${code}>`;
  if (code === Unreachable.FragmentationNeeded) return `!F-${Icmp.nextHopMtu(bytes, at)}`;
  return ANNOTATIONS[code] ?? `!<${code}>`;
}
