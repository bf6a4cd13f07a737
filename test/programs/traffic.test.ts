import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDatagram, createStream, report } from '../../src/programs/sink.ts';
import { parseRate } from '../../src/programs/source.ts';
import * as Traffic from '../../src/programs/traffic.ts';
import { openLab, outcomeOf, run, TWO_HOSTS } from './labs.ts';

/** Counts these numbers, a millisecond apart, each so many nanoseconds on its way. */
function sinkOf(numbers: readonly number[], count = 0, latency = 1_000): string[] {
  const stream = createStream('x');
  numbers.forEach((sequence, i) => {
    const data = new Uint8Array(100);
    Traffic.write(data, { sequence, count, sent: i * 1_000_000 });
    countDatagram(stream, data, i * 1_000_000 + latency);
  });
  return report(stream);
}

describe('a mark', () => {
  it('comes back as it was written', () => {
    const u32 = fc.nat(0xffff_ffff);
    fc.assert(
      fc.property(u32, u32, fc.maxSafeNat(), (sequence, count, sent) => {
        const bytes = new Uint8Array(Traffic.LENGTH).fill(0xa5);
        Traffic.write(bytes, { sequence, count, sent });
        expect(Traffic.parse(bytes)).toEqual({ sequence, count, sent });
      }),
    );
  });

  it('is not in others’ datagrams', () => {
    expect(Traffic.parse(new Uint8Array(100))).toBeNull();
    expect(Traffic.parse(new Uint8Array(19))).toBeNull();
  });
});

describe('a sink', () => {
  it('counts what was lost, also at the end, when it knows how many there should be', () => {
    expect(sinkOf([0, 1, 3, 4])[0]).toBe('x: received 4 of 5, lost 1 (20%), duplicated 0, reordered 0');
    expect(sinkOf([0, 1, 3, 4], 10)[0]).toBe('x: received 4 of 10, lost 6 (60%), duplicated 0, reordered 0');
  });

  it('tells what came twice from what came late', () => {
    expect(sinkOf([0, 2, 1, 1, 3, 0])[0]).toBe('x: received 4 of 4, lost 0 (0%), duplicated 2, reordered 1');
  });

  it('agrees with a set, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1 }), (numbers) => {
        const different = new Set(numbers);
        const sent = Math.max(...numbers) + 1;
        const [, received, of, lost, duplicated] =
          /received (\d+) of (\d+), lost (\d+) .* duplicated (\d+)/.exec(sinkOf(numbers)[0] ?? '')?.map(Number) ?? [];
        expect([received, of, lost, duplicated]).toEqual([
          different.size,
          sent,
          sent - different.size,
          numbers.length - different.size,
        ]);
      }),
    );
  });

  it('keeps to its window when numbers jump far', () => {
    expect(sinkOf([0, 4_000_000_000, 4_000_000_000])[0]).toMatch(/received 2 of 4000000001, .* duplicated 1,/);
    // The same place in the window, but another number.
    expect(sinkOf([5, 5 + 65_536])[0]).toMatch(/received 2 of 65542, .* duplicated 0, reordered 0$/);
  });

  it('reports the nearest-rank percentiles', () => {
    const stream = createStream('x');
    for (let i = 1; i <= 100; i++) {
      const data = new Uint8Array(Traffic.LENGTH);
      Traffic.write(data, { sequence: i - 1, count: 100, sent: 0 });
      countDatagram(stream, data, i * 1_000_000);
    }
    expect(report(stream)[1]).toBe('x: latency min/avg/p50/p90/p99/max = 1.000/50.500/50.000/90.000/99.000/100.000 ms');
  });
});

describe('a source', () => {
  it('reads rates in datagrams and in bits of data', () => {
    const nanos = ({ numerator, denominator }: { numerator: number; denominator: number }): number =>
      numerator / denominator;
    expect(nanos(parseRate('1000/s', 512))).toBe(1_000_000);
    expect(nanos(parseRate('50', 512))).toBe(20_000_000);
    expect(nanos(parseRate('8Mbit/s', 1000))).toBe(1_000_000);
    expect(nanos(parseRate('9600bit/s', 12))).toBe(10_000_000);
    for (const text of ['0', '0/s', 'fast', '1.5/s', '-1', '9999999Gbit/s'])
      expect(() => parseRate(text, 512), text).toThrow('--rate');
  });

  it('keeps its rate without drift, and the sink sees all of it', () => {
    const lab = openLab(TWO_HOSTS);
    const sink = lab.start('h2', 'sink 9000 --count 301', { background: true });
    // A third of a second is no whole number of nanoseconds.
    const source = run(lab, 'h1', 'source h2 9000 --rate 3/s --count 301 --size 100');
    expect(source).toEqual({
      status: 0,
      output: ['sent 301 datagrams of 100 bytes in 100000.000 ms to 192.0.2.2:9000'],
      error: [],
    });
    expect(outcomeOf(sink).status).toBe(0);
    expect(outcomeOf(sink).output.map((line) => line.replace(/^192\.0\.2\.1:\d+: /, ''))).toEqual([
      'received 301 of 301, lost 0 (0%), duplicated 0, reordered 0',
      expect.stringMatching(
        /^latency min\/avg\/p50\/p90\/p99\/max = 0\.101\/0\.10\d\/0\.101\/0\.101\/0\.101\/0\.30\d ms$/,
      ),
      expect.stringMatching(/^30100 bytes in 99999\.\d+ ms, 0\.002 Mbit\/s$/),
    ]);
  });

  it('ends after --duration, and after ten seconds when nothing is said', () => {
    const lab = openLab(TWO_HOSTS);
    lab.start('h2', 'sink 9000', { background: true });
    expect(run(lab, 'h1', 'source h2 9000 --rate 10/s --duration 1').output[0]).toMatch(/^sent 10 datagrams/);
    expect(run(lab, 'h1', 'source h2 9000 --rate 10/s').output[0]).toMatch(/^sent 100 datagrams/);
  });

  it('says that a small datagram has no room for its number, and the sink that it found none', () => {
    const lab = openLab(TWO_HOSTS);
    const sink = lab.start('h2', 'sink 9000 --idle 1', { background: false });
    const { error } = run(lab, 'h1', 'source h2 9000 --size 8 --count 3');
    expect(error).toEqual([
      'source: 8 bytes have no room for a number and a time, which take 20: a sink can only count them',
    ]);
    expect(outcomeOf(sink).output[0]).toMatch(/received 3 datagrams without a number$/);
  });

  it('goes on when nobody listens, and says how often it was refused', () => {
    const { status, error, output } = run(openLab(TWO_HOSTS), 'h1', 'source h2 9 --count 4 --rate 10/s');
    expect(status).toBe(1);
    expect(output[0]).toMatch(/^sent [12] datagrams/);
    expect(error[0]).toMatch(/^source: Connection refused, [23] times$/);
  });

  it('is held up by the send buffer, not by losing what it sends', () => {
    const lab = openLab(TWO_HOSTS.replace('h1.eth0 -- h2.eth0', '{ from: h1.eth0, to: h2.eth0, bandwidth: 1Mbit/s }'));
    const sink = lab.start('h2', 'sink 9000', { background: true });
    const { output } = run(lab, 'h1', 'source h2 9000 --rate 100Mbit/s --size 1000 --count 500');
    expect(output[0]).toMatch(/^sent 500 datagrams/);
    lab.close();
    expect(outcomeOf(sink).output[0]).toMatch(/received 500 of 500, lost 0/);
    expect(outcomeOf(sink).output[2]).toMatch(/0\.9\d\d Mbit\/s$/);
  });
});

it('a stopped sink that received nothing says so', () => {
  const lab = openLab(TWO_HOSTS);
  const sink = lab.start('h2', 'sink 9000', { background: true });
  run(lab, 'h1', 'ping -c 1 h2');
  lab.close();
  expect(outcomeOf(sink).output).toEqual(['received nothing']);
});
