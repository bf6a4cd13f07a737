import { expect, it } from 'vitest';
import { hostsTable } from '../../src/lab/hosts-table.ts';
import { openLab } from '../../src/lab/lab.ts';
import { readTopology } from '../../src/lab/topology.ts';
import * as Ip from '../../src/wire/ip4.ts';

const TEXT = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.2/24 } }
  bare: {}
routers:
  r1:
    interfaces:
      eth0: 192.0.2.254/24
      eth1: { ip: [198.51.100.254/24, 203.0.113.1/24] }
      lo: 203.0.113.9/32
switches: { s1: { ports: 2 } }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- h2.eth0]
`;

it('names each node and each interface that has addresses', () => {
  const table = [...hostsTable(readTopology(TEXT))].map(([name, ips]) => `${name} ${ips.map(Ip.format).join(' ')}`);
  expect(table).toEqual([
    'h1.eth0 192.0.2.1',
    'h1 192.0.2.1',
    'h2.eth0 198.51.100.2',
    'h2 198.51.100.2',
    'r1.eth0 192.0.2.254',
    'r1.eth1 198.51.100.254 203.0.113.1',
    'r1 192.0.2.254 198.51.100.254 203.0.113.1 203.0.113.9',
    'localhost 127.0.0.1',
  ]);
});

it.each([
  ['h1', 'r1', '192.0.2.254', 'the address on the subnet they share'],
  ['h2', 'r1', '198.51.100.254', 'the address on the subnet they share'],
  ['h1', 'r1.eth1', '198.51.100.254', "the interface's first"],
  ['h1', 'h2', '198.51.100.2', 'its first: they share no subnet'],
  ['h1', 'localhost', '127.0.0.1', 'every host is that'],
  ['h1', '192.0.2.7', '192.0.2.7', 'an address is itself'],
])('%s calls %s and means %s: %s', (from, name, address) => {
  const lab = openLab(TEXT);
  const { lines } = lab.run(from, `ping -c 1 -W 0.1 ${name}`);
  expect(lines[0]?.text).toContain(`PING ${name} (${address})`);
});

it('is not asked with --no-hosts, nor for what it does not know', () => {
  for (const words of ['ping -c 1 --no-hosts h2', 'ping -c 1 bare', 'ping -c 1 s1']) {
    const { lines, exitStatus } = openLab(TEXT).run('h1', words);
    expect(exitStatus).toBe(2);
    expect(lines[0]?.text).toMatch(/Name or service not known \(.*no DNS server is set\)$/);
  }
});
