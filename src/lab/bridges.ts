/**
 * Ports that lead out of the lab. The lab knows where to only as a text, which belongs to who opens the port: an edge
 * gives `openLab` an `openPort`, and brings frames in by what that is told.
 */
import type { DropReason } from '../sim/drop-reason.ts';
import type { Leave, Node, Port } from '../sim/node.ts';
import { HEADER_LENGTH } from '../wire/ethernet.ts';
import { Problems, TopologyError } from './topology-error.ts';
import type { Bridge, Topology } from './topology.ts';
import type { Network } from './network.ts';

/** A port of the lab as an edge sees it. */
export interface OutsidePort {
  /** `r1.eth1` */
  readonly name: string;
  /** Where it leads, as written. */
  readonly to: string;
  /** The topology file says so, and not the person who runs it. */
  readonly isInFile: boolean;
  /** Frames that came from outside and were let in, and frames that left. */
  readonly framesIn: number;
  readonly framesOut: number;
  /** Brings a frame in as soon as the lab goes on; the bytes are copied. */
  inject(bytes: Uint8Array): void;
  /** Counts what came from outside and is not let in. */
  refuse(reason: DropReason, bytes: Uint8Array): void;
  /** What was refused, and what could not come in or go out here, by reason. */
  drops(): ReadonlyMap<DropReason, number>;
}

/** Opens a port: gives the function that takes frames out, or says what is wrong with where it is to lead. */
export type OpenPort = (port: OutsidePort) => Leave | { readonly error: string };

/** Opens the topology's bridges. Throws a TopologyError that says which cannot be. */
export function connectBridges(topology: Topology, network: Network, openPort: OpenPort = refuseToOpen): void {
  const problems = new Problems();
  for (const bridge of topology.bridges) {
    const { port, mtu } = bridge;
    const node = network.nodes.get(port.node)!;
    const end = new BridgedPort(bridge, node);
    const leave = openPort(end);
    if (typeof leave !== 'function') problems.add(bridge, leave.error);
    else network.simulator.connectOutside(node, port.port, (frame) => end.countLeaving(leave(frame)), mtu);
  }
  if (problems.found) throw new TopologyError(topology.file, problems.list, problems.more);
}

function refuseToOpen({ name, to }: OutsidePort): { readonly error: string } {
  return {
    error: `${name} leads out of the lab, to ${to}; "wirelab run" opens it, as does an openPort given to openLab`,
  };
}

class BridgedPort implements OutsidePort {
  readonly name: string;
  readonly to: string;
  readonly isInFile: boolean;
  private readonly node: Node;
  private readonly port: Port;
  private readonly refused = new Map<DropReason, number>();
  /** Frames given to the port that could not leave. */
  private unsent = 0;

  constructor({ port, to, isInFile }: Bridge, node: Node) {
    this.name = port.name;
    this.to = to;
    this.isInFile = isInFile;
    this.node = node;
    this.port = node.ports[port.port]!;
  }

  get framesIn(): number {
    return this.port.framesIn;
  }

  get framesOut(): number {
    return this.port.framesOut - this.unsent;
  }

  inject(bytes: Uint8Array): void {
    if (bytes.length < HEADER_LENGTH) this.refuse('truncated', bytes);
    else this.node.simulator.inject(this.node, this.port.index, bytes);
  }

  refuse(reason: DropReason, bytes: Uint8Array): void {
    this.count(reason);
    this.node.simulator.refuse(this.node, this.port.index, reason, bytes);
  }

  drops(): ReadonlyMap<DropReason, number> {
    const sum = new Map(this.refused);
    for (const [reason, count] of this.port.entrance?.drops ?? []) sum.set(reason, (sum.get(reason) ?? 0) + count);
    return sum;
  }

  countLeaving(refused: DropReason | null): DropReason | null {
    if (refused === null) return null;
    this.unsent++;
    this.count(refused);
    return refused;
  }

  private count(reason: DropReason): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}
