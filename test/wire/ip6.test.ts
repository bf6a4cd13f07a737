import { expect, it } from 'vitest';
import * as Ip6 from '../../src/wire/ip6.ts';
import { hex } from './frames.ts';

it('writes addresses as RFC 5952 says', () => {
  const text: Record<string, string> = {
    '20010db8000000000000000000000001': '2001:db8::1',
    '00000000000000000000000000000000': '::',
    // §4.2.2: one group of zeros is not shortened; §4.2.3: the longest run is, and the first of equals.
    '20010db8000000010001000100010001': '2001:db8:0:1:1:1:1:1',
    '20010000000000010000000000000001': '2001:0:0:1::1',
    '20010db8000000000001000000000001': '2001:db8::1:0:0:1',
    // §5.
    '00000000000000000000ffffc0000201': '::ffff:192.0.2.1',
  };
  for (const [bytes, written] of Object.entries(text)) {
    expect(Ip6.format(hex(`a5${bytes}`), 1)).toBe(written);
    expect(Ip6.parse(written)).toEqual(hex(bytes));
  }
});

it('refuses what is no address, or more than one', () => {
  for (const text of ['', '1::2::3', 'g::', '2001:db8::1/64', 'fe80::1%eth0', '192.0.2.1']) {
    expect(Ip6.parse(text)).toBeNull();
  }
});
