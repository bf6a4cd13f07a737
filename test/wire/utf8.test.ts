import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as Utf8 from '../../src/wire/utf8.ts';
import { hex } from './frames.ts';

it('encodes as TextEncoder does, lone surrogates included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      const text = `${a}\ud800${b}\udc00`;
      expect(Utf8.encode(text)).toEqual(new TextEncoder().encode(text));
    }),
  );
});

it('decodes what it encoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Utf8.encode(text);
      expect(Utf8.decode(bytes, 0, bytes.length)).toBe(text);
    }),
  );
});

it('refuses exactly what a fatal TextDecoder refuses', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const reference = (bytes: Uint8Array): string | null => {
    try {
      return strict.decode(bytes);
    } catch {
      return null;
    }
  };
  // Bytes near the borders of what is allowed.
  const byte = fc.oneof(
    fc.constantFrom(
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
    ),
    fc.nat(255),
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 6 }), (list) => {
      const bytes = Uint8Array.from(list);
      expect(Utf8.decode(bytes, 0, bytes.length)).toBe(reference(bytes));
    }),
    { numRuns: 5_000 },
  );
});

it('refuses an overlong slash, a surrogate and a code point too large', () => {
  // RFC 3629 §10 and §3.
  for (const wrong of ['c0af', 'e080af', 'f08080af', 'eda080', 'f4908080', 'e282', '80']) {
    const bytes = hex(wrong);
    expect(Utf8.decode(bytes, 0, bytes.length)).toBeNull();
  }
});

it('reads only between its two offsets', () => {
  expect(Utf8.decode(hex('ff 6869 ff'), 1, 3)).toBe('hi');
});
