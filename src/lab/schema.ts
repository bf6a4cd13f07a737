/**
 * The topology file's format: which keys there are, what their values look like, what they become and what they mean.
 * The JSON schema for editors (topology-json-schema.ts) and the reference docs/topology.md are made of it.
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

// What a key or a value means. It stands in a registry beside the schema, since zod's describe() makes a copy of each
// schema, and every start of the command would pay for that.

/** For people and their editors; beside what is named here, words of JSON Schema. */
export interface Meaning {
  /** The name under which it is described once and referred to: a definition in the JSON schema. */
  readonly id?: string;
  readonly description?: string;
  /** The unit of a number. */
  readonly unit?: string;
  /** What it is when it is left out. */
  readonly default?: string | number | boolean;
  /** The same in words, where no one value is it; none of it, if this is left out too. */
  readonly unless?: string;
  /** The first one is shown. */
  readonly examples?: readonly unknown[];
  /** For texts, and `minimum` and so on for numbers: what can be seen without understanding it. */
  readonly [constraint: string]: unknown;
}

export const MEANINGS = z.registry<Meaning>();

function meaning<Schema extends z.ZodType>(schema: Schema, description: string, more: Meaning = {}): Schema {
  MEANINGS.add(schema, { description, ...more });
  return schema;
}

/** A key that has to be there, and a meaning of its own. */
function required<Value extends z.ZodType>(value: Value, description: string, more: Meaning = {}) {
  return meaning(z.nonoptional(value), description, more);
}

/** A key that may be left out. */
function optional<Value extends z.ZodType>(value: Value, description: string, more: Meaning = {}) {
  return meaning(value.optional(), description, more);
}

/** The same, where nothing may stand behind the key. */
function section<Value extends z.ZodType>(value: Value, description: string, more: Meaning = {}) {
  return meaning(value.nullish(), description, more);
}

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
  return z.string({ error: expected(what) }).transform((input, context) => {
    const result = parse(input);
    if ('value' in result) return result.value;
    context.addIssue({ code: 'custom', message: result.error });
    return z.NEVER;
  });
}

function quantity(what: string, parse: (input: string | number) => Quantity) {
  return z.union([z.string(), z.number()], { error: expected(what) }).transform((input, context) => {
    const result = parse(input);
    if ('value' in result) return result.value;
    context.addIssue({ code: 'custom', message: result.error });
    return z.NEVER;
  });
}

function integer(what: string, least: number, most: number) {
  const error = expected(`${what}, ${least} to ${most}`);
  return z.int({ error }).min(least, { error }).max(most, { error });
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
  return z.string({
    error: (issue) => {
      const inQuotes = typeof issue.input === 'number' || typeof issue.input === 'boolean';
      return inQuotes ? `${error(issue)}; put it in quotes if it is one` : error(issue);
    },
  });
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

// What texts look like, for editors, which have nothing but this. Looser than the parsers here and there, never stricter.
const DOTTED = '\\d{1,3}(\\.\\d{1,3}){3}';
const MASK_LOOK = `(/?\\d{1,2}|${DOTTED})`;
const PREFIX_LOOK = `${DOTTED}(/${MASK_LOOK})?`;

const address = meaning(text(AN_ADDRESS, parseAddress), 'An IPv4 address, in four numbers.', {
  id: 'address',
  examples: ['192.0.2.1'],
  pattern: `^${DOTTED}$`,
});
const prefix = meaning(
  text(A_PREFIX, parsePrefix),
  'An IPv4 address with the length of its prefix or with its mask. Without either, the mask is that of the interface, ' +
    "else that of the host, else the kernel's own: 255.255.255.0.",
  { id: 'prefix', examples: ['192.0.2.1/24', '192.0.2.1/255.255.255.0'], pattern: `^${PREFIX_LOOK}$` },
);
const netmask = meaning(text(A_MASK, parseMask), 'The mask of a network, or the length of its prefix.', {
  id: 'mask',
  examples: ['255.255.255.0', '/24'],
  pattern: `^${MASK_LOOK}$`,
});
const MAC_LOOK = { pattern: '^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$', examples: ['02:00:00:00:00:01'] };
const anyMac = meaning(text(A_MAC, parseMac), 'A MAC address: six bytes with colons or hyphens between.', {
  id: 'mac',
  ...MAC_LOOK,
});
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
const place = optional(
  z.tuple([coordinate, coordinate], { error: expected('a place such as [4.9, 52.4]') }),
  'Where a drawing puts it: to the right and up, in any unit. On a map: longitude and latitude.',
  { unless: 'found by the drawing', examples: [[4.9, 52.4]] },
);

const mtu = integer('an MTU in bytes', MIN_MTU, MAX_MTU);

const interfaceMapping = mapping('an interface', {
  ip: optional(oneOrMore(A_PREFIX, prefix), 'Its address, or a list of them.', {
    examples: [['192.0.2.1/24', '198.51.100.1/24']],
  }),
  netmask: optional(netmask, 'The mask of its addresses that are written without one.', { unless: "the host's" }),
  mac: optional(stationMac, 'Its MAC address. No group address.', {
    unless: "made of the node's and its own name; it begins with 02",
    ...MAC_LOOK,
  }),
  mtu: optional(mtu, 'The longest IP datagram that it sends.', {
    unit: 'octets',
    unless: "its link's, else 1500; 65536 for lo",
    examples: [1400],
  }),
  up: optional(flag, 'Whether it is set up. False: it neither sends nor receives, until an event sets it up.', {
    default: true,
  }),
});

/** An address or a list of them is short for a mapping that has only `ip`; nothing, for one without. */
const networkInterface = meaning(
  z
    .union([z.null(), prefix, z.array(prefix), interfaceMapping], {
      error: expected(`addresses such as 192.0.2.1/24, or a mapping with ip, mac, mtu, up`),
    })
    .transform((input): z.output<typeof interfaceMapping> => {
      if (input === null) return {};
      if (Array.isArray(input)) return { ip: input };
      return 'prefixLength' in input ? { ip: [input] } : input;
    }),
  'A network interface. Its address or a list of addresses is short for a mapping that has `ip` alone. The interface ' +
    '`lo` is there always, has 127.0.0.1/8, and may be given more addresses.',
  { id: 'interface', examples: [{ ip: '192.0.2.1/24', mtu: 1400 }] },
);

const DEFAULT_ROUTE: Prefix = { ip: Ip.ANY, prefixLength: 0 };

const route = meaning(
  mapping('a route with to and via, dev or type', {
    to: meaning(
      text('a destination such as 203.0.113.0/24, or default', (input) =>
        input === 'default' ? { value: DEFAULT_ROUTE } : parsePrefix(input),
      ),
      'The destination: a prefix, an address (a prefix of 32 bits), or `default`.',
      { pattern: `^(default|${PREFIX_LOOK})$`, examples: ['203.0.113.0/24'] },
    ),
    via: optional(
      oneOrMore(AN_ADDRESS, address),
      'The next router, which must be on a link of this node. Flows are spread over the routers of a list.',
      { unless: 'the destination is on the link of `dev`' },
    ),
    dev: optional(word('an interface of this node'), 'The interface by which it leaves.', {
      unless: 'the one whose subnet has `via`',
      examples: ['eth0'],
    }),
    type: optional(
      oneOf('a type of route', ['unicast', 'blackhole', 'unreachable', 'prohibit']),
      'Others than `unicast` lead nowhere: `blackhole` says nothing to the sender; `unreachable` says that the host is ' +
        'unreachable, `prohibit` that it is forbidden.',
      { default: 'unicast' },
    ),
    metric: optional(
      integer('a metric', 0, MAX_U32),
      'Among routes to the same destination the one with the lowest wins.',
      { default: 0, examples: [100] },
    ),
  }),
  'An entry of the routing table. The longest prefix that matches decides; order does not matter.',
  { id: 'route', examples: [{ to: '203.0.113.0/24', via: '192.0.2.254' }] },
);

const neighbor = meaning(
  mapping('a neighbour with ip, mac and dev', {
    ip: required(address, 'The IPv4 address of the neighbour.'),
    mac: required(anyMac, 'Its MAC address.'),
    dev: meaning(word('an interface of this node'), 'The interface on whose link it is.', { examples: ['eth0'] }),
    state: optional(
      oneOf('a state', ['permanent', 'stale']),
      'A stale entry is used, and then asked for again; a permanent one never.',
      { default: 'permanent' },
    ),
  }),
  'An entry of the neighbour table, which else ARP fills.',
  { id: 'neighbor', examples: [{ ip: '192.0.2.2', mac: '02:00:00:00:00:02', dev: 'eth0' }] },
);

const record = meaning(
  mapping('records such as { A: 192.0.2.80 }', {
    ttl: optional(integer('a time to live in seconds', 0, 0x7fff_ffff), 'How long a resolver may keep them.', {
      unit: 'seconds', // RFC 2181 §8
      default: 300,
    }),
    A: optional(oneOrMore(AN_ADDRESS, address), 'IPv4 addresses.'),
    CNAME: optional(word('the name it is another name for'), 'The name that it is another name for.', {
      examples: ['www'],
    }),
    MX: optional(
      oneOrMore(
        'a mail exchange such as "10 mail"',
        meaning(
          text('a mail exchange such as "10 mail"', (input) => {
            const [, preference, target] = /^(\d{1,5})\s+(\S+)$/.exec(input) ?? [];
            if (target === undefined || Number(preference) > 65_535) {
              return { error: `${quote(input)}: write preference and name, such as "10 mail"` };
            }
            return { value: { preference: Number(preference), target } };
          }),
          'Preference and name.',
          { pattern: '^\\d{1,5}\\s+\\S+$' },
        ),
      ),
      'Mail exchanges: preference and name.',
      { examples: ['10 mail'] },
    ),
    NS: optional(oneOrMore('the name of a name server', word('the name of a name server')), 'Name servers.', {
      examples: ['ns'],
    }),
    PTR: optional(
      oneOrMore('a name', word('a name')),
      'The name of an address, in a zone such as 2.0.192.in-addr.arpa.',
      {
        examples: ['www.example.test'],
      },
    ),
    SRV: optional(
      oneOrMore(
        'a service such as "0 5 5060 sip"',
        meaning(
          text('a service such as "0 5 5060 sip"', (input) => {
            const [, priority, weight, port, target] = /^(\d{1,5})\s+(\d{1,5})\s+(\d{1,5})\s+(\S+)$/.exec(input) ?? [];
            const numbers = [Number(priority), Number(weight), Number(port)];
            if (target === undefined || numbers.some((number) => number > 65_535)) {
              return { error: `${quote(input)}: write priority, weight, port and name, such as "0 5 5060 sip"` };
            }
            return { value: { priority: Number(priority), weight: Number(weight), port: Number(port), target } };
          }),
          'Priority, weight, port and name.',
          { pattern: '^\\d{1,5}\\s+\\d{1,5}\\s+\\d{1,5}\\s+\\S+$' },
        ),
      ),
      'Services: priority, weight, port and name.',
      { examples: ['0 5 5060 sip'] },
    ),
    TXT: optional(oneOrMore('a text', word('a text')), 'Texts of at most 255 octets.', {
      examples: ['v=spf1 -all'],
    }),
  }),
  'The DNS records of one name. A name without a dot in it is relative to the zone.',
  { id: 'records', examples: [{ A: '192.0.2.80', ttl: 60 }] },
);

const station = meaning(
  z
    .union(
      [
        z.null(),
        mapping('a host', {
          interfaces: section(
            named(
              'interfaces by name, such as { eth0: 192.0.2.1/24 }',
              INTERFACE_NAME,
              'an interface is called by a letter and at most 14 letters, digits, "_", "-" or "."',
              networkInterface,
            ),
            'Its interfaces by name. A link may name others, which are there without an address.',
            { unless: '`lo` alone', examples: [{ eth0: '192.0.2.1/24' }] },
          ),
          netmask: optional(netmask, 'The mask of addresses that are written without one.', {
            default: '255.255.255.0',
          }),
          gateway: optional(address, 'The router of the default route. Short for a route `to: default`.', {
            unless: 'no default route',
            examples: ['192.0.2.254'],
          }),
          dns: optional(address, 'The DNS server that its resolver asks.', {
            unless: 'it knows the names of the nodes only',
            examples: ['192.0.2.53'],
          }),
          routes: section(z.array(route, { error: expected('a list of routes') }), 'Its static routes.', {
            unless: 'those to the subnets of its interfaces',
          }),
          neighbors: section(
            z.array(neighbor, { error: expected('a list of neighbours') }),
            'What it knows about its neighbours without asking.',
          ),
          sysctl: section(
            z.record(z.string(), integer('a whole number', -0x8000_0000, MAX_U32), {
              error: expected('settings such as { net.ipv4.ip_default_ttl: 64 }'),
            }),
            "The kernel's settings, by Linux's names; `net.ipv4.` may be left out. [settings.md](settings.md) has them all.",
            { unless: "Linux's defaults", examples: [{ 'net.ipv4.ip_default_ttl': 32 }] },
          ),
          zones: section(
            z.record(
              z.string(),
              z.record(z.string(), record, { error: expected('records by name, such as { www: { A: 192.0.2.80 } }') }),
              { error: expected('zones by name, such as { example.test: { www: { A: 192.0.2.80 } } }') },
            ),
            'What the program `dns-server` on this host answers from: [records](#records) by name, by zone. `@` is the zone itself.',
            { examples: [{ 'example.test': { www: { A: '192.0.2.80' } } }] },
          ),
          place,
        }),
      ],
      { error: expected('a mapping such as { interfaces: { eth0: 192.0.2.1/24 }, gateway: 192.0.2.254 }') },
    )
    .transform((input) => input ?? {}),
  'A node with a kernel: interfaces, tables, sockets, programs. A router is a host that forwards.',
  { id: 'host', examples: [{ interfaces: { eth0: '192.0.2.1/24' }, gateway: '192.0.2.254' }] },
);

// Times and chances.

const duration = meaning(
  quantity('a duration such as 1.5ms', parseDuration),
  'A time: a number and its unit, which is ns, us, ms, s, m or min, or h. 0 needs none. What is no whole number of ' +
    'nanoseconds is rounded up.',
  {
    id: 'duration',
    examples: ['500us', '1.5ms', '2s'],
    pattern: '^\\s*(0+(\\.0+)?|\\d{1,20}(\\.\\d{1,20})?\\s*(ns|us|µs|μs|ms|s|m|min|h))\\s*$',
    minimum: 0,
    maximum: 0,
  },
);
const chance = meaning(
  quantity('a chance such as 1% or 0.01', parseChance),
  'A probability, in per cent or from 0 to 1. A bare 1 is refused, as it could mean one per cent.',
  {
    id: 'chance',
    examples: ['1%', 0.01],
    pattern: '^\\s*((\\d{1,3}(\\.\\d{1,20})?|\\.\\d{1,20})\\s*%|0*\\.\\d{1,20}|0+)\\s*$',
    minimum: 0,
    exclusiveMaximum: 1,
  },
);
const rate = meaning(
  quantity('a rate such as 100Mbit/s', parseRate),
  'Bits in a second: a number and bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s, which are powers of ten. A number without a unit is bit/s.',
  {
    id: 'rate',
    examples: ['100Mbit/s', '1.5Gbit/s'],
    pattern: '^\\s*\\d{1,20}(\\.\\d{1,20})?\\s*[kKmMgGtT]?([bB][iI][tT](/[sS])?)?\\s*$',
    exclusiveMinimum: 0,
  },
);

// Switches and hubs.

const ports = optional(integer('a number of ports', 1, MAX_PORTS), 'How many ports it has.', {
  unless: 'as many as links use',
  examples: [8],
});

const bridge = meaning(
  z
    .union(
      [
        z.null(),
        mapping('a switch', {
          ports,
          ageing: optional(duration, 'How long it keeps an address that it has learnt.', { default: '300s' }),
          place,
        }),
      ],
      {
        error: expected('a mapping such as { ports: 4, ageing: 300s }'),
      },
    )
    .transform((input) => input ?? {}),
  'A learning Ethernet switch, without spanning tree and VLANs.',
  { id: 'switch', examples: [{ ports: 8, ageing: '60s' }] },
);

const hub = meaning(
  z
    .union([z.null(), mapping('a hub', { ports, place })], { error: expected('a mapping such as { ports: 4 }') })
    .transform((input) => input ?? {}),
  'A hub: what comes in at one port goes out at all others.',
  { id: 'hub', examples: [{ ports: 4 }] },
);

const A_BRIDGE = 'r1.eth1=udp:127.0.0.1:47001,127.0.0.1:47002';

// Links.

const AN_END = 'an end of the link such as h1.eth0';
const A_QUEUE = 'a queue such as 100 packets or 64 KiB';

const queue = meaning(
  z.union([z.string(), z.number()], { error: expected(A_QUEUE) }).transform((input, context): QueueLimit => {
    const packets = /^\s*(\d{1,15})(?:\s*(?:packets?|frames?))?\s*$/.exec(String(input))?.[1];
    if (packets !== undefined) return { packets: Number(packets) };
    const bytes = typeof input === 'string' ? parseSize(input) : { error: `expected ${A_QUEUE}, got ${input}` };
    if ('value' in bytes) return { bytes: bytes.value };
    context.addIssue({ code: 'custom', message: bytes.error });
    return z.NEVER;
  }),
  'How much may wait for its turn: a number of packets, or of octets with a unit, which is bytes, kB, KiB, MB or MiB.',
  {
    id: 'queue',
    examples: [100, '64 KiB'],
    pattern: '^\\s*\\d{1,20}(\\.\\d{1,20})?\\s*(packets?|frames?|B|bytes?|kB|KiB|MB|MiB)?\\s*$',
    minimum: 0,
  },
);

const directionKeys = {
  delay: optional(duration, 'Propagation, from the last bit sent to the last bit received. 1 ns to one day.', {
    default: '100us',
  }),
  bandwidth: optional(rate, 'How fast bits go out. 1 bit/s to 1 Tbit/s.', { default: '1Gbit/s' }),
  queue: optional(queue, 'How much may wait to go out. The rest is dropped.', { default: 1000 }),
  mtu: optional(
    mtu,
    'The longest IP datagram that it carries. Interfaces that send here and say no MTU of their own have it too.',
    { unit: 'octets', unless: 'what the interfaces have', examples: [1400] },
  ),
  loss: optional(chance, 'Of a frame being lost.', { default: 0 }),
  duplicate: optional(chance, 'Of a frame arriving twice.', { default: 0 }),
  corrupt: optional(chance, 'Of one bit behind the Ethernet header being flipped.', { default: 0 }),
  jitter: optional(duration, 'The delay varies by up to so much, to both sides, uniformly. Frames stay in order.', {
    default: 0,
  }),
  reorder: optional(chance, 'Of a frame being held back, so that later ones overtake it.', { default: 0 }),
  'reorder-delay': optional(duration, 'How long such a frame is held back.', { unless: 'as long as `delay`' }),
  'drop-every': optional(
    integer('a whole number', 0, Number.MAX_SAFE_INTEGER),
    'Each frame with such a number is lost: 10 drops the 10th, the 20th and so on. 0 drops none.',
    { default: 0, examples: [10] },
  ),
  partitioned: optional(flag, 'Everything is lost, and nobody is told.', { default: false }),
  held: optional(flag, 'What is sent waits until it is released.', { default: false }),
};

const direction = meaning(
  mapping('settings such as { loss: 1% }', directionKeys),
  'Settings of one direction of a link. What is left out is as for the link.',
  { id: 'direction', examples: [{ loss: '1%' }] },
);
export type DirectionFile = z.output<typeof direction>;

const linkKeys = {
  ...directionKeys,
  up: optional(flag, 'Whether it has carrier.', { default: true }),
  forward: optional(direction, 'Settings for one direction: from the end that is named first.', {
    unless: 'as the link',
  }),
  backward: optional(direction, 'Settings for the other direction.', { unless: 'as the link' }),
};

const PORT_OF_NODE = '`h1.eth0`; of a switch or hub `s1.3`, or `s1` for the next free port';

const linkMapping = mapping('a link with from and to', {
  from: meaning(word(AN_END), `One end: ${PORT_OF_NODE}.`, { examples: ['h1.eth0'] }),
  to: meaning(word(AN_END), 'The other end.', { examples: ['r1.eth0'] }),
  cost: optional(integer('a cost', 1, MAX_COST), 'What it costs to go here, for `routing: shortest-paths`.', {
    default: 1,
    examples: [10],
  }),
  ...linkKeys,
});

const link = meaning(
  z.union(
    [
      meaning(
        text(
          'two ends such as h1.eth0 -- r1.eth0',
          (input): { value: z.output<typeof linkMapping> } | { error: string } => {
            const [from = '', to = '', ...more] = splitEnds(input);
            if (/^\S+$/.test(from) && /^\S+$/.test(to) && more.length === 0) return { value: { from, to } };
            return { error: `${quote(input)}: write two ends with -- between them, such as h1.eth0 -- r1.eth0` };
          },
        ),
        'Two ends.',
        { pattern: '^\\s*\\S+?\\s*--\\s*\\S+\\s*$', examples: ['h1.eth0 -- r1.eth0'] },
      ),
      linkMapping,
    ],
    { error: expected('a link such as h1.eth0 -- r1.eth0 or { from: h1.eth0, to: r1.eth0, delay: 5ms }') },
  ),
  'A cable between two ports. `h1.eth0 -- r1.eth0` is short for a mapping that has `from` and `to` alone.',
  { id: 'link', examples: [{ from: 'h1.eth0', to: 'r1.eth0', delay: '5ms', loss: '1%' }] },
);

/** `h1.eth0 -- r1.eth0`; blanks may be left out, since no name has two hyphens in a row. */
export function splitEnds(input: string): string[] {
  return input.split('--').map((end) => end.trim());
}

// Ports that lead out of the lab.

const bridgeMapping = mapping('a bridge with port and to', {
  port: meaning(word('a port such as r1.eth1'), `The port: ${PORT_OF_NODE}.`, { examples: ['r1.eth1'] }),
  to: meaning(
    word('where it leads, such as udp:127.0.0.1:47001,127.0.0.1:47002'),
    'Where it leads: `udp:LOCAL,REMOTE`, `vxlan:VNI:LOCAL,REMOTE`, or `stream:ADDRESS`. Addresses must be loopback here.',
    { examples: ['udp:127.0.0.1:47001,127.0.0.1:47002'] },
  ),
});

const aBridge = meaning(
  z.union(
    [
      meaning(text(A_BRIDGE, parseBridge), 'A port and where it leads.', {
        pattern: '^\\s*[^\\s=]+\\s*=\\s*\\S+\\s*$',
        examples: [A_BRIDGE],
      }),
      bridgeMapping,
    ],
    { error: expected(`a bridge such as ${A_BRIDGE}`) },
  ),
  'A port that leads out of the lab, which then runs by the real clock. [The README](../README.md#to-the-outside) tells more.',
  { id: 'bridge', examples: [{ port: 'r1.eth1', to: 'udp:127.0.0.1:47001,127.0.0.1:47002' }] },
);

/** `r1.eth1=udp:127.0.0.1:47001,127.0.0.1:47002` */
export function parseBridge(input: string): { value: z.output<typeof bridgeMapping> } | { error: string } {
  const [, port, to] = /^\s*([^\s=]+)\s*=\s*(\S+)\s*$/.exec(input) ?? [];
  if (port !== undefined && to !== undefined) return { value: { port, to } };
  return { error: `${quote(input)}: write a port and where it leads, such as ${A_BRIDGE}` };
}

// What happens.

const program = meaning(
  mapping('a program with on and run', {
    on: meaning(word('a host or router'), 'The host or router.', { examples: ['h1'] }),
    run: meaning(
      text('a command line such as "ping -c 3 h2"', (input) => {
        const split = splitCommandLine(input);
        return 'error' in split
          ? { error: `${quote(input)}: ${split.error}` }
          : { value: { command: input, words: split.words } };
      }),
      'The command line: `ping`, `traceroute`, `udp-echo`, `udp-send`, `source`, `sink`, `dns-server`, `lookup`, ' +
        '`netcfg`, or a program that was given to `openLab`; with `--help` each tells its options.',
      { examples: ['ping -c 3 h2'] },
    ),
    at: optional(duration, 'When it starts.', { default: 0, examples: ['2s'] }),
    background: optional(flag, 'Whether the run ends without waiting for it, as for a server.', { default: false }),
  }),
  'A program that runs on a host or router.',
  { id: 'program', examples: [{ on: 'h1', run: 'ping -c 3 h2', at: '2s' }] },
);

const event = meaning(
  mapping('an event with at, and link or interface', {
    at: required(duration, 'When it happens.'),
    link: optional(
      word('a link such as h1.eth0 -- r1.eth0'),
      'The link: by both ends, by both nodes (`h1 -- r1`) or by one end (`h1.eth0`) where no other is meant.',
      { unless: '`interface` is written', examples: ['h1.eth0 -- r1.eth0'] },
    ),
    interface: optional(
      word('an interface such as h1.eth0'),
      'The interface of a host or router, to be set up or down.',
      {
        unless: '`link` is written',
        examples: ['h1.eth0'],
      },
    ),
    do: optional(
      oneOf('what happens', ['down', 'up', 'partition', 'heal', 'hold', 'release']),
      'What happens: a link loses its carrier (`down`) or has it again (`up`); loses all that is sent, silently ' +
        '(`partition`), or no longer (`heal`); keeps what is sent (`hold`) and lets it go (`release`).',
      { unless: '`set` is written' },
    ),
    direction: optional(
      oneOf('a direction', ['both', 'forward', 'backward']),
      'Of `partition`, `heal`, `hold` and `release`. `forward` is from the end that this event names first.',
      { default: 'both' },
    ),
    set: optional(
      mapping('settings such as { loss: 10% }', linkKeys),
      'Settings of the link that change, under the names of [link](#link).',
      { unless: '`do` is written', examples: [{ loss: '10%' }] },
    ),
  }),
  'A change of a link or an interface while the lab runs. It names one of both, and says `do` or `set`.',
  {
    id: 'event',
    examples: [{ at: '3s', link: 'h1.eth0 -- r1.eth0', do: 'down' }],
    allOf: [
      { oneOf: [{ required: ['link'] }, { required: ['interface'] }] },
      { oneOf: [{ required: ['do'] }, { required: ['set'] }] },
    ],
  },
);

// What must hold.

const A_WAY = 'two ends such as h1 -> h2';
const WAY_LOOK = { pattern: '^\\s*\\S+?\\s*->\\s*\\S+\\s*$', examples: ['h1 -> h2'] };

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

const expectation = meaning(
  mapping('an expectation such as { reach: h1 -> h2 }', {
    name: optional(word('a name'), 'What reports call it.', {
      unless: 'made of what it says',
      examples: ['guests are kept out'],
    }),
    at: optional(duration, 'When it is looked at.', { unless: 'as soon as those before it are done' }),
    within: optional(duration, 'How long it may take until it holds.', { default: 0, examples: ['5s'] }),
    reach: optional(
      way(A_WAY),
      'An echo request is answered. With `udp`: a program gets a datagram, and there is a way back.',
      { ...WAY_LOOK },
    ),
    'not-reach': optional(way(A_WAY), 'It is not so.', { ...WAY_LOOK }),
    path: optional(
      way('a way such as h1 -> r1 -> h2', true),
      'The hosts and routers that the packet passes, in order.',
      {
        pattern: '->',
        examples: ['h1 -> r1 -> h2'],
      },
    ),
    flow: optional(way(A_WAY), 'A stream of datagrams, with bounds for loss and latency.', {
      ...WAY_LOOK,
    }),
    mtu: optional(way(A_WAY), 'The longest datagram that arrives in one piece has so many octets as `is` says.', {
      ...WAY_LOOK,
    }),
    resolve: optional(
      way('a host and a name such as h1 -> www.example.test'),
      'The name has an address for that host.',
      {
        ...WAY_LOOK,
        examples: ['h1 -> www.example.test'],
      },
    ),
    route: optional(
      way('a router and a destination such as r1 -> 203.0.113.0/24'),
      'The prefix is in its table. Of an address or a node: the route that it takes there.',
      { ...WAY_LOOK, examples: ['r1 -> 203.0.113.0/24'] },
    ),
    neighbor: optional(
      way('a host and its neighbour such as h1 -> r1.eth0'),
      'It knows the MAC address of its neighbour.',
      { ...WAY_LOOK, examples: ['h1 -> r1.eth0'] },
    ),
    udp: optional(integer('a UDP port', 1, 65_535), 'Of reach, not-reach, path, flow: a UDP port to send to.', {
      unless: 'an echo request; of flow, 9',
      examples: [7],
    }),
    size: optional(integer('octets of data', 0, 65_507), 'Of reach, not-reach, flow: data in each packet.', {
      unit: 'octets',
      unless: '56; of flow, 512',
      examples: [1400],
    }),
    because: optional(
      text('a disposition such as no-route', (input) =>
        isKnown(input)
          ? { value: input }
          : {
              error: `${quote(input)} befalls no packet; ${suggest(input, Object.keys(DISPOSITIONS), 'dispositions')}`,
            },
      ),
      'Of not-reach: why, as one of the [dispositions](testing.md#why-a-packet-does-not-arrive).',
      { enum: Object.keys(DISPOSITIONS), examples: ['no-route'] },
    ),
    loss: optional(chance, 'Of flow: at most so much is lost.', { default: 0 }),
    latency: optional(duration, 'Of flow: no datagram takes longer.', { examples: ['20ms'] }),
    packets: optional(integer('a number of packets', 1, 1_000_000), 'Of flow: how many.', { default: 100 }),
    rate: optional(
      text('a rate such as 1000/s or 10Mbit/s', (input) =>
        /^[1-9]\d{0,11}(\/s|[kMG]?bit\/s)$/.test(input)
          ? { value: input }
          : { error: `${quote(input)} is no rate; write datagrams or bits in a second, such as 1000/s or 10Mbit/s` },
      ),
      'Of flow: datagrams or bits in a second.',
      { default: '100/s', pattern: '^[1-9]\\d{0,11}(/s|[kMG]?bit/s)$', examples: ['1000/s', '10Mbit/s'] },
    ),
    is: optional(
      z.union([z.string(), z.int()], { error: expected('what it is to be') }),
      'Of mtu: octets. Of resolve: the address or node that the name stands for.',
      { unless: 'any, but mtu needs it', examples: [1500] },
    ),
    by: optional(word('a node or address'), 'Of resolve: the server that answers.', {
      examples: ['ns'],
    }),
    via: optional(address, 'Of route: the next router.'),
    dev: optional(word('an interface'), 'Of route: the interface.', { examples: ['eth1'] }),
    mac: optional(anyMac, 'Of neighbor: its MAC address.'),
  }),
  'What must hold: one of reach, not-reach, path, flow, mtu, resolve, route and neighbor, with what goes with it. ' +
    '[testing.md](testing.md) tells more.',
  {
    id: 'expectation',
    examples: [{ 'not-reach': 'h1 -> h2', because: 'no-route', at: '4s' }],
    oneOf: EXPECTATION_KINDS.map((kind) => ({ required: [kind] })),
  },
);

const NODE_RULE = 'a node is called by a letter and at most 62 letters, digits, "_" or "-", without "--"';

/** The whole file. */
export const topologyFile = meaning(
  mapping('a topology: a mapping with hosts, links and so on', {
    name: optional(word('a name'), "The lab's name.", { unless: "the file's", examples: ['two-routers'] }),
    seed: optional(integer('a seed', 0, Number.MAX_SAFE_INTEGER), 'What all chance derives from.', { default: 1 }),
    epoch: optional(integer('seconds since 1970', 0, MAX_EPOCH), 'When the lab starts, for the times in captures.', {
      unit: 'seconds since 1970',
      default: 0,
      examples: [1_767_225_600],
    }),
    until: optional(duration, 'When the run ends at the latest.', { unless: 'when all is done', examples: ['60s'] }),
    routing: optional(
      oneOf('a way of routing', ['static', 'shortest-paths']),
      '`static`: routers have the routes that they are given. `shortest-paths`: they start with routes to all subnets, ' +
        "by the least sum of the links' `cost`, paths of equal cost kept, and hosts without a default route with the " +
        'nearest router as gateway; what fails later is not gone round.',
      { default: 'static' },
    ),
    hosts: section(named('hosts by name', NODE_NAME, NODE_RULE, station), 'Hosts by name.', {
      examples: [{ h1: { interfaces: { eth0: '192.0.2.1/24' } } }],
    }),
    routers: section(named('routers by name', NODE_NAME, NODE_RULE, station), 'Routers by name: hosts that forward.', {
      examples: [{ r1: { interfaces: { eth0: '192.0.2.254/24' } } }],
    }),
    switches: section(named('switches by name', NODE_NAME, NODE_RULE, bridge), 'Switches by name.', {
      examples: [{ s1: { ports: 8 } }],
    }),
    hubs: section(named('hubs by name', NODE_NAME, NODE_RULE, hub), 'Hubs by name.', {
      examples: [{ hub1: { ports: 4 } }],
    }),
    links: section(z.array(link, { error: expected('a list of links') }), 'The cables.'),
    bridges: section(z.array(aBridge, { error: expected('a list of bridges') }), 'Ports that lead out of the lab.', {}),
    programs: section(z.array(program, { error: expected('a list of programs') }), 'What runs.'),
    events: section(z.array(event, { error: expected('a list of events') }), 'What changes while the lab runs.', {}),
    expect: section(
      z.array(expectation, { error: expected('a list of expectations') }),
      'What must hold, for `wirelab test`.',
    ),
  }),
  'A wirelab topology: what there is, how it is linked, what happens, and what must hold.',
);

export type TopologyFile = z.output<typeof topologyFile>;
/** A file's content as it is written, in strings and numbers. */
export type TopologyInput = z.input<typeof topologyFile>;
export type StationFile = z.output<typeof station>;
export type LinkFile = z.output<typeof link>;
export type BridgeFile = z.output<typeof bridgeMapping>;
export type EventFile = z.output<typeof event>;
export type ExpectationFile = z.output<typeof expectation>;
export type ProgramFile = z.output<typeof program>;
