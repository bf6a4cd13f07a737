/**
 * How people name a link: by both of its ends, `r1.eth1 -- r2.eth0`, either of them first; or by less, `r1 -- r2` or
 * `r1.eth1`, where that is one link only. A switch's port is `s1.port2` or `s1.2`.
 */
import { splitEnds } from './schema.ts';
import { quote, suggest } from './spelling.ts';
import type { Link, Port } from './topology.ts';

/** A link that was named, by its index in the topology; reversed: its second end came first. */
export interface NamedLink {
  readonly index: number;
  readonly reversed: boolean;
}

/** The links by what an end may be called. */
export type LinkEnds = ReadonlyMap<string, readonly NamedLink[]>;

export function nameEnds(links: readonly Link[]): LinkEnds {
  const named = new Map<string, NamedLink[]>();
  links.forEach(({ from, to }, index) => {
    for (const [port, reversed] of [
      [from, false],
      [to, true],
    ] as const) {
      for (const name of new Set(namesOf(port))) {
        const list = named.get(name);
        if (list === undefined) named.set(name, [{ index, reversed }]);
        else list.push({ index, reversed });
      }
    }
  });
  return named;
}

function namesOf({ node, name, port }: Port): readonly string[] {
  return [node, name, `${node}.${port + 1}`];
}

/** Those that the text may mean. */
export function findLinks(links: readonly Link[], ends: LinkEnds, text: string): readonly NamedLink[] {
  const [first = '', second, ...more] = splitEnds(text);
  if (more.length > 0) return [];
  return (
    (ends.get(first) ?? [])
      .filter(({ index, reversed }) => {
        const link = links[index];
        return link !== undefined && (second === undefined || namesOf(reversed ? link.from : link.to).includes(second));
      })
      // A link from a node to itself has both ends there; it is meant as it is written.
      .filter(({ index }, at, all) => all[at - 1]?.index !== index)
  );
}

/** What is wrong with a text that means no link, or several. */
export function explainLinks(links: readonly Link[], text: string, found: readonly NamedLink[]): string {
  const meant = found.length > 1 ? found.flatMap(({ index }) => links[index] ?? []) : links;
  const names = meant.map(({ from, to }) => `${from.name} -- ${to.name}`);
  if (found.length > 1) return `${quote(text)} could be ${names.slice(0, 3).join(' or ')}; name the ports too`;
  return `no link ${quote(text)}; ${suggest(text, names, 'links')}`;
}
