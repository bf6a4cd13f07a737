import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Dns from '../../src/wire/dns.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Utf8 from '../../src/wire/utf8.ts';
import { DNS_QUERY, DNS_RESPONSE, FAR, hex, toHex } from './frames.ts';

// tcpdump: 22836+ [1au] A? www.tcpdump.org. (56)
const QUERY = DNS_QUERY.bytes.slice(42);
// tcpdump: 22836*- 2/2/5 A 192.139.46.66, A 198.199.88.104 (224)
const RESPONSE = DNS_RESPONSE.bytes.slice(42);

function parsed(bytes: Uint8Array): Dns.Message {
  const message = Dns.parse(bytes, 0, bytes.length);
  if (typeof message === 'string') throw new Error(message);
  return message;
}

describe('a recorded query', () => {
  it('has its question, its flags and its EDNS option', () => {
    expect(parsed(QUERY)).toEqual({
      ...Dns.query(22_836, 'www.tcpdump.org', Dns.Type.A),
      authenticData: true,
      edns: {
        udpPayloadSize: 4096,
        version: 0,
        dnssecOk: false,
        // A cookie, RFC 7873.
        options: [{ code: 10, data: hex('42f5d00996f90b13') }],
      },
    });
  });

  it('is written as it was', () => {
    expect(toHex(Dns.encode(parsed(QUERY)))).toBe(toHex(QUERY));
  });
});

describe('a recorded response', () => {
  it('has its records in their sections', () => {
    const message = parsed(RESPONSE);
    expect(message.isResponse && message.authoritativeAnswer && message.recursionDesired).toBe(true);
    expect(message.recursionAvailable || message.truncated).toBe(false);
    const record = (name: string, timeToLive: number, data: Dns.RecordData): Dns.ResourceRecord => ({
      name,
      class: Dns.Class.Internet,
      timeToLive,
      data,
    });
    expect(message.answers).toEqual([
      record('www.tcpdump.org', 60, { type: Dns.Type.A, address: Ip4.parse('192.139.46.66')! }),
      record('www.tcpdump.org', 60, { type: Dns.Type.A, address: Ip4.parse('198.199.88.104')! }),
    ]);
    expect(message.authorities).toEqual([
      record('tcpdump.org', 86_400, { type: Dns.Type.Ns, name: 'sns.cooperix.net' }),
      record('tcpdump.org', 86_400, { type: Dns.Type.Ns, name: 'nic.sandelman.ca' }),
    ]);
    expect(message.additionals.map(({ name }) => name)).toEqual([
      'nic.sandelman.ca',
      'nic.sandelman.ca',
      'sns.cooperix.net',
      'sns.cooperix.net',
    ]);
    expect(message.edns?.udpPayloadSize).toBe(4096);
  });

  it('is written as it was, compression included', () => {
    expect(toHex(Dns.encode(parsed(RESPONSE)))).toBe(toHex(RESPONSE));
  });
});

/** One question with these bytes as its name. */
function withName(name: string): Uint8Array {
  return hex(`1234 0100 0001 0000 0000 0000 ${name} 0001 0001`);
}

/** One answer, of the root, with this type and data; the length is the data's unless told. */
function withData(type: string, data: string, length = hex(data).length): Uint8Array {
  return hex(`1234 8180 0000 0001 0000 0000 00 ${type} 0001 0000003c ${length.toString(16).padStart(4, '0')} ${data}`);
}

const wrong = (bytes: Uint8Array): unknown => Dns.check(bytes, 0, bytes.length);

describe('what is malformed', () => {
  it('is a name that loops, leads forward or to itself', () => {
    expect(wrong(withName('c00c'))).toBe('bad-name');
    expect(wrong(withName('c00e c00c'))).toBe('bad-name');
    expect(wrong(withName('0161 c00c'))).toBe('bad-name');
    expect(wrong(withName('c020 00'))).toBe('bad-name');
  });

  it('is a kind of label that is not in use', () => {
    expect(wrong(withName('41 01 00'))).toBe('bad-name');
    expect(wrong(withName('80 00'))).toBe('bad-name');
  });

  it('is a name of more than 255 bytes, also when it is put together by pointers', () => {
    const label = (length: number): string => length.toString(16).padStart(2, '0') + '61'.repeat(length);
    const longest = [63, 63, 63, 61].map(label).join('');
    expect(wrong(withName(`${longest}00`))).toBeNull();
    expect(wrong(withName(`${[63, 63, 63, 62].map(label).join('')}00`))).toBe('bad-name');
    const second = `${label(61)}c00c`;
    expect(wrong(hex(`1234 0100 0002 0000 0000 0000 ${longest}00 0001 0001 ${second} 0001 0001`))).toBe('bad-name');
  });

  it('is a chain of pointers to pointers without end', () => {
    // 200 questions whose names each point to the one before.
    let message = hex('1234 0100 00c8 0000 0000 0000 00 0001 0001');
    for (let i = 1; i < 200; i++) {
      const before = 0xc000 | (i === 1 ? 12 : 17 + 6 * (i - 2));
      message = Uint8Array.from([...message, before >> 8, before & 255, 0, 1, 0, 1]);
    }
    expect(wrong(message)).toBe('bad-name');
  });

  it('is data that needs more or fewer bytes than its length says', () => {
    expect(wrong(withData('0001', 'c0000201'))).toBeNull();
    expect(wrong(withData('0001', 'c00002'))).toBe('bad-length');
    expect(wrong(withData('0001', 'c000020100'))).toBe('bad-length');
    expect(wrong(withData('0001', 'c0000201', 5))).toBe('truncated');
    expect(wrong(withData('001c', 'c0000201'))).toBe('bad-length');
    expect(wrong(withData('000f', '000a'))).toBe('truncated');
    expect(wrong(withData('000f', '000a 00'))).toBeNull();
    expect(wrong(withData('0010', '03 6162'))).toBe('bad-length');
    expect(wrong(withData('0002', '00 00'))).toBe('bad-length');
    expect(wrong(withData('0006', '00 00 00000001'))).toBe('bad-length');
    expect(wrong(withData('0021', '0001 0002'))).toBe('bad-length');
  });

  it('is a message with two OPT records, or one that is not of the root', () => {
    const opt = '00 0029 04d0 00000000 0000';
    expect(wrong(hex(`1234 0100 0000 0000 0000 0001 ${opt}`))).toBeNull();
    expect(wrong(hex(`1234 0100 0000 0000 0000 0002 ${opt} ${opt}`))).toBe('bad-option');
    expect(wrong(hex(`1234 0100 0000 0000 0000 0001 0161 ${opt}`))).toBe('bad-option');
    expect(wrong(hex('1234 0100 0000 0000 0000 0001 00 0029 04d0 00000000 0003 000a00'))).toBe('bad-length');
  });

  it('is a message cut at any length', () => {
    for (let length = 0; length < RESPONSE.length; length++) expect(Dns.check(RESPONSE, 0, length)).not.toBeNull();
  });

  it('is not what stands behind the last record', () => {
    expect(wrong(new Uint8Array([...RESPONSE, 1, 2, 3]))).toBeNull();
  });

  it('never throws, and takes little time', () => {
    const someBytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .uint8Array({ maxLength: 100 })
        .map((rest) => Uint8Array.from([...hex('1234 8180 0001 0002 0001 0001'), ...rest])),
      // Mostly pointers and lengths.
      fc
        .array(fc.constantFrom(0, 1, 2, 12, 14, 16, 0xc0), { maxLength: 100 })
        .map((rest) => Uint8Array.from([...hex('1234 8180 0003 0002 0001 0001'), ...rest])),
    );
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const message = Dns.parse(bytes, 0, bytes.length);
        if (typeof message === 'string') return;
        // Whatever was understood can be written, and says the same.
        expect(parsed(Dns.encode(message))).toEqual(message);
      }),
      { numRuns: 5_000 },
    );
  });
});

function names(): fc.Arbitrary<string> {
  const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/);
  // Few words, so that names have endings in common.
  const word = fc.oneof(
    fc.constantFrom('example', 'com', 'net', 'www', 'Example'),
    label,
    fc.constant('a\\.b\\\\\\007'),
  );
  return fc.array(word, { maxLength: 5 }).map((labels) => labels.join('.') || '.');
}

function data(): fc.Arbitrary<Dns.RecordData> {
  const u16 = fc.nat(65_535);
  const u32 = fc.nat(2 ** 32 - 1);
  const name = names();
  return fc.oneof(
    fc.record({ type: fc.constant(Dns.Type.A), address: u32.map((value) => Ip4.fromNumber(value)) }),
    fc.record({ type: fc.constant(Dns.Type.Aaaa), address: fc.uint8Array({ minLength: 16, maxLength: 16 }) }),
    fc.record({ type: fc.constantFrom(Dns.Type.Ns, Dns.Type.Cname, Dns.Type.Ptr, Dns.Type.Dname), name }),
    fc.record({ type: fc.constant(Dns.Type.Mx), preference: u16, exchange: name }),
    fc.record({
      type: fc.constant(Dns.Type.Txt),
      texts: fc.array(fc.uint8Array({ maxLength: 255 }), { maxLength: 3 }),
    }),
    fc.record({ type: fc.constant(Dns.Type.Srv), priority: u16, weight: u16, port: u16, target: name }),
    fc.record({
      type: fc.constant(Dns.Type.Soa),
      primaryServer: name,
      responsibleMailbox: name,
      serial: u32,
      refresh: u32,
      retry: u32,
      expire: u32,
      minimum: u32,
    }),
    fc.record({
      type: fc.constant('other' as const),
      number: fc.constant(65_280),
      bytes: fc.uint8Array({ maxLength: 20 }),
    }),
  );
}

function messages(): fc.Arbitrary<Dns.Message> {
  const u16 = fc.nat(65_535);
  const record = fc.record({ name: names(), class: u16, timeToLive: fc.nat(0x7fff_ffff), data: data() });
  const section = fc.array(record, { maxLength: 4 });
  const edns = fc.record({
    udpPayloadSize: u16,
    version: fc.nat(255),
    dnssecOk: fc.boolean(),
    options: fc.array(fc.record({ code: u16, data: fc.uint8Array({ maxLength: 8 }) }), { maxLength: 2 }),
  });
  return fc
    .record({
      id: u16,
      isResponse: fc.boolean(),
      opcode: fc.nat(15),
      authoritativeAnswer: fc.boolean(),
      truncated: fc.boolean(),
      recursionDesired: fc.boolean(),
      recursionAvailable: fc.boolean(),
      authenticData: fc.boolean(),
      checkingDisabled: fc.boolean(),
      responseCode: fc.nat(4095),
      questions: fc.array(fc.record({ name: names(), type: u16, class: u16 }), { maxLength: 2 }),
      answers: section,
      authorities: section,
      additionals: section,
      edns: fc.option(edns),
    })
    .map((message) => (message.edns ? message : { ...message, responseCode: message.responseCode & 15 }));
}

describe('what was written', () => {
  it('reads as it was meant', () => {
    fc.assert(
      fc.property(messages(), (message) => {
        expect(parsed(Dns.encode(message))).toEqual(message);
      }),
      { numRuns: 300 },
    );
  });

  it('fits into the limit, says when an answer is missing, and keeps its EDNS', () => {
    fc.assert(
      fc.property(messages(), fc.integer({ min: 512, max: 1500 }), (message, limit) => {
        const whole = { ...message, truncated: false };
        const bytes = Dns.encode(whole, limit);
        const read = parsed(bytes);
        const tooLong = Dns.encode(whole).length > limit;
        expect(tooLong || read.additionals.length === message.additionals.length).toBe(true);
        expect(bytes.length).toBeLessThanOrEqual(limit);
        const missing =
          read.answers.length < message.answers.length || read.authorities.length < message.authorities.length;
        expect(read.truncated).toBe(missing);
        expect(read.answers).toEqual(message.answers.slice(0, read.answers.length));
        expect(read.edns).toEqual(message.edns);
      }),
      { numRuns: 300 },
    );
  });

  it('compresses the names in old types of data, and never in new ones', () => {
    const message = {
      ...Dns.response(Dns.query(1, 'www.example.com', Dns.Type.Mx), Dns.ResponseCode.NoError),
      answers: [
        {
          name: 'www.example.com',
          class: Dns.Class.Internet,
          timeToLive: 60,
          data: { type: Dns.Type.Mx, preference: 10, exchange: 'mail.example.com' },
        },
        {
          name: 'example.com',
          class: Dns.Class.Internet,
          timeToLive: 60,
          data: { type: Dns.Type.Srv, priority: 1, weight: 2, port: 53, target: 'mail.example.com' },
        },
      ],
    };
    expect(toHex(Dns.encode(message).slice(33))).toBe(
      toHex(
        hex(`
          c00c 000f 0001 0000003c 0009 000a 046d61696c c010
          c010 0021 0001 0000003c 0018 0001 0002 0035 046d61696c 076578616d706c65 03636f6d 00`),
      ),
    );
  });

  it('points no further than a pointer reaches', () => {
    const text = { type: Dns.Type.Txt, texts: Array<Uint8Array>(70).fill(new Uint8Array(255)) };
    const record = (name: string, data: Dns.RecordData): Dns.ResourceRecord => ({
      name,
      class: 1,
      timeToLive: 0,
      data,
    });
    const late = record('late.example', { type: Dns.Type.Ns, name: 'late.example' });
    const message = {
      ...Dns.query(1, '.', Dns.Type.Txt),
      answers: [record('early.example', text), late, record('a.early.example', { type: Dns.Type.A, address: FAR })],
    };
    expect(parsed(Dns.encode(message))).toEqual(message);
  });

  it('has names that are names', () => {
    expect(() => Dns.encode(Dns.query(1, 'a..b', Dns.Type.A))).toThrow('not a domain name: a..b');
    expect(() => Dns.encode(Dns.query(1, 'a'.repeat(64), Dns.Type.A))).toThrow('not a domain name');
  });
});

describe('a name', () => {
  it('has labels of 1 to 63 bytes, 255 in all, with or without the final dot', () => {
    const label = (length: number): string => 'a'.repeat(length);
    const longest = [63, 63, 63, 61].map(label).join('.');
    for (const right of ['.', 'a', 'a.', label(63), longest, `${longest}.`, 'a\\.b', 'a\\255', '_dns._udp']) {
      expect(Dns.isName(right), right).toBe(true);
    }
    for (const bad of [
      '',
      '..',
      '.a',
      'a..',
      'a..b',
      label(64),
      `${longest}a`,
      `a.${longest}`,
      'a\\256',
      'a\\',
      'ü€',
    ]) {
      expect(Dns.isName(bad), bad).toBe(false);
    }
  });

  it('is the same in either case of its letters, and comes back as it was asked', () => {
    expect(Dns.sameName('WWW.Example.com', 'www.eXAMPLE.COM')).toBe(true);
    expect(Dns.sameName('www.example.com', 'www.example.org')).toBe(false);
    // RFC 4343 §3 is about ASCII alone.
    expect(Dns.lowerCase('\u0130K')).toBe('\u0130k');
    const message = Dns.query(1, 'WwW.ExAmPlE.cOm', Dns.Type.A);
    expect(parsed(Dns.encode(message)).questions[0]?.name).toBe('WwW.ExAmPlE.cOm');
  });

  it('carries any byte, escaped', () => {
    const read = parsed(withName('05 61 2e 5c 00 ff 00')).questions[0];
    expect(read?.name).toBe('a\\.\\\\\\000\\255');
    expect(toHex(Dns.encode(Dns.query(1, 'a\\.\\\\\\000\\255', Dns.Type.A)).slice(12, 19))).toBe('05612e5c00ff00');
  });
});

it('counts a TTL with the high bit set as zero', () => {
  // RFC 2181 §8.
  const bytes = withData('0001', 'c0000201');
  bytes[17] = 0x80;
  expect(parsed(bytes).answers[0]?.timeToLive).toBe(0);
});

it('answers with what the question said', () => {
  const query = { ...Dns.query(7, 'example.com', Dns.Type.Txt), checkingDisabled: true };
  const reply = Dns.response(query, Dns.ResponseCode.NameError);
  expect(reply).toMatchObject({ id: 7, isResponse: true, recursionDesired: true, checkingDisabled: true });
  expect(reply.questions).toEqual(query.questions);
  expect(reply.responseCode).toBe(3);
});

it('refuses a text longer than its length byte can say', () => {
  const texts = [Utf8.encode('a'.repeat(256))];
  const answer = { name: '.', class: 1, timeToLive: 0, data: { type: Dns.Type.Txt, texts } };
  expect(() => Dns.encode({ ...Dns.query(1, '.', Dns.Type.Txt), answers: [answer] })).toThrow(RangeError);
});

it('knows types by name and by number', () => {
  expect([Dns.typeName(28), Dns.typeName(65)]).toEqual(['AAAA', 'Type65']);
  expect([Dns.typeOfName('mx'), Dns.typeOfName('TYPE65'), Dns.typeOfName('nope'), Dns.typeOfName('TYPE70000')]).toEqual(
    [15, 65, null, null],
  );
});
