import { describe, expect, it } from 'vitest';
import { formatLine } from '../../src/capture/transcript.ts';
import { StuckError } from '../../src/sim/simulator.ts';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';
import type { Program } from '../../src/syscalls/program.ts';
import { Domain, SocketType } from '../../src/syscalls/values.ts';
import { openLab } from '../../src/lab/lab.ts';
import { linesOf, openTopology, openTwoHosts } from '../open-lab.ts';

/** Answers one datagram and ends. */
const answerOnce: Program = function* (sys) {
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  sys.sys_socket_bind(socket, { ip: '0.0.0.0', port: 9 });
  const { data, from } = yield* sys.sys_socket_recvfrom(socket, 100);
  yield* sys.sys_socket_sendto(socket, data, from);
};

const sendOne: Program = function* (sys) {
  const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
  yield* sys.sys_socket_sendto(socket, 'x', { ip: '192.0.2.2', port: 9 });
};

const sleepFor = (time: number): Program =>
  function* (sys) {
    yield* sys.sys_sleep(time);
  };

describe('a run', () => {
  it('ends when every foreground program has ended and nothing is on its way', () => {
    const lab = openTwoHosts();
    lab.start('h2', answerOnce);
    lab.start('h1', sendOne);
    const result = lab.run();
    expect(result.end).toBe('done');
    // h1 has long ended; its ARP, the datagram, the answer and the error about it were waited for.
    expect(
      lab
        .transcript()
        .split('\n')
        .map((line) => line.slice(line.indexOf(' ') + 1)),
    ).toEqual([
      expect.stringMatching(/^h1\.eth0 ARP, Request who-has 192\.0\.2\.2/),
      expect.stringMatching(/^h2\.eth0 ARP, Reply/),
      expect.stringMatching(/^h1\.eth0 IP 192\.0\.2\.1\.\d+ > 192\.0\.2\.2\.9: UDP, length 1/),
      expect.stringMatching(/^h2\.eth0 IP 192\.0\.2\.2\.9 > 192\.0\.2\.1\.\d+: UDP, length 1/),
      expect.stringMatching(/^h1\.eth0 IP 192\.0\.2\.1 > 192\.0\.2\.2: ICMP 192\.0\.2\.1 udp port \d+ unreachable/),
    ]);
    expect(lab.frameCounts().waiting).toBe(0);
  });

  it('waits for what an unanswered ARP request holds up, and counts what becomes of it', () => {
    const lab = openTwoHosts();
    lab.run('h1', 'udp-send 192.0.2.9 9 x');
    expect(Math.floor(lab.now / SECOND)).toBe(3);
    expect(lab.drops('h1').get('neighbor-unreachable')).toBe(1);
  });

  it('does not wait for background programs, and stops them at the end', () => {
    const lab = openTwoHosts();
    const server = lab.start('h2', 'udp-echo 7', { background: true });
    const client = lab.run('h1', 'udp-send --wait h2 7 hello');
    expect(client.exitStatus).toBe(0);
    expect(server).toMatchObject({ exitStatus: null, stopped: false });
    lab.close();
    expect(server).toMatchObject({ exitStatus: 143, stopped: true });
    expect(client.stopped).toBe(false);
  });

  it('stops a program by hand, which says its last words', () => {
    const lab = openTwoHosts();
    const job = lab.start('h1', 'ping h2');
    lab.runFor(1500 * MILLISECOND);
    lab.stop(job);
    expect(job).toMatchObject({ exitStatus: 143, stopped: true });
    expect(job.lines.at(-2)?.text).toContain('2 packets transmitted, 2 received');
    expect(lab.run().end).toBe('done');
    lab.stop(job);
    lab.close();
    expect(job).toMatchObject({ exitStatus: 143, stopped: true });
  });

  it('lets a background program do what the last frame woke it for', () => {
    const lab = openTwoHosts();
    const server = lab.start('h2', 'udp-echo 7', { background: true });
    lab.run('h1', 'udp-send h2 7 hello');
    expect(server.lines).toHaveLength(1);
  });

  it('says when programs wait for what cannot come', () => {
    const lab = openTwoHosts();
    const job = lab.start('h2', 'udp-echo 7');
    expect(lab.run().end).toBe('stalled');
    expect(job.exitStatus).toBe(null);
  });

  it('ends at the time it was given, and goes on from there when asked', () => {
    const lab = openTwoHosts('', { until: SECOND });
    const job = lab.start('h1', sleepFor(3 * SECOND));
    expect(lab.run()).toMatchObject({ end: 'until', time: SECOND });
    lab.runFor(2 * SECOND);
    expect(job.exitStatus).toBe(0);
  });

  it("takes the file's end where it is given none, and none for null", () => {
    expect(openTwoHosts('until: 2s').until).toBe(2 * SECOND);
    expect(openTwoHosts('until: 2s', { until: null }).until).toBe(null);
    expect(openTwoHosts('until: 2s', { until: 5 }).until).toBe(5);
  });

  it('comes back after so many events, and ends as if it had not', () => {
    const whole = openTopology('two-routers');
    whole.run();
    const pieces = openTopology('two-routers');
    let turns = 0;
    while (pieces.runSome(7).end === 'paused') turns++;
    expect(turns).toBeGreaterThan(5);
    expect(pieces.transcript()).toBe(whole.transcript());
    expect(pieces.now).toBe(whole.now);
  });

  it('pauses when it is asked to, by whoever listens', () => {
    const lab = openTopology('two-hosts');
    let frames = 0;
    lab.listen({ frame: () => ++frames === 3 && lab.pause() });
    expect(lab.run().end).toBe('paused');
    expect(frames).toBe(3);
    expect(lab.run().end).toBe('done');
  });

  it('goes step by step, and tells when the next event is due', () => {
    const lab = openTwoHosts();
    lab.start('h1', sleepFor(5 * MILLISECOND));
    while (lab.now === 0 && lab.step());
    expect(lab.now).toBe(5 * MILLISECOND);
    while (lab.step());
    expect(lab.nextEventTime()).toBe(null);
    expect(lab.step()).toBe(false);
  });

  it('to a time goes on to it, whenever the last program ends', () => {
    const lab = openTwoHosts();
    lab.start('h1', sleepFor(2 * SECOND));
    lab.start('h2', sleepFor(3 * SECOND), { background: true });
    lab.runUntil(10 * SECOND);
    expect(lab.now).toBe(10 * SECOND);
    lab.start('h1', sleepFor(SECOND));
    lab.runFor(5 * SECOND);
    expect([lab.now, lab.nextEventTime()]).toEqual([15 * SECOND, null]);
    expect(lab.jobs.map(({ exitStatus }) => exitStatus)).toEqual([0, 0, 0]);
  });

  it('is over when the lab is closed', () => {
    const lab = openTopology('two-hosts');
    lab.run();
    lab.close();
    lab.close();
    expect(() => lab.run()).toThrow('the lab is closed; open another one');
    expect(() => lab.start('h1', 'ping h2')).toThrow('the lab is closed');
    expect(lab.transcript()).toContain('ICMP echo request');
  });

  it('stops at its close also what programs have spawned', () => {
    let child = '';
    const parent: Program = function* (sys) {
      sys.sys_process_spawn(['child']);
      yield* sys.sys_sleep(100 * SECOND);
    };
    const spawned: Program = function* (sys) {
      try {
        child = 'runs';
        yield* sys.sys_sleep(100 * SECOND);
      } finally {
        child = 'ended';
      }
    };
    const lab = openTwoHosts('', { programs: { child: spawned }, until: SECOND });
    lab.start('h1', parent);
    lab.run();
    expect(child).toBe('runs');
    lab.close();
    expect(child).toBe('ended');
  });
});

describe('programs', () => {
  it('come from the file, from the library and from the user', () => {
    const greet: Program = function* (sys, argv) {
      yield* sys.sys_stream_write(1, `hello ${argv.slice(1).join('+')}\n`);
    };
    const lab = openTwoHosts("programs: [{ on: h1, run: greet a 'b c', at: 1s }]", { programs: { greet } });
    lab.run();
    expect(linesOf(lab, "greet a 'b c'")).toEqual(['hello a+b c']);
    expect(lab.run('h2', 'greet "x y"', 'z').lines.map(({ text }) => text)).toEqual(['hello x y+z']);
    expect(lab.run('h1', greet, 'w').lines.map(({ text, program }) => `${program}: ${text}`)).toEqual([
      'greet: hello w',
    ]);
  });

  it('may take the place of those that come with the lab', () => {
    const ping: Program = function* (sys) {
      yield* sys.sys_stream_write(1, 'mine\n');
    };
    const lab = openTwoHosts('', { programs: { ping } });
    expect(lab.run('h1', 'ping h2').lines.map(({ text }) => text)).toEqual(['mine']);
  });

  it('that there are not are refused with their place in the file, all of them', () => {
    const programs = 'programs:\n  - { on: h1, run: pnig h2 }\n  - { on: h2, run: frobnicate }';
    expect(() => openTwoHosts(programs)).toThrow(
      [
        'lab.yaml:8:20: programs[0].run: no program "pnig": did you mean "ping"?',
        'lab.yaml:9:20: programs[1].run: no program "frobnicate": programs are dns-server, lookup, netcfg, ping,',
      ].join('\n'),
    );
  });

  it('and hosts that there are not are refused when they are started', () => {
    const lab = openTwoHosts();
    expect(() => lab.start('h1', 'pnig h2')).toThrow('h1: no program "pnig": did you mean "ping"?');
    expect(() => lab.start('h9', 'ping h2')).toThrow('no host or router "h9": hosts and routers are h1, h2');
    expect(() => lab.start('h1', "ping 'h2")).toThrow(`h1: "ping 'h2": a ' is not closed`);
    expect(lab.jobs).toEqual([]);
  });

  it('can be left out but for the servers', () => {
    const lab = openTopology('two-hosts', { backgroundOnly: true });
    expect(lab.jobs.map(({ command }) => command)).toEqual(['udp-echo 7']);
  });

  it('that throw end with 1 and say why; the others go on', () => {
    const broken: Program = function* (sys) {
      yield* sys.sys_sleep(1);
      throw new TypeError('of mine');
    };
    const failing: Program = function* (sys) {
      yield* sys.sys_sleep(1);
      sys.sys_socket_bind(99, { ip: '192.0.2.1', port: 9 });
    };
    const lab = openTwoHosts();
    const jobs = [lab.start('h1', broken), lab.start('h1', failing), lab.start('h1', 'ping -c 1 h2')];
    lab.run();
    expect(jobs.map(({ exitStatus }) => exitStatus)).toEqual([1, 1, 0]);
    expect(jobs[0]!.lines).toMatchObject([{ stream: 'error', text: 'broken: TypeError: of mine' }]);
    expect(jobs[1]!.lines).toMatchObject([{ text: 'failing: sys_socket_bind: EBADF (Bad file descriptor)' }]);
  });

  it('that yield what is nothing to wait for end with 1 and say so', () => {
    const confused = function* () {
      yield 5;
    } as unknown as Program;
    const lab = openTwoHosts();
    const job = lab.run('h1', confused);
    expect(job.exitStatus).toBe(1);
    expect(job.lines.map(({ text }) => text)).toEqual([expect.stringContaining('yielded what is nothing to wait for')]);
  });

  it('that call for ever without letting time pass end the run, which names host and program', () => {
    const busy: Program = function* (sys) {
      for (;;) sys.sys_monotonic_time();
    };
    const restless: Program = function* (sys) {
      for (;;) yield* sys.sys_sleep(0);
    };
    for (const program of [busy, restless]) {
      const lab = openTwoHosts();
      expect(() => lab.run('h2', program)).toThrow(StuckError);
      expect(() => openTwoHosts().run('h2', program)).toThrow(new RegExp(`time does not go on: .*h2 ${program.name}`));
      lab.close();
    }
  });

  it('write lines, which may come in pieces, be very long, have no end or be no text', () => {
    const write: Program = function* (sys) {
      yield* sys.sys_stream_write(1, 'one, ');
      yield* sys.sys_stream_write(2, 'between\n');
      yield* sys.sys_stream_write(1, 'two\n\nthree\nhalf ');
      yield* sys.sys_stream_write(1, Uint8Array.of(0xc3, 0xa9, 0x0a, 0xff, 0x41, 0x0a));
      yield* sys.sys_stream_write(1, 'x'.repeat(20_000));
    };
    const lab = openTwoHosts();
    const { lines } = lab.run('h1', write);
    expect(lines.map(({ stream, text }) => `${stream}: ${text.slice(0, 10)} ${text.length}`)).toEqual([
      'error: between 7',
      'output: one, two 8',
      'output:  0',
      'output: three 5',
      'output: half é 6',
      'output: ÿA 2',
      'output: xxxxxxxxxx 16384',
      'output: xxxxxxxxxx 3616',
    ]);
  });
});

describe('what happens in mid-run', () => {
  const twoPings = 'programs: [{ on: h1, run: ping -c 5 -W 0.5 h2 }]';

  it('a link goes down and comes back: frames end as link-down, and the next ping finds its way', () => {
    const lab = openTwoHosts(`${twoPings}
events:
  - { at: 1500ms, link: h1 -- h2, do: down }
  - { at: 3500ms, link: h1 -- h2, do: up }`);
    lab.run();
    expect(answered(linesOf(lab, 'ping -c 5 -W 0.5 h2'))).toEqual([1, 2, 5]);
    expect(lab.drops('h1').get('link-down')).toBeGreaterThan(0);
    // The neighbour was forgotten with the carrier, and is asked for again.
    expect(lab.transcript().match(/who-has 192\.0\.2\.2/g)?.length).toBeGreaterThan(1);
  });

  it('an interface is set down and up: there is no route meanwhile', () => {
    const lab = openTwoHosts(`${twoPings}
events:
  - { at: 1500ms, interface: h1.eth0, do: down }
  - { at: 3500ms, interface: h1.eth0, do: up }`);
    lab.run();
    const lines = linesOf(lab, 'ping -c 5 -W 0.5 h2');
    expect(answered(lines)).toEqual([1, 2, 5]);
    expect(lines.join('\n')).toMatch(/Network is unreachable/);
  });

  it('an event at 0 has happened before the first program runs', () => {
    const lab = openTwoHosts(`programs: [{ on: h1, run: udp-send h2 9 x }]
events: [{ at: 0, link: h1 -- h2, do: down }]`);
    lab.run();
    expect(lab.drops('h1').get('link-down')).toBeGreaterThan(0);
    expect(lab.network.links[0]!.carrier).toBe(false);
  });

  it("a link's settings change for what is sent from then on", () => {
    const lab = openTwoHosts(`programs: [{ on: h1, run: ping -c 3 h2 }]
events: [{ at: 500ms, link: h1 -- h2, set: { delay: 50ms } }, { at: 1500ms, link: h1 -- h2, set: { loss: 100% } }]`);
    lab.run();
    const lines = linesOf(lab, 'ping -c 3 h2');
    expect(answered(lines)).toEqual([1, 2]);
    expect(lines.find((line) => line.includes('icmp_seq=2'))).toMatch(/time=100 ms$/);
    expect(lab.drops('h1').get('lost')).toBeGreaterThan(0);
  });

  it('a link is found by its name and changed by hand, between two stretches of a run', () => {
    const lab = openTwoHosts(twoPings);
    const link = lab.link('h1.eth0--h2.eth0');
    lab.runUntil(1500 * MILLISECOND);
    link.set({ partitioned: true });
    lab.runUntil(3500 * MILLISECOND);
    link.set({ partitioned: false });
    lab.run();
    expect(answered(linesOf(lab, 'ping -c 5 -W 0.5 h2'))).toEqual([1, 2, 5]);
    expect(lab.drops().get('partitioned')).toBeGreaterThan(0);
    expect([lab.link('h2 -- h1'), lab.link('h2.eth0'), lab.link('h1')]).toEqual([link, link, link]);
    expect(() => lab.link('h1--h3')).toThrow('no link "h1--h3"; links are h1.eth0 -- h2.eth0');
  });

  it('a link is not guessed where its name fits several', () => {
    const lab = openTopology('ring');
    expect(lab.link('r1--r2').name).toBe('r1.eth1--r2.eth0');
    expect(() => lab.link('r1')).toThrow(
      '"r1" could be h1.eth0 -- r1.eth0 or r1.eth1 -- r2.eth0 or r4.eth0 -- r1.eth2; name the ports too',
    );
    expect(() => lab.link('r1 -- r2 -- r3')).toThrow('no link "r1 -- r2 -- r3"; links are ');
  });
});

function answered(lines: readonly string[]): number[] {
  return lines.flatMap((line) => {
    const [, sequence] = /bytes from .* icmp_seq=(\d+)/.exec(line) ?? [];
    return sequence === undefined ? [] : [Number(sequence)];
  });
}

describe('notices', () => {
  it('tell of a host that claims an own address', () => {
    const text = `
hosts:
  h1: { interfaces: { eth0: { ip: 192.0.2.1/24, mac: '02:00:00:00:00:01' } } }
  h2: { interfaces: { eth0: { ip: 192.0.2.1/24, mac: '02:00:00:00:00:02' } } }
  h3: { interfaces: { eth0: 192.0.2.3/24 } }
switches: { s1: {} }
links: [h1.eth0 -- s1, h2.eth0 -- s1, h3.eth0 -- s1]
programs:
  - { on: h1, run: ping -c 1 h3 }`;
    const lab = openLab(text);
    const heard: string[] = [];
    lab.listen({ notice: (_time, node, message) => heard.push(`${node}: ${message}`) });
    expect(lab.warnings).toEqual([]);
    lab.run();
    expect(heard[0]).toBe("h2: h2.eth0: 02:00:00:00:00:01 claims 192.0.2.1, which is this host's own address");
    expect(lab.kernel('h2').stack.duplicateAddresses).toBeGreaterThan(0);
  });

  it('tell of martian sources where a host is set to log them', () => {
    const lab = openLab(
      `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2:
    interfaces: { eth0: 198.51.100.2/24 }
    sysctl: { net.ipv4.conf.all.log_martians: 1, net.ipv4.conf.eth0.rp_filter: 1 }
links: [h1.eth0 -- h2.eth0]`.replace('    neighbors: []\n', ''),
    );
    const heard: string[] = [];
    lab.listen({ notice: (_time, _node, message) => heard.push(message) });
    const kernel = lab.kernel('h2');
    const { eth0 } = Object.fromEntries(kernel.stack.interfaces.map((one) => [one.name, one]));
    lab.run('h1', function* (sys) {
      sys.sys_network_add_route({ destination: '198.51.100.0', prefixLength: 24, interface: 'eth0' });
      sys.sys_network_add_neighbor('eth0', '198.51.100.2', eth0!.mac);
      const socket = sys.sys_socket_create(Domain.Inet, SocketType.Datagram);
      yield* sys.sys_socket_sendto(socket, 'x', { ip: '198.51.100.2', port: 9 });
    });
    expect(heard).toEqual(['h2.eth0: martian source 192.0.2.1 to 198.51.100.2']);
    expect(lab.drops('h2')).toEqual(new Map([['reverse-path', 1]]));
  });
});

describe('what a lab can be asked', () => {
  it('is refused in words where there is no such thing', () => {
    const lab = openLab(
      'hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: {} }\nswitches: { s1: { ports: 2 } }',
    );
    expect(() => lab.kernel('s1')).toThrow('no host or router "s1"');
    expect(() => lab.node('h3')).toThrow('no node "h3"');
    expect(() => lab.drops('h3')).toThrow('no node "h3"');
    expect(() => lab.transcript()).toThrow('open the lab with keepTranscript');
  });

  it('lets one listen to the frames from any time on', () => {
    const lab = openTwoHosts('programs: [{ on: h1, run: ping -c 4 h2 }]');
    lab.runUntil(1.5 * SECOND);
    const heard: string[] = [];
    lab.listen({ frame: (time, nic, text) => heard.push(formatLine(time, nic, text)) });
    lab.run();
    expect(heard).toHaveLength(4);
    expect(lab.transcript().endsWith(heard.join('\n'))).toBe(true);
  });
});

it('accounts for every frame when a run is cut short anywhere', () => {
  for (const name of ['two-routers', 'mtu-mismatch', 'lossy-link', 'switch-loop']) {
    const lab = openTopology(name, { until: null });
    for (let events = 0; events < 200; events++) {
      if (!lab.step()) break;
      const { made, copied, injected, consumed, dropped, waiting } = lab.frameCounts();
      expect(made + copied + injected).toBe(consumed + dropped + waiting);
      expect(waiting).toBeGreaterThanOrEqual(lab.simulator.framesOnLinks);
    }
    lab.close();
  }
});
