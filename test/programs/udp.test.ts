import { describe, expect, it } from 'vitest';
import { textOf } from '../../src/programs/text.ts';
import * as Ethernet from '../../src/wire/ethernet.ts';
import * as Ip from '../../src/wire/ip4.ts';
import * as Mac from '../../src/wire/mac.ts';
import { H1, H2, udp } from '../wire/frames.ts';
import { openLab, outcomeOf, run, TWO_HOSTS } from './labs.ts';

describe('udp-echo and udp-send', () => {
  it('send a text there and back', () => {
    const lab = openLab(TWO_HOSTS);
    const echo = lab.start('h2', 'udp-echo 7', { background: true });
    expect(run(lab, 'h1', 'udp-send h2 7 hello --wait')).toEqual({
      status: 0,
      output: ['sent 5 bytes to 192.0.2.2:7', '5 bytes from 192.0.2.2:7: hello'],
      error: [],
    });
    expect(outcomeOf(echo).output).toEqual([expect.stringMatching(/^5 bytes from 192\.0\.2\.1:\d+$/)]);
  });

  it('does not wait unless asked', () => {
    expect(run(openLab(TWO_HOSTS), 'h1', 'udp-send h2 9 x')).toMatchObject({ status: 0, error: [] });
  });

  it.each([
    ['udp-send h2 9 x --wait', 'udp-send: 192.0.2.2:9: Connection refused'],
    ['udp-send 192.0.2.9 9 x --wait', 'udp-send: 192.0.2.9:9: No route to host'],
    ['udp-send 203.0.113.9 9 x', 'udp-send: 203.0.113.9:9: Network is unreachable'],
    ['udp-send 192.0.2.255 9 x', 'udp-send: 192.0.2.255:9: Permission denied'],
    ['udp-send nobody 9 x', 'udp-send: nobody: Name or service not known (no DNS server is set)'],
  ])('%s: says why not', (command, line) => {
    const { status, error } = run(openLab(TWO_HOSTS), 'h1', command);
    expect(error).toEqual([line]);
    expect(status).toBe(line.includes('known') ? 2 : 1);
  });

  it('gives up when nobody answers', () => {
    const lab = openLab(
      TWO_HOSTS.replace('h1.eth0 -- h2.eth0', '{ from: h1.eth0, to: h2.eth0, backward: { loss: 100% } }'),
    );
    run(lab, 'h1', 'netcfg neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev eth0');
    expect(run(lab, 'h1', 'udp-send h2 9 x -w 0.5').error).toEqual(['udp-send: 192.0.2.2:9: no answer']);
    expect(lab.now).toBe(500_000_000);
  });

  it('broadcasts with -b, and hears who answers', () => {
    const lab = openLab(TWO_HOSTS);
    lab.start('h2', 'udp-echo -q 7', { background: true });
    expect(run(lab, 'h1', 'udp-send -b --wait 192.0.2.255 7 hi').output).toEqual([
      'sent 2 bytes to 192.0.2.255:7',
      '2 bytes from 192.0.2.2:7: hi',
    ]);
  });

  it('does not talk to other echo services for ever', () => {
    const lab = openLab(TWO_HOSTS);
    lab.start('h1', 'udp-echo 7', { background: true });
    lab.start('h2', 'udp-echo 7', { background: true });
    const nobody = udp(new Uint8Array(5), 7, 7, { source: Ip.ANY, destination: Ip.BROADCAST });
    const neighbor = udp(new Uint8Array(5), 7, 7, { source: H1.ip, destination: H2.ip });
    for (const bytes of [nobody, neighbor]) {
      Ethernet.setDestination(bytes, 0, Mac.BROADCAST);
      lab.simulator.inject(lab.node('h2'), 0, bytes);
    }
    lab.runUntil(1_000_000_000);
    expect(lab.nextEventTime()).toBeNull();
    expect(lab.frameCounts()).toMatchObject({ made: 0, injected: 2, consumed: 2 });
  });

  it('shows bytes that are no text in hexadecimal, and no control characters', () => {
    expect(textOf(new Uint8Array([0xff, 0x00]))).toBe('ff 00');
    expect(textOf(new Uint8Array([0x61, 0x1b, 0x5b, 0x0a]))).toBe('a\\u{1b}[\\u{a}');
  });
});
