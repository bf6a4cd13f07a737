/** Every topology that comes with the lab, run to its end. */
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Direction } from '../../src/capture/record.ts';
import { readCapture } from '../../src/capture/read-capture.ts';
import { formatLine } from '../../src/capture/transcript.ts';
import type { Lab, LabOptions, RunResult } from '../../src/lab/lab.ts';
import { formatSeconds, MILLISECOND, SECOND } from '../../src/sim/time.ts';
import { summarizeFrame } from '../../src/wire/registry.ts';
import { check, whyNot } from '../check-pcap.ts';
import { linesOf, openTopology, record } from '../open-lab.ts';

const NAMES = readdirSync(new URL('../../topologies', import.meta.url))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));
/** In milliseconds of real time. */
const JUDGING = 60_000;

interface Played {
  readonly lab: Lab;
  readonly result: RunResult;
  readonly pcapng: Uint8Array;
  readonly pcap: Uint8Array;
}

function play(name: string, options: LabOptions = {}): Played {
  const lab = openTopology(name, options);
  const sinks = [record(lab), record(lab, { format: 'pcap' })];
  const result = lab.run();
  lab.close();
  const [pcapng, pcap] = sinks.map((sink) => sink.toBytes());
  return { lab, result, pcapng: pcapng!, pcap: pcap! };
}

const played = new Map<string, Played>();
beforeAll(() => {
  for (const name of NAMES) played.set(name, play(name));
});

function of(name: string): Played {
  return played.get(name)!;
}

function exitStatuses(name: string): (number | null)[] {
  return of(name)
    .lab.jobs.filter(({ background }) => !background)
    .map(({ exitStatus }) => exitStatus);
}

const WHY_NOT = whyNot();
const SKIPPED = WHY_NOT === null ? '' : ` (skipped: ${WHY_NOT})`;

describe.each(NAMES)('%s', (name) => {
  it('opens without a warning and runs to its end, or to the time it ends at', () => {
    const { lab, result } = of(name);
    expect(lab.warnings).toEqual([]);
    expect(result.end).toBe(lab.until === null ? 'done' : 'until');
    if (name !== 'switch-loop') expect(exitStatuses(name).every((status) => status === 0)).toBe(true);
  });

  it('accounts for every frame, and loses none in silence', () => {
    const { lab } = of(name);
    const { made, copied, injected, consumed, dropped, waiting } = lab.frameCounts();
    expect(made + copied + injected).toBe(consumed + dropped + waiting);
    expect([...lab.drops().values()].reduce((sum, count) => sum + count, 0)).toBe(dropped);
    // What the run's end cut short is still on its way.
    if (lab.until === null) expect(waiting).toBe(0);
  });

  it('records each frame that passes a NIC, once at each end', () => {
    const { lab, pcapng, pcap } = of(name);
    let out = 0;
    let all = 0;
    for (const node of lab.network.nodes.values()) {
      const nics = node.ports.filter(({ direction }) => direction !== null && direction.from !== direction.to);
      for (const { framesOut, framesIn } of nics) {
        out += framesOut;
        all += framesOut + framesIn;
      }
    }
    const directions = [...readCapture(pcapng)].map(({ direction }) => direction);
    expect(directions.filter((one) => one === Direction.Outbound)).toHaveLength(out);
    expect(directions.filter((one) => one !== Direction.Unknown)).toHaveLength(all);
    expect([...readCapture(pcap)]).toHaveLength(all);
  });

  it('runs the same when frames that were given away are spoilt, to the byte', () => {
    const poisoned = play(name, { poison: true });
    expect(poisoned.lab.transcript()).toBe(of(name).lab.transcript());
    expect(Buffer.compare(poisoned.pcapng, of(name).pcapng)).toBe(0);
  });

  it.skipIf(WHY_NOT !== null)(
    `writes files in which tshark complains of nothing but what a link has spoilt${SKIPPED}`,
    () => {
      // A storm is all the same; a part of it will do.
      const { pcapng, pcap } = name === 'switch-loop' ? play(name, { until: MILLISECOND }) : of(name);
      const spoilt = [...readCapture(pcapng)].flatMap(({ comments }, index) =>
        comments.some((comment) => comment.startsWith('corrupted')) ? [index + 1] : [],
      );
      expect(complaints(pcapng)).toEqual(spoilt);
      expect(complaints(pcap)).toHaveLength(spoilt.length);
      expect(spoilt.length > 0).toBe(name === 'lossy-link');
    },
    JUDGING,
  );
});

/** The numbers of the frames that tshark complains of; the file must be readable whole. */
function complaints(file: Uint8Array): number[] {
  const { status, text } = check(file);
  expect(status, text).toBeLessThan(2);
  return [...text.matchAll(/^\S+: frame (\d+) /gm)].map(([, number]) => Number(number));
}

it('shows two hosts that ask, answer, ping and echo', () => {
  const lines: string[] = [];
  const lab = openTopology('two-hosts');
  lab.listen({
    line: ({ time, node, program, text }) => lines.push(`${formatSeconds(time)} ${node} ${program}: ${text}`.trim()),
    frame: (time, nic, text) => lines.push(formatLine(time, nic, text)),
  });
  lab.run();
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    0.000000 h1 ping: PING h2 (192.0.2.2) 56(84) bytes of data.
    0.000000 h1.eth0 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28
    0.000100 h2.eth0 ARP, Reply 192.0.2.2 is-at 02:8f:3b:33:ff:00, length 28
    0.000201 h1.eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 15986, seq 1, length 64
    0.000302 h2.eth0 IP 192.0.2.2 > 192.0.2.1: ICMP echo reply, id 15986, seq 1, length 64
    0.000403 h1 ping: 64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=0.403 ms
    1.000000 h1.eth0 IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 15986, seq 2, length 64
    1.000100 h2.eth0 IP 192.0.2.2 > 192.0.2.1: ICMP echo reply, id 15986, seq 2, length 64
    1.000201 h1 ping: 64 bytes from 192.0.2.2: icmp_seq=2 ttl=64 time=0.201 ms
    1.000201 h1 ping:
    1.000201 h1 ping: --- h2 ping statistics ---
    1.000201 h1 ping: 2 packets transmitted, 2 received, 0% packet loss, time 1000ms
    1.000201 h1 ping: rtt min/avg/max/mdev = 0.201/0.302/0.403/0.101 ms
    2.000000 h1.eth0 IP 192.0.2.1.43406 > 192.0.2.2.7: UDP, length 5
    2.000000 h1 udp-send: sent 5 bytes to 192.0.2.2:7
    2.000100 h2.eth0 IP 192.0.2.2.7 > 192.0.2.1.43406: UDP, length 5
    2.000100 h2 udp-echo: 5 bytes from 192.0.2.1:43406
    2.000201 h1 udp-send: 5 bytes from 192.0.2.2:7: hello
    "
  `);
});

it('shows the way over two routers: the whole conversation', () => {
  expect(`\n${of('two-routers').lab.transcript()}\n`).toMatchInlineSnapshot(`
    "
    0.000000 h1.eth0 ARP, Request who-has 192.0.2.254 tell 192.0.2.1, length 28
    0.000100 r1.eth0 ARP, Reply 192.0.2.254 is-at 02:0c:53:fd:ac:00, length 28
    0.000201 h1.eth0 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 1, length 64
    0.000302 r1.eth1 ARP, Request who-has 203.0.113.2 tell 203.0.113.1, length 28
    0.010309 r2.eth0 ARP, Reply 203.0.113.2 is-at 02:0f:54:02:65:00, length 28
    0.020315 r1.eth1 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 1, length 64
    0.030325 r2.eth1 ARP, Request who-has 198.51.100.1 tell 198.51.100.254, length 28
    0.030426 h2.eth0 ARP, Reply 198.51.100.1 is-at 02:8f:3b:33:ff:00, length 28
    0.030526 r2.eth1 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 1, length 64
    0.030627 h2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 1, length 64
    0.030728 r2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 1, length 64
    0.040738 r1.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 1, length 64
    1.000000 h1.eth0 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 2, length 64
    1.000100 r1.eth1 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 2, length 64
    1.010110 r2.eth1 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 2, length 64
    1.010211 h2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 2, length 64
    1.010312 r2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 2, length 64
    1.020322 r1.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 2, length 64
    2.000000 h1.eth0 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 3, length 64
    2.000100 r1.eth1 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 3, length 64
    2.010110 r2.eth1 IP 192.0.2.1 > 198.51.100.1: ICMP echo request, id 15986, seq 3, length 64
    2.010211 h2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 3, length 64
    2.010312 r2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 3, length 64
    2.020322 r1.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP echo reply, id 15986, seq 3, length 64
    3.000000 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33434: UDP, length 32
    3.000100 r1.eth0 IP 192.0.2.254 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.000201 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33435: UDP, length 32
    3.000302 r1.eth0 IP 192.0.2.254 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.000403 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33436: UDP, length 32
    3.000504 r1.eth0 IP 192.0.2.254 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.000605 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33437: UDP, length 32
    3.000706 r1.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33437: UDP, length 32
    3.010714 r2.eth0 IP 203.0.113.2 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.020724 r1.eth0 IP 203.0.113.2 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.020825 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33438: UDP, length 32
    3.020925 r1.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33438: UDP, length 32
    3.030933 r2.eth0 IP 203.0.113.2 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.040943 r1.eth0 IP 203.0.113.2 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.041044 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33439: UDP, length 32
    3.041145 r1.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33439: UDP, length 32
    3.051153 r2.eth0 IP 203.0.113.2 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.061163 r1.eth0 IP 203.0.113.2 > 192.0.2.1: ICMP time exceeded in-transit, length 68
    3.061264 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33440: UDP, length 32
    3.061365 r1.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33440: UDP, length 32
    3.071373 r2.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33440: UDP, length 32
    3.071473 h2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33440 unreachable, length 68
    3.071574 r2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33440 unreachable, length 68
    3.081585 r1.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33440 unreachable, length 68
    3.081686 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33441: UDP, length 32
    3.081786 r1.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33441: UDP, length 32
    3.091794 r2.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33441: UDP, length 32
    3.091895 h2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33441 unreachable, length 68
    3.091996 r2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33441 unreachable, length 68
    3.102006 r1.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33441 unreachable, length 68
    3.102107 h1.eth0 IP 192.0.2.1.43406 > 198.51.100.1.33442: UDP, length 32
    3.102208 r1.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33442: UDP, length 32
    3.112216 r2.eth1 IP 192.0.2.1.43406 > 198.51.100.1.33442: UDP, length 32
    3.112316 h2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33442 unreachable, length 68
    3.112417 r2.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33442 unreachable, length 68
    3.122428 r1.eth0 IP 198.51.100.1 > 192.0.2.1: ICMP 198.51.100.1 udp port 33442 unreachable, length 68
    4.000000 h1.eth0 IP 192.0.2.1.41219 > 198.51.100.1.7: UDP, length 5
    4.000100 r1.eth1 IP 192.0.2.1.41219 > 198.51.100.1.7: UDP, length 5
    4.010107 r2.eth1 IP 192.0.2.1.41219 > 198.51.100.1.7: UDP, length 5
    4.010208 h2.eth0 IP 198.51.100.1.7 > 192.0.2.1.41219: UDP, length 5
    4.010308 r2.eth0 IP 198.51.100.1.7 > 192.0.2.1.41219: UDP, length 5
    4.020315 r1.eth0 IP 198.51.100.1.7 > 192.0.2.1.41219: UDP, length 5
    "
  `);
});

it('finds the way over two routers, hop by hop, and the datagram comes back', () => {
  const { lab } = of('two-routers');
  expect(linesOf(lab, 'traceroute h2').map((line) => line.replace(/ {2}[\d.]+ ms.*/, ''))).toEqual([
    'traceroute to h2 (198.51.100.1), 30 hops max, 60 byte packets',
    ' 1  192.0.2.254 (192.0.2.254)',
    ' 2  203.0.113.2 (203.0.113.2)',
    ' 3  198.51.100.1 (198.51.100.1)',
  ]);
  expect(linesOf(lab, 'udp-send h2 7 hello --wait').at(-1)).toBe('5 bytes from 198.51.100.1:7: hello');
});

it('one-switch: h3 sees the broadcasts and none of the pings of the others', () => {
  const lab = openTopology('one-switch');
  const sink = record(lab, { nics: ['h3.eth0'] });
  lab.runUntil(2 * SECOND);
  lab.close();
  const seen = [...readCapture(sink.toBytes())].map(({ bytes }) => summarizeFrame(bytes, bytes.length));
  expect(seen).toEqual(['ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28']);
});

it('two-subnets: a frame carries the next hop by MAC and the other end by IP, and routes are recorded', () => {
  const { lab } = of('two-subnets');
  expect(linesOf(lab, 'ping -c 3 h2').join()).toContain('64 bytes from 198.51.100.1: icmp_seq=1 ttl=63');
  // RFC 791: each router writes the address of the interface that the datagram leaves by.
  expect(linesOf(lab, 'ping -c 1 -R h1').join('\n')).toMatch(
    /RR:\s+198\.51\.100\.1\n\s+192\.0\.2\.254\n\s+192\.0\.2\.1\n/,
  );
});

it('ring: pings are lost while the line is cut, and come by the other way when the interfaces are down', () => {
  const { lab } = of('ring');
  const answered = linesOf(lab, 'ping -c 8 h2').flatMap((line) => /icmp_seq=(\d+)/.exec(line)?.slice(1) ?? []);
  expect(answered).toEqual(['1', '2', '5', '6', '7', '8']);
  const [before, after] = lab.jobs
    .filter(({ command }) => command === 'traceroute h2')
    .map(({ lines }) => lines.flatMap(({ text }) => /\((203[\d.]+)\)/.exec(text)?.slice(1) ?? []));
  expect(before).toEqual(['203.0.113.2', '203.0.113.6']);
  expect(after).toEqual(['203.0.113.13', '203.0.113.9']);
  expect(lab.drops('r1').get('link-down')).toBe(2);
});

it('lossy-link: what became of the stream is what the link says it did', () => {
  const { lab } = of('lossy-link');
  const [counts = ''] = lab.jobs.find(({ node }) => node === 'h2')?.lines.map(({ text }) => text) ?? [];
  const [received, lost, duplicated, reordered] = [
    ...counts.matchAll(/(?:received|lost|duplicated|reordered) (\d+)/g),
  ].map(([, number]) => Number(number));
  expect(received! + lost!).toBe(1_000);
  // Lost on the link, or dropped by h2 because a bit was wrong.
  const out = lab.drops('h1').get('lost') ?? 0;
  const spoilt = [...lab.drops('h2').values()].reduce((sum, count) => sum + count, 0);
  expect(lost).toBeGreaterThan(60);
  expect(lost).toBeLessThanOrEqual(out + spoilt);
  expect(duplicated).toBeGreaterThan(0);
  expect(reordered).toBeGreaterThan(0);
});

it('mtu-mismatch: fragments without DF; with it an error that tells the MTU, and then fragments of that size', () => {
  const { lab } = of('mtu-mismatch');
  const on = (nic: string): string[] => transcriptOf(lab).filter((line) => line.includes(` ${nic} IP `));
  expect(on('r1.eth1').slice(0, 2).map(withoutTime)).toEqual([
    expect.stringMatching(/ICMP echo request, id \d+, seq 1, length 1376$/),
    'r1.eth1 IP 192.0.2.1 > 198.51.100.1: ip-proto-1',
  ]);
  expect(on('r1.eth0').find((line) => line.includes('need to frag'))).toMatch(
    /IP 192\.0\.2\.254 > 192\.0\.2\.1: ICMP 198\.51\.100\.1 unreachable - need to frag \(mtu 1400\), length 556$/,
  );
  expect(linesOf(lab, 'ping -c 1 -M dont -s 1472 h2').join()).toContain('1480 bytes from 198.51.100.1: icmp_seq=1');
  expect(linesOf(lab, 'ping -c 3 -M want -s 1472 h2').join()).toContain('Frag needed and DF set (mtu = 1400)');
  expect(linesOf(lab, 'ping -c 1 -M do -s 1372 h2').join()).toContain('1380 bytes from 198.51.100.1: icmp_seq=1');
  expect(lab.drops()).toEqual(new Map([['would-fragment', 1]]));
});

it('dns: names and aliases are looked up, and a name can be pinged', () => {
  const { lab } = of('dns');
  expect(linesOf(lab, 'lookup www.example.test')).toEqual(['www.example.test has address 192.0.2.80']);
  expect(linesOf(lab, 'lookup shop.example.test')).toEqual([
    'shop.example.test is an alias for www.example.test.',
    'www.example.test has address 192.0.2.80',
  ]);
  expect(linesOf(lab, 'ping -c 2 www.example.test').join()).toContain('2 packets transmitted, 2 received');
});

it('switch-loop: one request goes round until the end, within the memory of the queues', () => {
  const { lab, result } = of('switch-loop');
  expect(result.time).toBe(lab.until);
  const { made, copied, waiting } = lab.frameCounts();
  expect(made).toBeLessThan(20_000);
  expect(copied).toBeGreaterThan(1_000);
  // Each link holds its queue, what is on the wire, and no more.
  expect(waiting).toBeLessThan(lab.topology.links.length * 2 * 1_100);
  expect(lab.jobs.map(({ stopped }) => stopped)).toEqual([true]);
});

function transcriptOf(lab: Lab): string[] {
  return lab.transcript().split('\n');
}

function withoutTime(line: string): string {
  return line.slice(line.indexOf(' ') + 1);
}
