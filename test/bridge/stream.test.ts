import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { hex, toHex } from '../wire/frames.ts';
import { Inbox, runLab } from './ends.ts';
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
/** 42 octets follow. */
const LENGTH = '0000002a';
const MESSAGE = Buffer.concat([hex(LENGTH), ARP_REQUEST]);

let running: Running;
const toClose: (() => void)[] = [];

afterEach(async () => {
  await running.stop();
  for (const close of toClose.splice(0)) close();
});

/** What comes at a socket, a message of 4 + 42 octets at a time. */
function inboxOf(socket: Socket): Inbox {
  const inbox = new Inbox();
  let pending = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (; pending.length >= 46; pending = pending.subarray(46)) inbox.put(pending.subarray(0, 46));
  });
  return inbox;
}

function temporarySocket(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-'));
  toClose.push(() => rmSync(folder, { recursive: true }));
  return join(folder, 'socket');
}

async function connected(at: string): Promise<Socket> {
  const socket = connect(at);
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  toClose.push(() => socket.destroy());
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()).resume());
}

async function listeningLab(): Promise<string> {
  const path = temporarySocket();
  running = await runLab(HOST, { bridges: [`h1.eth0=stream:listen:unix:${path}`] });
  return path;
}

describe("QEMU's stream", () => {
  it('has the length in four octets before each frame, there and back, over a Unix socket', async () => {
    const socket = await connected(await listeningLab());
    const inbox = inboxOf(socket);
    socket.write(MESSAGE);
    expect(toHex(await inbox.next())).toBe(LENGTH + ARP_REPLY);
  });

  it('finds frames wherever the stream is cut, and several in one piece', async () => {
    const socket = await connected(await listeningLab());
    const inbox = inboxOf(socket);
    socket.setNoDelay(true);
    for (const byte of MESSAGE) {
      await new Promise<void>((resolve) => socket.write(Uint8Array.of(byte), () => resolve()));
    }
    expect(toHex(await inbox.next())).toBe(LENGTH + ARP_REPLY);
    socket.write(Buffer.concat([MESSAGE, MESSAGE, MESSAGE.subarray(0, 20)]));
    socket.write(MESSAGE.subarray(20));
    for (let i = 0; i < 3; i++) expect(toHex(await inbox.next())).toBe(LENGTH + ARP_REPLY);
  });

  it('connects over TCP', async () => {
    const server: Server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    toClose.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const peer = new Promise<Socket>((resolve) => server.once('connection', resolve));
    running = await runLab(HOST, { bridges: [`h1.eth0=stream:127.0.0.1:${port}`] });
    const socket = await peer;
    const inbox = inboxOf(socket);
    socket.write(MESSAGE);
    expect(toHex(await inbox.next())).toBe(LENGTH + ARP_REPLY);
    socket.destroy();
  });

  it.each([
    ['no octets', '00000000'],
    ['more octets than a frame can have', '00010041'],
    ['an impossible number of octets', 'ffffffff'],
  ])('closes a connection that announces %s, counts it, and takes the next', async (_, length) => {
    const path = await listeningLab();
    const broken = await connected(path);
    broken.write(Buffer.concat([hex(length), ARP_REQUEST]));
    await closed(broken);
    const socket = await connected(path);
    const inbox = inboxOf(socket);
    socket.write(MESSAGE);
    expect(toHex(await inbox.next())).toBe(LENGTH + ARP_REPLY);
    const report = running.outside.report().join();
    expect(report).toContain('1 dropped as bad-length');
    expect(report).toContain('1 connections were closed for a length that cannot be');
  });

  it('drops a frame that is too short for its header, and goes on', async () => {
    const socket = await connected(await listeningLab());
    const inbox = inboxOf(socket);
    socket.write(Buffer.concat([hex('00000001 00'), MESSAGE]));
    expect(toHex(await inbox.next())).toBe(LENGTH + ARP_REPLY);
    expect(running.outside.report().join()).toContain('1 dropped as truncated');
  });

  it('has one far end at a time', async () => {
    const path = await listeningLab();
    const first = await connected(path);
    const inbox = inboxOf(first);
    first.write(MESSAGE);
    await inbox.next();
    await closed(await connected(path));
    expect(running.outside.report().join()).toContain('1 connections were refused: there was one already');
  });

  it('drops what it should send while nobody is connected', async () => {
    await listeningLab();
    running.lab.start('h1', 'ping -c 1 -W 0.1 192.0.2.2');
    running.lab.runFor(1_000);
    expect(running.lab.drops('h1').get('not-connected')).toBe(1);
    expect(running.outside.report().join()).toContain('1 dropped as not-connected');
  });

  it('says when nobody listens where it connects to, and goes on trying', async () => {
    const path = temporarySocket();
    running = await runLab(HOST, { bridges: [`h1.eth0=stream:unix:${path}`] });
    expect(running.said).toEqual([`h1.eth0: cannot connect to ${path}: no such path; trying again every second`]);
  });
});
