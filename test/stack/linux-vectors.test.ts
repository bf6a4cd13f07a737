import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replay } from './linux-vectors.ts';
import type { Vector } from './linux-vectors.ts';

const { vectors } = JSON.parse(readFileSync(new URL('../oracles/linux-vectors.json', import.meta.url), 'utf8')) as {
  vectors: Vector[];
};

describe('a stack answers as Linux does', () => {
  it.each(
    vectors.map((vector) => [`${vector.group}: ${vector.name} (${vector.level}, ${vector.rfc})`, vector] as const),
  )('%s', (_, vector) => {
    expect(replay(vector)).toEqual([]);
  });
});
