import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replay } from './linux-vectors.ts';
import type { Vector } from './linux-vectors.ts';

const { vectors } = JSON.parse(readFileSync(new URL('../oracles/linux-vectors.json', import.meta.url), 'utf8')) as {
  vectors: Vector[];
};

const named = vectors.map(
  (vector) => [`${vector.group}: ${vector.name} (${vector.level}, ${vector.rfc})`, vector] as const,
);

describe('a stack answers as Linux does, where the RFCs leave nothing open', () => {
  it.each(named)('%s', (_, vector) => {
    expect(replay(vector, 'loose')).toEqual([]);
  });
});

describe('a stack makes the choices that Linux makes: order, number, length and pace', () => {
  it.each(named)('%s', (_, vector) => {
    expect(replay(vector, 'strict')).toEqual([]);
  });
});
