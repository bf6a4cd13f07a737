/** `wirelab trace`: sends a packet and tells its way, hop by hop, with what decided it. */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Nanos } from '../sim/time.ts';
import { formatTrace } from '../trace/format.ts';
import { duration, seed, wholeNumber } from './arguments.ts';
import { LineWriter } from './output.ts';
import { Exit, openFile } from './run-lab.ts';

interface TraceCommandOptions {
  readonly udp?: number;
  readonly size?: number;
  readonly ttl?: number;
  /** Undefined unless --df or --no-df was typed. */
  readonly df?: boolean;
  readonly at?: Nanos;
  readonly seed?: number;
  readonly json?: boolean;
}

export function addTrace(command: Command, exit: (status: number) => void): void {
  command
    .command('trace <file> <from> <to>')
    .description('send a packet and tell what each device decides about it and about the answer, and why')
    .addOption(new Option('--udp <port>', 'a UDP datagram, not an ICMP echo request').argParser(wholeNumber(1, 65_535)))
    .addOption(new Option('--size <octets>', 'of data; 56 unless told').argParser(wholeNumber(0, 65_507)))
    .addOption(new Option('--ttl <number>', "in place of the host's own").argParser(wholeNumber(1, 255)))
    .option('--df', 'do not fragment, whatever is known of the path')
    .option('--no-df', 'let everybody fragment')
    .addOption(
      new Option('--at <time>', 'of the lab, when it is sent: 2.5s; at the start unless told').argParser(duration),
    )
    .addOption(new Option('--seed <number>', "where all chance comes from, in place of the file's").argParser(seed))
    .option('--json', 'print one JSON object; times are nanoseconds')
    .addHelpText('after', '\nExit status: 0 it arrived, and the reply to an echo request too; 1 it did not.')
    .action((file: string, from: string, to: string, options: TraceCommandOptions) =>
      exit(trace(file, from, to, options)),
    );
}

function trace(file: string, from: string, to: string, options: TraceCommandOptions): number {
  const { udp, size, ttl, df, at = 0 } = options;
  const { lab } = openFile(file, options.seed === undefined ? {} : { seed: options.seed });
  lab.runUntil(at);
  const told = lab.trace(from, to, {
    ...(udp === undefined ? {} : { udp }),
    ...(size === undefined ? {} : { size }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(df === undefined ? {} : { df }),
  });
  const out = new LineWriter();
  out.line(options.json === true ? JSON.stringify(told) : formatTrace(told));
  out.flush();
  return told.reached ? Exit.Ok : Exit.ProgramFailed;
}
