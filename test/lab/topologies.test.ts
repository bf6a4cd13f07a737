import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTopology } from '../../src/lab/topology.ts';
import { sameSubnet } from '../../src/wire/ip4.ts';
import * as Ip from '../../src/wire/ip4.ts';

const FILES = readdirSync('topologies').filter((name) => name.endsWith('.yaml'));

it('has the topologies that the README names', () => {
  expect(FILES).toEqual(
    expect.arrayContaining([
      'dns.yaml',
      'lossy-link.yaml',
      'mtu-mismatch.yaml',
      'one-switch.yaml',
      'ring.yaml',
      'switch-loop.yaml',
      'two-hosts.yaml',
      'two-routers.yaml',
      'two-subnets.yaml',
    ]),
  );
});

describe.each(FILES)('%s', (file) => {
  const text = readFileSync(`topologies/${file}`, 'utf8');
  const topology = readTopology(text, { file });

  it('starts with a drawing, then says what it shows', () => {
    const comment = text.split('\n\n')[0]?.split('\n') ?? [];
    expect(comment.every((line) => line.startsWith('#'))).toBe(true);
    expect(comment.filter((line) => /^# {3,}\S/.test(line)).length).toBeGreaterThanOrEqual(2);
    const words = comment.filter((line) => /^# \S/.test(line)).length;
    expect(words).toBeGreaterThanOrEqual(2);
    expect(words).toBeLessThanOrEqual(4);
  });

  it('is called as the file is, and runs something', () => {
    expect(`${topology.name}.yaml`).toBe(file);
    expect(topology.programs.some(({ background }) => !background)).toBe(true);
  });

  it('uses the documentation ranges only (RFC 5737), each address once', () => {
    const ranges = ['192.0.2.0', '198.51.100.0', '203.0.113.0'].map((range) => Ip.parse(range) ?? Ip.ANY);
    const addresses = topology.nodes.flatMap((node) =>
      node.kind === 'host' || node.kind === 'router' ? node.interfaces.flatMap((nic) => nic.addresses) : [],
    );
    for (const { ip } of addresses) expect(ranges.some((range) => sameSubnet(ip, range, 24))).toBe(true);
    expect(new Set(addresses.map(({ ip }) => ip)).size).toBe(addresses.length);
  });

  it('has gateways and next hops on a link of their node', () => {
    for (const node of topology.nodes) {
      if (node.kind !== 'host' && node.kind !== 'router') continue;
      const hops = [...(node.gateway === null ? [] : [node.gateway.value]), ...node.routes.flatMap(({ via }) => via)];
      for (const hop of hops) {
        const onLink = node.interfaces.some((nic) =>
          nic.addresses.some(({ ip, prefixLength }) => sameSubnet(ip, hop, prefixLength ?? 24)),
        );
        expect(onLink, `${node.name}: ${Ip.format(hop)}`).toBe(true);
      }
    }
  });

  it('links every interface that it configures', () => {
    const linked = new Set(topology.links.flatMap(({ from, to }) => [from.name, to.name]));
    for (const node of topology.nodes) {
      if (node.kind !== 'host' && node.kind !== 'router') continue;
      for (const nic of node.interfaces) expect(linked).toContain(`${node.name}.${nic.name}`);
    }
  });
});
