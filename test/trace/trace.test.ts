/** What a trace tells: the hops, the entries of the tables, the way back. What can befall a packet is in dispositions. */
import { describe, expect, it } from 'vitest';
import { openLab } from '../../src/lab/lab.ts';
import { LabError } from '../../src/lab/lab-error.ts';
import { formatTrace } from '../../src/trace/format.ts';
import { openTopology, openTwoHosts, record } from '../open-lab.ts';

describe('a trace', () => {
  it('tells hop by hop which routes and neighbours are used, there and back', () => {
    const lab = openTopology('two-routers', { backgroundOnly: true });
    expect(formatTrace(lab.trace('h1', 'h2', { udp: 7, size: 5 }))).toMatchInlineSnapshot(`
      "h1 to h2 (198.51.100.1), UDP to port 7

      there: IP 192.0.2.1.51484 > 198.51.100.1.7: UDP, length 5
           +0.000 ms  h1 > eth0       TTL 64
                        route    default via 192.0.2.254 dev eth0
                        arp      who-has 192.0.2.254: is-at 02:0c:53:fd:ac:00, after 0.201 ms
           +0.302 ms  r1 eth0 > eth1  TTL 64
                        route    198.51.100.0/24 via 203.0.113.2 dev eth1
                        arp      who-has 203.0.113.2: is-at 02:0f:54:02:65:00, after 20.013 ms
          +30.322 ms  r2 eth0 > eth1  TTL 63
                        route    198.51.100.0/24 dev eth1
                        arp      who-has 198.51.100.1: is-at 02:8f:3b:33:ff:00, after 0.201 ms
          +30.624 ms  h2 eth0         TTL 62
                        route    local 198.51.100.1 dev eth0
                        taken    socket *:7 takes it: udp-echo
        delivered: h2 has it after 30.624 ms

      back, the reply: IP 198.51.100.1.7 > 192.0.2.1.51484: UDP, length 5
          +30.624 ms  h2 > eth0       TTL 64
                        route    default via 198.51.100.254 dev eth0
                        neighbor 198.51.100.254 is-at 02:0f:54:02:65:01, known already
          +30.724 ms  r2 eth1 > eth0  TTL 64
                        route    192.0.2.0/24 via 203.0.113.1 dev eth0
                        neighbor 203.0.113.1 is-at 02:0c:53:fd:ac:01, known already
          +40.731 ms  r1 eth1 > eth0  TTL 63
                        route    192.0.2.0/24 dev eth0
                        neighbor 192.0.2.1 is-at 02:90:3b:35:92:00, known already
          +40.832 ms  h1 eth0         TTL 62
                        route    local 192.0.2.1 dev eth0
                        taken    taken by who asked
        delivered: h1 has it after 10.208 ms"
    `);
  });

  it('tells what a switch knows, and what it does not know yet', () => {
    const lab = openTopology('one-switch', { backgroundOnly: true });
    const hop = lab.trace('h1', 'h2').there.hops[1];
    expect(hop).toMatchObject({ node: 's1', kind: 'switch', entrance: 'port1', exits: ['port2'] });
    expect(hop?.decisions).toMatchInlineSnapshot(`
      [
        {
          "kind": "forward",
          "text": "02:8f:3b:33:ff:00 was learnt at port2",
        },
      ]
    `);
  });

  it('knows neighbours and routes from the second packet on', () => {
    const lab = openTopology('two-routers', { backgroundOnly: true });
    lab.trace('h1', 'h2');
    const kinds = lab.trace('h1', 'h2').there.hops.flatMap(({ decisions }) => decisions.map(({ kind }) => kind));
    expect(kinds).toEqual(['route', 'neighbor', 'route', 'neighbor', 'route', 'neighbor', 'route', 'taken']);
  });

  it('tells where a datagram is cut into fragments, and where it only passes in them', () => {
    const lab = openTopology('mtu-mismatch', { backgroundOnly: true });
    const { there } = lab.trace('h1', 'h2', { size: 1472, df: false });
    const cuts = there.hops.filter(({ decisions }) => decisions.some(({ kind }) => kind === 'fragment'));
    expect(cuts.map(({ node }) => node)).toEqual(['r1']);
    expect(there.disposition).toBe('delivered');
  });

  it('tells which of several next hops a flow takes, and it is the one that the packet goes to', () => {
    const hosts = Array.from({ length: 12 }, (_, i) => `198.51.100.${i + 1}/24`);
    const lab = openLab(`
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: [${hosts.join(', ')}] }, gateway: 198.51.100.254 }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 203.0.113.1/30, eth2: 203.0.113.5/30 } }
  r2: { interfaces: { eth1: 203.0.113.2/30, eth2: 203.0.113.9/30 } }
  r3: { interfaces: { eth1: 203.0.113.6/30, eth2: 203.0.113.13/30 } }
  r4: { interfaces: { eth0: 198.51.100.254/24, eth1: 203.0.113.10/30, eth2: 203.0.113.14/30 } }
links:
  - h1.eth0 -- r1.eth0
  - r1.eth1 -- r2.eth1
  - r1.eth2 -- r3.eth1
  - r2.eth2 -- r4.eth1
  - r3.eth2 -- r4.eth2
  - r4.eth0 -- h2.eth0
routing: shortest-paths
`);
    const taken = hosts.map((address) => {
      const { there, reached } = lab.trace('h1', address.replace('/24', ''));
      expect(reached).toBe(true);
      const told = there.hops[1]!.decisions.find(({ kind }) => kind === 'path')?.text;
      const next = there.hops[2]!.node;
      const via = next === 'r2' ? '203.0.113.2 dev eth1' : '203.0.113.6 dev eth2';
      expect(told).toBe(`one of 2, by its flow: via ${via}`);
      return next;
    });
    expect(new Set(taken)).toEqual(new Set(['r2', 'r3']));
  });

  it.each([
    ['h1', '192.0.2.255', {}, 'icmp-broadcast', 'h1'],
    ['h1', '198.51.100.255', { udp: 9 }, 'no-socket', 'r2'],
    ['h1', '255.255.255.255', { udp: 9 }, 'no-socket', 'h1'],
    ['h1', '224.0.0.5', {}, 'multicast-routing', 'r1'],
    ['h1', '240.0.0.1', {}, 'no-route', 'r1'],
    ['h1', '127.0.0.1', { udp: 9 }, 'no-socket', 'h1'],
    ['h1', '0.0.0.0', {}, 'delivered', 'h1'],
    ['h1', '192.0.2.0', {}, 'neighbor-unreachable', 'h1'],
    ['r1', '203.0.113.255', {}, 'icmp-broadcast', 'r1'],
  ] as const)('from %s to %s, an address that is not one other host, with %o ends as %s at %s', (from, to, options, disposition, at) => {
    const { there } = openTopology('two-routers', { backgroundOnly: true }).trace(from, to, options);
    expect(there).toMatchObject({ disposition, at });
  }); // prettier-ignore

  it('a broadcast to a port is delivered where one on the link has it', () => {
    const text = `
hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: { interfaces: { eth0: 192.0.2.2/24 } }, h3: { interfaces: { eth0: 192.0.2.3/24 } } }
switches: { s1: }
links: [h1.eth0 -- s1, h2.eth0 -- s1, h3.eth0 -- s1]
programs: [{ on: h3, run: sink 9, background: true }]
`;
    expect(openLab(text).trace('h1', '192.0.2.255', { udp: 9 }).there).toMatchObject({
      disposition: 'delivered',
      at: 'h3',
    });
    const nobody = openLab(text.replace('sink 9', 'sink 8')).trace('h1', '192.0.2.255', { udp: 9 }).there;
    expect(nobody.disposition).toBe('no-socket');
  });

  it('goes to the node itself over lo', () => {
    const { there, reached } = openTwoHosts().trace('h1', 'h1');
    expect(there.hops.map(({ node, entrance, exits }) => [node, entrance, exits])).toEqual([
      ['h1', null, ['lo']],
      ['h1', 'lo', []],
    ]);
    expect(reached).toBe(true);
  });

  it('names a node by its address on the link of who asks', () => {
    const lab = openTopology('two-routers', { backgroundOnly: true });
    expect(lab.trace('r2', 'r1').destination).toBe('203.0.113.1');
    expect(lab.trace('h1', 'r1').destination).toBe('192.0.2.254');
    expect(lab.trace('h1', 'r1.eth1').destination).toBe('203.0.113.1');
  });

  it('leaves captures and what they hold alone', () => {
    const lab = openTwoHosts();
    const sink = record(lab);
    lab.trace('h1', 'h2');
    lab.close();
    expect(lab.transcript().split('\n')).toHaveLength(4);
    expect(sink.toBytes().length).toBeGreaterThan(400);
  });

  it('is the same each time', () => {
    const tell = (): string => JSON.stringify(openTopology('ring', { backgroundOnly: true }).trace('h1', 'h2'));
    expect(tell()).toBe(tell());
  });

  it('loses no frame from the count', () => {
    const lab = openTwoHosts();
    lab.trace('h1', 'h2');
    lab.trace('h1', 'h2', { udp: 9 });
    const { made, copied, injected, consumed, dropped } = lab.simulator.pool.counts;
    expect(made + copied + injected - consumed - dropped).toBe(0);
  });

  it('says which names there are when it does not know one', () => {
    const lab = openTwoHosts();
    expect(() => lab.trace('h3', 'h2')).toThrow(LabError);
    expect(() => lab.trace('h1', 'h22')).toThrow('no node or address "h22": did you mean "h2"?');
    expect(() => lab.trace('h1', 'h2', { udp: 0 })).toThrow('UDP port 0: expected 1 to 65535');
  });
});
