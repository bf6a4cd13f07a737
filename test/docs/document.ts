/**
 * Runs a page of the documentation: writes the files that it shows, gives its commands to a shell, and puts what they
 * print into their place. A page is right if it comes out as it went in. What a block is, the words behind its fence say:
 *
 *     ```yaml file=lab.yaml           a file
 *     ```console                      commands behind `$ `, and what they print; `wirelab shell FILE` may be a dialogue
 *     ```console needs=tshark         the same, where that program is installed
 *     ```sh not run: it fetches files shown, and nothing else
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { runShell } from '../../src/cli/shell.ts';
import { openLab } from '../../src/lab/lab.ts';

export interface Block {
  /** The language, as what highlights it knows it. */
  readonly language: string;
  /** What stands behind the language. */
  readonly about: string;
  readonly text: string;
}

export interface Run {
  /** The page as it should be. */
  readonly text: string;
  /** The files that it shows, by their names. */
  readonly files: ReadonlyMap<string, string>;
}

const ROOT = resolve('.');
const FENCE = /^```(\w*)[ ]?(.*)\n([^]*?)^```$/gm;

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(FENCE)].map(([, language = '', about = '', text = '']) => ({ language, about, text }));
}

/** Runs a page from top to bottom in a folder of its own, with the command in the file `main`. */
export async function runPage(page: string, main: string): Promise<Run> {
  const folder = makeFolder();
  try {
    const files = new Map<string, string>();
    let text = '';
    let at = 0;
    for (const match of page.matchAll(FENCE)) {
      const [whole, language = '', about = '', body = ''] = match;
      text += page.slice(at, match.index);
      at = match.index + whole.length;
      const [, file] = /^file=(\S+)$/.exec(about) ?? [];
      const [, needed] = /^needs=(\S+)$/.exec(about) ?? [];
      if (file !== undefined) {
        files.set(file, body);
        writeFileSync(join(folder, file), body);
      } else if (language === 'console' && (about === '' || needed !== undefined)) {
        if (needed === undefined || (await isInstalled(needed))) {
          text += `\`\`\`${[language, about].join(' ').trim()}\n${await runConsole(body, folder, main)}\`\`\``;
          continue;
        }
      } else if (!about.startsWith('not run: ')) {
        throw new Error(`what is to become of "${language} ${about}"? Write file=NAME, or not run: WHY\n${body}`);
      }
      text += whole;
    }
    return { text: text + page.slice(at), files };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a folder inside the project has: the packages, the example topologies, and wirelab by its name. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirelab-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(ROOT, 'topologies'), join(folder, 'topologies'));
  const sources = { wirelab: 'index', 'wirelab/capture': 'capture/index', 'wirelab/vitest': 'testing/index' };
  const paths = Object.entries(sources).map(([name, path]) => [name, join(ROOT, `src/${path}.ts`)] as const);
  const settings = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { paths: Object.fromEntries(paths.map(([name, path]) => [name, [path]])) },
    include: ['*.ts'],
    exclude: ['vitest.config.ts'],
  };
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const alias = paths.map(([name, path]) => ({ find: name, replacement: path })).reverse();
  writeFileSync(join(folder, 'vitest.config.ts'), `export default ${JSON.stringify({ resolve: { alias } })};\n`);
  return folder;
}

/** What the compiler says about the code of pages, by file names; nothing where it fits its types. */
export async function checkTypes(code: ReadonlyMap<string, string>): Promise<string> {
  const folder = makeFolder();
  try {
    for (const [name, text] of code) writeFileSync(join(folder, name), text);
    return await bash('npx tsc -p .', folder, '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function isInstalled(program: string): Promise<boolean> {
  return (await bash(`command -v ${program}`, '.', '')) !== '';
}

/** Commands behind `$ `, each with what it prints below it. */
async function runConsole(body: string, folder: string, main: string): Promise<string> {
  const commands = body.match(/^\$ .*(?:\\\n.*)*/gm) ?? [];
  const [first = ''] = commands;
  const [, dialogue] = /^\$ npx wirelab shell (\S+)$/.exec(first) ?? [];
  if (dialogue !== undefined) return `${first}\n${await runDialogue(body, join(folder, dialogue))}`;
  const script = commands.map((command) => `{ ${command.slice(2)}\n} 2>&1; s=$?; printf '\\0'; (exit $s)\n`).join('');
  // tshark warns of this where it is root that tests.
  const asRoot = /(?<=^|\0)Running as user "root" and group "root"\..*\n/g;
  const said = (await bash(script, folder, main)).replace(asRoot, '').split('\0');
  return commands.map((command, index) => `${command}\n${said[index] ?? ''}`).join('');
}

/** Types at the prompts what the page says is typed there. */
async function runDialogue(body: string, file: string): Promise<string> {
  const typed = [...body.matchAll(/^\S+ \d+\.\d{6} s> ?(.*)$/gm)].map(([, line = '']) => line);
  let text = '';
  const input = new PassThrough();
  const terminal = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      // Of what readline draws only the prompt counts.
      const [prompt] = /\S+ \d+\.\d{6} s> /.exec(chunk.toString().replace(/\u001b\[\w*/g, ' ')) ?? [];
      if (prompt !== undefined) {
        const line = typed.shift() ?? 'exit';
        text += `${prompt}${line}\n`;
        setImmediate(() => input.write(`${line}\n`));
      }
      done();
    },
  });
  const say = (line: string): void => void (text += `${line}\n`);
  const lab = openLab(readFileSync(file, 'utf8'), { file, until: null, backgroundOnly: true });
  await runShell(lab, { input, terminal, out: { line: say, flush: () => undefined }, error: say });
  return text;
}

/** Runs a script in which `npx` starts the command, and what the project's packages bring; gives what it prints. */
async function bash(script: string, folder: string, main: string): Promise<string> {
  const npx = `npx() { local name=$1; shift; if [ "$name" = wirelab ]; then "$NODE" "$MAIN" "$@"; else "$ROOT/node_modules/.bin/$name" "$@"; fi; }\n`;
  const env = { ...process.env, ROOT, NODE: process.execPath, MAIN: main, NO_COLOR: '1', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  return new Promise((done) => {
    execFile('bash', ['-c', npx + script], { cwd: folder, env, maxBuffer: 1 << 26 }, (_error, stdout) => done(stdout));
  });
}
