/**
 * What people get wrong in a topology that a lab runs all the same: each finding with its place in the file, what comes
 * of it, a remedy, and, where one can be sent, the packet that fails.
 * It looks at the file and at the hosts' own routing tables before anything runs. Not here: what the loader refuses
 * (a TopologyError), and what events and programs change while the lab runs.
 */
import { Lab } from '../lab/lab.ts';
import { readTopology } from '../lab/topology.ts';
import type { Position, Topology } from '../lab/topology.ts';
import {
  checkDuplicateAddresses,
  checkDuplicateMacs,
  checkMasks,
  checkOverlaps,
  checkReservedAddresses,
} from './lint/addressing.ts';
import { readAllowances } from './lint/allowances.ts';
import type { Allowance } from './lint/allowances.ts';
import type { Check, Claim, Finding } from './lint/finding.ts';
import { checkGateways } from './lint/gateways.ts';
import { checkMtus, checkSwitchLoops, checkUnlinked } from './lint/links.ts';
import { checkDns, checkIslands, checkWays } from './lint/reachability.ts';
import { RULES, SEVERITIES } from './lint/rules.ts';
import type { RuleName } from './lint/rules.ts';
import { survey } from './lint/survey.ts';
import type { Survey } from './lint/survey.ts';

/** How a file is looked over. */
export interface LintOptions {
  /** What messages call the file. */
  readonly file?: string;
}

/** What was found in a file. */
export interface LintReport {
  readonly topology: Topology;
  /** In the file's order. */
  readonly findings: readonly Finding[];
  /** Findings that the file allows. */
  readonly allowed: number;
}

const CHECKS: readonly Check<Survey>[] = [
  checkDuplicateAddresses,
  checkDuplicateMacs,
  checkReservedAddresses,
  checkMasks,
  checkOverlaps,
  checkGateways,
  checkWays,
  checkIslands,
  checkDns,
  checkMtus,
  checkSwitchLoops,
  checkUnlinked,
];

/** Each proof opens a lab; of a file that is wrong all over, the first ones tell enough, and of a large one fewer do. */
const MAX_PROOFS = 50;
const MAX_PROOF_NODES = 100_000;

/** Looks a topology file over. Throws a TopologyError where it has no meaning. */
export function lint(text: string, options: LintOptions = {}): LintReport {
  const topology = readTopology(text, options);
  // Programs and settings that there are not are for the loader to refuse.
  new Lab({ ...topology, bridges: [] }).close();
  const { list, claims: mistaken } = readAllowances(text);
  const used = new Set<Allowance>();
  const claims = [...claimsOf(survey(topology))].filter(({ rule, at }) => {
    const allowing = list.filter((one) => one.rule === rule && one.line === at.position.line);
    for (const one of allowing) used.add(one);
    return allowing.length === 0;
  });
  const unused = list.filter((one) => !used.has(one)).map(unusedClaim);
  let proofs = Math.min(MAX_PROOFS, Math.max(1, Math.floor(MAX_PROOF_NODES / topology.nodes.length)));
  const findings = [...claims, ...mistaken, ...unused].sort(inOrder).map((claim): Finding => {
    const { rule, at, message, consequence, fix, prove } = claim;
    const proof = prove !== undefined && proofs-- > 0 ? prove() : null;
    const { severity } = RULES[rule];
    const { position, path } = at;
    return { rule, severity, file: topology.file, position, path, message, consequence, fix, proof };
  });
  return { topology, findings, allowed: used.size };
}

/** What follows from another finding is left out: a host whose gateway is refused has no route either. */
function claimsOf(subject: Survey): Claim[] {
  const claims = CHECKS.flatMap((check) => [...check(subject)]);
  const refused = subject.lab.warnings.filter(({ path }) => !claims.some(({ at }) => at.path === path));
  const misled = new Set([
    ...claims.filter(({ rule }) => CAUSES.includes(rule)).map(({ at }) => at.path),
    ...refused.map(({ path }) => path),
  ]);
  const isCause = (path: string): boolean => [...misled].some((one) => one.startsWith(`${path}.`));
  return [
    ...claims.filter(({ rule, at }) => !FOLLOWING.includes(rule) || !isCause(at.path)),
    ...refused.map((warning): Claim => {
      const { node, message } = warning;
      const [what = '', why = '', ...remedies] = message.split(/: the kernel refuses it: |; /);
      return {
        rule: 'kernel-refusal',
        at: warning,
        message: why === '' ? `${node}: ${message}.` : `The kernel of ${node} refuses this: ${what}: ${why}.`,
        consequence: 'The lab runs without it.',
        fix: remedies.length === 0 ? 'change it, or take it out' : remedies.join('; '),
      };
    }),
  ];
}

const CAUSES: readonly RuleName[] = ['gateway-off-link', 'gateway-missing', 'gateway-not-router', 'mask-mismatch'];
const FOLLOWING: readonly RuleName[] = ['missing-route', 'missing-return-route'];

function unusedClaim({ rule, position }: Allowance): Claim {
  return {
    rule: 'unused-allowance',
    at: { position, path: '' },
    message: `Nothing here is found by ${rule}.`,
    consequence: 'Whoever reads it looks for what is not there.',
    fix: 'take the comment out, or move it to the line of the finding',
  };
}

function inOrder(a: Claim, b: Claim): number {
  const place = (one: Position, other: Position): number => one.line - other.line || one.column - other.column;
  const severity = ({ rule }: Claim): number => SEVERITIES.indexOf(RULES[rule].severity);
  return place(a.at.position, b.at.position) || severity(a) - severity(b);
}
