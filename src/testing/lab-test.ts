/** A test with a lab of its own, opened from a file or a text, recorded, and closed when the test is over. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'vitest';
import type { RunnerTestCase, TestAPI } from 'vitest';
import { MemorySink } from '../capture/sink.ts';
import type { ByteSink } from '../capture/sink.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab, LabOptions } from '../lab/lab.ts';

/** How the lab of each test is opened, and where the packets of a test that fails go. */
export interface LabTestOptions extends LabOptions {
  /** Where the packets of failed tests are written; `out/failed` unless told. */
  readonly captures?: string;
}

/** What is known of a lab that a fixture has opened, for the message of what fails in it. */
export interface Provenance {
  /** As it was given; null for a text. */
  readonly file: string | null;
  /** Its test, behind the names of those around it. */
  readonly test: string;
  /** Where its packets will be found. */
  readonly capture: string;
  /** Something has failed in it. */
  hasFailed: boolean;
}

const PROVENANCES = new WeakMap<Lab, Provenance>();

const CAPTURES = join('out', 'failed');
/** Packets of one test are kept in memory up to so many bytes; what comes after is not recorded. */
const MAX_CAPTURE = 64 * 1_048_576;

/** The way to a lab that a fixture did not open is not known. */
export function provenanceOf(lab: Lab): Provenance | null {
  return PROVENANCES.get(lab) ?? null;
}

/**
 * A `test` whose context has a `lab`: each test has one of its own, from the topology file, or from the text if it has
 * more than one line.
 */
export function labTest(
  source: string,
  { captures = CAPTURES, ...options }: LabTestOptions = {},
): TestAPI<{ lab: Lab }> {
  const file = source.includes('\n') ? null : source;
  return test.extend<{ lab: Lab }>({
    lab: async ({ task }, use) => {
      const text = file === null ? source : readFileSync(file, 'utf8');
      const lab = openLab(text, { ...(file === null ? {} : { file }), ...options });
      const sink = new MemorySink();
      lab.capture({ sink: limited(sink, MAX_CAPTURE) });
      const name = namesOf(task).join(' ');
      const capture = join(captures, `${fileName(task, name)}.pcapng`);
      const provenance = { file, test: name, capture, hasFailed: false };
      PROVENANCES.set(lab, provenance);
      await use(lab);
      lab.close();
      if (!provenance.hasFailed && task.result?.state !== 'fail') return;
      mkdirSync(dirname(provenance.capture), { recursive: true });
      writeFileSync(provenance.capture, sink.toBytes());
    },
  });
}

function limited(sink: ByteSink, most: number): ByteSink {
  let written = 0;
  return {
    write: (bytes) => {
      written += bytes.length;
      if (written <= most) sink.write(bytes);
    },
  };
}

function namesOf({ name, suite }: RunnerTestCase): string[] {
  const names = [name];
  for (let around = suite; around !== undefined; around = around.suite) names.unshift(around.name);
  return names;
}

/** `h1 reaches h2, udp 7` in `office.test.ts` becomes `office-h1-reaches-h2-udp-7`. */
function fileName({ file, id }: RunnerTestCase, test: string): string {
  const inFile = basename(file.name).replace(/(?:\.(?:test|spec))?\.\w+$/, '');
  const name = (`${inFile} ${test}`.match(/[\p{L}\p{N}_.]+/gu) ?? []).join('-');
  // vitest's id tells those apart that begin alike.
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME)}-${id}`;
}

/** Characters of a file's name, of which most file systems take 255 bytes. */
const MAX_NAME = 80;
