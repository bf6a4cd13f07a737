import { describe, expect, it } from 'vitest';
import * as Ip from '../../src/wire/ip4.ts';
import * as Ipv4 from '../../src/wire/ipv4.ts';
import * as Mac from '../../src/wire/mac.ts';
import * as Tcp from '../../src/wire/tcp.ts';
import { PEER, answers, hear, host, ip, tcp } from './network.ts';

const { Ack, Fin, Rst, Syn } = Tcp.Flag;
const RESET = 'eth0 IP 192.0.2.1.80 > 192.0.2.2.40000: Flags';

describe('a TCP segment for a port that is closed', () => {
  // RFC 9293 §3.5.2: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>, or <SEQ=SEG.ACK><CTL=RST> if it acknowledges.
  it.each([
    ['SYN', Syn, '', 100, 0, '[R.], seq 0, ack 101'],
    ['SYN with data', Syn, 'abc', 100, 0, '[R.], seq 0, ack 104'],
    ['FIN', Fin, '', 100, 0, '[R.], seq 0, ack 101'],
    ['data', 0, 'abc', 100, 0, '[R.], seq 0, ack 103'],
    ['SYN at the end of the numbers', Syn, '', 0xffff_ffff, 0, '[R.], seq 0, ack 0'],
    ['ACK', Ack, '', 100, 77, '[R], seq 77'],
    ['SYN, ACK', Syn | Ack, '', 100, 0xffff_ffff, '[R], seq 4294967295'],
    ['FIN, ACK with data', Fin | Ack, 'abc', 100, 77, '[R], seq 77'],
  ])('%s is answered with the reset that fits', (_, flags, data, sequence, acknowledged, words) => {
    expect(hear(host(), tcp(flags, data, sequence, acknowledged))).toEqual([`${RESET} ${words}, win 0, length 0`]);
  });

  it('is not answered when it is a reset itself, or its checksum is wrong', () => {
    const me = host();
    const wrong = tcp(Syn, '', 1, 0);
    wrong[50]! ^= 1;
    for (const frame of [tcp(Rst, '', 1, 0), tcp(Rst | Ack, '', 1, 5), wrong]) expect(hear(me, frame)).toEqual([]);
    expect(me.world.dropped).toEqual(['no-socket', 'no-socket', 'bad-checksum']);
  });

  it('is not answered when more than one host got it (RFC 1122 §4.2.3.10)', () => {
    const toAll = [
      tcp(Syn, '', 1, 0, { destination: ip('192.0.2.255'), destinationMac: Mac.BROADCAST }),
      tcp(Syn, '', 1, 0, { destination: Ip.BROADCAST, destinationMac: Mac.BROADCAST }),
      tcp(Syn, '', 1, 0, { destination: Ip.ALL_HOSTS, destinationMac: Mac.fromMulticast(Ip.ALL_HOSTS) }),
      tcp(Syn, '', 1, 0, { destinationMac: Mac.BROADCAST }),
    ];
    for (const frame of toAll) expect(hear(host(), frame)).toEqual([]);
  });

  it('is dropped when its header is cut off', () => {
    const me = host();
    expect(hear(me, tcp(Syn, '', 1, 0).slice(0, 50))).toEqual([]);
    expect(me.world.dropped).toEqual(['bad-length']);
  });

  it('has its source route gone back by the reset, whose checksum counts the end of the way', () => {
    const allowed = { 'conf.all.accept_source_route': 1, 'conf.eth0.accept_source_route': 1 };
    // Came by 192.0.2.254: the route is used up.
    const options = [131, 7, 8, 192, 0, 2, 254, 0];
    const [reset] = answers(host({ sysctl: allowed }), tcp(Syn, '', 100, 0, { options, source: PEER.ip }));
    expect(Ip.format(Ipv4.destination(reset!, 14))).toBe('192.0.2.254');
    expect(Array.from(reset!.subarray(34, 42))).toEqual([131, 7, 4, 192, 0, 2, 2, 0]);
    expect(Tcp.check(reset!, 42, reset!.length, ip('192.0.2.1'), PEER.ip)).toBeNull();
  });
});
