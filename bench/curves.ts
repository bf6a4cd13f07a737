/** How cost grows: each curve varies one thing and leaves the rest as it is. `npm run bench:growth` draws them. */
import { measureChain } from './chain.ts';
import { measureForwarding } from './forwarding.ts';
import { measureIdleHost } from './idle-host.ts';
import { measureRing } from './many-hosts.ts';
import { MICROSECOND } from '../src/sim/time.ts';

export interface Curve {
  readonly name: string;
  readonly title: string;
  /** What is varied, with its unit. */
  readonly xTitle: string;
  readonly xs: readonly number[];
  /** What is measured, with its unit. */
  readonly yTitle: string;
  /** As a benchmark's, warmed up in the same way. */
  readonly run: (x: number, scale: number) => number;
}

/** Datagrams in one measurement through four routers: a million hops. */
const DATAGRAMS = 200_000;
/** Destination and source, type, IPv4 and UDP headers, and the frame check sequence that is on the wire only. */
const AROUND_PAYLOAD = 14 + 20 + 8 + 4;

export const CURVES: readonly Curve[] = [
  {
    name: 'hosts',
    title: 'Rate over hosts',
    xTitle: 'hosts in the ring',
    xs: [10, 100, 1_000, 10_000, 100_000],
    yTitle: 'M hops/s',
    run: (hosts, scale) => measureRing(hosts, ...each(300_000 * scale, hosts)),
  },
  {
    name: 'hosts-one-by-one',
    title: 'Rate over hosts that send one after the other',
    xTitle: 'hosts in the ring',
    xs: [10, 100, 1_000, 10_000],
    yTitle: 'M hops/s',
    run: (hosts, scale) => measureRing(hosts, ...each(300_000 * scale, hosts), 'one by one'),
  },
  {
    name: 'frames-in-flight',
    title: 'Rate over frames in flight',
    xTitle: 'frames in flight, through four routers',
    xs: [1, 10, 100, 1_000, 10_000, 100_000],
    yTitle: 'M hops/s',
    // Five links, and a datagram each 5 us: so many are on their way as a link is long in microseconds.
    run: (frames, scale) =>
      measureChain({ kind: 'router', count: 4, ...datagrams(scale), delay: frames * MICROSECOND }),
  },
  {
    name: 'frame-size',
    title: 'Rate over frame size',
    xTitle: 'octets in a frame, FCS included, through four routers',
    xs: [64, 128, 256, 512, 1_024, 1_518, 4_096, 9_018],
    yTitle: 'M hops/s',
    run: (size, scale) =>
      measureChain({
        kind: 'router',
        count: 4,
        ...datagrams(scale),
        payload: size - AROUND_PAYLOAD,
        // The longest takes 7.2 us to go out.
        interval: 10 * MICROSECOND,
      }),
  },
  {
    name: 'routes',
    title: 'Rate over routes',
    xTitle: 'routes in the table of the one router',
    xs: [1, 10, 100, 1_000, 10_000, 100_000, 900_000],
    yTitle: 'M hops/s',
    run: (routes, scale) => measureForwarding(routes, Math.ceil(400_000 * scale), Math.ceil(200_000 * scale)),
  },
  {
    name: 'memory',
    title: 'Memory over hosts',
    xTitle: 'idle hosts',
    xs: [10, 100, 1_000, 10_000, 100_000],
    yTitle: 'KiB a host',
    run: (hosts) => measureIdleHost(hosts) / 1024,
  },
];

/** Datagrams of each host: those that are measured, and those ahead of them. */
function each(datagrams: number, hosts: number): [number, number] {
  return [Math.ceil(datagrams / hosts), Math.ceil(datagrams / 2 / hosts)];
}

function datagrams(scale: number): { datagrams: number; ahead: number } {
  return { datagrams: Math.ceil(DATAGRAMS * scale), ahead: Math.ceil(DATAGRAMS * scale) };
}
