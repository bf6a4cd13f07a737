import { expect, it } from 'vitest';
import { checkAllPairs } from '../../src/check/all-pairs.ts';
import { pingPairs } from '../../src/check/ping-pairs.ts';
import type { Pair } from '../../src/check/ping-pairs.ts';
import { openLab } from '../../src/lab/lab.ts';
import * as Ip from '../../src/wire/ip4.ts';
import { topologyText } from '../open-lab.ts';

const address = (text: string): Ip.Ip4 => Ip.parse(text)!;

/** Without what runs and happens there. */
function quiet(name: string): string {
  return topologyText(name).replace(/\n(?:programs|events|expect):[^]*/, '\n');
}

/** Who does not answer whom, as the program ping has it, with all pairs and their addresses. */
function byPing(text: string): { readonly pairs: Pair[]; readonly silent: string[] } {
  const lab = openLab(text);
  const { failed } = checkAllPairs(lab);
  const pairs = lab.jobs.map(({ node, command }) => ({ from: node, to: address(command.split(' ').at(-1)!) }));
  return {
    pairs,
    silent: failed.map(({ from, to, address: ip }) => `${from} ${to} ${Ip.format(ip)}`.replace(/ \S+ /, ' ')),
  };
}

it.each(['two-hosts', 'one-switch', 'two-subnets', 'two-routers', 'ring'])(
  'says of %s what the program ping says',
  (name) => {
    const text = quiet(name);
    const { pairs, silent } = byPing(text);
    const answered = pingPairs(openLab(text), pairs);
    expect(pairs.filter((_, i) => answered[i] === false).map(({ from, to }) => `${from} ${Ip.format(to)}`)).toEqual(
      silent,
    );
    // The ring's routers do not know all of its lines.
    expect(silent.length > 0).toBe(name === 'ring');
  },
);

it('asks more at a time than may wait for one neighbour, and none of them is lost', () => {
  const hosts = Array.from({ length: 150 }, (_, i) => `  h${i}: { interfaces: { eth0: 10.0.0.${i + 1}/24 } }`);
  const links = Array.from({ length: 150 }, (_, i) => `h${i}.eth0 -- s1`);
  const lab = openLab(`hosts:\n${hosts.join('\n')}\nswitches: { s1: }\nlinks: [${links.join(', ')}]\n`);
  const pairs = Array.from({ length: 149 }, (_, i) => ({ from: 'h0', to: address(`10.0.0.${i + 2}`) }));
  expect(pingPairs(lab, pairs)).toEqual(pairs.map(() => true));
});

it('gives up after five seconds, and leaves no socket behind', () => {
  const lab = openLab(quiet('two-hosts'));
  const pair = { from: 'h1', to: address('192.0.2.77') };
  expect(pingPairs(lab, [pair, { from: 'h1', to: address('198.51.100.1') }])).toEqual([false, false]);
  expect(lab.now).toBeLessThanOrEqual(5_000_000_000);
  expect(lab.kernel('h1').stack.raw).toEqual([]);
  const { made, copied, injected, consumed, dropped, waiting } = lab.frameCounts();
  expect(made + copied + injected).toBe(consumed + dropped + waiting);
});
