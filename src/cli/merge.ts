/** `wirelab merge`: joins the shards of a sweep, and prints what one run of it would have printed. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { LabError } from '../lab/lab-error.ts';
import { mergeDocuments, readDocument } from '../sweep/document.ts';
import type { SweepDocument } from '../sweep/document.ts';
import { reasonOf } from './output.ts';
import { addReportOptions, report } from './sweep.ts';
import type { ReportOptions } from './sweep.ts';

export function addMerge(command: Command, exit: (status: number) => void): void {
  const part = command
    .command('merge <files...>')
    .description('join what wirelab sweep --shard has written, and print it as one');
  addReportOptions(part).action((files: string[], options: ReportOptions) => exit(merge(files, options)));
}

function merge(files: readonly string[], options: ReportOptions): number {
  return report(mergeDocuments(files.map((path) => ({ path, document: read(path) }))), options);
}

function read(path: string): SweepDocument {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new LabError(`${path}: cannot be read: ${reasonOf(error)}; FILES are what wirelab sweep --shard … -o wrote`);
  }
  return readDocument(text, path);
}
