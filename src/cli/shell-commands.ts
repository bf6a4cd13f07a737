/**
 * What can be typed in a shell: commands for the lab, and programs of the node that one is on. A new command is an entry
 * of the table. `@NODE` in front is for another node, `&` behind a program leaves it in the background.
 */
import { splitCommandLine } from '../lab/command-line.ts';
import { hostsTable } from '../lab/hosts-table.ts';
import { LabError } from '../lab/lab-error.ts';
import { portNames } from '../lab/port-names.ts';
import { quote, suggest } from '../lab/spelling.ts';
import { parseDuration } from '../lab/units.ts';
import { formatSeconds } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import { formatTrace } from '../trace/format.ts';
import type { TraceOptions } from '../trace/trace.ts';
import * as Ip from '../wire/ip4.ts';
import { Exit } from './run-lab.ts';
import { changeLink, LINK_WORDS } from './shell-links.ts';
import type { Session } from './shell-session.ts';
import { formatDrops, formatLearned, formatLinks, formatNodes, inColumns } from './shell-tables.ts';

interface ShellCommand {
  /** What stands behind its name. */
  readonly usage: string;
  readonly about: string;
  /** Gives an exit status, 0 unless said. */
  run(session: Session, words: readonly string[]): Promise<number> | number | void;
  /** What may come behind these words. */
  complete?(session: Session, words: readonly string[]): readonly string[];
}

/** netcfg's words for the tables of a host, by the words of people who have not read its manual. */
const TABLES: Readonly<Record<string, string>> = {
  interfaces: 'addr',
  addresses: 'addr',
  routes: 'route',
  neighbors: 'neigh',
  sockets: 'sockets',
  dns: 'dns',
};

export const COMMANDS: Readonly<Record<string, ShellCommand>> = {
  help: {
    usage: '[COMMAND]',
    about: 'what there is, or how one command is used',
    run: help,
    complete: (_session, words) => (words.length === 0 ? Object.keys(COMMANDS) : []),
  },
  use: {
    usage: 'NODE',
    about: 'go to a node: commands without @NODE are for it',
    run: (session, words) => {
      const [name = ''] = operands(words, 'use', 1, 1);
      session.node = session.lab.node(name).name;
    },
    complete: completeNode,
  },
  show: {
    usage: `[${Object.keys(TABLES).join('|')}]`,
    about: 'what a host knows; the addresses that a switch has learnt',
    run: show,
    complete: (_session, words) => (words.length === 0 ? Object.keys(TABLES) : []),
  },
  nodes: {
    usage: '',
    about: 'all nodes, with their addresses',
    run: (session, words) => {
      operands(words, 'nodes', 0, 0);
      print(session, formatNodes(session.lab));
    },
  },
  links: {
    usage: '',
    about: 'all links, with their settings',
    run: (session, words) => {
      operands(words, 'links', 0, 0);
      print(session, formatLinks(session.lab, session.lab.network.links));
    },
  },
  link: {
    usage: 'LINK [up|down|partition|heal|hold|release|SETTING VALUE…]',
    about: 'change a link, named by r1.eth1 or r1 -- r2: link r1.eth1 loss 10% delay 5ms',
    run: link,
    complete: completeLink,
  },
  run: {
    usage: '[TIME | until TIME]',
    about: 'let time go on: for 5s, until 12s, or until all programs have ended',
    run: (session, words) => {
      const [first, second] = operands(words, 'run', 0, 2);
      if (first === undefined) return session.runToTheEnd();
      if (first === 'until') return runUntil(session, durationOf('run', second));
      operands(words, 'run', 1, 1);
      return session.runUntil(session.lab.now + durationOf('run', first));
    },
    complete: (_session, words) => (words.length === 0 ? ['until'] : []),
  },
  step: {
    usage: '[COUNT]',
    about: 'do the next event, or so many, and show the frames they send',
    run: (session, words) => {
      const [count = '1'] = operands(words, 'step', 0, 1);
      return session.step(countOf('step', count));
    },
  },
  time: {
    usage: '',
    about: 'what time it is in the lab, and when something happens next',
    run: (session, words) => {
      operands(words, 'time', 0, 0);
      const next = session.lab.nextEventTime();
      const rest = next === null ? 'nothing is to come' : `the next event is at ${formatSeconds(next, 9)} s`;
      print(session, [`${formatSeconds(session.lab.now, 9)} s; ${rest}`]);
    },
  },
  trace: {
    usage: 'TO [--udp PORT] [--size BYTES] [--ttl TTL] [--df]',
    about: 'send a packet and be told its way, and why it goes it',
    run: trace,
    complete: completeTarget,
  },
  frames: {
    usage: 'on|off',
    about: 'whether each frame that is sent is shown',
    run: (session, words) => {
      const [state = ''] = operands(words, 'frames', 1, 1);
      if (state !== 'on' && state !== 'off') throw wrongUsage('frames', `on or off, not ${quote(state)}`);
      session.showFrames(state === 'on');
    },
    complete: (_session, words) => (words.length === 0 ? ['on', 'off'] : []),
  },
  capture: {
    usage: 'start FILE [NIC…] [filter EXPRESSION…] | stop [FILE]',
    about: 'record into a .pcapng or .pcap; alone: which are being written',
    run: capture,
    complete: completeCapture,
  },
  drops: {
    usage: '[NODE]',
    about: 'which frames were dropped so far, and why',
    run: (session, words) => {
      const [node = null] = operands(words, 'drops', 0, 1);
      print(session, formatDrops(session.lab, node));
    },
    complete: completeNode,
  },
  jobs: {
    usage: '',
    about: 'the programs in the background',
    run: (session, words) => {
      operands(words, 'jobs', 0, 0);
      print(session, inColumns([...session.background].map(([number, job]) => [`[${number}]`, job.node, job.command])));
    },
  },
  stop: {
    usage: 'NUMBER',
    about: 'end a program in the background',
    run: (session, words) => {
      const [number = ''] = operands(words, 'stop', 1, 1);
      session.stopProgram(countOf('stop', number));
    },
    complete: ({ background }, words) => (words.length === 0 ? [...background.keys()].map(String) : []),
  },
  exit: {
    usage: '',
    about: 'leave, as Ctrl-D does',
    run: (session, words) => {
      operands(words, 'exit', 0, 0);
      session.isLeaving = true;
    },
  },
};

/** Does what a line says, and gives its exit status. What is wrong with it is thrown as a LabError. */
export async function execute(session: Session, line: string): Promise<number> {
  if (/^\s*(?:#|$)/.test(line)) return Exit.Ok;
  const split = splitCommandLine(line);
  if ('error' in split) throw new LabError(split.error);
  const [first = '', ...rest] = split.words;
  if (!first.startsWith('@')) return executeWords(session, split.words);
  const node = session.lab.node(first.slice(1)).name;
  if (rest.length === 0) throw new LabError(`${first} stands in front of a command; to go there write use ${node}`);
  // It says itself where to go.
  if (rest[0] === 'use') return executeWords(session, rest);
  const before = session.node;
  session.node = node;
  try {
    return await executeWords(session, rest);
  } finally {
    session.node = before;
  }
}

async function executeWords(session: Session, words: readonly string[]): Promise<number> {
  const [name = '', ...rest] = words;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const isInBackground = words.length > 1 && words[words.length - 1] === '&';
  if (command !== undefined) {
    if (isInBackground) throw new LabError(`${name} is no program, and cannot be left in the background`);
    return (await command.run(session, rest)) ?? Exit.Ok;
  }
  if (!programsOf(session).includes(name)) throw unknownCommand(session, name);
  if (!isInBackground) return session.runProgram(words);
  session.startProgram(words.slice(0, -1));
  return Exit.Ok;
}

function unknownCommand(session: Session, name: string): LabError {
  const { network } = session.lab;
  if (network.nodes.has(name)) return new LabError(`${name} is a node: write @${name} COMMAND, or use ${name}`);
  const isElsewhere = [...network.kernels.values()].some(({ programs }) => programs.has(name));
  if (isElsewhere) return new LabError(`${session.node} runs no programs; write @NODE ${name} … with a host or router`);
  const known = [...Object.keys(COMMANDS), ...programsOf(session)];
  return new LabError(`no command ${quote(name)}: ${suggest(name, known, 'commands')}`);
}

/** What can be started by name on the node that one is on. */
export function programsOf({ lab, node }: Session): readonly string[] {
  return node === null ? [] : [...(lab.network.kernels.get(node)?.programs.keys() ?? [])];
}

// The longer commands.

function help(session: Session, words: readonly string[]): void {
  const [name] = operands(words, 'help', 0, 1);
  if (name === undefined) {
    print(session, inColumns(Object.entries(COMMANDS).map(([one, { about }]) => [one, about])));
    const programs = programsOf(session);
    const which =
      programs.length === 0 ? `none on ${session.node}` : `${programs.join(', ')}; each tells more with --help`;
    print(session, [
      '',
      `Programs: ${which}. & behind one leaves it in the background.`,
      '@NODE in front of a command or program is for that node. Ctrl-C ends what runs, Ctrl-D leaves.',
    ]);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) print(session, [usageOf(name), command.about]);
  else if (programsOf(session).includes(name)) print(session, [`a program of the host: ${name} --help tells more`]);
  else throw unknownCommand(session, name);
}

function runUntil(session: Session, time: Nanos): Promise<number> {
  const { now } = session.lab;
  if (time < now) throw new LabError(`it is ${formatSeconds(now)} s already; time goes on only`);
  return session.runUntil(time);
}

function show(session: Session, words: readonly string[]): Promise<number> | void {
  const [name] = operands(words, 'show', 0, 1);
  const { lab, node } = session;
  const learned = node === null ? null : formatLearned(lab, node);
  if (learned !== null) {
    if (name === undefined || name === 'addresses') return print(session, learned);
    throw wrongUsage('show', `${node} is a switch, and has addresses only`);
  }
  if (name === undefined) return session.runProgram(['netcfg']);
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
  if (table === undefined)
    throw wrongUsage('show', `no table ${quote(name)}: ${suggest(name, Object.keys(TABLES), 'tables')}`);
  return session.runProgram(['netcfg', table]);
}

function link(session: Session, words: readonly string[]): void {
  // r1.eth1--r2.eth0 may also be written with blanks.
  const length = words[1] === '--' ? 3 : 1;
  const name = words.slice(0, length).join(' ');
  if (name === '') throw wrongUsage('link', 'LINK is missing');
  const changed = session.lab.link(name);
  const changes = words.slice(length);
  if (changes.length === 0) print(session, formatLinks(session.lab, [changed]));
  else changeLink(changed, changes);
}

function trace(session: Session, words: readonly string[]): number {
  let options: TraceOptions = {};
  const targets: string[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--udp') options = { ...options, udp: countOf('trace', left.shift()) };
    else if (word === '--size') options = { ...options, size: countOf('trace', left.shift()) };
    else if (word === '--ttl') options = { ...options, ttl: countOf('trace', left.shift()) };
    else if (word === '--df') options = { ...options, df: true };
    else if (word.startsWith('-')) throw wrongUsage('trace', `no option ${quote(word)}`);
    else targets.push(word);
  }
  const [to = ''] = operands(targets, 'trace', 1, 1);
  const traced = session.lab.trace(session.station(), to, options);
  print(session, formatTrace(traced).split('\n'));
  return traced.reached ? Exit.Ok : Exit.ProgramFailed;
}

function capture(session: Session, words: readonly string[]): void {
  const [verb, path, ...rest] = words;
  if (verb === undefined) return print(session, session.capturePaths);
  if (verb === 'stop') {
    operands(words, 'capture', 1, 2);
    const paths = path === undefined ? session.capturePaths : [path];
    if (paths.length === 0) throw new LabError('nothing is being captured');
    for (const one of paths) session.stopCapture(one);
    return;
  }
  if (verb !== 'start') throw wrongUsage('capture', `start or stop, not ${quote(verb)}`);
  if (path === undefined) throw wrongUsage('capture', 'FILE is missing');
  if (path === '-') throw new LabError('standard output is for what the shell says; name a file');
  const at = rest.indexOf('filter');
  const nics = at < 0 ? rest : rest.slice(0, at);
  const filter = at < 0 ? '' : rest.slice(at + 1).join(' ');
  session.startCapture({ path, ...(nics.length === 0 ? {} : { nics }), ...(filter === '' ? {} : { filter }) });
}

// Words.

function print({ out }: Session, lines: readonly string[]): void {
  for (const line of lines) out.line(line);
}

function usageOf(name: string): string {
  return `usage: ${name} ${COMMANDS[name]?.usage ?? ''}`.trimEnd();
}

function wrongUsage(name: string, what: string): LabError {
  return new LabError(`${name}: ${what}; ${usageOf(name)}`);
}

function operands(words: readonly string[], name: string, least: number, most: number): readonly string[] {
  if (words.length < least) throw wrongUsage(name, 'a word is missing');
  if (words.length > most) throw wrongUsage(name, `one word too many: ${quote(words[most] ?? '')}`);
  return words;
}

function durationOf(name: string, text: string | undefined): Nanos {
  if (text === undefined) throw wrongUsage(name, 'TIME is missing');
  const parsed = parseDuration(text);
  if ('error' in parsed) throw new LabError(parsed.error);
  return parsed.value;
}

function countOf(name: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw wrongUsage(name, text === undefined ? 'a number is missing' : `${quote(text)} is no whole number`);
}

// Completion.

function completeNode({ lab }: Session, words: readonly string[]): readonly string[] {
  return words.length === 0 ? lab.topology.nodes.map(({ name }) => name) : [];
}

function completeLink({ lab }: Session, words: readonly string[]): readonly string[] {
  return words.length === 0 ? lab.topology.links.flatMap(({ from, to }) => [from.name, to.name]) : LINK_WORDS;
}

function completeCapture({ lab, capturePaths }: Session, words: readonly string[]): readonly string[] {
  const [verb, file] = words;
  if (verb === undefined) return ['start', 'stop'];
  if (verb === 'stop') return file === undefined ? capturePaths : [];
  return file === undefined ? [] : [...lab.topology.nodes.flatMap(portNames), 'filter'];
}

/** Names and addresses that a program can be given as a destination. */
export function completeTarget({ lab }: Session): readonly string[] {
  const table = hostsTable(lab.topology);
  return [...table.keys(), ...new Set([...table.values()].flat().map(Ip.format))];
}
