import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/check/lint/finding.ts';
import { RULES } from '../../../src/check/lint/rules.ts';
import { sarifOf } from '../../../src/check/lint/sarif.ts';

const FINDING: Finding = {
  rule: 'asymmetric-path',
  severity: 'warning',
  file: 'my labs/lab.yaml',
  position: { line: 3, column: 5 },
  path: 'routers.r1',
  message: 'h1 to h2 goes one way.',
  consequence: 'It comes back by another.',
  fix: 'point the routes along one',
  proof: { sent: 'h1 sends IP 192.0.2.1 > 198.51.100.1', met: 'there r1, back r2' },
};

/** What is looked at of SARIF. */
interface Log {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly Record<string, unknown>[];
    },
  ];
}

describe('SARIF', () => {
  const log = sarifOf([FINDING, { ...FINDING, severity: 'info', file: '/labs/a.yaml', path: '', proof: null }]) as Log;
  const [{ tool, results }] = log.runs;

  it('names the tool and every rule, each once (§3.19.23)', () => {
    expect(log.version).toBe('2.1.0');
    expect(tool.driver.name).toBe('wirelab');
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(Object.keys(RULES));
  });

  it('has a result for each finding, with its rule, level, message and place (§3.27)', () => {
    expect(results[0]).toEqual({
      ruleId: 'asymmetric-path',
      ruleIndex: tool.driver.rules.findIndex(({ id }) => id === 'asymmetric-path'),
      level: 'warning',
      message: {
        text: [
          'h1 to h2 goes one way.',
          'It comes back by another.',
          'Fix: point the routes along one',
          'Proof: h1 sends IP 192.0.2.1 > 198.51.100.1: there r1, back r2',
        ].join('\n'),
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'my%20labs/lab.yaml' },
            region: { startLine: 3, startColumn: 5 },
          },
          logicalLocations: [{ fullyQualifiedName: 'routers.r1' }],
        },
      ],
    });
  });

  it('calls an info a note, and a path from the root a file URI', () => {
    expect(results[1]).toMatchObject({
      level: 'note',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'file:///labs/a.yaml' } } }],
    });
  });
});
