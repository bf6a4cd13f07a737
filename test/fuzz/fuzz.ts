/**
 * The long-running fuzzer: `npm run fuzz -- --frames 10000000 --seed 1`.
 *
 *   --frames N    frames to inject in all (1,000,000)
 *   --seconds S   stop after so long, although frames are left
 *   --seed K      everything hangs on it (1)
 *   --lab N       begin with the lab of this number, as a failure named it (0)
 *   --life N      frames that one lab meets before a new one is opened (1,000,000)
 *   --batch N     frames between two times of peace (2,500)
 *   --twin        every batch also on a lab that spoils frames which were given away; twice as slow, and more
 *   --own         leave out the captures of ../shared, so that the frames are the same where they are not
 *   --replay FILE play the actions of a failure that was written to a file, and nothing else
 *
 * After each batch it looks for what must hold (invariants.ts) and has everybody ping everybody; now and then it looks
 * at the heap. What fails is cut down, written to out/, and named with the command that repeats it; exit status 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { summarizeFrame } from '../../src/wire/registry.ts';
import { labSeed, playTwice, run } from './campaign.ts';
import type { CampaignSettings, Failure, Progress } from './campaign.ts';
import { reduce } from './reduce.ts';
import { readSeeds } from './seeds.ts';
import { openSiege } from './siege.ts';
import type { Action } from './siege.ts';

/** Batches between two looks at the heap. */
const HEAP_INTERVAL = 20;
/** A lab's first looks are for the engine to warm up and the tables to fill. */
const WARM = 3;
/** Bytes by which the heap may have grown beyond that: less than a quarter of what a leak of 100 bytes a frame takes. */
const MAX_GROWTH = 24 * 1_048_576;
/** Spare frames of four sizes (sim/frame.ts), and what the tables and sockets of eight hosts may hold. */
const MAX_BUFFERS = 6 * 67_108_864;
/** A batch that takes longer hangs in a loop without events. */
const HANGS_AFTER_SECONDS = 120;

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    lab: { type: 'string', default: '0' },
    life: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '2500' },
    twin: { type: 'boolean', default: false },
    own: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
});
const { groups, fromCaptures } = readSeeds(!values.own);
const settings: CampaignSettings = {
  seed: Number(values.seed),
  frames: Number(values.frames),
  batch: Number(values.batch),
  life: Number(values.life),
  firstLab: Number(values.lab),
  twin: values.twin,
  seeds: groups,
};

function attack(): number {
  const began = process.hrtime.bigint();
  const watched = watchdog();
  const seconds = (): number => Number(process.hrtime.bigint() - began) / 1e9;
  const heap = new Heap();
  print(`seed ${settings.seed}, ${groups.flat().length} frames to start from, ${fromCaptures} of them from captures`);
  let survived = '';
  let told = 0;
  const failure = run(settings, (progress) => {
    watched.alive(progress);
    survived = describe(progress, seconds());
    if (progress.isLast || seconds() - told >= 20) {
      told = seconds();
      print(`${survived}, lab ${progress.lab}`);
    }
    if (seconds() > Number(values.seconds)) return 'stop';
    return progress.isLast || progress.batch % HEAP_INTERVAL === 0 ? heap.check(progress) : [];
  });
  watched.stop();
  if (failure !== null) return explain(failure);
  print(`survived ${survived}; repeat it with: ${command(settings.firstLab ?? 0)}`);
  return 0;
}

function describe({ injected, changed, events }: Progress, seconds: number): string {
  const rate = Math.round(injected / seconds);
  return `${injected} frames injected, ${changed} changed on their way, ${events} events, ${rate} frames/s`;
}

function command(lab: number): string {
  const { seed, frames, batch, life, twin } = settings;
  const flags = `${twin === true ? ' --twin' : ''}${values.own ? ' --own' : ''}`;
  return `npm run fuzz -- --seed ${seed} --lab ${lab} --frames ${frames} --life ${life} --batch ${batch}${flags}`;
}

/** Growth without bound: the heap after a collection, compared with what it was when the same lab was young. */
class Heap {
  private readonly collect: () => void;
  private lab = -1;
  private looks = 0;
  private young = 0;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.collect = runInNewContext('gc') as () => void;
  }

  check({ lab }: Progress): string[] {
    this.collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (lab !== this.lab) {
      this.lab = lab;
      this.looks = 0;
    }
    if (++this.looks <= WARM) this.young = heapUsed;
    if (heapUsed > this.young + MAX_GROWTH) return [`the heap has grown from ${this.young} to ${heapUsed} bytes`];
    return arrayBuffers > MAX_BUFFERS ? [`${arrayBuffers} bytes of buffers`] : [];
  }
}

/** Ends this process when a batch does not come to its end: nothing in here could, as long as a loop runs. */
function watchdog(): { alive(progress: Progress): void; stop(): void } {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const patience = HANGS_AFTER_SECONDS * (settings.twin === true ? 3 : 1) * Math.ceil(settings.batch / 2_500);
  const code = `
    const { workerData: { shared, patience, again } } = require('node:worker_threads');
    let seen = -1, at = Date.now();
    setInterval(() => {
      const lab = Atomics.load(shared, 0), batch = Atomics.load(shared, 1);
      if (seen !== lab * 1e6 + batch) { seen = lab * 1e6 + batch; at = Date.now(); }
      else if (Date.now() - at > patience * 1000) {
        require('node:fs').writeSync(2, 'lab ' + lab + ': the batch after number ' + batch + ' hangs; ' + again + '\\n');
        process.kill(process.pid, 'SIGKILL');
      }
    }, 1000);`;
  const again = `repeat it with: ${command(settings.firstLab ?? 0)}`;
  const worker = new Worker(code, { eval: true, workerData: { shared, patience, again }, execArgv: [] });
  worker.unref();
  return {
    alive({ lab, batch }) {
      Atomics.store(shared, 0, lab);
      Atomics.store(shared, 1, batch);
    },
    stop: () => void worker.terminate(),
  };
}

/** Says what is wrong and how to see it again; the batch alone on a fresh lab, if that is enough, and as little of it as is. */
function explain({ lab, batch, injected, problems, actions }: Failure): number {
  print(`FAILED after ${injected} frames, in lab ${lab}, batch ${batch}:\n${problems.slice(0, 20).join('\n')}`);
  print(`repeat it with: ${command(lab)}`);
  const seed = labSeed(settings.seed, lab);
  const fails = (some: readonly Action[]): boolean => playAlone(seed, some).length > 0;
  const isEnough = fails(actions);
  const kept = isEnough ? reduce(actions, fails) : actions;
  print(isEnough ? `${kept.length} of its ${actions.length} actions are enough:` : 'a fresh lab survives this batch:');
  for (const action of kept.slice(0, 20)) print(`  ${describeAction(action)}`);
  const file = `out/fuzz-${settings.seed}-${lab}-${batch}.json`;
  mkdirSync('out', { recursive: true });
  writeFileSync(file, JSON.stringify({ seed, actions: kept.map(toText) }, null, 1));
  print(`written to ${file}; play it with: npm run fuzz -- --replay ${file}${values.twin ? ' --twin' : ''}`);
  return 1;
}

/** On a fresh lab, or with --twin on two. */
function playAlone(seed: number, actions: readonly Action[]): string[] {
  const other = values.twin ? openSiege({ seed, seeds: groups, poison: true }) : null;
  return playTwice(openSiege({ seed, seeds: groups }), other, actions);
}

function describeAction(action: Action): string {
  if (action.do !== 'inject') return JSON.stringify(action);
  const { node, port, bytes } = action;
  return `${node} port ${port}: ${summarizeFrame(bytes, bytes.length)}`;
}

function replay(file: string): number {
  const { seed, actions } = JSON.parse(readFileSync(file, 'utf8')) as { seed: number; actions: Written[] };
  const problems = playAlone(seed, actions.map(fromText));
  print(problems.length === 0 ? 'the lab survives it' : problems.join('\n'));
  return problems.length === 0 ? 0 : 1;
}

/** An action as it stands in a file: the bytes of a frame as hexadecimal digits. */
type Written =
  Exclude<Action, { do: 'inject' }> | { do: 'inject'; node: string; port: number; hex: string; wait: number };

function toText(action: Action): Written {
  if (action.do !== 'inject') return action;
  const { bytes, ...rest } = action;
  return { ...rest, hex: Buffer.from(bytes).toString('hex') };
}

function fromText(written: Written): Action {
  if (written.do !== 'inject') return written;
  const { hex, ...rest } = written;
  return { ...rest, bytes: Uint8Array.from(Buffer.from(hex, 'hex')) };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = values.replay === undefined ? attack() : replay(values.replay);
