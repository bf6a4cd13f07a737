import { describe, expect, it } from 'vitest';
import { createKernel } from '../../src/kernel/kernel.ts';
import type { WordSize } from '../../src/kernel/kernel.ts';
import {
  areInside,
  isInside,
  memoryOf,
  read_user_ipv4,
  read_user_string,
  readI64LittleEndian,
  readText,
  readU64LittleEndian,
  readWord,
  writeText,
  writeWord,
} from '../../src/kernel/memory.ts';
import { startProcess } from '../../src/kernel/process.ts';
import type { Process } from '../../src/kernel/process.ts';
import { createStack } from '../../src/stack/stack.ts';
import { fakeWorld } from '../fake-world.ts';

function createProcess(wordSize: WordSize = 8, memorySize?: number): Process {
  const kernel = createKernel(createStack(fakeWorld(), 'h1', 0, []));
  const settings = memorySize === undefined ? { wordSize } : { wordSize, memorySize };
  const started = startProcess(kernel, ['prog'], function* () {}, settings);
  if (!started.ok) throw new Error(started.errno);
  return started.value;
}

describe("a process's memory", () => {
  it('has 64 KiB unless told, and is made when it is first used', () => {
    const process = createProcess();
    expect(process.memory).toBe(null);
    expect(memoryOf(process).length).toBe(65_536);
    expect(memoryOf(process)).toBe(process.memory);
    expect(memoryOf(createProcess(8, 100)).length).toBe(100);
  });

  it('has bounds, and natural numbers as addresses', () => {
    const process = createProcess(8, 100);
    expect(isInside(process, 0, 100)).toBe(true);
    expect(isInside(process, 100, 0)).toBe(true);
    for (const [pointer, length] of [
      [0, 101],
      [100, 1],
      [101, 0],
      [-1, 1],
      [1, -1],
      [0.5, 1],
      [0, 0.5],
      [NaN, 1],
      [Infinity, 0],
      [2 ** 53, 2 ** 53],
    ] as const) {
      expect([pointer, length, isInside(process, pointer, length)]).toEqual([pointer, length, false]);
    }
    expect(areInside(process, 0, 10, 10)).toBe(true);
    expect(areInside(process, 0, 11, 10)).toBe(false);
    expect(areInside(process, 0, 0.5, 10)).toBe(false);
  });
});

describe('read_user_string', () => {
  it('takes 1 to 256 bytes of UTF-8', () => {
    const process = createProcess(8, 1_000);
    memoryOf(process).fill(0x61).set(new TextEncoder().encode('grüß'), 10);
    expect(read_user_string(process, 10, 6)).toEqual({ ok: true, value: 'grüß' });
    expect(read_user_string(process, 100, 256)).toEqual({ ok: true, value: 'a'.repeat(256) });
    expect(read_user_string(process, 100, 257)).toMatchObject({ errno: 'EINVAL' });
    expect(read_user_string(process, 100, 0)).toMatchObject({ errno: 'EINVAL' });
    expect(read_user_string(process, 10, 3)).toMatchObject({ errno: 'EINVAL' });
    expect(read_user_string(process, 999, 2)).toMatchObject({ errno: 'EFAULT' });
  });
});

describe('read_user_ipv4', () => {
  it('takes four bytes, most significant first', () => {
    const process = createProcess(8, 100);
    memoryOf(process).set([192, 0, 2, 1], 96);
    expect(read_user_ipv4(process, 96)).toEqual({ ok: true, value: 0xc000_0201 });
    expect(read_user_ipv4(process, 97)).toMatchObject({ errno: 'EFAULT' });
  });
});

describe('words', () => {
  it('are little-endian and have the size of the ABI', () => {
    const wide = createProcess(8, 100);
    writeWord(wide, 0, 0x0001_0203_0405_0607 - 0x0001_0000_0000_0000);
    expect([...memoryOf(wide).subarray(0, 8)]).toEqual([7, 6, 5, 4, 3, 2, 0, 0]);
    writeWord(wide, 8, Number.MAX_SAFE_INTEGER);
    expect(readWord(wide, 8)).toBe(Number.MAX_SAFE_INTEGER);
    const narrow = createProcess(4, 100);
    memoryOf(narrow).fill(0xa5);
    writeWord(narrow, 0, 0xfedc_ba98);
    expect([...memoryOf(narrow).subarray(0, 5)]).toEqual([0x98, 0xba, 0xdc, 0xfe, 0xa5]);
    expect(readWord(narrow, 0)).toBe(0xfedc_ba98);
  });

  it('that no number holds exactly are far outside all the same', () => {
    const process = createProcess(8, 100);
    memoryOf(process).fill(0xff);
    expect(readWord(process, 0)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(isInside(process, readWord(process, 0), 1)).toBe(false);
    expect(readI64LittleEndian(process, 0)).toBe(-1);
    expect(readU64LittleEndian(process, 0)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  });
});

describe('a text field', () => {
  it('is filled up with NULs, cut where it ends, and read up to its first NUL', () => {
    const process = createProcess(8, 100);
    memoryOf(process).fill(0xa5);
    writeText(process, 0, 8, 'eth0');
    expect([...memoryOf(process).subarray(0, 9)]).toEqual([0x65, 0x74, 0x68, 0x30, 0, 0, 0, 0, 0xa5]);
    expect(readText(process, 0, 8)).toBe('eth0');
    writeText(process, 0, 3, 'eth0');
    expect(readText(process, 0, 3)).toBe('eth');
    memoryOf(process)[1] = 0xff;
    expect(readText(process, 0, 3)).toBe(null);
  });
});
