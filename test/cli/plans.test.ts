/** The parts of the command that make and draw topologies: new, import, graph. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Wirelab } from './wirelab.ts';

let wirelab: Wirelab;
beforeAll(async () => {
  wirelab = await Wirelab.build();
});
afterAll(() => wirelab.remove());

const TRIANGLE = `<graphml><key id="l" for="node" attr.name="label"/><graph>
<node id="0"><data key="l">Bern</data></node><node id="1"><data key="l">Basel</data></node><node id="2"/>
<edge source="0" target="1"/><edge source="1" target="2"/><edge source="2" target="0"/><edge source="0" target="0"/>
</graph></graphml>`;

describe('new', () => {
  it('writes a topology that runs, to standard output or into a file', () => {
    const path = join(wirelab.folder, 'deep', 'line.yaml');
    expect(wirelab.run('new', 'line', '--routers', '4', '--delay', '5ms', '-o', path)).toMatchObject({
      status: 0,
      out: '',
      error: '',
    });
    const { out } = wirelab.run('new', 'line', '--routers', '4', '--delay', '5ms');
    expect(readFileSync(path, 'utf8')).toBe(out);
    const { status, out: said } = wirelab.run('ping', path, 'h1', 'h4', '--', '-c', '1');
    expect([status, said]).toEqual([0, expect.stringContaining('ttl=60')]);
  });

  it.each([
    ['line', 3],
    ['ring', 4],
    ['star', 5],
    ['tree', 7],
    ['full-mesh', 4],
    ['grid', 9],
    ['leaf-spine', 6],
    ['fat-tree', 20],
    ['random', 10],
  ])('%s without sizes has %i routers, and nothing is refused of it', (shape, routers) => {
    const file = wirelab.file(`${shape}.yaml`, wirelab.run('new', shape).out);
    expect(readFileSync(file, 'utf8').match(/^ {6}lo: /gm)).toHaveLength(routers);
    expect(wirelab.run('check', file)).toMatchObject({ status: 0, error: '' });
  });

  it('sizes and pools that have no meaning exit with 2 and say why', () => {
    const refused = (...words: string[]) => wirelab.run('new', ...words);
    expect(refused('ring', '--routers', '2')).toMatchObject({
      status: 2,
      out: '',
      error: 'routers: 2 is not a whole number from 3 to 100000\n',
    });
    expect(refused('line', '--routers', 'x')).toMatchObject({ status: 2, error: expect.stringContaining('a whole number') as string });
    expect(refused('line', '--link-pool', '10.0.0.0')).toMatchObject({ status: 2, error: expect.stringContaining('write the pool') as string });
    expect(refused('line', '--delay', '5')).toMatchObject({ status: 2, error: expect.stringContaining('5s or 5ms') as string });
    expect(refused('circle').status).toBe(2);
  }); // prettier-ignore
});

describe('import', () => {
  it('writes a topology, and says on standard error what it left out', () => {
    const { status, out, error } = wirelab.run('import', wirelab.file('map.graphml', TRIANGLE));
    expect(status).toBe(0);
    expect(error.trimEnd().split('\n')).toEqual([
      'note: Named otherwise: "2" is n2.',
      'note: Left out: 1 edge from a node to itself (Bern).',
      'note: All 3 links have the default delay: no two places are known between them.',
      'note: All 3 links have the default bandwidth: no speed is known.',
    ]);
    expect(out).toMatch(/^# Imported from map\.graphml\.\n# Named otherwise/);
    expect(wirelab.run('ping', wirelab.file('map.yaml', out), 'Bern', 'Basel')).toMatchObject({ status: 0 });
  });

  it('--check runs it at once', () => {
    const file = wirelab.file('map.graphml', TRIANGLE);
    const { status, out } = wirelab.run('import', file, '--check', '--hosts-per-router', '1');
    expect([status, out]).toEqual([0, `${file}: all 30 pairs reach each other\n`]);
    const both = wirelab.run('import', file, '--check', '-o', '-');
    expect(both.out).toMatch(/^# Imported/);
    expect(both.error).toContain('all 6 pairs reach each other');
  });

  it("containerlab's files are known by their name, others by --format", () => {
    const text = 'topology:\n  nodes: { a: { kind: linux }, b: { kind: linux } }\n  links: [{ endpoints: ["a:eth1", "b:eth1"] }]\n';
    expect(wirelab.run('import', wirelab.file('x.clab.yml', text)).out).toContain('  - a.eth1 -- b.eth1');
    const file = wirelab.file('x.txt', text);
    expect(wirelab.run('import', file)).toMatchObject({ status: 2, error: expect.stringContaining('--format') as string });
    expect(wirelab.run('import', file, '--format', 'containerlab').status).toBe(0);
  }); // prettier-ignore

  it('what is wrong with the file exits with 2, by line and column', () => {
    const file = wirelab.file('bad.graphml', '<graphml>\n<graph><edge source="a" target="b"/></graph></graphml>');
    const { status, error } = wirelab.run('import', file);
    expect([status, error]).toEqual([2, expect.stringMatching(/bad\.graphml:2:\d+: an edge leads to "a", which is no node/)]);
    expect(wirelab.run('import', 'nowhere.graphml')).toMatchObject({
      status: 2,
      error: 'nowhere.graphml: cannot be read: no such file\n',
    });
  }); // prettier-ignore
});

describe('graph', () => {
  const FILE = 'topologies/two-routers.yaml';

  it('draws SVG, Mermaid or DOT, as asked or as the file to write is called', () => {
    expect(wirelab.run('graph', FILE).out).toMatch(/^<svg /);
    expect(wirelab.run('graph', FILE, '--format', 'mermaid').out).toMatch(/^flowchart LR\n/);
    const path = join(wirelab.folder, 'out.dot');
    expect(wirelab.run('graph', FILE, '-o', path)).toMatchObject({ status: 0, out: '' });
    expect(readFileSync(path, 'utf8')).toMatch(/^graph "two-routers" \{\n/);
  });

  it('too many nodes for a picture exit with 2 and a way out', () => {
    const big = wirelab.file(
      'big.yaml',
      wirelab.run('new', 'line', '--routers', '2001', '--hosts-per-router', '0').out,
    );
    const { status, error } = wirelab.run('graph', big);
    expect([status, error]).toEqual([
      2,
      expect.stringContaining('2001 nodes are too many to draw (2000); --format dot'),
    ]);
    expect(wirelab.run('graph', big, '--format', 'dot').status).toBe(0);
  });
});
