import { describe, expect, it } from 'vitest';
import { PcapngReader } from '../../src/capture/pcapng-reader.ts';
import { Direction } from '../../src/capture/record.ts';
import { readCapture } from '../../src/capture/read-capture.ts';
import type { CapturedFrame } from '../../src/capture/read-capture.ts';
import { MemorySink } from '../../src/capture/sink.ts';
import { FilterError } from '../../src/capture/filter.ts';
import type { Capture, CaptureRequest } from '../../src/lab/capture.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { SECOND } from '../../src/sim/time.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { summarizeFrame } from '../../src/wire/registry.ts';
import { fields, whyNot } from '../check-pcap.ts';
import { openTopology, openTwoHosts, record } from '../open-lab.ts';

function capture(name: string, request: Omit<CaptureRequest, 'sink'> = {}): Uint8Array {
  const lab = openTopology(name);
  const sink = record(lab, request);
  lab.run();
  lab.close();
  return sink.toBytes();
}

function open(file: Uint8Array): PcapngReader {
  const reader = new PcapngReader();
  reader.push(file);
  reader.end();
  while (reader.next() !== null);
  return reader;
}

describe('what is recorded', () => {
  it('every NIC but lo, described by its name, its peer, its addresses and its speed', () => {
    const { interfaces, names } = open(capture('two-routers'));
    expect(interfaces.map(({ name }) => name)).toEqual([
      'h1.eth0',
      'h2.eth0',
      'r1.eth0',
      'r1.eth1',
      'r2.eth0',
      'r2.eth1',
      // Made with the first frame that ended in a node after it was last seen: traceroute's.
      ...interfaces.slice(6).map(({ name }) => name),
    ]);
    expect(interfaces.slice(6).every(({ name }) => name.endsWith('/dropped'))).toBe(true);
    expect(interfaces[3]).toMatchObject({ description: 'linked to r2.eth0', speed: 100_000_000 });
    expect([Ip.format(interfaces[3]!.ip!), Ip.format(interfaces[3]!.mask!)]).toEqual(['203.0.113.1', '255.255.255.0']);
    expect([...names].map(([ip, name]) => `${Ip.format(ip)} ${name}`)).toEqual([
      '192.0.2.1 h1',
      '198.51.100.1 h2',
      '192.0.2.254 r1',
      '203.0.113.1 r1.eth1',
      '203.0.113.2 r2',
      '198.51.100.254 r2.eth1',
    ]);
  });

  it('only the NICs and links that are named, each once', () => {
    const seen = (nics: string[]): string[] => [
      ...new Set([...readCapture(capture('two-routers', { nics }))].map((frame) => frame.interface.name)),
    ];
    expect(seen(['h1.eth0']).filter((name) => !name.includes('/'))).toEqual(['h1.eth0']);
    expect(seen(['r1.eth1--r2.eth0', 'r1.eth1']).filter((name) => !name.includes('/'))).toEqual(['r1.eth1', 'r2.eth0']);
  });

  it('lo where it is named', () => {
    const lab = openTwoHosts();
    const sinks = [record(lab), record(lab, { nics: ['h1.lo'] })];
    lab.run('h1', 'ping -c 1 192.0.2.1');
    lab.close();
    const [without, with_] = sinks.map((sink) => [...readCapture(sink.toBytes())]);
    expect(without).toEqual([]);
    expect(with_!.map(({ bytes }) => summarizeFrame(bytes, bytes.length).replace(/id \d+/, 'id N'))).toEqual([
      'IP 192.0.2.1 > 192.0.2.1: ICMP echo request, id N, seq 1, length 64',
      'IP 192.0.2.1 > 192.0.2.1: ICMP echo request, id N, seq 1, length 64',
      'IP 192.0.2.1 > 192.0.2.1: ICMP echo reply, id N, seq 1, length 64',
      'IP 192.0.2.1 > 192.0.2.1: ICMP echo reply, id N, seq 1, length 64',
    ]);
  });

  it('what a filter lets pass, which knows the names of the lab', () => {
    const lines = (filter: string): string[] =>
      [...readCapture(capture('dns', { nics: ['h1.eth0'], filter }))].map(({ bytes }) =>
        summarizeFrame(bytes, bytes.length),
      );
    expect(lines('udp port 53').length).toBe(6);
    expect(lines('host web and icmp').length).toBe(4);
    expect(lines('arp').every((line) => line.startsWith('ARP'))).toBe(true);
  });

  it('ports of switches, which have no address', () => {
    const { interfaces } = open(capture('one-switch', { nics: ['s1.port1', 's1.port3'] }));
    expect(interfaces.slice(0, 2)).toMatchObject([
      { name: 's1.port1', description: 'linked to h1.eth0' },
      { name: 's1.port3', description: 'linked to h3.eth0' },
    ]);
    expect(interfaces[0]).not.toHaveProperty('ip');
  });
});

describe('a frame on its way', () => {
  it('keeps its packet id at every NIC it passes', () => {
    const pings = [...readCapture(capture('two-routers'))].filter(
      ({ bytes, direction }) =>
        direction !== Direction.Unknown && summarizeFrame(bytes, bytes.length).includes('echo request, id'),
    );
    const ids = [...new Set(pings.map(({ packetId }) => packetId))];
    expect(ids).toHaveLength(3);
    for (const id of ids) {
      const hops = pings.filter(({ packetId }) => packetId === id).map((hop) => hop.interface.name);
      expect(hops).toEqual(['h1.eth0', 'r1.eth0', 'r1.eth1', 'r2.eth0', 'r2.eth1', 'h2.eth0']);
    }
  });

  it('has its end told: at once as a comment, later by a record of its own', () => {
    const lab = openTwoHosts();
    const sink = record(lab);
    lab.run('h1', 'udp-send h2 9 x');
    lab.run('h1', 'udp-send 192.0.2.9 9 x');
    lab.close();
    const told = [...readCapture(sink.toBytes())].flatMap((frame) =>
      frame.comments.map((comment) => `${frame.seconds} ${frame.interface.name} ${comment.replace(/ \(.*| \d+$/, '')}`),
    );
    expect(told).toContain('0 h2.eth0 dropped: no-socket');
    expect(told).toContain('0 h2.eth0 about packet');
    expect(told).toContain('3 h1/dropped dropped: neighbor-unreachable');
  });

  const why = whyNot();
  it.skipIf(why !== null)(`is counted by tshark as by the lab${why === null ? '' : ` (skipped: ${why})`}`, () => {
    const lab = openTopology('two-subnets');
    const sink = record(lab);
    lab.run();
    lab.close();
    const rows = fields(sink.toBytes(), ['frame.interface_name']).map(([name]) => name);
    const [port] = lab.node('r1').ports;
    expect(rows.filter((name) => name === 'r1.eth0')).toHaveLength(port!.framesIn + port!.framesOut);
  });
});

describe('a request is refused in words', () => {
  it('for what there is not', () => {
    const lab = openTwoHosts();
    const sink = new MemorySink();
    expect(() => lab.capture({ sink, nics: ['h1.eth7'] })).toThrow('no NIC or link "h1.eth7": did you mean "h1.eth0"?');
    expect(() => lab.capture({ sink, filter: 'udp prot 53' })).toThrow(FilterError);
    expect(() => lab.capture({ sink, filter: 'host h9' })).toThrow(/h9/);
  });

  it('when the lab is closed', () => {
    const lab = openTwoHosts();
    lab.close();
    expect(() => record(lab)).toThrow('the lab is closed');
  });
});

describe('a capture in the middle of a run', () => {
  const PING_EACH_SECOND = 'programs: [{ on: h1, run: ping -c 6 h2 }]';
  const times = (file: Uint8Array): number[] => [
    ...new Set([...readCapture(file)].map(({ seconds, nanoseconds }) => seconds * SECOND + nanoseconds)),
  ];

  it('holds what another one holds of that time, and its own counts', () => {
    const lab = openTwoHosts(PING_EACH_SECOND);
    const whole = record(lab);
    lab.runUntil(1.5 * SECOND);
    const sink = new MemorySink();
    const capture = lab.capture({ sink, nics: ['h2.eth0'] });
    lab.runUntil(3.5 * SECOND);
    capture.stop();
    const stopped = sink.toBytes();
    lab.run();
    lab.close();

    expect(sink.toBytes()).toEqual(stopped);
    const during = [...readCapture(whole.toBytes())].filter(
      ({ seconds, interface: { name } }) => (seconds === 2 || seconds === 3) && name === 'h2.eth0',
    );
    expect(during).toHaveLength(4);
    const essence = ({ seconds, nanoseconds, bytes, packetId, direction }: CapturedFrame): unknown => [
      [seconds, nanoseconds, packetId, direction],
      bytes,
    ];
    expect([...readCapture(stopped)].map(essence)).toEqual(during.map(essence));
    expect(open(stopped).interfaces.map(({ name, statistics }) => [name, statistics])).toEqual([
      ['h2.eth0', { received: 4, dropped: 0 }],
    ]);
  });

  it('does not change what happens', () => {
    const run = (watch: (lab: Lab) => void): string => {
      const lab = openTwoHosts(PING_EACH_SECOND);
      lab.runUntil(1.5 * SECOND);
      watch(lab);
      lab.run();
      lab.close();
      return lab.transcript();
    };
    const plain = run(() => undefined);
    expect(run((lab) => lab.capture({ sink: new MemorySink() }))).toBe(plain);
    expect(run((lab) => lab.capture({ sink: new MemorySink() }).stop())).toBe(plain);
  });

  it('can be begun again, and stopped twice, also when the lab is closed', () => {
    const lab = openTwoHosts(PING_EACH_SECOND, { keepTranscript: false });
    const files = [0.5, 2.5].map((start) => {
      lab.runUntil(start * SECOND);
      const sink = new MemorySink();
      const capture = lab.capture({ sink });
      lab.runUntil((start + 1) * SECOND);
      capture.stop();
      capture.stop();
      return sink;
    });
    expect(lab.simulator.observer).toBeNull();
    const last = new MemorySink();
    const capture = lab.capture({ sink: last });
    lab.run();
    lab.close();
    const ended = last.toBytes();
    capture.stop();
    expect(last.toBytes()).toEqual(ended);
    const seconds = [...files, last].map((sink) => [
      ...new Set(times(sink.toBytes()).map((time) => Math.floor(time / SECOND))),
    ]);
    expect(seconds).toEqual([[1], [3], [4, 5]]);
  });

  it('hands on what is known by now when it is asked to', () => {
    const lab = openTwoHosts(PING_EACH_SECOND);
    const sink = new MemorySink();
    const capture = lab.capture({ sink });
    lab.runUntil(0.5 * SECOND);
    expect(sink.toBytes()).toHaveLength(0);
    capture.flush();
    expect([...readCapture(sink.toBytes())]).toHaveLength(8);
  });

  it('may be begun and stopped by who hears of a frame', () => {
    const lab = openTwoHosts(PING_EACH_SECOND, { keepTranscript: false });
    const sink = new MemorySink();
    const captures: Capture[] = [];
    lab.listen({
      frame(time) {
        if (time === 2 * SECOND) captures.push(lab.capture({ sink }));
        if (time === 4 * SECOND) captures.pop()!.stop();
      },
    });
    lab.run();
    lab.close();
    expect([...new Set(times(sink.toBytes()).map((time) => Math.floor(time / SECOND)))]).toEqual([2, 3, 4]);
  });
});

it('starts at 1970 unless the file says another time', () => {
  const times = (more: string): number[] => {
    const lab = openTwoHosts(more);
    const sink = record(lab);
    lab.run('h1', 'ping -c 2 h2');
    lab.close();
    return [...new Set([...readCapture(sink.toBytes())].map(({ seconds }) => seconds))];
  };
  expect(times('')).toEqual([0, 1]);
  expect(times('epoch: 1700000000')).toEqual([1_700_000_000, 1_700_000_001]);
});
