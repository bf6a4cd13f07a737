import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readPlainYaml } from '../../src/lab/topology-plain-yaml.ts';
import { readTopology } from '../../src/lab/topology.ts';
import type { TopologyInput } from '../../src/lab/schema.ts';
import { formatTopology } from '../../src/plan/format-topology.ts';
import * as Shape from '../../src/plan/shapes.ts';
import { topologyText } from '../../src/plan/topology-text.ts';

/** The topology without places in the text, which are others in another text. */
function withoutPositions(text: string): unknown {
  return JSON.parse(
    JSON.stringify(readTopology(text, { file: 'lab.yaml' }), (key, value: unknown) =>
      key === 'position' ? undefined : value,
    ),
  );
}

const FILES = readdirSync('topologies').filter((name) => name.endsWith('.yaml'));

describe.each(FILES)('%s', (file) => {
  const text = readFileSync(`topologies/${file}`, 'utf8');
  const written = formatTopology(parse(text) as TopologyInput);

  it('is read back as the same topology', () => {
    expect(withoutPositions(written)).toEqual(withoutPositions(text));
  });

  it('is written again in the same words', () => {
    expect(formatTopology(parse(written) as TopologyInput)).toBe(written);
  });

  it('has lines as a person would write them', () => {
    const lines = written.split('\n');
    expect(lines.every((line) => line.length <= 120 && line === line.trimEnd())).toBe(true);
    const sections = ['hosts:', 'routers:', 'switches:', 'links:', 'programs:', 'events:'];
    for (const section of sections.filter((one) => lines.includes(one))) {
      expect(lines[lines.indexOf(section) - 1]).toBe('');
    }
    const links = lines.slice(lines.indexOf('links:') + 1, lines.indexOf('', lines.indexOf('links:')));
    expect(links[0]).toMatch(/^ {2}- /);
  });
});

it('any text of a program, a TXT record or a name is read back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, name) => {
      const topology = { name, hosts: { h1: { zones: { 'example.test': { '@': { TXT: text } } } } } };
      expect(parse(formatTopology(topology, [text]))).toEqual(topology);
    }),
  );
});

it('words that YAML would take for something else are put in quotes', () => {
  for (const name of ['on', 'null', '1', '0x10', '1e3', '~', 'a: b', 'a #b', '- a', '', ' a', '&a', '*a', '!a']) {
    expect((parse(formatTopology({ name })) as TopologyInput).name).toBe(name);
  }
});

it('a line break in the comment does not end the comment', () => {
  expect(formatTopology({ name: 'x' }, ['one\nname: two', '', 'three\u2028four'])).toBe(
    '# one\n# name: two\n#\n# three\n# four\n\nname: x\n',
  );
});

it('what builders give is plain YAML, which is read fast, in the style of the files that come with the lab', () => {
  const text = topologyText(Shape.leafSpine({ leaves: 1, spines: 1, hostsPerRouter: 2, link: { delay: 1_500_000 } }));
  expect('root' in readPlainYaml(text)).toBe(true);
  expect(text).toMatchInlineSnapshot(`
    "# Leaves and spines: each of 1 leaves is linked to each of 1 spines.

    name: leaf-spine
    routing: shortest-paths

    hosts:
      h1: { interfaces: { eth0: 172.25.93.1/24 }, gateway: 172.25.93.254 }
      h2: { interfaces: { eth0: 172.25.93.2/24 }, gateway: 172.25.93.254 }

    routers:
      spine1:
        interfaces:
          lo: 192.168.37.24/32
          eth0: 10.1.1.250/30
      leaf1:
        interfaces:
          lo: 192.168.169.93/32
          eth0: 172.25.93.254/24
          eth1: 10.1.1.249/30

    switches:
      s1:

    links:
      - s1 -- leaf1.eth0
      - h1.eth0 -- s1
      - h2.eth0 -- s1
      - { from: spine1.eth0, to: leaf1.eth1, delay: 1.5ms }
    "
  `);
});
