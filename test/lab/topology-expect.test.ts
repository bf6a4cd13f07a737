/** What a topology may expect, and what the file is told where it makes no sense. */
import { describe, expect, it } from 'vitest';
import { readTopology } from '../../src/lab/topology.ts';
import { TopologyError } from '../../src/lab/topology-error.ts';

const HOSTS = `hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: { interfaces: { eth0: 192.0.2.2/24 } } }
switches: { s1: }
links: [h1.eth0 -- s1, h2.eth0 -- s1]
`;

function problem(expectation: string): string {
  try {
    readTopology(`${HOSTS}expect:\n  - ${expectation}\n`, { file: 'lab.yaml' });
  } catch (error) {
    if (error instanceof TopologyError) return error.message;
    throw error;
  }
  return '';
}

describe('an expectation in a file', () => {
  it('keeps its place, its name and its time', () => {
    const { expectations } = readTopology(
      `${HOSTS}expect:\n  - { name: all is well, reach: h1->h2, at: 1s, within: 500ms }`,
    );
    expect(expectations).toEqual([
      {
        kind: 'reach',
        name: 'all is well',
        position: { line: 5, column: 5 },
        path: 'expect[0]',
        at: 1_000_000_000,
        within: 500_000_000,
        from: 'h1',
        to: 'h2',
        udp: null,
        size: null,
      },
    ]);
  });

  it.each([
    ['{ reach: h1 -> h3 }', 'lab.yaml:5:20: expect[0].reach: no node "h3"; nodes are h1, h2, s1'],
    [
      '{ reach: h1 -> s1 }',
      'lab.yaml:5:20: expect[0].reach: a switch has no address; name a host, a router or an address',
    ],
    ['{ reach: s1 -> h1 }', 'lab.yaml:5:14: expect[0].reach: a switch sends nothing of its own; name a host or router'],
    ['{ reach: h1 -> h2.eth1 }', 'lab.yaml:5:20: expect[0].reach: h2 has no interface "eth1"; did you mean "eth0"?'],
    [
      '{ reach: h1 -> 300.1.1.1 }',
      'lab.yaml:5:20: expect[0].reach: "300.1.1.1" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1',
    ],
    [
      '{ route: h1 -> 10.0.0.1/8 }',
      'lab.yaml:5:20: expect[0].route: "10.0.0.1/8": no table has such a prefix, for there are bits behind it; write 10.0.0.0/8',
    ],
    ['{ reach: h1 }', 'lab.yaml:5:14: expect[0].reach: "h1": write two ends such as h1 -> h2'],
    ['{ reach: h1 -> h2 -> h1 }', 'lab.yaml:5:14: expect[0].reach: "h1 -> h2 -> h1": write two ends such as h1 -> h2'],
    ['{ reech: h1 -> h2 }', 'lab.yaml:5:7: expect[0]: unknown key "reech"; did you mean "reach"?'],
    [
      '{ within: 5s }',
      'lab.yaml:5:5: expect[0]: says nothing; an expectation has one of reach, not-reach, path, flow, mtu, resolve, route, neighbor',
    ],
    [
      '{ reach: h1 -> h2, path: h1 -> h2 }',
      'lab.yaml:5:5: expect[0]: says reach and path; an expectation has one of reach, not-reach, path, flow, mtu, resolve, route, neighbor',
    ],
    [
      '{ mtu: h1 -> h2, is: 1500, udp: 7 }',
      'lab.yaml:5:32: expect[0].udp: "udp" says nothing about mtu, which takes is',
    ],
    ['{ mtu: h1 -> h2 }', 'lab.yaml:5:5: expect[0].is: write how many octets, 68 to 65535, such as is: 1500'],
    [
      '{ not-reach: h1 -> h2, because: no-rote }',
      'lab.yaml:5:37: expect[0].because: "no-rote" befalls no packet; did you mean "no-route"?',
    ],
    [
      '{ flow: h1 -> h2, rate: fast }',
      'lab.yaml:5:29: expect[0].rate: "fast" is no rate; write datagrams or bits in a second, such as 1000/s or 10Mbit/s',
    ],
    [
      '{ route: h1 -> 10.0.0.0/33 }',
      'lab.yaml:5:20: expect[0].route: "10.0.0.0/33": a prefix of 33 bits; an IPv4 address has 32',
    ],
    [
      '{ route: h1 -> default, dev: eth7 }',
      'lab.yaml:5:34: expect[0].dev: h1 has no interface "eth7"; did you mean "eth0"?',
    ],
  ])('%s is refused with its place and a remedy', (expectation, message) => {
    expect(problem(expectation)).toBe(message);
  });
});
