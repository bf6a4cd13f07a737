/**
 * Lines as Linux's traceroute 2.1.2 printed them in network namespaces of the same shape, times aside.
 */
import { describe, expect, it } from 'vitest';
import { formatHop } from '../../src/programs/traceroute.ts';
import { fromNumber } from '../../src/wire/ip4.ts';
import { openLab, run, TWO_HOSTS, TWO_ROUTERS } from './labs.ts';

const WARM = 'ping -c 1 h2';

describe('traceroute', () => {
  it.each(['', '-I '])('names every hop, then the destination: %s', (option) => {
    const lab = openLab(TWO_ROUTERS);
    run(lab, 'h1', WARM);
    const { status, output } = run(lab, 'h1', `traceroute ${option}h2`);
    expect(status).toBe(0);
    expect(output[0]).toBe('traceroute to h2 (198.51.100.1), 30 hops max, 60 byte packets');
    expect(output.slice(1).map((line) => line.replace(/\d+\.\d{3} ms/g, 'T'))).toEqual([
      ' 1  192.0.2.254 (192.0.2.254)  T  T  T',
      ' 2  203.0.113.2 (203.0.113.2)  T  T  T',
      ' 3  198.51.100.1 (198.51.100.1)  T  T  T',
    ]);
  });

  it('prints addresses alone with -n, and starts where -f says', () => {
    const lab = openLab(TWO_ROUTERS);
    run(lab, 'h1', WARM);
    const { output } = run(lab, 'h1', 'traceroute -n -q 2 -f 2 h2');
    expect(output.slice(1).map((line) => line.replace(/\d+\.\d{3} ms/g, 'T'))).toEqual([
      ' 2  203.0.113.2  T  T',
      ' 3  198.51.100.1  T  T',
    ]);
  });

  it.each([
    // A net that the first router has no route to, and a host that does not answer the last one's ARP.
    ['traceroute -q 1 10.0.0.1', [' 1  192.0.2.254 (192.0.2.254)  T !N']],
    [
      'traceroute -q 1 198.51.100.9',
      [' 1  192.0.2.254 (192.0.2.254)  T', ' 2  203.0.113.2 (203.0.113.2)  T', ' 3  203.0.113.2 (203.0.113.2)  T !H'],
    ],
  ])('%s says where the way ends', (command, lines) => {
    const lab = openLab(TWO_ROUTERS);
    run(lab, 'h1', WARM);
    const { status, output } = run(lab, 'h1', command);
    expect(status).toBe(0);
    expect(output.slice(1).map((line) => line.replace(/\d+\.\d{3} ms/g, 'T'))).toEqual(lines);
  });

  it('finds the link that is too narrow with -F', () => {
    const lab = openLab(TWO_ROUTERS.replace('delay: 10ms', 'delay: 10ms, mtu: 1400'));
    const { output } = run(lab, 'h1', 'traceroute -q 1 -F h2 1450');
    expect(output[0]).toBe('traceroute to h2 (198.51.100.1), 30 hops max, 1450 byte packets');
    expect(output.at(-1)).toMatch(/^ 2 {2}192\.0\.2\.254 \(192\.0\.2\.254\) {2}\S+ ms !F-1400$/);
  });

  it('waits in vain up to -m hops', () => {
    const lab = openLab(
      TWO_HOSTS.replace('h1.eth0 -- h2.eth0', '{ from: h1.eth0, to: h2.eth0, backward: { loss: 100% } }'),
    );
    run(lab, 'h1', 'netcfg neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0');
    const { status, output } = run(lab, 'h1', 'traceroute -m 2 -w 1 h2');
    expect(output.slice(1)).toEqual([' 1  * * *', ' 2  * * *']);
    expect([status, lab.now]).toEqual([0, 6_000_000_000]);
  });

  it('takes a datagram from the destination for its answer', () => {
    const lab = openLab(TWO_HOSTS);
    lab.start('h2', 'udp-echo 40000', { background: true });
    const { output } = run(lab, 'h1', 'traceroute -q 1 -p 40000 h2');
    expect(output[1]).toMatch(/^ 1 {2}192\.0\.2\.2 \(192\.0\.2\.2\) {2}\S+ ms$/);
  });

  it('says that there is no way', () => {
    expect(run(openLab(TWO_HOSTS), 'h1', 'traceroute 203.0.113.9')).toEqual({
      status: 1,
      output: ['traceroute to 203.0.113.9 (203.0.113.9), 30 hops max, 60 byte packets'],
      error: ['traceroute: send: Network is unreachable'],
    });
  });
});

describe('a hop', () => {
  it('names a router again only where it is another', () => {
    const a = { from: fromNumber(0xc000_0201), time: 412_999, note: '', isFinal: false };
    const b = { ...a, from: fromNumber(0xc000_0202), note: '!H' };
    expect(formatHop(10, [a, null, a, b], false)).toBe(
      '10  192.0.2.1 (192.0.2.1)  0.412 ms *  0.412 ms 192.0.2.2 (192.0.2.2)  0.412 ms !H',
    );
  });
});
