import { once } from 'node:events';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Wirelab } from '../cli/wirelab.ts';
import { freePort } from './ends.ts';

let wirelab: Wirelab;
let near: string;
let far: string;

beforeAll(async () => {
  wirelab = await Wirelab.build();
  near = wirelab.file('near.yaml', 'hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } } }');
  far = wirelab.file('far.yaml', 'hosts: { h2: { interfaces: { eth0: 192.0.2.2/24 } } }');
});
afterAll(() => wirelab.remove());

/** Starts a lab without foreground programs; resolves when its bridges are open. */
async function serve(...words: string[]): Promise<{ process: ChildProcess; errors: () => string }> {
  const child = wirelab.start('run', far, '--quiet', ...words);
  let errors = '';
  child.stdout?.resume();
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`ended before it was ready: ${errors}`)));
    child.stderr?.on('data', (bytes: Buffer) => {
      errors += bytes.toString('utf8');
      if (/^ready$/m.test(errors)) resolve();
    });
  });
  return { process: child, errors: () => errors };
}

async function interrupt({ process, errors }: Awaited<ReturnType<typeof serve>>): Promise<[number, string]> {
  const closed = once(process, 'close') as Promise<[number]>;
  process.kill('SIGINT');
  const [status] = await closed;
  return [status, errors()];
}

describe('wirelab with a bridge', () => {
  it.each(['udp', 'vxlan:7', 'stream'])(
    'joins two labs over %s, until the one is done and the other interrupted',
    async (kind) => {
      const [a, b] = [await freePort(), await freePort()];
      const socket = join(wirelab.folder, 'socket');
      const [farEnd, nearEnd] =
        kind === 'stream'
          ? [`stream:listen:unix:${socket}`, `stream:unix:${socket}`]
          : [`${kind}:127.0.0.1:${a},127.0.0.1:${b}`, `${kind}:127.0.0.1:${b},127.0.0.1:${a}`];
      const server = await serve('--bridge', `h2.eth0=${farEnd}`);
      const { status, out, error } = wirelab.run(
        ...['ping', near, 'h1', '192.0.2.2', '--bridge', `h1.eth0=${nearEnd}`, '--', '-c', '2', '-i', '0.05'],
      );
      expect(out).toContain('2 packets transmitted, 2 received, 0% packet loss');
      expect(error).toBe(`ready\nh1.eth0 (${nearEnd}): 3 frames in, 3 out\n`);
      expect(status).toBe(0);
      expect(await interrupt(server)).toEqual([130, `ready\nh2.eth0 (${farEnd}): 3 frames in, 3 out\n`]);
    },
  );

  it('ends at --until, and well, if it has no foreground programs', async () => {
    const address = `udp:127.0.0.1:${await freePort()},127.0.0.1:9`;
    const { status, error } = wirelab.run('run', far, '--until', '20ms', '--bridge', `h2.eth0=${address}`);
    expect([status, error]).toEqual([0, `ready\nh2.eth0 (${address}): 0 frames in, 0 out\n`]);
  });

  it('takes several, and says of each mistake what it is', () => {
    const { status, error } = wirelab.run('run', far, '--bridge', 'h2.eth0=udp:1', '--bridge', 'h3.eth0=udp:1');
    expect(status).toBe(2);
    expect(error).toContain('bridge h3.eth0=udp:1: no node "h3"; nodes are h2');
    expect(wirelab.run('run', far, '--bridge', 'h2.eth0=udp:1').error).toContain(
      'bridge h2.eth0=udp:1: write where to listen and where to send',
    );
  });

  it('says that a port is taken, and ends', async () => {
    const port = await freePort();
    const server = await serve('--bridge', `h2.eth0=udp:127.0.0.1:${port},127.0.0.1:9`);
    const { status, error } = wirelab.run('run', far, '--bridge', `h2.eth0=udp:127.0.0.1:${port},127.0.0.1:9`);
    expect([status, error]).toEqual([2, `h2.eth0: cannot listen on UDP 127.0.0.1:${port}: somebody else has it\n`]);
    await interrupt(server);
  });
});
