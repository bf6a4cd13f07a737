/**
 * Tests' judge of one-line summaries: what tcpdump prints for frames, asked of the tcpdump that is installed.
 * -n: numbers for names, -S: absolute TCP sequence numbers, since a line is made from one frame alone.
 */
import { spawnSync } from 'node:child_process';

/** The version this project's lines are modelled on. */
export const VERSION = '4.99';

/** Why the comparison cannot be made here, or null. */
export function whyNot(): string | null {
  const { error, stdout, stderr } = spawnSync('tcpdump', ['--version'], { encoding: 'utf8' });
  if (error) return 'tcpdump is not installed';
  const version = /tcpdump version (\S+)/.exec(stdout + stderr)?.[1] ?? 'unknown';
  return version.startsWith(VERSION) ? null : `tcpdump is ${version}, the lines are those of ${VERSION}`;
}

/** For each frame the first line that tcpdump prints, without time; hex dumps and inner packets on further lines go. */
export function lines(frames: readonly Uint8Array[]): string[] {
  const { stdout, stderr, status } = spawnSync('tcpdump', ['-n', '-S', '-tt', '-r', '-'], {
    input: pcap(frames),
    encoding: 'latin1',
    env: { PATH: process.env['PATH'] },
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`tcpdump failed: ${stderr}`);
  const found: string[] = [];
  for (const line of stdout.split('\n')) {
    // The record's time is the frame's number, so that lines that continue a frame are told from new ones.
    const match = /^(\d+)\.000000 (.*)$/.exec(line);
    if (match) found[Number(match[1])] = match[2]!;
  }
  return Array.from(frames, (_, i) => found[i] ?? '');
}

/** A little-endian pcap file, one second from frame to frame. */
function pcap(frames: readonly Uint8Array[]): Uint8Array {
  const file = new Uint8Array(frames.reduce((total, frame) => total + 16 + frame.length, 24));
  const view = new DataView(file.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262_144, true);
  view.setUint32(20, 1, true);
  let at = 24;
  frames.forEach((frame, i) => {
    view.setUint32(at, i, true);
    view.setUint32(at + 8, frame.length, true);
    view.setUint32(at + 12, frame.length, true);
    file.set(frame, at + 16);
    at += 16 + frame.length;
  });
  return file;
}
