/** Findings for people, two lines of explanation each; compilers' way of naming places, so that editors find them. */
import type { Finding } from './finding.ts';

export function formatFinding({ file, position, path, ...finding }: Finding): string {
  const { rule, severity, message, consequence, fix, proof } = finding;
  const place = `${file}:${position.line}:${position.column}: ${severity} ${rule}`;
  const lines = [path === '' ? place : `${place}: ${path}`, message, consequence, `fix: ${fix}`];
  if (proof !== null) lines.push(`proof: ${proof.sent}`, `       ${proof.met}`);
  return lines.join('\n    ');
}

/** `2 errors, 1 warning` */
export function countFindings(findings: readonly Finding[]): string {
  const counts = (['error', 'warning'] as const).map((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  const notes = findings.filter(({ severity }) => severity === 'info').length;
  return [...counts, ...(notes === 0 ? [] : [`${notes} for information`])].join(', ');
}
