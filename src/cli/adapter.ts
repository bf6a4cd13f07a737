/**
 * A host or router of the lab behind Ethernet over UDP, for test/oracles/replay-vectors.py: one JSON line on standard
 * input says how it is set up, PORTn_LISTEN and PORTn_SEND in the environment are the UDP ports on 127.0.0.1 where its
 * port n takes frames and to which it sends them. It prints "ready", and ends on SIGTERM.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { BridgeError, Outside } from '../bridge/outside.ts';
import { runPaced } from '../bridge/pace.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { TopologyError } from '../lab/topology-error.ts';
import { printError } from './output.ts';

/** As `meta.notation.setup` of test/oracles/linux-vectors.json explains it. */
interface Setup {
  readonly forward: boolean;
  readonly interfaces: readonly {
    readonly port: number;
    readonly mac: string;
    readonly ip: string | readonly string[];
    readonly mtu?: number;
  }[];
  readonly routes?: readonly {
    readonly dst: string;
    readonly via?: string;
    readonly port?: number;
    readonly type?: string;
  }[];
  readonly neigh?: readonly {
    readonly port: number;
    readonly ip: string;
    readonly mac: string;
    readonly state?: string;
  }[];
  readonly udp_echo?: readonly number[];
  readonly linux_sysctl?: Readonly<Record<string, number>>;
}

const DEVICE = 'device';

/** The setup as a topology. It is written in JSON, which is YAML, so that it is checked as any other. */
function topologyOf(setup: Setup): string {
  const nic = (port: number): string => `eth${port}`;
  const device = {
    interfaces: Object.fromEntries(setup.interfaces.map(({ port, ip, mac, mtu }) => [nic(port), { ip, mac, mtu }])),
    routes: setup.routes?.map(({ dst: to, via, port, type }) => ({
      to,
      via,
      dev: port === undefined ? undefined : nic(port),
      type,
    })),
    neighbors: setup.neigh?.map(({ port, ip, mac, state }) => ({ dev: nic(port), ip, mac, state })),
    sysctl: setup.linux_sysctl,
  };
  return JSON.stringify({
    [setup.forward ? 'routers' : 'hosts']: { [DEVICE]: device },
    bridges: setup.interfaces.map(({ port }) => ({ port: `${DEVICE}.${nic(port)}`, to: addressOf(port) })),
    programs: setup.udp_echo?.map((port) => ({ on: DEVICE, run: `udp-echo -q ${port}`, background: true })),
  });
}

function addressOf(port: number): string {
  const [listen, send] = [`PORT${port}_LISTEN`, `PORT${port}_SEND`].map((name) => {
    const value = process.env[name];
    if (value === undefined) throw new SetupError(`${name} is not in the environment`);
    return `127.0.0.1:${value}`;
  });
  return `udp:${listen},${send}`;
}

class SetupError extends Error {}

async function readSetup(): Promise<Setup> {
  const input = createInterface({ input: process.stdin });
  const [line] = (await once(input, 'line')) as [string];
  input.close();
  // Whoever started us may leave it open; it must not keep us from ending.
  process.stdin.unref();
  return JSON.parse(line) as Setup;
}

function open(setup: Setup, outside: Outside): Lab {
  const lab = openLab(topologyOf(setup), { file: 'setup', openPort: outside.openPort });
  // An experiment with a setting left out would be another experiment.
  if (lab.warnings.length > 0) throw new SetupError(lab.warnings.map(({ text }) => text).join('\n'));
  return lab;
}

async function main(): Promise<void> {
  const end = new AbortController();
  process.once('SIGTERM', () => end.abort());
  process.once('SIGINT', () => end.abort());
  const outside = new Outside(printError);
  const lab = open(await readSetup(), outside);
  await outside.open();
  process.stdout.write('ready\n');
  await runPaced(lab, outside, { signal: end.signal, say: printError });
  outside.close();
}

try {
  await main();
} catch (error) {
  const isForThePerson = [SetupError, TopologyError, BridgeError, SyntaxError].some((kind) => error instanceof kind);
  if (!isForThePerson) throw error;
  printError((error as Error).message);
  process.exitCode = 2;
}
