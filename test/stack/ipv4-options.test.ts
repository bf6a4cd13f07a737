import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/sim/time.ts';
import { addAddress } from '../../src/stack/interface.ts';
import { addRoute } from '../../src/stack/routes.ts';
import * as Icmp from '../../src/wire/icmp.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { FAR, GATEWAY, OTHER, PEER, answers, echo, hear, host, ip, must, tcp, udp } from './network.ts';
import type { HostOptions } from './network.ts';

const ALLOWED = {
  'conf.all.accept_source_route': 1,
  'conf.eth0.accept_source_route': 1,
  'conf.eth1.accept_source_route': 1,
};

/** Octets of addresses and numbers: octets(7, '192.0.2.1'). */
function octets(...parts: (number | string)[]): number[] {
  return parts.flatMap((part) => (typeof part === 'number' ? [part] : part.split('.').map(Number)));
}

function optionsOf(frame: Uint8Array | undefined): number[] {
  return frame === undefined ? [] : Array.from(frame.subarray(34, 14 + Ipv4.headerLength(frame, 14)));
}

/** The one datagram that comes out when an echo request with these options goes in, its checksum checked. */
function through(options: number[], fields = {}, hostOptions: HostOptions = {}): Uint8Array | undefined {
  const [sent, ...more] = answers(host(hostOptions), echo({ options, ...fields }));
  expect(more).toEqual([]);
  if (sent !== undefined) expect(Ipv4.check(sent, 14, sent.length)).toBeNull();
  return sent;
}

function parameterProblem(sent: Uint8Array | undefined): number | null {
  const at = sent === undefined ? 0 : 14 + Ipv4.headerLength(sent, 14);
  return sent === undefined || Icmp.type(sent, at) !== Icmp.Type.ParameterProblem ? null : Icmp.pointer(sent, at);
}

const ROUTER = { forward: true };
const ONWARDS = { destination: OTHER.ip };

describe('record route', () => {
  it('goes on in the reply: the address is entered on the way in and on the way out', () => {
    expect(optionsOf(through([7, 11, 4, ...octets('0.0.0.0', '0.0.0.0'), 0]))).toEqual(
      octets(7, 11, 12, '192.0.2.1', '192.0.2.1', 0),
    );
  });

  it('has the address of the interface that a router sends it on by', () => {
    expect(optionsOf(through([7, 7, 4, 0, 0, 0, 0, 0], ONWARDS, ROUTER))).toEqual(octets(7, 7, 8, '198.51.100.1', 0));
  });

  it('has the source address of the route, where the interface has several', () => {
    const me = host(ROUTER);
    must(addAddress(me.stack, me.eth1, ip('203.0.113.1'), 24));
    must(addRoute(me.stack, { destination: ip('10.0.0.0'), prefixLength: 8, gateway: OTHER.ip }));
    const [sent] = answers(me, echo({ options: [7, 7, 4, 0, 0, 0, 0, 0], destination: ip('10.1.1.1') }));
    expect(optionsOf(sent)).toEqual(octets(7, 7, 8, '198.51.100.1', 0));
  });

  it('that is full is left alone', () => {
    const full = octets(7, 7, 8, '10.7.7.1', 0);
    expect(optionsOf(through(full))).toEqual(full);
    expect(optionsOf(through(full, ONWARDS, ROUTER))).toEqual(full);
  });

  it('with a piece of a slot left after recording is not answered, as on Linux, and corrupts nothing', () => {
    const me = host();
    expect(hear(me, echo({ options: [7, 9, 4, 0, 0, 0, 0, 9, 9, 0, 0, 0] }))).toEqual([]);
    expect(me.world.pool.waiting).toBe(0);
  });

  it('goes back with errors and resets too', () => {
    const options = [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const recorded = octets(7, 11, 12, '192.0.2.1', '192.0.2.1', 0);
    expect(optionsOf(answers(host(), udp('x', 1, 9, { options }))[0])).toEqual(recorded);
    expect(optionsOf(answers(host(), tcp(2, '', 1, 0, { options }))[0])).toEqual(recorded);
  });

  it('shows in an error about a route that is missing, and in what it quotes', () => {
    const options = [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const me = host({ forward: true, defaultRoute: false });
    const [sent] = answers(me, udp('x', 1, 9, { options, destination: ip('10.9.9.9') }));
    expect(optionsOf(sent)).toEqual(octets(7, 11, 12, '192.0.2.1', '192.0.2.1', 0));
    const quoted = 14 + Ipv4.headerLength(sent!, 14) + Icmp.HEADER_LENGTH;
    expect(Array.from(sent!.subarray(quoted + 20, quoted + 32))).toEqual(octets(7, 11, 8, '192.0.2.1', 0, 0, 0, 0, 0));
  });

  it('has the address on the way to the sender where the sender came by another interface', () => {
    const me = host(ROUTER);
    const [sent] = answers(
      me,
      udp('x', 1, 9, { source: OTHER.ip, destination: FAR, timeToLive: 1, options: [7, 7, 4, 0, 0, 0, 0, 0] }),
    );
    expect(optionsOf(sent)).toEqual(octets(7, 7, 8, '198.51.100.1', 0));
  });
});

describe('timestamps', () => {
  const at = (seconds: number) => {
    const me = host();
    me.world.advance(seconds * SECOND);
    return me;
  };
  const T = [0, 0, 0x13, 0x88];

  it('of time only have two entries of ours in the reply', () => {
    const [reply] = answers(at(5), echo({ options: [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0] }));
    expect(optionsOf(reply)).toEqual([68, 12, 13, 0, ...T, ...T]);
  });

  it('with addresses have ours', () => {
    const [reply] = answers(at(5), echo({ options: [68, 20, 5, 1, ...new Array<number>(16).fill(0)] }));
    expect(optionsOf(reply)).toEqual([68, 20, 21, 1, ...octets('192.0.2.1'), ...T, ...octets('192.0.2.1'), ...T]);
  });

  it('for prespecified hosts are entered by the host that is next, and by nobody else', () => {
    const mine = [68, 12, 5, 3, ...octets('192.0.2.1'), 0, 0, 0, 0];
    expect(optionsOf(answers(at(5), echo({ options: mine }))[0])).toEqual([
      68,
      12,
      13,
      3,
      ...octets('192.0.2.1'),
      ...T,
    ]);
    const other = [68, 12, 5, 3, ...octets('192.0.2.2'), 0, 0, 0, 0];
    expect(optionsOf(answers(at(5), echo({ options: other }))[0])).toEqual(other);
  });

  it('without room count us once, prespecified ones do not', () => {
    expect(optionsOf(through([68, 8, 9, 0x10, 1, 2, 3, 4]))).toEqual([68, 8, 9, 0x20, 1, 2, 3, 4]);
    const prespecified = [68, 12, 13, 3, 1, 2, 3, 4, 5, 6, 7, 8];
    expect(optionsOf(through(prespecified))).toEqual(prespecified);
  });

  it('that have overflowed fifteen times are a parameter problem', () => {
    expect(parameterProblem(through([68, 8, 9, 0xf0, 1, 2, 3, 4]))).toBe(23);
  });

  it('of a flag that nobody has defined are repeated as they are', () => {
    const unknown = [68, 8, 5, 2, 0, 0, 0, 0];
    expect(optionsOf(through(unknown))).toEqual(unknown);
  });

  it('keep the address that a router was asked at: as Linux, it is not amended on the way out', () => {
    const sent = through([68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0], ONWARDS, ROUTER);
    expect(optionsOf(sent).slice(0, 8)).toEqual([68, 12, 13, 1, ...octets('192.0.2.1')]);
  });
});

describe('source routes', () => {
  const loose = (pointer: number, ...stops: string[]) => [131, 3 + 4 * stops.length, pointer, ...octets(...stops), 0];
  const strict = (pointer: number, ...stops: string[]) => [137, 3 + 4 * stops.length, pointer, ...octets(...stops), 0];
  const allowed = { forward: true, sysctl: ALLOWED };

  it('are refused unless both settings allow them', () => {
    for (const sysctl of [{}, { 'conf.all.accept_source_route': 1 }, { 'conf.eth0.accept_source_route': 1 }]) {
      expect(through(loose(4, '198.51.100.2'), {}, { forward: true, sysctl })).toBeUndefined();
      expect(through(loose(8, '198.51.100.2'), {}, { forward: true, sysctl })).toBeUndefined();
    }
  });

  it('are followed: the next stop is the destination, and the address it leaves by stands in its place', () => {
    const sent = through(loose(4, '198.51.100.2', '10.0.0.9'), {}, allowed);
    expect(Ip.format(Ipv4.destination(sent!, 14))).toBe('198.51.100.2');
    expect(optionsOf(sent)).toEqual(loose(8, '198.51.100.1', '10.0.0.9'));
    expect(Ipv4.timeToLive(sent!, 14)).toBe(63);
  });

  it('record the way beside them', () => {
    const sent = through([7, 7, 4, 0, 0, 0, 0, 1, ...loose(4, '198.51.100.2')], {}, allowed);
    expect(optionsOf(sent)).toEqual([...octets(7, 7, 8, '198.51.100.1', 1), ...loose(8, '198.51.100.1')]);
  });

  it('that name another own address are passed at once', () => {
    const sent = through(loose(4, '198.51.100.1', '198.51.100.2'), {}, allowed);
    expect(optionsOf(sent)).toEqual(loose(12, '198.51.100.1', '198.51.100.1'));
  });

  it('are not followed by a host, nor where there is no way, nor to what no link can carry', () => {
    for (const [stop, options] of [
      ['198.51.100.2', { sysctl: ALLOWED }],
      ['10.0.0.9', { ...allowed, defaultRoute: false }],
      ['127.0.0.1', allowed],
      ['224.0.0.1', allowed],
      ['255.255.255.255', allowed],
      ['192.0.2.255', allowed],
    ] as const) {
      expect(through(loose(4, stop), {}, options)).toBeUndefined();
    }
  });

  it('are not followed when the link broadcast them, or all are addressed', () => {
    const route = loose(4, '198.51.100.2');
    expect(through(route, { destinationMac: Mac.BROADCAST }, allowed)).toBeUndefined();
    const toAll = { destination: ip('192.0.2.255'), destinationMac: Mac.BROADCAST };
    expect(through(route, toAll, allowed)).toBeUndefined();
  });

  it('that are strict need the next stop on the link', () => {
    expect(optionsOf(through(strict(4, '198.51.100.2'), {}, allowed))).toEqual(strict(8, '198.51.100.1'));
    expect(hear(host(allowed), echo({ options: strict(4, '203.0.113.7') }))).toEqual([
      'eth0 IP 192.0.2.1 > 192.0.2.2: ICMP 192.0.2.1 unreachable - source route failed, length 52',
    ]);
  });

  it('that are strict must not pass by a router that is no stop; loose ones may', () => {
    expect(parameterProblem(through(strict(4, '10.0.0.9'), ONWARDS, allowed))).toBe(16);
    const sent = through(loose(4, '10.0.0.9'), ONWARDS, allowed);
    expect(optionsOf(sent)).toEqual(loose(4, '10.0.0.9'));
    expect(Ipv4.destination(sent!, 14)).toBe(OTHER.ip);
  });

  it('expire as other datagrams do', () => {
    expect(hear(host(allowed), echo({ options: loose(4, '198.51.100.2'), timeToLive: 1 }))).toEqual([
      expect.stringContaining('ICMP time exceeded in-transit'),
    ]);
  });

  it('are gone back by the reply', () => {
    const sent = through(loose(12, '192.0.2.3', '192.0.2.254'), {}, allowed);
    expect(Ipv4.destination(sent!, 14)).toBe(GATEWAY.ip);
    expect(optionsOf(sent)).toEqual(loose(4, '192.0.2.3', '192.0.2.2'));
  });

  it('that begin with the sender are mended, and those that began nowhere have no way back', () => {
    const mended = through(loose(12, '192.0.2.2', '192.0.2.254'), {}, allowed);
    expect(Ipv4.destination(mended!, 14)).toBe(GATEWAY.ip);
    expect(optionsOf(mended)).toEqual(loose(4, '192.0.2.2'));
    for (const options of [loose(8, '192.0.2.2'), [131, 3, 4, 0]]) {
      const direct = through(options, {}, allowed);
      expect(Ipv4.destination(direct!, 14)).toBe(PEER.ip);
      expect(optionsOf(direct)).toEqual([]);
    }
  });

  it('whose pointer shows a piece of a slot are a parameter problem', () => {
    expect(parameterProblem(through([131, 6, 4, 1, 2, 3, 0, 0], {}, allowed))).toBe(22);
  });
});

describe('malformed options', () => {
  it.each([
    ['a length of 0', [7, 0, 4, 0], 20],
    ['a length of 1', [1, 7, 1, 0], 21],
    ['a length beyond the header', [7, 11, 4, 0, 0, 0, 0, 0], 20],
    ['no length at all', [1, 1, 1, 7], 23],
    ['a route that is too short', [7, 2, 0, 0], 21],
    ['a timestamp that is too short', [68, 3, 5, 0], 21],
    ['a pointer before the first slot', [7, 7, 3, 0, 0, 0, 0, 0], 22],
    ['a timestamp’s pointer before the first slot', [68, 8, 4, 0, 0, 0, 0, 0], 22],
    ['a timestamp entry that does not fit', [68, 8, 5, 1, 0, 0, 0, 0], 22],
    ['a router alert that is too short', [148, 3, 0, 0], 21],
  ])('%s is pointed at', (_, options, pointer) => {
    expect(parameterProblem(through(options))).toBe(pointer);
    expect(parameterProblem(through(options, ONWARDS, ROUTER))).toBe(pointer);
    const lost = { destination: ip('10.9.9.9') };
    expect(parameterProblem(through(options, lost, { forward: true, defaultRoute: false }))).toBe(pointer);
  });

  it('are dropped in silence by who only hears them in passing, or with all others', () => {
    expect(through([7, 0, 4, 0], ONWARDS)).toBeUndefined();
    expect(through([7, 0, 4, 0], { destination: ip('192.0.2.255'), destinationMac: Mac.BROADCAST })).toBeUndefined();
    expect(through([7, 0, 4, 0], { fragmentOffset: 8 })).toBeUndefined();
  });

  it('do not hide what was sound before them: it is acted on and repeated', () => {
    const sent = through([7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0, 0]);
    expect(parameterProblem(sent)).toBe(31);
    expect(optionsOf(sent)).toEqual(octets(7, 11, 12, '192.0.2.1', '192.0.2.1', 0));
  });

  it('that come second of their kind are pointed at', () => {
    expect(parameterProblem(through([131, 3, 4, 131, 3, 4, 0, 0], {}, { sysctl: ALLOWED }))).toBe(23);
  });
});

describe('other options', () => {
  it('are passed on by routers and not repeated by hosts', () => {
    for (const options of [
      [148, 4, 0, 0],
      [158, 4, 171, 205],
      [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      [1, 1, 1, 1],
    ]) {
      expect(optionsOf(through(options, ONWARDS, ROUTER))).toEqual(options);
      expect(optionsOf(through(options))).toEqual([]);
    }
  });

  it('end with the end of the list; what stands behind it is cleared', () => {
    expect(optionsOf(through([1, 0, 7, 9], ONWARDS, ROUTER))).toEqual([1, 0, 0, 0]);
  });

  it('are repeated in the order route, timestamp, source route', () => {
    const sent = through([68, 8, 5, 0, 0, 0, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0], {}, {});
    expect(optionsOf(sent).slice(0, 8)).toEqual(octets(7, 7, 8, '192.0.2.1', 68));
  });

  it('without the copied flag stand in the first fragment only', () => {
    const me = host({ forward: true, mtu: 68 });
    const options = [7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0];
    const sent = answers(me, udp('x'.repeat(60), 1, 2, { options, destination: OTHER.ip }));
    const later = [1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0, 0];
    expect(sent.map(optionsOf)).toEqual([octets(7, 7, 8, '198.51.100.1', 148, 4, 0, 0, 0), later, later]);
    for (const one of sent) expect(Ipv4.check(one, 14, one.length)).toBeNull();
  });
});
