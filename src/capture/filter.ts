/**
 * Which frames a capture keeps: the everyday part of pcap-filter(7), with its words and its rules. `and` and `or` bind
 * equally and from the left, `not` binds tighter, `host` may be left out behind `src` and `dst`, and an id without any
 * keyword is taken for another of the kind before it: `port 53 or 67`.
 *
 *     expression = term { ("and" | "&&" | "or" | "||") term }
 *     term       = ("not" | "!") term | "(" expression ")" | primitive
 *     primitive  = "arp" | "ip" | "icmp" | "udp" | "tcp" | ["ether"] ("broadcast" | "multicast")
 *                | ["arp" | "ip"] ["src" | "dst"] "host" ADDRESS
 *                | ["arp" | "ip"] ["src" | "dst"] "net" ADDRESS ["/" BITS]
 *                | ["udp" | "tcp"] ["src" | "dst"] ("port" NUMBER | "portrange" FIRST "-" LAST)
 *                | "ether" ["src" | "dst"] "host" MAC
 *
 * Not here: IPv6, expressions over packet bytes, lengths, VLANs.
 */
import * as Arp from '../wire/arp.ts';
import * as Ethernet from '../wire/ethernet.ts';
import * as Ip4 from '../wire/ip4.ts';
import * as Ipv4 from '../wire/ipv4.ts';
import * as Mac from '../wire/mac.ts';
import * as Udp from '../wire/udp.ts';

/** Whether a frame, `length` bytes from the start of `bytes`, is wanted; any bytes at all never throw. */
export type Filter = (bytes: Uint8Array, length: number) => boolean;

/** Addresses that a name stands for, or none. */
export type Resolve = (name: string) => readonly Ip4.Ip4[];

/** An expression that is not in the language. */
export class FilterError extends Error {
  /** Counted from 1. */
  readonly column: number;

  constructor(expression: string, column: number, message: string) {
    super(`filter "${expression}", column ${column}: ${message}`);
    this.name = 'FilterError';
    this.column = column;
  }
}

/** Parses an expression; an empty one wants every frame. */
export function parseFilter(expression: string, resolve: Resolve = noNames): Filter {
  const tokens = tokensOf(expression);
  if (tokens.length === 0) return everything;
  const parser: Parser = { expression, tokens, next: 0, depth: 0, qualifiers: null, resolve };
  const filter = parseExpression(parser);
  if (peek(parser) !== undefined) throw fail(parser, `"${peek(parser)!}" is left over: join tests by "and" or "or"`);
  return filter;
}

interface Token {
  readonly text: string;
  readonly column: number;
}

/** What stands in front of an id, and is taken from the id before when nothing does. */
interface Qualifiers {
  readonly protocol: 'any' | 'ether' | 'ip' | 'arp' | 'udp' | 'tcp';
  readonly direction: 'any' | 'src' | 'dst';
  readonly type: 'host' | 'net' | 'port' | 'portrange';
}

interface Parser {
  readonly expression: string;
  readonly tokens: readonly Token[];
  next: number;
  /** Parentheses and negations that are open. */
  depth: number;
  qualifiers: Qualifiers | null;
  readonly resolve: Resolve;
}

/** Deeper expressions are refused before they exhaust the stack. */
const MAX_DEPTH = 100;

const IP_AT = Ethernet.HEADER_LENGTH;
const MAX_PORT = 0xffff;

const PROTOCOLS = { ether: 1, ip: 1, arp: 1, udp: 1, tcp: 1 } as const;
const DIRECTIONS = { src: 1, dst: 1 } as const;
const TYPES = { host: 1, net: 1, port: 1, portrange: 1 } as const;
const KEYWORDS = {
  ...PROTOCOLS,
  ...DIRECTIONS,
  ...TYPES,
  icmp: 1,
  broadcast: 1,
  multicast: 1,
  and: 1,
  or: 1,
  not: 1,
} as const;

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  for (const match of expression.matchAll(/&&|\|\||[!()]|[^\s!()&|]+|\S/g)) {
    const text = match[0] === '&&' ? 'and' : match[0] === '||' ? 'or' : match[0] === '!' ? 'not' : match[0];
    tokens.push({ text, column: match.index + 1 });
  }
  return tokens;
}

function parseExpression(parser: Parser): Filter {
  let left = parseTerm(parser);
  for (;;) {
    if (accept(parser, 'and')) left = both(left, parseTerm(parser));
    else if (accept(parser, 'or')) left = either(left, parseTerm(parser));
    else return left;
  }
}

function parseTerm(parser: Parser): Filter {
  if (parser.depth === MAX_DEPTH) throw fail(parser, `nested more than ${MAX_DEPTH} deep`);
  parser.depth++;
  const filter = parseInnerTerm(parser);
  parser.depth--;
  return filter;
}

function parseInnerTerm(parser: Parser): Filter {
  if (accept(parser, 'not')) return negation(parseTerm(parser));
  if (!accept(parser, '(')) return parsePrimitive(parser);
  const filter = parseExpression(parser);
  if (!accept(parser, ')')) throw fail(parser, 'a parenthesis is not closed');
  return filter;
}

function parsePrimitive(parser: Parser): Filter {
  if (accept(parser, 'icmp')) return ipProtocol(Ipv4.Protocol.Icmp);
  const protocol = acceptOne(parser, PROTOCOLS);
  if (protocol === null || protocol === 'ether') {
    if (accept(parser, 'broadcast')) return isBroadcast;
    if (accept(parser, 'multicast')) return isMulticast;
  }
  const direction = acceptOne(parser, DIRECTIONS);
  const type = acceptOne(parser, TYPES);
  if (protocol === null && direction === null && type === null) {
    if (!startsId(parser)) throw fail(parser, 'a test is missing here, such as "arp" or "host 192.0.2.1"');
    if (parser.qualifiers === null) throw fail(parser, `what is "${peek(parser)!}"? write "host" or "port" before it`);
  } else if (protocol !== null && direction === null && type === null && !startsId(parser)) {
    return protocolAlone(parser, protocol);
  } else {
    parser.qualifiers = { protocol: protocol ?? 'any', direction: direction ?? 'any', type: type ?? 'host' };
  }
  return parseId(parser, parser.qualifiers);
}

function protocolAlone(parser: Parser, protocol: keyof typeof PROTOCOLS): Filter {
  switch (protocol) {
    case 'ip':
      return isIp;
    case 'arp':
      return isArp;
    case 'udp':
      return ipProtocol(Ipv4.Protocol.Udp);
    case 'tcp':
      return ipProtocol(Ipv4.Protocol.Tcp);
    case 'ether':
      throw fail(parser, '"ether" needs more: host, src host, dst host, broadcast or multicast');
  }
}

function parseId(parser: Parser, { protocol, direction, type }: Qualifiers): Filter {
  const source = direction !== 'dst';
  const destination = direction !== 'src';
  switch (type) {
    case 'port':
    case 'portrange': {
      if (protocol === 'ether' || protocol === 'ip' || protocol === 'arp') {
        throw fail(parser, `"${protocol}" has no ports: write "udp port", "tcp port" or "port"`);
      }
      const [first, last] = type === 'port' ? parsePort(parser) : parsePortRange(parser);
      const port = portBetween(first, last, source, destination);
      if (protocol === 'any') return port;
      return both(ipProtocol(protocol === 'udp' ? Ipv4.Protocol.Udp : Ipv4.Protocol.Tcp), port);
    }
    case 'host':
    case 'net': {
      if (protocol === 'ether') {
        if (type === 'net') throw fail(parser, '"ether" has no nets: write "ether host"');
        return etherHost(parseMac(parser), source, destination);
      }
      if (protocol === 'udp' || protocol === 'tcp') {
        throw fail(parser, `"${protocol}" has no ${type}s: write "${protocol} and ${type} …"`);
      }
      const inIp = protocol !== 'arp';
      const inArp = protocol !== 'ip';
      if (type === 'net') {
        const { address, bits } = parseNet(parser);
        return addressIn(address, bits, source, destination, inIp, inArp);
      }
      return parseHost(parser)
        .map((ip) => addressIn(ip, 32, source, destination, inIp, inArp))
        .reduce(either);
    }
  }
}

function parsePort(parser: Parser): [number, number] {
  const text = takeId(parser, 'a port from 0 to 65535');
  const port = portOf(text);
  if (port === null) throw failBefore(parser, `no port "${text}"; ports are 0 to 65535`);
  return [port, port];
}

function parsePortRange(parser: Parser): [number, number] {
  const text = takeId(parser, 'two ports, such as 5000-5999');
  const dash = text.indexOf('-');
  const first = portOf(text.slice(0, dash));
  const last = portOf(text.slice(dash + 1));
  if (dash < 0 || first === null || last === null || first > last) {
    throw failBefore(parser, `no range of ports "${text}"; write it as 5000-5999`);
  }
  return [first, last];
}

function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : MAX_PORT + 1;
  return port > MAX_PORT ? null : port;
}

function parseHost(parser: Parser): readonly Ip4.Ip4[] {
  const text = takeId(parser, 'an IPv4 address');
  const ip = Ip4.parse(text);
  if (ip !== null) return [ip];
  const named = parser.resolve(text);
  if (named.length === 0) throw failBefore(parser, `no address or name "${text}"; write it as 192.0.2.1`);
  return named;
}

function parseNet(parser: Parser): { address: Ip4.Ip4; bits: number } {
  const text = takeId(parser, 'a net, such as 192.0.2.0/24');
  const [base, length, ...more] = text.split('/');
  const address = Ip4.parse(base!);
  const bits = length === undefined ? 32 : /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (address === null || bits > 32 || more.length > 0) {
    throw failBefore(parser, `no net "${text}"; write it as 192.0.2.0/24`);
  }
  const network = Ip4.network(address, bits);
  if (network !== address) {
    throw failBefore(parser, `"${text}" has bits beyond its mask; the net is ${Ip4.format(network)}/${bits}`);
  }
  return { address, bits };
}

function parseMac(parser: Parser): Mac.Mac {
  const text = takeId(parser, 'an Ethernet address');
  const mac = Mac.parse(text);
  if (mac === null) throw failBefore(parser, `no Ethernet address "${text}"; write it as 02:00:00:00:00:01`);
  return mac;
}

// The tests. All take frames of any length; a field that is not there does not match.

function everything(): boolean {
  return true;
}

function both(left: Filter, right: Filter): Filter {
  return (bytes, length) => left(bytes, length) && right(bytes, length);
}

function either(left: Filter, right: Filter): Filter {
  return (bytes, length) => left(bytes, length) || right(bytes, length);
}

function negation(filter: Filter): Filter {
  return (bytes, length) => !filter(bytes, length);
}

function hasType(bytes: Uint8Array, length: number, type: number): boolean {
  return length >= Ethernet.HEADER_LENGTH && Ethernet.type(bytes, 0) === type;
}

/** With a header that can be read, right or wrong. */
function isIp(bytes: Uint8Array, length: number): boolean {
  return hasType(bytes, length, Ethernet.Type.Ipv4) && length >= IP_AT + Ipv4.MIN_HEADER_LENGTH;
}

function isArp(bytes: Uint8Array, length: number): boolean {
  return hasType(bytes, length, Ethernet.Type.Arp);
}

function isBroadcast(bytes: Uint8Array, length: number): boolean {
  return length >= Ethernet.HEADER_LENGTH && Ethernet.destination(bytes, 0) === Mac.BROADCAST;
}

/** Broadcast included, as in pcap-filter. */
function isMulticast(bytes: Uint8Array, length: number): boolean {
  return length >= Ethernet.HEADER_LENGTH && Ethernet.isGroup(bytes, 0);
}

function ipProtocol(protocol: number): Filter {
  return (bytes, length) => isIp(bytes, length) && Ipv4.protocol(bytes, IP_AT) === protocol;
}

/** UDP and TCP have their ports in the same place, and only a datagram's first fragment has them. */
function portBetween(first: number, last: number, source: boolean, destination: boolean): Filter {
  const inRange = (port: number): boolean => port >= first && port <= last;
  return (bytes, length) => {
    if (!isIp(bytes, length)) return false;
    const protocol = Ipv4.protocol(bytes, IP_AT);
    if (protocol !== Ipv4.Protocol.Udp && protocol !== Ipv4.Protocol.Tcp) return false;
    const at = IP_AT + Ipv4.headerLength(bytes, IP_AT);
    if (Ipv4.fragmentOffset(bytes, IP_AT) !== 0 || length < at + 4) return false;
    return (source && inRange(Udp.sourcePort(bytes, at))) || (destination && inRange(Udp.destinationPort(bytes, at)));
  };
}

function etherHost(mac: Mac.Mac, source: boolean, destination: boolean): Filter {
  return (bytes, length) =>
    length >= Ethernet.HEADER_LENGTH &&
    ((source && Ethernet.source(bytes, 0) === mac) || (destination && Ethernet.destination(bytes, 0) === mac));
}

/** In an IP header, or as an ARP packet's sender or target. */
function addressIn(
  address: Ip4.Ip4,
  bits: number,
  source: boolean,
  destination: boolean,
  inIp: boolean,
  inArp: boolean,
): Filter {
  const matches = (ip: Ip4.Ip4): boolean => Ip4.sameSubnet(ip, address, bits);
  return (bytes, length) => {
    if (isIp(bytes, length)) {
      return (
        inIp &&
        ((source && matches(Ipv4.source(bytes, IP_AT))) || (destination && matches(Ipv4.destination(bytes, IP_AT))))
      );
    }
    if (!inArp || !isArp(bytes, length) || length < IP_AT + Arp.LENGTH) return false;
    return (source && matches(Arp.senderIp(bytes, IP_AT))) || (destination && matches(Arp.targetIp(bytes, IP_AT)));
  };
}

// Tokens.

function peek(parser: Parser): string | undefined {
  return parser.tokens[parser.next]?.text;
}

function accept(parser: Parser, text: string): boolean {
  if (peek(parser) !== text) return false;
  parser.next++;
  return true;
}

function acceptOne<K extends string>(parser: Parser, words: Readonly<Record<K, 1>>): K | null {
  const text = peek(parser);
  if (text === undefined || !Object.hasOwn(words, text)) return null;
  parser.next++;
  return text as K;
}

/** Whether an id comes, and not a keyword or the end. */
function startsId(parser: Parser): boolean {
  const text = peek(parser);
  return text !== undefined && /^[0-9A-Za-z]/.test(text) && !Object.hasOwn(KEYWORDS, text);
}

function takeId(parser: Parser, what: string): string {
  if (!startsId(parser)) throw fail(parser, `${what} is missing here`);
  return parser.tokens[parser.next++]!.text;
}

/** An error at the next token, or behind the last. */
function fail(parser: Parser, message: string): FilterError {
  const token = parser.tokens[parser.next];
  return new FilterError(parser.expression, token?.column ?? parser.expression.length + 1, message);
}

/** An error at the token just taken. */
function failBefore(parser: Parser, message: string): FilterError {
  return new FilterError(parser.expression, parser.tokens[parser.next - 1]!.column, message);
}

function noNames(): readonly Ip4.Ip4[] {
  return [];
}
