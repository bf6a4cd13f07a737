import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.ts';
import { complete } from '../../src/cli/shell-completion.ts';
import { Session } from '../../src/cli/shell-session.ts';
import { runShell } from '../../src/cli/shell.ts';
import type { ShellOptions } from '../../src/cli/shell.ts';
import { openLab } from '../../src/lab/lab.ts';
import type { Lab, LabOptions } from '../../src/lab/lab.ts';
import { topologyText } from '../open-lab.ts';
import { Wirelab } from './wirelab.ts';

const TWO_ROUTERS = 'topologies/two-routers.yaml';

let wirelab: Wirelab;
beforeAll(async () => {
  wirelab = await Wirelab.build();
});
afterAll(() => wirelab.remove());

/** Opens the lab as the command does: with its servers, and without an end. */
function open(name = 'two-routers', options: LabOptions = {}): Lab {
  return openLab(topologyText(name), { file: `${name}.yaml`, backgroundOnly: true, until: null, ...options });
}

/** Has a script executed, and gives what was printed, errors included and marked with !, and the exit status. */
async function play(
  lab: Lab,
  script: string,
  options: Partial<ShellOptions> = {},
): Promise<{ text: string; status: number }> {
  const lines: string[] = [];
  const status = await runShell(lab, {
    input: Readable.from([script]),
    terminal: null,
    out: { line: (text) => lines.push(text), flush: () => undefined },
    error: (text) => lines.push(`! ${text}`),
    ...options,
  });
  return { text: lines.join('\n'), status };
}

describe('a script', () => {
  it('runs programs, looks at tables and changes links, and time goes on only while something runs', async () => {
    const { text, status } = await play(
      open(),
      `
# what everybody does first
time
ping -c 2 h2
time
show routes
@r1 show neighbors
link r1.eth1 down
links
time
`,
    );
    expect(text).toMatchInlineSnapshot(`
      "0.000000000 s; the next event is at 0.000000000 s
      PING h2 (198.51.100.1) 56(84) bytes of data.
      64 bytes from 198.51.100.1: icmp_seq=1 ttl=62 time=40.8 ms
      64 bytes from 198.51.100.1: icmp_seq=2 ttl=62 time=20.4 ms

      --- h2 ping statistics ---
      2 packets transmitted, 2 received, 0% packet loss, time 1000ms
      rtt min/avg/max/mdev = 20.423/30.631/40.839/10.208 ms
      1.020423424 s; the next event is at 5.030627840 s
      default via 192.0.2.254 dev eth0
      192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1
      192.0.2.1 dev eth0 lladdr 02:90:3b:35:92:00 DELAY
      203.0.113.2 dev eth1 lladdr 02:0f:54:02:65:00 REACHABLE
      h1.eth0 -- r1.eth0  up    1Gbit/s 100us
      r1.eth1 -- r2.eth0  down  100Mbit/s 10ms
      r2.eth1 -- h2.eth0  up    1Gbit/s 100us
      1.020423424 s; the next event is at 5.030627840 s"
    `);
    expect(status).toBe(0);
  });

  it('ends with the first command that fails, and says in which line', async () => {
    const { text, status } = await play(open(), 'pnig h2\ntime\n');
    expect(text).toBe('! line 1: no command "pnig": did you mean "ping"?');
    expect(status).toBe(2);
    const failed = await play(open(), '# nobody is there\nping -c 1 -W 1 192.0.2.77\ntime\n');
    expect(failed.text).toMatch(/\n! line 2: ping -c 1 -W 1 192\.0\.2\.77: failed$/);
    expect(failed.status).toBe(1);
  });

  it('--keep-going goes on, and exits as the first failure', async () => {
    const { text, status } = await play(open(), 'pnig h2\nping -c 1 -W 1 192.0.2.77\nnodes\n', { keepGoing: true });
    expect(text).toContain('h1  host    eth0 192.0.2.1/24');
    expect(status).toBe(2);
  });

  it('prints the same whenever it is run', async () => {
    const script = 'frames on\nping -c 1 h2\ntraceroute h2\n@r1 show\ndrops\n';
    const [first, second] = [await play(open(), script), await play(open(), script)];
    expect(first).toEqual(second);
    expect(first.text).toContain('0.000000 h1.eth0 ARP, Request who-has 192.0.2.254 tell 192.0.2.1, length 28');
  });

  it('needs no newline at its end, and ends at exit', async () => {
    expect((await play(open(), 'exit')).status).toBe(0);
    expect((await play(open(), 'exit\nnosuch\n')).text).toBe('');
  });
});

describe('a program', () => {
  it('is of the node one is on, or of the one behind @', async () => {
    const { text } = await play(
      open(),
      '@h2 ping -c 1 h1\nuse h2\nping -c 1 h1\n@r1 show routes\n@h2 use r2\nshow routes',
    );
    expect(text.match(/64 bytes from 192\.0\.2\.1/g)).toHaveLength(2);
    expect(text).toContain('192.0.2.0/24 via 203.0.113.1 dev eth0');
  });

  it('runs on in the background while others run, and says when it has ended', async () => {
    const { text, status } = await play(open(), '@h2 ping -c 1 h1 &\njobs\nping -c 2 h2\njobs\n');
    expect(status).toBe(0);
    expect(text).toContain('[1] h2: ping -c 1 h1\n[1]  h2  ping -c 1 h1\n');
    expect(text).toContain('0.030631 h2 ping: 64 bytes from 192.0.2.1');
    expect(text).toContain('[1] h2: ping -c 1 h1: ended with 0');
    expect(text.trimEnd().endsWith('ended with 0')).toBe(true);
  });

  it('in the background is stopped by its number', async () => {
    const { text } = await play(open(), 'ping h2 &\nrun 1500ms\nstop 1\nstop 1\n');
    expect(text).toContain('1.500000 h1 ping: 2 packets transmitted, 2 received');
    expect(text).toContain('[1] h1: ping h2: ended with 143');
    expect(text).toContain('! line 4: no program 1: there are no programs in the background');
  });

  it('that would wait for ever is stopped', async () => {
    const { text, status } = await play(open(), 'udp-echo 7\n');
    expect(text).toContain('udp-echo 7: would wait for ever, since nothing will come any more; stopped.');
    expect(status).toBe(2);
  });
});

describe('time', () => {
  it('goes for a while, or until an instant, or to the end of the programs in the background', async () => {
    const { text } = await play(open(), 'run 5s\nrun until 7s\ntime\nping -c 2 h2 &\nrun\ntime\n');
    expect(text).toMatch(/^7\.000000000 s; nothing is to come$/m);
    expect(text).toMatch(/^8\.020423424 s/m);
  });

  it('goes by events, each of which is named with the frames that it sends', async () => {
    const { text } = await play(open('two-hosts'), 'ping -c 1 h2 &\nstep 3\nstep 1000\n');
    expect(text).toMatchInlineSnapshot(`
      "[1] h1: ping -c 1 h2
      0.000000 h1: runReady
      0.000000 h1 ping: PING h2 (192.0.2.2) 56(84) bytes of data.
      0.000000 h1.eth0 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28
      0.000000 h2: runReady
      0.000100 h1.eth0--h2.eth0 >: arrive
      0.000100 h2.eth0 ARP, Reply 192.0.2.2 is-at 02:8f:3b:33:ff:00, length 28
      0.000201 h1.eth0--h2.eth0 <: arrive
      0.000201 h1.eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 15986, seq 1, length 64
      0.000302 h1.eth0--h2.eth0 >: arrive
      0.000302 h2.eth0 IP 192.0.2.2 > 192.0.2.1: ICMP echo reply, id 15986, seq 1, length 64
      0.000403 h1.eth0--h2.eth0 <: arrive
      0.000403 h1: runReady
      0.000403 h1 ping: 64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=0.403 ms
      0.000403 h1 ping:
      0.000403 h1 ping: --- h2 ping statistics ---
      0.000403 h1 ping: 1 packets transmitted, 1 received, 0% packet loss, time 0ms
      0.000403 h1 ping: rtt min/avg/max/mdev = 0.403/0.403/0.403/0.000 ms
      5.000302 h2: askNeighbor
      5.000302 h2.eth0 ARP, Request who-has 192.0.2.1 tell 192.0.2.2, length 28
      5.000402 h1.eth0--h2.eth0 <: arrive
      5.000402 h1.eth0 ARP, Reply 192.0.2.1 is-at 02:90:3b:35:92:00, length 28
      5.000503 h1.eth0--h2.eth0 >: arrive
      nothing is to come
      [1] h1: ping -c 1 h2: ended with 0"
    `);
  });
});

describe('a link', () => {
  it('loses its carrier and gets it back, named by one end, both nodes, or both ends', async () => {
    const lab = open('ring');
    const { text, status } = await play(
      lab,
      'link r1.eth1 down\nlink r1.eth1\nlink r2 -- r1 up\nlink r1.eth1--r2.eth0\nlink r3.eth2 -- r4.eth1 partition\nlink r3--r4\n',
    );
    expect(text).toMatchInlineSnapshot(`
      "r1.eth1 -- r2.eth0  down  1Gbit/s 2ms
      r1.eth1 -- r2.eth0  up  1Gbit/s 2ms
      r3.eth2 -- r4.eth1  up  1Gbit/s 5ms partitioned"
    `);
    expect(status).toBe(0);
  });

  it('takes settings in the words of a topology file', async () => {
    const { text } = await play(
      open('two-hosts'),
      'link h1.eth0 loss 10% delay 5ms bandwidth 10Mbit/s queue 5 jitter 1.5ms drop-every 3\nlink h1.eth0\n',
    );
    expect(text).toMatchInlineSnapshot(
      `"h1.eth0 -- h2.eth0  up  10Mbit/s 5ms queue 5 loss 0.1 jitter 1.5ms drop-every 3"`,
    );
  });

  it.each([
    ['link h1.eth0 loss', 'loss: its value is missing'],
    ['link h1.eth0 loss 10', 'loss: 10 is more than 1; write 10%'],
    ['link h1.eth0 delay 5', 'delay: 5 has no unit; write 5s or 5ms'],
    ['link h1.eth0 lss 10%', 'no word "lss" for a link: did you mean "loss"?'],
    ['link h1.eht0 down', 'no link "h1.eht0"; links are h1.eth0 -- h2.eth0'],
    ['link h1.eth0 down loss 7x', 'loss: "7x" is no chance; write it as 1% or 0.01'],
  ])('%s is a mistake that changes nothing', async (line, message) => {
    const lab = open('two-hosts');
    const before = lab.link('h1.eth0').directions.map(({ current }) => current);
    const { text, status } = await play(lab, line);
    expect(text).toBe(`! line 1: ${message}`);
    expect(status).toBe(2);
    expect(lab.link('h1.eth0').carrier).toBe(true);
    expect(lab.link('h1.eth0').directions.map(({ current }) => current)).toEqual(before);
  });
});

it('traces a packet, and fails where it does not arrive', async () => {
  const { text, status } = await play(open(), 'trace h2 --udp 7 --size 20\n@r1 trace h2\ntrace 10.9.9.9\ntime\n');
  expect(text).toContain('h1 to h2 (198.51.100.1), UDP to port 7');
  expect(text).toContain('r1 to h2 (198.51.100.1), ICMP echo request');
  expect(text).toContain('no-route');
  expect(status).toBe(1);
});

it('says what was dropped, and why', async () => {
  const { text } = await play(open(), 'drops\nudp-send h2 9 x\nrun\ndrops\ndrops r1\n');
  expect(text.split('\n')).toEqual([
    'no frame was dropped',
    'sent 1 bytes to 198.51.100.1:9',
    'h1  1  icmp-unhandled  an ICMP message that nobody here acts on',
    'h2  1  no-socket       no socket has this port',
    'no frame was dropped',
  ]);
});

describe('capture', () => {
  it('begins and stops while the lab runs, and has what passed between', async () => {
    const [all, one] = ['all.pcapng', 'one.pcap'].map((name) => join(wirelab.folder, name));
    const { text, status } = await play(
      open(),
      `ping -c 1 h2
capture start ${all}
capture start ${one} r1.eth1 r2.eth0 filter icmp and host h2
capture
ping -c 1 h2
capture stop ${all}
ping -c 3 h2
`,
    );
    expect(status).toBe(0);
    expect(text).toContain(`${all}\n${one}\n`);
    // There and back over three links, each frame at two NICs; what was stopped has no more.
    expect([...readCapture(readFileSync(all!))]).toHaveLength(12);
    expect([...readCapture(readFileSync(one!))]).toHaveLength(4 * 4);
  });

  it('refuses what it cannot record, and spoils no file for it', async () => {
    const file = join(wirelab.folder, 'kept.pcapng');
    writeFileSync(file, 'mine');
    const script = `capture start ${file} h1.eth7\ncapture start ${file} filter hots h1\ncapture stop\ncapture start -\n`;
    const { text } = await play(open(), script, { keepGoing: true });
    expect(text.split('\n')).toEqual([
      '! line 1: no NIC or link "h1.eth7": did you mean "h1.eth0"?',
      expect.stringMatching(/^! line 2: .*column 1/),
      '! line 3: nothing is being captured',
      '! line 4: standard output is for what the shell says; name a file',
    ]);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('leaves nothing behind where its file cannot be written', async () => {
    const script = `capture start ${TWO_ROUTERS}/x.pcapng\ncapture\nping -c 1 h2\n`;
    const { text } = await play(open(), script, { keepGoing: true });
    expect(text).toMatch(/^! line 1: .*x\.pcapng: cannot be written: a part of its path is a file.*\nPING h2/);
    expect(text).toContain('1 packets transmitted, 1 received');
  });
});

describe('a mistake', () => {
  it.each([
    ['use h9', 'no node "h9": nodes are h1, h2, r1, r2'],
    ['@h9 ping h2', 'no node "h9": nodes are h1, h2, r1, r2'],
    ['@h1', '@h1 stands in front of a command; to go there write use h1'],
    ['h1 ping h2', 'h1 is a node: write @h1 COMMAND, or use h1'],
    ['sohw routes', 'no command "sohw": did you mean "show"?'],
    ['show rotues', expect.stringContaining('no table "rotues": did you mean "routes"?')],
    ['run 5', '5 has no unit; write 5s or 5ms'],
    ['use h2\nrun 2s\nrun until 1s', expect.stringContaining('it is 2.000000 s already')],
    ['@h2 use h9\ntime', 'no node "h9": nodes are h1, h2, r1, r2'],
    ['run until', expect.stringContaining('run: TIME is missing; usage: run [TIME | until TIME]')],
    ['step x', expect.stringContaining('step: "x" is no whole number')],
    ['time now', expect.stringContaining('time: one word too many: "now"')],
    ['frames maybe', expect.stringContaining('on or off, not "maybe"')],
    ['trace', expect.stringContaining('trace: a word is missing')],
    ['trace h2 --upd 7', expect.stringContaining('no option "--upd"')],
    ['capture begin x', expect.stringContaining('start or stop, not "begin"')],
    ['show routes &', 'show is no program, and cannot be left in the background'],
    ["ping 'h2", "a ' is not closed"],
    ['constructor', expect.stringContaining('no command "constructor"')],
  ])('%s is told with its remedy', async (line, message: string) => {
    const told: string[] = [];
    const status = (await play(open(), line, { error: (text) => told.push(text.replace(/^line \d: /, '')) })).status;
    expect(told).toEqual([message]);
    expect(status).toBe(2);
  });

  it('on a switch: it has no tables but its own', async () => {
    const { text } = await play(open('one-switch'), 'use s1\nshow routes\n');
    expect(text).toContain('! line 2: show: s1 is a switch, and has addresses only; usage: show');
  });

  it('on a switch: programs run on hosts', async () => {
    const { text } = await play(open('one-switch'), 'use s1\nping h1\n');
    expect(text).toBe('! line 2: s1 runs no programs; write @NODE ping … with a host or router');
  });
});

it('shows which addresses a switch has learnt, behind which port, until they have aged', async () => {
  const { text } = await play(
    open('one-switch'),
    'use s1\nshow\n@h1 ping -c 1 h2\nshow\n@h1 show addresses\nrun 200s\nshow\nrun 200s\nshow\n',
  );
  expect(text).toMatchInlineSnapshot(`
    "s1 has learnt no address
    PING h2 (192.0.2.2) 56(84) bytes of data.
    64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=0.806 ms

    --- h2 ping statistics ---
    1 packets transmitted, 1 received, 0% packet loss, time 0ms
    rtt min/avg/max/mdev = 0.806/0.806/0.806/0.000 ms
    02:90:3b:35:92:00  s1.1  h1.eth0  0.000302 s ago
    02:8f:3b:33:ff:00  s1.2  h2.eth0  0.000100 s ago
    1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN
        link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
        inet 127.0.0.1/8 scope host lo
    2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
        link/ether 02:90:3b:35:92:00 brd ff:ff:ff:ff:ff:ff
        inet 192.0.2.1/24 scope global eth0
    02:90:3b:35:92:00  s1.1  h1.eth0  194.999899 s ago
    02:8f:3b:33:ff:00  s1.2  h2.eth0  195.000101 s ago
    s1 has learnt no address"
  `);
});

it('help tells all commands, and how each is used', async () => {
  const { text } = await play(open(), 'help\nhelp link\nhelp ping\n');
  expect(text).toMatch(/^capture +record into/m);
  expect(text).toContain('Programs: dns-server, lookup, netcfg, ping,');
  expect(text).toContain('usage: link LINK [up|down|');
  expect(text).toContain('a program of the host: ping --help tells more');
});

describe('completion', () => {
  const session = (): Session => new Session(open(), { line: () => undefined, flush: () => undefined });

  it.each<[line: string, candidates: readonly string[]]>([
    ['tra', ['trace', 'traceroute']],
    ['nod', ['nodes ']],
    ['@', ['@h1', '@h2', '@r1', '@r2']],
    ['@r1 sho', ['show ']],
    ['show ne', ['neighbors ']],
    ['@r1 show ro', ['routes ']],
    ['use r', ['r1', 'r2']],
    ['use r1 ', []],
    ['link r2', ['r2.eth0', 'r2.eth1']],
    ['link r2.eth0 do', ['down ']],
    ['link r2.eth0 reo', ['reorder', 'reorder-delay']],
    ['ping r2.', ['r2.eth0', 'r2.eth1']],
    ['ping 198', ['198.51.100.1', '198.51.100.254']],
    ['capture s', ['start', 'stop']],
    ['capture start x.pcapng r1.', ['r1.eth0', 'r1.eth1']],
    ['run u', ['until ']],
    ['help fra', ['frames ']],
    ['constructor ', []],
  ])('of "%s"', (line, candidates) => {
    if (line === 'constructor ') expect(complete(session(), line)[0]).toContain('h1');
    else expect(complete(session(), line)[0]).toEqual(candidates);
  });
});

describe('the command', () => {
  it('takes a script from a pipe, and says the same as in process', async () => {
    const script = 'ping -c 1 h2\nlink r1.eth1 down\nping -c 1 -W 1 h2\n';
    const { status, out, error } = wirelab.shell(`printf '${script}' | wirelab shell ${TWO_ROUTERS}`);
    expect([status, error]).toEqual([1, 'line 3: ping -c 1 -W 1 h2: failed\n']);
    expect(`${out}! ${error}`.trimEnd()).toBe((await play(open(), script)).text);
  });

  it('puts mistakes on standard error, and exits with them', () => {
    const { status, out, error } = wirelab.shell(`printf 'pnig\\ntime\\n' | wirelab shell --keep-going ${TWO_ROUTERS}`);
    expect([status, error]).toEqual([2, 'line 1: no command "pnig": did you mean "ping"?\n']);
    expect(out).toMatch(/^0\.000000000 s/);
  });

  it("starts the file's programs where it is asked to", () => {
    const { out } = wirelab.shell(`echo run | wirelab shell --with-programs ${TWO_ROUTERS}`);
    expect(out).toContain('h1 traceroute: ');
    expect(wirelab.shell(`echo run | wirelab shell ${TWO_ROUTERS}`).out).toBe('');
  });

  it('leaves quietly when whoever reads has gone', () => {
    const { out, error } = wirelab.shell(`echo 'ping h2' | wirelab shell ${TWO_ROUTERS} | head -1`);
    expect([out, error]).toEqual(['PING h2 (198.51.100.1) 56(84) bytes of data.\n', '']);
  });

  it('SIGINT ends what a script runs, and the script; what was captured is whole', async () => {
    const file = join(wirelab.folder, 'interrupted.pcapng');
    const child = wirelab.converse('shell', '--keep-going', TWO_ROUTERS);
    // More may come: the pipe stays open.
    child.stdin!.write(`capture start ${file}\nping h2\ntime\n`);
    let out = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      // It runs: virtual time has gone on for a while.
      if (out.length < 10_000 && out.length + text.length >= 10_000) child.kill('SIGINT');
      out += text;
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(status).toBe(130);
    expect(out.trimEnd().split('\n').at(-2)).toMatch(/\d+ packets transmitted, \d+ received/);
    expect([...readCapture(readFileSync(file))].length).toBeGreaterThan(100);
  });

  it('exit ends it while the pipe stays open', async () => {
    const child = wirelab.converse('shell', TWO_ROUTERS);
    child.stdin!.write('time\nexit\n');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  });

  it('does not enter a lab that leads outside, where time does not wait', () => {
    const file = wirelab.file(
      'outside.yaml',
      `hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } } }
bridges: [{ port: h1.eth0, to: 'udp:127.0.0.1:47001,127.0.0.1:47002' }]`,
    );
    const { status, error } = wirelab.shell(`echo time | wirelab shell ${file}`);
    expect([status, error]).toEqual([2, expect.stringContaining('a port leads outside')]);
  });
});

/** Types at a terminal: each time what is awaited has been shown, the keys. Gives what the terminal has shown. */
function type(words: readonly string[], steps: readonly (readonly [awaited: string, keys: string])[]) {
  const python = ['test/cli/terminal.py', JSON.stringify(steps), process.execPath, wirelab.main, 'shell', ...words];
  const { status, stdout, stderr } = spawnSync('python3', python, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return { status, shown: stdout, error: stderr };
}

describe.skipIf(spawnSync('python3', ['-c', 'import pty']).status !== 0)('at a terminal', () => {
  const CTRL_C = '\u0003';
  const CTRL_D = '\u0004';
  const UP = '\u001b[A';

  it('has a prompt with the time, completes, remembers, and Ctrl-C ends what runs, but not the shell', () => {
    const history = join(wirelab.folder, 'history');
    writeFileSync(history, 'links\n');
    const { status, shown, error } = type(
      ['--history', history, TWO_ROUTERS],
      [
        ['h1 0.000000 s> ', 'pi'],
        ['pi', '\t'],
        ['ng ', 'h2\r'],
        ['icmp_seq=3', ''],
        // It has slowed down, so that the key comes in time.
        ['icmp_seq=25', CTRL_C],
        ['packets transmitted', ''],
        ['s> ', 'pnig\r'],
        ['no command "pnig": did you mean "ping"?', ''],
        // A line that is given up is not executed.
        ['s> ', 'use r2'],
        ['use r2', CTRL_C],
        ['h1 ', 'use r1\r'],
        ['r1 ', UP + UP + UP],
        ['ping h2', UP],
        ['links', '\r'],
        ['r1.eth1 -- r2.eth0', ''],
        ['r1 ', CTRL_D],
      ],
    );
    expect([status, error], shown).toEqual([0, '']);
    expect(shown).toContain('two-routers: 4 nodes, 3 links; help tells what there is');
    expect(shown).not.toContain('r2 0');
    expect(shown).not.toContain('icmp_seq=100 ');
    expect(readFileSync(history, 'utf8')).toBe('ping h2\npnig\nuse r1\nlinks\n');
  });

  it('a history that cannot be read is told before anything runs', () => {
    const { status, shown } = type(['--history', 'topologies', TWO_ROUTERS], []);
    expect(status).toBe(2);
    expect(shown).toContain('--history topologies: cannot be read: it is a folder');
  });
});
