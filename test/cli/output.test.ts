import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileSink } from '../../src/cli/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'wirelab-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('FileSink', () => {
  it('touches no file before it is opened or written to', () => {
    const path = join(folder, 'untouched', 'a.pcapng');
    new FileSink(path).close();
    expect(existsSync(path)).toBe(false);
  });

  it('keeps what was written before it was opened, and ends when it is closed', () => {
    const path = join(folder, 'new', 'b.pcapng');
    const sink = new FileSink(path);
    sink.write(new Uint8Array([1, 2]));
    sink.open();
    sink.write(new Uint8Array([3]));
    sink.close();
    sink.write(new Uint8Array([4]));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  });

  it('empties a file that is there', () => {
    const path = join(folder, 'c.pcapng');
    writeFileSync(path, 'something longer');
    const sink = new FileSink(path);
    sink.open();
    sink.close();
    expect(readFileSync(path)).toHaveLength(0);
  });

  it('says why a file cannot be written', () => {
    const path = join(folder, 'd.pcapng');
    writeFileSync(path, '');
    expect(() => new FileSink(join(path, 'e.pcapng')).open()).toThrow('a part of its path is a file and no folder');
    expect(() => new FileSink(folder).open()).toThrow('it is a folder');
  });
});
