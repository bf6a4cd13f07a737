/** Writes what commands print into the pages that are named: npx tsx test/docs/update.ts docs/tutorial.md … */
import { readFileSync, writeFileSync } from 'node:fs';
import { Wirelab } from '../cli/wirelab.ts';
import { runPage } from './document.ts';

const wirelab = await Wirelab.build();
for (const path of process.argv.slice(2)) {
  const { text } = await runPage(readFileSync(path, 'utf8'), wirelab.main);
  writeFileSync(path, text);
}
wirelab.remove();
