/**
 * How programs write what they were given: socket addresses, bytes, shares of a whole.
 */
import type { End } from '../syscalls/values.ts';
import * as Ip from '../wire/ip4.ts';
import * as Utf8 from '../wire/utf8.ts';

/** `192.0.2.1:7`, or a Local socket's name. */
export function formatEnd(end: End): string {
  return typeof end === 'string' ? end : `${Ip.format(end.ip)}:${end.port}`;
}

/** The text that bytes say, on one line; bytes that say none in hexadecimal. */
export function textOf(data: Uint8Array): string {
  const text = Utf8.decode(data, 0, data.length);
  if (text === null) return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  // Control characters must not steer the reader's terminal.
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (one) => `\\u{${one.charCodeAt(0).toString(16)}}`);
}

/** As printf's %g: six significant digits, no zeros at the end. */
export function formatPercent(part: number, whole: number): string {
  return String(Number(((part * 100) / whole).toPrecision(6)));
}
