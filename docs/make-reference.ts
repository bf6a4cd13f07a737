/**
 * Makes what is made of the topology file's format: topology.schema.json, for editors, and docs/topology.md, for people.
 * `npm run docs:reference` writes them; a test holds them against what this makes.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { annotatedSchema, mappingOf, topologyJsonSchema, waysOf } from '../src/lab/topology-json-schema.ts';
import type { JsonSchema } from '../src/lab/topology-json-schema.ts';

/** The files by their paths in the project. */
export function referenceFiles(): Readonly<Record<string, string>> {
  return {
    'topology.schema.json': `${JSON.stringify(topologyJsonSchema(), null, 2)}\n`,
    'docs/topology.md': page(annotatedSchema()),
  };
}

/** Keys from which on a mapping is not told twice. */
const LONG = 10;

const INTRODUCTION = `# The topology file

All that a topology file can say: each key with its value, what it is when it is left out, and what it means. This page
is made of the schema that the loader goes by; the schema itself, for editors, is
[topology.schema.json](../topology.schema.json).

A topology is YAML 1.2, or JSON. Keys that are not listed are refused, with what was probably meant. Names are those of
the file: a node is called by a letter and at most 62 letters, digits, "_" or "-"; an interface by a letter and at most
14 letters, digits, "_", "-" or ".".

## In an editor

An editor with a YAML language server (VS Code with the YAML extension, Neovim, Emacs, JetBrains) completes keys and
shows what is written here, if the first line of a file names the schema:

\`\`\`yaml file=lab.yaml
# yaml-language-server: $schema=./topology.schema.json
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
\`\`\`

The path is relative to the file. Where wirelab is a dependency it is \`node_modules/wirelab/topology.schema.json\`;
everywhere else this writes it:

\`\`\`console
$ npx wirelab schema > topology.schema.json
\`\`\`

The schema knows keys, kinds of values and what they look like. Whether a node of that name exists, and whether an
address makes sense, is known to \`wirelab check\`.
`;

type Definitions = Readonly<Record<string, JsonSchema>>;

function page(schema: JsonSchema): string {
  const definitions = schema.definitions as Definitions;
  const mappings = Object.entries(definitions).filter(([, one]) => isMapping(one));
  const values = Object.entries(definitions).filter(([, one]) => !isMapping(one));
  return `${INTRODUCTION}
## The file

${keyTable(schema, definitions)}
${mappings.map(([name, one]) => mappingSection(name, one, definitions)).join('\n')}
## Values

What the tables name by one word.

${values.map(([name, one]) => `### ${name}\n\n${one.description}\n\nExamples: ${(one.examples ?? []).map(code).join(', ')}.\n`).join('\n')}`;
}

function mappingSection(name: string, schema: JsonSchema, definitions: Definitions): string {
  const [example] = schema.examples as readonly unknown[];
  const whole = wholeOf(schema, definitions);
  return `## ${name}

${schema.description}

\`\`\`yaml not run: test/docs/reference.test.ts holds it against the schema
${inFlow(example)}
\`\`\`

${whole === null ? keyTable(mappingOf(schema), definitions) : `Its keys are ${keysOf(schema)}, as in [${whole}](#${whole}).\n`}`;
}

function isMapping(schema: JsonSchema): boolean {
  return waysOf(schema).some(({ type }) => type === 'object');
}

/** The mapping that a long one is a part of: one table is enough for both. */
function wholeOf(part: JsonSchema, definitions: Definitions): string | null {
  const own = Object.entries(mappingOf(part).properties ?? {});
  if (own.length < LONG) return null;
  const isWhole = ([, whole]: readonly [string, JsonSchema]): boolean => {
    const keys = isMapping(whole) && whole !== part ? (mappingOf(whole).properties ?? {}) : {};
    return own.every(([key, one]) => (keys[key] as JsonSchema)?.description === (one as JsonSchema).description);
  };
  return Object.entries(definitions).find(isWhole)?.[0] ?? null;
}

function keysOf(schema: JsonSchema): string {
  return Object.keys(mappingOf(schema).properties ?? {})
    .map((key) => `\`${key}\``)
    .join(', ');
}

function keyTable({ properties = {}, required = [] }: JsonSchema, definitions: Definitions): string {
  const rows = Object.entries(properties as Definitions).map(([key, schema]) => {
    const { default: value, unless = '', description } = schema;
    const left = required.includes(key) ? 'required' : value === undefined ? unless : code(value);
    const named = definitions[nameOf(referenceOf(schema) ?? '')];
    const [example] = (schema.examples ?? (named === undefined || isMapping(named) ? [] : named.examples)) as unknown[];
    const shown = example === undefined ? '' : code(inFlow(example));
    return `| \`${key}\` | ${valueOf(schema)} | ${cell(left)} | ${shown} | ${cell(description)} |`;
  });
  return `| key | value | unless said | example | |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

function referenceOf(schema: JsonSchema): string | undefined {
  const [first] = [...(schema.allOf ?? []), ...(schema.anyOf ?? [])];
  return schema.$ref ?? first?.$ref;
}

function nameOf(reference: string): string {
  return reference.replace(/^.*\//, '');
}

/** What stands behind a key, in words. */
function valueOf(schema: JsonSchema): string {
  const { type, items, additionalProperties, minimum, maximum, unit } = schema;
  const reference = schema.anyOf === undefined ? referenceOf(schema) : undefined;
  if (reference !== undefined) return `[${nameOf(reference)}](#${nameOf(reference)})`;
  if (schema.enum !== undefined)
    return schema.enum.length > 6 ? 'one word of several' : schema.enum.map(code).join(', ');
  if (schema.anyOf !== undefined) {
    const ways = waysOf(schema).filter((one) => one.type !== 'null');
    return ways.map(valueOf).join(', or ');
  }
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the rest is written as text.
  switch (type) {
    case 'boolean':
      return '`true`, `false`';
    case 'integer': {
      const range = minimum === Number.MIN_SAFE_INTEGER ? '' : `, ${minimum} to ${most(maximum)}`;
      return `whole number${range}${unit === undefined ? '' : `, ${unit}`}`;
    }
    case 'number':
      return 'number';
    case 'array':
      return Array.isArray(items) ? `list of ${items.length} numbers` : `list of ${valueOf(items as JsonSchema)}`;
    case 'object':
      return schema.properties !== undefined && schema.propertyNames === undefined
        ? 'mapping'
        : `names, each with ${valueOf(additionalProperties as JsonSchema)}`;
    default:
      return 'text';
  }
}

function most(maximum: number | undefined): string {
  return maximum === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : String(maximum);
}

/** YAML on one line, with blanks as people write them. */
function inFlow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inFlow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key}: ${inFlow(one)}`)
      .join(', ')} }`;
  }
  const text = String(value);
  // YAML 1.2.2 §7.3.3: what ends a plain scalar in a flow collection.
  return /[,[\]{}]/.test(text) ? `'${text}'` : text;
}

function code(word: unknown): string {
  return `\`${String(word)}\``;
}

/** In a table a bar would end the cell. */
function cell(text = ''): string {
  return text.replaceAll('|', '\\|');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(referenceFiles())) writeFileSync(path, text);
}
