/** Labs for tests: from the files in topologies/, or from a text, with their captures in memory. */
import { readFileSync } from 'node:fs';
import { MemorySink } from '../src/capture/sink.ts';
import type { CaptureRequest } from '../src/lab/capture.ts';
import { openLab } from '../src/lab/lab.ts';
import type { Lab, LabOptions } from '../src/lab/lab.ts';

/** The text of a file in topologies/. */
export function topologyText(name: string): string {
  return readFileSync(new URL(`../topologies/${name}.yaml`, import.meta.url), 'utf8');
}

/** Opens one of the topologies that come with the lab; its conversation is kept. */
export function openTopology(name: string, options: LabOptions = {}): Lab {
  return openLab(topologyText(name), { file: `${name}.yaml`, keepTranscript: true, ...options });
}

/** Two hosts and a link between them, and what else is given in YAML. */
export function openTwoHosts(more = '', options: LabOptions = {}): Lab {
  const text = `
hosts:
  h1: { interfaces: { eth0: 192.0.2.1/24 } }
  h2: { interfaces: { eth0: 192.0.2.2/24 } }
links:
  - h1.eth0 -- h2.eth0
${more}`;
  return openLab(text, { file: 'lab.yaml', keepTranscript: true, ...options });
}

/** Records the whole lab, or what is asked for, until it is closed. */
export function record(lab: Lab, request: Omit<CaptureRequest, 'sink'> = {}): MemorySink {
  const sink = new MemorySink();
  lab.capture({ ...request, sink });
  return sink;
}

/** What was written by the program that this is the command line of, its lines in order. */
export function linesOf(lab: Lab, command: string): string[] {
  const job = lab.jobs.find((one) => one.command === command);
  if (job === undefined)
    throw new Error(`no job ${command}; jobs are ${lab.jobs.map((one) => one.command).join(', ')}`);
  return job.lines.map(({ text }) => text);
}
