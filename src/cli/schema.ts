/** `wirelab schema`: the topology file's format as a JSON schema, for editors. */
import type { Command } from 'commander';
import { topologyJsonSchema } from '../lab/topology-json-schema.ts';
import { LineWriter } from './output.ts';
import { Exit } from './run-lab.ts';

export function addSchema(command: Command, exit: (status: number) => void): void {
  command
    .command('schema')
    .description('print the JSON schema of topology files, by which editors complete and check them')
    .action(() => {
      const out = new LineWriter();
      out.line(JSON.stringify(topologyJsonSchema(), null, 2));
      out.flush();
      exit(Exit.Ok);
    });
}
