import { describe, expect, it } from 'vitest';
import { formatReport, verdictOf } from '../../src/sweep/report.ts';
import { runHere } from '../../src/sweep/run.ts';
import { documentOf, planSweep } from '../../src/sweep/sweep.ts';
import type { SweepRequest } from '../../src/sweep/sweep.ts';
import { topologyText } from '../open-lab.ts';

function run(text: string, request: Partial<SweepRequest>) {
  const sweep = planSweep({
    text,
    file: 'lab.yaml',
    expect: 'file',
    routes: 'recompute',
    fail: [],
    seeds: 1,
    seed: null,
    sample: null,
    shard: { index: 1, of: 1 },
    ...request,
  });
  return documentOf(sweep, runHere(sweep, Infinity));
}
const reportOf = (text: string, request: Partial<SweepRequest>): string => formatReport(run(text, request)).join('\n');

describe('the report', () => {
  it('tells what breaks by failure and by expectation, and what only has no way', () => {
    expect(reportOf(topologyText('ring'), { fail: ['links=1', 'r2'] })).toMatchInlineSnapshot(`
      "lab.yaml: 3 expectations in 8 scenarios

      without link h1.eth0 -- r1.eth0:
        cut off  h1
        no way   path h1 -> r1 -> r2 -> r3 -> h2
        no way   the other way takes over

      without link r1.eth1 -- r2.eth0:
        FAILED   path h1 -> r1 -> r2 -> r3 -> h2  it ends on h1 -> r1: link-down: r1 drops it: the link has no carrier

      without link r2.eth1 -- r3.eth1:
        FAILED   path h1 -> r1 -> r2 -> r3 -> h2  it ends on h1 -> r1 -> r2: link-down: r2 drops it: the link has no carrier

      without link r3.eth2 -- r4.eth1:
        FAILED   the other way takes over  it ends on h1 -> r1 -> r4: link-down: r4 drops it: the link has no carrier

      without link r4.eth0 -- r1.eth2:
        FAILED   the other way takes over  it ends on h1 -> r1: link-down: r1 drops it: the link has no carrier

      without link r3.eth0 -- h2.eth0:
        cut off  h2
        no way   path h1 -> r1 -> r2 -> r3 -> h2
        no way   the other way takes over

      without router r2:
        FAILED   path h1 -> r1 -> r2 -> r3 -> h2  it ends on h1 -> r1: link-down: r1 drops it: the link has no carrier

      expectation                      FAILED  no way  not asked  by
      path h1 -> r1 -> r2 -> r3 -> h2       3       2          0  link r1.eth1 -- r2.eth0, link r2.eth1 -- r3.eth1, router r2, link h1.eth0 -- r1.eth0, and 1 more
      the other way takes over              2       2          0  link r3.eth2 -- r4.eth1, link r4.eth0 -- r1.eth2, link h1.eth0 -- r1.eth0, link r3.eth0 -- h2.eth0

      1 of 8 scenarios hold; 5 fail though a way is left; 2 leave no way"
    `);
  });

  it('says with which seeds it was so', () => {
    expect(reportOf(topologyText('lossy-link'), { seeds: 20 })).toMatchInlineSnapshot(`
      "lab.yaml: 1 expectation in 20 scenarios

      with nothing failed:
        FAILED   flow h1 -> h2  50 of 500 lost (10%); latency at most 72.146 ms (with 2 of 20 seeds: 10, 18)

      expectation    FAILED  no way  not asked  by
      flow h1 -> h2       2       0          0  nothing failed

      18 of 20 scenarios hold; 2 fail though a way is left"
    `);
  });

  it('puts pairs that fail for the same reason together', () => {
    const text = topologyText('ring').replace(/\nexpect:[^]*/, '\n');
    expect(reportOf(text, { fail: ['r1--r2', 'h1--r1'], expect: 'all-pairs' })).toMatchInlineSnapshot(`
      "lab.yaml: 30 pairs in 3 scenarios

      with nothing failed:
        FAILED   h2 -> r2, h2 -> r4: no-route: r3 drops it: no route to the destination
        FAILED   r1 -> h2: it arrives; the reply does not: no-route: r3 drops it: no route to the destination
        FAILED   r1 -> r3: it arrives; the reply does not: no-route: r3 sends nothing: no route to the destination
        FAILED   r2 -> r4: no-route: r2 sends nothing: no route to the destination
        FAILED   r3 -> h1: it arrives; the reply does not: no-route: r1 drops it: no route to the destination
        FAILED   r3 -> r1: it arrives; the reply does not: no-route: r1 sends nothing: no route to the destination
        FAILED   r3 -> r2, r3 -> r4: no-route: r3 sends nothing: no route to the destination
        FAILED   r4 -> r2: no-route: r4 sends nothing: no route to the destination

      without link r1.eth1 -- r2.eth0:
        FAILED   h1 -> h2, h1 -> r3: link-down: r1 drops it: the link has no carrier
        FAILED   h1 -> r2: no-route: r1 drops it: no route to the destination
        FAILED   h2 -> h1, h2 -> r1, r2 -> h1, r2 -> r1: link-down: r2 drops it: the link has no carrier
        FAILED   r1 -> r2: no-route: r1 sends nothing: no route to the destination
        FAILED   8 that fail with nothing failed, too

      without link h1.eth0 -- r1.eth0:
        FAILED   h2 -> r1: no-route: r3 drops it: no route to the destination
        FAILED   r4 -> r1: no-route: r4 sends nothing: no route to the destination
        FAILED   9 that fail with nothing failed, too
        cut off  h1
        no way   10 pairs

      pair      FAILED  no way  not asked  by
      h2 -> r4       3       0          0  nothing failed
      r1 -> h2       3       0          0  nothing failed
      r1 -> r3       3       0          0  nothing failed
      r2 -> r4       3       0          0  nothing failed
      r3 -> r1       3       0          0  nothing failed
      r3 -> r4       3       0          0  nothing failed
      r4 -> r2       3       0          0  nothing failed
      r3 -> h1       2       1          0  nothing failed
      h2 -> r1       2       0          0  link r1.eth1 -- r2.eth0, link h1.eth0 -- r1.eth0
      h2 -> r2       2       0          0  nothing failed
      r3 -> r2       2       0          0  nothing failed
      h1 -> h2       1       1          0  link r1.eth1 -- r2.eth0, link h1.eth0 -- r1.eth0
      h1 -> r2       1       1          0  link r1.eth1 -- r2.eth0, link h1.eth0 -- r1.eth0
      h1 -> r3       1       1          0  link r1.eth1 -- r2.eth0, link h1.eth0 -- r1.eth0
      h2 -> h1       1       1          0  link r1.eth1 -- r2.eth0, link h1.eth0 -- r1.eth0
      r2 -> h1       1       1          0  link r1.eth1 -- r2.eth0, link h1.eth0 -- r1.eth0
      r1 -> r2       1       0          0  link r1.eth1 -- r2.eth0
      r2 -> r1       1       0          0  link r1.eth1 -- r2.eth0
      r4 -> r1       1       0          0  link h1.eth0 -- r1.eth0

      0 of 3 scenarios hold; 3 fail though a way is left"
    `);
  });

  it('is one line where all holds', () => {
    const text = topologyText('two-hosts').replace(/\nexpect:[^]*/, '\n');
    expect(reportOf(text, { seeds: 3, expect: 'all-pairs' })).toMatchInlineSnapshot(`
      "lab.yaml: 2 pairs in 3 scenarios

      3 of 3 scenarios hold"
    `);
  });

  it('counts an error as something that fails', () => {
    const text = `
hosts: { h1: { interfaces: { eth0: 192.0.2.1/24 } }, h2: { interfaces: { eth0: } } }
links: [h1.eth0 -- h2.eth0]
expect: [{ reach: h1 -> h2 }]\n`;
    const document = run(text, { fail: ['links=1'] });
    expect(verdictOf(document)).toEqual({ scenarios: 2, broken: 2, partitioned: 0 });
    expect(formatReport(document).join('\n')).toContain('ERROR    h2 has no address');
  });
});

it('a sweep over nothing is refused', () => {
  expect(() => run(topologyText('ring'), {})).toThrow(
    'lab.yaml: say what to go through, such as --fail links=1, --fail nodes=1 or --seeds 100',
  );
});
