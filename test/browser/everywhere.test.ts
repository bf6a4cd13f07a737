/** The same topology and seed give the same bytes: twice, in a context that has nothing but the language, in a browser. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import type { BuildResult } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { openTopology, record, topologyText } from '../open-lab.ts';

/** Between them they use every part of the core: YAML, DNS, fragments, chance, switches, events. */
const NAMES = ['two-routers', 'dns', 'mtu-mismatch', 'ring', 'lossy-link', 'switch-loop'];
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
/** In milliseconds of real time: a browser may be slow to start. */
const PATIENCE = 50_000;

/** Runs in the bundle's world: opens the text, runs it, gives the capture. */
const RECORD = `(text, options) => {
  const lab = wirelab.openLab(text, options);
  const sink = new wirelab.MemorySink();
  lab.capture({ sink });
  lab.run();
  lab.close();
  return sink.toBytes();
}`;

function recordHere(name: string, options: { readonly seed?: number; readonly poison?: boolean } = {}): Buffer {
  const lab = openTopology(name, options);
  const sink = record(lab);
  lab.run();
  lab.close();
  return Buffer.from(sink.toBytes());
}

async function bundle(format: 'iife' | 'cjs'): Promise<BuildResult<{ write: false; metafile: true }>> {
  return build({
    entryPoints: ['src/index.ts'],
    bundle: true,
    format,
    globalName: 'wirelab',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    metafile: true,
    write: false,
  });
}

describe.each(NAMES)('%s', (name) => {
  it('gives the same capture twice', () => {
    const first = recordHere(name);
    expect(first.length).toBeGreaterThan(1_000);
    expect(recordHere(name).equals(first)).toBe(true);
  });
});

it('has another luck with another seed', () => {
  const captures = [1, 2, 3].map((seed) => recordHere('lossy-link', { seed }).toString('base64'));
  expect(new Set(captures).size).toBe(3);
});

describe('bundled', () => {
  let code = '';
  let codeOfModule = '';
  let imports: string[] = [];
  beforeAll(async () => {
    const script = await bundle('iife');
    code = script.outputFiles[0]!.text;
    imports = Object.values(script.metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    codeOfModule = (await bundle('cjs')).outputFiles[0]!.text;
  });

  it('needs no module that is not in it', () => {
    expect(imports).toEqual([]);
  });

  it.each(NAMES)('gives the same capture in a context with nothing but the language: %s', (name) => {
    const context = vm.createContext({}, { codeGeneration: { strings: false, wasm: false } });
    vm.runInContext(code, context);
    const recordThere = vm.runInContext(RECORD, context) as (text: string, options: object) => Uint8Array;
    expect(Buffer.from(recordThere(topologyText(name), {})).equals(recordHere(name))).toBe(true);
  });

  it('gives the same capture as a CommonJS module, with given-away frames spoilt', () => {
    const context = vm.createContext({ module: { exports: {} } });
    vm.runInContext(`${codeOfModule}; var wirelab = module.exports;`, context);
    const recordThere = vm.runInContext(RECORD, context) as (text: string, options: object) => Uint8Array;
    const there = recordThere(topologyText('two-routers'), { poison: true });
    expect(Buffer.from(there).equals(recordHere('two-routers'))).toBe(true);
  });

  it('refuses a wrong file there in the same words', () => {
    const context = vm.createContext({});
    vm.runInContext(code, context);
    const words = `try { wirelab.openLab('hosts: { h1: { gateway: 300.0.0.1 } }', { file: 'f.yaml' }) }
                   catch (error) { error.name + ' ' + error.message }`;
    expect(vm.runInContext(words, context)).toMatch(/^TopologyError f\.yaml:1:25: hosts\.h1\.gateway: /);
  });

  it.skipIf(CHROMIUM === undefined)(
    `gives the same captures in chromium${CHROMIUM === undefined ? ' (skipped: it is not installed)' : ''}`,
    () => {
      const texts = JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, topologyText(name)])));
      const dom = showPage(`
        <body><script>${code.replaceAll('</script', '<\\/script')}</script><script>
          const record = ${RECORD};
          const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
          for (const [name, text] of Object.entries(${texts.replaceAll('</', '<\\/')})) {
            const shown = document.createElement('pre');
            shown.id = name;
            shown.textContent = base64(record(text));
            document.body.append(shown);
          }
        </script></body>`);
      for (const name of NAMES) {
        const [, shown = ''] = new RegExp(`<pre id="${name}">([^<]*)</pre>`).exec(dom) ?? [];
        expect(shown === recordHere(name).toString('base64'), name).toBe(true);
      }
    },
    PATIENCE + 10_000,
  );
});

/** What the page's document has become when its scripts have run. */
function showPage(html: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirelab-'));
  try {
    const page = join(folder, 'page.html');
    writeFileSync(page, `<!doctype html><meta charset="utf-8">${html}`);
    const { stdout, stderr, error } = spawnSync(
      CHROMIUM!,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        ...[`--user-data-dir=${join(folder, 'profile')}`, '--dump-dom', pathToFileURL(page).href],
      ],
      { encoding: 'utf8', maxBuffer: 1 << 28, timeout: PATIENCE, killSignal: 'SIGKILL' },
    );
    if (error !== undefined || stdout === '') throw new Error(`chromium: ${error?.message ?? ''} ${stderr}`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
