import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, indexZones, respond } from '../../src/programs/zone.ts';
import type { Zone, ZoneRecord } from '../../src/programs/zone.ts';
import * as Dns from '../../src/wire/dns.ts';
import type { Message, ResourceRecord } from '../../src/wire/dns.ts';
import * as Ip from '../../src/wire/ip4.ts';

const ip = (text: string): Ip.Ip4 => Ip.parse(text) ?? Ip.ANY;
const a = (name: string, address: string): ZoneRecord => ({ name, ttl: 300, type: 'A', ip: ip(address) });
const cname = (name: string, target: string): ZoneRecord => ({ name, ttl: 300, type: 'CNAME', target });

const EXAMPLE: Zone = {
  name: 'example.test',
  records: [
    { name: 'example.test', ttl: 300, type: 'NS', target: 'ns.example.test' },
    { name: 'example.test', ttl: 300, type: 'MX', preference: 10, target: 'mail.example.test' },
    { name: 'example.test', ttl: 300, type: 'TXT', text: 'hello' },
    a('ns.example.test', '192.0.2.53'),
    a('mail.example.test', '192.0.2.25'),
    a('www.example.test', '192.0.2.80'),
    a('www.example.test', '192.0.2.81'),
    cname('shop.example.test', 'www.example.test'),
    cname('far.example.test', 'www.example.net'),
    cname('gone.example.test', 'nobody.example.test'),
    cname('loop.example.test', 'pool.example.test'),
    cname('pool.example.test', 'loop.example.test'),
    {
      name: '_sip._udp.example.test',
      ttl: 60,
      type: 'SRV',
      priority: 1,
      weight: 2,
      port: 5060,
      target: 'ns.example.test',
    },
    // Another server's.
    { name: 'sub.example.test', ttl: 300, type: 'NS', target: 'ns.sub.example.test' },
    a('ns.sub.example.test', '192.0.2.54'),
    // RFC 4592 §2.2.1.
    { name: '*.wild.example.test', ttl: 300, type: 'MX', preference: 5, target: 'mail.example.test' },
    a('host.wild.example.test', '192.0.2.90'),
    cname('*.alias.example.test', 'www.example.test'),
  ],
};
const REVERSE: Zone = {
  name: '2.0.192.in-addr.arpa',
  records: [{ name: '80.2.0.192.in-addr.arpa', ttl: 300, type: 'PTR', target: 'www.example.test' }],
};
const BIG: Zone = {
  name: 'big.test',
  records: Array.from({ length: 60 }, (_, i) => a('many.big.test', `192.0.2.${i + 1}`)),
};
const ZONES = indexZones([EXAMPLE, REVERSE, BIG]);

function ask(name: string, type: number, change: Partial<Message> = {}): Message {
  return answer(ZONES, { ...Dns.query(1, name, type), ...change });
}

/** 'www.example.test A 192.0.2.80', one for each record. */
function show(records: readonly ResourceRecord[]): string[] {
  return records.map(({ name, data }) => {
    const type = Dns.typeName(Dns.typeOf(data));
    if (data.type === Dns.Type.A) return `${name} ${type} ${Ip.format(data.address)}`;
    if (data.type === Dns.Type.Mx) return `${name} ${type} ${data.exchange}`;
    if (data.type === Dns.Type.Srv) return `${name} ${type} ${data.target}`;
    return 'name' in data ? `${name} ${type} ${data.name}` : `${name} ${type}`;
  });
}

const SOA = ['example.test SOA'];
const { NoError, NameError, Refused, FormatError, NotImplemented, BadVersion } = Dns.ResponseCode;

describe('a name server', () => {
  it('answers with authority, all records of the name and type', () => {
    const message = ask('www.example.test', Dns.Type.A);
    expect(message).toMatchObject({ isResponse: true, authoritativeAnswer: true, responseCode: NoError, id: 1 });
    expect(message.recursionAvailable).toBe(false);
    expect(show(message.answers)).toEqual(['www.example.test A 192.0.2.80', 'www.example.test A 192.0.2.81']);
    expect(message.authorities).toEqual([]);
  });

  it('takes letters in either case, and gives them back as they came (RFC 4343)', () => {
    const message = ask('WwW.Example.TEST', Dns.Type.A);
    expect(message.questions[0]?.name).toBe('WwW.Example.TEST');
    expect(show(message.answers)[0]).toBe('WwW.Example.TEST A 192.0.2.80');
  });

  it.each([
    // No such name; and a name that is there, without such records, or only with names below it.
    ['nobody.example.test', Dns.Type.A, NameError],
    ['www.example.test', Dns.Type.Mx, NoError],
    ['_udp.example.test', Dns.Type.A, NoError],
  ])('%s %i: says no with the SOA record, whose TTL tells how long to remember it (RFC 2308)', (name, type, code) => {
    const message = ask(name, type);
    expect(message).toMatchObject({ authoritativeAnswer: true, responseCode: code, answers: [] });
    expect(show(message.authorities)).toEqual(SOA);
    const [soa] = message.authorities;
    expect(soa?.data.type === Dns.Type.Soa && soa.timeToLive <= soa.data.minimum).toBe(true);
  });

  it('follows an alias inside its zones', () => {
    expect(show(ask('shop.example.test', Dns.Type.A).answers)).toEqual([
      'shop.example.test CNAME www.example.test',
      'www.example.test A 192.0.2.80',
      'www.example.test A 192.0.2.81',
    ]);
  });

  it('does not follow an alias that was asked for itself, or that leads away', () => {
    expect(show(ask('shop.example.test', Dns.Type.Cname).answers)).toEqual([
      'shop.example.test CNAME www.example.test',
    ]);
    const away = ask('far.example.test', Dns.Type.A);
    expect(show(away.answers)).toEqual(['far.example.test CNAME www.example.net']);
    expect(away).toMatchObject({ responseCode: NoError, authorities: [] });
  });

  it('says that an alias leads to no name (RFC 6604), and comes out of a loop', () => {
    const gone = ask('gone.example.test', Dns.Type.A);
    expect(gone.responseCode).toBe(NameError);
    expect(show(gone.answers)).toEqual(['gone.example.test CNAME nobody.example.test']);
    expect(ask('loop.example.test', Dns.Type.A).answers.length).toBeLessThan(20);
  });

  it('adds the addresses that will be wanted next', () => {
    expect(show(ask('example.test', Dns.Type.Mx).additionals)).toEqual(['mail.example.test A 192.0.2.25']);
    expect(show(ask('_sip._udp.example.test', Dns.Type.Srv).additionals)).toEqual(['ns.example.test A 192.0.2.53']);
  });

  it('answers for the zone itself: SOA, NS, and everything', () => {
    expect(show(ask('example.test', Dns.Type.Soa).answers)).toEqual(SOA);
    expect(show(ask('example.test', Dns.Type.Ns).answers)).toEqual(['example.test NS ns.example.test']);
    expect(ask('example.test', Dns.Type.Any).answers).toHaveLength(4);
  });

  it('refers to the servers of what is delegated, without authority', () => {
    for (const name of ['sub.example.test', 'www.sub.example.test']) {
      const message = ask(name, Dns.Type.A);
      expect(message).toMatchObject({ authoritativeAnswer: false, responseCode: NoError, answers: [] });
      expect(show(message.authorities)).toEqual(['sub.example.test NS ns.sub.example.test']);
      expect(show(message.additionals)).toEqual(['ns.sub.example.test A 192.0.2.54']);
    }
  });

  it('makes records from a wildcard, for names that are not there (RFC 4592 §2.2.1)', () => {
    expect(show(ask('a.b.wild.example.test', Dns.Type.Mx).answers)).toEqual([
      'a.b.wild.example.test MX mail.example.test',
    ]);
    expect(ask('a.wild.example.test', Dns.Type.A)).toMatchObject({ responseCode: NoError, answers: [] });
    // The name is there, or one above it.
    expect(ask('host.wild.example.test', Dns.Type.Mx)).toMatchObject({ responseCode: NoError, answers: [] });
    expect(ask('x.host.wild.example.test', Dns.Type.Mx).responseCode).toBe(NameError);
    expect(show(ask('x.alias.example.test', Dns.Type.A).answers)[0]).toBe(
      'x.alias.example.test CNAME www.example.test',
    );
  });

  it('looks backwards', () => {
    expect(show(ask('80.2.0.192.in-addr.arpa', Dns.Type.Ptr).answers)).toEqual([
      '80.2.0.192.in-addr.arpa PTR www.example.test',
    ]);
  });

  it('refuses what is in none of its zones, transfers, and other classes', () => {
    for (const name of ['example.net', 'test', '.', 'notexample.test']) {
      expect(ask(name, Dns.Type.A), name).toMatchObject({
        responseCode: Refused,
        authoritativeAnswer: false,
        answers: [],
      });
    }
    expect(ask('example.test', Dns.Type.Axfr).responseCode).toBe(Refused);
    const chaos = { name: 'www.example.test', type: Dns.Type.A, class: Dns.Class.Chaos };
    expect(ask('', 0, { questions: [chaos] }).responseCode).toBe(Refused);
  });

  it('does not do updates, two questions, or a later EDNS', () => {
    expect(ask('www.example.test', Dns.Type.A, { opcode: Dns.Opcode.Update }).responseCode).toBe(NotImplemented);
    expect(ask('', 0, { questions: [] }).responseCode).toBe(FormatError);
    const edns = { udpPayloadSize: 4096, version: 1, dnssecOk: false, options: [] };
    expect(ask('www.example.test', Dns.Type.A, { edns })).toMatchObject({
      responseCode: BadVersion,
      answers: [],
      edns: { version: 0 },
    });
  });
});

describe('its datagrams', () => {
  const parse = (bytes: Uint8Array | null): Message => {
    const message = bytes === null ? 'nothing' : Dns.parse(bytes, 0, bytes.length);
    if (typeof message === 'string') throw new Error(message);
    return message;
  };
  const query = Dns.query(7, 'many.big.test', Dns.Type.A);

  it('are cut at 512 bytes with TC, and at what EDNS says', () => {
    const plain = respond(ZONES, Dns.encode(query));
    expect(plain?.length).toBeLessThanOrEqual(512);
    expect(parse(plain)).toMatchObject({ truncated: true, edns: null });
    const edns = { udpPayloadSize: 700, version: 0, dnssecOk: false, options: [] };
    const middle = respond(ZONES, Dns.encode({ ...query, edns }));
    expect(middle?.length).toBeGreaterThan(512);
    expect(middle?.length).toBeLessThanOrEqual(700);
    expect(parse(middle).truncated).toBe(true);
    const whole = respond(ZONES, Dns.encode({ ...query, edns: { ...edns, udpPayloadSize: 1232 } }));
    expect(parse(whole)).toMatchObject({ truncated: false, edns: { udpPayloadSize: 1232 } });
    expect(parse(whole).answers).toHaveLength(60);
    // RFC 6891 §6.2.3.
    const small = respond(ZONES, Dns.encode({ ...query, edns: { ...edns, udpPayloadSize: 0 } }));
    expect(small?.length).toBeGreaterThan(400);
  });

  it('say FORMERR to a query that ends too soon, and nothing to a response or less than a header', () => {
    const bytes = Dns.encode(query);
    expect(parse(respond(ZONES, bytes.slice(0, -1)))).toMatchObject({
      id: 7,
      responseCode: FormatError,
      questions: [],
    });
    expect(respond(ZONES, bytes.slice(0, 11))).toBeNull();
    expect(respond(ZONES, Dns.encode({ ...query, isResponse: true }))).toBeNull();
  });

  it('are messages, whatever bytes came', () => {
    const bytes = Dns.encode({ ...query, edns: { udpPayloadSize: 512, version: 0, dnssecOk: true, options: [] } });
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), changes), (given) => {
        const sent = given instanceof Uint8Array ? given : bytes.slice();
        if (!(given instanceof Uint8Array)) for (const [at, byte] of given) sent[at] = byte;
        const response = respond(ZONES, sent);
        if (response !== null) expect(parse(response).isResponse).toBe(true);
      }),
    );
  });
});
