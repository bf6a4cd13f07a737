/**
 * GraphML, as the Internet Topology Zoo writes it: each node a router, each edge a link.
 * "The GraphML File Format", graphml.graphdrawing.org; Knight et al., "The Internet Topology Zoo", IEEE JSAC 29(9), 2011.
 * Of a node are used label, Longitude and Latitude, of an edge LinkSpeed and what labels say of speed; a link between
 * two places has the delay of that length of fibre. A hyperedge becomes a switch. What is left out is noted.
 * The text comes from anywhere: there are no entities but XML's five, and sizes are bounded.
 */
import { SaxesParser } from 'saxes';
import { quote } from '../lab/spelling.ts';
import type { Position } from '../lab/topology.ts';
import { Problems, TopologyError } from '../lab/topology-error.ts';
import { MAX_LINKS, MAX_NODES } from '../plan/plan.ts';
import type { PlannedLink, PlannedNode } from '../plan/plan.ts';
import { distanceBetween, propagationDelay } from './geography.ts';
import type { GeographicPlace } from './geography.ts';
import { count, listed } from './imported.ts';
import type { Imported } from './imported.ts';
import { speedInWords, speedOf } from './link-speed.ts';
import { NodeNames } from './names.ts';

/** Characters in a file. */
const MAX_LENGTH = 67_108_864;
/** Elements inside each other; GraphML needs five, and seven with a graph in a node. */
const MAX_DEPTH = 64;
/** Characters of one value; the rest of it is for nobody. */
const MAX_VALUE = 1_000;
const MAX_KEYS = 10_000;

/** Reads a GraphML file. Throws a TopologyError with what is wrong in it. */
export function importGraphml(text: string, { file = 'graph.graphml' }: { readonly file?: string } = {}): Imported {
  const problems = new Problems();
  const graph = readGraph(text, problems);
  if (problems.found) throw new TopologyError(file, problems.list, problems.more);
  const imported = planOf(graph, file, problems);
  if (problems.found) throw new TopologyError(file, problems.list, problems.more);
  return imported;
}

// The file as it stands.

interface Element {
  readonly position: Position;
  /** Of a node, an edge, a hyperedge: its own, or '' where there is none. */
  readonly id: string;
  /** Values by the names of their keys. */
  readonly data: Map<string, string>;
}

interface Edge extends Element {
  readonly source: string;
  readonly target: string;
}

interface Hyperedge extends Element {
  readonly ends: string[];
}

interface Graph extends Element {
  readonly nodes: Element[];
  readonly edges: Edge[];
  readonly hyperedges: Hyperedge[];
  /** Names of the kinds of elements that are not read. */
  readonly unread: Set<string>;
  isDirected: boolean;
  hasInnerGraphs: boolean;
}

interface Key {
  readonly id: string;
  /** `node`, `edge`, `graph` or `all`. */
  readonly domain: string;
  readonly name: string;
  /** What an element has that says nothing. */
  otherwise: string | null;
}

/** Elements that belong to GraphML and say nothing of who is linked to whom. */
const SILENT = new Set(['graphml', 'key', 'default', 'data', 'desc', 'endpoint']);

function readGraph(text: string, problems: Problems): Graph {
  const graph: Graph = {
    position: { line: 1, column: 1 },
    id: '',
    data: new Map(),
    nodes: [],
    edges: [],
    hyperedges: [],
    unread: new Set(),
    isDirected: false,
    hasInnerGraphs: false,
  };
  const report = (position: Position, message: string): void => problems.add({ position, path: '' }, message);
  if (text.length > MAX_LENGTH) {
    report(graph.position, `the file has ${text.length} characters; at most ${MAX_LENGTH} are read`);
    return graph;
  }

  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  const here = (): Position => ({ line: parser.line, column: parser.columnIndex + 1 });
  const keys = new Map<string, Key>();
  /** The elements that are open, each with what its values belong to. */
  const open: { readonly name: string; readonly holder: Element | null; readonly key: Key | null }[] = [];
  let value = '';
  let graphs = 0;
  // From the first mistake on, what the parser says of the rest cannot be relied upon.
  parser.on('error', ({ message }) => {
    if (!problems.found) report(here(), `XML: ${message.replace(/^\d+:\d+: /, '')}`);
  });
  parser.on('opentag', ({ name: qualified, attributes }) => {
    if (problems.found) return;
    // `g:node`, where a file has a prefix for GraphML's names.
    const name = qualified.slice(qualified.indexOf(':') + 1);
    const { holder: outer = null } = open[open.length - 1] ?? {};
    const attribute = (key: string): string => attributes[key] ?? '';
    const element = (): Element => ({ position: here(), id: attribute('id'), data: new Map() });
    let holder: Element | null = outer;
    let key: Key | null = null;
    value = '';

    if (open.length === 0 && name !== 'graphml') {
      report(here(), `not GraphML: the file is one <graphml>, this is <${qualified.slice(0, 40)}>`);
    } else if (open.length >= MAX_DEPTH) {
      report(here(), `elements are nested deeper than ${MAX_DEPTH}`);
    } else if (name === 'key') {
      key = { id: attribute('id'), domain: attribute('for') || 'all', name: attribute('attr.name'), otherwise: null };
      if (keys.size < MAX_KEYS) keys.set(key.id, key);
      else report(here(), `a file has at most ${MAX_KEYS} keys`);
    } else if (name === 'default') {
      key = open[open.length - 1]?.key ?? null;
    } else if (name === 'data') {
      key = keys.get(attribute('key')) ?? null;
    } else if (name === 'graph') {
      graphs++;
      holder = graphs === 1 ? graph : element();
      graph.hasInnerGraphs ||= graphs > 1;
      graph.isDirected ||= attribute('edgedefault') === 'directed';
    } else if (name === 'node') {
      holder = element();
      graph.nodes.push(holder);
      if (holder.id === '') report(here(), 'a node has no id');
      if (graph.nodes.length > MAX_NODES) report(here(), `a graph has at most ${MAX_NODES} nodes`);
    } else if (name === 'edge') {
      const edge: Edge = { ...element(), source: attribute('source'), target: attribute('target') };
      holder = edge;
      graph.edges.push(edge);
      graph.isDirected ||= attribute('directed') === 'true';
      if (graph.edges.length > MAX_LINKS) report(here(), `a graph has at most ${MAX_LINKS} edges`);
    } else if (name === 'hyperedge') {
      const hyperedge: Hyperedge = { ...element(), ends: [] };
      holder = hyperedge;
      graph.hyperedges.push(hyperedge);
    } else if (name === 'endpoint') {
      if (outer !== null && 'ends' in outer) (outer as Hyperedge).ends.push(attribute('node'));
    } else if (!SILENT.has(name) && graph.unread.size < MAX_KEYS) {
      graph.unread.add(qualified.slice(0, 40));
    }
    open.push({ name, holder, key });
  });
  const addText = (text: string): void => {
    if (value.length < MAX_VALUE) value += text.slice(0, MAX_VALUE - value.length);
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed === undefined || problems.found) return;
    const { name, holder, key } = closed;
    if (name === 'default' && key !== null) key.otherwise = value.trim();
    if (name === 'data' && key !== null && holder !== null) holder.data.set(key.name, value.trim());
    value = '';
  });
  parser.write(text).close();

  if (!problems.found && graphs === 0) report(graph.position, 'the file has no <graph>');
  for (const { domain, name, otherwise } of keys.values()) {
    if (otherwise === null) continue;
    const elements = domain === 'node' ? graph.nodes : domain === 'edge' ? graph.edges : [];
    for (const { data } of elements) if (!data.has(name)) data.set(name, otherwise);
  }
  return graph;
}

// The plan.

/** What a node's and an edge's values are used for; others are noted, but for those that only number things. */
const USED_OF_NODES = ['label', 'Longitude', 'Latitude', 'id'];
const USED_OF_EDGES = ['LinkSpeedRaw', 'LinkSpeed', 'LinkSpeedUnits', 'LinkLabel', 'LinkType', 'id', 'key'];
/** What the Zoo's toolset writes for a node whose name nobody knows. */
const UNNAMED = /^(?:None|\?*)$/;

function planOf(graph: Graph, file: string, problems: Problems): Imported {
  const notes: string[] = [];
  const names = new NodeNames();
  const nodes: PlannedNode[] = [];
  const nameById = new Map<string, string>();
  const placeById = new Map<string, GeographicPlace>();
  const renamed: string[] = [];
  const hyperedgeNodes: string[] = [];
  const misplaced: string[] = [];

  for (const { id, data, position } of graph.nodes) {
    if (nameById.has(id)) {
      problems.add({ position, path: '' }, `a node with the id ${quote(id)} stands above; each has an id of its own`);
      continue;
    }
    const label = data.get('label') ?? '';
    const isUnnamed = UNNAMED.test(label);
    const name = names.give(isUnnamed ? '' : label, `n${id}`);
    nameById.set(id, name);
    if (isUnnamed || name.replace(/-/g, ' ') !== label.replace(/[-\s]+/g, ' ')) {
      renamed.push(`${quote(label === '' ? id : label)} is ${name}`);
    }
    const place = placeIn(data);
    if (place !== null) placeById.set(id, place);
    else if (data.has('Longitude') || data.has('Latitude')) misplaced.push(name);
    if (data.get('hyperedge') === '1') hyperedgeNodes.push(name);
    const { longitude: x = 0, latitude: y = 0 } = place ?? {};
    nodes.push({ name, kind: 'router', ...(place === null ? {} : { place: [x, y] as const }) });
  }

  const links: PlannedLink[] = [];
  const loops: string[] = [];
  let withoutDelay = 0;
  let withoutSpeed = 0;
  for (const { source, target, data, position } of graph.edges) {
    const [from, to] = [source, target].map((id) => {
      const name = nameById.get(id);
      if (name === undefined) problems.add({ position, path: '' }, `an edge leads to ${quote(id)}, which is no node`);
      return name;
    });
    if (from === undefined || to === undefined) continue;
    if (source === target) {
      loops.push(from);
      continue;
    }
    const delay = delayBetween(placeById.get(source), placeById.get(target));
    const bandwidth = speedIn(data);
    if (delay === null) withoutDelay++;
    if (bandwidth === null) withoutSpeed++;
    links.push({ from, to, ...(delay === null ? {} : { delay }), ...(bandwidth === null ? {} : { bandwidth }) });
  }
  for (const { id, ends, position } of graph.hyperedges) {
    const name = names.give(id, 'hyperedge');
    nodes.push({ name, kind: 'switch' });
    for (const end of ends) {
      const station = nameById.get(end);
      if (station !== undefined) links.push({ from: station, to: name });
      else problems.add({ position, path: '' }, `a hyperedge leads to ${quote(end)}, which is no node`);
    }
  }

  if (renamed.length > 0) notes.push(`Named otherwise: ${listed(renamed)}.`);
  if (loops.length > 0)
    notes.push(`Left out: ${count(loops.length, 'edge')} from a node to itself (${listed(loops)}).`);
  if (misplaced.length > 0) notes.push(`Without a place, as Longitude or Latitude is none: ${listed(misplaced)}.`);
  if (withoutDelay > 0) {
    notes.push(`${ofAll(withoutDelay, links.length)} the default delay: no two places are known between them.`);
  }
  if (withoutSpeed > 0) notes.push(`${ofAll(withoutSpeed, links.length)} the default bandwidth: no speed is known.`);
  if (hyperedgeNodes.length > 0) {
    notes.push(`Routers, though on the map they stand for a line of many ends: ${listed(hyperedgeNodes)}.`);
  }
  if (graph.isDirected) notes.push('Edges have a direction; links go both ways.');
  if (graph.hasInnerGraphs) notes.push('Graphs inside nodes are taken as parts of the one graph.');
  if (graph.unread.size > 0) notes.push(`Elements not read: ${listed([...graph.unread])}.`);
  noteUnused(notes, 'nodes', graph.nodes, USED_OF_NODES);
  noteUnused(notes, 'edges', graph.edges, USED_OF_EDGES);

  const from = file.replace(/^.*[/\\]/, '');
  const known = ['Network', 'GeoLocation', 'NetworkDate'].map((key) => graph.data.get(key) ?? '');
  const what = known.filter((text) => text !== '').join(', ');
  const about = [`Imported from ${from}${what === '' ? '' : `: ${what}`}.`, ...notes];
  return { plan: { name: from.replace(/\.(?:graphml|xml)$/i, ''), about, nodes, links }, notes };
}

function placeIn(data: ReadonlyMap<string, string>): GeographicPlace | null {
  const [longitude, latitude] = ['Longitude', 'Latitude'].map((key) => {
    const text = data.get(key) ?? '';
    return /^-?\d{1,3}(?:\.\d{1,20})?$/.test(text) ? Number(text) : NaN;
  });
  if (longitude === undefined || latitude === undefined) return null;
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? { longitude, latitude } : null;
}

/** Null where a place is not known, and in one place: the default is more than nothing. */
function delayBetween(a: GeographicPlace | undefined, b: GeographicPlace | undefined): number | null {
  if (a === undefined || b === undefined) return null;
  const delay = propagationDelay(distanceBetween(a, b));
  return delay === 0 ? null : delay;
}

function speedIn(data: ReadonlyMap<string, string>): number | null {
  const value = (key: string): string => data.get(key) ?? '';
  return (
    speedOf(value('LinkSpeedRaw'), '') ??
    (value('LinkSpeedUnits') === '' ? null : speedOf(value('LinkSpeed'), value('LinkSpeedUnits'))) ??
    speedInWords(value('LinkLabel')) ??
    speedInWords(value('LinkType'))
  );
}

/** `3 of 14 links have` */
function ofAll(some: number, all: number): string {
  return `${some === all ? `All ${all}` : `${some} of ${all}`} links have`;
}

function noteUnused(notes: string[], what: string, elements: readonly Element[], used: readonly string[]): void {
  const unused = new Set<string>();
  for (const { data } of elements) for (const name of data.keys()) if (!used.includes(name)) unused.add(name);
  if (unused.size > 0) notes.push(`Not used of ${what}: ${listed([...unused])}.`);
}
