import { describe, expect, it } from 'vitest';
import { isLocal, parseAddress } from '../../src/bridge/address.ts';

const HERE = { host: '127.0.0.1', port: 47_001 };
const THERE = { host: '127.0.0.1', port: 47_002 };

describe("a bridge's address", () => {
  it.each([
    ['udp:127.0.0.1:47001,127.0.0.1:47002', { kind: 'udp', local: HERE, remote: THERE }],
    ['udp:localhost:47001,localhost:47002', { kind: 'udp', local: HERE, remote: THERE }],
    ['vxlan:42:127.0.0.1:47001,127.0.0.1:47002', { kind: 'vxlan', vni: 42, local: HERE, remote: THERE }],
    ['vxlan:16777215:127.0.0.1:47001,127.0.0.1:47002', { kind: 'vxlan', vni: 0xff_ffff, local: HERE, remote: THERE }],
    ['stream:127.0.0.1:47001', { kind: 'stream', listen: false, at: HERE }],
    ['stream:listen:127.0.0.1:47001', { kind: 'stream', listen: true, at: HERE }],
    ['stream:unix:/run/lab.sock', { kind: 'stream', listen: false, at: { path: '/run/lab.sock' } }],
    ['stream:listen:unix:lab.sock', { kind: 'stream', listen: true, at: { path: 'lab.sock' } }],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each([
    ['tcp:127.0.0.1:1', '"tcp:127.0.0.1:1" is no address of a bridge; write udp:LOCAL,REMOTE'],
    ['udp:127.0.0.1:47001', 'write where to listen and where to send, as in 127.0.0.1:47001,127.0.0.1:47002'],
    ['udp:127.0.0.1:1,127.0.0.1:2,127.0.0.1:3', 'write where to listen and where to send'],
    ['udp:127.0.0.1:0,127.0.0.1:2', '"127.0.0.1:0" is not an IPv4 address and a port'],
    ['udp:127.0.0.1:1,127.0.0.1:65536', '"127.0.0.1:65536" is not an IPv4 address and a port'],
    ['udp:example.test:1,127.0.0.1:2', '"example.test:1" is not an IPv4 address and a port'],
    ['udp:47001,47002', '"47001" is not an IPv4 address and a port'],
    ['vxlan:127.0.0.1:47001,127.0.0.1:47002', 'write the VNI first'],
    ['vxlan:16777216:127.0.0.1:1,127.0.0.1:2', 'VNI 16777216: it is at most 16777215'],
    ['stream:listen:unix:', 'write the path of the Unix socket'],
    ['stream:', '"" is not an IPv4 address and a port'],
  ])('is refused with a remedy: %s', (text, error) => {
    expect(parseAddress(text)).toEqual({ error: expect.stringContaining(error) as string });
  });

  it.each([
    ['udp:127.0.0.1:1,127.200.0.9:2', true],
    ['udp:0.0.0.0:1,127.0.0.1:2', false],
    ['udp:127.0.0.1:1,192.0.2.1:2', false],
    ['vxlan:1:192.0.2.1:1,127.0.0.1:2', false],
    ['stream:listen:0.0.0.0:1', false],
    ['stream:127.0.0.1:1', true],
    ['stream:unix:/run/lab.sock', true],
  ])('%s stays on this machine: %s', (text, stays) => {
    const address = parseAddress(text);
    if ('error' in address) throw new Error(address.error);
    expect(isLocal(address)).toBe(stays);
  });
});
