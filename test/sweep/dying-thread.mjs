/** A worker thread for threads.test.ts: ends in the middle of scenarios that have this seed. */
import { parentPort } from 'node:worker_threads';

const DEADLY = 13;

parentPort.on('message', ({ study, scenarios }) => {
  if (study !== null) console.assert(typeof study.text === 'string');
  const results = scenarios.map(({ id, seed }) => {
    if (seed === DEADLY) process.exit(7);
    return { scenario: id, seed, failed: [], error: null, cutOff: [], notAsked: [], partitioned: [], broken: [] };
  });
  parentPort.postMessage(results);
});
