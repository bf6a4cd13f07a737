/**
 * A fixture that opens a lab for each test, and matchers that say what must hold in it. What fails is
 * explained by the packet that shows it, with the seed, the file of its packets, and the command that repeats it.
 * @module wirelab/vitest
 */
import { expect } from 'vitest';
import { matchers } from './matchers.ts';
import type { LabMatchers } from './matchers.ts';

expect.extend(matchers);

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-empty-object-type -- vitest's own declaration has it so.
  interface Matchers<T = any> extends LabMatchers<T> {}
}

export { labTest } from './lab-test.ts';
export type { LabTestOptions } from './lab-test.ts';
export type {
  FlowOptions,
  LabMatchers,
  NeighborOptions,
  NameOptions,
  ReachOptions,
  RouteOptions,
  Waiting,
} from './matchers.ts';
