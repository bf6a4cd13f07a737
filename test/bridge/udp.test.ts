import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { openLab } from '../../src/lab/lab.ts';
import { hex, toHex } from '../wire/frames.ts';
import { runLab, UdpEnd } from './ends.ts';
import type { Running } from './ends.ts';

const HOST = 'hosts: { h1: { interfaces: { eth0: { ip: 192.0.2.1/24, mac: 02:00:00:00:00:01 } } } }';

// tcpdump: ARP, Request who-has 192.0.2.1 tell 192.0.2.2, length 28
const ARP_REQUEST = hex(`
  ffffffffffff 020000000002 0806
  0001 0800 06 04 0001 020000000002 c0000202 000000000000 c0000201`);
// tcpdump: ARP, Reply 192.0.2.1 is-at 02:00:00:00:00:01, length 28
const ARP_REPLY = `
  020000000002 020000000001 0806
  0001 0800 06 04 0002 020000000001 c0000201 020000000002 c0000202`.replace(/\s/g, '');

/** RFC 7348 §5, VNI 42. */
const VXLAN = '0800000000002a00';

let end: UdpEnd;
let running: Running;

afterEach(async () => {
  await running.stop();
  end.socket.close();
});

async function open(kind: 'udp' | 'vxlan:42', topology = HOST, port = 'h1.eth0'): Promise<void> {
  end = await UdpEnd.open();
  running = await runLab(topology, { bridges: [`${port}=${kind}:${end.address}`] });
}

/** What was dropped at the bridge so far, when an answer shows that all before it has been seen. */
async function dropsAfter(...datagrams: readonly Uint8Array[]): Promise<string> {
  for (const datagram of datagrams) end.send(datagram);
  end.send(ARP_REQUEST);
  expect(toHex(await end.next())).toBe(ARP_REPLY);
  return running.outside.report().join('\n');
}

describe('Ethernet over UDP', () => {
  it('carries one frame a datagram, there and back', async () => {
    await open('udp');
    end.send(ARP_REQUEST);
    expect(toHex(await end.next())).toBe(ARP_REPLY);
    expect(running.outside.report()).toEqual([`h1.eth0 (udp:${end.address}): 1 frames in, 1 out`]);
  });

  it('takes frames padded to the Ethernet minimum', async () => {
    await open('udp');
    end.send(Buffer.concat([ARP_REQUEST, Buffer.alloc(18)]));
    expect(toHex(await end.next())).toBe(ARP_REPLY);
  });

  it('drops what does not come from its far end, by address and port', async () => {
    await open('udp');
    const stranger = createSocket('udp4');
    await new Promise<void>((resolve) => stranger.bind(0, '127.0.0.1', resolve));
    end.send(ARP_REQUEST, stranger);
    end.send(ARP_REQUEST, stranger);
    await new Promise<void>((resolve) => stranger.send('', end.labPort, '127.0.0.1', () => resolve()));
    stranger.close();
    expect(await dropsAfter()).toBe(`h1.eth0 (udp:${end.address}): 1 frames in, 1 out, 3 dropped as foreign-source`);
    expect(running.lab.drops('h1').get('foreign-source')).toBe(3);
  });

  it('drops what is too short for a header or longer than the interface takes, and loses count of nothing', async () => {
    await open('udp');
    const tooLong = Buffer.concat([ARP_REQUEST, Buffer.alloc(1_500)]);
    const report = await dropsAfter(new Uint8Array(0), new Uint8Array(13), tooLong, Buffer.alloc(65_507));
    expect(report).toContain('2 dropped as truncated, 2 dropped as exceeds-mtu');
    const { made, copied, injected, consumed, dropped, waiting } = running.lab.frameCounts();
    expect(made + copied + injected).toBe(consumed + dropped + waiting);
    expect(injected).toBe(5);
  });

  it('carries long frames whole, up to what a datagram holds', async () => {
    await open('udp', HOST.replace('mac:', 'mtu: 65536, mac:'));
    running.lab.start('h1', 'ping -c 1 -s 60000 -W 0.2 192.0.2.2');
    running.lab.start('h1', 'ping -c 1 -s 65507 -W 0.2 192.0.2.2');
    // The lab is not told that there is something new to do before a frame comes.
    const arpReply = hex(`
      020000000001 020000000002 0806
      0001 0800 06 04 0002 020000000002 c0000202 020000000001 c0000201`);
    end.send(ARP_REQUEST);
    await end.next();
    end.send(arpReply);
    let longest = 0;
    while (longest < 60_000) longest = Math.max(longest, (await end.next()).length);
    expect(longest).toBe(14 + 20 + 8 + 60_000);
    expect(running.lab.drops('h1').get('exceeds-mtu')).toBe(1);
  });

  it('bridges a switch too', async () => {
    end = await UdpEnd.open();
    running = await runLab(
      `{ hosts: { h1: { interfaces: { eth0: { ip: 192.0.2.1/24, mac: 02:00:00:00:00:01 } } } },
         switches: { s1: }, links: [s1 -- h1.eth0], bridges: [{ port: s1, to: "udp:${end.address}" }] }`,
    );
    end.send(ARP_REQUEST);
    expect(toHex(await end.next())).toBe(ARP_REPLY);
    expect(running.lab.topology.bridges[0]?.port.name).toBe('s1.port2');
  });
});

describe('VXLAN', () => {
  it('has a header with the I flag and the VNI before each frame, and zeros besides', async () => {
    await open('vxlan:42');
    end.send(Buffer.concat([hex(VXLAN), ARP_REQUEST]));
    expect(toHex(await end.next())).toBe(VXLAN + ARP_REPLY);
  });

  it('ignores reserved bits, and takes any source port, as RFC 7348 has it', async () => {
    await open('vxlan:42');
    const other = createSocket('udp4');
    end.send(Buffer.concat([hex('ffffffff00002aff'), ARP_REQUEST]), other);
    expect(toHex(await end.next())).toBe(VXLAN + ARP_REPLY);
    other.close();
  });

  it.each([
    ['without the I flag', '0000000000002a00'],
    ['of another VNI', '0800000000002b00'],
    ['of a VNI that differs in the first octet', '0800000001002a00'],
    ['that is cut short', '0800000000002a'],
  ])('drops a datagram %s', async (_, header) => {
    await open('vxlan:42');
    const bytes = hex(header);
    end.send(bytes.length === 8 ? Buffer.concat([bytes, ARP_REQUEST]) : bytes);
    end.send(Buffer.concat([hex(VXLAN), ARP_REQUEST]));
    await end.next();
    expect(running.outside.report().join()).toContain('1 frames in, 1 out, 1 dropped as bad-vxlan');
  });

  it('drops a frame that is too short behind a good header', async () => {
    await open('vxlan:42');
    end.send(hex(VXLAN));
    end.send(Buffer.concat([hex(VXLAN), ARP_REQUEST]));
    await end.next();
    expect(running.outside.report().join()).toContain('1 dropped as truncated');
  });
});

describe('a lab with bridges', () => {
  it('is refused where nobody opens them, with the way to run it', async () => {
    await open('udp');
    const text = `${HOST}\nbridges:\n  - h1.eth0=udp:127.0.0.1:47001,127.0.0.1:47002`;
    expect(() => openLab(text, { file: 'lab.yaml' })).toThrow(
      'lab.yaml:3:5: bridges[0]: h1.eth0 leads out of the lab, to udp:127.0.0.1:47001,127.0.0.1:47002; "wirelab run" opens it',
    );
  });

  it('takes what is asked for beside the file in place of what the file says of that port', async () => {
    end = await UdpEnd.open();
    const text = `${HOST}\nbridges:\n  - h1.eth0=udp:10.0.0.1:1,10.0.0.1:2`;
    running = await runLab(text, { bridges: [`h1.eth0=udp:${end.address}`] });
    end.send(ARP_REQUEST);
    expect(toHex(await end.next())).toBe(ARP_REPLY);
  });

  it('leaves the machine only if asked to beside the file, and says so', async () => {
    await open('udp');
    const away = 'h1.eth0=udp:127.0.0.1:47001,192.0.2.9:47002';
    const inFile = `${HOST}\nbridges: [{ port: h1.eth0, to: "udp:0.0.0.0:47001,127.0.0.1:47002" }]`;
    const { openPort } = running.outside;
    expect(() => openLab(inFile, { openPort })).toThrow('leads off this machine, which a file may not do by itself');
    openLab(HOST, { openPort, bridges: [away] });
    expect(running.said).toEqual(['h1.eth0 leads off this machine: udp:127.0.0.1:47001,192.0.2.9:47002']);
  });

  it('opens all of them or none', async () => {
    await open('udp');
    const taken = runLab(HOST, { bridges: [`h1.eth0=udp:${end.address}`] });
    await expect(taken).rejects.toThrow(`h1.eth0: cannot listen on UDP 127.0.0.1:${end.labPort}: somebody else has it`);
  });

  it.each([
    ['h9.eth0=udp:a', 'bridge h9.eth0=udp:a: no node "h9"; nodes are h1'],
    ['h1.eth0', 'bridge: "h1.eth0": write a port and where it leads'],
    ['h1.eth0=tcp:1', 'bridge h1.eth0=tcp:1: "tcp:1" is no address of a bridge'],
    ['h1.lo=udp:a', 'bridge h1.lo=udp:a: lo leads nowhere but to h1 itself'],
  ])('refuses %s', async (bridge, message) => {
    await open('udp');
    expect(() => openLab(HOST, { openPort: running.outside.openPort, bridges: [bridge] })).toThrow(message);
  });

  it('refuses a port that has a link, and two bridges at one port', async () => {
    await open('udp');
    const { openPort } = running.outside;
    const linked = 'hosts: { h1: { interfaces: { eth0: } }, h2: }\nlinks: [h1.eth0 -- h2.eth0]';
    const bridge = 'h1.eth0=udp:127.0.0.1:1,127.0.0.1:2';
    expect(() => openLab(linked, { openPort, bridges: [bridge] })).toThrow(
      'h1.eth0 is linked to h2.eth0 already, in line 2; a port takes one link',
    );
    expect(() => openLab(HOST, { openPort, bridges: [bridge, 'h1.eth0=udp:127.0.0.1:3,127.0.0.1:4'] })).toThrow(
      'h1.eth0 is linked to udp:127.0.0.1:1,127.0.0.1:2 already; a port takes one link',
    );
  });
});
