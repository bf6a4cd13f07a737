/**
 * Sweeps over BullMQ with a real redis-server. Skipped, with the reason in the name, where one of them is not installed;
 * `npm run test:queue` runs it by itself.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashOf } from '../../src/sweep/document.ts';
import { readAddress } from '../../src/sweep/redis.ts';
import type { BullMq, Redis } from '../../src/sweep/redis.ts';
import { Wirelab } from '../cli/wirelab.ts';
import type { Outcome } from '../cli/wirelab.ts';
import { RedisServer, whyNoQueue } from './redis-server.ts';

const ZOO = '../shared/topology-zoo';
const RING = 'topologies/ring.yaml';
const LINKS = ['--fail', 'links=1'];
const PAIRS = ['--expect', 'all-pairs'];

const why = whyNoQueue();

describe.skipIf(why !== null)(`sweeps over a queue${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let wirelab: Wirelab;
  let server: RedisServer;
  const children = new Set<ChildProcess>();
  beforeAll(async () => {
    wirelab = await Wirelab.build();
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all([...children].map((one) => end(one)));
  });
  afterAll(async () => {
    await server.stop();
    wirelab.remove();
  });

  /** Where bullmq is found from: the folder of this project. */
  function begin(...words: string[]): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> } {
    return beginWith(wirelab.main, words);
  }

  function beginWith(main: string, words: readonly string[]) {
    const child = spawn(process.execPath, [main, ...words, '--queue', server.url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    const out: Buffer[] = [];
    let error = '';
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => (error += bytes.toString()));
    const outcome = new Promise<Outcome>((resolve) =>
      child.once('close', (status) => {
        children.delete(child);
        const bytes = Buffer.concat(out);
        resolve({ status, bytes, out: bytes.toString('utf8'), error });
      }),
    );
    return { child, outcome };
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await closed;
  }

  async function startWorker(): Promise<ChildProcess> {
    const { child } = begin('worker', '--workers', '1');
    await says(child, 'ready');
    return child;
  }

  function says(child: ChildProcess, words: string): Promise<void> {
    return new Promise((resolve) =>
      child.stderr!.on('data', (bytes: Buffer) => bytes.toString().includes(words) && resolve()),
    );
  }

  function importZoo(name: string): string {
    const file = join(wirelab.folder, `${name}.yaml`);
    expect(wirelab.run('import', join(ZOO, `${name}.graphml`), '-o', file).status).toBe(0);
    return file;
  }

  async function withRedis<T>(
    use: (redis: Redis & { keys(pattern: string): Promise<string[]> }) => Promise<T>,
  ): Promise<T> {
    const ioredis = createRequire(import.meta.url)('ioredis') as {
      readonly Redis: new (url: string, options: object) => Redis & { keys(pattern: string): Promise<string[]> };
    };
    const redis = new ioredis.Redis(server.url, { maxRetriesPerRequest: null });
    try {
      return await use(redis);
    } finally {
      redis.disconnect();
    }
  }

  const jobsLeft = (): Promise<string[]> => withRedis((redis) => redis.keys('bull:wirelab-sweep:batch-*'));

  it.skipIf(!existsSync(ZOO)).each(['Abilene', 'Nsfcnet', 'Heanet', 'Geant2009'])(
    'one worker, two, two shards merged, and two workers over the queue give the same bytes: %s',
    async (name) => {
      const file = importZoo(name);
      const words = ['sweep', file, ...LINKS, ...PAIRS];
      const json = ['--format', 'json'];
      const one = wirelab.run(...words, ...json, '--workers', '1');
      expect(one.out).toContain('"format":"wirelab sweep 1"');
      const two = wirelab.run(...words, ...json, '--workers', '2');
      const shards = ['1/2', '2/2'].map((shard) => {
        const output = join(wirelab.folder, `${name}-${shard.replace('/', '-')}.json`);
        wirelab.run(...words, '--shard', shard, '-o', output);
        return output;
      });
      const merged = wirelab.run('merge', ...shards, ...json);
      const workers = await Promise.all([startWorker(), startWorker()]);
      const queued = await begin(...words, ...json).outcome;
      for (const { status, out } of [two, merged, queued]) expect([status, out]).toEqual([one.status, one.out]);
      await Promise.all(workers.map((worker) => end(worker)));
      expect(await jobsLeft()).toEqual([]);
    },
    120_000,
  );

  it('a worker that is killed with a job in hand does not take it along: another one runs it', async () => {
    const file = join(wirelab.folder, 'grid.yaml');
    expect(wirelab.run('new', 'grid', '--rows', '5', '--columns', '5', '-o', file).status).toBe(0);
    const words = ['sweep', file, ...LINKS, ...PAIRS, '--format', 'json'];
    const dying = await startWorker();
    const { child, outcome } = begin(...words, '--progress');
    // The first results have come, so it is at the next.
    await says(child, ' left');
    await end(dying, 'SIGKILL');
    await startWorker();
    const { status, out } = await outcome;
    const alone = wirelab.run(...words);
    expect([status, out]).toEqual([alone.status, alone.out]);
  }, 120_000);

  it('a server that restarts in the middle, with nothing left, only takes time', async () => {
    const file = join(wirelab.folder, 'grid.yaml');
    expect(wirelab.run('new', 'grid', '--rows', '5', '--columns', '5', '-o', file).status).toBe(0);
    const words = ['sweep', file, ...LINKS, ...PAIRS, '--format', 'json'];
    await startWorker();
    const { child, outcome } = begin(...words, '--progress');
    await says(child, ' left');
    await server.stop();
    server = await RedisServer.start(server.port);
    const { status, out } = await outcome;
    const alone = wirelab.run(...words);
    expect([status, out]).toEqual([alone.status, alone.out]);
  }, 120_000);

  it('finished jobs that were kept are found again, and no worker is needed', async () => {
    const words = ['sweep', RING, ...LINKS, '--format', 'json', '--keep-jobs'];
    const worker = await startWorker();
    const first = await begin(...words).outcome;
    await end(worker);
    expect((await jobsLeft()).length).toBeGreaterThan(0);
    expect(await begin(...words).outcome).toMatchObject({ status: 1, out: first.out });
    // Another seed is another sweep; the ring has no luck, but that is not known before.
    const other = begin(...words, '--seed', '5');
    await says(other.child, 'no worker is there');
    await end(other.child, 'SIGINT');
    // The last one takes them away.
    await begin(...words.slice(0, -1)).outcome;
    expect(await jobsLeft()).toEqual([]);
  }, 60_000);

  it('a shard without scenarios has nothing to wait for', async () => {
    const words = ['sweep', RING, '--fail', 'r1', '--shard', '5/5', '--format', 'json'];
    const { status, out } = await begin(...words).outcome;
    expect([status, out]).toEqual([0, wirelab.run(...words).out]);
  });

  it('two sweeps of the same at the same time are both served', async () => {
    const words = ['sweep', RING, ...LINKS, '--seeds', '4', '--format', 'json'];
    const both = [begin(...words).outcome, begin(...words).outcome];
    await startWorker();
    const [first, second] = await Promise.all(both);
    expect(first!.out).toBe(wirelab.run(...words).out);
    expect(second!.out).toBe(first!.out);
  }, 60_000);

  it('says that it waits where no worker is, and ends by Ctrl-C', async () => {
    const { child, outcome } = begin('sweep', RING, ...LINKS);
    await says(child, `no worker is there; start some, here or elsewhere: wirelab worker --queue ${server.url}`);
    child.kill('SIGINT');
    expect(await outcome).toMatchObject({ status: 130, out: '' });
    expect(await jobsLeft()).toEqual([]);
  }, 60_000);

  it('a worker of another version refuses, and says both', async () => {
    const other = join(wirelab.folder, 'other.mjs');
    writeFileSync(other, readFileSync(wirelab.main, 'utf8').replaceAll('"0.1.0"', '"0.0.9"'));
    await startWorker();
    const { status, error } = await beginWith(other, ['sweep', RING, ...LINKS]).outcome;
    expect([status, error]).toEqual([
      2,
      expect.stringContaining('the worker is wirelab 0.1.0, jobs of format 1; the sweep is 0.0.9, jobs of format 1: run the same version'), // prettier-ignore
    ]);
  }, 60_000);

  it('jobs that are none of ours fail with the reason, and the worker goes on', async () => {
    await startWorker();
    const { Queue } = createRequire(import.meta.url)('bullmq') as BullMq;
    const text = readFileSync(RING, 'utf8');
    const data = {
      format: 1,
      wirelab: '0.1.0',
      topology: hashOf(text),
      file: 'ring.yaml',
      expect: 'file',
      routes: 'recompute',
      scenarios: [{ id: 0, seed: 1, links: [], nodes: [] }],
    };
    const failures = await withRedis(async (redis) => {
      const queue = new Queue('wirelab-sweep', { connection: redis });
      const reasonOf = async (id: string, job: unknown): Promise<string | undefined> => {
        const keep = { age: 60 };
        await queue.addBulk([
          { name: 'x', data: job, opts: { jobId: id, removeOnComplete: keep, removeOnFail: keep } },
        ]);
        for (;;) {
          const found = await queue.getJob(id);
          const state = await found?.getState();
          if (state === 'failed' || state === 'completed') return (await queue.getJob(id))?.failedReason;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const reasons = [
        await reasonOf('a', 'nonsense'),
        await reasonOf('b', { ...data, scenarios: 'all' }),
        await reasonOf('c', { ...data, topology: 'f'.repeat(64) }),
        await reasonOf('d', { ...data, scenarios: [{ id: 0, seed: 1, links: [99], nodes: [] }] }),
        await reasonOf('e', data),
      ];
      await queue.close();
      return reasons;
    });
    expect(failures).toEqual([
      expect.stringContaining('run the same version'),
      expect.stringContaining('the job is none of wirelab sweep: scenarios: '),
      'the topology ffffffffffff… is no longer there: sweep again',
      'the job is none of wirelab sweep: scenario 0 fails what the topology does not have',
      undefined,
    ]);
    expect((await begin('sweep', RING, ...LINKS).outcome).status).toBe(1);
  }, 60_000);

  it('a worker ends by SIGTERM with 0, and says what it has done', async () => {
    const { child, outcome } = begin('worker', '--workers', '1');
    await says(child, 'ready');
    await begin('sweep', RING, ...LINKS).outcome;
    child.kill('SIGTERM');
    expect(await outcome).toMatchObject({
      status: 0,
      error: expect.stringMatching(/\n7 scenarios in 7 jobs\n$/) as string,
    });
  }, 60_000);

  it('a worker whose server has gone ends all the same', async () => {
    const { child, outcome } = begin('worker', '--workers', '1');
    await says(child, 'ready');
    const { port } = server;
    await server.stop();
    await says(child, 'the connection is lost');
    child.kill('SIGTERM');
    expect((await outcome).status).toBe(0);
    server = await RedisServer.start(port);
  }, 60_000);

  it('a server that is not there, or refuses, is named with the reason', () => {
    const gone = (url: string): Outcome => wirelab.run('worker', '--queue', url);
    expect(gone('redis://127.0.0.1:1/0')).toMatchObject({
      status: 2,
      error:
        'redis://127.0.0.1:1/0: cannot be reached: connection refused; is a redis-server running there, and the password right?\n',
    });
    const refused = gone(server.url.replace('//', '//user:secret@'));
    expect(refused.status).toBe(2);
    expect(refused.error).toContain('WRONGPASS');
    expect(refused.error).not.toContain('secret');
  });
});

describe('the address of a queue', () => {
  it('is shown without its password', () => {
    expect(readAddress('redis://user:secret@192.0.2.1:6379/3')).toBe('redis://user:…@192.0.2.1:6379/3');
  });

  it.each([
    ['nonsense', 'nonsense: is no address; write redis://127.0.0.1:6379/0'],
    ['http://user:secret@192.0.2.1/', 'http://…: a queue is in Redis'],
  ])('%s is refused', (url, message) => {
    expect(() => readAddress(url)).toThrow(message);
  });
});
