import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.ts';
import { checkFile, whyNot } from '../check-pcap.ts';
import { openTopology } from '../open-lab.ts';
import { Wirelab } from './wirelab.ts';

const TWO_HOSTS = 'topologies/two-hosts.yaml';
const TWO_ROUTERS = 'topologies/two-routers.yaml';
const LOOP = 'topologies/switch-loop.yaml';

let wirelab: Wirelab;
beforeAll(async () => {
  wirelab = await Wirelab.build();
});
afterAll(() => wirelab.remove());

/** A file of two hosts and a link, with these programs on h1. */
function twoHosts(...programs: string[]): string {
  const lines = programs.map((command) => `  - { on: h1, run: ${JSON.stringify(command)} }\n`);
  return wirelab.file(
    'lab.yaml',
    `hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links:
  - h1.eth0 -- h2.eth0
programs:
${lines.join('')}`,
  );
}

it('is built as a file that can be executed, also over one that cannot', () => {
  const path = wirelab.file('plain.mjs', '');
  expect(statSync(path).mode & 0o111).toBe(0);
  execFileSync(process.execPath, ['build-command.js', path]);
  expect(execFileSync(path, ['check', TWO_HOSTS], { encoding: 'utf8' })).toContain('nothing found');
});

describe('run', () => {
  it("prints programs' lines and a tcpdump line for each frame, in the order of time", () => {
    const { status, out, error } = wirelab.run('run', TWO_ROUTERS);
    expect([status, error]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    const frames = lines.filter((line) => / [a-z0-9]+\.eth\d /.test(line));
    const lab = openTopology('two-routers');
    lab.run();
    expect(frames.join('\n')).toBe(lab.transcript());
    expect(lines).toContain('0.040839 h1 ping: 64 bytes from 198.51.100.1: icmp_seq=1 ttl=62 time=40.8 ms');
    expect(lines.every((line) => /^\d+\.\d{6} (h1|h2|r1|r2)(\.eth\d| [a-z-]+:)/.test(line))).toBe(true);
    const times = lines.map((line) => Number(line.split(' ')[0]));
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  it('--quiet prints what programs write and no frame', () => {
    const { out } = wirelab.run('run', TWO_HOSTS, '--quiet');
    expect(out).toContain('h1 ping: 64 bytes from 192.0.2.2');
    expect(out).not.toContain('eth0');
  });

  it('--json prints one object a line', () => {
    const { out } = wirelab.run('run', TWO_HOSTS, '--json');
    const objects = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects[0]).toMatchObject({ type: 'line', time: 0, node: 'h1', program: 'ping', stream: 'output' });
    expect(objects).toContainEqual({
      type: 'frame',
      time: 0,
      nic: 'h1.eth0',
      text: 'ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28',
    });
  });

  it('--seed and --until take the place of what the file says', () => {
    const [first, second] = ['1', '2'].map((seed) => wirelab.run('run', TWO_HOSTS, '--seed', seed).out);
    expect(first).not.toBe(second);
    const { status, out } = wirelab.run('run', TWO_HOSTS, '--until', '500ms');
    expect(status).toBe(3);
    expect(out).not.toMatch(/^1\./m);
  });

  it('exits with 3 for what has not ended in time, and lets it say its last words', () => {
    const { status, out } = wirelab.run('run', LOOP, '--quiet', '--until', '5ms');
    expect(status).toBe(3);
    expect(out).toContain('0.005000 h1 ping: 1 packets transmitted, 0 received');
  });

  it('exits with the programs where only frames are on their way at the end', () => {
    const text = readFileSync(LOOP, 'utf8').replace('run: ping -c 1 h2', 'run: udp-send -b 192.0.2.255 9 x');
    expect(wirelab.run('run', wirelab.file('loop.yaml', text), '--quiet').status).toBe(0);
  });

  it('exits with 1 when a foreground program fails, and the others have run', () => {
    const { status, out } = wirelab.run('run', twoHosts('ping -c 1 -W 1 192.0.2.9', 'ping -c 1 h2'), '--quiet');
    expect(status).toBe(1);
    expect(out).toContain('64 bytes from 192.0.2.2');
  });

  it('exits with 1 for what waits for ever, and names it', () => {
    const { status, error } = wirelab.run('run', twoHosts('udp-echo 7'), '--quiet');
    expect(status).toBe(1);
    expect(error).toBe(
      'h1: udp-echo 7: still waits, and nothing will come any more; servers run with "background: true"\n',
    );
  });

  it('writes warnings and notices to standard error, and goes on', () => {
    const file = wirelab.file(
      'wrong.yaml',
      `hosts:
  h1: { interfaces: { eth0: { ip: 192.0.2.1/24, mac: '02:00:00:00:00:01' } }, gateway: 203.0.113.1 }
  h2: { interfaces: { eth0: { ip: 192.0.2.1/24, mac: '02:00:00:00:00:02' } } }
links: [h1.eth0 -- h2.eth0]
programs: [{ on: h1, run: udp-send 192.0.2.7 9 x }]`,
    );
    const { status, error } = wirelab.run('run', file, '--quiet');
    expect(status).toBe(0);
    const [warning, notice] = error.split('\n');
    expect(warning).toContain(`warning: ${file}:2:88: hosts.h1.gateway: gateway 203.0.113.1: the kernel refuses it`);
    expect(notice).toBe(
      "notice: 0.000100 h2.eth0: 02:00:00:00:00:01 claims 192.0.2.1, which is this host's own address",
    );
  });
});

describe('--pcap', () => {
  it('writes a pcapng, or a pcap where it is called so, into a folder that it makes', () => {
    const [pcapng, pcap] = ['new/out.pcapng', 'new/out.pcap'].map((name) => join(wirelab.folder, name));
    expect(wirelab.run('run', TWO_HOSTS, '--quiet', '--pcap', pcapng!).status).toBe(0);
    expect(wirelab.run('run', TWO_HOSTS, '--quiet', '--pcap', pcap!).status).toBe(0);
    expect([...readCapture(readFileSync(pcapng!))]).toHaveLength([...readCapture(readFileSync(pcap!))].length);
    expect(readFileSync(pcap!).readUInt32LE(0)).toBe(0xa1b23c4d);
    if (whyNot() === null) expect(checkFile(pcapng!)).toMatchObject({ status: 0 });
  });

  it('- writes the same bytes to standard output, and nothing else', () => {
    const file = join(wirelab.folder, 'same.pcapng');
    wirelab.run('run', TWO_HOSTS, '--quiet', '--pcap', file);
    const { status, bytes } = wirelab.run('run', TWO_HOSTS, '--pcap', '-');
    expect(status).toBe(0);
    expect(bytes.equals(readFileSync(file))).toBe(true);
  });

  it('records what --nic and --filter choose', () => {
    const { bytes } = wirelab.run('run', TWO_ROUTERS, '--pcap', '-', '--nic', 'r1.eth1--r2.eth0', '--filter', 'udp');
    const nics = new Set([...readCapture(bytes)].map((frame) => frame.interface.name));
    expect([...nics].filter((name) => !name.includes('/'))).toEqual(['r1.eth1', 'r2.eth0']);
  });

  it('is whole also when the run ends with an error, or the reader of the lines has gone', () => {
    const file = join(wirelab.folder, 'cut.pcapng');
    const { out, error } = wirelab.shell(`wirelab run ${LOOP} --until 1s --pcap ${file} | head -1`);
    expect(out).toBe('0.000000 h1 ping: PING h2 (192.0.2.2) 56(84) bytes of data.\n');
    expect(error).toBe('');
    expect([...readCapture(readFileSync(file))].length).toBeGreaterThan(100);
  });

  it('spoils no file for a mistake in what to record', () => {
    const file = join(wirelab.folder, 'kept.pcapng');
    writeFileSync(file, 'mine');
    expect(wirelab.run('run', TWO_HOSTS, '--pcap', file, '--nic', 'h1.eth7').status).toBe(2);
    expect(wirelab.run('run', TWO_HOSTS, '--pcap', file, '--filter', 'hots h1').status).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe('the other parts', () => {
  it('ping pings once a second, four times, or as is said behind --', () => {
    const { status, out } = wirelab.run('ping', TWO_ROUTERS, 'h1', 'h2');
    expect(status).toBe(0);
    expect(out).toContain('4 packets transmitted, 4 received, 0% packet loss, time 3000ms');
    expect(wirelab.run('ping', TWO_ROUTERS, 'h1', 'h2', '--', '-c', '1').out).toContain('1 packets transmitted');
    expect(wirelab.run('ping', TWO_HOSTS, 'h1', '192.0.2.99').status).toBe(1);
  });

  it("ping leaves the file's own foreground programs out, and frames too unless they are asked for", () => {
    const { out } = wirelab.run('ping', TWO_HOSTS, 'h2', 'h1');
    expect(out).not.toMatch(/udp|eth0/);
    expect(wirelab.run('ping', TWO_HOSTS, 'h2', 'h1', '--json').out).toContain('"type":"frame"');
  });

  it('traceroute shows the way', () => {
    const { status, out } = wirelab.run('traceroute', TWO_ROUTERS, 'h1', 'h2');
    expect(status).toBe(0);
    expect(out).toMatch(/^ 1 {2}192\.0\.2\.254 .*\n 2 {2}203\.0\.113\.2 .*\n 3 {2}198\.51\.100\.1 /m);
  });

  it('send sends a text, also one that looks like an option, and shows the answer with --wait', () => {
    expect(wirelab.run('send', TWO_HOSTS, 'h1', 'h2', '7', 'hello')).toMatchObject({
      status: 0,
      out: 'sent 5 bytes to 192.0.2.2:7\n',
    });
    expect(wirelab.run('send', TWO_HOSTS, 'h1', 'h2', '7', '--wait', '--', '--hello').out).toContain(
      '7 bytes from 192.0.2.2:7: --hello',
    );
  });

  it('show runs to the end, or to --until, and shows what a host knows then', () => {
    const { status, out } = wirelab.run('show', TWO_ROUTERS, 'h2');
    expect(status).toBe(0);
    expect(out).toContain('inet 198.51.100.1/24 scope global eth0');
    expect(out).toContain('default via 198.51.100.254 dev eth0');
    expect(out).toMatch(/198\.51\.100\.254 dev eth0 lladdr [\da-f:]+ /);
    // Its server still runs.
    expect(out).toMatch(/udp +.*0\.0\.0\.0:7/);
    const early = wirelab.run('show', TWO_ROUTERS, 'h2', '--until', '1ms');
    expect(early.status).toBe(0);
    expect(early.out).not.toContain('lladdr');
  });

  it('of a switch tells the addresses that it has learnt', () => {
    const { status, out } = wirelab.run('show', 'topologies/one-switch.yaml', 's1');
    expect(status).toBe(0);
    expect(out).toMatch(/^02:90:3b:35:92:00 {2}s1\.1 {2}h1\.eth0 {2}\d+\.\d{6} s ago$/m);
  });

  it.each([[], ['run'], ['ping'], ['traceroute'], ['send'], ['show'], ['check']])(
    '%s --help says what it does',
    (...words) => {
      const { status, out, error } = wirelab.run(...words, '--help');
      expect([status, error]).toEqual([0, '']);
      expect(out).toMatch(/^Usage: wirelab/);
      expect(out.length).toBeGreaterThan(150);
    },
  );

  it('--help has examples that work', () => {
    const examples = wirelab.run('--help').out.match(/^ {2}wirelab .*?(?= {2,}|$)/gm) ?? [];
    expect(examples.length).toBeGreaterThanOrEqual(6);
    for (const example of examples) {
      const { status, error } = wirelab.shell(example.replace('out/', `${wirelab.folder}/`));
      // A sweep says on standard error what it is about to do, and it finds something: a ring whose hosts hang by one link.
      const isSweep = example.startsWith('  wirelab sweep');
      expect([status, isSweep ? '' : error], example).toEqual([isSweep ? 1 : 0, '']);
    }
  });
});

describe('a mistake', () => {
  const bad = (): string => wirelab.file('bad.yaml', 'hosts:\n  h1: { interfaces: { eth0: 192.0.2.1/255.0.255.0 } }\n');

  it.each<[what: string, words: () => string[], error: RegExp]>([
    [
      'a file that is not there',
      () => ['run', 'nosuch.yaml'],
      /^nosuch\.yaml: cannot be read: no such file; FILE is a topology/,
    ],
    ['a folder', () => ['run', 'topologies'], /^topologies: cannot be read: it is a folder/],
    ['no file', () => ['run'], /^error: missing required argument 'file'/],
    ['a mask with holes', () => ['run', bad()], /bad\.yaml:2:29: hosts\.h1\.interfaces\.eth0: .*mask/],
    [
      'a program that there is not',
      () => ['run', twoHosts('pnig h2')],
      /lab\.yaml:7:20: programs\[0\]\.run: no program "pnig": did you mean "ping"\?/,
    ],
    [
      'a host that there is not',
      () => ['ping', TWO_HOSTS, 'h9', 'h2'],
      /^no host or router "h9": hosts and routers are h1, h2$/m,
    ],
    ['a switch in place of a host', () => ['ping', LOOP, 's1', 'h1'], /^no host or router "s1": /],
    ['an unknown option', () => ['run', '--frob', TWO_HOSTS], /^error: unknown option '--frob'\n.*--help/],
    ['an unknown part', () => ['fly', TWO_HOSTS], /^error: unknown command 'fly'/],
    ['nothing at all', () => [], /^Usage: wirelab/],
    ['a time that is none', () => ['run', TWO_HOSTS, '--until', 'soon'], /--until <time>' argument 'soon' is invalid/],
    ['a seed that is none', () => ['run', TWO_HOSTS, '--seed', '-1'], /a whole number below 2\^53/],
    ['a port that is none', () => ['send', TWO_HOSTS, 'h1', 'h2', '70000', 'x'], /1 to 65535/],
    ['two styles at once', () => ['run', TWO_HOSTS, '--quiet', '--json'], /cannot be used with/],
    [
      'a NIC without a capture',
      () => ['run', TWO_HOSTS, '--nic', 'h1.eth0'],
      /^--nic and --filter say what --pcap records/,
    ],
    [
      'a NIC that there is not',
      () => ['run', TWO_HOSTS, '--pcap', 'x', '--nic', 'h1.eth7'],
      /^no NIC or link "h1\.eth7": did you mean "h1\.eth0"\?/,
    ],
    ['a filter that is none', () => ['run', TWO_HOSTS, '--pcap', 'x', '--filter', 'hots h1'], /^--filter: .*column 1/],
    [
      'a capture that cannot be written',
      () => ['run', TWO_HOSTS, '--pcap', `${TWO_HOSTS}/x`],
      /^topologies\/two-hosts\.yaml\/x: cannot be written: a part of its path is a file/,
    ],
  ])('%s exits with 2, says what to do, and prints nothing', (_what, words, message) => {
    const { status, out, error } = wirelab.run(...words());
    expect(error).toMatch(message);
    expect([status, out]).toEqual([2, '']);
    expect(error).not.toMatch(/^\s+at /m);
    expect(existsSync('x')).toBe(false);
  });
});

describe('an end that nobody planned', () => {
  it('SIGINT closes the capture, stops the programs and exits with 130', async () => {
    const file = join(wirelab.folder, 'interrupted.pcapng');
    const child = wirelab.start('run', twoHosts('ping h2'), '--quiet', '--pcap', file);
    let out = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      // It runs: virtual time has gone on for a while.
      if (out.length < 10_000 && out.length + text.length >= 10_000) child.kill('SIGINT');
      out += text;
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(status).toBe(130);
    expect(out).toMatch(/\d+ packets transmitted, \d+ received/);
    expect([...readCapture(readFileSync(file))].length).toBeGreaterThan(100);
  });

  it('a reader that goes away ends it without a word, whatever it reads', () => {
    for (const words of [
      `run ${LOOP} --until 1s`,
      `run ${LOOP} --until 1s --json`,
      `show ${TWO_ROUTERS} h1`,
      `ping ${TWO_HOSTS} h1 h2 -- -c 100000`,
    ]) {
      const { out, error } = wirelab.shell(`wirelab ${words} | head -1`);
      expect([out.split('\n').length, error]).toEqual([2, '']);
    }
    expect(wirelab.shell(`wirelab run ${LOOP} --until 1s --pcap - | head -c 100`).error).toBe('');
    expect(wirelab.shell(`wirelab run nosuch.yaml 2>&1 >/dev/null | true`).error).toBe('');
    expect(wirelab.shell(`wirelab run ${LOOP} --until 1s | head -1; exit \${PIPESTATUS[0]}`).status).toBe(141);
  });
});

describe('trace', () => {
  it('tells the way and why, and exits with 0 where the packet arrives', () => {
    const { status, out } = wirelab.run('trace', TWO_ROUTERS, 'h1', 'h2', '--udp', '7');
    expect(out).toContain('route    198.51.100.0/24 via 203.0.113.2 dev eth1');
    expect(out).toContain('socket *:7 takes it: udp-echo');
    expect(status).toBe(0);
  });

  it('exits with 1 where it does not arrive, and prints JSON when asked', () => {
    const { status, out } = wirelab.run('trace', TWO_ROUTERS, 'h1', 'h2', '--ttl', '1', '--json');
    expect(JSON.parse(out)).toMatchObject({ reached: false, there: { disposition: 'ttl-expired', at: 'r1' } });
    expect(status).toBe(1);
  });

  it('sends at a time of the lab', () => {
    const ring = 'topologies/ring.yaml';
    expect(wirelab.run('trace', ring, 'h1', 'h2').out).toContain('r2 eth0 > eth1');
    expect(wirelab.run('trace', ring, 'h1', 'h2', '--at', '3s').out).toContain('link-down: r1 drops it');
    expect(wirelab.run('trace', ring, 'h1', 'h2', '--at', '5s').out).toContain('r4 eth0 > eth1');
  });

  it('exits with 2 where it is asked for what there is not', () => {
    const { status, error } = wirelab.run('trace', TWO_ROUTERS, 'h1', 'h22');
    expect([status, error]).toEqual([2, 'no node or address "h22": did you mean "h2"?\n']);
  });
});

describe('test', () => {
  const expecting = (...claims: string[]): string => {
    const file = join(wirelab.folder, 'expecting.yaml');
    const [network] = readFileSync(TWO_ROUTERS, 'utf8').split('\nexpect:');
    writeFileSync(file, `${network}\nexpect:\n${claims.map((one) => `  - ${one}\n`).join('')}`);
    return file;
  };

  it('exits with 0 where all holds, and says so', () => {
    const { status, out } = wirelab.run('test', expecting('reach: h1 -> h2', 'path: h1 -> r1 -> r2 -> h2'));
    expect(out).toContain('2 of 2 expectations hold');
    expect(status).toBe(0);
  });

  it('records two files of one name in two', () => {
    const text = readFileSync(expecting('{ reach: h1 -> h2, udp: 9 }'), 'utf8');
    const files = ['one', 'two'].map((name) => join(wirelab.folder, name, 'lab.yaml'));
    for (const file of files) {
      mkdirSync(dirname(file));
      writeFileSync(file, text);
    }
    const folder = join(wirelab.folder, 'both');
    const { out } = wirelab.run('test', ...files, '--pcap', folder);
    expect(out.match(/^ *packets: .*/gm)?.map((line) => line.replace(/.*[\\/]/, ''))).toEqual([
      'lab.pcapng',
      'lab-2.pcapng',
    ]);
    const refused = wirelab.run('test', files[0]!, '--pcap', join(files[0]!, 'x'));
    expect([refused.status, refused.error]).toEqual([2, expect.stringContaining('cannot be made')]);
  });

  it('exits with 1 where something does not, and tells why, where, and how to see it again', () => {
    const file = expecting('reach: h1 -> h2', '{ reach: h1 -> h2, udp: 9 }');
    const folder = join(wirelab.folder, 'failed');
    const { status, out } = wirelab.run('test', file, '--seed', '5', '--pcap', folder);
    expect(status).toBe(1);
    expect(out).toMatch(/FAILED reach h1 -> h2, udp 9 {2}no-socket: h2 drops it: no socket has this port; UDP port 9/);
    expect(out).toMatch(/expecting\.yaml:\d+:5 at \d\.\d{6} s, seed 5/);
    expect(out).toContain(`repeat: wirelab test ${file} --seed 5`);
    expect(out).toContain(`packets: ${join(folder, 'expecting.pcapng')}`);
    expect([...readCapture(readFileSync(join(folder, 'expecting.pcapng')))].length).toBeGreaterThan(10);
  });

  it('speaks TAP and JUnit', () => {
    const file = expecting('reach: h1 -> h2', '{ name: "a <b> & #1", not-reach: h1 -> h2 }');
    const tap = wirelab.run('test', file, '--format', 'tap').out.split('\n');
    expect(tap.slice(0, 3)).toEqual(['TAP version 14', '1..2', `ok 1 - ${file}: reach h1 -> h2`]);
    expect(tap[3]).toBe(`not ok 2 - ${file}: a <b> & \\#1`);
    const junit = wirelab.run('test', file, '--format', 'junit').out;
    expect(junit).toContain(`<testsuite name="${file}" tests="2" failures="1" errors="0" skipped="0">`);
    expect(junit).toContain('<testcase name="a &lt;b&gt; &amp; #1"');
    expect(junit).toContain('<failure message="it arrives: ');
  });

  it('exits with 2 where nothing is expected', () => {
    const { status, out, error } = wirelab.run('test', TWO_HOSTS);
    expect([status, out]).toEqual([2, '']);
    expect(error).toMatch(/nothing is expected; say what must hold, such as expect: \[/);
  });
});
