/** A trace as text: a line for each device with its ports, and under it what it decided. */
import type { Nanos } from '../sim/time.ts';
import type { Hop, Journey } from './journey.ts';
import type { Trace } from './trace.ts';
import { milliseconds } from './words.ts';

const TITLES = { probe: 'there', reply: 'back, the reply', error: 'back, the error' } as const;

/** The whole story. */
export function formatTrace(trace: Trace): string {
  const { from, to, destination, probe, there, back } = trace;
  const name = to === destination ? to : `${to} (${destination})`;
  const lines = [`${from} to ${name}, ${probe}`, '', ...formatJourney(there, there.began)];
  if (back !== null) lines.push('', ...formatJourney(back, there.began));
  else if (there.disposition === 'delivered') lines.push('', 'back: nothing came');
  return lines.join('\n');
}

/** In a line: for the message of something that fails. */
export function summarizeTrace({ there, back, reached }: Trace): string {
  const first = there.disposition === 'delivered' ? there.explanation : `${there.disposition}: ${there.explanation}`;
  if (reached || there.disposition !== 'delivered') return first;
  if (back === null) return `${first}; nothing came back`;
  if (back.kind === 'error') return `${first}; back comes ${back.packet ?? 'an error'}`;
  return `${first}; the reply does not: ${back.disposition}: ${back.explanation}`;
}

function formatJourney(journey: Journey, since: Nanos): string[] {
  const { kind, packet, hops, disposition, explanation } = journey;
  const names = hops.map(formatPorts);
  const width = Math.max(...names.map(({ length }) => length));
  const lines = [`${TITLES[kind]}: ${packet ?? 'nothing was sent'}`];
  hops.forEach((hop, i) => {
    const time = `+${milliseconds(hop.time - since)}`.padStart(14);
    const ttl = hop.ttl === 0 || hop.kind === 'switch' || hop.kind === 'hub' ? '' : `  TTL ${hop.ttl}`;
    lines.push(`${time}  ${names[i]!.padEnd(width)}${ttl}`.trimEnd());
    for (const { kind: what, text } of hop.decisions) lines.push(`${' '.repeat(18)}${what.padEnd(9)}${text}`);
  });
  return [...lines, `  ${disposition}: ${explanation}`];
}

/** `r1  eth0 > eth1` */
function formatPorts({ node, entrance, exits }: Hop): string {
  const ways = [entrance ?? '', exits.length === 0 ? '' : `> ${exits.join(', ')}`].filter((one) => one !== '');
  return [node, ...ways].join(' ');
}
