/** The matchers and the fixture for vitest: what holds passes, what does not is explained. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCapture } from '../../src/capture/read-capture.ts';
import { openLab } from '../../src/lab/lab.ts';
import { labTest } from '../../src/testing/index.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'wirelab-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const routers = labTest('topologies/two-routers.yaml', { captures: FOLDER, backgroundOnly: true });
const ring = labTest('topologies/ring.yaml', { captures: FOLDER, backgroundOnly: true });
const names = labTest('topologies/dns.yaml', { captures: FOLDER, backgroundOnly: true });
const text = labTest(
  `
hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: { interfaces: { eth0: 192.0.2.2/24 } } }
links: [{ from: h1.eth0, to: h2.eth0, mtu: 1400, drop-every: 10 }]
`,
  { captures: FOLDER },
);

/** The message of a matcher that fails. */
function messageOf(fails: () => void): string {
  try {
    fails();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it holds');
}

describe('a matcher passes where it holds', () => {
  routers('toReach, toHavePath, toHaveRoute, toHaveNeighbor, toDropBecause', ({ lab }) => {
    expect(lab).toReach('h1', 'h2', { udp: 7 });
    expect(lab).toReach('h1', '203.0.113.2', { size: 1_000 });
    expect(lab).not.toReach('h1', 'h2', { udp: 9 });
    expect(lab).toHavePath(['h1', 'r1', 'r2', 'h2']);
    expect(lab).not.toHavePath(['h1', 'r1', 'h2']);
    expect(lab).toHaveRoute('r1', '198.51.100.0/24', { via: '203.0.113.2', dev: 'eth1' });
    expect(lab).toHaveRoute('h1', 'default');
    expect(lab).toHaveRoute('h1', 'h2', { via: '192.0.2.254' });
    expect(lab).not.toHaveRoute('h1', '10.0.0.0/8');
    expect(lab).toHaveNeighbor('h1', 'r1');
    expect(lab).not.toHaveNeighbor('h1', 'r1', { mac: '02:00:00:00:00:01' });
    expect(lab).toDropBecause('h1', 'h2', 'ttl-expired', { ttl: 1 });
    expect(lab).not.toDropBecause('h1', 'h2', 'no-route');
  });

  names('toResolve', ({ lab }) => {
    expect(lab).toResolve('h1', 'shop.example.test', { is: 'web', by: 'ns' });
    expect(lab).not.toResolve('h1', 'nobody.example.test');
  });

  text('toHavePathMtu, toLoseAtMost', ({ lab }) => {
    expect(lab).toHavePathMtu('h1', 'h2', 1_400);
    expect(lab).toLoseAtMost('h1', 'h2', '12%', { packets: 50, rate: '1Mbit/s', latency: '10ms' });
    expect(lab).not.toLoseAtMost('h1', 'h2', 0.01);
  });

  ring('and waits for it, if it is told to', ({ lab }) => {
    lab.runUntil(3_000_000_000);
    expect(lab).toReach('h1', 'h2', { within: '2s' });
    expect(lab).toHavePath(['h1', 'r1', 'r4', 'r3', 'h2']);
  });
});

describe('a matcher that fails', () => {
  routers('tells why, hop by hop, and how to see it again', ({ lab, task }) => {
    const message = messageOf(() => expect(lab).toReach('h1', 'h2', { udp: 9 }));
    expect(message).toContain(
      'expected h1 to reach h2, UDP port 9\nfound no-socket: h2 drops it: no socket has this port',
    );
    expect(message).toContain('route    198.51.100.0/24 via 203.0.113.2 dev eth1');
    expect(message).toContain('in topologies/two-routers.yaml at 0.000000 s, seed 1\n');
    expect(message).toContain(`packets: ${FOLDER}`);
    expect(message).toMatch(/^repeat: npx vitest run \S+matchers\.test\.ts -t 'a matcher that fails tells why/m);
    // What -t takes is an expression for the names of the test and of those around it, with spaces between.
    const shown = /-t '(.*)'$/m.exec(message)?.[1] ?? '';
    expect('a matcher that fails tells why, hop by hop, and how to see it again').toMatch(new RegExp(shown));
    expect(task.name).toContain('tells why');
  });

  routers('names a test that has > in its name and $ [characters]? of expressions', ({ lab }) => {
    const message = messageOf(() => expect(lab).toReach('h1', 'h2', { udp: 9 }));
    const shown = /-t '(.*)'$/m.exec(message)?.[1] ?? '';
    const name = 'a matcher that fails names a test that has > in its name and $ [characters]? of expressions';
    expect(name).toMatch(new RegExp(`^${shown}$`));
  });

  it('has its packets written when the test is over', () => {
    const path = join(FOLDER, 'matchers-a-matcher-that-fails-tells-why-hop-by-hop-and-how-to-see-it-again.pcapng');
    expect([...readCapture(readFileSync(path))].length).toBeGreaterThan(10);
    expect(readdirSync(FOLDER).some((name) => name.includes('toResolve'))).toBe(false);
  });

  it('names no capture of a lab that a fixture has not opened', () => {
    const lab = openLab(readFileSync('topologies/two-hosts.yaml', 'utf8'), { backgroundOnly: true });
    const message = messageOf(() => expect(lab).not.toReach('h1', 'h2'));
    expect(message).toContain('expected not h1 to reach h2\nfound h2 has it after');
    expect(message).not.toContain('packets:');
  });

  it('says what is wrong with what it is given', () => {
    const lab = openLab(readFileSync('topologies/two-hosts.yaml', 'utf8'), { backgroundOnly: true });
    expect(() => expect(lab).toReach('h1', 'h22')).toThrow('no node or address "h22": did you mean "h2"?');
    expect(() => expect(lab).toReach('h1', 'h2', { within: 'soon' })).toThrow('"soon"');
    expect(() => expect({}).toReach('h1', 'h2')).toThrow('needs a lab here');
  });
});
