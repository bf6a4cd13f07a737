/**
 * The topology file's format as a JSON schema, for editors: they complete keys, show what one means, and underline what
 * cannot be. It is draft 7, which the editors' YAML servers know best. It sees less than the loader, which knows names
 * and quantities; what it refuses, the loader refuses too.
 */
import * as z from 'zod';
import { DEFAULTS, INTERFACE_DEFAULTS } from '../stack/sysctl.ts';
import { MEANINGS, topologyFile } from './schema.ts';

/** A part of a schema, or all of it: plain data. */
export type JsonSchema = Exclude<z.core.JSONSchema.JSONSchema, boolean> & { unit?: string; unless?: string };

/** The schema as editors take it. */
export function topologyJsonSchema(): JsonSchema {
  const fold = (_key: string, value: unknown): unknown => (isMeaning(value) ? inWords(value) : value);
  return JSON.parse(JSON.stringify(annotatedSchema()), fold) as JsonSchema;
}

/** The schema with `unit` and `unless`, two words that JSON Schema does not have. */
export function annotatedSchema(): JsonSchema {
  const schema = z.toJSONSchema(topologyFile, {
    io: 'input',
    target: 'draft-7',
    metadata: MEANINGS,
    override: ({ zodSchema, jsonSchema }) => {
      // zod leaves these two out where a value is transformed, since they might be meant for what comes out.
      const { default: value, examples } = MEANINGS.get(zodSchema) ?? {};
      if (value !== undefined) jsonSchema.default = value;
      if (examples !== undefined) jsonSchema.examples = [...examples];
    },
  }) as JsonSchema;
  const definitions = schema.definitions as Record<string, JsonSchema>;
  nameSysctls(mappingOf(mappingOf(definitions['host']).properties?.['sysctl'] as JsonSchema));
  // What one direction does not say is as for the link, and what an event does not say stays.
  for (const one of [definitions['direction'], definitions['event']?.properties?.['set']]) {
    for (const key of Object.values(mappingOf(one as JsonSchema).properties ?? {})) {
      delete (key as JsonSchema).default;
      delete (key as JsonSchema).unless;
    }
  }
  return schema;
}

/** The mapping among the ways in which a value can be written. */
export function mappingOf(schema: JsonSchema | undefined): JsonSchema {
  const mapping = waysOf(schema ?? {}).find(({ type }) => type === 'object');
  if (mapping === undefined) throw new Error('this is never written as a mapping');
  return mapping;
}

/** The ways in which a value can be written. */
export function waysOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? [schema];
}

function isMeaning(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && 'description' in value;
}

function inWords({ unit, unless, description = '', ...schema }: JsonSchema): JsonSchema {
  const inUnit = unit === undefined ? '' : ` In ${unit}.`;
  const otherwise = unless === undefined ? '' : ` Unless said: ${unless}.`;
  // Links lead somewhere in the documentation only.
  const words = description.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return { description: `${words}${inUnit}${otherwise}`, ...schema };
}

/** The settings that there are, with their defaults; the stack has them, and not the schema. */
function nameSysctls(sysctl: JsonSchema): void {
  const value = sysctl.additionalProperties as object;
  const ofInterfaces = ['all', 'default'].flatMap((scope) =>
    Object.entries(INTERFACE_DEFAULTS).map(([key, own]) => [`conf.${scope}.${key}`, own as number] as const),
  );
  const known = [...Object.entries(DEFAULTS), ...ofInterfaces] as readonly (readonly [string, number])[];
  sysctl.properties = Object.fromEntries(known.map(([name, own]) => [`net.ipv4.${name}`, { ...value, default: own }]));
  const names = Object.keys(DEFAULTS).map((name) => name.replaceAll('.', '[./]'));
  names.push(`conf[./].+[./](${Object.keys(INTERFACE_DEFAULTS).join('|')})`);
  sysctl.propertyNames = { pattern: `^(net[./]ipv4[./])?(${names.join('|')})$` };
}
