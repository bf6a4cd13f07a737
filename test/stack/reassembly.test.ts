import { describe, expect, it } from 'vitest';
import { MILLISECOND, SECOND } from '../../src/sim/time.ts';
import * as Udp from '../../src/stack/udp.ts';
import { takeReceived } from '../../src/stack/endpoint.ts';
import type { Endpoint } from '../../src/stack/endpoint.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import { datagram, fragments, hear, host, ip, must, pass, text, udp, udpPayload } from './network.ts';
import type { Fields, Host, HostOptions } from './network.ts';

const { MoreFragments } = Ipv4.Flag;
const WORDS = 'abcdefghijklmnopqrstuvwxyz012345';
const WHOLE = udp(WORDS, 40_000, 7);
/** Five pieces of eight octets: the UDP header and 32 octets of data. */
const [P0, P1, P2, P3, P4] = fragments(WHOLE, 8) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];

function open(options: HostOptions = {}): { me: Host; endpoint: Endpoint } {
  const me = host(options);
  const endpoint = Udp.open(me.stack, () => undefined);
  must(Udp.bind(endpoint, Ip.ANY, 7));
  return { me, endpoint };
}

function receive(pieces: readonly Uint8Array[], options: HostOptions = {}) {
  const { me, endpoint } = open(options);
  for (const piece of pieces) expect(hear(me, piece)).toEqual([]);
  return { me, data: text(me, takeReceived(endpoint)) };
}

/** A piece of the whole from `from` to `to`, in octets behind the IP header. */
function piece(from: number, to: number, fields: Fields = {}): Uint8Array {
  const payload = udpPayload(WORDS, 40_000, 7);
  const flags = to >= payload.length ? 0 : MoreFragments;
  return datagram(17, payload.slice(from, to), { identification: 7, fragmentOffset: from, flags, ...fields });
}

describe('reassembly', () => {
  it.each([
    ['in order', [P0, P1, P2, P3, P4]],
    ['backwards', [P4, P3, P2, P1, P0]],
    ['mixed', [P2, P4, P0, P3, P1]],
    ['with duplicates', [P0, P0, P4, P1, P1, P4, P2, P0, P3]],
    ['with a duplicate of two pieces at once', [P0, P1, P3, P4, piece(0, 16), P2]],
    ['with a duplicate that lies inside', [piece(0, 24), P1, P3, P4]],
  ])('puts together fragments that come %s', (_, pieces) => {
    const { me, data } = receive(pieces);
    expect(data).toBe(WORDS);
    expect(me.world.pool.waiting).toBe(0);
    expect(me.stack.reassembly).toEqual({ datagrams: new Map(), size: 0 });
    expect(me.world.pendingEvents()).toEqual([]);
  });

  it.each([
    ['the end of one before it', [piece(0, 16), piece(8, 24), piece(24, 40)]],
    ['the start of one behind it', [piece(16, 32), piece(8, 24), piece(0, 8), piece(32, 40)]],
    ['all of another and more', [piece(8, 16), piece(0, 24), piece(24, 40)]],
    ['two with a hole between', [piece(0, 8), piece(16, 24), piece(0, 24), piece(24, 40)]],
  ])('ends a datagram of which a fragment overlaps %s', (_, pieces) => {
    const { me, data } = receive(pieces);
    expect(data).toBeUndefined();
    expect(me.world.dropped).toContain('reassembly-overlap');
  });

  it.each([
    ['two different ends', [piece(32, 40), piece(24, 32, { flags: 0 })]],
    ['data behind the end', [piece(24, 32, { flags: 0 }), piece(32, 40, { flags: MoreFragments })]],
    ['an end before data that is there', [piece(24, 32), piece(8, 16, { flags: 0 })]],
  ])('ends a datagram with %s', (_, pieces) => {
    const { me } = receive(pieces);
    expect(me.world.dropped).toEqual(['reassembly-overlap', 'reassembly-overlap']);
    expect(me.world.pendingEvents()).toEqual([]);
  });

  it('ends a datagram of which a fragment is empty, and keeps nothing of it', () => {
    const { me } = receive([P0, piece(40, 40)]);
    expect(me.world.dropped).toEqual(['bad-length', 'bad-length']);
    for (let identification = 1; identification < 100; identification++) {
      hear(me, piece(0, 4, { identification, flags: MoreFragments }));
    }
    expect(me.stack.reassembly.datagrams?.size ?? 0).toBe(0);
    expect(me.world.pendingEvents()).toEqual([]);
  });

  it('cuts what is beyond whole units of eight octets in all but the last', () => {
    expect(receive([piece(0, 13), P1, P2, P3, P4]).data).toBe(WORDS);
  });

  it('tells datagrams apart by source, destination, protocol and identification', () => {
    const { me, endpoint } = open();
    const others: Fields[] = [{ source: ip('192.0.2.3') }, { destination: ip('198.51.100.1') }, { identification: 8 }];
    for (const fields of [{}, ...others]) for (const from of [0, 8, 16, 24]) hear(me, piece(from, from + 8, fields));
    hear(me, datagram(6, new Uint8Array(8), { identification: 7, flags: MoreFragments }));
    expect(me.stack.reassembly.datagrams?.size ?? 0).toBe(3);
    hear(me, piece(32, 40));
    expect(text(me, takeReceived(endpoint))).toBe(WORDS);
    expect(takeReceived(endpoint)).toBeUndefined();
    // The error about the one from a stranger waits for his address, in vain.
    pass(me, 40 * SECOND);
    expect(me.world.pool.waiting).toBe(0);
    expect(me.stack.reassembly.datagrams?.size ?? 0).toBe(0);
  });

  it('gives up thirty seconds after the first fragment, and says so if that has come', () => {
    const { me } = open();
    hear(me, P1);
    pass(me, 29 * SECOND);
    hear(me, P0);
    expect(pass(me, 999 * MILLISECOND)).toEqual([]);
    expect(pass(me, MILLISECOND)).toEqual([
      'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP ip reassembly time exceeded, length 36',
    ]);
    expect(me.world.dropped).toEqual(['reassembly-timeout', 'reassembly-timeout']);
    hear(me, P1);
    expect(pass(me, 31 * SECOND)).toEqual([]);
  });

  it('takes as much time as ipfrag_time says, and no fragments with ipfrag_high_thresh 0', () => {
    const { me } = open({ sysctl: { ipfrag_time: 2 } });
    hear(me, P0);
    expect(pass(me, 2 * SECOND).length).toBe(1);
    expect(receive([P0], { sysctl: { ipfrag_high_thresh: 0 } }).me.world.dropped).toEqual(['reassembly-full']);
  });

  it('takes no more than ipfrag_high_thresh in memory', () => {
    const { me } = open({ sysctl: { ipfrag_high_thresh: 10_000 } });
    for (let identification = 0; identification < 100; identification++) hear(me, piece(0, 8, { identification }));
    expect(me.stack.reassembly.size).toBeLessThan(10_000 + 700);
    expect(me.world.dropped.filter((reason) => reason === 'reassembly-full').length).toBe(100 - me.world.pool.waiting);
    pass(me, 30 * SECOND);
    expect(receiveLater(me)).toBe(WORDS);
  });

  it('refuses what would end beyond 65,535 octets', () => {
    const { me } = receive([datagram(17, new Uint8Array(32), { identification: 7, fragmentOffset: 65_528 })]);
    expect(me.world.dropped).toEqual(['reassembly-too-long']);
  });

  it('refuses it as well when only the first fragment’s options make it too long', () => {
    const { me, endpoint } = open();
    const size = 8_000;
    const data = new Uint8Array(65_512);
    const options = [1, 1, 1, 1, 1, 1, 1, 1];
    for (let at = 0; at < data.length; at += size) {
      const isLast = at + size >= data.length;
      hear(
        me,
        datagram(17, data.slice(at, at + size), {
          identification: 7,
          fragmentOffset: at,
          flags: isLast ? 0 : MoreFragments,
          options: at === 0 ? options : [],
        }),
      );
    }
    expect(takeReceived(endpoint)).toBeUndefined();
    expect(me.world.dropped).toEqual(Array<string>(9).fill('reassembly-too-long'));
  });

  // RFC 3168 §5.3.
  it.each([
    [[2, 2, 2, 2, 2], 2],
    [[2, 3, 2, 2, 2], 3],
    [[1, 1, 1, 3, 2], 3],
    [[3, 3, 3, 3, 3], 3],
    [[0, 0, 0, 0, 0], 0],
    [[0, 3, 0, 0, 0], null],
    [[0, 0, 2, 0, 0], null],
  ])('makes of the ECN codepoints %j: %s', (codepoints, wanted) => {
    const { me, endpoint } = open();
    codepoints.forEach((typeOfService, i) => hear(me, piece(i * 8, i * 8 + 8, { typeOfService })));
    const frame = takeReceived(endpoint);
    expect(frame === undefined ? null : Ipv4.typeOfService(frame.bytes, 14)).toBe(wanted);
    if (frame === undefined) expect(me.world.dropped[0]).toBe('reassembly-ecn');
    else expect(Ipv4.check(frame.bytes, 14, frame.length)).toBeNull();
  });

  it('leaves a corrupted fragment to the checksum of what is put together', () => {
    const wrong = P2.slice();
    wrong[36]! ^= 1;
    expect(receive([P0, P1, wrong, P3, P4]).me.world.dropped).toEqual(['bad-checksum']);
  });

  it('keeps the first fragment’s packet id', () => {
    const { me, endpoint } = open();
    for (const one of [P4, P3, P2, P1, P0]) hear(me, one);
    expect(takeReceived(endpoint)?.id).toBe(5);
  });
});

function receiveLater(me: Host): string | undefined {
  const endpoint = Udp.open(me.stack, () => undefined);
  must(Udp.bind(endpoint, ip('198.51.100.1'), 8));
  const later = fragments(udp(WORDS, 40_000, 8, { destination: ip('198.51.100.1') }), 8);
  for (const one of later) hear(me, one);
  return text(me, takeReceived(endpoint));
}
