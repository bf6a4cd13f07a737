import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findDrops, socketDrops } from '../../src/bridge/socket-drops.ts';

// Linux 6.18 on x86-64, proc(5).
const TABLE = `
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  521: 0100007F:B799 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 71221 2 0000000000000000 312
  522: 0100007F:B79A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 71222 2 0000000000000000 0
`;

describe('datagrams dropped in front of a socket', () => {
  it('are in the last column of the line with its address', () => {
    expect(findDrops(TABLE, { host: '127.0.0.1', port: 47_001 })).toBe(312);
    expect(findDrops(TABLE, { host: '127.0.0.1', port: 47_002 })).toBe(0);
    expect(findDrops(TABLE, { host: '127.0.0.2', port: 47_002 })).toBeNull();
  });

  it.skipIf(!existsSync('/proc/net/udp'))('are found for a real socket that nobody reads', async () => {
    const deaf = createSocket('udp4');
    const sender = createSocket('udp4');
    await new Promise<void>((resolve) => deaf.bind(0, '127.0.0.1', resolve));
    const { port } = deaf.address();
    deaf.setRecvBufferSize(4_096);
    // Not read: Node does that only between turns, and this turn does not end before the look.
    for (let i = 0; i < 99; i++) {
      sender.send(Buffer.alloc(1_000), port, '127.0.0.1');
    }
    await new Promise<void>((resolve) => sender.send(Buffer.alloc(1), port, '127.0.0.1', () => resolve()));
    const drops = socketDrops({ host: '127.0.0.1', port });
    deaf.close();
    sender.close();
    expect(drops).toBeGreaterThan(0);
  });
});
