/** The JSON schema and the reference of the topology file: they are made of the loader's schema, and say what it does. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { referenceFiles } from '../../docs/make-reference.ts';
import { importGraphml } from '../../src/import/graphml.ts';
import { openLab } from '../../src/lab/lab.ts';
import { mappingOf, topologyJsonSchema, waysOf } from '../../src/lab/topology-json-schema.ts';
import type { JsonSchema } from '../../src/lab/topology-json-schema.ts';
import { readTopology } from '../../src/lab/topology.ts';
import * as Shape from '../../src/plan/shapes.ts';
import { topologyText } from '../../src/plan/topology-text.ts';
import { Wirelab } from '../cli/wirelab.ts';

const SCHEMA = topologyJsonSchema();
const DEFINITIONS = SCHEMA.definitions as Readonly<Record<string, JsonSchema>>;
const ajv = new Ajv({ allErrors: false, allowUnionTypes: true });
const isValid = ajv.compile(SCHEMA);

const FOLDERS = ['topologies', 'docs', 'test/interop', 'test/fuzz'];
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `${folder}/${name}`),
);

function whyNot(validate: ValidateFunction, value: unknown): string {
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

it.each(Object.keys(referenceFiles()))('%s is what npm run docs:reference makes', (path) => {
  expect(readFileSync(path, 'utf8')).toBe(referenceFiles()[path]);
});

it('is printed by wirelab schema', async () => {
  const wirelab = await Wirelab.build();
  const { status, out } = wirelab.run('schema');
  wirelab.remove();
  expect([status, out]).toEqual([0, readFileSync('topology.schema.json', 'utf8')]);
});

describe('the JSON schema', () => {
  it.each(FILES)('accepts %s', (path) => {
    expect(whyNot(isValid, parse(readFileSync(path, 'utf8')))).toBe('');
  });

  it.each(
    Object.entries({
      line: Shape.line({ routers: 3 }),
      ring: Shape.ring({ routers: 5 }),
      star: Shape.star({ routers: 4 }),
      'full mesh': Shape.fullMesh({ routers: 4 }),
      'fat tree': Shape.fatTree({ ports: 4 }),
    }),
  )('accepts a %s as it is planned', (_name, plan) => {
    expect(whyNot(isValid, parse(topologyText(plan)))).toBe('');
  });

  const zoo = '../shared/topology-zoo';
  it.skipIf(!existsSync(zoo))('accepts what is imported from the Topology Zoo', () => {
    for (const name of readdirSync(zoo).filter((one) => one.endsWith('.graphml'))) {
      const { plan } = importGraphml(readFileSync(`${zoo}/${name}`, 'utf8'));
      expect(whyNot(isValid, parse(topologyText(plan))), name).toBe('');
    }
  });

  it.each([
    'hosts: { h1: { interface: { eth0: 192.0.2.1/24 } } }',
    'links: [{ from: h1.eth0, to: h2.eth0, dealy: 5ms }]',
    'hosts: { h1: { interfaces: { eth0: 192.0.2.1.7/24 } } }',
    'hosts: { 1h: { interfaces: { eth0: 192.0.2.1/24 } } }',
    'hosts: { h1: { gateway: 192.0.2.1/24 } }',
    'hosts: { h1: { sysctl: { net.ipv4.ip_default_tll: 3 } } }',
    'hosts: { h1: { sysctl: { net.ipv4.conf.eth0.rp_filer: 1 } } }',
    'hosts: { h1: { routes: [{ via: 192.0.2.1 }] } }',
    'links: [{ from: h1.eth0, to: h2.eth0, delay: 5 }]',
    'links: [{ from: h1.eth0, to: h2.eth0, loss: 5 }]',
    'links: [h1.eth0 - h2.eth0]',
    'links: h1.eth0 -- h2.eth0',
    'programs: [{ on: h1, run: [ping, h2] }]',
    'events: [{ at: 1s, link: h1 -- h2 }]',
    'events: [{ at: 1s, link: h1 -- h2, do: break }]',
    'events: [{ at: 1s, link: h1 -- h2, interface: h1.eth0, do: down }]',
    'expect: [{ name: nothing }]',
    'expect: [{ reach: h1 }]',
    'expect: [{ not-reach: h1 -> h2, because: no-rout }]',
    'seed: "7"',
    'until: 10',
    'routing: shortest',
  ])('refuses %s, as the loader does', (text) => {
    expect(isValid(parse(text))).toBe(false);
    // The kernel knows the settings.
    expect(() => openLab(text)).toThrow();
  });

  const wrong = [null, true, -1, 0.5, 'a b', [], {}, { x: 1 }, [['x']]];
  it.each(['docs/office.yaml', 'topologies/dns.yaml', 'topologies/lossy-link.yaml'])(
    'refuses nothing that the loader takes, whatever is changed in %s',
    (path) => {
      let refused = 0;
      for (const place of placesIn(parse(readFileSync(path, 'utf8')))) {
        for (const value of wrong) {
          const changed = changedAt(parse(readFileSync(path, 'utf8')), place, value);
          if (isValid(changed)) continue;
          refused++;
          expect(() => readTopology(JSON.stringify(changed)), JSON.stringify([place, value])).toThrow();
        }
      }
      expect(refused).toBeGreaterThan(100);
    },
  );

  it.each(FILES.filter((path) => path.startsWith('topologies/') || path.startsWith('docs/')))(
    'refuses each key of %s that is written with a letter too many',
    (path) => {
      for (const place of placesIn(parse(readFileSync(path, 'utf8')))) {
        const changed = changedKeyAt(parse(readFileSync(path, 'utf8')), place);
        if (changed === null || !isUnknownKey(changed)) continue;
        expect(isValid(changed), place.join('.')).toBe(false);
      }
    },
  );

  it.each(['duration', 'chance', 'rate', 'queue', 'mask', 'prefix', 'address', 'mac'])(
    'takes every %s that the loader takes',
    (name) => {
      const takes = ajv.compile({ ...DEFINITIONS[name] });
      const letters = fc.constantFrom(
        ...'0123456789.%/ :-abcBikKMGtmnsuh'.split(''),
        '255',
        'ms',
        'bit/s',
        'KiB',
        '02:',
      );
      const texts = fc.array(letters, { maxLength: 9 }).map((parts) => parts.join(''));
      const numbers = fc.oneof(fc.integer({ min: -2, max: 70_000 }), fc.double({ min: -1, max: 2, noNaN: true }));
      const near = fc.tuple(fc.constantFrom(...(DEFINITIONS[name]?.examples as (string | number)[])), texts);
      const any = fc.oneof(
        texts,
        numbers,
        near.map(([example, more]) => `${example}${more.slice(0, 2)}`),
      );
      fc.assert(
        fc.property(any, (value) => {
          if (!takes(value)) expect(() => readTopology(fileWith(name, value)), String(value)).toThrow();
        }),
        { numRuns: 500 },
      );
    },
  );
});

describe('the reference', () => {
  it('has a description for each key, and one for each definition', () => {
    const mappings = [
      SCHEMA,
      ...Object.values(DEFINITIONS)
        .filter((one) => waysOf(one).some(isMapping))
        .map(mappingOf),
    ];
    for (const { properties = {} } of mappings) {
      for (const [key, one] of Object.entries(properties)) {
        expect((one as JsonSchema).description, key).toMatch(/^[A-Z`].*\.$/s);
      }
    }
    for (const [name, { description }] of Object.entries(DEFINITIONS))
      expect(description, name).toMatch(/^[A-Z].*\.$/s);
  });

  it('has examples that are what they are examples of', () => {
    for (const [name, definition] of Object.entries(DEFINITIONS)) {
      const takes = ajv.compile({ definitions: DEFINITIONS, $ref: `#/definitions/${name}` });
      for (const example of definition.examples ?? []) expect(whyNot(takes, example), name).toBe('');
      if (!waysOf(definition).some(isMapping)) continue;
      for (const [key, one] of Object.entries(mappingOf(definition).properties ?? {})) {
        const { examples = [], default: value } = one as JsonSchema;
        const takesKey = ajv.compile({ definitions: DEFINITIONS, ...(one as object) });
        for (const example of [...examples, ...(value === undefined ? [] : [value])]) {
          expect(whyNot(takesKey, example), `${name}.${key}`).toBe('');
        }
      }
    }
  });

  it('shows each example as YAML that reads as it', () => {
    const page = referenceFiles()['docs/topology.md'] ?? '';
    for (const [name, { examples }] of Object.entries(DEFINITIONS)) {
      const [, shown] = new RegExp(`^## ${name}\\n[^]*?\`\`\`yaml.*\\n([^]*?)\`\`\``, 'm').exec(page) ?? [];
      if (shown !== undefined) expect(parse(shown), name).toEqual(examples?.[0]);
    }
  });
});

function isMapping({ type }: JsonSchema): boolean {
  return type === 'object';
}

type Key = string | number;
type Value = Record<Key, unknown>;

/** The paths of all values inside a value. */
function placesIn(value: unknown, path: readonly Key[] = []): readonly (readonly Key[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).flatMap(([key, one]) =>
    placesIn(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length === 0 ? inside : [path, ...inside];
}

function changedAt(root: unknown, path: readonly Key[], value: unknown): unknown {
  const parent = path.slice(0, -1).reduce((one, key) => one[key] as Value, root as Value);
  parent[path[path.length - 1] ?? ''] = value;
  return root;
}

/** Null: it is not a key that is named there, but an item. */
function changedKeyAt(root: unknown, path: readonly Key[]): unknown {
  const parent = path.slice(0, -1).reduce((one, key) => one[key] as Value, root as Value);
  const key = path[path.length - 1] ?? '';
  if (typeof key === 'number') return null;
  parent[`${key}x`] = parent[key];
  delete parent[key];
  return root;
}

function isUnknownKey(value: unknown): boolean {
  try {
    readTopology(JSON.stringify(value));
    return false;
  } catch (error) {
    return (error as Error).message.includes('unknown key');
  }
}

/** A file with such a value in it, which is read where nothing else is wrong. */
function fileWith(name: string, value: unknown): string {
  const h1 = { interfaces: { eth0: '192.0.2.1/24' } } as Value;
  const link: Value = { from: 'h1.eth0', to: 'h2.eth0' };
  if (name === 'duration') link['jitter'] = value;
  if (name === 'chance') link['loss'] = value;
  if (name === 'rate') link['bandwidth'] = value;
  if (name === 'queue') link['queue'] = value;
  if (name === 'mask') h1['netmask'] = value;
  if (name === 'prefix') h1['interfaces'] = { eth0: value };
  if (name === 'address') h1['dns'] = value;
  if (name === 'mac') h1['neighbors'] = [{ ip: '192.0.2.9', mac: value, dev: 'eth0' }];
  return JSON.stringify({ hosts: { h1, h2: null }, links: [link] });
}
