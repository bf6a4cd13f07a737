/**
 * Findings as SARIF, the format in which code hosts take what analysers find.
 * OASIS, Static Analysis Results Interchange Format 2.1.0: §3.13 sarifLog, §3.27 result, §3.49 reportingDescriptor.
 */
import type { Finding } from './finding.ts';
import { RULES } from './rules.ts';
import type { RuleName, Severity } from './rules.ts';

/** §3.27.10 */
const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const satisfies Record<Severity, string>;

const NAMES = Object.keys(RULES) as RuleName[];

/** A log of one run, to be written as JSON. */
export function sarifOf(findings: readonly Finding[]): object {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'wirelab', rules: NAMES.map(descriptorOf) } },
        // §3.14.17: columns count as in the files' positions.
        columnKind: 'utf16CodeUnits',
        results: findings.map(resultOf),
      },
    ],
  };
}

function descriptorOf(id: RuleName): object {
  const { severity, summary } = RULES[id];
  return { id, shortDescription: { text: summary }, defaultConfiguration: { level: LEVELS[severity] } };
}

function resultOf({ rule, severity, file, position, path, ...finding }: Finding): object {
  const { message, consequence, fix, proof } = finding;
  const shown = proof === null ? [] : [`Proof: ${proof.sent}: ${proof.met}`];
  const { line: startLine, column: startColumn } = position;
  return {
    ruleId: rule,
    ruleIndex: NAMES.indexOf(rule),
    level: LEVELS[severity],
    message: { text: [message, consequence, `Fix: ${fix}`, ...shown].join('\n') },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine, startColumn } },
        ...(path === '' ? {} : { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
  };
}

/** A relative reference (RFC 3986 §4.2), or, of a path from the root, a file URI. */
function uriOf(file: string): string {
  const parts = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return parts.startsWith('/') ? `file://${parts}` : parts.replace(/^\.\//, '');
}
