import { describe, expect, it } from 'vitest';
import { checkAllPairs } from '../../src/check/all-pairs.ts';
import { importContainerlab } from '../../src/import/containerlab.ts';
import { openLab } from '../../src/lab/lab.ts';
import { TopologyError } from '../../src/lab/topology-error.ts';
import { topologyText } from '../../src/plan/topology-text.ts';

function refusal(text: string): string {
  try {
    importContainerlab(text, { file: 'x.clab.yml' });
  } catch (error) {
    if (error instanceof TopologyError) return error.message;
    throw error;
  }
  return 'accepted';
}

it("reads containerlab's own first example", () => {
  // containerlab.dev/manual/topo-def-file
  const text = `
name: srlceos01

topology:
  nodes:
    srl:
      kind: nokia_srlinux
      image: ghcr.io/nokia/srlinux
    ceos:
      kind: arista_ceos
      image: ceos:4.32.0F

  links:
    - endpoints: ["srl:e1-1", "ceos:eth1"]
`;
  expect(importContainerlab(text, { file: 'labs/srlceos01.clab.yml' })).toEqual({
    plan: {
      name: 'srlceos01',
      about: ['Imported from srlceos01.clab.yml.', 'Not used of nodes: image.'],
      nodes: [
        { name: 'srl', kind: 'router' },
        { name: 'ceos', kind: 'router' },
      ],
      links: [{ from: 'srl', to: 'ceos', fromInterface: 'e1-1', toInterface: 'eth1' }],
    },
    notes: ['Not used of nodes: image.'],
  });
});

it('reads a file as people have them: management, environments, groups, links of all kinds', () => {
  const { plan, notes } = importContainerlab(`
name: clos01
prefix: ""
mgmt: { network: custom_mgmt, ipv4-subnet: 172.100.100.0/24 }
topology:
  defaults: { env: { A: b }, kind: linux }
  kinds: { nokia_srlinux: { image: ghcr.io/nokia/srlinux:23.10, type: ixrd3 } }
  groups: { spine: { kind: nokia_srlinux } }
  nodes:
    leaf1: { kind: nokia_srlinux, startup-config: leaf1.cfg, mgmt-ipv4: 172.100.100.2, labels: { graph-level: 2 } }
    spine1: { group: spine, startup-delay: 5 }
    client1: { binds: [a:b], exec: [ip address add 10.0.0.1/24 dev eth1], ports: ["80:80"], network-mode: none }
    br-ovs: { kind: ovs-bridge }
  links:
    - { endpoints: ["leaf1:e1-49", "spine1:e1-1"], mtu: 1500, vars: { a: 1 } }
    - type: veth
      endpoints:
      - node: client1
        interface: eth1
      - { node: leaf1, interface: e1-1 }
    - endpoints: [client1:eth2, br-ovs:p1]
    - { type: host, endpoint: { node: leaf1, interface: e1-3 }, host-interface: veth7 }
    - { type: vxlan, endpoint: { node: leaf1, interface: e1-5 }, remote: 10.0.0.1, vni: 5, udp-port: 4789 }
    - endpoints: ["leaf1:ethernet-1/2", "macvlan:enp0s3"]
    - endpoints: ["leaf1:e1-7", "mgmt-net:leaf1-e1-7"]
`);
  expect(plan.nodes.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'leaf1 router',
    'spine1 router',
    'client1 host',
    'br-ovs switch',
  ]);
  expect(plan.links.map(({ from, to, mtu }) => [from, to, mtu])).toEqual([
    ['leaf1', 'spine1', 1500],
    ['client1', 'leaf1', undefined],
    ['client1', 'br-ovs', undefined],
  ]);
  expect(notes[0]).toMatch(/^Not used of nodes: .*startup-config, mgmt-ipv4.* and \d+ more\.$/);
  expect(notes.slice(1)).toEqual([
    'Left out: 4 links to the outside (host, vxlan, macvlan, mgmt-net).',
    'Not used of links: vars, endpoint, host-interface, remote, vni, udp-port.',
    'Not used of the file: prefix, mgmt.',
  ]);
  const lab = openLab(topologyText(plan));
  expect(lab.warnings).toEqual([]);
  expect(checkAllPairs(lab).failed).toEqual([]);
});

describe('a node', () => {
  const kinds = (nodes: string, more = ''): Record<string, string> => {
    const { plan } = importContainerlab(`topology:\n  nodes: ${nodes}\n${more}`);
    return Object.fromEntries(plan.nodes.map(({ name, kind }) => [name, kind]));
  };

  it('is what its kind says', () => {
    expect(kinds('{ a: { kind: linux }, b: { kind: bridge }, c: { kind: ovs-bridge }, d: { kind: vyosnetworks_vyos } }')).toEqual({
      a: 'host',
      b: 'switch',
      c: 'switch',
      d: 'router',
    }); // prettier-ignore
  });

  it('is a router where a Linux container routes, and that is noted', () => {
    const text = `
topology:
  nodes:
    frr: { kind: linux, image: quay.io/frrouting/frr:9.1 }
    kernel: { kind: linux, image: alpine, sysctls: { net.ipv4.ip_forward: 1 } }
    told: { kind: linux, image: alpine, exec: [sysctl -w net.ipv4.ip_forward=1] }
    client: { kind: linux, image: alpine, sysctls: { net.ipv4.ip_forward: 0 } }
`;
    const { plan, notes } = importContainerlab(text);
    expect(plan.nodes.map(({ kind }) => kind)).toEqual(['router', 'router', 'router', 'host']);
    expect(notes).toContain('Linux containers that route, so routers: frr, kernel, told.');
  });

  it('takes its kind from its group, or from the defaults', () => {
    expect(
      kinds(
        '{ a: { group: leaf }, b: {}, c: }',
        '  groups: { leaf: { kind: nokia_srlinux } }\n  defaults: { kind: linux }',
      ),
    ).toEqual({ a: 'router', b: 'host', c: 'host' });
  });
});

describe('a link', () => {
  const NODES =
    'topology:\n  nodes: { a: { kind: nokia_srlinux }, b: { kind: linux }, br: { kind: bridge } }\n  links:\n';

  it('may be written long, and have an MTU', () => {
    const { plan, notes } = importContainerlab(`${NODES}
    - type: veth
      mtu: 9000
      endpoints:
        - { node: a, interface: ethernet-1/1, mac: 02:00:00:00:00:01 }
        - { node: b, interface: eth1 }
    - endpoints: ["b:eth2", "br:b-eth2"]
`);
    expect(plan.links).toEqual([
      { from: 'a', to: 'b', fromInterface: 'ethernet-1-1', toInterface: 'eth1', mtu: 9_000 },
      { from: 'b', to: 'br', fromInterface: 'eth2', toInterface: 'b-eth2' },
    ]);
    expect(notes).toContain('Not used of links: mac.');
  });

  it('to the outside is left out and noted', () => {
    const { plan, notes } = importContainerlab(`${NODES}
    - endpoints: ["a:e1-1", "host:veth1"]
    - type: macvlan
      endpoint: { node: b, interface: eth1 }
      host-interface: enp0s3
    - endpoints: ["a:e1-2", "a:e1-3"]
`);
    expect(plan.links).toEqual([]);
    expect(notes).toContain('Left out: 2 links to the outside (host, macvlan).');
    expect(notes).toContain('Left out: 1 link from a node to itself (a).');
  });

  it('of an interface whose name Linux would not take gets another', () => {
    const { plan } = importContainerlab(`${NODES}
    - endpoints: ["a:FortyGigabitEthernet0/0/1", "b:eth0"]
    - endpoints: ["a:eth0", "b:1"]
`);
    expect(plan.links.map(({ fromInterface, toInterface }) => [fromInterface, toInterface])).toEqual([
      ['eth0', 'eth0'],
      ['eth1', 'eth1'],
    ]);
  });

  it.each([
    ['    - endpoints: ["a:e1", "z:e1"]', 'x.clab.yml:4:27: topology.links[0].endpoints[1]: no node "z" in topology.nodes'],
    ['    - endpoints: ["a:e1"]', 'x.clab.yml:4:18: topology.links[0].endpoints: expected two ends such as ["r1:eth1", "r2:eth1"]'],
    ['    - endpoints: ["a", "b:e1"]', 'x.clab.yml:4:19: topology.links[0].endpoints[0]: "a": write a node and its interface, such as r1:eth1'],
    ['    - endpoints: ["a:e1", "b:e1"]\n    - endpoints: ["a:e1", "b:e2"]', 'x.clab.yml:5:19: topology.links[1].endpoints[0]: the interface "e1" of a has a link already'],
    ['    - [a, b]', 'x.clab.yml:4:7: topology.links[0]: expected a mapping'],
  ])('%j is refused with its place', (link, message) => {
    expect(refusal(`${NODES}${link}\n`)).toContain(message);
  }); // prettier-ignore
});

it('another file than one of containerlab is refused', () => {
  expect(refusal('hosts: { h1: {} }')).toMatch(/not a containerlab file: expected topology, with nodes and links/);
  expect(refusal('')).toMatch(/not a containerlab file/);
  expect(refusal('- a')).toMatch(/expected a mapping/);
  expect(refusal('topology: { nodes: { __proto__: { kind: linux } } }')).toMatch(/"__proto__" is refused/);
});
