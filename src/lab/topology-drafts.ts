/**
 * What a topology is while it is put together, and the look-ups that all its parts need.
 */
import { findProblem } from '../sim/link-settings.ts';
import type { LinkSettings } from '../sim/link-settings.ts';
import type { DirectionFile, StationFile } from './schema.ts';
import { quote, suggest } from './spelling.ts';
import type { Located, Place } from './topology.ts';
import type { Problems } from './topology-error.ts';
import type { Path, Source } from './topology-source.ts';

export const LOOPBACK = 'lo';

export interface StationDraft {
  readonly kind: 'host' | 'router';
  readonly name: string;
  readonly path: Path;
  readonly file: StationFile;
  /** In the order of port numbers, without lo. */
  readonly interfaces: InterfaceDraft[];
}

export interface InterfaceDraft {
  readonly name: string;
  readonly located: Located;
  readonly file: InterfaceFile;
  /** What its link says about the direction that starts here. */
  linkMtu: number | null;
}

export interface BridgeDraft {
  readonly kind: 'switch' | 'hub';
  readonly name: string;
  readonly path: Path;
  readonly declaredPorts: number | null;
  readonly ageing: number | null;
  readonly place: Place | undefined;
  highestPort: number;
  /** Where to look for a free one. */
  nextPort: number;
}

export type NodeDraft = StationDraft | BridgeDraft;
export type InterfaceFile = NonNullable<NonNullable<StationFile['interfaces']>[string]>;

/** What is being put together, and where to say what is wrong. */
export interface Drafts {
  readonly source: Source;
  readonly problems: Problems;
  readonly nodes: Map<string, NodeDraft>;
  /** Who has a port, by its name. */
  readonly taken: Map<string, { readonly peer: string; readonly located: Located }>;
  /** Directions that are set alike share their settings; by what is set. */
  readonly linkSettings: Map<string, LinkSettings>;
}

export function isStation(draft: NodeDraft): draft is StationDraft {
  return draft.kind === 'host' || draft.kind === 'router';
}

export function findNode(drafts: Drafts, name: string, located: Located): NodeDraft | null {
  const draft = drafts.nodes.get(name);
  if (draft !== undefined) return draft;
  drafts.problems.add(located, () => `no node ${quote(name)}; ${suggest(name, [...drafts.nodes.keys()], 'nodes')}`);
  return null;
}

export function checkInterface(drafts: Drafts, draft: StationDraft, name: string, located: Located): boolean {
  const names = [...draft.interfaces.map((nic) => nic.name), LOOPBACK];
  if (names.includes(name)) return true;
  drafts.problems.add(
    located,
    () => `${draft.name} has no interface ${quote(name)}; ${suggest(name, names, 'interfaces')}`,
  );
  return false;
}

/** The file's settings in the simulator's terms; those that it would refuse are reported. */
export function settingsOf(drafts: Drafts, path: Path, file: DirectionFile | undefined): Partial<LinkSettings> {
  const settings: { -readonly [Key in keyof LinkSettings]?: LinkSettings[Key] } = {};
  if (file === undefined) return settings;
  const set = <Key extends keyof LinkSettings>(key: Key, value: LinkSettings[Key] | undefined, name: string): void => {
    if (value === undefined) return;
    settings[key] = value;
    const problem = findProblem({ [key]: value });
    if (problem !== null) drafts.problems.add(drafts.source.locate([...path, name]), problem);
  };
  // No delay at all is written 0; the simulator's shortest is 1 ns.
  set('delay', file.delay === undefined ? undefined : Math.max(file.delay, 1), 'delay');
  set('bandwidth', file.bandwidth, 'bandwidth');
  set('queue', file.queue, 'queue');
  set('mtu', file.mtu, 'mtu');
  set('loss', file.loss, 'loss');
  set('duplication', file.duplicate, 'duplicate');
  set('corruption', file.corrupt, 'corrupt');
  set('jitter', file.jitter, 'jitter');
  set('reorder', file.reorder, 'reorder');
  set('reorderDelay', file['reorder-delay'], 'reorder-delay');
  set('dropEveryNth', file['drop-every'], 'drop-every');
  set('partitioned', file.partitioned, 'partitioned');
  set('held', file.held, 'held');
  return settings;
}
