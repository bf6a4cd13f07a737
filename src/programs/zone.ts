/**
 * Answers from zones: what a name server that is the authority says to a query, as data in and data out.
 * RFC 1034 §4.3.2 (the algorithm), RFC 4592 (wildcards), RFC 2308 (negative answers), RFC 6604 (aliases and response
 * codes), RFC 6891 (EDNS). Where a zone says nothing of its SOA record, it gets one.
 * Not here: zone transfers, updates, DNSSEC, DNAME.
 */
import * as Dns from '../wire/dns.ts';
import type { Message, Question, RecordData, ResourceRecord } from '../wire/dns.ts';
import type { Ip4 } from '../wire/ip4.ts';
import * as Utf8 from '../wire/utf8.ts';

/** A zone as it is configured. Names are absolute, without the final dot. */
export interface Zone {
  readonly name: string;
  readonly records: readonly ZoneRecord[];
}

export type ZoneRecord = { readonly name: string; readonly ttl: number } & (
  | { readonly type: 'A'; readonly ip: Ip4 }
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  | { readonly type: 'MX'; readonly preference: number; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly type: 'TXT'; readonly text: string }
);

/** What the server takes in a UDP datagram: RFC 9715 §3. */
const UDP_PAYLOAD_SIZE = 1232;
/** Questions for whole zones: IXFR and AXFR. */
const TRANSFERS: readonly number[] = [251, Dns.Type.Axfr];
/** Aliases that are followed for one answer; a loop of them ends there. */
const MAX_ALIASES = 16;
/** Seconds, for the SOA record of a zone that has none; the last is how long a name's absence may be remembered. */
const REFRESH = 3_600;
const RETRY = 600;
const EXPIRE = 86_400;
const MINIMUM = 300;

/** A zone ready to be asked: its records by owner, in lower case. */
interface Indexed {
  readonly apex: string;
  readonly owners: ReadonlyMap<string, readonly ResourceRecord[]>;
  /** Owners and all names between them and the apex: those exist, though some have no records (RFC 4592 §2.2.2). */
  readonly names: ReadonlySet<string>;
  readonly authority: ResourceRecord;
}

export type Zones = readonly Indexed[];

export function indexZones(zones: readonly Zone[]): Zones {
  return zones.map(indexZone);
}

function indexZone(zone: Zone): Indexed {
  const apex = Dns.lowerCase(zone.name);
  const owners = new Map<string, ResourceRecord[]>();
  const names = new Set([apex]);
  const add = (record: ResourceRecord): void => {
    const owner = Dns.lowerCase(record.name);
    const records = owners.get(owner);
    if (records === undefined) owners.set(owner, [record]);
    else records.push(record);
    for (let name: string | null = owner; name !== null && !names.has(name); name = parentOf(name)) names.add(name);
  };
  const authority = startOfAuthority(zone);
  add(authority);
  for (const record of zone.records) {
    add({ name: record.name, class: Dns.Class.Internet, timeToLive: record.ttl, data: dataOf(record) });
  }
  return { apex, owners, names, authority };
}

function startOfAuthority({ name, records }: Zone): ResourceRecord {
  const server = records.find((record) => record.type === 'NS' && Dns.sameName(record.name, name));
  const data: RecordData = {
    type: Dns.Type.Soa,
    primaryServer: server?.type === 'NS' ? server.target : name,
    responsibleMailbox: `hostmaster.${name}`,
    serial: 1,
    refresh: REFRESH,
    retry: RETRY,
    expire: EXPIRE,
    minimum: MINIMUM,
  };
  return { name, class: Dns.Class.Internet, timeToLive: MINIMUM, data };
}

function dataOf(record: ZoneRecord): RecordData {
  switch (record.type) {
    case 'A':
      return { type: Dns.Type.A, address: record.ip };
    case 'CNAME':
      return { type: Dns.Type.Cname, name: record.target };
    case 'NS':
      return { type: Dns.Type.Ns, name: record.target };
    case 'PTR':
      return { type: Dns.Type.Ptr, name: record.target };
    case 'MX':
      return { type: Dns.Type.Mx, preference: record.preference, exchange: record.target };
    case 'SRV':
      return { ...record, type: Dns.Type.Srv };
    case 'TXT':
      return { type: Dns.Type.Txt, texts: [Utf8.encode(record.text)] };
  }
}

/** The name without its first label, or null for a name of one label. */
function parentOf(name: string): string | null {
  // A dot behind a backslash is part of a label.
  const dot = /(?:^|[^\\])(?:\\\\)*\./.exec(name);
  return dot === null ? null : name.slice(dot.index + dot[0].length);
}

/** The response to a datagram, and null where none is owed: to responses, and to what is too short to be answered. */
export function respond(zones: Zones, bytes: Uint8Array): Uint8Array | null {
  const query = Dns.parse(bytes, 0, bytes.length);
  if (typeof query === 'string') return refuseMalformed(bytes);
  if (query.isResponse) return null;
  const message = answer(zones, query);
  // RFC 6891 §6.2.3: a size below 512 counts as 512.
  return Dns.encode(message, Math.max(Dns.MAX_UDP_LENGTH, query.edns?.udpPayloadSize ?? 0));
}

/** FORMERR to what has a header and claims to be a query. */
function refuseMalformed(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < Dns.HEADER_LENGTH) return null;
  const header = bytes.slice(0, Dns.HEADER_LENGTH);
  // The four counts: without sections the header alone is a message.
  header.fill(0, 4);
  const query = Dns.parse(header, 0, header.length);
  if (typeof query === 'string' || query.isResponse) return null;
  return Dns.encode(Dns.response(query, Dns.ResponseCode.FormatError));
}

/** The response to a query. */
export function answer(zones: Zones, query: Message): Message {
  const { edns, opcode } = query;
  const empty = (code: number): Message => ({
    ...Dns.response(query, code),
    // RFC 6891 §6.1.1: EDNS is answered with EDNS.
    edns: edns && { udpPayloadSize: UDP_PAYLOAD_SIZE, version: 0, dnssecOk: edns.dnssecOk, options: [] },
  });
  if (edns !== null && edns.version > 0) return empty(Dns.ResponseCode.BadVersion);
  if (opcode !== Dns.Opcode.Query) return empty(Dns.ResponseCode.NotImplemented);
  const [question] = query.questions;
  if (question === undefined || query.questions.length > 1) {
    // Without the questions: an answer need not be as long as whatever was sent.
    return { ...empty(Dns.ResponseCode.FormatError), questions: [] };
  }
  if (TRANSFERS.includes(question.type)) return empty(Dns.ResponseCode.Refused);
  if (question.class !== Dns.Class.Internet && question.class !== Dns.Class.Any) {
    return empty(Dns.ResponseCode.Refused);
  }
  const found = lookUp(zones, question);
  return found === null ? empty(Dns.ResponseCode.Refused) : { ...empty(Dns.ResponseCode.NoError), ...found };
}

type Found = Pick<Message, 'authoritativeAnswer' | 'responseCode' | 'answers' | 'authorities' | 'additionals'>;

/** RFC 1034 §4.3.2; null for a name of which no zone here knows anything. */
function lookUp(zones: Zones, question: Question): Found | null {
  let zone = zoneOf(zones, question.name);
  if (zone === null) return null;
  const answers: ResourceRecord[] = [];
  // As it was asked: the question's letters are kept, upper case and lower.
  let name = question.name;
  for (let aliases = 0; zone !== null; aliases++) {
    const referral = findReferral(zone, name);
    if (referral !== null) {
      // RFC 1035 §4.1.1: AA is about the first name in the answer.
      return found(zones, answers.length > 0, Dns.ResponseCode.NoError, answers, referral);
    }
    const records = recordsAt(zone, name);
    if (records === null) return found(zones, true, Dns.ResponseCode.NameError, answers, [zone.authority]);
    const alias = records.find((record) => record.data.type === Dns.Type.Cname);
    const wantsAlias = question.type === Dns.Type.Cname || question.type === Dns.Type.Any;
    if (alias?.data.type !== Dns.Type.Cname || wantsAlias) {
      const wanted = records.filter(({ data }) => matches(data, question.type));
      const authorities = wanted.length === 0 ? [zone.authority] : [];
      return found(zones, true, Dns.ResponseCode.NoError, [...answers, ...wanted], authorities);
    }
    answers.push(alias);
    if (aliases === MAX_ALIASES) break;
    name = alias.data.name;
    zone = zoneOf(zones, name);
  }
  return found(zones, true, Dns.ResponseCode.NoError, answers, []);
}

function matches(data: RecordData, type: number): boolean {
  return type === Dns.Type.Any || Dns.typeOf(data) === type;
}

/** The zone that the name is in; of several the one with the longest name. */
function zoneOf(zones: Zones, name: string): Indexed | null {
  for (let suffix: string | null = Dns.lowerCase(name); suffix !== null; suffix = parentOf(suffix)) {
    const apex = suffix;
    const zone = zones.find((one) => one.apex === apex);
    if (zone !== undefined) return zone;
  }
  return null;
}

/** NS records between the apex and the name: what is below them is another server's. Null when there are none. */
function findReferral(zone: Indexed, name: string): readonly ResourceRecord[] | null {
  let highest: readonly ResourceRecord[] | null = null;
  for (let at = Dns.lowerCase(name); at !== zone.apex; at = parentOf(at) ?? zone.apex) {
    const servers = zone.owners.get(at)?.filter((record) => record.data.type === Dns.Type.Ns) ?? [];
    if (servers.length > 0) highest = servers;
  }
  return highest;
}

/** The records of a name, owned by it as it was asked for: its own, or a wildcard's; null when there is no such name. */
function recordsAt(zone: Indexed, name: string): readonly ResourceRecord[] | null {
  const exact = Dns.lowerCase(name);
  const owner = zone.names.has(exact) ? exact : wildcardFor(zone, exact);
  if (!zone.names.has(owner)) return null;
  return (zone.owners.get(owner) ?? []).map((record) => ({ ...record, name }));
}

/** RFC 4592 §3.3.1: the asterisk below the closest encloser, the longest ancestor that exists. */
function wildcardFor(zone: Indexed, name: string): string {
  let encloser = parentOf(name) ?? zone.apex;
  while (!zone.names.has(encloser)) encloser = parentOf(encloser) ?? zone.apex;
  return `*.${encloser}`;
}

/** With the addresses of the names that the records lead to, as far as they are known here. */
function found(
  zones: Zones,
  authoritativeAnswer: boolean,
  responseCode: number,
  answers: readonly ResourceRecord[],
  authorities: readonly ResourceRecord[],
): Found {
  const given = new Set(answers.map((record) => Dns.lowerCase(record.name)));
  const additionals: ResourceRecord[] = [];
  for (const { data } of [...answers, ...authorities]) {
    const target = targetOf(data);
    if (target === null || given.has(target)) continue;
    given.add(target);
    const addresses = zoneOf(zones, target)?.owners.get(target) ?? [];
    additionals.push(...addresses.filter((record) => record.data.type === Dns.Type.A));
  }
  return { authoritativeAnswer, responseCode, answers, authorities, additionals };
}

/** Whose addresses an asker will want next: RFC 1035 §3.3.9, §3.3.11, RFC 2782. */
function targetOf(data: RecordData): string | null {
  if (data.type === Dns.Type.Ns) return Dns.lowerCase(data.name);
  if (data.type === Dns.Type.Mx) return Dns.lowerCase(data.exchange);
  return data.type === Dns.Type.Srv ? Dns.lowerCase(data.target) : null;
}
