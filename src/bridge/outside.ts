/** The bridges of one lab: opened together, closed together, and what became of their frames told at the end. */
import type { OpenPort, OutsidePort } from '../lab/bridges.ts';
import type { DropReason } from '../sim/drop-reason.ts';
import { isLocal, parseAddress } from './address.ts';
import type { BridgeAddress } from './address.ts';
import type { Door, DoorSettings } from './door.ts';
import { StreamDoor } from './stream.ts';
import { UdpDoor } from './udp.ts';

export class Outside {
  /** Called before frames are handed to the lab; whoever runs it by the clock brings it to the present here. */
  arrived: () => void = () => undefined;
  private readonly say: (text: string) => void;
  private readonly doors = new Map<OutsidePort, Door>();
  private readonly opened = new Map<OutsidePort, Door>();

  /** `say` tells the person who runs the lab what they should know at once. */
  constructor(say: (text: string) => void) {
    this.say = say;
  }

  /** There are no bridges: the lab may run as fast as it can. */
  get isEmpty(): boolean {
    return this.doors.size === 0;
  }

  /** For `openLab`: makes the door that an address speaks of. No frame passes before `open`. */
  readonly openPort: OpenPort = (port) => {
    const address = parseAddress(port.to);
    if ('error' in address) return address;
    if (!isLocal(address)) {
      if (port.isInFile) {
        return {
          error:
            'leads off this machine, which a file may not do by itself; ' +
            `say so on the command line: --bridge ${port.name}=${port.to}`,
        };
      }
      this.say(`${port.name} leads off this machine: ${port.to}`);
    }
    const settings: DoorSettings = { arrived: () => this.arrived(), say: this.say };
    const door = createDoor(port, address, settings);
    this.doors.set(port, door);
    return door.leave;
  };

  /** Opens all, or none: rejects with an error that names the port. */
  async open(): Promise<void> {
    for (const [port, door] of this.doors) {
      try {
        await door.open();
      } catch (error) {
        this.close();
        throw new BridgeError(`${port.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
      this.opened.set(port, door);
    }
  }

  close(): void {
    for (const door of this.opened.values()) door.close();
    this.opened.clear();
  }

  /** A line for each open bridge: what passed, what was dropped at it and why. */
  report(): string[] {
    return [...this.opened].map(([port, door]) => {
      const drops = [...port.drops()].map(([reason, count]) => formatDrops(reason, count));
      const parts = [`${port.framesIn} frames in`, `${port.framesOut} out`, ...drops, ...door.complaints()];
      return `${port.name} (${port.to}): ${parts.join(', ')}`;
    });
  }
}

/** A bridge that could not be opened. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
}

function createDoor(port: OutsidePort, address: BridgeAddress, settings: DoorSettings): Door {
  switch (address.kind) {
    case 'udp':
    case 'vxlan':
      return new UdpDoor(port, address, settings);
    case 'stream':
      return new StreamDoor(port, address, settings);
  }
}

function formatDrops(reason: DropReason, count: number): string {
  return `${count} dropped as ${reason}`;
}
