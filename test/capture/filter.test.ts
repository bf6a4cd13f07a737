import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FilterError, parseFilter } from '../../src/capture/filter.ts';
import { MemorySink, PcapWriter } from '../../src/capture/index.ts';
import type { Ip4 } from '../../src/wire/ip4.ts';
import { ARP_REQUEST, UDP_DATAGRAM, hex, readAll, record } from './records.ts';

/** tcpdump: IP 198.51.100.7 > 192.0.2.2: udp (a later fragment, whose first bytes are not ports) */
const LATER_FRAGMENT = hex(`
  020000000002 020000000001 0800
  4500 001c 0001 2001 40 11 0000 c6336407 c0000202 00350035 00000000
`);
/** tcpdump: IP 192.0.2.2 > 192.0.2.1: ICMP echo reply, behind four bytes of options */
const ECHO_REPLY = hex(`
  020000000001 020000000002 0800
  4600 0020 0000 0000 40 01 0000 c0000202 c0000201 01010100 0000 0000 0001 0001
`);
/** tcpdump: IP 192.0.2.1.5353 > 224.0.0.251.53: tcp, behind four bytes of options */
const TCP_TO_GROUP = hex(`
  01005e0000fb 020000000001 0800
  4600 0020 0000 0000 01 06 0000 c0000201 e00000fb 01010100 14e9 0035 00000000
`);
const TAGGED = hex('020000000002 020000000001 8100 0005 0800 4500 001c 0000 0000 40 11 0000 c0000201 c0000202');

const FRAMES = { ARP_REQUEST, UDP_DATAGRAM, LATER_FRAGMENT, ECHO_REPLY, TCP_TO_GROUP, TAGGED };
type Name = keyof typeof FRAMES;

function passing(expression: string): Name[] {
  const filter = parseFilter(expression);
  return (Object.keys(FRAMES) as Name[]).filter((name) => filter(FRAMES[name], FRAMES[name].length));
}

const EXPRESSIONS: readonly (readonly [string, readonly Name[]])[] = [
  ['arp', ['ARP_REQUEST']],
  ['ip', ['UDP_DATAGRAM', 'LATER_FRAGMENT', 'ECHO_REPLY', 'TCP_TO_GROUP']],
  ['icmp', ['ECHO_REPLY']],
  ['udp', ['UDP_DATAGRAM', 'LATER_FRAGMENT']],
  ['tcp', ['TCP_TO_GROUP']],
  ['host 192.0.2.1', ['ARP_REQUEST', 'UDP_DATAGRAM', 'ECHO_REPLY', 'TCP_TO_GROUP']],
  ['src host 192.0.2.1', ['ARP_REQUEST', 'UDP_DATAGRAM', 'TCP_TO_GROUP']],
  ['dst 192.0.2.1', ['ECHO_REPLY']],
  ['arp host 192.0.2.2', ['ARP_REQUEST']],
  ['arp dst host 192.0.2.2', ['ARP_REQUEST']],
  ['ip host 192.0.2.2', ['UDP_DATAGRAM', 'LATER_FRAGMENT', 'ECHO_REPLY']],
  ['net 198.51.100.0/24', ['LATER_FRAGMENT']],
  ['net 0.0.0.0/0', ['ARP_REQUEST', 'UDP_DATAGRAM', 'LATER_FRAGMENT', 'ECHO_REPLY', 'TCP_TO_GROUP']],
  ['src net 192.0.2.0/31', ['ARP_REQUEST', 'UDP_DATAGRAM', 'TCP_TO_GROUP']],
  ['port 53', ['TCP_TO_GROUP']],
  ['udp port 53', []],
  ['tcp port 53', ['TCP_TO_GROUP']],
  ['src port 40000', ['UDP_DATAGRAM']],
  ['udp dst port 7', ['UDP_DATAGRAM']],
  ['port 53 or 7', ['UDP_DATAGRAM', 'TCP_TO_GROUP']],
  ['portrange 5000-6000', ['TCP_TO_GROUP']],
  ['broadcast', ['ARP_REQUEST']],
  ['ether broadcast', ['ARP_REQUEST']],
  ['multicast', ['ARP_REQUEST', 'TCP_TO_GROUP']],
  ['ether host 02:00:00:00:00:02', ['UDP_DATAGRAM', 'LATER_FRAGMENT', 'ECHO_REPLY', 'TAGGED']],
  ['ether src host 02:00:00:00:00:02', ['ECHO_REPLY']],
  ['host 192.0.2.1 and udp port 7', ['UDP_DATAGRAM']],
  ['not ip', ['ARP_REQUEST', 'TAGGED']],
  ['!arp && !tcp', ['UDP_DATAGRAM', 'LATER_FRAGMENT', 'ECHO_REPLY', 'TAGGED']],
  ['not (arp or icmp)', ['UDP_DATAGRAM', 'LATER_FRAGMENT', 'TCP_TO_GROUP', 'TAGGED']],
  // Equal precedence, from the left: (arp or udp) and src host …
  ['arp or udp and src host 192.0.2.1', ['ARP_REQUEST', 'UDP_DATAGRAM']],
  ['tcp or udp and src host 198.51.100.7', ['LATER_FRAGMENT']],
  ['not tcp and host 192.0.2.1 or 198.51.100.7', ['ARP_REQUEST', 'UDP_DATAGRAM', 'LATER_FRAGMENT', 'ECHO_REPLY']],
  ['', ['ARP_REQUEST', 'UDP_DATAGRAM', 'LATER_FRAGMENT', 'ECHO_REPLY', 'TCP_TO_GROUP', 'TAGGED']],
];

describe('parseFilter', () => {
  it.each(EXPRESSIONS)('"%s" keeps %j', (expression, names) => {
    expect(passing(expression)).toEqual(names);
  });

  it('takes names for what the caller says they stand for', () => {
    const filter = parseFilter('src host h1', (name) => (name === 'h1' ? [0xc6336407 as Ip4, 0xc0000202 as Ip4] : []));
    expect(filter(LATER_FRAGMENT, LATER_FRAGMENT.length)).toBe(true);
    expect(filter(ECHO_REPLY, ECHO_REPLY.length)).toBe(true);
    expect(filter(UDP_DATAGRAM, UDP_DATAGRAM.length)).toBe(false);
  });

  it.each([
    ['port', 5, 'a port from 0 to 65535 is missing here'],
    ['port 65536', 6, 'no port "65536"; ports are 0 to 65535'],
    ['host 192.0.2', 6, 'no address or name "192.0.2"; write it as 192.0.2.1'],
    ['net 192.0.2.1/24', 5, '"192.0.2.1/24" has bits beyond its mask; the net is 192.0.2.0/24'],
    ['net 192.0.2.0/33', 5, 'no net "192.0.2.0/33"'],
    ['portrange 9-7', 11, 'no range of ports "9-7"'],
    ['ether host 192.0.2.1', 12, 'no Ethernet address "192.0.2.1"'],
    ['ether', 6, '"ether" needs more'],
    ['arp port 7', 10, '"arp" has no ports'],
    ['udp host 192.0.2.1', 10, '"udp" has no hosts: write "udp and host …"'],
    ['arp icmp', 5, '"icmp" is left over'],
    ['arp and', 8, 'a test is missing here'],
    ['192.0.2.1', 1, 'what is "192.0.2.1"? write "host" or "port" before it'],
    ['arp or 192.0.2.1', 8, 'what is "192.0.2.1"?'],
    ['(arp', 5, 'a parenthesis is not closed'],
    ['arp)', 4, '")" is left over'],
    ['arp | ip', 5, '"|" is left over'],
    ['not '.repeat(1_000), 401, 'nested more than 100 deep'],
  ])('refuses "%s" and says where and why', (expression, column, message) => {
    try {
      parseFilter(expression);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(FilterError);
      expect((error as FilterError).column).toBe(column);
      expect((error as FilterError).message).toContain(message);
    }
  });

  it('never throws on bytes, whatever they are and however short', () => {
    const filters = EXPRESSIONS.map(([expression]) => parseFilter(expression));
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(fc.constantFrom(...Object.values(FRAMES)), fc.nat(60)).map(([bytes, length]) => bytes.slice(0, length)),
    );
    fc.assert(
      fc.property(frame, (bytes) => {
        for (const filter of filters) filter(bytes, bytes.length);
      }),
    );
  });

  it('throws nothing but its own error on any expression', () => {
    const words = fc.constantFrom(
      'not',
      '(',
      ')',
      'and',
      'or',
      'src',
      'host',
      'port',
      'udp',
      'ether',
      '7',
      '192.0.2.1',
      '/',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string())), (parts) => {
        try {
          parseFilter(parts.join(' '));
        } catch (error) {
          if (!(error instanceof FilterError)) throw error;
        }
      }),
    );
  });
});

const CAPTURES = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
const FILES = ['bgp-4byte-asn.pcap', 'dns_tcp.pcap', 'dns_udp.pcap', 'tftp.pcap', 'vxlan.pcap', '802.1ad_QinQ.pcap'];
const noTcpdump = spawnSync('tcpdump', ['--version']).error !== undefined;

describe.skipIf(noTcpdump)(
  `the same frames as tcpdump${noTcpdump ? ' (skipped: tcpdump is not installed)' : ''}`,
  () => {
    function keptByTcpdump(file: Uint8Array, expression: string): number {
      const { stdout, stderr, status } = spawnSync('tcpdump', ['-n', '-t', '--count', '-r', '-', expression], {
        input: file,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
      return Number(/^(\d+) packet/.exec(stdout)![1]);
    }

    function kept(frames: readonly Uint8Array[], expression: string): number {
      const filter = parseFilter(expression);
      return frames.filter((bytes) => filter(bytes, bytes.length)).length;
    }

    it.each(EXPRESSIONS.map(([expression]) => expression))('"%s" on the frames above', (expression) => {
      const sink = new MemorySink();
      const writer = new PcapWriter(sink);
      for (const bytes of Object.values(FRAMES)) writer.write(record({ bytes }));
      writer.flush();
      expect(kept(Object.values(FRAMES), expression)).toBe(keptByTcpdump(sink.toBytes(), expression));
    });

    const there = existsSync(CAPTURES);
    it.skipIf(!there).each(FILES)(`on %s${there ? '' : ` (skipped: no ${CAPTURES})`}`, (name) => {
      const file = readFileSync(CAPTURES + name);
      const frames = readAll(file).map(({ bytes }) => bytes);
      const some = [
        'tcp port 179',
        'port 53',
        'src port 69 or dst port 69',
        'net 192.168.0.0/16 and not tcp',
        'arp or icmp',
      ];
      for (const expression of [...some, ...EXPRESSIONS.map(([text]) => text)]) {
        expect([expression, kept(frames, expression)]).toEqual([expression, keptByTcpdump(file, expression)]);
      }
    });
  },
);
