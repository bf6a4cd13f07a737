import { afterEach, describe, expect, it } from 'vitest';
import type { Program } from '../../src/syscalls/program.ts';
import { MILLISECOND } from '../../src/sim/time.ts';
import { runLab, UdpEnd } from './ends.ts';

const HOSTS = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24, eth1: } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links: [h1.eth0 -- h2.eth0]
`;

let end: UdpEnd;

afterEach(() => end.socket.close());

async function run(topology: string, options: Parameters<typeof runLab>[1] = {}): ReturnType<typeof runLab> {
  end = await UdpEnd.open();
  return runLab(topology, { bridges: [`h1.eth1=udp:${end.address}`], ...options });
}

describe('a lab that runs by the clock', () => {
  it('takes as long as its own time says, and ends when its foreground programs have ended', async () => {
    const began = performance.now();
    const { lab, ended } = await run(`${HOSTS}programs: [{ on: h1, run: ping -c 2 -i 0.03 h2 }]`);
    expect(await ended).toBe('done');
    const took = performance.now() - began;
    expect(lab.jobs[0]?.exitStatus).toBe(0);
    expect(lab.now).toBeGreaterThanOrEqual(30 * MILLISECOND);
    expect(took * MILLISECOND).toBeGreaterThanOrEqual(lab.now);
  });

  it('has no end of its own without foreground programs, and is stopped by the signal', async () => {
    const { lab, stop } = await run(`${HOSTS}programs: [{ on: h2, run: udp-echo 7, background: true }]`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await stop()).toBe('stopped');
    expect(lab.now).toBeGreaterThan(0);
  });

  it('ends at its last moment, and not beyond', async () => {
    const { lab, ended } = await run(HOSTS, { until: 5 * MILLISECOND });
    expect(await ended).toBe('until');
    expect(lab.now).toBe(5 * MILLISECOND);
  });

  it('says once that it is behind, and skips nothing', async () => {
    const slow: Program = function* (sys) {
      for (let i = 0; i < 2; i++) {
        // A host that computes: real time passes and virtual time does not.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
        yield* sys.sys_sleep(MILLISECOND);
      }
    };
    const { lab, said, ended } = await run(`${HOSTS}programs: [{ on: h1, run: slow }]`, { programs: { slow } });
    expect(await ended).toBe('done');
    expect(lab.jobs[0]?.exitStatus).toBe(0);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^at 0\.0\d+ s the lab is \d+ ms behind the clock/);
  });

  it('gives back why it cannot go on', async () => {
    const busy: Program = function* (sys) {
      for (;;) sys.sys_monotonic_time();
    };
    const { ended } = await run(`${HOSTS}programs: [{ on: h1, run: busy }]`, { programs: { busy } });
    await expect(ended).rejects.toThrow('and time does not go on: h1 busy');
  });
});
