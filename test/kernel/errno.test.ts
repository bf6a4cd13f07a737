/** Names, numbers and words against asm-generic/errno.h and strerror(3), by Node's own table of the system. */
import { getSystemErrorMap } from 'node:util';
import { describe as group, expect, it } from 'vitest';
import { describe, errnoByNumber, ERRNO } from '../../src/kernel/errno.ts';
import type { Errno } from '../../src/kernel/errno.ts';

const names = Object.keys(ERRNO) as Errno[];

group('errno', () => {
  it.skipIf(process.platform !== 'linux')('has the numbers of Linux', () => {
    const system = new Map([...getSystemErrorMap()].map(([number, [name]]) => [name, -number]));
    const known = names.filter((name) => system.has(name));
    expect(known.length).toBeGreaterThan(25);
    for (const name of known) expect([name, ERRNO[name].number]).toEqual([name, system.get(name)]);
  });

  it('is told by name and words, and found by number with either sign', () => {
    expect(describe('ENETUNREACH')).toBe('ENETUNREACH (Network is unreachable)');
    for (const name of names) {
      expect(errnoByNumber(ERRNO[name].number)).toBe(name);
      expect(errnoByNumber(-ERRNO[name].number)).toBe(name);
    }
    expect(errnoByNumber(4_095)).toBeUndefined();
  });
});
