/**
 * UTF-8, for places where TextEncoder and TextDecoder are not: the core needs nothing but ECMAScript.
 * RFC 3629; strict on the way in (no overlong forms, surrogates, or code points beyond U+10FFFF).
 */
import { readU8, writeU8 } from './bytes.ts';

const REPLACEMENT = 0xfffd;

/** The text's bytes; a lone surrogate, which UTF-8 cannot say, becomes U+FFFD as TextEncoder makes it. */
export function encode(text: string): Uint8Array {
  // A UTF-16 unit takes at most three bytes.
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (const character of text) {
    let code = character.codePointAt(0)!;
    if (code >= 0xd800 && code <= 0xdfff) code = REPLACEMENT;
    if (code < 0x80) {
      writeU8(bytes, at++, code);
      continue;
    }
    const following = code < 0x800 ? 1 : code < 0x1_0000 ? 2 : 3;
    // The first byte starts with as many one bits as the sequence has bytes, and a zero.
    writeU8(bytes, at++, ((0xf00 >>> (following + 1)) & 0xff) | (code >>> (6 * following)));
    for (let i = following - 1; i >= 0; i--) writeU8(bytes, at++, 0x80 | ((code >>> (6 * i)) & 0x3f));
  }
  return bytes.slice(0, at);
}

/** The text that the bytes from `at` to `end` say, or null when they are not UTF-8. */
export function decode(bytes: Uint8Array, at: number, end: number): string | null {
  let text = '';
  while (at < end) {
    const first = readU8(bytes, at++);
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    // RFC 3629 §4: C0, C1 and F5 to FF never appear.
    const following = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    if (following === 0 || end - at < following) return null;
    let code = first & (0x3f >>> following);
    for (let i = 0; i < following; i++) {
      const next = readU8(bytes, at++);
      if ((next & 0xc0) !== 0x80) return null;
      code = (code << 6) | (next & 0x3f);
    }
    if (following === 2 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) return null;
    if (following === 3 && (code < 0x1_0000 || code > 0x10_ffff)) return null;
    text += String.fromCodePoint(code);
  }
  return text;
}
