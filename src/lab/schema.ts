/**
 * The topology file's format: which keys there are, what their values look like, and what they become. A JSON schema
 * for editors comes from it by `z.toJSONSchema(topologyFile, { io: 'input' })`.
 * Not here: what needs a second look at the file, such as names of nodes and ports (topology-resolve.ts).
 */
import * as z from 'zod';
import type { QueueLimit } from '../sim/link-settings.ts';
import { DISPOSITIONS, isKnown } from '../trace/disposition.ts';
import * as Ip from '../wire/ip4.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as MacAddress from '../wire/mac.ts';
import { splitCommandLine } from './command-line.ts';
import { quote, suggest } from './spelling.ts';
import type { Expectation } from './topology.ts';
import { parseChance, parseDuration, parseRate, parseSize } from './units.ts';
import type { Quantity } from './units.ts';

/** A letter first, so that no name looks like an address; two hyphens stand between the ends of a link, so none is at an end. */
const NODE_NAME = /^(?!.*--)[A-Za-z][A-Za-z0-9_-]{0,62}(?<!-)$/;
/** Linux's IFNAMSIZ leaves 15 characters. */
export const INTERFACE_NAME = /^(?!.*--)[A-Za-z][A-Za-z0-9_.-]{0,14}(?<!-)$/;

/** RFC 791 §3.2: every module must pass on 68 octets without fragmenting. */
const MIN_MTU = 68;
const MAX_MTU = 65_536;
/** IEEE 802.1D-2004 §9.2.7: a port number has twelve bits. */
export const MAX_PORTS = 4_095;
/** A pcap file has 32 bits for the seconds. */
const MAX_EPOCH = 0xffff_ffff;
const MAX_U32 = 0xffff_ffff;
/** RFC 2328 §A.4.2: a metric of 16 bits. */
const MAX_COST = 65_535;

// What a value is said to be when it is something else.

function kindOf(input: unknown): string {
  if (typeof input === 'string') return quote(input);
  if (typeof input === 'number' || typeof input === 'boolean') return String(input);
  if (Array.isArray(input)) return 'a list';
  return input === null ? 'nothing' : 'a mapping';
}

/** The message for a value of the wrong kind. `what` is what belongs there, best with an example. */
function expected(what: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => (input === undefined ? `missing; expected ${what}` : `expected ${what}, got ${kindOf(input)}`);
}

/** A mapping with these keys; each unknown one is a line of the message. */
function mapping<Shape extends z.core.$ZodShape>(what: string, shape: Shape) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `unknown key ${quote(key)}; ${suggest(key, keys, 'keys')}`).join('\n')
        : expected(what)(issue),
  });
}

/** A mapping from names to values. */
function named<Value extends z.ZodType>(what: string, name: RegExp, nameRule: string, value: Value) {
  return z.record(z.string().regex(name), value, {
    error: (issue) => (issue.code === 'invalid_key' ? `not a name here: ${nameRule}` : expected(what)(issue)),
  });
}

function text<T>(what: string, parse: (text: string) => { readonly value: T } | { readonly error: string }) {
  return z
    .string({ error: expected(what) })
    .transform((input, context) => {
      const result = parse(input);
      if ('value' in result) return result.value;
      context.addIssue({ code: 'custom', message: result.error });
      return z.NEVER;
    })
    .describe(what);
}

function quantity(what: string, parse: (input: string | number) => Quantity) {
  return z
    .union([z.string(), z.number()], { error: expected(what) })
    .transform((input, context) => {
      const result = parse(input);
      if ('value' in result) return result.value;
      context.addIssue({ code: 'custom', message: result.error });
      return z.NEVER;
    })
    .describe(what);
}

function integer(what: string, least: number, most: number) {
  const error = expected(`${what}, ${least} to ${most}`);
  return z.int({ error }).min(least, { error }).max(most, { error }).describe(what);
}

function oneOf<const Words extends readonly [string, ...string[]]>(what: string, words: Words) {
  const error = expected(`${what}: ${words.join(', ')}`);
  return z.enum(words, { error });
}

/** One or a list of them. */
function oneOrMore<Value extends z.ZodType>(what: string, value: Value) {
  return z
    .union([value, z.array(value)], { error: expected(`${what}, or a list of them`) })
    .transform((input): z.output<Value>[] =>
      Array.isArray(input) ? (input as z.output<Value>[]) : [input as z.output<Value>],
    );
}

const flag = z.boolean({ error: expected('true or false') });

function word(what: string) {
  const error = expected(what);
  return z
    .string({
      error: (issue) => {
        const inQuotes = typeof issue.input === 'number' || typeof issue.input === 'boolean';
        return inQuotes ? `${error(issue)}; put it in quotes if it is one` : error(issue);
      },
    })
    .describe(what);
}

// Addresses.

export interface Prefix {
  readonly ip: Ip4;
  /** Null when none was written. */
  readonly prefixLength: number | null;
}

const AN_ADDRESS = 'an IPv4 address such as 192.0.2.1';
const A_PREFIX = 'an IPv4 address with its prefix length, such as 192.0.2.1/24';
const A_MASK = 'a network mask such as 255.255.255.0';
const A_MAC = 'a MAC address such as 02:00:00:00:00:01';

const address = text(AN_ADDRESS, parseAddress);
const prefix = text(A_PREFIX, parsePrefix);
const netmask = text(A_MASK, parseMask);
const anyMac = text(A_MAC, parseMac);
const stationMac = text(A_MAC, (input) => {
  const result = parseMac(input);
  if ('error' in result) return result;
  if (MacAddress.isGroup(result.value)) {
    return { error: `${input} is a group address, which no interface can have; its first byte must be even` };
  }
  if (result.value === MacAddress.ZERO) return { error: `${input} is no interface's address; leave mac out for one` };
  return result;
});

function parseAddress(input: string): { value: Ip4 } | { error: string } {
  const value = Ip.parse(input);
  if (value !== null) return { value };
  if (input.includes('/')) return { error: `${quote(input)}: no prefix length belongs here; write the address alone` };
  return { error: `${quote(input)} is no IPv4 address; write four numbers from 0 to 255, such as 192.0.2.1` };
}

/** `192.0.2.1/24`, `192.0.2.1/255.255.255.0`, `192.0.2.1`. */
export function parsePrefix(input: string): { value: Prefix } | { error: string } {
  const slash = input.indexOf('/');
  const ip = parseAddress(slash < 0 ? input : input.slice(0, slash));
  if ('error' in ip) return ip;
  if (slash < 0) return { value: { ip: ip.value, prefixLength: null } };
  const length = parseMask(input.slice(slash + 1));
  return 'error' in length ? length : { value: { ip: ip.value, prefixLength: length.value } };
}

/** `24`, `/24` or `255.255.255.0`, as a prefix length. */
function parseMask(input: string): { value: number } | { error: string } {
  const length = /^\/?(\d{1,3})$/.exec(input)?.[1];
  if (length !== undefined) {
    if (Number(length) <= 32) return { value: Number(length) };
    return { error: `a prefix of ${length} bits; an IPv4 address has 32` };
  }
  const mask = Ip.parse(input);
  if (mask === null) return { error: `${quote(input)} is no mask; write 24 or 255.255.255.0` };
  const value = Ip.prefixLength(mask);
  if (value !== null) return { value };
  return { error: `the mask ${input} has holes; its one bits must all come first, as in 255.255.255.0` };
}

function parseMac(input: string): { value: MacAddress.Mac } | { error: string } {
  const value = MacAddress.parse(input);
  if (value !== null) return { value };
  return { error: `${quote(input)} is no MAC address; write six bytes, such as 02:00:00:00:00:01` };
}

// Hosts and routers.

const coordinate = z.number({ error: expected('a number') });
const place = z
  .tuple([coordinate, coordinate], { error: expected('a place such as [4.9, 52.4]') })
  .optional()
  .describe('where a drawing puts it: to the right and up, in any unit; on a map, longitude and latitude');

const mtu = integer('an MTU in bytes', MIN_MTU, MAX_MTU);

const interfaceMapping = mapping('an interface', {
  ip: oneOrMore(A_PREFIX, prefix).optional(),
  netmask: netmask.optional().describe('the mask of its addresses that are written without one'),
  mac: stationMac.optional(),
  mtu: mtu.optional(),
  up: flag.optional().describe('false leaves it set down'),
});

/** An address or a list of them is short for a mapping that has only `ip`; nothing, for one without. */
const networkInterface = z
  .union([z.null(), prefix, z.array(prefix), interfaceMapping], {
    error: expected(`addresses such as 192.0.2.1/24, or a mapping with ip, mac, mtu, up`),
  })
  .transform((input): z.output<typeof interfaceMapping> => {
    if (input === null) return {};
    if (Array.isArray(input)) return { ip: input };
    return 'prefixLength' in input ? { ip: [input] } : input;
  });

const DEFAULT_ROUTE: Prefix = { ip: Ip.ANY, prefixLength: 0 };

const route = mapping('a route with to and via, dev or type', {
  to: text('a destination such as 203.0.113.0/24, or default', (input) =>
    input === 'default' ? { value: DEFAULT_ROUTE } : parsePrefix(input),
  ),
  via: oneOrMore(AN_ADDRESS, address).optional().describe('the next router; flows are spread over several'),
  dev: word('an interface of this node').optional(),
  type: oneOf('a type of route', ['unicast', 'blackhole', 'unreachable', 'prohibit']).optional(),
  metric: integer('a metric', 0, MAX_U32).optional().describe('the lowest wins among routes to one destination'),
});

const neighbor = mapping('a neighbour with ip, mac and dev', {
  ip: address,
  mac: anyMac,
  dev: word('an interface of this node'),
  state: oneOf('a state', ['permanent', 'stale'])
    .optional()
    .describe('permanent, unless said; a stale one is asked for again when it has been used'),
});

const record = mapping('records such as { A: 192.0.2.80 }', {
  ttl: integer('a time to live in seconds', 0, 0x7fff_ffff).optional(), // RFC 2181 §8
  A: oneOrMore(AN_ADDRESS, address).optional(),
  CNAME: word('the name it is another name for').optional(),
  MX: oneOrMore(
    'a mail exchange such as "10 mail"',
    text('a mail exchange such as "10 mail"', (input) => {
      const [, preference, target] = /^(\d{1,5})\s+(\S+)$/.exec(input) ?? [];
      if (target === undefined || Number(preference) > 65_535) {
        return { error: `${quote(input)}: write preference and name, such as "10 mail"` };
      }
      return { value: { preference: Number(preference), target } };
    }),
  ).optional(),
  NS: oneOrMore('the name of a name server', word('the name of a name server')).optional(),
  PTR: oneOrMore('a name', word('a name')).optional(),
  SRV: oneOrMore(
    'a service such as "0 5 5060 sip"',
    text('a service such as "0 5 5060 sip"', (input) => {
      const [, priority, weight, port, target] = /^(\d{1,5})\s+(\d{1,5})\s+(\d{1,5})\s+(\S+)$/.exec(input) ?? [];
      const numbers = [Number(priority), Number(weight), Number(port)];
      if (target === undefined || numbers.some((number) => number > 65_535)) {
        return { error: `${quote(input)}: write priority, weight, port and name, such as "0 5 5060 sip"` };
      }
      return { value: { priority: Number(priority), weight: Number(weight), port: Number(port), target } };
    }),
  ).optional(),
  TXT: oneOrMore('a text', word('a text')).optional(),
});

const station = z
  .union(
    [
      z.null(),
      mapping('a host', {
        interfaces: named(
          'interfaces by name, such as { eth0: 192.0.2.1/24 }',
          INTERFACE_NAME,
          'an interface is called by a letter and at most 14 letters, digits, "_", "-" or "."',
          networkInterface,
        ).nullish(),
        netmask: netmask.optional().describe('the mask of addresses that are written without one'),
        gateway: address.optional().describe('the router of the default route'),
        dns: address.optional().describe('the DNS server its resolver asks'),
        routes: z.array(route, { error: expected('a list of routes') }).nullish(),
        neighbors: z.array(neighbor, { error: expected('a list of neighbours') }).nullish(),
        sysctl: z
          .record(z.string(), integer('a whole number', -0x8000_0000, MAX_U32), {
            error: expected('settings such as { net.ipv4.ip_default_ttl: 64 }'),
          })
          .nullish(),
        zones: z
          .record(
            z.string(),
            z.record(z.string(), record, { error: expected('records by name, such as { www: { A: 192.0.2.80 } }') }),
            { error: expected('zones by name, such as { example.test: { www: { A: 192.0.2.80 } } }') },
          )
          .nullish()
          .describe('what a DNS server on this host answers from'),
        place,
      }),
    ],
    { error: expected('a mapping such as { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }') },
  )
  .transform((input) => input ?? {});

// Switches and hubs.

const ports = integer('a number of ports', 1, MAX_PORTS).optional().describe('as many as links use, unless said');
const duration = quantity('a duration such as 1.5ms', parseDuration);

const bridge = z
  .union(
    [
      z.null(),
      mapping('a switch', { ports, ageing: duration.optional().describe('how long it keeps an address'), place }),
    ],
    {
      error: expected('a mapping such as { ports: 4, ageing: 300s }'),
    },
  )
  .transform((input) => input ?? {});

const hub = z
  .union([z.null(), mapping('a hub', { ports, place })], { error: expected('a mapping such as { ports: 4 }') })
  .transform((input) => input ?? {});

const A_BRIDGE = 'r1.eth1=udp:127.0.0.1:47001,127.0.0.1:47002';

// Links.

const AN_END = 'an end of the link such as h1.eth0';
const chance = quantity('a chance such as 1% or 0.01', parseChance);
const A_QUEUE = 'a queue such as 100 packets or 64 KiB';

const queue = z
  .union([z.string(), z.number()], { error: expected(A_QUEUE) })
  .transform((input, context): QueueLimit => {
    const packets = /^\s*(\d{1,15})(?:\s*(?:packets?|frames?))?\s*$/.exec(String(input))?.[1];
    if (packets !== undefined) return { packets: Number(packets) };
    const bytes = typeof input === 'string' ? parseSize(input) : { error: `expected ${A_QUEUE}, got ${input}` };
    if ('value' in bytes) return { bytes: bytes.value };
    context.addIssue({ code: 'custom', message: bytes.error });
    return z.NEVER;
  })
  .describe(A_QUEUE);

const directionKeys = {
  delay: duration.optional().describe('propagation; at least 1 ns'),
  bandwidth: quantity('a rate such as 100Mbit/s', parseRate).optional(),
  queue: queue.optional().describe('what waits before the rest is dropped: 100 packets, or 64 KiB'),
  mtu: mtu.optional().describe('the longest IP datagram; also the MTU of the interfaces that send here'),
  loss: chance.optional(),
  duplicate: chance.optional(),
  corrupt: chance.optional(),
  jitter: duration.optional().describe('uniform, plus or minus, around the delay; order is kept'),
  reorder: chance.optional().describe('of being held back, so that later frames overtake'),
  'reorder-delay': duration.optional().describe('how long such a frame is held back; as the delay, unless said'),
  'drop-every': integer('a whole number', 0, Number.MAX_SAFE_INTEGER).optional().describe('10 drops each tenth frame'),
  partitioned: flag.optional().describe('everything is lost, and nobody is told'),
  held: flag.optional().describe('what is sent waits until it is released'),
};

const direction = mapping('settings such as { loss: 1% }', directionKeys);
export type DirectionFile = z.output<typeof direction>;

const linkKeys = {
  ...directionKeys,
  up: flag.optional().describe('false leaves it without carrier'),
  forward: direction.optional().describe('settings for one direction, from the end named first'),
  backward: direction.optional().describe('settings for the other direction'),
};

const linkMapping = mapping('a link with from and to', {
  from: word(AN_END),
  to: word(AN_END),
  cost: integer('a cost', 1, MAX_COST).optional().describe('for routing: shortest-paths; 1 unless said'),
  ...linkKeys,
});

const link = z.union(
  [
    text(
      'two ends such as h1.eth0 -- r1.eth0',
      (input): { value: z.output<typeof linkMapping> } | { error: string } => {
        const [from = '', to = '', ...more] = splitEnds(input);
        if (/^\S+$/.test(from) && /^\S+$/.test(to) && more.length === 0) return { value: { from, to } };
        return { error: `${quote(input)}: write two ends with -- between them, such as h1.eth0 -- r1.eth0` };
      },
    ),
    linkMapping,
  ],
  { error: expected('a link such as h1.eth0 -- r1.eth0 or { from: h1.eth0, to: r1.eth0, delay: 5ms }') },
);

/** `h1.eth0 -- r1.eth0`; blanks may be left out, since no name has two hyphens in a row. */
export function splitEnds(input: string): string[] {
  return input.split('--').map((end) => end.trim());
}

// Ports that lead out of the lab.

const bridgeMapping = mapping('a bridge with port and to', {
  port: word('a port such as r1.eth1'),
  to: word('where it leads, such as udp:127.0.0.1:47001,127.0.0.1:47002'),
});

const aBridge = z.union([text(A_BRIDGE, parseBridge), bridgeMapping], {
  error: expected(`a bridge such as ${A_BRIDGE}`),
});

/** `r1.eth1=udp:127.0.0.1:47001,127.0.0.1:47002` */
export function parseBridge(input: string): { value: z.output<typeof bridgeMapping> } | { error: string } {
  const [, port, to] = /^\s*([^\s=]+)\s*=\s*(\S+)\s*$/.exec(input) ?? [];
  if (port !== undefined && to !== undefined) return { value: { port, to } };
  return { error: `${quote(input)}: write a port and where it leads, such as ${A_BRIDGE}` };
}

// What happens.

const program = mapping('a program with on and run', {
  on: word('a host or router'),
  run: text('a command line such as "ping -c 3 h2"', (input) => {
    const split = splitCommandLine(input);
    return 'error' in split
      ? { error: `${quote(input)}: ${split.error}` }
      : { value: { command: input, words: split.words } };
  }),
  at: duration.optional(),
  background: flag.optional().describe('true: the run does not wait for it to end'),
});

const event = mapping('an event with at, and link or interface', {
  at: duration,
  link: word('a link such as h1.eth0 -- r1.eth0').optional(),
  interface: word('an interface such as h1.eth0').optional(),
  do: oneOf('what happens', ['down', 'up', 'partition', 'heal', 'hold', 'release']).optional(),
  direction: oneOf('a direction', ['both', 'forward', 'backward'])
    .optional()
    .describe('of what is done: forward is from the end that the event names first'),
  set: mapping('settings such as { loss: 10% }', linkKeys).optional(),
});

// What must hold.

const A_WAY = 'two ends such as h1 -> h2';

/** `h1 -> h2`, with `more` also `h1 -> r1 -> h2`. */
function way(what: string, more = false) {
  return text(what, (input): { value: readonly string[] } | { error: string } => {
    const ends = input.split('->').map((end) => end.trim());
    if (ends.length < 2 || (ends.length > 2 && !more) || !ends.every((end) => /^\S+$/.test(end))) {
      return { error: `${quote(input)}: write ${what}` };
    }
    return { value: ends };
  });
}

/** Each expectation has one of these keys, and says by it what is to hold. */
export const EXPECTATION_KINDS = [
  'reach',
  'not-reach',
  'path',
  'flow',
  'mtu',
  'resolve',
  'route',
  'neighbor',
] as const satisfies readonly Expectation['kind'][];

const expectation = mapping('an expectation such as { reach: h1 -> h2 }', {
  name: word('a name').optional().describe('what reports call it'),
  at: duration.optional().describe('when it is looked at: as soon as those before it are, unless said'),
  within: duration.optional().describe('how long it may take until it holds'),
  reach: way(A_WAY)
    .optional()
    .describe('an echo request is answered; with udp a program gets a datagram, and there is a way back'),
  'not-reach': way(A_WAY).optional(),
  path: way('a way such as h1 -> r1 -> h2', true).optional().describe('the hosts and routers on it, in order'),
  flow: way(A_WAY).optional().describe('a stream of datagrams, with bounds for loss and latency'),
  mtu: way(A_WAY).optional().describe('the longest datagram that arrives in one piece'),
  resolve: way('a host and a name such as h1 -> www.example.test')
    .optional()
    .describe('the name has an address for that host'),
  route: way('a router and a destination such as r1 -> 203.0.113.0/24')
    .optional()
    .describe('the prefix is in its table; of an address or a node: the route that it takes there'),
  neighbor: way('a host and its neighbour such as h1 -> r1.eth0').optional().describe('it knows the Ethernet address'),
  udp: integer('a UDP port', 1, 65_535).optional(),
  size: integer('octets of data', 0, 65_507).optional(),
  because: text('a disposition such as no-route', (input) =>
    isKnown(input)
      ? { value: input }
      : { error: `${quote(input)} befalls no packet; ${suggest(input, Object.keys(DISPOSITIONS), 'dispositions')}` },
  )
    .optional()
    .describe('why it does not arrive'),
  loss: chance.optional().describe('at most so much is lost'),
  latency: duration.optional().describe('no datagram takes longer'),
  packets: integer('a number of packets', 1, 1_000_000).optional().describe('100 unless said'),
  rate: text('a rate such as 1000/s or 10Mbit/s', (input) =>
    /^[1-9]\d{0,11}(\/s|[kMG]?bit\/s)$/.test(input)
      ? { value: input }
      : { error: `${quote(input)} is no rate; write datagrams or bits in a second, such as 1000/s or 10Mbit/s` },
  ).optional(),
  is: z
    .union([z.string(), z.int()], { error: expected('what it is to be') })
    .optional()
    .describe('of mtu: octets; of resolve: the address or node that the name stands for'),
  by: word('a node or address').optional().describe('the server that answers'),
  via: address.optional().describe('the next router'),
  dev: word('an interface').optional(),
  mac: anyMac.optional(),
});

const NODE_RULE = 'a node is called by a letter and at most 62 letters, digits, "_" or "-", without "--"';

/** The whole file. */
export const topologyFile = mapping('a topology: a mapping with hosts, links and so on', {
  name: word('a name').optional(),
  seed: integer('a seed', 0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('what all chance derives from; 1 unless said'),
  epoch: integer('seconds since 1970', 0, MAX_EPOCH).optional().describe('added to the times in captures'),
  until: duration.optional().describe('when the run ends at the latest'),
  routing: oneOf('a way of routing', ['static', 'shortest-paths'])
    .optional()
    .describe(
      'shortest-paths: routers start with routes to all subnets by the least sum of link costs, paths of equal cost ' +
        'kept, and hosts without a default route with the nearest router; what fails later is not gone round',
    ),
  hosts: named('hosts by name', NODE_NAME, NODE_RULE, station).nullish(),
  routers: named('routers by name', NODE_NAME, NODE_RULE, station).nullish(),
  switches: named('switches by name', NODE_NAME, NODE_RULE, bridge).nullish(),
  hubs: named('hubs by name', NODE_NAME, NODE_RULE, hub).nullish(),
  links: z.array(link, { error: expected('a list of links') }).nullish(),
  bridges: z.array(aBridge, { error: expected('a list of bridges') }).nullish(),
  programs: z.array(program, { error: expected('a list of programs') }).nullish(),
  events: z.array(event, { error: expected('a list of events') }).nullish(),
  expect: z.array(expectation, { error: expected('a list of expectations') }).nullish(),
}).describe('A wirelab topology');

export type TopologyFile = z.output<typeof topologyFile>;
/** A file's content as it is written, in strings and numbers. */
export type TopologyInput = z.input<typeof topologyFile>;
export type StationFile = z.output<typeof station>;
export type LinkFile = z.output<typeof link>;
export type BridgeFile = z.output<typeof bridgeMapping>;
export type EventFile = z.output<typeof event>;
export type ExpectationFile = z.output<typeof expectation>;
export type ProgramFile = z.output<typeof program>;
