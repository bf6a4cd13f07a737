import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { BENCHMARKS } from '../../bench/benchmarks.ts';

/** The command as it is, which `npm run bench` runs built. */
function bench(...words: string[]): { status: number | null; lines: string[]; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...words], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), error: stderr };
}

describe('the benchmarks', { timeout: 60_000 }, () => {
  it('print one JSON object a line for each name asked, and nothing else', () => {
    const { status, lines, error } = bench('--quick', '--json', 'wake-generator', 'chain-1');
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { name: 'chain-1', value: expect.any(Number) as number, unit: 'M hops/s' },
      { name: 'wake-generator', value: expect.any(Number) as number, unit: 'k wake-ups/s' },
    ]);
  });

  it('print a table that says what was to be reached, also in proportion to another that was run', () => {
    const { status, lines } = bench('--quick', 'chain-1', 'chain-4', 'switch-4');
    expect(status).toBe(0);
    const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells[0]?.slice(1, -1)).toEqual(['name', 'what', 'median', 'unit', 'min..max', 'must', 'aim', 'reached']);
    expect(cells.slice(2).map((row) => [row[1], row[4], row[6]])).toEqual([
      ['chain-1', 'M hops/s', '≥ 0.75 × chain-4'],
      ['chain-4', 'M hops/s', '≥ 2.3'],
      ['switch-4', 'M hops/s', '≥ 1 × chain-4'],
    ]);
    expect(cells[3]?.[8]).toMatch(/^(aim|must|no)$/);
    expect(cells[4]?.[8]).toMatch(/^(aim|must|no) \(\d+\.\d\d ×\)$/);
  });

  it('refuse a name that there is not, and say which there are', () => {
    const { status, lines, error } = bench('--json', 'chain-5');
    expect({ status, lines }).toEqual({ status: 2, lines: [] });
    expect(error).toBe(`no benchmark chain-5; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}\n`);
  });

  it('refuse a flag that there is not', () => {
    expect(bench('--jsno')).toMatchObject({
      status: 2,
      error: 'no flag --jsno; flags are --json, --quick, --rounds, --write\n',
    });
  });
});
