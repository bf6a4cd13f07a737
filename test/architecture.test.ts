/** What holds of the source as a whole: who imports whom, and what the core does not touch. */
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** The rooms from the bottom up; each with those it may import, packages included. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  sim: [],
  wire: ['ip-address'],
  stack: ['sim', 'wire'],
  kernel: ['sim', 'wire', 'stack'],
  syscalls: ['sim', 'wire', 'stack', 'kernel'],
  devices: ['sim', 'wire', 'stack', 'kernel', 'syscalls'],
  programs: ['wire', 'syscalls'],
  capture: ['sim', 'wire'],
  trace: ['sim', 'wire', 'stack', 'devices', 'capture'],
  lab: ['sim', 'wire', 'stack', 'kernel', 'syscalls', 'devices', 'programs', 'capture', 'trace', 'yaml', 'zod'],
  check: ['sim', 'wire', 'stack', 'kernel', 'syscalls', 'programs', 'trace', 'lab', 'yaml'],
  plan: ['sim', 'wire', 'lab', 'yaml'],
  import: ['sim', 'wire', 'lab', 'plan', 'saxes'],
  draw: ['sim', 'wire', 'lab'],
  testing: ['sim', 'wire', 'capture', 'trace', 'lab', 'check', 'vitest', 'node:'],
  sweep: ['sim', 'wire', 'trace', 'lab', 'check', 'zod', 'node:'],
  bridge: ['sim', 'wire', 'devices', 'lab', 'node:'],
  cli: [
    'sim',
    'wire',
    'capture',
    'trace',
    'lab',
    'check',
    'plan',
    'import',
    'draw',
    'sweep',
    'bridge',
    'commander',
    'picocolors',
    'node:',
  ],
};
/** Types say nothing that runs: these may be imported besides. */
const MAY_IMPORT_TYPES: Readonly<Record<string, readonly string[]>> = { programs: ['sim'] };

const ROOMS = Object.keys(MAY_IMPORT);
const EDGES = ['testing', 'sweep', 'bridge', 'cli'];

interface Import {
  readonly from: string;
  readonly isType: boolean;
}

interface Source {
  readonly path: string;
  readonly room: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

const SOURCES: readonly Source[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort()
  .map((name) => {
    const path = name.replaceAll('\\', '/');
    const tree = ts.createSourceFile(path, readFileSync(`src/${path}`, 'utf8'), ts.ScriptTarget.ES2022, true);
    const imports = tree.statements.flatMap((statement) => {
      if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
      const { moduleSpecifier } = statement;
      if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return [];
      const isType = ts.isImportDeclaration(statement)
        ? statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        : statement.isTypeOnly;
      return [{ from: moduleSpecifier.text, isType }];
    });
    return { path, room: path.includes('/') ? path.slice(0, path.indexOf('/')) : '', tree, imports };
  });
const CORE = SOURCES.filter(({ room }) => !EDGES.includes(room));

/** The room or package that a file's import is of; null for one within its own room. */
function origin({ path, room }: Source, { from }: Import): string | null {
  if (from.startsWith('node:')) return 'node:';
  if (!from.startsWith('.')) return from;
  if (room === '') return null;
  const [, other = '', ...inside] = new URL(from, `file:///${path}`).pathname.split('/');
  return inside.length === 0 || other === room ? null : other;
}

/** `path:line: text` of every node that the predicate finds. */
function findAll(sources: readonly Source[], isFound: (node: ts.Node) => boolean): string[] {
  const found: string[] = [];
  for (const { path, tree } of sources) {
    const visit = (node: ts.Node): void => {
      if (isFound(node)) {
        const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
        found.push(`src/${path}:${line + 1}: ${node.getText().slice(0, 60)}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(tree);
  }
  return found;
}

/** A name that stands for itself: no property, key or member of that name. */
function isFree(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !ts.isTypeElement(parent) && !ts.isClassElement(parent) && !ts.isQualifiedName(parent);
}

describe('rooms', () => {
  it('are those of the table', () => {
    const unknown = SOURCES.filter(({ room }) => room !== '' && !ROOMS.includes(room)).map(({ path }) => path);
    expect(unknown).toEqual([]);
  });

  it('import downwards only: no cycle is possible', () => {
    ROOMS.forEach((room, height) => {
      const rooms = MAY_IMPORT[room]!.filter((other) => ROOMS.includes(other));
      for (const other of rooms) expect(ROOMS.indexOf(other), `${room} imports ${other}`).toBeLessThan(height);
    });
  });

  it.each(ROOMS)('%s imports what the table allows', (room) => {
    const wrong = SOURCES.filter((source) => source.room === room).flatMap((source) =>
      source.imports
        .filter((one) => {
          const from = origin(source, one);
          if (from === null || MAY_IMPORT[room]!.includes(from)) return false;
          return !(one.isType && MAY_IMPORT_TYPES[room]?.includes(from) === true);
        })
        .map(({ from }) => `src/${source.path}: ${from}`),
    );
    expect(wrong).toEqual([]);
  });
});

it('has the extension in every import of its own', () => {
  const wrong = SOURCES.flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => from.startsWith('.') && !from.endsWith('.ts'))
      .map(({ from }) => `src/${path}: ${from}`),
  );
  expect(wrong).toEqual([]);
});

describe('the core', () => {
  it('imports nothing of Node', () => {
    expect(CORE.flatMap(({ imports }) => imports.filter(({ from }) => from.startsWith('node:')))).toEqual([]);
  });

  it('asks no clock, no chance, no platform and no locale', () => {
    const names = new Set([
      ...['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'Atomics'],
      ...['console', 'process', 'Buffer', 'globalThis', 'window', 'document', 'navigator', 'crypto', 'require'],
      ...['TextEncoder', 'TextDecoder', 'Intl', 'eval', 'Function', 'WeakRef', 'FinalizationRegistry'],
    ]);
    // A variable of its own that has such a name is none of them: `process` is a host's.
    const declared = new Map(CORE.map(({ tree }) => [tree, declaredNames(tree)]));
    const found = findAll(
      CORE,
      (node) => isFree(node) && names.has(node.text) && !declared.get(node.getSourceFile())!.has(node.text),
    );
    expect(found).toEqual([]);
  });

  it('uses no method whose result depends on a locale', () => {
    const isLocal = (node: ts.Node): boolean =>
      ts.isPropertyAccessExpression(node) && /^toLocale|^localeCompare$/.test(node.name.text);
    expect(findAll(CORE, isLocal)).toEqual([]);
  });

  it('computes with what every engine computes alike', () => {
    const allowed = ['abs', 'ceil', 'clz32', 'floor', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'];
    const isOther = (node: ts.Node): boolean =>
      node.kind === ts.SyntaxKind.AsteriskAsteriskToken ||
      node.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken ||
      (isFree(node) &&
        node.text === 'Math' &&
        !(ts.isPropertyAccessExpression(node.parent) && allowed.includes(node.parent.name.text)));
    expect(findAll(CORE, isOther)).toEqual([]);
  });

  it('is not async below lab', () => {
    const below = CORE.filter(({ room }) => room !== 'lab' && room !== '');
    const isAsync = (node: ts.Node): boolean =>
      node.kind === ts.SyntaxKind.AsyncKeyword ||
      ts.isAwaitExpression(node) ||
      (isFree(node) && node.text === 'Promise');
    expect(findAll(below, isAsync)).toEqual([]);
  });

  it('catches no exception but those of its programs and libraries', () => {
    const places = findAll(CORE, ts.isCatchClause).map((place) => place.slice(0, place.indexOf(':')));
    expect([...new Set(places)].filter((path) => !path.startsWith('src/programs/'))).toEqual([
      'src/kernel/process.ts',
      'src/lab/async-program.ts',
    ]);
  });
});

it('leaves no work behind in a comment', () => {
  const wrong = SOURCES.flatMap(({ path, tree }) => (/\b(TODO|FIXME|XXX)\b/.test(tree.text) ? [path] : []));
  expect(wrong).toEqual([]);
});

it('begins each file by saying what it is', () => {
  const silent = SOURCES.filter(({ tree }) => !/^(#!.*\n)?\/\*\*/.test(tree.text)).map(({ path }) => path);
  expect(silent).toEqual([]);
});

/** The names that a file declares or imports itself. */
function declaredNames(tree: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (declares && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return names;
}
