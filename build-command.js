/**
 * Puts the command into one file, dist/cli/main.js unless told: node starts it in less than half of the time that the
 * nearly four hundred modules take of which it is made. Identifiers keep their names, for stack traces.
 */
import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

const [outfile = 'dist/cli/main.js'] = process.argv.slice(2);

await build({
  entryPoints: ['src/cli/main.ts'],
  outfile,
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  sourcesContent: false,
  // commander and yaml are CommonJS.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'error',
});

// esbuild makes a new file executable, and leaves one as it is that tsc has written before.
chmodSync(outfile, 0o755);
