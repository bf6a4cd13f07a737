#!/usr/bin/env node
/** The command `wirelab`: what it understands, and what each part does. A new part is a function here. */
import { Command, CommanderError, Option } from 'commander';
import { BridgeError } from '../bridge/outside.ts';
import { FilterError } from '../capture/filter.ts';
import type { LabOptions } from '../lab/lab.ts';
import { LabError } from '../lab/lab-error.ts';
import { TopologyError } from '../lab/topology-error.ts';
import { PlanError } from '../plan/plan.ts';
import { StuckError } from '../sim/simulator.ts';
import type { Nanos } from '../sim/time.ts';
import { isSweepThread, serve } from '../sweep/thread.ts';
import { duration, list, port, seed } from './arguments.ts';
import { allowLongInlining } from './engine.ts';
import { addCheck } from './check.ts';
import { addGraph } from './graph.ts';
import { addImport } from './import.ts';
import { addMerge } from './merge.ts';
import { addNew } from './new.ts';
import { LineWriter, printError, ReaderGone } from './output.ts';
import { Exit, openFile, runLab } from './run-lab.ts';
import type { CaptureOptions, Style } from './run-lab.ts';
import { addSchema } from './schema.ts';
import { formatLearned } from './shell-tables.ts';
import { runShell } from './shell.ts';
import { addSweep } from './sweep.ts';
import { addTest } from './test.ts';
import { addTrace } from './trace.ts';
import { addWorker } from './worker.ts';

interface RunOptions {
  readonly pcap?: string;
  readonly nic?: readonly string[];
  readonly filter?: string;
  readonly until?: Nanos;
  readonly seed?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly bridge?: readonly string[];
}

async function run(file: string, options: RunOptions): Promise<number> {
  const opened = openFile(file, labOptions(options));
  return runLab(opened, styleOf(options, 'conversation'), captureOf(options));
}

/** Runs one program on a host of the file, among the file's background programs. */
async function runOne(
  file: string,
  from: string,
  [name = '', ...args]: readonly string[],
  options: RunOptions,
): Promise<number> {
  const opened = openFile(file, { ...labOptions(options), backgroundOnly: true });
  opened.lab.start(from, name, { args });
  return runLab(opened, styleOf(options, 'lines'), captureOf(options));
}

/** Runs the lab to its end, then has a node tell what it knows. */
async function show(file: string, node: string, options: RunOptions): Promise<number> {
  const opened = openFile(file, labOptions(options));
  const { lab } = opened;
  // Before the run: a wrong name need not wait for its end.
  if (!lab.network.switches.has(node)) lab.kernel(node);
  const status = await runLab(opened, 'silent', captureOf(options), (out) => {
    for (const text of formatLearned(lab, node) ?? []) out.line(text);
    if (!lab.network.kernels.has(node)) return;
    const job = lab.start(node, 'netcfg');
    lab.runUntil(lab.now);
    for (const { text } of job.lines) out.line(text);
  });
  return status === Exit.Interrupted ? status : Exit.Ok;
}

interface ShellFileOptions extends Pick<RunOptions, 'seed'> {
  readonly keepGoing?: boolean;
  readonly history?: string;
  readonly withPrograms?: boolean;
}

/** A prompt inside the lab of a file, or a script for it where standard input is no terminal. */
async function shell(file: string, { keepGoing, history, withPrograms, seed }: ShellFileOptions): Promise<number> {
  const { lab, outside } = openFile(file, {
    ...labOptions(seed === undefined ? {} : { seed }),
    // Time goes as far as it is let.
    until: null,
    backgroundOnly: withPrograms !== true,
  });
  if (!outside.isEmpty) {
    throw new LabError(`${file}: a port leads outside, where time does not wait for a shell; see wirelab run --bridge`);
  }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return runShell(lab, {
    input: process.stdin,
    terminal: isTerminal ? process.stdout : null,
    out: new LineWriter(),
    error: printError,
    ...(keepGoing === undefined ? {} : { keepGoing }),
    ...(history === undefined ? {} : { history }),
  });
}

function labOptions({ until, seed, bridge }: RunOptions): LabOptions {
  return {
    ...(until === undefined ? {} : { until }),
    ...(seed === undefined ? {} : { seed }),
    ...(bridge === undefined ? {} : { bridges: bridge }),
  };
}

function styleOf({ quiet, json, pcap }: RunOptions, otherwise: Style): Style {
  // The capture has standard output for itself.
  if (pcap === '-') return 'silent';
  if (json === true) return 'json';
  return quiet === true ? 'quiet' : otherwise;
}

function captureOf({ pcap, nic, filter }: RunOptions): CaptureOptions | null {
  if (pcap === undefined) {
    if (nic !== undefined || filter !== undefined) throw new LabError('--nic and --filter say what --pcap records');
    return null;
  }
  return { path: pcap, ...(nic === undefined ? {} : { nics: nic }), ...(filter === undefined ? {} : { filter }) };
}

/** The options that every part has which runs a lab. */
function addRunOptions(command: Command): Command {
  return command
    .option('--pcap <out>', 'record every NIC into OUT: .pcapng or .pcap; - is standard output')
    .option('--nic <names>', 'record only these NICs or links: h1.eth0,r1.eth1 or h1.eth0--r1.eth0', list)
    .option('--filter <expression>', 'record only what matches, in tcpdump\'s words: "udp port 53"')
    .addOption(new Option('--until <time>', 'stop at this time of the lab: 10s, 500ms').argParser(duration))
    .option(
      '--bridge <port=address>',
      'let a port lead outside, and run by the clock: r1.eth1=udp:127.0.0.1:47001,127.0.0.1:47002',
      (text: string, earlier: string[] = []) => [...earlier, text],
    )
    .addOption(new Option('--seed <number>', "where all chance comes from, in place of the file's").argParser(seed));
}

function addOutputOptions(command: Command): Command {
  return command
    .addOption(new Option('--quiet', 'print what programs write, not the frames').conflicts('json'))
    .option('--json', 'print one JSON object a line; times are nanoseconds');
}

function buildCommand(exit: (status: number) => void): Command {
  const command = new Command('wirelab')
    .description('A virtual network lab: hosts, routers and switches that exchange real frames, in virtual time.')
    .exitOverride()
    .showHelpAfterError('--help tells more')
    .addHelpText(
      'after',
      `
Examples:
  wirelab run topologies/two-routers.yaml                     see the conversation
  wirelab run topologies/two-routers.yaml --pcap out/lab.pcapng   and open it in Wireshark
  wirelab ping topologies/two-routers.yaml h1 h2 -- -c 5 -s 1400
  wirelab traceroute topologies/ring.yaml h1 h2
  wirelab send topologies/two-hosts.yaml h1 h2 7 hello
  wirelab show topologies/two-routers.yaml r1                 interfaces, routes, neighbours, sockets
  wirelab trace topologies/two-routers.yaml h1 h2 --udp 7     what each device decides about a packet, and why
  wirelab test topologies/*.yaml                              whether what the files expect holds
  wirelab check topologies/*.yaml                             what is wrong in them, and why
  wirelab sweep topologies/ring.yaml --fail links=1           what breaks when a link fails
  wirelab shell topologies/two-routers.yaml                   a prompt inside the lab, or a script from a pipe
  wirelab new ring --routers 5 -o out/ring.yaml               a network without typing

A bridge carries Ethernet frames between a port and whatever is outside: GNS3, VPCS, QEMU, socat with a TAP device.
  --bridge r1.eth1=udp:LOCAL,REMOTE            one frame a UDP datagram, taken at LOCAL and sent to REMOTE
  --bridge s1.1=vxlan:VNI:LOCAL,REMOTE         the same with a VXLAN header
  --bridge h1.eth0=stream:ADDRESS              QEMU's stream netdev, over TCP or stream:unix:PATH; also stream:listen:…
With one the lab runs by the clock and says "ready" on standard error. It ends when its foreground programs have ended,
or, if it has none, at --until or by Ctrl-C; then it says what passed each bridge, and what was dropped there and why.

Exit status: 0 all programs ended well; 1 one did not; 2 wrong usage or file; 3 --until came before they ended;
130 interrupted; 141 whoever read the output has gone.`,
    );

  addOutputOptions(addRunOptions(command.command('run <file>')))
    .description('run a topology: start its programs, print what they write and each frame that is sent')
    .action(async (file: string, options: RunOptions) => exit(await run(file, options)));

  addOutputOptions(addRunOptions(command.command('ping <file> <from> <to> [options...]')))
    .description('ping from one host to a host, address or name; behind -- are options of ping, -c 4 if none')
    .action(async (file: string, from: string, to: string, words: string[], options: RunOptions) => {
      const args = words.length > 0 ? words : ['-c', '4'];
      exit(await runOne(file, from, ['ping', ...args, '--', to], options));
    });

  addOutputOptions(addRunOptions(command.command('traceroute <file> <from> <to> [options...]')))
    .description('the way from one host to another, hop by hop; behind -- are options of traceroute')
    .action(async (file: string, from: string, to: string, words: string[], options: RunOptions) =>
      exit(await runOne(file, from, ['traceroute', ...words, '--', to], options)),
    );

  addOutputOptions(addRunOptions(command.command('send <file> <from> <to>')))
    .description('send a datagram with this text to a UDP port, and print what comes back, if --wait')
    .argument('<port>', 'UDP port', port)
    .argument('<text>')
    .option('--wait', 'wait for an answer')
    .action(
      async (
        file: string,
        from: string,
        to: string,
        portNumber: string,
        text: string,
        options: RunOptions & { readonly wait?: boolean },
      ) =>
        exit(
          await runOne(
            file,
            from,
            ['udp-send', ...(options.wait === true ? ['--wait'] : []), '--', to, portNumber, text],
            options,
          ),
        ),
    );

  addRunOptions(command.command('show <file> <node>'))
    .description('run to the end, or to --until, then show what a host, a router or a switch knows')
    .action(async (file: string, node: string, options: RunOptions) => exit(await show(file, node, options)));

  command
    .command('shell <file>')
    .description('a prompt inside the lab: run programs, change links, look at tables; from a pipe, a script')
    .option('--with-programs', "start the file's foreground programs too, and not only its servers")
    .option('--keep-going', 'a script goes on behind a command that failed')
    .option('--history <file>', 'keep what was typed in a file, from one shell to the next')
    .addOption(new Option('--seed <number>', "where all chance comes from, in place of the file's").argParser(seed))
    .action(async (file: string, options: ShellFileOptions) => exit(await shell(file, options)));

  addTrace(command, exit);
  addTest(command, exit);
  addCheck(command, exit);
  const thread = new URL(import.meta.url);
  addSweep(command, exit, thread);
  addMerge(command, exit);
  addWorker(command, thread);

  addNew(command, exit);
  addImport(command, exit);
  addGraph(command, exit);

  addSchema(command, exit);

  return command;
}

async function main(words: readonly string[]): Promise<number> {
  let status: number = Exit.Ok;
  const command = buildCommand((value) => (status = value));
  try {
    await command.parseAsync(words, { from: 'user' });
    return status;
  } catch (error) {
    return explain(error);
  }
}

/** Says what went wrong, for the person who typed it; gives the exit status. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.Ok : Exit.Usage;
  if (error instanceof ReaderGone) return Exit.ReaderGone;
  const isWrongUse = [TopologyError, LabError, BridgeError, PlanError].some((kind) => error instanceof kind);
  if (isWrongUse) {
    printError((error as Error).message);
    return Exit.Usage;
  }
  if (error instanceof FilterError) {
    printError(`--filter: ${error.message}`);
    return Exit.Usage;
  }
  if (error instanceof StuckError) {
    printError(error.message);
    return Exit.ProgramFailed;
  }
  throw error;
}

allowLongInlining();
// Worker threads of a sweep run this same file.
if (isSweepThread()) serve();
else process.exitCode = await main(process.argv.slice(2));
