import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Checksum from '../../src/wire/checksum.ts';
import * as Ip4 from '../../src/wire/ip4.ts';
import { hex } from './frames.ts';

/** RFC 1071 §4.1, the loop in C, word by word. */
function byTheBook(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return 0xffff - sum;
}

describe('the sum', () => {
  it("is the one of RFC 1071's example", () => {
    // RFC 1071 §3: 0001 f203 f4f5 f6f7 adds up to ddf2.
    const sum = Checksum.sum(hex('0001 f203 f4f5 f6f7'), 0, 8);
    expect(Checksum.finish(sum)).toBe(~0xddf2 & 0xffff);
  });

  it('is the same as word by word, at any offset and of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(3), (bytes, at) => {
        const moved = new Uint8Array(at + bytes.length + 5).fill(0xa5);
        moved.set(bytes, at);
        expect(Checksum.finish(Checksum.sum(moved, at, at + bytes.length))).toBe(byTheBook(bytes));
      }),
    );
  });

  it('holds the largest datagram of ones and its pseudo-header', () => {
    const bytes = new Uint8Array(65_535).fill(0xff);
    const before = Checksum.pseudoHeader(Ip4.BROADCAST, Ip4.BROADCAST, 255, 65_535);
    // One's complement: every word but the last and the pseudo-header's two numbers is a zero in disguise.
    expect(Checksum.finish(Checksum.sum(bytes, 0, bytes.length, before))).toBe(byTheBook(hex('00ff ffff ff00')));
  });

  it('goes on from an even piece to the next', () => {
    const bytes = hex('0102 0304 0506 07');
    const first = Checksum.sum(bytes, 0, 4);
    expect(Checksum.sum(bytes, 4, 7, first)).toBe(Checksum.sum(bytes, 0, 7));
  });
});

describe('the update', () => {
  it("is right where RFC 1624's forerunner was wrong", () => {
    // RFC 1624 §4: a header whose checksum was 0xdd2f and whose field goes from 0x5555 to 0x3285 has 0x0000.
    expect(Checksum.update16(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });

  it('gives what computing anew gives', () => {
    const words = fc.uint8Array({ minLength: 8, maxLength: 40 }).filter((bytes) => bytes.length % 2 === 0);
    fc.assert(
      fc.property(words, fc.nat(0xffff), fc.nat(0xffff_ffff), (bytes, word, two) => {
        // A sum of nothing but zeros is the one case without a one's complement twin.
        bytes[7] = 1;
        const changed = bytes.slice();
        changed.set([word >> 8, word & 255], 0);
        const old = byTheBook(bytes);
        expect(Checksum.update16(old, bytes[0]! * 256 + bytes[1]!, word)).toBe(byTheBook(changed));
        const changedTwo = bytes.slice();
        changedTwo.set([two >>> 24, (two >>> 16) & 255, (two >>> 8) & 255, two & 255], 0);
        const oldTwo = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
        expect(Checksum.update32(old, oldTwo, two)).toBe(byTheBook(changedTwo));
      }),
    );
  });
});
