import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopologyError } from '../../src/lab/topology-error.ts';
import { readTopology } from '../../src/lab/topology.ts';
import type { Topology } from '../../src/lab/topology.ts';

/** The topology, or what it is refused with; anything else that is thrown fails the test. */
function read(text: string): Topology | string {
  try {
    return readTopology(text, { file: 'x.yaml' });
  } catch (error) {
    if (error instanceof TopologyError) return error.message;
    throw error;
  }
}

describe('YAML 1.2, core schema:', () => {
  it('words that were something else in YAML 1.1 are words', () => {
    expect(read('hosts: { on: , off: , yes: , no: , y: , N: }')).toMatchObject({
      nodes: [{ name: 'on' }, { name: 'off' }, { name: 'yes' }, { name: 'no' }, { name: 'y' }, { name: 'N' }],
    });
    expect(read('name: yes')).toMatchObject({ name: 'yes' });
  });

  it('a key is what is written, even where it looks like a value', () => {
    expect(read('hosts: { null: , true: }')).toMatchObject({ nodes: [{ name: 'null' }, { name: 'true' }] });
  });

  it('a number is read in one way or refused', () => {
    expect(read('seed: 0x10')).toMatchObject({ seed: 16 });
    expect(read('seed: 0o17')).toMatchObject({ seed: 15 });
    expect(read('seed: 0')).toMatchObject({ seed: 0 });
    expect(read('seed: 0123')).toMatchInlineSnapshot(
      `"x.yaml:1:7: 0123 is another number in older YAML; write 123, or "0123" if it is text"`,
    );
    expect(read('name: 007')).toMatchInlineSnapshot(
      `"x.yaml:1:7: 007 is another number in older YAML; write 7, or "007" if it is text"`,
    );
    expect(read('name: "007"')).toMatchObject({ name: '007' });
    expect(read('seed: 12345678901234567890')).toMatchInlineSnapshot(
      `"x.yaml:1:7: seed: expected a seed, 0 to 9007199254740991, got 12345678901234567000"`,
    );
    expect(read('seed: .inf')).toMatchInlineSnapshot(
      `"x.yaml:1:7: seed: expected a seed, 0 to 9007199254740991, got Infinity"`,
    );
    expect(read('until: 1:30')).toMatchInlineSnapshot(
      `"x.yaml:1:8: until: "1:30" could be hours or minutes; write 90s or 90m"`,
    );
    expect(read('until: 1_000s')).toMatchInlineSnapshot(
      `"x.yaml:1:8: until: "1_000s": no unit "_000s"; units are ns, us, ms, s, m, h"`,
    );
  });

  it('anchors and aliases stand for what they name, in the order of the file', () => {
    const topology = read(`hosts:
  h1: &host { interfaces: { eth0: &ip 192.0.2.1/24 } }
  h2: *host
  h3: { interfaces: { eth0: &ip 192.0.2.3/24, eth1: *ip } }
  h4: { interfaces: { eth0: *ip } }
`);
    expect(topology).toMatchObject({
      nodes: [
        { interfaces: [{ addresses: [{ ip: 0xc0000201 }] }] },
        { interfaces: [{ addresses: [{ ip: 0xc0000201 }] }] },
        { interfaces: [{ addresses: [{ ip: 0xc0000203 }] }, { addresses: [{ ip: 0xc0000203 }] }] },
        { interfaces: [{ addresses: [{ ip: 0xc0000203 }] }] },
      ],
    });
  });

  it('a mistake behind an alias is shown where it is written', () => {
    expect(read('hosts:\n  h1: &h\n    gateway: nowhere\n  h2: *h\n')).toMatchInlineSnapshot(`
      "x.yaml:3:14: hosts.h1.gateway: "nowhere" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1
      x.yaml:3:14: hosts.h2.gateway: "nowhere" is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1"
    `);
  });
});

describe('what is not read:', () => {
  it.each([
    [
      'a bracket left open',
      'hosts: [',
      'x.yaml:1:9: YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a tab as indentation', 'hosts:\n\th1:', 'x.yaml:2:1: YAML: Tabs are not allowed as indentation'],
    [
      'a mapping in a mapping’s line',
      'a: b: c',
      'x.yaml:1:4: YAML: Nested mappings are not allowed in compact mappings',
    ],
    [
      'a list where a mapping was',
      'hosts:\n  h1:\n - x',
      [
        'x.yaml:2:6: YAML: A block sequence may not be used as an implicit map key',
        'x.yaml:3:2: YAML: Implicit keys need to be on a single line',
      ].join('\n'),
    ],
    ['a quote left open', 'name: "a', 'x.yaml:1:9: YAML: Missing closing "quote'],
    ['an escape that there is not', 'name: "\\q"', 'x.yaml:1:8: YAML: Invalid escape sequence \\q'],
    ['a reserved letter', 'name: @x', 'x.yaml:1:7: YAML: Plain value cannot start with reserved character @'],
    ['an alias for nothing', 'name: *nothing', 'x.yaml:1:7: no anchor "&nothing" stands above'],
    ['a list as a key', '? [a, b]\n: c', 'x.yaml:1:1: a key must be a plain word'],
    [
      'a key given twice',
      '{ a: 1, a: 2 }',
      [
        'x.yaml:1:3: unknown key "a"; keys are name, seed, epoch, until, routing, hosts, routers, switches, hubs, links, bridges, programs, events, expect',
        'x.yaml:1:9: the key "a" stands in line 1 already; keep one of the two',
      ].join('\n'),
    ],
    ['a prototype', 'seed: 1\n__proto__: { polluted: true }', 'x.yaml:2:1: the key "__proto__" is refused'],
    ['a prototype further in', 'hosts: { h1: { "__proto__": 5 } }', 'x.yaml:1:16: the key "__proto__" is refused'],
    ['a tag', 'name: !!binary aGk=', 'x.yaml:1:7: tags such as "!!binary" are not used here; take it out'],
    ['a tag of one’s own', 'name: !mine x', 'x.yaml:1:7: tags such as "!mine" are not used here; take it out'],
    ['a set', '!!set { a }', 'x.yaml:1:1: tags such as "!!set" are not used here; take it out'],
    [
      'a second document',
      'seed: 1\n---\nseed: 2',
      'x.yaml:2:1: a second document starts here; one file is one topology',
    ],
    ['YAML 1.1', '%YAML 1.1\n---\nseed: 1', 'x.yaml:1:1: %YAML 1.1 is another language; take the line out'],
    [
      'a tag that a directive makes',
      '%TAG ! tag:x,2000:\n---\nname: !x y',
      'x.yaml:3:7: tags such as "!x" are not used here; take it out',
    ],
    [
      'a merge key',
      'base: &a { seed: 1 }\n<<: *a',
      [
        'x.yaml:1:1: unknown key "base"; keys are name, seed, epoch, until, routing, hosts, routers, switches, hubs, links, bridges, programs, events, expect',
        'x.yaml:2:1: unknown key "<<"; keys are name, seed, epoch, until, routing, hosts, routers, switches, hubs, links, bridges, programs, events, expect',
      ].join('\n'),
    ],
    ['a list', '- a', 'x.yaml:1:1: expected a topology: a mapping with hosts, links and so on, got a list'],
    [
      'a text',
      'just words',
      'x.yaml:1:1: expected a topology: a mapping with hosts, links and so on, got "just words"',
    ],
    ['nothing', '', 'x.yaml:1:1: expected a topology: a mapping with hosts, links and so on, got nothing'],
    [
      'nothing but a comment',
      '# only a comment\n',
      'x.yaml:1:1: expected a topology: a mapping with hosts, links and so on, got nothing',
    ],
    [
      'an alias inside its own anchor',
      'hosts: &a { h1: *a }',
      'x.yaml:1:11: an alias refers to itself, or makes lists and mappings nested deeper than 32',
    ],
  ])('%s: %j', (_what, text, message) => {
    expect(read(text)).toBe(message);
  });
  it('pollutes nothing', () => {
    read('__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }');
    read('hosts: { __proto__: { polluted: true }, constructor: { prototype: { polluted: true } } }');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('a file made to hurt is refused soon:', () => {
  const SIZE = 200_000;
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 25; i++)
    bomb.push(
      `a${i}: &a${i} [${Array<string>(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  const deep = Array.from({ length: 20 }, (_, i) => `a${i}: &a${i} { ${i === 0 ? 'x' : `y: { y: *a${i - 1} }`} }`);

  it.each<[string, string, RegExp]>([
    ['too long', '#'.repeat(33_554_433), /^x\.yaml:1:1: the file has 33554433 characters; at most 33554432 are read$/],
    ['too long and no plain YAML', `name: &a ${'#'.repeat(600_000)}`, /^x\.yaml:1:7: a file of more than 524288 char/],
    ['brackets', '['.repeat(SIZE), /nested deeper than 32/],
    ['braces', '{a: '.repeat(SIZE / 4), /nested deeper than 32/],
    ['lists', '- '.repeat(SIZE / 2), /nested deeper than 32/],
    ['keys', '? '.repeat(SIZE / 2), /nested deeper than 32/],
    ['indentation', Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested deeper than 32/],
    ['depth by aliases', deep.join('\n'), /nested deeper than 32/],
    ['ten to the 25th values', bomb.join('\n'), /more than 250000 values, with its aliases written out/],
    ['an alias to itself', 'a: &a [*a, *a]', /an alias refers to itself/],
    [
      'many keys',
      Array.from({ length: SIZE / 10 }, (_, i) => `k${100_000 + i}: `).join('\n'),
      /and 19980 more problems$/,
    ],
    ['many aliases', `a: &a 1\nb: [${'*a, '.repeat(SIZE / 5)}]`, /unknown key "a"/],
    ['one name for all', `hosts:\n${'  h1:\n'.repeat(SIZE / 10)}`, /the key "h1" stands in line 2 already/],
    [
      'unknown nodes',
      `hosts: { ${Array.from({ length: 3_000 }, (_, i) => `h${i}: `).join(', ')} }\nlinks: [${'h99999.e -- h88888.e, '.repeat(8_000)}]`,
      /no node "h99999"; did you mean "h999"\?/,
    ],
    ['one very long word', `links: ["${'- '.repeat(SIZE / 3)}--"]`, /write two ends/],
    ['one very long number', `until: ${'9'.repeat(SIZE)}s`, /is no duration/],
    ['one very long blank', `until: "${' '.repeat(SIZE / 2)}x${' '.repeat(SIZE / 3)}"`, /is no duration/],
    ['errors', ', '.repeat(SIZE / 8), /YAML: /],
  ])('%s', { timeout: 30_000 }, (_name, text, message) => {
    const refused = read(text);
    if (typeof refused !== 'string') throw new Error('was not refused');
    expect(refused).toMatch(message);
    expect(refused.length).toBeLessThan(10_000);
  });
});

describe('any text at all', () => {
  it('is read, or refused by a TopologyError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void read(text)),
      { numRuns: 500 },
    );
  });

  it('in the letters of YAML, too', () => {
    const letter = fc.constantFrom(
      ...'[]{},:-?&*!|>%@`"\'# \n\tab0~<=.\\',
      'hosts:',
      'links:',
      ' -- ',
      '- ',
      '&a ',
      '*a ',
    );
    fc.assert(
      fc.property(fc.string({ unit: letter, maxLength: 60 }), (text) => void read(text)),
      { numRuns: 3_000 },
    );
  });

  it('and a good file with some letters changed', () => {
    const good = `name: x
until: 5s
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254, routes: [{ to: default, dev: eth0 }] }
  ns: { zones: { example.test: { www: { A: 192.0.2.80, MX: 10 www } } } }
switches: { s1: { ports: 4 } }
links:
  - h1.eth0 -- s1
  - { from: ns.eth0, to: s1.2, delay: 1ms, loss: 1%, queue: 64 KiB, forward: { mtu: 1400 } }
programs: [{ on: h1, run: 'ping "h1"', at: 1s }]
events: [{ at: 1s, link: ns -- s1, set: { loss: 2% } }, { at: 2s, interface: h1.eth0, do: down }]
`;
    expect(typeof read(good)).toBe('object');
    const change = fc.tuple(fc.nat(good.length), fc.nat(8), fc.string({ maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let text = good;
        for (const [at, length, by] of changes) text = text.slice(0, at) + by + text.slice(at + length);
        read(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('and any values at all in the places of good ones', () => {
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e300, '', 'h1', 'h1.eth0 -- s1', '1s', '192.0.2.1/24'),
        fc.string({ maxLength: 8 }),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'h1',
            's1',
            'interfaces',
            'eth0',
            'ip',
            'routes',
            'to',
            'from',
            'at',
            'link',
            'do',
            'set',
            'A',
            'on',
            'run',
          ),
          tie('any'),
          { maxKeys: 4 },
        ),
      ),
    })).any;
    const keys = ['name', 'seed', 'until', 'hosts', 'routers', 'switches', 'hubs', 'links', 'programs', 'events'];
    const file = fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] });
    // JSON is YAML.
    fc.assert(
      fc.property(file, (values) => void read(JSON.stringify(values))),
      { numRuns: 1_000 },
    );
  });
});
