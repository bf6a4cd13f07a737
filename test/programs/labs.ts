/**
 * Labs for the tests of programs: a topology in the test, a command line on a host, the lines that came of it.
 */
import { openLab } from '../../src/lab/lab.ts';
import type { Job } from '../../src/lab/jobs.ts';
import type { Lab } from '../../src/lab/lab.ts';

/** Two hosts on one link. */
export const TWO_HOSTS = `
name: two-hosts
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links:
  - h1.eth0 -- h2.eth0
`;

/** h1 -- r1 == r2 -- h2, the line between the routers 10 ms long. */
export const TWO_ROUTERS = `
name: two-routers
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }
  h2: { interfaces: { eth0: 198.51.100.1/24 }, gateway: 198.51.100.254 }
routers:
  r1:
    interfaces: { eth0: 192.0.2.254/24, eth1: 203.0.113.1/24 }
    routes: [ { to: 198.51.100.0/24, via: 203.0.113.2 } ]
  r2:
    interfaces: { eth0: 203.0.113.2/24, eth1: 198.51.100.254/24 }
    routes: [ { to: 192.0.2.0/24, via: 203.0.113.1 } ]
links:
  - h1.eth0 -- r1.eth0
  - { from: r1.eth1, to: r2.eth0, delay: 10ms }
  - r2.eth1 -- h2.eth0
`;

export interface Outcome {
  readonly status: number | null;
  /** Standard output, and standard error, line by line. */
  readonly output: readonly string[];
  readonly error: readonly string[];
}

/** Runs a command line to its end. */
export function run(lab: Lab, node: string, command: string): Outcome {
  return outcomeOf(lab.run(node, command));
}

export function outcomeOf(job: Job): Outcome {
  const of = (stream: string): string[] => job.lines.filter((line) => line.stream === stream).map(({ text }) => text);
  return { status: job.exitStatus, output: of('output'), error: of('error') };
}

export { openLab };
