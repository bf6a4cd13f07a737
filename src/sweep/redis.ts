/**
 * BullMQ and ioredis, which are loaded only when a queue is asked for, and may be absent: the parts of them that are
 * used here, in types, and a connection that says what is wrong with it.
 */
import * as modules from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { LabError } from '../lab/lab-error.ts';

/** ioredis's client. */
export interface Redis {
  connect(): Promise<void>;
  ping(): Promise<string>;
  get(key: string): Promise<string | null>;
  set(key: string, value: string, unit: 'EX', seconds: number): Promise<unknown>;
  disconnect(): void;
  on(event: 'error', hear: (error: Error) => void): unknown;
  on(event: 'ready', hear: () => void): unknown;
}

export interface Job {
  readonly id?: string;
  readonly data: unknown;
  readonly returnvalue: unknown;
  readonly failedReason?: string;
  getState(): Promise<string>;
  remove(): Promise<void>;
}

interface JobRequest {
  readonly name: string;
  readonly data: unknown;
  readonly opts: { readonly jobId: string; readonly removeOnComplete: KeepJobs; readonly removeOnFail: KeepJobs };
}

interface KeepJobs {
  /** Seconds. */
  readonly age: number;
}

interface Closable {
  close(force?: boolean): Promise<void>;
  on(event: 'error', hear: (error: Error) => void): unknown;
}

export interface Queue extends Closable {
  addBulk(jobs: readonly JobRequest[]): Promise<unknown>;
  getJob(id: string): Promise<Job | undefined>;
  getWorkersCount(): Promise<number>;
}

export interface QueueEvents extends Closable {
  waitUntilReady(): Promise<unknown>;
  on(event: 'error', hear: (error: Error) => void): unknown;
  on(event: 'completed' | 'failed', hear: (told: { readonly jobId: string }) => void): unknown;
}

export interface QueueWorker extends Closable {
  waitUntilReady(): Promise<unknown>;
}

interface WorkerSettings {
  readonly connection: Redis;
  readonly concurrency: number;
  readonly lockDuration: number;
  readonly stalledInterval: number;
  readonly maxStalledCount: number;
}

export interface BullMq {
  readonly Queue: new (name: string, options: { readonly connection: Redis }) => Queue;
  readonly QueueEvents: new (name: string, options: { readonly connection: Redis }) => QueueEvents;
  readonly Worker: new (name: string, work: (job: Job) => Promise<unknown>, settings: WorkerSettings) => QueueWorker;
}

interface RedisSettings {
  readonly lazyConnect: boolean;
  readonly maxRetriesPerRequest: null;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds until it tries again; null: it does not. */
  readonly retryStrategy: (times: number) => number | null;
}

/** Milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const MAX_RETRY = 2_000;

/** Milliseconds that an end may take where the server may have gone. */
export const GOODBYE = 5_000;

/** An open connection, and BullMQ for it. */
export interface Connection {
  readonly bullmq: BullMq;
  readonly redis: Redis;
}

/**
 * Connects to `redis://…`. A LabError says what is missing, or why nobody answers there. A connection that is lost
 * later is made again, as often as it takes; `say` is told.
 */
export async function connect(url: string, say: (text: string) => void): Promise<Connection> {
  const address = readAddress(url);
  const bullmq = load('bullmq') as BullMq;
  const ioredis = load('ioredis') as { readonly Redis: new (url: string, settings: RedisSettings) => Redis };
  let isOpen = false;
  let last: Error | null = null;
  const redis = new ioredis.Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_TIMEOUT,
    retryStrategy: (times) => (isOpen ? Math.min(times * 100, MAX_RETRY) : null),
  });
  redis.on('error', (error) => {
    if (isOpen && last === null) say(`${address}: the connection is lost (${describe(error)}); trying again`);
    last = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const reason = describe(last ?? (error as Error));
    throw new LabError(
      `${address}: cannot be reached: ${reason}; is a redis-server running there, and the password right?`,
    );
  }
  isOpen = true;
  last = null;
  redis.on('ready', () => {
    if (last !== null) say(`${address}: connected again`);
    last = null;
  });
  return { bullmq, redis };
}

/** As messages name it: without its password. */
export function readAddress(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new LabError(`${url}: is no address; write redis://127.0.0.1:6379/0`);
  }
  if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:') {
    throw new LabError(
      `${parsed.protocol}//…: a queue is in Redis; write redis://127.0.0.1:6379/0, or rediss:// for TLS`,
    );
  }
  if (parsed.password !== '') parsed.password = '…';
  return decodeURI(parsed.href);
}

function describe({ message, ...rest }: Error): string {
  const { code } = rest as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND') return 'there is no host of that name';
  return message === '' ? (code ?? 'no reason is given') : message;
}

/** From beside this package, else from where the command is run. */
function load(name: string): unknown {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href]) {
    const require = modules.createRequire(from);
    let path: string;
    try {
      path = require.resolve(name);
    } catch {
      continue;
    }
    return require(path);
  }
  throw new LabError(`${name} is not installed, which queues need: npm install bullmq ioredis`);
}

/** Waits, but not for ever. */
export async function atMost(milliseconds: number, what: Promise<unknown>): Promise<void> {
  await Promise.race([what, setTimeout(milliseconds, undefined, { ref: false })]);
}
