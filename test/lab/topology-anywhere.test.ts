import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';

let code = '';

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ['src/lab/topology.ts'],
    bundle: true,
    format: 'iife',
    globalName: 'wirelab',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    write: false,
  });
  code = outputFiles[0]?.text ?? '';
});

it.each([
  ['with nothing but what the language has', {}],
  ['without making code from text, as a strict page forbids', { codeGeneration: { strings: false, wasm: false } }],
])('reads topologies in a bare context %s', (_how, options) => {
  const text = readFileSync('topologies/dns.yaml', 'utf8');
  const context = vm.createContext({ text }, options);
  vm.runInContext(code, context);
  expect(vm.runInContext('wirelab.readTopology(text).nodes.map((node) => node.name).join()', context)).toBe(
    'h1,ns,web,s1',
  );
  const refused = `try { wirelab.readTopology('seed: x', { file: 'f' }) } catch (error) { error.message }`;
  expect(vm.runInContext(refused, context)).toBe('f:1:7: seed: expected a seed, 0 to 9007199254740991, got "x"');
});
