/**
 * From a file whose values are good to a topology whose names are: every end of a link is looked up, every interface
 * gets its MAC and MTU, every port its number.
 * Not here: judging a configuration. Two hosts with one address or a gateway off the link run as they would in life.
 */
import { DEFAULT_LINK } from '../sim/link-settings.ts';
import type { LinkSettings } from '../sim/link-settings.ts';
import * as MacAddress from '../wire/mac.ts';
import type { Mac } from '../wire/mac.ts';
import { INTERFACE_NAME, MAX_PORTS, parseBridge } from './schema.ts';
import type { BridgeFile, DirectionFile, LinkFile, Prefix, TopologyFile } from './schema.ts';
import { quote, suggest } from './spelling.ts';
import type {
  Bridge,
  Hub,
  Interface,
  InterfaceAddress,
  Link,
  Located,
  Neighbor,
  Node,
  Place,
  Port,
  ReadOptions,
  Route,
  Setting,
  Station,
  Switch,
  Topology,
} from './topology.ts';
import { checkInterface, findNode, isStation, LOOPBACK, settingsOf } from './topology-drafts.ts';
import type { BridgeDraft, Drafts, InterfaceDraft, InterfaceFile, NodeDraft, StationDraft } from './topology-drafts.ts';
import type { Problems } from './topology-error.ts';
import { resolveEvents, resolvePrograms } from './topology-events.ts';
import { DEFAULT_COST } from './subnets.ts';
import { resolveExpectations } from './topology-expect.ts';
import type { Path, Source } from './topology-source.ts';
import { resolveZones } from './topology-zones.ts';

const DEFAULT_SEED = 1;
/** In one host or router. */
const MAX_INTERFACES = 1_024;
const DEFAULT_MTU = 1_500;
const LOOPBACK_MTU = 65_536;

/** IEEE 802-2014 §8.4: 02 in front marks addresses that no manufacturer has given out. */
const LOCALLY_ADMINISTERED = 0x0200_0000_0000;

/** An end of a link; a bridge's port stays null until all that are named have been given out. */
interface End {
  readonly draft: NodeDraft;
  readonly located: Located;
  port: number | null;
}

interface LinkDraft {
  readonly path: Path;
  readonly file: LinkFile;
  readonly from: End;
  readonly to: End;
}

interface LeadingOut {
  readonly end: End;
  readonly located: Located;
  readonly to: string;
  readonly isInFile: boolean;
}

export function resolve(
  file: TopologyFile,
  source: Source,
  { file: fileName, bridges: further }: Required<ReadOptions>,
  problems: Problems,
): Topology {
  const drafts: Drafts = { source, problems, nodes: new Map(), taken: new Map(), linkSettings: new Map() };
  collectNodes(drafts, file);
  // First the ports that are named, then the free ones for those that are not.
  const linkDrafts = collectLinks(drafts, file.links ?? []);
  const bridgeDrafts = collectBridges(drafts, file.bridges ?? [], further);
  for (const { from, to } of linkDrafts) {
    takeFreePort(drafts, from);
    takeFreePort(drafts, to);
  }
  for (const { end } of bridgeDrafts) takeFreePort(drafts, end);

  const nodes = finishNodes(drafts);
  const links = linkDrafts.map((draft) => finishLink(drafts, draft));
  const bridges = bridgeDrafts.map((draft) => finishBridged(draft, nodes));
  return {
    file: fileName,
    name: file.name ?? fileName.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, ''),
    seed: file.seed ?? DEFAULT_SEED,
    epoch: file.epoch ?? 0,
    until: file.until ?? null,
    routing: file.routing ?? 'static',
    nodes,
    links,
    bridges,
    programs: resolvePrograms(drafts, file),
    events: resolveEvents(drafts, links, file),
    expectations: resolveExpectations(drafts, file),
  };
}

// Nodes.

function collectNodes(drafts: Drafts, file: TopologyFile): void {
  for (const [section, kind] of [
    ['hosts', 'host'],
    ['routers', 'router'],
  ] as const) {
    for (const [name, station] of Object.entries(file[section] ?? {})) {
      const path = [section, name];
      const interfaces: InterfaceDraft[] = [];
      for (const [nic, its] of Object.entries(station.interfaces ?? {})) {
        const located = drafts.source.locateKey([...path, 'interfaces', nic]);
        if (nic !== LOOPBACK) interfaces.push({ name: nic, located, file: its, linkMtu: null });
      }
      if (interfaces.length > MAX_INTERFACES) {
        const message = `${interfaces.length} interfaces; a node takes ${MAX_INTERFACES} at most`;
        drafts.problems.add(drafts.source.locateKey(path), message);
      }
      addNode(drafts, { kind, name, path, file: station, interfaces });
    }
  }
  for (const [name, { ports, ageing, place }] of Object.entries(file.switches ?? {})) {
    const path = ['switches', name];
    addNode(drafts, {
      kind: 'switch',
      name,
      path,
      declaredPorts: ports ?? null,
      ageing: ageing ?? null,
      place,
      highestPort: 0,
      nextPort: 0,
    });
  }
  for (const [name, { ports, place }] of Object.entries(file.hubs ?? {})) {
    const path = ['hubs', name];
    addNode(drafts, {
      kind: 'hub',
      name,
      path,
      declaredPorts: ports ?? null,
      ageing: null,
      place,
      highestPort: 0,
      nextPort: 0,
    });
  }
}

function addNode(drafts: Drafts, draft: NodeDraft): void {
  const earlier = drafts.nodes.get(draft.name);
  if (earlier === undefined) {
    drafts.nodes.set(draft.name, draft);
    return;
  }
  const { line } = drafts.source.locateKey(earlier.path).position;
  drafts.problems.add(
    drafts.source.locateKey(draft.path),
    `a ${earlier.kind} in line ${line} has this name; give one another`,
  );
}

// Links.

function collectLinks(drafts: Drafts, files: readonly LinkFile[]): LinkDraft[] {
  const links: LinkDraft[] = [];
  files.forEach((file, index) => {
    const path: Path = ['links', index];
    // Written short, both ends stand in one text.
    const short = !drafts.source.has([...path, 'from']);
    const { source } = drafts;
    const fromAt = short ? source.locateWord(path, file.from, 'first') : source.locate([...path, 'from']);
    const toAt = short ? source.locateWord(path, file.to, 'last') : source.locate([...path, 'to']);
    const from = findEnd(drafts, file.from, fromAt);
    const to = findEnd(drafts, file.to, toAt);
    if (from === null || to === null) return;
    takePort(drafts, from, file.to);
    takePort(drafts, to, file.from);
    setLinkMtu(from, file.forward?.mtu ?? file.mtu);
    setLinkMtu(to, file.backward?.mtu ?? file.mtu);
    links.push({ path, file, from, to });
  });
  return links;
}

// Ports that lead out of the lab. What was asked for beside the file goes first, and in place of the file's.

function collectBridges(drafts: Drafts, files: readonly BridgeFile[], further: readonly string[]): LeadingOut[] {
  const bridges: LeadingOut[] = [];
  const add = (file: BridgeFile, located: Located, isInFile: boolean): void => {
    const end = findEnd(drafts, file.port, located);
    if (end === null) return;
    const isReplaced = (other: LeadingOut): boolean =>
      !other.isInFile && other.end.draft === end.draft && other.end.port === end.port && end.port !== null;
    if (isInFile && bridges.some(isReplaced)) return;
    takePort(drafts, end, file.to);
    bridges.push({ end, located, to: file.to, isInFile });
  };
  for (const text of further) {
    const located = { position: { line: 0, column: 0 }, path: `bridge ${text}` };
    const parsed = parseBridge(text);
    if ('error' in parsed) drafts.problems.add({ ...located, path: 'bridge' }, parsed.error);
    else add(parsed.value, located, false);
  }
  files.forEach((file, index) => add(file, drafts.source.locate(['bridges', index]), true));
  return bridges;
}

function finishBridged({ end, located, to, isInFile }: LeadingOut, nodes: readonly Node[]): Bridge {
  const port = finishEnd(end);
  const node = nodes.find(({ name }) => name === port.node);
  const isStation = node?.kind === 'host' || node?.kind === 'router';
  const mtu = isStation ? (node.interfaces[port.port]?.mtu ?? DEFAULT_MTU) : Infinity;
  return { ...located, port, to, mtu, isInFile };
}

/** `h1.eth0`, `s1.3`, `s1.port3`, or `s1` for any free port of a switch or hub. */
function findEnd(drafts: Drafts, text: string, located: Located): End | null {
  const dot = text.indexOf('.');
  const nodeName = dot < 0 ? text : text.slice(0, dot);
  const portName = dot < 0 ? '' : text.slice(dot + 1);
  const draft = findNode(drafts, nodeName, located);
  if (draft === null) return null;

  if (!isStation(draft)) {
    if (portName === '' && dot < 0) return { draft, located, port: null };
    const number = /^(?:port)?([1-9]\d{0,3})$/.exec(portName)?.[1];
    const highest = draft.declaredPorts ?? MAX_PORTS;
    if (number !== undefined && Number(number) <= highest) {
      draft.highestPort = Math.max(draft.highestPort, Number(number));
      return { draft, located, port: Number(number) - 1 };
    }
    const ports = `its ports are ${draft.name}.1 to ${draft.name}.${highest}`;
    drafts.problems.add(located, `${draft.kind} ${draft.name} has no port ${quote(portName)}; ${ports}`);
    return null;
  }

  if (portName === '') {
    const example = `${draft.name}.${draft.interfaces[0]?.name ?? 'eth0'}`;
    drafts.problems.add(located, `name the interface of ${draft.kind} ${draft.name} as well, such as ${example}`);
    return null;
  }
  if (portName === LOOPBACK) {
    drafts.problems.add(located, `lo leads nowhere but to ${draft.name} itself; link another interface`);
    return null;
  }
  const known = draft.interfaces.findIndex(({ name }) => name === portName);
  if (known >= 0) return { draft, located, port: known };
  if (!INTERFACE_NAME.test(portName)) {
    const names = draft.interfaces.map(({ name }) => name);
    drafts.problems.add(
      located,
      () => `${draft.name} has no interface ${quote(portName)}; ${suggest(portName, names, 'interfaces')}`,
    );
    return null;
  }
  if (draft.interfaces.length >= MAX_INTERFACES) {
    drafts.problems.add(located, `${draft.name} has ${MAX_INTERFACES} interfaces already; no node takes more`);
    return null;
  }
  // A NIC that nobody has configured.
  draft.interfaces.push({ name: portName, located, file: {}, linkMtu: null });
  return { draft, located, port: draft.interfaces.length - 1 };
}

function takePort(drafts: Drafts, end: End, peer: string): void {
  if (end.port === null) return;
  const name = portName(end.draft, end.port);
  const earlier = drafts.taken.get(name);
  if (earlier === undefined) {
    drafts.taken.set(name, { peer, located: end.located });
    return;
  }
  const { line } = earlier.located.position;
  const where = line === 0 ? '' : `, in line ${line}`;
  const remedy = isStation(end.draft) ? 'a port takes one link, so put a switch between' : 'name another port, or none';
  drafts.problems.add(end.located, `${name} is linked to ${earlier.peer} already${where}; ${remedy}`);
}

function takeFreePort(drafts: Drafts, end: End): void {
  if (end.port !== null || isStation(end.draft)) return;
  const { kind, name, declaredPorts } = end.draft;
  let port = end.draft.nextPort;
  while (drafts.taken.has(portName(end.draft, port))) port++;
  if (port >= (declaredPorts ?? MAX_PORTS)) {
    drafts.problems.add(
      end.located,
      `all ${port} ports of ${kind} ${name} are taken; ${port < MAX_PORTS ? `write ports: ${port + 1}` : 'add another'}`,
    );
  }
  end.port = port;
  end.draft.nextPort = port + 1;
  end.draft.highestPort = Math.max(end.draft.highestPort, port + 1);
  drafts.taken.set(portName(end.draft, port), { peer: '', located: end.located });
}

function setLinkMtu({ draft, port }: End, mtu: number | undefined): void {
  const nic = isStation(draft) && port !== null ? draft.interfaces[port] : undefined;
  if (nic !== undefined && mtu !== undefined) nic.linkMtu = mtu;
}

/** `h1.eth0`, `s1.port1` */
function portName(draft: NodeDraft, port: number): string {
  return isStation(draft) ? `${draft.name}.${draft.interfaces[port]?.name ?? ''}` : `${draft.name}.port${port + 1}`;
}

function finishLink(drafts: Drafts, { path, file, from, to }: LinkDraft): Link {
  const a = finishEnd(from);
  const b = finishEnd(to);
  const both = settingsOf(drafts, path, file);
  const located = drafts.source.locate(path);
  return {
    position: located.position,
    path: located.path,
    name: `${a.name}--${b.name}`,
    from: a,
    to: b,
    up: file.up ?? true,
    cost: file.cost ?? DEFAULT_COST,
    forward: directionOf(drafts, both, [...path, 'forward'], file.forward),
    backward: directionOf(drafts, both, [...path, 'backward'], file.backward),
  };
}

function directionOf(
  drafts: Drafts,
  both: Partial<LinkSettings>,
  path: Path,
  file: DirectionFile | undefined,
): LinkSettings {
  const settings = file === undefined ? both : { ...both, ...settingsOf(drafts, path, file) };
  const alike = JSON.stringify(settings);
  const known = drafts.linkSettings.get(alike);
  if (known !== undefined) return known;
  const complete = { ...DEFAULT_LINK, ...settings };
  drafts.linkSettings.set(alike, complete);
  return complete;
}

function finishEnd({ draft, located, port }: End): Port {
  const { position, path } = located;
  return { position, path, node: draft.name, port: port ?? 0, name: portName(draft, port ?? 0) };
}

// Hosts and routers.

function finishNodes(drafts: Drafts): Node[] {
  const macs = new Set<Mac>();
  for (const draft of drafts.nodes.values()) {
    if (!isStation(draft)) continue;
    for (const { file } of draft.interfaces) if (file.mac !== undefined) macs.add(file.mac);
  }
  return [...drafts.nodes.values()].map((draft) =>
    isStation(draft) ? finishStation(drafts, draft, macs) : finishBridge(drafts, draft),
  );
}

function finishBridge(drafts: Drafts, draft: BridgeDraft): Switch | Hub {
  const { kind, name, ageing } = draft;
  const ports = draft.declaredPorts ?? draft.highestPort;
  const { position, path } = drafts.source.locateKey(draft.path);
  const bridge = { position, path, name, ports, ...placeOf(draft.place) };
  return kind === 'switch' ? { ...bridge, kind, ageing } : { ...bridge, kind };
}

function finishStation(drafts: Drafts, draft: StationDraft, macs: Set<Mac>): Station {
  const { kind, name, path, file } = draft;
  const setting = <T>(key: string, value: T | undefined): Setting<T> | null => {
    if (value === undefined) return null;
    const located = drafts.source.locate([...path, key]);
    return { position: located.position, path: located.path, value };
  };
  const located = drafts.source.locateKey(path);
  return {
    position: located.position,
    path: located.path,
    kind,
    name,
    interfaces: draft.interfaces.map((nic) => finishInterface(drafts, draft, nic, macs)),
    loopback: finishLoopback(drafts, path, file.interfaces?.[LOOPBACK]),
    netmask: setting('netmask', file.netmask),
    gateway: setting('gateway', file.gateway),
    dns: setting('dns', file.dns),
    routes: resolveRoutes(drafts, draft),
    neighbors: resolveNeighbors(drafts, draft),
    sysctls: Object.entries(file.sysctl ?? {}).map(([sysctl, value]) => ({
      ...drafts.source.locateKey([...path, 'sysctl', sysctl]),
      name: sysctl,
      value,
    })),
    zones: resolveZones(drafts.source, drafts.problems, [...path, 'zones'], file.zones ?? {}),
    ...placeOf(file.place),
  };
}

/** The key is there only where the file has it. */
function placeOf(place: Place | undefined): { readonly place?: Place } {
  return place === undefined ? {} : { place };
}

function finishInterface(drafts: Drafts, draft: StationDraft, nic: InterfaceDraft, macs: Set<Mac>): Interface {
  const { name, located, file } = nic;
  return {
    position: located.position,
    path: located.path,
    name,
    mac: file.mac ?? makeMac(draft.name, name, macs),
    mtu: file.mtu ?? nic.linkMtu ?? DEFAULT_MTU,
    up: file.up ?? true,
    addresses: addressesOf(drafts, [...draft.path, 'interfaces', name], file),
  };
}

function finishLoopback(drafts: Drafts, station: Path, file: InterfaceFile = {}): Interface {
  const path = [...station, 'interfaces', LOOPBACK];
  const located = drafts.source.locateKey(drafts.source.has(path) ? path : station);
  if (file.mac !== undefined)
    drafts.problems.add(drafts.source.locate([...path, 'mac']), 'lo has no MAC address; leave mac out');
  return {
    position: located.position,
    path: located.path,
    name: LOOPBACK,
    mac: MacAddress.ZERO,
    mtu: file.mtu ?? LOOPBACK_MTU,
    up: file.up ?? true,
    addresses: addressesOf(drafts, path, file),
  };
}

function addressesOf({ source }: Drafts, path: Path, file: InterfaceFile): readonly InterfaceAddress[] {
  if (file.ip === undefined) return NO_ADDRESSES;
  const holder = source.has([...path, 'ip']) ? [...path, 'ip'] : path;
  return file.ip.map(({ ip, prefixLength }: Prefix, index) => {
    const { position, path } = source.locate(source.has([...holder, index]) ? [...holder, index] : holder);
    return { position, path, ip, prefixLength: prefixLength ?? file.netmask ?? null };
  });
}

const NO_ADDRESSES: readonly InterfaceAddress[] = [];

/**
 * A locally administered address from the names alone, so that another node in the file changes nobody's: 02, four
 * bytes that are the node's, one that is the interface's (eth1 ends in :01). Only when two come out equal does the
 * later one in the file take the next.
 */
function makeMac(node: string, nic: string, taken: Set<Mac>): Mac {
  const digits = /(\d{1,3})$/.exec(nic)?.[1];
  const last = digits !== undefined && Number(digits) < 256 ? Number(digits) : hash(nic) % 256;
  let low = hash(node) * 0x100 + last;
  while (taken.has(MacAddress.fromNumber(LOCALLY_ADMINISTERED + low))) low = (low + 1) % 0x100_0000_0000;
  const mac = MacAddress.fromNumber(LOCALLY_ADMINISTERED + low);
  taken.add(mac);
  return mac;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

function resolveRoutes(drafts: Drafts, draft: StationDraft): Route[] {
  return (draft.file.routes ?? []).map((file, index) => {
    const path = [...draft.path, 'routes', index];
    const located = drafts.source.locate(path);
    const type = file.type ?? 'unicast';
    const dev = file.dev ?? null;
    const via = file.via ?? [];
    if (type === 'unicast' && via.length === 0 && dev === null) {
      drafts.problems.add(located, 'leads nowhere; add via (the next router), dev (an interface) or type: blackhole');
    }
    if (type !== 'unicast' && (via.length > 0 || dev !== null)) {
      drafts.problems.add(located, `a route of type ${type} leads nowhere; leave out via and dev, or the type`);
    }
    if (dev !== null) checkInterface(drafts, draft, dev, drafts.source.locate([...path, 'dev']));
    const { ip: destination, prefixLength } = file.to;
    return {
      position: located.position,
      path: located.path,
      destination,
      prefixLength: prefixLength ?? 32,
      type,
      via,
      dev,
      metric: file.metric ?? 0,
    };
  });
}

function resolveNeighbors(drafts: Drafts, draft: StationDraft): Neighbor[] {
  return (draft.file.neighbors ?? []).map((file, index) => {
    const path = [...draft.path, 'neighbors', index];
    checkInterface(drafts, draft, file.dev, drafts.source.locate([...path, 'dev']));
    return { ...drafts.source.locate(path), ...file, state: file.state ?? 'permanent' };
  });
}
