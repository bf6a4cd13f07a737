/** `wirelab import FILE`: another tool's topology as one of ours, with addresses and routes. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { checkAllPairs } from '../check/all-pairs.ts';
import { importContainerlab } from '../import/containerlab.ts';
import { importGraphml } from '../import/graphml.ts';
import type { Imported } from '../import/imported.ts';
import { openLab } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import { withHosts } from '../plan/hosts.ts';
import { topologyText } from '../plan/topology-text.ts';
import * as Ip from '../wire/ip4.ts';
import { anyNumber } from './arguments.ts';
import { LineWriter, printError, reasonOf } from './output.ts';
import { addPlanOptions, poolsOf, writeText } from './plan-options.ts';
import type { PlanOptions } from './plan-options.ts';
import { Exit } from './run-lab.ts';

const FORMATS = {
  graphml: importGraphml,
  containerlab: importContainerlab,
} as const;

interface ImportOptions extends PlanOptions {
  readonly format?: keyof typeof FORMATS;
  readonly hostsPerRouter: number;
  readonly check?: boolean;
}

/** Failures that are listed. */
const MAX_LISTED = 10;

export function addImport(command: Command, exit: (status: number) => void): void {
  const part = command
    .command('import <file>')
    .description("make a topology of another tool's: GraphML (Internet Topology Zoo) or containerlab's .clab.yml")
    .addOption(
      new Option('--format <name>', 'what the file is, where its name does not say').choices(Object.keys(FORMATS)),
    )
    .option('--hosts-per-router <number>', 'hosts to put behind each router', anyNumber, 0)
    .option('--check', 'run it at once: does everybody reach everybody that is connected? (exit 1 if not)');
  addPlanOptions(part).action((file: string, options: ImportOptions) => exit(importFile(file, options)));
}

function importFile(file: string, options: ImportOptions): number {
  const read = FORMATS[options.format ?? formatOf(file)];
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    throw new LabError(`${file}: cannot be read: ${reasonOf(error)}`);
  }
  const { plan, notes }: Imported = read(source, { file });
  for (const note of notes) printError(`note: ${note}`);
  const routers = plan.nodes.filter(({ kind }) => kind === 'router').map(({ name }) => name);
  const text = topologyText(withHosts(plan, options.hostsPerRouter, routers), poolsOf(options));
  // With --check and no file to write, the topology would only be in the way of the answer.
  if (options.output !== undefined || options.check !== true) writeText(text, options.output);
  if (options.check !== true) return Exit.Ok;
  const out = new LineWriter();
  // Standard output is the topology's where it was asked for there.
  const status = check(text, options.output ?? file, options.output === '-' ? printError : (line) => out.line(line));
  out.flush();
  return status;
}

function formatOf(file: string): keyof typeof FORMATS {
  if (/\.(?:graphml|xml)$/i.test(file)) return 'graphml';
  if (/\.ya?ml$/i.test(file)) return 'containerlab';
  throw new LabError(`${file}: its name says no format; give --format graphml or --format containerlab`);
}

function check(text: string, file: string, say: (line: string) => void): number {
  const { pairs, asked, failed } = checkAllPairs(openLab(text, { file, until: null }));
  const which = asked === pairs ? `all ${pairs} pairs` : `${asked} of ${pairs} pairs, chosen by chance,`;
  if (failed.length === 0) {
    say(`${file}: ${which} reach each other`);
    return Exit.Ok;
  }
  for (const { from, to, address, said } of failed.slice(0, MAX_LISTED)) {
    say(`${from} does not reach ${to} (${Ip.format(address)}): ${said}`);
  }
  say(`${file}: of ${which} ${failed.length} do not reach each other`);
  return Exit.ProgramFailed;
}
