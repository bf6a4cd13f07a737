/**
 * What the Internet checksum costs by length, beside the plainest loop: `npx tsx bench/checksum.ts`.
 * 20 bytes are an IPv4 header, 72 a small UDP datagram, 1480 a full one.
 */
import * as Checksum from '../src/wire/checksum.ts';
import { readU16, readU8 } from '../src/wire/bytes.ts';

const ROUNDS = 2_000_000;

/** Frames by turns, so that the loop does not run on one line of the cache alone. */
const frames = Array.from({ length: 64 }, (_, k) =>
  Uint8Array.from({ length: 2048 }, (_, i) => (i * 31 + k * 17) & 255),
);

function oneWordATurn(bytes: Uint8Array, at: number, end: number, initial: number): number {
  let total = initial;
  for (; at < end - 1; at += 2) total += readU16(bytes, at);
  if (at < end) total += readU8(bytes, at) << 8;
  return total;
}

function nanosecondsEach(sum: typeof oneWordATurn, length: number): number {
  const rounds = Math.ceil((ROUNDS * 20) / length);
  let best = Infinity;
  let sink = 0;
  for (let repeat = 0; repeat < 5; repeat++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) sink ^= Checksum.finish(sum(frames[i & 63]!, 34, 34 + length, i & 0xffff));
    best = Math.min(best, Number(process.hrtime.bigint() - start) / rounds);
  }
  if (sink === -1) throw new Error('the sums are used, so that the engine makes them');
  return best;
}

for (const length of [20, 72, 1480]) {
  const ours = nanosecondsEach(Checksum.sum, length).toFixed(1);
  const plain = nanosecondsEach(oneWordATurn, length).toFixed(1);
  console.log(`checksum of ${String(length).padStart(4)} bytes: ${ours} ns, one word a turn ${plain} ns`);
}
