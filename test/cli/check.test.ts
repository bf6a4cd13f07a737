import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Wirelab } from './wirelab.ts';

const TWO_ROUTERS = 'topologies/two-routers.yaml';

const ERROR = `hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.1/24 } }
links:
  - h1.eth0 -- h2.eth0
`;
const WARNING = ERROR.replace(
  'h2: { interfaces: { eth0: 192.0.2.1/24',
  'h2: { interfaces: { eth0: 192.0.2.2/24, eth1: 198.51.100.1/24',
);

describe('wirelab check', () => {
  let wirelab: Wirelab;
  let error: string;
  let warning: string;
  beforeAll(async () => {
    wirelab = await Wirelab.build();
    error = wirelab.file('error.yaml', ERROR);
    warning = wirelab.file('warning.yaml', WARNING);
  }, 60_000);
  afterAll(() => wirelab.remove());

  it('says what a file has where nothing is found', () => {
    expect(wirelab.run('check', TWO_ROUTERS)).toMatchObject({
      status: 0,
      out: `${TWO_ROUTERS}: 4 nodes, 3 links, 4 programs; nothing found\n`,
    });
  });

  it('explains a finding with its place, its remedy and its proof, and exits with 1 for an error', () => {
    const { status, out } = wirelab.run('check', error);
    expect(status).toBe(1);
    expect(out).toBe(`${error}:3:29: error duplicate-address: hosts.h2.interfaces.eth0
    h2.eth0 has 192.0.2.1, which h1.eth0 has already.
    Neighbours reach whichever of the two answered their ARP request, and the other one never hears of it.
    fix: give h2.eth0 another address, such as 192.0.2.2/24
    proof: h2 sends IP 192.0.2.1 > 192.0.2.1: ICMP echo request, id 29810, seq 0, length 64
           h2 takes it; h1.eth0 sees nothing
${error}: 2 nodes, 1 link, 0 programs; 1 error, 0 warnings
`);
  });

  it('exits with 0 for warnings unless it is strict, and leaves out what is below --severity', () => {
    expect(wirelab.run('check', warning).status).toBe(0);
    expect(wirelab.run('check', '--strict', warning).status).toBe(1);
    const quiet = wirelab.run('check', '--strict', '--severity', 'error', warning);
    expect(quiet).toMatchObject({ status: 0, out: `${warning}: 2 nodes, 1 link, 0 programs; nothing found\n` });
  });

  it('looks at every file, and exits with 2 if one has no meaning', () => {
    const wrong = wirelab.file('wrong.yaml', 'hosts: { h1: { gatewy: 192.0.2.1 } }');
    const { status, out, error: said } = wirelab.run('check', wrong, error, 'no-such.yaml');
    expect(status).toBe(2);
    expect(out).toContain('duplicate-address');
    expect(said).toContain(`${wrong}:1:16: hosts.h1: `);
    expect(said).toContain('did you mean "gateway"?');
    expect(said).toContain('no-such.yaml: cannot be read: no such file');
  });

  it('writes a JSON object for each finding, or one SARIF log for all files', () => {
    const lines = wirelab.run('check', '--json', error, warning).out.trim().split('\n');
    const findings = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(findings.map(({ rule, file }) => [rule, file])).toEqual([
      ['duplicate-address', error],
      ['unlinked-interface', warning],
    ]);
    expect(findings[0]).toMatchObject({ severity: 'error', position: { line: 3, column: 29 } });
    const { status, out } = wirelab.run('check', '--sarif', error, warning);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      version: '2.1.0',
      runs: [{ results: [{ level: 'error' }, { level: 'warning' }] }],
    });
  });
});
