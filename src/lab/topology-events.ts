/**
 * What happens in a topology: programs on its hosts, changes of its links and interfaces.
 */
import type { LinkSettings } from '../sim/link-settings.ts';
import { explainLinks, findLinks, nameEnds } from './link-names.ts';
import type { LinkEnds, NamedLink } from './link-names.ts';
import type { EventFile, TopologyFile } from './schema.ts';
import { quote, suggest } from './spelling.ts';
import type { Event, Link, Located, Program } from './topology.ts';
import { checkInterface, findNode, isStation, settingsOf } from './topology-drafts.ts';
import type { Drafts } from './topology-drafts.ts';
import type { Path } from './topology-source.ts';

export function resolvePrograms(drafts: Drafts, file: TopologyFile): Program[] {
  const stations = [...drafts.nodes.values()].filter(isStation).map(({ name }) => name);
  return (file.programs ?? []).map(({ on, run, at = 0, background = false }, index) => {
    const located = drafts.source.locate(['programs', index, 'on']);
    const draft = drafts.nodes.get(on);
    if (draft === undefined) {
      drafts.problems.add(located, () => `no host ${quote(on)}; ${suggest(on, stations, 'hosts and routers')}`);
    } else if (!isStation(draft)) {
      drafts.problems.add(located, `a ${draft.kind} runs no programs; ${suggest('', stations, 'hosts and routers')}`);
    }
    return { ...drafts.source.locate(['programs', index, 'run']), node: on, ...run, at, background };
  });
}

export function resolveEvents(drafts: Drafts, links: readonly Link[], file: TopologyFile): Event[] {
  const files = file.events ?? [];
  if (files.length === 0) return [];
  // Where a link is wrong, an event about it is not wrong for that.
  const complete = links.length === (file.links ?? []).length;
  const table: LinkTable = { links, ends: nameEnds(links), complete };
  return files.flatMap((file, index) => {
    const path = ['events', index];
    const located = drafts.source.locate(path);
    if ((file.link === undefined) === (file.interface === undefined)) {
      drafts.problems.add(located, 'happens to one thing; write either link or interface');
      return [];
    }
    if ((file.do === undefined) === (file.set === undefined)) {
      drafts.problems.add(located, 'says what happens once; write either do (such as do: down) or set');
      return [];
    }
    const event = file.link === undefined ? interfaceEvent(drafts, file, path) : linkEvent(drafts, table, file, path);
    return event === null ? [] : [event];
  });
}

function interfaceEvent(drafts: Drafts, file: EventFile, path: Path): Event | null {
  const text = file.interface ?? '';
  const at = drafts.source.locate([...path, 'interface']);
  const dot = text.indexOf('.');
  const draft = findNode(drafts, dot < 0 ? text : text.slice(0, dot), at);
  if (draft === null) return null;
  if (!isStation(draft) || dot < 0) {
    drafts.problems.add(at, `${quote(text)} is no interface of a host or router; write one such as h1.eth0, or link`);
    return null;
  }
  const name = text.slice(dot + 1);
  if (!checkInterface(drafts, draft, name, at)) return null;
  if (file.do !== 'up' && file.do !== 'down') {
    const key = file.do === undefined ? 'set' : 'do';
    drafts.problems.add(
      drafts.source.locate([...path, key]),
      'an interface can be set up or down only; write do: down',
    );
    return null;
  }
  if (file.direction !== undefined) {
    drafts.problems.add(drafts.source.locate([...path, 'direction']), 'an interface has no direction; leave it out');
  }
  return {
    kind: 'interface',
    ...drafts.source.locate(path),
    at: file.at,
    node: draft.name,
    interface: name,
    up: file.do === 'up',
  };
}

function linkEvent(drafts: Drafts, table: LinkTable, file: EventFile, path: Path): Event | null {
  const found = findLink(drafts, table, file.link ?? '', drafts.source.locate([...path, 'link']));
  if (found === null) return null;

  let up: boolean | null = null;
  let ahead: Partial<LinkSettings> = {};
  let back: Partial<LinkSettings> = {};
  if (file.set !== undefined) {
    const set = [...path, 'set'];
    if (file.direction !== undefined) {
      const at = drafts.source.locate([...path, 'direction']);
      drafts.problems.add(at, 'belongs to do; write set: { forward: { … } } for one direction');
    }
    up = file.set.up ?? null;
    const both = settingsOf(drafts, set, file.set);
    ahead = { ...both, ...settingsOf(drafts, [...set, 'forward'], file.set.forward) };
    back = { ...both, ...settingsOf(drafts, [...set, 'backward'], file.set.backward) };
  } else if (file.do === 'up' || file.do === 'down') {
    up = file.do === 'up';
    if (file.direction !== undefined) {
      const at = drafts.source.locate([...path, 'direction']);
      drafts.problems.add(at, 'a link has carrier at both ends or at none; use do: partition for one direction');
    }
  } else {
    const change =
      file.do === 'partition' || file.do === 'heal'
        ? { partitioned: file.do === 'partition' }
        : { held: file.do === 'hold' };
    if (file.direction !== 'backward') ahead = change;
    if (file.direction !== 'forward') back = change;
  }
  const [forward, backward] = found.reversed ? [back, ahead] : [ahead, back];
  return { kind: 'link', ...drafts.source.locate(path), at: file.at, link: found.index, up, forward, backward };
}

interface LinkTable {
  readonly links: readonly Link[];
  readonly ends: LinkEnds;
  /** Whether these are all that the file has. */
  readonly complete: boolean;
}

function findLink(
  drafts: Drafts,
  { links, ends, complete }: LinkTable,
  text: string,
  located: Located,
): NamedLink | null {
  const found = findLinks(links, ends, text);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (!complete && found.length === 0) return null;
  drafts.problems.add(located, () => explainLinks(links, text, found));
  return null;
}
