import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import * as Options from '../../src/wire/ipv4-options.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import { FAR, H1, H2, hex, toHex } from './frames.ts';

/** A header with these options, filled up with the end of the list. */
function withOptions(options: string): Uint8Array {
  const list = hex(options);
  const length = 20 + 4 * Math.ceil(list.length / 4);
  const bytes = new Uint8Array(length);
  Ipv4.writeHeader(bytes, 0, length, 0, length, 1, 0, 64, 17, H1.ip, H2.ip);
  bytes.set(list, 20);
  Ipv4.updateChecksum(bytes, 0);
  return bytes;
}

const wrongOctet = (options: string): number => Options.check(withOptions(options), 0);

describe('the check', () => {
  it('takes well-formed options, full routes and full timestamps too', () => {
    const right = [
      '',
      '01 01 01 00',
      '07 07 04 00000000',
      '07 07 08 c0000201',
      '83 07 04 c0000202',
      '89 07 08 c0000202',
      '44 08 05 00 00000000',
      '44 08 09 00 00000001',
      '44 0c 05 01 00000000 00000000',
      '44 0c 05 03 c0000201 00000000',
      '44 0c 0d f3 c0000201 00000001',
      '94 04 0000',
      // Types that nobody knows are walked over.
      '55 06 01020304',
      // Nothing behind the end of the list counts.
      '00 07 01',
    ];
    for (const options of right) expect(wrongOctet(options), options).toBe(-1);
  });

  it('points to the octet that is wrong', () => {
    const wrong: [string, number][] = [
      // The length: missing, too small, beyond the header. The option is at 20 or behind the padding before it.
      ['01 01 01 07', 23],
      ['07 01 00 00', 20],
      ['07 09 04 00', 20],
      ['01 55 00 00', 21],
      // Record route: too short for a pointer; a pointer into itself; a slot that is cut.
      ['07 02 00 00', 21],
      ['07 07 03 00000000', 22],
      ['07 07 05 00000000', 22],
      ['07 07 04 00000000 07 07 04 00000000', 27],
      // Source routes: the same, and two of them (RFC 1812 §5.2.4.1).
      ['83 02 00 00', 21],
      ['89 07 03 c0000202', 22],
      ['83 07 04 c0000202 89 07 04 c0000202', 27],
      // Timestamp: too short, a pointer into itself, no room for address and time, a counter that overflows, twice.
      ['44 03 05 00', 21],
      ['44 08 04 00 00000000', 22],
      ['44 08 06 00 00000000', 22],
      ['44 08 05 01 00000000', 22],
      ['44 08 09 f0 00000001', 23],
      ['44 08 05 00 00000000 44 08 05 00 00000000', 28],
      // Router alert without its value.
      ['94 03 00 00', 21],
    ];
    for (const [options, octet] of wrong) expect(wrongOctet(options), options).toBe(octet);
  });

  it('never throws or reads on for ever, and what it passes can be walked', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), (list) => {
        const bytes = withOptions(toHex(list));
        if (Options.check(bytes, 0) !== -1) return;
        const walked: number[] = [];
        for (let at = Options.first(bytes, 0); at !== -1; at = Options.next(bytes, 0, at)) walked.push(at);
        expect(walked).toHaveLength(Options.parse(bytes, 20, bytes.length).length);
        expect(Options.finalDestination(bytes, 0)).toBeTypeOf('number');
      }),
      { numRuns: 2_000 },
    );
  });
});

const vectors = join(import.meta.dirname, '../../../shared/oracles/linux-vectors.json');
describe.skipIf(!existsSync(vectors))('beside a Linux kernel', () => {
  it('finds the octet that its parameter problem points to', () => {
    interface Vector {
      readonly name: string;
      readonly inject: readonly { readonly hex: string }[];
      readonly expect: readonly { readonly hex: string }[];
    }
    const read = JSON.parse(readFileSync(vectors, 'utf8')) as { vectors: readonly Vector[] };
    let compared = 0;
    for (const vector of read.vectors) {
      for (const answer of vector.expect.map((frame) => hex(frame.hex))) {
        if (answer[12] !== 0x08 || answer[13] !== 0x00 || answer[23] !== Ipv4.Protocol.Icmp) continue;
        const icmp = 14 + Ipv4.headerLength(answer, 14);
        if (Icmp.type(answer, icmp) !== Icmp.Type.ParameterProblem) continue;
        // The datagram as it was sent, since the one quoted may have been touched.
        const sent = hex(vector.inject[0]!.hex);
        expect(Options.check(sent, 14), vector.name).toBe(Icmp.pointer(answer, icmp));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(0);
  });
});

it('finds an option by its type', () => {
  const bytes = withOptions('01 07 07 04 00000000 94 04 0000');
  expect(Options.find(bytes, 0, Options.Type.RecordRoute)).toBe(21);
  expect(Options.find(bytes, 0, Options.Type.RouterAlert)).toBe(28);
  expect(Options.find(bytes, 0, Options.Type.Timestamp)).toBe(-1);
  expect(Options.find(withOptions(''), 0, Options.Type.RecordRoute)).toBe(-1);
});

it('knows which options every fragment carries', () => {
  // RFC 791 §3.1: source routes, security and stream identifier are copied, record route and timestamp are not.
  const { RecordRoute, Timestamp, Security, LooseSourceRoute, StrictSourceRoute, StreamIdentifier } = Options.Type;
  expect([RecordRoute, Timestamp].map(Options.isCopied)).toEqual([false, false]);
  expect([Security, LooseSourceRoute, StrictSourceRoute, StreamIdentifier].every(Options.isCopied)).toBe(true);
});

it('records addresses until the route is full', () => {
  const bytes = withOptions('07 0b 04 00000000 00000000');
  Options.recordAddress(bytes, 20, H1.ip);
  expect(Options.isFull(bytes, 20)).toBe(false);
  Options.recordAddress(bytes, 20, FAR);
  expect(Options.isFull(bytes, 20)).toBe(true);
  // tcpdump -v: options (RR 192.0.2.1, 198.51.100.10,)
  expect(toHex(bytes.slice(20, 31))).toBe('070b0cc0000201c633640a');
});

it('records times, times with addresses, and times beside addresses that were asked for', () => {
  const after = (options: string): string => {
    const bytes = withOptions(options);
    Options.recordTimestamp(bytes, 20, H1.ip, 0x01020304);
    return toHex(bytes.slice(20));
  };
  expect(after('44 08 05 00 00000000')).toBe('4408090001020304');
  expect(after('44 0c 05 01 00000000 00000000')).toBe('440c0d01c000020101020304');
  expect(after('44 0c 05 03 c0000202 00000000')).toBe('440c0d03c000020201020304');
  const full = withOptions('44 08 09 10 00000001');
  Options.incrementOverflow(full, 20);
  expect([Options.overflow(full, 20), Options.timestampFlag(full, 20)]).toEqual([2, 0]);
});

it('knows where a source route ends', () => {
  expect(Options.finalDestination(withOptions('83 0b 04 c0000202 c633640a'), 0)).toBe(FAR);
  expect(Options.pointedAddress(withOptions('83 0b 08 c0000202 c633640a'), 20)).toBe(FAR);
  // Used up: the header's destination is the last.
  expect(Options.finalDestination(withOptions('89 0b 0c c0000202 c633640a'), 0)).toBe(H2.ip);
  expect(Options.finalDestination(withOptions('07 07 04 00000000'), 0)).toBe(H2.ip);
});

describe('as records', () => {
  it('writes what ping -R and ping -T send', () => {
    const bytes = new Uint8Array(40).fill(0xa5);
    const slots = Array<Ip4.Ip4>(9).fill(Ip4.ANY);
    const route: Options.Option = { kind: 'record-route', pointer: 4, addresses: slots };
    // iputils ping_common.c: NOP, RR with nine slots, pointer 4.
    expect(Options.write(bytes, 0, [{ kind: 'no-operation' }, route])).toBe(40);
    expect(toHex(bytes)).toBe(`01072704${'00'.repeat(36)}`);
    const entries = Array<Options.TimestampEntry>(9).fill({ address: null, time: 0 });
    expect(Options.write(bytes, 0, [{ kind: 'timestamp', pointer: 5, overflow: 0, flag: 0, entries }])).toBe(40);
    expect(toHex(bytes)).toBe(`44280500${'00'.repeat(36)}`);
  });

  it('reads back what it wrote', () => {
    const ip = fc.nat(2 ** 32 - 1).map((value) => Ip4.fromNumber(value));
    const time = fc.nat(2 ** 32 - 1);
    const options: fc.Arbitrary<Options.Option> = fc.oneof(
      fc.constant({ kind: 'no-operation' as const }),
      fc.record({
        kind: fc.constantFrom('record-route' as const, 'loose-source-route' as const, 'strict-source-route' as const),
        pointer: fc.constantFrom(4, 8),
        addresses: fc.array(ip, { minLength: 1, maxLength: 2 }),
      }),
      fc.record({
        kind: fc.constant('timestamp' as const),
        pointer: fc.constant(5),
        overflow: fc.nat(14),
        flag: fc.constant(0),
        entries: fc.array(fc.record({ address: fc.constant(null), time }), { minLength: 1, maxLength: 2 }),
      }),
      fc.record({
        kind: fc.constant('timestamp' as const),
        pointer: fc.constant(5),
        overflow: fc.nat(14),
        flag: fc.constantFrom(1, 3),
        entries: fc.array(fc.record({ address: ip, time }), { minLength: 1, maxLength: 1 }),
      }),
      fc.record({ kind: fc.constant('router-alert' as const), value: fc.nat(65_535) }),
      fc.record({
        kind: fc.constant('other' as const),
        type: fc.constantFrom(82, 130, 136),
        data: fc.uint8Array({ maxLength: 6 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(options, { maxLength: 3 }), (list) => {
        const bytes = new Uint8Array(60).fill(0xa5);
        const length = Options.write(bytes, 0, list);
        expect(length % 4).toBe(0);
        expect(Options.parse(bytes, 0, length)).toEqual(list);
      }),
    );
  });
});
