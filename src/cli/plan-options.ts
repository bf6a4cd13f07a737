/** What the parts of the command have in common that write a topology: where to, and from which pools it has addresses. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { LabError } from '../lab/lab-error.ts';
import type { AddressPools } from '../plan/addressing.ts';
import { anyNumber } from './arguments.ts';
import { LineWriter, reasonOf } from './output.ts';

export interface PlanOptions {
  readonly output?: string;
  readonly linkPool?: string;
  readonly linkPrefix?: number;
  readonly lanPool?: string;
  readonly routerPool?: string | false;
}

export function addPlanOptions(command: Command): Command {
  return command
    .option('-o, --output <file>', 'write it there; else to standard output')
    .option('--link-pool <prefix>', 'subnets for links between routers', '10.0.0.0/8')
    .option('--link-prefix <bits>', 'of such a link: 30 or 31', anyNumber, 30)
    .option('--lan-pool <prefix>', 'subnets for LANs with hosts', '172.16.0.0/12')
    .option('--router-pool <prefix>', "routers' own addresses, on lo", '192.168.0.0/16')
    .option('--no-router-pool', 'routers without an address of their own');
}

export function poolsOf({ linkPool, linkPrefix, lanPool, routerPool }: PlanOptions): AddressPools {
  return {
    ...(linkPool === undefined ? {} : { links: linkPool }),
    ...(linkPrefix === undefined ? {} : { linkPrefixLength: linkPrefix }),
    ...(lanPool === undefined ? {} : { lans: lanPool }),
    ...(routerPool === undefined ? {} : { routers: routerPool === false ? null : routerPool }),
  };
}

/** Writes a text into a file, whose folder is made where it is missing, or to standard output. */
export function writeText(text: string, path: string | undefined): void {
  if (path === undefined || path === '-') {
    const out = new LineWriter();
    out.line(text.trimEnd());
    out.flush();
    return;
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new LabError(`${path}: cannot be written: ${reasonOf(error)}`);
  }
}
