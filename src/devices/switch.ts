/**
 * A learning Ethernet switch. IEEE 802.1D-2004 §7.7 (forwarding), §7.8 (learning), §7.9 (ageing).
 * Not here: spanning tree and VLANs; a loop in the topology is the lesson, not an error.
 */
import type { Frame } from '../sim/frame.ts';
import type { Node } from '../sim/node.ts';
import { SECOND } from '../sim/time.ts';
import type { Nanos } from '../sim/time.ts';
import type { World } from '../sim/world.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Mac from '../wire/mac.ts';
import * as Filtering from './filtering-database.ts';
import { flood } from './flood.ts';

/** Default ageing time, IEEE 802.1D-2004 table 7-5. */
export const AGEING: Nanos = 300 * SECOND;

/** Addresses learnt at most, a common size of such tables; a full one learns nobody new, and floods to the rest. */
export const MAX_LEARNED = 8_192;

/** IEEE 802.1D-2004 table 7-10: 01-80-C2-00-00-00 to -0F never pass a bridge. */
const FIRST_RESERVED = 0x0180_c200_0000;
const LAST_RESERVED = 0x0180_c200_000f;

export interface Switch {
  readonly world: World;
  readonly ports: number;
  readonly ageing: Nanos;
  readonly learned: Filtering.FilteringDatabase;
}

export interface SwitchSettings {
  readonly ports: number;
  /** How long a station that is not heard is remembered. */
  readonly ageing?: Nanos;
}

/** Puts a switch into the node. */
export function create(node: Node, settings: SwitchSettings): Switch {
  const bridge = createState(node, settings);
  node.attach(bridge, receive, carrierChanged);
  return bridge;
}

export function createState(world: World, { ports, ageing = AGEING }: SwitchSettings): Switch {
  return { world, ports, ageing, learned: Filtering.createDatabase() };
}

export function receive(bridge: Switch, port: number, frame: Frame): void {
  const malformed = Ethernet.check(frame.bytes, 0, frame.length);
  if (malformed !== null) return bridge.world.drop(malformed, frame);
  const source = Ethernet.source(frame.bytes, 0);
  if (Mac.isGroup(source)) return bridge.world.drop('group-source', frame);
  learn(bridge, source, port);

  const destination = Ethernet.destination(frame.bytes, 0);
  if (Ethernet.isGroup(frame.bytes, 0)) {
    if (isReserved(destination)) return bridge.world.drop('reserved-address', frame);
    return flood(bridge.world, bridge.ports, port, frame);
  }
  const exit = lookUp(bridge, destination);
  if (exit === undefined) flood(bridge.world, bridge.ports, port, frame);
  else if (exit === port) bridge.world.drop('same-segment', frame);
  else bridge.world.transmit(exit, frame);
}

/** The port behind which a station was heard, unless that was too long ago. */
export function lookUp({ world, ageing, learned }: Switch, station: Mac.Mac): number | undefined {
  const row = Filtering.find(learned, station);
  if (row === Filtering.NONE) return undefined;
  if (world.now - Filtering.heardAt(learned, row) < ageing) return Filtering.portAt(learned, row);
  Filtering.remove(learned, row);
  return undefined;
}

/** IEEE 802.1D-2004 §7.9.2: where it was heard last is where it is. */
function learn(bridge: Switch, station: Mac.Mac, port: number): void {
  const { world, learned } = bridge;
  const row = Filtering.find(learned, station);
  if (row !== Filtering.NONE) Filtering.update(learned, row, port, world.now);
  else if (learned.size < MAX_LEARNED || forgetAged(bridge)) Filtering.add(learned, station, port, world.now);
}

/** Makes room in a full table; false when everybody in it was heard lately. */
function forgetAged({ world, ageing, learned }: Switch): boolean {
  const before = learned.size;
  Filtering.removeWhere(learned, (_, heard) => world.now - heard >= ageing);
  return learned.size < before;
}

function isReserved(mac: Mac.Mac): boolean {
  return mac >= FIRST_RESERVED && mac <= LAST_RESERVED;
}

/** IEEE 802.1D-2004 §7.9: whoever was behind a port that lost its link may be anywhere now. */
function carrierChanged(bridge: Switch, port: number, up: boolean): void {
  if (up) return;
  Filtering.removeWhere(bridge.learned, (heardAt) => heardAt === port);
}
