import { expect, it } from 'vitest';
import { checkAllPairs } from '../../src/check/all-pairs.ts';
import { openLab } from '../../src/lab/lab.ts';
import { format } from '../../src/wire/ip4.ts';
import { openTopology } from '../open-lab.ts';

it('everybody in two-routers reaches everybody: each of four asks three', () => {
  expect(checkAllPairs(openTopology('two-routers'))).toEqual({ pairs: 12, asked: 12, failed: [] });
});

it('who has no way back is named, with what ping said', () => {
  const lab = openLab(`
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 } }
routers:
  r1: { interfaces: { eth0: 192.0.2.254/24, eth1: 198.51.100.254/24 } }
links: [h1.eth0 -- r1.eth0, r1.eth1 -- h2.eth0]
`);
  const { pairs, failed } = checkAllPairs(lab);
  expect(pairs).toBe(6);
  expect(failed.map(({ from, to, address, said }) => [from, to, format(address), said])).toEqual([
    ['h1', 'h2', '198.51.100.1', expect.stringContaining('100% packet loss')],
    ['h2', 'h1', '192.0.2.1', expect.stringContaining('Network is unreachable')],
    ['h2', 'r1', '192.0.2.254', expect.stringContaining('Network is unreachable')],
  ]);
});

it('parts that no link joins are not asked of each other, nor is who has no address', () => {
  const lab = openLab(`
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
  h3: { interfaces: { eth0: 192.0.2.3/24 } }
  silent: { interfaces: { eth0: } }
switches: { s1: }
links: [h1.eth0 -- s1, h2.eth0 -- s1, silent.eth0 -- s1]
`);
  expect(checkAllPairs(lab)).toEqual({ pairs: 2, asked: 2, failed: [] });
});

it('of many pairs some are asked, and the same ones from the same seed', () => {
  const hosts = Array.from({ length: 30 }, (_, i) => `  h${i}: { interfaces: { eth0: 192.0.2.${i + 1}/24 } }`);
  const links = Array.from({ length: 30 }, (_, i) => `h${i}.eth0 -- s1`);
  const text = `hosts:\n${hosts.join('\n')}\nswitches: { s1: }\nlinks: [${links.join(', ')}]\n`;
  const ask = (seed: number) => {
    const lab = openLab(text);
    const { pairs, asked, failed } = checkAllPairs(lab, { most: 100, seed });
    expect([pairs, failed]).toEqual([870, []]);
    expect(asked).toBeGreaterThan(60);
    expect(asked).toBeLessThan(140);
    return lab.jobs.map(({ node, command }) => `${node} ${command}`).join('\n');
  };
  expect(ask(1)).toBe(ask(1));
  expect(ask(2)).not.toBe(ask(1));
});
