/** Whether expectations hold: each kind where it does and where it does not, and when it is looked at. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runExpectations } from '../../src/check/expect.ts';
import type { ExpectationResult } from '../../src/check/expect.ts';
import { openLab } from '../../src/lab/lab.ts';
import type { Lab, LabOptions } from '../../src/lab/lab.ts';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';

// The router's link to h2 takes 5 ms and 1400 octets.
const LAB = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254, dns: 198.51.100.1 }
  h2:
    interfaces: { eth0: 198.51.100.1/24 }
    gateway: 198.51.100.254
    zones: { example.test: { www: { CNAME: web }, web: { A: 198.51.100.1 } } }
  h3: { interfaces: { eth0: 192.0.2.3/24 } }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 198.51.100.254/24 } }
switches: { s1: }
links:
  - h1.eth0 -- s1
  - h3.eth0 -- s1
  - r1.eth0 -- s1
  - { from: r1.eth1, to: h2.eth0, delay: 5ms, mtu: 1400 }
programs:
  - { on: h2, run: dns-server, background: true }
  - { on: h2, run: udp-echo 7, background: true }
`;

function opener(text: string, options: LabOptions = {}): () => Lab {
  return () => openLab(text, options);
}

function run(expectations: readonly string[], more = ''): ExpectationResult[] {
  return runExpectations(opener(`${LAB}${more}expect:\n${expectations.map((one) => `  - ${one}\n`).join('')}`));
}

describe('an expectation', () => {
  it.each([
    ['{ reach: h1 -> h2 }', '{ reach: h1 -> 198.51.100.9 }', /it asked 3 times who has 198.51.100.9/],
    ['{ reach: h1 -> h2, udp: 7 }', '{ reach: h1 -> h2, udp: 8 }', /no socket has this port; UDP port 8/],
    ['{ reach: h1 -> h2.eth0, size: 1472 }', '{ reach: h3 -> h2 }', /none for 198.51.100.1; there is 192.0.2.0\/24/],
    ['{ not-reach: h3 -> h2 }', '{ not-reach: h1 -> h2 }', /it arrives: h2 has it after/],
    [
      '{ not-reach: h3 -> h2, because: no-route }',
      '{ not-reach: h3 -> h2, because: loop }',
      /not because of loop: no-r/,
    ],
    ['{ path: h1 -> r1 -> h2 }', '{ path: h1 -> h2 }', /^it goes h1 -> r1 -> h2$/],
    ['{ path: h1 -> s1 -> r1 -> h2 }', '{ path: h1 -> r1 -> s1 -> h2 }', /^it goes h1 -> s1 -> r1 -> h2$/],
    ['{ flow: h1 -> h2, latency: 40ms }', '{ flow: h1 -> h2, latency: 1ms }', /0 of 100 lost \(0%\); latency at most/],
    ['{ mtu: h1 -> h2, is: 1400 }', '{ mtu: h1 -> h2, is: 1500 }', /^it is 1400: would-fragment: r1 drops it/],
    ['{ mtu: h1 -> r1, is: 1500 }', '{ mtu: h1 -> r1, is: 1400 }', /^it is 1500$/],
    ['{ resolve: h1 -> www.example.test, is: h2 }', '{ resolve: h1 -> x.example.test }', /NXDOMAIN/],
    [
      '{ resolve: h1 -> web.example.test }',
      '{ resolve: h1 -> web.example.test, is: h1 }',
      /web.example.test: 198.51.100.1$/,
    ],
    [
      '{ resolve: h1 -> web.example.test, by: h2 }',
      '{ resolve: h1 -> web.example.test, by: r1 }',
      /h1 asks 198.51.100.1/,
    ],
    ['{ resolve: h1 -> web.example.test }', '{ resolve: h3 -> web.example.test }', /h3 has no DNS server/],
    [
      '{ route: h1 -> default, via: 192.0.2.254 }',
      '{ route: h1 -> default, via: 192.0.2.1 }',
      /^h1 has default via 192.0.2.254/,
    ],
    ['{ route: r1 -> 198.51.100.0/24, dev: eth1 }', '{ route: r1 -> 198.51.100.0/24, dev: eth0 }', /dev eth1$/],
    ['{ route: h1 -> h2, via: 192.0.2.254 }', '{ route: h3 -> h2 }', /^h3's route to h2 is none for/],
    ['{ route: r1 -> 192.0.2.0/24 }', '{ route: r1 -> 203.0.113.0/24 }', /^r1 has no route to 203.0.113.0\/24; for/],
  ])('%s holds, and %s does not', (good, bad, found) => {
    const [holds, fails] = run([good, bad]);
    expect(holds).toMatchObject({ holds: true });
    expect(fails).toMatchObject({ holds: false });
    expect(fails?.found).toMatch(found);
  });

  it('of a neighbour holds once its address is known', () => {
    const neighbor = '{ neighbor: h1 -> r1 }';
    const results = run([neighbor, '{ reach: h1 -> h2 }', neighbor, '{ neighbor: h1 -> r1, mac: 02:00:00:00:00:77 }']);
    expect(results.map(({ holds }) => holds)).toEqual([false, true, true, false]);
    expect(results[0]?.found).toBe('h1 has not asked for 192.0.2.254');
  });

  it('of a flow tells what was lost, and why where all was', () => {
    const lossy = LAB.replace('mtu: 1400', 'mtu: 1400, drop-every: 10');
    const [some, few] = runExpectations(
      opener(
        `${lossy}expect: [{ flow: h1 -> h2, loss: 12% }, { flow: h1 -> h2, loss: 5%, packets: 50, rate: 1Mbit/s }]`,
      ),
    );
    expect(some).toMatchObject({ holds: true, trace: null });
    expect(few).toMatchObject({ holds: false });
    expect(few?.found).toMatch(/^5 of 50 lost \(10%\)/);
    const [all] = run(['{ flow: h3 -> h2 }']);
    expect(all?.found).toMatch(/^100 of 100 lost \(100%\); .*no-route/);
  });

  it('has a name of its own, or says what it is', () => {
    const names = run(['{ name: the web works, reach: h1 -> h2, udp: 7 }', '{ reach: h1 -> h2, udp: 7 }']);
    expect(names.map(({ expectation }) => expectation.name)).toEqual(['the web works', 'reach h1 -> h2, udp 7']);
  });
});

describe('its time', () => {
  const CUT = `events: [{ at: 2s, link: r1 -- h2, do: down }, { at: 4s, link: r1 -- h2, do: up }]\n`;

  it('is as soon as those before it are done, or what it says', () => {
    const results = run(
      [
        '{ reach: h1 -> h2, at: 5s }',
        '{ not-reach: h1 -> h2, at: 3s }',
        '{ reach: h1 -> h2 }',
        '{ reach: h1 -> h2, at: 1s }',
      ],
      CUT,
    );
    expect(results.map(({ holds }) => holds)).toEqual([true, true, true, true]);
    expect(results.map(({ time }) => Math.floor(time / SECOND))).toEqual([5, 3, 0, 1]);
  });

  it('is looked at at its time, also where the last program has ended before', () => {
    const busy = LAB.replace('programs:', 'programs:\n  - { on: h1, run: ping -c 1 h2 }');
    const text = `${busy}${CUT}expect: [{ not-reach: h1 -> h2, because: link-down, at: 3s }]`;
    expect(runExpectations(opener(text)).map(({ holds, time }) => [holds, time > 3 * SECOND])).toEqual([[true, true]]);
  });

  it('does not go by while others take long: the lab is opened anew', () => {
    let opened = 0;
    const text = `${LAB}${CUT}expect: [{ reach: h1 -> 192.0.2.99 }, { reach: h1 -> h2, at: 1s }, { not-reach: h1 -> h2, at: 2500ms }]`;
    const results = runExpectations(() => {
      opened++;
      return openLab(text);
    });
    expect(results.map(({ holds }) => holds)).toEqual([false, true, true]);
    expect(opened).toBe(2);
  });

  it('may last until it holds: it is looked at again, and when the topology has changed', () => {
    const [in5, in1] = run(
      ['{ reach: h1 -> h2, at: 3s, within: 2s }', '{ reach: h1 -> h2, at: 3s, within: 500ms }'],
      CUT,
    );
    expect(in5).toMatchObject({ holds: true });
    expect(in5!.time).toBeGreaterThanOrEqual(4 * SECOND);
    expect(in5!.time).toBeLessThan(4 * SECOND + 200 * MILLISECOND);
    expect(in1).toMatchObject({ holds: false, trace: { there: { disposition: 'link-down', at: 'r1' } } });
    expect(in1!.looks).toBeGreaterThan(10);
  });

  it('does not matter for the result: it is the same each time, for each seed', () => {
    const text = `${LAB.replace('mtu: 1400', 'mtu: 1400, loss: 20%')}expect: [{ flow: h1 -> h2, loss: 1% }]`;
    const found = (seed: number): string | undefined => runExpectations(opener(text, { seed }))[0]?.found;
    expect(found(1)).toBe(found(1));
    expect(found(1)).not.toBe(found(2));
  });
});

const FILES = readdirSync('topologies').filter((name) =>
  readFileSync(`topologies/${name}`, 'utf8').includes('\nexpect:'),
);

it.each(FILES)('topologies/%s is as it expects to be', (name) => {
  const text = readFileSync(`topologies/${name}`, 'utf8');
  const failed = runExpectations(opener(text, { file: name })).filter(({ holds }) => !holds);
  expect(failed.map(({ expectation, found }) => `${expectation.name}: ${found}`)).toEqual([]);
});
