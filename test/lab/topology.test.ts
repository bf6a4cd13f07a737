import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TopologyError } from '../../src/lab/topology-error.ts';
import { readTopology } from '../../src/lab/topology.ts';
import type { Station } from '../../src/lab/topology.ts';
import { topologyFile } from '../../src/lab/schema.ts';
import { DEFAULT_LINK } from '../../src/sim/link-settings.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Mac from '../../src/wire/mac.ts';

function ip(text: string): Ip.Ip4 {
  const value = Ip.parse(text);
  if (value === null) throw new Error(text);
  return value;
}

/** The message with which the text is refused. */
function refusal(text: string): string {
  try {
    readTopology(text, { file: 'lab.yaml' });
  } catch (error) {
    if (error instanceof TopologyError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

function station(text: string, name = 'h1'): Station {
  const node = readTopology(text).nodes.find((one) => one.name === name);
  if (node === undefined || (node.kind !== 'host' && node.kind !== 'router')) throw new Error(`no host ${name}`);
  return node;
}

const TWO = 'hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: }\n';
const LINKED = `${TWO}links: [h1.eth0 -- h2.eth0]\n`;

describe('a file', () => {
  it('may be as good as empty', () => {
    expect(readTopology('name: nothing', { file: 'lab.yaml' })).toEqual({
      file: 'lab.yaml',
      name: 'nothing',
      seed: 1,
      epoch: 0,
      until: null,
      routing: 'static',
      nodes: [],
      links: [],
      bridges: [],
      programs: [],
      events: [],
      expectations: [],
    });
  });

  it('is called by its own name unless it gives another', () => {
    expect(readTopology('seed: 2', { file: 'some/where/two-hosts.yaml' }).name).toBe('two-hosts');
    expect(readTopology('name: other', { file: 'two-hosts.yaml' }).name).toBe('other');
  });

  it('says seed, epoch and end', () => {
    const { seed, epoch, until } = readTopology('seed: 7\nepoch: 1700000000\nuntil: 1.5s');
    expect({ seed, epoch, until }).toEqual({ seed: 7, epoch: 1_700_000_000, until: 1_500_000_000 });
  });

  it('lists hosts, routers, switches, hubs, each in its order', () => {
    const { nodes } = readTopology('hubs: { u1: }\nswitches: { s1: }\nrouters: { r1: }\nhosts: { h2: , h1: }');
    expect(nodes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'host h2',
      'host h1',
      'router r1',
      'switch s1',
      'hub u1',
    ]);
  });

  it('gives names no meaning that JavaScript has for them', () => {
    const { nodes, links } = readTopology(
      'hosts: { constructor: { interfaces: { toString: 192.0.2.1/24 } }, valueOf: }\nlinks: [constructor.toString -- valueOf.e]',
    );
    expect(nodes.map(({ name }) => name)).toEqual(['constructor', 'valueOf']);
    expect(links.map(({ name }) => name)).toEqual(['constructor.toString--valueOf.e']);
  });

  it('becomes a JSON schema for editors', () => {
    const schema = z.toJSONSchema(topologyFile, { io: 'input' });
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(Object.keys(schema.properties ?? {})).toContain('links');
  });
});

describe('a host', () => {
  it('has addresses written short, as a list, or in a mapping', () => {
    const { interfaces } = station(`
hosts:
  h1:
    interfaces:
      eth0: 192.0.2.1/24
      eth1: [198.51.100.1/25, 198.51.100.129/255.255.255.128]
      eth2: { ip: 203.0.113.1, netmask: 255.255.255.252, mac: 02:00:00:00:00:07, mtu: 9000, up: false }
      eth3:
      eth4: 203.0.113.9
`);
    expect(
      interfaces.map(({ name, addresses, mtu, up }) => {
        const texts = addresses.map((one) => `${Ip.format(one.ip)}/${one.prefixLength ?? 'default'}`);
        return `${name} ${texts.join(' ')} mtu ${mtu}${up ? '' : ' down'}`;
      }),
    ).toEqual([
      'eth0 192.0.2.1/24 mtu 1500',
      'eth1 198.51.100.1/25 198.51.100.129/25 mtu 1500',
      'eth2 203.0.113.1/30 mtu 9000 down',
      'eth3  mtu 1500',
      'eth4 203.0.113.9/default mtu 1500',
    ]);
    expect(interfaces[2]?.mac).toBe(0x0200_0000_0007);
  });

  it('has gateway, mask, DNS server, routes, neighbours and settings, each with its place', () => {
    const host = station(`hosts:
  h1:
    interfaces: { eth0: 192.0.2.1 }
    netmask: 255.255.255.0
    gateway: 192.0.2.254
    dns: 198.51.100.53
    routes:
      - { to: 203.0.113.0/24, via: 192.0.2.253, metric: 10 }
      - { to: default, dev: eth0 }
      - { to: 198.51.100.7, type: blackhole }
    neighbors:
      - { ip: 192.0.2.9, mac: 02-00-00-00-00-09, dev: eth0 }
    sysctl: { net.ipv4.ip_default_ttl: 65 }
`);
    const where = (line: number, column: number, path: string) => ({
      position: { line, column },
      path: `hosts.h1${path}`,
    });
    expect(host).toMatchObject({
      ...where(2, 3, ''),
      netmask: { ...where(4, 14, '.netmask'), value: 24 },
      gateway: { ...where(5, 14, '.gateway'), value: ip('192.0.2.254') },
      dns: { ...where(6, 10, '.dns'), value: ip('198.51.100.53') },
      routes: [
        {
          ...where(8, 9, '.routes[0]'),
          type: 'unicast',
          destination: ip('203.0.113.0'),
          prefixLength: 24,
          via: [ip('192.0.2.253')],
          dev: null,
          metric: 10,
        },
        { ...where(9, 9, '.routes[1]'), destination: 0, prefixLength: 0, via: [], dev: 'eth0', metric: 0 },
        { ...where(10, 9, '.routes[2]'), type: 'blackhole', prefixLength: 32 },
      ],
      neighbors: [{ ...where(12, 9, '.neighbors[0]'), ip: ip('192.0.2.9'), mac: 0x0200_0000_0009, dev: 'eth0' }],
      sysctls: [{ ...where(13, 15, '.sysctl["net.ipv4.ip_default_ttl"]'), name: 'net.ipv4.ip_default_ttl', value: 65 }],
    });
  });

  it('has lo, which takes further addresses and is no port', () => {
    const { loopback, interfaces } = station('hosts: { h1: { interfaces: { lo: 203.0.113.1/32, eth0: } } }');
    expect(loopback).toMatchObject({ name: 'lo', mac: 0, mtu: 65_536, up: true });
    expect(loopback.addresses.map((one) => Ip.format(one.ip))).toEqual(['203.0.113.1']);
    expect(interfaces.map(({ name }) => name)).toEqual(['eth0']);
    expect(station('hosts: { h1: }').loopback.addresses).toEqual([]);
  });

  it('has the interfaces that links name, behind its own', () => {
    const { interfaces } = station(
      'hosts: { h1: { interfaces: { eth1: 192.0.2.1/24 } }, h2: }\nlinks: [h1.eth0 -- h2.eth0]',
    );
    expect(interfaces.map(({ name, addresses }) => `${name} ${addresses.length}`)).toEqual(['eth1 1', 'eth0 0']);
  });

  it('may be configured wrongly, as in life', () => {
    const { gateway, interfaces, routes } = station(`
hosts:
  h1:
    interfaces: { eth0: 192.0.2.1/24, eth1: 192.0.2.1/24, eth2: 224.0.0.1/8, eth3: 0.0.0.0/0, eth4: 192.0.2.255/24 }
    gateway: 203.0.113.1
    routes: [{ to: 192.0.2.7/24, via: 192.0.2.1 }, { to: 192.0.2.7/24, via: 192.0.2.1 }]
  h2:
    interfaces: { eth0: 192.0.2.1/24 }
`);
    expect(gateway?.value).toBe(ip('203.0.113.1'));
    expect(interfaces).toHaveLength(5);
    expect(routes).toHaveLength(2);
  });
});

describe('a place', () => {
  it('is where a drawing puts a node, whatever kind it is', () => {
    const { nodes } = readTopology(`
hosts: { h1: { place: [4.9, -52.4] } }
switches: { s1: { place: [0, 1] }, s2: }
hubs: { u1: { place: [2, 3] } }
`);
    expect(nodes.map(({ place }) => place)).toEqual([[4.9, -52.4], [0, 1], undefined, [2, 3]]);
  });

  it('is two numbers', () => {
    expect(refusal('hosts: { h1: { place: [1] }, h2: { place: here } }')).toMatchInlineSnapshot(`
      "lab.yaml:1:23: hosts.h1.place: expected a place such as [4.9, 52.4], got a list
      lab.yaml:1:43: hosts.h2.place: expected a place such as [4.9, 52.4], got "here""
    `);
  });
});

describe('a MAC address', () => {
  const macs = (text: string): Record<string, string> => {
    const found: Record<string, string> = {};
    for (const node of readTopology(text).nodes) {
      if (node.kind !== 'host') continue;
      for (const nic of node.interfaces) found[`${node.name}.${nic.name}`] = Mac.format(nic.mac);
    }
    return found;
  };

  it('comes from the names, so that another node changes nobody else’s', () => {
    const few = macs('hosts: { h1: { interfaces: { eth0: , eth1: } }, h2: { interfaces: { eth0: } } }');
    const more = macs(
      'hosts: { h0: { interfaces: { eth0: } }, h2: { interfaces: { lan: , eth0: } }, h1: { interfaces: { eth1: , eth0: } } }',
    );
    expect(more).toMatchObject(few);
  });

  it('is one node’s but for the last byte, which is the interface’s number', () => {
    const { 'h1.eth0': first, 'h1.eth1': second } = macs('hosts: { h1: { interfaces: { eth0: , eth1: } } }');
    expect(first).toMatch(/^02:(..:){4}00$/);
    expect(second).toBe(first?.replace(/00$/, '01'));
  });

  it('is one’s own, also where names come out equal', () => {
    const nics = ['eth0', 'en0', 'wlan0', 'a256', 'a512', 'lan', 'wan'];
    const all = Object.values(macs(`hosts: { h1: { interfaces: { ${nics.map((nic) => `${nic}: `).join(', ')} } } }`));
    expect(new Set(all).size).toBe(nics.length);
  });

  it('makes way for one that the file gives to another', () => {
    const { 'h1.eth0': usual } = macs('hosts: { h1: { interfaces: { eth0: } } }');
    const given = macs(`hosts: { h1: { interfaces: { eth0: } }, h2: { interfaces: { eth0: { mac: '${usual}' } } } }`);
    expect(given['h2.eth0']).toBe(usual);
    expect(given['h1.eth0']).not.toBe(usual);
  });

  it('may be given twice, as in life', () => {
    const nic = 'interfaces: { eth0: { mac: 02:00:00:00:00:01 } }';
    expect(macs(`hosts: { h1: { ${nic} }, h2: { ${nic} } }`)).toEqual({
      'h1.eth0': '02:00:00:00:00:01',
      'h2.eth0': '02:00:00:00:00:01',
    });
  });
});

describe('a link', () => {
  it('has the simulator’s settings unless it says otherwise', () => {
    expect(readTopology(LINKED).links).toEqual([
      {
        position: { line: 2, column: 9 },
        path: 'links[0]',
        name: 'h1.eth0--h2.eth0',
        from: { position: { line: 2, column: 9 }, path: 'links[0]', node: 'h1', port: 0, name: 'h1.eth0' },
        to: { position: { line: 2, column: 20 }, path: 'links[0]', node: 'h2', port: 0, name: 'h2.eth0' },
        up: true,
        cost: 1,
        forward: DEFAULT_LINK,
        backward: DEFAULT_LINK,
      },
    ]);
  });

  it('has settings for both directions, and for one', () => {
    const [link] = readTopology(`${TWO}
links:
  - from: h1.eth0
    to: h2.eth0
    delay: 5ms
    bandwidth: 100Mbit/s
    queue: 64 KiB
    loss: 1%
    duplicate: 0.1%
    corrupt: 0.002
    jitter: 1ms
    reorder: 5%
    reorder-delay: 2ms
    drop-every: 10
    up: false
    forward: { loss: 3%, queue: 20 packets, held: true }
    backward: { delay: 0, partitioned: true, queue: 7 }
`).links;
    const both = {
      ...DEFAULT_LINK,
      delay: 5_000_000,
      bandwidth: 100_000_000,
      queue: { bytes: 65_536 },
      loss: 0.01,
      duplication: 0.001,
      corruption: 0.002,
      jitter: 1_000_000,
      reorder: 0.05,
      reorderDelay: 2_000_000,
      dropEveryNth: 10,
    };
    expect(link).toMatchObject({ up: false });
    expect(link?.forward).toEqual({ ...both, loss: 0.03, queue: { packets: 20 }, held: true });
    expect(link?.backward).toEqual({ ...both, delay: 1, partitioned: true, queue: { packets: 7 } });
  });

  it('gives its MTU to the interfaces that send there, unless they have one', () => {
    const { nodes, links } = readTopology(`
hosts: { h1: { interfaces: { eth0: } }, h2: { interfaces: { eth0: { mtu: 9000 }, eth1: } } }
links:
  - { from: h1.eth0, to: h2.eth0, mtu: 1400 }
  - { from: h1.eth1, to: h2.eth1, backward: { mtu: 1300 } }
`);
    const mtus = nodes.flatMap((node) => (node.kind === 'host' ? node.interfaces.map(({ mtu }) => mtu) : []));
    expect(mtus).toEqual([1_400, 1_500, 9_000, 1_300]);
    expect(links.map(({ forward, backward }) => [forward.mtu, backward.mtu])).toEqual([
      [1_400, 1_400],
      [DEFAULT_LINK.mtu, 1_300],
    ]);
  });

  it('takes a switch’s ports by number, and any free one where none is named', () => {
    const { nodes, links } = readTopology(`
hosts: { a: , b: , c: , d: }
switches: { s1: { ageing: 10s } }
hubs: { u1: { ports: 8 } }
links: [a.e -- s1, b.e -- s1.1, c.e -- s1.port4, s1 -- u1, u1.2 -- d.e]
`);
    expect(links.map(({ name }) => name)).toEqual([
      'a.e--s1.port2',
      'b.e--s1.port1',
      'c.e--s1.port4',
      's1.port3--u1.port1',
      'u1.port2--d.e',
    ]);
    expect(links.map(({ to }) => to.port)).toEqual([1, 0, 3, 0, 0]);
    expect(nodes.slice(4)).toMatchObject([
      { kind: 'switch', name: 's1', ports: 4, ageing: 10_000_000_000 },
      { kind: 'hub', name: 'u1', ports: 8 },
    ]);
  });

  it('may join a host to itself, and two switches twice', () => {
    const { links } = readTopology('hosts: { h1: }\nswitches: { a: , b: }\nlinks: [h1.x -- h1.y, a -- b, a -- b]');
    expect(links.map(({ name }) => name)).toEqual(['h1.x--h1.y', 'a.port1--b.port1', 'a.port2--b.port2']);
  });
});

describe('a program', () => {
  it('is a command line in words, with a start', () => {
    const { programs } = readTopology(`${TWO}programs:
  - { on: h1, run: 'udp-send h2 7 "hello world"', at: 1s }
  - { on: h2, run: udp-echo 7, background: true }
`);
    expect(programs).toEqual([
      {
        position: { line: 3, column: 20 },
        path: 'programs[0].run',
        node: 'h1',
        command: 'udp-send h2 7 "hello world"',
        words: ['udp-send', 'h2', '7', 'hello world'],
        at: 1_000_000_000,
        background: false,
      },
      {
        position: { line: 4, column: 20 },
        path: 'programs[1].run',
        node: 'h2',
        command: 'udp-echo 7',
        words: ['udp-echo', '7'],
        at: 0,
        background: true,
      },
    ]);
  });
});

describe('an event', () => {
  const event = (text: string) => readTopology(`${LINKED}events: [{ at: 1s, ${text} }]`).events[0];

  it.each([
    ['do: down', { up: false, forward: {}, backward: {} }],
    ['do: up', { up: true, forward: {}, backward: {} }],
    ['do: partition', { up: null, forward: { partitioned: true }, backward: { partitioned: true } }],
    ['do: heal, direction: both', { up: null, forward: { partitioned: false }, backward: { partitioned: false } }],
    ['do: hold, direction: forward', { up: null, forward: { held: true }, backward: {} }],
    ['do: release, direction: backward', { up: null, forward: {}, backward: { held: false } }],
    ['set: { loss: 10%, up: true }', { up: true, forward: { loss: 0.1 }, backward: { loss: 0.1 } }],
    [
      'set: { loss: 1%, forward: { loss: 2%, delay: 1s } }',
      { up: null, forward: { loss: 0.02, delay: 1e9 }, backward: { loss: 0.01 } },
    ],
  ])('changes a link: %s', (what, change) => {
    expect(event(`link: h1.eth0 -- h2.eth0, ${what}`)).toEqual({
      kind: 'link',
      position: { line: 3, column: 10 },
      path: 'events[0]',
      at: 1_000_000_000,
      link: 0,
      ...change,
    });
  });

  it('means by forward: from the end that it names first', () => {
    expect(event('link: h2.eth0 -- h1.eth0, do: hold, direction: forward')).toMatchObject({
      forward: {},
      backward: { held: true },
    });
    expect(event('link: h2.eth0, set: { forward: { loss: 1% } }')).toMatchObject({
      forward: {},
      backward: { loss: 0.01 },
    });
  });

  it.each(['h1 -- h2', 'h1', 'h2.eth0', 'h1.eth0--h2', 'h2 -- h1.eth0'])('finds the only link by %s', (name) => {
    expect(event(`link: ${name}, do: down`)).toMatchObject({ link: 0 });
  });

  it('finds a switch’s link by the port it was given', () => {
    const { events } = readTopology(`
hosts: { h1: , h2: }
switches: { s1: }
links: [h1.e -- s1, h2.e -- s1]
events: [{ at: 0, link: s1.2, do: down }, { at: 0, link: s1.port1 -- h1, do: down }]`);
    expect(events).toMatchObject([{ link: 1 }, { link: 0 }]);
  });

  it('finds a link from a node to itself, as it is written', () => {
    const { events } = readTopology(`hosts: { h1: }
links: [h1.a -- h1.b]
events:
  - { at: 0, link: h1, set: { forward: { loss: 1% } } }
  - { at: 0, link: h1.b -- h1.a, set: { forward: { loss: 1% } } }
  - { at: 0, link: h1 -- h1.a, set: { forward: { loss: 1% } } }`);
    const back = { forward: {}, backward: { loss: 0.01 } };
    expect(events).toMatchObject([{ forward: { loss: 0.01 }, backward: {} }, back, back]);
  });

  it('sets an interface up or down', () => {
    expect(event('interface: h1.eth0, do: down')).toEqual({
      kind: 'interface',
      position: { line: 3, column: 10 },
      path: 'events[0]',
      at: 1_000_000_000,
      node: 'h1',
      interface: 'eth0',
      up: false,
    });
  });
});

describe('a zone', () => {
  it('has absolute names, one record each', () => {
    const { zones } = station(`hosts:
  h1:
    zones:
      Example.Test.:
        '@': { NS: [ns, ns.other.test.], MX: 10 mail, TXT: [one, 'two, "three"'] }
        www: { A: [192.0.2.80, 192.0.2.81], ttl: 60 }
        Shop.example.test: { CNAME: WWW }
        a.b: { CNAME: '@' }
        _sip._udp: { SRV: 0 5 5060 sip }
      2.0.192.in-addr.arpa:
        80: { PTR: www.example.test }
        01: { A: 192.0.2.1 }
`);
    expect(
      zones.map(({ name, records }) => [
        name,
        ...records.map(({ position, path, ...record }) => ({
          ...record,
          at: `${position.line}:${position.column} ${path}`,
        })),
      ]),
    ).toMatchInlineSnapshot(`
      [
        [
          "example.test",
          {
            "at": "5:21 hosts.h1.zones["Example.Test."]["@"].NS[0]",
            "name": "example.test",
            "target": "ns.example.test",
            "ttl": 300,
            "type": "NS",
          },
          {
            "at": "5:25 hosts.h1.zones["Example.Test."]["@"].NS[1]",
            "name": "example.test",
            "target": "ns.other.test",
            "ttl": 300,
            "type": "NS",
          },
          {
            "at": "5:46 hosts.h1.zones["Example.Test."]["@"].MX",
            "name": "example.test",
            "preference": 10,
            "target": "mail.example.test",
            "ttl": 300,
            "type": "MX",
          },
          {
            "at": "5:61 hosts.h1.zones["Example.Test."]["@"].TXT[0]",
            "name": "example.test",
            "text": "one",
            "ttl": 300,
            "type": "TXT",
          },
          {
            "at": "5:66 hosts.h1.zones["Example.Test."]["@"].TXT[1]",
            "name": "example.test",
            "text": "two, "three"",
            "ttl": 300,
            "type": "TXT",
          },
          {
            "at": "6:20 hosts.h1.zones["Example.Test."].www.A[0]",
            "ip": 3221226064,
            "name": "www.example.test",
            "ttl": 60,
            "type": "A",
          },
          {
            "at": "6:32 hosts.h1.zones["Example.Test."].www.A[1]",
            "ip": 3221226065,
            "name": "www.example.test",
            "ttl": 60,
            "type": "A",
          },
          {
            "at": "7:37 hosts.h1.zones["Example.Test."]["Shop.example.test"].CNAME",
            "name": "shop.example.test",
            "target": "www.example.test",
            "ttl": 300,
            "type": "CNAME",
          },
          {
            "at": "8:23 hosts.h1.zones["Example.Test."]["a.b"].CNAME",
            "name": "a.b.example.test",
            "target": "example.test",
            "ttl": 300,
            "type": "CNAME",
          },
          {
            "at": "9:27 hosts.h1.zones["Example.Test."]["_sip._udp"].SRV",
            "name": "_sip._udp.example.test",
            "port": 5060,
            "priority": 0,
            "target": "sip.example.test",
            "ttl": 300,
            "type": "SRV",
            "weight": 5,
          },
        ],
        [
          "2.0.192.in-addr.arpa",
          {
            "at": "11:20 hosts.h1.zones["2.0.192.in-addr.arpa"].80.PTR",
            "name": "80.2.0.192.in-addr.arpa",
            "target": "www.example.test",
            "ttl": 300,
            "type": "PTR",
          },
          {
            "at": "12:18 hosts.h1.zones["2.0.192.in-addr.arpa"].01.A",
            "ip": 3221225985,
            "name": "01.2.0.192.in-addr.arpa",
            "ttl": 300,
            "type": "A",
          },
        ],
      ]
    `);
  });
});

describe('what has no meaning is refused, with its place and what to do:', () => {
  it('a name that is nobody’s', () => {
    expect(
      refusal(`hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  server: { interfaces: { eth0: 192.0.2.2/24 } }
routers:
  r1:
switches:
  s1: { ports: 2 }
links:
  - h1.eth0 -- r3.eth0
  - { from: h1.eth0, to: sevrer.eth0 }
  - s1.3 -- s1.x
  - h1 -- s1
  - h1.lo -- s1
  - h1.0 -- s1
programs:
  - { on: h7, run: ping h1 }
  - { on: s1, run: ping h1 }
events:
  - { at: 1s, interface: h1.eth7, do: down }
  - { at: 1s, interface: h1, do: down }
  - { at: 1s, interface: s1.1, do: down }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:9:16: links[0]: no node "r3"; nodes are h1, server, r1, s1
      lab.yaml:10:26: links[1].to: no node "sevrer"; did you mean "server"?
      lab.yaml:11:5: links[2]: switch s1 has no port "3"; its ports are s1.1 to s1.2
      lab.yaml:11:13: links[2]: switch s1 has no port "x"; its ports are s1.1 to s1.2
      lab.yaml:12:5: links[3]: name the interface of host h1 as well, such as h1.eth0
      lab.yaml:13:5: links[4]: lo leads nowhere but to h1 itself; link another interface
      lab.yaml:14:5: links[5]: h1 has no interface "0"; interfaces are eth0
      lab.yaml:16:11: programs[0].on: no host "h7"; hosts and routers are h1, server, r1
      lab.yaml:17:11: programs[1].on: a switch runs no programs; hosts and routers are h1, server, r1
      lab.yaml:19:26: events[0].interface: h1 has no interface "eth7"; did you mean "eth0"?
      lab.yaml:20:26: events[1].interface: "h1" is no interface of a host or router; write one such as h1.eth0, or link
      lab.yaml:21:26: events[2].interface: "s1.1" is no interface of a host or router; write one such as h1.eth0, or link"
    `);
  });

  it('an interface that the host does not have', () => {
    expect(
      refusal(`hosts:
  h1:
    interfaces: { eth0: 192.0.2.1/24 }
    routes: [{ to: default, dev: eth1 }]
    neighbors: [{ ip: 192.0.2.2, mac: 02:00:00:00:00:02, dev: wlan0 }]
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:4:34: hosts.h1.routes[0].dev: h1 has no interface "eth1"; did you mean "eth0"?
      lab.yaml:5:63: hosts.h1.neighbors[0].dev: h1 has no interface "wlan0"; interfaces are eth0, lo"
    `);
  });

  it('a port used twice, or one too many', () => {
    expect(
      refusal(`hosts: { h1: , h2: , h3: }
switches: { s1: { ports: 2 } }
links:
  - h1.eth0 -- h2.eth0
  - h3.eth0 -- h1.eth0
  - { from: h3.eth1, to: s1.1 }
  - { from: h3.eth2, to: s1.1 }
  - h3.eth3 -- s1
  - h3.eth4 -- s1
  - h3.eth5 -- h3.eth5
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:5:16: links[1]: h1.eth0 is linked to h2.eth0 already, in line 4; a port takes one link, so put a switch between
      lab.yaml:7:26: links[3].to: s1.port1 is linked to h3.eth1 already, in line 6; name another port, or none
      lab.yaml:9:16: links[5]: all 2 ports of switch s1 are taken; write ports: 3
      lab.yaml:10:16: links[6]: h3.eth5 is linked to h3.eth5 already, in line 10; a port takes one link, so put a switch between"
    `);
  });

  it('a name given twice', () => {
    expect(refusal('hosts:\n  a:\nswitches:\n  a:\n')).toMatchInlineSnapshot(
      `"lab.yaml:4:3: switches.a: a host in line 2 has this name; give one another"`,
    );
    expect(refusal('hosts:\n  a:\n  a:\nseed: 1\nseed: 2\n')).toMatchInlineSnapshot(`
      "lab.yaml:3:3: the key "a" stands in line 2 already; keep one of the two
      lab.yaml:5:1: the key "seed" stands in line 4 already; keep one of the two"
    `);
  });

  it('a name that is none', () => {
    expect(
      refusal(`hosts:
  1: 
  a.b:
  a--b:
  'x y':
  h-:
  h1: { interfaces: { 0: , 'a/b': , much-too-long-name: } }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:2:3: hosts.1: not a name here: a node is called by a letter and at most 62 letters, digits, "_" or "-", without "--"
      lab.yaml:3:3: hosts["a.b"]: not a name here: a node is called by a letter and at most 62 letters, digits, "_" or "-", without "--"
      lab.yaml:4:3: hosts.a--b: not a name here: a node is called by a letter and at most 62 letters, digits, "_" or "-", without "--"
      lab.yaml:5:3: hosts["x y"]: not a name here: a node is called by a letter and at most 62 letters, digits, "_" or "-", without "--"
      lab.yaml:6:3: hosts.h-: not a name here: a node is called by a letter and at most 62 letters, digits, "_" or "-", without "--"
      lab.yaml:7:23: hosts.h1.interfaces.0: not a name here: an interface is called by a letter and at most 14 letters, digits, "_", "-" or "."
      lab.yaml:7:28: hosts.h1.interfaces["a/b"]: not a name here: an interface is called by a letter and at most 14 letters, digits, "_", "-" or "."
      lab.yaml:7:37: hosts.h1.interfaces.much-too-long-name: not a name here: an interface is called by a letter and at most 14 letters, digits, "_", "-" or ".""
    `);
  });

  it('an address, a mask, a prefix, a MAC that is none', () => {
    expect(
      refusal(`hosts:
  h1:
    interfaces:
      eth0: 192.0.2.1/33
      eth1: 192.0.2.256/24
      eth2: 192.0.2.1/255.0.255.0
      eth3: { ip: [192.0.2.1/24, 192.0.2], netmask: 255.255.0.255 }
      eth4: { mac: 02:00:00:00:00 }
      eth5: { mac: 01:00:5e:00:00:01 }
      eth6: { mac: 00:00:00:00:00:00 }
      eth7: 192.0.2.1/abc
      eth8: 192.0.02.1/24
    gateway: 192.0.2.254/24
    dns: ns.example.test
    routes:
      - { to: nowhere, via: 10 }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:4:13: hosts.h1.interfaces.eth0: a prefix of 33 bits; an IPv4 address has 32
      lab.yaml:5:13: hosts.h1.interfaces.eth1: "192.0.2.256" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
      lab.yaml:6:13: hosts.h1.interfaces.eth2: the mask 255.0.255.0 has holes; its one bits must all come first, as in 255.255.255.0
      lab.yaml:7:34: hosts.h1.interfaces.eth3.ip[1]: "192.0.2" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
      lab.yaml:7:53: hosts.h1.interfaces.eth3.netmask: the mask 255.255.0.255 has holes; its one bits must all come first, as in 255.255.255.0
      lab.yaml:8:20: hosts.h1.interfaces.eth4.mac: "02:00:00:00:00" is no MAC address; write six bytes, such as 02:00:00:00:00:01
      lab.yaml:9:20: hosts.h1.interfaces.eth5.mac: 01:00:5e:00:00:01 is a group address, which no interface can have; its first byte must be even
      lab.yaml:10:20: hosts.h1.interfaces.eth6.mac: 00:00:00:00:00:00 is no interface's address; leave mac out for one
      lab.yaml:11:13: hosts.h1.interfaces.eth7: "abc" is no mask; write 24 or 255.255.255.0
      lab.yaml:12:13: hosts.h1.interfaces.eth8: "192.0.02.1" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
      lab.yaml:13:14: hosts.h1.gateway: "192.0.2.254/24": no prefix length belongs here; write the address alone
      lab.yaml:14:10: hosts.h1.dns: "ns.example.test" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
      lab.yaml:16:15: hosts.h1.routes[0].to: "nowhere" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
      lab.yaml:16:29: hosts.h1.routes[0].via: expected an IPv4 address such as 192.0.2.1, or a list of them, got 10"
    `);
  });

  it('a key that nobody knows, and one that is missing', () => {
    expect(
      refusal(`host: { h1: }
hosts:
  h1: { gatewey: 192.0.2.1, colour: red }
links:
  - { from: h1.eth0, dealy: 5ms }
programs:
  - { run: ping h1 }
events:
  - { link: h1 -- h1, do: down }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:1:1: unknown key "host"; did you mean "hosts"?
      lab.yaml:3:9: hosts.h1: unknown key "gatewey"; did you mean "gateway"?
      lab.yaml:3:29: hosts.h1: unknown key "colour"; keys are interfaces, netmask, gateway, dns, routes, neighbors, sysctl, zones, place
      lab.yaml:5:5: links[0].to: missing; expected an end of the link such as h1.eth0
      lab.yaml:5:22: links[0]: unknown key "dealy"; did you mean "delay"?
      lab.yaml:7:5: programs[0].on: missing; expected a host or router
      lab.yaml:9:5: events[0].at: missing; expected a duration such as 1.5ms"
    `);
  });

  it('a value of another type', () => {
    expect(
      refusal(`name: 5
seed: -1
epoch: 1.5
hosts:
  h1: [192.0.2.1]
  h2: { interfaces: [eth0], routes: { to: default }, sysctl: { net.ipv4.ip_forward: true } }
  h3: { interfaces: { eth0: 5, eth1: { mtu: 60, up: yes } } }
switches: [s1]
links: h1 -- h2
programs: [ping, { on: 5, run: [ping, h2] }]
events: { at: 5s }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:1:7: name: expected a name, got 5; put it in quotes if it is one
      lab.yaml:2:7: seed: expected a seed, 0 to 9007199254740991, got -1
      lab.yaml:3:8: epoch: expected seconds since 1970, 0 to 4294967295, got 1.5
      lab.yaml:5:7: hosts.h1: expected a mapping such as { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }, got a list
      lab.yaml:6:21: hosts.h2.interfaces: expected interfaces by name, such as { eth0: 192.0.2.1/24 }, got a list
      lab.yaml:6:37: hosts.h2.routes: expected a list of routes, got a mapping
      lab.yaml:6:85: hosts.h2.sysctl["net.ipv4.ip_forward"]: expected a whole number, -2147483648 to 4294967295, got true
      lab.yaml:7:29: hosts.h3.interfaces.eth0: expected addresses such as 192.0.2.1/24, or a mapping with ip, mac, mtu, up, got 5
      lab.yaml:7:45: hosts.h3.interfaces.eth1.mtu: expected an MTU in bytes, 68 to 65536, got 60
      lab.yaml:7:53: hosts.h3.interfaces.eth1.up: expected true or false, got "yes"
      lab.yaml:8:11: switches: expected switches by name, got a list
      lab.yaml:9:8: links: expected a list of links, got "h1 -- h2"
      lab.yaml:10:12: programs[0]: expected a program with on and run, got "ping"
      lab.yaml:10:24: programs[1].on: expected a host or router, got 5; put it in quotes if it is one
      lab.yaml:10:32: programs[1].run: expected a command line such as "ping -c 3 h2", got a list
      lab.yaml:11:9: events: expected a list of events, got a mapping"
    `);
  });

  it('a duration, rate, chance, queue without a meaning', () => {
    expect(
      refusal(`until: 1:30
hosts: { h1: , h2: }
links:
  - { from: h1.a, to: h2.a, delay: 5, bandwidth: 100Mbps, loss: 1, queue: 5 parsecs }
  - { from: h1.b, to: h2.b, delay: -5ms, bandwidth: 0, loss: 101%, queue: -1 }
  - { from: h1.c, to: h2.c, jitter: soon, corrupt: often, drop-every: -1, queue: 64 KB, mtu: 70000 }
  - { from: h1.d, to: h2.d, delay: { 5: ms }, forward: fast }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:1:8: until: "1:30" could be hours or minutes; write 90s or 90m
      lab.yaml:4:36: links[0].delay: 5 has no unit; write 5s or 5ms
      lab.yaml:4:50: links[0].bandwidth: "100Mbps" could be bits or bytes; write it as 100Mbit/s
      lab.yaml:4:65: links[0].loss: 1 could be 1% or 100%; write the one you mean
      lab.yaml:4:75: links[0].queue: "5 parsecs": no unit "parsecs"; units are bytes, kB, KiB, MB, MiB
      lab.yaml:5:36: links[1].delay: "-5ms" is no duration; write it as 500us, 1.5ms or 2s
      lab.yaml:5:53: links[1].bandwidth: a rate of 0 never sends; set the link down instead (up: false)
      lab.yaml:5:62: links[1].loss: "101%" is more than 100%
      lab.yaml:5:75: links[1].queue: expected a queue such as 100 packets or 64 KiB, got -1
      lab.yaml:6:37: links[2].jitter: "soon" is no duration; write it as 500us, 1.5ms or 2s
      lab.yaml:6:52: links[2].corrupt: "often" is no chance; write it as 1% or 0.01
      lab.yaml:6:71: links[2].drop-every: expected a whole number, 0 to 9007199254740991, got -1
      lab.yaml:6:82: links[2].queue: "64 KB" could be 1,000 or 1,024 bytes each; write kB or KiB
      lab.yaml:6:94: links[2].mtu: expected an MTU in bytes, 68 to 65536, got 70000
      lab.yaml:7:36: links[3].delay: expected a duration such as 1.5ms, got a mapping
      lab.yaml:7:56: links[3].forward: expected settings such as { loss: 1% }, got "fast""
    `);
  });

  it('a setting beyond what the simulator takes', () => {
    expect(
      refusal(`hosts: { h1: , h2: }
links:
  - { from: h1.a, to: h2.a, delay: 25h, bandwidth: 5Tbit/s, forward: { queue: 2000000 packets, reorder-delay: 30h } }
events:
  - { at: 1s, link: h1 -- h2, set: { jitter: 100h } }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:3:36: links[0].delay: delay 90000000000000: must be 1 ns to one day, in whole ns
      lab.yaml:3:52: links[0].bandwidth: bandwidth 5000000000000: must be 1 to 10^12 bits per second
      lab.yaml:3:79: links[0].forward.queue: queue 2000000 packets: must be 0 to 1000000
      lab.yaml:3:111: links[0].forward.reorder-delay: reorderDelay 108000000000000: must be 0 ns to one day, in whole ns
      lab.yaml:5:46: events[0].set.jitter: jitter 360000000000000: must be 0 ns to one day, in whole ns"
    `);
  });

  it('a link that is none, or could be several', () => {
    expect(
      refusal(`hosts: { h1: , h2: , h3: }
links: [h1.a -- h2.a, h1.b -- h2.b]
events:
  - { at: 1s, link: h1 -- h3, do: down }
  - { at: 1s, link: h1 -- h2, do: down }
  - { at: 1s, link: h2.a -- h1.b, do: down }
  - { at: 1s, link: h1.a -- h2.a -- h3.a, do: down }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:4:21: events[0].link: no link "h1 -- h3"; links are h1.a -- h2.a, h1.b -- h2.b
      lab.yaml:5:21: events[1].link: "h1 -- h2" could be h1.a -- h2.a or h1.b -- h2.b; name the ports too
      lab.yaml:6:21: events[2].link: no link "h2.a -- h1.b"; did you mean "h1.a -- h2.a"?
      lab.yaml:7:21: events[3].link: no link "h1.a -- h2.a -- h3.a"; links are h1.a -- h2.a, h1.b -- h2.b"
    `);
    expect(refusal('links: [h1.a, h1.a - h2.a, h1.a -- h2.a -- h3.a, --, h1.a -- -- h2.a, h1.a -- h2.a b]'))
      .toMatchInlineSnapshot(`
        "lab.yaml:1:9: links[0]: "h1.a": write two ends with -- between them, such as h1.eth0 -- r1.eth0
        lab.yaml:1:15: links[1]: "h1.a - h2.a": write two ends with -- between them, such as h1.eth0 -- r1.eth0
        lab.yaml:1:28: links[2]: "h1.a -- h2.a -- h3.a": write two ends with -- between them, such as h1.eth0 -- r1.eth0
        lab.yaml:1:50: links[3]: "--": write two ends with -- between them, such as h1.eth0 -- r1.eth0
        lab.yaml:1:54: links[4]: "h1.a -- -- h2.a": write two ends with -- between them, such as h1.eth0 -- r1.eth0
        lab.yaml:1:71: links[5]: "h1.a -- h2.a b": write two ends with -- between them, such as h1.eth0 -- r1.eth0"
      `);
  });

  it('an event that says too little or too much', () => {
    expect(
      refusal(`${LINKED}events:
  - { at: 1s, do: down }
  - { at: 1s, link: h1, interface: h1.eth0, do: down }
  - { at: 1s, link: h1 }
  - { at: 1s, link: h1, do: down, set: { loss: 1% } }
  - { at: 1s, link: h1, do: down, direction: forward }
  - { at: 1s, link: h1, set: { loss: 1% }, direction: forward }
  - { at: 1s, interface: h1.eth0, do: hold }
  - { at: 1s, interface: h1.eth0, do: down, direction: forward }
  - { at: 1s, interface: h1.eth0, set: { up: false } }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:4:5: events[0]: happens to one thing; write either link or interface
      lab.yaml:5:5: events[1]: happens to one thing; write either link or interface
      lab.yaml:6:5: events[2]: says what happens once; write either do (such as do: down) or set
      lab.yaml:7:5: events[3]: says what happens once; write either do (such as do: down) or set
      lab.yaml:8:46: events[4].direction: a link has carrier at both ends or at none; use do: partition for one direction
      lab.yaml:9:55: events[5].direction: belongs to do; write set: { forward: { … } } for one direction
      lab.yaml:10:39: events[6].do: an interface can be set up or down only; write do: down
      lab.yaml:11:56: events[7].direction: an interface has no direction; leave it out
      lab.yaml:12:40: events[8].set: an interface can be set up or down only; write do: down"
    `);
    expect(refusal('events: [{ at: 1s, link: a, do: explode, direction: up }]')).toMatchInlineSnapshot(`
      "lab.yaml:1:33: events[0].do: expected what happens: down, up, partition, heal, hold, release, got "explode"
      lab.yaml:1:53: events[0].direction: expected a direction: both, forward, backward, got "up""
    `);
  });

  it('a route to nowhere, or somewhere and nowhere', () => {
    expect(
      refusal(`hosts:
  h1:
    routes:
      - { to: 192.0.2.0/24 }
      - { to: 192.0.2.0/24, type: prohibit, via: 192.0.2.1 }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:4:9: hosts.h1.routes[0]: leads nowhere; add via (the next router), dev (an interface) or type: blackhole
      lab.yaml:5:9: hosts.h1.routes[1]: a route of type prohibit leads nowhere; leave out via and dev, or the type"
    `);
    expect(
      refusal(`hosts:
  h1:
    routes:
      - { to: 192.0.2.0/24, type: missing }
      - { to: 192.0.2.0/24, via: 192.0.2.1, metric: 4294967296 }
      - { to: 192.0.2.0/33, via: 192.0.2.1 }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:4:35: hosts.h1.routes[0].type: expected a type of route: unicast, blackhole, unreachable, prohibit, got "missing"
      lab.yaml:5:53: hosts.h1.routes[1].metric: expected a metric, 0 to 4294967295, got 4294967296
      lab.yaml:6:15: hosts.h1.routes[2].to: a prefix of 33 bits; an IPv4 address has 32"
    `);
  });

  it('a command line that ends in a quotation', () => {
    expect(
      refusal(`hosts: { h1: }
programs:
  - { on: h1, run: 'udp-send h2 7 "hello' }
  - { on: h1, run: '' }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:3:20: programs[0].run: "udp-send h2 7 \\"hello": a " is not closed
      lab.yaml:4:20: programs[1].run: "": names no program"
    `);
  });

  it('a zone that no server could load', () => {
    expect(
      refusal(`hosts:
  h1:
    zones:
      example.test:
        www: { CNAME: web, A: 192.0.2.80 }
        other.test.: { A: 192.0.2.1 }
        '*': { A: 192.0.2.1 }
        a..b: { A: 192.0.2.1 }
        alias: { PTR: 'a b' }
        txt: { TXT: ${'x'.repeat(256)} }
      'not a name': {}
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:5:23: hosts.h1.zones["example.test"].www.CNAME: an alias has no other records; take out CNAME or A
      lab.yaml:6:9: hosts.h1.zones["example.test"]["other.test."]: "other.test." is not in the zone example.test; leave out the dot at its end, or put it into a zone of its own
      lab.yaml:7:9: hosts.h1.zones["example.test"]["*"]: "*" is no domain name; its parts are 1 to 63 letters, digits, "-" or "_"
      lab.yaml:8:9: hosts.h1.zones["example.test"]["a..b"]: "a..b" is no domain name; its parts are 1 to 63 letters, digits, "-" or "_"
      lab.yaml:9:23: hosts.h1.zones["example.test"].alias.PTR: "a b" is no domain name; its parts are 1 to 63 letters, digits, "-" or "_"
      lab.yaml:10:21: hosts.h1.zones["example.test"].txt.TXT: a text of 256 bytes; one record holds at most 255
      lab.yaml:11:7: hosts.h1.zones["not a name"]: "not a name" is no domain name; its parts are 1 to 63 letters, digits, "-" or "_""
    `);
    expect(
      refusal(`hosts:
  h1:
    zones:
      example.test:
        mail: { MX: mail, SRV: 0 5 sip }
        bad: { A: 192.0.2, MX: 65536 mail, ttl: -1 }
`),
    ).toMatchInlineSnapshot(`
      "lab.yaml:5:21: hosts.h1.zones["example.test"].mail.MX: "mail": write preference and name, such as "10 mail"
      lab.yaml:5:32: hosts.h1.zones["example.test"].mail.SRV: "0 5 sip": write priority, weight, port and name, such as "0 5 5060 sip"
      lab.yaml:6:19: hosts.h1.zones["example.test"].bad.A: "192.0.2" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
      lab.yaml:6:32: hosts.h1.zones["example.test"].bad.MX: "65536 mail": write preference and name, such as "10 mail"
      lab.yaml:6:49: hosts.h1.zones["example.test"].bad.ttl: expected a time to live in seconds, 0 to 2147483647, got -1"
    `);
  });

  it('lo with a MAC address', () => {
    expect(refusal('hosts: { h1: { interfaces: { lo: { mac: 02:00:00:00:00:01 } } } }')).toMatchInlineSnapshot(
      `"lab.yaml:1:41: hosts.h1.interfaces.lo.mac: lo has no MAC address; leave mac out"`,
    );
  });

  it('all of it at once, twenty at most', () => {
    const links = Array.from({ length: 30 }, (_, i) => `  - h${i}.eth0 -- h${i}.eth1\n`).join('');
    const message = refusal(`links:\n${links}`).split('\n');
    expect(message).toHaveLength(21);
    expect(message[0]).toBe('lab.yaml:2:5: links[0]: no node "h0"; there are no nodes');
    expect(message[20]).toBe('lab.yaml: and 40 more problems');
  });

  it('with the problems as data, too', () => {
    try {
      readTopology('seed: no', { file: 'lab.yaml' });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        name: 'TopologyError',
        file: 'lab.yaml',
        problems: [
          {
            position: { line: 1, column: 7 },
            path: 'seed',
            message: 'expected a seed, 0 to 9007199254740991, got "no"',
          },
        ],
      });
    }
  });
});
