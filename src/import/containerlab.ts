/**
 * containerlab's topology files, `*.clab.yml`: nodes and links. containerlab.dev, "Topology definition", "Nodes", "Links".
 * A node is what its kind says: a bridge a switch, a plain Linux container a host, unless its image or its settings
 * make a router of it, and any network operating system a router. Interfaces keep their names as far as Linux takes them.
 * Not here: what runs in the containers. Their addresses, images and start-up configurations are noted, not read.
 */
import { INTERFACE_NAME } from '../lab/schema.ts';
import { quote } from '../lab/spelling.ts';
import type { Located } from '../lab/topology.ts';
import { Problems, TopologyError } from '../lab/topology-error.ts';
import type { Path, Source } from '../lab/topology-source.ts';
import { readYaml } from '../lab/topology-yaml.ts';
import { MAX_LINKS, MAX_NODES } from '../plan/plan.ts';
import type { PlannedLink, PlannedNode } from '../plan/plan.ts';
import { count, listed } from './imported.ts';
import type { Imported } from './imported.ts';
import { NodeNames } from './names.ts';

const SWITCH_KINDS = new Set(['bridge', 'ovs-bridge']);
/** Kinds that run what anybody likes. */
const HOST_KINDS = new Set(['linux', 'ext-container', 'generic_vm', 'k8s-kind', 'host']);
/** Routing daemons for Linux, by the names of their images. */
const ROUTER_IMAGE = /frr|bird|quagga|gobgp|vyos|holo|openbgpd|exabgp/i;
/** What stands for a node in a link to the machine that containerlab runs on. */
const OUTSIDE = new Set(['host', 'mgmt-net', 'macvlan', 'dummy']);
const USED_OF_NODES = new Set(['kind', 'group', 'image', 'sysctls', 'exec']);
const USED_OF_LINKS = new Set(['endpoints', 'mtu', 'type']);

/** Reads a containerlab file. Throws a TopologyError with what is wrong in it. */
export function importContainerlab(text: string, { file = 'lab.clab.yml' }: { readonly file?: string } = {}): Imported {
  const problems = new Problems();
  const source = readYaml(text, problems);
  const imported = source === null ? null : new Import(source, problems).run(file);
  if (imported === null || problems.found) throw new TopologyError(file, problems.list, problems.more);
  return imported;
}

type Mapping = Readonly<Record<string, unknown>>;

interface End {
  readonly node: string;
  readonly nic: string;
}

class Import {
  private readonly source: Source;
  private readonly problems: Problems;
  private readonly nodes: PlannedNode[] = [];
  private readonly links: PlannedLink[] = [];
  /** Our names of containerlab's nodes. */
  private readonly names = new Map<string, string>();
  /** The interfaces that each of our nodes has, by containerlab's names of them. */
  private readonly interfaces = new Map<string, Map<string, string>>();
  private readonly notes: string[] = [];

  constructor(source: Source, problems: Problems) {
    this.source = source;
    this.problems = problems;
  }

  run(file: string): Imported {
    const root = this.mappingAt([], this.source.value);
    const topology = this.mappingAt(['topology'], root.topology);
    this.readNodes(topology);
    this.readLinks(topology);
    const from = file.replace(/^.*[/\\]/, '');
    const name = typeof root.name === 'string' ? root.name : from.replace(/(?:\.clab)?\.ya?ml$/i, '');
    const unread = [...keysBut(root, ['name', 'topology']), ...keysBut(topology, TOPOLOGY_KEYS)];
    if (unread.length > 0) this.notes.push(`Not used of the file: ${listed(unread)}.`);
    const about = [`Imported from ${from}.`, ...this.notes];
    return { plan: { name, about, nodes: this.nodes, links: this.links }, notes: this.notes };
  }

  // Nodes.

  private readNodes(topology: Mapping): void {
    const path: Path = ['topology', 'nodes'];
    const given = Object.entries(this.mappingAt(path, topology.nodes));
    if (given.length > MAX_NODES) this.report(path, `a plan has at most ${MAX_NODES} nodes`);
    const names = new NodeNames();
    const renamed: string[] = [];
    const unused = new Set<string>();
    const guessed: string[] = [];
    for (const [label, value] of given.slice(0, MAX_NODES)) {
      const node = this.settingsOf(topology, [...path, label], value);
      const name = names.give(label, 'node');
      this.names.set(label, name);
      if (name !== label) renamed.push(`${quote(label)} is ${name}`);
      const kind = roleOf(node);
      if (kind === 'router' && HOST_KINDS.has(String(node.kind))) guessed.push(name);
      for (const key of keysBut(node, [...USED_OF_NODES])) unused.add(key);
      if (node.exec !== undefined) unused.add('exec');
      if (node.image !== undefined) unused.add('image');
      this.nodes.push({ name, kind });
    }
    if (renamed.length > 0) this.notes.push(`Named otherwise: ${listed(renamed)}.`);
    if (guessed.length > 0) this.notes.push(`Linux containers that route, so routers: ${listed(guessed)}.`);
    if (unused.size > 0) this.notes.push(`Not used of nodes: ${listed([...unused])}.`);
  }

  /** A node's own settings, and beneath them its group's, its kind's and the defaults. */
  private settingsOf(topology: Mapping, path: Path, value: unknown): Mapping {
    const own = this.mappingAt(path, value);
    const of = (section: string, key: unknown): Mapping => {
      const all = this.mappingAt(['topology', section], topology[section]);
      return typeof key === 'string' && Object.hasOwn(all, key)
        ? this.mappingAt(['topology', section, key], all[key])
        : {};
    };
    const defaults = this.mappingAt(['topology', 'defaults'], topology.defaults);
    const group = of('groups', own.group ?? defaults.group);
    const kind = own.kind ?? group.kind ?? defaults.kind;
    return { ...defaults, ...of('kinds', kind), ...group, ...own, ...(kind === undefined ? {} : { kind }) };
  }

  // Links.

  private readLinks(topology: Mapping): void {
    const path: Path = ['topology', 'links'];
    const given = topology.links ?? [];
    if (!Array.isArray(given)) {
      this.report(path, 'expected a list of links');
      return;
    }
    if (given.length > MAX_LINKS) this.report(path, `a plan has at most ${MAX_LINKS} links`);
    const unused = new Set<string>();
    const outside: string[] = [];
    const loops: string[] = [];
    (given as unknown[]).slice(0, MAX_LINKS).forEach((value, index) => {
      const link = this.mappingAt([...path, index], value);
      for (const key of keysBut(link, [...USED_OF_LINKS])) unused.add(key);
      const type = typeof link.type === 'string' ? link.type : 'veth';
      if (type !== 'veth') {
        outside.push(type);
        return;
      }
      const ends = this.endsOf([...path, index, 'endpoints'], link.endpoints, unused);
      if (ends === null) return;
      const [from, to] = ends;
      const outer = ends.find(({ node }) => OUTSIDE.has(node) && !this.names.has(node));
      if (outer !== undefined) outside.push(outer.node);
      else if (from.node === to.node) loops.push(from.node);
      else this.addLink([...path, index, 'endpoints'], from, to, link.mtu);
    });
    if (outside.length > 0) {
      this.notes.push(`Left out: ${count(outside.length, 'link')} to the outside (${listed([...new Set(outside)])}).`);
    }
    if (loops.length > 0) this.notes.push(`Left out: ${count(loops.length, 'link')} from a node to itself (${listed(loops)}).`); // prettier-ignore
    if (unused.size > 0) this.notes.push(`Not used of links: ${listed([...unused])}.`);
  }

  /** `["srl:e1-1", "ceos:eth1"]`, or two of `{ node: srl, interface: e1-1 }`. */
  private endsOf(path: Path, value: unknown, unused: Set<string>): readonly [End, End] | null {
    const ends = Array.isArray(value) ? value.map((end, index) => this.endOf([...path, index], end, unused)) : [];
    const [from, to] = ends;
    if (from === null || to === null) return null;
    if (from !== undefined && to !== undefined && ends.length === 2) return [from, to];
    this.report(path, 'expected two ends such as ["r1:eth1", "r2:eth1"]');
    return null;
  }

  private endOf(path: Path, value: unknown, unused: Set<string>): End | null {
    if (typeof value === 'string') {
      const colon = value.indexOf(':');
      if (colon > 0 && colon < value.length - 1) return { node: value.slice(0, colon), nic: value.slice(colon + 1) };
      this.report(path, `${quote(value)}: write a node and its interface, such as r1:eth1`);
      return null;
    }
    const { node, interface: nic, ...rest } = this.mappingAt(path, value);
    for (const key of Object.keys(rest)) unused.add(key);
    if (typeof node === 'string' && typeof nic === 'string') return { node, nic };
    this.report(path, 'expected an end such as r1:eth1 or { node: r1, interface: eth1 }');
    return null;
  }

  private addLink(path: Path, from: End, to: End, mtu: unknown): void {
    const [a, b] = [from, to].map(({ node, nic }, index) => {
      const name = this.names.get(node);
      if (name === undefined) {
        this.report([...path, index], `no node ${quote(node)} in topology.nodes`);
        return null;
      }
      return { name, nic: this.interfaceOf(name, nic, [...path, index]) };
    });
    if (a == null || b == null || a.nic === null || b.nic === null) return;
    const bytes = typeof mtu === 'number' && Number.isSafeInteger(mtu) && mtu >= 68 && mtu <= 65_536 ? mtu : null;
    const link = { from: a.name, to: b.name, fromInterface: a.nic, toInterface: b.nic };
    this.links.push(bytes === null ? link : { ...link, mtu: bytes });
  }

  /** Linux's rules for a name are not every system's: `ethernet-1/1` is `ethernet-1-1` here, or ethN where that is too long. */
  private interfaceOf(node: string, nic: string, path: Path): string | null {
    let known = this.interfaces.get(node);
    if (known === undefined) this.interfaces.set(node, (known = new Map<string, string>()));
    if (known.has(nic)) {
      this.report(path, `the interface ${quote(nic)} of ${node} has a link already`);
      return null;
    }
    const taken = new Set(known.values());
    const safe = nic.replace(/[^A-Za-z0-9_.-]+/g, '-');
    let name = INTERFACE_NAME.test(safe) && safe !== 'lo' ? safe : 'eth0';
    for (let number = 0; taken.has(name); number++) name = `eth${number}`;
    known.set(nic, name);
    return name;
  }

  // What is in the file.

  private mappingAt(path: Path, value: unknown): Mapping {
    if (value === undefined || value === null) {
      if (path.length === 0 || (path.length === 1 && path[0] === 'topology')) {
        this.report(path, 'not a containerlab file: expected topology, with nodes and links');
      }
      return {};
    }
    if (typeof value === 'object' && !Array.isArray(value)) return value as Mapping;
    this.report(path, 'expected a mapping');
    return {};
  }

  private report(path: Path, message: string): void {
    const located: Located = this.source.locate(path);
    this.problems.add(located, message);
  }
}

const TOPOLOGY_KEYS = ['nodes', 'links', 'defaults', 'kinds', 'groups'];

function keysBut(mapping: Mapping, known: readonly string[]): string[] {
  return Object.keys(mapping).filter((key) => !known.includes(key));
}

function roleOf({ kind, image, sysctls, exec }: Mapping): PlannedNode['kind'] {
  if (typeof kind === 'string' && SWITCH_KINDS.has(kind)) return 'switch';
  if (typeof kind === 'string' && !HOST_KINDS.has(kind)) return 'router';
  if (typeof image === 'string' && ROUTER_IMAGE.test(image)) return 'router';
  const forwards = /net\.ipv4\.ip_forward["']?\s*[=:]\s*["']?1/;
  const said = JSON.stringify([sysctls ?? null, exec ?? null])
    .slice(0, 100_000)
    .replaceAll('\\', '');
  return forwards.test(said) ? 'router' : 'host';
}
