/** A redis-server for tests: on a free port of loopback, in a folder of its own, keeping nothing. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why there can be no queue here, or null where there can. */
export function whyNoQueue(): string | null {
  const { resolve } = createRequire(import.meta.url);
  for (const name of ['bullmq', 'ioredis']) {
    try {
      resolve(name);
    } catch {
      return `${name} is not installed: npm install --no-save bullmq ioredis`;
    }
  }
  return spawnSync('redis-server', ['--version']).status === 0 ? null : 'redis-server is not installed';
}

export class RedisServer {
  readonly url: string;
  readonly port: number;
  private readonly child: ChildProcess;
  private readonly folder: string;

  private constructor(port: number) {
    this.folder = mkdtempSync(join(tmpdir(), 'wirelab-redis-'));
    this.port = port;
    this.url = `redis://127.0.0.1:${port}/0`;
    const words = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      this.folder,
    ];
    this.child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  static async start(port?: number): Promise<RedisServer> {
    const server = new RedisServer(port ?? (await freePort()));
    await new Promise<void>((resolve, reject) => {
      server.child.stdout!.on('data', (bytes: Buffer) => bytes.toString().includes('Ready to accept') && resolve());
      server.child.once('exit', (code) => reject(new Error(`redis-server has ended with ${code}`)));
    });
    return server;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill();
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
